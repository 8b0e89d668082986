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
# # 15 · From this laptop to a cluster
#
# **The same task with TRL and accelerate** · about 60 minutes · difficulty: medium · you need notebook 10; 11 and 12 help
#
# <blockquote style="border-left: 6px solid #56B4E9; background: rgba(86, 180, 233, 0.14); padding: 10px 16px"><b>Beyond the article</b>, <a href="https://towardsdatascience.com/training-large-language-models-from-trpo-to-grpo/"><i>Training Large Language Models: From TRPO to GRPO</i></a> (Towards Data Science, 6 February 2025), which ends with GRPO.</blockquote>
#
# You have trained a small GPT-2 with a few hundred lines that you have read. A model of 70 billion weights is trained with
# the same loss, and with much more machinery around it. You do not have to write that: others have, and you know by now
# what it has to do. This notebook takes your task, your rule and your settings there, and says what changes on the way.
#
# Nothing here needs a GPU or a network. The files for a cluster are real ones, and one command writes them where you want
# them.
#
# **When you are done you will be able to**
#
# - name the parts of a large training, and say what travels between them;
# - share out the answers of an update over processes and passes, and see when more GPUs change the algorithm;
# - say what a setting of this course is called in TRL, verl and OpenRLHF, and which defaults differ;
# - work out what each GPU holds under ZeRO, how many you need, and what more of them bring;
# - recognise three mistakes that stop no program: padding, old weights, and a sampler of another precision.
#
# The first cell loads PyTorch. That takes some seconds. (A grey bar is a cell whose code is folded away, because it
# only loads, tabulates or draws. It runs like any other, and a click opens it.)

# %% jupyter={"source_hidden": true}
# Loads what the notebook needs.
import tempfile
from pathlib import Path

import torch
from IPython.display import display

from rlcourse.algorithms import SIZES
from rlcourse.exercises import at_work, check, hint, predict, quiz, reveal, solution
from rlcourse.showing import Table, say, show_source

room = tempfile.TemporaryDirectory()  # for the files of this notebook; it goes with the kernel


def new_folder(name):
    """A folder of that name, which nobody has written to."""
    return Path(tempfile.mkdtemp(dir=room.name)) / name


# %% [markdown]
# ## 1 · One update, four programs
#
# In notebook 10 one program did everything, one thing after the other: ask, write, judge, learn. In a large training each
# of these is a program of its own, on machines that suit it.
#
# - The **sampler** writes answers, and does nothing else. It is a program made for that, such as
#   [vLLM](https://arxiv.org/abs/2309.06180), and holds the weights in a form of its own.
# - **Reward workers** run the rule: on CPUs, as it is plain Python.
# - The **trainer** takes the step. It holds gradients and Adam's moments, too.
# - The **reference** is there if there is a KL term.

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("heavy_on_the_way")

# %%
from rlcourse.explorables import cluster_update

cluster_update()

# %% jupyter={"source_hidden": true}
# Says what travels, for four sizes, beside your guess.
from rlcourse.algorithms import UpdateSize, what_travels

shown = [*list(SIZES)[::2], list(SIZES)[-1]]
lines = [f"| on the way in one update of 512 answers | {' | '.join(shown)} |", "|---" * (len(shown) + 1) + "|"]


def size(count):
    """Bytes, in a unit that suits them."""
    unit, each = next((u, s) for u, s in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)) if count >= s)
    return f"{count / each:,.1f} {unit}"


moved = {name: what_travels(SIZES[name], UpdateSize()) for name in shown}
for what in moved[shown[0]]:
    lines.append(f"| {what} | " + " | ".join(size(moved[name][what]) for name in shown) + " |")
say("\n".join(lines))
large = moved["Llama 3.1, 8B"]
heaviest = max(large, key=large.get)
reveal(heavy_on_the_way=0 if heaviest == "answers" else 1 if heaviest == "rewards" else 2)
say(
    f"With 8 billion weights the weights that go to the sampler are **{large['weights'] / large['answers']:,.0f} times** as "
    "heavy as all the answers that come back."
)

