"""How anything looks in a notebook, whatever it shows: pictures, tables, messages, source. Knows no mathematics."""

from rlcourse.showing.message import Message, show
from rlcourse.showing.picture import Picture
from rlcourse.showing.saying import say
from rlcourse.showing.source import show_source
from rlcourse.showing.style import OKABE_ITO
from rlcourse.showing.table import Table, answers_table
from rlcourse.showing.words import Code, minus

__all__ = ["OKABE_ITO", "Code", "Message", "Picture", "Table", "answers_table", "minus", "say", "show", "show_source"]
