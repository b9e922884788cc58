from __future__ import annotations

import pytest

from bandstand.kernel.progress import CancelledError
from bandstand.webkit.jobs.progress import JobProgress, LeaseLostError


def test_progress_adds_up_and_keeps_what_fits_a_row():
    progress = JobProgress("j")
    progress.expect(10)
    progress(3)
    progress(4)
    progress.say("x" * 500)
    assert progress.facts == (7, 10, "x" * 200)


def test_a_stop_is_raised_at_the_next_call_and_the_first_reason_stands():
    progress = JobProgress("j")
    progress.stop(LeaseLostError("j"))
    progress.stop(CancelledError())
    for call in (lambda: progress(1), progress.check):
        with pytest.raises(LeaseLostError):
            call()
