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
# # 08 · Reward models
#
# **Learning what people prefer** · about 60 minutes · difficulty: easy · you need PyTorch; notebooks 03 (values) and 07 help
#
# <blockquote style="border-left: 6px solid #56B4E9; background: rgba(86, 180, 233, 0.14); padding: 10px 16px"><b>The article says</b> that rewards come from a reward model, which learned them from pairs that people have ranked, and that it is another model than the value model, often on the same body.<br><b>Here you run it.</b> From <a href="https://towardsdatascience.com/training-large-language-models-from-trpo-to-grpo/"><i>Training Large Language Models: From TRPO to GRPO</i></a> (Towards Data Science, 6 February 2025).</blockquote>
#
# Whether 2+2 is 4 a rule can check. Whether a reply to "How do I make tea?" is a good one, no rule says. People do. In
# this notebook you are these people: you choose, a model learns from your choices, and then it trains a GPT-2 for you.
#
# **When you are done you will be able to**
#
# - turn choices between two replies into a score for each, with the loss of Bradley and Terry;
# - say how much a reward model can know from thirty labels, and from thousands by people who disagree;
# - find out where a reward model is fooled, before a policy does;
# - tell a reward model from a value model, on the same body, by what each head reads.
#
# The first cell loads PyTorch. That takes some seconds. (A grey bar is a cell whose code is folded away, because it
# only loads, tabulates or draws. It runs like any other, and a click opens it.)

# %% jupyter={"source_hidden": true}
# Loads what the notebook needs, and the small GPT-2.
import random
import re
from copy import deepcopy

import torch
from IPython.display import display

from rlcourse.language import LanguagePolicy, load_gpt2
from rlcourse.showing import answers_table, say, show_source

model, tokenizer = load_gpt2("sft", device="cpu")  # so small that a GPU would not make it faster
policy = LanguagePolicy(model, tokenizer)

# %% [markdown]
# ## 1 · Which reply is better?
#
# The small GPT-2 gets twenty everyday requests. Its replies are helpful, rude, wrong or rambling, as it comes. Of each
# pair below, both replies are its own. (Now and then one goes on with somebody else's words, "Ben: Sure!": the text it
# was pre-trained on has conversations, and it drifts into one.)
#
# **Choose one rule in your head and keep to it**: always the shorter reply, say, or the friendlier, or the one that
# helps. Thirty labels take about three minutes. Nobody tells the model your rule.

# %%
from rlcourse.explorables import which_reply
from rlcourse.language import draw_pairs

pairs = draw_pairs(policy, 60, seed=7)
desk = which_reply(pairs, wanted=30)
desk

# %% [markdown]
# When you have enough, run the next cells. If you just want to look on, do that at once: somebody simulated sits down in
# your place and chooses the shorter reply. (Fewer than ten
# labels of yours count as looking on. Come back whenever you like, label, click the next cell, and choose *Run Selected
# Cell and All Below* in the menu *Run*. To have somebody choose by another rule, write it in the next cell.)

# %%
TASTE = "mine"  # or that of somebody simulated: "short", "friendly" or "helpful"

# %% jupyter={"source_hidden": true}
# Takes the labels, and asks which rule they follow.
from rlcourse.language import TASTES, choose, chosen_from

RULES = {"short": "the shorter reply", "friendly": "the friendlier reply", "helpful": "the more helpful reply"}


def labelled(pairs, taste):
    """What a simulated person chooses; pairs that the taste cannot tell apart are left out."""
    return chosen_from(pairs, [choose(pair, taste) for pair in pairs], annotator="simulated")


def follows(labels, taste):
    """The share of the labels that this taste would have given, ties counting half."""
    liked = [taste(p.prompt, p.chosen) - taste(p.prompt, p.rejected) for p in labels]
    return sum(1.0 if more > 0 else 0.5 * (more == 0) for more in liked) / len(labels)


if TASTE not in ("mine", *TASTES):
    raise ValueError(f'TASTE must be "mine", {", ".join(map(repr, TASTES))}, got {TASTE!r}')
