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
# # 02 · A robot in a maze
#
# **States, actions, rewards, policies** · about 60 minutes · difficulty: easy · you need Python and a little NumPy
#
# <blockquote style="border-left: 6px solid #56B4E9; background: rgba(86, 180, 233, 0.14); padding: 10px 16px"><b>The article says</b> that an agent in a state takes actions, and its environment answers each with a reward: a robot in a maze drives forward or turns, is paid at the exit, and pays for hitting a wall or being stuck.<br><b>Here you run it.</b> From <a href="https://towardsdatascience.com/training-large-language-models-from-trpo-to-grpo/"><i>Training Large Language Models: From TRPO to GRPO</i></a> (Towards Data Science, 6 February 2025).</blockquote>
#
# You meet that robot now, first by driving it yourself. Everything else in this notebook is a name for what you do then.
#
# **When you are done you will be able to**
#
# - point at the state, the action, the reward, the policy and the return in a running program;
# - write down the rules of a small world, and the return of an episode;
# - say how good a policy is, in one number, and compare policies by it;
# - predict what a badly chosen reward makes a robot do, and check your prediction.
#
# The first cell loads what the notebook needs. That takes some seconds. (A grey bar is a cell whose code is folded away, because it
# only loads, tabulates or draws. It runs like any other, and a click opens it.)

# %% jupyter={"source_hidden": true}
# Loads what the notebook needs.
import numpy as np
from IPython.display import display

from rlcourse import explorables

# %% [markdown] tags=["slide"]
# ## 1 · Drive it yourself
#
# Here is a maze of 8 × 8 cells. Bring the robot to the exit. It may take you two minutes, and they are well spent.
# %% tags=["slide-on"]
from rlcourse.explorables import Picture, drive, show_source
from rlcourse.maze import generate_maze
from rlcourse.showing import new_figure, our_style, say

maze = generate_maze(8, seed=0)
robot = drive(maze)
robot

# %% [markdown]
# The widget has kept a record. Run this cell again whenever you have driven some more.

# %% jupyter={"source_hidden": true}
# Says what you did.
from rlcourse.maze import Action

if robot.driven:
    names = ", ".join(Action(a).name.lower().replace("_", " ") for a in robot.driven[:6])
    where = "You are **out**." if robot.escaped else "You are still inside."
    say(
        f"You took **{len(robot.driven)} actions** ({names} …). Together they paid "
        f"**{sum(robot.rewards):+.2f}**. {where}"
    )
else:
    say("You have not driven yet. You can come back to it; the notebook goes on without.")

# %% [markdown] tags=["slide"]
# ## 2 · The words for what you just did
#
# You looked at the picture, chose what to do, and the maze answered. Then again. That loop is all there is:

# %% jupyter={"source_hidden": true} tags=["slide-on"]
# Draws the loop.
explorables.loop_picture(agent="you", environment="the maze")

# %% [markdown] tags=["slide"]
# <!-- slide -->
#
# | word | meaning | in the maze |
# |---|---|---|
# | **agent** | who decides | you a minute ago, soon a program |
# | **environment** | everything else | the maze and its rules |
# | **state** $s$ | what the future depends on | which cell the robot is in, and where it looks |
# | **action** $a$ | what the agent can do | forward, turn left, turn right |
# | **reward** $r$ | a number after each action | the exit pays, actions and walls cost |
# | **episode** | from the start until it is over | one try |
#
# <!-- /slide -->
#
# The loop is short enough to read in full. `choose_action` is the agent, `env` the environment.

# %%
from rlcourse.algorithms import run_episode
from rlcourse.maze import MazeEnv

display(show_source(run_episode))

env = MazeEnv(maze=maze)
rng = np.random.default_rng(0)
states, actions, rewards, infos, ending = run_episode(env, lambda state: rng.integers(3))

# %% jupyter={"source_hidden": true} tags=["claim-C2", "slide"]
# Says how the random robot fared, and plays two such walks, beside yours if you have driven.
from rlcourse.explorables import Films

wall_hits = sum(info["hit_wall"] for info in infos)
say(
    f"A robot that acts at random took **{len(actions)} actions**, hit a wall "
    f"**{wall_hits} times**, collected **{sum(rewards):+.2f}**, and was **{ending}**."
)
films = {"acts at random": states, "at random, with other luck": run_episode(env, lambda state: rng.integers(3))[0]}
if robot.driven:
    films = {"you": robot.states, **films}
