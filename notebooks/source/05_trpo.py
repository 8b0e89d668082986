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
# # 05 · TRPO
#
# **A step you can trust** · about 105 minutes · difficulty: hard · you need [notebook 03](03_values.ipynb) and
# [notebook 04](04_policy_gradients.ipynb)
#
# <blockquote style="border-left: 6px solid #56B4E9; background: rgba(86, 180, 233, 0.14); padding: 10px 16px"><b>The article says</b> that TRPO makes the ratio of new to old probability times the advantage as large as it can, under a hard limit on the KL between the old policy and the new one.<br><b>Here you run it.</b> From <a href="https://towardsdatascience.com/training-large-language-models-from-trpo-to-grpo/"><i>Training Large Language Models: From TRPO to GRPO</i></a> (Towards Data Science, 6 February 2025).</blockquote>
#
# TRPO is short for *trust region policy optimisation*. You build its step from its parts, train a robot and a pole with
# it, watch two of its steps on a GPT-2, and measure how hard that limit is. It is a long notebook: the end of section 4
# is a good place for a break.
#
# **When you are done you will be able to**
#
# - say why one and the same step can be harmless or ruinous, and measure how far a *policy* has moved;
# - compute the KL both ways, and say which of the two TRPO limits, and why it is not a distance;
# - say which step gets the most out of an allowance of KL, and compute it for any network: a product with the Fisher
#   matrix, a solver, and a search along the step;
# - train with TRPO, measure what its limit promises and what it does not, and say what that costs.
#
# The first cell loads PyTorch and the course. That takes some seconds. (A grey bar is a cell whose code is folded away, because it
# only loads, tabulates or draws. It runs like any other, and a click opens it.)

# %% jupyter={"source_hidden": true}
# Loads what the notebook needs.
import copy
import dataclasses

import numpy as np
import torch
from IPython.display import display

from rlcourse import explorables
from rlcourse.explorables import descent_picture, furthest_picture, promise_and_truth
from rlcourse.showing import OKABE_ITO, Paragraph, new_figure, our_style, say, show_source
from rlcourse.showing import bar as tqdm

# %% [markdown] tags=["slide-head"]
# ## 1 · The same step, harmless or ruinous
#
# Notebook 04 ended with a step that was too large. Then take a smaller one, you may say: turn the learning rate down.
# But how small is small? Look at a policy with a single weight $\theta$. The robot turns left with probability
# $\sigma(\theta)$, the sigmoid. Its steps are all of one length, 2. You choose where one begins:

# %% tags=["slide-on"]
explorables.same_step()

# %% [markdown] tags=["slide-head"]
# In the flat part hardly anything happens; in the steep part the robot becomes another one. A gradient does not know
# the difference: it measures steps in *weights*. What we care about is the *policy*.
#
# In supervised learning a step that was too large is a nuisance. The next batch is as good as the last one, and
# repairs it. Here the policy collects its own data. A ruined policy stands in a corner of the maze, collects a batch
# of standing in the corner, and learns from that. There may be no way back. So we want a step that we can trust: as
# large as possible, while the policy remains nearly the one that collected the data.
#
# ## 2 · A ruler for policies
#
# How far apart are two policies? The usual ruler is the **KL divergence** (Kullback and Leibler 1951). Play with it
# before you see the formula. There is a distribution $p$ with two humps, and you shape a $q$ with one. Beside them you
# see two numbers for how far apart they are, for every place where $q$ could stand.
#

# %% jupyter={"source_hidden": true}
# Asks what you expect.
from rlcourse.exercises import predict, reveal

predict("two_humps")

# %% tags=["slide-on"]
explorables.kl_both_ways(samples=False)

# %% [markdown] tags=["loose", "slide"]
# <details><summary><b>What you have seen</b></summary>
#
# KL(p‖q) is smallest when $q$ spreads over both humps, the valley between them included. KL(q‖p) is smallest when $q$
# sits on one hump and forgets the other. The first punishes $q$ for ruling out what $p$ does. The second punishes it
# for doing what $p$ rules out.
# </details>
#
# <!-- slide -->
#
# For two distributions over the same actions,
#
# $$ \mathrm{KL}(p \,\|\, q) = \sum_a p(a)\, \big( \log p(a) - \log q(a) \big) $$
#
# - $p(a)$ and $q(a)$ are the probabilities of action $a$, and the sum runs over all actions;
# - the unit is the **nat**, which belongs to the natural logarithm;
# - the average is taken over what $p$ does. That is why the two ways differ.
#
# <!-- /slide -->
#
# The article calls the KL a similarity. To be exact, it is a **divergence**: 0 when the two agree, larger the more
# they differ, never negative. And it is not a distance, as the way there is not as long as the way back.
#
# TRPO limits $\mathrm{KL}(\pi_\text{old} \,\|\, \pi_\theta)$, averaged over the states that the old policy visited:
# the old policy stands in front. What this forbids most strictly is to rule out an action that the old policy took:
# that costs infinitely much. For small changes of the logits it hardly matters which of the two stands in front: both
# ways bend alike, with the very matrix of section 5. (In the table after the exercise the logits move by 2, which is
# not small.)
#
# ### Exercise 1: the KL of two policies (8 minutes, easy)
#
# `logits_p` and `logits_q` have the shape `[…, V]`: the last axis holds one logit for each of V actions, and there
# may be any number of states before it. Return KL(p‖q), one number for each state. (Take `log_softmax`: the logarithm
# of a `softmax` is −∞ where a probability is too small for the computer. Stuck? `hint("categorical_kl")`.)


# %%
from rlcourse.exercises import at_work, check, hint, solution


def my_categorical_kl(logits_p, logits_q):
    # your code here
    return ...


my_kl_result = check("categorical_kl", my_categorical_kl)

# %% [markdown]
# **Put it to work.** What do the two steps of section 1 cost, measured with your ruler? (`at_work` takes your function
# if it passed, and the course's if not, here and below.)

# %% jupyter={"source_hidden": true} tags=["slide"]
# Tabulates what both steps cost.
from rlcourse.equations import categorical_kl

kl_fn = at_work(my_kl_result, my_categorical_kl, categorical_kl)

moves = {"in the flat part": (-6.0, -4.0), "in the steep part": (-1.0, 1.0)}
lines = [
    "| the step | from | to | KL(π<sub>old</sub>‖π<sub>new</sub>) | KL(π<sub>new</sub>‖π<sub>old</sub>) |",
    "|---|---|---|---|---|",
]
costs = {}
for name, (was, became) in moves.items():
    start, end = torch.tensor([was, 0.0]), torch.tensor([became, 0.0])  # logits of "left" and "right"
    costs[name] = kl_fn(start, end).item()
    lines.append(f"| {name} | {was:+.0f} | {became:+.0f} | {costs[name]:.4f} | {kl_fn(end, start):.4f} |")
say("\n".join(lines))
say(f"In the steep part the KL is **{costs['in the steep part'] / costs['in the flat part']:.0f} times** as large.")

# %% [markdown]
# The same step in the weight, and another world in KL. This is the ruler we wanted: it does not care how a policy is
# written down in weights, only what it does. (In the steep part both ways agree, as −1 and +1 are mirror images. That
# is an exception.)
#
# How much is a limit of 0.01 nats, which is usual? An inequality of Pinsker's says that no event's *probability* can
# have moved by more than $\sqrt{\mathrm{KL}/2}$.

# %% jupyter={"source_hidden": true}
# Says what 0.01 nats allow.
say(
    f"Within 0.01 nats, in a state, no action's probability can have moved by more than "
    f"**{100 * (0.01 / 2) ** 0.5:.1f} percentage points**. (A rare action may still have become several times as likely.) "
    f"Our harmless step in the flat part cost {costs['in the flat part']:.4f} nats, just over that limit."
)