MINE = TASTE == "mine" and desk.labels >= 10  # who names a rule has somebody simulated, whatever was labelled before
rule = TASTES["short" if TASTE == "mine" else TASTE]
labels = chosen_from(pairs, desk.choices) if MINE else labelled(pairs, rule)[:30]
shares = {name: follows(labels, taste) for name, taste in TASTES.items()}
closest = max(shares, key=shares.get)
known_rule = shares[closest] >= 0.8  # whoever labels by a rule of their own follows none of the three
the_rule = f"the rule “{RULES[closest]}”" if known_rule else "your own rule"
few = "your labels" if MINE else "thirty labels" if len(labels) == 30 else f"{len(labels)} labels"
whose = "your" if MINE else "the simulated person's"
found = (
    f"They follow the rule “{RULES[closest]}” in **{shares[closest]:.0%}** of the pairs."
    if known_rule
    else f"You have a rule of your own: of the three that this cell knows (shorter, friendlier, more helpful) none fits "
    f"more than {shares[closest]:.0%} of the pairs. That is welcome. Only you can say whether the model has found it."
)
say(f"**{len(labels)} labels**, {'yours' if MINE else 'by the simulated person'}. {found} The first five:")
rows = [(p.prompt.split("\n")[0].removeprefix("Question: "), p.chosen, p.rejected) for p in labels[:5]]
answers_table(["request", "chosen", "rejected"], rows)

# %% [markdown]
# ## 2 · From choices to scores
#
# A **reward model** is to give every reply one number, its **score** $r$: the higher, the better people like it. But
# nobody gave a number. People only said *this one rather than that one*. How does one come from choices to scores?
#
# By a bet. If reply $a$ has a higher score than reply $b$, people will mostly prefer $a$, and the surer, the larger the
# difference. Drag one of the rings.

# %%
from rlcourse.explorables import score_difference

score_difference()

# %% [markdown]
# In a formula (Bradley and Terry 1952):
#
# $$ P(a \text{ is preferred to } b) = \sigma\bigl( r(a) - r(b) \bigr), \qquad \sigma(x) = \frac{1}{1 + e^{-x}} $$
#
# - $r(a)$ is the score of reply $a$ to the request; the request is read too, though the formula does not show it;
# - $\sigma$, the sigmoid, turns a difference from $-\infty$ to $\infty$ into a probability. At 0 it is one half.
#
# A good reward model finds likely what people really chose. So it is trained to make their choices as little
# surprising as possible, as a language model is with the next token:
#
# $$ \text{loss} = -\operatorname{mean} \, \log \sigma\bigl( r(\text{chosen}) - r(\text{rejected}) \bigr) $$
#
# This is equation 1 of [Ouyang et al. 2022](https://arxiv.org/abs/2203.02155), the paper behind InstructGPT. (There
# people ranked four to nine replies at once. A ranking is a bundle of pairs.) Note what the loss does not know: the
# level of the scores. Add 100 to all of them, and nothing changes.
#
# ### Exercise 1: the loss of Bradley and Terry (8 minutes, easy)
#
# `chosen` and `rejected` are tensors of shape [B]: for each of B pairs the score of the reply that was preferred, and
# that of the other. Return the loss, one number. `hint("bradley_terry_loss")` helps, a little more each time.
#
# Mind one thing that the formula does not show: a model can have a pair *very* wrong, with a difference of −110, say. To
# a computer σ(−110) is exactly 0, in float32, and the logarithm of 0 is not a number to train with. PyTorch has a function that takes
# both steps at once.


# %%
from rlcourse.exercises import check, hint, solution


def my_bradley_terry_loss(chosen, rejected):
    # your code here
    return ...


my_loss_result = check("bradley_terry_loss", my_bradley_terry_loss)

# %% jupyter={"source_hidden": true}
# Takes your function, once it has passed.
from rlcourse.equations import bradley_terry_loss, score_at_the_last_token, value_loss
from rlcourse.exercises import at_work, predict, quiz, reveal

some = torch.linspace(-3, 3, 512)
loss_fn = at_work(my_loss_result, my_bradley_terry_loss, bradley_terry_loss, try_on=lambda f: f(some, some.flip(0)))
say(f"From here on the reward models train on {'the course’s' if loss_fn is bradley_terry_loss else '**your**'} loss.")

# %% [markdown]
# Two questions before you go on.

# %% jupyter={"source_hidden": true}
# Asks two questions about scores.
quiz("08", [1, 2])

# %% [markdown]
# ## 3 · Thirty labels
#
# The reward model is a copy of the GPT-2 with another **head**. Where the language model turns its last hidden state
# into a number for each token of the vocabulary, the reward model turns it into one number, the score. The body comes
# along as it is: it has read a lot of text, and knows what a reply looks like. The head begins at 0 and finds all replies
# equally good.

# %% jupyter={"source_hidden": true}
# Asks what you expect, and says what is drawn.
import math

from rlcourse.explorables import Chart, TrainingDashboard

predict("thirty_labels")


