"""GPT-2's forward pass, written out over the weights of a `transformers` model.

One forward pass does the work of pre-training, of teacher forcing and of sampling, because all three are
the same thing: new tokens look at themselves and at a **past** of keys and values. With no past it is the ordinary
forward pass; with a prompt's past shared by its G answers it scores the answers; with a growing past and one
token it is a step of sampling. `hidden_states` takes the new tokens as rows, `prefix_states` as a tree of what the rows
have in common.

Left out on purpose: dropout (a policy that forgets at random has no well-defined ratio), attention maps, heads other
than the language model's. The weights stay in the `transformers` model that they came from; the tests hold this
function to that model's own forward pass.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor
from transformers import GPT2LMHeadModel, GPT2PreTrainedModel

from rlcourse.language.model.past import Cache, Past
from rlcourse.language.model.prefixes import PrefixTree, prefix_tree

SHORT = 16
"""Up to so many new tokens two plain matrix products are quicker than the fused attention kernel (on a CPU)."""


def hidden_states(
    model: GPT2PreTrainedModel,
    tokens: Int[Tensor, "B T"],
    positions: Int[Tensor, "B T"],
    past: Past | Cache | None = None,
    *,
    keep: bool = False,
) -> tuple[Float[Tensor, "B T C"], Past | None]:
    """The final hidden state at every token (Radford et al. 2019), before the output layer.

        xₗ₊₁ = xₗ + attention(norm(xₗ)) + feed-forward(norm(…))

    Args:
        model: Its weights are used; its own forward pass, and so its dropout, is not. Any head will do.
        tokens: The new tokens. Padding stands at the end, where causal attention keeps it out of the real tokens.
        positions: Each token's position in its own sequence.
        past: What stands before the new tokens. A cache grows by them.
        keep: Return the keys and values of the new tokens as a past of their own.

    Returns:
        The hidden states, and the past of the new tokens if `keep`.
    """
    hidden, kept = _forward(model, tokens.flatten(), positions.flatten(), tokens.shape, None, past, keep)
    return hidden.view(*tokens.shape, -1), kept


def prefix_states(
    model: GPT2PreTrainedModel,
    tree: PrefixTree,
    positions: Int[Tensor, "N"],
    past: Past | None = None,
    *,
    keep: bool = False,
) -> tuple[Float[Tensor, "N C"], Past | None]:
    """The final hidden state at every node of a tree of prefixes: `hidden_states`, with nothing computed twice.

    What a layer does to each token by itself, nearly all of the work, is done once per node. Only attention, which
    looks along a row, is done row by row.

    Args:
        model: As in `hidden_states`.
        tree: The new tokens.
        positions: Each node's position in its own sequence.
        past: What stands before each of the tree's distinct rows.
        keep: Return the keys and values of the tree's distinct rows as a past of their own.
    """
    return _forward(model, tree.tokens, positions, tree.nodes.shape, tree, past, keep)


def read_prompts(
    model: GPT2PreTrainedModel, tokens: Int[Tensor, "B S"], lengths: Int[Tensor, "B"]
) -> tuple[Int[Tensor, "B"], Int[Tensor, "P"], Float[Tensor, "P C"], Past]:
    """Read P distinct prompts out of B right-padded ones.

    Returns:
        Which distinct prompt each of the B is; the distinct prompts' lengths, and their last hidden states, which
        predict the first token after them; and the past of whatever comes after them.
    """
    real = torch.arange(tokens.shape[1], device=tokens.device) < lengths[:, None]
    tree = prefix_tree(tokens, real)
    states, past = prefix_states(model, tree, tree.columns, keep=True)
    past.visible = tree.real
    lengths = past.visible.sum(1)
    ends = tree.nodes.gather(1, lengths[:, None] - 1)[:, 0]
    return tree.row_of, lengths, F.embedding(ends, states), past


def _forward(model, tokens: Int[Tensor, "N"], positions, shape: torch.Size, tree: PrefixTree | None, past, keep: bool):
    """Hidden states [N, C] of N tokens that stand in B rows of T places; without a tree N = B·T."""
    body, heads = model.transformer, model.config.n_head
    x = body.wte(tokens) + body.wpe(positions)  # [N, C]
    mask = None if past is None else _attention_mask(past.visible, shape[1], x.dtype)  # [B, 1, T, S + T]
    kept_keys, kept_values = [], []
    for layer, block in enumerate(body.h):
        qkv = _linear(_norm(x, block.ln_1), block.attn.c_attn)
        # Embedding is the way to read rows more than once whose gradient adds up fast and in a fixed order.
        qkv = qkv if tree is None else F.embedding(tree.nodes, qkv)
        q, k, v = qkv.view(*shape, 3, heads, -1).permute(2, 0, 3, 1, 4)  # [B, H, T, D]
        if keep:
            kept_keys.append(k)
            kept_values.append(v)
        if past is not None:
            k, v = past.extended(layer, k, v)
        mixed = _attend(q, k, v, mask, causal=past is None).transpose(1, 2).reshape(shape.numel(), -1)  # [B·T, C]
        mixed = mixed if tree is None else F.embedding(tree.homes, mixed)  # [N, C]
        x = x + _linear(mixed, block.attn.c_proj)
        inner = F.gelu(_linear(_norm(x, block.ln_2), block.mlp.c_fc), approximate="tanh")
        x = x + _linear(inner, block.mlp.c_proj)
    if past is not None:
        past.advance(shape[1])
    everything = torch.ones(shape, dtype=torch.bool, device=tokens.device)
    return _norm(x, body.ln_f), Past(kept_keys, kept_values, everything) if keep else None


def next_token_logits(model: GPT2LMHeadModel, hidden: Float[Tensor, "*B C"]) -> Float[Tensor, "*B V"]:
    """The output layer: one logit per token of the vocabulary."""
    return F.linear(hidden, model.lm_head.weight)


def _attention_mask(visible: Bool[Tensor, "B S"], new: int, dtype: torch.dtype) -> Float[Tensor, "B 1 T L"] | None:
    """0 for what each new token may look at, of the past and of the new tokens, and −∞ for the rest; None if all 0."""
    if new == 1 and bool(visible.all()):
        return None
    causal = torch.ones(new, new, dtype=torch.bool, device=visible.device).tril()
    before = visible[:, None, None, :].expand(-1, 1, new, -1)
    seen = torch.cat([before, causal.expand(len(visible), 1, new, new)], dim=-1)
    return torch.zeros(seen.shape, dtype=dtype, device=visible.device).masked_fill_(~seen, float("-inf"))


def _attend(q, k, v, mask: Tensor | None, *, causal: bool) -> Float[Tensor, "B H T D"]:
    """softmax(q·kᵀ/√D + mask)·v."""
    if causal or q.shape[2] > SHORT:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal)
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)  # [B, H, T, L]
    if mask is not None:
        scores += mask
    return scores.softmax(-1) @ v


def _norm(x: Float[Tensor, "N C"], layer: torch.nn.LayerNorm) -> Float[Tensor, "N C"]:
    return F.layer_norm(x, layer.normalized_shape, layer.weight, layer.bias, layer.eps)


def _linear(x: Float[Tensor, "N C"], layer) -> Float[Tensor, "N E"]:
    # GPT-2 keeps these weights as [in, out], the transpose of nn.Linear's.
    return torch.addmm(layer.bias, x, layer.weight)


def check_context(model: GPT2PreTrainedModel, length: int, what: str) -> None:
    """Raise ValueError if `length` tokens do not fit into the model's context."""
    limit = model.config.n_positions
    if length > limit:
        raise ValueError(f"{what} is {length} tokens long, but this model's context holds {limit}")
