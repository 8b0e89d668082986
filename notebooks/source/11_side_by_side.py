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
# # 11 · TRPO, PPO and GRPO side by side
#
# **What each costs, and what each reaches** · about 45 minutes · difficulty: easy · you need notebook 10; 05 and 06
# help
#
# <blockquote style="border-left: 6px solid #56B4E9; background: rgba(86, 180, 233, 0.14); padding: 10px 16px"><b>The article says</b> that TRPO costs too much for large models, PPO keeps many of them, and GRPO is faster and cheaper.<br><b>Here you run it.</b> From <a href="https://towardsdatascience.com/training-large-language-models-from-trpo-to-grpo/"><i>Training Large Language Models: From TRPO to GRPO</i></a> (Towards Data Science, 6 February 2025).</blockquote>
#
# "Faster" and "cheaper" are words about numbers. In this notebook you get the numbers: seconds and bytes, measured on
# your machine, for all three algorithms on one GPT-2. Then you count what you cannot measure: a model of 70 billion
# weights.
#
# **When you are done you will be able to**
#
# - compare algorithms like for like, and see when a table does not;
# - say where the seconds of an update go, and what changes when answers get long;
# - name the models that each algorithm holds, and count weights, gradients, Adam, activations and KV cache in bytes;
# - say which of the article's claims hold at which size, and why.
#
# The first cell loads PyTorch. That takes some seconds. (A grey bar is a cell whose code is folded away, because it
# only loads, tabulates or draws. It runs like any other, and a click opens it.)

# %% jupyter={"source_hidden": true}
# Loads what the notebook needs.
from IPython.display import display

from rlcourse.showing import bar as tqdm
from rlcourse.showing import say, show_source

MB = 10**6  # bytes

# %% [markdown]
# ## 1 · Like for like
#
# Six racers learn sums, each by its own rules, and everything else is the same: the GPT-2 they begin with, the
# questions, the rule that pays 1 for a right answer, and the number of answers in an update.
#
# Why six, and not three? Because **how much an algorithm makes of its answers is a choice**. PPO may take one gradient
# step on a batch, or sixteen. TRPO may compute its Fisher products on all answers, or on a tenth of them, as its
# authors suggest ([Schulman et al. 2015](https://arxiv.org/abs/1502.05477), appendix C.1). Whoever compares one choice
# of each can make any of them look bad.

# %%
MODEL = "sft"  # or another GPT-2: see "The original", at the end

# %% jupyter={"source_hidden": true}
# Tabulates what differs, and what does not.
from rlcourse.experiments import RACERS

runs = {label: racer.training(seed=0, model=MODEL) for label, racer in RACERS.items()}
some = next(iter(runs.values()))
ANSWERS = some.world.prompts_per_step * some.world.answers_per_prompt
lines = ["| racer | learns from a batch by | step size |", "|---|---|---|"]
for label, run in runs.items():
    config = run.algorithm.config
    size = f"KL ≤ {config.target_kl:g}" if "TRPO" in label else f"Adam, {config.learning_rate:g}"
    lines.append(f"| {label} | {RACERS[label].gradients} | {size} |")
say("\n".join(lines))
say(
    f"The same for all: a GPT-2 with {sum(w.numel() for w in some.policy.parameters()):,} weights, "
    f"{some.world.prompts_per_step} questions an update with {some.world.answers_per_prompt} answers each, so "
    f"**{ANSWERS} answers**, drawn at temperature 1."
)

# %% jupyter={"source_hidden": true}
# Draws how often each goes through its answers.
from rlcourse.explorables import pieces_picture

through = {}
for label, run in runs.items():
    c = run.algorithm.config
    if "TRPO" in label:
        times = 1, (c.cg_iterations + 1) / c.fisher_every, c.value_epochs  # one more, for the length of the step
    else:
        times = (c.epochs, 0, c.epochs) if "PPO" in label else (1, 0, 0)
    through[label] = dict(zip(("policy", "Fisher products, at most", "value model"), times, strict=True))
title = f"How often each goes through its {ANSWERS} answers"
display(pieces_picture(through, title=title, unit="times, in one update", digits=0))

# %% [markdown]
# (A Fisher product is the Fisher matrix F times a vector, the dear part of TRPO: notebook 05. PPO's and TRPO's value
# models are trained on the same batches; that is part of what they cost. GRPO has no value model.)
#
# ## 2 · A race
#
# Each racer gets the same seconds of your processor. Whoever has spent least makes the next update; so a racer with
# short updates has its turn more often. An update that has begun is ended, so whoever makes long ones, as TRPO does,
# may spend more than its share.
#
# (The race takes about half a minute on a quiet machine, and some minutes on a busy one.)

# %% jupyter={"source_hidden": true}
# Asks what you expect.
from rlcourse.exercises import predict, reveal

predict("one_update")

# %%
SECONDS = 4  # of processor time for each racer; more is a longer race

# %% jupyter={"source_hidden": true}
# Says how the race is shown, and warms PyTorch up with three other racers.
from rlcourse.experiments import Runner, race
from rlcourse.explorables import race_table

