# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,jupyter,-all
#     formats: notebooks///ipynb,notebooks/source///py:percent
#     notebook_metadata_filter: kernelspec,jupytext,-jupytext.text_representation.jupytext_version
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 13 · Thinking pays
#
# **A model finds out that writing its working out pays** · about 70 minutes · difficulty: medium · you need notebook 10
#
# <blockquote style="border-left: 6px solid #56B4E9; background: rgba(86, 180, 233, 0.14); padding: 10px 16px"><b>Beyond the article</b>, <a href="https://towardsdatascience.com/training-large-language-models-from-trpo-to-grpo/"><i>Training Large Language Models: From TRPO to GRPO</i></a> (Towards Data Science, 6 February 2025), which ends with GRPO.</blockquote>
#
# In 2025 a language model that was paid for right results, and for keeping to a form, began to write longer and longer
# answers (DeepSeek-R1-Zero, figure 1b of [the paper](https://www.nature.com/articles/s41586-025-09422-z)). No rule had
# asked for length. In this notebook the answers of a small GPT-2 grow under your eyes, in a minute or two, and nothing but
# the result is paid. Then you take it apart: what did the training add, what was there before, and when does it not happen?
#
# **When you are done you will be able to**
#
# - say why a model that writes its working out can do more than one that answers at once;
# - watch GRPO select a manner of answering that the rule never mentions;
# - compute pass@k and a majority vote rightly, and judge with them what a training has taught;
# - name the traps: too little room, too few examples, questions that are longer than any before;
# - write a price on length that does not make a model stop thinking.
#
# The first cell loads PyTorch, which takes some seconds. (A grey bar is a cell whose code is folded away, as it only
# loads, tabulates or draws. It runs like any other, and a click opens it.)

# %% jupyter={"source_hidden": true}
# Loads what the notebook needs.
from copy import deepcopy

import torch
from IPython.display import display

from rlcourse.experiments import thinker

# %% [markdown]
# ## 1 · One question, three manners
#
# The thinker is the course's GPT-2 from notebook 01, which has then read many answers to questions such as *What is
# 23+4\*7?* In the end it was fine-tuned on answers by people in a hurry. Ask it one question sixteen times.
# %% jupyter={"source_hidden": true}
# Loads the model and its questions, and asks one of them.
from rlcourse.language import MANNERS, Chain, ask_chains, manner_of, split_chains
from rlcourse.showing import answers_table, say, show_source
from rlcourse.showing import bar as tqdm

reference = thinker()  # on the CPU: so small that a GPU would not make it faster
training_chains, held_out = split_chains()
question = Chain(23, 4, 7)


def seeded(seed=0):
    """A source of chance that begins anew each time a cell is run."""
    return torch.Generator().manual_seed(seed)


asked = ask_chains(reference, [question], each=16, generator=seeded(4))
say(f"`{question.prompt}`")
answers_table(["answer", "reward"], sorted(zip(asked.texts, asked.rewards, strict=True), key=lambda row: len(row[0])))

# %% [markdown]
# Three **manners**: it guesses, it says a number directly, or it writes the working out. In a working each clause adds
# once: 23+4\*7 is 30+3\*7, because 23+7 is 30 and three sevens are left. How good is each manner? We ask all **held-out**
# questions, four times each.

# %% jupyter={"source_hidden": true}
# Asks all held-out questions, and counts by manner.
before = ask_chains(reference, held_out, each=4, generator=seeded())
names = {"guess": "I guess …", "direct": "It is …", "worked": "a working", "": "something else"}


def by_manner(answers):
    """A table: how often each manner is taken, how often it is right, how long it is."""
    lines = ["| manner | share of the answers | right | tokens |", "|---|---|---|---|"]
    kinds = [manner_of(text) for text in answers.texts]
    for kind, name in names.items():
        rows = [i for i, one in enumerate(kinds) if one == kind]
        if rows:
            right = sum(answers.rewards[i] for i in rows) / len(rows)
            tokens = sum(answers.lengths[i] for i in rows) / len(rows)
            lines.append(f"| {name} | {len(rows) / len(kinds):.0%} | {right:.0%} | {tokens:.1f} |")
    all_of_them = f"{answers.accuracy:.0%} | {answers.mean_length:.1f}"
    return "\n".join([*lines, f"| all | 100% | {all_of_them} |"])


