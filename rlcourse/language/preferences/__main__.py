"""`python -m rlcourse.language.preferences`: collect the preference pairs that come with the course."""

from rlcourse.language.preferences.collect import main

if __name__ == "__main__":
    main()