# %% [markdown] tags=["slide-head"]
# (In a single state. The limit is on the mean over all states, so one state may move more and others less. How much
# more, section 11 measures.)
#
# ## 3 · Why the limit? What the old data can promise
#
# The robot below is half trained: half of the time it takes the best action, otherwise any of the three. It wants to
# become better, so what is better than usual must become likelier. The shortest way to do so: add to the logit of each
# action its advantage, a little or a lot.
#
# A batch can only *estimate* the advantages, so we add some noise to them: the way that the policy goes is the way of a
# small batch. But how good each new policy on that way really is, and what the old data say of it, we work out exactly.
# The old data were collected by the old policy, and tell how often *it* visits each state:

# %% jupyter={"source_hidden": true}
# A maze, an old policy, and how often it visits each state.
from rlcourse.maze import generate_maze, solve

GAMMA = 0.99
maze = generate_maze(8, seed=0)
old_policy = 0.5 * solve(maze, gamma=GAMMA).policy + 0.5 / 3  # π(a|s), one row for each state
old = solve(maze, gamma=GAMMA, policy=old_policy)  # its exact V, Q and A


def visits(policy):
    """How often each state is visited from the start on average, later visits discounted: exact, by linear algebra."""
    rules, states = maze.transitions, np.arange(maze.num_states)
    leads_to = np.zeros((maze.num_states, maze.num_states))
    np.add.at(leads_to, (np.repeat(states, 3), rules.next_state.ravel()), policy.ravel())
    leads_to[rules.terminal] = 0  # after the exit there is nothing more
    return np.linalg.solve(np.eye(maze.num_states) - GAMMA * leads_to.T, states == maze.start_state)


old_visits = visits(old_policy)
say(
    f"From the start the old policy makes **{old_visits.sum():.0f} discounted visits** in all. A check: visits times what "
    f"is paid there add up to {(old_visits[:, None] * old_policy * maze.transitions.reward).sum():+.3f}, and `solve` says "
    f"{old.V[maze.start_state]:+.3f}."
)

# %% [markdown]
# The old data's **promise** is then: go through the states as often as the old policy visits them, let the *new*
# policy choose the actions there, and add up their advantages. Here are the promise and the truth, for policies that
# have moved further and further:

# %% jupyter={"source_hidden": true} tags=["slide-on"]
# Asks what you expect.
predict("promise_and_truth")

# %% jupyter={"source_hidden": true} tags=["slide", "slide-first"]
# Moves the policy ever further; promise, truth and where it goes are for you to drag through.
noise = np.random.default_rng(0).normal(size=old.A.shape)
noisy = old.A + 0.05 * noise  # what a small batch might say of the advantages


def moved(stride):
    """The old policy, its logits moved by that many advantages."""
    logits = torch.tensor(np.log(old_policy) + stride * noisy)
    return logits.softmax(-1).numpy()


def mean_kl(policy):
    """KL(π_old‖π), the mean over the states as often as the old policy visits them."""
    each = categorical_kl(torch.tensor(old_policy).log(), torch.tensor(policy).log()).numpy()
    return (old_visits * each).sum() / old_visits.sum()


def return_of(policy):
    """The truth: what a policy collects from the start."""
    return solve(maze, gamma=GAMMA, policy=policy).V[maze.start_state]


strides = (
    0,
    0.3,
    0.6,
    1,
    1.5,
    2,
    2.5,
    3,
    3.5,
    4,
    4.5,
    5,
    5.7,
    6.5,
    7.2,
    8,
    9,
    10,
    11,
    12,
    13.5,
    15,
    17,
    20,
    23,
    26,
    30,
)
candidates = [moved(stride) for stride in strides]
visited = [visits(policy) for policy in candidates]
kls = np.array([mean_kl(policy) for policy in candidates])
truth = np.array([return_of(policy) - return_of(old_policy) for policy in candidates])
promise = np.array([(old_visits[:, None] * policy * old.A).sum() for policy in candidates])

# The same sum with the noisy advantages, which is all that a learner has.
promised_by_noise = (old_visits[:, None] * (candidates[-1] - old_policy) * noisy).sum()

display(promise_and_truth(maze, kls, promise, truth, visited, limit=0.01))
best = truth.argmax()
say(
    f"The true gain is largest at a KL of **{kls[best]:.2f}**: {truth[best]:+.2f}. At {kls[-1]:.2f} the old data promise "
    f"{promise[-1]:+.2f}, and {truth[-1]:+.2f} is what one gets. (With the noisy advantages, which is all that a learner "
    f"has, they would promise {promised_by_noise:+.2f}.)"
)
reveal(promise_and_truth=0 if best == len(truth) - 1 else 1 if best else 2)

# %% [markdown] tags=["slide"]
# Near the old policy the promise can be trusted: both curves leave 0 together, and within the green band the gap
# is small (as functions of the weights they have the same gradient at 0). Further away it cannot. Why? The
# **performance-difference lemma** (Kakade and Langford 2002) says exactly what a new policy gains:
#
# <!-- slide -->
#
# $$ J(\pi') - J(\pi) = \mathbb{E}_{\pi'} \Big[ \sum_t \gamma^t A^{\pi}(s_t, a_t) \Big] $$
#
# - $J$ is the expected return from the start, here discounted and without a time limit (in notebooks 02 and 04 it was
#   neither discounted nor without limit);
# - $A^\pi$ is the advantage in the eyes of the *old* policy $\pi$: how much better each action is than what $\pi$
#   would do;
# - $\mathbb{E}_{\pi'}$ says that the *new* policy $\pi'$ walks. Add up the old advantages on the new policy's way.
#
# <!-- /slide -->
#
# The snag is the new policy's way. The promise is the same sum over the *old* policy's way: it pretends that the new
# policy comes to the same states. Drag the line once more, and watch the map. Only near the old policy is it pale, which means
# that both come to the same states; and only there is the promise true.
# (That the true gain even falls in the end is the noise's doing. With exact advantages it would go on growing, only less
# than promised.)

# %% jupyter={"source_hidden": true}
# Checks the lemma.
by_the_lemma = np.array([(seen[:, None] * new * old.A).sum() for seen, new in zip(visited, candidates, strict=True)])
say(
    f"Summed over the *new* policy's visits, the old advantages give the true gain: over all {len(candidates)} policies "
    f"of the picture the two differ by at most **{np.abs(by_the_lemma - truth).max():.1e}**. "
    f"Summed over the *old* policy's visits they are off by up to {np.abs(promise - truth).max():.2f}."
)

# %% [markdown]
# How near is near enough? **TRPO's theorem** has an answer (Schulman et al. 2015). Write $L(\pi')$ for the promise.
# Then for every new policy
#
# $$ J(\pi') - J(\pi) \;\ge\; L(\pi') - C\, \max_s \mathrm{KL}\big(\pi(\cdot \mid s) \,\|\, \pi'(\cdot \mid s)\big),
# \qquad C = \frac{4\, A_\text{max}\, \gamma}{(1 - \gamma)^2} $$
#
# - $A_\text{max}$ is the largest advantage in size, over all states and actions (the paper's ε; and its $L$ has
#   $J(\pi)$ in it);
# - $\max_s$ is the KL of the one state that has moved furthest.
#
# The promise, less a penalty for having moved, is a **guarantee**. The old policy itself makes the right-hand side 0;
# so one that makes it as large as it can be is never worse. How much is that worth in this very maze?
#
# **Guess first**, and write your guess into the cell. The exit of this maze pays 1. If all states move by 0.01 nats, what
# loss does the theorem still allow? (Look at $C$. With $\gamma = 0.99$ the fraction bar has $(1 - \gamma)^2 = 0.0001$
# below it.)

# %%
my_guess = 0.01  # the loss that the theorem allows: 0.01, 1, 5 … ?

# %% jupyter={"source_hidden": true}
# Computes the theorem's constant, and what loss it allows.
largest = np.abs(old.A).max()
C = 4 * largest * GAMMA / (1 - GAMMA) ** 2
worst = (maze.rewards.step + maze.rewards.wall) / (1 - GAMMA)
say(
    f"The largest advantage is {largest:.3f}, so **C is {C:,.0f}**. If all states move by "
    f"0.01 nats, the theorem still allows a loss of **{0.01 * C:.0f}**, less what was promised; your cell says {my_guess:g}. "
    f"But the worst that can happen at all, to drive into a wall with every action for ever, is worth "
    f"{worst:.1f}."
)