say(by_manner(before))

# %% [markdown]
# Held out are all questions with certain pairs of *what is added* and *result*. All clauses of one working share that
# pair. So neither a held-out question nor any clause of its working stands anywhere in what the model was trained on.
#
# ## 2 · Why writing helps
#
# A GPT-2 computes a token from all tokens before it, by a fixed number of layers. This one has four. A direct answer has
# to come out of one pass: all of the computing, before the first digit is written. In a working each addition has tokens of
# its own, and what stands on the page can be read again. Nye and others ([2021](https://arxiv.org/abs/2112.00114)) called
# such a page a *scratchpad*.
#
# Where is the model sure? The numbers are the logarithms of its own probabilities, of right answers in two manners.

# %% jupyter={"source_hidden": true}
# Shows two right answers, token by token.
from rlcourse.explorables import answers_strip, next_token_bars

direct, working = f" It is {question.answer}.", question.working()
answers_strip(reference, question.prompt, [direct, working], names=["directly", "with a working"])

# %% [markdown]
# In the direct answer the digits of the result are doubtful. In the working it is the *first* token: whether to write a
# working at all. After that each token follows from what stands there. So it all hangs on one choice:

# %%
next_token_bars(reference, question.prompt, top=6)

# %% [markdown]
# ␣I begins a guess (*I guess*) or a direct answer (*It is*). The single space begins a working: its first digit comes next.
#
# ## 3 · The rule
#
# Here is all that is paid for. The answer has to end, and its last number has to be right.

# %%
from rlcourse.language import chain_reward, chain_world

show_source(chain_reward)

# %% [markdown]
# Nothing about workings, nothing about length. GRPO as in notebook 10 gives every token of an answer the z-score of the
# answer's reward in its group of eight. What will come of it?

# %% jupyter={"source_hidden": true}
# Asks for your guesses.
from rlcourse.exercises import predict, reveal

predict("which_manner")

# %% [markdown]
# ## 4 · Train it
#
# You may stop the training with ■ at any moment; what it has learned stays. Run the cell again, and it begins anew.

# %% jupyter={"source_hidden": true}
# Says what is measured, shown and drawn.
from rlcourse.algorithms import GRPO, Training
from rlcourse.experiments import THINKING, load_curves, thinking_measures
from rlcourse.explorables import Chart, TrainingDashboard

shown = [next(chain for chain in held_out if chain.k == k) for k in (2, 3, 4, 6)]


def answers_of(policy, **how):
    """For the dashboard: asks four questions anew, and shows the first answers beside them."""
    first = [text.strip() for text in ask_chains(policy, shown, generator=seeded(), **how).texts]

    def latest():
        now = ask_chains(policy, shown, generator=seeded(), **how)
        told = [f"{old:<12} →  {new.strip()}" for old, new in zip(first, now.texts, strict=True)]
        return list(zip([chain.asked for chain in shown], told, now.rewards, strict=True))

    return latest


charts = [
    Chart("Right answers", ("reward", "accuracy"), low=0, high=1, percent=True, names=("of this update", "held out")),
    Chart("Tokens in an answer", ("tokens",), low=0),
    Chart("How they answer", ("worked", "guessed"), low=0, high=1, percent=True),
    Chart("Groups that teach something", ("informative_groups",), low=0, high=1, percent=True),
]

# %%
STEPS = 60

learner = deepcopy(reference)  # a copy of the model, which learns
world = chain_world(training_chains)  # 16 questions an update, each answered 8 times
training = Training(learner, world, GRPO(THINKING), seed=0)

