"""`python -m rlcourse.teaching`: slides, copies with solutions, and one server for a class.

python -m rlcourse.teaching slides FOLDER         a page of slides for each of some notebooks; runs them first
python -m rlcourse.teaching instructor FOLDER     the notebooks with solutions, answers and the notes of the plans
python -m rlcourse.teaching hub FOLDER            a class's server on this machine, for a look; nobody else reaches it
python -m rlcourse.teaching rehearse FOLDER       the same with simulated students: memory and seconds for 1, 2, 4, 8
"""

import argparse
import sys
from pathlib import Path

from rlcourse.course.contents import CONTENTS
from rlcourse.teaching.deck import SHOWN
from rlcourse.teaching.hub.commands import held, served
from rlcourse.teaching.hub.proxy import NoProxy

REHEARSED = ("02", "05")
"""The notebooks that simulated students open."""


def main(arguments: list[str] | None = None) -> int:
    """The command line; the exit code."""
    chosen = _parse(arguments)
    do = {"slides": _slides, "instructor": _instructor, "hub": _hub, "rehearse": _rehearse}[chosen.what]
    try:
        return do(chosen)
    except KeyboardInterrupt:
        print("\nStopped. The notebooks that were run are kept: the same command goes on from here.", file=sys.stderr)
        return 130
    except (ValueError, FileNotFoundError, ModuleNotFoundError, NoProxy, RuntimeError) as refused:
        print(refused, file=sys.stderr)
        return 1


def _slides(chosen: argparse.Namespace) -> int:
    from rlcourse.teaching.slides import build_slides  # takes seconds to load, with all that a notebook needs

    built = build_slides(chosen.folder, numbers=chosen.only, short=chosen.short, cache=chosen.cache)
    size = f"{built.slides} slides, {built.bytes / 1e6:.1f} MB"
    print(f"{size}. Open {chosen.folder / 'index.html'} in a browser: no kernel and no network is needed.")
    return 0


def _instructor(chosen: argparse.Namespace) -> int:
    from rlcourse.teaching.instructor import write_instructor_versions

    written, kept = write_instructor_versions(chosen.folder)
    told = f"{len(written)} notebooks for the instructor are in {chosen.folder}."
    if kept:
        told += f" Left as they are, for somebody has changed them or they are not ours: {', '.join(kept)}."
    print(told)
    return 0


def _hub(chosen: argparse.Namespace) -> int:
    return served(chosen.folder, students=chosen.students, memory=chosen.memory, port=chosen.port)


def _rehearse(chosen: argparse.Namespace) -> int:
    notebooks = {one.number: one.file for one in CONTENTS if one.number in chosen.only}
    return held(
        chosen.folder,
        sizes=chosen.students,
        notebooks=notebooks,
        pause=chosen.pause,
        memory=chosen.memory,
        record=chosen.record,
    )


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m rlcourse.teaching", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="what", required=True, metavar="slides, instructor, hub or rehearse")
    slides = commands.add_parser("slides", help="slides of the notebooks, which need no kernel and no network")
    slides.add_argument("folder", type=Path, help="where they go; an empty or new folder, or earlier slides")
    slides.add_argument("--only", nargs="+", choices=SHOWN, default=list(SHOWN), metavar="NN", help="such as 02 10")
    slides.add_argument("--short", action="store_true", help="cut training short, for a look: a few updates each")
    slides.add_argument("--cache", type=Path, help="where runs are kept (default: your cache folder)")
    instructor = commands.add_parser("instructor", help="the notebooks with solutions, answers and notes, folded")
    instructor.add_argument("folder", type=Path, help="where they go")
    hub = commands.add_parser("hub", help="a class's server on loopback, until Ctrl-C")
    rehearse = commands.add_parser("rehearse", help="simulated students on such a server, and a table")
    for command in (hub, rehearse):
        command.add_argument("folder", type=Path, help="where everybody's files go; new or empty, or of an earlier hub")
        command.add_argument("--memory", default="2G", help="what each program of a student may use (default: 2G)")
    hub.add_argument("--students", type=int, default=2, metavar="N", help="how many accounts there are (default: 2)")
    hub.add_argument("--port", type=int, help="where it listens (default: any free one)")
    sizes = {"type": int, "nargs": "+", "default": [1, 2, 4, 8], "metavar": "N"}
    rehearse.add_argument("--students", **sizes, help="how many at once, round by round (default: 1 2 4 8)")
    numbers = [one.number for one in CONTENTS]
    only = {"nargs": "+", "choices": numbers, "default": list(REHEARSED), "metavar": "NN"}
    rehearse.add_argument("--only", **only, help="the notebooks they open (default: 02 05)")
    rehearse.add_argument("--pause", type=float, default=1.0, help="seconds to think before a cell (default: 1)")
    record = "keep the figures in assets/class_server.json, and write the guide's table from them"
    rehearse.add_argument("--record", action="store_true", help=record)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
