"""`python -m rlcourse.course`: write the README's table of notebooks anew."""

from rlcourse.course.contents import README, readme_with_its_table
from rlcourse.files import write_whole

if __name__ == "__main__":
    write_whole(README, readme_with_its_table(README.read_text(encoding="utf-8")))
