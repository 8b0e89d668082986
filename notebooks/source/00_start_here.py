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
# # 00 · Start here
#
# **What you will build, and whether this machine is ready** · about 20 minutes · difficulty: easy · you need nothing
#
# <blockquote style="border-left: 6px solid #56B4E9; background: rgba(86, 180, 233, 0.14); padding: 10px 16px"><b>The article says</b> that it will cover “TRPO, PPO, and, more recently, GRPO”.<br><b>Here you run it.</b> From <a href="https://towardsdatascience.com/training-large-language-models-from-trpo-to-grpo/"><i>Training Large Language Models: From TRPO to GRPO</i></a> (Towards Data Science, 6 February 2025).</blockquote>
#
# Welcome. Here you do not only read about these three. A robot in a maze and a small GPT-2 learn on your own machine, by
# the same algorithms. You turn the sliders, you write the key functions, and what learns then learns with your
# functions.
#
# Click into the grey cell below and press **Shift + Enter**. That runs it and goes on to the next. Do the same with every
# cell on the way. While a cell works, a star stands beside it: `[*]`. The first cell loads everything, which can take a
# quarter of a minute on a fresh machine.

# %%
from rlcourse.course import before_and_after

before_and_after()

# %% [markdown]
# These are recordings, ten seconds long. ▶ plays the robots again. (If there is no ▶, reload the page in your browser. If
# that does not help, section 2 says what is missing.) An *update* is one round of trying and learning; the *return* is all
# that a walk was paid, where walls and time cost. A blue token was likelier than not, an orange one was a gamble: point at
# one to see how likely it was. Nobody showed the robot the way, and nobody told the model the right
# answers, only whether its own were right. Each of them tried, was paid when it went well, and what was paid became
# likelier. The same few lines of code did both, an algorithm called **GRPO**. In this course you train both of them
# yourself.
#
# **When you are done with this notebook you will be able to**
#
# - say where the road leads, and which parts of it you can walk today;
# - tell whether this machine is ready, and what to do if it is not;
# - run a cell, stop it, move an explorable, and commit to a guess;
# - write a rule that rewards a language model.
#
# ## 1 · What you will build
#
# Every box below is a notebook. Click one to open it. It also says how far you have come, each time its cell
# is run.

# %% jupyter={"source_hidden": true}
# Draws the road.
from rlcourse.course import road_map

road_map()

# %% [markdown]
# A language model is an agent, like a robot in a maze: it sees where it is, does one thing, and at the end somebody says
# how well it went. The course takes this literally. The class `GRPO` that leads the robot out of the maze is the very
# class that teaches a GPT-2 to stop guessing.
#
# The article tells how a model comes to answer. First it learns to continue text, then to answer by example. Then its
# answers are **rewarded**, and three algorithms say how to learn from a reward: TRPO with great care, PPO more simply,
# GRPO more simply still. You run all three.

# %% jupyter={"source_hidden": true}
# Lists the article's claims, and the notebooks that are ready.
from rlcourse.course import claims

claims()

# %% [markdown]
# From 00 to 11 the road follows the article; 12 to 15 are about practice. In a hurry? 02 and 10 can be read on their own.
#
# ## 2 · Is this machine ready?
#
# The next cell looks at everything the notebooks need, and takes a few training steps to see how fast this machine is.
# It takes about ten seconds.

# %%
from rlcourse.course import check_machine

machine = check_machine()
machine

# %% [markdown]
# A ✗ comes with advice on what to do. After you have followed it, restart the kernel (the ↻ in the toolbar above) and run
# the cell again. The times are estimates: another busy program makes everything slower. (In a terminal,
# `python3 start.py doctor` looks at the same things, and says how long each notebook takes here.)
#
# ## 3 · How the notebooks work
#
# | you want to … | do this |
# |---|---|
# | run a cell | **Shift + Enter**, or ▶ in the toolbar |
# | run the whole notebook | menu *Run*, *Run All Cells*. An exercise that you have not solved never stops it |
# | stop a long cell | **■** in the toolbar. A training run keeps what it has learned and drawn so far. During *Run All* the cells below then go on; press ■ again in each long one |
# | begin anew | **↻** in the toolbar. It forgets all variables, so run the cells from the top again |
# | see how it is made | a grey bar with a sentence is a cell whose code is folded away, because it only loads, tabulates or draws. It runs like any other; a click opens it |
# | change something | edit the cell and run it. You cannot break anything: the course itself is not in the cells |
#
# Try ■ on this cell. You have six seconds.

# %%
import time

from rlcourse.showing import bar as tqdm

done = 0
try:
    for _ in tqdm(range(60), desc="working"):
        time.sleep(0.1)
        done += 1
    print("Finished. Run it again and press ■ in the middle.")
except KeyboardInterrupt:
    print(f"You stopped it after {done} of 60, and it kept count. So do training runs.")

