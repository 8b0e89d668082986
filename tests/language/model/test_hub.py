"""A name of the hub's without a hub: said within seconds, in one sentence."""

import socket
import ssl
import threading
import time

import pytest
from huggingface_hub import constants

from rlcourse.language import load_gpt2
from rlcourse.language.model.hub import hub_answers, proxy_before

VARIABLES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")


class Proxy:
    """Somebody who listens, and says `answer`, or nothing, or hangs up."""

    def __init__(self, answer):
        self.answer, self.asked = answer, b""
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.done = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        connection, _ = self.socket.accept()
        with connection:
            self.asked = connection.recv(1000)
            if self.answer is None:
                self.done.wait(30)
            else:
                connection.sendall(self.answer)

    def close(self):
        self.done.set()
        self.socket.close()


@pytest.fixture
def proxy(monkeypatch):
    made = []

    def make(answer, variable="HTTPS_PROXY"):
        made.append(Proxy(answer))
        monkeypatch.setenv(variable, f"http://user:secret@127.0.0.1:{made[-1].port}")
        return made[-1]

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    yield make
    for each in made:
        each.close()


def _refusing_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.mark.parametrize("answer", [None, b"", b"HTTP/1.1 502 Bad Gateway\r\n\r\n", b"SSH-2.0-OpenSSH\r\n"])
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY"])
def test_a_proxy_that_leads_nowhere_is_given_up_within_seconds(answer, variable, proxy, capfd):
    made = proxy(answer, variable)
    began = time.perf_counter()
    with pytest.raises(
        FileNotFoundError, match=rf"cannot be reached from here through the proxy 127.0.0.1:{made.port}$"
    ):
        load_gpt2("gtp2")
    assert time.perf_counter() - began < 15
    assert made.asked.startswith(b"CONNECT huggingface.co:443")
    assert capfd.readouterr() == ("", "")


def test_a_proxy_that_refuses_is_given_up_at_once(proxy, monkeypatch):
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{_refusing_port()}")
    assert hub_answers() is False


def test_a_proxy_that_wants_a_password_is_left_to_the_client(proxy):
    proxy(b"HTTP/1.1 407 Who are you\r\n\r\n")
    assert hub_answers() is True


@pytest.mark.parametrize("greets", [True, False])
def test_a_proxy_that_shows_the_way_must_lead_to_somebody_who_shakes_hands(greets, proxy, monkeypatch):
    proxy(b"HTTP/1.1 200 Connection established\r\n\r\n")
    if greets:
        monkeypatch.setattr(ssl.SSLContext, "wrap_socket", lambda self, connection, server_hostname: connection)
    assert hub_answers() is greets


def test_a_host_that_needs_no_proxy_is_asked_itself(proxy, monkeypatch):
    proxy(None)
    monkeypatch.setenv("NO_PROXY", "huggingface.co")
    assert proxy_before("huggingface.co") is None
    asked = []
    monkeypatch.setattr(socket, "create_connection", lambda address, timeout: asked.append(address) or socket.socket())
    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", lambda self, connection, server_hostname: connection)
    assert hub_answers() is True
    assert asked == [("huggingface.co", 443)]


def test_offline_nobody_is_asked(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("asked the network"))
    assert hub_answers() is False
