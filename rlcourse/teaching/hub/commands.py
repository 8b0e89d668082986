"""What `python -m rlcourse.teaching hub` and `rehearse` do and say.

Everything that needs the `workshop` extra is imported when it is asked for, so that the other commands run without it.
"""

import json
import signal
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from rlcourse.arguments import check_integer
from rlcourse.files import write_whole
from rlcourse.teaching.hub.serving import class_server, refuse_what_cannot_be


def served(folder: Path, *, students: int, memory: str, port: int | None) -> int:
    """Serve a class on loopback until Ctrl-C or until the program is asked to end; the exit code."""
    check_integer("students", students, 1)
    names = [f"student{number}" for number in range(1, students + 1)]
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with class_server(folder, names, memory=memory, port=port) as hub:
        who = names[0] if students == 1 else f"{names[0]} to {names[-1]}"
        print(f"\nThe class's server runs at {hub.url}, on this machine only.\n")
        print(f"  accounts   {who}\n  password   {hub.password} (for all of them, until it stops)")
        print(f"  their files lie in {hub.folder / 'students'}, what the hub says in {hub.log}\n")
        print("Ctrl-C stops it, and everybody's server with it. Files stay.", flush=True)
        try:
            while not ended.wait(1.0) and hub.process.poll() is None:
                pass
        except KeyboardInterrupt:
            print("\nStopping all servers.", flush=True)
    return 0 if hub.process.returncode in (0, -signal.SIGTERM, 128 + signal.SIGTERM) else 1


def held(
    folder: Path,
    *,
    sizes: Sequence[int],
    notebooks: Mapping[str, str],
    pause: float,
    memory: str,
    record: bool,
) -> int:
    """Hold a rehearsal, print its table and keep its figures; 1 if anything went wrong in it."""
    refuse_what_cannot_be()
    from rlcourse.teaching.hub import report
    from rlcourse.teaching.hub.rehearsing import Round, rehearse

    def tell(one: Round) -> None:
        for wrong in one.errors:
            print(f"  {wrong}", flush=True)

    result = rehearse(folder, sizes=sizes, notebooks=dict(notebooks), pause=pause, memory=memory, told=tell)
    print(f"\n{report.table_of(result.as_json())}\n\n{report.rule_of(result.as_json())}")
    figures = folder / "rehearsal.json"
    write_whole(figures, json.dumps(result.as_json(), indent=1) + "\n")
    print(f"\nThe figures are in {figures}.")
    if record:
        report.write_record(result)
        print(f"They are in {report.RECORD} too, and the guide says them: {report.GUIDE}.")
    return 1 if any(one.errors for one in result.rounds) else 0
