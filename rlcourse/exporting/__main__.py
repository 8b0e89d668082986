"""`python -m rlcourse.exporting`: fetch the scripts of other people's that our pages need anew from npm."""

import sys

from rlcourse.exporting.vendoring import refresh

if __name__ == "__main__":
    try:
        print("fetched anew: " + (", ".join(refresh()) or "nothing, all is as listed"))
    except FileNotFoundError as missing:
        sys.exit(f"{missing.filename} is not installed; it comes with Node.js.")
