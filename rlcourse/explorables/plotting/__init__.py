"""What every explorable is drawn with: a plot as plain data, and its two drawers."""
