"""The score: on the last real token, moved by the end-of-text token and by nothing that stands behind it."""

import pytest
import torch
from transformers import AutoTokenizer, GPT2ForSequenceClassification

from rlcourse.language import RewardModel, TextWorld, load_reward_model, new_reward_model
from rlcourse.language.model.policy import LanguagePolicy
from rlcourse.language.model.reward_model import answer_scores, centre_scores
from tests.language.conftest import tiny_gpt2

PROMPT = "Question: What is 2+2?\nAnswer:"
PROMPTS = [PROMPT, PROMPT, "What", "The robot turned left and", "What"]
ANSWERS = [" 2+2 is 4.", " I guess 2+2 is 5.", " is it?", " laughed.", ""]
FINISHED = [True, False, True, False, True]


@pytest.fixture
def reward_model(model, tokenizer):
    return _with_random_head(new_reward_model(model, tokenizer))


def _with_random_head(made):
    with torch.no_grad():  # not constant: the last norm's output adds up to 0
        made.model.score.weight.normal_(generator=torch.Generator().manual_seed(0))
    return made


def _ids(reward_model, prompt, answer, finished):
    text = prompt + answer + ("<|endoftext|>" if finished else "")
    return reward_model.tokenizer(text, return_tensors="pt").input_ids


def test_the_score_is_the_heads_number_at_the_last_token(reward_model):
    scores = reward_model.scores(PROMPTS, ANSWERS, FINISHED)
    for row, (prompt, answer, finished) in enumerate(zip(PROMPTS, ANSWERS, FINISHED, strict=True)):
        ids = _ids(reward_model, prompt, answer, finished)
        hidden = reward_model.model.transformer(ids).last_hidden_state
        assert ids[0, -1].eq(0) == finished
        torch.testing.assert_close(scores[row], reward_model.model.score(hidden[0, -1])[0], rtol=0, atol=1e-9)


def test_transformers_gives_the_same_scores_for_a_padded_batch(reward_model):
    """Its class looks for the last token that is not padding; were padding the end of text, it would stop too early."""
    tokenizer = reward_model.tokenizer
    texts = [prompt + answer + "<|endoftext|>" for prompt, answer in zip(PROMPTS, ANSWERS, strict=True)]
    batch = tokenizer(texts, return_tensors="pt", padding=True)
    assert tokenizer.pad_token_id == reward_model.model.config.pad_token_id != tokenizer.eos_token_id
    with torch.no_grad():
        theirs = reward_model.model(**batch).logits[:, 0]
    torch.testing.assert_close(reward_model.scores(PROMPTS, ANSWERS), theirs, rtol=0, atol=1e-9)


def test_the_end_of_text_changes_the_score(reward_model):
    finished, cut_off = (reward_model.scores(PROMPTS, ANSWERS, [ended] * 5) for ended in (True, False))
    assert ((finished - cut_off).abs() > 1e-3).all()


@pytest.mark.parametrize("garbage", [0, 1, 17])
def test_padding_does_not_change_the_score(reward_model, garbage):
    tokenizer = reward_model.tokenizer
    prompts, answers = ([tokenizer(text).input_ids for text in texts] for texts in (PROMPTS[:4], ANSWERS[:4]))
    lengths = [torch.tensor([len(ids) for ids in rows]) for rows in (prompts, answers)]
    expected = reward_model.scores(PROMPTS[:4], ANSWERS[:4], [False] * 4)
    for extra in (0, 1, 6):
        padded = [
            torch.tensor([ids + [garbage] * (max(map(len, rows)) + extra - len(ids)) for ids in rows])
            for rows in (prompts, answers)
        ]
        scores = answer_scores(reward_model.model, padded[0], lengths[0], padded[1], lengths[1])
        torch.testing.assert_close(scores, expected, rtol=0, atol=1e-9)


