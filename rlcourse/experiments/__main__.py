"""`python -m rlcourse.experiments NAME …` runs experiments and writes their curves; without a name it lists them."""

import argparse
from pathlib import Path

from rlcourse.experiments.catalogue import EXPERIMENTS
from rlcourse.experiments.curves import CURVES, SEEDS, record, save_curves


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m rlcourse.experiments", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help='experiments to run, or "all"')
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, help="which seeds (default: 0 to 4)")
    parser.add_argument("--out", type=Path, default=CURVES, help="where the curves go (default: assets/curves)")
    arguments = parser.parse_args()
    known = {experiment.name: experiment for experiment in EXPERIMENTS}
    if tuple(arguments.seeds) != SEEDS and arguments.out == CURVES:
        parser.error("other seeds than 0 to 4 are not what the course ships: say with --out where the curves go")
    names = list(known) if arguments.names == ["all"] else arguments.names
    if unknown := set(names) - set(known):
        parser.error(f"there is no experiment called {', '.join(sorted(unknown))}")
    if not names:
        for experiment in EXPERIMENTS:
            print(f"{experiment.name:24} {experiment.title}")
    for name in names:
        print(f"{name}: {known[name].title}")
        print(f"  written: {save_curves(known[name], record(known[name], seeds=arguments.seeds), arguments.out)}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit("\nstopped; the experiment under way was not written") from None
