"""What each of the course's settings is called in TRL, in verl and in OpenRLHF, and what is different there.

Read from the sources: TRL 1.16.0 (a test holds that column against the installed one), verl at commit 1dda039 of
August 2026 (`verl/trainer/config/`), OpenRLHF 0.11.0 at commit 3c3be62 (`openrlhf/cli/train_ppo_ray.py`). Names change:
look into the version that you have. Left out: what they have and the course has not.
"""

from collections.abc import Callable
from dataclasses import dataclass

from rlcourse.showing import Code, Table


@dataclass(frozen=True)
class Name:
    """One setting, by its name in each program; no name where a program has no such setting."""

    ours: str
    """Of `GRPOConfig`, or what the course calls it."""
    trl: tuple[str, ...]
    """Arguments of `trl.GRPOConfig`, or of `trl.GRPOTrainer`."""
    verl: tuple[str, ...]
    """Keys of its configuration."""
    openrlhf: tuple[str, ...]
    """Options of `openrlhf.cli.train_ppo_ray`, without their two dashes."""
    differs: str = ""
    """What to look out for."""
    trap: str = ""
    """What that is: "default", one of the four begins otherwise; "meaning", the same word does something else."""

    @property
    def missing(self) -> bool:
        """Whether one of the other programs has no such setting."""
        return not (self.trl and self.verl and self.openrlhf)


ONLY: dict[str, Callable[[Name], bool]] = {
    "all": lambda name: True,
    "another default": lambda name: name.trap == "default",
    "another meaning": lambda name: name.trap == "meaning",
    "missing somewhere": lambda name: name.missing,
}
"""Which settings may be asked for, in words."""


_LONG = "actor_rollout_ref"
"""What most of verl's keys begin with; in the table it is three dots."""
_A, _R = f"{_LONG}.actor.", f"{_LONG}.rollout."