# %% [markdown]
# The theorem is true, and too cautious to be used: with a penalty like that only tiny steps are left. So TRPO keeps its
# idea and departs from it twice. The penalty becomes a **constraint**, KL ≤ δ, with a δ that one chooses. And the
# maximum over all states, which nobody can look at one by one, becomes a **mean**, which a batch can estimate; the
# paper calls this a heuristic approximation. With that the guarantee is gone. What is left is good sense: stay where
# the promise can be trusted.
#
# This is TRPO's problem. The promise is called the **surrogate**, as it stands in for the return:
#
# $$ \max_\theta\; \mathbb{E} \left[ \frac{\pi_\theta(a \mid s)}{\pi_\text{old}(a \mid s)}\, A(s, a) \right]
# \qquad \text{subject to} \qquad \mathbb{E} \big[ \mathrm{KL}(\pi_\text{old}(\cdot \mid s) \,\|\,
# \pi_\theta(\cdot \mid s)) \big] \le \delta $$
#
# - both averages are over what the *old* policy saw and did: over the batch;
# - the fraction, the **ratio**, corrects for the new policy choosing its actions differently: an action that it takes
#   twice as often counts twice;
# - $\delta$ is the limit, 0.01 by default. It takes the place of the learning rate, and is measured by how far the policy moves,
#   not the weights.
#
# <details><summary>Where all this stands in the papers</summary>
#
# In Schulman et al. 2015 the lemma is equation 1, the theorem is theorem 1 with equation 9, the mean in the place of the
# maximum is section 4, and the problem is equation 14: there for any sampler of actions and with $Q$ in the place of
# $A$, which changes the objective by a constant only. In exactly our form it is equations 3 and 4 of Schulman et
# al. 2017.
# </details>
#
# Why a limit as small as 0.01, when the true gain is largest much further out? Where the best KL lies only the maze
# knows. A learner has no solid line, and for the dashed one only noisy advantages, which promise more still. Small
# steps, many of them, are the safe way.
#
# In code the surrogate is a single line. A ratio is the exponential of a difference of logarithms. The first action
# here has become twice as likely, the second half as likely:

# %%
logprobs, old_logprobs = torch.tensor([0.5, 0.1]).log(), torch.tensor([0.25, 0.2]).log()
advantages = torch.tensor([1.0, 1.0])

(logprobs - old_logprobs).exp() * advantages  # its mean over the batch is what TRPO maximises

# %% [markdown] tags=["slide-head"]
# ## 4 · Spend your allowance
#
# TRPO gives you an allowance, $\delta$ nats of KL, and asks for the best step that it buys. Try it with your own hands
# before you see a formula. Here is a policy with two weights, so that a step is an arrow in a plane. The robot comes to
# two junctions, and $\theta_1$ and $\theta_2$ are the log-odds of the better turn at each. At the first junction the
# better turn pays five times as much as at the second. But at $\theta_1 = -4$ the robot is all but sure of the *worse*
# turn there.

# %% tags=["slide-on"]
explorables.spend_your_allowance()

# %% [markdown]
# <details><summary><b>What you have seen</b></summary>
#
# The green line is long where the sigmoid is flat: there a weight may go far before the policy changes. The gradient is
# small just there. It asks how much the return grows for each unit of *weight*, so it climbs the second junction, where
# the sigmoid is steep, although the first one is worth more. Its trail turns late. The other step asks how much the
# return grows for each unit of *KL*. From everywhere it goes 1 to 0.2, which is what the better turns pay.
#
# It is an honest race: both trails keep every limit. The line below the pictures says how much of the best return each
# has after every step. (And what happened when you let go of a step that was too long is TRPO's line search,
# section 7.)
# </details>
#
# How does one find the good arrow without trying them all? Near the black dot both sides of the bargain have simple
# shapes. What one gains is a **slope**: so much for each step along $g$, the gradient. And what one pays? The KL is 0 at
# the dot and nowhere below. So it has its minimum there, and near it the shape of a **bowl**. A slope, a bowl, and where
# they meet an arrow: the **natural gradient**.
#
# The next picture lays the bowl beside the truth. On the dashed ellipse lie the steps that cost exactly $\delta$ as the
# bowl has it; on the green line those that really do. (Pink dots are lengths of the natural step that were tried, the
# green square is the one accepted.)

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("round_bowl")

# %% tags=["slide"]
explorables.natural_gradient_step()

# %% [markdown]
# <details><summary><b>What you have seen</b></summary>
#
# In the flat part a long way in $\theta_1$ costs little KL: there the ellipse is long, and the natural step makes use of
# it. At $\theta_1 = 0$ both sigmoids are equally steep, the ellipse is a circle, and the two arrows agree.
#
# The green line is no ellipse. Towards the steep part the true KL grows faster than the bowl says, so the full step
# costs too much, and has to be shortened.
#
# The natural step gets the most out of $\delta$ as far as bowl and slope are good models, and that is for short steps.
# There are places where the plain gradient gains more, and the larger $\delta$ is, the more of them.
# </details>
#
# So this is the plan for the rest of the notebook: **measure the bowl** (section 5), **compute the blue arrow** from it
# (section 6), and **check** its length against the truth (section 7). For two weights a picture does all that. For
# GPT-2's hundreds of thousands one needs three small tools.
#
# (A good place for a break.)

# %% [markdown] tags=["slide"]
# ## 5 · The bowl: the Fisher matrix
#
# <!-- slide -->
#
# Write $\Delta$ for a step of the weights. The bowl of section 4 is
#
# $$ \mathrm{KL}(\pi_\text{old} \,\|\, \pi_{\theta + \Delta}) \approx \tfrac12\, \Delta^\top F \Delta $$
#
# <!-- /slide -->
#
# $F$ is the **Fisher information matrix**: the second derivatives of the KL, its curvature. It is at the same time an
# average over the policy's own actions,
# $F = \mathbb{E}_{a \sim \pi} \big[ \nabla \log \pi(a)\, \nabla \log \pi(a)^\top \big]$. (Amari 1998 made it the
# ruler for steps, Kakade 2001 for those of policies.)
#
# <details><summary><b>Why are they the same?</b></summary>
#
# The KL is minus the average of $\log \pi_\theta$ over the old policy, plus a constant. So its second derivative is
# minus the average of $\nabla^2 \log \pi = \nabla^2 \pi / \pi - \nabla \log \pi\, \nabla \log \pi^\top$. Averaged
# over $\pi$ itself, the first term is $\sum_a \nabla^2 \pi(a) = \nabla^2 \sum_a \pi(a) = \nabla^2 1 = 0$. The second
# one remains, and the minus turns it round.
# </details>
#
# But for a policy of any size one cannot write it down:

# %% jupyter={"source_hidden": true}
# Computes how large GPT-2's Fisher matrix would be.
import math

from safetensors import safe_open

from rlcourse.files import ASSETS

with safe_open(ASSETS / "sft" / "model.safetensors", framework="pt") as file:
    names = file.keys()  # only the shapes are looked at, nothing is loaded
    size = sum(math.prod(file.get_slice(name).get_shape()) for name in names)
say(
    f"The bundled GPT-2 has {size:,} weights. Its Fisher matrix would have {size**2:.1e} entries, "
    f"**{4 * size**2 / 1e12:.1f} terabytes** in single precision."
)

