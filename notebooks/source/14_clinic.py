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
# # 14 · The clinic
#
# **Runs that fail, and how to tell why** · about 85 minutes · difficulty: medium · you need notebooks 06 and 10
#
# <blockquote style="border-left: 6px solid #56B4E9; background: rgba(86, 180, 233, 0.14); padding: 10px 16px"><b>Beyond the article</b>, <a href="https://towardsdatascience.com/training-large-language-models-from-trpo-to-grpo/"><i>Training Large Language Models: From TRPO to GRPO</i></a> (Towards Data Science, 6 February 2025), which ends with GRPO.</blockquote>
#
# A program that trains a policy rarely stops with an error. It trains *something*. A mask is one token short, a sign is
# turned round, a mode was not switched, and the curves look a little worse, or much worse. In this notebook
# fifteen runs wait for you. Most have one slip each, of the kind that published code has had; some are healthy, and only
# frighten their owners.
#
# **When you are done you will be able to**
#
# - tell what a healthy run's curves look like, and which of them mean nothing;
# - measure what must be exactly 1, or exactly 0, before anything is trained;
# - name the cause of an ill run by the test that speaks for it, and by those that speak against all others;
# - say from a curve what to suspect, and from a suspicion what to measure.
#
# The first cell loads PyTorch. That takes some seconds. (A grey bar is a cell whose code is folded away, because it
# only loads, tabulates or draws. It runs like any other, and a click opens it.)

# %% jupyter={"source_hidden": true}
# Loads what the notebook needs.
import torch
from IPython.display import display

# %% [markdown]
# ## 1 · What healthy looks like
#
# Nobody can see that a curve is ill who has not seen healthy ones. So first a guess, about the curve that everybody looks
# at first.
# %% jupyter={"source_hidden": true}
# Asks what you expect.
from rlcourse.exercises import predict, reveal
from rlcourse.experiments import WARDS, load_curves
from rlcourse.showing import say, show_source

predict("healthy_loss")

# %% [markdown]
# Here are five healthy runs: GRPO on sums, as in notebook 10, at temperature 0.7, with **one step on each batch**. The
# line is their mean; the shaded area reaches from the worst of the five to the best.

# %% jupyter={"source_hidden": true}
# Draws five healthy runs.
from rlcourse.explorables import bands_picture
from rlcourse.showing import Picture, new_figure

healthy = load_curves("clinic-sums-healthy")
figure = new_figure(10.2, 2.9)
left, middle, right = figure.subplots(1, 3)
drawn = [
    bands_picture({"GRPO": healthy}, metric="reward", low=0, high=1, percent=True, title="Reward", axes=left),
    bands_picture({"GRPO": healthy}, metric="loss", low=-0.1, high=0.1, title="Loss", axes=middle),
    bands_picture({"GRPO": healthy}, metric="clip_fraction", low=-0.1, high=0.1, title="Clip fraction", axes=right),
]
display(Picture(figure, " ".join(picture.alt for picture in drawn)))
largest = max(abs(run["loss"][1:]).max() for run in healthy.values())
say(f"The furthest that the loss is from 0, in any update of the five runs, is **{largest:.8f}**.")

# %% [markdown]
# Two of three curves show nothing, and so they must. In each group the advantages add up to 0, so the loss is 0 in value;
# its *gradient* is not. And with one step on each batch the ratio is taken before the step,
#
# $$ \rho_t = \frac{\pi_\theta(a_t \mid s_t)}{\pi_\text{old}(a_t \mid s_t)}, \qquad \pi_\theta = \pi_\text{old}
# \;\Rightarrow\; \rho_t = 1 \text{ for every token.} $$
#
# - $\pi_\text{old}$ is the policy that wrote the answers, $\pi_\theta$ the one that is being trained;
# - $a_t$ is the token that was written at place $t$, and $s_t$ the question with the tokens before it.
#
# (This is the ratio of PPO, [Schulman et al. 2017](https://arxiv.org/abs/1707.06347).) Nothing is clipped, ever. A curve
# that must be 0 is the best witness that there is: **whenever it is not 0, something is wrong**, however well the run
# learns. (The loss must be 0 only where every answer weighs the same, as here, with `loss_type="grpo"`. By DAPO's mean over
# all tokens, TRL's default, long answers weigh more, and a sound loss is a little off 0. The clip fraction is the witness
# that travels.)
#
# ## 2 · A patient, together
#
# *“It learns, but it never gets as good as my neighbour's, with the same settings. I have changed nothing in the
# algorithm. I only score the answers with the model's own forward pass.”*

