"""What the door is told, and whom it believes."""

from __future__ import annotations

from pathlib import Path

import pytest

from bandstand.licences.keyring import KeyRingError
from bandstand.webkit.files.settings import PREVIEW_BUDGET, DoorSettings, DoorSettingsError

KEYS = "2026a:" + "A" * 43


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {
        "BANDSTAND_FILES_ROOT": str(tmp_path),
        "BANDSTAND_TICKET_KEYS": KEYS,
        "BANDSTAND_STORE_URL": "https://Shop.example.org/",
        "BANDSTAND_FILES_HOSTS": "Files.example.org, 127.0.0.1:8001,[::1]",
    }


def test_settings_come_from_the_environment(environ: dict[str, str], tmp_path: Path) -> None:
    settings = DoorSettings.read(environ)
    assert settings.root == tmp_path.resolve()
    assert settings.store_url == "https://shop.example.org"
    assert settings.hosts == {"files.example.org", "127.0.0.1:8001", "[::1]"}
    assert settings.preview_budget == PREVIEW_BUDGET
    assert settings.nginx_path == ""
    assert DoorSettings.read(environ | {"BANDSTAND_FILES_NGINX": "/stored/"}).nginx_path == "/stored/"
    assert "A" * 10 not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BANDSTAND_FILES_ROOT", ""),
        ("BANDSTAND_FILES_ROOT", "relative"),
        ("BANDSTAND_FILES_ROOT", "/nowhere/at/all"),
        ("BANDSTAND_STORE_URL", ""),
        ("BANDSTAND_STORE_URL", "ftp://shop.example.org"),
        ("BANDSTAND_STORE_URL", "https://user@shop.example.org"),
        ("BANDSTAND_STORE_URL", "https://shop.example.org/path"),
        ("BANDSTAND_STORE_URL", "https://shop.example.org:x"),
        ("BANDSTAND_STORE_URL", "https://["),
        ("BANDSTAND_FILES_HOSTS", ""),
        ("BANDSTAND_FILES_HOSTS", "*"),
        ("BANDSTAND_FILES_HOSTS", "files.example.org,"),
        ("BANDSTAND_PREVIEW_BUDGET", "0"),
        ("BANDSTAND_PREVIEW_BUDGET", "many"),
        ("BANDSTAND_PREVIEW_BUDGET", "-5"),
        ("BANDSTAND_FILES_PROXIES", "nginx"),
        ("BANDSTAND_FILES_PROXIES", "10.0.0.1/8"),
        ("BANDSTAND_FILES_NGINX", "stored"),
        ("BANDSTAND_FILES_NGINX", "/stored/../"),
        ("BANDSTAND_FILES_NGINX", "/a b/"),
    ],
)
def test_a_wrong_setting_is_named(environ: dict[str, str], name: str, value: str) -> None:
    with pytest.raises(DoorSettingsError) as refused:
        DoorSettings.read(environ | {name: value})
    assert refused.value.name == name


def test_without_keys_the_door_stays_shut(environ: dict[str, str]) -> None:
    with pytest.raises(KeyRingError):
        DoorSettings.read(environ | {"BANDSTAND_TICKET_KEYS": ""})


@pytest.mark.parametrize(
    ("host", "answered"),
    [
        ("files.example.org", True),
        ("FILES.EXAMPLE.ORG:443", True),
        ("127.0.0.1:8001", True),
        ("127.0.0.1", False),
        ("127.0.0.1:8002", False),
        ("[::1]:9", True),
        ("[::1", False),
        ("files.example.org:", False),
        ("files.example.org:x", False),
        ("a.files.example.org", False),
        ("files.example.org.", False),
        ("", False),
    ],
)
def test_a_host_is_one_of_ours_or_not(environ: dict[str, str], host: str, answered: bool) -> None:
    assert DoorSettings.read(environ).answers_to(host) is answered


@pytest.mark.parametrize(
    ("peer", "forwarded", "visitor"),
    [
        ("198.51.100.7", "", "198.51.100.7"),
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),  # a stranger says so
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.9", "203.0.113.9"),  # the visitor wrote the first part
        ("10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9, junk", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
    ],
)
def test_only_our_proxies_are_believed(environ: dict[str, str], peer: str, forwarded: str, visitor: str) -> None:
    settings = DoorSettings.read(environ | {"BANDSTAND_FILES_PROXIES": "10.0.0.0/24"})
    assert settings.visitor(peer, forwarded) == visitor
