"""Will JupyterLab show the explorables? The widgets live in two places, the kernel and the Lab, and one may lack them.

The kernel's packages alone are not enough: the Lab draws widgets with two extensions of its own, which stand in its
folders and may be missing there, switched off, or left over from an older installation. And a notebook's kernel is
started by a small file, which may name another Python than this one. Left out: classic notebooks and other editors.
"""

import importlib.metadata
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path

from rlcourse.course.findings import REINSTALL, Finding

MANAGER, ANYWIDGET = "@jupyter-widgets/jupyterlab-manager", "anywidget"
"""The two extensions, as the Lab calls them: what draws sliders and buttons, and what draws our own pictures."""
MANAGER_VERSION = "5."
"""How the version of the manager begins that comes with ipywidgets 8.1."""
_WHAT = "Widgets in the Lab"


def widgets_finding(extensions: Mapping[str, Mapping] | None = None, disabled: Sequence[str] | None = None) -> Finding:
    """Whether the Lab of this Python has what it draws the explorables with.

    Args:
        extensions: What the Lab finds: name → its "version", "ext_path" and "jupyterlab"; None means to look.
        disabled: Names of those that are switched off; None means to look.
    """
    if extensions is None or disabled is None:
        extensions, disabled = _installed()
    missing = [name for name in (MANAGER, ANYWIDGET) if name not in extensions]
    if missing:
        advice = f"without them a cell says only “FloatSlider(…)” or nothing. {REINSTALL} Then reload the Lab's page."
        return Finding(_WHAT, f"missing: {', '.join(missing)}", False, advice)
    off = [name for name in (MANAGER, ANYWIDGET) if name in disabled]
    if off:
        command = "; ".join(f"`jupyter labextension enable {name}`" for name in off)
        return Finding(_WHAT, f"switched off: {', '.join(off)}", False, f"say {command}, then reload the Lab's page.")
    wrong = [words for name in (MANAGER, ANYWIDGET) if (words := _wrong(name, extensions[name]))]
    if wrong:
        return Finding(_WHAT, "; ".join(wrong), False, f"{REINSTALL} If that does not help, delete that folder first.")
    return Finding(_WHAT, ", ".join(f"{name} {extensions[name]['version']}" for name in (MANAGER, ANYWIDGET)))


def kernel_finding(command: Sequence[str] | None = None) -> Finding:
    """Whether a notebook runs with this Python. `command`: what starts its kernel; None means to look."""
    command = _kernel_command() if command is None else command
    advice = f"say `{sys.executable} -m ipykernel install --sys-prefix`, and restart the Lab."
    if not command:
        return Finding("Kernel", "none called python3", False, advice)
    python = shutil.which(command[0]) or command[0]
    if os.path.abspath(python) == os.path.abspath(sys.executable) or _prefix(python) == sys.prefix:
        return Finding("Kernel", "python3, with this Python")
    return Finding("Kernel", f"python3 runs {python}, which is not this Python", False, advice)


def other_lab_finding(found: str | None = None) -> Finding | None:
    """A remark where `jupyter lab` starts another Lab than ours. `found`: where that command is; None means to look."""
    found = shutil.which("jupyter-lab") if found is None else found
    if not found or Path(found).parent.resolve() == Path(sysconfig.get_path("scripts")).resolve():
        return None
    advice = f"start ours with `python3 start.py`, or with `{sys.executable} -m jupyterlab`."
    return Finding("Another JupyterLab", f"`jupyter lab` starts {found}", False, advice, must=False)


def _installed() -> tuple[dict[str, dict], list[str]]:
    """What the Lab finds in its folders, read by its own functions, and which of it is switched off."""
    from jupyter_core.paths import jupyter_path
    from jupyterlab_server.config import get_federated_extensions, get_page_config

    folders = jupyter_path("labextensions")
    off = get_page_config(folders).get("disabledExtensions", {})
    return get_federated_extensions(folders), [name for name, is_off in dict(off).items() if is_off]


def _wrong(name: str, extension: Mapping) -> str:
    """What is wrong with an extension that is there: an old one, or half of one; empty if nothing is."""
    version, folder = extension["version"], Path(extension["ext_path"])
    load = extension["jupyterlab"].get("_build", {}).get("load")
    if not load or not (folder / load).is_file():
        return f"{name} in {folder} is not whole"
    of_the_kernel = MANAGER_VERSION if name == MANAGER else importlib.metadata.version(name)
    return (
        ""
        if version.startswith(of_the_kernel)
        else f"{name} {version} in {folder} does not belong to the kernel's packages"
    )


def _kernel_command() -> list[str]:
    """What the Lab would start for a notebook; empty if there is nothing."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        command = KernelSpecManager().get_kernel_spec("python3").argv
    except NoSuchKernel:
        return []
    plain = {"python", f"python{sys.version_info[0]}", "python{}.{}".format(*sys.version_info[:2])}
    return [sys.executable, *command[1:]] if command[0] in plain else command  # as jupyter_client does


def _prefix(python: str) -> str:
    """Where another Python's packages are; empty if it does not run."""
    try:
        asked = [python, "-c", "import sys; print(sys.prefix)"]
        return subprocess.run(asked, capture_output=True, text=True, timeout=20, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
