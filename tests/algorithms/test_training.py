"""The loop: watched, stopped, continued, and the same for the same seed."""

import io
import os
import signal
import threading
import time

import numpy as np
import pytest
import torch

from rlcourse.algorithms import GRPO, Algorithm, GRPOConfig, History, Policy, Training, World
from tests.algorithms.conftest import TablePolicy, TableWorld


@pytest.fixture(autouse=True)
def listening():
    """A process that was started in the background ignores ■; here it is heard."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def _training(seed=0):
    return Training(TablePolicy(), TableWorld(), GRPO(GRPOConfig(learning_rate=0.05)), seed=seed)


def test_the_pieces_satisfy_the_protocols():
    assert isinstance(TablePolicy(), Policy)
    assert isinstance(TableWorld(), World)
    assert isinstance(GRPO(), Algorithm)


def test_every_step_leaves_a_row():
    history = _training().run(5, progress=False)
    assert history["step"].tolist() == [1, 2, 3, 4, 5]
    assert (np.diff(history["seconds"]) > 0).all()
    assert np.isfinite(history["reward"]).all()


def test_the_same_seed_gives_the_same_numbers():
    first, again, other = (_training(seed).run(5, progress=False)["reward"].tolist() for seed in (1, 1, 2))
    assert first == again != other


def test_stopping_and_going_on_equals_not_stopping():
    straight, halting = _training(), _training()
    straight.run(6, progress=False)
    halting.run(2, progress=False)
    halting.run(4, progress=False)
    assert torch.equal(straight.policy.logits, halting.policy.logits)
    assert straight.history["reward"].tolist() == halting.history["reward"].tolist()
    assert halting.history["step"].tolist() == [1, 2, 3, 4, 5, 6]


def test_an_interrupt_keeps_the_history_and_training_can_go_on():
    training = _training()

    def press_stop(running):
        if len(running.history) == 3:
            raise KeyboardInterrupt

    history = training.run(10, on_step=press_stop, progress=False)
    assert training.interrupted
    assert len(history) == 3
    assert len(training.run(2, progress=False)) == 5
    assert not training.interrupted


def test_an_interrupt_during_an_evaluation_does_not_lose_the_step_before_it():
    def press_stop_at_the_third(policy):
        evaluated.append(0)
        if len(evaluated) == 3:
            raise KeyboardInterrupt
        return {"accuracy": 0.5}

    evaluated, training, straight = [], _training(), _training()
    training.run(10, evaluate=press_stop_at_the_third, evaluate_every=2, progress=False)
    assert training.history["step"].tolist() == [0, 1, 2, 3, 4]
    training.run(2, progress=False)
    straight.run(6, progress=False)
    assert training.history["step"].tolist()[-1] == 6
    assert torch.equal(training.policy.logits, straight.policy.logits)


def test_an_evaluation_that_stop_prevented_is_made_up_for():
    def evaluate(policy):
        return {"logit": policy.logits[0, 0].item()}

    straight, training = _training(), Training(TablePolicy(), TableWorld(), _Stopping(times=1))
    straight.run(6, evaluate=evaluate, evaluate_every=3, progress=False)
    training.run(10, evaluate=evaluate, evaluate_every=3, progress=False)
    assert training.interrupted and "logit" not in training.history[-1]
    training.run(3, evaluate=evaluate, evaluate_every=3, progress=False)
    np.testing.assert_array_equal(straight.history["logit"], training.history["logit"])


@pytest.mark.parametrize(
    ("returned", "error", "message"),
    [
        (0.5, TypeError, "evaluate must return numbers by name.*got 0.5"),
        ({"step": 3.0}, ValueError, "evaluate must not return 'step'"),
    ],
)
def test_an_evaluation_that_is_no_measurement_is_refused_before_the_first_step(returned, error, message):
    training = _training()
    before = training.policy.logits.detach().clone()
    with pytest.raises(error, match=message):
        training.run(1, evaluate=lambda _: returned, progress=False)
    assert torch.equal(training.policy.logits, before)


def test_measurements_become_plain_numbers():
    history = _training().run(1, evaluate=lambda _: {"a": np.float32(0.5), "b": torch.tensor(2)}, progress=False)
    assert (history[0]["a"], history[0]["b"]) == (0.5, 2.0)
    assert type(history[0]["a"]) is type(history[0]["b"]) is float


class _Stopping(GRPO):
    """Presses ■ in the middle of its third update, once or twice."""

    def __init__(self, times):
        super().__init__(GRPOConfig(learning_rate=0.05))
        self.times, self.updates = times, 0

    def update(self, policy, optimizer, episodes):
        self.updates += 1
        if self.updates == 3:
            for _ in range(self.times):
                os.kill(os.getpid(), signal.SIGINT)
        return super().update(policy, optimizer, episodes)


def test_stop_lets_the_step_end_and_going_on_equals_not_stopping():
    handler = signal.getsignal(signal.SIGINT)
    straight, training = _training(), Training(TablePolicy(), TableWorld(), _Stopping(times=1))
    straight.run(6, progress=False)
    training.run(10, progress=False)
    assert training.interrupted
    assert training.history["step"].tolist() == [1, 2, 3]
    training.run(3, progress=False)
    assert torch.equal(straight.policy.logits, training.policy.logits)
    assert straight.history["reward"].tolist() == training.history["reward"].tolist()
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_second_stop_does_not_wait():
    training = Training(TablePolicy(), TableWorld(), _Stopping(times=2))
    training.run(10, progress=False)
    assert training.interrupted
    assert training.history["step"].tolist() == [1, 2]


class _SlowWorld(TableWorld):
    """Two seconds to a batch; ■ is pressed, once or twice, from outside, as Jupyter does it."""

    def __init__(self, presses):
        super().__init__()
        self.presses, self.pressed, self.heard = presses, [], []

    def sample_groups(self, policy, **options):
        for wait in self.presses:
            threading.Timer(wait, self._press).start()
        self.presses = ()
        time.sleep(2.0)
        return super().sample_groups(policy, **options)

    def _press(self):
        self.pressed.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)


class _Heard(io.StringIO):
    """What is printed, and when."""

    def __init__(self):
        super().__init__()
        self.when = []

    def write(self, text):
        self.when.append(time.monotonic())
        return super().write(text)


def test_stop_says_at_once_what_it_will_do_and_lets_the_step_end(monkeypatch):
    world, heard = _SlowWorld(presses=[0.2]), _Heard()
    training = Training(TablePolicy(), world, GRPO())
    monkeypatch.setattr("sys.stdout", heard)
    training.run(5, progress=False)
    assert heard.getvalue() == "\n■ stopping after this step; ■ again stops at once\n"
    assert heard.when[0] - world.pressed[0] < 1.0
    assert training.interrupted and training.history["step"].tolist() == [1]


def test_a_second_stop_ends_a_slow_step_at_once_and_says_what_that_means(monkeypatch):
    world, heard = _SlowWorld(presses=[0.2, 0.5]), _Heard()
    training = Training(TablePolicy(), world, GRPO())
    monkeypatch.setattr("sys.stdout", heard)
    training.run(5, progress=False)
    assert time.monotonic() - world.pressed[1] < 1.0
    said = heard.getvalue().split("\n")
    assert (
        "■ stopped in the middle of this step: part of it may have been done, which the history does not show" in said
    )
    assert training.interrupted and not training.history


def test_a_stream_that_cannot_be_written_to_does_not_keep_training_from_stopping(monkeypatch):
    class Closed(io.StringIO):
        def write(self, text):
            raise RuntimeError("reentrant call inside")

    training = Training(TablePolicy(), TableWorld(), _Stopping(times=1))
    monkeypatch.setattr("sys.stdout", Closed())
    training.run(10, progress=False)
    assert training.interrupted and training.history["step"].tolist() == [1, 2, 3]


def test_a_stop_while_the_optimiser_is_made_waits_until_it_is():
    class Slow(GRPO):
        made = False

        def make_optimizer(self, policy):
            os.kill(os.getpid(), signal.SIGINT)
            optimizer = super().make_optimizer(policy)
            self.made = True
            return optimizer

    algorithm = Slow()
    with pytest.raises(KeyboardInterrupt):
        Training(TablePolicy(), TableWorld(), algorithm)
    assert algorithm.made


def test_training_in_a_thread_works_without_signals():
    training, errors = _training(), []

    def work():
        try:
            training.run(2, progress=False)
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not errors and len(training.history) == 2


def test_seconds_count_training_and_nothing_else(monkeypatch):
    clock = iter(range(1000))
    monkeypatch.setattr("rlcourse.algorithms.training.time.perf_counter", lambda: next(clock))
    history = _training().run(3, evaluate=lambda _: {"now": next(clock)}, evaluate_every=1, progress=False)
    assert history["seconds"].tolist() == [0, 1, 2, 3]


def test_evaluations_join_the_history():
    steps = iter(range(100))
    history = _training().run(5, evaluate=lambda policy: {"accuracy": next(steps)}, evaluate_every=2, progress=False)
    assert [row.get("accuracy") for row in history] == [0, None, 1, None, 2, None]
    assert history["step"].tolist() == [0, 1, 2, 3, 4, 5]
    assert history.last("accuracy") == 2


def test_training_can_end_early():
    history = _training().run(50, until=lambda history: history[-1]["step"] >= 3, progress=False)
    assert len(history) == 3


def test_a_column_has_gaps_where_a_row_has_no_number():
    history = History([{"a": 1.0}, {"b": 2.0}])
    np.testing.assert_array_equal(history["a"], [1.0, np.nan])
    assert history[1] == {"b": 2.0}
    assert np.isnan(history.last("c"))


@pytest.mark.usefixtures("untyped")
def test_parts_that_do_not_fit_are_named():
    with pytest.raises(
        TypeError, match=r"algorithm must have the methods of rlcourse\.algorithms\.Algorithm, got <class"
    ):
        Training(TablePolicy(), TableWorld(), GRPO)
    with pytest.raises(TypeError, match=r"policy must have .*Policy, got TableWorld .*are parameters, logprobs"):
        Training(TableWorld(), TablePolicy(), GRPO())
    with pytest.raises(
        TypeError, match=r"world must have sample_groups\(\) or rollout\(\), got <class .* class itself"
    ):
        Training(TablePolicy(), TableWorld, GRPO())
    with pytest.raises(TypeError, match=r"policy must have .*, got <class .*, the class itself and not an object"):
        Training(TablePolicy, TableWorld(), GRPO())
    for seed in ("a", 0.5, True, None):
        with pytest.raises(TypeError, match="seed must be a whole number"):
            Training(TablePolicy(), TableWorld(), GRPO(), seed=seed)
    with pytest.raises(ValueError, match="seed must be from"):
        Training(TablePolicy(), TableWorld(), GRPO(), seed=2**64)


@pytest.mark.parametrize("options", [{"steps": 0}, {"steps": 3, "evaluate_every": 0}])
def test_a_number_of_steps_below_1_is_refused(options):
    with pytest.raises(ValueError, match="must be a whole number of at least 1, got 0"):
        _training().run(**options)


@pytest.mark.parametrize("off", [torch.no_grad, torch.inference_mode])
def test_switched_off_gradients_are_explained_before_the_first_step(off):
    training = _training()
    with off(), pytest.raises(RuntimeError, match=rf"training needs gradients.*take it out of torch\.{off.__name__}"):
        training.run(1)
    assert not training.history


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"on_step": 3}, r"on_step must be a function of \(training\), got 3"),
        ({"evaluate": {}}, r"evaluate must be a function of \(policy\), got dict"),
        ({"until": lambda: True}, r"until must be a function of \(history\), .*<lambda> is not: too many positional"),
    ],
)
def test_what_is_no_function_is_refused_before_the_first_step(options, message):
    training = _training()
    with pytest.raises(TypeError, match=message):
        training.run(1, **options)
    assert not training.history


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_the_history_never_holds_what_is_no_number(bad):
    class Saying(GRPO):
        def update(self, policy, optimizer, episodes):
            return super().update(policy, optimizer, episodes) | {"entropy": bad}

    training = Training(TablePolicy(), TableWorld(), Saying())
    with pytest.raises(ValueError, match=f"update must return finite numbers, got {bad} for 'entropy'"):
        training.run(1, progress=False)
    assert not training.history
    with pytest.raises(ValueError, match=f"evaluate must return finite numbers, got {bad} for 'accuracy'"):
        _training().run(1, evaluate=lambda policy: {"accuracy": bad}, progress=False)