# Whoever makes the first update of all would pay for what PyTorch sets up.
for label in ("GRPO", "PPO, 1 step", "TRPO, a tenth"):
    Runner(label, RACERS[label].training(seed=1, model=MODEL)).step()

# %%
from rlcourse.experiments import held_out_accuracy

runs = {label: racer.training(seed=0, model=MODEL) for label, racer in RACERS.items()}
runners = [Runner(label, run) for label, run in runs.items()]
for one in runners:
    one.warm_up()  # a new world turns its questions into tokens, once
table = display(race_table(runners), display_id=True)
try:
    with tqdm(total=round(SECONDS * len(runners), 1), desc="race", unit="s") as shown:
        for runner in race(runners, seconds=SECONDS):
            shown.update(round(runner.sampling[-1] + runner.learning[-1], 2))
            table.update(race_table(runners))
except KeyboardInterrupt:
    say("Stopped. What was finished is kept.")
# The race is over: all are judged by the same 500 sums, which nobody has learned from.
reached = {one.label: held_out_accuracy(one.training.policy)["accuracy"] for one in runners}
table.update(race_table(runners, judged=reached))

# %% jupyter={"source_hidden": true}
# Says who has won, and by how much.
order = sorted(reached, key=reached.get, reverse=True)


def alongside(label, others):
    """Those of the others that are too close to one to call: a draw of 500 sums scatters by two points."""
    return [other for other in others if abs(reached[other] - reached[label]) < 0.02]


def with_shares(labels):
    return " and ".join(f"{label} ({reached[label]:.0%})" for label in labels)


front, behind = alongside(order[0], order), alongside(order[-1], order)
say(
    f"**With at least {SECONDS} seconds each, in front: {with_shares(front)}**, of 500 held-out sums. Last: "
    f"{with_shares(behind)}.{' (What is within two points is too close to call.)' if len(front + behind) > 2 else ''}"
)

# %% [markdown]
# While the race was on, the bars showed each racer’s newest batch, which it had not learned from yet. The result is
# newer: at the end all have answered the same sums, with all that they had learned by then. (A draw of 500 sums
# scatters by about two points.)
#
# The clock counts the processor’s seconds, of all its cores together, and not those in which other programs had it.
# But programs that share a processor also share its caches and its way to the memory, so on a busy machine the same
# update takes more of these seconds, too. Compare racers with one another, in one race, and not with yesterday’s.
#
# Where does an update spend its seconds? There are two parts: **sampling**, until the answers are there with their
# rewards, and **learning**, from there to the new weights. To compare like for like, all must do it from nearly the same
# model. So here is the usual update of each: the median of its **first three**. (TRPO may have made one only.)

# %% jupyter={"source_hidden": true}
# Draws the seconds of an update, and says how they compare.
for one in runners:
    if not one.right:  # the race was stopped before its first turn
        one.step()
seconds = {one.label: one.usual for one in runners}
parts = {label: dict(zip(("sampling", "learning"), both, strict=True)) for label, both in seconds.items()}
display(
    pieces_picture(
        parts,
        title="The usual update of each, while all are near their start",
        unit="seconds of the processor",
        digits=2,
    )
)
whole = {label: sum(both) for label, both in seconds.items()}
times = whole["TRPO"] / whole["GRPO"]
reveal(one_update=0 if times < 2 else 1 if times < 5 else 2 if times <= 30 else 3)
say(
    f"TRPO’s update takes **{times:.0f} times** as long as GRPO’s, and **{whole['TRPO'] / whole['PPO, 16 steps']:.1f} "
    f"times** as long as PPO’s with 16 steps. With a tenth of the answers in its Fisher products it takes "
    f"{whole['TRPO, a tenth'] / whole['TRPO']:.0%} of its time. PPO’s with one step takes "
    f"{whole['PPO, 1 step'] / whole['GRPO']:.1f} times as long as GRPO’s: it trains a second model."
)

# %% [markdown]
# Why the first three? A group whose answers are all right, or all wrong, has advantages of exactly 0, and GRPO leaves it
# out of the backward pass. The better the model, the more such groups there are, and the cheaper GRPO’s updates. The
# median over a long race would set a GRPO that has learned beside a TRPO that has not.
#
# One race is one draw, and short. So the next question gets five seeds.
#
# ## 3 · How soon is each there?
#
# The course has recorded all six, five seeds each. A record says what is learned by how many updates, which no other
# machine would change. What an update takes, you have just measured. Together they say how soon each would be there
# **on your machine**. (GRPO’s and PPO’s one-step runs have 100 updates in their records, TRPO’s 30 and 20, PPO’s with 4
# and 16 steps 10: that is why some lines end early. And GRPO’s later updates are a little cheaper than the first
# three, so its seconds at a high level are rather too many.)

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("fewest_updates")

# %%
from rlcourse.experiments import load_curves, right_after, updates_to
from rlcourse.explorables import how_soon