# %% jupyter={"source_hidden": true}
# Draws the charts of patient 1, and in grey what healthy runs do.
from rlcourse.explorables import patient_picture, symptoms

ward = WARDS["sums"]
display(patient_picture(ward, "1"))

# %% [markdown]
# The line is this run, and grey is what the five healthy runs did, from the lowest to the highest; where no grey is to be
# seen, all of them were at 0. The run learns. Before you read on: several of these curves are not where they should be,
# but a run may also have bad luck.

# %% jupyter={"source_hidden": true}
# Asks what the charts say.
predict("no_bad_luck")

# %% jupyter={"source_hidden": true}
# Says how much is clipped, here and in the healthy runs.
first = ward.patients["1"]
clipped = load_curves("clinic-dropout")[first.seed]["clip_fraction"][1:]
most = max(run["clip_fraction"][1:].max() for run in healthy.values())
say(
    f"Patient 1 has **{clipped.min():.0%} to {clipped.max():.0%}** of its tokens clipped, at every update; "
    f"the five healthy runs have {most:.0%} at most."
)

# %% [markdown]
# So ratios are not 1 before the first step, and **whoever scores these answers is not the policy that wrote them**. The
# reward could not have told us that. Now we know where to look.
#
# It is an old question: [“Ratio != 1 at start of PPO training”](https://github.com/CarperAI/trlx/issues/107) was asked of
# trlX, and [the same](https://github.com/huggingface/trl/issues/454) of TRL. It can be answered in one line, before
# anything is trained.
#
# ### Exercise 1: is the first ratio 1? (6 minutes, easy)
#
# `logprobs` and `old_logprobs` hold the log-probabilities of each token, as the run scores it and as it was drawn; `mask`
# is True where a token counts. Return the largest $|\rho - 1|$ among the tokens that count.


# %%
from rlcourse.exercises import check, hint, solution


def my_ratio_gap(logprobs, old_logprobs, mask):
    # your code here
    return ...


my_ratio_result = check("ratio_gap", my_ratio_gap)

# %% [markdown]
# **Put it to work.** Everybody in the waiting room gets your test: one batch, scored once, nothing trained.

# %% jupyter={"source_hidden": true}
# Takes your function, once it has passed, and measures all patients of the ward with it.
from rlcourse.equations import ratio_gap
from rlcourse.exercises import at_work
from rlcourse.showing import Paragraph

ratio_fn = at_work(my_ratio_result, my_ratio_gap, ratio_gap)
lines, table = ["| patient | largest \\|ρ − 1\\| before the first step |", "|---|---|"], Paragraph()
suspects = []
for name, patient in ward.patients.items():
    training = patient.sick()
    batch = training.algorithm.collect(training.world, training.policy, training.generator)
    with torch.no_grad():
        now = training.policy.logprobs(batch, temperature=training.algorithm.config.temperature)
    gap = float(ratio_fn(now, batch.old_logprobs, batch.mask))
    suspects += [name] if gap > 0.01 else []
    lines.append(f"| {name} | {'**' if gap > 0.01 else ''}{gap:.3f}{'**' if gap > 0.01 else ''} |")
    table.say("\n".join(lines))
say(f"Not 1 by far more than rounding: patients **{', '.join(suspects)}**.")

# %% [markdown]
# One test parts the ward. The three who failed have a thing in common: they score their answers with a
# function of their own. Here is how a sound one looks.

# %%
from rlcourse.experiments import scored

