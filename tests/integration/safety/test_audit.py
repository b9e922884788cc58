"""Audit events: written once, never changed, safe in a spreadsheet, and gone after their time."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from tests.conftest import NOW

from bandstand.webkit import audit
from bandstand.webkit.models import AuditEvent

pytestmark = pytest.mark.django_db


def event(sentence="It was done.", *, now=NOW, actor="command"):
    return audit.record(actor=actor, action="test.act", row=None, sentence=sentence, now=now)


def test_an_event_is_neither_changed_nor_deleted():
    event()
    with pytest.raises(TypeError):
        AuditEvent.objects.update(sentence="It was somebody else.")
    with pytest.raises(TypeError):
        AuditEvent.objects.all().delete()
    written = AuditEvent.objects.get()
    written.sentence = "It was somebody else."
    with pytest.raises(TypeError):
        written.save()
    with pytest.raises(TypeError):
        written.delete()
    assert AuditEvent.objects.get().sentence == "It was done."


def test_events_end_after_two_years():
    event("old", now=NOW - audit.KEPT - timedelta(seconds=1))
    event("new", now=NOW - audit.KEPT + timedelta(seconds=1))
    assert audit.forget(now=NOW) == 1
    assert AuditEvent.objects.get().sentence == "new"


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_the_export_is_a_formula(begin):
    event(f'{begin}HYPERLINK("http://evil.example")')
    (_, row) = csv.reader(io.StringIO("".join(audit.as_csv(AuditEvent.objects.all()))))
    assert row[5].startswith(f"'{begin}")


def test_what_somebody_did_and_what_was_done_to_them_are_about_them(ben, cleo):
    audit.record(actor=audit.user(ben.pk), action="test.act", row=cleo, sentence="one", now=NOW)
    audit.record(actor=audit.user(cleo.pk), action="test.act", row=None, sentence="two", now=NOW)
    assert {found.sentence for found in audit.about(ben)} == {"one"}
    assert {found.sentence for found in audit.about(cleo)} == {"one", "two"}


def test_staff_export_what_they_have_chosen_and_that_is_an_event_too(client, ada):
    client.force_login(ada)
    one = event("=cmd")
    answer = client.post("/backoffice/webkit/auditevent/", {"action": "export", "_selected_action": [one.pk]})
    assert answer["Content-Type"].startswith("text/csv")
    assert b"'=cmd" in b"".join(answer.streaming_content)
    assert AuditEvent.objects.filter(actor=f"user:{ada.pk}").count() == 1


def test_a_page_of_events_names_who_it_was_in_as_many_queries_as_one_event(client, ada, django_assert_max_num_queries):
    client.force_login(ada)
    for _ in range(30):
        event(actor=f"user:{ada.pk}")
    client.get("/backoffice/webkit/auditevent/")  # the session is noted once
    with django_assert_max_num_queries(14):
        page = client.get(f"/backoffice/webkit/auditevent/?actor=user:{ada.pk}").content.decode()
    assert page.count(f"Ada (user:{ada.pk})") == 30


def test_staff_read_events_and_change_none(client, ada):
    client.force_login(ada)
    one = event()
    assert client.get("/backoffice/webkit/auditevent/").status_code == 200
    assert client.post(f"/backoffice/webkit/auditevent/{one.pk}/change/", {"sentence": "x"}).status_code == 403
    assert client.post(f"/backoffice/webkit/auditevent/{one.pk}/delete/", {"post": "yes"}).status_code == 403
