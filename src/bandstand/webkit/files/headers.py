"""Header values that the file door sends."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

Headers = tuple[tuple[str, str], ...]

TICKETED = "private, max-age=0, no-transform"
IMMUTABLE = "public, max-age=31536000, immutable, no-transform"
NEVER = "no-store"
_EXPOSED = "Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag, X-Request-Id"
_ATTR_CHAR = "!#$&+-.^_`|~"  # RFC 8187, section 3.2.1, beside letters and digits
_UNSAFE = re.compile(r'[^\x20-\x7e]|["\\%/]')
_MEDIA_TYPES = {
    "aac": "audio/aac",
    "avif": "image/avif",
    "flac": "audio/flac",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "m4a": "audio/mp4",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "png": "image/png",
    "txt": "text/plain; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
}


def media_type(key: str) -> str:
    """Return the type of a public file by the ending of its name; nothing that a browser would run."""
    return _MEDIA_TYPES.get(key.rpartition(".")[2].lower(), "application/octet-stream")


def disposition(name: str) -> str:
    """Return a `Content-Disposition` (RFC 6266) that saves under `name`, or shows in place when there is none.

    `filename` has an ASCII likeness for old clients; `filename*` (RFC 8187) the very name.
    """
    if not name:
        return "inline"
    decomposed = unicodedata.normalize("NFKD", name)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    likeness = _UNSAFE.sub("_", plain)
    value = f'attachment; filename="{likeness}"'
    if likeness != name:
        value += f"; filename*=UTF-8''{quote(name, safe=_ATTR_CHAR, encoding='utf-8')}"
    return value


def fixed(store_url: str, request_id: str) -> Headers:
    """Return what every answer carries: no script, no sniffing, no referrer, readable by the store's pages only."""
    return (
        ("access-control-allow-origin", store_url),
        ("access-control-expose-headers", _EXPOSED),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("referrer-policy", "no-referrer"),
        ("vary", "Origin"),
        ("x-content-type-options", "nosniff"),
        ("x-request-id", request_id),
    )
