"""What can be found: every section of every page with its words, as a script that a page opened from a disk may load.

A page from a disk may not read files, but it may run scripts beside it. MiniSearch indexes the sections in the browser,
when somebody first puts the cursor into the search box.
"""

import json
import re
from dataclasses import asdict, dataclass

from rlcourse.site.words import plain

_HEADING = re.compile(r'<h([1-4]) id="([^"]*)">(.*?)</h\1>', re.DOTALL)
_NOT_READ = re.compile(r"<(pre|style|script)\b.*?</\1>", re.DOTALL)


@dataclass(frozen=True)
class Section:
    """What stands below one heading of a page."""

    page: str
    """The file."""
    title: str
    """Of the page."""
    anchor: str
    heading: str
    text: str


def sections_of(page: str, title: str, html: str) -> list[Section]:
    """The sections of a page; code, and what stands above the first heading, are not searched."""
    pieces = _HEADING.split(_NOT_READ.sub(" ", html))[1:]
    four = zip(pieces[1::4], pieces[2::4], pieces[3::4], strict=True)
    return [Section(page, title, anchor, plain(heading), plain(text)) for anchor, heading, text in four]


def search_script(sections: list[Section]) -> str:
    """The sections as JavaScript."""
    listed = [{"id": number, **asdict(section)} for number, section in enumerate(sections)]
    return f"window.rlcSections = {json.dumps(listed, ensure_ascii=False, separators=(',', ':'))};\n"