def loss_curves(config, labels):
    """Curves that grow while a reward model learns; of many batches each point is the mean of the last ten."""
    batches = config.epochs * math.ceil(len(labels) / config.batch_size)
    calm = {"mean_of": 10 if batches > 50 else 1}
    charts = [
        Chart("The loss", ("loss",), low=0, target=math.log(2), target_label="a coin: log 2 =", **calm),
        Chart("Pairs of a batch in the right order", ("accuracy",), low=0, high=1.02, percent=True, target=0.5,
              target_label="a coin:", **calm),
    ]  # fmt: skip
    curves = TrainingDashboard(charts, batches)
    display(curves)
    return curves


# %%
from rlcourse.language import RewardConfig, new_reward_model, train_reward_model

FEW_LABELS = RewardConfig(epochs=10, batch_size=8)  # few labels: it reads each ten times

reward_model = new_reward_model(model, tokenizer)
watch = loss_curves(FEW_LABELS, labels)
how = {"loss_fn": loss_fn, "on_step": watch, "progress": False}
history = train_reward_model(reward_model, labels, FEW_LABELS, **how)
watch.finish(history)

# %% jupyter={"source_hidden": true}
# Asks it about pairs that it has never seen.
from rlcourse.language import preference_accuracy


def keeps_to_the_rule(share):
    """What came of the guess: in this share of unseen pairs the model chose as the rule would."""
    reveal(thirty_labels=0 if share < 0.6 else 1 if share < 0.75 else 2 if share <= 0.9 else 3)


unseen = draw_pairs(policy, 210, seed=1000, without=pairs, taste=TASTES[closest] if known_rule else None)
if known_rule:
    agreement = preference_accuracy(reward_model, labelled(unseen[10:], TASTES[closest]))
    keeps_to_the_rule(agreement)
    say(
        f"Of 200 pairs that it had never seen, the model chooses **{agreement:.0%}** as {the_rule} would. (The labels "
        f"follow it in {shares[closest]:.0%}.)"
    )
else:
    say(
        "No cell knows your rule. But you do: judge ten new pairs by it at the desk below, and the cell after it counts."
    )

# %% [markdown]
# Test it yourself: here is the desk again, with ten new pairs. Choose by the rule of the labels: yours, or the one that the
# line above names if you looked on. After each choice you hear whether the model would have chosen the same. (If the rule is
# one of your own, run the cell below the desk when you have chosen: it holds your guess against the ten.)

# %%
bets = []
for pair in unseen[:10]:
    first, second = reward_model.score([pair.prompt] * 2, [pair.first, pair.second])
    bets.append(int(second > first))
ten = which_reply(unseen[:10], wanted=10, bets=bets)
ten

# %% jupyter={"source_hidden": true}
# Counts your choices at this desk, if the rule is your own.
judged = [choice == bet for choice, bet in zip(ten.choices, bets, strict=False) if choice >= 0]
if not known_rule and judged:
    say(f"By your rule the model chose right in **{sum(judged)} of {len(judged)}** pairs that it had never seen.")
    keeps_to_the_rule(sum(judged) / len(judged))
elif not known_rule:
    say("Choose at the desk above, and run this cell again.")

# %% [markdown]
# What has it made of its few labels? Here are six replies to one request, written by hand, the one with the highest score
# first.

# %% jupyter={"source_hidden": true}
# Scores six replies to one request.
from rlcourse.explorables import scores_picture
from rlcourse.language import REQUESTS, read_reply

request = REQUESTS[1]
written = {
    "plain": f" {request.good}.",
    "polite": f" {request.good}. I hope that helps!",
    "wrong": f" {request.bad}.",
    "wrong, politely": f" Sure! {request.bad}.",
    "rude": " Go away.",
    "rambling": " Well, when it comes to tea, some say this, it depends, and time goes by, and so on.",
}


def best_first(reward_model):
    scores = reward_model.score([request.prompt] * len(written), list(written.values()))
    return sorted(zip(written.values(), scores, strict=True), key=lambda row: -row[1])


ranked = best_first(reward_model)
say(f"**{request.text}**")
scores_picture([text for text, _ in ranked], {few: [score for _, score in ranked]})

# %% [markdown]
# A score has no unit and no zero of its own. What counts is the order, and how far apart two replies are. (The loss falls
# as long as the liked ones move away from the others. So labels that all follow one rule drive the scores far apart, and
# a large score says that the model is sure, not that it is right.)
#
# ## 4 · Thousands of labels, by people who disagree
#
# The course brings 2,400 pairs for training, each judged by one of three annotators. They are simulated, too, but less
# simple than the person of section 1: Ann weighs everything up, Ben likes people to be nice, Cleo dislikes having her
# time wasted, and nobody's hand is steady. Another 500 pairs were judged by two of them each.
#
# Meet the three. Each bar says how surely one of them prefers the first of two replies to the second. (At exactly 50 %,
# however steady the hand, somebody is indifferent: to this person both replies are worth the same.)