look = {"best": "accuracy", "samples": answers_of(learner), "recorded": "thinking"}
dashboard = TrainingDashboard(charts, STEPS, **look)
display(dashboard)
training.run(STEPS, on_step=dashboard, evaluate=thinking_measures, evaluate_every=4)
dashboard.finish(training.history)

# %% jupyter={"source_hidden": true}
# Asks all held-out questions again, and counts by manner.
after = ask_chains(learner, held_out, each=4, generator=seeded())
say(by_manner(after))
say(
    f"Of the answers **{before.accuracy:.0%}** were right before, and **{after.accuracy:.0%}** are now, after "
    f"{training.history.last('seconds'):.0f} seconds of training. An answer had **{before.mean_length:.1f}** tokens and has "
    f"**{after.mean_length:.1f}**."
)
shares = [after.share(manner) for manner in MANNERS]
reveal(which_manner=shares.index(max(shares)))

# %% [markdown]
# Nothing in the rule looks at length. Answers grow because the longer manner is right more often, and so is made likelier.
# The grey bands are five recorded runs of the same training. One run is luck; five say what to expect:

# %% jupyter={"source_hidden": true}
# Tabulates the recorded runs.
recorded = load_curves("thinking")
lines = ["| seed | right at first | right at the end | tokens at first | tokens at the end |", "|---|---|---|---|---|"]
for seed, run in recorded.items():
    numbers = [
        f"{run['accuracy'][0]:.0%} | {run.last('accuracy'):.0%}",
        f"{run['tokens'][0]:.1f} | {run.last('tokens'):.1f}",
    ]
    lines.append(f"| {seed} | {' | '.join(numbers)} |")
say("\n".join(lines))

# %% [markdown]
# ## 5 · Scrub through a run
#
# What happens *inside* a group while the curves rise? One of the recorded runs was asked the same questions again and
# again. Drag it from beginning to end.

# %%
from rlcourse.experiments import load_film
from rlcourse.explorables import thinking_film

thinking_film(load_film(), recorded)

# %% [markdown]
# It is the choice of a manner that moves, and with it the numbers. The choice is made by the first token, which all
# questions share. So what is learned at an easy question is done at a hard one, too.
#
# Read the long answers clause by clause. The rule reads the last number, and nothing before it. Is all true that is paid?


