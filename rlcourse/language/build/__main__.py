"""`python -m rlcourse.language.build`: rebuild the bundled GPT-2 and its reward model from nothing."""

from rlcourse.language.build.stages import main

if __name__ == "__main__":
    main()