Films(maze, films, fps=24)

# %% [markdown]
# An orange mark is a wall that was hit. Not good robots, but a good beginning: in the first section you were the agent, here
# it is `rng.integers(3)`, and the loop is the same. (Drive in section 1 and run the cell above again: then you drive beside
# them.)
#
# An episode can end in two ways. It is **terminated** when the robot reaches the exit: the world is over. It is
# **truncated** when we run out of patience, here after as many actions as there are states: the world could have gone
# on. The difference matters more than it seems to: notebook 03 shows why.
#
# `MazeEnv` follows the interface of [Gymnasium](https://gymnasium.farama.org), as do most environments, so any tool
# that knows Gymnasium can use our maze. This is how it takes one step. The rules are tables: for each state and action,
# the next state and the reward. So a step is a look-up:

# %%
show_source(MazeEnv.step)

# %% [markdown] tags=["slide"]
# ## 3 · The state
#
# What does the robot need to know to foresee what an action will lead to? The cell is not enough. Look at these two:

# %% jupyter={"source_hidden": true} tags=["slide-on"]
# Draws the two situations.
from rlcourse.maze import Heading, draw_maze

with our_style():
    figure = new_figure(8, 4)
    left, right = figure.subplots(1, 2)
cell = 3 * 8 + 1  # row 3, column 1, counted from 0
draw_maze(maze, state=cell * 4 + Heading.WEST, axes=left, title="forward leads to the next cell")
draw_maze(maze, state=cell * 4 + Heading.SOUTH, axes=right, title="forward leads into a wall")
Picture(
    figure, alt="Two mazes. The robot is in the same cell, once looking west at an open side, once south at a wall."
)

# %% [markdown] tags=["loose"]
# Same cell, same action, different outcome. So where the robot looks belongs to the state: it is the cell *and* the
# heading. (The article calls the state the robot's *position*; for a robot that turns, the direction it looks in has to
# be part of it.)

# %% jupyter={"source_hidden": true}
# Counts the states of this maze.
say(
    f"This maze has 8 × 8 cells and 4 headings, so **{maze.num_states} states**. The robot starts in the cell at the top "
    f"left, looking {Heading(maze.start_heading).name.lower()}."
)

# %% [markdown]
# <details><summary>How a state becomes a number in the code</summary>
#
# Rows and columns are counted from 0 at the north-west corner, cells row by row, and the headings run clockwise: north 0,
# east 1, south 2, west 3. The state has the number 4 · cell + heading. Nothing depends on it; it is how tables are filed.
# </details>
#
# Is anything else needed? How the robot came to where it is does not matter for what happens next. A state from which
# the future follows, whatever the past was, is said to have the **Markov property**. It is what lets an agent decide by
# looking at the state alone.

# %% jupyter={"source_hidden": true} tags=["slide"]
# Asks a question about it.
from rlcourse.exercises import quiz

quiz("02", [1])

# %% [markdown]
# ### Exercise 1: where does an action lead? (8 minutes, easy)
#
# Write the rules of this world. `heading` is 0 north, 1 east, 2 south or 3 west; `action` is 0 forward, 1 turn left or
# 2 turn right. Rows are counted from the north edge, columns from the west, both from 0. `wall_ahead` says whether a wall is right in front of the robot. Return the new
# `(row, column, heading)`. Stuck? `hint("maze_step")` helps, a little more each time, and
# `solution("maze_step")` shows how the course does it.


# %%
from rlcourse.exercises import check, hint, solution


def my_maze_step(row, column, heading, action, wall_ahead):
    # your code here
    return ...


my_step_result = check("maze_step", my_maze_step)

# %% [markdown]
# **Put it to work.** The next cell replays the random robot's actions by *your* rules and compares where they lead with
# where the environment led. (Until yours pass, it uses the course's.)

# %% jupyter={"source_hidden": true}
# Replays the random robot's actions by your rules.
from rlcourse.exercises import at_work, maze_step