# %% jupyter={"source_hidden": true}
# Shows how each of the three judges a few pairs.
from rlcourse.explorables import who_prefers
from rlcourse.language import ANNOTATORS

kettle = REQUESTS[1]
contested = {
    "help or friendliness": (f" {kettle.good}.", f" Sure! {kettle.bad}. Enjoy!"),
    "rude help or friendly nothing": (f" Go away. {kettle.good}.", " Sure! I hope that helps!"),
    "a rambler or a rude one": (written["rambling"], written["rude"]),
    "good advice or bad": (f" {kettle.good}.", f" {kettle.bad}."),
}
say(f"**{kettle.text}**")
who_prefers(ANNOTATORS, kettle, contested)

# %% [markdown]
# So people differ for two reasons: they want different things, and they slip. A model that reads the choices of all three
# is not told who chose.

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("beat_a_person")

# %%
from rlcourse.language import disagreement, load_preferences

train, test = load_preferences("train"), load_preferences("test")
ONCE = RewardConfig(epochs=1)

crowd_model = new_reward_model(model, tokenizer)
watch = loss_curves(ONCE, train)
how = {"loss_fn": loss_fn, "on_step": watch, "progress": False}
history = train_reward_model(crowd_model, train, ONCE, **how)
watch.finish(history)

# %% jupyter={"source_hidden": true} tags=["claim-C5"]
# Measures who agrees with whom, and how often.
from rlcourse.language import load_reward_model

bundled = load_reward_model(device="cpu")  # the same, after two readings
lines = ["| who | agrees with an annotator on an unseen pair |", "|---|---|"]
person = 1 - disagreement(test)
lines.append(f"| another annotator | {person:.1%} |")
agree = {
    f"the model of {few}, which never met them": preference_accuracy(reward_model, test),
    "the model that has just read the pairs once": preference_accuracy(crowd_model, test),
    "the course's own reward model, which read them twice": preference_accuracy(bundled, test),
}
say("\n".join(lines + [f"| {name} | {share:.1%} |" for name, share in agree.items()]))
one_rule, _, most = agree.values()
reveal(beat_a_person=0 if most < person - 0.01 else 2 if most > person + 0.01 else 1)
if one_rule < 0.5:
    verdict = "It does worse than a coin: wherever its rule and these people part, it is bound to be wrong."
elif one_rule < person:
    verdict = "Of what else these people want it has read nothing, and it is far behind."
else:
    verdict = "That rule is close to what these people want."
say(f"The model of {few} knows only one rule: {the_rule.removeprefix('the rule ')}. {verdict}")

# %% [markdown]
# Why not 100 %? Read the first row. Where two people differ, no model can agree with both. It shows in the loss, too (here
# each point is the mean of ten batches, as single ones differ a lot): that
# of the few labels went down much further. There are no scores by which every choice of three people is likely. (And each
# choice is read once here, so none is learned by heart.)

# %% jupyter={"source_hidden": true}
# Asks a question about agreement.
quiz("08", [4])

# %% [markdown]
# ## 5 · Where it is fooled
#
# A reward model is a stand-in for people, and learned from replies that one particular GPT-2 happened to write. What does
# it make of a reply that nobody would have written?

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("friendly_nonsense")

# %%
egg = REQUESTS[0]
edits = {
    "good advice": " Put it in hot water for eight minutes.",
    "another number": " Put it in hot water for two minutes.",
    "other words": " Boil it for eight minutes.",
    "advice on shirts": " Use warm water and a little soap.",
    "bad advice": " Put it in the freezer.",
    "bad advice, friendly": " Put it in the freezer. Enjoy!",
    "bad, all friendly": " Sure! Put it in the freezer. Enjoy! Good luck! Have a nice day!",
}

# %% jupyter={"source_hidden": true}
# Scores them, and draws.
texts = list(edits.values())
names = {few: reward_model, "2,400 pairs": bundled}
scores = {name: judge.score([egg.prompt] * len(texts), texts) for name, judge in names.items()}
by_name = dict(zip(edits, scores["2,400 pairs"], strict=True))
say(f"**{egg.text}**")
display(scores_picture(texts, scores))
if {"good advice", "bad, all friendly"} <= by_name.keys():
    more = by_name["bad, all friendly"] - by_name["good advice"]
    reveal(friendly_nonsense=2 if more > 0.2 else 0 if more < -0.2 else 1)

request_of = {r.prompt: r for r in REQUESTS}


def friendlier(pair):
    """By how many friendly words the chosen reply is ahead, if the two replies are alike in all else; None if not."""
    chosen, rejected = (read_reply(request_of[pair.prompt], text) for text in (pair.chosen, pair.rejected))
    if all(
        getattr(chosen, part) == getattr(rejected, part) for part in ("good", "bad", "insults", "rambles", "strays")
    ):
        return chosen.courtesies - rejected.courtesies
    return None


