"""Run a notebook in JupyterLab and photograph it, page by page.

    python -m tests.browser.screenshots notebooks/00_start_here.ipynb --theme light dark --out /tmp/pictures

Prints when the first picture stood there, every cell's seconds, every error, and the total; exits with 1 when a cell
failed. Works on a copy: the notebook itself is not touched. A jupytext script (`notebooks/source/NN_name.py`) does as
well as a notebook.
"""

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from playwright.sync_api import Page

from .lab import NOTEBOOK_SCROLLER, THEMES, Lab, browser_page, close_sidebar, jupyterlab, open_notebook, run_all, save

TRACKER = "@jupyterlab/notebook-extension:tracker"
PAIRING = ("source", "pyproject.toml", "jupytext.toml")
"""What could lead jupytext from a copied notebook to its twin; it is left out of the copied course."""
WATCH_FOR_A_PICTURE = """() => {
    const began = performance.now();
    const shows = one => one.getBoundingClientRect().height > 50 && (one.tagName !== 'IMG' || one.complete);
    const look = () => {
        const drawn = [...document.querySelectorAll('img, svg, canvas')];
        const there = drawn.some(one => one.closest('.jp-OutputArea-output') && shows(one));
        if (there) window.firstPicture = (performance.now() - began) / 1000;
        else requestAnimationFrame(look);
    };
    look();
}"""
"""Run on the page just before Run All: after how many seconds an output first holds a picture higher than 50 pixels."""


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    options = _parse(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    failed = 0
    for notebook in options.notebooks:
        for theme in options.theme:
            failed += photograph(notebook.resolve(), theme, options)
    return int(failed > 0)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.screenshots", description=__doc__.split("\n")[0])
    parser.add_argument("notebooks", nargs="+", type=Path, help=".ipynb notebooks or their .py twins")
    parser.add_argument("--theme", nargs="+", choices=list(THEMES), default=["light"], help="one or both")
    parser.add_argument("--width", type=int, default=1280, help="of the browser window, pixels")
    parser.add_argument("--height", type=int, default=1000, help="of the browser window, pixels")
    parser.add_argument("--sidebar", action="store_true", help="keep the file browser open, as a learner first sees it")
    parser.add_argument("--no-run", action="store_true", help="photograph without running")
    parser.add_argument("--timeout", type=float, default=300, help="seconds for Run All")
    parser.add_argument("--out", type=Path, default=Path("screenshots"), help="folder for the pictures")
    return parser.parse_args(arguments)


def photograph(notebook: Path, theme: str, options: argparse.Namespace) -> int:
    """Run one notebook in one theme and save its pictures; the cells that failed, and one more if some never ran."""
    print(f"\n{notebook.name}, {theme}, {options.width} px wide", flush=True)
    with _copied_course(notebook) as (root, name), tempfile.TemporaryDirectory() as state:
        settings = {TRACKER: {"recordTiming": True, "windowingMode": "none"}}
        profile = Path(state) / "chromium"
        with (
            jupyterlab(root, Path(state), theme=theme, settings=settings) as lab,
            browser_page(profile, width=options.width, height=options.height) as page,
        ):
            open_notebook(page, lab, name)
            if not options.sidebar:
                close_sidebar(page)
            failed = 0 if options.no_run else _run_and_report(page, lab, name, options.timeout)
            stem = f"{notebook.stem}_{theme}_{options.width}"
            pictures = [_save_picture(page, options.out / f"{stem}_{i:02d}.png") for i in _pages(page)]
    print(f"  {len(pictures)} pictures: {options.out / stem}_*.png", flush=True)
    return failed


def _run_and_report(page: Page, lab: Lab, name: str, timeout: float) -> int:
    start, cut = time.monotonic(), False
    page.evaluate(WATCH_FOR_A_PICTURE)
    try:
        run_all(page, seconds=timeout)
    except TimeoutError:
        cut = True
        print(f"  NOT FINISHED after {timeout:.0f} s: the pictures show it as it stands", flush=True)
    seconds = time.monotonic() - start
    page.wait_for_timeout(1500)  # the last widgets still draw
    first = page.evaluate("() => window.firstPicture")
    print(f"  first picture after {first:.1f} s" if first else "  no picture", flush=True)
    failed = _report(save(page, lab, name))
    print(f"  total {seconds:.1f} s, {failed} cells failed{', and some never ran' if cut else ''}", flush=True)
    return failed + cut


def _report(notebook: dict) -> int:
    """Print each code cell's seconds and complaints; the number of cells with an error."""
    failed = 0
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for number, cell in enumerate(cells):
        first_line = "".join(cell["source"]).strip().split("\n")[0][:70]
        print(f"  [{number:2d}] {_seconds(cell):>7}  {first_line}")
        wrong = [output for output in cell["outputs"] if output["output_type"] == "error"]
        failed += bool(wrong) and "raises-exception" not in cell["metadata"].get("tags", [])
        for output in cell["outputs"]:
            if output["output_type"] == "error":
                print(f"       ERROR {output['ename']}: {output['evalue']}")
            elif output.get("name") == "stderr":
                print(f"       STDERR {''.join(output['text']).strip()[:400]}")
    return failed


def _seconds(cell: dict) -> str:
    """How long a cell ran, by the times that JupyterLab recorded."""
    times = cell["metadata"].get("execution", {})
    start, end = times.get("iopub.execute_input"), times.get("shell.execute_reply")
    if not start or not end:
        return "–"
    return f"{(datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds():.2f} s"


def _pages(page: Page) -> Iterator[int]:
    """Scroll the notebook from top to bottom, a window at a time with a little overlap."""
    scroller = page.locator(NOTEBOOK_SCROLLER).first
    size = scroller.evaluate(
        """box => {
            const cells = [...box.querySelectorAll('.jp-Cell')];
            const bottom = Math.max(...cells.map(cell => cell.getBoundingClientRect().bottom));
            return {height: bottom - box.getBoundingClientRect().top + box.scrollTop, window: box.clientHeight};
        }"""
    )
    step = size["window"] - 60
    count = max(1, math.ceil((size["height"] - 60) / step))
    for number in range(count):
        scroller.evaluate("(box, top) => box.scrollTo(0, top)", number * step)
        page.wait_for_timeout(300)
        yield number


def _save_picture(page: Page, path: Path) -> Path:
    page.locator(NOTEBOOK_SCROLLER).first.screenshot(path=path)
    return path


@contextmanager
def _copied_course(notebook: Path) -> Iterator[tuple[Path, str]]:
    """A folder to serve, with a copy of the notebook and links to what stands around it (pictures, assets)."""
    folder = notebook.parent.parent if notebook.suffix == ".py" else notebook.parent
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        target = root / folder.name
        target.mkdir()
        for beside, place in ((folder.parent, root), (folder, target)):
            for item in beside.iterdir():
                hidden = item.name.startswith(".") or item.name in PAIRING
                if not hidden and not (place / item.name).exists() and item != notebook:
                    (place / item.name).symlink_to(item)
        copy = target / f"{notebook.stem}.ipynb"
        copy.unlink(missing_ok=True)
        copy.write_text(_notebook_json(notebook))
        yield root, f"{target.name}/{copy.name}"


def _notebook_json(path: Path) -> str:
    """The text of a notebook, converted first where it is a jupytext script, and without its pairing.

    When a paired notebook is saved, jupytext writes its twin too: never from a copy.
    """
    if path.suffix == ".py":
        import jupytext  # only scripts need it

        notebook = jupytext.read(path)
    else:
        notebook = json.loads(path.read_text())
    notebook["metadata"].setdefault("kernelspec", {"name": "python3", "display_name": "Python 3", "language": "python"})
    notebook["metadata"].pop("jupytext", None)
    return json.dumps(notebook)


if __name__ == "__main__":
    sys.exit(main())
