from datetime import UTC, date, datetime

import pytest

from bandstand.kernel.clock import local_midnight


@pytest.mark.parametrize(
    ("day", "zone", "instant"),
    [
        (date(2026, 11, 24), "Europe/Berlin", datetime(2026, 11, 23, 23, tzinfo=UTC)),
        (date(2026, 11, 24), "Pacific/Kiritimati", datetime(2026, 11, 23, 10, tzinfo=UTC)),  # UTC+14
        (date(2026, 11, 24), "Etc/GMT+12", datetime(2026, 11, 24, 12, tzinfo=UTC)),  # UTC-12
        (date(2026, 3, 29), "Asia/Beirut", datetime(2026, 3, 28, 22, tzinfo=UTC)),  # midnight is skipped: 01:00 comes
        (date(2018, 11, 4), "America/Sao_Paulo", datetime(2018, 11, 4, 3, tzinfo=UTC)),  # likewise
        (date(2026, 10, 25), "Europe/Berlin", datetime(2026, 10, 24, 22, tzinfo=UTC)),  # before the autumn change
        (date(2026, 10, 26), "Europe/Berlin", datetime(2026, 10, 25, 23, tzinfo=UTC)),  # after it
    ],
)
def test_a_day_begins_at_its_own_midnight(day, zone, instant):
    assert local_midnight(day, zone) == instant
