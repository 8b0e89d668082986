"""How anything looks in a notebook, whatever it shows: pictures, tables, messages, source. Knows no mathematics."""

from rlcourse.showing.message import Code, Message, Table, show
from rlcourse.showing.picture import Picture
from rlcourse.showing.saying import Paragraph, say
from rlcourse.showing.source import show_source
from rlcourse.showing.style import OKABE_ITO
from rlcourse.showing.table import answers_table

__all__ = [
    "OKABE_ITO",
    "Code",
    "Message",
    "Paragraph",
    "Picture",
    "Table",
    "answers_table",
    "say",
    "show",
    "show_source",
]