rules = at_work(my_step_result, my_maze_step, maze_step)
row, column, heading = 0, 0, int(maze.start_heading)
replayed = [maze.start_state]
for action in actions:
    wall_ahead = bool(maze.walls[row * 8 + column, heading])
    row, column, heading = rules(row, column, heading, int(action), wall_ahead)
    replayed.append((row * 8 + column) * 4 + heading)

whose = "Your rules" if my_step_result else "The course's rules"
agree = sum(a == b for a, b in zip(states, replayed, strict=True))
say(f"{whose} and the environment agree in **{agree} of {len(states)}** states.")

# %% [markdown]
# **Drive by your own rules.** This robot does what *your* function says, whether it has passed or not. Wrong rules are
# the more interesting ones: change a sign or forget the wall, run the cell of the exercise and this one, and drive.

# %%
drive(maze, step=my_maze_step)

# %% [markdown] tags=["slide"]
# ## 4 · Rewards and the return
#
# Each action is answered by a reward. These are the maze's, and each can be changed, as in `MazeRewards(wall=-0.2)`:

# %% jupyter={"source_hidden": true} tags=["slide-on"]
# Tabulates the rewards.
from rlcourse.maze import MazeRewards

pay = MazeRewards()
say(
    f"| what | reward | when |\n|---|---|---|\n"
    f"| `step` | {pay.step:+.2f} | for every action |\n"
    f"| `wall` | {pay.wall:+.2f} | on top of it, for driving into a wall |\n"
    f"| `exit` | {pay.exit:+.2f} | on top of it, for reaching the exit |"
)

# %% [markdown] tags=["loose"]
# In two places this differs from the article. It rewards moving *towards* the exit; ours is rewarded for getting there,
# and nobody tells it on the way whether it comes nearer. And it punishes being stuck. Here nothing special happens to a
# stuck robot; time itself costs, so a robot that does not get on pays, action by action.
#
# What happens, then, at a wall?

# %% jupyter={"source_hidden": true}
# Asks a question about it.
quiz("02", [3])

# %% [markdown]
# Rewards come one at a time. What the agent is after is their sum over the episode, the **return**. But rewards that are
# far away may count a little less than near ones. It is as with money: a coin today is worth more than one next year.
# And a robot in a hurry finds shorter ways. How much less is said by a number from 0 to 1, the **discount** $\gamma$
# (gamma): a reward that comes $t$ actions later counts $\gamma^t$.

# %% jupyter={"source_hidden": true} tags=["slide"]
# Shows how far a robot looks ahead, with a γ to turn.
from rlcourse.explorables import best_actions, reward_design, verdict

env.reset()
shortest = best_actions(maze, 0.99)
walked = {"the shortest way": [env.step(action)[1] for action in shortest], "the random robot": rewards}
if robot.driven:
    walked["your own way"] = robot.rewards
explorables.how_far_ahead(walked)

# %% [markdown] tags=["slide"]
# <!-- slide -->
#
# So the return is
#
# $$ G = r_0 + \gamma\, r_1 + \gamma^2 r_2 + \dots + \gamma^{T-1} r_{T-1} $$
#
# - $r_t$ is the reward for action number $t$, counted from 0;
# - $T$ is the number of actions in the episode;
# - with $\gamma = 1$ all rewards count alike, with $\gamma = 0$ only the first one does.
#
# <!-- /slide -->
#
# ### Exercise 2: the return (8 minutes, easy)
#
# `rewards` is a list of numbers, first reward first. Return $G$. (`hint("discounted_return")` helps.)


# %%
def my_discounted_return(rewards, gamma):
    # your code here
    return ...


my_return_result = check("discounted_return", my_discounted_return)

# %% [markdown]
# **Put it to work.** What is the walk of the random robot worth, and what is yours, for a robot that is patient, and
# for one that is not?

# %% jupyter={"source_hidden": true}
# Tabulates the return of both walks, by your function.
from rlcourse.exercises import discounted_return

the_return = at_work(my_return_result, my_discounted_return, discounted_return)
lines = ["| γ | random robot | you |", "|---|---|---|"]
for gamma in (1.0, 0.99, 0.9):
    yours = f"{the_return(robot.rewards, gamma):+.3f}" if robot.rewards else "–"
    lines.append(f"| {gamma} | {the_return(rewards, gamma):+.3f} | {yours} |")
