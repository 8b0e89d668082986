"""`python -m rlcourse doctor`: is this machine ready for the course, and how long will each notebook take here?

The exit code is 0 if it is ready, 1 if something must be done first. An old Python can read this file, too.
"""

import argparse
import sys


def main(arguments: list = None) -> int:  # noqa: RUF013 (an old Python cannot read `list | None`)
    """Do what the command line asks; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m rlcourse", description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", metavar="doctor", required=True)
    doctor = commands.add_parser("doctor", help="say whether this machine is ready, and what to do if not")
    doctor.add_argument("--quick", action="store_true", help="do not measure how long the notebooks take here")
    chosen = parser.parse_args(arguments)
    if sys.version_info < (3, 11):  # noqa: UP036 (nobody has looked at it before)
        print("The course needs Python 3.11 or newer; this is {}.{}.".format(*sys.version_info[:2]))
        print("Get one from https://www.python.org/downloads/, then say: python3 start.py doctor")
        return 1
    from rlcourse.course.doctor import examine

    return examine(quick=chosen.quick)


if __name__ == "__main__":
    sys.exit(main())
