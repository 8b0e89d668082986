"""The racers differ in what is said and in nothing else; the race is fair; and the scales say what is counted."""

from dataclasses import asdict

import pytest

from rlcourse.algorithms import GRPO, SIZES, Training, Transformer, kv_cache_bytes
from rlcourse.experiments import EXPERIMENTS, RACERS, Runner, fresh_policy, race, weigh
from rlcourse.experiments.language import SUMS
from rlcourse.language import load_gpt2

KNOWN = {experiment.name: experiment for experiment in EXPERIMENTS}


@pytest.mark.parametrize("label", RACERS)
def test_a_racer_is_the_one_that_was_recorded(label):
    live, recorded = (make.algorithm for make in (RACERS[label].training(0), KNOWN[RACERS[label].curves].make(0)))
    assert type(live) is type(recorded)
    assert live.config == recorded.config


def test_all_learn_from_as_many_answers_to_the_same_questions():
    trainings = [racer.training(0) for racer in RACERS.values()]
    worlds = [training.world for training in trainings]
    assert {(world.prompts_per_step, world.answers_per_prompt) for world in worlds} == {(32, 8)}
    grpo = next(t.algorithm for t in trainings if isinstance(t.algorithm, GRPO))
    assert grpo.config.num_generations == 8
    assert {tuple(world.prompts) for world in worlds} == {tuple(worlds[0].prompts)}


def test_the_racers_differ_by_what_their_labels_say():
    settings = {label: asdict(racer.training(0).algorithm.config) for label, racer in RACERS.items()}
    for label, steps in (("PPO, 1 step", 1), ("PPO, 4 steps", 4), ("PPO, 16 steps", 16)):
        own = settings[label]
        assert own["epochs"] * 256 // own["minibatch_size"] == steps
        assert own | {"epochs": 1, "minibatch_size": 256} == asdict(SUMS["ppo"])
    assert settings["TRPO, a tenth"] == settings["TRPO"] | {"fisher_every": 10}
    rates = {own["learning_rate"] for label, own in settings.items() if "TRPO" not in label}
    assert rates == {1e-4}


class Ticking(Training):
    """A training whose updates take as long as they are told, by a clock that only they move."""

    def __init__(self, clock, sampling, learning):
        self.clock, self.times = clock, (sampling, learning)
        self.world = self.policy = self.generator = self.optimizer = None
        self.algorithm = self

    def collect(self, world, policy, generator):
        self.clock[0] += self.times[0]

    def update(self, policy, optimizer, experience):
        self.clock[0] += self.times[1]
        return {"reward": 0.5}


@pytest.fixture
def runners(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("rlcourse.experiments.side_by_side.seconds_worked", lambda: clock[0])
    return [Runner("quick", Ticking(clock, 0.25, 0.25)), Runner("slow", Ticking(clock, 0.25, 2.75))]


def test_each_gets_its_seconds_and_whoever_has_spent_least_goes_next(runners):
    quick, slow = runners
    order = [runner.label for runner in race(runners, seconds=2)]
    assert order == ["quick", "slow", "quick", "quick", "quick"]
    assert (quick.spent, slow.spent) == (2.0, 3.0)
    assert (quick.sampling, quick.learning) == ([0.25] * 4, [0.25] * 4)
    assert slow.right == [0.5]


def test_the_usual_update_is_one_of_the_first_three(runners):
    quick, _slow = runners
    for seconds in (0.5, 0.25, 0.5, 0.125, 0.125, 0.125):  # as where more and more groups are left out
        quick.training.times = (0.25, seconds)
        quick.step()
    assert quick.usual == (0.25, 0.5)


def test_a_second_race_goes_on_for_as_long_again(runners):
    for _ in range(2):
        list(race(runners, seconds=2))
    assert [runner.spent for runner in runners] == [4.0, 6.0]


def test_a_race_needs_time_and_somebody(runners):
    with pytest.raises(ValueError, match="seconds must be a number above 0, got 0"):
        race(runners, seconds=0)
    with pytest.raises(ValueError, match="runners must hold at least one, got none"):
        race([], seconds=1)


def test_warmed_up_it_learns_from_the_answers_it_would_have_had():
    cold, warm = (Runner("GRPO", RACERS["GRPO"].training(0)) for _ in range(2))
    warm.warm_up()
    assert not warm.right and not warm.spent
    cold.step()
    warm.step()
    assert cold.right == warm.right
    assert warm.usual == (warm.sampling[0], warm.learning[0])


def test_rewound_all_answer_alike_again():
    runners = [Runner(label, RACERS[label].training(0)) for label in ("GRPO", "PPO, 1 step")]
    runners[0].step()
    runners[0].step()
    for runner in runners:
        runner.rewind(fresh_policy(), seed=3)
        runner.step()
    assert len({runner.right[-1] for runner in runners}) == 1
    assert runners[0].right[-1] != runners[0].right[-2]


@pytest.mark.parametrize("size", ["ours", "124M"])
def test_what_is_weighed_is_what_is_counted(size):
    """The weights of 124 million random numbers are never there, but their shapes are."""
    answers, tokens = 8, 48
    shape = SIZES["GPT-2, 124M"] if size == "124M" else ours()
    counted = {
        "weights": 4 * shape.parameters,
        "gradients": 4 * shape.parameters,
        "optimiser": 8 * shape.parameters,
        "activations": 4 * answers * tokens * shape.activations,
        "KV cache": kv_cache_bytes(
            0,
            tokens,
            answers,
            layers=shape.layers,
            channels=shape.channels,
            heads=shape.heads,
            kv_heads=shape.heads,
            bytes_per_number=4,
        ),
    }
    weighed = weigh(answers, tokens, size=size)
    exactly = ("weights", "gradients", "KV cache")
    assert {name: weighed[name] for name in exactly} == {name: counted[name] for name in exactly}
    assert 0 < weighed["optimiser"] - counted["optimiser"] < 1000  # Adam counts its steps, for each tensor by itself
    assert counted["activations"] == pytest.approx(weighed["activations"], rel=0.01)


def ours() -> Transformer:
    config = load_gpt2("sft", device="cpu")[0].config
    return Transformer(config.n_layer, config.n_embd, config.n_head, config.vocab_size, positions=config.n_positions)


def test_what_cannot_be_weighed_is_refused():
    with pytest.raises(ValueError, match="size must be one of 'ours', '124M', got 'huge'"):
        weigh(1, 8, size="huge")
    with pytest.raises(ValueError, match="tokens must be from 2 to 96, got 97"):
        weigh(1, 97)


def test_another_gpt2_can_be_put_on_the_scales_as_well(tmp_path):
    model, tokenizer = load_gpt2("sft", device="cpu")
    small = type(model)(type(model.config)(**{**model.config.to_dict(), "n_layer": 1}))
    small.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    assert weigh(2, 8, model=tmp_path)["weights"] == 4 * sum(weight.numel() for weight in small.parameters())