say("\n".join(lines))

# %% jupyter={"source_hidden": true}
# Asks a question about the return.
quiz("02", [6])

# %% [markdown] tags=["slide"]
# ## 5 · A policy
#
# <!-- slide -->
#
# How does an agent decide? It follows a **policy**: for each state, how likely it takes each action,
#
# $$ \pi(a \mid s), \qquad \text{with} \quad \sum_a \pi(a \mid s) = 1. $$
#
# <!-- /slide -->
#
# Read it as "the probability of action $a$ in state $s$". A policy need not be clever, and it need not be a formula.
# Here it can simply be a table with one row for each state and one column for each action. Three policies:

# %%
from rlcourse.maze import solve

undecided = np.full((maze.num_states, 3), 1 / 3)  # all actions alike

careful = np.tile([0.8, 0.1, 0.1], (maze.num_states, 1))  # mostly forward …
wall_ahead = maze.transitions.hit_wall[:, Action.FORWARD]
careful[wall_ahead] = [0.0, 0.5, 0.5]  # … but never into a wall

best = solve(maze, gamma=0.99).policy  # an optimal policy; section 7 says more

policies = {"undecided": undecided, "careful": careful, "best": best}

# %% jupyter={"source_hidden": true} tags=["slide"]
# Shows the three policies on the map.
explorables.policy_maps(maze, policies)

# %% [markdown]
# **Point at a cell**, or click the map and use the arrow keys: the table shows $\pi(a \mid s)$ for the four states of
# that cell, one for each heading, and every row adds up to 100 %. The arrows on the map say what comes of it: which way
# the robot leaves a cell, whichever way it looks at first. Now press *best*, begin at the top left, and follow the arrows
# with the mouse. Do they lead you out?
#
# Then watch the three robots. Space, or ▶, plays and stops them; drag the slider to any moment.

# %% jupyter={"source_hidden": true} tags=["slide"]
# Plays a walk of each policy.
from rlcourse.maze import walk

walks = {name: walk(maze, policy, seed=3, max_steps=120) for name, policy in policies.items()}
Films(maze, walks, fps=15)

# %% jupyter={"source_hidden": true}
# Asks a question about policies.
quiz("02", [2])

# %% [markdown]
# <details><summary><b>Think about it:</b> “Keep your right hand on the wall” leads out of every maze like this one.
# Can you write it as a table π(a|s)?</summary>
#
# Not with our states. The rule is: turn right; while there is a wall ahead, turn left; go forward. Whether the robot
# may go forward depends on whether it has *just* turned right, and the state does not say so. The same state would need
# two different rows. A rule with a memory becomes a policy when the memory is made part of the state.
# </details>
#
# ## 6 · How good is a policy?
#
# The careful robot looked better than the undecided one. Did it look good enough? **Predict first.**

# %% jupyter={"source_hidden": true}
# Asks what you expect.
from rlcourse.exercises import predict, reveal

predict("careful_out")

# %% [markdown]
# One walk is luck. What we want to compare is the return **on average**, over all the walks a policy could take:
#
# $$ J(\pi) = \mathbb{E}_\pi [\, G \,] $$
#
# - $G$ is the return of an episode, here with γ = 1: all rewards simply added up, until the exit or the time limit;
# - $\mathbb{E}_\pi$ is the average over the episodes that policy $\pi$ produces.
#
# Usually this can only be estimated by running many episodes. Our maze is small and its rules are known, so it can be
# computed exactly. Start at the end. With no action left, nothing more is paid. With one action left, we know what each
# state pays on average. From that follows what two actions pay, then three, and so on:
#
# $$ V_0(s) = 0, \qquad V_k(s) = \sum_a \pi(a \mid s)\, \bigl[\, r(s, a) + V_{k-1}(s') \,\bigr] $$
#
# - $V_k(s)$ is what a robot in state $s$ collects on average with $k$ actions left; at the exit nothing more is paid;
# - $r(s, a)$ is what action $a$ pays in state $s$, and $s'$ the state it leads to.
#
# With all the actions of an episode left, at the start, that is $J(\pi)$: what is collected until our patience ends, and
# nothing for what might have come later. In the code, `policy` and `rules.reward` are
# tables of π(a|s) and r(s, a), `values` is $V_k$, and the loop counts $k$ up. It can discount as well.

