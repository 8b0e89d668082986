"""What a wheel carries beyond the code: the assets, which stand at the top of the tree, as `rlcourse/assets`.

An editable installation, which is what `start.py` makes, finds them where they are.
"""

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class AssetsHook(BuildHookInterface):
    """Adds the assets to wheels that are copied somewhere else."""

    def initialize(self, version: str, build_data: dict) -> None:
        """Called before each build; `version` is "standard" or "editable"."""
        if version != "editable":
            build_data["force_include"]["assets"] = "rlcourse/assets"
