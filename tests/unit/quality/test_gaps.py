"""What lies between two tracks."""

from __future__ import annotations

import pytest

from bandstand.store.quality.rules import Ends, Joint, gap

CUT_IN = Ends(lead_ms=0, trail_ms=0, start_level=-20.0, end_level=-20.0)
FADED = Ends(lead_ms=100, trail_ms=1900, start_level=-90.0, end_level=-120.0)
SLOW = Ends(lead_ms=9_000, trail_ms=0, start_level=-120.0, end_level=-90.0)


@pytest.mark.parametrize(
    ("before", "after", "joint", "length"),
    [
        (CUT_IN, CUT_IN, Joint.GAPLESS, 0),
        (CUT_IN, FADED, Joint.CUT, 100),
        (FADED, CUT_IN, Joint.PAUSE, 1900),
        (FADED, FADED, Joint.PAUSE, 2000),
        (FADED, SLOW, Joint.LONG, 10_900),
        (None, FADED, Joint.UNKNOWN, 0),
        (FADED, None, Joint.UNKNOWN, 0),
    ],
)
def test_the_joint_of_two_tracks_is_named(before, after, joint, length):
    found = gap(before, after)
    assert (found.joint, found.length_ms) == (joint, length)
