"""The instructor's notebooks: the shipped ones, cell by cell, and between them what only the instructor sees."""

import nbformat
import pytest

from rlcourse.course.contents import CONTENTS
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.files import NOTEBOOKS
from rlcourse.teaching import instructor
from rlcourse.teaching.__main__ import main
from rlcourse.teaching.instructor import instructor_version, notes_on, write_instructor_versions


@pytest.fixture(scope="module")
def versions():
    """Number → the notebook as it is shipped, and the instructor's."""
    shipped = {one.number: nbformat.read(NOTEBOOKS / f"{one.file}.ipynb", as_version=4) for one in CONTENTS}
    return {number: (notebook, instructor_version(notebook, number)) for number, notebook in shipped.items()}


def test_without_what_was_added_it_is_what_students_have(versions):
    for students, ours in versions.values():
        assert [cell for cell in ours.cells if "-teach-" not in cell.id] == students.cells
        nbformat.validate(ours)


def test_every_exercise_question_and_prediction_has_its_answer_below_it(versions):
    added = "\n".join(cell.source for _, ours in versions.values() for cell in ours.cells if "-teach-" in cell.id)
    solved = {name for name in EXERCISES if f'EXERCISES["{name}"].reference' in added}
    asked = {name for name in EXERCISES for students, _ in versions.values() for cell in students.cells
             if f'check("{name}"' in cell.source}  # fmt: skip
    assert solved == asked and len(solved) > 35
    assert (
        "**Prediction `careful_out`.**" in added
        and "✓ **The cell it stands in and the direction it looks in**" in added
    )


def test_solved_cells_solve(versions):
    """The stub's names are taken over: result and function, as the cells below use them."""
    _, ours = versions["02"]
    stub = next(i for i, cell in enumerate(ours.cells) if 'check("maze_step", my_maze_step)' in cell.source)
    names = {"check": lambda name, function: (name, function)}
    exec(ours.cells[stub + 2].source, names)  # beneath the words with the solution
    assert names["my_step_result"] == ("maze_step", EXERCISES["maze_step"].reference)


def test_a_section_has_the_notes_of_all_plans_that_stop_there():
    notes = notes_on("02", "8")
    assert notes.count("*90 minutes*") == notes.count("*half a day*") == 1
    assert "reward you **wrote**" in notes and "](" not in notes
    assert notes_on("12", "2") == ""


def test_files_are_written_anew_unless_somebody_has_changed_them(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(instructor, "notebooks_there", lambda: {"00", "02"})
    folder = tmp_path / "copies"
    assert write_instructor_versions(folder) == (["00_start_here.ipynb", "02_maze.ipynb"], [])
    (folder / "02_maze.ipynb").write_text("my own notes", encoding="utf-8")
    assert main(["instructor", str(folder)]) == 0
    assert "Left as they are" in (said := capsys.readouterr().out) and "02_maze.ipynb" in said
    assert (folder / "02_maze.ipynb").read_text(encoding="utf-8") == "my own notes"


def test_after_a_kill_half_way_what_was_written_is_still_ours(tmp_path, monkeypatch):
    monkeypatch.setattr(instructor, "notebooks_there", lambda: {"00", "02"})
    write_instructor_versions(tmp_path / "copies")
    real, written = instructor.write_whole, []

    def killed(path, text):
        if len(written) == 2:  # the mark, and one notebook in a newer version
            raise KeyboardInterrupt
        written.append(real(path, text))

    with monkeypatch.context() as newer, pytest.raises(KeyboardInterrupt):
        newer.setattr(instructor, "_made", lambda one: f"newer {one.number}")
        newer.setattr(instructor, "write_whole", killed)
        write_instructor_versions(tmp_path / "copies")
    assert (tmp_path / "copies" / "00_start_here.ipynb").read_text() == "newer 00"
    assert write_instructor_versions(tmp_path / "copies")[1] == []


def test_the_courses_own_folder_is_refused(capsys):
    assert main(["instructor", str(NOTEBOOKS)]) == 1
    assert "other than the course's own" in capsys.readouterr().err
