"""Exercises that name the mistake: `check` tries what a learner wrote, `hint` and `solution` help.

    check(name, function)   run the function on the exercise's cases; says what is right, what is not, and why
    hint(name)              the next hint
    solution(name)          the course's own source
    at_work(result, mine, course)   the function to go on with: the learner's once it has passed
    quiz(name)              the questions of a notebook, by its number; or some of them: quiz(name, [2, 3])
    predict(name)           a guess before a run; reveal(name=…) says beside the result what happened
    progress()              what is done so far
    has_passed(name)        whether an exercise is done

An exercise is data, one file each in `catalogue/`; so is a quiz, in `quizzes/`. What a learner has done is kept in
one file on their machine. Left out: accounts, marks, a server, and separate solutions, because the course's own
functions are the solutions.
"""

from rlcourse.exercises.board import progress
from rlcourse.exercises.catalogue.answer_reward import answer_reward
from rlcourse.exercises.catalogue.discounted_return import discounted_return
from rlcourse.exercises.catalogue.fisher_vector_product import fisher_vector_product
from rlcourse.exercises.catalogue.maze_step import maze_step
from rlcourse.exercises.checking import CheckResult, check
from rlcourse.exercises.helping import hint, solution
from rlcourse.exercises.predicting import predict, reveal
from rlcourse.exercises.quizzing import quiz
from rlcourse.exercises.record import has_passed
from rlcourse.exercises.working import at_work

__all__ = [
    "CheckResult",
    "answer_reward",
    "at_work",
    "check",
    "discounted_return",
    "fisher_vector_product",
    "has_passed",
    "hint",
    "maze_step",
    "predict",
    "progress",
    "quiz",
    "reveal",
    "solution",
]