# %% [markdown]
# What one can do is multiply with it. A matrix of second derivatives need not be built for this (Pearlmutter 1994;
# what follows is the form that his idea usually takes today). The gradient of the KL times a vector $v$ is a single
# number, and the gradient of *that number* is $Fv$:
#
# $$ F v = \nabla_\theta \big( (\nabla_\theta \mathrm{KL})^\top v \big) $$
#
# Two backward passes, and no matrix anywhere. One thing is added. $F$ is often singular: add the same number to all
# logits of a state, and nothing changes, so the KL is flat that way. The paper says nothing about it, but
# programs do: its authors' own, Spinning Up, and this course's solve with $F + \text{damping} \cdot I$.
#
# ### Exercise 2: the Fisher matrix times a vector (15 minutes, hard)
#
# `kl` is a function: it takes the weights and returns the mean $\mathrm{KL}(\pi_\text{old} \,\|\, \pi)$ as a number that
# can be differentiated. `parameters` are the weights `[D]`, which require gradients, and stand where the new policy is still the old one.
# Return $(F + \text{damping} \cdot I)\, v$ for the `vector` $v$. (`hint("fisher_vector_product")`)


# %%
def my_fisher_vector_product(kl, parameters, vector, *, damping):
    # your code here
    return ...


my_product_result = check("fisher_vector_product", my_fisher_vector_product)

# %% [markdown]
# **Put it to work.** A policy with three logits as its weights. Multiplied with the unit vectors, your function gives
# the columns of its matrix, the curvature of the KL. Below it stands the mean over the actions:

# %% jupyter={"source_hidden": true}
# Builds the Fisher matrix by your product, column by column.
from rlcourse.exercises import fisher_vector_product

# Tried on 768 weights, as many as the robot's table will have: most of this section's work is such products.
wide = torch.zeros(768, requires_grad=True)
product_fn = at_work(
    my_product_result,
    my_fisher_vector_product,
    fisher_vector_product,
    try_on=lambda f: f(
        lambda w: categorical_kl(wide.detach().view(-1, 3), w.view(-1, 3)).mean(), wide, torch.ones(768), damping=0.1
    ),
)


theta = torch.tensor([0.0, 1.0, -1.0], dtype=torch.float64)
scores = torch.autograd.functional.jacobian(lambda t: t.log_softmax(-1), theta)  # ∇ log π(a), a row for each a
fisher = sum(chance * torch.outer(s, s) for chance, s in zip(theta.softmax(-1), scores, strict=True))


def as_latex(matrix):
    rows = r" \\ ".join(" & ".join(f"{v:.4f}" for v in row) for row in matrix.tolist())
    return rf"\begin{{pmatrix}} {rows} \end{{pmatrix}}"


def kl_from_theta(weights):
    return categorical_kl(theta, weights)


weights = theta.clone().requires_grad_()
columns = torch.stack(
    [product_fn(kl_from_theta, weights, unit, damping=0.0) for unit in torch.eye(3).double()], dim=1
).detach()
whose = "The course's product" if product_fn is fisher_vector_product else "Your product"
say(rf"{whose}: $$ {as_latex(columns)} $$")
say(
    rf"The mean over the actions: $$ {as_latex(fisher)} $$ They differ by at most **{(columns - fisher).abs().max():.1e}**."
)

# %% [markdown] tags=["slide"]
# (The package's own, `fisher_matvec`, keeps the first derivative. So many products cost one backward pass each.)
#
# ## 6 · The blue arrow, without the matrix
#
# Now the best step $\Delta$ can be written down. To climb the slope $g^\top \Delta$ as high as possible while the bowl
# $\tfrac12 \Delta^\top F \Delta$ stays at or below $\delta$, one goes in the direction $x = F^{-1} g$, the natural
# gradient, and as far along it as the bowl allows:
#
# <!-- slide -->
#
# $$ \Delta = \sqrt{\frac{2\delta}{x^\top F x}}\; x \qquad \text{with } x \text{ solving } F x = g $$
#
# <!-- /slide -->
#
# (Schulman et al. 2015, appendix C.) Why this direction? At the best point one cannot gain height without going up the
# side of the bowl. So the slope $g$ and the gradient of the bowl, $F\Delta$, must point the same way there, which they
# do along $x$, as $Fx = g$. How long $\Delta$ is, the limit says: put it into the bowl and you get exactly $\delta$.
#
# But to solve $Fx = g$ without having $F$? A solver called **conjugate gradient** (Hestenes and Stiefel 1952) needs only
# what we have, products of $F$ with a vector. **You need not love linear algebra to go on.** Take the course's solver,
# `conjugate_gradient`: leave the next cell as it is, and go on to section 7. Everything below runs all the same, with
# one part of four that is not yours.
#
# ### Exercise 3: conjugate gradient (15 minutes, medium; may be skipped)
#
# Your function need not know about policies: it solves $M x = b$. (For TRPO, $M$ is $F + \text{damping} \cdot I$ and $b$
# is $g$.) It begins at $x = 0$ with the residual $e = b$ and the direction $d = b$, and repeats
#
# $$ \mu = \frac{e^\top e}{d^\top M d} \qquad x \leftarrow x + \mu d \qquad e' = e - \mu M d $$
# $$ \nu = \frac{e'^\top e'}{e^\top e} \qquad d \leftarrow e' + \nu d \qquad e \leftarrow e' $$
#
# - $e$ is what is still missing, $b - Mx$;
# - $d$ is the direction of the next move, and $\mu$ how far to go along it;
# - $\nu d$ in the new direction remembers the old one, so that no move undoes what the moves before have done.
#
# (Books write $r$, $p$, $\alpha$ and $\beta$ for our $e$, $d$, $\mu$ and $\nu$, and $A$ for the matrix. Most of those
# letters are taken here.)
#
# `b` is a vector, `[D]`, and `matvec(d)` returns $M d$, of the same shape. Return $x$. Make at most `iterations` moves, and stop before a move if $\|e\| \le$ `tolerance`
# $\cdot \|b\|$. (`hint("conjugate_gradient")`)


# %%
def my_conjugate_gradient(matvec, b, *, iterations, tolerance):
    # your code here
    return ...


my_solver_result = check("conjugate_gradient", my_conjugate_gradient)

# %% [markdown]
# **Put it to work.** On the left, two unknowns: your function's moves, beside the ones that go straight downhill each
# time and forget where they came from (*steepest descent*). On the right the real thing: the Fisher matrix of a table
# of 768 weights, from 4,096 steps of robots in the maze, and how much of $g$ is still missing after each move.

# %% jupyter={"source_hidden": true}
# Collects a batch, with its KL and its surrogate as functions of the weights.
from rlcourse.equations import conjugate_gradient, surrogate
from rlcourse.maze import GymnasiumWorld, MazeVectorEnv, TabularPolicy, TabularValue

solve_fn = at_work(
    my_solver_result,
    my_conjugate_gradient,
    conjugate_gradient,
    # Section 11 solves for GPT-2, which has many more weights than this.
    try_on=lambda f: f(lambda p: torch.linspace(1, 9, 20_000) * p, torch.ones(20_000), iterations=10, tolerance=1e-10),
)


def make_world():
    """64 robots, 64 steps at a time, each from anywhere in the maze."""
    return GymnasiumWorld(MazeVectorEnv(64, maze=maze, random_start=True, autoreset_mode="SameStep"), steps=64)


robot = TabularPolicy(maze.num_states)
with torch.no_grad():
    robot.table.copy_(torch.tensor(old_policy).log())
rollout = make_world().rollout(robot, generator=torch.Generator().manual_seed(0))
states, actions = rollout.rows.observations["states"][:, 0], rollout.rows.actions[:, 0]
table = robot.table.detach().double().flatten().requires_grad_()  # the weights, flat
old_logits = table.detach().view(-1, 3)[states]


def batch_kl(weights):
    """Mean KL(π_old‖π) over the batch, as a function of the flat weights."""
    return categorical_kl(old_logits, weights.view(-1, 3)[states]).mean()


def matvec(vector):
    return product_fn(batch_kl, table, vector, damping=1e-3).detach()


exact_advantages = torch.tensor(old.A)[states, actions]


