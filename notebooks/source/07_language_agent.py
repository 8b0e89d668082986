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
# # 07 · A language model is an agent
#
# **The robot's loop in a world of text** · about 60 minutes · difficulty: medium · you need PyTorch and notebook 02; 03 and 06 help
#
# <blockquote style="border-left: 6px solid #56B4E9; background: rgba(86, 180, 233, 0.14); padding: 10px 16px"><b>The article says</b> that a language model is an agent: its tokens are actions, the question and the tokens so far are the state, and all the rest is the environment.<br><b>Here you run it.</b> From <a href="https://towardsdatascience.com/training-large-language-models-from-trpo-to-grpo/"><i>Training Large Language Models: From TRPO to GRPO</i></a> (Towards Data Science, 6 February 2025).</blockquote>
#
# In notebook 02 a robot drove through a maze. Now a GPT-2 answers a question. They seem to have nothing in common. The
# program that runs them is the same, line by line, and in this notebook you see what that buys.
#
# **When you are done you will be able to**
#
# - point at the state, the action, the reward and the policy of a language model;
# - say which tokens of a batch count, and how likely each of them was, padding or not: where most mistakes sit;
# - look at single tokens while PPO or GRPO learns, and foretell what a step will do to them;
# - say in which places the sentence above is loose, and what is meant.
#
# The first cell loads PyTorch. That takes some seconds. (A grey bar is a cell whose code is folded away, because it
# only loads, tabulates or draws. It runs like any other, and a click opens it.)

# %% jupyter={"source_hidden": true}
# Loads what the notebook needs, and the small GPT-2.
from dataclasses import replace

import numpy as np
import torch
from IPython.display import display

from rlcourse.exercises import at_work, check, hint, predict, quiz, reveal, solution
from rlcourse.language import LanguagePolicy, Sum, arithmetic_world, load_gpt2, split_sums
from rlcourse.showing import answers_table, minus, say, show_source

model, tokenizer = load_gpt2("sft", device="cpu")  # so small that a GPU would not make it faster
policy = LanguagePolicy(model, tokenizer)

# %% [markdown]
# ## 1 · One loop, two worlds
#
# This is the loop of notebook 02. An agent, `choose_action`, acts in an environment, `env`, until the episode is over:

# %%
from rlcourse.algorithms import run_episode

show_source(run_episode)

# %% [markdown]
# There it drove a robot. What would have to be different for a GPT-2? Not the loop; only who is put into it. Here are two
# agents. The robot's draws one of three actions, each as likely as the others. The GPT-2's reads the state, a row of tokens,
# and draws the next token. It is asked what 27+33 is; the robot stands in a maze of 4 × 4 cells.

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("who_ends")

# %%
from rlcourse.equations import softmax_with_temperature
from rlcourse.language import TextEnv, text_logits
from rlcourse.maze import MazeEnv

luck, rng = torch.Generator().manual_seed(1), np.random.default_rng(1)


def robot(state):
    return rng.integers(3)


def writer(policy):
    """An agent that writes: it reads the state, and draws the next token."""

    @torch.no_grad()
    def choose_action(state):
        logits = text_logits(policy, torch.tensor([state]))[0, -1]  # what may come next?
        chances = softmax_with_temperature(logits, 1.0)
        return int(torch.multinomial(chances, 1, generator=luck))

    return choose_action


question = Sum(27, 33)
driven = run_episode(MazeEnv(4), robot)
answered = run_episode(TextEnv(arithmetic_world([question]), tokenizer), writer(policy))

# %% jupyter={"source_hidden": true} tags=["claim-C3"]
# Lays both episodes side by side.
from rlcourse.maze import Action, Heading

HOW = {"terminated": "the world was over", "truncated": "we stopped it"}


def place(state):
    cell, heading = divmod(state, 4)
    return f"row {cell // 4}, column {cell % 4}, looks {Heading(heading).name.lower()}"


def text_of(state):
    line = tokenizer.decode(state).split("\n")[-1]
    return f"… {line.rstrip()}{'␣' * (len(line) - len(line.rstrip()))}"


def token_named(token):
    return f"“{tokenizer.decode([token])}”".replace(" ", "␣").replace("“<|endoftext|>”", "end of text")


def robots_row(t):
    if t >= len(driven[1]):
        return ["", "", ""]
    return [
        place(driven[0][t]),
        Action(driven[1][t]).name.lower().replace("_", " "),
        minus(f"{driven[2][t]:.2f}"),
    ]


rows = []
for t in range(len(answered[1])):
    right = [text_of(answered[0][t]), token_named(answered[1][t]), f"{answered[2][t]:.0f}"]
    rows.append([t, *robots_row(t), *right])
header = ["t", "the robot’s state", "action", "reward", "the GPT-2’s state", "action", "reward"]
display(answers_table(header, rows))
by_itself = [episode[4] == "terminated" for episode in (driven, answered)]
robot_first = by_itself[0] and (len(driven[1]) < len(answered[1]) or not by_itself[1])
reveal(who_ends=0 if robot_first else 1 if by_itself[1] else 2)
for who, (_, actions, rewards, _, ending) in {"The robot": driven, "The GPT-2": answered}.items():
    say(
        f"**{who}** took {len(actions)} actions, was paid {minus(f'{sum(rewards):.2f}')} in all, and was {ending}: {HOW[ending]}."
    )