# %% [markdown]
# So the design of such a program follows from two facts. Answers are light: they may go anywhere. Weights are heavy, and
# they have to get from the trainer to the sampler after *every* step, or the sampler writes with old ones. And while one
# works, the other waits, unless one lets them overlap, with answers that are a step or two old (notebook 12 shows
# what that costs).
#
# ## 2 · The answers of an update, shared out
#
# The first thing to get right is how much is learned from at once. Several **processes** learn side by side, one for each
# GPU; each gets its share of the answers. If the share is more than fits into a GPU's memory, it goes through in several
# **passes**, whose gradients are added up. Then all processes average their gradients, and take the same step.
#
# $$ P \cdot G \;=\; \underbrace{B}_{\text{answers in a pass}} \cdot\; \underbrace{N}_{\text{processes}} \;\cdot\;
# \underbrace{K}_{\text{passes}} $$
#
# - $P$ is the number of questions in an update, $G$ (`num_generations`) that of the answers to each;
# - $B$ is TRL's `per_device_train_batch_size`, and $K$ its `gradient_accumulation_steps`;
# - $B$, $N$ and $K$ are whole numbers, so not every $P$ will do.
#
# The left side is the algorithm: how many answers one step learns from. The right side is how your machines get through
# them. **Whoever adds GPUs and leaves the other factors alone has changed the left side.**
#
# ### Exercise 1: shared out (10 minutes, medium)
#
# Given are the algorithm, `prompts` and `num_generations`, the number of `processes`, and `at_once`, the answers for which
# one process has memory in a pass. Return two whole numbers: the answers in a pass, **as many as fit and come out even**,
# and the number of passes. (`hint("batch_plan")` helps, a little more each time.)


# %%
def my_batch_plan(prompts, num_generations, *, processes, at_once):
    # your code here
    return ...


my_plan_result = check("batch_plan", my_batch_plan)

# %% jupyter={"source_hidden": true}
# Shares out one update over four machines.
from rlcourse.algorithms import batch_plan

plan_fn = at_work(my_plan_result, my_batch_plan, batch_plan)
whose = "the course’s function" if plan_fn is batch_plan else "**your function**"
lines = ["| 64 questions, 8 answers each, room for 6 at once | answers in a pass | passes | answers in a step |"]
lines.append("|---|---|---|---|")
for machine, processes in {"one GPU": 1, "two": 2, "a machine with eight": 8, "four such machines": 32}.items():
    size, passes = (int(number) for number in plan_fn(64, 8, processes=processes, at_once=6))
    lines.append(f"| {machine} | {size} | {passes} | {size} · {processes} · {passes} = {size * processes * passes} |")
say(f"By {whose}:\n\n" + "\n".join(lines))

# %% [markdown]
# The last column is what must not move. (Room for 6, and only 4 in a pass? 6 does not divide the share. That is a third of
# the memory unused, and a reason to choose $P$ and $G$ as products of small numbers.) Two questions about it:

# %% jupyter={"source_hidden": true}
# Brings two questions of the quiz.
quiz("15", [1, 2])

# %% [markdown]
# ## 3 · The same run, in other words
#
# Here is the run of notebook 10, for another program. `Run` says what is trained, with the very `GRPOConfig` that you know;
# `Machine` says where. `write_plan` puts both into a folder, in the words of
# [TRL](https://github.com/huggingface/trl) and of
# [accelerate](https://github.com/huggingface/accelerate), the program that starts a training on one or many machines.
#
# Change something in it, such as `num_generations`, `num_iterations` or `answers_at_once`, and run the next two cells again:
# which lines of the table follow?

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("has_to_be_said")

# %%
from rlcourse.algorithms import GRPOConfig
from rlcourse.scale import Machine, Run, write_plan

run = Run(
    model="sft",  # or any causal language model: a folder, or a name on the hub
    task="sums",  # or "reasoning-gym:chain_sum", or my_task.py
    steps=4,
    prompts_per_step=16,
    config=GRPOConfig(num_generations=8, learning_rate=3e-4),
)
here = write_plan(new_folder("here"), run, Machine("cpu"))

# %% jupyter={"source_hidden": true}
# Shows what TRL is told, and holds your guess against it.
import json

from rlcourse.explorables import told_to_trl
from rlcourse.scale import read_plan, told_otherwise

plan = read_plan(here)
share = len(told_otherwise(plan.trl)) / len(plan.trl)
display(told_to_trl(plan))
reveal(has_to_be_said=0 if share <= 1 / 4 else 1 if share < 3 / 4 else 2)

# %% [markdown]
# Most names are those of this course: its `GRPOConfig` took them from TRL. But what is *not* said stays at the other
# program's default, and defaults differ. That is why the list is long. `loss_type`, `learning_rate`, `lr_scheduler_type`,
# `max_completion_length`, the product of `per_device_train_batch_size` and `gradient_accumulation_steps` (section 2) and,
# where there is a KL term, `use_bias_correction_kl` change what is learned; most of the others say how this machine gets through it. (`run.json` holds
# these lines. What has no name here may be written into it by hand: it goes to TRL's `GRPOConfig` as it stands. And a
# test of this course holds TRL's loss and its gradient against ours: they agree to five digits, once the settings do.)
#
# The **rule** goes over as it is. TRL calls a reward function with `prompts`, `completions` and every column of the data
# set by its name, and so does the course: `sum_reward` of notebook 10 needs no change. Is TRL on this machine?

