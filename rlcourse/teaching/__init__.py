"""For whoever teaches the course: slides of its notebooks, and copies with solutions, both made from the notebooks.

    python -m rlcourse.teaching slides FOLDER
    python -m rlcourse.teaching instructor FOLDER

Left out: the plans, which are written by hand in `notebooks/teaching`, and the pages of answers beside them, which
`python -m rlcourse.course` writes.
"""
