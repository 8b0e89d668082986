"""GPT-2's forward pass, written out over the weights of a `transformers` model.

One function, `hidden_states`, does the work of pre-training, of teacher forcing and of sampling, because all three are
the same thing: new tokens look at themselves and at a **past** of keys and values. With no past it is the ordinary
forward pass; with a prompt's past shared by its G answers it scores the answers; with a growing past and one
token it is a step of sampling.

Left out on purpose: dropout (a policy that forgets at random has no well-defined ratio), attention maps, heads other
than the language model's. The weights stay in the `GPT2LMHeadModel` that they came from; the tests hold this
function to that model's own forward pass.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor
from transformers import GPT2LMHeadModel


class Past:
    """The keys and values of the tokens before, layer by layer, for B sequences.

    Room for `capacity` tokens is set aside at once, so that a step of sampling writes in place and copies
    nothing. With `capacity=None` the past holds what it is given and is then extended by concatenation, through
    which gradients flow.
    """

    def __init__(self, keys: list[Tensor], values: list[Tensor], visible: Bool[Tensor, "B S"], *, capacity=None):
        self.keys, self.values, self.visible = keys, values, visible
        self.length = visible.shape[1]
        self.in_place = capacity is not None
        if self.in_place:
            self.keys = [_with_room(k, capacity) for k in keys]
            self.values = [_with_room(v, capacity) for v in values]
            self.visible = F.pad(visible, (0, capacity - self.length), value=True)

    def rows(self, rows: Tensor, *, capacity=None) -> "Past":
        """The past of the given rows, in that order; rows may repeat."""
        # Not k[rows]: its backward pass adds up repeated rows in whatever order two threads happen to run.
        keys = [k.index_select(0, rows) for k in self.keys]
        values = [v.index_select(0, rows) for v in self.values]
        return Past(keys, values, self.visible[rows], capacity=capacity)

    def extended(self, layer: int, keys: Float[Tensor, "B H T D"], values: Float[Tensor, "B H T D"]):
        """Past and new keys and values of one layer together, [B, H, S + T, D] each."""
        if not self.in_place:
            return torch.cat([self.keys[layer], keys], dim=2), torch.cat([self.values[layer], values], dim=2)
        end = self.length + keys.shape[2]
        self.keys[layer][:, :, self.length : end] = keys
        self.values[layer][:, :, self.length : end] = values
        return self.keys[layer][:, :, :end], self.values[layer][:, :, :end]


def _with_room(tensor: Float[Tensor, "B H S D"], capacity: int) -> Float[Tensor, "B H C D"]:
    return F.pad(tensor, (0, 0, 0, capacity - tensor.shape[2]))


def hidden_states(
    model: GPT2LMHeadModel,
    tokens: Int[Tensor, "B T"],
    positions: Int[Tensor, "B T"],
    past: Past | None = None,
    *,
    keep: bool = False,
) -> tuple[Float[Tensor, "B T C"], Past | None]:
    """The final hidden state at every token (Radford et al. 2019), before the output layer.

        xₗ₊₁ = xₗ + attention(norm(xₗ)) + feed-forward(norm(…))

    Args:
        model: Its weights are used; its own forward pass, and so its dropout, is not.
        tokens: The new tokens. Padding stands at the end, where causal attention keeps it out of the real tokens.
        positions: Each token's position in its own sequence.
        past: What stands before the new tokens. An in-place past grows by them.
        keep: Return the keys and values of the new tokens as a past of their own.

    Returns:
        The hidden states, and the past of the new tokens if `keep`.
    """
    body, heads = model.transformer, model.config.n_head
    batch, new = tokens.shape
    x = body.wte(tokens) + body.wpe(positions)  # [B, T, C]
    mask = None if past is None else _attention_mask(past, new)  # [B, 1, T, S + T]
    kept_keys, kept_values = [], []
    for layer, block in enumerate(body.h):
        q, k, v = _linear(_norm(x, block.ln_1), block.attn.c_attn).split(x.shape[-1], dim=-1)
        q, k, v = (t.view(batch, new, heads, -1).transpose(1, 2) for t in (q, k, v))  # [B, H, T, D]
        if keep:
            kept_keys.append(k)
            kept_values.append(v)
        if past is not None:
            k, v = past.extended(layer, k, v)
        mixed = _attend(q, k, v, mask, causal=past is None)
        x = x + _linear(mixed.transpose(1, 2).reshape(batch, new, -1), block.attn.c_proj)
        inner = F.gelu(_linear(_norm(x, block.ln_2), block.mlp.c_fc), approximate="tanh")
        x = x + _linear(inner, block.mlp.c_proj)
    if past is not None and past.in_place:
        past.length += new
    everything = torch.ones(batch, new, dtype=torch.bool, device=tokens.device)
    return _norm(x, body.ln_f), Past(kept_keys, kept_values, everything) if keep else None


def next_token_logits(model: GPT2LMHeadModel, hidden: Float[Tensor, "*B C"]) -> Float[Tensor, "*B V"]:
    """The output layer: one logit per token of the vocabulary."""
    return F.linear(hidden, model.lm_head.weight)


def _attention_mask(past: Past, new: int) -> Bool[Tensor, "B 1 T L"] | None:
    """Which of the past and the new tokens each new token may look at; None if all of them."""
    visible = past.visible[:, : past.length]
    if new == 1 and bool(visible.all()):
        return None
    causal = torch.ones(new, new, dtype=torch.bool, device=visible.device).tril()
    before = visible[:, None, None, :].expand(-1, 1, new, -1)
    return torch.cat([before, causal.expand(len(visible), 1, new, new)], dim=-1)


def _attend(q, k, v, mask: Tensor | None, *, causal: bool) -> Float[Tensor, "B H T D"]:
    """softmax(q·kᵀ/√D)·v, over what the mask shows."""
    if q.shape[2] > 1 or causal:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal)
    # One new token, as in sampling: two plain products take half the time of the fused kernel on a CPU.
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)  # [B, H, 1, L]
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    return scores.softmax(-1) @ v


def _norm(x: Tensor, layer: torch.nn.LayerNorm) -> Tensor:
    return F.layer_norm(x, layer.normalized_shape, layer.weight, layer.bias, layer.eps)


def _linear(x: Tensor, layer) -> Tensor:
    # GPT-2 keeps these weights as [in, out], the transpose of nn.Linear's.
    return torch.addmm(layer.bias, x.reshape(-1, x.shape[-1]), layer.weight).view(*x.shape[:-1], -1)


def check_context(model: GPT2LMHeadModel, length: int, what: str) -> None:
    """Raise ValueError if `length` tokens do not fit into the model's context."""
    limit = model.config.n_positions
    if length > limit:
        raise ValueError(f"{what} is {length} tokens long, but this model's context holds {limit}")