def batch_surrogate(weights, advantages):
    """The mean of ratio times advantage over the batch."""
    logprobs, old_logprobs = (
        w.log_softmax(-1).gather(-1, actions[:, None])[:, 0] for w in (weights.view(-1, 3)[states], old_logits)
    )
    return surrogate(logprobs, old_logprobs, advantages).mean()


(exact_slope,) = torch.autograd.grad(batch_surrogate(table, exact_advantages), table)


# %% jupyter={"source_hidden": true} tags=["slide"]
# Follows both methods, move by move.
def steepest_descent(matvec, b, iterations):
    """Every x on the way, each move straight down the slope."""
    x, way = torch.zeros_like(b), [torch.zeros_like(b)]
    for _ in range(iterations):
        residual = b - matvec(x)
        x = x + (residual @ residual) / (residual @ matvec(residual)) * residual
        way.append(x)
    return torch.stack(way)


def remembering(matvec):
    """The same products, each of them taken once: whoever goes the first moves again finds them here."""
    known = {}

    def remembered(vector):
        key = vector.detach().numpy().tobytes()
        if key not in known:
            known[key] = matvec(vector)
        return known[key].clone()

    return remembered


def way_of(matvec, b, iterations):
    """Every x on the way of conjugate gradient."""
    moves = [solve_fn(matvec, b, iterations=k, tolerance=1e-10) for k in range(1, iterations + 1)]
    return torch.stack([torch.zeros_like(b), *moves])


small, b = torch.tensor([[3.0, 1.2], [1.2, 0.7]]), torch.tensor([1.0, 0.9])
ways = {"steepest descent": steepest_descent(small.matmul, b, 30), "conjugate gradient": way_of(small.matmul, b, 2)}
product_with = remembering(matvec)
maze_ways = {
    "steepest descent": steepest_descent(product_with, exact_slope, 30),
    "conjugate gradient": way_of(product_with, exact_slope, 30),
}
missing = {
    name: [((exact_slope - product_with(x)).norm() / exact_slope.norm()).item() for x in way]
    for name, way in maze_ways.items()
}
display(descent_picture(small, b, ways, missing, mark=10))
say(
    "In the large system, after ten moves, the share of $g$ that is missing is "
    + " and ".join(f"{shares[10]:.1e} for {name}" for name, shares in missing.items())
    + "."
)

# %% [markdown]
# With two unknowns conjugate gradient is there after two moves, as many as there are unknowns, and steepest descent
# still zigzags. In the large system ten moves leave something missing. That is good enough: it is a direction that we
# want, for one step, from a batch that is noisy anyway.

# %% [markdown] tags=["slide"]
# ## 7 · Trust, and check
#
# The bowl and the slope are models, near enough for short steps. Whether a step was short enough can be checked: take
# it, and measure the true KL and the true surrogate on the batch. If the KL is above the limit, or the surrogate has
# not risen, shorten the step and try again, as your own arrow was shortened in section 4. This is the **line search**
# (Schulman et al. 2015, appendix C):
#
# <!-- slide -->
#
# $$ \theta + \kappa^j \Delta \quad \text{for the first } j = 0, 1, 2, \dots \text{ with } \quad \mathrm{KL} \le \delta \quad \text{and}
# \quad \text{improvement} > 0 $$
#
# - $\Delta$ is the full step of section 6;
# - $\kappa$ (kappa), 0.8 here, shortens it after each refusal;
# - if every length is refused, the old weights stay, to the last bit. No step is better than a step one cannot trust.
#
# <!-- /slide -->
#
# ### Exercise 4: the line search (10 minutes, medium)
#
# `evaluate(candidate)` returns two plain numbers, the improvement and the KL, for weights `candidate`. Try at most
# `backtrack_iterations` lengths, the full step included, each `backtrack_coef` times the one before. Return the
# weights that are accepted, or the old `parameters`. (`hint("line_search")`)


# %%
def my_line_search(
    parameters,
    step,
    evaluate,
    *,
    max_kl,
    backtrack_coef,
    backtrack_iterations,
):
    # your code here
    return ...


my_search_result = check("line_search", my_line_search)

# %% [markdown] tags=["slide-head"]
# ## 8 · The whole update
#
# You have all the parts. Here is one update of TRPO, put together from your functions by hand. (For those that do not
# pass yet the course's stand in.) Beside it, the same update by the package's `TRPO`, from the same rollout.

# %% jupyter={"source_hidden": true}
# Judges the batch.
from rlcourse.algorithms import TRPO, TRPOConfig, judge, normalized
from rlcourse.equations import gae, line_search

search_fn = at_work(my_search_result, my_line_search, line_search)
passed = [bool(r) for r in (my_kl_result, my_product_result, my_solver_result, my_search_result)]

config = TRPOConfig(target_kl=0.01, damping=1e-3)
critic = TabularValue(maze.num_states)  # expects nothing yet
# GAE, then mean 0 and standard deviation 1. (To their scale the step is blind: the limit sets its length.)
judged = judge(rollout, critic, gae, gamma=config.gamma, gae_lambda=config.gae_lambda)
batch_advantages = normalized(judged.advantages, rollout.rows.mask)[:, 0].double()


def evaluate(weights):
    kl = kl_fn(old_logits, weights.view(-1, 3)[states]).mean()
    improvement = batch_surrogate(weights, batch_advantages) - batch_surrogate(table, batch_advantages)
    return improvement.item(), kl.item()


# %% tags=["slide-on", "slide-code"]
# 1. The slope g.
(slope,) = torch.autograd.grad(batch_surrogate(table, batch_advantages), table)

# 2. The direction x = F⁻¹g.
x = solve_fn(matvec, slope, iterations=10, tolerance=1e-10)

# 3. The full step Δ, as long as the bowl allows.
step = (2 * config.target_kl / (x @ matvec(x))).sqrt() * x

# 4. The step that is taken, as long as the truth allows.
limits = {"max_kl": config.target_kl, "backtrack_coef": 0.8, "backtrack_iterations": 10}
mine = search_fn(table.detach(), step, evaluate, **limits)

# %% jupyter={"source_hidden": true}
# Compares your step with the package's.
theirs = copy.deepcopy(robot)
trpo = TRPO(config, critic=copy.deepcopy(critic))
stats = trpo.update(theirs, trpo.make_optimizer(theirs), rollout)
gap = (mine - theirs.table.detach().flatten()).abs().max()
length = (mine - table.detach()).abs().max()
say(
    f"{sum(passed)} of the 4 parts are yours. The largest move of a weight is {length:.3f}, and no weight differs from the "
    f"package's by more than **{gap:.1e}**. The KL is {evaluate(mine)[1]:.5f} here and {stats['policy_kl']:.5f} there; "
    f"the limit is {config.target_kl}."
)

# %% [markdown]
# The package computes in single precision, so the last digits differ. And this is how it reads there: the
# same four steps, with what can go wrong on the way. (`move` is the line search, on the policy's own weights.)

# %%
show_source(TRPO.step)

# %% [markdown] tags=["slide-head"]
# ## 9 · The robot learns
#
# Here is the robot that knows nothing, 64 of it in parallel, with a critic and GAE as in notebook 03. (The paper of
# 2015 has no critic: it adds up the rewards along the path. TRPO with GAE is Schulman et al. 2016.) Your
# `conjugate_gradient` and your `line_search` go into the training, if they pass. Watch the second chart: the line is
# the limit.
#
# One detail is worth knowing. The critic learns *after* the policy's step. If it learned first, it would fit the very
# batch that it is about to judge; the better it did so, the more of the advantages would go to 0, and nothing would be
# left to learn from (Schulman et al. 2016, section 6.1).
#
# (■ stops the cell that is running, and keeps what it has. Under Run All the cells below it go on: press ■ again for
# each that you want to stop.)

# %% jupyter={"source_hidden": true}
# Says what is measured, and what is drawn.
from rlcourse.explorables import Chart, Films
from rlcourse.maze import expected_return, walk

best_possible = expected_return(maze, solve(maze, gamma=GAMMA).policy, max_steps=maze.num_states)