show_source(scored)

# %% [markdown]
# Most of its lines can be wrong in a way of their own, and for these there is a test. The most treacherous line is
# `positions = …`. Questions have different lengths, and a batch is filled up with padding *in front*. GPT-2 numbers the
# places of a text, and must be told that a text begins at its first real token; else a question reads differently
# depending on who else is in the batch. (TRL's [issue 6800](https://github.com/huggingface/trl/issues/6800) of August
# 2026 finds such a call in three trainers.)
#
# ### Exercise 2: padding changes nothing (10 minutes, medium)
#
# `score(tokens, real)` gives the log-probabilities of the answers' tokens, [B, T]: the answers stand in the last T of the
# L columns of `tokens`. `real` is False in the padding. Score the rows as they are; score them again with `columns` more
# columns of padding in front (token 0, not real). Return by how much the log-probability of a real token of an answer
# changes at most, up or down.


# %%
def my_padding_gap(score, tokens, real, *, columns):
    # your code here
    return ...


my_padding_result = check("padding_gap", my_padding_gap)

# %% [markdown]
# **Put it to work** on the three, and beside it an even simpler test: the same batch, scored twice.

# %% jupyter={"source_hidden": true}
# Takes your function, once it has passed, and measures the suspects by both tests.
from functools import partial

from rlcourse.equations import padding_gap
from rlcourse.language import left_padded

padding_fn = at_work(my_padding_result, my_padding_gap, padding_gap)


def scores_of(policy, width, temperature, tokens, real):
    """How likely a patient finds the tokens of its answers, by its own way to score."""
    with torch.no_grad():
        return policy.scores(tokens, real, width, temperature)


lines = ["| patient | three more columns of padding, nats | the same batch twice, nats |", "|---|---|---|"]
table = Paragraph()
for name in ("1", "3", "6"):
    training = ward.patients[name].sick()
    policy, how = training.policy, training.algorithm.config.temperature
    batch = training.algorithm.collect(training.world, policy, training.generator)
    tokens, real, width = left_padded(batch)
    scores = partial(scores_of, policy, width, how)
    moved = float(padding_fn(scores, tokens, real, columns=3))
    again = float((scores(tokens, real) - scores(tokens, real))[batch.mask].abs().max())
    lines.append(f"| {name} | {moved:.3f} | {again:.3f} |")
    table.say("\n".join(lines))

# %% [markdown]
# Read it line by line. Who gives two answers to one question has **chance** in the model. Who gives the same answer
# twice, and another one with more padding, has **padding** in it. And one of the three passes both tests, and its ratio
# is wrong all the same: which line of `scored` is left?
#
# Patient 1 is the first kind. This is its treatment, one line:

# %% jupyter={"source_hidden": true}
# Shows the line that is mended.
cause = first.cause
say(f"**{cause.name[0].upper()}{cause.name[1:]}.** {cause.because}")
say("```diff\n" + "\n".join(f"{sign} {line}" for sign, line in cause.treatment) + "\n```")

# %% [markdown]
# Now with the line mended, live. (Scoring by the model's own forward pass, padding and all, takes longer than the
# course's way. ■ stops it.)

# %%
from rlcourse.explorables import Chart, TrainingDashboard

charts = [
    Chart("Reward", ("reward",), low=0, high=1, percent=True),
    Chart("Clip fraction", ("clip_fraction",), low=0, high=0.3, percent=True),
    Chart("Loss", ("loss",), low=-0.3, high=0.3),
]
treated = ward.patients["1"].mended(seed=1)
dashboard = TrainingDashboard(charts, ward.steps, recorded="clinic-sums-healthy")
display(dashboard)
treated.run(ward.steps, on_step=dashboard)
dashboard.finish(treated.history)

# %% jupyter={"source_hidden": true}
# Says what the treatment has changed.
if treated.history:
    sick = load_curves("clinic-dropout")[first.seed]
    made = int(treated.history["step"][-1])
    say(
        f"After {made} updates: reward {treated.history['reward'][-1]:.2f}, and {sick['reward'][made]:.2f} in the run as it "
        f"came; clip fraction {treated.history['clip_fraction'][-1]:.1%}, and {sick['clip_fraction'][made]:.1%}."
    )