def test_the_company_a_row_is_in_does_not_change_its_score(reward_model):
    together = reward_model.scores(PROMPTS, ANSWERS, FINISHED)
    for row in range(len(PROMPTS)):
        alone = reward_model.scores(PROMPTS[row : row + 1], ANSWERS[row : row + 1], FINISHED[row : row + 1])
        torch.testing.assert_close(alone[0], together[row], rtol=0, atol=1e-9)


def test_gradients_are_those_of_transformers(reward_model):
    reward_model.scores(PROMPTS, ANSWERS).sum().backward()
    ours = [weight.grad.clone() for weight in reward_model.parameters()]
    reward_model.model.zero_grad()
    texts = [prompt + answer + "<|endoftext|>" for prompt, answer in zip(PROMPTS, ANSWERS, strict=True)]
    reward_model.model(**reward_model.tokenizer(texts, return_tensors="pt", padding=True)).logits.sum().backward()
    for mine, weight in zip(ours, reward_model.parameters(), strict=True):
        torch.testing.assert_close(mine, weight.grad, rtol=1e-7, atol=1e-9)


def test_a_new_reward_model_says_0_and_shares_nothing(tokenizer):
    model = tiny_gpt2(len(tokenizer))
    made = new_reward_model(model, tokenizer)
    assert made.score(PROMPTS, ANSWERS) == [0.0] * 5
    before = model.transformer.wte.weight.clone()
    with torch.no_grad():
        made.model.transformer.wte.weight.add_(1.0)
    assert torch.equal(model.transformer.wte.weight, before)
    assert tokenizer.pad_token == "<|endoftext|>" and model.config.pad_token_id == 0


def test_dropout_plays_no_part(tokenizer):
    made = _with_random_head(new_reward_model(tiny_gpt2(len(tokenizer), dropout=0.5), tokenizer))
    still = made.scores(PROMPTS, ANSWERS)
    made.model.train()
    assert torch.equal(made.scores(PROMPTS, ANSWERS), still)


def test_the_reward_function_reads_equal_answers_once(reward_model, monkeypatch):
    read, real = [], reward_model.scores
    monkeypatch.setattr(reward_model, "scores", lambda *rows: read.append(len(rows[0])) or real(*rows))
    first = reward_model.score(PROMPTS * 3, ANSWERS * 3, FINISHED * 3)
    assert read == [3] and first == first[:5] * 3  # and those that were cut off not at all
    assert reward_model.score([], []) == []


def test_scores_are_those_of_the_present_weights(reward_model):
    before = reward_model.score(PROMPTS, ANSWERS)
    optimizer = torch.optim.AdamW(reward_model.parameters(), lr=1e-2, fused=True)
    reward_model.scores(PROMPTS, ANSWERS).sum().backward()
    optimizer.step()
    changed = reward_model.score(PROMPTS, ANSWERS)
    assert all(a != b for a, b in zip(before, changed, strict=True))
    assert changed == reward_model.scores(PROMPTS, ANSWERS).tolist()


def test_a_score_does_not_depend_on_what_was_scored_before(reward_model):
    """To the bit, or a run that was resumed would differ from one that never stopped."""
    reward_model.model.float()
    alone = reward_model.score(PROMPTS, ANSWERS, FINISHED)
    reward_model.score(PROMPTS[:3], ANSWERS[:3], FINISHED[:3])
    assert reward_model.score(PROMPTS, ANSWERS, FINISHED) == alone


def test_a_cut_off_answer_gets_its_fixed_score_and_is_not_read(reward_model, monkeypatch):
    raw = reward_model.scores(PROMPTS, ANSWERS, FINISHED).tolist()
    expected = [score if finished else -3.0 for score, finished in zip(raw, FINISHED, strict=True)]
    assert reward_model.score(PROMPTS, ANSWERS, FINISHED) == pytest.approx(expected)
    mild = RewardModel(reward_model.model, reward_model.tokenizer, cut_off_score=-0.25)
    monkeypatch.setattr(mild, "scores", None)
    assert mild.score(PROMPTS, ANSWERS, [False] * 5) == [-0.25] * 5