def measure(policy):
    return {"expected_return": expected_return(maze, policy.probabilities(), max_steps=maze.num_states)}


charts = [
    Chart("Expected return from the start", ("expected_return",), target=round(best_possible, 2)),
    Chart(
        "KL of each step, and the limit",
        ("policy_kl",),
        low=0,
        high=0.012,
        target=config.target_kl,
        target_label="limit",
    ),
    Chart("Entropy: how undecided it is", ("entropy",), low=0),
]

# %% tags=["slide-on"]
from rlcourse.algorithms import Training
from rlcourse.explorables import TrainingDashboard

critics = {"value_epochs": 4, "value_learning_rate": 0.1, "minibatch_size": 512}
settings = TRPOConfig(target_kl=0.01, damping=1e-3, **critics)
policy = TabularPolicy(maze.num_states)
maze_critic = TabularValue(maze.num_states)
maze_trpo = TRPO(settings, critic=maze_critic, solve=solve_fn, search=search_fn)
training = Training(policy, make_world(), maze_trpo, seed=0)

before = walk(maze, policy.probabilities(), seed=1, max_steps=120)
dashboard = TrainingDashboard(
    charts,
    70,
    best="expected_return",
    maze=maze,
    recorded="maze-trpo",
)
display(dashboard)
training.run(70, on_step=dashboard, evaluate=measure, evaluate_every=2)
dashboard.finish(training.history)

# %% jupyter={"source_hidden": true}
# Says how far it came, and plays it before and after.
history, dampings = training.history, {}  # the second for the runs that you will make below
first, achieved = history["expected_return"][0], history.last("expected_return")
say(
    f"After {history[-1]['step']} updates the expected return has risen from {first:.2f} to **{achieved:.3f}**; the best "
    f"possible is {best_possible:.3f}."
)
Films(maze, {"before": before, "after": walk(maze, policy.probabilities(), seed=1, max_steps=120)}, fps=15)

# %% [markdown]
# Nobody chose a learning rate for the policy: the limit sets the length of every step. But most steps stay below it.
# One reason is the damping. It makes the bowl look steeper than it is, so that the step comes out shorter. **Turn it
# yourself:** the same run with a hundredth of the damping, or with whatever you write. Guess first: will it use more of
# the limit, and learn sooner? And with 1e-7? (`None` is what you get if you say nothing. Then the package takes a tenth
# of the Fisher matrix's own scale along the gradient, anew for every update, and 0.0001 on top.)

# %%
my_damping = 1e-5  # try 1e-7, 0.1 or None, and run this cell and the next again

turned = dataclasses.replace(settings, damping=my_damping)
other = TRPO(turned, critic=TabularValue(maze.num_states), solve=solve_fn, search=search_fn)
another = Training(TabularPolicy(maze.num_states), make_world(), other, seed=0)
yours = another.run(70, evaluate=measure, evaluate_every=2)


# %% jupyter={"source_hidden": true}
# Compares all runs so far: how much of the limit they used, and how soon the robot learned.


def column_of(run, key):
    """The updates after which this was measured, and the numbers."""
    steps, numbers = run["step"], run[key]
    return steps[~np.isnan(numbers)], numbers[~np.isnan(numbers)]


def used(run):
    """The share of the limit that the first ten steps have used, and the last ten."""
    share = 100 * column_of(run, "kl_used")[1]
    return f"{share[:10].mean():.0f} % and {share[-10:].mean():.0f} %" if len(share) else "–"


def learned(run):
    """After how many updates the robot has nine tenths of the best return (∞: not yet), and where it ends."""
    steps, returns = column_of(run, "expected_return")
    there = steps[returns >= 0.9 * best_possible]
    return there[0] if len(there) else np.inf, returns[-1] if len(returns) else np.nan


if my_damping != settings.damping:
    dampings[my_damping] = yours
both = training.history, yours
runs = {settings.damping: training.history, **dict(list(dampings.items())[-3:])}  # the last three that you made
with our_style():
    figure = new_figure(8.4, 2.8)
    axes = figure.subplots()
    for (damping, run), colour, dash in zip(
        runs.items(), ("blue", "vermillion", "purple", "orange"), ("-", "--", "-.", ":"), strict=False
    ):
        steps, share = column_of(run, "kl_used")
        axes.plot(steps, 100 * share, color=OKABE_ITO[colour], ls=dash, lw=2, label=f"damping {damping}")
    axes.axhline(100, color=OKABE_ITO["green"], lw=2)
    axes.set(xlabel="updates", ylabel="limit used, in %", ylim=(0, 110))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=10, handlelength=3, frameon=False)
display(explorables.Picture(figure, alt="How much of the limit each update has used. The table says it."))
lines = [
    "| damping | limit used: first ten and last ten steps | steps shortened | nine tenths of the best return | at the end |",
    "|---|---|---|---|---|",
]
for damping, run in runs.items():
    (there, end), shortened = learned(run), int((column_of(run, "step_fraction")[1] < 1).sum())
    when = f"after {there:.0f} updates" if there < np.inf else "not reached"
    lines.append(f"| {damping} | {used(run)} | {shortened} | {when} | {end:.3f} |")
say("\n".join(lines))
first_ten, when = (
    [f(run) for run in both] for f in (lambda run: column_of(run, "kl_used")[1][:10], lambda r: learned(r)[0])
)
if all(map(len, first_ten)):
    say(
        f"With damping {my_damping} in the place of {settings.damping} the first ten steps used "
        f"**{'more' if first_ten[1].mean() > first_ten[0].mean() else 'no more'}** of the limit, and the robot learned "
        f"**{'sooner' if when[1] < when[0] else 'no sooner'}**."
    )

# %% [markdown]
# Is less damping always better? With hardly any, the step runs far along directions in which the bowl is all but flat.
# That is where the bowl is a poor model: see whether the line search had to shorten more steps.
#
# Where the steps shrink towards the end all the same, there are two reasons. The surer the robot, the flatter the bowl,
# and the more any fixed damping weighs beside it. And the steps lead to where the robot is surer still: there the true KL
# grows more slowly than the bowl says. (The last picture of section 4 shows it at $\theta_1 = +2$.)
#
# ## 10 · Two other worlds
#
# The same class, another world. CartPole is a classic: balance a pole on a cart, one point for each step, at most
# 500. The policy is a small network now, so that every weight has a say in every state. It makes 20 updates. **Turn the
# limit:** what would a tenth of it do, and what ten times as much? All that you try will stand in the table.

# %% jupyter={"source_hidden": true}
# A pole, a small network, and TRPO with a limit.
from rlcourse.explorables import PoleFilms, balance
from rlcourse.maze import NetworkPolicy, NetworkValue, episode_returns

pole_settings = TRPOConfig(damping=0.01, value_epochs=10, value_learning_rate=1e-3, minibatch_size=128)
limits_tried = {}


def pole_with(target_kl):
    """A pole that nobody has balanced yet, and TRPO with this limit."""
    world = GymnasiumWorld("CartPole-v1", num_envs=8, steps=128)
    limited = dataclasses.replace(pole_settings, target_kl=target_kl)
    trpo = TRPO(limited, critic=NetworkValue(4, seed=100), solve=solve_fn, search=search_fn)
    return Training(NetworkPolicy(4, 2, seed=0), world, trpo, seed=0)


# %%
pole_limit = 0.01  # try 0.001 and 0.1, and run this cell and the next again

pole_training = pole_with(target_kl=pole_limit)
before_training = balance(pole_training.policy, seed=1)
pole_run = pole_training.run(20)

# %% jupyter={"source_hidden": true}
# Says how long the pole stays up with each limit so far, and plays it before and after.
mean_return = episode_returns(pole_training.policy, "CartPole-v1", num_envs=20).mean()
limits_tried[pole_limit] = f"| {pole_limit:g} | {len(pole_run)} | **{mean_return:.0f}** |"
say(
    "| limit, nats | updates | mean return of 20 episodes, of 500 |\n|---|---|---|\n"
    + "\n".join(limits_tried[limit] for limit in sorted(limits_tried))
)
PoleFilms({"before": before_training, "after": balance(pole_training.policy, seed=1)})