# %% [markdown]
# **Explorables** are pictures with sliders. Move a slider with the mouse, or click it and use the arrow keys. Most say
# what to try, and what to watch.
#
# **Exercises** are functions that you write, each in a line or a few. `check` tries yours on some cases. If one fails it
# shows the smallest, and if you have made one of the classic slips it tells you which. The buttons below it give a hint,
# and a further one, and show the course's own code. As soon as your function passes, the notebook uses *it*: to draw, to
# measure, and to train. A tiny one comes in section 4.
#
# **Quiz questions** stand between the sections and at the end. Every answer, right or wrong, is explained.
#
# **Predictions** come before a run: choose what you expect, then run on. Your guess stays beside the result. A guess that
# turned out wrong teaches most, and whoever does not feel like guessing runs on.
#
# ## 4 · A first taste
#
# This is the small GPT-2 that you will train. It has read a small collection of made-up text, and was then fine-tuned on the answers of
# careless people (*supervised fine-tuning*, `"sft"` in the code). Ask it a sum, eight times at once. The temperature sets
# how boldly the model chooses: at 0 always the likeliest token, at 1 exactly by its probabilities, above 1 more evenly.

# %%
from rlcourse.course import ask_gpt2
from rlcourse.language import LanguagePolicy, load_gpt2

policy = LanguagePolicy(*load_gpt2("sft", device="cpu"))
ask_gpt2(policy)

# %% [markdown]
# Did it compute, or did it guess? A language model writes one token after the other, and for each it has a probability
# for every token there is. Here are its next ones, after the question and then in the middle of an answer.

# %%
from rlcourse.explorables import answers_strip, next_token_bars

question = "Question: What is 2+2?\nAnswer:"
next_token_bars(policy, [question, f"{question} I guess 2+2 is "])

# %% [markdown]
# And here are two whole answers. Go over the tokens with the mouse or the arrow keys, and look for the places where the
# model decides anything. (The numbers are logarithms of probabilities: 0 is certain, −0.7 is one half. The bar is the
# probability itself.)

# %%
two_answers = [" 2+2 is 4.", " I guess 2+2 is 5."]
answers_strip(policy, question, two_answers, names=["it computes", "it guesses"])

# %% [markdown]
# Does the temperature change how often it guesses? We count, on a hundred sums. But first say what you expect:

# %% jupyter={"source_hidden": true}
# Asks for your guess.
from rlcourse.exercises import predict, reveal

predict("cold_guesses")

# %% jupyter={"source_hidden": true}
# Counts the guesses in a hundred sums, at temperature 0 and at 1.
import torch

from rlcourse.language import sample, split_sums
from rlcourse.showing import say

prompts = [question.prompt for question in split_sums()[1][:100]]
guesses = {}
for temperature in (0, 1):
    how = {"temperature": temperature, "max_new_tokens": 16, "generator": torch.Generator().manual_seed(0)}
    answers = sample(policy.model, policy.tokenizer, prompts, **how).texts(policy.tokenizer)
    guesses[temperature] = sum(answer.startswith(" I guess") for answer in answers)

likelier = (guesses[0] > guesses[1]) - (guesses[0] < guesses[1])  # 1, 0 or −1
reveal(cold_guesses=1 - likelier)
say(f"At temperature 1 it guesses **{guesses[1]}** of {len(prompts)} sums, at temperature 0 **{guesses[0]}**.")

# %% [markdown]
# ### Exercise 1: a reward in one line (3 minutes, easy)
#
# How does one tell such a model to compute and not to guess? Not in words: one pays it. `answer` is what it wrote, such
# as `" 2+2 is 4."`, and `right` is the right number, such as `4`. Return `1.0` if the answer ends with the right number,
# else `0.0`. The model may write anything; a right answer ends as this one does, with a full stop.

# %%
from rlcourse.exercises import answer_reward, at_work, check, hint, solution


def my_answer_reward(answer, right):
    # your code here
    return ...


my_reward_result = check("answer_reward", my_answer_reward)

# %% [markdown]
# Your function pays now. (Until it passes, the course's does.)

# %% jupyter={"source_hidden": true}
# Pays eight answers of the model by your function.
from IPython.display import display

from rlcourse.course import answers_to
from rlcourse.language import Sum
from rlcourse.showing import answers_table

reward = at_work(my_reward_result, my_answer_reward, answer_reward)
asked = Sum(12, 7)
tried = answers_to(policy, asked)
paid = [round(reward(answer, asked.answer)) for answer in tried]
display(answers_table(("what it answered", "what your rule pays"), list(zip(tried, paid, strict=True))))
say(
    f"Together **{sum(paid)}** of {len(paid)}. This one number for each answer is all that the model is told in "
    f"notebook 10 (where a right guess is paid too, as by your rule), and about **{machine.training:.0f} seconds** of training on "
    "this machine change its manners."
)

# %% [markdown]
# ## 5 · Your progress
#
# What you have solved is remembered in one small file on this machine: no account, no network. Run this cell whenever
# you want to know where you are. Each notebook unfolds here when you begin it.

# %%
from rlcourse.exercises import progress

progress()

# %% [markdown]
# ## What you now know
#
# - The road leads from a robot in a maze to a GPT-2 that learns by GRPO, and both learn by the same code.
# - **Shift + Enter** runs a cell, **■** stops it, **↻** begins anew.
# - `check`, `hint`, `solution`, and `progress` are there whenever you want them.
#
# ## What comes next
#
# If you cannot wait to see a language model learn, open **[10 · GRPO on GPT-2](10_grpo.ipynb)**. Otherwise, begin at the
# beginning:

# %% jupyter={"source_hidden": true}
# Links to what comes next.
from rlcourse.course import what_comes_next

what_comes_next("00")
