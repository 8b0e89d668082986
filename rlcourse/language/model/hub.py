"""The Hugging Face hub, asked once and with little patience whether it is there at all.

Its own client tries for half a minute behind a proxy that refuses, and for minutes behind one that says nothing. A
learner on a train wants to know within seconds. Left out: proxies that want a password are asked by the client alone.
"""

import socket
import ssl
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from huggingface_hub import constants

PATIENCE = 3.0
"""Seconds to wait for the hub, or for the proxy before it, to answer at all."""


def hub_answers() -> bool:
    """Whether the hub can be reached, decided within seconds."""
    if constants.HF_HUB_OFFLINE:
        return False
    address = urlsplit(constants.ENDPOINT)
    host, encrypted = address.hostname or "", address.scheme != "http"
    port = address.port or (443 if encrypted else 80)
    proxy = proxy_before(host, address.scheme)
    try:
        if proxy is not None:
            return _passes(proxy, host, port, encrypted)
        with socket.create_connection((host, port), timeout=PATIENCE) as connection:
            return _greets(connection, host, encrypted)
    except (OSError, ValueError):
        return False


def proxy_before(host: str, scheme: str = "https") -> str | None:
    """The proxy that requests to a host go through, as the environment says it."""
    if proxy_bypass(host):
        return None
    proxies = getproxies()
    return proxies.get(scheme) or proxies.get("all")


def _passes(proxy: str, host: str, port: int, encrypted: bool) -> bool:
    """Whether a proxy that is asked for a way to the host gives one, or at least an answer."""
    address = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    with socket.create_connection((address.hostname, address.port or 80), timeout=PATIENCE) as connection:
        if address.scheme != "http":  # it speaks another language; that somebody listens must do
            return True
        connection.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        answer = connection.recv(4096).split()
        if len(answer) < 2 or not answer[0].startswith(b"HTTP/") or answer[1].startswith(b"5"):
            return False
        return _greets(connection, host, encrypted) if answer[1] == b"200" else True


def _greets(connection: socket.socket, host: str, encrypted: bool) -> bool:
    """Whether somebody at the other end shakes hands. Who it is the client finds out; nothing is said here."""
    if encrypted:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.wrap_socket(connection, server_hostname=host)
    return True
