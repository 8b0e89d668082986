"""Where the course's files lie: the only place that knows a path.

In a checkout the assets and the notebooks stand at its top; a wheel carries the assets inside the package. Left out:
what a caller saves, which goes where the caller says.
"""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
"""The folder of the package's code."""
CHECKOUT = PACKAGE.parent
"""The folder that holds the notebooks, if this is a checkout."""
ASSETS = PACKAGE / "assets" if (PACKAGE / "assets").is_dir() else CHECKOUT / "assets"
"""The bundled checkpoints, preferences, curves and pictures."""
NOTEBOOKS = CHECKOUT / "notebooks"
"""The notebooks; in a wheel there are none."""