step_costs, dearest = -max(r for r in driven[2] if r < 0), -min(driven[2])
bumps = sum(r == -dearest for r in driven[2])
say(
    f"(Each of the robot’s actions costs {step_costs:.2f}, and {dearest:.2f} where it drives at a wall, which it did {bumps} times. "
    f"The GPT-2’s sum was {'right' if sum(answered[2]) else 'wrong, so it was paid nothing'}.)"
)

# %% [markdown]
# One function, two worlds. (Of the robot's actions only the first are shown. ␣ is a space.) Read the right half from top to
# bottom: the state grows by the token that was chosen, and that is all that happens in this world. The last action is
# the end-of-text token, with which the model says that it is done. Only then somebody looks at the answer, and pays 1 for
# the right sum and 0 for a wrong one.
#
# Here is who is who:

# %% jupyter={"source_hidden": true}
# Draws the loop, with its new cast.
from rlcourse.explorables import loop_picture

loop_picture(
    agent="a GPT-2",
    environment="the question and the judge",
    sent="one token, “6” for instance",
    returned="all of the text so far; 0 until it ends",
)

# %% [markdown]
# | word | in the maze | for a language model |
# |---|---|---|
# | **agent** | who drives | the model |
# | **action** $a$ | forward, left, right | one token of the vocabulary; end of text is one, too |
# | **state** $s$ | cell and heading | the question and all tokens so far |
# | **environment** | the maze and its rules | everything else: it asks, appends the token, and pays |
# | **reward** $r$ | a little for each action, much at the exit | 0 on the way, and a number for the finished answer |
# | **episode** | from the start to the exit, or until time is up | from the question to end of text, or until the limit |
#
# This is how the environment takes one step:

# %%
show_source(TextEnv.step)

# %% jupyter={"source_hidden": true}
# Asks two questions about it.
quiz("07", [1, 2])

# %% [markdown] tags=["loose"]
# ### Where the sentence is loose
#
# The article's sentence is right, and short. Five things it does not say:
#
# - **The question's tokens are no actions.** Nobody chose them. They are read, never scored, and never learned from.
# - **Nothing is uncertain in this environment.** In many games the world answers with a surprise, a die or an opponent. Our
#   maze had none, and here too the next state is the old one with a token behind it; all chance lies in the agent.
#   (Where a model calls tools, or talks with people, the world answers with surprises.)
# - **No state comes back.** The robot passes through the same cell again and again, so a table of values can be filled. A
#   text only grows, and there are too many texts for a table:

# %% jupyter={"source_hidden": true}
# Counts the states.
import math

vocabulary, longest = len(tokenizer), arithmetic_world([question]).max_new_tokens
digits = int(longest * math.log10(vocabulary)) + 1
power = str(longest).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
say(
    f"Our maze of 8 × 8 cells has 256 states. With a vocabulary of {vocabulary} and at most {longest} tokens an answer to *one* question "
    f"can end in about {vocabulary}{power} ways, a number with **{digits} digits**. A network has to guess from texts to similar ones."
)

# %% [markdown] tags=["loose"]
# - **The limit is not the end.** An answer that is too long is cut off (*truncated*), and paid as it stands. In the maze
#   we guessed what would have come after (notebook 03). Here nothing would: the limit belongs to the task, and the model
#   can see how far it is. So in training the last token counts as the end, whichever it is.
# - **The policy is not set by the weights alone.** Whoever samples chooses a temperature. The next section is about that.
#
# ## 2 · The policy: a probability for each token
#
# In each state of the answer above the model had a probability for every token of its vocabulary. That is its **policy**,
#
# $$ \pi_\theta(a \mid s) = \frac{e^{z_a / T}}{\sum_b e^{z_b / T}} $$
#
# - $s$ is the state, the text so far, $a$ the token, $z_a$ its logit, and the sum runs over all tokens $b$;
# - $\theta$ are the weights, which set the logits, and $T$ is the temperature at which we sample.
#
# Walk through the answer: the buttons are the states in which GPT-2 stood.

# %% jupyter={"source_hidden": true}
# Shows the policy in some of the states of the answer.
from rlcourse.explorables import next_token_bars

states = answered[0]
chosen = sorted({0, 1, 3, len(states) - 5, len(states) - 4, len(states) - 2})
next_token_bars(policy, [tokenizer.decode(states[t]) for t in chosen])

# %% [markdown]
# Some states leave the model no choice, others do.

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("real_choices")

# %%
with torch.no_grad():
    logits = [text_logits(policy, torch.tensor([s]))[0, -1] for s in states[:-1]]
likeliest = [each.softmax(-1).max() for each in logits]

# %% jupyter={"source_hidden": true} tags=["claim-C4"]
# Shows what the model chose and what was likeliest, and counts.
from rlcourse.explorables import token_strip

