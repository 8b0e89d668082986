"""The Hugging Face hub, asked once and with little patience whether it is there at all.

Its own client tries for half a minute behind a proxy that refuses, and for minutes behind one that says nothing. A
learner on a train wants to know within seconds. Left out: proxies that want a password are asked by the client alone.
"""

import socket
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
    port = address.port or (80 if address.scheme == "http" else 443)
    proxy = proxy_before(address.hostname or "", address.scheme)
    try:
        if proxy is None:
            socket.create_connection((address.hostname, port), timeout=PATIENCE).close()
            return True
        return _passes(proxy, f"{address.hostname}:{port}")
    except (OSError, ValueError):
        return False


def proxy_before(host: str, scheme: str = "https") -> str | None:
    """The proxy that requests to a host go through, as the environment says it."""
    if proxy_bypass(host):
        return None
    proxies = getproxies()
    return proxies.get(scheme) or proxies.get("all")


def _passes(proxy: str, target: str) -> bool:
    """Whether a proxy says anything at all when it is asked for a way to the target."""
    address = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    with socket.create_connection((address.hostname, address.port or 80), timeout=PATIENCE) as connection:
        if address.scheme != "http":  # it speaks another language; that somebody listens must do
            return True
        connection.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
        answer = connection.recv(64).split()
    refused = len(answer) > 1 and answer[1][:1] == b"5"
    return bool(answer) and answer[0].startswith(b"HTTP/") and not refused
