"""The messages between a store and its listeners' programs. `read` trusts nothing; `pack` gives plain JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from bandstand.wire.v1 import reading

VERSION = 1
MAX_TITLES, MAX_FILES, MAX_WISHES, MAX_FORMATS = 200, 20_000, 20_000, 64
MAX_URL = 4096
MAX_NAME = 1024
RECEIPTS = "Receipts"
"""The folder that receipts go to, beside those of the titles."""

Json = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCode:
    """What a program gets that asks to be let in (RFC 8628, section 3.2)."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: int
    interval: int

    @classmethod
    def read(cls, said: Json) -> DeviceCode:
        """Read a store's answer; raises MessageError."""
        return cls(
            device_code=reading.text(said, "device_code", most=300),
            user_code=reading.text(said, "user_code", most=40),
            verification_uri=reading.text(said, "verification_uri", most=MAX_URL),
            verification_uri_complete=reading.text(said, "verification_uri_complete", most=MAX_URL, optional=True),
            expires_in=reading.number(said, "expires_in", least=1, most=86_400),
            interval=reading.number(said, "interval", least=1, most=600) if "interval" in said else 5,
        )

    def pack(self) -> Json:
        """Return the message as plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What lets a program in (RFC 6749, section 5.1)."""

    access_token: str

    @classmethod
    def read(cls, said: Json) -> Token:
        """Read a store's answer; raises MessageError."""
        kind = reading.text(said, "token_type", most=20)
        if kind.lower() != "bearer":
            raise reading.MessageError("token_type", "Bearer")
        token = reading.text(said, "access_token", most=200)
        if not token.isascii() or not token.isprintable() or " " in token:
            raise reading.MessageError("access_token", "printable ASCII without blanks")
        return cls(access_token=token)

    def pack(self) -> Json:
        """Return the message as plain JSON values."""
        return {"access_token": self.access_token, "token_type": "Bearer"}


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of a title: its name in the title's folder, and a link that works for a while."""

    name: str
    size: int
    sha256: str
    url: str

    @classmethod
    def read(cls, said: Json) -> File:
        """Read a store's answer; raises MessageError."""
        return cls(
            name=reading.text(said, "name", most=MAX_NAME),
            size=reading.number(said, "size"),
            sha256=reading.sha256(said, "sha256"),
            url=reading.text(said, "url", most=MAX_URL),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Something of a title that is being made, or could not be made."""

    format: str
    percent: int
    failed: str = ""

    @classmethod
    def read(cls, said: Json) -> Pending:
        """Read a store's answer; raises MessageError."""
        return cls(
            format=reading.text(said, "format", most=40),
            percent=reading.number(said, "percent", most=100),
            failed=reading.text(said, "failed", most=400, optional=True),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """One release, or what is owned of it, as a folder of files."""

    id: int
    artist: str
    title: str
    folder: str
    format: str  # another than the wished one where that makes no sense; empty when nothing can be made
    files: tuple[File, ...] = ()
    pending: tuple[Pending, ...] = ()

    @classmethod
    def read(cls, said: Json) -> Title:
        """Read a store's answer; raises MessageError."""
        return cls(
            id=reading.number(said, "id", most=(1 << 63) - 1),
            artist=reading.text(said, "artist", optional=True),
            title=reading.text(said, "title", optional=True),
            folder=reading.text(said, "folder", most=MAX_NAME),
            format=reading.text(said, "format", most=40, optional=True),
            files=tuple(File.read(row) for row in reading.objects(said, "files", most=MAX_FILES)),
            pending=tuple(Pending.read(row) for row in reading.objects(said, "pending", most=MAX_WISHES)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One page of all that somebody owns, in one format."""

    format: str
    formats: tuple[str, ...]
    titles_total: int
    links_until: datetime
    ask_again: int  # seconds, when something on this page is being made; else 0
    next: int  # the place where the next page begins; 0 on the last
    titles: tuple[Title, ...]
    receipts: tuple[File, ...] = ()  # of all orders, on the last page
    receipts_left: int = 0  # still to be signed: ask again

    @classmethod
    def read(cls, said: Json) -> Manifest:
        """Read a store's answer; raises MessageError."""
        reading.number(said, "version", least=VERSION, most=VERSION)
        return cls(
            format=reading.text(said, "format", most=40),
            formats=reading.words(said, "formats", most=MAX_FORMATS, longest=40),
            titles_total=reading.number(said, "titles_total"),
            links_until=reading.moment(said, "links_until"),
            ask_again=reading.number(said, "ask_again", most=86_400),
            next=reading.number(said, "next", most=(1 << 63) - 1),
            titles=tuple(Title.read(row) for row in reading.objects(said, "titles", most=MAX_TITLES)),
            receipts=tuple(File.read(row) for row in reading.objects(said, "receipts", most=MAX_FILES, optional=True)),
            receipts_left=reading.number(said, "receipts_left") if "receipts_left" in said else 0,
        )

    def pack(self) -> Json:
        """Return the message as plain JSON values."""
        said = asdict(self)
        said["links_until"] = self.links_until.isoformat(timespec="seconds")
        return {"version": VERSION, **said}
