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
# <blockquote style="border-left: 6px solid #56B4E9; background: rgba(86, 180, 233, 0.14); padding: 10px 16px"><b>The article says</b> that an advantage says how good an action is against a baseline, the value of the state; from one reward of 0.8 for “2+2 is 4” a value model learns 0.8, 0.8γ, 0.8γ² … for the answer and its beginnings.<br><b>Here you run it.</b> From <a href="https://towardsdatascience.com/training-large-language-models-from-trpo-to-grpo/"><i>Training Large Language Models: From TRPO to GRPO</i></a> (Towards Data Science, 6 February 2025).</blockquote>
#
# **Two sittings, the second a little longer.** It can be started on another day. You will be able to
#
# 1. say what a return, a value and an advantage are, and let a critic learn values from walks (sections 1–4);
# 2. write GAE, the estimate that PPO learns from, choose its λ, and train a robot with it; then find the token that made
#    the difference in an answer (sections 5–8).
#
# The first cell takes some seconds. (A grey bar is a cell whose code is folded away, because it only loads, tabulates or
# draws. It runs like any other, and a click opens it.)

# %% jupyter={"source_hidden": true}
# Loads the course, a maze and a half-trained robot.
from dataclasses import replace

import torch
from IPython.display import display

from rlcourse import explorables
from rlcourse.exercises import at_work, check, hint, predict, reveal, solution
from rlcourse.maze import MazeWorld, TabularPolicy, generate_maze, solve, steps_to_exit, walk
from rlcourse.showing import say

GAMMA = 0.97  # the discount, until section 7

maze = generate_maze(8, seed=0)
policy = 0.5 * solve(maze, gamma=0.99).policy + 0.5 / 3  # π(a|s), one row for each state
robot = TabularPolicy(maze.num_states)
with torch.no_grad():
    robot.table.copy_(torch.tensor(policy).log())
inside = maze.open_states  # all states but the exit's
place = int(inside[steps_to_exit(maze)[inside] == 12][0])  # a dozen actions from the exit

# %% [markdown]
# # First sitting: what is a state worth?
#
# ## 1 · What came of it? The return
#
# Meet a robot that is half trained: half of the time it takes the best action, otherwise any of the three. It sets out a
# dozen actions from the exit. (Change the `seed` and run the cell again: the same robot, another walk.)

# %%
one_walk = walk(maze, policy, seed=3, start_state=place)
explorables.return_of_a_walk(maze, one_walk)

# %% [markdown]
# The **return** from a step is all that is still collected until the end, later rewards discounted. Dragging the robot
# back you have seen how to get them all in one go, from the last to the first:
#
# $$ G_t = r_t + \gamma\, G_{t+1} $$
#
# - $r_t$ is the reward for step $t$, and $\gamma$ the discount;
# - $G_{t+1}$ is the return from the next step; after the last one it is 0.
#
# (Sutton and Barto, *Reinforcement Learning: An Introduction*, 2018, equation 3.9. The book calls the same reward
# $R_{t+1}$.)
#
# ## 2 · What could be expected? The value of a state
#
# Was it luck? Let the robot set out from there 2,000 times.

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("from_one_place")

# %% jupyter={"source_hidden": true}
# Lets 2,000 walks begin in one place, and draws their returns.
from rlcourse.equations import discounted_returns
from rlcourse.explorables import walks_picture

