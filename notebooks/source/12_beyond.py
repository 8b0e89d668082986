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
# # 12 · Beyond GRPO
#
# **A family, and what practice adds** · about 100 minutes · difficulty: medium · you need notebook 10
#
# <blockquote style="border-left: 6px solid #56B4E9; background: rgba(86, 180, 233, 0.14); padding: 10px 16px"><b>Beyond the article</b>, <a href="https://towardsdatascience.com/training-large-language-models-from-trpo-to-grpo/"><i>Training Large Language Models: From TRPO to GRPO</i></a> (Towards Data Science, 6 February 2025), which ends with GRPO.</blockquote>
#
# In 2025 one algorithm after the other appeared with a name like GRPO's: Dr. GRPO, DAPO, GSPO, CISPO. They look like
# a crowd. They are one algorithm with a few lines changed, and most of these lines are settings of the `GRPO` that you
# know from notebook 10. Here you find out which line each of them changes, when that matters, and what it does.
#
# **When you are done you will be able to**
#
# - say what Dr. GRPO, DAPO, GSPO, CISPO and RLOO change in GRPO, and turn each of them on;
# - see, for a group of answers, which tokens each of them pushes how hard, and which it drops;
# - explain why wrong answers can grow, and how a penalty for length softens a hard limit;
# - read an entropy curve, and name three things that keep variety alive;
# - learn from old data without harm, choose questions that teach, and weigh several rewards;
# - give a model a tool, and keep what the tool writes out of the loss.
#
# The first cell loads PyTorch. That takes some seconds. (A grey bar is a cell whose code is folded away, because it
# only loads, tabulates or draws. It runs like any other, and a click opens it.)

# %% jupyter={"source_hidden": true}
# Loads what the notebook needs.
import torch
from IPython.display import display

from rlcourse.exercises import predict, reveal
from rlcourse.explorables import token_shares, weights_per_token
from rlcourse.showing import say, show_source

fresh = token_shares()  # the first update of all waits for what PyTorch sets up

# %% [markdown]
# ## 1 · Whose tokens count, and how much?
#
# A policy gradient pushes the log-probability of each token up or down, with some **weight**. All members of the family
# do that and nothing else. So the whole difference between two of them is a picture: the weights that they give to the
# tokens of the same answers.

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("pictures_when_fresh")

# %%
weights_per_token()

# %% jupyter={"source_hidden": true}
# Counts the different pictures of the fresh answers, beside your guess.
kinds = {}
for name, shares in fresh.items():
    like = next((one for one in kinds if torch.allclose(fresh[one], shares, atol=1e-3)), None)
    kinds.setdefault(like or name, []).append(name)
reveal(pictures_when_fresh={1: 0, 2: 1, 3: 2}.get(len(kinds), 3))
for names in kinds.values():
    a, d = (fresh[names[0]][row].abs() for row in (0, 3))
    say(
        f"**{', '.join(names)}**: a token of A, the short right answer, gets {a.max():.1f} % of the whole push, and one "
        f"of D, the long wrong one, {d.max():.1f} %."
    )

# %% [markdown]
# The bars are not drawn from six formulas. `GRPO.update` was run on these four answers, six times, with other settings
# each time, and a bar is what it did to the log-probability of a token, in percent of all that it did.
#
# While answers are fresh, only one difference is left to be seen: whether a token of a long answer weighs less. The others
# wake up when the policy has moved. So here is GRPO's objective again, in four parts:
#
# $$ L \;=\; \frac{1}{G} \sum_{i=1}^{G} \underbrace{\frac{1}{|o_i|} \sum_{t=1}^{|o_i|}}_{\text{(4) a mean}}
# \underbrace{\min\!\big( \rho_{i,t} \hat A_i,\; \operatorname{clip}(\rho_{i,t},\, 1 - \varepsilon,\, 1 + \varepsilon)\,
# \hat A_i \big)}_{\text{(3) a clip}} $$
#
# $$ \underbrace{\hat A_i = \frac{r_i - \operatorname{mean}(r_1, \dots, r_G)}{\operatorname{std}(r_1, \dots, r_G)}}_{\text{(1)
# an advantage}} \qquad \underbrace{\rho_{i,t} = \frac{\pi_\theta(o_{i,t} \mid q, o_{i,<t})}{\pi_\text{old}(o_{i,t} \mid q,
# o_{i,<t})}}_{\text{(2) a ratio}} $$
#
# - $r_i$ is the reward of answer $i$, one of the $G$ answers to a question $q$;
# - $o_{i,t}$ is its token number $t$, and $|o_i|$ the number of its tokens;
# - $\rho$ is the ratio of new to old probability, $\varepsilon$ the clip range;
# - the KL term of notebook 10 can be added to any of them, and is left out here.
#
# ## 2 · One line each
#
# Every member of the family changes a few of the four parts. (RLOO touches them all, but mostly by leaving something out.
# DAPO also changes which answers get into the batch at all.)

# %% jupyter={"source_hidden": true}
# Tabulates the family, from the course's own settings.
from rlcourse.experiments import FAMILY

lines = ["| member | in the place of GRPO’s | in our `GRPO` | paper |", "|---|---|---|---|"]
for name, member in FAMILY.items():
    said = [f"`{key}={value!r}`" for key, value in member.settings.items()]
    said += [f"`{key}={function.__name__}`" for key, function in member.functions.items()]
    lines.append(f"| **{name}** | {member.line} | {' '.join(said) or 'the defaults'} | {member.paper} |")
say("\n".join(lines))

# %% [markdown]
# Part by part:
#
# **(4) The mean.** GRPO takes the mean over the tokens of each answer first, so that each answer has the same say. Its
# tokens have to share it: in a long answer each gets little. *DAPO* takes one mean over all tokens of a group (programs
# take it over the whole batch, and so does ours), and
# *Dr. GRPO* divides by a constant, the longest length allowed. Then a token is a token, wherever it stands. Section 3
# shows what that changes.
#
# **(1) The advantage.** To divide by the std makes nearly hopeless and nearly solved questions louder than the others
# (notebook 10, section 2), so *Dr. GRPO* does not. *RLOO*, leave one out, compares an answer with the mean of the
# *others*:

# %% jupyter={"source_hidden": true}
# Computes three advantages of one group.
from rlcourse.equations import group_advantages, leave_one_out_advantages
from rlcourse.showing import minus

group = torch.tensor([[1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]])
three = {
    "GRPO: minus the mean, over the std": group_advantages(group),
    "Dr. GRPO: minus the mean": group_advantages(group, scale="none"),
    "RLOO: minus the mean of the others": leave_one_out_advantages(group),
}
lines = ["| two of eight are right | a right answer | a wrong one |", "|---|---|---|"]
lines += [f"| {name} | {one.max():+.3f} | {minus(f'{one.min():+.3f}')} |" for name, one in three.items()]
say("\n".join(lines))
times = three["RLOO: minus the mean of the others"] / three["Dr. GRPO: minus the mean"]
G = group.shape[1]
say(f"RLOO’s are Dr. GRPO’s times **{times.mean():.3f}**, for every answer: G/(G − 1), here {G}/{G - 1}.")

# %% [markdown]
# A factor for all is a matter of the learning rate. So on fresh answers RLOO and Dr. GRPO are one algorithm. (RLOO's
# authors take the whole answer for *one* action, and argue that without a value model and without a clip it does better
# than PPO in RLHF: fresh answers, one step.)
#
# **(2) The ratio.** A reward is paid for a whole answer, so *GSPO* asks how much likelier the whole answer has become. The
# product of a thousand ratios would be astronomical, or next to nothing. Its $|o|$-th root $s$ is not: its logarithm is a difference of two
# means,
#
# $$ \log s \;=\; \frac{1}{|o|} \sum_{t=1}^{|o|} \log \pi_\theta(o_t \mid q, o_{<t}) \;-\; \frac{1}{|o|} \sum_{t=1}^{|o|}
# \log \pi_\text{old}(o_t \mid q, o_{<t}) $$
#
# and this function makes each of them.

# %%
from rlcourse.equations import mean_logprobs

show_source(mean_logprobs)

# %% [markdown]
# One ratio for all of an answer's tokens: they are kept or dropped together. Such a root stays much nearer to 1
# than a single ratio does, so the band has to be much narrower. The paper has ε = 0.0003 below and 0.0004 above, for
# long answers; for our ten tokens, and our long steps, the table has a hundred times as much. (The picture in section 1
# has one ε for all, which is wide for GSPO: pull it down.)
#
# A moment to think, before the last part:

