"""Programs that tests run in a Python of their own, as a stranger would."""

import subprocess
import sys


def python(code: str, *arguments: str, **how: object) -> subprocess.CompletedProcess:
    """Run code, with the options of `subprocess.run`.

    At its end a Python looks through all that it has loaded for what nobody needs any more. With PyTorch that takes two
    seconds, so it is told not to.
    """
    return subprocess.run([sys.executable, "-c", f"{code}\n\nimport gc\n\ngc.freeze()\n", *arguments], **how)
