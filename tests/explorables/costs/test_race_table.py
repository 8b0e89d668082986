"""The table of a race says what its runners have done, and of whom the newest answers are."""

from types import SimpleNamespace

from rlcourse.explorables import race_table


def test_each_racer_has_a_row_and_the_first_answers_are_those_of_nobody_who_has_learned():
    runners = [
        SimpleNamespace(label="GRPO", right=[0.25, 0.5, 0.75], spent=1.26),
        SimpleNamespace(label="TRPO", right=[0.25], spent=5.0),
        SimpleNamespace(label="PPO", right=[], spent=0.0),
    ]
    _, _head, grpo, trpo, ppo = race_table(runners).data.split("<tr>")
    assert "GRPO" in grpo and ">3<" in grpo and "1.3" in grpo and "75%" in grpo and "width: 75%" in grpo
    assert "2 batches" in grpo and "0 batches" in trpo
    assert "%" not in ppo and "batch" not in ppo


def test_the_result_is_what_was_judged_and_the_best_comes_first():
    runners = [
        SimpleNamespace(label="TRPO", right=[0.25], spent=5.0),
        SimpleNamespace(label="GRPO", right=[0.25, 0.5, 0.75], spent=1.26),
    ]
    _, head, grpo, trpo = race_table(runners, judged={"TRPO": 0.5, "GRPO": 0.875}).data.split("<tr>")
    assert "held-out" in head
    assert "GRPO" in grpo and "88%" in grpo and "3 batches" in grpo
    assert "TRPO" in trpo and "50%" in trpo and "1 batch<" in trpo