# %% jupyter={"source_hidden": true}
# Asks a question about fresh answers.
from rlcourse.exercises import quiz

quiz("12", [1])

# %% [markdown]
# **(3) The clip.** A rare token is hurt most by the band: from a chance of 0.01 it may get to 0.012 in one batch, while
# one with 0.8 may get to 0.96. *DAPO* gives it more room above (*clip-higher*, 0.28 instead of 0.2), and none below.
# *CISPO* does not stop the push at all. It clips only the *weight*, as a number, and goes on pushing (with ε = 1 and
# ε_high = 4, as in the table, the weight may be anything from 0 to 5). Its authors
# looked at the tokens at which a model turns round (“However, Recheck, Wait, Aha”). These are rare, so their ratio is high as
# soon as they are pushed up, and they “were clipped out after the first on-policy update”. To raise the upper bound alone
# helped them less, as they make 16 updates on each batch ([MiniMax-M1](https://arxiv.org/abs/2506.13585), section 3.1).
#
# **And others, in a line each.** *SAPO* ([Gao et al. 2025](https://arxiv.org/abs/2511.20347)) has
# $\tfrac{4}{\tau}\,\sigma(\tau(\rho - 1))$ in the place of $\rho$, an S-shaped curve: where the clip cuts the push off, it
# fades as that curve gets flat (with one τ for $\hat A > 0$, and another for the rest). *Dynamic sampling* (DAPO) draws new questions in the place
# of groups whose answers agree. *Masking* (DAPO; `mask_truncated_completions`) lets an answer that was cut off teach
# nothing, instead of being wrong. TRL, whose words our settings have, knows some more by its `loss_type`.
#
# Who ends a push, and who goes on?

# %% jupyter={"source_hidden": true}
# Asks a question about tokens outside the band.
quiz("12", [3])

# %% [markdown]
# All of them are the same loop, and the same loss:

# %%
from rlcourse.algorithms import GRPO

show_source(GRPO.loss)

# %% [markdown]
# ## 3 · Answers that grow for nothing
#
# Part (4) looks like bookkeeping. What can it do? To see it alone, we need a world in which *nothing else* happens. A
# coin decides whether an answer is right; the policy cannot change that. Token by token it decides whether to go on or to
# stop, and nobody pays for length. Two numbers are the whole policy: the chance to stop of wrong and of right answers.

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("lengths_for_nothing")

# %%
from rlcourse.experiments import rambling_lengths, rambling_training
from rlcourse.showing import bar as tqdm

UPDATES, SEEDS = 100, 3

rambled = {"GRPO": {}, "DAPO": {}, "Dr. GRPO": {}}
try:
    pairs = [(name, seed) for name in rambled for seed in range(SEEDS)]
    for name, seed in tqdm(pairs, desc="runs"):
        run = rambling_training(name, seed)
        run.run(UPDATES, evaluate=rambling_lengths, evaluate_every=5, progress=False)
        rambled[name][seed] = run.history
except KeyboardInterrupt:
    say("Stopped. What was finished is kept.")

# %% jupyter={"source_hidden": true}
# Draws the lengths, and says what became of them.
from rlcourse.explorables import bands_picture

rambled = {name: runs for name, runs in rambled.items() if runs}
if rambled:
    titles = {"wrong": "Tokens in a wrong answer, on average", "right": "Tokens in a right answer, on average"}
    for kind, title in titles.items():
        display(bands_picture(rambled, metric=kind, title=f"{title}: mean, lowest and highest seed", low=0))
if "GRPO" in rambled:
    ends = {kind: [run.last(kind) for run in rambled["GRPO"].values()] for kind in ("wrong", "right")}
    start = next(iter(rambled["GRPO"].values()))["wrong"][0]
    reveal(lengths_for_nothing=0 if max(ends["wrong"]) < 0.8 * start else 2 if min(ends["wrong"]) > 1.2 * start else 1)
    say(
        f"All began with {start:.1f} tokens. GRPO’s wrong answers now have **{min(ends['wrong']):.1f} to "
        f"{max(ends['wrong']):.1f}**, its right ones **{min(ends['right']):.1f} to {max(ends['right']):.1f}**."
    )

# %% [markdown]
# Nobody asked for that. Why does it happen? Let $p$ be the chance to stop, so that an answer of $|o|$ tokens says $|o| -
# 1$ times "go on", and once "stop". The push on the stopping logit is $1 - p$ for the one and $-p$ for each of the others,
# together $1 - p\,|o|$. Each token weighs $\hat A / |o|$ in GRPO, and $\hat A$ times a constant in Dr. GRPO:
#
# $$ \text{GRPO:}\quad \hat A \;\mathbb{E}\Big[ \frac{1 - p\,|o|}{|o|} \Big] = \hat A \Big( \mathbb{E}\Big[ \frac{1}{|o|}
# \Big] - p \Big) \qquad\qquad \text{Dr. GRPO:}\quad \hat A \;\mathbb{E}\big[ 1 - p\,|o| \big] = 0 $$
#
# As the mean length is $1/p$, the right-hand one is 0: where length makes no difference, it is left alone. The left-hand one
# is not, since a mean of $1/|o|$ is larger than one over the mean. With $\hat A < 0$ it says: stop less. So wrong answers
# get longer, and right ones shorter. This is the **length bias** that gave Dr. GRPO its name ("done right").
#
# Does it matter for real models? Theirs is a world where length does other things as well, and where it also pays to
# think for longer (notebook 13). Dr. GRPO's authors saw their wrong answers stop growing. On our sums, whose answers all
# have about ten tokens, we could not show it, and do not claim it.

# %% jupyter={"source_hidden": true}
# Asks a question about long answers.
quiz("12", [2])

# %% [markdown]
# ## 4 · A limit, softly
#
# Answers have a limit. What is cut off there has not said its result, so it is paid as a wrong one, however good it
# was. *DAPO* says beforehand that it gets too long, and little by little (equation 13):
#
# $$ r_\text{length} = \begin{cases} \;0 & \text{if }\; |o| \le L_\text{max} - L_\text{cache} \\[10pt] \;\dfrac{(L_\text{max} -
# L_\text{cache}) - |o|}{L_\text{cache}} & \text{if }\; L_\text{max} - L_\text{cache} < |o| \le L_\text{max} \\[14pt] \;-1 &
# \text{if }\; |o| > L_\text{max} \end{cases} $$
#
# - $|o|$ is the number of tokens in the answer;
# - $L_\text{max}$ is the limit, and $L_\text{cache}$ the number of tokens before it that cost something. (The word is the
#   paper's: a stretch that is kept in reserve. No memory is meant. There answers may have 20,480 tokens, and the last
#   4,096 of them are the cache.)
#
# It is never above 0, and is added to what the answer earns otherwise. (The third line is for worlds that cut off later than
# at $L_\text{max}$. Where the limit itself is the cut, as below, no answer gets there.)
#
# ### Exercise 1: the penalty for length (8 minutes, easy)
#
# `lengths` is a tensor with the number of tokens of each answer, `max_length` and `cache` are whole numbers. Return one
# number for each answer. Stuck? `hint("soft_overlong_penalty")` helps, a little more each time.


# %%
from rlcourse.exercises import check, hint, solution


def my_soft_overlong_penalty(lengths, *, max_length, cache):
    # your code here
    return ...


my_penalty_result = check("soft_overlong_penalty", my_soft_overlong_penalty)

# %% [markdown]
# **Put it to work.** Notebook 10 had a rule that was gamed: it counts how often the right number stands in the answer, and
# the model learned to go on until it was cut off. The same rule once more, and twice your penalty added to it: an answer may
# have 24 tokens, and the last 8 of them cost something.

# %% jupyter={"source_hidden": true}
# Takes your penalty, once it has passed, and says what is charted.
from copy import deepcopy

from rlcourse.algorithms import Training
from rlcourse.equations import soft_overlong_penalty
from rlcourse.exercises import at_work
from rlcourse.experiments import MENTIONS, load_curves, mentions_reward, pay_and_truth
from rlcourse.explorables import Chart, TrainingDashboard
from rlcourse.language import LanguagePolicy, TextWorld, combined_rewards, load_gpt2, overlong_reward, split_sums