tokens = [tokenizer.decode([token]) for token in answered[1]]
best = [tokenizer.decode([int(each.argmax())]) for each in logits]
chosen_p = [each.softmax(-1)[token] for each, token in zip(logits, answered[1], strict=True)]
open_ones = sum(float(p) < 0.9 for p in likeliest)
shown = {"probability": [[float(p) for p in row] for row in (chosen_p, likeliest)]}
display(token_strip([tokens, best], shown, names=["what was drawn", "likeliest there"]))
share = open_ones / len(tokens)
reveal(real_choices=3 if open_ones <= 1 else 2 if open_ones <= 4 else 1 if share < 0.75 else 0)
say(f"At **{open_ones} of {len(tokens)}** tokens the likeliest one had less than 90 %.")

# %% [markdown]
# Read it column by column: the lower row is no text of its own. Each of its tokens is what was likeliest behind the text
# that had been *drawn* up to there.
#
# That so few tokens are open helps a lot when there is only one reward, at the end. It looks as if a dozen actions had to share the praise or
# the blame. In truth few of them could have been otherwise.
#
# ## 3 · Which tokens count?
#
# The loop above answers one question at a time, token by token. For training one wants hundreds of answers at once, in
# rows of one tensor. They end at different places. A plain sampler lets all of them run on until the last is done, and
# what it writes behind an end nobody asked for:

# %% jupyter={"source_hidden": true}
# Lets GPT-2 write 20 tokens each, whatever it says.
from rlcourse.language import encode

asked = torch.tensor(encode(tokenizer, [question.prompt]) * 4)
running = asked
with torch.no_grad():
    for _ in range(20):
        chances = text_logits(policy, running)[:, -1].softmax(-1)
        running = torch.cat([running, torch.multinomial(chances, 1, generator=luck)], dim=1)
ran_on = running[:, asked.shape[1] :]  # [4, 20]
wrote = [tokenizer.decode(row).replace("\n", " ⏎ ") for row in ran_on]
answers_table(["what it wrote, 20 tokens each"], [("␣" * text.startswith(" ") + text.lstrip(" "),) for text in wrote])

# %% [markdown]
# The **completion mask** says which tokens were actions of this episode: all up to the first end of text, *and that one
# too*. To stop was a choice. What stands behind it was none, whatever it is. An answer without an end, cut off
# at the limit, counts in full.
#
# ### Exercise 1: the completion mask (8 minutes, easy)
#
# `tokens` is [B, L], whole numbers: B answers in rows, L columns. `end` is the number of the end-of-text token. Return a boolean tensor of the same
# shape, True for the tokens that count. `hint("completion_mask")` helps, a little more each time, and
# `solution("completion_mask")` shows how the course does it.


# %%
def my_completion_mask(tokens, end):
    # your code here
    return ...


my_mask_result = check("completion_mask", my_completion_mask)

# %% [markdown]
# A trap: our tokenizer, like the original GPT-2's, has no padding token of its own, and padding is written with the
# end-of-text token. Whoever says "everything but padding counts" leaves out the end with it. Then no reward ever reaches
# the choice to stop: the model is not trained in it. (Ours could stop already, from its demonstrations. A model that
# cannot would not learn it.)
#
# **Put it to work.** Below, your mask on the four rows from above. (Until yours passes, the course's.)

# %% jupyter={"source_hidden": true}
# Shows which tokens count, by your mask.
from rlcourse.equations import completion_mask

table = torch.randint(0, 400, (256, 64))
mask_fn = at_work(my_mask_result, my_completion_mask, completion_mask, try_on=lambda f: f(table, 0))

counted = mask_fn(ran_on, tokenizer.eos_token_id).bool()
texts = [[tokenizer.decode([token]) for token in row] for row in ran_on]
names = [f"answer {i + 1}" for i in range(4)]
marks = {"counts": counted.float()}
display(token_strip(texts, marks, names=names, scales={"counts": "kept"}))
say(f"**{int(counted.sum())} of {counted.numel()}** tokens count (✓).")

# %% [markdown]
# ## 4 · How likely was that answer?
#
# Everything that follows, ratios, KL, the loss itself, is made of one quantity: how likely the policy finds a token that
# stands there already. Nobody draws again for that. The model reads question and answer **at once**, and at each place
# says how likely it finds what comes next. That is called **teacher forcing**:
#
# $$ \log \pi_\theta(a_t \mid s_t) = \log \operatorname{softmax}\!\left( \frac{z_{t-1}}{T} \right)_{a_t} $$
#
# - $a_t$ is the token at place $t$, and $s_t$ the text before it;
# - $z_{t-1}$ are the logits one place *before* it: what stands before a token predicts it (notebook 01);
# - $T$ is the temperature the answer was sampled at.
#
# One line, in theory. But questions have different lengths, too, and in a batch all answers shall begin in one column.
# So most programs pad questions in front:

# %% jupyter={"source_hidden": true}
# Shows two rows of a batch, and how it is told what is what.
from rlcourse.language import as_episodes, left_padded

pair = [as_episodes(tokenizer, s.prompt, [f" {s.statement(s.answer)}"]) for s in (Sum(27, 33), Sum(4, 5))]
width = max(e.observations["prompt_tokens"].shape[1] for e in pair), max(e.actions.shape[1] for e in pair)
batch, batch_real = [], []
for episode in pair:
    row, real, length = left_padded(episode)
    before, after = width[0] - (row.shape[1] - length), width[1] - length
    batch.append(torch.nn.functional.pad(row[0], (before, after)))
    batch_real.append(torch.nn.functional.pad(real[0], (before, after)))
