"""A rehearsal in words: a table, the rule for a class of thirty, and both in the guide.

`assets/class_server.json` holds the figures of the recorded rehearsal; `keep_guide` writes the guide's table and rule
from it. Left out: other machines. Seconds are those of the machine on which it was recorded; what holds elsewhere is
how many times as long a class waits as one alone, and the memory.
"""

import json
import math
import re
from collections.abc import Mapping

from rlcourse.course.contents import CONTENTS
from rlcourse.files import ASSETS, TEACHING, write_whole
from rlcourse.teaching.hub.rehearsing import Rehearsal

RECORD = ASSETS / "class_server.json"
GUIDE = TEACHING / "class_server.md"
CLASS = 30
SPARE = 1.25
"""For the system, and for what a learner does that the rehearsal does not."""
NOTICED = 0.5
"""Seconds alone from which a cell counts among those that are slower in company."""
_PLACE = re.compile(r"(<!-- rehearsal -->\n).*?(\n<!-- /rehearsal -->)", re.DOTALL)


def write_record(rehearsal: Rehearsal) -> None:
    """Put the figures into the assets, and into the guide what is said of them."""
    write_whole(RECORD, json.dumps(rehearsal.as_json(), indent=1) + "\n")
    keep_guide()


def keep_guide() -> None:
    """Write the guide's table and rule anew, from the recorded figures."""
    text = GUIDE.read_text(encoding="utf-8")
    write_whole(GUIDE, guide_with(text, json.loads(RECORD.read_text(encoding="utf-8"))))


def guide_with(text: str, record: Mapping) -> str:
    """The guide's text with the table and the rule of a record in their place."""
    told = f"{table_of(record)}\n\n{rule_of(record)}"
    return _PLACE.sub(lambda place: place[1] + told + place[2], text)


def table_of(record: Mapping) -> str:
    """The rounds in a Markdown table, and a line that says where they were held."""
    numbers = record["notebooks"]
    head = ["students at once", *(f"{number}, seconds" for number in numbers), "slowest cell", "as long as one alone"]
    head += ["the cell that suffers most", "memory of a student", "of all", "errors"]
    rows = [head, ["---"] * len(head), *(_row(record, one) for one in record["rounds"])]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    versions = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
    where = f"Held on {record['cores']} cores, Python {record['python']}, {versions}"
    return f"{table}\n\n{where}; before each cell {record['pause']:g} s to think."


def rule_of(record: Mapping, *, learners: int = CLASS) -> str:
    """What a host for a class needs, by the round with the most students."""
    largest = max(record["rounds"], key=lambda one: one["students"])
    each, hub = largest["each"] / 1e9, largest["hub"] / 1e9
    memory = hub + learners * each
    a_core = largest["students"] / record["cores"]
    longer = _slower(record, largest)
    waits = "as the table says" if longer is None else f"{longer:.1f} times as long as one alone"
    minutes = sum(one.minutes for one in CONTENTS if one.number in record["notebooks"])
    return (
        f"**The rule for {learners}.** *Memory*: what the hub takes, and for every learner what the hungriest took: "
        f"{hub:.1f} GB + {learners} × {each:.2f} GB = {memory:.0f} GB, and a quarter to spare: "
        f"**{math.ceil(memory * SPARE)} GB**. *Processors*: {largest['students']} students on {record['cores']} cores "
        f"who press Shift + Enter at the same moment waited {waits}; as many learners to a core, "
        f"{learners} ÷ {a_core:g}, makes **{math.ceil(learners / a_core)} cores** for {learners} to wait no longer. "
        f"A class that reads and thinks waits less: all this work is {largest['processor']:.0f} processor seconds a "
        f"student, and the notebooks are meant for {minutes} minutes."
    )


def _row(record: Mapping, one: Mapping) -> list[str]:
    longer, most = _slower(record, one), _worst(record, one)
    return [
        str(one["students"]),
        *(f"{sum(one['cells'][number]):.0f}" for number in record["notebooks"]),
        f"{max((each for seconds in one['cells'].values() for each in seconds), default=0):.1f} s",
        "–" if longer is None else f"{longer:.1f} ×",
        "–" if most is None else f"{most:.1f} ×",
        f"{one['each'] / 1e9:.2f} GB",
        f"{one['together'] / 1e9:.2f} GB",
        str(len(one["errors"])),
    ]


def _alone(record: Mapping) -> Mapping | None:
    return next((one for one in record["rounds"] if one["students"] == 1), None)


def _slower(record: Mapping, one: Mapping) -> float | None:
    """How many times as long all cells together took as for one student alone; None where nobody was alone."""
    alone = _alone(record)
    before = sum(map(sum, alone["cells"].values())) if alone else 0
    return sum(map(sum, one["cells"].values())) / before if before else None


def _worst(record: Mapping, one: Mapping) -> float | None:
    """The same of the one cell for which it is most, among those that one notices."""
    alone = _alone(record)
    if alone is None:
        return None
    pairs = [
        pair for number in one["cells"] for pair in zip(one["cells"][number], alone["cells"][number], strict=False)
    ]
    return max((now / before for now, before in pairs if before >= NOTICED), default=None)
