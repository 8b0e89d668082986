"""Programs that tests run in a Python of their own."""

import subprocess
import sys


def python(code: str, *arguments: str, text: bool = True, **how: object) -> subprocess.CompletedProcess:
    """Run code, with the options of `subprocess.run`, and keep what it prints; a failure tells what it said.

    At its end a Python looks through all that it has loaded for garbage. With PyTorch that takes two seconds, so it is
    told not to.
    """
    command = [sys.executable, "-c", f"{code}\n\nimport gc\n\ngc.freeze()\n", *arguments]
    done = subprocess.run(command, capture_output=True, text=text, **how)
    assert done.returncode == 0, done.stderr if text else done.stderr.decode(errors="replace")
    return done