# %% jupyter={"source_hidden": true}
# Looks whether TRL is there.
from rlcourse.scale import lacking

missing = lacking()
if missing:
    say(
        f"**It is not** ({', '.join(missing)}). That is as it should be: the course does without. What follows is then done "
        'by the course alone. To see TRL do it, run `python -m pip install -e ".[scale]"` in the course’s folder, '
        "and then this notebook again."
    )
else:
    say(
        "**It is.** So the next cell hands model, rule and settings to TRL’s `GRPOTrainer`, for four steps, here. "
        "That takes some ten seconds."
    )

# %%
from rlcourse.algorithms import GRPO, Training
from rlcourse.language import LanguagePolicy, arithmetic_world, load_gpt2, split_sums
from rlcourse.scale import train_here
from rlcourse.showing import bar

training_sums, held_out = split_sums()
policy = LanguagePolicy(*load_gpt2("sft", device="cpu"))
world = arithmetic_world(training_sums, prompts_per_step=run.prompts_per_step)
training = Training(policy, world, GRPO(run.config), seed=0)
theirs, trained = [], None
try:
    training.run(run.steps)  # by the course
    if not missing:
        with bar(total=run.steps, desc="TRL", unit="step") as shown:

            def note(row):
                theirs.append(row["reward"])
                shown.update(1)

            trained = train_here(here, note)  # by TRL, in this kernel
except KeyboardInterrupt:
    say("Stopped. What was finished is kept.")

# %% jupyter={"source_hidden": true}
# Puts both side by side, and measures what TRL has saved.
done = [row["reward"] for row in training.history if "reward" in row]
lines = ["| step | " + " | ".join(map(str, range(1, run.steps + 1))) + " |", "|---" * (run.steps + 1) + "|"]
for name, shares in {"TRL": theirs, "the course": done}.items():
    cells = [f"{share:.0%}" for share in shares] + [""] * (run.steps - len(shares))
    if shares:
        lines.append(f"| right answers of the batch, {name} | {' | '.join(cells)} |")
say("\n".join(lines))
if trained is not None:
    from rlcourse.language import sampled_accuracy

    results = json.loads((here / "results.json").read_text())
    back = LanguagePolicy(*load_gpt2(trained, device="cpu"))
    asked = held_out[: results["held_out"]]
    say(
        "Each drew its own questions and answers, so the numbers differ. What TRL saved is a folder that `load_gpt2` reads. "
        f"Asked {len(asked)} held-out sums, each answered with the likeliest tokens, `transformers` alone finds "
        f"**{results['accuracy']:.0%}** right, and the course’s own sampler **{sampled_accuracy(back, asked, temperature=0.0):.0%}**."
    )
else:
    say("(With TRL there would be a second row, and a folder with a model that `load_gpt2` reads.)")

# %% [markdown]
# On a command line it is one line, and the same for every machine. Two processes on this laptop, which talk to each other as
# GPUs would:
#
# `python -m rlcourse.scale runs/two --on cpus --processes 2 --steps 4`
#
# With `--save-every 50` it leaves a checkpoint every fifty updates, and a run that broke off goes on from the newest:
# `python -m rlcourse.scale runs/two --resume`. (`--loss-type`, `--scale-rewards`, `--num-iterations`, `--temperature` and all
# the others: `python -m rlcourse.scale --help`.)
#
# ## 4 · What is it called there?
#
# TRL is one program of several. [verl](https://github.com/verl-project/verl) and
# [OpenRLHF](https://github.com/OpenRLHF/OpenRLHF) are made for many machines from the start: their parts are programs that
# one conductor, [Ray](https://github.com/ray-project/ray), places on the machines. The settings are the same, under other
# names.

# %% [markdown]
# Here are the names. They were read from the sources: TRL 1.16, OpenRLHF 0.11, and verl of August 2026. Names change, so
# look into the version that you have. Before you filter: which of the three trains with GRPO if you give it a model,
# questions and a rule, and leave all its other settings alone?

# %%
from rlcourse.explorables import other_names

other_names()

# %% [markdown]
# Three things to find in it:
#
# 1. A run leaves the KL term alone. In which of the programs is there one all the same?
# 2. The size of a batch is the same number in all four configurations. In which program does it count something else?
# 3. You want DAPO's dynamic sampling. Where can you have it?

# %% jupyter={"source_hidden": true}
# Answers them, from the same table.
from rlcourse.scale import NAMES

