"""What the figures mean for sale: findings, each a sentence with its places. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from bandstand.kernel.units import clock_time
from bandstand.media.qc._model import Quality, Run

FULL_BAND = 28_000  # Hz: what a source of 44.1 or 48 kHz can hold, and 4 kHz that a lazy resampler's mirror adds
STEEP = 25.0  # dB within 1 kHz: natural sound fades out more gently
LOSSY_EDGES = range(14_000, 20_300)  # Hz: where coders from 96 to 320 kbit/s cut
SURELY_LOSSY = 19_300  # Hz: below it no converter cuts
HIGHEST_PEAK = 0.0  # dBTP; above it players clip
WORST_PEAK = 1.0
MANY_CLIPPED = 50
LONG_CLIP_MS = 1.0
LOUDEST, QUIETEST = -5.0, -40.0  # LUFS
LARGEST_OFFSET = 0.005
FARTHEST_BALANCE = 6.0  # dB
INVERTED = -0.5
WORST_MONO_LOSS = 6.0  # dB
LONG_LEAD_MS, LONG_TRAIL_MS = 3_000, 10_000
DROPOUT_MS = 500  # a gap up to here, in the midst of sound, is a fault more likely than a rest
SOUND = -50.0  # dBFS on both sides of a gap: below it a fade may have passed through zero
PLACES = 20


class Severity(StrEnum):
    """How much a finding matters."""

    NOTE = "note"
    WARNING = "warning"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that staff should know before it is sold."""

    rule: str
    severity: Severity
    sentence: str
    places_ms: tuple[int, ...] = field(default=())


def looks_upsampled(rate: int, bandwidth: int | None) -> bool:
    """Whether a file of a high rate holds nothing that one of 44.1 or 48 kHz couldn't."""
    return rate > 48_000 and bandwidth is not None and 0 < bandwidth <= FULL_BAND


def judge(quality: Quality) -> list[Finding]:
    """Return all findings, the grave ones first."""
    if quality.digital_silence:
        return [Finding("silent", Severity.STOP, "It holds nothing but silence.")]
    order = list(Severity)[::-1]
    found = [
        *_band(quality),
        *_depth(quality),
        *_levels(quality),
        *_clipping(quality),
        *_silence(quality),
        *_channels(quality),
    ]
    return sorted(found, key=lambda finding: order.index(finding.severity))


def _band(quality: Quality) -> Iterator[Finding]:
    khz = f"{quality.bandwidth / 1000:.1f} kHz"
    if looks_upsampled(quality.rate, quality.bandwidth):
        said = f"It is delivered at {quality.rate / 1000:g} kHz, and its spectrum ends at {khz}: it looks upsampled."
        yield Finding("upsampled", Severity.WARNING, said)
    if quality.lossless and quality.edge_drop >= STEEP and quality.bandwidth in LOSSY_EDGES:
        severity = Severity.WARNING if quality.bandwidth <= SURELY_LOSSY else Severity.NOTE
        said = f"Its spectrum falls {quality.edge_drop:.0f} dB at {khz}, as lossy coders leave it."
        yield Finding("lossy_source", severity, said)


def _depth(quality: Quality) -> Iterator[Finding]:
    if quality.bits and quality.effective_bits and quality.effective_bits < min(quality.bits, 24):
        said = f"The file says {quality.bits} bit, and only {quality.effective_bits} are ever used."
        yield Finding("padded_bits", Severity.WARNING, said)


def _levels(quality: Quality) -> Iterator[Finding]:
    if quality.true_peak > HIGHEST_PEAK:
        severity = Severity.WARNING if quality.true_peak > WORST_PEAK else Severity.NOTE
        tops = quality.curves.true_peak
        step = quality.duration_ms / max(len(tops), 1)
        over = tuple(int(at * step) for at, level in enumerate(tops) if level > HIGHEST_PEAK)[:PLACES]
        yield Finding("true_peak", severity, f"Its true peak is {quality.true_peak:+.1f} dBTP.", over)
    if quality.integrated > LOUDEST:
        yield Finding("loud", Severity.NOTE, f"It is very loud: {quality.integrated:.1f} LUFS.")
    if quality.integrated < QUIETEST:
        yield Finding("quiet", Severity.NOTE, f"It is very quiet: {quality.integrated:.1f} LUFS.")