texts = [
    [tokenizer.decode([token]) if real else "" for token, real in zip(row, reals, strict=True)]
    for row, reals in zip(batch, batch_real, strict=True)
]
places = [(real.cumsum(0) - 1).tolist() for real in batch_real]
shown = [
    [float(p) if real else None for p, real in zip(*both, strict=True)] for both in zip(places, batch_real, strict=True)
]
name = "place in its own text"
token_strip(texts, {name: shown}, names=["What is 27+33?", "What is 4+5?"], scales={name: "count"}, begins=width[0])

# %% [markdown]
# (∅ is padding. At the green line the answers begin, both in one column.) And here is the trap. A GPT-2 knows places by number: it adds one learned vector for place 0, another
# for place 1, and so on. If nobody says otherwise, it counts columns, and reads the second text as if it began at a later
# place. Nothing crashes. The documentation of `transformers` [advises to pad GPT-2's texts on the
# right](https://huggingface.co/transformers/v4.11.3/model_doc/gpt2.html). Some programs that pad on the left forgot the
# places: [OpenRLHF](https://github.com/OpenRLHF/OpenRLHF/issues/217), which has corrected it since, and [some of TRL's
# trainers](https://github.com/huggingface/trl/issues/6800). (Many newer models, Llama
# among them, know places by their distances only. To them a shift is next to nothing: of a Llama [logits that differ by
# thousandths](https://github.com/huggingface/transformers/issues/29419) were reported.)
#
# ### Exercise 2: log-probabilities with padding on both sides (12 minutes, medium)
#
# - `tokens` [B, L]: in each row padding, a question, an answer, padding. The answers stand in the last `answer_length`
#   columns, and `real` [B, L] is False in the padding.
# - `forward(tokens, positions, real)` is the model. It returns logits [B, L, vocabulary]. `positions` [B, L] says at which place of
#   its own text each token stands, 0 at the first real one; in the padding any number from 0 on will do.
#
# Return log-probabilities [B, `answer_length`], 0 in the padding.


# %%
def my_logprobs(forward, tokens, real, answer_length, *, temperature):
    # your code here
    return ...


my_logprobs_result = check("left_padded_logprobs", my_logprobs)

# %% [markdown]
# **Put it to work.** GPT-2 answers 32 questions twice, and keeps how likely each token was when it drew it. Then the model
# is asked again, by *your* function, through the plain `forward` of `transformers`. Both must agree.

# %%
from rlcourse.equations import left_padded_logprobs


def forward(tokens, positions, real):
    return model(input_ids=tokens, position_ids=positions, attention_mask=real).logits


def without_places(tokens, positions, real):
    return model(input_ids=tokens, attention_mask=real).logits  # it counts columns


# %% jupyter={"source_hidden": true}
# Asks what you expect of the second one.
predict("without_places")

# %% jupyter={"source_hidden": true}
# Scores answers by your function, with and without places.
training_sums, held_out = split_sums()
episodes = arithmetic_world(held_out).sample_groups(
    policy, num_generations=2, temperature=1.0, generator=torch.Generator().manual_seed(0)
)
row, real, length = left_padded(episodes)
logprobs_fn = at_work(
    my_logprobs_result, my_logprobs, left_padded_logprobs,
    try_on=lambda f: f(forward, row, real, length, temperature=1.0),
)  # fmt: skip
padding = (~real[:, :-length]).sum(1)
with torch.no_grad():
    gaps = {
        name: logprobs_fn(model_, row, real, length, temperature=1.0) - episodes.old_logprobs
        for name, model_ in {"with places": forward, "without": without_places}.items()
    }
lines = ["| padding before the question | questions | with places | without |", "|---|---|---|---|"]
for count in padding.unique().tolist():
    these = padding == count
    worst = [f"{float(gap[these].abs().max()):.6f}" for gap in gaps.values()]
    lines.append(f"| {count} | {int(these.sum()) // 2} | {' | '.join(worst)} |")
say("How far log π is from the one that was sampled, at most, in nats:")
say("\n".join(lines))
ratios = gaps["without"].exp()[episodes.mask]
off = float((ratios - 1).abs().max())
reveal(without_places=0 if off < 0.005 else 1 if off < 0.1 else 2 if off < 0.3 else 3)
say(
    f"Without places the ratio of new to old probability lies between **{float(ratios.min()):.2f}** and **{float(ratios.max()):.2f}**, "
    "before anything has been learned. It should be 1."
)

# %% [markdown]
# A ratio that is not 1 before the first step is the smoke by which this fire is found. Make it a habit to look. (The
# course itself pads on the right, where places come out by themselves. Any way is right that gives the same numbers.)

# %% jupyter={"source_hidden": true}
# Asks two questions about it.
quiz("07", [3, 4])