recorded = {label: load_curves(racer.curves) for label, racer in RACERS.items()}
how_soon(recorded, seconds)

# %% jupyter={"source_hidden": true}
# Says who is first, by updates and by seconds, with the worst and the best seed.
LEVEL = 0.7


def in_range(found, scale=1.0, digits=0):
    """The worst and the best of the seeds, or what they lack."""
    if None in found:
        return f"{found.count(None)} of {len(found)} not there"
    low, high = (f"{scale * end:,.{digits}f}" for end in (min(found), max(found)))
    return low if low == high else f"{low} to {high}"


shares = {label: right_after(five) for label, five in recorded.items()}  # [seeds, updates] each
needed = {label: [updates_to(seed, LEVEL) for seed in seeds] for label, seeds in shares.items()}
ends = {label: [run.last("accuracy") for run in five.values()] for label, five in recorded.items()}
made = {label: int(next(iter(five.values()))["step"][-1]) for label, five in recorded.items()}
lines = [
    f"| to {LEVEL:.0%} right, best to worst of five seeds | updates | answers | seconds here | at the end, worst to best |",
    "|---|---:|---:|---:|---:|",
]
for label, found in needed.items():
    cells = [in_range(found), in_range(found, ANSWERS), in_range(found, whole[label], 1)]
    cells.append(f"{min(ends[label]):.0%} to {max(ends[label]):.0%}, after {made[label]} updates")
    lines.append(f"| {label} | {' | '.join(cells)} |")
say("\n".join(lines))
if MODEL != "sft":
    say("**Mind:** the records are of the course’s own small GPT-2, and the seconds of yours. Updates may differ.")
by_line = {label: updates_to(seeds.mean(0), LEVEL) for label, seeds in shares.items()}
middle = {label: found for label, found in by_line.items() if found is not None}
by_updates = min(middle, key=middle.get)
by_seconds = min(middle, key=lambda label: middle[label] * whole[label])
reveal(fewest_updates=0 if "TRPO" in by_updates else 2 if by_updates == "GRPO" else 1)
say(
    f"By the mean of the seeds, the lines above, the fewest **updates** are those of *{by_updates}* ({middle[by_updates]}), the fewest "
    f"**seconds** those of *{by_seconds}* ({middle[by_seconds] * whole[by_seconds]:.1f} s on this machine)."
)
if {"TRPO", "TRPO, a tenth"} <= middle.keys():
    took = {label: middle[label] * whole[label] for label in ("TRPO", "TRPO, a tenth")}
    say(
        f"With a tenth of the answers in its Fisher products TRPO’s update is cheaper, and its direction worse: "
        f"{middle['TRPO, a tenth']} updates in the place of {middle['TRPO']}, and {took['TRPO, a tenth']:.0f} s in the "
        f"place of {took['TRPO']:.0f} s."
    )

# %% [markdown]
# (“To 70 % right” means: the first update from which two batches in a row are at the level, as one alone may be lucky.)
# Look at the last column before you choose the winner by updates. Sixteen steps on one batch go far, and the clip only
# holds back the tokens that have
# left its band (notebook 06). How far does that racer come in ten updates, and how far the one with four? Drag the level
# up to 80 % and more: whoever is quick at first need not be the one who gets there.
#
# Now let sampling take ten times as long, and a hundred times. Our answers are short. Those of a large model
# that thinks have thousands of tokens, and are written token by token, while learning reads all of them at once. Then an answer
# is what is dear, and it pays to use each more than once, up to a level that such a racer reaches.
#
# **So who is fastest depends on what is slow.** Where learning is most of the time, as here for TRPO and PPO, a cheap update wins. Where
# sampling is, the number of answers to your level decides. GRPO can take several steps on a batch, too (`num_iterations` in notebook
# 10): that is no difference between it and PPO.

# %% jupyter={"source_hidden": true}
# Asks three questions of the quiz.
from rlcourse.exercises import quiz

quiz("11", [1, 2, 5])

# %% [markdown]
# ## 4 · What each of them holds
#
# Seconds pass. Memory is there or it is not: what does not fit cannot be trained at all. Which models does each
# algorithm hold, and what stands beside them? All policies go back to the weights that they began with, so that all
# learn from the same answers again, and PyTorch notes every tensor that an update makes. (Six updates under a
# magnifying glass: half a minute to a minute on a quiet machine, some minutes on a busy one.)

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("thickest_piece")

# %%
from rlcourse.algorithms import measure_bytes
from rlcourse.language import LanguagePolicy, load_gpt2

costs, at_first = {}, LanguagePolicy(*load_gpt2(MODEL))
try:
    for one in tqdm(runners, desc="measuring"):
        one.rewind(at_first)
        costs[one.label] = measure_bytes(one.training)
except KeyboardInterrupt:
    say("Stopped. What was measured is kept.")