about_eggs = " ".join(p.chosen + p.rejected for p in train if p.prompt == egg.prompt)
minutes = sorted(set(re.findall(r"(\w+) minutes", about_eggs)))
ahead = [more for pair in train if (more := friendlier(pair))]
won, lost = sum(more > 0 for more in ahead), sum(more < 0 for more in ahead)
say(
    f"What the 2,400 labels could teach it: in all pairs about eggs, the only number of minutes is *{', '.join(minutes)}*. And "
    f"where friendly words were all that two replies differed in, the friendlier one was chosen **{won} times of {won + lost}**."
)

# %% [markdown]
# Go through the scores on the right. Does another number cost as much as it should? What about good advice in other words,
# or advice on something else? And what do friendly phrases do to bad advice?
#
# None of this was a mistake in the training. A number that was never compared with another the model need not look at.
# And the labels did say, over and over, that a friendly word is welcome.
#
# On the left stands the model of few labels. Does it at least keep to the rule that it was taught?

# %% jupyter={"source_hidden": true}
# Holds its scores against the rule of its labels.
taught = [TASTES[closest](egg.prompt, text) for text in texts]
given = dict(zip(texts, scores[few], strict=True))
ordered = [
    (a, b) for a, x in zip(texts, taught, strict=True) for b, y in zip(texts, taught, strict=True) if x > y
]  # by the rule a is better than b
against = sorted((given[a] - given[b], a, b) for a, b in ordered if given[a] < given[b])
if not known_rule:
    say("Only you know your rule. Go through the bars on the left: where does their order break it?")
else:
    worst = ""
    if against:
        better, worse = (f"“{text.strip()}” ({given[text]:+.1f})".replace("(-", "(−") for text in against[0][1:])
        worst = f" The worst: {better} stands below {worse}."
    say(
        f"Of the {len(ordered)} pairs of these replies that {the_rule} can tell apart, the model has **{len(against)}** the "
        f"wrong way round.{worst}"
    )

# %% [markdown]
# Nobody told it a rule. It found signs that went along with the choices in a few pairs: a word, an ending, a kind of
# sentence. Such a sign is called a **proxy**. On replies like those that it has read the proxies do well; on others they
# point anywhere, and the score is as sure of itself as before.
#
# **Your turn.** Can you write a reply that no one would like, with a higher score than any above? The menu has two more
# requests to attack.

# %% jupyter={"source_hidden": true}
# A box to write a reply in, with its scores.
from rlcourse.explorables import score_a_reply

more = {r.prompt: [f" {r.good}.", f" {r.bad}.", f" Sure! {r.bad}. Enjoy!"] for r in (REQUESTS[1], REQUESTS[6])}
score_a_reply(egg.prompt, names, known=texts, others=more)

# %% [markdown]
# That search is what a policy does, thousands of times, if its training lets it. [Gao et
# al. 2023](https://arxiv.org/abs/2210.10760) measured it, with a large reward model in the place of people: trained for
# long against a stand-in, a policy's true score turns round and falls. They call it *overoptimisation*.
#
# ## 6 · One body, two heads
#
# A **reward model** judges a finished reply. A **value model** (notebook 03) looks ahead: from a text that has only just
# begun it says what reward this policy will probably get in the end. Both say a single number, so they are easily
# confused, and both are often built on the policy's own body, each with a head of its own.
#
# | question | reward model | value model |
# |---|---|---|
# | **says** | how good this reply *is* | what reward is *to be expected* from here |
# | **reads** | the finished reply, at its last token | the reply so far, before each token |
# | **learns from** | people's choices | rewards of the policy's own replies |
# | **when** | before the policy's training; then it stands still | beside the policy, all the time |
#
# First, where exactly does the score stand? A batch holds replies of different lengths, so behind the shorter ones there
# is padding. The head says a number at *every* position. One of them is the score.
#
# ### Exercise 2: the score at the last token (8 minutes, easy)
#
# `scores` [B, T] is what the head says after each token of B replies. `mask` [B, T] is True for real tokens, end of text
# included, and False in the padding behind. Return the score of each reply, [B].


# %%
def my_score_at_the_last_token(scores, mask):
    # your code here
    return ...


my_score_result = check("score_at_the_last_token", my_score_at_the_last_token)

# %% jupyter={"source_hidden": true}
# Asks a question about the last token.
quiz("08", [3])

