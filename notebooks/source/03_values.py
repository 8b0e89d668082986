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
# # 03 · Returns, values and advantages
#
# **Was that a good move?** · about 80 minutes · difficulty: medium · you need [notebook 02](02_maze.ipynb) and a
# little PyTorch
#
# <blockquote style="border-left: 6px solid #56B4E9; background: rgba(86, 180, 233, 0.14); padding: 10px 16px"><b>The article says</b> that an advantage says how good an action is against a baseline, the value of the state; and that from one reward of 0.8 for “2+2 is 4” a value model learns 0.8, 0.8γ, 0.8γ² … for the answer and its beginnings.<br><b>Here you run it.</b> From <a href="https://towardsdatascience.com/training-large-language-models-from-trpo-to-grpo/"><i>Training Large Language Models: From TRPO to GRPO</i></a> (Towards Data Science, 6 February 2025).</blockquote>
#
# Two sentences of the article, [*Training Large Language Models: From TRPO to GRPO*](https://towardsdatascience.com/training-large-language-models-from-trpo-to-grpo/)
# (Towards Data Science, 6 February 2025), are made runnable here. The advantage of an action says how good it is
# compared with a baseline, the value of the state it was taken in. And a value model is trained beside the policy: when
# a language model is rewarded with 0.8 for "2+2 is 4", what there is to learn from are the values 0.8, 0.8γ, 0.8γ² … of
# the answer and of its beginnings.
#
# **When you are done you will be able to**
#
# - compute the return from every step of many episodes at once, wherever they begin and end;
# - say what a value and an advantage are, and compute both exactly in a small world;
# - let a critic learn values in two ways, and say what each of them costs;
# - write GAE, the estimate that PPO learns from, train a robot with it, and choose its λ;
# - keep two things apart that many programs confuse: the end of the world, and the end of our patience.
#
# The first cell loads PyTorch and the course. That takes some seconds. (A grey bar is a cell whose code is folded away, because it
# only loads, tabulates or draws. It runs like any other, and a click opens it.)

# %% jupyter={"source_hidden": true}
# Loads what the notebook needs.
import numpy as np
import torch
from IPython.display import display

from rlcourse import explorables
from rlcourse.explorables import show_source

# %% [markdown]
# ## 1 · What came of it? The return from every step
#
# Meet a robot that is half trained. Half of the time it takes the best action, otherwise any of the three. It will
# be with us until section 7.
# %% jupyter={"source_hidden": true}
# Lets two robots walk for 120 steps.
from rlcourse.maze import GymnasiumWorld, MazeVectorEnv, TabularPolicy, generate_maze, solve
from rlcourse.showing import bar as tqdm
from rlcourse.showing import say

GAMMA = 0.97  # the discount, until section 7

maze = generate_maze(8, seed=0)
inside = maze.open_states  # all states but the exit's
policy = 0.5 * solve(maze, gamma=0.99).policy + 0.5 / 3  # π(a|s), one row for each state
robot = TabularPolicy(maze.num_states)
with torch.no_grad():
    robot.table.copy_(torch.tensor(policy).log())

envs = MazeVectorEnv(2, maze=maze, max_steps=60, random_start=True, autoreset_mode="SameStep")
rollout = GymnasiumWorld(envs, steps=120).rollout(robot, generator=torch.Generator().manual_seed(6))
say(
    f"A **rollout**: {rollout.rewards.shape[0]} steps of {rollout.rewards.shape[1]} robots side by side. "
    f"Where an episode ends, the next one begins in the row below: "
    f"**{int(rollout.terminated.sum())}** episodes ended at the exit, "
    f"**{int((rollout.done & ~rollout.terminated).sum())}** at the time limit of {envs.max_steps} steps "
    "(both robots together; the picture below shows the first)."
)

# %% [markdown]
# Below you see what the first of the two robots was paid, step by step, and under it the **return** from each step: all
# that it would still collect until the end of its episode, later rewards discounted. Look at the second curve from
# right to left.

# %% jupyter={"source_hidden": true}
# Draws the rewards and the returns of the first robot.
from rlcourse.equations import discounted_returns
from rlcourse.explorables import steps_picture

returns = discounted_returns(rollout.rewards, rollout.done, gamma=GAMMA)
first = (columns[:, 0] for columns in (rollout.rewards, returns))  # of the first robot
steps_picture(*first, terminated=rollout.terminated[:, 0], done=rollout.done[:, 0])

# %% [markdown]
# Each return is the reward of its step, and γ times the return of the next one. So nobody has to add up a long sum
# for every step. One goes through the rollout once, backwards:
#
# $$ G_t = r_t + \gamma\,(1 - \text{done}_t)\; G_{t+1} $$
#
# (Sutton and Barto, *Reinforcement Learning: An Introduction*, second edition 2018, equation 3.9. If you look it up: the
# book calls the reward for the action at time $t$ $R_{t+1}$, because it arrives with the next state. Here it is $r_t$.)
#
# - $r_t$ is the reward for step $t$, and $\gamma$ the discount;
# - $\text{done}_t$ is 1 if an episode ended with step $t$, for whatever reason. Then the next row belongs to another
#   episode, and $1 - \text{done}_t$ lets nothing of it through.
#
# And in the last row, where there is no next one? A robot that is still on its way would have gone on to collect
# something, but nobody has seen what. If somebody has a *guess*, it stands in for the missing $G_{t+1}$: one number for
# each robot, `bootstrap` in the exercise. Without a guess it is 0, as in the picture, whose last returns therefore lack
# their tail. (Who could make such a guess? Section 2 gives it a name, in section 4 it is learned.)
#
# ### Exercise 1: the return from every step (10 minutes, medium)
#
# `rewards` and `done` are `[T, N]`: T steps of N robots. `bootstrap` is `[N]`, the guess of what each robot would
# collect after the last row, or `None` for 0. Return all $G_t$, `[T, N]`. A loop over the steps is fine; one over the
# robots, too, would be slow when there are thousands. (The opposite of a boolean tensor is `~done`. Stuck?
# `hint("discounted_returns")`.)


