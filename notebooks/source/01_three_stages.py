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
# # 01 · Three stages of training
#
# **What a language model can do, and what it chooses to do** · about 65 minutes · difficulty: easy · you need PyTorch
#
# <blockquote style="border-left: 6px solid #56B4E9; background: rgba(86, 180, 233, 0.14); padding: 10px 16px"><b>The article says</b> that a language model is trained in three stages (to continue text, to answer by example, and by reward), and that at each token it chooses by probabilities, which its weights set.<br><b>Here you run it.</b> From <a href="https://towardsdatascience.com/training-large-language-models-from-trpo-to-grpo/"><i>Training Large Language Models: From TRPO to GRPO</i></a> (Towards Data Science, 6 February 2025).</blockquote>
#
# You train a small GPT-2 in all three stages, a minute or two each, and compare what comes out with a model that
# was trained for longer. One question goes through the whole notebook, and through the course: what *can* a model do,
# and what does it *choose* to do?
#
# **When you are done you will be able to**
#
# - say what each of the three stages changes, and by which loss;
# - turn logits into a policy, with a temperature, and say what top-p does to it;
# - write the next-token loss, with the shift and the mask where most mistakes sit;
# - tell apart what a model can do and what it does by default, and measure both.
#
# The first cell loads PyTorch. That takes some seconds. (A grey bar is a cell whose code is folded away, because it
# only loads, tabulates or draws. It runs like any other, and a click opens it.)

# %% jupyter={"source_hidden": true}
# Loads what the notebook needs.
from copy import deepcopy

import torch
from IPython.display import display

from rlcourse.exercises import at_work, check, hint, predict, quiz, reveal, solution
from rlcourse.language import LanguagePolicy, as_episodes, load_gpt2, sample, split_sums
from rlcourse.showing import answers_table, say, show_source

# %% [markdown]
# ## 1 · One token at a time
#
# Here is a GPT-2 that has been through the first stage, *pre-training*. (How it got there is section 2.) It comes with
# the course. It is small, and so is its world: people who state sums, people who ask one another for advice, and little
# stories.
#
# It can do one thing: continue a text.

# %% jupyter={"source_hidden": true}
# Loads the pre-trained model, and lets it write.
model, tokenizer = load_gpt2("pretrained", device="cpu")  # so small that a GPU would not make it faster
pretrained = LanguagePolicy(model, tokenizer)
known = {}  # what will be measured, model by model
OPENINGS = ("The robot", "Ann: How do I make tea?\nBen:", "Ann: What is 2+2?\nBen:")


def continued(policy, openings=OPENINGS, *, temperature=1.0, seed=0):
    """How a policy goes on with each of some texts."""
    chance = {"temperature": temperature, "generator": torch.Generator().manual_seed(seed)}
    texts = sample(policy.model, tokenizer, list(openings), max_new_tokens=40, **chance).texts(tokenizer)
    return [text.replace("\n", " ⏎ ") for text in texts]


def shown(openings=OPENINGS):
    return [opening.replace("\n", " ⏎ ") for opening in openings]


weights = sum(weight.numel() for weight in pretrained.parameters())
say(f"A `{type(model).__name__}` with **{weights:,} weights** and a vocabulary of **{len(tokenizer)} tokens**:")
rows = zip(shown(), continued(pretrained), continued(pretrained, seed=1), strict=True)
answers_table(["the text so far", "how it goes on", "or, with other luck"], list(rows))

# %% [markdown]
# (⏎ is a new line. Some of it is rude, wrong or off the point. So was the text it read, on purpose: the web is like that
# too.)
#
# It wrote these texts token by token. A **token** is a piece of text from a fixed list, the vocabulary: a word, a part
# of one, a digit. At each step the model gives every token of the list a number, its **logit**, and the logits become
# probabilities. One token is drawn, joins the text, and it all begins again. Look at the probabilities. (The second
# slider, top-p, cuts unlikely tokens off. What it is for, the text below says.)

# %% jupyter={"source_hidden": true} tags=["claim-C4"]
# Shows how likely each next token is, with sliders.
from rlcourse.explorables import next_token_bars

next_token_bars(
    pretrained,
    ["The robot", "Ann: What is 2+2?\nBen:", "Ann: What is 2+2?\nBen: 2+2 is "],
    top=5,
    top_p=True,
)