# %% [markdown]
# ## 5 · The token microscope
#
# Now look at learning, token by token. Of each token of an answer we can say
#
# | number | what it says | more in |
# |---|---|---|
# | $\log \pi$ | how likely the policy finds it now | section 4 |
# | $\rho = \pi / \pi_{\text{old}}$ | how much likelier than when it was written | notebook 06 |
# | $\mathrm{KL}(\pi \,\Vert\, \pi_{\text{ref}})$ | how far the whole choice there has moved from the reference $\pi_{\text{ref}}$, the model as it was at the very beginning | notebook 05 |
# | $V(s)$ | what a critic expects before it | notebook 03 |
# | $\hat A$ | how much better than expected it went: of the whole answer (GRPO), or from this token on (PPO) | below, and notebook 03 |
# | pull | how hard the next step pulls at $\log \pi$: the slope of $\min\bigl(\rho \hat A, \operatorname{clip}(\rho, 1-\varepsilon, 1+\varepsilon)\, \hat A\bigr)$, with $\varepsilon = 0.2$ | notebook 06 |
#
# PPO needs a critic. It reads some of the GPT-2's answers first, and learns what they were paid: at every token it
# is to say what the end will bring. (Some seconds on a quiet machine, half a minute on a busy one.)

# %%
from rlcourse.equations import value_loss
from rlcourse.language import ValueModel
from rlcourse.showing import bar

critic = ValueModel.from_language_model(model, tokenizer)
optimizer = torch.optim.Adam(critic.parameters(), lr=1e-3)
world, chance = arithmetic_world(training_sums), torch.Generator().manual_seed(0)
for _ in bar(range(12), desc="the critic reads 256 answers at a time"):
    seen = world.sample_groups(policy, num_generations=8, temperature=1.0, generator=chance)
    values = critic.values(seen)  # [256, tokens], before each token
    loss = value_loss(values, seen.rewards[:, None].expand_as(values), seen.mask)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

# %% [markdown]
# Here are four answers to one question. They were picked by hand, so that everybody sees the same. A rule pays 1 for the
# right one. **GRPO** compares them with one another: its $\hat A$ is the reward minus the group's mean, over the group's
# spread, and every token of an answer gets the same. (Notebook 10 takes that apart.)

# %% jupyter={"source_hidden": true}
# Shows the four answers, what each is paid, and what GRPO makes of it.
from rlcourse.explorables import TokenLab

ANSWERS = [" 27+33 is 50.", " 27+33 is 49.", " I guess 27+33 is 65.", " 27+33 is 60."]


def fresh_lab(algorithm="GRPO", gae_lambda=0.95):
    """What lies under the microscope, without the microscope: four answers, and a policy that learns from them."""
    lab = TokenLab(policy, arithmetic_world([question]), critic=critic, answers=ANSWERS)
    lab.choose(algorithm)
    lab.look_ahead(gae_lambda)
    return lab


look = fresh_lab()
group, paid_for = look.read(), torch.tensor(look.now.rewards)
display(answers_table(["", "answer", "probability", "paid", "Â, by GRPO"], [
    [i + 1, "␣" + text.strip(), f"{100 * chance:.1f} %", f"{reward:g}", minus(f"{grade:+.2f}")]
    for i, (text, (chance, _), reward, grade) in enumerate(
        zip(ANSWERS, group.chances, look.now.rewards, group.advantages[:, 0].tolist(), strict=True)
    )
]))  # fmt: skip
mean, spread = float(paid_for.mean()), float(paid_for.std())
say(
    f"The mean is {mean:.2f} and the spread {spread:.2f}. So the one that was paid gets (1 − {mean:.2f}) / {spread:.2f}."
)

# %% [markdown]
# Before you touch anything:

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("shared_token")

# %%
from rlcourse.explorables import token_microscope

scope = token_microscope(policy, arithmetic_world([question]), critic=critic, answers=ANSWERS)
scope

# %% [markdown]
# Take ten minutes for it. Some things to find out:
#
# 1. **Apply one step** by GRPO. Which tokens have moved, and which could not, because they were sure already? Choose the
#    row *ratio ρ* to colour by it.
# 2. In answer 1 find the `5` of 50. One step was enough to take its ρ far below 0.8. What is its *pull* now? Make **four more
#    steps**, and watch the `0` behind it: its pull is 0 as well. Does its ρ stay where it is?
# 3. **From the start**, then **PPO**. Where in answer 3 does $V$ fall, and why there? (At the wrong digit of answer 1 it does
#    not. This critic has seen 12 batches; that is too few to learn sums.) PPO's $\hat A$ is the GAE of notebook 03. Turn its
#    **λ** and look at answer 1: which λ blames the wrong digit, and why does the other not? Which one looks like GRPO?
# 4. **From the start**, GRPO. **Flip** the rewards, so that the guess is paid and nothing else. One step. Then flip again
#    until all are paid alike, and apply a step by GRPO, and one by PPO.
# 5. **From the start**, GRPO. **Retype** answer 2 as `I guess 27+33 is 60.` It is paid: the rule looks at the result, not at
#    the manner. What does GRPO make of `I` now?
# 6. Some steps, then **new answers**: what does the policy say now, and what has become of every ρ?
#
# With each reward that you flipped you were the environment, and with each answer that you retyped the agent. When you
# have tried, unfold what was to be seen:


