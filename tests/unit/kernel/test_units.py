import pytest

from bandstand.kernel.units import clock_time, size


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1 kB"), (1_234_567, "1.2 MB"), (2_147_483_648, "2.1 GB")],
)
def test_sizes_read_in_decimal_units(count, text):
    assert size(count) == text


@pytest.mark.parametrize(("ms", "text"), [(0, "0:00"), (187_400, "3:07"), (3_723_000, "1:02:03")])
def test_durations_read_as_on_a_player(ms, text):
    assert clock_time(ms) == text
