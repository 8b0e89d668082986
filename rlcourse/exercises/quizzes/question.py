"""What a quiz is: data, and nothing else."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Option:
    """One answer to choose."""

    text: str
    """The answer, plain text."""
    explanation: str
    """Why it is right, or what it would be right for."""
    right: bool = False
    """Whether it is the right one. Each question has exactly one."""


@dataclass(frozen=True)
class Question:
    """One question with its answers."""

    text: str
    """The question, plain text."""
    options: tuple[Option, ...]
    """Two or more answers, in the order in which they are shown."""


@dataclass(frozen=True)
class Quiz:
    """The three to six questions at the end of a notebook."""

    notebook: str
    """The number of its notebook, by which `quiz` finds it: "02"."""
    title: str
    """The name on the progress board."""
    questions: tuple[Question, ...]
    """In the order of the notebook."""