# %% [markdown]
# And GPT-2? The state is the question and the tokens written so far, an action is the next token, and a rule pays 1
# for a right sum. Notebook 07 says more about that analogy. For TRPO it makes no difference. One run is luck, so here
# are all three worlds to the end, recorded with five seeds each: mean, worst and best. (In the maze a beginner bumps
# into walls and pays for it. Its curve comes from below; what lies under −20 % is not drawn.)

# %% jupyter={"source_hidden": true}
# Draws the recorded runs.
from rlcourse.experiments import load_curves
from rlcourse.explorables import bands_picture

with our_style():
    figure = new_figure(11, 3.5)
    left, middle, right = figure.subplots(1, 3)
maze_runs, pole_runs, gpt2_runs = ({"TRPO": load_curves(f"{name}-trpo")} for name in ("maze", "cartpole", "language"))
percent = {"percent": True, "high": 1.05}
bands = [
    bands_picture(
        maze_runs, metric="optimality", low=-0.2, title="The maze: share of the best return", axes=left, **percent
    ),
    bands_picture(pole_runs, metric="balance", low=0, title="CartPole: mean return", axes=middle),
    bands_picture(gpt2_runs, metric="accuracy", low=0, title="GPT-2: unseen sums right", axes=right, **percent),
]
explorables.Picture(figure, alt=" ".join(band.alt for band in bands))

# %% [markdown] tags=["slide-head"]
# ## 11 · How hard is the limit?
#
# The article speaks of a *hard* constraint. Was it ever passed? Here is what TRPO itself reports, of all updates in this
# notebook and in the recorded runs:


# %% jupyter={"source_hidden": true} tags=["claim-C8", "slide-on"]
# Goes through all updates: did one pass its limit?
def kls_and_fractions(runs):
    """Of every update: its KL, and the share of the full step that was taken."""
    columns = [np.stack([run[key] for key in ("policy_kl", "step_fraction")], axis=1) for run in runs if len(run)]
    rows = np.concatenate([np.empty((0, 2)), *columns])
    return rows[~np.isnan(rows).any(axis=1)]


recorded = [*maze_runs["TRPO"].values(), *pole_runs["TRPO"].values()]
limited = [
    (0.01, [training.history, yours, *recorded]),
    (pole_limit, [pole_run]),
    (0.002, gpt2_runs["TRPO"].values()),
]
updates = [(limit, kls_and_fractions(runs)) for limit, runs in limited]
largest = max((rows[:, 0] / limit).max(initial=0) for limit, rows in updates)
taken = np.concatenate([rows[:, 1] for _, rows in updates])
over = sum(int((rows[:, 0] > limit).sum()) for limit, rows in updates)
say(
    f"Of **{len(taken):,} updates, {over or 'none'}** passed the limit on its own batch; the largest KL was "
    f"{100 * largest:.2f} % of it. The line search had to shorten {np.sum((taken > 0) & (taken < 1))} of the steps, and "
    f"gave up on {np.sum(taken == 0) or 'none'}."
)

# %% [markdown]
# But the limit is on a **mean**, over the states of **this very batch**. Both words matter. So this time we do not take
# TRPO's word. After each step we measure again, old policy against new: on the batch that it learned from; on **fresh
# experience** of the old policy, which the line search never saw; and in the single state (for GPT-2: at the one token)
# that moved most. A robot makes 40 updates, with so little damping that it uses up its allowance, and GPT-2 makes two.
#
# The table will have these columns, all KLs in nats: the largest KL of any update on its **own batch**; the largest on a
# **fresh batch**; **above it**, the share of updates that were above the limit there; and in **one state**, the
# largest KL that any single state had.

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("fresh_batch")

# %% jupyter={"source_hidden": true}
# Loads GPT-2, and says how an update is measured.
from typing import NamedTuple

from rlcourse.language import (
    LanguagePolicy,
    ValueModel,
    arithmetic_world,
    load_gpt2,
    split_sums,
)


def with_a_bar(matvec, b, **limits):
    """The solver, and a bar that counts its products with the Fisher matrix."""
    with tqdm(desc="products with F", total=limits["iterations"]) as products:

        def counted(vector):
            product = matvec(vector)
            products.update()
            return product

        return solve_fn(counted, b, **limits)


gpt2 = LanguagePolicy(*load_gpt2("sft", device="cpu"))
gpt2_settings = TRPOConfig(gamma=1, target_kl=0.002, damping=0.1, value_epochs=2, value_learning_rate=3e-4)
value_model = ValueModel.from_language_model(gpt2.model, gpt2.tokenizer)
gpt2_trpo = TRPO(gpt2_settings, critic=value_model, solve=with_a_bar, search=search_fn)
sums = arithmetic_world(split_sums()[0], prompts_per_step=16)
generator = torch.Generator().manual_seed(0)


class Moved(NamedTuple):
    """One update: the policy before it, the batch, and the KL of each of its states."""

    before: object
    rows: object
    kl: torch.Tensor


def update_and_measure(algorithm, policy, optimizer, world):
    """One update, and the KL on its batch, on a fresh one, and in the state that moved most."""
    batch, fresh = (algorithm.collect(world, policy, generator) for _ in range(2))
    before = copy.deepcopy(policy)
    algorithm.update(policy, optimizer, batch)
    with torch.no_grad():
        own, other = (
            categorical_kl(before.logits(seen.rows), policy.logits(seen.rows))[seen.rows.mask]
            for seen in (batch, fresh)
        )
    return own.mean().item(), other.mean().item(), own.max().item(), Moved(before, batch.rows, own)


# %% jupyter={"source_hidden": true} tags=["slide"]
# Measures every update, and tabulates.
tight = dataclasses.replace(settings, damping=1e-5)
actor = TabularPolicy(maze.num_states)
robot_trpo = TRPO(tight, critic=TabularValue(maze.num_states), solve=solve_fn, search=search_fn)
measured = {"the maze": (robot_trpo, actor, make_world(), 40), "GPT-2": (gpt2_trpo, gpt2, sums, 2)}
head = (
    "| world | updates | limit, nats | largest KL, own batch | fresh batch | above it | one state, nats |\n"
    "|---|---|---|---|---|---|---|"
)
lines, over, shown, furthest, leaps = [head], [], Paragraph(), [], {}
shown.say("The rows come one by one …")
try:
    for name, (algorithm, learner, world, count) in measured.items():
        optimizer, kls = algorithm.make_optimizer(learner), []
        limit = algorithm.config.target_kl
        for _ in tqdm(range(count), desc=name):
            *measures, this = update_and_measure(algorithm, learner, optimizer, world)
            if not kls or measures[2] > np.max(kls, axis=0)[2]:
                leaps[name] = this, copy.deepcopy(learner)
            kls.append(measures)
            own, fresh, single = np.max(kls, axis=0)
            above = [there > limit for _, there, _ in kls]
            counts = f"{own:.4f} | {fresh:.4f} | {100 * np.mean(above):.0f} % | {single:.2f}"
            row = f"| {name} | {len(kls)} | {limit:g} | {counts} |"
            shown.say("\n".join([*lines, row]))
        lines.append(row)
        furthest.append(f"**{single / limit:,.0f} times** the limit in {name}")
        over += above
except KeyboardInterrupt:
    say("Stopped. What was finished is kept.")
if furthest:
    say(f"The single state that moved furthest has a KL of {', and of '.join(furthest)}.")
if over:
    reveal(fresh_batch=2 if np.mean(over) >= 0.5 else int(any(over)))