# %% jupyter={"source_hidden": true}
# Does all six on copies of its own, and folds away what was to be seen.
def named_in(lab, row, places):
    """Tokens of an answer, by name."""
    return ", ".join(token_named(lab.now.written[row][place]) for place in places) or "none"


one = fresh_lab()
one.step()
after_one = one.read()
moves = [place for place, rho in enumerate(after_one.rows("ratio")[0]) if abs(rho - 1) > 0.05]
sure = [place for place, old in enumerate(after_one.rows("old_logprobs")[0]) if old > math.log(0.99)]
DIGIT, NEXT = 8, 9  # the 5 and the 0 of 50
rhos = [after_one.rows("ratio")[0][NEXT]]
wrong_digit = after_one.rows("ratio")[0][DIGIT], after_one.rows("pull")[0][DIGIT]
for _ in range(4):
    one.step()
    rhos.append(one.read().rows("ratio")[0][NEXT])
judged = {each: fresh_lab("PPO", each).read() for each in (0.0, 0.95, 1.0)}
V, along = judged[0.95].values, {each: reading.rows("advantages")[0] for each, reading in judged.items()}
flipped = fresh_lab()
flipped.flip(2), flipped.flip(3), flipped.step()
guess_alone = flipped.read().ratio[2, 0].item()
for row in (0, 1, 3):
    flipped.flip(row)
alike = flipped.read().advantages.abs().max().item()
flipped.choose("PPO")
alike_ppo = flipped.read().advantages.abs().max().item()
retyped = fresh_lab()
retyped.edit(1, " I guess 27+33 is 60.")
grades = retyped.read().advantages[:, 0].tolist()
retyped.step()
rho_i = retyped.read().ratio[1, 0].item()
one.write_again()
new = one.read()
say(f"""<details><summary>What you should have seen</summary>

1. Of the {len(after_one.rows("ratio")[0])} tokens of answer 1, {len(moves)} have moved by more than 5 %: {named_in(look, 0, moves)}. {len(sure)} were sure already, with more than 99 %, and could not: the slope of log π in a token's own logit is 1 − π.
2. After one step the `5` is at ρ = {wrong_digit[0]:.2f}, beyond the clip, and its pull is {wrong_digit[1]:.2f}. The `0` behind it did not stay where it was in five steps: ρ = {", ".join(f"{rho:.2f}" for rho in rhos)}. A pull of 0 is no brake: all tokens share the same weights, so the steps for others carry it along.
3. In answer 3 $V$ falls from {V[2, 0]:.2f} to {V[2, 1]:.2f} behind “␣I”: guesses are seldom right, and that much 12 batches teach. At the `5` of answer 1 it goes from {V[0, DIGIT]:.2f} to {V[0, DIGIT + 1]:.2f}. So λ = 0, which sees one token ahead, gives it {along[0.0][DIGIT]:+.2f}: no blame. λ = 1 compares with what was paid in the end, {along[1.0][DIGIT]:+.2f}; so does, for the most part, λ = 0.95: {along[0.95][DIGIT]:+.2f}. With λ = 1 most of this answer is blamed alike, as by GRPO, only against the critic's word and not against the group's mean.
4. The guess alone was paid: “␣I” went to ρ = {guess_alone:.2f}. With all paid alike, GRPO's largest $\\hat A$ is {alike:.2f}, so there is no step. PPO's is {alike_ppo:.2f}: it compares with what the critic expected, not with the others.
5. “␣I” has ρ = {rho_i:.2f}, as good as unmoved. That is no mistake. It begins an answer with $\\hat A$ = {grades[1]:+.2f} and one with {grades[2]:+.2f}, and the two pulls cancel. What moves is where the two guesses differ: their digits.
6. The new answers come from the policy as it is now, so that is $\\pi_{{\\text{{old}}}}$, and every ρ is {float(new.ratio[new.mask].mean()):.2f} again. The KL, of up to {float(new.kl.max()):.2f} nats, stays: the reference is still the model of the beginning.

</details>""")

# %% jupyter={"source_hidden": true}
# Makes the first step on a copy of its own, and says what became of the shared token.
look = fresh_lab()
first = torch.tensor([row[0] for row in look.now.written])
spaces = first == first[-1]
total = float(look.read().advantages[spaces, 0].sum())
look.step()
moved = look.read()
rho = float(moved.ratio[-1, 0])
reveal(shared_token=2 if rho > 1.005 else 0 if rho < 0.995 else 1)
say(
    f"Of the answers that begin with ␣ the advantages sum to **{total:+.2f}**. After one step ␣ as a first token has ρ = **{rho:.2f}**, "
    f"in all of them, those that were paid nothing too, and “ I” has {float(moved.ratio[2, 0]):.2f}."
)

# %% [markdown]
# One token, one probability: the three answers share their first state, so they share what becomes of it. GRPO gives the
# same $\hat A$ to all tokens of an answer, the blameless ones included. Over many answers that evens out: a first token
# whose answers are right more often than the group's mean is pulled up in the sum, though some of its answers are wrong.
# PPO's critic does not wait for that. Before the first token it expects about what this GPT-2 gets right at all; after ␣
# more, after “ I” less. What it has not foreseen it notices late: where a hope that was still high at the end is paid nothing.
# How much of that late news reaches the tokens before is what **λ** says: PPO's $\hat A$ is
# $\delta_t + \lambda\,\delta_{t+1} + \lambda^2 \delta_{t+2} + \dots$ (γ is 1 here), where $\delta_t$ is what was paid for
# token $t$, plus $V$ after it, less $V$ before it.

