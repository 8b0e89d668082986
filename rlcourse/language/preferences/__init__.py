"""Pairs of replies of which one is preferred: collected, stored, and what is measured on them."""
