"""What JupyterHub is told for a class, as far as it is the same for a rehearsal and for a real host.

    class_settings(c)            one thread each, limits, idle servers stopped, the first notebook open
    pull_link(repository)        the address that brings the newest notebooks and opens the first

Every name here is a setting of JupyterHub 6, of its idle culler 2 or of Jupyter Server 2; `jupyterhub --help-all` and
`jupyterhub-singleuser --help-all` say more. Left out: who may log in, over which wire, and who runs a server as whom.
"""

import sys
from urllib.parse import quote, urlencode

from traitlets.config import Config

from rlcourse.arguments import check_integer
from rlcourse.course.resources import usable_cores

FIRST = "notebooks/00_start_here.ipynb"
"""What the Lab opens, in a learner's folder or in a clone of the course."""
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",  # PyTorch
    "OPENBLAS_NUM_THREADS": "1",  # NumPy
    "MKL_NUM_THREADS": "1",  # both, where they are built with it
    "RAYON_NUM_THREADS": "1",  # tokenizers
    "TOKENIZERS_PARALLELISM": "false",
}
"""With more, every kernel would start as many threads as the machine has cores, and all of them would wait for each
other."""
CULLER = "idle-culler"
CULLER_MAY = ("list:users", "read:users:activity", "read:servers", "delete:servers")
SERVER_OPTIONS = (
    "--MappingKernelManager.cull_idle_timeout={seconds}",
    "--MappingKernelManager.cull_interval=60",
)
"""A kernel that has nothing to do, and whose notebook nobody has open any more, goes, too."""


def class_settings(
    c: Config,
    *,
    memory: str = "2G",
    idle_minutes: int = 60,
    starts_at_once: int | None = None,
    repository: str | None = None,
    branch: str = "main",
) -> None:
    """Put what a class needs into a configuration of JupyterHub.

    Args:
        c: The configuration, `get_config()` in a `jupyterhub_config.py`.
        memory: What each learner may use, such as "2G"; a notebook takes up to 1.5 GB. Whether it is enforced depends
            on the spawner: systemd's does, JupyterHub's own do not.
        idle_minutes: After how many minutes without anything happening a server is stopped. Files stay, variables go.
        starts_at_once: How many servers may start at once, four for each core when None; who comes later is asked to
            try again.
        repository: Where the course can be cloned from; then everybody gets the newest notebooks when their Lab opens.
            None: the notebooks lie in everybody's folder `notebooks`.
        branch: The branch of the repository.

    Raises:
        TypeError: A number of minutes or starts is no whole number.
        ValueError: It is less than 1.
    """
    check_integer("idle_minutes", idle_minutes, 1)
    if starts_at_once is not None:
        check_integer("starts_at_once", starts_at_once, 1)
    reported = min(300, 15 * idle_minutes)  # four times, at least, before a server counts as idle
    c.JupyterHub.last_activity_interval = reported
    c.Spawner.environment = {**ONE_THREAD, "JUPYTERHUB_ACTIVITY_INTERVAL": str(reported)}
    c.Spawner.mem_limit = memory
    c.Spawner.args = [option.format(seconds=60 * idle_minutes) for option in SERVER_OPTIONS]
    c.Spawner.default_url = f"/lab/tree/{FIRST}" if repository is None else f"/{_pull(repository, branch)}"
    c.Spawner.start_timeout = 180  # thirty at once, on a few cores
    c.Spawner.http_timeout = 120
    c.JupyterHub.concurrent_spawn_limit = starts_at_once or 4 * usable_cores()
    culler = [sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={60 * idle_minutes}"]
    c.JupyterHub.services = [{"name": CULLER, "command": culler}]
    c.JupyterHub.load_roles = [{"name": CULLER, "scopes": list(CULLER_MAY), "services": [CULLER]}]


def pull_link(repository: str, *, hub: str = "", branch: str = "main") -> str:
    """The address that clones the course into a learner's folder, or brings what is new, and opens the first notebook.

    Args:
        repository: Where the course can be cloned from.
        hub: The address of the hub, such as https://hub.example.org.
        branch: The branch of the repository.
    """
    return f"{hub.rstrip('/')}/hub/user-redirect/{_pull(repository, branch)}"


def _pull(repository: str, branch: str) -> str:
    """The address within a learner's server; by itself nbgitpuller would name the clone `course.git`."""
    folder = repository.rstrip("/").rpartition("/")[2].removesuffix(".git")
    query = {"repo": repository, "branch": branch, "targetpath": folder, "urlpath": f"lab/tree/{folder}/{FIRST}"}
    return f"git-pull?{urlencode(query, quote_via=quote)}"
