"""Notebook 00: right answers written in other styles than the course's own."""

import re


def answer_reward_by_its_last_word(answer, right):
    last = answer.split()[-1]
    if last == str(right) + ".":
        return 1
    return 0


def answer_reward_by_a_pattern(answer, right):
    found = re.search(r"is (\d+)\.$", answer)
    return 1.0 if found and int(found.group(1)) == right else 0.0


def answer_reward_true_or_false(answer, right):
    return answer.endswith(" " + str(right) + ".")


def answer_reward_by_trying(answer, right):
    try:
        return float(int(answer.rstrip(".").split("is")[-1]) == right)
    except ValueError:
        return 0.0


RIGHT = {
    "answer_reward": (
        answer_reward_by_its_last_word,
        answer_reward_by_a_pattern,
        answer_reward_true_or_false,
        answer_reward_by_trying,
    ),
}