def test_it_pays_in_the_text_world_and_hears_which_answers_were_cut_off(reward_model, model, tokenizer):
    world = TextWorld([PROMPT, "What"], reward_model.score, prompts_per_step=4, max_new_tokens=6)
    generator = torch.Generator().manual_seed(0)
    episodes = world.sample_groups(
        LanguagePolicy(model, tokenizer), num_generations=30, temperature=1.0, generator=generator
    )
    ended = ((episodes.actions == 0) & episodes.mask).any(1)
    assert 0 < ended.sum() < len(ended)
    texts = [
        tokenizer.decode(a[m], skip_special_tokens=True) for a, m in zip(episodes.actions, episodes.mask, strict=True)
    ]
    seen = episodes.observations
    rows = zip(seen["prompt_tokens"], seen["prompt_lengths"], strict=True)
    prompts = [tokenizer.decode(tokens[:length]) for tokens, length in rows]
    expected = torch.tensor(reward_model.score(prompts, texts, ended.tolist()))
    torch.testing.assert_close(episodes.rewards, expected)


def test_centring_moves_every_score_by_the_same_number(reward_model):
    before = reward_model.scores(PROMPTS, ANSWERS, FINISHED)
    mean = centre_scores(reward_model, PROMPTS[:3], ANSWERS[:3])
    assert mean == pytest.approx(sum(reward_model.scores(PROMPTS[:3], ANSWERS[:3]).tolist()) / 3 + mean)
    torch.testing.assert_close(reward_model.scores(PROMPTS, ANSWERS, FINISHED), before - mean, rtol=0, atol=1e-9)
    assert sum(reward_model.score(PROMPTS[:3], ANSWERS[:3])) == pytest.approx(0, abs=1e-9)


def test_what_is_saved_is_loaded_by_us_and_by_transformers(reward_model, tmp_path):
    reward_model.model.float()
    reward_model.save(tmp_path / "judge")
    again = load_reward_model(tmp_path / "judge", device="cpu")
    assert again.score(PROMPTS, ANSWERS) == pytest.approx(reward_model.score(PROMPTS, ANSWERS), abs=1e-5)
    assert again.tokenizer.pad_token_id == reward_model.tokenizer.pad_token_id
    plain = GPT2ForSequenceClassification.from_pretrained(tmp_path / "judge")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "judge")
    texts = [prompt + answer + tokenizer.eos_token for prompt, answer in zip(PROMPTS, ANSWERS, strict=True)]
    with torch.no_grad():
        theirs = plain(**tokenizer(texts, return_tensors="pt", padding=True)).logits[:, 0]
    assert theirs.tolist() == pytest.approx(again.score(PROMPTS, ANSWERS), abs=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], []), "at least one, got 0, 0 and 0"),
        (([PROMPT], ANSWERS), "got 1, 5 and 5"),
        (([PROMPT], [" 4."], [True, False]), "got 1, 1 and 2"),
        (([""], [" 4."]), "prompt_lengths must be at least 1, got 0"),
        (([PROMPT], [" é"]), "does not know 'é'"),
        (([PROMPT], [" 4." * 30]), "this model's context holds 48"),
    ],
)
def test_what_cannot_be_scored_is_refused(reward_model, arguments, message):
    with pytest.raises(ValueError, match=message):
        reward_model.scores(*arguments)
    if arguments != ([], []):  # as a reward function it may be asked about nothing
        with pytest.raises(ValueError, match=message):
            reward_model.score(*arguments)


def test_a_score_that_is_no_number_is_refused(reward_model):
    with pytest.raises(ValueError, match="cut_off_score must be a finite number, got -inf"):
        RewardModel(reward_model.model, reward_model.tokenizer, cut_off_score=float("-inf"))


def test_an_untrained_head_cannot_be_centred(model, tokenizer):
    with pytest.raises(ValueError, match="its head is still 0"):
        centre_scores(new_reward_model(model, tokenizer), PROMPTS, ANSWERS)
