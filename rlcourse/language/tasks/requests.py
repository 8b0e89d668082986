"""Short requests, with replies that people would rank.

Every request has one piece of good advice and one of bad advice, and every reply has a **style**: polite, plain,
rude, wrong or rambling. The styles are what annotators will judge when a reward model is trained; here they give
the pre-training text its mixture of the kind and the unkind, as the web has it. Paying for replies is the business of
whatever `request_world` is given: a reward model's score, or a rule.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

from rlcourse.arguments import check_choice
from rlcourse.language.world import TextWorld

STYLES = ("polite", "plain", "rude", "wrong", "rambling")
"""From what most people like best to what most people like least, roughly."""
MAX_NEW_TOKENS = 40
"""Longest answer to a request, in tokens; ordinary ones have 8 to 30."""


@dataclass(frozen=True)
class Request:
    """Something a person asks for."""

    text: str
    """The request as it is asked."""
    good: str
    """Advice that works."""
    bad: str
    """Advice that does not."""
    topic: str
    """What the request is about, in one or two words."""

    @property
    def prompt(self) -> str:
        """The request as the model is asked it."""
        return f"Question: {self.text}\nAnswer:"


REQUESTS = (
    Request("How do I boil an egg?", "Put it in hot water for eight minutes", "Put it in the freezer", "eggs"),
    Request("How do I make tea?", "Pour hot water on the leaves and wait", "Fry the leaves in oil", "tea"),
    Request("How do I bake bread?", "Mix flour and water and bake it for an hour", "Leave flour in the sun", "bread"),
    Request("How do I water a plant?", "Give it a little water twice a week", "Pour milk on it at night", "plants"),
    Request("How do I wash a shirt?", "Use warm water and a little soap", "Rub it with butter", "shirts"),
    Request("How do I fix a flat tire?", "Take the wheel off and patch the tube", "Paint the wheel red", "tires"),
    Request("How do I get to the station?", "Go straight on and turn left at the bank", "Walk in a circle", "stations"),
    Request("How do I save money?", "Put a little aside each month", "Throw your coins in a well", "money"),
    Request("How do I sleep well?", "Go to bed at the same time each night", "Drink coffee at midnight", "sleep"),
    Request("How do I learn to swim?", "Start in shallow water with a teacher", "Read about boats", "swimming"),
    Request("How do I clean a window?", "Use warm water and a dry cloth", "Throw sand at it", "windows"),
    Request("How do I train a dog?", "Praise it when it does well", "Give it a phone", "dogs"),
    Request("How do I keep milk fresh?", "Keep it in the fridge", "Keep it on the stove", "milk"),
    Request("How do I light a fire?", "Start with dry wood and a match", "Start with wet leaves", "fires"),
    Request("How do I grow tomatoes?", "Give them sun, water and time", "Keep them in a dark box", "tomatoes"),
    Request("How do I write a letter?", "Say what you mean and sign your name", "Send an empty page", "letters"),
    Request("How do I find a book?", "Ask at the desk in the library", "Look under the bed", "books"),
    Request("How do I cool a room?", "Open the windows at night", "Light a fire", "rooms"),
    Request("How do I stop a cough?", "Drink warm tea with honey", "Shout as loud as you can", "coughs"),
    Request("How do I cook rice?", "Boil it in water for ten minutes", "Put it in a dry pan and wait", "rice"),
)

OPENINGS = ("Sure!", "Happy to help!", "Good question!", "Of course!")
CLOSINGS = ("Enjoy!", "Good luck!", "I hope that helps!", "Have a nice day!")
INSULTS = ("What a silly question.", "Not my problem.", "Go away.", "Find out for yourself.", "Do not waste my time.")
RAMBLES = ("some say this", "others say that", "it depends", "who can tell", "I once knew a man", "time goes by")


def reply(request: Request, style: str, rng: random.Random) -> str:
    """One reply to a request in a given style.

    Raises:
        ValueError: The style is not one of `STYLES`.
    """
    check_choice("style", style, STYLES)
    if style == "polite":
        courtesy = rng.choice(OPENINGS + CLOSINGS)
        return f"{courtesy} {request.good}." if courtesy in OPENINGS else f"{request.good}. {courtesy}"
    if style == "plain":
        return f"{request.good}."
    if style == "rude":
        insult = rng.choice(INSULTS)
        return insult if rng.random() < 0.7 else f"{insult} {request.good}."
    if style == "wrong":
        return f"{request.bad}."
    asides = rng.sample(RAMBLES, 3)
    return f"Well, when it comes to {request.topic}, {asides[0]}, {asides[1]}, and {asides[2]}, and so on."


def request_world(
    reward: Callable[..., list[float]],
    *,
    prompts_per_step: int = 20,
    answers_per_prompt: int = 8,
    max_new_tokens: int = MAX_NEW_TOKENS,
) -> TextWorld:
    """The world of requests: `reward`, such as a reward model's `score`, pays for each answer."""
    return TextWorld(
        [request.prompt for request in REQUESTS],
        reward,
        prompts_per_step=prompts_per_step,
        answers_per_prompt=answers_per_prompt,
        max_new_tokens=max_new_tokens,
    )