# %%
from rlcourse.maze import expected_return, values_ahead

show_source(values_ahead)

# %% [markdown]
# Do estimate and exact number agree? The next cell lets each of the three policies walk 200 times, averages the returns,
# and sets the exact numbers beside them. It takes some seconds.

# %% jupyter={"source_hidden": true}
# Tries each policy 200 times, and computes the exact numbers.
from dataclasses import replace

from rlcourse.showing import bar as tqdm


def average_return(policy, name, episodes=200):
    """The estimate: run many episodes and average."""
    returns = []
    for _ in tqdm(range(episodes), desc=f"{name:>9}: episodes"):
        episode = run_episode(env, lambda state: rng.choice(3, p=policy[state]))
        returns.append(sum(episode[2]))  # its rewards
    return np.mean(returns)


# The same maze in which only the exit pays, exactly 1: there the expected return is the chance to get out.
only_the_exit_pays = replace(maze, rewards=MazeRewards(exit=1.0, step=0.0, wall=0.0))

lines = ["| policy | average of 200 episodes | exact | chance to get out in time |", "|---|---|---|---|"]
chances = {}
for name, chosen in policies.items():
    exact = expected_return(maze, chosen, max_steps=env.max_steps)
    chances[name] = expected_return(only_the_exit_pays, chosen, max_steps=env.max_steps)
    lines.append(f"| {name} | {average_return(chosen, name):+.2f} | {exact:+.2f} | {chances[name]:.1%} |")
say("\n".join(lines))
reveal(careful_out=int(np.digitize(chances["careful"], [0.1, 0.5])))

# %% [markdown]
# Being careful pays: no more walls. But it is not enough. Without a plan, the exit is too far away to be found by
# chance. Keep that in mind; it comes back in section 9.
#
# ## 7 · The best policy
#
# Where would you rather be: next to the exit, or in a far corner? The **value** of a state is the return that can be
# expected from there: here, if the robot acts as well as it can from there on, and later rewards are discounted. When the
# rules are known, the values of all states, and a best policy with them, can be computed.
# How that works is the subject of notebook 03; here we only look at the result.

# %% jupyter={"source_hidden": true}
# Shows what each state is worth.
explorables.policy_maps(maze, {"best": best}, gamma=0.99)

# %% jupyter={"source_hidden": true}
# Says what two of the states are worth.
solved = solve(maze, gamma=0.99)
looking_away = (6 * 8 + 7) * 4 + Heading.NORTH  # in the cell north of the exit
steps = len(best_actions(maze, 0.99))
say(
    f"From the start the best policy needs **{steps} actions** and collects **{solved.V[maze.start_state]:+.2f}** "
    f"with γ = 0.99, or **{expected_return(maze, solved.policy, max_steps=env.max_steps):+.2f}** undiscounted. "
    f"Right next to the exit, but looking away from it, a state is worth **{solved.V[looking_away]:+.2f}**: "
    f"two turns, then out."
)

# %% [markdown] tags=["slide-head"]
# The colour of a cell is the mean over its four headings: the bluer, the more is to be expected. **Point at a cell** for
# the four numbers. In a corridor that leads to the exit, the heading that looks the right way is worth a little more than
# the other three: turning costs time. And is a cell that lies right beside the exit, behind a wall, worth much?
#
# <details><summary>What to look for</summary>
#
# Only as much as its way to the exit is short. The robot cannot go through the wall, so a cell on the other side of it may
# be as far away as one in the opposite corner. Values follow the ways of the maze, not distances on the map.
# </details>
#
# ## 8 · You get what you reward
#
# The reward is how we tell the robot what we want. It is also all that the robot is told. So let us change it, compute
# the best policy for each, and see what it does.
#
# **Predict first.** Choose, then run on. Your guesses stay beside the results.

# %% jupyter={"source_hidden": true} tags=["slide-on"]
# Asks what you expect.
predict("free_walls", "paid_time", "paid_walls")

# %%
designs = {
    "as it was": MazeRewards(),
    "1. walls are free": MazeRewards(wall=0.0),
    "2. every action pays": MazeRewards(step=+0.02),
    "3. walls pay": MazeRewards(wall=+0.05),
}