# %% [markdown]
# (Have you tried the third text? See which result of 2+2 this model finds likeliest. Section 2 comes back to it.)
#
# Those bars are what the article calls the policy. In words: **the probability of an action** (a token) **in a state**
# (the text so far), as the weights of the model set it. As a formula:
#
# $$ \pi_\theta(a \mid s) = \frac{e^{z_a / T}}{\sum_b e^{z_b / T}} $$
#
# - $s$ is the state, the text so far, and $a$ is the action, a token;
# - $z_a$ is the logit that the model gives to token $a$; $\theta$ (theta) stands for all its weights;
# - $T$ is the **temperature**. It is not learned; whoever samples chooses it. At 1 the probabilities are the model's own.
# - the sum in the denominator runs over every token $b$, so that all probabilities together are 1.
#
# And **top-p**, the second slider, is a knife: it keeps the likeliest tokens, as few as together have at least the probability p, and cuts off all
# others ([Holtzman et al. 2020](https://arxiv.org/abs/1904.09751)). Chat programs often use both. Section 5 shows why
# reinforcement learning leaves the knife in the drawer.
#
# ### Exercise 1: a softmax with temperature (6 minutes, easy)
#
# `logits` is a tensor whose last axis runs over the vocabulary, `temperature` a number above 0. Return the
# probabilities, in the same shape. Stuck? `hint("softmax_with_temperature")` helps, a little more each time, and
# `solution("softmax_with_temperature")` shows how the course does it.


# %%
def my_softmax(logits, temperature):
    # your code here
    return ...


my_softmax_result = check("softmax_with_temperature", my_softmax)

# %% [markdown]
# **Put it to work.** This loop is all there is to writing. It uses *your* function. (Until yours passes, it uses the
# course's.)

# %%
from rlcourse.equations import softmax_with_temperature
from rlcourse.language import encode, text_logits

softmax = at_work(my_softmax_result, my_softmax, softmax_with_temperature)


@torch.no_grad()
def write(policy, text, temperature, seed, length=24):
    """Continue a text, token by token."""
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.tensor(encode(tokenizer, [text]))  # [1, T]
    for _ in range(length):
        logits = text_logits(policy, tokens)[0, -1]  # what comes after the last token?
        chances = softmax(logits, temperature)
        drawn = torch.multinomial(chances, 1, generator=generator)
        tokens = torch.cat([tokens, drawn[None]], dim=1)
    return tokenizer.decode(tokens[0])


# %% jupyter={"source_hidden": true}
# Writes at four temperatures, twice each.
written = [
    (f"T = {T}", *(write(pretrained, "The robot", T, seed).replace("\n", " ⏎ ") for seed in (5, 7)))
    for T in (0.1, 0.7, 1.0, 2.0)
]
answers_table(["temperature", "one draw", "another"], written)

# %% [markdown]
# Compare the two draws of a row first. The colder, the more alike they are; the warmer, the more they differ, and at
# T = 2 words fall to pieces. Then go down a column: each draws with the same luck in all rows, so neighbours may begin
# alike, until the temperature lets one of them take another turn. (`<|endoftext|>` is a token too. It says that a text is
# over, and what comes behind it is another one.)

# %% jupyter={"source_hidden": true}
# Asks a question about the temperature.
quiz("01", [3])

# %% [markdown]
# ## 2 · Stage one: pre-training
#
# Where do the weights come from? From text, and a game: cover the next token, and guess it. Below, the model from
# section 1 reads two answers. Colours and numbers say how likely it found each token before it saw it.

# %% jupyter={"source_hidden": true}
# Shows what the model expected of two answers.
from rlcourse.explorables import answers_strip

answers_strip(
    pretrained,
    "Ann: What is 20+6?\nBen:",
    [" 20+6 is 26.", " 20+6 is 71."],
    names=["a right answer", "a wrong one"],
)

# %% [markdown]
# A number near 0 means "I knew it", −5 means that it gave the token less than one chance in a hundred. Where was it
# surprised? Go over the digits of both results.
#
# Training makes such surprises rarer. The **next-token loss** is the mean surprise:
#
# $$ \text{loss}(\theta) = - \operatorname{mean}_t \; \log \pi_\theta(x_t \mid x_0, \dots, x_{t-1}) $$
#
# - $x_t$ is token number $t$ of the text, and the condition is all the text before it;
# - the mean runs over the tokens that **count**. In pre-training all do; in stage two it will be those of the answers;
# - log is the natural logarithm, and a loss in its unit is said to be in nats. A model that finds all $V$ tokens of its
#   vocabulary equally likely has a loss of $\log V$.
#
# There is a catch in it that everybody trips over once. When the model has read tokens 0 to $t$, its logits at position
# $t$ are about the token that comes **next**. So logits and tokens have to be shifted against each other by one:
#
# | position | 0 | 1 | 2 | 3 |
# |---|---|---|---|---|
# | the model has read | `2` | `+` | `2` | ` is` |
# | its logits there are about | `+` | `2` | ` is` | ? |
#
# The first token is never predicted, and the last logits have nothing to be compared with.

# %% jupyter={"source_hidden": true}
# Asks a question about the shift.
quiz("01", [2])

