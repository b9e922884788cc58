from __future__ import annotations

import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.utils import translation

from bandstand.kernel.errors import BandstandError, FormatError, InputError, OutsideError, RefusedError, SetupError
from bandstand.kernel.progress import CancelledError
from bandstand.webkit.explain import busy, explain, for_status
from bandstand.webkit.limits import TooManyError


class CardRefusedForGoodError(OutsideError):
    code = "tests.card"
    retry = False


class OddStatusError(RefusedError):
    status = 200


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RefusedError("No."), 409),
        (CancelledError(), 409),
        (InputError("Broken."), 422),
        (FormatError("channels", at=2, found=99, allowed="1 to 8"), 422),
        (OutsideError("Timeout."), 503),
        (CardRefusedForGoodError("Gone."), 502),
        (SetupError("No encoder."), 500),
        (BandstandError("Hm."), 500),
        (TooManyError("signin", retry_after=60), 429),
        (OddStatusError("No."), 409),
        (ObjectDoesNotExist(), 404),
        (PermissionDenied(), 403),
        (ZeroDivisionError("secret detail"), 500),
    ],
)
def test_each_kind_of_error_has_its_status(error, status):
    assert explain(error).status == status


def test_an_explanation_keeps_code_sentence_and_way_out():
    explanation = explain(RefusedError("This rental ended.", hint="Rent it again."))
    assert (explanation.code, explanation.sentence, explanation.hint) == (
        "refused",
        "This rental ended.",
        "Rent it again.",
    )
    assert str(explanation) == "This rental ended. Rent it again."


def test_an_empty_hint_stays_empty_in_every_language():
    with translation.override("de"):
        assert explain(RefusedError("No.")).hint == ""


def test_what_we_did_not_expect_tells_no_detail():
    assert "secret" not in str(explain(ValueError("secret detail")))


def test_who_tried_too_often_learns_when_it_is_allowed_again():
    assert explain(TooManyError("signin", retry_after=61)).retry_after == 61
    assert "2 minutes" in TooManyError("signin", retry_after=61).hint


def test_what_may_work_later_says_so():
    assert explain(OutsideError("Timeout.")).retry_after
    assert explain(CardRefusedForGoodError("Gone.")).retry_after is None
    assert busy().retry_after


@pytest.mark.parametrize("status", [400, 403, 404, 405, 500, 503])
def test_bare_statuses_are_explained_with_that_status(status):
    explanation = for_status(status)
    assert explanation.status == status
    assert explanation.sentence