by_name = {name.ours: name for group in NAMES.values() for name in group}
has = {"TRL": "trl", "verl": "verl", "OpenRLHF": "openrlhf"}
can = [program for program, column in has.items() if getattr(by_name["dynamic_sampling"], column)]
say(
    "<details><summary><b>What there is to find</b></summary>\n\n"
    f"1. The row `beta`: {by_name['beta'].differs}\n"
    f"2. The row `prompts_per_step`: {by_name['prompts_per_step'].differs}\n"
    f"3. In {' and '.join(can)}: {', '.join(f'`{key}`' for key in by_name['dynamic_sampling'].verl)} and "
    f"{', '.join(f'`{key}`' for key in by_name['dynamic_sampling'].openrlhf)}. {by_name['dynamic_sampling'].differs}\n\n"
    "</details>"
)

# %% [markdown]
# Three rows to look at first, whenever two programs disagree:
#
# - **GRPO itself.** In verl and OpenRLHF the default is `gae`: PPO, with a value model.
# - **`loss_type`.** Each program averages tokens in its own way unless told otherwise. Section 4 of notebook 10 and notebook
#   12 show what that does.
# - **The learning rate.** $10^{-6}$ suits billions of weights. With it, Adam moves a weight of our small GPT-2 by about a
#   millionth in a step. (It is in the group *The step*.)

# %% jupyter={"source_hidden": true}
# Brings a question of the quiz.
quiz("15", [6])

# %% [markdown]
# ## 5 · Where does a text begin?
#
# One difference is in no table. Programs put questions of different lengths into rows of one width, with padding on the
# *left*, so that all answers begin in the same column. Notebook 07 has shown what a GPT-2 makes of that if nobody tells it
# where its text begins: it counts the padding.
#
# Here the small GPT-2 writes 128 answers. Then it is asked how likely their tokens are, in the way TRL asks: rows that are
# padded on the left, with a mask that hides the padding, and without positions. It is the same model, so the ratio to what
# it said while it wrote must be 1.

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("padded_left")

# %%
from rlcourse.language import left_padded

model, tokenizer = load_gpt2("sft", device="cpu")
episodes = arithmetic_world(held_out, prompts_per_step=16).sample_groups(
    LanguagePolicy(model, tokenizer),
    num_generations=8,
    temperature=1.0,
    generator=torch.Generator().manual_seed(0),
)
rows, real, length = left_padded(episodes)


@torch.no_grad()
def scored(model):
    """Log-probabilities of the answers' tokens, [B, T], with the mask alone, as TRL asks."""
    logits = model(input_ids=rows, attention_mask=real.long()).logits.float()
    return logits.log_softmax(-1)[:, :-1].gather(2, rows[:, 1:, None])[:, -length:, 0]


# %% jupyter={"source_hidden": true}
# Compares with what the model said while it wrote.
from rlcourse.scale import count_positions, with_positions

repaired, _ = load_gpt2("sft", device="cpu")
count_positions(repaired)
padding = (~real[:, :-length]).sum(1)
lines = [
    "| padding before the question | answers | lowest and highest ratio | with positions said |",
    "|---|---|---|---|",
]
apart = {}
for count in padding.unique().tolist():
    mine = episodes.mask & (padding == count)[:, None]
    ratios = [(scored(one) - episodes.old_logprobs)[mine].exp() for one in (model, repaired)]
    apart[count] = ratios[0]
    ends = [f"{float(r.min()):.3f} to {float(r.max()):.3f}" for r in ratios]
    lines.append(f"| {count} | {int((padding == count).sum())} | {ends[0]} | {ends[1]} |")
say("\n".join(lines))
off = {count: bool(((r - 1).abs() > 0.01).any()) for count, r in apart.items()}
reveal(padded_left=0 if not any(off.values()) else 2 if off.get(0) else 1)
every = torch.cat([torch.ones(0), *(apart[count] for count in apart if count)])
if len(every):
    say(
        f"Of the tokens behind padding, **{float(((every - 1).abs() > 0.05).float().mean()):.0%}** have a ratio that is off by more "
        "than 0.05, before anything has been learned."
    )

# %% [markdown]
# How far off can it get? Here is one answer, token by token, behind as much padding as you like.

# %%
from rlcourse.explorables import behind_padding

asked = held_out[0]
behind_padding(model, tokenizer, asked.prompt, f" {asked.a}+{asked.b} is {asked.answer}.")

# %% [markdown]
# (Far to the right everything breaks: there the text stands at places beyond the 64th, and the rows that this model was
# pre-trained on had 64 tokens. To it those places mean next to nothing.)
#
# TRL's `GRPOTrainer` (1.16) *samples* with `generate`, which counts positions from each text's own beginning; it *scores*
# with the mask alone. For nearly all models of today that is no matter: a Llama or a Qwen turns positions into angles, and
# only the distance of two tokens counts, which padding does not change. For a GPT-2 the answers are those of one model and
# the gradients those of another. ([Issue 6800](https://github.com/huggingface/trl/issues/6800) has the same for others of
# TRL's trainers. verl and OpenRLHF say positions.) Here is the whole repair; `rlcourse.scale` puts it on every GPT-2 that
# it hands to TRL.