# %% jupyter={"source_hidden": true} tags=["claim-C13"]
# Tabulates and draws the bytes.
lines = [
    "| racer | models held | Adam | an update, at its fullest | activations, at most | gradients that stay | everything, at its fullest |",
    "|---|---|---:|---:|---:|---:|---:|",
]
pieces = {}
for label, cost in costs.items():
    held = " + ".join(
        f"{'value model' if name == 'critic' else name} {size / MB:.1f}" for name, size in cost.weights.items()
    )
    lines.append(
        f"| {label} | {held} | {cost.optimizer / MB:.1f} | {cost.peak / MB:.0f} | {cost.activations / MB:.0f} | "
        f"{cost.gradients / MB:.1f} | **{cost.total / MB:.0f}** |"
    )
    pieces[label] = {
        "models": sum(cost.weights.values()) / MB,
        "Adam’s moments": cost.optimizer / MB,
        "made by an update": cost.peak / MB,
    }
say(
    "\n".join(lines)
    + "\n\nAll in MB, millions of bytes. *Everything* is models, Adam and the update at its fullest moment: what it "
    "has made by then and still needs, most of it activations. (TRPO’s policy has its gradient as a plain vector, which "
    "is not in the column of gradients.)"
)
if "TRPO" in costs:
    most = costs["TRPO"]
    say(
        f"And TRPO? Its activations explain {most.activations / MB:.0f} of {most.peak / MB:.0f} MB. It is at its fullest "
        f"in the middle of a product with F, where it goes back through a backward pass. The other "
        f"{(most.peak - most.activations) / MB:.0f} MB are the gradients of intermediate results on that way back, of "
        "two passes at once, and the vectors of conjugate gradient."
    )
if pieces:
    display(pieces_picture(pieces, title="The fullest moment of a training", unit="MB", digits=0))
    thick = [max(bar, key=bar.get) for bar in pieces.values()]
    commonest = max(set(thick), key=thick.count)
    reveal(thickest_piece=list(next(iter(pieces.values()))).index(commonest))
if {"GRPO", "PPO, 1 step", "PPO, 16 steps", "TRPO", "TRPO, a tenth"} <= costs.keys():
    of = {label: cost.total / costs["GRPO"].total for label, cost in costs.items()}
    say(
        f"Beside GRPO’s memory, PPO’s with one step is **{of['PPO, 1 step']:.1f} times** as large, with 16 steps, in "
        f"portions of a quarter, {of['PPO, 16 steps']:.1f} times; TRPO’s is **{of['TRPO']:.1f} times** as large, and with a "
        f"tenth of the answers {of['TRPO, a tenth']:.1f} times. (Not like for like: GRPO, too, could learn in portions.)"
    )

# %% [markdown]
# This is the article's sentence on many models, in numbers. PPO and TRPO hold a **value model** as large as the policy,
# and train it: weights, gradients, Adam. GRPO holds the policy. (TRPO's *policy* needs no Adam: its step is solved for.
# What stands in TRPO's column of Adam is the value model’s. In the place of the policy's Adam conjugate gradient keeps five
# vectors as long as the policy, and activations are twice as many, as it differentiates twice.)
#
# In RLHF two more models join, which are only read: the reward model, and the reference for the KL term. They join
# *either* algorithm, if it is used that way. PPO then holds four, GRPO three.
#
# But on a model this small, the models are the thin end of the bar. So, does the article exaggerate? To see what
# becomes of the bars when the model is larger, we have to count.
#
# ## 5 · Counting
#
# What is in memory because of *one* weight? If it is only read, the weight itself, $w$ bytes: 4 in float32, 2 in
# bfloat16. If it **learns**, there are three things more:
#
# - its **gradient**, as large as the weight;
# - Adam's two **moments**, the running means of the gradient and of its square, $m$ bytes each: 4 as usual, or 1 with
#   an 8-bit optimiser ([Dettmers et al. 2022](https://arxiv.org/abs/2110.02861));
# - a **copy** in float32, 4 bytes, but only where $w < 4$. It is for small steps. A number in bfloat16 has two to three
#   digits; a step of Adam's would often be lost in rounding. So the weights are kept in float32 as well, and the steps
#   are added there.
#
# In bfloat16 that makes 16 bytes for each trained weight, the count of [ZeRO](https://arxiv.org/abs/1910.02054)
# (Rajbhandari et al. 2020). Which 16? Say it before you go on; then write it down for any $w$ and $m$.
#
# ### Exercise 1: what training keeps in memory (8 minutes, easy)
#
# `trained` and `frozen` are numbers of weights, `weight_bytes` is $w$ and `moment_bytes` is $m$. Return **GB**, which
# are
# $10^9$ bytes. Stuck? `hint("memory_of_training")` helps, a little more each time.
#
# <details><summary>The same as a formula, to compare with yours</summary>
#
# $$ \text{bytes} \;=\; n_\text{trained} \cdot \bigl( \underbrace{w}_\text{weight} + \underbrace{w}_\text{gradient} + \underbrace{4}_\text{copy, if $w < 4$} + \underbrace{2m}_\text{Adam} \bigr) \;+\; n_\text{frozen} \cdot w $$
#
# where $n_\text{trained}$ and $n_\text{frozen}$ count the weights that learn, and those that do not. In bfloat16:
# 2 + 2 + 4 + 8 = 16.
# </details>