NAMES: dict[str, tuple[Name, ...]] = {
    "How much": (
        Name(
            "num_generations", ("num_generations",), (_R + "n",), ("rollout.n_samples_per_prompt",),
            "8 in TRL. verl and OpenRLHF begin with 1, and groups of one teach nothing.", "default",
        ),
        Name(
            "prompts_per_step",
            ("per_device_train_batch_size", "gradient_accumulation_steps"), ("data.train_batch_size",),
            ("rollout.batch_size",),
            "TRL counts *answers*, and those of one process; the others count questions, of all together.", "meaning",
        ),
        Name(
            "answers_at_once", ("per_device_train_batch_size",), (_A + "ppo_micro_batch_size_per_gpu",),
            ("train.micro_batch_size",), "For memory only: it must not change what is learned.",
        ),
        Name(
            "num_iterations", ("num_iterations",), (_A + "ppo_epochs", _A + "ppo_mini_batch_size"),
            ("train.max_epochs", "train.batch_size"),
            "verl and OpenRLHF also cut a batch into pieces with a step for each: ratios leave 1 even in one epoch.",
            "meaning",
        ),
        Name(
            "max_new_tokens", ("max_completion_length",), ("data.max_response_length",), ("rollout.max_new_tokens",),
            "One that is too short cuts every answer off, and nothing is paid.",
        ),
        Name("temperature", ("temperature",), (_R + "temperature",), ("rollout.temperature",)),
    ),
    "Advantages": (
        Name(
            "GRPO", (), ("algorithm.adv_estimator",), ("algo.advantage.estimator",),
            "verl: `grpo`; OpenRLHF: `group_norm`. Both begin with `gae`, that is PPO with its value model. TRL has a "
            "trainer for GRPO alone.", "default",
        ),
        Name(
            "scale_rewards", ("scale_rewards",), ("algorithm.norm_adv_by_std_in_grpo",), ("algo.advantage.estimator",),
            "To the std, ours and TRL’s add 1e-4, verl’s 1e-6, OpenRLHF’s 1e-9. Without it in OpenRLHF: `dr_grpo`.",
            "meaning",
        ),
        Name(
            "dynamic_sampling", (), ("algorithm.filter_groups.enable", "algorithm.filter_groups.metric"),
            ("algo.dynamic_filtering_enable",),
            "TRL trains on every batch as it comes; verl must be told the metric, too.",
        ),
        Name(
            "max_sampling_rounds", (), ("algorithm.filter_groups.max_num_gen_batches",), (),
            "verl’s newer trainer (`use_v1`) warns that it ignores it.",
        ),
    ),
    "The loss": (
        Name(
            "epsilon", ("epsilon",), (_A + "clip_ratio_low",), ("actor.eps_clip",),
            "verl also stops ρ·Â at 3·Â where Â is negative (`clip_ratio_c`); OpenRLHF can (`actor.dual_clip`).",
            "meaning",
        ),
        Name(
            "epsilon_high", ("epsilon_high",), (_A + "clip_ratio_high",), ("actor.eps_clip_low_high",),
            "With `loss_type=\"cispo\"` TRL’s is the largest weight itself, where ours is 1 + ε_high.", "meaning",
        ),
        Name(
            "loss_type", ("loss_type",), (_A + "loss_agg_mode",), (),
            "`grpo` with us, `dapo` in TRL; verl `token-mean` (ours: `dapo`), the paper’s is `seq-mean-token-mean`. "
            "OpenRLHF averages over tokens.", "default",
        ),
        Name(
            "max_completion_length", ("max_completion_length",), (_A + "loss_scale_factor",), (),
            "The constant of Dr. GRPO. In TRL it is the limit of answers, too.", "meaning",
        ),
        Name(
            "importance_sampling_level", ("importance_sampling_level",), (_A + "policy_loss.loss_mode",),
            ("actor.policy_loss_type",), "GSPO is `sequence` with us and in TRL, `gspo` in the others.",
        ),
        Name(
            "beta", ("beta",), (_A + "use_kl_loss", _A + "kl_loss_coef"),
            ("algo.kl.use_loss", "algo.kl.init_coef"),
            "0 with us and in TRL; verl’s is off until `use_kl_loss`. OpenRLHF begins with 0.01, as k1 in the reward.",
            "default",
        ),
        Name(
            "use_bias_correction_kl", ("use_bias_correction_kl",), (_A + "kl_loss_type",), (),
            "Off with us, on in TRL. verl takes k2’s gradient instead, if the name of the estimate ends with “+”.",
            "default",
        ),
    ),
    "What else is in it": (
        Name(
            "entropy_coef", ("entropy_coef",), (_A + "entropy_coeff",), ("actor.entropy_coef",),
            "0 with us, in TRL and verl; OpenRLHF has none unless it is said.",
        ),
        Name(
            "mask_truncated_completions", ("mask_truncated_completions",), (), (),
            "An answer that was cut off teaches nothing. Off with us and in TRL.",
        ),
    ),
    "The step": (
        Name(
            "learning_rate", ("learning_rate",), (_A + "optim.lr",), ("actor.adam.lr",),
            "1e-6 in all three, for billions of weights; 1e-4 suits our small one. TRL and OpenRLHF let it fall.",
            "default",
        ),
        Name(
            "weight_decay", ("weight_decay",), (_A + "optim.weight_decay",), ("actor.adam.weight_decay",),
            "0.01 in verl.", "default",
        ),
        Name("max_grad_norm", ("max_grad_norm",), (_A + "grad_clip",), ("actor.max_norm",), "1 everywhere."),
    ),
    "The machinery": (
        Name(
            "reward function", ("reward_funcs",), ("reward.custom_reward_function.path",), ("reward.remote_url",),
            "The course’s signature is TRL’s. verl and OpenRLHF want a file; verl’s `compute_score` judges one answer.",
            "meaning",
        ),
        Name(
            "the sampler", ("use_vllm", "vllm_mode"), (_R + "name",), ("vllm.num_engines",),
            "TRL without vLLM uses the model’s own `generate`.",
        ),
        Name(
            "truncated importance weights",
            (
                "vllm_importance_sampling_correction", "vllm_importance_sampling_mode",
                "vllm_importance_sampling_clip_max",
            ),
            ("algorithm.rollout_correction.rollout_is", "algorithm.rollout_correction.rollout_is_threshold"),
            ("algo.advantage.is_correction_enable", "algo.advantage.is_correction_threshold"),
            "For sampler against trainer. On in TRL, but one ratio for a whole answer, which is left out above 3 "
            "(`sequence_mask`); notebook 12’s weights are `token_truncate`. Off in the others.", "default",
        ),
        Name(
            "what is divided", (), (_A + "strategy",), ("ds.zero_stage",),
            "For TRL the file of `accelerate launch` says it.",
        ),
    ),
}  # fmt: skip
"""By what they belong to."""


def names_table(*groups: str, only: str = "all") -> Table:
    """The table for a notebook: some groups of `NAMES`, or all; and of these the settings that `only` leaves.

    Raises:
        KeyError: There is no such group, or `only` is none of `ONLY`.
    """
    rows: list[tuple] = []
    for group in groups or NAMES:
        chosen = [name for name in NAMES[group] if ONLY[only](name)]
        rows += [(group,)] if chosen else []
        for name in chosen:
            code = Code(name.ours) if name.ours.isidentifier() else name.ours
            rows.append((code, *(_cell(names) for names in (name.trl, name.verl, name.openrlhf)), name.differs))
    return Table(("the course", "TRL", f"verl (… is {_LONG}.)", "OpenRLHF", "look out"), tuple(rows))


def _cell(names: tuple[str, ...]) -> Code | str:
    return Code("\n".join(names).replace(f"{_LONG}.", "…")) if names else "–"  # or a narrow page would have no room
