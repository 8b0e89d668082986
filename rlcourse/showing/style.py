"""How the course's pictures look, wherever they are drawn."""

OKABE_ITO = {
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "yellow": "#F0E442",
}
"""Colours that people with any kind of colour vision can tell apart. "ink", in a plot, is the page's text colour."""
