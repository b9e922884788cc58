"""The quality check: what measurements mean for sale."""

from __future__ import annotations

from collections.abc import Sequence

from bandstand.kernel.units import clock_time
from bandstand.media.pictures import PictureFacts
from bandstand.media.probe import Examination
from bandstand.media.sniff import expected_suffixes
from bandstand.store.ingest.rules.report import Findings

LOWEST_RATE = 44_100
QUIETEST, LOUDEST = -40.0, -5.0  # LUFS
HIGHEST_PEAK = 1.0  # dBTP; lossy coding alone may lift it a little above full scale
MANY_CLIPPED = 50  # stretches at full scale
LONG_LEAD_MS, LONG_TRAIL_MS = 5_000, 15_000
LARGEST_OFFSET = 0.01
SMALLEST_COVER = 500  # pixels


def check_sound(file: str, suffix: str, examination: Examination, findings: Findings) -> None:
    """Note what is wrong or odd about a sound."""
    facts, loudness = examination.facts, examination.loudness
    if suffix.lower() not in expected_suffixes(facts.container):
        findings.refuse(
            "file.name",
            f"{file} is {facts.container.upper()}, which its name doesn't say.",
            hint=f"Name it …{expected_suffixes(facts.container)[0]}.",
            file=file,
        )
    if examination.digital_silence:
        findings.refuse(
            "sound.silent",
            f"{file} holds nothing but silence.",
            hint="Export it again; silence that is meant needs dither.",
            file=file,
        )
        return
    odd = [
        (not facts.lossless, "sound.lossy", f"It is {facts.codec}: buyers can't get it lossless."),
        (facts.rate < LOWEST_RATE, "sound.rate", f"Its rate is {facts.rate} Hz, below that of a CD."),
        (loudness.integrated < QUIETEST, "sound.quiet", f"It is very quiet: {loudness.integrated:.1f} LUFS."),
        (loudness.integrated > LOUDEST, "sound.loud", f"It is very loud: {loudness.integrated:.1f} LUFS."),
        (loudness.true_peak > HIGHEST_PEAK, "sound.peak", f"Its true peak is {loudness.true_peak:+.1f} dBTP."),
        (examination.clipped_runs > MANY_CLIPPED, "sound.clipped", f"It clips {examination.clipped_runs} times."),
        (
            examination.lead_silence_ms > LONG_LEAD_MS,
            "sound.lead",
            f"It begins with {clock_time(examination.lead_silence_ms)} of silence.",
        ),
        (
            examination.trail_silence_ms > LONG_TRAIL_MS,
            "sound.trail",
            f"It ends with {clock_time(examination.trail_silence_ms)} of silence.",
        ),
        (
            abs(examination.dc_offset) > LARGEST_OFFSET,
            "sound.offset",
            f"It has a DC offset of {examination.dc_offset:.3f}.",
        ),
    ]
    for is_odd, rule, sentence in odd:
        if is_odd:
            findings.remark(rule, sentence, file=file)


def check_cover(file: str, facts: PictureFacts | None, findings: Findings) -> None:
    """Note a cover that is missing or small."""
    if facts is None:
        findings.remark("cover.missing", "There is no cover.", hint="Add cover.jpg, best with 3000 pixels a side.")
    elif min(facts.width, facts.height) < SMALLEST_COVER:
        findings.remark(
            "cover.small",
            f"The cover has {facts.width} × {facts.height} pixels.",
            hint=f"Give one of at least {SMALLEST_COVER} a side, best 3000.",
            file=file,
        )


def check_twins(files: Sequence[tuple[str, str]], findings: Findings) -> None:
    """Note audio files (name, SHA-256) whose bytes are the same."""
    seen: dict[str, str] = {}
    for name, sha256 in files:
        if (other := seen.setdefault(sha256, name)) != name:
            findings.remark("file.twin", f"{other} and {name} are the same file.", file=name)