# %%
from rlcourse.exercises import check, hint, solution  # noqa: F401 (if you are stuck)


def my_discounted_returns(rewards, done, *, gamma, bootstrap=None):
    # your code here
    return ...


my_returns_result = check("discounted_returns", my_discounted_returns)

# %% [markdown]
# **Put it to work.** From here on the notebook uses *your* function wherever it needs returns. (Until it passes, the
# course's.) Does it see the rollout as the picture does?

# %% jupyter={"source_hidden": true}
# Compares your returns with the picture's.
from rlcourse.exercises import at_work

zeros, never = torch.zeros(64, 64), torch.zeros(64, 64, dtype=torch.bool)  # to try how quick a function is

the_returns = at_work(
    my_returns_result, my_discounted_returns, discounted_returns, try_on=lambda f: f(zeros, never, gamma=GAMMA)
)
whose_returns = "The course’s function" if the_returns is discounted_returns else "Your function"
difference = (the_returns(rollout.rewards, rollout.done, gamma=GAMMA) - returns).abs().max()
say(f"{whose_returns} and the picture differ by at most **{difference:.6f}** over {returns.numel()} returns.")

# %% [markdown]
# ## 2 · What could be expected? The value of a state
#
# One return is luck. The same robot in the same place may turn the right way or the wrong one. So put it into one
# place, a dozen actions from the exit, and let it start from there 2,000 times.
#
# **Predict first:** will the returns lie close together?

# %% jupyter={"source_hidden": true}
# Lets 2,000 walks begin in one place, and draws their returns.
from dataclasses import replace

from rlcourse.explorables import walks_picture
from rlcourse.maze import MazeWorld, steps_to_exit

