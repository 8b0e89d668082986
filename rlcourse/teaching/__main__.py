"""`python -m rlcourse.teaching`: slides of the notebooks, and copies of them with solutions and answers.

python -m rlcourse.teaching slides FOLDER         a page of slides for each of some notebooks; runs them first
python -m rlcourse.teaching instructor FOLDER     the notebooks with solutions, answers and the notes of the plans
"""

import argparse
import sys
from pathlib import Path

from rlcourse.teaching.instructor import write_instructor_versions
from rlcourse.teaching.slides import SHOWN, build_slides


def main(arguments: list[str] | None = None) -> int:
    """The command line; the exit code."""
    chosen = _parse(arguments)
    try:
        print(_instructor(chosen) if chosen.what == "instructor" else _slides(chosen))
    except KeyboardInterrupt:
        print("\nStopped. The notebooks that were run are kept: the same command goes on from here.", file=sys.stderr)
        return 130
    except (ValueError, FileNotFoundError) as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


def _slides(chosen: argparse.Namespace) -> str:
    built = build_slides(chosen.folder, numbers=chosen.only, short=chosen.short, cache=chosen.cache)
    size = f"{built.slides} slides, {built.bytes / 1e6:.1f} MB"
    return f"{size}. Open {chosen.folder / 'index.html'} in a browser: no kernel and no network is needed."


def _instructor(chosen: argparse.Namespace) -> str:
    written, kept = write_instructor_versions(chosen.folder)
    told = f"{len(written)} notebooks for the instructor are in {chosen.folder}."
    if kept:
        told += f" Left as they are, for somebody has changed them or they are not ours: {', '.join(kept)}."
    return told


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m rlcourse.teaching", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="what", required=True, metavar="slides or instructor")
    slides = commands.add_parser("slides", help="slides of the notebooks, which need no kernel and no network")
    slides.add_argument("folder", type=Path, help="where they go; an empty or new folder, or earlier slides")
    slides.add_argument("--only", nargs="+", choices=SHOWN, default=list(SHOWN), metavar="NN", help="such as 02 10")
    slides.add_argument("--short", action="store_true", help="cut training short, for a look: a few updates each")
    slides.add_argument("--cache", type=Path, help="where runs are kept (default: your cache folder)")
    instructor = commands.add_parser("instructor", help="the notebooks with solutions, answers and notes, folded")
    instructor.add_argument("folder", type=Path, help="where they go")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
