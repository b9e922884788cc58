"""The styles of the demo's artists, by name."""

from __future__ import annotations

from bandstand.demo.music.style import Style
from bandstand.demo.music.styles import acoustic, ambient, bossa, chamber, choral, dub, lofi, rhodes, synthpop

STYLES: dict[str, Style] = {
    "ambient": ambient.STYLE,
    "lofi": lofi.STYLE,
    "synthpop": synthpop.STYLE,
    "chamber": chamber.STYLE,
    "dub": dub.STYLE,
    "acoustic": acoustic.STYLE,
    "bossa": bossa.STYLE,
    "choral": choral.STYLE,
    "rhodes": rhodes.STYLE,
}
