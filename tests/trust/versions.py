"""The lowest and the newest versions that pyproject.toml allows, each tried in an environment of its own.

    python -m tests.trust versions --torch 2.13.0       the lowest, but with this PyTorch: an older one may be CUDA's

uv finds the lowest that go together (lowest-direct: of what we name; what those need is the newest). In each
environment every module of the package is imported, and a part of the tests is run that asks little of other packages
and touches each room. The table is printed, to be copied into VERSIONS.md.
"""

import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = (
    *("pytest>=9", "pytest-timeout", "pytest-xdist", "hypothesis", "beartype", "hatchling"),
    *("nbclient", "nbformat", "nbconvert", "jupytext==1.19.6", "psutil", "ipykernel"),
)
"""What the tests below need beside the package."""
TESTS = (
    *("equations/test_properties.py", "equations/test_returns.py", "equations/test_natural_gradient.py"),
    *("equations/test_divergences.py", "maze/test_env.py", "maze/test_properties.py", "control/test_properties.py"),
    *("control/test_keeping.py", "algorithms/test_grpo.py", "algorithms/test_saving.py", "exercises/test_keeping.py"),
    *("language/model/test_checkpoints.py", "language/model/test_gpt2.py", "language/model/test_sampling.py"),
    *("language/test_properties.py", "explorables/plotting", "explorables/tokens", "showing"),
)
WITHOUT = "not stable_baselines and not torchrl and not trl"
"""Oracles are pinned, and bring a hundred packages."""
IMPORTS = """
import importlib, pkgutil, rlcourse, warnings
warnings.simplefilter("ignore")
for module in pkgutil.walk_packages(rlcourse.__path__, "rlcourse."):
    if not module.name.endswith("__main__") and "teaching.hub" not in module.name:
        importlib.import_module(module.name)
"""


def dependencies() -> list[str]:
    """What pyproject.toml asks for, with its bounds."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]


def main(torch: str | None = None, pythons: tuple[str, ...] = (sys.executable,)) -> int:
    """Try both ends with each Python, and print the table; 1 if something failed."""
    failed, rows = 0, []
    with tempfile.TemporaryDirectory() as folder:
        for number, python in enumerate(pythons):
            for end in ("lowest", "newest"):
                scripts = _environment(Path(folder) / f"{end}-{number}", python)
                pins = _pins(end, scripts, Path(folder), torch)
                _pip(scripts, "install", "--quiet", *(pins or ["--upgrade", *dependencies()]))
                _pip(
                    scripts, "install", "--quiet", *TOOLS, *(["--constraint", str(_file(folder, pins))] if pins else [])
                )
                outcome = _tried(scripts)
                failed |= outcome != "passed"
                rows.append(f"| {end} | {_versions(scripts)} | {outcome} |")
    print("| end | versions | outcome |\n|---|---|---|\n" + "\n".join(rows))
    return int(failed)


def _environment(folder: Path, python: str) -> Path:
    subprocess.run([python, "-m", "venv", str(folder)], check=True)
    return folder / ("Scripts" if sys.platform == "win32" else "bin")


def _pip(scripts: Path, *arguments: str) -> None:
    subprocess.run([scripts / "python", "-m", "pip", *arguments], check=True)


def _file(folder: str, lines: list[str]) -> Path:
    path = Path(folder) / "lowest.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _pins(end: str, scripts: Path, folder: Path, torch: str | None) -> list[str]:
    """The lowest versions that go together, without the packages of CUDA; nothing for the newest."""
    if end == "newest":
        return []
    tools = folder / "uv"
    if not tools.exists():
        venv.create(tools, with_pip=True)
        _pip(tools / scripts.name, "install", "--quiet", "uv")
    asked = [f"torch=={torch}" if torch and one.startswith("torch") else one for one in dependencies()]
    version = subprocess.check_output([scripts / "python", "-c", "import platform; print(platform.python_version())"])
    command = [tools / scripts.name / "uv", "pip", "compile", "--quiet", "--no-header", "--no-annotate", "-"]
    how = ["--resolution", "lowest-direct", "--python-version", version.decode().strip()]
    found = subprocess.run([*command, *how], input="\n".join(asked), capture_output=True, text=True, check=True)
    cuda = ("nvidia", "cuda", "triton")
    return [line for line in found.stdout.splitlines() if not (torch and line.startswith(cuda))]


def _tried(scripts: Path) -> str:
    """What became of the imports and of the tests."""
    if subprocess.run([scripts / "python", "-c", IMPORTS], cwd=ROOT).returncode:
        return "a module cannot be imported"
    tests = [str(ROOT / "tests" / name) for name in TESTS]
    options = ["-q", "-n", "0", "-k", WITHOUT, "-o", "filterwarnings=default"]  # old versions warn of new ones
    done = subprocess.run([scripts / "python", "-m", "pytest", *options, *tests], cwd=ROOT)
    return "tests failed" if done.returncode else "passed"


def _versions(scripts: Path) -> str:
    names = [one.split(">")[0].split("=")[0] for one in dependencies()]
    code = f"from importlib.metadata import version; print(', '.join(f'{{n}} {{version(n)}}' for n in {names!r}))"
    return subprocess.check_output([scripts / "python", "-c", code], text=True).strip()
