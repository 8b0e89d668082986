"""What a training keeps in memory, counted from the shapes of its models, from a small GPT-2 to 70 billion weights.

    trained weights   weights + gradients + a float32 copy if the weights are shorter + two moments of Adam's
    frozen weights    weights
    KV cache          2 · layers · KV heads · head size · tokens · bytes
    activations       tokens · (layers·(6C + 2K + m·F) + 2C + V) · bytes

Sixteen bytes for each trained weight in mixed precision, 2 + 2 + 4 + 4 + 4, are ZeRO's (Rajbhandari et al. 2020).
`costs.measure_bytes` measures what is counted here. Left out: what a framework keeps in reserve, and the splitting over
several GPUs, which divides the same bytes.
"""

from dataclasses import dataclass

from rlcourse.arguments import check_choice, check_flag, check_integer

GB = 10**9
"""Bytes in a gigabyte. (A gibibyte, GiB, has 2³⁰, which is 7 % more.)"""
MASTER_BYTES = 4
"""Of each weight's float32 copy, which Adam's small steps are added to."""
ADAM_STATE = 2
"""Numbers that Adam keeps for each weight: the running means of the gradient and of its square."""
TRPO_VECTORS = 5
"""Vectors as long as the policy that conjugate gradient keeps beside the gradient: the solution, the residual, the
direction, F times it, and ∇KL. While a product is being worked out there are up to four more; the line search, later,
needs the old weights and the step."""
MOST = 2**53
"""The largest count that is taken: every whole number up to here is a float too."""


@dataclass(frozen=True)
class Transformer:
    """The shape of a decoder-only language model, as far as memory depends on it."""

    layers: int
    channels: int
    """C, the width."""
    heads: int
    vocabulary: int
    """V."""
    kv_heads: int = 0
    """Heads that have keys and values of their own; 0 for as many as `heads`. Fewer is grouped-query attention."""
    inner: int = 0
    """F, the width inside the feed-forward part; 0 for 4·C."""
    positions: int = 0
    """Rows of a learned table of positions; 0 where positions are turned into angles, as in Llama."""
    llama: bool = False
    """Three gated matrices in the feed-forward part instead of two, no biases, an output layer of its own."""

    @property
    def kv_channels(self) -> int:
        """K, numbers in the keys of one token in one layer; the values have as many."""
        return self.channels // self.heads * (self.kv_heads or self.heads)

    @property
    def feed_forward(self) -> int:
        """F."""
        return self.inner or 4 * self.channels

    @property
    def parameters(self) -> int:
        """All weights, each counted once."""
        c, f = self.channels, self.feed_forward
        matrices = 2 * c * c + 2 * c * self.kv_channels + (3 if self.llama else 2) * c * f
        biases_and_norms = 2 * c if self.llama else (2 * c + 2 * self.kv_channels + f + c) + 4 * c
        tables = (2 if self.llama else 1) * self.vocabulary * c + self.positions * c
        return self.layers * (matrices + biases_and_norms) + tables + (c if self.llama else 2 * c)

    def adapters(self, rank: int) -> int:
        """Weights of LoRA's adapters of this rank beside every matrix of every layer, as is usual today.

        Hu et al. (2021), who invented them, put them beside matrices of attention only.
        A matrix from `a` to `b` channels gets two thin ones, rank · (a + b) weights.
        """
        c, k, f = self.channels, self.kv_channels, self.feed_forward
        attention = 2 * (c + c) + 2 * (c + k) if self.llama else (c + c + 2 * k) + (c + c)  # GPT-2 has q, k, v in one
        return self.layers * rank * (attention + (3 if self.llama else 2) * (c + f))

    @property
    def activations(self) -> int:
        """Numbers that a backward pass needs of one token, with fused attention and without dropout.

        In each layer what the two norms read and give (4·C), queries (C), keys and values (2·K), what attention gives
        (C) and the inside of the feed-forward part: before and after its nonlinearity (2·F), and with a gate twice as
        much. At the end the last norm's 2·C, and V for the logarithms of the probabilities. (Of the
        34·C bytes of Korthikanti et al. 2022, in half precision, 32 are left without dropout's masks: GPT-2's 16·C
        numbers. Their term that grows with the square of the tokens is not here: a fused kernel keeps no such matrix.)
        """
        inside = (4 if self.llama else 2) * self.feed_forward
        return self.layers * (6 * self.channels + 2 * self.kv_channels + inside) + 2 * self.channels + self.vocabulary

    @property
    def recomputed(self) -> int:
        """The same with gradient checkpointing, one checkpoint a layer.

        What each layer reads (C) is kept, and on the way back the inside of one layer at a time is computed again. So
        it is usual; Chen et al. (2016), who brought it to deep networks, keep √layers of them and compute more again.
        """
        ends = 2 * self.channels + self.vocabulary  # the last norm, and the logarithms of the probabilities
        return self.layers * self.channels + (self.activations - ends) // self.layers + ends