# %% jupyter={"source_hidden": true}
# Shows which state that was, and what the robot did in it before and after.
if "the maze" in leaps:
    leap, after = leaps["the maze"]
    came_by = leap.rows.observations["states"][leap.rows.mask]
    each, where = np.full(maze.num_states, np.nan), int(came_by[leap.kl.argmax()])
    each[came_by.numpy()] = leap.kl.numpy()
    chances = {
        name: policy.probabilities()[where].numpy() for name, policy in (("before", leap.before), ("after", after))
    }
    there = came_by == where
    share = float(leap.kl[there].sum() / leap.kl.sum())
    display(furthest_picture(maze, each, where, **chances))
    say(
        f"Of the {len(came_by):,} steps in that batch {int(there.sum())} began in this state, and they make up **{share:.0%}** "
        "of its KL. A fresh batch need not come by here as often, nor as seldom."
    )

# %% [markdown]
# The map shows one update, the one with that furthest state: the KL of each state, and what the robot does in the ring.
#
# Read the table from left to right. On its own batch the limit always holds: the line search sees to it. On a fresh batch
# nobody sees to it. The mean is an estimate there as everywhere, and an update that has used up its whole allowance
# may well come out above. And in a single state the KL may be many times the
# limit, as long as the batch seldom comes by it. Pinsker's percentage points of section 2 are for a state that has *kept* the
# limit, and TRPO asks no single state to do so. (The theorem of section 3 does. That is what was given away there.) So
# "hard" is true of the mean over the batch.
#
# ## 12 · The bill
#
# What does the trust cost? Count: forward passes through the policy, and products with the Fisher matrix, each of
# which is a backward pass through a backward pass. Beside TRPO on GPT-2 stand three others, with the same critic and the
# same answers. Each tries three times, and the middle time counts:
#
# - REINFORCE, which makes one plain step;
# - PPO, the subject of the next notebook. It makes plain gradient steps as well, but usually many of them on each
#   batch: here 16, four times through the answers in four portions;
# - TRPO as its paper runs it. The Fisher matrix is only a ruler, and a ruler need not be measured on all the data: the
#   paper takes **10 %** of them for its products, so that on its large batches all products together cost about as much
#   as one gradient (appendix C.1). On a batch as small as ours each product has a price of its own, however few answers
#   it looks at. In the package that is `fisher_every=10`.

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("the_bill")

# %% jupyter={"source_hidden": true} tags=["slide"]
# Writes the bill, row by row.
from rlcourse.algorithms import PPO, PPOConfig, Reinforce, ReinforceConfig
from rlcourse.explorables import update_cost

c, batch = gpt2_trpo.config, gpt2_trpo.collect(sums, gpt2, generator)
# Everybody learns as long with the same critic: what differs is the policy's step.
same = {"gamma": c.gamma, "value_epochs": c.value_epochs, "minibatch_size": c.minibatch_size}
four_by_four = {"epochs": 4, "minibatch_size": len(batch.rows.mask) // 4}
tenth = dataclasses.replace(c, fisher_every=10)
rivals = {
    "REINFORCE": Reinforce(ReinforceConfig(**same), critic=value_model),
    "PPO, 16 steps": PPO(PPOConfig(gamma=c.gamma, learning_rate=1e-4, **four_by_four), critic=value_model),
    "TRPO": TRPO(c, critic=value_model, solve=solve_fn, search=search_fn),
    "TRPO, products on 10 %": TRPO(tenth, critic=value_model, solve=solve_fn, search=search_fn),
}
lines = ["| algorithm | forward passes | Fisher products | seconds of processor time |", "|---|---|---|---|"]
bill, shown = {}, Paragraph()
shown.say("The rows come one by one …")
try:
    for label, algorithm in rivals.items():
        cost = bill[label] = update_cost(algorithm, gpt2, batch, progress=True)
        passes = f"{cost.forwards}{' quarters' if 'PPO' in label else ''}"
        counts = f"{passes} | {cost.products}{' small' if '10 %' in label else ''}"
        lines.append(f"| {label} | {counts} | {cost.seconds:.2f} |")
        shown.say("\n".join(lines))
except KeyboardInterrupt:
    say("Stopped. What was finished is kept.")

if len(bill) == len(rivals):
    plain, ppo, whole, part = bill.values()
    say(
        f"From the same answers, an update of TRPO takes **{whole.seconds / plain.seconds:.1f} times** as long as one of "
        f"REINFORCE. Beside PPO's 16 steps, what is left of that is **{whole.seconds / ppo.seconds:.1f} times**; and with "
        f"the products on 10 %, **{part.seconds / ppo.seconds:.1f} times**."
    )
    say(
        f"Lengths of the step that the line search tried: **{whole.forwards - 1}** with the whole bowl, and "
        f"**{part.forwards - 2}** with the bowl of a tenth. Such a bowl is rougher, so that the step from it is shortened "
        "more often. Each try is a forward pass. (And the tenth needs a small pass of its own.)"
    )
    reveal(the_bill=int(np.searchsorted([1, 2, 5], whole.seconds / ppo.seconds)))

# %% [markdown]
# (In the maze nobody notices such a price: an update is over in no time.) The answer depends on the question. Beside a single gradient step TRPO is dear. Beside the
# many steps that PPO makes of the same batch, and with the paper's 10 %, compare the numbers above. (Each product is a
# mean over the data, like any gradient, so it can also be added up over small portions, as large models do.) So the
# seconds alone do not rule TRPO out for language models, though one often reads that they do. Three other things stay:
#
# - **memory**: the graph of the first derivative must be kept while the products are taken. Notebook 11 will measure it;
# - **what it cannot be combined with**: policy and critic cannot well share weights, as the critic would move the
#   policy without asking the limit, and noise in the network, such as dropout, disturbs the comparison of old and new
#   (Schulman et al. 2017, section 1);
# - **code**: a second derivative, a solver and a search, where others have a loss.
#
# So people asked: is there a way to keep the new policy near the old one with nothing but plain gradients? The same
# first author and his colleagues gave an answer two years later. They left the Fisher matrix out, and put a cap on the
# ratio. That is PPO.
#
# <details><summary><b>Think about it:</b> TRPO checks the KL after the step. Could REINFORCE not do the same, take a
# plain gradient step, and shorten it until the KL is at most δ?</summary>
#
# It could, and the limit would hold as well. You have seen what is lost in section 4: the direction. The plain
# gradient spends its allowance where the sigmoids are steep, and leaves alone what the policy is wrongly sure of. It
# is the natural gradient that gets the most improvement out of each nat, as
# long as steps are short.
# </details>
#
# ## Quiz

# %% jupyter={"source_hidden": true}
# Brings the quiz.
from rlcourse.exercises import quiz

quiz("05")

# %% [markdown] tags=["slide"]
# ## What you now know
#
# <!-- slide -->
#
# - The size of a step in the **weights** says little. The **KL** measures how far the *policy* has moved. It is a
#   divergence: never negative, and not the same both ways. TRPO limits
#   $\mathrm{KL}(\pi_\text{old} \,\|\, \pi_\theta)$.
# - The **surrogate** is what the old data promise. It is true nearby only, since a new policy comes to other states;
#   hence the limit.
# - Near the old policy the KL is a bowl, $\tfrac12 \Delta^\top F \Delta$, with the **Fisher matrix** as its curvature. Two
#   derivatives multiply with $F$, **conjugate gradient** solves with it, and nobody ever writes it down.
# - The **natural gradient** $x = F^{-1} g$ gets the most out of an allowance of KL; the factor
#   $\sqrt{2\delta / x^\top F x}$ makes it as long as the bowl allows.
# - The **line search** asks the true KL and the true surrogate, and takes no step rather than one that keeps no
#   promise. So the limit is hard, for the mean over its own batch. On fresh data, and in a single state, the KL may be
#   larger; TRPO's theorem, which covers every state, is too cautious to be used.
# - All that is paid for with further backward passes, with memory, and with code.
#
# <!-- /slide -->
#
# ## What comes next
#
# Nearly the same trust, without the limit, for the price of a `min`.

# %% jupyter={"source_hidden": true}
# Links to what comes next.
from rlcourse.course import what_comes_next

what_comes_next("05")
