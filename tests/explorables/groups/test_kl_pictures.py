"""Pictures of KL estimates: the means and spreads are those of the numbers given, and so is what the words say."""

import numpy as np
import pytest
import torch

from rlcourse.equations import categorical_kl, kl_k1, kl_k2, kl_k3, surrogate
from rlcourse.explorables.groups.kl_pictures import gradient_picture, kl_picture

PI, REF = torch.tensor([0.6, 0.3, 0.1]), torch.tensor([0.2, 0.3, 0.5])
TOKENS = ["yes", "no", "rare"]
ESTIMATES = {name: kl(PI.log(), REF.log()) for name, kl in (("k1", kl_k1), ("k2", kl_k2), ("k3", kl_k3))}


def gradient(loss):
    logits = PI.log().requires_grad_()
    loss(logits).backward()
    return logits.grad


def as_loss(kl):
    return gradient(lambda logits: (PI * kl(logits.log_softmax(-1), REF.log())).sum())


def test_each_estimate_is_drawn_with_its_mean_and_spread():
    exact = categorical_kl(PI.log(), REF.log()).item()
    picture = kl_picture(ESTIMATES, PI, exact, TOKENS)
    (axes,) = picture.figure.axes
    dots = axes.collections[0].get_offsets()[:, 1].tolist()
    assert dots == pytest.approx(ESTIMATES["k1"].tolist())
    samples = torch.multinomial(PI, 200_000, replacement=True, generator=torch.Generator().manual_seed(0))
    for label, values in zip(axes.get_xticklabels(), ESTIMATES.values(), strict=True):
        mean, spread = (float(x.replace("−", "-")) for x in label.get_text().split("\n")[1].split(" ± "))
        assert mean == pytest.approx(values[samples].mean().item(), abs=0.01)
        assert spread == pytest.approx(values[samples].std().item(), abs=0.01)
    assert axes.get_xticklabels()[0].get_text().split("\n")[1].startswith(f"{exact:.3f}"), "k1 is unbiased"
    assert axes.lines[1].get_ydata()[0] == pytest.approx(exact)
    assert "k3: mean" in picture.alt


def test_an_estimate_of_other_tokens_is_refused():
    with pytest.raises(ValueError, match="k1"):
        kl_picture({"k1": torch.zeros(2)}, PI, 0.0, TOKENS)


def test_every_dot_has_the_name_of_its_token():
    (axes,) = kl_picture(ESTIMATES, PI, 0.0, TOKENS).figure.axes
    named = {(note.get_text(), *(round(z, 5) for z in note.xy)) for note in axes.texts}
    dots = [dot for column in axes.collections[:5:2] for dot in column.get_offsets().tolist()]
    values = [value for estimate in ESTIMATES.values() for value in estimate.tolist()]
    assert [dot[1] for dot in dots] == pytest.approx(values)
    assert named == {(token, *(round(z, 5) for z in dot)) for token, dot in zip(TOKENS * 3, dots, strict=True)}


def test_equal_estimates_do_not_hide_each_other():
    (axes,) = kl_picture({"k1": torch.ones(3)}, PI, 0.0, TOKENS).figure.axes
    assert len({x for x, _ in axes.collections[0].get_offsets().tolist()}) == 3


def test_the_words_name_the_extreme_tokens():
    (k3,) = (part for part in kl_picture(ESTIMATES, PI, 0.0, TOKENS).alt.split("; ") if part.startswith("k3"))
    assert k3.endswith("from 0.000 for “no” to 2.391 for “rare”.")


def test_numbers_below_0_have_the_minus_that_people_read():
    words = kl_picture(ESTIMATES, PI, 0.0, TOKENS).alt
    assert "from −1.609 for “rare”" in words


@pytest.mark.parametrize("tokens", [["a", "b"], ["a", "b", "c", "d"]])
def test_a_missing_name_is_refused(tokens):
    with pytest.raises(ValueError, match=f"tokens must have 3 names, got {len(tokens)}"):
        kl_picture(ESTIMATES, PI, 0.0, tokens)


def test_the_words_say_which_gradient_a_loss_has():
    exact = {
        "forward": gradient(lambda logits: categorical_kl(logits, REF.log())),
        "reverse": gradient(lambda logits: categorical_kl(REF.log(), logits)),
    }
    losses = {"k1": as_loss(kl_k1), "k2": as_loss(kl_k2), "k3": as_loss(kl_k3), "wrong": torch.ones(3)}
    picture = gradient_picture(exact, losses, ["a", "b", "c"])
    for words in ("k1 is zero", "k2 is forward", "k3 is reverse", "wrong is neither"):
        assert words in picture.alt


def test_markers_stand_on_the_bars_they_belong_to():
    exact = {"forward": torch.tensor([0.1, -0.1]), "reverse": torch.tensor([0.2, -0.2])}
    losses = {"k1": torch.zeros(2), "k2": exact["forward"], "k3": exact["reverse"]}
    (axes,) = gradient_picture(exact, losses, ["a", "b"]).figure.axes
    tops = {(round(p.get_x() + p.get_width() / 2, 3), round(p.get_height(), 3)) for p in axes.patches}
    _, k1, k2, k3 = axes.lines
    for line in (k2, k3):
        assert {(round(x, 3), round(y, 3)) for x, y in zip(*line.get_data(), strict=True)} <= tops
    assert list(k1.get_ydata()) == [0, 0]


def test_weighted_by_the_ratio_k1_and_k3_have_the_gradient_and_k2_has_not():
    exact = {
        "forward": gradient(lambda logits: categorical_kl(logits, REF.log())),
        "reverse": gradient(lambda logits: categorical_kl(REF.log(), logits)),
    }
    kls = {"k1": kl_k1, "k2": kl_k2, "k3": kl_k3}
    plain = {name: as_loss(kl) for name, kl in kls.items()}
    weighted = {
        name: as_loss(lambda logprobs, ref, kl=kl: surrogate(logprobs, PI.log(), kl(logprobs, ref)))
        for name, kl in kls.items()
    }
    picture = gradient_picture(exact, plain, TOKENS, weighted=weighted)
    first, second = picture.alt.split(". Weighted by the ratio: ")
    assert first.endswith("k1 is zero; k2 is forward; k3 is reverse")
    assert second == "k1 is forward; k2 is neither; k3 is forward."
    left, right = picture.figure.axes
    assert [axes.get_title(loc="left") for axes in (left, right)] == ["as they stand", "weighted by the ratio"]
    for axes, losses in ((left, plain), (right, weighted)):
        drawn = [line.get_ydata() for line in axes.lines[1:]]
        assert [list(y) for y in drawn] == [loss.tolist() for loss in losses.values()]
    (legend,) = picture.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [*kls, "forward", "reverse"]


def test_markers_of_one_gradient_do_not_hide_each_other():
    exact = {"forward": torch.tensor([0.1, -0.1]), "reverse": torch.tensor([0.2, -0.2])}
    losses = {"k1": exact["forward"], "k2": torch.zeros(2), "k3": exact["forward"]}
    _, k1, _, k3 = gradient_picture(exact, losses, ["a", "b"]).figure.axes[0].lines
    assert min(abs(k1.get_xdata() - k3.get_xdata())) > 0.1
    for line in (k1, k3):  # both still over the bar
        assert max(abs(line.get_xdata() - (np.arange(2) - 0.17))) < 0.16
