"""A JupyterLab server and a headless Chromium, and the few things a learner does with them.

Playwright (from PyPI) drives the Chromium or Chrome that the machine already has, by its path, so that no browser
is downloaded. The server gets its own configuration, data and settings folders: nothing of the user's is read or
written, the progress file of the exercises included. Left out: anything a learner does not do.
"""

import atexit
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Locator, Page, Playwright, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from rlcourse.course import ready_kernels

from .warm_kernels import warm_kernels

HOW_TO_INSTALL = (
    "no Chromium or Chrome was found; install one (on Debian and Ubuntu: apt-get install chromium fonts-dejavu-core), "
    "put it on PATH, or give its path in the environment variable CHROMIUM"
)
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
_MAC_APPS = ("/Applications/Chromium.app/Contents/MacOS/Chromium",
             "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")  # fmt: skip
_CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
NOTEBOOK_SCROLLER = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-WindowedPanel-outer"


def find_chromium() -> str | None:
    """The path of a Chromium or Chrome on this machine, or None."""
    candidates = [os.environ.get("CHROMIUM"), *map(shutil.which, _NAMES), *_MAC_APPS]
    return next((path for path in candidates if path and Path(path).exists()), None)


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab server."""

    url: str
    token: str
    root: Path
    """The folder it serves."""

    def address(self, notebook: str) -> str:
        """Where the browser finds a notebook, in a workspace of its own."""
        return f"{self.url}/lab/tree/{notebook}?token={self.token}&reset"


@contextmanager
def jupyterlab(root: Path, state: Path, *, theme: str = "light", settings: Mapping | None = None) -> Iterator[Lab]:
    """Serve `root` with JupyterLab on a free loopback port until the block ends.

    `state` is an empty folder for everything the server keeps. `settings` are JupyterLab settings by plugin, such as
    {"@jupyterlab/notebook-extension:tracker": {"recordTiming": True}}.
    """
    _write_settings(state / "settings", theme, settings or {})
    port, token = _free_port(), secrets.token_hex(16)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}"]
    command += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={root}"]
    command += ["--ServerApp.jpserver_extensions=jupytext=False"]  # a learner does not have it
    command += ["--LabApp.expose_app_in_browser=True"]  # for `open_notebook`
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    log_path = state / "server.log"
    environment = _environment(state)
    with log_path.open("w") as log, warm_kernels(environment, log):
        process = subprocess.Popen(command, cwd=root, env=environment, stdout=log, stderr=log)
        try:
            lab = Lab(f"http://127.0.0.1:{port}", token, root)
            _wait_until_up(lab, process, log_path)
            yield lab
        finally:
            _stop(process)


def _environment(state: Path) -> dict[str, str]:
    """The user's environment with everything that is kept moved into `state`, and one torch thread.

    The course is on the path, so that a notebook can be given answers from the tests.
    """
    own = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
        "XDG_DATA_HOME": "share",
    }
    return {
        **os.environ,
        **{name: str(state / folder) for name, folder in own.items()},
        "JUPYTER_PATH": str(Path(ready_kernels.__file__).parent / "jupyter"),  # as in the Lab that `start.py` opens
        "RLCOURSE_KERNELS": str(state / "forks"),
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }


def _write_settings(folder: Path, theme: str, settings: Mapping) -> None:
    quiet = {
        "@jupyterlab/apputils-extension:themes": {"theme": THEMES[theme]},
        "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    }
    for plugin, values in {**quiet, **settings}.items():
        package, name = plugin.split(":")
        path = folder / package / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_up(lab: Lab, process: subprocess.Popen, log: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"JupyterLab stopped as it started:\n{log.read_text()[-3000:]}")
        try:
            with urllib.request.urlopen(f"{lab.url}/api/status?token={lab.token}", timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise TimeoutError(f"JupyterLab did not answer in {seconds:.0f} s:\n{log.read_text()[-3000:]}")


def _stop(process: subprocess.Popen) -> None:
    """Ask the server to stop, kernels first; insist after ten seconds."""
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def browser_page(user_data: Path, *, width: int = 1280, height: int = 900) -> Iterator[Page]:
    """A page of a headless Chromium with a fresh profile in the empty folder `user_data`."""
    executable = find_chromium()
    if executable is None:
        raise FileNotFoundError(HOW_TO_INSTALL)
    context = _playwright().chromium.launch_persistent_context(
        str(user_data),
        executable_path=executable,
        headless=True,
        args=list(_CHROMIUM_ARGUMENTS),
        viewport={"width": width, "height": height},
    )
    try:
        yield context.pages[0] if context.pages else context.new_page()
    finally:
        context.close()


@cache
def _playwright() -> Playwright:
    """The one of this process: while it runs a second one cannot start, and browsers of several tests may be open."""
    started = sync_playwright().start()
    atexit.register(started.stop)
    return started


def write_notebook(lab: Lab, name: str, *cells: str) -> str:
    """Put a notebook of the given code cells where the server finds it; its name."""
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, lab.root / f"{name}.ipynb")
    return f"{name}.ipynb"


def open_notebook(page: Page, lab: Lab, name: str) -> None:
    """Open a notebook, with the file browser beside it, and wait until its kernel is ready.

    Other notebooks are closed first, unsaved, and their kernels are shut down. JupyterLab itself is loaded where the
    page does not show it yet, or shows a dialogue, in front of which no notebook would become the current one. The
    status bar is what tells that the new kernel is ready: the notebook's own indicator says idle before any kernel
    exists.

    A launcher is opened first, and stays. Where nothing is open JupyterLab opens one of its own accord, on a busy page
    so late that it stands in front of the notebook.
    """
    if page.evaluate("!window.jupyterapp || document.querySelector('.jp-Dialog') !== null"):
        _shut_down_kernels(lab)
        page.goto(lab.address(name))
        page.locator("#jupyterlab-splash").wait_for(state="detached", timeout=60_000)
    else:
        page.evaluate(_CLOSE_ALL)
        _shut_down_kernels(lab)
        page.evaluate("path => { jupyterapp.commands.execute('docmanager:open', {path}); }", name)
    page.locator(".jp-NotebookPanel .jp-Cell").first.wait_for(timeout=60_000)
    wait_idle(page, seconds=60)


_CLOSE_ALL = """async () => {
    const open = [...jupyterapp.shell.widgets('main')], launcher = open.find(tab => tab.id.startsWith('launcher'));
    if (!launcher) await jupyterapp.commands.execute('launcher:create');
    for (const tab of open)
        if (tab !== launcher) tab.context ? tab.dispose() : tab.close();  // close() may ask whether to save
    jupyterapp.shell.expandLeft();
}"""


def _shut_down_kernels(lab: Lab) -> None:
    headers = {"Authorization": f"token {lab.token}"}
    with urllib.request.urlopen(urllib.request.Request(f"{lab.url}/api/sessions", headers=headers)) as answer:
        sessions = json.load(answer)
    for session in sessions:
        address = f"{lab.url}/api/sessions/{session['id']}"
        urllib.request.urlopen(urllib.request.Request(address, headers=headers, method="DELETE")).close()


def wait_idle(page: Page, *, seconds: float = 120) -> None:
    """Wait until the kernel is idle and no cell waits for it; those that are out of sight have no star on the page."""
    try:
        page.wait_for_function(
            f"() => Object.values(({_BUSY})()).every(busy => !busy)", timeout=1000 * seconds, polling=100
        )
    except PlaywrightTimeout:
        raise TimeoutError(f"not idle in {seconds:g} s: {page.evaluate(_BUSY)}, {page.evaluate(_IN_FRONT)}") from None


_BUSY = """() => {
    const items = [...document.querySelectorAll('.jp-StatusBar-TextItem')].filter(item => item.checkVisibility());
    const status = items.map(item => item.textContent);
    const cells = window.jupyterapp?.shell.currentWidget?.content?.widgets ?? [];
    const prompts = [...document.querySelectorAll('.jp-InputPrompt')].map(prompt => prompt.textContent);
    return {
        kernel: status.some(text => text.includes('| Idle')) ? '' : `the status bar says ${status.join(', ')}`,
        waiting: cells.filter(cell => cell.model?.executionState === 'running').length,
        starred: prompts.filter(text => text.includes('[*]')).length,
    };
}"""
_IN_FRONT = """() => ({
    current: window.jupyterapp?.shell.currentWidget?.title.label,
    dialogues: [...document.querySelectorAll('.jp-Dialog')].map(dialogue => dialogue.innerText),
})"""


def menu(page: Page, top: str, item: str) -> None:
    """Choose an item of one of the menus along the top."""
    page.locator(".lm-MenuBar-item").get_by_text(top, exact=True).click()
    page.locator(".lm-Menu-item").get_by_text(item, exact=True).click()


def close_sidebar(page: Page) -> None:
    """Close the file browser on the left, which leaves the notebook the width of the window."""
    page.keyboard.press("Control+b")
    page.locator("#jp-left-stack").wait_for(state="hidden", timeout=5000)


def start_all(page: Page) -> None:
    """Run > Run All Cells, without waiting for them."""
    menu(page, "Run", "Run All Cells")


def run_all(page: Page, *, seconds: float = 240) -> None:
    """Run > Run All Cells, and wait for the last."""
    start_all(page)
    page.wait_for_timeout(500)
    wait_idle(page, seconds=seconds)


def interrupt(page: Page) -> None:
    """Press the ■ of the notebook's toolbar."""
    page.locator('.jp-NotebookPanel-toolbar [data-jp-item-name="interrupt"] jp-button').click()


