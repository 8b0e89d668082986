"""How far the course can be trusted, by commands that are no part of the tests.

python -m tests.trust kills                   kill -9 at a hundred random moments, and look that nothing was lost
python -m tests.trust kills site --kills 300  some jobs alone; all hundred kills are shared out among all of them
python -m tests.trust properties              which public functions a property test calls
python -m tests.trust licences                licences and known weaknesses of the pins (asks the network)
python -m tests.trust versions --torch 2.13.0 the lowest and the newest allowed versions (downloads much)
"""

import argparse
import os
import sys


def main() -> int:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.trust", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="what", required=True, metavar="kills, properties, licences or versions")
    kills = commands.add_parser("kills")
    kills.add_argument("only", nargs="*", metavar="JOB", help="which jobs; all if none")
    kills.add_argument("--kills", type=int, default=100, help="of all jobs together (default 100)")
    kills.add_argument("--seed", type=int, default=0)
    commands.add_parser("properties")
    commands.add_parser("licences")
    versions = commands.add_parser("versions")
    versions.add_argument("--torch", help="this PyTorch in the place of the lowest")
    versions.add_argument("--python", nargs="+", default=[sys.executable], help="which Pythons (default: this one)")
    chosen = parser.parse_args()
    os.environ |= {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}
    from tests.trust import kills as killing
    from tests.trust import licences, properties
    from tests.trust import versions as trying

    does = {
        "kills": lambda: killing.main(chosen.kills, chosen.only, chosen.seed),
        "properties": properties.main,
        "licences": licences.main,
        "versions": lambda: trying.main(chosen.torch, tuple(chosen.python)),
    }
    return does[chosen.what]()


if __name__ == "__main__":
    sys.exit(main())
