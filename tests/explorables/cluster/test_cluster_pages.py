"""A run elsewhere: every page is what `rlcourse.scale` says, or why it refuses."""

from rlcourse.explorables import machine_files, other_names, told_to_trl
from rlcourse.explorables.cluster.machine_files import CONTROLS, PLACES, machine_page
from rlcourse.explorables.cluster.other_names import FILTERS, GROUPS, names_page
from rlcourse.explorables.cluster.told_to_trl import told_page
from rlcourse.scale import NAMES, Machine, Run, accelerate_file, told_otherwise, trl_settings
from rlcourse.scale.plan import Plan


def at(place, sharding, sampler):
    words = {"place": place, "sharding": sharding, "sampler": sampler}
    return {one.name: one.words.index(words[one.name]) for one in CONTROLS}


def test_a_machines_page_has_its_file_with_what_is_new_set_apart():
    words, page = machine_page(at("8 GPUs", "fsdp", "vllm"))
    assert "--on gpus --processes 8 --sharding fsdp --sampler vllm" in page
    assert words == "8 billion weights with their gradients and optimiser take 16 GB on each GPU, of its 80."
    file = accelerate_file(Machine("gpus", processes=8, sharding="fsdp", sampler="vllm"))
    usual = accelerate_file(Machine()).splitlines()
    new = [line for line in file.splitlines() if line not in usual]
    assert page.count('class="rlc-new"') == len(new) > 5
    laptop = machine_page(at("this laptop", "copies", "generate"))[1]
    assert 'class="rlc-new"' not in laptop and "distributed_type: &#x27;NO&#x27;" in laptop
    assert "too much for one of 80" in machine_page(at("8 GPUs", "copies", "vllm"))[0]


def test_an_order_that_cannot_be_is_refused_in_machines_own_words():
    words, page = machine_page(at("1 GPU", "zero3", "generate"))
    assert words.startswith("Refused: sharding='zero3' divides among several GPUs") and "accelerate.yaml" not in page
    refused = [machine_page(at(place, "fsdp", "generate"))[0].startswith("Refused") for place in PLACES]
    assert refused == [True, True, True, False, False, False]


def test_the_names_of_a_filter_are_counted():
    every = sum(map(len, NAMES.values()))
    state = {"group": 0, "only": FILTERS.index("another default")}
    count = sum(name.trap == "default" for group in NAMES.values() for name in group)
    words, page = names_page(state)
    assert words == f"{count} of {every} settings (all groups)." and page.count("<tr>") > count
    assert names_page({"group": GROUPS.index("How much"), "only": 0})[0] == "6 settings (How much)."
    assert len(other_names().view.pages) == len(GROUPS) * len(FILTERS)


def test_what_trl_is_told_is_split_into_what_differs_and_what_does_not():
    told = trl_settings(Run(), Machine())
    plan = Plan("sft", "sums", 100, told, {})
    rows = [told_page(plan, {"lines": i})[1].count("<tr>") - 1 for i in range(3)]
    assert rows == [len(told_otherwise(told)), len(told) - len(told_otherwise(told)), len(told)]
    assert "dapo" in told_page(plan, {"lines": 0})[1]
    assert told_to_trl(plan).view.shown == told_page(plan, {"lines": 0})


def test_all_files_together_are_small():
    assert sum(len(page) for _, page in machine_files().view.pages) < 150_000
