"""What a prediction is: data, and nothing else."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Prediction:
    """A question to commit to before a cell is run."""

    name: str
    """What `predict` and `reveal` are called with; a Python name, and unlike all others."""
    notebook: str
    """The number of its notebook: "02"."""
    text: str
    """The question, plain text."""
    options: tuple[str, ...]
    """Two to four things that may happen."""
    explanation: str
    """Why it happens: true of whichever option came out, and said with the result."""
    right: int | None = None
    """The option that is right whatever is run, from 0; None where the run decides, and `reveal` is told."""
    outcome: str = "What happened"
    """What stands before the option that came true: other words where nothing has run, and something was counted."""