# %%
show_source(with_positions)

# %% [markdown]
# Or avoid it: ask questions of one length in a batch, and there is no padding.

# %% jupyter={"source_hidden": true}
# Brings a question of the quiz.
quiz("15", [3])

# %% [markdown]
# ## 6 · The machines
#
# For another machine the run stays as it is, and only `Machine` changes. Its `sharding` says what the GPUs divide among them
# (section 7 shows what that saves): `"copies"`, nothing; `"fsdp"`, everything, by PyTorch's own means; `"zero2"` and
# `"zero3"`, a part of it or everything, by [DeepSpeed](https://github.com/deepspeedai/DeepSpeed), another package.

# Before you turn it, a guess: which of these three orders will be refused? Two processes on this laptop, each with a copy of
# everything; one GPU, and everything divided by FSDP; 8 GPUs, and a copy of everything on each, with 8 billion weights.

# %%
from rlcourse.explorables import machine_files

machine_files()

# %% [markdown]
# Several machines run the same command, each with its number. (The model here is small, and stands for a large one: for
# that you would write its name on the Hugging Face hub. The folder may be moved; course and model must be there, too.)

# %%
two_machines = Machine(
    "nodes",
    processes=8,
    nodes=2,
    main_address="10.0.0.1",
    sharding="zero3",
    sampler="vllm",
)
on_sixteen = Run(model="sft", prompts_per_step=128, answers_at_once=4, held_out=0)
far_away = write_plan(new_folder("run"), on_sixteen, two_machines)
print((far_away / "launch.sh").read_text())

# %% [markdown]
# ### A task of your own
#
# A cluster makes you wait in a queue. So whatever can be known before is looked at before, and the rule is even tried once.
# Here is a task as a file. First run it as it stands. **Then break it**, and see whether it is noticed, and whether the
# sentence helps: ask too few questions for an update of 16, forget a colon, divide by 0 in the rule, leave a value out of
# `wanted`, or return words in the place of numbers.

# %%
MY_TASK = """
pairs = [(a, b) for a in range(2, 8) for b in range(2, 8)]
PROMPTS = [f"What is {a}+{b}?" for a, b in pairs]
COLUMNS = {"wanted": [a + b for a, b in pairs]}


def reward(prompts, completions, wanted, **_):
    said = [text.split()[-1] if text.split() else "" for text in completions]
    return [float(last.rstrip(".") == str(w)) for last, w in zip(said, wanted)]
"""

# %% jupyter={"source_hidden": true}
# Looks at your task as it is looked at before a run, and lets the rule judge three answers.
from rlcourse.scale import check_model, load_task

own_file = new_folder("own")
own_file.mkdir()
own_file = own_file / "my_task.py"
own_file.write_text(MY_TASK, encoding="utf-8")
try:
    check_model(Run(model="sft", task=str(own_file), prompts_per_step=16))
except (ValueError, TypeError) as error:
    say(f"**Not yet.** {str(error).replace(str(own_file.parent), '…')}")
else:
    own = load_task(str(own_file))
    first = {name: list(values[:1]) * 3 for name, values in own.columns.items()}
    answers = ["It is 4.", "It is 5.", ""]
    paid = own.reward([own.prompts[0]] * 3, answers, **first)
    told = ", ".join(f"“{text}” earns {pay:g}" for text, pay in zip(answers, paid, strict=True))
    say(f"**Ready**: {len(own.prompts)} questions. Of answers to “{own.prompts[0]}” {told}.")

# %% [markdown]
# Some other wrong orders, and what is said to them:

# %% jupyter={"source_hidden": true}
# Says what stands in the way, on this machine and with wrong orders.
from rlcourse.scale import what_is_missing

eight = Machine("gpus", processes=8, sharding="fsdp", sampler="vllm")
refused = [("`on_sixteen` on eight GPUs, here", sentence) for sentence in what_is_missing(on_sixteen, eight)]
thesis = new_folder("thesis")
thesis.mkdir()
(thesis / "chapter_1.txt").write_text("It was a dark and stormy night.")
for order, wrong in {
    '`Run(model="./no_such_folder")`': lambda: check_model(Run(model="./no_such_folder")),
    "`Run(max_new_tokens=400)`": lambda: check_model(Run(model="sft", max_new_tokens=400)),
    '`Machine("gpus", processes=1)`': lambda: Machine("gpus", processes=1),
    "A folder in which there is a thesis": lambda: write_plan(thesis, run, Machine("cpu")),
}.items():
    try:
        wrong()
    except (ValueError, FileNotFoundError) as error:
        refused.append((order, str(error).replace(str(thesis.parent.resolve()), "…")))
