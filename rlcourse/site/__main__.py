"""`python -m rlcourse.site FOLDER`: run all notebooks and build the course as pages that need no Python and no network.

Needs what JupyterLab brings along (nbconvert, nbclient), and as long as all notebooks take to run; the second time only
those that changed are run. Stop it with Ctrl-C as you like: what was run is kept.
"""

import argparse
import sys
from pathlib import Path

from rlcourse.course.contents import CONTENTS
from rlcourse.site.building import build_site


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    options = _parse(arguments)
    try:
        built = build_site(options.folder, numbers=options.only, short=options.short, cache=options.cache)
    except KeyboardInterrupt:
        print("\nStopped. The notebooks that were run are kept: the same command goes on from here.", file=sys.stderr)
        return 130
    except (ValueError, FileNotFoundError) as refused:
        print(refused, file=sys.stderr)
        return 1
    print(f"{built.pages} pages, {built.bytes / 1e6:.1f} MB. Open {options.folder / 'index.html'}")
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    numbers = [notebook.number for notebook in CONTENTS]
    parser = argparse.ArgumentParser(
        prog="python -m rlcourse.site", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where the pages go; an empty or new folder, or an earlier site")
    parser.add_argument("--short", action="store_true", help="cut training short, for a look: a few updates each")
    parser.add_argument("--only", nargs="+", choices=numbers, metavar="NN", help="only these notebooks, such as 02 06")
    parser.add_argument("--cache", type=Path, help="where runs are kept (default: your cache folder)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
