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
# # 06 · PPO: clip instead of constrain
#
# **The algorithm behind RLHF** · about 80 minutes · difficulty: medium · you need PyTorch and notebooks 03 to 05
#
# <blockquote style="border-left: 6px solid #56B4E9; background: rgba(86, 180, 233, 0.14); padding: 10px 16px"><b>The article says</b> that PPO needs no such hard limit: its clipped objective restricts the update by itself, and the algorithm becomes much simpler.<br><b>Here you run it.</b> From <a href="https://towardsdatascience.com/training-large-language-models-from-trpo-to-grpo/"><i>Training Large Language Models: From TRPO to GRPO</i></a> (Towards Data Science, 6 February 2025).</blockquote>
#
# TRPO, in the last notebook, takes steps that can be trusted, and pays for the trust. You take the article's sentence
# apart: you watch one batch being learned from too long, write the objective and the gauges that belong to it, and train
# with them: a robot, a pole, a robot without a map, and a GPT-2.
#
# **When you are done you will be able to**
#
# - say what goes wrong when a policy learns too much from one batch, and how you would notice;
# - write PPO's objective from memory, and say for each of six cases whether it pushes, and why there is a min;
# - compute the two gauges of every PPO program, clip fraction and approximate KL, and tell them apart;
# - train with PPO in very different worlds, and name what it is simpler than.
#
# The first cell loads PyTorch. That takes some seconds. (A grey bar is a cell whose code is folded away, because it
# only loads, tabulates or draws. It runs like any other, and a click opens it.)

# %% jupyter={"source_hidden": true}
# Loads what the notebook needs.
import dataclasses

import numpy as np
import torch
from IPython.display import display

# %% [markdown]
# ## 1 · The bill
#
# One update of TRPO needs a gradient, about ten products with the Fisher matrix, each a backward pass through a backward
# pass, and a search for the length of the step. What does that cost? Here both algorithms make one update each from the
# same batch, on your machine. PPO stands there twice: with a single gradient step, and with 16, as is more usual: four
# times through the batch, in four portions. (The robot's table is small, so there each tries three times, and the
# middle one counts.)
# %% jupyter={"source_hidden": true}
# Draws the bill, bar by bar.
from rlcourse.algorithms import PPO
from rlcourse.experiments import EXPERIMENTS, load_curves
from rlcourse.explorables import pieces_picture, update_cost
from rlcourse.showing import Picture, new_figure, our_style, say, show_source
from rlcourse.showing import bar as tqdm