display(Table(("what was asked for", "what is said"), tuple(refused)))

# %% [markdown]
# ## 7 · What each GPU holds
#
# Notebook 11 counted what a training keeps: for each weight that learns, its $w$ bytes, as many for its gradient, and what
# the optimiser keeps: a float32 copy and two moments. On $N$ GPUs one may keep a **copy of everything on each**. It is
# simple, and a waste: all copies are alike. [ZeRO](https://arxiv.org/abs/1910.02054) (Rajbhandari et al. 2020) divides them
# among the GPUs, in three stages, and PyTorch's FSDP is the third:
#
# $$ \begin{aligned} \text{bytes on each GPU} \;=\;\; & \frac{(n + n_\text{frozen})\,w}{N \text{ from stage 3}} && \text{weights} \\[8pt]
# +\;\; & \frac{n\,w}{N \text{ from stage 2}} && \text{gradients} \\[8pt]
# +\;\; & \frac{n\,(4\,[w < 4] + 2\,m)}{N \text{ from stage 1}} && \text{optimiser} \end{aligned} $$
#
# - $n$ weights learn, $n_\text{frozen}$ are only read; $m$ is the size of one of Adam's moments;
# - "$N$ from stage 2" is a divisor: it is $N$ in stages 2 and 3, and 1 before; the others likewise;
# - $[w < 4]$ is 1 if a weight takes less than 4 bytes, as in bfloat16, and 0 if not: only then there is a float32 copy.
#
# Why does the optimiser come first? It is the thickest piece, and the cheapest to divide: each GPU makes Adam's step for
# its own part of the weights, once in an update. Weights come last, because every layer of every pass needs them: a layer is
# gathered from all GPUs, used, and given back.
#
# ### Exercise 2: bytes on each GPU (8 minutes, easy)
#
# The formula above, in GB ($10^9$ bytes). `stage` is 0 (copies), 1, 2 or 3. (`hint("memory_per_gpu")` helps.)


# %%
def my_memory_per_gpu(trained, frozen, *, gpus, stage, weight_bytes, moment_bytes):
    # your code here
    return ...


my_memory_result = check("memory_per_gpu", my_memory_per_gpu)

# %% jupyter={"source_hidden": true}
# Takes your function, once it has passed, to 8 and 70 billion weights.
from rlcourse.algorithms import STAGES, memory_per_gpu

memory_fn = at_work(my_memory_result, my_memory_per_gpu, memory_per_gpu)
whose = "the course’s function" if memory_fn is memory_per_gpu else "**your function**"
lines = ["| GB on each GPU, in bfloat16 | " + " | ".join(STAGES) + " |", "|---|---|---|---|---|"]
for name in ("Llama 3.1, 8B", "Llama 3.1, 70B"):
    shape = SIZES[name]
    for what, counts in {
        "all weights learn": (shape.parameters, 0),
        "LoRA": (shape.adapters(16), shape.parameters),
    }.items():
        for gpus in (8, 64):
            sizes = [
                float(memory_fn(*counts, gpus=gpus, stage=stage, weight_bytes=2, moment_bytes=4)) for stage in range(4)
            ]
            lines.append(f"| {name}, {what}, {gpus} GPUs | " + " | ".join(f"{size:,.1f}" for size in sizes) + " |")
say(f"By {whose}:\n\n" + "\n".join(lines))

# %% [markdown]
# With LoRA only the last stage saves much: nearly all bytes are frozen weights. (`rlcourse.scale` lets all weights learn; for
# LoRA give TRL's own trainer a `peft_config`.) And none of this is all that a GPU holds.
# Activations belong to its own answers, and the sampler wants its weights and its cache beside the trainer. (Activations are
# what the layers have computed on the way forward, and the way back needs. One can keep them, or forget most and
# **compute them again** when they are needed, for some more seconds: *gradient checkpointing*.)
#
# Now all of it together, with the seconds: how many GPUs of 80 GB, and what do more of them bring?

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("more_gpus")

# %%
from rlcourse.explorables import what_fits_where

what_fits_where()

# %% [markdown]
# Four things to find out with it:
#
# 1. All of 8 billion weights shall learn. How many GPUs does it take at least, and does it matter which stage?
# 2. The same for 70 billion, with stage 3.
# 3. Now LoRA, for 70 billion. Which two pieces are the thickest?
# 4. 8 billion weights, 8 GPUs and then 64: which of the two parts of an update becomes quicker, and by how much?

