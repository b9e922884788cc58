"""From a piece to finished sound."""

from __future__ import annotations

from dataclasses import dataclass

from bandstand.demo.music import form, master, space, styles
from bandstand.demo.music.form import Piece
from bandstand.demo.music.master import Pcm
from bandstand.demo.music.signal import RATE


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished track: samples (n, 2) at `RATE`, and where its sections begin in seconds."""

    pcm: Pcm
    sections: tuple[tuple[str, float], ...]

    @property
    def seconds(self) -> float:
        """Length of the track."""
        return float(self.pcm.shape[0] / RATE)


def render(piece: Piece) -> Rendered:
    """Play a piece. The same piece gives the same samples."""
    style = styles.STYLES[piece.style]
    mix = style.play(piece, form.bars_of(piece)).mix()
    kernel = space.tone_control(28.0, style.lowpass, low_shelf=style.low_shelf, high_shelf=style.high_shelf)
    pcm = master.master(
        mix,
        kernel,
        drive=style.drive,
        fade_in=style.fade_in,
        fade_out=1.2 if piece.live else style.fade_out,
        target=style.target,
    )
    return Rendered(pcm, form.section_starts(piece))
