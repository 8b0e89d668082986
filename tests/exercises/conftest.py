import pytest


@pytest.fixture(autouse=True)
def progress_file(tmp_path, monkeypatch):
    """Every test keeps a record of its own, and the user's stays as it is."""
    path = tmp_path / "data" / "progress.json"
    monkeypatch.setenv("RLCOURSE_PROGRESS", str(path))
    return path
