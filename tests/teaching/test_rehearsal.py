"""A hub that runs, with a student in it: slow, so it is started once, and everything is looked at in that one."""

import asyncio
import json
import os
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from rlcourse.teaching.hub.proxy import NoProxy, proxy_command
from rlcourse.teaching.hub.serving import class_server

if sys.platform == "win32":
    pytest.skip("JupyterHub does not run on Windows", allow_module_level=True)
pytest.importorskip("jupyterhub", reason="JupyterHub is not installed; the `workshop` extra brings it")

from rlcourse.teaching.hub.rehearsing import hold_round

LOOKS = """
import json, os, pathlib
from rlcourse.exercises.keeping import record_path
print(json.dumps([os.environ["OMP_NUM_THREADS"], str(pathlib.Path.home()), os.getcwd(), str(record_path())]))
"""
TAKES_TOO_MUCH = """
try:
    bytearray(2_000_000_000)
    print("taken")
except MemoryError:
    print("refused")
"""


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    """(the hub's folder, what a round of one student out of two brought, who listens, another's door)."""
    try:
        proxy_command(fetch="CI" in os.environ)
    except NoProxy as why:
        pytest.skip(str(why))
    folder, source = tmp_path_factory.mktemp("class"), tmp_path_factory.mktemp("notebooks")
    cells = [new_code_cell(LOOKS), new_code_cell(TAKES_TOO_MUCH), new_code_cell("1 / 0"), new_code_cell("2 + 2")]
    notebook = new_notebook(cells=cells)
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, source / "tiny.ipynb")
    with class_server(folder, ["student1", "student2"], memory="1G", source=source) as hub:
        told = []
        with ThreadPoolExecutor(1) as thread:  # in this one Playwright's loop may be running, of an earlier test
            done = thread.submit(asyncio.run, hold_round(hub, ["student1"], {"00": "tiny"}, 0.0, told.append)).result()
        family = [psutil.Process(hub.process.pid), *psutil.Process(hub.process.pid).children(recursive=True)]
        listening = {
            one.laddr.ip for process in family for one in process.net_connections("tcp") if one.status == "LISTEN"
        }
        refused = refusals(hub)
    left = [process for process in family if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
    return folder, done, listening, refused, left


def ask(hub, path, token, method="GET"):
    request = urllib.request.Request(f"{hub.url}/{path}", headers={"Authorization": f"token {token}"}, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def refusals(hub):
    """What the hub answers to student2 who asks for student1's notebooks, and to somebody without a token."""
    token = ask(hub, "hub/api/users/student2/tokens", hub.token, "POST")["token"]
    assert ask(hub, "hub/api/user", token)["name"] == "student2"
    codes = []
    for who in (token, "nothing"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            ask(hub, "user/student1/api/contents/notebooks/tiny.ipynb", who)
        codes.append(refused.value.code)
        refused.value.close()
    return codes


def outputs(folder):
    notebook = nbformat.read(folder / "students" / "student1" / "notebooks" / "tiny.ipynb", as_version=4)
    return [cell.outputs for cell in notebook.cells]


def test_a_round_measures_every_cell_and_notes_the_one_that_fails(held):
    _, done, *_ = held
    assert done.errors == ["student1, 00, cell 2: ZeroDivisionError: division by zero"]
    assert len(done.cells["00"]) == 4 and min(done.cells["00"]) > 0
    assert done.start > 0 and done.processor > 0
    assert 3e7 < done.each < 2e9 and 3e7 < done.hub < 2e9
    assert max(done.each, done.hub) < done.together <= done.each + done.hub + 2e8


def test_a_student_has_one_thread_a_folder_and_a_record_of_their_own(held):
    folder, *_ = held
    threads, home, works_in, progress = json.loads(outputs(folder)[0][0].text)
    own = str(folder / "students" / "student1")
    assert threads == "1" and home == own and works_in == f"{own}/notebooks" and progress.startswith(own)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has such a limit")
def test_a_program_that_takes_more_than_its_memory_is_refused_it(held):
    folder, *_ = held
    assert outputs(folder)[1][0].text == "refused\n"


def test_the_notebook_is_saved_with_what_came_out(held):
    folder, *_ = held
    assert outputs(folder)[3][0].data["text/plain"] == "4"


def test_nobody_outside_and_nobody_else_inside_gets_in(held):
    _, _, listening, refused, _ = held
    assert listening == {"127.0.0.1"}
    assert set(refused) <= {401, 403, 404}


def test_when_the_hub_stops_nothing_of_it_runs_on(held):
    assert held[-1] == []
