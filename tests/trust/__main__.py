"""How far the course can be trusted, by commands that are no part of the tests.

python -m tests.trust kills                  kill -9 at a hundred random moments, and look that nothing was lost
python -m tests.trust kills site --kills 20 --seed 7
"""

import argparse
import os
import sys


def main() -> int:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.trust", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="what", required=True)
    kills = commands.add_parser("kills")
    kills.add_argument("only", nargs="*", metavar="JOB", help="which jobs; all if none")
    kills.add_argument("--kills", type=int, default=100)
    kills.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    os.environ |= {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}
    from tests.trust import kills as killing

    return killing.main(chosen.kills, chosen.only, chosen.seed)


if __name__ == "__main__":
    sys.exit(main())
