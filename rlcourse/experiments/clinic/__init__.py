"""The clinic: runs that fail for one reason each, their healthy neighbours, and what can be measured on them."""