def save(page: Page, lab: Lab, name: str, *, seconds: float = 20) -> dict:
    """File > Save Notebook, and the notebook that was saved, as its JSON."""
    path = lab.root / name
    before = path.stat().st_mtime_ns
    menu(page, "File", "Save Notebook")
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        page.wait_for_timeout(100)
        if path.stat().st_mtime_ns == before:
            continue
        try:
            return json.loads(path.read_text())
        except json.JSONDecodeError:  # the server is still writing
            continue
    raise TimeoutError(f"{name} was not saved in {seconds:.0f} s")


def cell_outputs(page: Page, index: int) -> Locator:
    """The outputs of the notebook's code cell number `index`, from 0."""
    return page.locator(".jp-NotebookPanel .jp-CodeCell").nth(index).locator(".jp-OutputArea-output")


def complaints(page: Page) -> list[str]:
    """Every traceback and everything printed to stderr on the page; JupyterLab gives both the same type."""
    outputs = page.locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]')
    return [text for text in outputs.all_text_contents() if text.strip()]


def cramped(page: Page) -> list[str]:
    """Sliders that are too short to set anything with; what stands beside each."""
    return page.evaluate(
        """() => [...document.querySelectorAll('.jp-NotebookPanel .slider-container')]
            .filter(slider => slider.clientWidth > 0 && slider.clientWidth < 100)
            .map(slider => `${slider.clientWidth} px: ${slider.parentElement.textContent.trim()}`)"""
    )


def off_the_page(page: Page) -> list[str]:
    """Outputs that the page does not show whole: wider than their place, or taller and put into a scrolling box."""
    return page.evaluate(
        """() => {
            const first = element => element.textContent.trim().slice(0, 60);
            const outputs = [...document.querySelectorAll('.jp-NotebookPanel .jp-OutputArea-output')];
            const wide = outputs.flatMap(output => [output, ...output.querySelectorAll('*')]
                .filter(part => part.scrollWidth > part.clientWidth + 2 && part.clientWidth > 0)
                .filter(part => ['auto', 'scroll'].includes(getComputedStyle(part).overflowX))
                .map(part => `${part.scrollWidth} px in ${part.clientWidth}: ${part.className} ${first(part)}`));
            const tall = [...document.querySelectorAll('.jp-NotebookPanel .jp-mod-outputsScrolled')];
            return [...wide, ...tall.map(cell => `scrolls: ${first(cell)}`)];
        }"""
    )
