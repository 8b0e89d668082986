"""What a look at the machine can find, and the looks that need no package: Python, and the packages themselves.

Where a package is missing nothing may be imported that needs it, or the one who could say so would fail himself.
"""

import importlib.metadata
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rlcourse.files import CHECKOUT

OLDEST_PYTHON = (3, 11)
PINS = CHECKOUT / "requirements.txt"
"""What a learner installs, exactly; in a wheel there is none, and the bounds of the package decide."""
SHOWN = ("torch", "transformers", "gymnasium", "matplotlib", "ipywidgets", "anywidget")
"""The packages whose versions are told when all is well."""

REINSTALL = (
    "`python3 start.py` installs what is missing (who keeps environments by hand: "
    "`python -m pip install -r requirements.txt`). In a notebook, restart the kernel then."
)

VersionOf = Callable[[str], str]
"""From a package's name to its version; raises `importlib.metadata.PackageNotFoundError`."""


@dataclass(frozen=True)
class Finding:
    """What one look found."""

    what: str
    """What was looked at."""
    found: str
    """What there is."""
    fine: bool = True
    """Whether it will do as it is."""
    advice: str = ""
    """What to do when it will not."""
    must: bool = True
    """Whether something must be done about it; False for a remark, with which the course runs all the same."""

    @property
    def mark(self) -> str:
        """✓ fine, ✗ to be mended, ! a remark."""
        return "✓" if self.fine else "✗" if self.must else "!"


def looked(what: str, look: Callable[[], Finding]) -> Finding:
    """What a look finds; what it fails with is a finding, too: a broken machine may break the look."""
    try:
        return look()
    except Exception as error:  # another program's damaged file may do anything to the library that reads it
        words = str(error).splitlines()[0] if str(error) else ""
        return Finding(what, f"cannot be looked at ({type(error).__name__}: {words})", False, REINSTALL)


def python_finding(version: tuple[int, ...] = tuple(sys.version_info)) -> Finding:
    """Whether Python is new enough."""
    oldest = ".".join(map(str, OLDEST_PYTHON))
    advice = f"the course needs {oldest} or newer, from https://www.python.org/downloads/."
    found = f"{'.'.join(map(str, version[:3]))}, in {sys.prefix}"
    return Finding("Python", found, tuple(version[:2]) >= OLDEST_PYTHON, advice)


def pinned_versions(requirements: Path = PINS) -> dict[str, str]:
    """Each package that a learner installs and its version; empty where there is no such list."""
    try:
        lines = requirements.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("#")[0].partition("==") for line in lines)
    return {name.strip(): version.strip() for name, _, version in pairs if version.strip()}


def required_versions() -> list[str]:
    """What the package itself says that it needs, as "torch>=2.10"; empty where it is not installed."""
    try:
        needed = importlib.metadata.requires("rlcourse") or []
    except importlib.metadata.PackageNotFoundError:
        return []
    return [line for line in needed if "extra ==" not in line]


def packages_finding(
    version_of: VersionOf = importlib.metadata.version,
    *,
    pins: Mapping[str, str] | None = None,
    bounds: Sequence[str] | None = None,
) -> Finding:
    """Whether all packages are there, in versions that the course can run with, and in those that it was tested with.

    Args:
        version_of: Tells the version of a package.
        pins: Name → exact version; None means those of `requirements.txt`.
        bounds: Lines as "torch>=2.10"; None means those of the installed package.
    """
    pins = pinned_versions() if pins is None else pins
    bounds = required_versions() if bounds is None else bounds
    needed = ["rlcourse", *(pins or [re.split(r"[^\w-]", line, maxsplit=1)[0] for line in bounds])]
    here, missing = _versions(needed, version_of)
    if missing:
        return Finding("Packages", f"missing: {', '.join(missing)}", False, REINSTALL)
    outside = _outside(bounds, here)
    if outside:
        return Finding("Packages", "; ".join(outside), False, f"the course cannot run with these. {REINSTALL}")
    other = [f"{name} {here[name]} (tested: {pin})" for name, pin in pins.items() if _public(here[name]) != pin]
    if other:
        advice = f"these versions may do as well, but were not tested. If something looks odd: {REINSTALL}"
        return Finding("Packages", ", ".join(other), False, advice, must=False)
    told = ", ".join(f"{name} {here[name]}" for name in SHOWN if name in here)
    return Finding("Packages", f"{len(here)} in the right versions: {told}")


def _versions(names: Sequence[str], version_of: VersionOf) -> tuple[dict[str, str], list[str]]:
    """The versions of those that are here, and the names of those that are not."""
    here, missing = {}, []
    for name in names:
        try:
            here[name] = version_of(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    return here, missing


def _outside(bounds: Sequence[str], here: Mapping[str, str]) -> list[str]:
    """The packages whose version the course does not allow, in words."""
    from packaging.requirements import Requirement  # it comes with several of those that are here by now

    needed = [Requirement(line) for line in bounds]
    return [
        f"{one.name} {here[one.name]}, needed {one.specifier}"
        for one in needed
        if one.name in here and not one.specifier.contains(_public(here[one.name]), prereleases=True)
    ]


def _public(version: str) -> str:
    """A version without the name of its build: "2.13.0" for "2.13.0+cpu"."""
    return version.partition("+")[0]