# %% jupyter={"source_hidden": true}
# Says where the critic changes its mind.
watched = fresh_lab().read()
V = watched.values
say(
    f"Before the first token it expects **{float(V[0, 0]):.2f}**, after ␣ **{float(V[0, 1]):.2f}**, after “ I” "
    f"**{float(V[2, 1]):.2f}**. Before the end of text it says {float(V[0, watched.mask[0].sum() - 1]):.2f} of “… is 50.” and "
    f"{float(V[3, watched.mask[3].sum() - 1]):.2f} of “… is 60.”: which sum is right it has not learned from 12 readings."
)
at_the_digit = {each: fresh_lab("PPO", each).read().rows("advantages")[0] for each in (0.0, 0.95)}
say(
    f"At the wrong digit of “… is 50.” $V$ goes from {float(V[0, 8]):.2f} to {float(V[0, 9]):.2f}, so one token ahead, at λ = 0, PPO’s Â is "
    f"{at_the_digit[0.0][8]:+.2f}. At the usual λ = 0.95 it is **{at_the_digit[0.95][8]:+.2f}**: the disappointment at the end, "
    f"{at_the_digit[0.95][-1]:+.2f} at the end of text, is passed on to what came before, 0.95 of it for each token. The end of text itself "
    "was sure, and hardly moves."
)

# %% [markdown]
# Where do the numbers come from? From the same equations as everywhere in this course:

# %%
from rlcourse.explorables import pull_of, read_tokens

display(show_source(read_tokens), show_source(pull_of))

# %% jupyter={"source_hidden": true}
# Asks a question about the pull.
quiz("07", [5])

# %% [markdown]
# ## 6 · Let it learn
#
# Under the microscope one question was asked, and several steps were made on the same answers. A training asks 32
# questions, gets 256 answers, makes *one* step, and asks anew. So every ρ is 1 when the step is made, and the clip has
# nothing to do.
#
# `Training` joins a policy, a world and an algorithm, as it did for the robot. The world is yours: your mask says which
# tokens count, and your log-probabilities are the $\log \pi_{\text{old}}$ in every ratio. (Until your functions have passed,
# the course's.) The run takes some ten seconds on a quiet machine, and about a minute on a busy one.

# %%
from rlcourse.language import TextWorld


class MyWorld(TextWorld):
    """The world of sums: what counts, and how likely it was, your functions say."""

    @torch.no_grad()
    def sample_groups(self, policy, *, temperature, **how):
        def forward(tokens, positions, real):
            where = {"position_ids": positions, "attention_mask": real}
            return policy.model(input_ids=tokens, **where).logits

        episodes = super().sample_groups(policy, temperature=temperature, **how)
        mask = mask_fn(episodes.actions, tokenizer.eos_token_id).bool()
        old = logprobs_fn(forward, *left_padded(episodes), temperature=temperature)
        return replace(episodes, mask=mask, old_logprobs=old)


# %% jupyter={"source_hidden": true}
# Asks what you expect, and says what is measured and drawn.
from rlcourse.algorithms import GRPO, GRPOConfig, Training
from rlcourse.explorables import Chart, TrainingDashboard
from rlcourse.language import sample, sum_reward

predict("twelve_steps")
STEPS = 12
charts = [
    Chart("Right, of this step’s 256 answers", ("reward",), low=0, high=1, percent=True),
    Chart("Entropy, nats per token", ("entropy",), low=0),
]


def answers_now():
    """For the dashboard: six held-out sums, what is answered, always with the same chance, and what it is paid."""
    asked = held_out[:6]
    prompts = [s.prompt for s in asked]
    written = sample(learner.model, tokenizer, prompts, generator=torch.Generator().manual_seed(0))
    texts = written.texts(tokenizer)
    rewards = sum_reward(prompts, texts, answer=[s.answer for s in asked])
    return [(f"{s.a}+{s.b}", text.strip(), r) for s, text, r in zip(asked, texts, rewards, strict=True)]


# %%
learner = LanguagePolicy(*load_gpt2("sft", device="cpu"))
my_world = MyWorld(
    [s.prompt for s in training_sums],
    sum_reward,
    columns={"answer": [s.answer for s in training_sums]},
)
training = Training(learner, my_world, GRPO(GRPOConfig()), seed=0)

dashboard = TrainingDashboard(charts, STEPS, samples=answers_now, recorded="language-grpo")
display(dashboard)
training.run(STEPS, on_step=dashboard)
dashboard.finish(training.history)


# %% jupyter={"source_hidden": true}
# Says what came out, and what it is made of.
def ways(policy):
    """Of the held-out sums: which are guessed (“ I guess …”), and which are right; always with the same chance."""
    prompts = [s.prompt for s in held_out]
    luck = torch.Generator().manual_seed(1)
    written = sample(policy.model, tokenizer, prompts, max_new_tokens=longest, generator=luck)
    texts = written.texts(tokenizer)
    paid = sum_reward(prompts, texts, answer=[s.answer for s in held_out])
    return torch.tensor([text.startswith(" I") for text in texts]), torch.tensor(paid) == 1