from_there = MazeWorld(
    replace(maze, start_cell=place // 4, start_heading=place % 4), groups=2000, starts="start", max_steps=2000
)
walks_there = from_there.rollout(robot, generator=torch.Generator().manual_seed(0))
returns_there = discounted_returns(walks_there.rewards, walks_there.done, gamma=GAMMA)[0]  # [2000], from the first step
exact = solve(maze, gamma=GAMMA, policy=policy)  # what the values really are: section 3

nine_in_ten = (returns_there - returns_there.mean()).abs().quantile(0.9).item()
display(walks_picture(maze, place, returns_there, exact=exact.V[place]))
say(
    f"Nine walks in ten lie within {nine_in_ten:.2f} of their average. The average is **{returns_there.mean():+.3f}**. "
    f"The exact value, computed without a single walk, is **{exact.V[place]:+.3f}**."
)
reveal(from_one_place=0 if nine_in_ten < 0.1 else 1 if nine_in_ten < 0.3 else 2)

# %% [markdown]
# One return is luck. The **value** of a state is the return that can be *expected* from there, by a robot that follows
# its policy:
#
# $$ V^\pi(s) = \mathbb{E}_\pi\,[\, G_t \mid s_t = s \,] $$
#
# $\mathbb{E}_\pi$ is the average over all that may happen when actions are drawn from the policy $\pi$, and $s_t = s$
# says that the robot is in state $s$ at step $t$ (the book's equation 3.12). A state is worth what *you* make of it: another policy,
# other values. To estimate a value by averaging returns, as we just did, is called the **Monte Carlo** method.
#
# ## 3 · Exact values, and what an action is worth
#
# Where does the exact value come from? A state is worth what the next step pays, and γ times what the next state is
# worth, on average over the actions:
#
# $$ \begin{aligned}
# V^\pi(s) &= \sum_a \pi(a \mid s)\; Q^\pi(s, a) \\
# Q^\pi(s, a) &= r(s, a) + \gamma\, V^\pi(s') \\
# A^\pi(s, a) &= Q^\pi(s, a) - V^\pi(s)
# \end{aligned} $$
#
# - $Q^\pi(s, a)$ is the value of an action: take $a$ in $s$ once, and follow $\pi$ from then on;
# - $r(s, a)$ is what that pays, and $s'$ the state it leads to. If that is the exit, $V^\pi(s')$ is 0;
# - $A^\pi(s, a)$ is the **advantage**: how much better $a$ is than the average there, $V^\pi(s)$, the article's baseline.
#
# The first two together are the **Bellman equation** (the book's equation 3.14): one linear equation for each state. With the rules
# of the world in hand, a computer solves them all in a moment.
#
# **Before you turn anything:** with γ = 0.5, how far from the exit will the robot still notice that there is one?

# %% tags=["claim-C7"]
explorables.values_of_gamma(maze, policy)

# %% [markdown]
# <details><summary><b>What there is to see</b></summary>
#
# With γ = 0.5 only the states next to the exit stand out. With a large γ the exit is felt everywhere, and so is every
# cost on the way. (The colours are stretched anew for every γ, so read the scales.)
#
# With γ = 0 advantages differ from 0 only at walls, which cost extra, and in the last step. With a larger γ they differ
# everywhere, often by very little. Driving forward is worst where an open side leads *away*: the way there and back is
# lost, and two turns between them.
# </details>

# %% [markdown]
# Values are large and smooth: with γ = 0.97 they differ by more than 1 between places. But
# to decide what to do, a robot needs the differences *between its actions* in one place, and these are often hundredths.
#
# ## 4 · A critic that learns
#
# A learner has no map. It needs somebody who *learns* values from walks: a **critic**, here a table with one number
# $V(s)$ for each state, 0 at first. There are two ways to learn.
#
# **Monte Carlo** waits until the walk is over, and moves $V(s_t)$ a little towards the return:
#
# $$ V(s_t) \leftarrow V(s_t) + \alpha\,\bigl[\, G_t - V(s_t) \,\bigr] $$
#
# **Temporal difference** learning, TD, waits for one step only. One reward is in hand, and for all the rest it takes
# the critic's own opinion of the next state:
#
# $$ \begin{aligned}
# V(s_t) &\leftarrow V(s_t) + \alpha\,\delta_t \\
# \delta_t &= r_t + \gamma\,(1 - \text{terminated}_t)\, V(s_{t+1}) - V(s_t)
# \end{aligned} $$
#
# (Sutton and Barto, equations 6.1, 6.2 and 6.5)
#
# - $\alpha$ is the step size, between 0 and 1;
# - $\delta_t$ is the **TD error**: how much better the step went than the critic had foretold;
# - $\text{terminated}_t$ is 1 if the world ended with this step. A state after the end is worth nothing.
#
# ### Exercise 1: the TD error (6 minutes, easy)
#
# All arguments are `[T, N]`: T steps of N robots. `values` are $V(s_t)$, `next_values` are $V(s_{t+1})$, and
# `terminated` holds True and False (its opposite is `~terminated`). Return all $\delta_t$, `[T, N]`.


# %%
def my_td_error(rewards, values, next_values, terminated, *, gamma):
    # your code here
    return ...


my_td_result = check("td_error", my_td_error)

# %% [markdown]
# **Put it to work.** Two critics watch the same walks in a small maze. TD moves by *your* TD errors (until they pass, by
# the course's), Monte Carlo by returns, both with α = 0.5. When the first walk is over, in how many places will each of them have heard of
# the exit?

# %% jupyter={"source_hidden": true}
# Plays walks on two maps, one for each critic.
from rlcourse.equations import td_errors

the_td_error = at_work(my_td_result, my_td_error, td_errors)
explorables.monte_carlo_and_td(gamma=GAMMA, walks=120, td_error_fn=the_td_error)

# %% [markdown]
# Monte Carlo hears of the exit in the first walk, all the way back, but also of every detour: watch its curve jitter to
# the end. TD hears of the exit roughly a step further back with each walk that comes by, and for a long time believes a
# critic that knows nothing yet. The one trusts what happened, the other trusts the critic.
#
# ### When a walk is cut
#
# Training does not wait for whole walks. N robots walk side by side for T steps, a **rollout**, and learn from that.
#
# **An episode ends in the middle.** The next row belongs to another one, and nothing of it may leak back. With
# $\text{done}_t$ = 1 where an episode ended with step $t$:
#
# $$ G_t = r_t + \gamma\,(1 - \text{done}_t)\; G_{t+1} $$
#
# **The last row cuts robots that are on their way.** Nobody has seen what they would have gone on to collect, but the
# critic has a guess. If $s_T$ is the state in which the rollout stops, the loop begins with $G_T = V(s_T)$.
#
# A guess in the place of rewards not seen is called **bootstrapping**. TD does it after every step, a cut return once.
#
# ### Exercise 2: the return from every step (10 minutes, medium)
#
# `rewards` and `done` are `[T, N]`; `bootstrap` is `[N]`, the critic's $V(s_T)$ for each robot, or `None` for 0. Return
# all $G_t$, `[T, N]`. Each turn of the loop does one step of all robots at once.


# %%
def my_discounted_returns(rewards, done, *, gamma, bootstrap=None):
    # your code here
    return ...


my_returns_result = check("discounted_returns", my_discounted_returns)

# %% [markdown]
# **Put it to work.** 120 steps of one robot, and the returns by *your* function: without a guess, and with a good critic's.

# %% jupyter={"source_hidden": true}
# Draws the returns of a rollout that is cut.
from rlcourse.explorables import steps_picture
from rlcourse.maze import GymnasiumWorld, MazeVectorEnv

the_returns = at_work(my_returns_result, my_discounted_returns, discounted_returns)
envs = MazeVectorEnv(1, maze=maze, max_steps=2000, random_start=True, autoreset_mode="SameStep")
rollout = GymnasiumWorld(envs, steps=120).rollout(robot, generator=torch.Generator().manual_seed(14))
last = rollout.time_first(rollout.next_rows.observations["states"])[-1]  # s_T
guess = torch.from_numpy(exact.V).float()[last]
without, with_guess = (the_returns(rollout.rewards, rollout.done, gamma=GAMMA, bootstrap=b) for b in (None, guess))
ends = {"terminated": rollout.terminated[:, 0], "done": rollout.done[:, 0]}
display(steps_picture(rollout.rewards[:, 0], with_guess[:, 0], without=without[:, 0], **ends))
apart = (with_guess - without).abs()
say(
    f"The critic's guess for the robot's last state is {guess[0]:+.2f}. It changes **{int((apart > 0.005).sum())}** of "
    f"{apart.numel()} returns by more than 0.005, all of them after the last exit."
)

# %% [markdown]
# **That was the first sitting.** A *return* is what came of a step, a *value* the return to be expected, an *advantage*
# how much better an action is than the average. A *critic* learns values, from what happened or from its own opinion.
#
# # Second sitting: which move was good?
#
# **Begin here** on another day, with the next cell. (In a new kernel it takes the course's functions for exercises 1 and
# 2. If you want yours: run the next cell, then the cells of those two exercises, then the next cell again.)

# %% jupyter={"source_hidden": true}
# Second sitting, begin here: loads what it needs.
import numpy as np
import torch
from IPython.display import display

from rlcourse import explorables
from rlcourse.equations import discounted_returns, td_errors
from rlcourse.exercises import at_work, check, hint, predict, quiz, reveal, solution
from rlcourse.explorables import show_source
from rlcourse.maze import MazeWorld, TabularPolicy, generate_maze, solve
from rlcourse.showing import bar as tqdm
from rlcourse.showing import say

GAMMA = 0.97
mine, big = globals().get, (torch.zeros(64, 64), torch.zeros(64, 64, dtype=torch.bool))  # to try how quick yours are
td, returns = (mine("my_td_result"), mine("my_td_error")), (mine("my_returns_result"), mine("my_discounted_returns"))
the_td_error = at_work(*td, td_errors, try_on=lambda f: f(*big[:1] * 3, big[1], gamma=GAMMA))
the_returns = at_work(*returns, discounted_returns, try_on=lambda f: f(*big, gamma=GAMMA))
maze = generate_maze(8, seed=0)
inside = maze.open_states
policy = 0.5 * solve(maze, gamma=0.99).policy + 0.5 / 3  # half of the time the best action, else any
exact = solve(maze, gamma=GAMMA, policy=policy)
robot = TabularPolicy(maze.num_states)
with torch.no_grad():
    robot.table.copy_(torch.tensor(policy).log())

# %% [markdown]
# ## 5 · Advantages from TD errors: GAE
#
# What policies learn from is the advantage. With a critic there are two ways to estimate it for a step that was made:
#
# - the **TD error** $\delta_t$: one reward and then the critic's word, $r + \gamma V(s')$, stand for $Q(s, a)$;
# - the **return minus the value**, $G_t - V(s_t)$: all that really happened, against what was expected.

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("perfect_critic")

# %% jupyter={"source_hidden": true}
# Measures both estimates with a perfect critic.
world = MazeWorld(maze, groups=1000, starts="random", max_steps=2000)
walks = world.rollout(robot, generator=torch.Generator().manual_seed(1))
walked = walks.time_first(walks.rows.mask)  # [T, N]: False once a walk has ended
now, then = (walks.time_first(rows.observations["states"]) for rows in (walks.rows, walks.next_rows))
V, A = torch.from_numpy(exact.V).float(), torch.from_numpy(exact.A).float()
columns = walks.rewards, V[now], V[then], walks.terminated
one_step = the_td_error(*columns, gamma=GAMMA)
whole_return = the_returns(walks.rewards, walks.done, gamma=GAMMA) - V[now]
truth = A[now, walks.time_first(walks.rows.actions)]
off = [(estimate - truth)[walked].abs().mean() for estimate in (one_step, whole_return)]
large = truth[walked].abs().mean()
say(
    f"The advantages are **{large:.3f}** large on average, whatever their sign. The TD error is off by **{off[0]:.3f}**, the return minus the "
    f"value by **{off[1]:.3f}**: the noise of a return is **{off[1] / large:.1f} times** the advantage that it should "
    "measure."
)
reveal(perfect_critic=0 if off[0] >= off[1] else 2 if off[1] > large else 1)

# %% [markdown]
# With a perfect critic both are right *on average*. (The TD error even every time, as in our maze each action leads to one
# state only.) But single returns lie far apart: that is **variance**.
#
# No critic is perfect, though. A TD error believes it for all that comes after one step, and inherits its mistakes. That
# is **bias**: being wrong on average. Between the two there is a slider, λ (lambda): how much of what really happened
# counts before the critic's word is taken for the rest.

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("best_lambda")

# %%
explorables.gae_bias_variance()

# %% [markdown]
# The small blue dots are single walks, a sample; all else is exact. (*Spread* is the square root of the
# variance, so that it has the units of the reward, as the bias has.)
#
# <details><summary><b>What there is to see</b></summary>
#
# At λ = 0 each action has one estimate, the same in every walk, but wrong, in the way the critic is wrong. With
# λ = 1 no bias is left between them, and one walk says next to nothing. The worse the critic, the larger the best λ; with a perfect
# one (σ = 0) it is 0.
#
# The picture measures estimates from the average of their state. If the critic's opinion of a state is too high, all
# actions in it look equally bad, and training does not feel it (notebook 04 says why).
# </details>

# %% [markdown]
# What does λ do? It adds up the TD errors of the steps to come, each with less weight than the one before:
#
# $$ \hat A_t = \delta_t + \gamma\lambda\,\delta_{t+1} + (\gamma\lambda)^2\,\delta_{t+2} + \dots $$
#
# This is **generalised advantage estimation**, GAE (Schulman et al. 2016, equation 16).
#
# - $\hat A_t$ is the estimate of the advantage of step $t$; a hat says that something is estimated;
# - $\lambda$, from 0 to 1, says how far we look at what really happened before we take the critic's word. With
#   $\lambda = 0$ only $\delta_t$ is left. With $\lambda = 1$ it is $G_t - V(s_t)$.
#
# <details><summary><b>Why is λ = 1 the return minus the value?</b></summary>
#
# Add the first two, with λ = 1:
#
# $$ \begin{aligned}
# \delta_t + \gamma\,\delta_{t+1} = {} & r_t + \gamma V(s_{t+1}) - V(s_t) \\
# & {} + \gamma r_{t+1} + \gamma^2 V(s_{t+2}) - \gamma V(s_{t+1})
# \end{aligned} $$
#
# The two $\gamma V(s_{t+1})$ cancel. The third term takes $\gamma^2 V(s_{t+2})$ away in the same way, and so on: what
# stays is all the rewards, and $-V(s_t)$.
# </details>
#
# <details><summary><b>Is γ not the same kind of knob?</b></summary>
#
# It too makes late rewards count less. But it changes what is estimated: with another γ the exact advantages are others.
# λ below 1 is wrong only as far as the critic is wrong, so the best λ is usually well below the best γ (Schulman et al.
# 2016, section 3).
# </details>

# %% [markdown]
# As a loop that runs backwards, and stops where an episode ends:
#
# $$ \hat A_t = \delta_t + \gamma\lambda\,(1 - \text{done}_t)\,\hat A_{t+1} $$
#
# So there are two flags. `terminated`, in $\delta_t$: the world is over, and no next state is worth anything. `done`: the
# episode is over, for this or another reason, and the next row is none of our business.
#
# ### Exercise 3: GAE (15 minutes, medium)
#
# All tensors are `[T, N]`. $\hat A_T$, after the last row, is 0. You may use
# `the_td_error(rewards, values, next_values, terminated, gamma=gamma)` from exercise 1. Return all $\hat A_t$, `[T, N]`.


# %%
def my_gae(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
    # your code here
    return ...


my_gae_result = check("gae", my_gae)

# %% jupyter={"source_hidden": true}
# Puts your function to work, and checks both ends of λ.
from rlcourse.equations import accumulate_backwards, gae

tried = {"gamma": GAMMA, "gae_lambda": 0.9}
the_gae = at_work(my_gae_result, my_gae, gae, try_on=lambda f: f(*big[:1] * 3, *big[1:] * 2, **tried))
whose_gae = "the course’s `gae`" if the_gae is gae else "your `gae`"
ends = [the_gae(*columns, walks.done, gamma=GAMMA, gae_lambda=end) for end in (0.0, 1.0)]
gaps = [(a - b)[walked].abs().max() for a, b in zip(ends, (one_step, whole_return), strict=True)]
say(
    f"On the 1,000 walks {whose_gae} with λ = 0 is the TD error (largest difference {gaps[0]:.1e}), and with λ = 1 the "
    f"return minus the value ({gaps[1]:.1e})."
)

# %% [markdown]
# This is how the course writes it, with a loop that it shares with the returns. (`Float[Tensor, "T N"]` is a note for
# readers and for tests, a tensor of floats with T rows of N.)

# %%
display(show_source(gae), show_source(accumulate_backwards))

# %% [markdown]
# The critic learns, too: $V(s_t)$ is pulled towards $\hat A_t + V(s_t)$, which for λ = 0 is TD's target and for λ = 1 the
# return.
#
# ## 6 · A trap: the end of our patience is not the end of the world
#
# Programs often have one flag for the end of an episode, and treat a time limit like the exit. Try it: robots are
# stopped after 20 steps. One critic is told the truth; to the other every end is an exit.

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("every_end_an_exit")

# %%
patience = 20  # then turn this: 5, 60 or 300 steps, and run this cell and the next one again

# %% jupyter={"source_hidden": true}
# Teaches two critics from walks that are cut short.
from rlcourse.experiments import learn_values
from rlcourse.explorables import maps_picture


def told_the_truth(rewards, values, next_values, terminated, done):
    return the_gae(rewards, values, next_values, terminated, done, gamma=GAMMA, gae_lambda=0.9)


def told_that_all_is_over(rewards, values, next_values, terminated, done):
    return the_gae(rewards, values, next_values, done, done, gamma=GAMMA, gae_lambda=0.9)


right = learn_values(maze, policy, told_the_truth, max_steps=patience, name="told the truth")
wrong = learn_values(maze, policy, told_that_all_is_over, max_steps=patience, name="told that all is over")

start = maze.start_state
too_high = wrong[start] - exact.V[start]
display(maps_picture(maze, {"a time limit is a time limit": right, "every end is an exit": wrong}))
say(
    f"Stopped after {patience} steps. At the far start V is {exact.V[start]:+.2f}. The critic that was told the truth "
    f"says **{right[start]:+.2f}**, the other one **{wrong[start]:+.2f}**."
)
reveal(every_end_an_exit=1 if abs(too_high) < 0.1 else 2 if too_high > 0 else 0)

# %% [markdown]
# Far from the exit the robot mostly pays, so an early end looks like a mercy; near it, walks that would have arrived a
# little later look worthless. **Your turn:** how much patience does the second critic need before its map looks like
# the first one's?
#
# <details><summary><b>Is it always wrong to count a time limit as the end?</b></summary>
#
# Pardo et al. (2018, *Time Limits in Reinforcement Learning*, arXiv 1712.00378) tell two cases apart. If the limit is
# only *ours*, as here, the world goes on behind it, and the value of the last state counts. If it belongs to the *task*,
# as in a game of twenty minutes, it is a real end. But then the time that is left belongs to the state as well, and a
# critic that does not see the clock cannot tell.
# </details>
#
# ## 7 · A robot that learns from your advantages
#
# Sixty-four robots act, undecided at first. A critic that knows nothing yet judges, your `gae` (or the course's) turns
# that into advantages, and the policy makes likelier what went better than expected. The algorithm is PPO, which notebook
# 06 explains; here we hand it what it learns *from*, `advantage_fn`.
#
# New in the charts is the **explained variance**: the share of the returns' ups and downs that the critic foretells, at
# best 1; below 0 it foretells worse than their mean would. On the map the colour is what the *critic* says: watch how it
# learns the exit first, and how the arrows follow. (The critic's values are discounted, γ = 0.99. The expected return in
# the chart is not: it is all that is paid in a walk, as in notebook 02. So it is another number than V at the start.)

# %% jupyter={"source_hidden": true}
# Puts a robot, a critic and PPO together, and says what is measured and drawn.
from dataclasses import dataclass

from rlcourse.algorithms import PPO, PPOConfig, Training
from rlcourse.explorables import Chart, Films, TrainingDashboard, learning_picture
from rlcourse.maze import (
    GymnasiumWorld,
    Heading,
    MazeVectorEnv,
    TabularValue,
    expected_return,
    hits_by_state,
    walk,
)

best_possible = expected_return(maze, solve(maze, gamma=0.99).policy, max_steps=maze.num_states)
turning = maze.num_states * maze.rewards.step  # time is up, no wall was hit and no exit found


def new_training(advantage_fn, gae_lambda, seed):
    """An undecided robot, a critic that knows nothing, and PPO, which has γ = 0.99 unless told otherwise."""
    envs = MazeVectorEnv(64, maze=maze, random_start=True, autoreset_mode="SameStep")
    config = PPOConfig(gae_lambda=gae_lambda, learning_rate=0.1, minibatch_size=512, entropy_coef=0.03)
    ppo = PPO(config, advantage_fn=advantage_fn, critic=TabularValue(maze.num_states))
    return Training(TabularPolicy(maze.num_states), GymnasiumWorld(envs, steps=64), ppo, seed=seed)


def measure(policy):
    return {"expected_return": expected_return(maze, policy.probabilities(), max_steps=maze.num_states)}


@dataclass
class Moment:
    """A robot and its critic after an update."""

    update: int
    policy: np.ndarray  # π(a|s), [S, 3]
    V: np.ndarray  # what the critic says, [S]
    achieved: float


def measure_and_keep(training, moments):
    """What is measured of a run, which also keeps the robot and its critic as they are then."""

    def evaluate(policy):
        measured = measure(policy)
        update = int(training.history[-1]["step"]) if training.history else 0
        V = training.algorithm.critic.table.detach().numpy()[:, 0].copy()
        moments.append(Moment(update, policy.probabilities().numpy(), V, measured["expected_return"]))
        return measured

    return evaluate


charts = [
    Chart("Expected return from the start", ("expected_return",), target=round(best_possible, 2)),
    Chart("Explained variance: the critic", ("explained_variance",)),
]
shown = {"maze": maze, "best": "expected_return"}

# %%
training = new_training(the_gae, gae_lambda=0.95, seed=0)
before = walk(maze, training.policy.probabilities(), seed=1, max_steps=120)
dashboard = TrainingDashboard(charts, 45, recorded="maze-ppo", **shown)
display(dashboard)
training.run(45, on_step=dashboard, evaluate=measure, evaluate_every=2)
dashboard.finish(training.history)

# %% jupyter={"source_hidden": true}
# Says how far it came and what its critic knows, and plays it before and after.
first, achieved = training.history["expected_return"][0], training.history.last("expected_return")
said_V = training.algorithm.critic.table.detach().numpy()[:, 0]
exact_now = solve(maze, gamma=0.99, policy=training.policy.probabilities()).V
say(
    f"Trained with {whose_gae} for {training.history['step'][-1]:.0f} updates: the expected return went from {first:.2f} "
    f"to **{achieved:.3f}**; the best possible is {best_possible:.3f}. Its critic, which has never seen a map, is off by "
    f"**{np.abs(said_V - exact_now)[inside].mean():.3f}** on average; the exact values of this robot run from "
    f"{exact_now[inside].min():.2f} to {exact_now[inside].max():.2f}. It took {training.history['seconds'][-1]:.0f} s; the six robots "
    f"below make {30 * 6} updates."
)
Films(maze, {"before": before, "after": walk(maze, training.policy.probabilities(), seed=1, max_steps=120)}, fps=15)

# %% [markdown]
# **Your turn.** Everything the same, but λ. It begins with 0; try 0.5 and 1, too. Watch the upper curve: does it only
# rise?

# %%
my_lambda = 0  # from 0 to 1
another, moments = new_training(the_gae, gae_lambda=my_lambda, seed=0), []
dashboard = TrainingDashboard(charts, 50, **shown)
display(dashboard)
evaluate = measure_and_keep(another, moments)
another.run(50, on_step=dashboard, evaluate=evaluate, evaluate_every=2)
dashboard.finish(another.history)


# %% jupyter={"source_hidden": true}
# Looks for the moment in which it did worst, and lays both critics' maps side by side.
def tell_why(moments, worst, here, after, word, exact_A):
    """Whether the critic's word spoke for the wall, against the exact advantages, or had just changed."""
    turn = int(1 + worst.policy[here][1:].argmax())  # the one that it still makes
    if word[0] > word[turn] and exact_A[0] < exact_A[turn]:
        say(
            f"The critic thinks so badly of the state that a turn to the {('left', 'right')[turn - 1]} leads to, "
            f"{worst.V[after[turn]]:+.2f} against {worst.V[here]:+.2f} here, that even the wall looks better. The exact "
            "advantages say the opposite. The less λ, the more the robot depends on the critic's word."
        )
    elif exact_A[0] < exact_A[turn]:
        earlier = moments[moments.index(worst) - 1]
        say(
            f"Neither the critic's word nor the exact advantages speak for the wall now. At update {earlier.update} the robot "
            f"drove into it with a chance of {earlier.policy[here][0]:.0%}, so what came in between has thrown it there. The less "
            "λ, the more a step depends on what the critic says at that moment."
        )


def tell_the_worst(moments):
    """Where the robot stood worst, what it did there, and what its critic said of it."""
    worst = min(moments, key=lambda moment: moment.achieved)
    if not worst.update:
        say(
            f"With λ = {my_lambda:g} it never did worse than at the beginning, when all three actions were alike to it."
        )
        return
    hits = hits_by_state(maze, worst.policy, max_steps=maze.num_states)
    here = int(hits.argmax())
    row, column = divmod(here // 4, maze.size)
    after = maze.transitions.next_state[here]  # of each action
    follows = np.where(maze.transitions.terminal[after], 0, worst.V[after])
    word = maze.transitions.reward[here] + 0.99 * follows - worst.V[here]  # the TD error of each action
    exact_A, chance = solve(maze, gamma=0.99, policy=worst.policy).A[here], worst.policy[here]
    say(
        f"With λ = {my_lambda:g} the expected return was lowest after update {worst.update}: **{worst.achieved:+.2f}**. "
        f"To turn on the spot until time is up pays {turning:+.2f}; what is below that is walls. On average a walk "
        f"hit **{hits.sum():.1f}** walls, {hits[here] / max(hits.sum(), 1e-9):.0%} of them in a single state: row {row}, column "
        f"{column}, looking {Heading(here % 4).name.lower()}. There:"
    )
    lines = ["| what is known of it | forward, into the wall | turn left | turn right |", "|---|---|---|---|"]
    for name, numbers, form in (
        ("how likely", chance, ".0%"),
        ("TD error, by the critic's word", word, "+.3f"),
        ("exact advantage", exact_A, "+.3f"),
    ):
        lines.append(f"| {name} | " + " | ".join(f"{number:{form}}" for number in numbers) + " |")
    say("\n".join(lines))
    if my_lambda < 1:
        tell_why(moments, worst, here, after, word, exact_A)


if moments:
    tell_the_worst(moments)
names = [f"critic after λ = {run.algorithm.config.gae_lambda:g}" for run in (training, another)]
now_V = another.algorithm.critic.table.detach().numpy()[:, 0]
if names[0] == names[1]:
    names[1] += ", again"
display(maps_picture(maze, dict(zip(names, (said_V, now_V), strict=True))))

# %% [markdown]
# One robot may be luck: here are two each for λ = 0, 0.95 and 1. (■ in the toolbar stops them; what is there is drawn.)

# %% jupyter={"source_hidden": true}
# Trains six robots, and draws them.
runs = [(gae_lambda, seed) for gae_lambda in (0, 0.95, 1) for seed in (0, 1)]
curves = {f"λ = {gae_lambda}": [] for gae_lambda, _ in runs}
bar = tqdm(total=30 * len(runs))
run = {"on_step": lambda *_: bar.update(), "evaluate": measure, "evaluate_every": 5, "progress": False}
for gae_lambda, seed in runs:
    bar.set_description(f"six robots, now λ = {gae_lambda}")
    history = new_training(the_gae, gae_lambda, seed).run(30, **run)
    known = np.isfinite(history["expected_return"])
    if known.any():
        curves[f"λ = {gae_lambda}"].append((history["step"][known], history["expected_return"][known]))
    if history.interrupted:
        break
bar.close()
display(learning_picture(curves, best_possible=best_possible, turning=turning, updates=30))
nearer = {name: sum(y[-1] < (turning + best_possible) / 2 for _, y in found) for name, found in curves.items()}
say(
    f"A robot that turns on the spot until time is up gets {turning:+.2f}, the best possible is {best_possible:+.2f}. In the "
    f"end nearer to the first: **{'; '.join(f'{name}: {nearer[name]} of {len(curves[name])}' for name in curves)}**."
)

# %% [markdown] tags=["loose"]
# With λ = 0 the robot hears of the exit only through its critic, and the critic hears of it one step further back with
# each update. Until then there is something else to learn: who turns on the spot hits no wall. That is a trap, since a
# robot that is sure of it never sees the exit again. With λ = 1 the news travels at once, but with all the noise, and
# noise can spring the trap as well: a few unlucky walks, and turning looks best. 0.95 is the usual choice.
#
# ## 8 · The same for words: "2+2 is 4"
#
# A language model writes an answer, and at the end a judge pays 0.8 for the whole of it. The states are the beginnings of
# the answer, the actions are tokens, the last of them **end of text**.
#
# So a value belongs to no token. It belongs to a *text*, and stands at the cursor behind it. Behind "2+2 is 4" only the
# end has to be written, and the judge pays 0.8. One token earlier it is 0.8γ, then 0.8γ²: the article's numbers. (The
# article counts words. Our GPT-2 has smaller tokens: ␣ and 4 are two.)

# %%
explorables.prefix_values()

# %% [markdown]
# $$ v_t = \gamma^{\,T-1-t}\; R $$
#
# - $v_t$ is the value at the cursor before token $t$, counted from 0: the return $G_t$ of the step that writes it;
# - $R$ is the reward of the whole answer, and $T$ the number of its tokens, with the end of text.
#
# For language models γ = 1 is usual: with 0.9 next to nothing would reach the first of 200 tokens. Here we begin
# with γ = 0.9, with which the article's numbers are easy to tell apart.
#
# ### A value head learns it
#
# The critic of a language model is a **value model**: the same GPT-2 body, with a head that ends in one number, $V(s_t)$,
# at every cursor. It too is pulled towards the return:
#
# $$ \text{loss} = \tfrac{1}{2}\, \operatorname{mean}_t\, \bigl( V(s_t) - v_t \bigr)^2 $$

# %% jupyter={"source_hidden": true}
# Loads the small GPT-2, and writes the article's answer in its tokens.
from rlcourse.equations import prefix_values, value_loss
from rlcourse.explorables import answers_strip
from rlcourse.language import LanguagePolicy, ValueModel, as_episodes, load_gpt2

model, tokenizer = load_gpt2("sft")  # the one that you asked for sums in notebook 00
question = "Question: What is 2+2?\nAnswer: "
episode = as_episodes(tokenizer, question, ["2+2 is 4"])  # one row, which ends with the token "end of text"
tokens = [tokenizer.decode([token]) for token in episode.actions[0]]
say(f"{len(tokens)} tokens, the last of them “end of text”. A fresh value model expects 0 at every cursor.")


# %%
def train_values(episodes, targets, updates=150):
    """A new value model, trained on these answers; and what it said, every five updates."""
    critic, said = ValueModel.from_language_model(model, tokenizer), {}
    optimizer = torch.optim.Adam(critic.parameters(), lr=3e-4)
    for update in tqdm(range(updates), desc="a value model learns"):
        values = critic.values(episodes)
        if update % 5 == 0:
            said[update] = values[0].detach()
        loss = value_loss(values, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return critic, said | {updates: critic.values(episodes)[0].detach()}


# %% [markdown]
# The article's numbers first. Then **turn γ and the final reward**, say what will stand at the first cursor, and run the
# cell again. Try γ = 1; and −1 with γ = 0.5.

# %%
final_reward, discount = 0.8, 0.9
targets = prefix_values(final_reward, len(tokens), gamma=discount)
critic, said = train_values(episode, targets[None])
explorables.value_head_learns(tokens, targets, said)

# %% jupyter={"source_hidden": true} tags=["claim-C11"]
# Says how near it came, and compares with the returns of exercise 2.
paid = torch.zeros(len(tokens), 1)
paid[-1] = final_reward
over = torch.zeros_like(paid, dtype=torch.bool)
over[-1] = True
returns = the_returns(paid, over, gamma=discount)[:, 0]
apart = (said[max(said)] - targets).abs().max().item()
say(
    f"The value head and {final_reward:g} · {discount:g}ᵏ differ by **{'less than 0.001' if apart < 0.001 else f'up to {apart:.3f}'}"
    f"**. The returns of exercise 2, with one reward at the end, differ from them by {(returns - targets).abs().max():.1e}."
)

# %% [markdown]
# ### Which token made the difference?
#
# Now two answers, "2+2 is 4." and "2+2 is 5." One is paid 0.8, the other nothing. Up to the digit they are the same
# text, and the critic reads only what stands to the left of its cursor.

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("which_token")

# %% jupyter={"source_hidden": true}
# Trains a value model on both answers, and shows the advantages.
answers = ["2+2 is 4.", "2+2 is 5."]
episodes = as_episodes(tokenizer, question, answers)
rewards = torch.zeros(episodes.actions.shape[1], 2)
rewards[-1, 0] = 0.8
over = torch.zeros_like(rewards, dtype=torch.bool)
over[-1] = True
critic, _ = train_values(episodes, the_returns(rewards, over, gamma=0.9).T, updates=200)

values = critic.values(episodes).detach().T  # [T, N], as the equations want it
next_values = torch.cat([values[1:], torch.zeros(1, 2)])  # after the last token there is nothing
ends = {
    f"GAE(λ = {end}) advantage": the_gae(rewards, values, next_values, over, over, gamma=0.9, gae_lambda=end).T
    for end in (0, 1)
}
digit = int((episodes.actions[0] != episodes.actions[1]).nonzero()[0])  # where the two answers part
praised = (ends["GAE(λ = 0) advantage"].abs() > 0.1).any(dim=0).nonzero()[:, 0].tolist()
known = {"critic": critic, "numbers": ends, "names": ["paid 0.8", "paid nothing"]}
display(answers_strip(LanguagePolicy(model, tokenizer), question, answers, **known))
reveal(which_token=1 if praised == [digit] else 2 if praised and min(praised) == digit else 0)

# %% [markdown]
# At the cursors stands what the value model says of the text to the left; under the tokens, their advantages. Choose an
# end of λ, and go over the tokens with the mouse or the arrow keys. (The third choice, log-probability, is about the
# language model that writes, not about the critic: the logarithm of how likely each token was to it.)
#
# Up to the digit the critic expects the average of the two. With λ = 0 the digit alone gets the credit, or the blame. With
# λ = 1 the shared tokens are praised in the one answer and blamed as much in the other. On average that cancels: it is
# noise, not bias. So a good critic finds the token that mattered. GRPO (notebook 10) does without one, and gives every
# token of an answer the same advantage.
#
# ## Quiz

# %% jupyter={"source_hidden": true}
# Brings the quiz.
quiz("03")

# %% [markdown]
# ## What you now know
#
# - **Return**: what came of a step. **Value** $V$: the return to be expected. **Advantage** $A = Q - V$: how much better an
#   action is than the robot's own average.
# - With known rules the Bellman equation gives them exactly. Otherwise a **critic** learns them, from returns (much
#   variance) or from TD errors (the critic's own bias). **GAE** chooses between the two by λ.
# - `terminated` stops the bootstrap, `done` cuts the trace. A time limit is not the end of the world.
# - A language model's **value model** is a critic like any other.
#
# ## What comes next
#
# You have advantages. How does a policy learn from them? As in supervised learning, with an advantage where the label
# used to be.

# %% jupyter={"source_hidden": true}
# Links to what comes next.
from rlcourse.course import what_comes_next

what_comes_next("03")
