"""What the file door is told by its environment."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bandstand.kernel.errors import SetupError
from bandstand.licences.keyring import KeyRing

PREVIEW_BUDGET = 600  # previews per hour and address: one every six seconds, all day long
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_HOST = re.compile(r"([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")


class DoorSettingsError(SetupError):
    """The door can't open with these settings."""

    code = "door.settings"

    def __init__(self, name: str, wanted: str) -> None:
        self.name = name
        super().__init__(f"{name} must be {wanted}.", hint="Set it in the environment and start the file door again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorSettings:
    """Settings of the file door.

    `hosts` are the names it answers to, with a port or for every port; `proxies` are the networks whose
    `X-Forwarded-For` is believed. `nginx_path` is where an nginx in front has the stored files (`X-Accel-Redirect`);
    empty: the door sends them itself.
    """

    root: Path
    keys: KeyRing
    store_url: str
    hosts: frozenset[str]
    preview_budget: int = PREVIEW_BUDGET
    proxies: tuple[Network, ...] = ()
    nginx_path: str = ""

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> DoorSettings:
        """Read the settings from environment variables (`BANDSTAND_FILES_ROOT` and so on).

        Raises
        ------
        DoorSettingsError, KeyRingError
            One of them is missing or wrong.

        """
        root = Path(environ.get("BANDSTAND_FILES_ROOT", ""))
        if not root.is_absolute() or not root.is_dir():
            raise DoorSettingsError("BANDSTAND_FILES_ROOT", "the full path of a folder that exists")
        hosts = [host.strip().lower() for host in environ.get("BANDSTAND_FILES_HOSTS", "").split(",")]
        if not all(_HOST.fullmatch(host) for host in hosts):
            raise DoorSettingsError(
                "BANDSTAND_FILES_HOSTS", "host names separated by commas, such as files.example.org"
            )
        return cls(
            root=Path(os.path.realpath(root)),
            keys=KeyRing.parse(environ.get("BANDSTAND_TICKET_KEYS", "")),
            store_url=_origin(environ.get("BANDSTAND_STORE_URL", "")),
            hosts=frozenset(hosts),
            preview_budget=_budget(environ.get("BANDSTAND_PREVIEW_BUDGET", str(PREVIEW_BUDGET))),
            proxies=_networks(environ.get("BANDSTAND_FILES_PROXIES", "")),
            nginx_path=_nginx_path(environ.get("BANDSTAND_FILES_NGINX", "")),
        )

    def answers_to(self, host: str) -> bool:
        """Tell whether `host`, with or without a port, is one of our names."""
        host = host.lower()
        found = _HOST.fullmatch(host)
        return found is not None and (host in self.hosts or found[1] in self.hosts)

    def visitor(self, peer: str, forwarded: str) -> str:
        """Return the address of the visitor: the last one in `forwarded` that none of our proxies has.

        Parts of `forwarded` that are no addresses are never believed.
        """
        address = peer
        for step in reversed(forwarded.split(",")):
            if not self._is_proxy(address) or _address(step.strip()) is None:
                break
            address = step.strip()
        return address

    def _is_proxy(self, text: str) -> bool:
        address = _address(text)
        return address is not None and any(address in network for network in self.proxies)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
        named = parts.hostname and parts.port != 0
    except ValueError:
        named = None
    if not named or parts.scheme not in ("http", "https") or parts.path not in ("", "/") or "@" in parts.netloc:
        raise DoorSettingsError("BANDSTAND_STORE_URL", "the address of the store, such as https://shop.example.org")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _budget(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) == 0:
        raise DoorSettingsError("BANDSTAND_PREVIEW_BUDGET", "a number of previews per hour, at least 1")
    return int(text)


def _nginx_path(text: str) -> str:
    if text and not re.fullmatch(r"(/[A-Za-z0-9_-]+)+/", text):
        raise DoorSettingsError("BANDSTAND_FILES_NGINX", "the path of an internal location of nginx, such as /stored/")
    return text


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise DoorSettingsError("BANDSTAND_FILES_PROXIES", "addresses or networks separated by commas") from None