def percent(part, whole):
    """In how many of the whole the part holds, in words."""
    return f"{int((part & whole).sum()) / int(whole.sum()):.0%}" if whole.any() else "–"


before, after = ways(policy), ways(learner)
was, right = (float(good.float().mean()) for _, good in (before, after))
reveal(twelve_steps=0 if right < was + 0.03 else 1 if right < 0.5 else 2 if right < 0.7 else 3)
done = int(training.history[-1]["step"]) if training.history else 0
say(
    f"Of {len(held_out)} sums that it had never seen it got **{was:.0%}** right before, and **{right:.0%}** after {done} steps."
)
lines = ["| when | guesses: begins with “ I” | of these right | computes | of these right |", "|---|---|---|---|---|"]
for name, (guess, good) in {"before": before, f"after {done} steps": after}.items():
    shares = percent(guess, guess | True), percent(good, guess), percent(~guess, guess | True), percent(good, ~guess)
    lines.append(f"| {name} | {' | '.join(shares)} |")
say("\n".join(lines))
(guess, good), guesses_now = before, float(after[0].float().mean())
alone = guesses_now * float(good[guess].float().mean()) + (1 - guesses_now) * float(good[~guess].float().mean())
say(
    f"Had it only guessed as seldom as now, and been right in each way as often as before, it would get about **{alone:.0%}**. "
    f"The rest of the way to {right:.0%} is digits that have changed."
)

# %% [markdown]
# (The grey bands in the charts are what five recorded runs did, with the same settings and other luck: of every update the
# lowest and the highest.) What has changed, token by token? Here are a guess and a computed answer once more, as the
# trained model sees them. ρ is measured from the model as it was.

# %% jupyter={"source_hidden": true}
# Shows two answers by the trained model, beside the old one.
from rlcourse.explorables import answers_strip

two = [f" I guess {question.statement(65)}", f" {question.statement(60)}"]
trained = LanguagePolicy(learner.model, tokenizer)
display(answers_strip(trained, question.prompt, two, old_policy=policy, names=["a guess", "computed, right"]))

# %% jupyter={"source_hidden": true}
# Says where the two answers have changed most.
rows = [as_episodes(tokenizer, question.prompt, [text]) for text in two]
with torch.no_grad():
    rho = [(trained.logprobs(row) - policy.logprobs(row)).exp()[0] for row in rows]
for name, row, ratio in zip(["guess", "computed answer"], rows, rho, strict=True):
    moved = [t for t in range(len(ratio)) if row.mask[0, t] and not 0.8 <= float(ratio[t]) <= 1.25]
    which = ", ".join(f"{token_named(int(row.actions[0, t]))} (ρ = {float(ratio[t]):.2f})" for t in moved)
    say(
        f"In the {name} {len(moved)} of {int(row.mask.sum())} tokens are likelier or less likely by a quarter or more"
        + (f": {which}." if moved else ".")
    )

# %% [markdown]
# Learning has changed the choices; what was sure before is copied as before. And the loop from section 1 runs as it did,
# with another agent in it:


# %%
env = TextEnv(arithmetic_world(held_out), tokenizer)
old_episodes = [run_episode(env, writer(policy)) for _ in range(20)]
new_episodes = [run_episode(env, writer(trained)) for _ in range(20)]

# %% jupyter={"source_hidden": true}
# Says what the loop brought.
paid = {
    name: sum(sum(rewards) for _, _, rewards, _, _ in tries)
    for name, tries in {"before": old_episodes, "after": new_episodes}.items()
}
say(
    f"Twenty episodes each: the GPT-2 from before was paid **{paid['before']:.0f}**, the trained one **{paid['after']:.0f}**."
)

# %% [markdown]
# That is what one loop for two worlds buys: `run_episode`, GRPO, PPO and `Training` were written for a robot, and not a line
# of them was changed for text. Only the world and the policy are others.
#
# One question is left.

# %% jupyter={"source_hidden": true}
# Asks a question about the two algorithms.
quiz("07", [6])

# %% [markdown]
# ## What you now know
#
# - A **language model is an agent**, and the loop that runs it is the robot's. Its actions are tokens, its state is the question
#   and the tokens so far; the environment appends, and pays at the end.
# - The **policy** is a probability for each token. Most tokens are sure; a few are choices, and these are what is learned.
# - The **completion mask** holds the first end of text and nothing behind it. The question is never scored.
# - **Teacher forcing** says how likely an answer is: logits one place before the token, at the sampling temperature, places
#   counted from the first real token. The first thing to look at is a ratio of 1 before the first step.
# - **GRPO** gives one advantage to all tokens of an answer, **PPO** one to each, by GAE: λ says how far ahead it looks. Where the clip has closed there is no pull,
#   and still the token may move.
#
# ## What comes next

# %% jupyter={"source_hidden": true}
# Links to what comes next.
from rlcourse.course import what_comes_next

what_comes_next("07")