recorded = {experiment.name: experiment for experiment in EXPERIMENTS}
batches = {
    "maze": "The robot's table, {:,} steps: one update",
    "language": "The small GPT-2, {:,} answers: one update",
}
seconds = {}
try:
    for world, what in batches.items():
        trained, ppo = (recorded[f"{world}-{name}"].make(0) for name in ("trpo", "ppo"))
        batch = trained.algorithm.collect(trained.world, trained.policy, trained.generator)
        size = len(batch.rows.mask)
        ppo = ppo.algorithm
        few = dataclasses.replace(ppo.config, epochs=1, minibatch_size=size)
        many = dataclasses.replace(ppo.config, epochs=4, minibatch_size=size // 4)
        one_step, sixteen_steps = (PPO(config, critic=ppo.critic) for config in (few, many))
        rivals = {"PPO, 1 step": one_step, "PPO, 16 steps": sixteen_steps, "TRPO": trained.algorithm}
        place, seconds[world] = None, {}
        for name, algorithm in rivals.items():
            once = {"repeat": 1, "progress": True} if world == "language" else {}
            seconds[world][name] = update_cost(algorithm, trained.policy, batch, **once).seconds
            bars = {rival: {"processor time": spent} for rival, spent in seconds[world].items()}
            drawn = pieces_picture(bars, title=what.format(size), unit="seconds", digits=2)
            if place is None:
                place = display(drawn, display_id=True)
            else:
                place.update(drawn)
except KeyboardInterrupt:
    say("Stopped. What was finished is kept.")

if len(seconds.get("language", ())) == 3:
    one, sixteen, trpo_seconds = seconds["language"].values()
    times = trpo_seconds / sixteen
    beside = "**about** as long" if 1 / 1.2 < times < 1.2 else f"**{times:.1f} times** as long"
    say(
        f"On the GPT-2, TRPO takes **{trpo_seconds / one:.1f} times** as long as PPO with a "
        f"single step, and {beside} as PPO with sixteen."
    )

# %% [markdown] tags=["slide-head"]
# (With a small table there is hardly a price beside sixteen steps; and notebook 05 has shown what is left of the
# difference when TRPO takes its Fisher products from a tenth of the answers.) What stays is the rest of TRPO's bill:
# memory for a second derivative, a solver, a search. So: can the constraint be had with nothing but a loss and plain
# gradient steps?
#
# ## 2 · What is the constraint there for?
#
# Let us first see what happens without one. Both algorithms climb the same hill, the **surrogate** of notebook 05:
#
# $$ \frac{1}{N} \sum_{i=1}^{N} \rho_i A_i, \qquad \rho_i = \frac{\pi_\theta(a_i \mid s_i)}{\pi_\text{old}(a_i \mid s_i)} $$
#
# - $s_i, a_i$ is one of the $N$ steps in the batch: where the robot was, what it did;
# - $A_i$ is that action's advantage, estimated by GAE (notebook 03);
# - $\rho_i$ (rho) is the **ratio**: how much likelier the action is now than when the batch was collected. (The paper
#   writes $r$. In this course that letter is the reward's.)
#
# A batch costs effort to collect, so we want to use it more than once: take many gradient steps on it.
#
# **Predict first.** A robot that has trained for a little while collects 4,096 steps. Then it goes through this one
# batch 20 times, climbing the surrogate with Adam. Two curves will tell how that goes. The **promise** is the surrogate:
# what the batch says has been gained. The **truth** is the exact value of the policy, averaged over all places to start
# from, less what it was at first; dynamic programming (notebook 02) computes it. Does each keep rising?

# %% jupyter={"source_hidden": true} tags=["slide-on"]
# Asks what you expect.
from rlcourse.exercises import predict, reveal

predict("no_clip")

# %% tags=["slide"]
from rlcourse.explorables import record_without_clip, twenty_rounds

unheld = record_without_clip(rounds=20, progress=True)
twenty_rounds(unheld)

# %% jupyter={"source_hidden": true}
# Two more robots, to see whether it was luck; and your guess.
from rlcourse.explorables import promise, truth


def in_words(updates):
    """What is true of each batch at its best and in the end."""
    told = []
    for update in updates:
        true = truth(update)
        best = true.argmax()
        told.append(
            f"{true[best]:+.2f} after {best / update.steps_per_epoch:.0f} rounds, **{true[-1]:+.2f}** in the end"
        )
    return "; ".join(told).replace("-", "−")


unheld_too = [unheld, *(record_without_clip(rounds=20, seed=seed) for seed in tqdm((1, 2), desc="robots"))]
say(f"This robot and two more, without a clip. The truth was at its best and came to: {in_words(unheld_too)}.")
promised, true = (np.mean([of(update) for update in unheld_too], axis=0) for of in (promise, truth))
to_the_end = [curve[-1] > curve[0] + 0.9 * np.ptp(curve) for curve in (promised, true)]
reveal(no_clip=(0 if to_the_end[1] else 1) if to_the_end[0] else 2)

# %% [markdown] tags=["slide"]
# Up to where do promise and truth go together? And on the map: in which cells does the robot lose what it had, and what
# do its arrows say there?
#
# The batch promises what it cannot know, for two reasons. Its advantages are estimated from few samples, and the
# policy learns their noise by heart: that is **overfitting**, as in supervised learning. And they tell what an action
# was worth *if one goes on as before*, in the states that the *old* policy visited. A policy that has moved far comes
# to other states, and then even exact advantages promise too much: notebook 05, section 3, has shown it. This second
# reason is the trust region's own (TRPO's theory knows no noise at all).
#
# TRPO's answer is a fence: no step beyond KL = δ. PPO's answer is another one: **take away what there is to gain.**
#
# ## 3 · The clipped objective
#
# <!-- slide -->
#
# Three words first. The **band** is $1 \pm \varepsilon$, all ratios from $1 - \varepsilon$ to $1 + \varepsilon$; ε (epsilon)
# is a small number that you choose, often 0.2. The **clip** is this: PPO stops counting what an action gains once its ρ
# has left the band in the direction in which it was pushed. It does so with a **min**: of $\rho A$, and the same product with
# ρ held inside the band, the smaller one is counted.
#
# <!-- /slide -->
#
# **Predict first.** A good action ($A > 0$) has become 50 % likelier, ρ = 1.5, and ε = 0.2: nothing more is counted. And
# one that turned out *bad*, and has become likelier all the same?

# %% jupyter={"source_hidden": true} tags=["slide"]
# Asks a question of the quiz, to answer beforehand.
from rlcourse.exercises import quiz

quiz("06", [3])

# %% [markdown]
# Here is one single action. Left: what the objective counts for it, over the ratio $\rho$. At $\rho = 1$ nothing has
# changed yet. Right: the slope, which is how hard the update pushes.

# %% tags=["slide"]
from rlcourse.explorables import clipped_objective

clipped_objective()

# %% jupyter={"source_hidden": true}
# Asks another, which the picture can answer.
quiz("06", [2])

# %% [markdown]
# There are two signs of $A$, and the ratio can be below the band, in it, or above it. That makes six cases, and it is
# worth knowing each. The slopes in this table are computed by autograd, with ε = 0.2.

# %% jupyter={"source_hidden": true} tags=["slide"]
# Works out the six cases.
from rlcourse.equations import clipped_surrogate
from rlcourse.explorables import cases_table

ratio = torch.tensor([0.5, 1.0, 1.5, 0.5, 1.0, 1.5], requires_grad=True)
A = torch.tensor([1.0, 1.0, 1.0, -1.0, -1.0, -1.0])
objective = clipped_surrogate(ratio.log(), torch.zeros(6), A, clip_low=0.2, clip_high=0.2)
(slope,) = torch.autograd.grad(objective.sum(), ratio)
(slope_of_clip_alone,) = torch.autograd.grad((ratio.clamp(0.8, 1.2) * A).sum(), ratio)

cases_table(ratio, A, objective=objective, slope=slope, slope_of_clip=slope_of_clip_alone)

# %% [markdown] tags=["slide"]
# Cases 3 and 4 are the idea: done, no more to gain. Cases 1 and 6 are why the formula has a **min**. There the action
# has moved the *wrong* way, and it should come back. (How can it? All probabilities of a state add up to 1, and in a
# network all states share the weights: steps made for other actions move this one as well.) A clip alone (last column)
# would be flat on both sides of the band and leave it there.
#
# ## 4 · The formula
#
# <!-- slide -->
#
# In words: for each action take two products, the advantage times the ratio as it is, and times the ratio held inside
# the band. Count the smaller of the two, and take the mean over the batch.
#
# $$ L^\text{CLIP}(\theta) = \mathbb{E}_t \big[ \min\big( \rho_t A_t,\;
# \operatorname{clip}(\rho_t,\, 1 - \varepsilon,\, 1 + \varepsilon)\, A_t \big) \big] $$
#
# <!-- /slide -->
#
# This is equation 7 of [Schulman et al. 2017](https://arxiv.org/abs/1707.06347), to be maximised.
#
# - $\rho_t = \pi_\theta(a_t \mid s_t) / \pi_\text{old}(a_t \mid s_t)$ is the ratio of step $t$, computed as
#   $\exp(\log \pi_\theta - \log \pi_\text{old})$;
# - $A_t$ is the advantage, a constant of the update;
# - $\varepsilon$ is the **clip range**, 0.2 in the paper and in most programs since;
# - $\operatorname{clip}(\rho, 1 - \varepsilon, 1 + \varepsilon)$ is $\rho$ inside the band, and the nearer end of the
#   band outside;
# - $\mathbb{E}_t$ is the mean over the batch.
#
# The smaller of the two products is never more than $\rho_t A_t$, so the objective is a **lower bound** of the
# surrogate, a cautious one: it believes the losses at once, and the gains only up to ε.
#
# ### Exercise 1: the clipped objective (12 minutes, medium)
#
# You are given the logarithms of both probabilities, and the advantages. These have the same shape, or one column
# only: `[B, 1]` beside log-probabilities of `[B, T]`, one advantage for all T tokens of an answer, which PyTorch
# broadcasts along the row when it multiplies. The band may have two different ends, `1 - clip_low` and `1 + clip_high`
# (PPO uses one ε for both; a later variant does not). Return one value for each action, without a mean. The *gradient*
# of what you return is checked, too. Stuck? `hint("clipped_surrogate")` helps, a little more each time.


# %%
from rlcourse.exercises import check, hint, solution


def my_clipped_surrogate(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    # your code here
    return ...


my_clip_result = check("clipped_surrogate", my_clipped_surrogate)

# %% [markdown]
# **Put it to work.** From here on, everything in this notebook that trains uses *your* objective. (Until yours
# passes, the course's.)

# %% jupyter={"source_hidden": true}
# Takes your clip, once it has passed, and says whose is at work.
from rlcourse.exercises import at_work

numbers, all_of_them = torch.zeros(4096, 1), torch.ones(4096, 1, dtype=torch.bool)  # as large as the robot's batch

objective_fn = at_work(
    my_clip_result,
    my_clipped_surrogate,
    clipped_surrogate,
    try_on=lambda f: f(numbers, numbers, numbers, clip_low=0.2, clip_high=0.2),
)
whose = "the course’s clip" if objective_fn is clipped_surrogate else "your clip"
say(f"At work from here on: **{whose}**.")

# %% [markdown] tags=["slide-head"]
# ## 5 · The same twenty rounds, with a fence
#
# The very same batch once more, for four clip ranges. The band $1 \pm \varepsilon$ is drawn as two fences around
# $\rho = 1$. The axis is logarithmic: half as likely lies as far from 1 as twice as likely.
#
# **Predict first.** Before the first gradient step, where does every dot stand? And later: on which side of the band
# will the green dots lose their push, and on which the purple ones?

# %% jupyter={"source_hidden": true}
# Asks a question of the quiz, to answer beforehand.
quiz("06", [1])

# %% tags=["slide-on"]
from rlcourse.explorables import record_update

held = record_update([0.1, 0.2, 0.3, 0.5], objective=objective_fn, epochs=20, progress=True)
twenty_rounds(unheld, held)

# %% [markdown]
# - **Before the first step** every ratio is *exactly* 1: the policy that is about to learn is the one that collected the
#   batch. So in the first gradient step the clip does nothing at all, and the gradient is the policy gradient of
#   notebook 04.
# - **At the fence** a dot that moved the right way gets a rim: nothing pushes it any more. One that moved the wrong way
#   gets a thick arrow, which points back.
# - **The promise** has less to gain after a few rounds: compare the two curves, and then those of the truth. Does the
#   blue curve of the truth sag a little in the later rounds? The clip makes it unrewarding to go on; it does not forbid it.
#
# <details><summary><b>Think about it:</b> nothing pushes the dots with a rim any more. Why do some of them go on,
# far beyond the fence?</summary>
#
# The clip takes their *gradient* away, and holds nothing. One step can jump over the edge. Adam keeps some momentum
# from the steps before. And an action is never alone: all probabilities of a state add up to 1, so when one action
# becomes less likely the others become likelier, asked or not. In a network, where all states share the weights, even
# more so. And some are torn both ways: this policy is a table, and an action that was taken in one state several times
# has *one* ratio there. Where its advantages have both signs, one of its dots is on the wrong side whatever happens.
# </details>

# %% jupyter={"source_hidden": true}
# Asks another, to answer afterwards.
quiz("06", [4])

# %% [markdown] tags=["slide-head"]
# ## 6 · Two gauges
#
# Nobody sees two hundred dots while a language model trains. What every PPO program shows in their place are two
# numbers. Here they stand under a batch of 4,096 ratios. Turn ε and the steps until the
# clip fraction and the share "without a gradient" are as far apart as you can make them; then find two states with about
# the same clip fraction, but very different KLs.

# %% tags=["slide-on"]
from rlcourse.explorables import batch_of_ratios

batch_of_ratios(record_update(progress=True))

# %% [markdown]
# - The **clip fraction** is the share of actions outside the band, on either side:
#   $\frac1N \sum_i \mathbb{1}\big[\,|\rho_i - 1| > \varepsilon\,\big]$. (The share *without a push* is smaller:
#   outside the band, but on the wrong side, an action is pushed back.)
# - The **approximate KL** says how far the policy has moved:
#   $\mathrm{KL}(\pi_\text{old} \,\|\, \pi_\theta)$, as in notebook 05, estimated from the batch: $\frac1N \sum_i \big( \rho_i - 1 - \log \rho_i \big)$. This is [Schulman's
#   k3](http://joschu.net/blog/kl-approx.html). The old policy drew the actions, so it stands in the denominator of ρ.
#
# Why not simply the mean of $-\log \rho_i$? It is right on average as well, but single batches can come out negative.
# $\rho - 1$ has the mean 0 and takes most of that noise away. [Stable-Baselines3](https://github.com/DLR-RM/stable-baselines3/issues/417)
# logged the first and changed to the second. There the two are called `train/approx_kl` and `train/clip_fraction`,
# in CleanRL `losses/approx_kl` and `losses/clipfrac`.
#
# Mind *when* a gauge is read. A program reads it on the way, from each part of the batch *before* the step that this
# part makes. The gauges of an update, here too, are means over its last pass. So the last steps are not in them, and the
# policy ends further away than they say.
#
# ### Exercise 2: two gauges (8 minutes, easy)
#
# `mask` is True where there is an action; the rest is padding, as after a short answer. Return both means, first the
# KL, then the clip fraction. A gauge is read, not climbed: what you return must carry no gradient.
# (`hint("ppo_gauges")` helps.)


# %%
def my_gauges(logprobs, old_logprobs, mask, *, clip_range):
    # your code here
    return ...


my_gauges_result = check("ppo_gauges", my_gauges)

# %% [markdown]
# **Put it to work.** A gauge can be a **brake**. With `target_kl` an update ends once the approximate KL has passed one
# and a half times the target (so do Stable-Baselines3 and ours). What would such a brake have made of the twenty rounds
# without a clip?

# %% jupyter={"source_hidden": true}
# Reads your gauges after every gradient step, and brakes.
from rlcourse.equations import ppo_gauges

gauges_fn = at_work(
    my_gauges_result,
    my_gauges,
    ppo_gauges,
    try_on=lambda f: f(numbers, numbers, all_of_them, clip_range=0.2),
)
mine = {"objective": objective_fn, "gauges": gauges_fn}
lines = ["| without a clip | it brakes after | truth there |", "|---|---|---|"]
everywhere = torch.ones_like(unheld.old_logprobs, dtype=torch.bool)
moved = [float(gauges_fn(now, unheld.old_logprobs, everywhere, clip_range=0.2)[0]) for now in unheld.logprobs[0]]
true = truth(unheld)
for target in (0.01, 0.02, 0.05):
    stop = int(np.argmax(np.array(moved) > 1.5 * target)) if max(moved) > 1.5 * target else len(moved) - 1
    after = f"{stop / unheld.steps_per_epoch:.2f} rounds"
    lines.append(f"| `target_kl={target}` | {after} | {true[stop]:+.3f} |".replace("-", "−"))
say(f"By {'the course’s' if gauges_fn is ppo_gauges else 'your'} gauges:\n\n" + "\n".join(lines))

told = []
for i, epsilon in enumerate(held.epsilons):
    ends = {"logprobs": held.logprobs[i : i + 1, [0, -1]], "policies": held.policies[i : i + 1, [0, -1]]}
    told.append(f"{truth(dataclasses.replace(held, epsilons=(epsilon,), **ends))[-1]:+.3f} with ε = {epsilon:g}")
said = f"The truth after all 20 rounds: {true[-1]:+.3f} without clip or brake; {', '.join(told)}."
say(said.replace("-", "−"))

# %% [markdown]
# The brake is no limit: the policy has passed the target then, and nothing is undone. But it needs no clip. Compare what
# a brake has left of the truth with what each ε has after all twenty rounds: either of them, set narrowly enough, can
# keep an update from going on too long. Which is better the numbers do *not* show. They are of one batch and one robot;
# the brake ends early and saves the steps that the clip still makes; and what counts is how many updates in a row teach.
#
# From here on whatever trains has your objective *and* your gauges (`mine` in the code holds both).

# %% jupyter={"source_hidden": true}
# Asks a question about the gauges.
quiz("06", [5])

# %% [markdown] tags=["slide-head"]
# ## 7 · What ε does, and what it does not
#
# How wide should the band be? Train robots with five settings, two seeds each, 30 updates: everything else is the
# same. (■ stops it at any time; the picture then shows the runs so far. Under Run All the cells below go on: press ■
# again for each that you want to stop.)
#
# **Predict first.** Which ε learns best? And does a clip of 0.2 keep the KL of an update below some limit, as TRPO does?

# %% jupyter={"source_hidden": true} tags=["slide-on"]
# Asks what you expect.
predict("best_epsilon", "kl_limit")

# %% jupyter={"source_hidden": true}
# A robot, PPO, what is measured, and the loop over all settings; it draws after every run.
from rlcourse.algorithms import PPOConfig, Training, TRPOConfig
from rlcourse.equations import surrogate
from rlcourse.explorables import sweep_picture
from rlcourse.maze import (
    GymnasiumWorld,
    MazeVectorEnv,
    TabularPolicy,
    TabularValue,
    expected_return,
    generate_maze,
    optimal_return,
    walk,
)

maze = generate_maze(8, seed=0)


def no_clip(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    """The surrogate, called like the clipped one."""
    return surrogate(logprobs, old_logprobs, advantages)


def robot(clip_range=0.2, *, objective=objective_fn, seed=0, **settings):
    """A robot that knows nothing yet, and PPO to teach it. 64 of it practise at once, 64 steps for each update."""
    envs = MazeVectorEnv(64, maze=maze, random_start=True, autoreset_mode="SameStep")
    policy, critic = TabularPolicy(maze.num_states), TabularValue(maze.num_states)
    usual = {"learning_rate": 0.1, "minibatch_size": 512, "entropy_coef": 0.03}
    config = PPOConfig(clip_range=clip_range, **usual | settings)
    ppo = PPO(config, objective=objective, gauges=gauges_fn, critic=critic)
    return Training(policy, GymnasiumWorld(envs, steps=64), ppo, seed=seed)


def measure(policy):
    """The exact expected return from the maze's start."""
    return {"expected_return": expected_return(maze, policy.probabilities(), max_steps=maze.num_states)}


def sweep(choices, *, seeds, updates):
    """Train a robot for each of the choices and seeds. All histories, and what each robot does in the end."""
    runs, policies = {name: [] for name in choices}, {name: [] for name in choices}
    turns = [(name, seed) for seed in range(seeds) for name in choices]
    levels = {"best": optimal_return(maze), "limit": TRPOConfig().target_kl}
    progress, place = tqdm(total=updates * len(turns), desc="updates"), None
    for name, seed in turns:
        training = robot(**choices[name], seed=seed)
        settings = {"evaluate": measure, "evaluate_every": updates, "progress": False}
        history = training.run(updates, on_step=lambda training: progress.update(), **settings)
        if history.interrupted:
            break
        runs[name].append(history)
        policies[name].append(training.policy.probabilities().double().numpy())
        so_far = {name: histories for name, histories in runs.items() if histories}
        drawn = sweep_picture(so_far, metric="expected_return", **levels)
        if place is None:
            place = display(drawn, display_id=True)
        else:
            place.update(drawn)
    progress.close()
    return runs, policies


# %% tags=["slide"]
choices = {
    "0.05": {"clip_range": 0.05},
    "0.1": {"clip_range": 0.1},
    "0.2": {"clip_range": 0.2},
    "0.5": {"clip_range": 0.5},
    "no clip": {"objective": no_clip},
}
runs, policies = sweep(choices, seeds=2, updates=30)

# %% jupyter={"source_hidden": true} tags=["claim-C10", "slide", "slide-last"]
# Says what came out, and shows every robot.
from rlcourse.explorables import swept_robots

finished = {name: histories for name, histories in runs.items() if histories}
if finished:
    lines = [
        "| clip range ε | expected return at the end | KL gauge of an update: mean | largest |",
        "|---|---|---|---|",
    ]
    ends, leaps, beyond = {}, {}, {}
    for name, histories in finished.items():
        ends[name] = [history.last("expected_return") for history in histories]
        kl = np.concatenate([history["approx_kl"][1:] for history in histories])
        leaps[name] = kl.max() / kl.mean()
        beyond[name] = np.mean(kl > TRPOConfig().target_kl)
        told = ", ".join(f"{end:+.2f}" for end in ends[name])
        lines.append(f"| {name} | {told} | {kl.mean():.3f} | {kl.max():.3f} |")
    say("\n".join(lines))
    best, furthest = max(ends, key=lambda name: np.mean(ends[name])), max(leaps, key=leaps.get)
    called = {name: f"ε = {name}" if name[0].isdigit() else name for name in ends}
    below = [called[name] for name in ends if min(ends[name]) < 0]
    say(
        f"Of those that have run, **{called[best]}** comes out best. "
        + (
            f"A return below 0 says that the way, if there is one, costs more than the exit pays. That is so with "
            f"{' and '.join(filter(None, [', '.join(below[:-1]), below[-1]]))}. "
            if below
            else "No return is below 0. "
        )
        + f"With {called[furthest]}, one update went {leaps[furthest]:.0f} times as far as the mean one."
    )
    if len(finished) == len(choices):
        reveal(
            best_epsilon={"0.05": 0, "0.1": 1, "0.2": 1, "0.5": 2, "no clip": 3}[best],
            kl_limit=0 if beyond["0.2"] == 0 else 1 if beyond["0.2"] < 0.5 else 2,
        )
    who = {"runs": finished, "policies": {name: policies[name] for name in finished}}
    display(swept_robots(maze, **who, metric="expected_return", limit=TRPOConfig().target_kl))

# %% [markdown] tags=["loose"]
# (For "no clip" the clip fraction counts the ratios outside 1 ± 0.2.) A narrow band moves the policy little in an update, so it learns slowly. A wide one may move it
# far, on the strength of first impressions: the wall hurts, the exit is far. A robot that falls for them learns to turn
# on the spot until time is up, and such a robot collects nothing that would teach it better. Can you find one: a map
# without arrows, a walk that goes nowhere? And was it one wild update that ruined it, or many?
#
# And the KL? Does it grow with ε in your picture? Then the clip does restrict the update, as the article says:
# **implicitly**. But it is no limit: nothing in the objective would stop a larger step, and the same ε gives other KLs
# with another learning rate, more epochs, or another network. TRPO *measures* the KL and keeps it; PPO *hopes*, and
# usually does well.
#
# <details><summary><b>For the curious:</b> is that only so in our maze, and is there another way?</summary>
#
# [Engstrom et al. 2020](https://arxiv.org/abs/2005.12729) took PPO and TRPO apart on robots of another kind. They, too,
# saw ratios leave the band, and PPO do as well without a clip as with it. Most of what PPO has over TRPO, they found,
# comes from details of its code that have nothing to do with the clip. (Does your picture say otherwise? How much there
# is to clip depends on how far the steps go: here a table learns at a high rate.)
#
# Besides the brake, `target_kl`, there is another way to bring the KL back, of which one hears less: the PPO paper has a
# second form (section 4, equation 8), with a **penalty** for the KL in the place of the clip, whose weight is doubled
# after an update that went too far and halved after one that did not go far enough. In the paper's experiments the clip
# did better. But relatives of the penalty are in every RLHF: the KL that is taken off the reward (notebook 09), and the
# term with β in GRPO (notebook 10).
# </details>

# %% [markdown] tags=["slide", "slide-head"]
# **Try this:** run the sweep with `learning_rate=0.02` (add it to each of the `choices`). Which settings are now too
# bold, and which too timid?
#
# <details><summary>What to look for</summary>
#
# A fifth of the learning rate takes every update less far. What was too bold may now be just right, and what was just
# right too timid. Compare the column of mean KLs before and after: learning rate, epochs and ε decide *together* how
# far an update goes. That is why 0.2 is a good habit, and not a law. (Two seeds are few: try `seeds=3`.)
# </details>
#
# ## 8 · The critic's loss, and a bonus for being undecided
#
# PPO trains two things at once. The **policy** climbs the clipped objective. The **critic**, $V_\phi$ of notebook 03,
# which the advantages are computed with, learns what to expect, by regression:
#
# $$ L^\text{V} = \frac{1}{2N} \sum_i \big( V_\phi(s_i) - \hat G_i \big)^2, \qquad \hat G_i = \hat A_i + V_\text{old}(s_i) $$
#
# - $V_\phi(s_i)$ is the critic's value of the state, with weights $\phi$;
# - $\hat G_i$ is what it should have been (an estimate of the return, $G_t$ in notebook 03; `returns` in the code): the
#   advantage that was estimated, put on top of the value it was measured against.
#
# Half the mean squared error, and no clip. Many programs clip here as well: not in the paper, but in the code that its
# authors published, a value may move only so far from its old one before its error stops paying. Whether that helps is
# doubtful ([Andrychowicz et al. 2021](https://arxiv.org/abs/2006.05990) found that it rather hurts), and the course
# leaves it off. (If you want to write it all the same: `hint("value_loss")`, and then `check` it under that name.)
#
# The third part is the **entropy bonus**. The entropy $H = -\sum_a \pi(a \mid s) \log \pi(a \mid s)$ (the paper's
# $S$) says how undecided the policy is. A little of it is added to the objective, so that the policy does not make up
# its mind before it has seen enough. Together (equation 9 of the paper, where the ½ of $L^\text{V}$ goes into $c_1$):
#
# <!-- slide -->
#
# $$ L(\theta, \phi) = \mathbb{E}_t \big[ L^\text{CLIP}_t - c_1 L^\text{V}_t + c_2 H[\pi_\theta](s_t) \big] $$
#
# <!-- /slide -->
#
# with two weights that you will find as `value_coef` ($c_1$) and `entropy_coef` ($c_2$).
#
# ## 9 · The whole update
#
# An update judges the batch once (by your GAE of notebook 03, say), and then goes through it a few times, in portions.
# The loss of a portion is equation 9 with a minus in front. Here is the whole of it; `my_clip` is your clip, with ε in it.

# %% jupyter={"source_hidden": true}
# A robot, a batch that is judged, and the settings.
import functools

from rlcourse.algorithms import judge, normalized
from rlcourse.equations import categorical_entropy, gae, value_loss

by_hand = robot()
rollout = by_hand.algorithm.collect(by_hand.world, by_hand.policy, by_hand.generator)
config = by_hand.algorithm.config
judged = judge(rollout, by_hand.algorithm.critic, gae, gamma=config.gamma, gae_lambda=config.gae_lambda)
rows, returns = rollout.rows, judged.returns
advantages = normalized(judged.advantages, rows.mask)
my_clip = functools.partial(objective_fn, clip_low=config.clip_range, clip_high=config.clip_range)
value_coef, entropy_coef = config.value_coef, config.entropy_coef


def from_the_start():
    """A robot that has learned nothing yet, its critic, their optimiser, and the chance that shuffles the batch."""
    ppo, policy = (new := robot()).algorithm, new.policy
    return policy, ppo.critic, ppo.make_optimizer(policy), torch.Generator().manual_seed(rollout.seed)


# %% tags=["slide-on", "slide-code"]
policy, critic, optimizer, shuffled = from_the_start()
weights = [*policy.parameters(), *critic.parameters()]
for _ in range(config.epochs):
    order = torch.randperm(len(rows.mask), generator=shuffled)
    for portion in order.split(config.minibatch_size):
        batch, A, G = rows.select(portion), advantages[portion], returns[portion]
        logprobs, entropy = policy.logprobs(batch), categorical_entropy(policy.logits(batch))
        loss = (
            value_coef * value_loss(critic.values(batch), G)
            - my_clip(logprobs, batch.old_logprobs, A).mean()
            - entropy_coef * entropy.mean()
        )
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, config.max_grad_norm)
        optimizer.step()

# %% jupyter={"source_hidden": true}
# Lets the package make the same update, and compares.
by_class = robot()
unmoved = by_class.policy.probabilities()
by_class.algorithm.update(by_class.policy, by_class.algorithm.make_optimizer(by_class.policy), rollout)
moved, apart = (
    (by_class.policy.probabilities() - other).abs().max().item() for other in (unmoved, policy.probabilities())
)
say(
    f"By this loop and by `PPO.update`, from the same batch: the package moves a probability by up to {moved:.2f}, and "
    f"the two policies then differ by {apart:.6f} at most."
)

# %%
code = "\n\n".join(show_source(part).data for part in (PPO.epoch, PPO.loss))
say(f"<details><summary>The package’s own, with checks</summary>\n\n{code}\n\n</details>")

# %% [markdown]
# There is nothing else: a loss, and Adam. Compare it with any loop of supervised learning. That is the simplicity
# the article speaks of. The authors of PPO (Schulman et al. 2017) name two cases in which TRPO does not fit and PPO does: networks with noise in them,
# such as dropout, and networks in which policy and critic share weights.
#
# **Train the robot.** Beside the return, watch your two gauges, and on the map what it does. Then **turn it:** go through
# each batch once instead of four times, or 20 times. Guess first: which learns with the fewest updates, and what do the
# gauges do? The table keeps all that you try. (The grey band is of runs with 4.)

# %% jupyter={"source_hidden": true}
# Says what is drawn.
from rlcourse.explorables import Chart

target, epochs_tried = round(optimal_return(maze), 2), {}
maze_charts = [
    Chart("Expected return from the start", ("expected_return",), high=1.0, target=target),
    Chart("Clip fraction", ("clip_fraction",), low=0, percent=True),
    Chart("Approximate KL, nats", ("approx_kl",), low=0),
]

# %% tags=["slide"]
from rlcourse.explorables import TrainingDashboard

my_gae = gae
# Did you write your own in notebook 03? Paste it below this line, under this name.


EPOCHS = 4  # times through each batch: try 1 and 20, and run this cell and the next again
UPDATES = 60
training = robot(epochs=EPOCHS)
training.algorithm.advantage_fn = at_work(my_gae is not gae, my_gae, gae)
before = walk(maze, training.policy.probabilities(), seed=1, max_steps=120)

dashboard = TrainingDashboard(
    maze_charts,
    UPDATES,
    best="expected_return",
    maze=maze,
    recorded="maze-ppo",
)
display(dashboard)
training.run(UPDATES, on_step=dashboard, evaluate=measure, evaluate_every=2)
dashboard.finish(training.history)

# %% jupyter={"source_hidden": true} tags=["slide"]
# Says what the gauges showed, and plays the robot before and after.
from rlcourse.exercises import has_passed
from rlcourse.explorables import Films

if my_gae is gae and has_passed("gae"):
    say(
        "You have passed `gae` in notebook 03. Paste it into the cell above, below the line that "
        "asks for it, and run it again."
    )
achieved = training.history.last("expected_return")
say(
    f"With {whose} and {'the course’s' if my_gae is gae else 'your'} `gae`: after "
    f"{training.history.last('step'):.0f} updates and {training.history.last('seconds'):.1f} seconds the expected "
    f"return is **{achieved:.3f}**; the best possible is {optimal_return(maze):.3f}."
)
gauges = training.history[1:]
if gauges:
    there = training.history["step"][training.history["expected_return"] >= 0.9 * optimal_return(maze)]
    clipped, kl = (np.array([row[gauge] for row in gauges]) for gauge in ("clip_fraction", "approx_kl"))
    epochs_tried[EPOCHS] = (
        f"| {EPOCHS} | {len(gauges)} | {achieved:.3f} | {f'update {there[0]:.0f}' if len(there) else 'not reached'} "
        f"| {clipped[:5].mean():.0%} | {clipped[-5:].mean():.0%} | {kl.mean():.3f} | {kl.max():.3f} |"
    )
    head = "| epochs | updates | return | nine tenths of the best | clip fraction, first five | last five | KL, mean | largest |"
    say("\n".join([head, "|" + 8 * "---|", *(epochs_tried[epochs] for epochs in sorted(epochs_tried))]))
Films(maze, {"before": before, "after": walk(maze, training.policy.probabilities(), seed=1, max_steps=120)}, fps=15)

# %% [markdown] tags=["slide-head"]
# As a rule the clip fraction is high while there is much to learn, and falls when the robot has made up its mind. Spikes
# of the KL, if there are any, are single updates that went much further than the others under the same clip. In a run
# that goes wrong, these two gauges are often the first to tell.
#
# ## 10 · The same code elsewhere
#
# PPO knows nothing of mazes. Two more worlds, and not a line of the algorithm changes.
#
# **A pole on a cart.** Gymnasium's classic `CartPole-v1`: push the cart left or right so that the pole stays up. Four
# numbers are seen, so a small network takes the place of the table. 500 steps are the most there are; 475 on average
# counts as solved, and there the training stops.

# %% jupyter={"source_hidden": true}
# Says what is measured, and what is drawn.
from rlcourse.explorables import PoleFilms, balance
from rlcourse.maze import episode_returns


def steps_upright(policy):
    """The mean over 100 episodes."""
    return {"upright": episode_returns(policy, "CartPole-v1", num_envs=100).mean()}


pole_charts = [
    Chart("Steps upright, of 500", ("upright",), low=0, high=520, target=475),
    Chart("Clip fraction", ("clip_fraction",), low=0, percent=True),
    Chart("Approximate KL, nats", ("approx_kl",), low=0),
]

# %%
from rlcourse.maze import NetworkPolicy, NetworkValue

pole_policy, pole_critic = NetworkPolicy(4, 2, seed=0), NetworkValue(4, seed=100)
pole_world = GymnasiumWorld("CartPole-v1", num_envs=8, steps=32)  # 256 steps for each update
steps = {"learning_rate": 1e-3, "epochs": 20, "minibatch_size": 256}
pole_config = PPOConfig(gamma=0.98, gae_lambda=0.8, **steps)
pole_ppo = PPO(pole_config, critic=pole_critic, **mine)
pole_training = Training(pole_policy, pole_world, pole_ppo, seed=0)

fallen = balance(pole_policy, seed=5)
dashboard = TrainingDashboard(pole_charts, 120, best="upright", recorded="cartpole-ppo")
display(dashboard)
pole_training.run(
    120,
    on_step=dashboard,
    evaluate=steps_upright,
    evaluate_every=10,
    until=lambda history: history.last("upright") >= 475,
    progress=False,
)
dashboard.finish(pole_training.history)

# %% jupyter={"source_hidden": true} tags=["slide-on"]
# Says how long it stays up, and plays it before and after.
say(
    f"**{pole_training.history.last('upright'):.0f} steps upright** on average, after "
    f"{256 * pole_training.history.last('step'):,.0f} steps of practice and "
    f"{pole_training.history.last('seconds'):.1f} seconds of training."
)
PoleFilms({"before": fallen, "after": balance(pole_policy, seed=5)})

# %% [markdown]
# **A robot without a map.** So far the robot learned *one* maze by heart. Here it gets a new one in every episode. It
# does not see where it is, only what is around: the walls near it, how far it could drive in each direction, and
# where the exit lies as the crow flies; and it drops crumbs to know where it has been. It practises in 300 mazes and
# is tested in others.

# %% jupyter={"source_hidden": true}
# Asks what you expect; says what is measured, and what is drawn.
from rlcourse.maze import ManyMazesVectorEnv, success_rate

predict("unseen_mazes")


def explore(policy, maze, seed):
    """One walk through a maze that the policy does not know; the states in order."""
    env, rng = ManyMazesVectorEnv(1, [maze]), np.random.default_rng(seed)
    seen, _ = env.reset(seed=seed)
    states = [maze.start_state]
    while not maze.transitions.terminal[states[-1]] and len(states) <= 120:
        chances = policy.probabilities(torch.from_numpy(seen))[0].double().numpy()
        action = rng.choice(3, p=chances / chances.sum())
        seen, *_ = env.step([action])
        states.append(int(maze.transitions.next_state[states[-1], action]))
    return states


def solved(policy):
    """The share of the unseen mazes that it gets out of in time."""
    return {"solved": success_rate(policy, unseen, walks=1).rate}


scout_charts = [
    Chart("Unseen mazes solved", ("solved",), low=0, high=1.05, percent=True),
    Chart("Clip fraction", ("clip_fraction",), low=0, percent=True),
    Chart("Approximate KL, nats", ("approx_kl",), low=0),
]

# %%
practice = [generate_maze(8, seed=1000 + number) for number in range(300)]
unseen = [generate_maze(8, seed=number) for number in range(100)]
scout_world = GymnasiumWorld(ManyMazesVectorEnv(128, practice, random_start=True), steps=64)
scout = NetworkPolicy(scout_world.num_inputs, seed=0)
scout_critic = NetworkValue(scout_world.num_inputs, seed=100)
scout_config = PPOConfig(learning_rate=2e-3, minibatch_size=2048, entropy_coef=0.01)
scout_ppo = PPO(scout_config, critic=scout_critic, **mine)
scout_training = Training(scout, scout_world, scout_ppo, seed=0)

lost = explore(scout, unseen[2], seed=0)
dashboard = TrainingDashboard(scout_charts, 40, best="solved", recorded="mazes-ppo")
display(dashboard)
scout_training.run(40, on_step=dashboard, evaluate=solved, evaluate_every=5)
dashboard.finish(scout_training.history)

# %% jupyter={"source_hidden": true} tags=["slide"]
# Says how many mazes it gets out of, and plays one.
result = success_rate(scout, unseen, walks=4)
say(
    f"It gets out of **{result.rate:.1%}** of 100 mazes that it has never seen, on ways "
    f"{result.detour:.2f} times as long as the shortest. One of them:"
)
if scout_training.history.last("step") == 40:
    reveal(unseen_mazes=int(np.digitize(result.rate, (0.3, 0.6, 0.9))))
Films(unseen[2], {"before": lost, "after": explore(scout, unseen[2], seed=0)}, fps=15)

# %% [markdown] tags=["slide-head"]
# ## 11 · Beside TRPO and REINFORCE
#
# One run is luck. These are the course's recorded runs, five seeds each: the mean as a line, the worst and the best
# seed as the edge of the band.

# %% jupyter={"source_hidden": true} tags=["slide-on"]
# Draws the recorded runs.
from rlcourse.explorables import bands_picture

with our_style():
    figure = new_figure(11, 4)
    left, right = figure.subplots(1, 2)
in_the_maze = bands_picture(
    {
        "REINFORCE with critic": load_curves("maze-reinforce"),
        "TRPO": load_curves("maze-trpo"),
        "PPO": load_curves("maze-ppo"),
    },
    metric="optimality",
    title="The maze: share of the best return",
    low=-0.5,
    high=1.1,
    axes=left,
)
on_the_cart = bands_picture(
    {"TRPO": load_curves("cartpole-trpo"), "PPO": load_curves("cartpole-ppo")},
    metric="balance",
    title="CartPole: steps upright",
    target=475,
    xlabel="steps of experience",
    x_per_step={"TRPO": 1024, "PPO": 256},
    axes=right,
)
handles, labels = left.get_legend_handles_labels()
with our_style():
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)  # below, where no curve is
for axes in (left, right):
    axes.get_legend().remove()
Picture(figure, alt=f"{in_the_maze.alt} {on_the_cart.alt}")

# %% [markdown]
# (REINFORCE needs whole episodes, so its updates are not the same effort as those of the others.) On CartPole, does a run
# that has got to the top stay there? Where PPO's band falls lower than TRPO's it is tempting to say: that is the limit,
# which no update of TRPO passes on its batch. These records do not prove it: the settings differ as well. Engstrom et al.
# (section 7) had to make all such details equal before they could say what the clip itself does. It was not much.
#
# And "much simpler"? Let us count the lines of our own code, without comments and docstrings, that lead from a judged
# batch to a better policy. **Guess first**, in the cell: TRPO's lines for each line of PPO. "lines" counts the functions named beside it, some of which stand in `rlcourse.equations`, not
# in the class; "inside the class" counts what does, with all that is around it: collecting, the critic, checks, gauges.

# %%
my_guess = 1.0  # how many lines of TRPO there are for one line of PPO

# %% jupyter={"source_hidden": true}
# Counts the lines of code.
import ast
import inspect
import textwrap

from rlcourse.algorithms import TRPO, Reinforce, damped, logprobs_and_entropy
from rlcourse.equations import conjugate_gradient, fisher_matvec, line_search, policy_gradient


def lines_of_code(thing):
    """How many lines a function or class has, without comments and docstrings."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(thing)))
    for node in ast.walk(tree):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return len(ast.unparse(tree).splitlines())


parts = {
    "REINFORCE": (Reinforce, [Reinforce.step, policy_gradient]),
    "TRPO": (
        TRPO,
        [
            *(TRPO.step, TRPO.bowl, damped, TRPO.move, TRPO.surrogate, TRPO.logits),
            *(fisher_matvec, conjugate_gradient, line_search),
        ],
    ),
    "PPO": (PPO, [PPO.epoch, PPO.loss, logprobs_and_entropy, clipped_surrogate]),
}
lines, counted = ["| algorithm | what moves the policy | lines | inside the class |", "|---|---|---|---|"], {}
for name, (whole, pieces) in parts.items():
    names, counted[name] = ", ".join(f"`{piece.__name__}`" for piece in pieces), sum(map(lines_of_code, pieces))
    lines.append(f"| {name} | {names} | **{counted[name]}** | {lines_of_code(whole)} |")
say("\n".join(lines))
say(f"TRPO has **{counted['TRPO'] / counted['PPO']:.1f}** lines for one of PPO. Your cell says {my_guess:g}.")

# %% [markdown]
# Compare the first number of PPO with TRPO's, and then the last: PPO has no Fisher matrix, no linear solver and no line
# search, and has traded that mathematics for *settings*: epochs, minibatches, the critic in the same loss, the bonus, the
# brake. Much of the art of PPO is in such details (there is a well-known list of
# [37 of them](https://iclr-blog-track.github.io/2022/03/25/ppo-implementation-details/)).
#
# ## 12 · And a language model
#
# One world is left: the GPT-2 of this course, which answers sums like “What is 2+2?”, and a rule that pays 1 for a right
# answer. (Notebook 10 is all about it.) Tokens are its actions. It can be trained by the *same class*, with your
# objective. **Turn it:** once through each batch in one portion, or four times. Where does the clip have nothing to do? (The
# grey band is of runs that go through each batch twice, in portions of 128.)

# %% jupyter={"source_hidden": true}
# Says what is drawn.
gpt2_charts = [
    Chart("Right answers", ("reward",), low=0, high=1, percent=True),
    Chart("Clip fraction", ("clip_fraction",), low=0, percent=True),
    Chart("Approximate KL per token", ("approx_kl",), low=0),
]

# %%
from rlcourse.experiments import fresh_policy, held_out_accuracy
from rlcourse.language import ValueModel, arithmetic_world, split_sums

epochs, portion = 2, 128  # try 1, 10_000 (all in one), and 4, 128

gpt2 = fresh_policy()  # a GPT-2 after supervised fine-tuning
# A second GPT-2, with a value for each token:
gpt2_critic = ValueModel.from_language_model(gpt2.model, gpt2.tokenizer)
steps = {"epochs": epochs, "minibatch_size": portion, "max_grad_norm": 1}
gpt2_config = PPOConfig(gamma=1, learning_rate=1e-4, value_learning_rate=3e-4, **steps)
gpt2_ppo = PPO(gpt2_config, critic=gpt2_critic, **mine)
gpt2_training = Training(gpt2, arithmetic_world(split_sums()[0]), gpt2_ppo, seed=0)

accuracy_before = held_out_accuracy(gpt2)["accuracy"]
dashboard = TrainingDashboard(gpt2_charts, 10, best="reward", recorded="language-ppo-twice")
display(dashboard)
gpt2_training.run(10, on_step=dashboard)
dashboard.finish(gpt2_training.history)

# %% jupyter={"source_hidden": true}
# Says how well it answers, and draws the recorded runs.
accuracy_after = held_out_accuracy(gpt2)["accuracy"]
say(
    f"On 500 sums that it was never shown it was right **{accuracy_before:.0%}** of the time, and is right "
    f"**{accuracy_after:.0%}** of the time now, after {gpt2_training.history.last('step'):.0f} updates and "
    f"{gpt2_training.history.last('seconds'):.1f} seconds."
)
bands_picture(
    {
        "PPO": load_curves("language-ppo"),
        "TRPO": load_curves("language-trpo"),
        "REINFORCE, no critic": load_curves("language-reinforce"),
    },
    metric="accuracy",
    title="Recorded: right answers on held-out sums",
    low=0,
    high=1,
    percent=True,
)

# %% [markdown]
# With more than one gradient step on each batch the clip has something to do. The PPO *in this last picture* takes a
# single one, unlike yours and the grey band above: then every ratio is 1, and the clip never bites. REINFORCE takes one step as well. Do these two curves
# lie on top of each other? TRPO was given fewer updates, as each of them takes longer (section 1).
#
# The critic is a second model as large as the first. It is what GRPO will do without.
#
# What has the model learned? Below are two answers, token by token, and how much likelier the trained model finds each token than
# the model it began with (PPO's own ρ compares with the policy of one update ago). At the cursors, what the critic expects.

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("changed_token")

# %% jupyter={"source_hidden": true}
# Shows two answers, token by token, and reads the second.
from rlcourse.explorables import answers_strip
from rlcourse.language import as_episodes

question, answers, at_first = (
    "Question: What is 17+25?\nAnswer:",
    [" 17+25 is 42.", " I guess 17+25 is 47."],
    fresh_policy(),
)
then_and_now = {"old_policy": at_first, "critic": gpt2_critic, "names": ["computes: right", "guesses: wrong"]}
strip = answers_strip(gpt2, question, answers, **then_and_now)
display(strip)

guess = as_episodes(gpt2.tokenizer, question, answers[1:], device=next(gpt2.parameters()).device)
with torch.no_grad():
    log_ratios = (gpt2.logprobs(guess) - at_first.logprobs(guess))[0]
expected, tokens = strip.strips.values[1], strip.strips.tokens[1]
digit = max(i for i, token in enumerate(tokens) if any(sign.isdigit() for sign in token))
where = {f"“{tokens[i].strip()}”": i for i in (0, digit)}
say(
    "In the guess: "
    + "; ".join(
        f"{name} is {log_ratios[i].exp():.2g} times as likely as at first, and V behind it is {expected[i + 1]:.2f}"
        for name, i in where.items()
    )
    + "."
)
furthest = int(log_ratios.abs().argmax())
reveal(changed_token=0 if furthest == 0 else 1 if furthest == digit else 2)

# %% [markdown]
# <details><summary><b>What there is to see</b></summary>
#
# At the first token the model decides whether to compute or to guess: has the space that begins a computation become
# likelier, and "I", which begins a guess, less likely? Then it has learned to *do* what it could do before. The wrong
# digit never pays either, but it is drawn much more rarely: so chance decides how far it moves, and sometimes even which way.
#
# The critic, as a rule, suspects it at the "I": guesses are wrong more often, and V is low there. Of the wrong digit it
# knows little. To see that 47 is wrong it would have to add up itself; does V fall behind the digit, or does it stand
# higher there than behind the "I"? (A full bar stands for four times.)
# </details>

# %% [markdown]
# ## One last question

# %% jupyter={"source_hidden": true}
# Asks the last question of the quiz.
quiz("06", [6])

# %% [markdown] tags=["slide"]
# ## What you now know
#
# <!-- slide -->
#
# - Who learns much from one batch gets promises that do not come true, for two reasons: the policy **overfits** the
#   noise of few samples, and it comes to **other states** than the batch. The second is what a trust region is for.
# - PPO's **clipped objective**, min(ρ·A, clip(ρ, 1−ε, 1+ε)·A), takes away what could be gained beyond the band. The
#   **min** keeps the way back open for actions that moved the wrong way.
# - At the first step on a batch all **ratios are exactly 1**. Only further steps make the clip matter.
# - The **clip fraction** counts the ratios outside the band; not all of these are without a gradient. How far the
#   policy moved is a third thing, the **KL**. The clip restricts it, implicitly, and does not bound it; a brake on your
#   approximate KL does nearly that.
# - One **loss**, three terms: policy, critic, entropy. And Adam. That is why the same class trains a robot, balances
#   a pole and teaches a GPT-2 to add.
#
# <!-- /slide -->
#
# ## What comes next
#
# The robot rests. A language model takes its place, in the same loop: tokens are its actions. Later your clipped
# objective meets a group of answers, which makes the critic superfluous: that is GRPO.

# %% jupyter={"source_hidden": true}
# Links to what comes next.
from rlcourse.course import what_comes_next

what_comes_next("06")