# %% jupyter={"source_hidden": true} tags=["slide"]
# Computes the best robot for each, and says what it does.
lines, happened = ["| rewards | what the best robot does (γ = 0.99) |", "|---|---|"], []
for name, rewards_ in designs.items():
    changed = replace(maze, rewards=rewards_)
    does = best_actions(changed, gamma=0.99)
    lines.append(f"| {name} | {verdict(changed, does)} |")
    happened.append(2 if "never" in lines[-1] else int(len(does) > steps))
say("\n".join(lines))
reveal(free_walls=happened[1], paid_time=happened[2], paid_walls=happened[3])

# %% [markdown]
# Free walls change nothing about the best way: a robot that knows the way hits none. The cost of a wall is advice for
# beginners. But pay for time, and the best robot takes its time, for ever. And if walls pay, it hits them for ever. It
# has understood the reward perfectly, and us not at all. The same happens to language models, where it is called reward
# hacking, or specification gaming.
#
# Now it is your turn. The robot always follows the best policy for the rewards you set: watch the robot that they
# deserve. (Stop it anywhere and drive on yourself, or press *reset* and begin anew, under the same rewards.)

# %% tags=["slide"]
reward_design(maze)

# %% [markdown]
# One case is worth a closer look. Suppose only the exit pays, actions and walls are free, and γ = 1. How much better is
# the best action than the worst?

# %% jupyter={"source_hidden": true}
# Compares the best action with the worst, state by state.
free = solve(only_the_exit_pays, gamma=1.0)
# free.Q holds, for each state and action, what can be expected after that action (notebook 03 says more).
difference = np.ptp(free.Q, axis=1)
say(
    f"In none of the {len(maze.open_states)} states is one action better than another (that is all {maze.num_states} but "
    f"the {maze.num_states - len(maze.open_states)} in the exit's cell, where a walk is over and nothing is left to choose): "
    f"the largest difference is **{difference.max():.2f}**. Sooner or later the exit pays 1 (without a time limit), and *sooner* is worth no more "
    f"than *later*."
)

# %% [markdown]
# So which ways are optimal there?

# %% jupyter={"source_hidden": true}
# Asks a question about it.
quiz("02", [4])

# %% [markdown] tags=["slide-head"]
# ## 9 · A preview: a robot that learns
#
# So far somebody knew the maze: you, or `solve`. A robot that **learns** is given no map and no rules. It tries, and
# makes likelier what went well. Watch it once; how it works is what the rest of the course is about.
#
# The algorithm is the one this course leads up to, GRPO, and the class below is the very one that trains GPT-2 in
# notebook 10. In three sentences: from one starting point the robot walks several times, as a **group**. Walks that
# collected more than their group's average are made likelier, the others less likely. Then the next group.
#
# While you watch: the starting points are drawn at random, some of them near the exit, and the *reward* below the
# progress bar is the average over all walks. One *update* learns from 64 such groups at once. The charts look from the one far start: the expected return, with the best
# possible as its target, and the chance to get out in time. The **entropy** says how undecided the robot is: 0 when it
# always does the same, 1.10 when all three actions are equally likely.
#
# On the left is the map of section 5, with the colours of section 7: blue where more is to be expected than 0, orange
# where less. **Point at a cell**, while it learns or afterwards, to see how likely each action is there.

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("half_way_out")

# %% jupyter={"source_hidden": true}
# Says what is measured, and what is drawn.
from rlcourse.explorables import Chart

best_possible = expected_return(maze, best, max_steps=env.max_steps)


def measure(policy):
    """Two exact numbers from the start: the expected return, and the chance to get out in time."""
    both = {"expected_return": maze, "escapes": only_the_exit_pays}
    pi = policy.probabilities()
    return {name: expected_return(of, pi, max_steps=env.max_steps) for name, of in both.items()}


target = round(best_possible, 2)
charts = [
    Chart("Expected return from the start", ("expected_return",), target=target),
    Chart("Chance to get out in time", ("escapes",), low=0, high=1, percent=True),
    Chart("Entropy: how undecided it is", ("entropy",), low=0),
]

# %% tags=["slide-on"]
from rlcourse.algorithms import GRPO, GRPOConfig, Training
from rlcourse.explorables import TrainingDashboard
from rlcourse.maze import MazeWorld, TabularPolicy

