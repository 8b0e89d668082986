"""What TRPO, PPO and GRPO cost on the same GPT-2: the same prompts, the same rule that pays, equally many answers.

PPO stands there twice, because how often it goes through a batch is a choice: as is usual, and with one step on the
whole batch, as GRPO makes it. Where a reference or a reward model is held too, a further row says so.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

from rlcourse.algorithms import GRPO, PPO, TRPO, GRPOConfig, PPOConfig, Training, TRPOConfig
from rlcourse.algorithms.costs import Cost, Memory, analytic_cost, measure_cost, models_of, transformer_activations
from rlcourse.language import LanguagePolicy, TextWorld, arithmetic_world, load_gpt2, split_sums
from rlcourse.language.model.reward_model import RewardModel, new_reward_model
from rlcourse.language.model.value_model import ValueModel
from tests.benchmarks.rounds import Say

GAMMA = 1.0
"""Answers are short, and only the last token is paid."""


@dataclass(frozen=True)
class CostRow:
    """One line of the table."""

    title: str
    cost: Cost
    counted: Memory
    rows_at_once: int
    """Answers that are in one forward and backward pass."""


def cost_table(
    *, repeats: int = 3, say: Say = print, prompts_per_step: int = 32, num_generations: int = 8, epochs: int = 4
) -> list[CostRow]:
    """One row per algorithm, each from the same SFT weights."""
    answers = prompts_per_step * num_generations
    sizes = (prompts_per_step, num_generations)
    quarter = answers // 4
    kinds = (
        (f"TRPO, values {epochs} epochs, minibatches of {quarter}", _trpo(epochs, quarter), answers),
        (f"PPO, {epochs} epochs, minibatches of {quarter}", _ppo(epochs=epochs, minibatch_size=quarter), quarter),
        ("PPO, one step on the whole batch", _ppo(epochs=1, minibatch_size=answers), answers),
        ("PPO as in RLHF, with reference and reward model", _rlhf(epochs, quarter), quarter),
        ("GRPO", _grpo(beta=0.0), answers),
        ("GRPO with a reference, β 0.04", _grpo(beta=0.04), answers),
    )
    found = []
    for title, make, rows_at_once in kinds:
        algorithm, policy, reward_model = make()
        training = Training(policy, _world(sizes, reward_model), algorithm, seed=0)
        models = models_of(training) | ({} if reward_model is None else {"reward model": reward_model})
        cost = measure_cost(training, models=models, repeats=repeats)
        found.append(CostRow(title, cost, _counted(training, models, sizes, rows_at_once), rows_at_once))
        say(f"{title}: sampling {cost.sampling_seconds:.3f} s, update {cost.update_seconds:.3f} s")
    return found


Made = tuple[GRPO | PPO | TRPO, LanguagePolicy, RewardModel | None]


def _policy() -> LanguagePolicy:
    return LanguagePolicy(*load_gpt2("sft", device="cpu"))


def _critic(policy: LanguagePolicy) -> ValueModel:
    return ValueModel.from_language_model(policy.model, policy.tokenizer)


def _copy(policy: LanguagePolicy) -> LanguagePolicy:
    return LanguagePolicy(deepcopy(policy.model), policy.tokenizer)


def _trpo(epochs: int, minibatch_size: int) -> Callable[[], Made]:
    def make() -> Made:
        policy = _policy()
        config = TRPOConfig(gamma=GAMMA, value_epochs=epochs, minibatch_size=minibatch_size)
        return TRPO(config, critic=_critic(policy)), policy, None

    return make


def _ppo(**config) -> Callable[[], Made]:
    def make() -> Made:
        policy = _policy()
        return (
            PPO(_ppo_config(**config), critic=_critic(policy)),
            policy,
            None,
        )

    return make


def _rlhf(epochs: int, minibatch_size: int) -> Callable[[], Made]:
    def make() -> Made:
        policy = _policy()
        config = _ppo_config(epochs=epochs, minibatch_size=minibatch_size, kl_coef=0.05)
        algorithm = PPO(config, critic=_critic(policy), reference=_copy(policy))
        return algorithm, policy, new_reward_model(policy.model, policy.tokenizer)

    return make


def _ppo_config(**own) -> PPOConfig:
    return PPOConfig(gamma=GAMMA, learning_rate=1e-4, **own)


def _grpo(beta: float) -> Callable[[], Made]:
    def make() -> Made:
        policy = _policy()
        return GRPO(GRPOConfig(beta=beta), reference=_copy(policy) if beta else None), policy, None

    return make


def _world(sizes: tuple[int, int], reward_model: RewardModel | None) -> TextWorld:
    prompts_per_step, answers_per_prompt = sizes
    world = arithmetic_world(split_sums()[0], prompts_per_step=prompts_per_step)
    return TextWorld(
        world.prompts,
        world.reward if reward_model is None else reward_model.score,
        columns=world.columns,
        prompts_per_step=prompts_per_step,
        answers_per_prompt=answers_per_prompt,
        max_new_tokens=world.max_new_tokens,
    )


def _counted(training: Training, models: dict, sizes: tuple[int, int], rows_at_once: int) -> Memory:
    """The same by arithmetic, for answers of the greatest length, each read by itself."""
    numbers = {name: sum(weight.numel() for weight in model.parameters()) for name, model in models.items()}
    config, world = training.policy.model.config, training.world
    longest = max(len(ids) for ids in training.policy.tokenizer(world.prompts).input_ids)
    # Of an answer the last token is not read; each prompt is read once, however many answers it has.
    tokens = rows_at_once * (world.max_new_tokens - 1) + min(sizes[0], rows_at_once) * longest
    size = {"layers": config.n_layer, "channels": config.n_embd}
    activations = transformer_activations(tokens, **size, vocabulary=config.vocab_size)
    if "critic" in models:
        activations += transformer_activations(tokens, **size, vocabulary=0)
    return analytic_cost(
        type(training.algorithm).__name__,
        policy=numbers["policy"],
        critic=numbers.get("critic", 0),
        reference="reference" in models,
        reward_model=numbers.get("reward model", 0),
        activations=activations,
    )
