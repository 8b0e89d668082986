"""A run in other programs' words and on other machines: names, settings, files, and where a text begins."""
