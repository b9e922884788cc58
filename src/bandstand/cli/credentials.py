"""Where a program's tokens are kept: one small file that only its owner may read."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from bandstand.kernel.errors import SetupError

ENVIRONMENT = "BANDSTAND_TOKEN"


class CredentialsError(SetupError):
    """The file of tokens can't be used."""

    code = "fetch.credentials"

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        super().__init__(f"{path} can't be used: {why}.", hint=f"Put it right, or give the token as {ENVIRONMENT}.")


def usual_file() -> Path:
    """Return where tokens are kept on this system."""
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA", Path.home())) / "Bandstand"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support" / "Bandstand"
    else:
        base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "bandstand"
    return base / "tokens.json"


def token_for(store: str, *, file: Path) -> str:
    """Return the token of a store: from the environment, else from the file; empty when there is none."""
    return os.environ.get(ENVIRONMENT, "").strip() or _read(file).get(store, "")


def keep(store: str, token: str, *, file: Path) -> None:
    """Keep a store's token; an empty one is forgotten. Nobody else may read the file, not for a moment."""
    tokens = _read(file)
    tokens.pop(store, None)
    if token:
        tokens[store] = token
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.unlink(missing_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as sink:
            json.dump(tokens, sink, indent=1, sort_keys=True)
            sink.flush()
            os.fsync(sink.fileno())
        part.replace(file)
    except OSError as error:
        raise CredentialsError(file, error.strerror or str(error)) from error


def _read(file: Path) -> dict[str, str]:
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise CredentialsError(file, error.strerror or str(error)) from error
    except ValueError as error:
        raise CredentialsError(file, "it is no JSON") from error
    return {str(store): str(token) for store, token in said.items()} if isinstance(said, dict) else {}
