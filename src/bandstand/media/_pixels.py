"""Decoding and resizing pictures; runs in the child process only (see `pictures` for the way in)."""

from __future__ import annotations

import colorsys
import io
import struct
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from PIL import Image, ImageCms, ImageOps

from bandstand.media.pictures import MAX_PIXELS, PictureRefusedError

FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
SIDES = range(1, 16_385)
WEBP_QUALITY, JPEG_QUALITY = 84, 90
COLOURS = 12
_SIGNS = ((b"\x89PNG\r\n\x1a\n", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"RIFF", "WEBP"))

Request = Mapping[str, object]


def examine(request: Request) -> dict[str, object]:
    """Decode all of `path`; return its size, kind and palette."""
    picture, kind = _open(Path(str(request["path"])))
    return {"width": picture.width, "height": picture.height, "media_type": FORMATS[kind], "palette": palette(picture)}


def resize(request: Request) -> dict[str, object]:
    """Write `path` in all `sizes` into `out_dir`; return what was written."""
    picture, _ = _open(Path(str(request["path"])))
    folder, bounds = Path(str(request["out_dir"])), cast("list[int]", request["sizes"])
    files = []
    for bound in bounds:
        fitted = _fit(picture, bound)
        fitted.save(folder / f"{bound}.webp", "WEBP", quality=WEBP_QUALITY, method=4)
        files.append(_entry(f"{bound}.webp", bound, fitted, "image/webp"))
    if bounds:
        fitted = _fit(picture, bounds[-1])
        fitted.save(folder / f"{bounds[-1]}.jpg", "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)
        files.append(_entry(f"{bounds[-1]}.jpg", bounds[-1], fitted, "image/jpeg"))
    return {"files": files}


def palette(picture: Image.Image) -> list[str]:
    """Return three colours: the most telling first, the others far enough from it; repeated when there are fewer."""
    small = picture.resize((64, 64), Image.Resampling.BOX)
    reduced = small.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, kmeans=4)
    table = reduced.getpalette() or []
    used = cast("list[tuple[int, int]]", reduced.getcolors() or [])  # of a picture with a palette: (count, index)
    counted = [(count, table[3 * index : 3 * index + 3]) for count, index in used]
    ranked = sorted(((count * _weight(rgb), rgb) for count, rgb in counted), key=lambda pair: (-pair[0], pair[1]))
    chosen: list[list[int]] = []
    for apart in (90, 45, 0):  # in RGB steps; closer ones only when nothing else is left
        for _, rgb in ranked:
            if len(chosen) < 3 and all(
                sum(abs(a - b) for a, b in zip(rgb, other, strict=True)) > apart for other in chosen
            ):
                chosen.append(rgb)
    chosen += [chosen[0]] * (3 - len(chosen))
    return ["#{:02x}{:02x}{:02x}".format(*rgb) for rgb in chosen]


def _weight(rgb: list[int]) -> float:
    """Weigh how well a colour stands for a picture: strong ones more than greys, very dark and very light ones less."""
    _, lightness, saturation = colorsys.rgb_to_hls(*(part / 255 for part in rgb))
    return 0.25 + saturation * (1 - abs(2 * lightness - 1))


def _open(path: Path) -> tuple[Image.Image, str]:
    """Return a picture as it is meant to be seen, in sRGB without transparency (on white), and its kind."""
    with path.open("rb") as stream:
        head = stream.read(16)
    kind = next((kind for sign, kind in _SIGNS if head.startswith(sign)), None)
    if kind is None or (kind == "WEBP" and head[8:12] != b"WEBP"):
        raise PictureRefusedError(path=path, why=_not_taken(path))
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(path, formats=(kind,)) as source:
            if source.width * source.height > MAX_PIXELS or source.width not in SIDES or source.height not in SIDES:
                raise PictureRefusedError(path=path, why=f"{source.width} by {source.height} pixels are too many")
            source.load()
            return _opaque(_srgb(ImageOps.exif_transpose(source))), kind
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureRefusedError(path=path, why="it has too many pixels") from error
    except (
        OSError,
        ValueError,
        SyntaxError,
        struct.error,
        EOFError,
        IndexError,
        KeyError,
        TypeError,
    ) as error:
        raise PictureRefusedError(path=path, why="it is broken") from error


def _not_taken(path: Path) -> str:
    with path.open("rb") as stream:
        head = stream.read(1024).lstrip()
    if head.startswith(b"<") and (b"<svg" in head or b"<?xml" in head):
        return "it is a drawing in SVG, which can hold programs"
    return "it is an archive" if head.startswith((b"PK", b"\x1f\x8b")) else "it is no PNG, JPEG or WebP"


def _srgb(picture: Image.Image) -> Image.Image:
    profile = picture.info.get("icc_profile")
    if profile and picture.mode in ("RGB", "CMYK"):
        try:
            theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            changed = ImageCms.profileToProfile(picture, theirs, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if changed is not None:
                return changed
        except (
            ImageCms.PyCMSError,
            OSError,
            ValueError,
        ):  # a broken profile says nothing: take the colours as they are
            pass
    return picture


def _opaque(picture: Image.Image) -> Image.Image:
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        over = picture.convert("RGBA")
        white = Image.new("RGBA", over.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, over).convert("RGB")
    if picture.mode.startswith("I;16") or picture.mode == "I":
        return picture.convert("I").point([value >> 8 for value in range(65_536)], "L").convert("L").convert("RGB")
    return picture.convert("RGB")


def _fit(picture: Image.Image, bound: int) -> Image.Image:
    longest = max(picture.size)
    if longest <= bound:
        return Image.frombytes(
            "RGB", picture.size, picture.tobytes()
        )  # without what the source carried beside its pixels
    width, height = (max(round(side * bound / longest), 1) for side in picture.size)
    fitted = picture.resize((width, height), Image.Resampling.LANCZOS)
    fitted.info = {}
    return fitted


def _entry(name: str, bound: int, picture: Image.Image, media_type: str) -> dict[str, object]:
    return {"name": name, "bound": bound, "width": picture.width, "height": picture.height, "media_type": media_type}