# %% jupyter={"source_hidden": true}
# Asks two questions of the quiz.
from rlcourse.exercises import quiz

quiz("14", [1, 2])

# %% [markdown]
# ## 3 · The first ward
#
# ### Exercise 3: eight patients (20 minutes, medium)
#
# GRPO on sums. You have the charts at once, as the runs are recorded. Each **test** is measured when you
# order it, on that patient's own parts, and on a healthy run beside it. A test may be odd for more than one reason, so
# read its numbers, and ask which other test could decide. Then name what it is; who names the wrong thing is told
# which test speaks against it. Patient 1 you know already, and one of the eight is healthy.
#
# When you have named it, you see the line. Mend it, and watch it train. (A curve with a hole in it, or one that ends early:
# in those updates no group taught anything, and there was nothing to measure.)

# %% jupyter={"source_hidden": true}
# Opens the first ward.
from rlcourse.explorables import see_patients

see_patients(WARDS["sums"])

# %% [markdown]
# <details><summary><b>When the ward is empty: three of these slips are worth a second look</b></summary>
#
# - **The end in the mask.** Padding often has the same number as the end of a text. Whoever makes the mask by "is not
#   padding" leaves the end out with it, as was
#   [said of a change to TRL](https://github.com/huggingface/trl/pull/4970) that was taken back in February 2026. On our
#   short sums only one curve tells, the tokens in an answer, which are one fewer: the model had learned to stop before.
# - **Almost nothing.** $\hat A = (r - \text{mean})/(\text{std} + \varepsilon)$ with a tiny $\varepsilon$ is harmless for
#   rewards of 0 and 1, since their mean is exact. With 0.8 it is not: the mean of seven times 0.8 is off in the last
#   digit, and that is divided by nearly nothing. (The course measures all rewards from the first one, so that equal
#   rewards give exactly 0.)
# - **A bonus for everybody.** The std of a group that is wrong throughout knows only the bonus. Small change there is
#   *all* the change there is, and the z-score makes it large.
#
# </details>

# %% [markdown]
# ## 4 · What is maximised
#
# In the second ward the objective itself is in question. Three of its runs are paid by the imperfect rule of notebook 10,
# which counts how often the right number is mentioned, and a KL term is to hold them near their beginning:
#
# $$ L = \text{(clipped objective)} - \beta \cdot k(\pi_\theta, \pi_\text{ref}) $$
#
# - $\pi_\text{ref}$ is the policy before training, $\beta$ the weight of the term;
# - $k$ is one of the estimates of KL from notebook 10, k3 in the paper
#   ([Shao et al. 2024](https://arxiv.org/abs/2402.03300)).
#
# "Right and nothing else" is what was meant. One more run takes eight steps on each batch, where the clip has work to do.
#
# ### Exercise 4: four objectives (12 minutes, medium)
#
# From here on **more can be named than anybody has**: crossing out the others finds nothing. Form a suspicion, and ask
# which test would be odd if it were true, and which other names would make that test odd, too.

# %% jupyter={"source_hidden": true}
# Opens the second ward.
see_patients(WARDS["objective"])

# %% jupyter={"source_hidden": true}
# Asks two questions of the quiz.
quiz("14", [3, 4])

# %% [markdown]
# ## 5 · Robots
#
# The third ward is the maze, where we know what is true: dynamic programming gives the exact values of any policy. PPO
# trains a table there, with a critic, and each walk is stopped after 64 steps. "Worth of a place" is the mean of the
# exact values of all places.
#
# ### Exercise 5: three robots (8 minutes, medium)
#
# Here, too, somebody else's illness is on the list.

# %% jupyter={"source_hidden": true}
# Opens the third ward.
see_patients(WARDS["robots"])

