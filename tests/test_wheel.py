"""A wheel carries all that the package needs: built here, installed elsewhere, and used from there."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
USE = """
import rlcourse
from rlcourse.course import road_map
from rlcourse.experiments import load_curves
from rlcourse.explorables import drive
from rlcourse.language import load_gpt2, load_preferences, load_reward_model
from rlcourse.maze import generate_maze

for name in ("pretrained", "sft", "thinker"):
    load_gpt2(name, device="cpu")
load_reward_model(device="cpu")
assert load_preferences("test") and load_curves("maze-ppo")
assert "Coming" in road_map().alt
drive(generate_maze(4, seed=0))
print(rlcourse.__file__)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with the package as a wheel installs it."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=ROOT, check=True)
    (wheel,) = folder.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", folder / "site", wheel], check=True)
    return folder / "site"


def test_models_preferences_curves_and_the_road_map_come_with_it(installed, tmp_path):
    code = f"import sys; sys.path.insert(0, {str(installed)!r})\n{USE}"
    used = subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert used.returncode == 0, used.stderr
    assert Path(used.stdout.strip()).is_relative_to(installed)


def test_it_leaves_the_tests_and_the_notebooks_at_home(installed):
    assert {path.name.split("-")[0] for path in installed.iterdir()} == {"rlcourse"}
    assert not list(installed.rglob("*.ipynb"))