# %%
from rlcourse.exercises import check, hint, solution


def my_memory_of_training(trained, frozen, *, weight_bytes, moment_bytes):
    # your code here
    return ...


my_memory_result = check("memory_of_training", my_memory_of_training)

# %% [markdown]
# Now let it count. One way to save is already in it: freeze. **LoRA** ([Hu et al. 2021](https://arxiv.org/abs/2106.09685))
# leaves all weights as they are and puts two thin matrices beside a layer’s matrices, the *adapters*; beside all of
# them, as is usual today. Only these learn; PPO's value model stands on the same frozen weights, with adapters of its
# own. Everything that made a trained weight dear, gradient, copy and moments, is
# needed for very few of them.

# %% jupyter={"source_hidden": true}
# Takes your function, once it has passed, and asks it about PPO and GRPO.
from rlcourse.algorithms import SIZES, kv_cache_bytes, memory_of_training
from rlcourse.exercises import at_work

memory_fn = at_work(my_memory_result, my_memory_of_training, memory_of_training)
whose = "the course’s function" if memory_fn is memory_of_training else "**your function**"
full, sizes = SIZES["Llama 3.1, 8B"].parameters, {"weight_bytes": 2, "moment_bytes": 4}
thin = SIZES["Llama 3.1, 8B"].adapters(16)
answers = {
    "GRPO, a rule pays": (full, 0),
    "PPO, a rule pays": (2 * full, 0),
    "GRPO with reward model and reference": (full, 2 * full),
    "PPO with reward model and reference": (2 * full, 2 * full),
    "GRPO with LoRA, a rule pays": (thin, full),
    "PPO with LoRA, a rule pays": (2 * thin, full),
}
lines = [f"| to train {full / 1e9:.2f} billion weights in bfloat16 | GB |", "|---|---:|"]
lines += [f"| {name} | {memory_fn(*counts, **sizes):.0f} |" for name, counts in answers.items()]
say(f"By {whose}, before activations and cache:\n\n" + "\n".join(lines))

# %% [markdown]
# ### The KV cache
#
# While a model writes, each new token looks back at all tokens before it. So for every token, in every layer, a **key**
# and a **value** are kept: the *KV cache*. Each has `channels / heads` numbers for each head that keeps one. In
# GPT-2 all heads do; in many newer models several heads share their keys and values (*grouped-query attention*,
# [Ainslie et al. 2023](https://arxiv.org/abs/2305.13245)), and only `kv_heads` are kept.
#
# ### Exercise 2: the KV cache of a group of answers (8 minutes, easy)
#
# `num_generations` answers to *one* question are written at the same time. What the question leaves in the cache is the
# same for all of them, so it is kept once. Return the number of bytes at the end, when all answers have
# `answer_tokens`.


# %%
def my_kv_cache_bytes(
    prompt_tokens,
    answer_tokens,
    num_generations,
    *,
    layers,
    channels,
    heads,
    kv_heads,
    bytes_per_number,
):
    # your code here
    return ...


my_cache_result = check("kv_cache_bytes", my_kv_cache_bytes)

# %% [markdown]
# ## 6 · Is the counting right?
#
# A count is only a claim. So put a GPT-2 on the scales: one forward pass, one backward pass, a step of Adam, and a
# cache, and ask PyTorch for the tensors that are there. First ours; then one of the size of the original, 124 million
# weights. That one takes no memory: its tensors know their shapes and hold no numbers, and every operation makes what
# it would make.

# %%
from rlcourse.experiments import weigh

on_the_scales = {
    "ours": (16, 64, weigh(16, 64, model=MODEL)),  # answers, tokens in each, and their bytes
    "124M": (4, 128, weigh(4, 128, size="124M")),
}

# %% jupyter={"source_hidden": true}
# Puts the count beside what was weighed.
from rlcourse.algorithms import Transformer

cache_fn = at_work(my_cache_result, my_kv_cache_bytes, kv_cache_bytes)
config = some.policy.model.config
shapes = {
    "ours": Transformer(config.n_layer, config.n_embd, config.n_head, config.vocab_size, positions=config.n_positions),
    "124M": SIZES["GPT-2, 124M"],
}
furthest = 0.0
for size, (count, tokens, weighed) in on_the_scales.items():
    shape = shapes[size]
    heads = {"layers": shape.layers, "channels": shape.channels, "heads": shape.heads, "kv_heads": shape.heads}
    states = memory_fn(shape.parameters, 0, weight_bytes=4, moment_bytes=4)
    rows = {
        "weights, gradients and Adam": (
            states * 1e9,
            sum(weighed[name] for name in ("weights", "gradients", "optimiser")),
        ),
        "KV cache": (cache_fn(0, tokens, count, **heads, bytes_per_number=4), weighed["KV cache"]),
        "activations": (4 * count * tokens * shape.activations, weighed["activations"]),
    }
    lines = [
        f"| {size}, {count} answers of {tokens} tokens | counted, MB | weighed, MB | off by |",
        "|---|---:|---:|---:|",
    ]
    for name, (counted, found) in rows.items():
        furthest = max(furthest, abs(counted / found - 1))
        lines.append(f"| {name} | {counted / MB:,.2f} | {found / MB:,.2f} | {abs(counted / found - 1):.2%} |")
    say("\n".join(lines))