def _clipping(quality: Quality) -> Iterator[Finding]:
    if not quality.clipped_runs:
        return
    longest = max(run.length for run in quality.clipped) * 1000 / quality.rate
    bad = quality.clipped_runs > MANY_CLIPPED or longest >= LONG_CLIP_MS
    many = "once" if quality.clipped_runs == 1 else f"{quality.clipped_runs} times"
    said = f"It clips {many}, at most for {longest:.2f} ms."
    yield Finding("clipping", Severity.WARNING if bad else Severity.NOTE, said, _places(quality.clipped, quality.rate))


def _silence(quality: Quality) -> Iterator[Finding]:
    short = [run for run in quality.zeros if run.length * 1000 < DROPOUT_MS * quality.rate and run.beside > SOUND]
    if short:
        many = "one gap" if len(short) == 1 else f"{len(short)} gaps"
        said = f"There are zeros inside: {many} shorter than half a second, as dropouts are."
        yield Finding("dropout", Severity.WARNING, said, _places(tuple(short), quality.rate))
    if long := [run for run in quality.zeros if run.length * 1000 >= DROPOUT_MS * quality.rate]:
        said = f"Digital silence inside, for {clock_time(max(run.length for run in long) * 1000 // quality.rate)}."
        yield Finding("inner_silence", Severity.NOTE, said, _places(tuple(long), quality.rate))
    if quality.lead_silence_ms > LONG_LEAD_MS:
        yield Finding("lead", Severity.NOTE, f"It begins with {clock_time(quality.lead_silence_ms)} of silence.", (0,))
    if quality.trail_silence_ms > LONG_TRAIL_MS:
        at = quality.duration_ms - quality.trail_silence_ms
        yield Finding("trail", Severity.NOTE, f"It ends with {clock_time(quality.trail_silence_ms)} of silence.", (at,))


def _channels(quality: Quality) -> Iterator[Finding]:
    worst = max(quality.dc_offset, key=abs)
    if abs(worst) > LARGEST_OFFSET:
        channel = quality.dc_offset.index(worst) + 1
        yield Finding("dc_offset", Severity.WARNING, f"Channel {channel} has a DC offset of {worst:+.3f}.")
    if quality.channels < 2 or quality.correlation is None or quality.mono_loss is None:
        return
    left, right = quality.channel_levels[:2]
    if min(left, right) <= -100:
        side = "left" if left < right else "right"
        yield Finding("one_sided", Severity.WARNING, f"The {side} channel is silent.")
    elif abs(left - right) > FARTHEST_BALANCE:
        side = "left" if left > right else "right"
        said = f"The {side} channel is {abs(left - right):.1f} dB louder than the other."
        yield Finding("balance", Severity.NOTE, said)
    if quality.correlation < INVERTED:
        said = f"The channels are out of phase (correlation {quality.correlation:+.2f}): one of them looks inverted."
        yield Finding("inverted", Severity.WARNING, said, _out_of_phase(quality))
    elif quality.mono_loss > WORST_MONO_LOSS:
        said = f"In mono it loses {quality.mono_loss:.1f} dB."
        yield Finding("mono", Severity.WARNING, said, _out_of_phase(quality))
    if quality.identical and quality.channels == 2:
        yield Finding("dual_mono", Severity.NOTE, "Both channels are the same: it is mono in a stereo file.")


def _out_of_phase(quality: Quality) -> tuple[int, ...]:
    course = quality.curves.correlation
    step = quality.duration_ms / max(len(course), 1)
    low = [at for at, value in enumerate(course) if value < INVERTED]
    begins = [at for at in low if at == 0 or at - 1 not in set(low)]
    return tuple(int(at * step) for at in begins)[:PLACES]


def _places(runs: tuple[Run, ...], rate: int) -> tuple[int, ...]:
    return tuple(dict.fromkeys(run.start_ms(rate) for run in runs))[:PLACES]