policy = TabularPolicy(maze.num_states)  # a table of 256 × 3 numbers, undecided at first
world = MazeWorld(maze, groups=64, starts="random")  # 64 starting points, anywhere in the maze
grpo = GRPO(GRPOConfig(num_generations=16, learning_rate=0.1))  # 16 walks from each
training = Training(policy, world, grpo, seed=0)

before = walk(maze, policy.probabilities(), seed=1, max_steps=120)
dashboard = TrainingDashboard(
    charts,
    80,
    best="expected_return",
    maze=maze,
    recorded="maze-grpo",
)
display(dashboard)
training.run(80, on_step=dashboard, evaluate=measure, evaluate_every=2)
dashboard.finish(training.history)

# %% jupyter={"source_hidden": true} tags=["slide"]
# Says how far it came, and plays it before and after.
history = training.history
first, achieved = history["expected_return"][0], history.last("expected_return")
updates = len(history["step"]) - 1
say(
    f"In {updates} {'update' if updates == 1 else 'updates'} and {history['seconds'][-1]:.1f} seconds of "
    f"training the robot's expected return from the start went from {first:.3f} to **{achieved:.3f}**. The "
    f"best possible is {best_possible:.3f}; to turn on the spot until time is up would pay "
    f"{world.max_steps * pay.step:.2f}. Its chance to get out in time went from "
    f"{history['escapes'][0]:.1%} to **{history.last('escapes'):.1%}**."
)
even = history["step"][history["escapes"] >= 0.5]
if len(even) or updates == 80:
    reveal(half_way_out=int(np.digitize(even[0], [20, 40], right=True)) if len(even) else 3)
Films(maze, {"before": before, "after": walk(maze, policy.probabilities(), seed=1, max_steps=120)}, fps=15)

# %% [markdown]
# **Turn it back.** Drag the bar below the map to its beginning, then step on, or press ▶. Where does the blue begin, and
# how does it spread?
#
# <details><summary>What to look for</summary>
#
# Beside the exit, the only place that pays. A cell from which a walk soon comes to a blue one turns blue next, so the
# colour grows backwards along the corridors, against the way in which the robot will drive.
# </details>
#
# **Try this:** change `starts="random"` to `starts="start"` in the cell with `MazeWorld`, so that every walk begins at the
# far start, and run that cell and the one below it again. Where does the curve of the expected return end, and where
# the chance to get out? Compare with what turning on the spot pays. What has the robot learned, and why nothing more?
#
# <details><summary>What to look for</summary>
#
# The table of section 6 says how likely an undecided robot is to find the exit from the start. If no walk ever sees the
# exit's reward, the walks of a group differ only in how often they hit a wall, and that is all there is to learn: avoid
# walls, by driving where there are none, or by turning on the spot until time is up. A learner can only learn from rewards it meets.
# </details>
#
# ## Quiz
#
# Five of its six questions you have met on the way. Here is the last, about the two ways in which an episode ends.

# %% jupyter={"source_hidden": true}
# Brings the last question.
quiz("02", [5])

# %% [markdown] tags=["slide"]
# ## What you now know
#
# <!-- slide -->
#
# - An **agent** sees a **state**, takes an **action**, and the **environment** answers with a **reward** and the next
#   state. All of reinforcement learning happens in that loop.
# - A **state** holds what the future depends on: in the maze the cell *and* the heading.
# - A **policy** π(a|s) says how likely each action is in each state. It can be a table, or, as you will soon see, a
#   language model.
# - The **return** adds an episode's rewards up, later ones discounted by γ. A policy is judged by its **expected**
#   return.
# - An episode is **terminated** by the world or **truncated** by our patience.
# - An agent optimises the reward you *wrote*, not the one you *meant*.
#
# <!-- /slide -->
#
# ## What comes next
#
# You have seen values as colours in a picture. The next notebook says what they are, finds them exactly, and then learns
# them. (If you would rather see a language model first, open **[10 · GRPO on GPT-2](10_grpo.ipynb)**: the same loop and
# the same `GRPO`, with tokens for actions.)

# %% jupyter={"source_hidden": true}
# Links to what comes next.
from rlcourse.course import what_comes_next

what_comes_next("02")