say(f"The furthest that a count is off is **{furthest:.2%}**.")

# %% [markdown]
# (Adam also counts its steps, a few bytes for each tensor.) How are activations counted? A backward pass needs what
# each operation has read. For one token that makes, in each layer, with a width of $C$ numbers:
#
# - $6C$: what the two norms read and what they give (4·$C$), the queries ($C$), and what attention gives ($C$);
# - $2K$: its keys and its values, $K$ numbers each;
# - the *inside* of the feed-forward part, before and after its nonlinearity: 2 · 4·$C$ in GPT-2.
#
# After the last layer there are 2·$C$ for the last norm, and a number for each word of the vocabulary. A training that
# reads what its answers have in common only once, as the course's does, keeps fewer.

# %%
show_source(Transformer.activations.fget)

# %% [markdown]
# ## 7 · From GPT-2 to 70 billion weights
#
# Now all of it in one picture: three algorithms, six sizes of model, and the switches that practice turns. 64 answers
# are written at once, 8 to each of 8 questions, and the first half of each text is the question, which its eight answers
# share in the cache. 4 answers are learned from at once. The lines at 16, 80 and 640 GB are a laptop, one large GPU, and
# a machine with eight of them. *Optimiser* is Adam with the float32 copy; for TRPO's policy it is the copy (4 bytes a
# weight) and, in the place of Adam's two moments (8), the five vectors of conjugate gradient (20). TRPO's activations are counted as
# twice GRPO's. That is the least: on its way back through two passes it needs more, as section 4 has measured.
#
# The last switch is about **activations**, and two things are hidden in it that decide how PPO and GRPO compare:
#
# - *kept*: PPO's policy and value model are in **one loss**, as in this course, so the activations of both are there at
#   the same time. *One model at a time* is how other programs do it ([verl](https://github.com/volcengine/verl), for
#   one): first the value model learns, then the policy. Then PPO's activations are no more than GRPO's.
# - *computed again* is **gradient checkpointing** ([Chen et al. 2016](https://arxiv.org/abs/1604.06174)). Only what each
#   layer reads is kept. On the way back the inside of one layer at a time is computed a second time. It saves most of
#   the activations, and costs about one more forward pass.

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("what_lora_leaves")

# %%
from rlcourse.explorables import what_it_keeps

what_it_keeps()

# %% [markdown]
# Five things to find out with it (turn all switches back first):
#
# 1. Which is the largest model that GRPO can train on a laptop of 16 GB, with all weights learning? And PPO?
# 2. Choose the largest model, and let a reward model pay. What becomes of PPO's distance from GRPO?
# 3. A rule pays again, and now LoRA. What is the thickest piece, and who holds it?
# 4. All weights learn again: take 8B and the longest texts. Which pieces are left to be seen? (GPT-2 itself reads no more than 1,024 tokens.)
# 5. LoRA again, 70 billion weights, the longest texts: how much more than GRPO does PPO need? Now turn the last switch.

# %% jupyter={"source_hidden": true}
# Answers them, by the same count.
from rlcourse.algorithms import Setting, keeps

total = {}
for name, shape in SIZES.items():
    for lora in (0, 16):
        for pays in (False, True):
            for algorithm in ("TRPO", "PPO", "GRPO"):
                parts = keeps(algorithm, shape, Setting(lora_rank=lora, reward_model=pays))
                total[name, lora, pays, algorithm] = sum(parts.values())
