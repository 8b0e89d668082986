"""Servers of a rehearsal: each in a folder of its own, and, on Linux, each of its programs with a limit of memory.

JupyterHub's `SimpleLocalProcessSpawner` needs no accounts and says itself that it isolates nobody. What a system can do
for processes of one user is done here. Left out: a limit for all programs of a learner together, which a control group
enforces (systemd's spawner, containers), and other systems than Linux, where there is no such limit.
"""

import sys
from collections.abc import Callable

from jupyterhub.spawner import SimpleLocalProcessSpawner
from traitlets import default

if sys.platform != "win32":
    import resource


class LimitedSpawner(SimpleLocalProcessSpawner):
    """A learner's server as a process of this user, whose programs may take `mem_limit` bytes each."""

    @default("cmd")
    def _cmd_default(self) -> list[str]:
        return [sys.executable, "-m", "jupyterhub.singleuser"]

    def make_preexec_fn(self, name: str) -> Callable[[], None]:
        """What happens in the new process before it becomes the server."""
        go_home, limit = super().make_preexec_fn(name), self.mem_limit

        def prepare() -> None:
            go_home()
            if limit and sys.platform.startswith("linux"):
                resource.setrlimit(resource.RLIMIT_DATA, (int(limit), int(limit)))

        return prepare
