"""The tokenizer: a digit is a token, every text comes back as it was, and strangers are named."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from rlcourse.language.model.tokenizer import END_OF_TEXT, encode

known_text = st.text(alphabet=string.ascii_letters + string.digits + string.punctuation + " \n")


@given(known_text)
def test_decoding_gives_the_text_back(tokenizer, text):
    assert tokenizer.decode(encode(tokenizer, [text])[0]) == text or END_OF_TEXT in text or "<|unknown|>" in text


@given(st.integers(0, 10**12))
def test_every_digit_is_a_token_of_its_own(tokenizer, number):
    assert tokenizer.convert_ids_to_tokens(encode(tokenizer, [str(number)])[0]) == list(str(number))
    assert tokenizer.convert_ids_to_tokens(encode(tokenizer, [f" is {number}."])[0])[-2] == str(number)[-1]


def test_common_words_are_one_token(tokenizer):
    ids = encode(tokenizer, ["Question: What is 2+2?\nAnswer:"])[0]
    assert tokenizer.convert_ids_to_tokens(ids)[:4] == ["Question", ":", " What", " is"]
    assert len(tokenizer) <= 400


@pytest.mark.parametrize(("text", "character"), [("naïve", "ï"), ("2+2=四", "四"), ("a\tb", "\\\\t"), ("🤖", "🤖")])
def test_an_unknown_character_is_named(tokenizer, text, character):
    with pytest.raises(ValueError, match=f"does not know '{character}'"):
        encode(tokenizer, [text])


def test_a_long_text_is_not_repeated_whole(tokenizer):
    with pytest.raises(ValueError, match="does not know 'é', 'ö'") as caught:
        encode(tokenizer, ["éö" * 1000])
    assert len(str(caught.value)) < 250


def test_the_unknown_token_itself_cannot_be_written(tokenizer):
    with pytest.raises(ValueError, match=r"does not know '<\|unknown\|>'"):
        encode(tokenizer, ["say <|unknown|>"])


def test_something_that_is_not_a_list_of_strings_is_refused(tokenizer):
    with pytest.raises(TypeError, match="list of strings"):
        encode(tokenizer, "What is 2+2?")


def test_any_reader_of_such_folders_gets_the_same_tokenizer(tokenizer, tmp_path):
    tokenizer.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    text = "Question: What is 12+7?\nAnswer: I guess 12+7 is 19."
    assert again(text).input_ids == tokenizer(text).input_ids
    assert again.decode(again(text).input_ids) == text
    assert again.eos_token == again.pad_token == END_OF_TEXT