try_lengths = torch.tensor([3.0, 18.0, 24.0])
penalty_fn = at_work(
    my_penalty_result,
    my_soft_overlong_penalty,
    soft_overlong_penalty,
    try_on=lambda f: f(try_lengths, max_length=24, cache=8),
)
reference = LanguagePolicy(*load_gpt2("sft", device="cpu"))
sums, held_out = split_sums()
questions, columns = [s.prompt for s in sums], {"answer": [s.answer for s in sums]}
length_charts = [
    Chart("Tokens in an answer", ("length",), low=0, high=25),
    Chart("Answers that come to an end", ("ended",), low=0, high=1, percent=True),
]

# %%
ROOM, CACHE, PRICE = 24, 8, 2

too_long = overlong_reward(ROOM, CACHE, penalty_fn=penalty_fn)
rule = combined_rewards([mentions_reward, too_long], weights=[1, PRICE])
world = TextWorld(questions, rule, columns=columns, max_new_tokens=ROOM)
talker = deepcopy(reference)
talking = Training(talker, world, GRPO(MENTIONS), seed=0)

dashboard = TrainingDashboard(length_charts, 16)
display(dashboard)
talking.run(16, on_step=dashboard, evaluate=pay_and_truth, evaluate_every=8)
dashboard.finish(talking.history)

# %% jupyter={"source_hidden": true}
# Says what came of it.
now, without, updates = pay_and_truth(talker), load_curves("language-mentions-0"), len(talking.history) - 1
told = [{row["step"]: row["ended"] for row in run if "ended" in row} for run in without.values()]
near, last = max(step for step in told[0] if step <= updates), max(told[0])
ended, at_last = ([run[step] for run in told] for step in (near, last))
say(
    f"Of the answers to held-out sums **{now['ended']:.0%}** come to an end, after {updates} updates with the penalty. In the "
    f"five recorded runs without it, **{min(ended):.0%} to {max(ended):.0%}** did after {near}, and {min(at_last):.0%} to "
    f"{max(at_last):.0%} after {last}. **{now['meant']:.0%}** are what was meant."
)

# %% [markdown]
# The penalty says nothing about sums. It only makes the last tokens dear, and so it takes away *one* way to be paid for
# nothing. The rule is as bad as before. (One run is one draw: with another seed it may find something else.)
#
# ## 5 · Old answers: the ratio and the clip
#
# Parts (2) and (3) sleep while answers are fresh. They wake up with the second step on a batch. CISPO's objective, for one
# token, is
#
# $$ \operatorname{sg}\!\big[ \operatorname{clip}(\rho,\, 1 - \varepsilon_\text{low},\, 1 + \varepsilon_\text{high}) \big]
# \cdot \hat A \cdot \log \pi_\theta(o_t \mid q, o_{<t}) $$
#
# where sg, *stop gradient*, makes a number of what stands in it: `.detach()` in PyTorch.
#
# ### Exercise 2: CISPO's objective (10 minutes, medium)
#
# The arguments are those of `clipped_surrogate` in notebook 06: `logprobs` and `old_logprobs` of the tokens, `advantages`
# that broadcast over them, and `clip_low` and `clip_high`, which are $\varepsilon_\text{low}$ and $\varepsilon_\text{high}$. Return
# one value for each token, to be maximised. (`hint("cispo")` helps.)


