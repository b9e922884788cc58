"""Where a demo keeps its things: a folder with a lock, secrets of its own, and the environment its processes get."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bandstand.kernel.errors import RefusedError, SetupError

MARK = "bandstand-demo.json"  # holds the secrets, and tells that a folder is a demo's and may be emptied


class NotADemoError(RefusedError):
    """A folder with somebody's files in it is not made a demo's."""

    code = "demo.folder"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"{folder} holds files that are not a demo's.", hint="Choose an empty folder with --data.")


class DemoRunsError(SetupError):
    """Another demo uses this folder."""

    code = "demo.runs"

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"A demo already runs on {folder}.", hint="Stop it first, or choose another folder with --data."
        )


def usual_folder() -> Path:
    """Return where a demo lives when nobody says otherwise."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "Bandstand" / "demo"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "bandstand" / "demo"


@dataclass(frozen=True, slots=True)
class Place:
    """A demo's folder, its first port and its secrets."""

    folder: Path
    port: int
    keys: dict[str, str]
    extra: dict[str, str] = field(default_factory=dict)  # settings that come on top of a demo's own

    @property
    def store_url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def files_url(self) -> str:
        return f"http://localhost:{self.port + 1}"

    @property
    def gateway_url(self) -> str:
        return f"http://localhost:{self.port + 2}"

    def environment(self) -> dict[str, str]:
        """Return the environment of every process of this demo; the caller's own settings of Bandstand are left out."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("BANDSTAND_")}
        return inherited | {
            "DJANGO_SETTINGS_MODULE": "bandstand.config.store",
            "BANDSTAND_DATA": str(self.folder),
            "BANDSTAND_SECURE": "no",
            "BANDSTAND_SECRET_KEY": self.keys["secret"],
            "BANDSTAND_TICKET_KEYS": f"demo:{self.keys['tickets']}",
            "BANDSTAND_STORE_NAME": "Bandstand Demo",
            "BANDSTAND_STORE_URL": self.store_url,
            "BANDSTAND_FILES_URL": self.files_url,
            "BANDSTAND_FILES_ROOT": str(self.folder / "files"),
            "BANDSTAND_FILES_HOSTS": "localhost,127.0.0.1",
            "BANDSTAND_PAYMENT_PROVIDERS": "pretend,manual",
            "BANDSTAND_MANUAL_ACCOUNT": "Bandstand Demo, IBAN XX00 0000 0000 0000 0000 00 (a pretend account)",
            "BANDSTAND_PRETEND_URL": self.gateway_url,
            "BANDSTAND_PRETEND_KEY": self.keys["pretend"],
            "BANDSTAND_EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "PYTHONUNBUFFERED": "1",
            **self.extra,
        }


def open_place(folder: Path, *, port: int, fresh: bool) -> Place:
    """Return the demo in `folder`, made when there is none; `fresh` empties it first.

    Raises
    ------
    NotADemoError
        The folder holds other files.
    """
    mark = folder / MARK
    if folder.exists() and any(folder.iterdir()) and not mark.exists():
        raise NotADemoError(folder)
    if fresh and folder.exists():
        for entry in folder.iterdir():
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not mark.exists():
        _write(mark, _new_keys())
    keys = json.loads(mark.read_text(encoding="utf-8"))
    if missing := _new_keys().keys() - keys.keys():  # of a demo that was made before there were so many
        keys |= {name: value for name, value in _new_keys().items() if name in missing}
        _write(mark, keys)
    return Place(folder.resolve(), port, keys)


def _write(mark: Path, keys: dict[str, str]) -> None:
    part = mark.with_suffix(".part")
    part.touch(mode=0o600)
    part.write_text(json.dumps(keys), encoding="utf-8")
    part.replace(mark)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder for this process; the system lets go of it when the process ends, however it ends."""
    with (folder / "lock").open("w") as handle:
        if sys.platform != "win32":
            import fcntl

            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise DemoRunsError(folder) from error
        yield


def _new_keys() -> dict[str, str]:
    return {
        "secret": secrets.token_urlsafe(48),
        "tickets": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("="),
        "pretend": secrets.token_urlsafe(32),
        "staff_app": base64.b32encode(secrets.token_bytes(20)).decode(),  # the secret of the staff's authenticator app
        "staff_password": secrets.token_urlsafe(9),
        "listener_password": secrets.token_urlsafe(9),
    }