largest = list(SIZES)[-1]
fits = {a: [name for name in SIZES if total[name, 0, False, a] <= 16][-1] for a in ("GRPO", "PPO")}
ratio = {
    key: total[largest, *key, "PPO"] / total[largest, *key, "GRPO"] for key in ((0, False), (0, True), (16, False))
}
reveal(what_lora_leaves=0 if ratio[16, False] > 1.85 else 1 if ratio[16, False] > 1.4 else 2)
long = keeps("GRPO", SIZES["Llama 3.1, 8B"], Setting(tokens=32768))
share = (long["activations"] + long["KV cache"]) / sum(long.values())
MODES = {"kept": {}, "one model at a time": {"in_turn": True}, "computed again": {"recompute": True}}
kept_long = {
    mode: [keeps(a, SIZES[largest], Setting(lora_rank=16, tokens=32768), **how) for a in ("PPO", "GRPO")]
    for mode, how in MODES.items()
}
ratio_long = {mode: sum(ppo.values()) / sum(grpo.values()) for mode, (ppo, grpo) in kept_long.items()}
grpo_acts = {mode: grpo["activations"] for mode, (_, grpo) in kept_long.items()}
one = keeps("GRPO", SIZES[largest], Setting(lora_rank=16))
thick = max(one, key=one.get)
say(
    "<details><summary><b>What there is to find</b></summary>\n\n"
    f"1. With all weights learning, on 16 GB. GRPO: {fits['GRPO']}; PPO: {fits['PPO']}.\n"
    f"2. At {largest}, PPO needs {ratio[0, False]:.1f} times GRPO’s memory if a rule pays, and "
    f"{ratio[0, True]:.1f} times with a reward model and a reference, which weigh on both.\n"
    f"3. With LoRA it is {ratio[16, False]:.1f} times. GRPO’s thickest piece is then the {thick} "
    f"({one[thick]:.0f} of {sum(one.values()):.0f} GB), which both hold once.\n"
    f"4. Activations and cache: {share:.0%} of GRPO’s memory. Models, gradients and moments do not grow with the text.\n"
    f"5. {ratio_long['kept']:.1f} times as much where both models are in one loss, {ratio_long['one model at a time']:.1f} "
    f"times one model at a time, {ratio_long['computed again']:.1f} times with activations computed again, which makes "
    f"{grpo_acts['computed again']:,.0f} GB of GRPO’s {grpo_acts['kept']:,.0f} GB of activations.\n\n"
    "</details>"
)

# %% jupyter={"source_hidden": true}
# Asks two more questions of the quiz.
quiz("11", [3, 4])

# %% [markdown]
# ## 8 · The verdict
#
# Three things that the article says, in our words, and what your numbers say of each.


# %% jupyter={"source_hidden": true} tags=["claim-C9", "claim-C13", "claim-C16"]
# Says what held, from the numbers of this page.
until = {label: middle[label] * whole[label] for label in middle}
soonest = min(until, key=until.get)
smallest = min(costs, key=lambda label: costs[label].total, default="not measured")
ENOUGH = 3  # times GRPO's seconds to the level: from there on we say too costly
dear = "TRPO" not in until or until["TRPO"] > ENOUGH * until["GRPO"]
to_level = f"needs {until['TRPO'] / until['GRPO']:.0f} times" if "TRPO" in until else "never needs so few as"
cheap = "holds here, with short answers" if soonest == smallest == "GRPO" else "holds in part"
slow = {label: middle[label] * (100 * seconds[label][0] + seconds[label][1]) for label in middle}  # as in section 3
soonest_slow = min(slow, key=slow.get)
say(
    "| the article, in our words | on this page |\n|---|---|\n"
    f"| TRPO is too costly for language models | **{'holds here' if dear else 'does not hold here'}**: to {LEVEL:.0%} it "
    f"{to_level} GRPO’s seconds (we say too costly from {ENOUGH} times on) |\n"
    "| PPO keeps many models | **holds at any size**: a model more than GRPO, and it learns too |\n"
    f"| GRPO is faster and cheaper | **{cheap}**: soonest at {LEVEL:.0%} is {soonest}, smallest in memory {smallest}. If "
    f"sampling took 100 times as long, the soonest would be {soonest_slow} |\n\n"
    "The numbers behind it:"
)
lines = [
    f"| racer | one update, s | to {LEVEL:.0%}, s | right at the end | memory here, MB | at {largest}, GB |",
    "|---|---:|---:|---:|---:|---:|",
]
for label in recorded:
    end = f"{min(ends[label]):.0%} to {max(ends[label]):.0%}, after {made[label]}"
    memory = f"{costs[label].total / MB:.0f}" if label in costs else "–"
    by_count = f"{total[largest, 0, False, label.split(',')[0]]:,.0f}"
    soon = f"{until[label]:.1f}" if label in until else "never"
    lines.append(f"| {label} | {whole[label]:.2f} | {soon} | {end} | {memory} | {by_count} |")
say("\n".join(lines))
say(
    f"(Seconds are of this machine. *Right at the end*: held-out sums after so many recorded updates, worst and best of "
    f"five seeds{'' if MODEL == 'sft' else ', **of the course’s own GPT-2**, which the records are of'}. The last column "
    f"is counted: all weights learn, a rule pays. With a reward model and a reference PPO needs {ratio[0, True]:.1f} times "
    f"GRPO’s memory there, in the place of {ratio[0, False]:.1f}; with LoRA {ratio[16, False]:.1f} times, both models in one loss. What is counted for TRPO is the least.)"
)

# %% jupyter={"source_hidden": true}
# Asks the last question of the quiz.
quiz("11", [6])

