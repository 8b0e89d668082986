"""Notebook 03: returns, values, advantages, and two ways for an episode to end once more."""

from rlcourse.exercises.quizzes.question import Option, Question, Quiz

QUIZ = Quiz(
    notebook="03",
    title="Returns, values and advantages",
    questions=(
        Question(
            "What is the value V(s) of a state?",
            (
                Option(
                    "The reward that is paid for reaching it",
                    "That is one reward. The value counts all that come after it, too: a state that pays nothing "
                    "itself is worth a lot if the exit is near.",
                ),
                Option(
                    "The return that can be expected from there, for a robot that follows its policy",
                    "The average over everything that may happen from s on. Another policy has other values in the "
                    "same state.",
                    right=True,
                ),
                Option(
                    "The best return that is possible from there",
                    "That is the value for a robot that acts optimally from there on, V*. A robot with another policy "
                    "will collect less, and V of its policy says how much.",
                ),
                Option(
                    "How likely the robot is to be there",
                    "How often a state is visited is another quantity. A state may be visited all the time and be "
                    "worth very little.",
                ),
            ),
        ),
        Question(
            "In some state V(s) = 0.7, and for its three actions Q(s, a) is 0.9, 0.5 and 0.7. What are the advantages?",
            (
                Option(
                    "0.9, 0.5, 0.7",
                    "Those are the values of the actions. The advantage asks how much better an action is than what "
                    "the policy gets there on average.",
                ),
                Option(
                    "+0.2, −0.2, 0",
                    "A = Q − V: the first action is 0.2 better than what the robot usually gets here, the second 0.2 "
                    "worse.",
                    right=True,
                ),
                Option(
                    "0, −0.4, −0.2",
                    "That compares with the best action. V is the average over the actions that the policy takes, not "
                    "the best of them.",
                ),
                Option(
                    "−0.2, +0.2, 0",
                    "The sign is the wrong way round: better than expected is positive.",
                ),
            ),
        ),
        Question(
            "The critic says V(s) = 2. A step pays 1 and leads to a state with V(s′) = 1.5; γ is 0.9. What is the TD "
            "error?",
            (
                Option("+0.35", "1 + 0.9·1.5 − 2: it went 0.35 better than the critic had foretold.", right=True),
                Option("−1", "That leaves out what lies ahead: the next state is worth something."),
                Option("+0.5", "That counts the next state in full. It is one step away, so γ times."),
                Option("2.35", "That is the new guess of what s is worth. The error is its distance from the old one."),
            ),
        ),
        Question(
            "A time limit stops the robot in the middle of the maze. What does GAE do in that row?",
            (
                Option(
                    "It counts γ·V of the last state, and lets nothing of the next row through",
                    "Not terminated, so the last state keeps its value; done, so the trace is cut: the next row is "
                    "another episode.",
                    right=True,
                ),
                Option(
                    "It counts the last state as 0, and lets nothing of the next row through",
                    "That is right for the exit. At a time limit the world would have gone on. A critic trained "
                    "this way learns an average over the time that was left: too low near the exit, too high far from "
                    "it.",
                ),
                Option(
                    "It counts γ·V of the last state, and goes on adding TD errors of the next row",
                    "The next row is the start of another episode. Its surprises have nothing to do with this step.",
                ),
                Option(
                    "It leaves the row out",
                    "The step was made and paid for, and there is as much to learn from it as from any other.",
                ),
            ),
        ),
        Question(
            "Your critic is new and wrong nearly everywhere. Which λ trusts it least, and what is the price?",
            (
                Option(
                    "λ = 0; the estimate is biased",
                    "λ = 0 is the TD error: one reward, and then the critic's word for all the rest. It trusts the "
                    "critic most.",
                ),
                Option(
                    "λ = 1; the estimate varies a lot from walk to walk",
                    "It adds up what was really paid. Every turn of chance on the way is in it; the critic is only "
                    "what it is compared with.",
                    right=True,
                ),
                Option(
                    "λ = 0.5; there is no price",
                    "In between there is some of both: some trust in the critic, and some chance.",
                ),
            ),
        ),
        Question(
            "A language model's answer has four tokens, and only the whole answer is rewarded, with 0.8. What is the "
            "return of the step that writes the third token, when γ = 0.5?",
            (
                Option(
                    "0.8",
                    "That is the return of the step that writes the last token, which is paid at once. The third "
                    "comes one step earlier.",
                ),
                Option(
                    "0.6",
                    "Three quarters of the reward: but rewards are not shared out among tokens. Each step's return "
                    "is the reward to come, discounted once for each token that is still written after it.",
                ),
                Option("0.4", "One token is written after it, so γ once: 0.5 · 0.8.", right=True),
                Option("0.1", "That is 0.8·γ³, the return of the first step: three more tokens follow it."),
            ),
        ),
    ),
)
