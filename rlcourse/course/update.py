"""Bring the newest version of the course, and keep what a learner has written: `python3 start.py update`.

JupyterLab saves what you write and what cells printed inside the course's own notebooks, which git will not overwrite
when it brings new ones. So your notebooks are first copied to `my_notebooks/`, then the new version is fetched, and
then your cells are put into it, cell by cell: each cell has an id, and the version that you started from tells which
of them you changed. Left out: courses that did not come by `git clone`, and changes of yours outside the notebooks.

This file uses the standard library only: it runs before anything is installed.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from time import strftime

KEPT = "my_notebooks"
ADVICE = "Your notebooks stay as they are, and so does your progress, which is kept outside this folder."


class Refused(Exception):
    """Why nothing was changed."""


def main(arguments: list[str]) -> int:
    """Update the course that lies in the folder given. Returns 0 when it is the newest."""
    try:
        print(update(Path(arguments[0])))
    except Refused as reason:
        print(f"{reason}\n{ADVICE}", file=sys.stderr)
        return 1
    return 0


def update(root: Path) -> str:
    """Bring the newest version; says what was done.

    Raises:
        Refused: it cannot be done without touching what is the learner's; nothing has been changed.
    """
    if not (root / ".git").exists():
        raise Refused(
            "This folder was not made by `git clone`. Put the new version into another folder and start it there."
        )
    mine = changed_notebooks(root)
    git(root, "fetch", "--quiet")
    new, old = git(root, "rev-parse", "@{upstream}"), git(root, "rev-parse", "HEAD")
    if new == old:
        return "This is the newest version."
    if git(root, "merge-base", old, new) != old:
        raise Refused("You have commits of your own here. Merge them yourself: git merge @{upstream}")
    kept = copy_aside(root, mine)
    theirs = {name: (root / name).read_bytes() for name in mine}
    bases = {name: git(root, "show", f"HEAD:{name}") for name in mine}
    try:
        if mine:
            git(root, "checkout", "HEAD", "--", *mine)
        git(root, "merge", "--quiet", "--ff-only", "@{upstream}")
    except BaseException:
        for name, contents in theirs.items():
            write_whole(root / name, contents)
        raise
    said = [bring_back(root / name, bases[name], theirs[name]) for name in mine]
    where = [f"Copies of your notebooks as they were: {kept}"] if mine else []
    return "\n".join(["This is now the newest version.", *said, *where, "Notebooks open in JupyterLab: reload them."])


def changed_notebooks(root: Path) -> list[str]:
    """The course's notebooks that the learner has changed.

    Raises:
        Refused: something else of the course has been changed.
    """
    changed = git(root, "diff", "--name-only", "-z", "HEAD").split("\0")[:-1]
    others = [name for name in changed if not (name.startswith("notebooks/") and name.endswith(".ipynb"))]
    if others:
        raise Refused(f"You have changed files of the course: {', '.join(others)}. Put them aside first: git stash")
    return [name for name in changed if (root / name).is_file()]


def copy_aside(root: Path, names: list[str]) -> Path:
    """Copy notebooks into a folder that was not there before."""
    folder = root / KEPT / strftime("%Y-%m-%d_%H-%M-%S")
    while folder.exists():
        folder = folder.with_name(folder.name + "_")
    for name in names:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / Path(name).name).write_bytes((root / name).read_bytes())
    return folder


def bring_back(path: Path, base: str, mine: bytes) -> str:
    """Put what the learner wrote into the new version of a notebook; says what was done."""
    if not path.is_file():
        return f"{path.name} is no longer part of the course."
    new = path.read_text(encoding="utf-8")
    try:
        merged = merge(json.loads(base), json.loads(mine), json.loads(new))
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"{path.name} is new; yours could not be read as a notebook, so nothing was put into it."
    write_whole(path, (json.dumps(merged, indent=1, ensure_ascii=False) + "\n").encode())
    return f"{path.name}: your cells are in it."


def merge(base: dict, mine: dict, new: dict) -> dict:
    """The new notebook with the learner's cells: theirs where only they changed a cell, both where both did.

    Cells that the learner added, or changed in the old version only, follow the cell that they followed before.
    """
    before = {cell["id"]: cell for cell in base["cells"]}
    now = {cell["id"]: cell for cell in new["cells"]}
    cells, place = {cell["id"]: [cell] for cell in new["cells"]}, None
    leading: list[dict] = []
    for cell in mine["cells"]:
        name = cell["id"]
        touched = name not in before or source(cell) != source(before[name])
        if name in now:
            place = name
            if source(now[name]) == source(before.get(name, cell)):
                cells[name][0] = folded_like(now[name], cell, before.get(name, cell))  # with its outputs
            elif touched and source(cell) != source(now[name]):
                cells[name].append({**cell, "id": unused(f"{name}-mine", {**before, **now})})
        elif touched:
            (leading if place is None else cells[place]).append(cell)
    return {**new, "cells": leading + [cell for name in now for cell in cells[name]]}


def folded_like(new: dict, mine: dict, base: dict) -> dict:
    """The learner's cell, its code folded away or not as in the new version, unless the learner chose otherwise."""
    ours, theirs, before = (cell.get("metadata", {}) for cell in (new, mine, base))
    if theirs.get("jupyter") != before.get("jupyter") or theirs.get("jupyter") == ours.get("jupyter"):
        return mine
    others = {key: value for key, value in theirs.items() if key != "jupyter"}
    return {**mine, "metadata": others | {key: ours[key] for key in ("jupyter",) if key in ours}}


def source(cell: dict) -> str:
    """What stands in a cell; notebooks keep it as one text or as lines."""
    return "".join(cell["source"])


def unused(name: str, taken: dict) -> str:
    """The name, made longer until no cell has it."""
    while name in taken:
        name += "-"
    return name[-64:]


def git(root: Path, *arguments: str) -> str:
    """What a git command prints.

    Raises:
        Refused: there is no git, or the command failed.
    """
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, encoding="utf-8")
    except OSError as error:
        raise Refused(f"git could not be started ({error})") from error
    if done.returncode:
        raise Refused(f"git {arguments[0]} says: {done.stderr.strip()}")
    return done.stdout if arguments[0] in ("show", "diff") else done.stdout.strip()


def write_whole(path: Path, contents: bytes) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_bytes(contents)
    os.replace(temporary, path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