# %% [markdown]
# So, read carefully:
#
# - **What holds at any size:** GRPO trains one model and PPO two. That is arithmetic, and everything else of PPO's
#   bill, a second backward pass and a second set of moments, follows from it.
# - **What depends on the size:** how much of the whole that is. On a small model that learns from many answers at once
#   activations rule; on a large one that learns from a few, weights and moments; with LoRA the frozen weights, with long
#   texts activations and cache again.
# - **What depends on the program:** whether PPO's second pass costs memory for activations. It does where both models
#   are in one loss, and does not where they learn in turn. Where activations are computed again there are few of either,
#   and PPO has those of two models still.
# - **What depends on the task:** who needs fewer updates. A value model that is good can save answers, as it judges
#   each token and not only the end. Several steps on a batch get to a middling level with fewer answers, whichever
#   algorithm takes them, and may end lower: compare the table's columns. Short sums say little about long proofs.
# - **What no table shows:** PPO has a second model to set up, with a learning rate of its own and ways of its own to go
#   wrong. That GRPO has less to tune may be the reason why it spread.
#
# One learning rate for all policies but TRPO's, one task, one small model: that is the reach of these numbers, too.
#
# ### The original
#
# A racer learns with the original GPT-2 as well, if there is a network to fetch it, and so does a folder with a
# checkpoint of your own. Take **one** racer for it, in a notebook of its own:
#
# ```python
# from rlcourse.experiments import RACERS, Runner
#
# one = Runner("GRPO", RACERS["GRPO"].training(seed=0, model="gpt2"))
# one.step()  # one update; then look at one.right and one.usual
# ```
#
# `MODEL = "gpt2"` in section 1 would race all six, and hold six trainings at the same time. What has to be expected?

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("original_update")

# %% jupyter={"source_hidden": true}
# Works out what the original would take on this machine.
ours, original = sum(w.numel() for w in some.policy.parameters()), SIZES["GPT-2, 124M"].parameters
more = original / ours
fp32 = Setting(weight_bytes=4, tokens=32, at_once=ANSWERS, learned_at_once=ANSWERS)
lines = ["| one update of the original | minutes, of all cores together | GB, at most |", "|---|---:|---:|"]
for label in ("GRPO", "PPO, 1 step", "TRPO"):
    minutes = whole[label] * more / 60
    size = sum(keeps(label.split(",")[0], SIZES["GPT-2, 124M"], fp32).values())
    lines.append(f"| {label}, {ANSWERS} answers | {minutes:.1f} | {size:.0f} |")
say(
    f"It has {more:.0f} times as many weights, and so does about as many times the arithmetic for each token.\n\n"
    + "\n".join(lines)
    + "\n\n(Minutes, if the arithmetic is as quick for it as for the small one; large matrices are mostly quicker. And the "
    "count of bytes takes each text in full. Here the answers to one question share its tokens, and as in section 4 "
    "much less will be measured. TRPO's way back through two passes is left out of it.)"
)
# All six at once: models, gradients and Adam of each stay, and the fullest update, TRPO's, comes on top.
stays = ("policy", "value model", "gradients", "optimiser")
kept = {label: keeps(label.split(",")[0], SIZES["GPT-2, 124M"], fp32) for label in runs}
six = sum(parts[name] for parts in kept.values() for name in stays) + max(
    parts["activations"] for parts in kept.values()
)
hours = 2 * sum(whole.values()) * more / 3600  # one update of each in the race, and one that is measured
say(
    f'By the same count all six of `MODEL = "gpt2"` hold about **{six:.0f} GB** at the fullest moment, more than many a laptop has, and a '
    f"single update of each, with the measuring of section 4, takes about **{hours:.1f} hours** of processor time. So take "
    "one."
)
minutes = whole["GRPO"] * more / 60
reveal(original_update=0 if minutes < 1 / 6 else 1 if minutes < 2 else 2 if minutes < 20 else 3)

# %% [markdown]
# A training is dozens of such updates. On a processor that takes patience, or more than that; `load_gpt2` takes a GPU where
# there is one. And mind that the original has not learned to answer questions: it continues text. Look how often it is
# right before you train it, for what is never drawn is never paid (notebook 01).
#
# ## What you now know
#
# - A comparison is **like for like** when model, questions, rewards and answers are the same, and when it says how much
#   is made of each batch. Seconds per update mean nothing without the number of updates.
# - An update is **sampling** and **learning**. Where learning is dear, cheap updates win; where sampling is, those that
#   learn most from an answer. And a quick start is not a high end.
# - A **trained** weight takes 16 bytes in mixed precision, a **frozen** one 2. Adapters make nearly all weights frozen.
# - **Activations** grow with the tokens that are learned from at once, the **KV cache** with those that are written at
#   once.
# - GRPO saves the value model: nearly half of PPO's memory where a large model learns with all weights and a rule pays,
#   and less with LoRA. With long texts it saves much again **if** PPO keeps the activations of both models at once; some
#   if these are computed again, and nothing of them if the models learn in turn.
#
# ## What comes next
#
# This is the last step of the article’s road: you have run its three algorithms, and its claims, for yourself. Where
# the article ends, practice begins: what has been mended in GRPO since, answers that think, runs that fail, and how the
# same task is given to a cluster.

# %% jupyter={"source_hidden": true}
# Links to what comes next.
from rlcourse.course import what_comes_next

what_comes_next("11")