# %% [markdown]
# **Put it to work.** Now you build both on one body, in three steps. The body is the GPT-2 as it is, frozen: it reads, and
# learns nothing.
#
# **Step 1: the body reads**, in the folded cell. It reads 800 of the compared pairs, and 480 replies that the policy
# writes. After each token it has a *state*, a row of numbers about all that it has read so far. From here on a head
# sees only these states: `chosen_states`, `rejected_states`, and `after` for the policy's own replies. `before` holds
# the states *before* each of their tokens, for the value. The masks (`chosen_mask`, `rejected_mask`, `real`) say which
# tokens are no padding.

# %% jupyter={"source_hidden": true}
# Step 1: the frozen body reads replies.
from rlcourse.language import completion_hidden, encode, sample
from rlcourse.showing import bar

table = torch.randn(256, 32), torch.ones(256, 32, dtype=torch.bool)
last_fn = at_work(my_score_result, my_score_at_the_last_token, score_at_the_last_token, try_on=lambda f: f(*table))


@torch.no_grad()
def read(prompts, replies):
    """The body's states before each token of each reply, those after each token, and which tokens are real."""
    asked = encode(tokenizer, prompts)
    written = [[*ids, tokenizer.eos_token_id] for ids in encode(tokenizer, replies)]
    lengths = torch.tensor([len(ids) for ids in written])
    real = torch.arange(int(lengths.max()) + 1) <= lengths[:, None]  # one more: the state after the last token
    padded = [torch.tensor([ids + [0] * (max(map(len, rows)) - len(ids)) for ids in rows]) for rows in (asked, written)]
    prompt_lengths = torch.tensor([len(ids) for ids in asked])
    states = completion_hidden(model, padded[0], prompt_lengths, torch.nn.functional.pad(padded[1], (0, 1)), real)
    return states[:, :-1], states[:, 1:], real[:, 1:]


def new_reward_head():
    """One layer that says 0 of everything: a weight for each number of a state, and a bias."""
    head = torch.nn.Linear(model.config.n_embd, 1)
    torch.nn.init.zeros_(head.weight)
    torch.nn.init.zeros_(head.bias)
    return head


