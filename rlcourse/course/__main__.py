"""`python -m rlcourse.course`: keep the house, that is, write anew what is said of the notebooks in several places."""

from rlcourse.course.house import keep_house

if __name__ == "__main__":
    print("written anew: " + (", ".join(keep_house()) or "nothing, all is as it should be"))