# %% [markdown]
# A time limit that was set for our convenience is no end of the world: the value of the last state still counts
# ([Pardo et al. 2018](https://arxiv.org/abs/1712.00378)). For a language model the limit on an answer's length *is* the
# end, as nothing is written after it. Which of both holds is a question about the task, and no setting can know it.
#
# ## 6 · Which curve, which suspicion
#
# All twelve slips were run with five seeds. For each of their curves one can ask: does it **leave** the healthy ones?
# That is, does its mean over the second half of the run stand above all five healthy runs, or below, by more than these
# are apart, in four of five seeds? First a guess:

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("seen_in_the_reward")

# %% [markdown]
# And this is the page, to copy into a document of your own, and to print from there. Look for the column of the curve that you see, and go down
# to its marks: in these lines stand the suspicions, and at their ends what to measure next.

# %% jupyter={"source_hidden": true}
# Makes the page from the recorded runs.
from rlcourse.explorables import suspicions

display(suspicions(WARDS.values()))
ill = [(ward, patient) for ward in WARDS.values() for patient in ward.patients.values() if patient.cause]
seen = [patient.name for ward, patient in ill if symptoms(ward, patient)["reward"]]
learned = ("reward", "accuracy", "meant", "worth")
unharmed = [p.name for ward, p in ill if not any(symptoms(ward, p).get(column) for column in learned)]
reveal(seen_in_the_reward=0 if len(seen) <= 4 else 1 if len(seen) <= 8 else 2)
say(
    f"In **{len(seen)} of {len(ill)}** slips the reward leaves the healthy runs (patients {', '.join(seen)}). "
    f"In **{len(unharmed)}** (patients {', '.join(unharmed)}) nothing of what is learned does, neither the reward nor "
    "the share of right answers: only a curve that says *how* it is learned."
)

# %% [markdown]
# A curve is a suspicion, and a test is an answer. And what frightens without being an illness:
#
# | what frightens | why it is healthy |
# |---|---|
# | GRPO's loss is 0, from the first update to the last | advantages add up to 0 in a group, and ratios are 1 |
# | the KL is 0 in the first update | policy and reference begin as one |
# | the clip fraction is 0 | one step on each batch |
# | the loss rises | β times the KL is in it, and the policy moves |
# | groups that teach become few | most groups are right throughout: the task is nearly done |
# | the value loss jumps for a while | returns begin to differ before the critic knows of it |
#
# ## 7 · Before you train
#
# The tests of this notebook cost seconds, and they find what a night of training hides. As a list, for any program:
#
# 1. One batch, before the first step: every ratio is 1.
# 2. The same batch, scored twice: the same numbers.
# 3. More padding: the same numbers.
# 4. The tokens that count, written out: the end is among them, the padding is not.
# 5. A group with equal rewards: advantages of exactly 0. And what makes rewards differ where nobody is right?
# 6. The KL term: its value *and its gradient* beside the exact ones, where these can be counted out.
# 7. Values that are right everywhere: a loss of 0.
# 8. A last step at a time limit, and one at an end: only the second is worth nothing afterwards.
# 9. One update: how far does it move the policy?
#
# They are in `rlcourse/experiments/clinic/`, each a few lines long.

# %% jupyter={"source_hidden": true}
# Asks the other two questions of the quiz.
quiz("14", [5, 6])

# %% [markdown]
# ## What you now know
#
# - A broken run mostly **learns**. That it learns is no proof, and that it is slow is no diagnosis.
# - The best curves are those that must be exactly 0: the **clip fraction** and the **loss** of GRPO with one step on each
#   batch.
# - A **test asks one thing** and is measured before training, or after a few steps of it: a ratio, a padding, a mask, a group, a gradient.
# - Some slips **cost nothing here**: their runs learn as well as the healthy ones. They wait for a larger task.
# - **Healthy can look frightening.** Know what a curve should do before you mend what is not broken.
#
# ## What comes next

# %% jupyter={"source_hidden": true}
# Links to what comes next.
from rlcourse.course import what_comes_next

what_comes_next("14")