# %% jupyter={"source_hidden": true}
# Answers them, by the same count.
from rlcourse.algorithms import Setting, keeps_per_gpu, seconds_of_update

NUMBERS = (1, 2, 4, 8, 16, 32, 64, 128)


def per_gpu(name, gpus, stage=3, lora=0):
    """The pieces of one GPU, as the explorable counts them."""
    setting = Setting(lora_rank=lora, tokens=512, at_once=16, learned_at_once=1)
    return keeps_per_gpu(SIZES[name], setting, gpus=gpus, stage=stage)


def fewest(name, **how):
    """The fewest GPUs of 80 GB that will do, and None if none of these numbers does."""
    return next((n for n in NUMBERS if sum(per_gpu(name, n, **how).values()) <= 80), None)


by_stage = [fewest("Llama 3.1, 8B", stage=stage) for stage in range(4)]
needed, with_lora = fewest("Llama 3.1, 70B"), fewest("Llama 3.1, 70B", lora=16)
pieces = per_gpu("Llama 3.1, 70B", with_lora, lora=16)
thick = sorted(pieces, key=pieces.get, reverse=True)[:2]
took = {n: seconds_of_update(SIZES["Llama 3.1, 8B"], UpdateSize(512, 256, 256), gpus=n) for n in (8, 64)}
times = {part: took[8][part] / took[64][part] for part in took[8]}
long = [seconds_of_update(SIZES["Llama 3.1, 8B"], UpdateSize(512, 256, 7936), gpus=n)["sampling"] for n in (8, 64)]
reveal(
    more_gpus=0 if times["sampling"] > 5 else 1 if times["sampling"] >= 0.95 else 2,
)
words = [str(n) if n else "no number of them" for n in by_stage]
say(
    "<details><summary><b>What there is to find</b></summary>\n\n"
    f"1. As copies {words[0]}; with ZeRO’s stages 1, 2 and 3: {words[1]}, {words[2]} and {words[3]}.\n"
    f"2. {needed}. On that many, one GPU holds {sum(per_gpu('Llama 3.1, 70B', needed).values()):.0f} GB.\n"
    f"3. {with_lora} GPUs will do. Of {sum(pieces.values()):.0f} GB on each, the thickest pieces are "
    f"{' and '.join(f'the {piece} ({pieces[piece]:.0f})' for piece in thick)}.\n"
    f"4. Learning becomes {times['learning']:.1f} times as quick, sampling {times['sampling']:.1f} times: each sampler "
    "reads all its weights for each next token, however few answers it writes. With texts of 8,192 tokens it would be "
    f"{long[0] / long[1]:.1f} times: there most of the reading is the cache of the answers, and that is shared out.\n\n"
    "</details>"
)

# %% [markdown]
# How the seconds are counted stands below. A forward pass takes about two operations for each weight and token, a backward
# pass four ([Kaplan et al. 2020](https://arxiv.org/abs/2001.08361)); a GPU is an H100 by its data sheet, of which a program
# gets 40 %, which is an assumption. So these are seconds *at least*: GPUs also wait for one another, and a sampler writes all
# its answers at once only if its cache has room for them. (The bars above have room for 16 answers on each GPU.) In the
# code, `among` is the number of GPUs that share one sampler, and `samplers` how many samplers there are.

# %%
show_source(seconds_of_update)

# %% [markdown]
# So, as long as texts are short, whoever wants to use many GPUs well writes more answers with them, and then the algorithm is another (section 2); or
# lets some GPUs sample while others learn, and then answers are old. Large programs do both, within limits, and measure
# what it costs.

# %% jupyter={"source_hidden": true}
# Brings a question of the quiz.
quiz("15", [4])

# %% [markdown]
# ## 8 · What goes wrong in silence
#
# Three mistakes stop no program, and show in no error. One you have seen, on this laptop: **padding**, which harms models
# with learned positions. The other two need a sampler that is a program of its own. Notebook 12 is about **old weights**. The third is
# **precision**. A sampler computes in bfloat16, in another order, with other
# kernels than the trainer. So it draws from a policy that is not quite the one that learns, and no ratio is exactly 1 any
# more ([Yao et al. 2025](https://fengyao.notion.site/off-policy-rl) show it, and what it did to a model of 32 billion
# weights).
#
# Ask the small GPT-2 of section 5 once more how likely its tokens are, positions said: once in float32, as the trainer, once
# in bfloat16, as the sampler.

# %% jupyter={"source_hidden": true}
# Asks what you expect.
predict("rounded_sampler")

# %%
from rlcourse.equations import truncated_importance_weights