def new_value_head():
    """Two layers, as the same head has to guess at every token."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return torch.nn.Sequential(torch.nn.Linear(model.config.n_embd, 64), torch.nn.Tanh(), torch.nn.Linear(64, 1))


def fit(head, loss_of, steps, name, *, lr):
    """Train a head; the body stays as it is."""
    optimizer = torch.optim.Adam(head.parameters(), lr=lr)
    for _ in bar(range(steps), desc=name):
        loss = loss_of(head)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


compared = random.Random(0).sample(train, 800)
_, chosen_states, chosen_mask = read([p.prompt for p in compared], [p.chosen for p in compared])
_, rejected_states, rejected_mask = read([p.prompt for p in compared], [p.rejected for p in compared])
asked = [r.prompt for r in REQUESTS for _ in range(24)]


def own_replies(seed):
    """24 replies of the policy to each request."""
    chance = torch.Generator().manual_seed(seed)
    requests = [r.prompt for r in REQUESTS]
    return sample(
        model, tokenizer, requests, num_generations=24, max_new_tokens=40, generator=chance
    ).texts(tokenizer)  # fmt: skip


replies = own_replies(0)
before, after, real = read(asked, replies)

# %% [markdown]
# **Step 2: the reward head** learns from the pairs, by your two functions. One layer is enough, as it has to be right at one
# place only.


# %%
def score(head, states, mask):
    """The reward head: a number after every token, of which the last real one counts."""
    return last_fn(head(states)[..., 0], mask)


def choices_loss(head):
    chosen = score(head, chosen_states, chosen_mask)
    return loss_fn(chosen, score(head, rejected_states, rejected_mask))


reward_head = new_reward_head()
fit(reward_head, choices_loss, 60, "the reward head", lr=0.02)

paid = score(reward_head, after, real).detach()
reward_head.bias.data -= paid.mean()  # choices fix no level: let the policy's mean be 0
paid -= paid.mean()

# %% [markdown]
# **Step 3: the value head** learns from the policy's 480 replies. `paid` is what the reward head pays for each, and from
# every place in a reply the value is to foretell it. `value_loss` says how far off it is: half the mean squared distance
# of the two. This head has two layers, as it has to guess at every place.


# %%
def returns_loss(head):
    """The value head: what will be paid at the end, expected before every token."""
    values = head(before)[..., 0]
    return value_loss(values, paid[:, None].expand_as(values), real)


value_head = new_value_head()
fit(value_head, returns_loss, 200, "the value head", lr=0.005)

# %% [markdown]
# Both heads are ready. Before you see what they say:

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("before_the_first_token")

# %% jupyter={"source_hidden": true} tags=["claim-C12"]
# Shows what both heads say about two replies.
from rlcourse.explorables import token_strip

tea = REQUESTS[1]
two = [f" {tea.good}.", f" {tea.bad}."]
states, states_after, mask = read([tea.prompt] * 2, two)
cut = [int(row.sum()) for row in mask]
tokens = [[tokenizer.decode([token]) for token in [*ids, tokenizer.eos_token_id]] for ids in encode(tokenizer, two)]
values = [row[:n].tolist() for row, n in zip(value_head(states).detach()[..., 0], cut, strict=True)]
everywhere = [row[:n].tolist() for row, n in zip(reward_head(states_after).detach()[..., 0], cut, strict=True)]
only_last = [[None] * (n - 1) + row[-1:] for row, n in zip(everywhere, cut, strict=True)]
shown = {"reward, at the last token": only_last, "the reward head everywhere (untrained there)": everywhere}
say(f"**{tea.text}** Between the tokens stands the value, under them the reward, which comes once.")
display(token_strip(tokens, shown, values=values, names=["good advice", "bad advice"]))
expected = [row[0] for row in values]
say(
    f"Before the first token both replies are the same text, so the value is the same: {expected[0]:+.2f}. Before end of text "
    f"it says {values[0][-1]:+.2f} of the good reply and {values[1][-1]:+.2f} of the bad one; the reward head, after it, "
    f"{only_last[0][-1]:+.2f} and {only_last[1][-1]:+.2f}."
)

# %% [markdown]
# The value is a guess, revised at every token. Follow each strip from the left: at which token do the two part?
#
# Then press the second button, and read what the *reward* head says in the middle of a reply. Nobody trained it there:
# half a sentence was never compared with another. So it may say anything, and the one score that counts, at the
# end, is a bar too small to see beside the others. A value model is asked in the middle; a reward model must not be.
#
# What is a value good for? That shows in many replies, and in some that it has never read. So the policy writes 480 more.
# How far is the guess from what will be paid, when so much of a reply has been read?

# %% jupyter={"source_hidden": true}
# Draws how far the value is from what is paid.
from rlcourse.explorables import forecast_picture

more_replies = own_replies(1)
read_before = set(zip(asked, replies, strict=True))
fresh = torch.tensor([pair not in read_before for pair in zip(asked, more_replies, strict=True)])
before_new, after_new, real_new = (rows[fresh] for rows in read(asked, more_replies))
with torch.no_grad():
    guesses, paid_new = value_head(before_new)[..., 0], score(reward_head, after_new, real_new)
display(forecast_picture(guesses, paid_new, real_new))
say(
    f"(Of the {len(fresh)} new replies {len(fresh) - len(paid_new)} were word for word among those that it had learned from. "
    f"The picture has the {len(paid_new)} others.)"
)

# %% [markdown]
# Before the first token the value knows only the request, and guesses no better than somebody who always says the mean. It
# learns most where the line falls most: the first words often give away what kind of reply is coming, "Sure!", "Go", or
# "Well, when it comes to". The later words add a little each. At the end some of the distance is left. The head is small,
# its body was made for another task, and these replies are new to it.
#
# (The models of sections 3 and 4 train the body along. PPO, in notebook 09, keeps a value model beside the reward model;
# GRPO, in notebook 10, does without.)

# %% jupyter={"source_hidden": true}
# Asks a question about the two models.
quiz("08", [5])

# %% [markdown]
# And this is how the course takes the last real token's score, the function that you wrote in exercise 2:

# %%
show_source(score_at_the_last_token)

# %% [markdown]
# ## 7 · A policy steered by thirty labels
#
# Now the circle closes. The model of section 3 pays, which learned from so few labels, and the GPT-2 learns, with GRPO
# (notebook 10 explains it; it makes likelier what scored better than the other replies to the same request). A reply that
# does not come to its end gets a fixed −3, whatever the model says of it. Nothing else is paid, and nothing holds the
# policy back. (The table under the curves has what the model says of five replies, which may by itself be near −3, or
# below.)

# %% jupyter={"source_hidden": true}
# Asks what you expect, and says what is measured and drawn.
from rlcourse.algorithms import GRPO, GRPOConfig, Training
from rlcourse.experiments import manners
from rlcourse.language import request_world

predict("steered")
STEPS = 15
charts = [
    Chart(f"Score by {few}", ("reward",)),
    Chart("Words in a reply", ("words",), low=0),
    Chart("Replies that hold", ("helpful", "rude"), low=0, high=1, percent=True, names=("good advice", "an insult")),
]


def replies_of(policy, count=5):
    """A reply to each of a few requests, always with the same chance."""
    written = sample(
        policy.model, tokenizer, [r.prompt for r in REQUESTS[:count]], num_generations=1, max_new_tokens=40,
        generator=torch.Generator().manual_seed(2),
    )  # fmt: skip
    return written.texts(tokenizer)


def replies_now():
    """For the dashboard: the requests, the replies and their scores."""
    texts = replies_of(learner)
    scores = reward_model.score([r.prompt for r in REQUESTS[:5]], texts)
    return [(r.topic, text.strip(), s) for r, text, s in zip(REQUESTS, texts, scores, strict=False)]


# %%
learner = deepcopy(policy)  # a copy of the model, which learns
training = Training(learner, request_world(reward_model.score), GRPO(GRPOConfig()), seed=0)

recorded = "rlhf-thirty-labels" if the_rule.endswith("shorter reply”") else None
dashboard = TrainingDashboard(charts, STEPS, samples=replies_now, recorded=recorded)
display(dashboard)
training.run(STEPS, on_step=dashboard, evaluate=manners, evaluate_every=5)
dashboard.finish(training.history)

# %% jupyter={"source_hidden": true}
# Says what became of the replies.
was, now = manners(policy), manners(learner)
change = now["helpful"] - was["helpful"]
reveal(steered=0 if change > 0.05 else 2 if change < -0.05 else 1)
say(
    f"Paid by {whose} labels ({the_rule}), the replies went from {was['words']:.1f} to **{now['words']:.1f} words**, those "
    f"with good advice from {was['helpful']:.0%} to **{now['helpful']:.0%}**, and those with an insult from {was['rude']:.0%} to "
    f"**{now['rude']:.0%}**."
)
rows = zip([r.text for r in REQUESTS], replies_of(policy), replies_of(learner), strict=False)
answers_table(["request", "before", "after"], list(rows))

# %% jupyter={"source_hidden": true}
# Says what five recorded runs have in common.
from rlcourse.experiments import load_curves

ends = []
for run in load_curves("rlhf-thirty-labels").values():
    known = [row for row in run if "words" in row]
    ends.append((known[0], known[-1]))
shorter = sum(last["words"] < first["words"] for first, last in ends)
less = sum(last["helpful"] < first["helpful"] for first, last in ends)
ruder = sum(last["rude"] > 2 * first["rude"] for first, last in ends)
say(
    f"In {len(ends)} recorded runs, each with thirty labels of its own for “the shorter reply”, the replies became shorter in "
    f"{shorter}, less helpful in {less}, and more than twice as often rude in {ruder}."
)

# %% [markdown]
# The policy moves where the labels point. If they said "shorter", look at *how* it became shorter: there are few replies
# as short as "Go away." Nobody wanted that. But nobody had said otherwise either, and the model of so few labels knew
# nothing of it. If they asked for help, see what else has changed on the way.
#
# That is the lesson of this notebook: **a policy learns what is rewarded, not what was meant**. Better labels help. So
# does a leash that keeps the policy near to where the labels came from: notebook 09 is about that.
#
# **Try this:** set `TASTE = "friendly"` in section 1, or label by that rule yourself, and run everything below again.
# What comes along that nobody asked for?
#
# <details><summary>What to look for</summary>
#
# Compare the number of words with the run by the shorter reply, and read the replies of "after". Friendly phrases pile
# up, and they cost words. And look at the bad advice: the rule has nothing against it, so it may stay, and end with "I
# hope that helps!". (With `"helpful"` there may be little harm to find: that rule asks for what people want. It is also
# the only one of the three that needs somebody who knows which advice is good.)
# </details>
#
# ## Quiz
#
# Five of its six questions you have met on the way. Here is the last.

# %% jupyter={"source_hidden": true}
# Brings the last question.
quiz("08", [6])

# %% [markdown]
# ## What you now know
#
# - **Bradley and Terry** turn choices into scores: the probability of a preference is the sigmoid of a difference. The
#   loss is how surprising the choices are, and knows no level.
# - A **reward model** is a language model's body with a head that says one number, at the **last real token**, where all of
#   the reply has been read.
# - A few labels teach a lot, if they follow one rule. Where people differ, no model can agree with all of them.
# - It knows what its labels compared. Elsewhere it guesses, and friendly words, numbers and other topics **fool** it.
# - A **value model** expects, at every token, what this policy will be paid. It is another model, with another teacher.
# - A policy moves to where the score is high. What the labels left out is not protected.
#
# ## What comes next
#
# Here nothing held the policy near to where the labels came from. In RLHF it gets such a leash, and a value model beside
# the reward model; and then a rule takes the place of people's taste.

# %% jupyter={"source_hidden": true}
# Links to what comes next.
from rlcourse.course import what_comes_next

what_comes_next("08")