SIZES = {
    "GPT-2, 124M": Transformer(12, 768, 12, 50257, positions=1024),
    "GPT-2, 355M": Transformer(24, 1024, 16, 50257, positions=1024),
    "GPT-2, 774M": Transformer(36, 1280, 20, 50257, positions=1024),
    "GPT-2, 1.6B": Transformer(48, 1600, 25, 50257, positions=1024),
    "Llama 3.1, 8B": Transformer(32, 4096, 32, 128256, kv_heads=8, inner=14336, llama=True),
    "Llama 3.1, 70B": Transformer(80, 8192, 64, 128256, kv_heads=8, inner=28672, llama=True),
}
"""Models by their name and number of weights, from their published configurations."""


def memory_of_training(trained: int, frozen: int, *, weight_bytes: int, moment_bytes: int) -> float:
    """What weights, gradients and Adam take, in GB (10⁹ bytes).

        trained·(2·w + [4 if w < 4] + 2·m) + frozen·w

    Args:
        trained: Weights that learn.
        frozen: Weights that are only read, such as a reference's, or what lies under LoRA's adapters.
        weight_bytes: w, of a weight and of its gradient: 4 for float32, 2 for bfloat16. Below 4 each trained weight has
            a float32 copy besides.
        moment_bytes: m, of each of Adam's two moments: 4 as usual, 1 for an 8-bit optimiser.

    Raises:
        TypeError: A number is not whole.
        ValueError: A count is negative, or a number of bytes is not positive.
    """
    for name, count in (("trained", trained), ("frozen", frozen)):
        check_integer(name, count, 0, MOST)
    for name, count in (("weight_bytes", weight_bytes), ("moment_bytes", moment_bytes)):
        check_integer(name, count, 1, 8)
    copy = MASTER_BYTES if weight_bytes < MASTER_BYTES else 0
    return (trained * (2 * weight_bytes + copy + ADAM_STATE * moment_bytes) + frozen * weight_bytes) / GB