place = inside[steps_to_exit(maze)[inside] == 12][0]
from_the_place = replace(maze, start_cell=int(place) // 4, start_heading=int(place) % 4)
world = MazeWorld(from_the_place, groups=2000, starts="start", max_steps=2000)  # long enough that nobody is stopped
walks = world.rollout(robot, generator=torch.Generator().manual_seed(0))
returns_there = the_returns(walks.rewards, walks.done, gamma=GAMMA)[0]  # [2000], the return from the first step
exact = solve(maze, gamma=GAMMA, policy=policy)  # what the values really are: section 3

display(walks_picture(maze, int(place), returns_there, exact=exact.V[place]))
say(
    f"The average return is **{returns_there.mean():+.3f}**, with a standard deviation of "
    f"{returns_there.std():.3f} from walk to walk. The exact value, computed without a single walk, is "
    f"**{exact.V[place]:+.3f}**."
)

# %% [markdown]
# The **value** of a state is that average: the return that can be expected from there, for a robot that follows its
# policy,
#
# $$ V^\pi(s) = \mathbb{E}_\pi\,[\, G_t \mid s_t = s \,] $$
#
# (Sutton and Barto 2018, equation 3.12). $\mathbb{E}_\pi$ is the average over everything that may happen when actions
# are drawn from $\pi$. Another policy has other values in the same maze: a state is worth what *you* make of it.
#
# Estimating an average by averaging is called the **Monte Carlo** method. It works for all states at once: send
# robots out from everywhere, and average for each state the returns of all the steps that began in it. More walks,
# smaller error:

# %% jupyter={"source_hidden": true}
# Averages the returns of 30, 300 and 3,000 walks, state by state.
world = MazeWorld(maze, groups=3000, starts="random", max_steps=2000)
walks = world.rollout(robot, generator=torch.Generator().manual_seed(1))
walked = walks.time_first(walks.rows.mask)  # [T, N]: False once a walk has ended
states = walks.time_first(walks.rows.observations["states"])
actions = walks.time_first(walks.rows.actions)
all_returns = the_returns(walks.rewards, walks.done, gamma=GAMMA)


def average_by(index, numbers, size):
    """The average of the numbers that share an index, for each index from 0 to size − 1."""
    count = np.bincount(index, minlength=size)
    return np.bincount(index, weights=numbers, minlength=size) / np.maximum(count, 1)


lines = ["| walks | steps | average error of V |", "|---|---|---|"]
for count in (30, 300, 3000):
    used = walked[:, :count]
    estimate = average_by(states[:, :count][used], all_returns[:, :count][used], maze.num_states)
    error = np.abs(estimate - exact.V)[inside].mean()
    lines.append(f"| {count:,} | {int(used.sum()):,} | {error:.4f} |")
V_estimate = estimate
say("\n".join(lines))

# %% [markdown]
# ## 3 · Exact values: the Bellman equation
#
# Where does the exact value come from? From the same thought as the returns: what a state is worth is what the next
# step pays, and what the next state is worth, γ times. On average over the actions:
#
# $$ \begin{aligned}
# V^\pi(s) &= \sum_a \pi(a \mid s)\; Q^\pi(s, a) \\
# Q^\pi(s, a) &= r(s, a) + \gamma\, V^\pi(s') \\
# A^\pi(s, a) &= Q^\pi(s, a) - V^\pi(s)
# \end{aligned} $$
#
# - $V^\pi(s)$ is the value of state $s$, for a robot that follows policy $\pi$;
# - $Q^\pi(s, a)$ is the value of an action: take $a$ in $s$ once, and follow $\pi$ from then on;
# - $r(s, a)$ is what action $a$ pays in state $s$, and $s'$ the state it leads to (in our maze there is only one;
#   with chance in the world one averages over them). If $s'$ is in the exit, $V^\pi(s')$ is 0: nothing comes after
#   it;
# - $A^\pi(s, a)$ is the **advantage** of an action: how much better it is than what the robot gets there on average.
#   That average, $V^\pi(s)$, is the baseline of which the article speaks.
#
# The first two together are the **Bellman equation** (Bellman 1957; Sutton and Barto 2018, equation 3.14): one line
# for each state, and the unknowns appear on both sides. Our maze gives 256 linear equations for 256 values, and a
# computer solves them in a moment. This is called **dynamic programming**, and it needs the rules of the world.
#
# <details><summary><b>How the cell below writes them</b> (nothing later needs it)</summary>
#
# With all states at once the equations are $V = r_\pi + \gamma\, P V$, or $(I - \gamma P)\, V = r_\pi$:
#
# - $P$ is a table, 256 by 256: with which chance the policy leads from one state to another in one step;
# - $r_\pi$, in the code `pay`, is what the next step pays in each state, on average over the policy's actions;
# - $I$ is the table with 1 on its diagonal, and 0 elsewhere.
# </details>

# %% jupyter={"source_hidden": true}
# Solves all the equations at once.
n, rules = maze.num_states, maze.transitions
P = np.zeros((n, n))
np.add.at(P, (np.arange(n)[:, None], rules.next_state), policy)  # each action's chance, where it leads
pay = (policy * rules.reward).sum(axis=1)
P[rules.terminal], pay[rules.terminal] = 0, 0  # nothing comes after the exit

V = np.linalg.solve(np.eye(n) - GAMMA * P, pay)
say(
    f"{n} equations with {n} unknowns, solved. The course's `solve`, which gave the exact value of "
    f"section 2, finds the same: the largest difference is {np.abs(V - exact.V).max():.1e}. It returns "
    "Q and A as well."
)

# %% [markdown]
# Turn γ and look at the three of them. **Predict first:** with γ = 0.5, how far from the exit does the robot still
# notice that there is one? And in which states do advantages differ from 0 at all?

# %%
explorables.values_of_gamma(maze, policy)

# %% [markdown]
# <details><summary><b>What there is to see</b></summary>
#
# With γ = 0.5 only the states next to the exit stand out: each step further away halves what is left of its reward.
# With a large γ the exit is felt everywhere, and so is every cost on the way. Far states are worth *less* with
# γ = 0.999 than with 0.5, for a robot that acts at random half of the time. (The colours are stretched anew for every
# γ, so read the scales.)
#
# Advantages differ from 0 wherever the actions lead to something different. With γ = 0 that is only at walls, which
# cost extra, and in the last step before the exit. With a larger γ the actions differ everywhere, though far from the
# exit often by very little.
# </details>

# %% [markdown]
# Now the exact ones beside what the 3,000 walks say. $Q$ is estimated like $V$: average the returns of all steps with
# the same state *and* action. The difference of the two averages is an estimate of the advantage, here for driving
# forward.

# %% jupyter={"source_hidden": true}
# Draws the estimates of V and A beside the exact ones.
from rlcourse.explorables import maps_picture

pair = states * 3 + actions  # one number for each state and action
Q_estimate = average_by(pair[walked], all_returns[walked], 3 * maze.num_states).reshape(-1, 3)
A_estimate = Q_estimate - V_estimate[:, None]

display(maps_picture(maze, {"V(s), exact": exact.V, "V(s), average of returns": V_estimate}))
forward = {"A(s, forward), exact": exact.A[:, 0], "A(s, forward), from averages": A_estimate[:, 0]}
display(maps_picture(maze, forward, signed=True))

size = np.abs(exact.A[inside]).mean()
error_V, error_A = (np.abs(a - b)[inside].mean() for a, b in ((V_estimate, exact.V), (A_estimate, exact.A)))
balance = np.abs((policy * exact.A).sum(axis=1)).max()
say(
    f"The estimated V is off by {error_V:.3f} on average, where V runs from {exact.V.min():.2f} to {exact.V.max():.2f}. "
    f"The estimated A is off by **{error_A:.3f}**, and an advantage is on average only **{size:.3f}** large. "
    f"Averaged over the policy's own actions the advantage is 0 in every state (the largest: {balance:.0e})."
)

# %% [markdown]
# The two rows of pictures tell a story. Values are easy: they are large and smooth. But to decide what to do, a robot
# needs the differences *between its actions*, and these are small. That is why this notebook goes on.
#
# <details><summary><b>Think about it:</b> where is driving forward best, where is it worst, and why not at
# walls?</summary>
#
# On the right way it is a little better than the robot's average (pale blue), which mostly drives on there anyway. At
# a wall it costs a little, and one step is lost. Worst is an open side that leads *away*: the way there and back is
# lost, and two turns between them. Near the exit that is dear, because much that was nearly in hand moves away.
# </details>
#
# ## 4 · A critic that learns: Monte Carlo and TD
#
# A learner has no map, so it cannot solve the Bellman equation. It needs somebody who *learns* values from walks: a
# **critic**, here a table with one number for each state, 0 at first. What should the critic learn from?
#
# **Monte Carlo** waits for the return and moves $V(s_t)$ a little towards it:
#
# $$ V(s_t) \leftarrow V(s_t) + \alpha\,\bigl[\, G_t - V(s_t) \,\bigr] $$
#
# **Temporal difference** learning, TD, waits for one step only. Then there is one reward in hand, and the critic's
# own opinion about the next state:
#
# $$ \begin{aligned}
# V(s_t) &\leftarrow V(s_t) + \alpha\,\delta_t \\
# \delta_t &= r_t + \gamma\,(1 - \text{terminated}_t)\, V(s_{t+1}) - V(s_t)
# \end{aligned} $$
#
# (Sutton and Barto 2018, equations 6.1, 6.2 and 6.5)
#
# - $\alpha$ is the step size, between 0 and 1;
# - $\delta_t$ is the **TD error**: how much better the step went than the critic had foretold;
# - $\text{terminated}_t$ is 1 if the world ended with this step. A state after the end is worth nothing.
#
# To put a guess in the place of rewards that one has not seen is called **bootstrapping**. TD does it after every step.
# The `bootstrap` of exercise 1 is the same thing, once, after the last row: $V(s_T)$ of the state $s_T$ in which the
# rollout stopped.
#
# ### Exercise 2: the TD error (6 minutes, easy)
#
# All arguments are `[T, N]`. `values` are $V(s_t)$, `next_values` are $V(s_{t+1})$.


# %%
def my_td_error(rewards, values, next_values, terminated, *, gamma):
    # your code here
    return ...


my_td_result = check("td_error", my_td_error)

# %% [markdown]
# **Put it to work.** A small maze, and a robot that walks: half of the time it takes the best action, otherwise any. Two
# critics watch the same walks. TD moves by *your* TD errors after each step, Monte Carlo by returns, after each walk.
# (Until your functions pass, the course's.)
#
# **Predict first:** when the first walk is over, how many places will have heard of the exit? And who will be nearer to
# the truth after five walks, who after 150?

# %% jupyter={"source_hidden": true}
# Plays walks on two maps, one for each critic.
from rlcourse.equations import td_errors

the_td_error = at_work(
    my_td_result, my_td_error, td_errors, try_on=lambda f: f(zeros, zeros, zeros, never, gamma=GAMMA)
)
explorables.monte_carlo_and_td(gamma=GAMMA, td_error_fn=the_td_error, returns_fn=the_returns)

# %% [markdown]
# Monte Carlo hears of the exit in the first walk, all the way back to its first step, and learns quickly. But it also
# hears of every detour on the way, and that noise never goes away: its curve jitters to the end, and so do its numbers,
# from walk to walk. TD hears of the exit one step further back with each walk that comes by; for a long time it believes a
# critic that knows nothing yet. Its curve is smooth and slow.
#
# The one trusts what happened, the other trusts the critic. Keep this in mind; the next section turns it into a
# slider.
#
# ## 5 · Advantages from TD errors: GAE
#
# What policies learn from is the advantage. Suppose the critic were perfect. Then the TD error of a step would be, on
# average, exactly the advantage of its action: $r + \gamma V^\pi(s')$ is $Q^\pi(s, a)$, and $V^\pi(s)$ is taken off.
# Every estimate so far can be held against the exact one:

# %% jupyter={"source_hidden": true}
# Measures both estimates with a perfect critic.
V = torch.from_numpy(exact.V).float()
columns = (walks.rewards, V[states], V[walks.time_first(walks.next_rows.observations["states"])], walks.terminated)
one_step = the_td_error(*columns, gamma=GAMMA)
whole_return = all_returns - V[states]
exact_A = torch.from_numpy(exact.A).float()[states, actions]

lines = [
    "| estimate of A, with a perfect critic | error of a single step | error of the average for each (s, a) |",
    "|---|---|---|",
]
for name, estimates in (("TD error, δ", one_step), ("return minus value, G − V", whole_return)):
    of_one = (estimates - exact_A)[walked].abs().mean()
    of_a_kind = average_by(pair[walked], estimates[walked], 3 * maze.num_states).reshape(-1, 3)
    lines.append(f"| {name} | {of_one:.4f} | {np.abs(of_a_kind - exact.A)[inside].mean():.4f} |")
say("\n".join(lines))

# %% [markdown]
# Both are right on average. What is left of the error of G − V in the last column is the chance that even 3,000 walks
# leave; the table below the next exercise shows how it shrinks. In our maze each action leads to one state only, so with a
# perfect critic the TD error is even right every single time, while a return minus the value is off by far more than an
# advantage is large.
#
# But no critic is perfect. A TD error believes the critic's word for all that comes after one step, and inherits its
# mistakes. That is **bias**: being wrong on average. A return hears all that really happened, and all its chance.
# That is **variance**: being spread around the average. Between the two lies a whole family. Add up the TD errors of
# the steps to come, each with less weight than the one before:
#
# $$ \hat A_t = \delta_t + \gamma\lambda\,\delta_{t+1} + (\gamma\lambda)^2\,\delta_{t+2} + \dots
#             = \sum_{l \ge 0} (\gamma\lambda)^l\,\delta_{t+l} $$
#
# This is **generalised advantage estimation**, GAE (Schulman et al. 2016, equation 16; the paper uses it with TRPO, which
# a year earlier had no critic yet).
#
# - $\hat A_t$ is the estimate of the advantage of step $t$; a hat says that something is estimated;
# - $\delta_{t+l}$ is the TD error $l$ steps later;
# - $\lambda$ (lambda), from 0 to 1, says how far we look at what really happened before we take the critic's word.
#   With $\lambda = 0$ only $\delta_t$ is left. With $\lambda = 1$ the critic's opinions on the way cancel, and it is
#   the return minus $V(s_t)$.
#
# <details><summary><b>Why do they cancel?</b></summary>
#
# Add the first two, with λ = 1:
#
# $$ \begin{aligned}
# \delta_t + \gamma\,\delta_{t+1} = {} & r_t + \gamma V(s_{t+1}) - V(s_t) \\
# & {} + \gamma r_{t+1} + \gamma^2 V(s_{t+2}) - \gamma V(s_{t+1})
# \end{aligned} $$
#
# $+\gamma V(s_{t+1})$ and $-\gamma V(s_{t+1})$ cancel. The third term takes $\gamma^2 V(s_{t+2})$ away in the same way, and
# so on until the end: what stays is all the rewards, and $-V(s_t)$.
# </details>

# %% [markdown]
# **Predict first.** The critic below is off by about σ in every state. As λ grows from 0 to 1, what happens to the
# bias, what to the spread? Which λ will be best when the critic is good, and which when it is bad? (It takes some
# seconds until the picture is there.)

# %%
explorables.gae_bias_variance()

# %% [markdown]
# <details><summary><b>What there is to see</b></summary>
#
# With λ = 0 an estimate does not depend on chance at all here, but it is wrong in the way the critic is wrong. With λ
# = 1 the bias is gone, and single walks lie so far apart that one of them says next to nothing. The smallest error
# lies in between, and the worse the critic, the larger the best λ. With a perfect critic (σ = 0) there is no bias at
# any λ, and λ = 0 is best. A larger γ means more steps that count, so more chance.
#
# The picture measures estimates from the average of their state. If the critic's opinion of a state is too high, all
# actions in it look equally bad; this makes no action look better than another, and training does not feel it
# (notebook 04 says why).
# </details>

# %% [markdown]
# ### Where an episode ends
#
# One thing is still missing. A rollout holds many episodes, one after the other, and a sum over the steps to come
# must stop where an episode ends. Written as a loop that runs backwards, like the returns:
#
# $$ \begin{aligned}
# \delta_t &= r_t + \gamma\,(1 - \text{terminated}_t)\,V(s_{t+1}) - V(s_t) \\
# \hat A_t &= \delta_t + \gamma\lambda\,(1 - \text{done}_t)\,\hat A_{t+1}
# \end{aligned} $$
#
# Two flags, and they are not the same. `terminated`: the world is over, so there is no next state to be worth
# anything. `done`: the episode is over, for this or another reason, so the next row is none of our business. The next
# section shows what comes of mixing them up.
#
# ### Exercise 3: GAE (15 minutes, medium)
#
# All tensors are `[T, N]`, and `done = terminated | truncated`. $\hat A_T$, after the last row, is 0. You may use
# what you have written before.


# %%
def my_gae(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    # your code here
    return ...


my_gae_result = check("gae", my_gae)

# %% [markdown]
# **Put it to work.** Three facts about GAE, checked with yours (or the course's) on the 3,000 walks. The first two
# are the ends of the slider (equations 17 and 18 of the paper). The third needs a perfect critic, as here: then, for
# every λ, the estimate is the advantage on average.

# %% jupyter={"source_hidden": true}
# Checks λ = 0 and λ = 1, and measures what lies between.
from rlcourse.equations import gae

the_gae = at_work(
    my_gae_result,
    my_gae,
    gae,
    try_on=lambda f: f(zeros, zeros, zeros, never, never, gamma=GAMMA, gae_lambda=0.9),
)
whose_gae = "the course’s `gae`" if the_gae is gae else "your `gae`"


def estimate(gae_lambda):
    return the_gae(*columns, walks.done, gamma=GAMMA, gae_lambda=gae_lambda)


gap_0 = (estimate(0.0) - one_step)[walked].abs().max()
gap_1 = (estimate(1.0) - whole_return)[walked].abs().max()
lines = [
    f"With λ = 0, Â is the TD error: the largest difference is {gap_0:.1e}. With λ = 1 it is the return "
    f"minus the value: {gap_1:.1e}. Averaged over all steps with the same state and action, it comes ever "
    "closer to the exact advantage:\n",
    "| λ | error after 300 walks | after 3,000 walks |",
    "|---|---|---|",
]
for gae_lambda in (0.5, 0.95, 1.0):
    advantages, errors = estimate(gae_lambda), []
    for count in (300, 3000):
        used = walked[:, :count]
        of_a_kind = average_by(pair[:, :count][used], advantages[:, :count][used], 3 * maze.num_states)
        errors.append(np.abs(of_a_kind.reshape(-1, 3) - exact.A)[inside].mean())
    lines.append(f"| {gae_lambda:g} | {errors[0]:.4f} | **{errors[1]:.4f}** |")
say("\n".join(lines))

# %% [markdown]
# **Is γ not the same kind of knob?** It too makes late rewards count less, and so takes chance away. But it changes what
# is estimated: with another γ the exact values and advantages are others, and the best critic in the world does not mend
# that. λ below 1 is wrong only as far as the critic is wrong. So there is less to lose by λ, and the best λ is usually
# well below the best γ (Schulman et al. 2016, section 3). How much does γ change here, where λ changes nothing?

# %% jupyter={"source_hidden": true}
# Compares the advantages under two discounts.
A_of_smaller_gamma = solve(maze, gamma=0.9, policy=policy).A
change = np.abs(A_of_smaller_gamma - exact.A)[inside].mean()
say(
    f"From γ = {GAMMA} to γ = 0.9 the exact advantages change by **{change:.4f}** on average. An advantage is "
    f"on average {size:.3f} large."
)

# %% [markdown]
# This is how the course writes GAE. The loop stands in a function of its own, shared with the returns, because it is the
# same loop.

# %%
from rlcourse.equations import accumulate_backwards

display(show_source(gae), show_source(accumulate_backwards))

# %% [markdown]
# And the critic? It needs something to learn from, too. $\hat A_t + V(s_t)$ is what $V(s_t)$ is pulled towards: with
# λ = 0 that is TD's target, with λ = 1 it is the return, and in between it can have less of what is bad about each.
# So one function serves both the policy and the critic.
#
# ## 6 · A trap: the end of our patience is not the end of the world
#
# Programs often have one flag for the end of an episode, and treat a time limit like the exit. Let us do that, and
# ask the critic what it thinks. The robots are stopped after 20 steps now. One critic is told the truth; to the other
# every end is an exit. (What is right, you have seen in section 3.)
#
# **Predict first:** far from the exit, will the second critic be too pessimistic or too optimistic?


# %% jupyter={"source_hidden": true}
# Teaches two critics from short walks; one is told that every end is an exit.
from rlcourse.experiments import learn_values


def told_the_truth(rewards, values, next_values, terminated, done):
    return the_gae(rewards, values, next_values, terminated, done, gamma=GAMMA, gae_lambda=0.9)


def told_that_all_is_over(rewards, values, next_values, terminated, done):
    return the_gae(rewards, values, next_values, done, done, gamma=GAMMA, gae_lambda=0.9)


right = learn_values(maze, policy, told_the_truth, max_steps=20, name="told the truth")
wrong = learn_values(maze, policy, told_that_all_is_over, max_steps=20, name="told that all is over")

display(maps_picture(maze, {"a time limit is a time limit": right, "every end is an exit": wrong}))
start = maze.start_state
say(
    f"At the far start V is {exact.V[start]:+.2f}. The critic that was told the truth says "
    f"**{right[start]:+.2f}**, the other one **{wrong[start]:+.2f}**. Over all states their errors are "
    f"{np.abs(right - exact.V)[inside].mean():.3f} and {np.abs(wrong - exact.V)[inside].mean():.3f}."
)

# %% [markdown]
# To the second critic nothing is paid after 20 steps, and nothing costs anything either. Far from the exit the robot
# mostly pays, so an early end looks like a mercy; near it, walks that would have arrived a little later look
# worthless. In CartPole, where every step pays 1 and a pole that is balanced well is stopped at a limit, the same mistake
# makes every state look worth too little: the critic does not see the clock, so it learns an average over how much time
# was left.
#
# Is it always wrong to count a time limit as the end? Pardo et al. (2018, *Time Limits in Reinforcement Learning*, arXiv
# 1712.00378) tell two cases apart. If the limit is only *ours*, as here, the world goes on behind it, and the value of the
# last state counts. If the limit belongs to the *task*, as in a game of twenty minutes, then it is a real end. But then
# the time that is left belongs to the state as well: the same place is not worth the same early and late, and a critic
# that does not see the clock cannot tell. ($J$ of notebook 02 counts a walk up to its limit, and our states have no
# clock. In section 7 it does little harm, as a robot that has learned is out long before.)
#
# ## 7 · A robot that learns from your advantages
#
# Now everything comes together. The robot begins undecided, its critic knows nothing. Sixty-four robots act, the
# critic judges, your `gae` (or the course's) turns that into advantages, and the policy makes likelier what went
# better than expected. The algorithm is PPO, which notebook 06 explains. Here we look at what it learns *from*, and
# hand it over as an argument: `advantage_fn`.
#
# The critic learns from the same steps, but the order matters: the advantages are computed once, by the critic as it was
# *before*. A critic that had learned this batch by heart first would be surprised by nothing. All TD errors would be
# near 0, and little would be left for the policy to learn from (Schulman et al. 2016, section 6.1).
#
# New in the charts is the **explained variance**: the share of the returns' ups and downs that the critic foretells.
# 1 is perfect (but for a constant error, which it does not see), 0 no better than a constant. The expected return in the
# charts is undiscounted, over at most 256 actions, as in notebook 02. On the map the colour is what the *critic* says:
# watch how it learns the exit first, and how the arrows follow.

# %% jupyter={"source_hidden": true}
# Puts a robot, a critic and PPO together, and says what is measured and drawn.
from rlcourse.algorithms import PPO, PPOConfig, Training
from rlcourse.explorables import Chart, Films, TrainingDashboard
from rlcourse.maze import TabularValue, expected_return, walk

best_possible = expected_return(maze, solve(maze, gamma=0.99).policy, max_steps=maze.num_states)


def new_training(advantage_fn, gae_lambda, seed):
    """An undecided robot, a critic that knows nothing, and PPO, which has γ = 0.99 unless told otherwise."""
    envs = MazeVectorEnv(64, maze=maze, random_start=True, autoreset_mode="SameStep")
    config = PPOConfig(gae_lambda=gae_lambda, learning_rate=0.1, minibatch_size=512, entropy_coef=0.03)
    ppo = PPO(config, advantage_fn=advantage_fn, critic=TabularValue(maze.num_states))
    return Training(TabularPolicy(maze.num_states), GymnasiumWorld(envs, steps=64), ppo, seed=seed)


def measure(policy):
    return {"expected_return": expected_return(maze, policy.probabilities(), max_steps=maze.num_states)}


charts = [
    Chart("Expected return from the start", ("expected_return",), target=round(best_possible, 2)),
    Chart("Explained variance: the critic", ("explained_variance",)),
    Chart("Entropy: how undecided it is", ("entropy",), low=0),
]

# %%
training = new_training(the_gae, gae_lambda=0.95, seed=0)
before = walk(maze, training.policy.probabilities(), seed=1, max_steps=120)
dashboard = TrainingDashboard(
    charts,
    60,
    best="expected_return",
    maze=maze,
    recorded="maze-ppo",
)
display(dashboard)
training.run(60, on_step=dashboard, evaluate=measure, evaluate_every=2)
dashboard.finish(training.history)

# %% jupyter={"source_hidden": true}
# Says how far it came, and plays it before and after.
first, achieved = training.history["expected_return"][0], training.history.last("expected_return")
say(
    f"Trained with {whose_gae} for {training.history['step'][-1]:.0f} updates, {training.seconds:.1f} "
    f"seconds: the expected return went from {first:.2f} to **{achieved:.3f}**; the best possible is "
    f"{best_possible:.3f}."
)
Films(maze, {"before": before, "after": walk(maze, training.policy.probabilities(), seed=1, max_steps=120)}, fps=15)

# %% [markdown]
# What does the critic know at the end? It has never seen a map. Its table beside the exact values of the policy that
# the robot has now:

# %% jupyter={"source_hidden": true}
# Draws what the critic says beside the truth.
learned_V = training.algorithm.critic.table.detach().numpy()[:, 0]
exact_now = solve(maze, gamma=0.99, policy=training.policy.probabilities())

display(maps_picture(maze, {"V of the trained robot, exact": exact_now.V, "what the critic says": learned_V}))
say(f"On average the critic is off by **{np.abs(learned_V - exact_now.V)[inside].mean():.3f}**.")

# %% [markdown]
# Does λ matter for learning? Three robots each for λ = 0, 0.95 and 1, with nothing else changed. This takes a
# little longer. (■ in the toolbar stops it; what is there is drawn. Under *Run All* the cells below then go on.)

# %% jupyter={"source_hidden": true}
# Trains nine robots, and draws them.
from rlcourse.explorables import learning_picture

runs = [(gae_lambda, seed) for gae_lambda in (0.0, 0.95, 1.0) for seed in (0, 1, 2)]
curves = {f"λ = {gae_lambda:g}": [] for gae_lambda, _ in runs}
for gae_lambda, seed in (bar := tqdm(runs)):
    bar.set_description(f"nine robots, now λ = {gae_lambda:g}")
    trial = new_training(the_gae, gae_lambda, seed)
    history = trial.run(40, evaluate=measure, evaluate_every=5, progress=False)
    measured = np.isfinite(history["expected_return"])
    if measured.any():
        curves[f"λ = {gae_lambda:g}"].append((history["step"][measured], history["expected_return"][measured]))
    if history.interrupted:
        break

display(learning_picture(curves, best_possible=best_possible, updates=40))
lines = [
    "| | expected return after 40 updates, robot by robot | closer to the trap than to the best |",
    "|---|---|---|",
]
trap = maze.num_states * maze.rewards.step  # time is up, no wall was hit and no exit found
for name, found in curves.items():
    ends = [f"{y[-1]:+.2f}" + (f" (after {x[-1]:.0f})" if x[-1] < 40 else "") for x, y in found]
    trapped = sum(y[-1] - trap < best_possible - y[-1] for _, y in found)
    lines.append(f"| {name} | {', '.join(ends) or '–'} | {trapped} of {len(found)} |")
lines.append(f"| the trap: {maze.num_states} steps, no wall and no exit | {trap:+.2f} | |")
lines.append(f"| the best possible | {best_possible:+.2f} | |")
say("\n".join(lines))

# %% [markdown]
# With λ = 0 the robot hears of the exit only through its critic, and the critic hears of it one step further back
# with each update. Until then there is something else to learn: who turns on the spot hits no wall. That costs the time
# limit's steps and nothing more, and it is a trap, since a robot that is sure of it never sees the exit again. With λ = 1
# the news travels at once, but with all the noise. The last column of the table says who was caught. Nine robots are not
# many, and another seed can change a number; 0.95 is the usual choice between the two troubles.
#
# ## 8 · The same for words: "2+2 is 4"
#
# Leave the maze. A language model writes an answer, token by token, and at the end a judge pays 0.8 for the whole of
# it. The states are the beginnings of the answer, and the actions are tokens. The last action is a token, too: **end of
# text**, by which the model says that it has finished. Then the judge pays; all rewards before are 0. So the returns are
# simple:
#
# $$ v_t = \gamma^{\,T-1-t}\; R $$
#
# - $R$ is the reward of the whole answer, the only one there is, and $T$ the number of its tokens, with the end of text;
# - $v_t$ is $G_t$, the return of the step that writes token $t$, counted from 0. It is also what the text *before* that
#   token is worth, if the answer goes on like this.
#
# Read it from the end. The text "2+2 is 4" only has to be ended, so its value is 0.8. A text that is one token shorter is
# one step further away from the reward: 0.8γ. Then 0.8γ², and so on. These are the article's numbers, 0.8, 0.8γ, 0.8γ²,
# for the answer and its beginnings. Turn γ; each bar is the value of the text up to and with its token:

# %%
explorables.prefix_values()

# %% [markdown]
# (The article counts by words, and so gives "2+2 is" the value 0.8γ. Our GPT-2 has smaller tokens: the space and the 4
# are two, so for it "2+2 is" is one step further away.)
#
# For the answers of language models γ = 1 is usual: with 0.9 nothing would reach the first of 200 tokens, as you have
# just seen. Is it really the same as in the maze? A cell that measures it: the returns of an episode that pays only at
# its end, against `prefix_values`. (Loading the model takes some seconds.)

# %% jupyter={"source_hidden": true}
# Shows the values of the article's answer, token by token.
from rlcourse.equations import prefix_values
from rlcourse.explorables import token_strip
from rlcourse.language import LanguagePolicy, ValueModel, as_episodes, load_gpt2

model, tokenizer = load_gpt2("sft")  # the small GPT-2 that you asked for sums in notebook 00
question, answer = "Question: What is 2+2?\nAnswer: ", "2+2 is 4"
episode = as_episodes(tokenizer, question, [answer])  # one row, which ends with the token "end of text"
tokens = [tokenizer.decode([token]) for token in episode.actions[0]]

targets = prefix_values(0.8, len(tokens), gamma=0.9)
paid, over = torch.zeros(len(tokens), 1), torch.zeros(len(tokens), 1, dtype=torch.bool)
paid[-1], over[-1] = 0.8, True
difference = (the_returns(paid, over, gamma=0.9)[:, 0] - targets).abs().max()

display(token_strip(tokens, {"reward": paid[:, 0]}, values=targets))
say(
    "At each cursor, `prefix_values` with γ = 0.9: what the text to its left is worth. "
    f"{whose_returns} gives the same as returns: the largest difference is {difference:.1e}."
)

# %% [markdown]
# ### A value head learns it
#
# Who is the critic of a language model? A **value model**: the same GPT-2 body, with another head. Where a language
# model ends in one number for every token of the vocabulary, a value model ends in a single number, $V(s_t)$: what
# reward to expect, seen from the text *before* token $t$. It learns as every critic does, by pulling $V(s_t)$ towards
# the return, with the squared error as its loss:
#
# $$ \text{loss} = \tfrac{1}{2}\, \operatorname{mean}_t\, \bigl( V(s_t) - v_t \bigr)^2 $$

# %%
from rlcourse.equations import value_loss


def train_values(episodes, targets, steps=150):
    """A new value model, trained on these answers, and what it said on the way."""
    critic = ValueModel.from_language_model(model, tokenizer)
    optimizer = torch.optim.Adam(critic.parameters(), lr=3e-4)
    said = []
    for _ in tqdm(range(steps), desc="a value model learns"):
        values = critic.values(episodes)
        said.append(values.detach().clone())
        loss = value_loss(values, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return critic, torch.stack(said)


# %% [markdown]
# A fresh value model expects 0 everywhere. 150 steps on the one answer:

# %% jupyter={"source_hidden": true}
# Trains a value model on one answer, and draws what it says.
from rlcourse.explorables import learned_values_picture

critic, said = train_values(episode, targets[None])

final_said = critic.values(episode).detach()[0]
moments = {0: said[0][0], 10: said[10][0], len(said): final_said}
named = {f"the value model after {step} steps": values for step, values in moments.items()}
display(learned_values_picture(tokens, targets, named))
say(f"The value head and the article's numbers differ by at most **{(final_said - targets).abs().max():.5f}**.")

# %% [markdown]
# ### Which token made the difference?
#
# Now two answers, "2+2 is 4." and "2+2 is 5." One is paid 0.8, the other nothing. Up to the digit they are the same
# text, and a critic that reads only what stands before a token cannot tell them apart. **Predict first:** what will
# it say there? And which token will get an advantage?

# %% jupyter={"source_hidden": true}
# Trains another one on two answers.
answers = ["2+2 is 4.", "2+2 is 5."]
episodes = as_episodes(tokenizer, question, answers)
length = episodes.actions.shape[1]
two_targets = torch.stack([prefix_values(reward, length, gamma=0.9) for reward in (0.8, 0.0)])
critic, _ = train_values(episodes, two_targets, steps=200)

values = critic.values(episodes).detach().T  # [T, N], as the equations want it
next_values = torch.cat([values[1:], torch.zeros(1, 2)])  # after the last token there is nothing
rewards, over = torch.zeros(length, 2), torch.zeros(length, 2, dtype=torch.bool)
rewards[-1, 0], over[-1] = 0.8, True


# %% [markdown]
# At the cursors stands what the value model says of the text to the left; under the tokens, their advantages. Choose an
# end of λ, and go over the tokens with the mouse or the arrow keys.

# %% jupyter={"source_hidden": true}
# Shows the advantages, token by token.
from rlcourse.explorables import answers_strip


def advantages_of_tokens(gae_lambda):
    return the_gae(rewards, values, next_values, over, over, gamma=0.9, gae_lambda=gae_lambda)


advantages = {f"GAE(λ = {end}) advantage": advantages_of_tokens(end).T for end in (0, 1)}
known = {"critic": critic, "numbers": advantages, "names": ["paid 0.8", "paid nothing"]}
display(answers_strip(LanguagePolicy(model, tokenizer), question, answers, **known))
digit = int((episodes.actions[0] != episodes.actions[1]).nonzero()[0])  # where the two answers part
first, added = values[0].mean(), advantages["GAE(λ = 1) advantage"].sum(dim=0)[:digit].abs().max()
say(
    f"Before the first token the critic expects {first:.2f}; the average of the two returns there is "
    f"{two_targets[:, 0].mean():.2f}. With λ = 1, praise and blame of a token that both answers share add up to at most "
    f"**{added:.2f}**."
)

# %% [markdown]
# Up to the digit the critic expects the average of the two, as it must. The digit is where they part, and with λ = 0 the
# digit alone gets the credit, or the blame. With λ = 1 every token up to the digit is praised, the ones too that both
# answers share, and those of the wrong answer are blamed as much.
#
# Is that a mistake? Not on average: on the shared tokens praise and blame cancel. But with only a few answers to a
# question they cancel only roughly. So it is noise, not bias. This is what a good critic does for a language model: it finds the token that mattered, and keeps that noise away. It is also what GRPO does without (notebook 10),
# where every token of an answer gets the same advantage.
#
# ## Quiz

# %% jupyter={"source_hidden": true}
# Brings the quiz.
from rlcourse.exercises import quiz

quiz("03")

# %% [markdown]
# ## What you now know
#
# - The **return** of a step is its reward and γ times the return of the next step, cut where an episode ends.
# - The **value** $V^\pi(s)$ is the return to be expected; $Q^\pi(s, a)$ the same after one given action; the
#   **advantage** $A = Q - V$ says how much better the action is than the robot's own average.
# - In a small world with known rules the **Bellman equation** gives them exactly. Otherwise a **critic** learns them,
#   from returns (Monte Carlo: no bias, much variance) or from TD errors (little variance, the critic's own bias).
# - **GAE** adds up TD errors with weights (γλ)ˡ; λ chooses between the two.
# - `terminated` stops the bootstrap, `done` cuts the trace. A time limit is not the end of the world.
# - A language model's **value model** is a critic like any other. A reward of 0.8 at the end gives the beginnings of an
#   answer 0.8, 0.8γ, 0.8γ² … to learn: 0.8 for the whole text, which only has to be ended, 0.8γ for one token less.
#
# ## What comes next
#
# You have advantages. How does a policy learn from them? You are going to find out that it looks like supervised
# learning, with an advantage where the label used to be.

# %% jupyter={"source_hidden": true}
# Links to what comes next.
from rlcourse.course import what_comes_next

what_comes_next("03")