# %% [markdown]
# ### Exercise 2: the next-token loss (12 minutes, medium)
#
# `logits` has the shape [B, T, V]: B rows of T positions, and a number for each of V tokens. `tokens` [B, T] is the
# text. Rows differ in length, so short ones are filled up at their end, and `counted` [B, T] is True only for tokens
# that shall be learned. Return the mean over all counted tokens, a single number. (`hint("shifted_next_token_loss")`.)


# %%
def my_next_token_loss(logits, tokens, counted):
    # your code here
    return ...


my_loss_result = check("shifted_next_token_loss", my_next_token_loss)

# %% [markdown]
# **Put it to work.** How surprised is a GPT-2 that has learned nothing, and how surprised is the pre-trained one, by
# text that neither has read? From here on the notebook trains with this function, in both of the first two stages.

# %% jupyter={"source_hidden": true}
# Measures two models' losses, by your function.
import math

from rlcourse.equations import shifted_next_token_loss
from rlcourse.experiments import text_measures, unread_text, untrained_policy
from rlcourse.language import raw_text

unread, all_count = unread_text(tokenizer)
with torch.no_grad():
    some_logits = text_logits(pretrained, unread)
loss_fn = at_work(
    my_loss_result,
    my_next_token_loss,
    shifted_next_token_loss,
    try_on=lambda loss: loss(some_logits, unread, all_count),
)

untrained = untrained_policy(seed=0)
with torch.no_grad():
    losses = [loss_fn(text_logits(one, unread), unread, all_count).item() for one in (untrained, pretrained)]
say(
    f"{'Your' if my_loss_result else 'The course’s'} loss: **{losses[0]:.2f}** nats per token untrained (with all "
    f"{len(tokenizer)} tokens equally likely it would be log {len(tokenizer)} = {math.log(len(tokenizer)):.2f}), and "
    f"**{losses[1]:.2f}** after pre-training."
)

# %% [markdown]
# ### Do it yourself, from nothing
#
# Now you pre-train a GPT-2, for about a minute. It begins with random weights. It will read text like this:

# %% jupyter={"source_hidden": true}
# Shows some of the text.
some_text = raw_text(tokenizer).batch_at(0)[0]
documents = tokenizer.decode(some_text[:6].flatten()).split("<|endoftext|>")[1:9]
answers_table(["text from a batch of pre-training"], [(d.replace("\n", " ⏎ "),) for d in documents])

# %% [markdown]
# What will it have learned by then?

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("a_minute_of_text")

# %% jupyter={"source_hidden": true}
# Says what is measured and drawn, and keeps a diary.
from rlcourse.explorables import Chart, TrainingDashboard

diary = {}


def read_and_write(policy):
    """Measures, and lets the model go on with three texts."""
    diary[len(diary)] = continued(policy, temperature=0)
    return text_measures(policy)


pretraining_charts = [
    Chart(
        "Loss, nats per token",
        ("loss", "unread_loss"),
        low=0,
        target=losses[1],
        target_label="the bundled model",
        names=("on what it reads", "on unread text"),
    ),
    Chart(
        "Asked for a sum (100 of them), it states",
        ("states_a_sum", "states_this_sum", "right"),
        low=0,
        high=1,
        percent=True,
        names=("some sum", "this sum", "the right result"),
    ),
]

# %% [markdown]
# `Training` is the loop that you will meet in every notebook of this course. It joins a policy, a world and an
# algorithm. Here the world is text that others have written, and the algorithm makes that text likelier.
#
# The grey behind your curves are five runs that were recorded, each with another seed: if yours stays in the grey, all is
# well. You may stop the training with ■ at any moment. What it has learned and drawn until then stays. Run the cell
# once more, and it begins anew.

# %%
from rlcourse.algorithms import Training
from rlcourse.experiments import PRETRAINING
from rlcourse.language import Imitation

newborn = untrained_policy(seed=0)
diary.clear()
imitation = Imitation(PRETRAINING, loss_fn=loss_fn)
pretraining = Training(newborn, raw_text(tokenizer), imitation, seed=0)
steps = PRETRAINING.steps
dashboard = TrainingDashboard(pretraining_charts, steps, recorded="language-pretraining")
display(dashboard)
pretraining.run(steps, on_step=dashboard, evaluate=read_and_write, evaluate_every=20)
dashboard.finish(pretraining.history)

# %% jupyter={"source_hidden": true}
# Says what came out, and opens the diary.
forms = [pretraining.history.last(name) for name in ("states_a_sum", "states_this_sum", "right")]
reveal(a_minute_of_text=3 if forms[2] > 0.5 else 2 if forms[1] > 0.5 else 1 if forms[0] > 0.5 else 0)
kept = [i for i in (0, 1, 2, 3, 5, 10) if i in diary]
answers_table(
    ["step", "“The robot …”", "“Ann: What is 2+2? ⏎ Ben: …”"],
    [(f"{20 * i}", *(text[:60] + "…" * (len(text) > 60) for text in (diary[i][0], diary[i][2]))) for i in kept],
)