# %% jupyter={"source_hidden": true}
# Looks through all workings that were paid, for clauses that are not true.
def paid_workings(answers):
    """Every working that was paid, with its question."""
    rows = zip(answers.texts, answers.rewards, strict=True)
    asked = enumerate(rows)
    return [
        (answers.chains[i // answers.each], text) for i, (text, paid) in asked if paid and manner_of(text) == "worked"
    ]


paid = {"before": paid_workings(before), "after": paid_workings(after)}
false = {when: [(chain, text) for chain, text in rows if text != chain.working()] for when, rows in paid.items()}
say(
    f"Of {len(paid['before'])} workings that were paid before, {len(false['before'])} say something that is not true; of "
    f"{len(paid['after'])} after, **{len(false['after'])}**."
)
rows = [(chain.asked, text) for chain, text in false["after"][:3]]
answers_table(["question", "paid all the same"], rows) if rows else None

# %% [markdown]
# A working with a false clause in it that ends well is paid like any other. That is the price of a rule that looks at
# results: what stands in a working need not be what the result came from. Who wants every step to be true has to pay for
# steps, and needs somebody who reads them.
#
# ## 6 · Taught, or selected?
#
# Could the model do this all along? Ask it not once but many times. **pass@k** is the chance that of $k$ attempts at a
# question at least one is right. Predict it first.

# %% jupyter={"source_hidden": true}
# Asks for your guess.
predict("before_with_many")

# %% [markdown]
# To measure pass@k one makes $n$ attempts, at least $k$, and counts the right ones, $c$. Then one asks how many of all
# ways to choose $k$ of the $n$ hold a right one (Chen et al. [2021](https://arxiv.org/abs/2107.03374)):
#
# $$ \text{pass@}k = 1 - \binom{n-c}{k} \Big/ \binom{n}{k} $$
#
# - $\binom{n}{k}$ is the number of ways to choose $k$ of $n$ attempts;
# - $\binom{n-c}{k}$ counts those ways that take wrong attempts only.
#
# ### Exercise 1: pass@k (10 minutes, medium)
#
# `num_samples` is $n$, a number; `num_correct`, a tensor [Q], holds $c$ for each of Q questions. Return one probability
# for each question. (The obvious 1 − (1 − c/n)ᵏ is something else. `hint("pass_at_k")` helps.)


# %%
from rlcourse.exercises import check, hint, solution


def my_pass_at_k(num_samples, num_correct, k):
    # your code here
    return ...


my_pass_result = check("pass_at_k", my_pass_at_k)

# %% [markdown]
# pass@k needs somebody who *knows* which attempt is right. Without one the attempts can **vote**: hand in the result that
# most of them came to (*self-consistency*, Wang et al. [2022](https://arxiv.org/abs/2203.11171)).
#
# ### Exercise 2: a vote, with ties (12 minutes, medium)
#
# `results`, [Q, N], holds what each of N attempts at each question came to, and −1 where an attempt has no result; `right`,
# [Q], the right results. Return for each question the chance that the vote is right. If several results tie for the lead,
# one of them is drawn. (`hint("majority_vote")` helps.)


# %%
def my_majority_vote(results, right):
    # your code here
    return ...


my_vote_result = check("majority_vote", my_majority_vote)

# %% [markdown]
# **Put them to work.** Both models answer sixty held-out questions, 32 times each. Besides a judge who knows, and a
# vote, there is a third way: hand in the answer of which the model itself was surest, that is, whose tokens had the highest
# mean log-probability (*best of k*, with the model as its own judge).

# %% jupyter={"source_hidden": true}
# Asks both models, many times.
from rlcourse.equations import majority_vote, pass_at_k
from rlcourse.exercises import at_work
from rlcourse.explorables import attempts_worth, several_attempts

pass_fn = at_work(my_pass_result, my_pass_at_k, pass_at_k)
vote_fn = at_work(my_vote_result, my_majority_vote, majority_vote)
models = {"before GRPO": reference, "after GRPO": learner}
many = {
    name: ask_chains(policy, held_out[:60], each=32, generator=seeded(1))
    for name, policy in tqdm(models.items(), desc="asking")
}

# %%
several_attempts(many, pass_fn=pass_fn, vote_fn=vote_fn)

# %% jupyter={"source_hidden": true}
# Holds your guess against it, and compares.
was, now = (attempts_worth(answers, (1.0, 16.0)) for answers in many.values())
say(
    f"Before, among **sixteen** attempts there is a right one for **{was['known'][1]:.0f} %** of the questions. After, a "
    f"**single** attempt is right for **{now['known'][0]:.0f} %**. Handing in the surest of sixteen was right for "
    f"{was['surest'][1]:.0f} % before, a vote of sixteen for {was['voted'][1]:.0f} %."
)
reveal(before_with_many=0 if was["known"][1] < 50 else 1 if was["known"][1] <= 90 else 2)

# %% [markdown]
# Look at the left picture. Wrong results scatter, right ones agree: a vote among a crowd of guessers finds the few who have
# worked it out, once there are enough of them. And the model is surest of its workings, though it seldom writes one: a
# guess spreads its bets over many numbers.
#
# There is a simpler test. Write the first words of the working *for* the model, as notebook 10 did with the space:

# %% jupyter={"source_hidden": true}
# Asks both models in five ways.
cases = {
    "sampled": {},
    "the likeliest tokens (greedy)": {"temperature": 0},
    "directly (begun with “It is”), greedy": {"begin": " It is", "temperature": 0},
    "the working begun, sampled": {"begin": lambda chain: chain.beginning},
    "the working begun, greedy": {"begin": lambda chain: chain.beginning, "temperature": 0},
}
asking = tqdm([(case, name) for case in cases for name in models], desc="asking")
right = {
    (case, name): ask_chains(models[name], held_out, generator=seeded(), **cases[case]).accuracy
    for case, name in asking
}
lines = [f"| right on held-out questions | {' | '.join(models)} |", "|---|---|---|"]
lines += [f"| {case} | {' | '.join(f'{right[case, name]:.0%}' for name in models)} |" for case in cases]
say("\n".join(lines))
say("(One answer to each question. Sections 1 and 4 asked for four: in the sampled rows a few points are chance.)")

# %% [markdown]
# Read the last row first, from left to right: what the model can do once the working is begun, it could do before. Then the
# second: the likeliest manner of the old model was to guess, so that a low temperature made it *worse*. The training has
# **selected** what the model could do and did not, and **sharpened** it (the row before the last). It has put into one
# answer what took many attempts. That is worth a lot, and it says what to expect:
# [Yue et al. 2025](https://arxiv.org/abs/2504.13837) find it with many larger models, too. Once $k$ is large, their base
# models even overtake the trained ones.
#
# ## 7 · Roads on which it may not happen
#
# The same model, the same rule, forty updates, and each time one thing is different:
#
# 1. **free** to write what it likes: section 4;
# 2. **made to be direct**: "It is" is written for it, always;
# 3. **cut off at 30 tokens**: workings of two or three steps fit, longer ones do not;
# 4. **short of workings**: first fine-tuned on answers of which 1.5 % are worked out, so that it hardly ever writes one;
# 5. **charged per token**: each costs 0.05 of reward.

# %% jupyter={"source_hidden": true}
# Asks for your guess.
predict("tight_room")

# %%
from rlcourse.experiments import ROADS
from rlcourse.explorables import thinking_roads

roads = {words: load_curves(name) for name, words in ROADS.items()}
thinking_roads(roads)

# %% jupyter={"source_hidden": true}
# Says what came of the roads: what fits, and what was worked out.
from rlcourse.experiments import ROAD_STEPS, TIGHT

free, directly, tight, scarce, dear = roads.values()


def at_the_end(runs, column, percent=True, step=ROAD_STEPS):
    """The lowest and the highest run at a step, in words."""
    ends = [next(row[column] for row in run if row["step"] == step) for run in runs.values()]
    form = "{:.1%}" if percent else "{:.1f}"
    return f"{form.format(min(ends))} to {form.format(max(ends))}"


lengths = [len(reference.tokenizer(chain.working()).input_ids) + 1 for chain in held_out]
fits = sum(length <= TIGHT for length in lengths) / len(lengths)
say(
    f"After {ROAD_STEPS} updates. **Made to be direct**: {at_the_end(directly, 'accuracy')} right, over five seeds. **Cut off**: "
    f"{at_the_end(tight, 'accuracy')} right. The workings of {fits:.1%} of the questions fit into {TIGHT} tokens; "
    f"{at_the_end(tight, 'worked')} of the answers begin a working all the same. **Short of workings**: "
    f"{at_the_end(scarce, 'worked')} of the answers are workings after {ROAD_STEPS} updates, {at_the_end(scarce, 'accuracy')} "
    f"right. "
    f"**Charged per token**: {at_the_end(dear, 'accuracy')} right, with {at_the_end(dear, 'tokens', percent=False)} tokens."
)

# %% [markdown]
# (The lowest and the highest of five seeds each. These are runs of *this* model: another may find a way where this one
# does not.)
#
# - **Made to be direct**, it has little to select: this model has hardly learned to add several times in one go.
# - **Cut off**, the model keeps a habit that earns nothing where it does not fit. All answers to such a question are
#   wrong, all advantages are 0, and nothing leads back to guessing.
# - **Short of workings**: at first many updates hold no working at all, and what is not drawn cannot be paid. RL makes likelier
#   what has been drawn; it does not invent. With luck it may begin later than these runs end. (That is why one shows a model
#   some workings first.)
# - **Charged per token**, it learns to be brief: it guesses, or writes even less than a guess that it has read, and is
#   mostly wrong.

# %% jupyter={"source_hidden": true}
# Holds your guess against the questions of six steps on the tight road.
long = [run.last("worked_long") for run in tight.values()]
say(
    f"Cut off after {TIGHT} tokens, **{min(long):.0%} to {max(long):.0%}** of the answers to questions of six steps begin a "
    "working, which cannot end."
)
reveal(tight_room=1 if sum(long) / len(long) > 0.5 else 0)

# %% [markdown]
# ## 8 · What does not transfer
#
# The model has read workings of two to six steps. Has it learned *to continue until nothing is left*, or something less?

# %% jupyter={"source_hidden": true}
# Asks for your guess.
predict("longer_chains")

# %% jupyter={"source_hidden": true}
# Asks both models for longer chains.
from rlcourse.language import longer_chains

lines = [f"| steps | {' | '.join(f'{name}, the working begun' for name in models)} |", "|---|---|---|"]
of_length = {k: [chain for chain in held_out if chain.k == k] for k in (2, 4, 5, 6)}
of_length |= {k: longer_chains(k, 60) for k in (7, 8)}
begun = {"begin": lambda chain: chain.beginning, "temperature": 0, "max_new_tokens": 68}
said = {}
for k, chains in tqdm(of_length.items(), desc="asking"):
    said[k] = [ask_chains(policy, chains, **begun) for policy in models.values()]
    lines.append(f"| {k} | {' | '.join(f'{answers.accuracy:.0%}' for answers in said[k])} |")
say("\n".join(lines))

# %% jupyter={"source_hidden": true}
# Holds your guess against the table.
seven = said[7][1].accuracy
reveal(longer_chains=0 if seven < 0.2 else 1 if seven < 0.7 else 2)

# %% [markdown]
# Where does it go wrong? Here is what it wrote, clause by clause.

# %%
from rlcourse.explorables import clause_by_clause

by_model = zip(models, zip(*said.values(), strict=True), strict=True)
written = {name: dict(zip(said, answers, strict=True)) for name, answers in by_model}
clause_by_clause(written, start=list(said).index(7))

# %% [markdown]
# Follow the column of what is still to add. Where does it first go down by more than one?

# %% jupyter={"source_hidden": true}
# Counts the first leaps of the count of what is left, before GRPO.
import re
from collections import Counter
from itertools import pairwise


def first_leap(text):
    """The first two counts of what is left of which the second is not one less, such as (7, 5); None without any."""
    left = [int(count) for count in re.findall(r"\+(\d+)\*", text)]
    return next(((one, then) for one, then in pairwise(left) if then != one - 1), None)


for k in (6, 7, 8):
    texts = said[k][0].texts
    leaps = Counter(filter(None, map(first_leap, texts)))
    leapt = [f"from {one} to {then} in {count}" for (one, then), count in leaps.most_common(2)]
    say(f"**{k} steps**: of {len(texts)} answers the count leaps {', '.join(leapt) if leapt else 'in none'}.")

# %% [markdown]
# A leap leaves additions out, and all that follows is wrong. The model has learned what comes after a 6, a 5 or a 4; what comes
# after a 7 it has never seen. So it has a procedure for the lengths it knows, and not *continue until nothing is left*.
# That a model is right on questions it has never seen, and fails one step further, is worth remembering when somebody
# shows you its accuracy on questions *like* those of its training.
#
# ## 9 · A price on length
#
# Long answers are dear to write. It is tempting to let each token cost a little. Road 5 of section 7 shows what may come
# of it: a short wrong answer beats a long right one, and where all are wrong, the shortest wins. What *should* a price do?
#
# 1. Every right answer beats every wrong one.
# 2. Of two right answers to one question the shorter is better.
# 3. Wrong answers all get the same, so that a group without a right one teaches nothing.
# 4. Answers are compared with answers to *their* question, as some need long ones.
#
# Turn up two prices, one that every token pays and one that keeps to these four:

# %%
from rlcourse.explorables import price_of_length

price_of_length()

# %% [markdown]
# ([Arora and Zanette 2025](https://arxiv.org/abs/2502.04463) have a price with these properties for large models.) Let $s$
# be the length of the shortest right answer of a group. Then
#
# $$ \tilde r_i = r_i \left( 1 - w \, \frac{|o_i| - s}{|o_i|} \right) $$
#
# - $r_i$ is what the rule pays answer $i$, 0 if it is wrong, and $|o_i|$ its length in tokens;
# - $w$, the weight, is at least 0 and below 1.
#
# ### Exercise 3: a price that only right answers pay (12 minutes, medium)
#
# `rewards` and `lengths` have the shape [P, G]: a row for each question. Return $\tilde r$, of the same shape. What is $s$
# where nobody is right? (`hint("length_penalty")` helps.)


# %%
def my_length_penalty(rewards, lengths, *, weight):
    # your code here
    return ...


my_penalty_result = check("length_penalty", my_length_penalty)

# %% [markdown]
# **Put it to work.** The thinker of section 1 learns once more, by the rule with your price on it. (Until yours passes it is
# the course's.)

# %% jupyter={"source_hidden": true}
# Takes your price, once it has passed.
from rlcourse.equations import length_penalty
from rlcourse.experiments import priced

penalty_fn = at_work(my_penalty_result, my_length_penalty, length_penalty)
charts_of_price = [
    Chart("Right answers, held out", ("accuracy",), low=0, high=1, percent=True),
    Chart("Tokens in an answer", ("tokens",), low=0),
]

# %%
FEW, WEIGHT = 20, 0.5

pupil = deepcopy(reference)
rule = priced(lambda rewards, lengths: penalty_fn(rewards, lengths, weight=WEIGHT))
schooling = Training(pupil, chain_world(training_chains, reward=rule), GRPO(THINKING), seed=0)

dashboard = TrainingDashboard(charts_of_price, FEW)
display(dashboard)
schooling.run(FEW, on_step=dashboard, evaluate=thinking_measures, evaluate_every=4)
dashboard.finish(schooling.history)

# %% jupyter={"source_hidden": true}
# Says what the price has done to right answers and to length.
priced_now = thinking_measures(pupil)
ends = [run.last("tokens") for run in dear.values()]
say(
    f"With this price **{priced_now['accuracy']:.0%}** of the held-out answers are right, with {priced_now['tokens']:.1f} "
    f"tokens on average. Charged for every token, the recorded runs ended at {min(ends):.1f} to {max(ends):.1f} tokens."
)

# %% [markdown]
# Where only workings are right, and all are equally long, nobody pays this price. (At first a lucky guess stands beside a
# working now and then, and then the working does pay. And where all eight are right, dividing by the std makes any price,
# small or large, equally loud: notebook 10.) It would shorten what *rambles*; our workings have not a word too many. **Try this:** put
# `rule = priced(lambda rewards, lengths: rewards - 0.05 * lengths)` in the place of the rule, and watch the tokens.
#
# ## Quiz

# %% jupyter={"source_hidden": true}
# Brings the quiz.
from rlcourse.exercises import quiz

quiz("13")

# %% [markdown]
# ## What you now know
#
# - What a model has written it can read again. **A working turns one hard step into many easy ones.**
# - A rule that looks at results only can **select** a manner it never mentions. Length grows where length helps to be right.
# - **pass@k** without bias draws without replacement; a **vote** shares its ties; **best of k** needs a judge.
# - Here RL put into one answer what had taken many attempts and a judge. It taught **no new manner**, and nothing about longer
#   questions; it made steps that were right before a little surer.
# - A habit that is hardly drawn is found late or never; one that is cut off may not be unlearned; and a **price on length** must be paid by
#   right answers only.
#
# ## What comes next

# %% jupyter={"source_hidden": true}
# Links to what comes next.
from rlcourse.course import what_comes_next

what_comes_next("13")