short, _ = load_gpt2("sft", device="cpu")
count_positions(short)
trainer, sampler = scored(repaired), scored(short.to(torch.bfloat16))
weights = truncated_importance_weights(trainer, sampler, cap=2.0)

# %% jupyter={"source_hidden": true}
# Says how far the two are apart, token by token and answer by answer.
mask = episodes.mask
apart = (trainer - sampler)[mask].abs()
whole = ((trainer - sampler) * mask).sum(1).exp()
spread = (trainer - sampler)[mask].std()
longer = spread * 1000**0.5
say(
    "| float32 against bfloat16 | how far apart |\n|---|---|\n"
    f"| a token, difference of log-probabilities, mean | {apart.mean():.4f} nats |\n"
    f"| the furthest token | {apart.max():.3f} nats |\n"
    f"| ratio π/π_sampler of a token, lowest to highest | {weights[mask].min():.3f} to {weights[mask].max():.3f} |\n"
    f"| ratio of a whole answer of {mask.sum(1).float().mean():.0f} tokens, lowest to highest | {whole.min():.3f} to {whole.max():.3f} |"
)
most = (weights[mask] - 1).abs().max()
reveal(rounded_sampler=0 if most < 0.01 else 1 if most <= 0.2 else 2)
say(
    f"Their spread is σ = **{spread:.3f}** nats. Of an answer of 1,000 tokens, with differences that come and go like these, "
    f"the log-ratio would spread by about ±{longer:.2f}."
)

# %% [markdown]
# At one token it is little. But the ratio of an answer is a product of many, and grows apart with the length. Here are answers
# much longer than ours, by the same count: $\sigma$ is how far a token's difference spreads, $\sigma \sqrt{L}$ that of an
# answer of $L$ tokens, if the differences are independent.

# %%
from rlcourse.explorables import sampler_drift

sampler_drift()

# %% [markdown]
# Three things to find out with it:
#
# 1. At σ = 0.01, from which length on are more than one of a hundred answers above 3?
# 2. At the same length, with σ ten times as large: how many are left out, and how many sink below ⅓?
# 3. How many of the single tokens reach the cap of 2 there?

# %% jupyter={"source_hidden": true}
# Answers them, by the same count.
from rlcourse.explorables import share_above

lengths = [2**n for n in range(15)]
far = next(n for n in lengths if share_above(3.0, sigma=0.01, length=n) > 0.01)
wide = {"sigma": 0.1, "length": far}
say(
    "<details><summary><b>What there is to find</b></summary>\n\n"
    f"1. From {far:,} tokens on: {share_above(3.0, sigma=0.01, length=far):.1%}.\n"
    f"2. {share_above(3.0, **wide):.1%} are above 3 and left out. {1 - share_above(1 / 3, **wide):.1%} are below ⅓: nearly "
    "all, as a few answers of enormous ratios hold the mean at 1. Such a batch teaches next to nothing.\n"
    f"3. {share_above(2.0, sigma=0.1, length=1):.1%}. Token by token nothing looks amiss.\n\n"
    "</details>"
)

# %% [markdown]
# Two remedies:
# weigh each token by $\min(\pi / \pi_\text{sampler},\, \text{cap})$, the **truncated importance weights** of notebook 12; and watch
# the difference as a gauge. If it jumps, the sampler has not got the new weights, or has got them wrong. It is the first
# thing to look at when a large run goes wrong, before the reward.
#
# TRL (1.16) corrects for it by itself when vLLM samples, but in another way: it multiplies an answer by the ratio of the
# whole answer, and leaves it out if that ratio is above 3 (`"sequence_mask"`). The weights above are its `"token_truncate"`, which
# `rlcourse.scale` asks for.

# %% jupyter={"source_hidden": true}
# Brings the last question of the quiz.
quiz("15", [5])

# %% [markdown]
# ## What you now know
#
# - A large training is **sampler, reward workers, trainer** and perhaps a reference. Answers are light, weights are heavy, and
#   have to reach the sampler after every step.
# - **P · G = answers in a pass · processes · passes.** The left side is the algorithm, the right side your machines.
# - Programs share the algorithm and differ in **names and defaults**: GRPO or not, how tokens are averaged, what the std gets.
#   Write down every setting that you did not choose.
# - **ZeRO** divides the optimiser, then gradients, then weights. Activations and the sampler's weights are what is left.
# - More GPUs make **learning** quicker. **Sampling** of short texts ends at the time that it takes to read the weights.
# - What goes wrong in silence: **padding** without positions, **old weights**, and a sampler of another **precision**.
#
# ## What comes next

# %% jupyter={"source_hidden": true}
# Links to what comes next.
from rlcourse.course import what_comes_next

what_comes_next("15")
