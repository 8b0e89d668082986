"""A simulated student: starts a server, opens notebooks, runs them cell by cell with pauses to think, saves them.

What a browser does with JupyterLab is done with the same addresses: the hub's and the server's REST API, and the
kernel's websocket (Jupyter's messaging protocol 5, as text). Widgets are shown to nobody: the messages that open them
come in and want no answer. Left out: moving sliders, mistakes, breaks, and closing what is no longer needed, so a
kernel stays for each notebook that was opened.
"""

import asyncio
import json
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

import nbformat
from jupyter_server.services.kernels.connection.base import deserialize_binary_message
from nbformat import NotebookNode
from nbformat.v4 import output_from_msg
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.httputil import HTTPHeaders
from tornado.websocket import WebSocketClientConnection, websocket_connect

from rlcourse.teaching.hub.serving import Hub

CELL_SECONDS = 900
"""After how long a cell is given up."""
START_SECONDS = 300
"""After how long a server is given up."""
LARGEST = 2**28
"""Bytes of a message or a notebook, at most."""
_OUTPUTS = ("stream", "display_data", "execute_result", "error")

Tell = Callable[[int], object]
"""Is told of every cell that has run."""


@dataclass
class Worked:
    """What came of a student's work."""

    name: str
    start: float = 0.0
    """Seconds from asking for a server until it answers."""
    cells: dict[str, list[float]] = field(default_factory=dict)
    """By the number of a notebook, the seconds of each of its code cells, from Shift + Enter until it is done."""
    errors: list[str] = field(default_factory=list)


class Student:
    """One student of a hub.

    Args:
        hub: The hub.
        name: The student's account.
        pause: Seconds to think before each cell, on average; half to half as much again, drawn by chance.
    """

    def __init__(self, hub: Hub, name: str, *, pause: float) -> None:
        self.worked = Worked(name)
        self._hub, self._name, self._pause = hub, name, pause
        self._random = random.Random(name)
        self._client = AsyncHTTPClient(force_instance=True, max_body_size=LARGEST)
        self._token = hub.token

    async def start(self) -> None:
        """Get a token of one's own, start the server, and wait until it answers; asked to wait, wait and ask again."""
        began = time.monotonic()
        users = f"hub/api/users/{self._name}"
        own = await self._ask("POST", f"{users}/tokens", {"note": "rehearsal", "expires_in": 86400})
        self._token = own["token"]
        while True:
            try:
                await self._ask("POST", f"{users}/server")
                break
            except HTTPClientError as refused:
                if refused.code != 429 or time.monotonic() - began > START_SECONDS:
                    raise
                await asyncio.sleep(float(refused.response.headers.get("Retry-After", 5)))
        while not (await self._ask("GET", users))["servers"].get("", {}).get("ready"):
            if time.monotonic() - began > START_SECONDS:
                raise TimeoutError(f"{self._name}: no server after {START_SECONDS} s")
            await asyncio.sleep(0.3)
        self.worked.start = time.monotonic() - began

    async def work_through(self, number: str, file: str, tell: Tell) -> None:
        """Open a notebook, run its code cells one after the other, and save it; what goes wrong is noted."""
        path, seconds = f"notebooks/{file}.ipynb", []
        self.worked.cells[number] = seconds
        notebook = nbformat.from_dict((await self._own("GET", f"contents/{path}"))["content"])
        wish = {"path": path, "name": file, "type": "notebook", "kernel": {"name": "python3"}}
        session = await self._own("POST", "sessions", wish)
        channel = await self._connect(session["kernel"]["id"])
        try:
            for index, cell in enumerate(notebook.cells):
                if cell.cell_type == "code":
                    await asyncio.sleep(self._pause * self._random.uniform(0.5, 1.5))
                    began = time.monotonic()
                    wrong = await asyncio.wait_for(run_cell(channel, cell), CELL_SECONDS)
                    seconds.append(time.monotonic() - began)
                    if wrong and "raises-exception" not in cell.metadata.get("tags", []):
                        self.note(f"{number}, cell {index}: {wrong}")
                tell(1)
        finally:
            channel.close()
        await self._own("PUT", f"contents/{path}", {"type": "notebook", "content": notebook})

    async def process(self) -> int:
        """The number of the server's process, on this machine."""
        user = await self._ask("GET", f"hub/api/users/{self._name}", token=self._hub.token)
        return user["servers"][""]["state"]["pid"]

    def close(self) -> None:
        """Let go of the connections; the server runs on."""
        self._client.close()

    def note(self, wrong: str) -> None:
        """Note something that went wrong."""
        self.worked.errors.append(f"{self._name}, {wrong}")

    async def _connect(self, kernel: str) -> WebSocketClientConnection:
        address = f"{self._hub.url}/user/{self._name}/api/kernels/{kernel}/channels?session_id={uuid.uuid4().hex}"
        request = HTTPRequest(address.replace("http", "ws", 1), headers=self._headers(self._token))
        return await websocket_connect(request, max_message_size=LARGEST)

    async def _own(self, method: str, path: str, body: object = None) -> dict:
        return await self._ask(method, f"user/{self._name}/api/{path}", body)

    async def _ask(self, method: str, path: str, body: object = None, *, token: str | None = None) -> dict:
        request = HTTPRequest(
            f"{self._hub.url}/{path}",
            method=method,
            headers=self._headers(token or self._token),
            body=json.dumps(body) if body is not None else "" if method == "POST" else None,
            request_timeout=START_SECONDS,
        )
        answer = await self._client.fetch(request)
        return json.loads(answer.body) if answer.body else {}

    def _headers(self, token: str) -> HTTPHeaders:
        return HTTPHeaders({"Authorization": f"token {token}", "Content-Type": "application/json"})


async def run_cell(channel: WebSocketClientConnection, cell: NotebookNode) -> str:
    """Run a cell and put its outputs into it, as the Lab does.

    Returns:
        What went wrong, in a line; empty if nothing did.
    """
    ours = uuid.uuid4().hex
    await channel.write_message(json.dumps(_execute(ours, cell.source)))
    cell.outputs, wrong, idle, replied = [], "", False, False
    while not (idle and replied):
        message = await _next(channel)
        if message is None:
            return "the connection to the kernel was lost"
        kind, content = message["header"]["msg_type"], message["content"]
        if kind == "status" and content["execution_state"] in ("restarting", "dead"):
            return f"the kernel died ({content['execution_state']})"
        if message["parent_header"].get("msg_id") != ours:
            continue
        if kind == "execute_reply":
            replied, cell.execution_count = True, content.get("execution_count")
        elif kind == "clear_output":
            cell.outputs = []
        elif kind in _OUTPUTS:
            cell.outputs.append(output_from_msg(message))
            if kind == "error":
                wrong = f"{content['ename']}: {content['evalue']}"
        idle = idle or (kind == "status" and content["execution_state"] == "idle")
    return wrong


async def _next(channel: WebSocketClientConnection) -> dict | None:
    """The next message of the kernel; None when there will be no more. Those with buffers come as bytes."""
    message = await channel.read_message()
    if message is None or isinstance(message, str):
        return message and json.loads(message)
    return deserialize_binary_message(message)


def _execute(identity: str, code: str) -> dict:
    header = {"msg_id": identity, "msg_type": "execute_request", "username": "", "session": identity, "version": "5.3"}
    content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "buffers": []}
    return {**message, "channel": "shell"}