def kv_cache_bytes(
    prompt_tokens: int,
    answer_tokens: int,
    num_generations: int,
    *,
    layers: int,
    channels: int,
    heads: int,
    kv_heads: int,
    bytes_per_number: int,
) -> int:
    """Keys and values that are kept while G answers to one prompt are written.

        2 · layers · kv_heads · channels/heads · (prompt + G·answer) · bytes

    The prompt is the same for all answers of a group, so its keys and values are kept once.

    Args:
        prompt_tokens: Of the prompt.
        answer_tokens: Of each answer.
        num_generations: G.
        layers: The number of blocks.
        channels: C; each head has C / heads of them.
        heads: Heads that ask (queries).
        kv_heads: Heads with keys and values of their own (Ainslie et al. 2023); `heads` in GPT-2.
        bytes_per_number: 2 for bfloat16.

    Raises:
        TypeError: A number is not whole.
        ValueError: A number is negative, or a size is below 1.
    """
    counts = {"prompt_tokens": prompt_tokens, "answer_tokens": answer_tokens, "num_generations": num_generations}
    sizes = {"layers": layers, "channels": channels, "heads": heads, "kv_heads": kv_heads}
    for name, count in counts.items():
        check_integer(name, count, 0, MOST)
    for name, size in (sizes | {"bytes_per_number": bytes_per_number}).items():
        check_integer(name, size, 1, MOST)
    tokens = prompt_tokens + num_generations * answer_tokens
    return 2 * layers * kv_heads * (channels // heads) * tokens * bytes_per_number


@dataclass(frozen=True)
class Setting:
    """How a model is trained, as far as memory depends on it."""

    weight_bytes: int = 2
    """4 for float32; 2 for bfloat16 with a float32 copy."""
    moment_bytes: int = 4
    """Of each of Adam's two moments; 1 with an 8-bit optimiser."""
    lora_rank: int = 0
    """Of LoRA's adapters; 0 where all weights learn. 8–64 is usual."""
    reward_model: bool = False
    """Whether a reward model pays and a KL to a reference is taken, as in RLHF; else a rule pays, and there is none."""
    tokens: int = 512
    """Of a question with its answer."""
    at_once: int = 64
    """Answers that are written at once, in groups of 8: they share the KV cache."""
    learned_at_once: int = 4
    """Answers in one backward pass; the others wait for their turn, and their gradients are added up."""


PARTS = (
    "policy", "value model", "reference", "reward model", "gradients", "optimiser", "activations", "KV cache",
)  # fmt: skip
"""What `keeps` tells apart, from the bottom of a bar to its top."""
TWICE_BACKWARD = 2
"""How much more TRPO keeps of a forward pass at least: the gradient is differentiated again, so it has a graph too."""


def keeps(
    algorithm: str, model: Transformer, setting: Setting, *, recompute: bool = False, in_turn: bool = False
) -> dict[str, float]:
    """What an algorithm keeps, in GB, by `PARTS`.

    The value model is as large as the policy. With LoRA both stand on one frozen copy of the weights, each with
    adapters of its own, and the reference is that copy without adapters. A float32 copy of what learns counts as
    optimiser.

    Args:
        algorithm: "TRPO", "PPO" or "GRPO".
        model: The shape of the policy.
        setting: How it is trained.
        recompute: Whether the backward pass computes the activations of each layer again (gradient checkpointing).
        in_turn: Whether PPO's policy and value model have a backward pass each, one after the other; else both are in
            one loss, as in this course, and the activations of both are there at the same time. TRPO's are in turn.

    Raises:
        TypeError: `recompute` or `in_turn` is neither True nor False.
        ValueError: There is no such algorithm.
    """
    check_choice("algorithm", algorithm, ("TRPO", "PPO", "GRPO"))
    check_flag("recompute", recompute)
    check_flag("in_turn", in_turn)
    w, critic = setting.weight_bytes, algorithm != "GRPO"
    full, learns = model.parameters, model.adapters(setting.lora_rank) or model.parameters
    lora = setting.lora_rank > 0
    copy = MASTER_BYTES if w < MASTER_BYTES else 0
    by_adam = copy + ADAM_STATE * setting.moment_bytes
    by_policy = copy + TRPO_VECTORS * MASTER_BYTES if algorithm == "TRPO" else by_adam
    per_token = _per_token(algorithm, model, recompute, in_turn)
    parts = {
        "policy": (full + lora * learns) * w,
        "value model": critic * learns * w,
        "reference": setting.reward_model * (not lora) * full * w,
        "reward model": setting.reward_model * full * w,
        "gradients": learns * w * (1 + critic),
        "optimiser": learns * (by_policy + critic * by_adam),
        "activations": setting.learned_at_once * setting.tokens * per_token * w,
        "KV cache": kv_of(model, setting),
    }
    return {name: parts[name] / GB for name in PARTS}


def _per_token(algorithm: str, model: Transformer, recompute: bool, in_turn: bool) -> int:
    """Numbers that the fullest backward pass needs of one token, of all models that are in it."""
    policy = model.recomputed if recompute else model.activations
    if algorithm == "TRPO":
        return TWICE_BACKWARD * policy
    if algorithm == "GRPO" or in_turn:
        return policy
    if not recompute:
        return policy + model.activations - model.vocabulary  # the value model's pass has no logits
    return policy + (model.layers + 2) * model.channels  # of its layers, too, one at a time is computed again


def kv_of(model: Transformer, setting: Setting) -> int:
    """The bytes of the KV cache: groups of 8, half of each text a question."""
    return (
        setting.at_once
        // 8
        * kv_cache_bytes(
            setting.tokens // 2,
            setting.tokens - setting.tokens // 2,
            8,
            layers=model.layers,
            channels=model.channels,
            heads=model.heads,
            kv_heads=model.kv_heads or model.heads,
            bytes_per_number=setting.weight_bytes,
        )
    )