# %% [markdown]
# Read the diary from the top, and see what comes first: frequent tokens, words, sentences? Then look at the second
# picture. The curve that rises is the *form* of a sum: all signs in their place. The two others hardly leave 0: which sum
# it was, and what it comes to, is another matter.
#
# (The first curve may rise, fall back to 0 and rise again, as in the first of the recorded runs; the grey wedge is where
# the five are apart. The diary says why: an answer such as “4.” is a number, but states no sum, and so does not count.
# All answers change at the same moment, since for this picture each of them takes the likeliest token at every step.
# You will meet that again.)
#
# Now look into your own model, as you did in section 1. After “Ben: 2+2 is ” a digit has to come. Which one does
# yours believe in, and how surely?

# %% jupyter={"source_hidden": true}
# Shows the next tokens by your own model.
next_token_bars(newborn, ["The robot", "Ann: What is 2+2?\nBen:", "Ann: What is 2+2?\nBen: 2+2 is "], top=5)

# %% [markdown]
# What is missing is above all reading. The bundled model, whose bars you saw in section 1, has the same size and the same
# loss function. Its text is of the same kind too, but it has read much more of it:

# %% jupyter={"source_hidden": true}
# Compares the model of a minute with the bundled one.
from rlcourse.experiments import BUNDLED_TOKENS

kinds = {"yours, of a minute": newborn, "the bundled one": pretrained}
read = [raw_text(tokenizer).batch_at(0)[0].numel() * int(pretraining.history[-1]["step"]), BUNDLED_TOKENS]
found = {name: text_measures(policy, sums=500) for name, policy in kinds.items()}
rows = {
    "tokens read": [f"{count:,}" for count in read],
    "loss on text it has not read": [f"{one['unread_loss']:.2f}" for one in found.values()],
    "asked for a sum (500 of them), it states one": [f"{one['states_a_sum']:.0%}" for one in found.values()],
    "and the one it was asked for": [f"{one['states_this_sum']:.0%}" for one in found.values()],
    "and rightly": [f"{one['right']:.0%}" for one in found.values()],
}
table = [f"| measured | {' | '.join(kinds)} |", "|---|---|---|"]
say("\n".join(table + [f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items()]))
pairs = zip(shown(), *(continued(policy, temperature=0.7) for policy in kinds.values()), strict=True)
answers_table(["the text so far", *kinds], list(pairs))

# %% [markdown]
# And yet, what did the bundled model say of 2+2 in section 1? So ask it all sums of two digits from 0 to 9, as one would a
# child:

# %% jupyter={"source_hidden": true}
# Asks the bundled model the hundred smallest sums.
from rlcourse.language import sum_reward

small = [(a, b) for a in range(10) for b in range(10)]
asked = [f"Ann: What is {a}+{b}?\nBen:" for a, b in small]
answers = sample(pretrained.model, tokenizer, asked, max_new_tokens=16, temperature=0.0).texts(tokenizer)
paid = sum_reward(asked, answers, [a + b for a, b in small])
missed = [f"“{answer.strip()}”" for answer, right in zip(answers, paid, strict=True) if not right]
training_sums, held_out = split_sums()
every = [*training_sums, *held_out]
say(
    f"It gets **{len(missed)} of {len(small)}** wrong" + f": {', '.join(missed)}." * bool(missed) + " Of the "
    f"{len(every):,} sums in its world, which go up to {max(s.a for s in every)}+{max(s.b for s in every)}, only these "
    f"{sum(s.a < 10 and s.b < 10 for s in every)} are so small, and of the {len(held_out)} that are held out only "
    f"{sum(s.a < 10 and s.b < 10 for s in held_out)}."
)

# %% [markdown]
# What is easy for us need not be easy for a model. It has learned from what it has read, and in its text small sums are
# rare. A mean over 500 sums, like those of the table, hardly shows it.
#
# ### What can it do, and what does it choose?
#
# The sums of that table were answered by the likeliest token at each step, which is called **greedy**. A policy can also
# be **sampled**: each token drawn by its probability. We ask the bundled model the 500 sums that are held out from all
# of its training, as Ann asks Ben, in both ways.
#
# And in a third. In its text an answer begins with ` I`, for "I guess", or with a single space, `␣`, and then somebody
# computes. So we write that space for it: it is *made to compute*, and goes on greedily.

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("greedy_or_sampled")

# %% jupyter={"source_hidden": true}
# Asks all held-out sums in three ways.
import re

results = [s.answer for s in held_out]
PEOPLE, COURSE = "Ann: What is {}+{}?\nBen:", "Question: What is {}+{}?\nAnswer:"  # two forms of one question
WAYS = {
    "**can**: made to compute, greedy": {"temperature": 0.0, "begin": " "},
    "**does**: greedy": {"temperature": 0.0},
    "**does**: sampled": {"temperature": 1.0},
}
CAN, GREEDY, SAMPLED = WAYS