# %%
def my_cispo(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    # your code here
    return ...


my_cispo_result = check("cispo", my_cispo)

# %% [markdown]
# **Put it to work**, with any member that you like: the sums of notebook 10, and eight steps on each batch. The grey band
# is that member's five recorded runs. (With `"DAPO"` both charts are of the groups that were kept, the undecided ones.)

# %% jupyter={"source_hidden": true}
# Takes your objective, once it has passed, and says what is charted.
from rlcourse.equations import cispo
from rlcourse.experiments import family_name, family_training

few = torch.zeros(2, 3)
mine = at_work(my_cispo_result, my_cispo, cispo, try_on=lambda f: f(few, few, few[:, :1], clip_low=1.0, clip_high=4.0))
family_charts = [
    Chart("Right answers", ("reward",), low=0, high=1, percent=True),
    Chart("Entropy, nats per token", ("entropy",), low=0),
]

# %%
MEMBER = "CISPO"  # or "GRPO", "Dr. GRPO", "DAPO", "GSPO", "RLOO"

functions = {"objective": mine} if MEMBER == "CISPO" else {}
training = family_training(MEMBER, seed=0, **functions)

dashboard = TrainingDashboard(family_charts, 6, recorded=family_name(MEMBER))
display(dashboard)
training.run(6, on_step=dashboard)
dashboard.finish(training.history)

# %% [markdown]
# And all six, five seeds each, as recorded:

# %% jupyter={"source_hidden": true}
# Draws the recorded runs of all members, and tabulates where they ended.
from rlcourse.algorithms import History
from rlcourse.experiments import RLOO_ONCE

UNTIL = 8  # updates, of eight steps each
family = {
    name: {
        seed: History(row for row in run if row["step"] <= UNTIL)
        for seed, run in load_curves(family_name(name)).items()
    }
    for name in FAMILY
}
display(
    bands_picture(
        family,
        metric="accuracy",
        title="Right answers on held-out sums: mean, worst and best seed",
        low=0,
        high=1,
        percent=True,
    )
)
lines = ["| member | steps on each batch | right, held out | worst seed | best seed |", "|---|---|---|---|---|"]
right = {}
rows = [(name, 8, runs) for name, runs in family.items()] + [("RLOO", 1, load_curves(RLOO_ONCE))]
for name, times, runs in rows:
    ends = [run.last("accuracy") for run in runs.values()]
    average = sum(ends) / len(ends)
    lines.append(f"| {name} | {times} | {average:.0%} | {min(ends):.0%} | {max(ends):.0%} |")
    if times == 8:
        right[name] = average
say("\n".join(lines))
best, worst = max(right, key=right.get), min(right, key=right.get)
say(
    f"With eight steps on each batch *{best}* ends with the most held-out sums right ({right[best]:.0%} on average), "
    f"*{worst}* with the fewest ({right[worst]:.0%}). Before the first update it was "
    f"{next(iter(family['GRPO'].values()))['accuracy'][0]:.0%}. **The last row is RLOO as it is meant, with one step on each "
    f"batch: {average:.0%}**, from the same number of answers and an eighth of the steps."
)

# %% [markdown]
# Read it with care. Eight steps on a batch are many, the learning rate is the same for all, and nobody has tuned their
# bands. GRPO's record asked 500 held-out sums, the others half of them. And DAPO had more answers than the rest: whenever a
# single group agreed, it drew another whole batch (section 8). What the table does show is what each part is *for*:
#
# - **No ratio** (RLOO) means to go on pushing as if the answers were fresh. Eight times in a row, that goes too far: the
#   table asks something of it that it is not made for. Its last row is what it is made for: fresh answers, one step, and
#   then it needs neither ratio nor clip. (TRL's `RLOOTrainer` allows more steps, by `num_iterations`, and so it has a
#   ratio and a clip with `epsilon=0.2` after all.)
# - **A clipped weight** (CISPO, with its wide band up to 5) corrects for the answers' age, and never ends a push. How far
#   it gets is up to the learning rate and the number of steps.
# - **A clip** (GRPO, Dr. GRPO, DAPO, GSPO) ends it. Where that is what saves the run, one clip is much like another.
#
# So a member of the family that wins in a paper, with long answers, a large model and old data, need not win here, and the
# other way round. Change `MEMBER` and see.
#
# ## 6 · Entropy: what is left to choose from
#
# Groups live on variety. **Entropy** measures it: the mean of $-\log \pi$ over the tokens drawn, in nats. It falls in
# every good run, as what was open gets decided (notebook 10). Where it falls too early the groups agree, all advantages
# are 0, and nothing more is learned: *entropy collapse*.
#
# The quickest way there is a low temperature. And what is meant to hold against it is a **bonus**: `entropy_coef` times
# the mean entropy of all choices is added to what is maximised. Here are both: answers drawn at temperature 1 or 0.3, and a
# bonus of 0, 0.1 or 0.5; one step on each batch, five seeds each, recorded. Their right answers are counted at temperature 1
# for all. The other two pictures are of the answers they learn from: those of the lower temperature have less entropy
# from the start, before anything is learned. (“0.3 & 0.5” is temperature 0.3 with a bonus of 0.5. On the entropy's
# axis each line is ten times the one below.)

# %%
from rlcourse.experiments import VARIETY, variety_name
from rlcourse.explorables import runs_by_setting

varied = {called: load_curves(variety_name(called)) for called in VARIETY}
looks = [
    Chart("Right at temperature 1", ("accuracy",), low=0, high=1, percent=True),
    Chart("Entropy, nats per token", ("entropy",), low=0.001, high=10),
    Chart("Groups that teach", ("informative_groups",), low=0, high=1, percent=True),
]
runs_by_setting(
    varied,
    looks,
    label="temperature & bonus",
    logarithmic=["entropy"],
    watch="at 0.3, after how many updates hardly a group teaches any more; at “1 & 0.5”, "
    "where the entropy goes, and what becomes of the right answers.",
)


# %% jupyter={"source_hidden": true}
# Tabulates how bold and how careful answers do.
def from_to(shares):
    """The least and the most of some shares, once where both are the same in whole percent."""
    ends = f"{min(shares):.0%}", f"{max(shares):.0%}"
    return ends[0] if ends[0] == ends[1] else " to ".join(ends)


lines = [
    "| temperature & bonus | right, examined at 1 | right, examined at 0.3 | entropy as drawn, last five updates | groups that teach, as drawn |",
    "|---|---|---|---|---|",
]
found = {}
for called, runs in varied.items():
    bold, careful = ([run.last(kind) for run in runs.values()] for kind in ("accuracy", "careful"))
    sure = sum(float(run["entropy"][-5:].mean()) for run in runs.values()) / len(runs)
    teach = sum(float(run["informative_groups"][-5:].mean()) for run in runs.values()) / len(runs)
    found[called] = sum(bold) / len(bold), sum(careful) / len(careful), sure, teach
    ends = [from_to(some) for some in (bold, careful)]
    lines.append(f"| {called} | {' | '.join(ends)} | {sure:.3f} | {teach:.0%} |")
say("\n".join(lines))
say(
    f"Drawn at 0.3 the model ends with {found['0.3'][1]:.0%} right when it is careful and **{found['0.3'][0]:.0%}** when it is "
    f"bold; drawn at 1 with {found['1'][1]:.0%} and **{found['1'][0]:.0%}**. At 0.3 only {found['0.3'][3]:.0%} of the groups "
    f"teach something in the end, at 1 still {found['1'][3]:.0%}."
)

# %% [markdown]
# **What is never drawn is never corrected.** At a low temperature the model learns in a few updates to be right when it is
# careful. Then its groups agree, and at that temperature training is over, though much of what it would say at temperature 1
# is still wrong. The variety is not gone, it is only not drawn: examined at 1, some of its answers are right and some are
# wrong, so its groups would differ again if they were drawn there (we shall see). And look down the column for 0.3: even for careful
# answers the runs that were drawn at 1 came out ahead. So draw boldly while you train, and be careful afterwards.
#
# **A bonus is a reward for being undecided**, and it is paid whatever the answer is worth. A small one hardly shows here.
# With a large one it pays best to say anything at all: the *other* collapse. (Its entropy climbs to the top of the picture.
# Its answers get long, too, since a policy that chooses among all tokens hardly ever hits the one that ends
# them.) And a bonus does not revive. Where a choice is made, $\pi$ is near 0 or 1 and the gradient of the entropy near 0 as
# well: while the answers are drawn at 0.3, even the large bonus does not bring the variety back.
#
# Is a run that has come to rest at 0.3 lost? Take it after its 20 updates, and let it draw at temperature 1 for ten more.
# What do you expect of its right answers at temperature 1: fewer, the same, or more?

# %% jupyter={"source_hidden": true}
# Draws runs that were drawn at 0.3 first and at 1 later.
from rlcourse.experiments import RESCUE, VARIETY_STEPS

rescued = load_curves(RESCUE)
compared = {f"at 0.3 for {VARIETY_STEPS} updates, then at 1": rescued, "at 1 from the start": varied["1"]}
titles = {
    "accuracy": "Right on held-out sums at temperature 1: mean, worst and best seed",
    "informative_groups": "Groups that teach, as drawn",
}
for metric, title in titles.items():
    display(bands_picture(compared, metric=metric, title=title, low=0, high=1, percent=True))


def right_at(step):
    """Right answers at temperature 1 at that update, one number for each seed."""
    return [next(row["accuracy"] for row in run if row["step"] == step) for run in rescued.values()]


rest, end = right_at(VARIETY_STEPS), [run.last("accuracy") for run in rescued.values()]
say(
    f"After {VARIETY_STEPS} updates at 0.3 the five seeds have {min(rest):.0%} to {max(rest):.0%} right at temperature 1, and "
    f"after ten more at 1 **{min(end):.0%} to {max(end):.0%}**. What it would say at temperature 1 was never drawn, so it was "
    "neither corrected nor lost."
)

# %% jupyter={"source_hidden": true}
# Asks a question about entropy.
quiz("12", [4])

# %% [markdown]
#
# **Clip-higher is for old answers.** With one step on each batch every ratio is 1, so `epsilon_high` cannot matter. With
# several it leaves rare tokens more room, and DAPO's authors show it keeping the entropy of a large model from collapsing.
# In section 5's runs the entropy does not collapse with either clip, so on our sums we cannot show it.
#
# ## 7 · How old are the data?
#
# Now from the loss to the machine room. Up to here whoever learned had just written the answers. On a cluster that is
# a waste: while half of the machines write, the other half wait. So both work at once, and what is learned from was
# written some updates ago.
#
#     in turns    write 1 │ learn 1 │ write 2 │ learn 2 │ write 3 │ learn 3
#     at once     write 1 │ write 2 │ write 3 │ write 4 │ …
#                         │ learn 1 │ learn 2 │ learn 3 │ …      each batch is one update old
#
# [AReaL](https://arxiv.org/abs/2505.24298) (Fu et al. 2025) trains so, and reports a speedup of up to 2.77; it has a
# setting for how many updates old an answer may be. What does age do to learning? A queue makes our data as old as we
# like. This is all of it:

# %%
from rlcourse.algorithms import LateWorld

show_source(LateWorld.sample_groups)

# %% [markdown]
# The log-probabilities in a batch stay those of the policy that *wrote* it. So $\rho$ is not 1, not even with one step
# on each batch. Here four answers were written; then the policy made some updates, and was asked about the same answers
# again.

# %% jupyter={"source_hidden": true}
# Loads what the second half needs.
from rlcourse.algorithms import GRPOConfig
from rlcourse.experiments import AGES, CAP, LATE, late_name
from rlcourse.explorables import age_of_data, answers_strip
from rlcourse.language import arithmetic_world, sample, sum_reward
from rlcourse.showing import answers_table

tokenizer = reference.tokenizer


def small_world():
    """The training sums, 16 questions an update."""
    return arithmetic_world(sums, prompts_per_step=16)


def write(policy, asked, times, *, room=16, seed=0):
    """Answers to some sums, each asked several times."""
    how = {"num_generations": times, "max_new_tokens": room, "generator": torch.Generator().manual_seed(seed)}
    return sample(policy.model, tokenizer, [s.prompt for s in asked], **how).texts(tokenizer)


# %%
question = held_out[3]
written = write(reference, [question], times=4, seed=5)

studying = Training(deepcopy(reference), small_world(), GRPO(LATE), seed=1)
studying.run(8)
newer = deepcopy(studying.policy)

answers_strip(newer, question.prompt, written, old_policy=reference)

# %% [markdown]
# What is to be done with such answers? Three ways, and with one step on each batch each is one line:
#
# | way | a token's part of the gradient | what it is |
# |---|---|---|
# | **as if fresh** | $\hat A\, \nabla \log \pi$ | nobody asks who wrote it |
# | **a clip** | $\rho\, \hat A\, \nabla \log \pi$, and 0 once $\rho$ has left the band on the side that pays | GRPO's own |
# | **a capped weight** | $\min(\rho, c)\, \hat A\, \nabla \log \pi$ | *truncated importance weights* |
#
# Why a weight of $\rho = \pi / \pi_\text{old}$? A token that the policy would write twice as often as its older self came
# up half as often as it should. Counted twice, the mean is right again. But a single weight may be a hundred, and then
# one token is the whole gradient. So it is cut off at a **cap** $c$: a little wrong, and never wild. (You have met that
# line: it is CISPO's, without a bound below.)

# %% jupyter={"source_hidden": true}
# Asks for your guess.
predict("old_data")

# %% jupyter={"source_hidden": true}
# Shows recorded runs on data of several ages.
ways = {"as if fresh": "fresh", "a clip": "clip", f"a weight up to {CAP:g}": "cap"}
late = {said: {age: load_curves(late_name(age, way)) for age in AGES} for said, way in ways.items()}
display(age_of_data(late))

ends = {
    said: {age: [run.last("accuracy") for run in runs.values()] for age, runs in by_age.items()}
    for said, by_age in late.items()
}
lines = [f"| right at the end | {' | '.join(f'{age} updates old' if age else 'fresh' for age in AGES)} |"]
lines.append("|---" * (len(AGES) + 1) + "|")
for way, by_age in ends.items():
    cells = [f"{sum(some) / len(some):.0%} ({min(some):.0%} to {max(some):.0%})" for some in by_age.values()]
    lines.append(f"| {way} | {' | '.join(cells)} |")
say("\n".join(lines))
before = next(iter(late["a clip"][0].values()))["accuracy"][0]
oldest = ends["as if fresh"][max(AGES)]
mean = sum(oldest) / len(oldest)
fresh_mean = sum(ends["a clip"][0]) / len(ends["a clip"][0])
reveal(old_data=2 if mean < before else 1 if mean < fresh_mean - 0.05 else 0)

# %% [markdown]
# Why does it go so wrong? A token that was pushed down is hardly written any more. But in old data it still comes up, and
# is pushed down as if it were still likely, update after update. The ratio knows: for such a token ρ is nearly 0. So
# even data a little old want a ratio in the loss, and then they do little harm.
#
# The two remedies are not the same. A capped weight brings the gradient nearer to what it should be on average. (Not quite
# there: the cap cuts something off, and a ratio for each token does not ask how often the text *before* it comes up now.)
# That is all it does: nothing in it *ends* a push, so with very old data, where a step too far is noticed late, it is a matter of luck (look at its
# seeds at the oldest age). The clip ends the push, and gives up what lies outside the band. Practice often has both, a
# capped weight for the sampler and a clip for the steps, and keeps the age small.
#
# ### Not only age
#
# Answers may differ from what the policy would write though they are quite fresh: the program that writes them is
# another one, tuned for speed and often with coarser numbers. How far are the two apart? Below, answers are written by
# copies of our model with rounded weights, and by its older self.


# %% jupyter={"source_hidden": true}
# Measures the ratios of a policy to four samplers.
def rounded(policy, kind):
    """A copy whose weights have been rounded to a coarser kind of number."""
    copy = deepcopy(policy)
    for weight in copy.parameters():
        weight.data = weight.data.to(kind).float()
    return copy


def ratios(policy, sampler):
    """π/π_sampler of each token that the sampler writes."""
    draw = torch.Generator().manual_seed(0)
    episodes = small_world().sample_groups(sampler, num_generations=8, temperature=1.0, generator=draw)
    with torch.no_grad():
        return (policy.logprobs(episodes) - episodes.old_logprobs).exp()[episodes.mask]


samplers = {
    "the policy itself": newer,
    "its weights in bfloat16": rounded(newer, torch.bfloat16),
    "its weights in 8 bits": rounded(newer, torch.float8_e4m3fn),
    f"itself, {len(studying.history)} updates ago": reference,
}
lines = [
    "| the answers are by | mean of abs(log ρ) | smallest ρ | largest ρ | outside 0.8 to 1.2 |",
    "|---|---|---|---|---|",
]
for who, sampler in samplers.items():
    rho = ratios(newer, sampler)
    outside = ((rho < 0.8) | (rho > 1.2)).float().mean()
    lines.append(f"| {who} | {rho.log().abs().mean():.4f} | {rho.min():.2g} | {rho.max():.2f} | {outside:.1%} |")
say("\n".join(lines))

# %% [markdown]
# In a model as small as ours rounding hardly shows beside age. In large ones, sampled by another program, it was found to
# turn fresh data into old ones, and truncated weights to steady the training
# ([Yao et al. 2025](https://openreview.net/forum?id=8MHqvb4lK9)). TRL corrects for it where vLLM writes the answers, with
# a cap of 3: its mode `"token_truncate"` is the function that you write now; `"sequence_mask"`, its default, weighs a
# whole answer by one ratio, and drops it above the cap.
#
# ### Exercise 3: truncated importance weights (5 minutes, easy)
#
# `logprobs` are $\log \pi$ of some tokens by the policy that is trained, `sampler_logprobs` by whoever wrote them, `cap` is
# the largest weight. Return one weight for each token, without gradient. (`hint("truncated_importance_weights")` helps.)


# %%
def my_truncated_weights(logprobs, sampler_logprobs, *, cap):
    # your code here
    return ...


my_weights_result = check("truncated_importance_weights", my_truncated_weights)

# %% [markdown]
# **Put it to work** on old data. The grey band is the recorded runs with such weights at the same age.

# %% jupyter={"source_hidden": true}
# Takes your weights, once they have passed, and says what is charted.
from rlcourse.equations import truncated_importance_weights

few = torch.zeros(128, 16)
weights_fn = at_work(
    my_weights_result,
    my_truncated_weights,
    truncated_importance_weights,
    try_on=lambda f: f(few, few, cap=2.0),
)
late_charts = [
    Chart("Right answers", ("reward",), low=0, high=1, percent=True),
    Chart("Tokens outside the band", ("clip_fraction",), low=0, percent=True),
]


def recorded_at(age):
    """The recorded runs at this age, to lie behind the curves, where there are some."""
    return {"recorded": late_name(age, "cap")} if age in AGES[1:] else {}


# %%
AGE = 4  # how many updates old


def weighted(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    """What each token contributes: its weight, its advantage, its log-probability."""
    return weights_fn(logprobs.detach(), old_logprobs, cap=CAP) * advantages * logprobs


behind = LateWorld(small_world(), age=AGE)
delayed = Training(deepcopy(reference), behind, GRPO(LATE, objective=weighted), seed=0)
dashboard = TrainingDashboard(late_charts, 12, **recorded_at(AGE))
display(dashboard)
delayed.run(12, on_step=dashboard)
dashboard.finish(delayed.history)

# %% [markdown]
# ## 8 · Which questions teach?
#
# A group teaches if its answers differ. Say an answer to a question is right with the chance $p$. Then all $G$ answers of a
# group are right with the chance $p^G$, and all wrong with $(1 - p)^G$. What is left over teaches:
#
# $$ \text{share of groups that teach} \;=\; 1 - p^G - (1 - p)^G $$
#
# Real questions stand beside that curve: 48 held-out sums, asked 32 times each, of the model as it was, after some
# updates, and after some more. (A dot is the mean of those whose $p$ lies within the same ten points.)

# %%
from rlcourse.explorables import which_questions_teach

TIMES, ASKED = 32, held_out[:48]


def earned(policy):
    """What TIMES answers to each of the questions earn, [questions, TIMES]."""
    repeated = [s for s in ASKED for _ in range(TIMES)]
    prompts, right = [s.prompt for s in repeated], [s.answer for s in repeated]
    paid = sum_reward(prompts, write(policy, ASKED, TIMES), answer=right)
    return torch.tensor(paid).reshape(len(ASKED), TIMES)


def so_far(run):
    """How long a run has been learning."""
    return f"after {len(run.history)} updates"


moments = {"before": earned(reference), so_far(studying): earned(newer)}
studying.run(12)
moments[so_far(studying)] = earned(studying.policy)

which_questions_teach(moments)

# %% jupyter={"source_hidden": true}
# Holds the formula against what was seen.
from rlcourse.equations import informative_share

lines = [
    "| the model | right | groups of 8 that teach: by the formula | as seen | by the formula for the average p |",
    "|---|---|---|---|---|",
]
for when, paid in moments.items():
    chances, groups = paid.mean(1), paid.reshape(len(paid), -1, 8).mean(2)
    foretold = informative_share(chances, num_generations=8).mean()
    seen = ((groups > 0) & (groups < 1)).float().mean()
    average = informative_share(chances.mean(), num_generations=8)
    lines.append(f"| {when} | {chances.mean():.0%} | {foretold:.0%} | {seen:.0%} | {average:.0%} |")
say("\n".join(lines))

# %% [markdown]
# The formula is asked for each question, and its answers are averaged. It tends to say a little less than is seen, since each
# $p$ is itself only a share of 32 answers, and the curve bends down: an error in $p$, to either side, costs more than it
# brings. (The last column shows what comes of putting the
# average $p$ into it. It says too much: of a set that is half hopeless and half solved the average is ½, and nothing in
# it teaches.) What can be done?
#
# - **Filter** before the training: ask each question some times, and leave out what is always wrong or always right.
# - **A curriculum**: prefer questions near $p = ½$. As the model learns $p$ moves, so it has to be measured on the way.
# - **Dynamic sampling** (DAPO): throw away groups that agree, and ask other questions until the batch is full.
#
# With dynamic sampling each update is worth more. But what is thrown away was written, too:

# %% jupyter={"source_hidden": true}
# Draws recorded runs with and without dynamic sampling.
plain, full = load_curves(late_name(0, "clip")), load_curves("language-dynamic")
both = {"every group": plain, "groups that teach, and no other": full}


def by_answers(runs):
    """The same runs, with the answers that were written so far, on average over the seeds, in the place of the updates."""
    drawn = [[row.get("answers", 128 * (row["step"] > 0)) for row in run] for run in runs.values()]
    written = torch.tensor(drawn).mean(0, dtype=torch.float64).cumsum(0).tolist()
    return {
        seed: History({**row, "step": total} for row, total in zip(run, written, strict=True))
        for seed, run in runs.items()
    }


per_update = sum(float(run["answers"][1:].mean()) for run in full.values()) / len(full)
how = {"metric": "accuracy", "low": 0, "high": 1, "percent": True}
display(bands_picture(both, title="Right on held-out sums, over updates: mean, worst and best seed", **how))
written = {name: by_answers(runs) for name, runs in both.items()}
display(bands_picture(written, title="The same, over answers written", xlabel="answers written", **how))
reached = {name: sum(run.last("accuracy") for run in runs.values()) / len(runs) for name, runs in both.items()}
say(
    f"At the end {reached['every group']:.1%} and, with dynamic sampling, {reached['groups that teach, and no other']:.1%} are "
    f"right on average. An update learns from 128 answers in both. With dynamic sampling it took "
    f"**{per_update:.0f}** to have them."
)
teaching = sum(float(run["informative_groups"][1:].mean()) for run in plain.values()) / len(plain)
say(
    f"A part of that price is our own doing. Where one group is missing, our `GRPO` draws another whole batch, and throws away "
    f"what is over. In the plain runs {teaching:.0%} of the groups taught something, so a sampler that asks for no more than "
    f"is missing would write about **{128 / teaching:.0f}** answers an update."
)

# %% [markdown]
# Compare both at the same number of answers: as recorded, it buys nothing per answer. And a thrifty sampler can win back no more
# than what was thrown away: our questions are all of a kind, and most of their groups teach. It is meant
# for tasks on which most groups agree, so that a batch of a fixed size would hardly teach anything, and for trainers to
# whom learning from an answer is much dearer than writing it.
#
# ## 9 · Several rewards
#
# Most tasks want more than one thing: the right answer, in the right form, and not too long. The usual way is a weighted
# sum, $r = \sum_k w_k r_k$: `combined_rewards` here, `reward_funcs` and `reward_weights` in TRL.
#
# Say we pay **1 for a right answer, and 0.05 for modesty**: the words "I guess". And say that half of the questions are
# too hard for the model: sums of numbers from 50 to 99, of which it has never seen one.

# %%
from rlcourse.experiments import MANNER, modest, right_and_modest, too_large, two_rewards_world

display(show_source(modest), show_source(two_rewards_world))

# %% [markdown]
# Take a group for one of the hard questions, in which **every answer is wrong**. What are its advantages?

# %% jupyter={"source_hidden": true}
# Tabulates the advantages of a group that is all wrong.
hard = too_large()[:12]
texts = write(reference, hard, times=8, room=18)
repeated = [s for s in hard for _ in range(8)]
is_right = torch.tensor(sum_reward([s.prompt for s in repeated], texts, answer=[s.answer for s in repeated])).reshape(
    -1, 8
)
is_modest = torch.tensor(modest([], texts)).reshape(-1, 8)
differ = (is_right.sum(1) == 0) & (is_modest.sum(1) > 0) & (is_modest.sum(1) < 8)
chosen = int(differ.float().argmax())


def advantages_of(weight, scale="group"):
    """The advantages of that group, at another weight of the manner."""
    return group_advantages((is_right + weight * is_modest)[[chosen]], scale=scale)[0].tolist()


shown = {
    "answer": texts[8 * chosen : 8 * chosen + 8],
    "right": is_right[chosen].tolist(),
    "modest": is_modest[chosen].tolist(),
    "manner paid 1": advantages_of(1.0),
    f"paid {MANNER:g}": advantages_of(MANNER),
    f"paid {MANNER:g}, no std": advantages_of(MANNER, "none"),
}
say(
    f"**What is {hard[chosen].a}+{hard[chosen].b}?** (It is {hard[chosen].answer}.) The last three columns are advantages:"
)
display(answers_table(list(shown), list(zip(*shown.values(), strict=True))))
say(f"Of the {len(differ)} hard groups just asked, **{int(differ.sum())}** are of this kind.")

# %% [markdown]
# The column for 1 and the column for 0.05 are the same, but for the $10^{-4}$ beside the std. A z-score has no unit: in a
# group in which nobody is right, dividing by the std makes the little that the manner is paid as loud as being right
# is elsewhere. Such **phantom advantages** say nothing about the task.

# %% jupyter={"source_hidden": true}
# Asks for your guess.
predict("phantom")
each_reward = [
    Chart("Each reward on its own, held-out sums", ("right", "modest"), low=0, high=1, percent=True),
    Chart("Their weighted sum, all questions", ("reward",), low=0, high=1.1),
]

# %%
DIVIDE_BY = "group"  # then try "none"

config = GRPOConfig(learning_rate=2e-4, scale_rewards=DIVIDE_BY)
polite = Training(deepcopy(reference), two_rewards_world(), GRPO(config), seed=0)
dashboard = TrainingDashboard(each_reward, 12, recorded=f"language-phantom-{DIVIDE_BY}")
display(dashboard)
polite.run(12, on_step=dashboard, evaluate=right_and_modest, evaluate_every=4)
dashboard.finish(polite.history)

# %% jupyter={"source_hidden": true}
# Draws the recorded runs, divided and not, and says what came of them.
divided = {
    "divided by the group's std": load_curves("language-phantom-group"),
    "not divided": load_curves("language-phantom-none"),
}
for metric, title in (("modest", "Answers that say “I guess”"), ("right", "Right answers")):
    how = {"metric": metric, "title": f"{title}, on sums within reach: mean, lowest and highest seed"}
    display(bands_picture(divided, low=0, high=1, percent=True, **how))
lines = ["| five seeds, after 12 updates | right | modest |", "|---|---|---|"]
for name, runs in divided.items():
    spans = [[run.last(metric) for run in runs.values()] for metric in ("right", "modest")]
    lines.append(f"| {name} | " + " | ".join(f"{min(span):.0%} to {max(span):.0%}" for span in spans) + " |")
say("\n".join(lines))
first = next(iter(divided["not divided"].values()))
say(f"(Before the first update {first['right'][0]:.0%} were right and {first['modest'][0]:.0%} modest.)")
manners = [run.last("modest") for run in divided["divided by the group's std"].values()]
average = sum(manners) / len(manners)
reveal(phantom=0 if average < 0.2 else 1 if average < 0.8 else 2)

# %% [markdown]
# A twentieth of the pay has decided how the model speaks, on questions that it *can* answer, too. It paid for that in right
# answers: some seeds get more of them, some lose nearly all, and none gets as many as where nothing was divided. The
# weighted sum does not tell: look at **each reward on its own**.
#
# What helps? Not to divide by the group's std, as here (though when *nothing* else speaks, Adam makes a whisper loud again:
# it divides by the gradient's size as well). To pay for the form only where the answer is right: then groups that are all
# wrong keep silent. (In a group that is all *right* the form is again all that differs, and as loud as ever.) Or to
# take the z-score of each reward by itself, weight those, and normalise their sum over the whole batch
# ([GDPO](https://arxiv.org/abs/2601.05242), Liu et al. 2026; in TRL `multi_objective_aggregation="normalize_then_sum"`).

# %% jupyter={"source_hidden": true}
# Asks a question about small rewards.
quiz("12", [5])

# %% [markdown]
# ## 10 · A token that is not the policy's
#
# Why guess at all? Let us give the model a calculator. Whenever it writes ` What is 27+35?` into its answer, the world
# appends the result, and the model goes on:
#
# | who writes | text |
# |---|---|
# | the policy | ` What is 27+35?` |
# | the calculator | ` 62:` |
# | the policy | ` 27+35 is 62.` and the end |
#
# The calculator's tokens are *read* like all others. But nobody chose them. There was no draw, so there is no
# log-probability that could be made larger for it: **in the loss they have no place**.
# ([Search-R1](https://arxiv.org/abs/2503.09516), Jin et al. 2025, calls it retrieved token masking; TRL's trainer keeps a
# `tool_mask`.)
#
# First the model must see that there is a calculator: eighty steps of supervised fine-tuning on answers of which half
# call. The calculator of these lessons shows *any* number, and whoever calls says what it shows. So there is nothing to be
# learned but to read it. (Who is shown true sums only may as well go on adding, and never look. The calculator's digits
# are left out of that loss, too. Some seconds on a quiet machine, half a minute on a busy one.)

# %%
from rlcourse.language import Imitation, SupervisedConfig, calculator_world, call_text

apprentice = deepcopy(reference)
lesson = Imitation(SupervisedConfig(steps=80, warmup_steps=5, learning_rate=1e-3))
lessons = Training(apprentice, call_text(tokenizer, calls=0.5), lesson, seed=0)
learned = lessons.run(80)

# %% jupyter={"source_hidden": true}
# Shows some of its answers, with whose token each is.
from rlcourse.explorables import token_strip

exam = calculator_world(held_out)
some = exam.answer(apprentice, range(24), generator=torch.Generator().manual_seed(2))
calls = (some.observations["written"] & ~some.mask).any(1)
some = some.select(torch.cat([calls.nonzero()[:4, 0], (~calls).nonzero()[:2, 0]]))  # four that call, two that do not
pieces, whose = [], []
for tokens, own, there in zip(some.actions, some.mask, some.observations["written"], strict=True):
    pieces.append([tokenizer.decode([token]) for token in tokens[there].tolist()])
    whose.append(own[there].float().tolist())
token_strip(pieces, {"kept in the loss": whose}, names=[f"earned {paid:.0f}" for paid in some.rewards.tolist()])

# %% [markdown]
# ### Exercise 4: whose token is it? (10 minutes, medium)
#
# `tokens` [B, T] are some answers; `written` is True for their text and False in the padding. The token `call` calls the
# tool. The tool writes its result, and ends it with the token `back`. Return True for each token that the policy chose.
# (`hint("own_tokens")` helps.)


# %%
def my_own_tokens(tokens, written, *, call, back):
    # your code here
    return ...


my_own_result = check("own_tokens", my_own_tokens)

# %% [markdown]
# **Put it to work.** Below, the world's mask is made by your function, and GRPO finds out whether it pays to call.

# %% jupyter={"source_hidden": true}
# Takes your mask, once it has passed, and says what is measured.
from dataclasses import replace

from rlcourse.equations import own_tokens
from rlcourse.language import markers

blank = torch.zeros(128, 40, dtype=torch.long)
own_fn = at_work(my_own_result, my_own_tokens, own_tokens, try_on=lambda f: f(blank, blank == 0, call=1, back=2))


class Masked:
    """Sums with a calculator at hand, and a mask by your function."""

    def __init__(self, world):
        self.world = world

    def sample_groups(self, policy, **how):
        episodes = self.world.sample_groups(policy, **how)
        mine = own_fn(episodes.actions, episodes.observations["written"], **markers(tokenizer))
        return replace(episodes, mask=mine)


def at_the_exam(policy):
    """On 100 held-out sums: the shares of right answers, and of answers that call."""
    answers = exam.answer(policy, range(100), generator=torch.Generator().manual_seed(1))
    called = (answers.observations["written"] & ~answers.mask).any(1).float().mean()
    return {"right": answers.rewards.mean().item(), "call": called.item()}


calling_charts = [
    Chart("Held-out sums: right, and with a call", ("right", "call"), low=0, high=1, percent=True),
    Chart("Groups that teach something", ("informative_groups",), low=0, high=1, percent=True),
]

# %%
caller = deepcopy(apprentice)
calling = Training(caller, Masked(calculator_world(sums)), GRPO(LATE), seed=0)
dashboard = TrainingDashboard(calling_charts, 10)
display(dashboard)
calling.run(10, on_step=dashboard, evaluate=at_the_exam, evaluate_every=5)
dashboard.finish(calling.history)

# %% [markdown]
# Does it pay to call? And does the model read what comes back, or does it still add in its head? Give it a calculator that is
# wrong, and see whom it believes.

# %%
OFF = 7  # what the calculator adds; then try 1, or 30

# %% jupyter={"source_hidden": true}
# Asks the model with a calculator that is wrong, and counts whom it believes.
import re

from rlcourse.language import ToolWorld, calculate


def wrong(text):
    """What a calculator writes that shows OFF too much."""
    shown = calculate(text).strip(" :")
    return f" {int(shown) + OFF}:" if shown.isdigit() else calculate(text)


deceived = ToolWorld(exam.world, wrong).answer(caller, range(100), generator=torch.Generator().manual_seed(1))
there = deceived.observations["written"]
asked_it = (there & ~deceived.mask).any(1)
texts = [
    tokenizer.decode(ids[real], skip_special_tokens=True).strip()
    for ids, real, calls in zip(deceived.actions, there, asked_it, strict=True)
    if calls
]
believed = sum(bool(re.search(r"\? (\d+): .* is \1\.$", text)) for text in texts)
if texts:
    say(
        f"{len(texts)} of 100 answers asked the wrong calculator, and **{believed}** of these repeat what it showed; "
        f"{int(deceived.rewards[asked_it].sum())} say the true sum. For example: {texts[0]}"
    )
else:
    say("No answer has called: the lessons above were stopped too early.")

# %% [markdown]
# And if the calculator's tokens stay in the loss? Here is one batch, and two gradients of it.


# %% jupyter={"source_hidden": true}
# Compares the gradients of one batch with the mask and without.
def gradient_of(episodes):
    """The direction of one step on these answers."""
    model = deepcopy(apprentice)
    GRPO(GRPOConfig(max_grad_norm=1e9)).update(model, torch.optim.SGD(model.parameters(), lr=0.0), episodes)
    return torch.cat([weight.grad.flatten() for weight in model.parameters()])


draw = torch.Generator().manual_seed(0)
batch = calculator_world(sums).sample_groups(apprentice, num_generations=8, temperature=1.0, generator=draw)
there = batch.observations["written"]
tools = there & ~batch.mask
if tools.any():
    with torch.no_grad():
        found = apprentice.logprobs(batch)
    leaking = replace(batch, mask=there, old_logprobs=torch.where(batch.mask, batch.old_logprobs, found))
    good, bad = gradient_of(batch), gradient_of(leaking)
    cosine = torch.cosine_similarity(good, bad, dim=0)
    say(
        f"**{tools.sum() / there.sum():.0%}** of the tokens of this batch are the calculator's. The policy itself would have "
        f"written one of them once in {(-found[tools].mean()).exp():,.0f} times (the geometric mean). Left in the loss they make the "
        f"gradient **{bad.norm() / good.norm():.1f} times** as long, and the cosine between it and the right one is **{cosine:.2f}**."
    )
else:
    say("No answer of this batch has called: the lessons above were stopped too early.")

# %% [markdown]
# The loss takes the calculator's digits for choices of the policy, and very surprising ones. Nothing else in GRPO would notice:
# not the clip, not the std, not the group. The mask is the only place where it is said whose token is whose.
#
# (One more trap: the text was cut into tokens when it was sampled. Whoever turns it into text, inserts the result and
# cuts it anew may get other tokens than those that were drawn. Our world goes on from the tokens;
# [*token in, token out*](https://huggingface.co/blog/huggingface/tito) is the name for it.)
#
# ## 11 · Where in the answer was it good?
#
# A rule that looks at the result speaks of the whole answer: an **outcome reward**, and every token gets the same
# advantage. A **process reward** speaks of each step. DeepSeekMath (section 4.1.3) takes the z-score over all step rewards of
# the group; a token's advantage is the sum of those of its own step and of all that follow.
#
# Here are four answers to *What is 1+2+4?*, written by hand. A step is paid 1 if what it says is true.
#
# | answer | what it says | the result is |
# |---|---|---|
# | 1 | 1+2 is 3. 3+4 is 7. | right |
# | 2 | 1+2 is 4. 4+4 is 8. | wrong |
# | 3 | 1+2 is 3. 3+4 is 8. | wrong |
# | 4 | 1+2 is 5. 5+4 is 7. | right |
#
# Answer 2 begins with a wrong step, and goes on rightly from it; answer 3 begins with a right step, and then makes a mistake.
# By the process reward, whose *first* step gets the higher advantage? Decide, and then look: the buttons choose which
# advantage is shown.

# %% jupyter={"source_hidden": true}
# Computes both kinds of advantages of four written answers.
worked = ["1+2 is 3. 3+4 is 7.", "1+2 is 4. 4+4 is 8.", "1+2 is 3. 3+4 is 8.", "1+2 is 5. 5+4 is 7."]


def step_rewards(text):
    """1 for each step that says something true."""
    return [float(int(a) + int(b) == int(c)) for a, b, c in re.findall(r"(\d+)\+(\d+) is (\d+)", text)]


outcome = torch.tensor([float(text.endswith("is 7.")) for text in worked])
steps = torch.tensor([step_rewards(text) for text in worked])  # [G, steps]
z_scores = (steps - steps.mean()) / steps.std()
by_process = z_scores.flip(1).cumsum(1).flip(1)  # of this step and of all that follow
by_outcome = group_advantages(outcome[None])[0]

pieces = [[tokenizer.decode([token]) for token in tokenizer(text).input_ids] for text in worked]
second = [text.index(".") + 1 for text in pieces]  # where the second step begins
advantages = {
    "advantage by process": [
        [float(by_process[i, int(t >= second[i])]) for t in range(len(text))] for i, text in enumerate(pieces)
    ],
    "advantage by outcome": [[float(by_outcome[i])] * len(text) for i, text in enumerate(pieces)],
}
results = ["right" if one else "wrong" for one in outcome.tolist()]
token_strip(pieces, advantages, names=[f"{number}: result {one}" for number, one in enumerate(results, start=1)])

# %% [markdown]
# The second answer has one wrong step, and goes on from it without a fault. The fourth makes two mistakes that cancel
# out, and its outcome is right. Only the process tells.
#
# Compare the *first* steps of the second and the third answer: one is wrong, the other right, and both have an advantage of
# 0. The reward of a step says whether it is true. The advantage adds what follows, like a return (notebook 03), and there the
# third answer loses what it had won. But somebody must say which step is true: a rule, where there is
# one; else a model trained for it, which can be fooled like any other.
#
# ## 12 · A teacher in the place of a reward
#
# A reward is one number for an answer. A better model could say something about each token: how likely would *I* have
# written that here? In **on-policy distillation** the student writes, the teacher reads, and the loss is the KL from
# student to teacher, token by token ([Lu and Thinking Machines Lab 2025](https://thinkingmachines.ai/blog/on-policy-distillation/)):
#
# $$ \mathrm{KL}(\pi_\theta \,\|\, \pi_\text{teacher}) = \mathbb{E}_{a \sim \pi_\theta} \big[ \log \pi_\theta(a \mid s) -
# \log \pi_\text{teacher}(a \mid s) \big] $$
#
# You have all of it already. It is GRPO's KL term, with the teacher in the place of the reference, and no reward at all.
# The teacher here is the model of section 8. To see the difference, both runs get few answers: 8 questions an update, and 2
# answers each.
#
# (One setting is new. The KL term of notebook 10 is a mean over tokens that were drawn, and its plain gradient forgets that
# the policy also decides *which* tokens are drawn. `use_bias_correction_kl=True` puts the ratio before it, and then, at each
# choice, the gradient is the one of the formula. As a mere leash the term gets by without; here it is all there is.)


# %% [markdown]
# Before the race, look over the teacher's shoulder. Here are four answers of the model as it was before GRPO to one sum, and what the
# teacher thinks of each of their tokens: the ratio is how many times likelier it would have written it. Which token does
# it mind? (Where the teacher is sure of something wrong, it says so just as firmly. What the strip calls the old policy is
# that model here, and the teacher stands where the new one would.)

# %%
teacher, marked = deepcopy(studying.policy), held_out[7]
written = write(reference, [marked], times=4, seed=2)

answers_strip(teacher, marked.prompt, written, old_policy=reference)


# %% jupyter={"source_hidden": true}
# Prepares a world that pays nothing, and says what is measured.
def nothing(prompts, completions, **columns):
    """No reward."""
    return [0.0] * len(completions)


def mostly_right(policy):
    """Right answers on 200 held-out sums."""
    some = held_out[:200]
    paid = sum_reward([s.prompt for s in some], write(policy, some, 1, seed=1), answer=[s.answer for s in some])
    return {"held_out": sum(paid) / len(some)}


unpaid = TextWorld([s.prompt for s in sums], nothing, prompts_per_step=8)
paying = arithmetic_world(sums, prompts_per_step=8)
two_answers = {"num_generations": 2, "learning_rate": 2e-4}
predict("who_teaches_better")

# %%
distilling = GRPOConfig(beta=1.0, use_bias_correction_kl=True, **two_answers)
by_teacher, by_rule = GRPO(distilling, reference=teacher), GRPO(GRPOConfig(**two_answers))

pupils = {
    "taught by a teacher": Training(deepcopy(reference), unpaid, by_teacher, seed=0),
    "paid by the rule": Training(deepcopy(reference), paying, by_rule, seed=0),
}
for pupil in pupils.values():
    pupil.run(20, evaluate=mostly_right, evaluate_every=5)

# %% jupyter={"source_hidden": true}
# Draws both runs, and says where they ended.
runs = {name: {0: pupil.history} for name, pupil in pupils.items() if len(pupil.history) > 1}
if runs:
    title = "Right answers on held-out sums, 16 answers an update, one seed"
    display(bands_picture(runs, metric="held_out", title=title, low=0, high=1, percent=True))
    said = ", ".join(f"{name}: **{found[0].last('held_out'):.0%}**" for name, found in runs.items())
    say(
        f"The teacher has {mostly_right(teacher)['held_out']:.0%} right. At the end, {said}. (One seed, and curves that may "
        f"cross on the way: try another.)"
    )
if len(runs) == 2:
    taught, paid = (found[0].last("held_out") for found in runs.values())
    reveal(who_teaches_better=0 if taught > paid + 0.05 else 2 if paid > taught + 0.05 else 1)

# %% [markdown]
# A group of two often agrees, and then the rule has taught nothing. The teacher has something to say about every token of
# every answer. But it can only teach what it knows: a student who becomes like the teacher becomes no better. So it is a
# way to bring what a large model has learned by reinforcement into a small one.
#
# ## Quiz
#
# One question is left, from section 10. The others stood where their answers are.

# %% jupyter={"source_hidden": true}
# Asks the last question.
quiz("12", [6])

# %% [markdown]
# ## What you now know
#
# - All of the family push log-probabilities with a **weight for each token**. Within one group of fresh answers, only the mean
#   over tokens makes a difference. Between questions the std does as well, and so does the choice of groups. Ratio and clip
#   show with old answers.
# - **1/|o|** makes long wrong answers cheap: they grow where nothing holds them. One mean over all tokens (DAPO) or a constant
#   (Dr. GRPO) does not.
# - **GSPO** has one ratio for an answer, **CISPO** clips the weight and drops no token, **RLOO** has neither ratio nor clip
#   and wants fresh answers.
# - A **soft penalty** says in time that an answer gets too long.
# - **Entropy** is what groups live on. What is never drawn is never corrected, and a bonus is no cure for answers drawn too
#   carefully.
# - **Old data** that are taken for fresh ruin a run. A ratio says what an answer still counts, a cap tames it, a
#   clip ends a push.
# - A question teaches with the share $1 - p^G - (1-p)^G$ of its groups. Throwing the others away has its price in answers.
# - **Several rewards**: a z-score has no unit, so a tiny one is loud where the others are silent. Look at each on its own.
# - What a **tool** wrote is read, and masked out of the loss.
# - A **process** reward says of each step whether it is true, and its advantage adds what follows; a **teacher** says something about every token.
#
# ## What comes next

# %% jupyter={"source_hidden": true}
# Links to what comes next.
from rlcourse.course import what_comes_next

what_comes_next("12")
