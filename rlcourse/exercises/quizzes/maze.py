"""Notebook 02: states, actions, rewards, policies, and two ways for an episode to end."""

from rlcourse.exercises.quizzes.question import Option, Question, Quiz

QUIZ = Quiz(
    notebook="02",
    title="States, actions, rewards, policies",
    questions=(
        Question(
            "What is the state of the robot in its maze?",
            (
                Option(
                    "The cell it stands in",
                    "From one cell, forward leads north or east or south or west, as the robot looks: the cell alone "
                    "does not tell what an action will do.",
                ),
                Option(
                    "Every cell it has been in so far",
                    "How the robot came to where it is changes nothing about what happens next. A state holds what the "
                    "future depends on, and no more.",
                ),
                Option(
                    "The cell it stands in and the direction it looks in",
                    "These two tell what every action leads to and pays, whatever came before. That is what makes "
                    "them a state (the Markov property).",
                    right=True,
                ),
                Option(
                    "The map of all walls",
                    "The walls stay where they are for the whole episode. They belong to the rules of this world; the "
                    "state is what changes as the robot acts.",
                ),
            ),
        ),
        Question(
            "What is a policy π(a|s)?",
            (
                Option(
                    "A probability for each action, in each state",
                    "In every state the probabilities of forward, left and right add up to 1, and the robot draws its "
                    "action from them. For a language model it is the same, with tokens for actions.",
                    right=True,
                ),
                Option(
                    "The shortest way to the exit",
                    "A good policy finds it, but a policy also says what to do in states off that way, and a bad "
                    "policy is a policy too.",
                ),
                Option(
                    "The state that each action leads to",
                    "Those are the rules of the world. The agent does not choose them, and need not even know them.",
                ),
                Option(
                    "What each action pays",
                    "That is the reward, which the environment gives. The policy is the agent's side: what it does.",
                ),
            ),
        ),
        Question(
            "The robot drives forward into a wall. What happens?",
            (
                Option(
                    "The episode ends",
                    "Only the exit, or the time limit, ends an episode. After a wall the robot goes on.",
                ),
                Option(
                    "It stays where it is, and pays for the step and for the wall",
                    "The state does not change, the clock does: the step costs, the wall costs on top, and the robot "
                    "can learn from both.",
                    right=True,
                ),
                Option(
                    "Nothing: a move that is not possible does not count",
                    "All three actions are allowed in every state, and each one counts as a step. That walls are no "
                    "way is something to learn, from the reward.",
                ),
            ),
        ),
        Question(
            "Suppose the exit pays 1, nothing else pays or costs anything, time has no limit, and γ = 1. Which ways "
            "are optimal?",
            (
                Option(
                    "Only the shortest",
                    "Nothing in this reward says hurry: a detour of a hundred steps earns 1 as well. You get what you "
                    "reward, not what you meant.",
                ),
                Option(
                    "Staying where it is",
                    "Staying earns 0, and the exit 1. It costs nothing to go.",
                ),
                Option(
                    "Every way that ends at the exit",
                    "Every way earns exactly 1, so all are optimal. A cost for each step, or γ below 1, is what makes "
                    "the short way the best.",
                    right=True,
                ),
            ),
        ),
        Question(
            "The time limit stops the robot halfway. How did the episode end, and what about the rewards it has not "
            "collected?",
            (
                Option(
                    "It was terminated: there are no more rewards, so the state it was in is worth 0",
                    "That is what reaching the exit means. The time limit is not in the maze: it is our patience that "
                    "ended, and the exit still pays.",
                ),
                Option(
                    "It was truncated: the rewards are still there, so the state it was in keeps its value",
                    "Terminated means the world is over, truncated that we stopped watching. A critic, which learns "
                    "what states are worth (notebook 03), would learn that good ones are worth too little if it took "
                    "the one for the other.",
                    right=True,
                ),
                Option(
                    "It failed: the robot gets a penalty in their place",
                    "The steps it took have cost it already. The limit itself pays nothing; a penalty for it would "
                    "depend on the clock, which is not in the state.",
                ),
            ),
        ),
        Question(
            "The rewards of an episode are 0, 0, 1 and γ is 0.9. What is the return from its first step?",
            (
                Option("1", "That is the sum without discount, γ = 1."),
                Option("0.9", "That counts γ once. The reward comes two steps later, so it is γ twice."),
                Option(
                    "0.81", "0 + 0.9·0 + 0.9²·1. The first reward counts in full, the third one γ² times.", right=True
                ),
                Option(
                    "0.729",
                    "That is 0.9³, which discounts the first reward as well. The reward of the step itself counts in "
                    "full: its factor is γ⁰ = 1.",
                ),
            ),
        ),
    ),
)