def answered(policy, form, *, temperature, begin=""):
    """Answers to the held-out sums, perhaps with the first letter written for the model, and which are right."""
    chance = {"temperature": temperature, "generator": torch.Generator().manual_seed(0)}
    prompts = [form.format(s.a, s.b) + begin for s in held_out]
    texts = sample(policy.model, tokenizer, prompts, max_new_tokens=16, **chance).texts(tokenizer)
    texts = [begin + text for text in texts]
    return texts, sum_reward(prompts, texts, results)


def shares(policy, form):
    """For each of the three ways the share of right answers."""
    return {name: sum(answered(policy, form, **way)[1]) / len(held_out) for name, way in WAYS.items()}


def shares_table(columns):
    """The three ways, a column for each model."""
    lines = [f"| right, of {len(held_out)} held-out sums | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    return "\n".join(lines + [f"| {way} | {' | '.join(f'{of[way]:.0%}' for of in columns.values())} |" for way in WAYS])


first = known["pre-trained"] = shares(pretrained, PEOPLE)
better = first[GREEDY] - first[SAMPLED]
reveal(greedy_or_sampled=2 if better > 0.05 else 0 if better < -0.05 else 1)
say(shares_table({"pre-trained": first}))

texts, right = answered(pretrained, PEOPLE, **WAYS[SAMPLED])
wrong = [(s, text) for s, text, paid in zip(held_out, texts, right, strict=True) if not paid]
guessed = sum(text.startswith(" I guess") for _, text in wrong)
slips = sum(bool(re.fullmatch(rf" {s.a}\+{s.b} is \d+\.", text)) for s, text in wrong)
taught = {(s.a, s.b) for s in training_sums}
neither = [i for i, s in enumerate(held_out) if (s.b, s.a) not in taught]
made = answered(pretrained, PEOPLE, **WAYS[CAN])[1]
say(
    f"Of the {len(wrong)} wrong answers when sampled, **{guessed} are guesses**, {slips} are slips of somebody who computed, "
    f"and {len(wrong) - guessed - slips} something else. (Held out means: in this order. {len(held_out) - len(neither)} of "
    f"the sums are in its text the other way round, 7+5 for 5+7. Of the {len(neither)} others it *can* do "
    f"{sum(made[i] for i in neither) / len(neither):.0%}.)"
)

# %% [markdown]
# Remember the first row. From here on it is what we mean when we say what a model **can** do. The other two are what it
# **does**. When it is sampled it writes as the people in its text do, slips and guesses included, because to write
# likewise is all that its loss ever asked for.
#
# ## 3 · Stage two: supervised fine-tuning
#
# A pre-trained model continues texts, and an answer is only one of the ways to go on after a question:

# %% jupyter={"source_hidden": true}
# Lets the pre-trained model go on after a question.
question = "What is 20+6?"
ways = [continued(pretrained, [question], seed=seed)[0] for seed in range(6)]
answers_table([f"after “{question}”"], [(way or "<|endoftext|>",) for way in dict.fromkeys(ways)])

# %% [markdown]
# (`<|endoftext|>` alone: it thinks that the text is over.)
#
# So in the second stage it is shown *demonstrations*: questions with answers, all in one form, `Question: … Answer: …`,
# which it has not seen so far. The loss is the one you wrote. Only the mask is different: the question is read, the
# answer is learned.

# %% jupyter={"source_hidden": true}
# Shows which tokens of two demonstrations count.
from rlcourse.explorables import token_strip
from rlcourse.language import demonstration_text

tokens, counted = demonstration_text(tokenizer).batch_at(2)
lengths = [int(row.nonzero()[-1]) + 1 for row in counted]
picked = sorted(range(len(lengths)), key=lambda i: lengths[i])[:2]
token_strip(
    [[tokenizer.decode([t]) for t in tokens[i, : lengths[i]].tolist()] for i in picked],
    {"kept in the loss": [counted[i, : lengths[i]].float().tolist() for i in picked]},
    names=["one demonstration", "another"],
)

# %% [markdown]
# Who wrote the answers matters. Ours come from careless people. Some of their advice is bad or rude, and when they are
# asked a sum, 60 % of them begin with "I guess" and are seldom right. (Why do we do that? Real demonstrations have
# their flaws too, and here you can measure what comes of them.)

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("careless_teachers")

# %% jupyter={"source_hidden": true}
# Says what is measured and drawn.
from rlcourse.experiments import FINE_TUNING, answer_measures

fine_tuning_charts = [
    Chart("Loss on the answers", ("loss",), low=0),
    Chart(
        "Right, of 100 held-out sums", ("greedy", "sampled"), low=0, high=1, percent=True, names=("greedy", "sampled")
    ),
    Chart(
        "Answers that begin “I guess”",
        ("guesses", "sampled_guesses"),
        low=0,
        high=1,
        percent=True,
        names=("greedy", "sampled"),
    ),
]

# %% [markdown]
# You start from the bundled pre-trained model, and not from your own of a minute, so that there is something to lose. The
# curves ask for sums in the new form, from before the first update on, so they do not begin where the table above ended.

# %%
tuned = deepcopy(pretrained)
imitation = Imitation(FINE_TUNING, loss_fn=loss_fn)
fine_tuning = Training(tuned, demonstration_text(tokenizer), imitation, seed=0)
steps = FINE_TUNING.steps
dashboard = TrainingDashboard(fine_tuning_charts, steps, recorded="language-fine-tuning")
display(dashboard)
fine_tuning.run(steps, on_step=dashboard, evaluate=answer_measures, evaluate_every=4)
dashboard.finish(fine_tuning.history)

# %% jupyter={"source_hidden": true}
# Says what happened to the right answers.
history, yours = fine_tuning.history, shares(tuned, COURSE)
lost = known["pre-trained"][GREEDY] - yours[GREEDY]
reveal(careless_teachers=2 if lost > 0.05 else 0 if lost < -0.05 else 1)
answer_losses = history["loss"][1:]  # the first row was measured before the first step
best = max(row["greedy"] for row in history if "greedy" in row)
say(
    f"The loss was {answer_losses[:5].mean():.2f} in the first five steps and {answer_losses[-20:].mean():.2f} in the last "
    "twenty. "
    f"Greedy answers were right in up to {best:.0%} of the 100 sums on the way. In the end "
    f"{history.last('sampled_guesses'):.0%} of the sampled answers begin with “I guess”, and {history.last('guesses'):.0%} "
    "of the greedy ones."
)

# %% [markdown]
# Look at the second picture from left to right. In the first updates the greedy answers get *better*: the new form was
# all that was missing, and it is soon learned. Then they fall off a cliff.
#
# The third picture explains the cliff. The share of guesses among *sampled* answers grows step by step, towards the share
# in the demonstrations. Greedy answers take the top choice, and a top choice does not grow, it can only flip. As long as
# `␣` is likelier than ` I`, all of them compute. The moment ` I` is likelier, all of them guess.
#
# Nothing went wrong. The loss fell, so the model became more like its teachers, and that is all it was told.
#
# ### How careless may teachers be?
#
# 60 % was our choice. The same fine-tuning was recorded with other teachers, of whom none, a fifth, two fifths or four
# fifths guess, five times each. Guess first: at which share do the greedy answers fall, and do they fall slowly or all at
# once?

# %% jupyter={"source_hidden": true}
# Shows recorded fine-tunings by more and less careless teachers.
from rlcourse.experiments import load_careless
from rlcourse.explorables import careless_teachers

careless_teachers(load_careless())

# %% [markdown]
# Sampled, the model is as careful as its teachers: the more of them guess, the fewer of its answers are right. Greedy, it is a
# switch. As long as fewer than half of the teachers guess, the greedy answers end up hiding the guesses, and look better
# than any teacher. With more than half, the guesses are all that is left. (Play the updates at 40 %: one run wavers on its
# way, when its guesses come near to half.) So a single number, greedy or sampled, would
# have told you half the story. (To see it live, write `demonstration_text(tokenizer, guesses=0.4)` in the training cell
# above. The grey then shows the runs at 60 %.)

# %% jupyter={"source_hidden": true}
# Asks two questions about fine-tuning.
quiz("01", [1, 4])

# %% [markdown]
# Here is your model beside the bundled one, which was fine-tuned for longer, and with larger steps:

# %% jupyter={"source_hidden": true}
# Compares your fine-tuned model with the bundled one.
sft = LanguagePolicy(*load_gpt2("sft", device="cpu"))
QUESTIONS = ("Question: What is 20+6?\nAnswer:", "Question: How do I make tea?\nAnswer:")

known["fine-tuned"] = shares(sft, COURSE)
say(shares_table({"pre-trained": known["pre-trained"], "yours": yours, "the bundled one": known["fine-tuned"]}))
kinds = {"pre-trained": pretrained, "yours": tuned, "the bundled one": sft}
pairs = zip(shown(QUESTIONS), *(continued(policy, QUESTIONS, temperature=0) for policy in kinds.values()), strict=True)
answers_table(["asked, greedy", *kinds], list(pairs))

# %% [markdown]
# (In the first table the pre-trained model is asked as Ann asks Ben, and the two others in the form that they have
# learned. In the second all three get the same words, which for the pre-trained model are a new form.) What they *can* do
# is still there. What they do has changed.
#
# ## 4 · Stage three: reinforcement learning
#
# In the third stage nobody shows the model what to write. It answers, a rule looks at each answer, and pays 1 if the
# result is right and 0 if it is not. What was paid becomes likelier. That is all you need to know here. *How* it becomes
# likelier is what the whole course is about, and GRPO, the algorithm below, has notebook 10 to itself.

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("what_rl_gives_back")

# %% jupyter={"source_hidden": true}
# Says what is measured and drawn.
from rlcourse.experiments import held_out_accuracy

STEPS = 40


def measure(policy):
    found = answer_measures(policy)
    sampled = held_out_accuracy(policy)["accuracy"]  # of the same 500 sums as in the recorded runs
    return {"held_out": sampled, "greedy": found["greedy"], "guesses": found["sampled_guesses"]}


reward_charts = [
    Chart(
        "Right answers",
        ("greedy", "held_out", "reward"),
        low=0,
        high=1,
        percent=True,
        names=("greedy, held-out sums", "sampled, held-out sums", "sampled, training sums"),
    ),
    Chart("Sampled answers that begin “I guess”", ("guesses",), low=0, high=1, percent=True),
]

# %% [markdown]
# The same loop, and again it starts from the bundled model of the stage before. Look at what has changed: the world asks
# questions and pays for answers, and the algorithm is another one. (No model of this stage is bundled. Greedy answers and
# guesses are counted on 100 of the held-out sums; in the recorded runs, the grey, nobody counted them.)

# %%
from rlcourse.algorithms import GRPO
from rlcourse.language import arithmetic_world

rewarded = deepcopy(sft)
rewarding = Training(rewarded, arithmetic_world(training_sums), GRPO(), seed=0)
dashboard = TrainingDashboard(reward_charts, STEPS, recorded="language-grpo")
display(dashboard)
rewarding.run(STEPS, on_step=dashboard, evaluate=measure, evaluate_every=8)
dashboard.finish(rewarding.history)

# %% jupyter={"source_hidden": true}
# Says what happened.
known["rewarded"] = shares(rewarded, COURSE)
at_best, before, after = (known[name][GREEDY] for name in ("pre-trained", "fine-tuned", "rewarded"))
back = (after - before) / max(at_best - before, 1e-9)
reveal(what_rl_gives_back=2 if back > 0.9 else 1 if back > 0.1 else 0)
say(
    f"Of the {len(held_out)} held-out sums, greedy: **{at_best:.0%}** right after pre-training, **{before:.0%}** after "
    f"fine-tuning, **{after:.0%}** after {rewarding.history[-1]['step']} steps of GRPO."
)

# %% [markdown]
# ## 5 · Why reinforcement learning samples without top-p
#
# When a chat program answers you, it may cut off unlikely tokens with top-p, and its answers are often the better for
# it. Why not use it in training, then? Take the fine-tuned model, before GRPO, and suppose that GRPO could only see
# answers that were drawn with top-p.

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("top_p_hides")

# %% [markdown]
# Find out by hand first. These are the model's first tokens: ` I` begins a guess, and `␣` a computed answer. Move top-p
# down. At which top-p does `␣` go?

# %% jupyter={"source_hidden": true}
# Shows the first token of an answer, with a top-p to turn.
next_token_bars(sft, QUESTIONS[0], top=3, top_p=True, warm=False)

# %% [markdown]
# `␣` stays as long as ` I` alone has less than p. Below that, ` I` is enough by itself: it gets the probability 1, and
# `␣` exactly 0. If GRPO sampled so, two things would go wrong.
#
# **What is cut off is never found.** A token with probability 0.01 is drawn now and then, and if it earns a reward, it
# becomes likelier. With probability 0 it never is. So count: of how many sums could the right, computed answer be
# written at all?
#
# **What is drawn is not the policy's.** The methods of this course learn from answers that were drawn, and their formulas
# hold if the policy π itself has drawn them. Some even divide the probability that π gives to an answer by the one with
# which it was drawn. This **ratio** should be 1 as long as nothing has been learned. How far is it off?

# %% jupyter={"source_hidden": true}
# Counts the answers that can still be drawn.
from rlcourse.equations import keep_top_p

some = held_out[:100]
ratios = {p: [] for p in (1.0, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5)}
for asked in some:
    answer = as_episodes(tokenizer, asked.prompt, [f" {asked.statement(asked.answer)}"])
    token = answer.actions[0][:, None]  # [T, 1]
    with torch.no_grad():
        chances = softmax_with_temperature(sft.logits(answer)[0], 1.0)  # [T, V]
    for p, found in ratios.items():
        drawn = keep_top_p(chances, p).gather(1, token).prod()
        if drawn > 0:
            found.append((chances.gather(1, token).prod() / drawn).item())
can_be = [len(found) / len(some) for found in ratios.values()]
mean = [f"{sum(found) / len(found):.2f}" if found else "–" for found in ratios.values()]
reveal(top_p_hides=2 if can_be[-1] < 0.1 else 0 if can_be[-1] > 0.9 else 1)
say(
    f"| top-p | {' | '.join(f'{p:g}' for p in ratios)} |\n{'|---' * (len(ratios) + 1)}|\n"
    f"| right, computed answer can be drawn, of {len(some)} sums | {' | '.join(f'{share:.0%}' for share in can_be)} |\n"
    f"| ratio π / drawn of these answers, on average | {' | '.join(mean)} |"
)

# %% [markdown]
# Read it from left to right. The ratio leaves 1 first, with the mildest cut: what is left is drawn more often than π says.
# Then answers begin to be missing. Where the share is 0, GRPO could only ever choose among guesses, as long as ` I` keeps
# half of the probability. (The mildest cuts hide nothing here, as this model puts nearly all of its probability on a few
# tokens. They hide what is rare, and what is rare is what a model has yet to learn.) So the course samples from the whole
# distribution when it trains.

# %% jupyter={"source_hidden": true}
# Asks a question about top-p.
quiz("01", [5])

# %% [markdown]
# ## 6 · Can, and does
#
# Now all the models side by side, in the three ways that you know from section 2. For the picture and its table each is
# asked for sums in the form of its own text. The samples below them go on with the same words.

# %% jupyter={"source_hidden": true} tags=["claim-C1"]
# Shows what the three models can do, and what they do.
from rlcourse.explorables import three_stages_picture

ways = {GREEDY: "does: greedy", SAMPLED: "does: sampled", CAN: "can: made to compute"}  # colours as in the curves above
drawn = {name: {words: of[way] for way, words in ways.items()} for name, of in known.items()}
display(three_stages_picture(drawn, about=f"Right, of {len(held_out)} held-out sums"))
say(shares_table(known))
kinds, texts = {"pre-trained": pretrained, "fine-tuned": sft, "rewarded": rewarded}, (*QUESTIONS, "The robot")
pairs = zip(shown(texts), *(continued(policy, texts, seed=4) for policy in kinds.values()), strict=True)
answers_table(["the text so far", *kinds], list(pairs))

# %% [markdown]
# Go along the line **can** first, then along the two others. Pre-training brought the ability. Fine-tuning brought a
# manner, and with it the habits of those who showed it. Left to itself the model in the middle looks as if it had
# forgotten how to add; make it compute, and you see that it has not. The reward changed what is chosen. It had to
# *find* right answers among those that were drawn, which is why something right had to be there before, and why
# nothing may be cut off.
#
# It is tempting to think of three stages as of three steps upwards. Each does add something. But the greedy line goes
# from its first point to its last through a valley, and you have measured it.
#
# **Try this:** in section 4, start from the pre-trained model: `rewarded = deepcopy(pretrained)`. Does the model need
# the second stage for this task? And what would it lack without it? (Run on to the end of section 4. Then ask it for tea a few
# times, in a cell of your own: `continued(rewarded, QUESTIONS[1:] * 6)`.)
#
# <details><summary>What to look for</summary>
#
# For sums there is a rule, and the pre-trained model answers them often enough in a form that the rule can read. So the
# reward has something to work with, and the second stage can be left out. (DeepSeek did so with R1-Zero:
# [DeepSeek-R1](https://arxiv.org/abs/2501.12948).) For a request such as tea there is no such rule. That model, asked for
# tea, is rude, rambles, or advises on something else.
# </details>
#
# ## Quiz
#
# Five of its six questions you have met on the way. Here is the last.

# %% jupyter={"source_hidden": true}
# Brings the last question.
quiz("01", [6])

# %% [markdown]
# ## What you now know
#
# - A language model is a **policy**: in the state of a text it has a probability for each token. The logits come from the
#   weights, the temperature from whoever samples. Top-p cuts off the unlikely tokens.
# - **Pre-training** and **supervised fine-tuning** have the same loss, the mean surprise at the next token, and differ in
#   the text and in what counts. Logits and tokens are shifted by one.
# - Form is learned before content: a minute of text brings sentences and signs. Adding takes far more.
# - The loss of imitation does not know what is right. Imitating **careless demonstrations** lowers the loss, and the accuracy with it.
# - **Reinforcement learning** makes what was drawn and paid likelier. It samples from the whole distribution, because
#   what cannot be drawn cannot be paid, and because the formulas hold for the policy's own tokens.
# - What a model **can** do and what it **does** are two numbers. Measure both.
#
# ## What comes next
#
# How does a reward change a policy? To see every part of it, leave language for a while, for a world so small that all
# can be computed exactly.

# %% jupyter={"source_hidden": true}
# Links to what comes next.
from rlcourse.course import what_comes_next

what_comes_next("01")
