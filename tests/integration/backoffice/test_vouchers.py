"""Campaigns, codes and sheets in the back office."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from tests.conftest import NOW
from tests.factories import make_campaign, make_code, make_deal, make_release

from bandstand.store.backoffice import roles
from bandstand.store.vouchers import queries, services, sheets
from bandstand.store.vouchers.models import Campaign, Code
from bandstand.webkit.models import AuditEvent

NEW = "admin:vouchers_campaign_new"


@pytest.fixture
def staff(client, ada):
    client.force_login(ada)
    return client


@pytest.fixture
def record(db):
    release = make_release(title="Rain & <b>Brass</b>", number="HL-001", cover_sha256="ab" * 32)
    make_deal(release=release)
    return release


def made(staff, **facts):
    form = {"name": "Tour", "kind": "titles", "titles": "HL-001", "count": "24", "per_holder": "1"}
    return staff.post(reverse(NEW), form | facts)


def page_of(staff, name, campaign, query=""):
    return staff.get(reverse(f"admin:vouchers_campaign_{name}", args=[campaign.pk]) + query)


def test_codes_for_titles_are_made_and_leave_an_event(staff, record):
    answer = made(staff)
    campaign = Campaign.objects.get()
    assert answer.url == reverse("admin:vouchers_campaign_change", args=[campaign.pk])
    assert queries.tallies([campaign.pk])[campaign.pk] == queries.Tally(24, 24, 0)
    assert queries.titles_of(campaign.pk) == [record.pk]
    event = AuditEvent.objects.get()
    assert (event.row_key, event.action) == (str(campaign.pk), "admin.vouchers_campaign_new")
    page = staff.get(answer.url).content.decode()
    assert reverse("admin:vouchers_campaign_sheet", args=[campaign.pk]) in page


def test_a_word_for_many_takes_a_percentage_off_everything(staff, record):
    made(staff, kind="percent", percent="10", titles="", word="summer26", count="5000")
    code = Code.objects.get()
    assert (code.shown, code.uses, code.campaign.percent) == ("SUMMER26", 5000, 10)


@pytest.mark.parametrize(
    "facts",
    [
        {"titles": "HL-404"},
        {"titles": ""},
        {"kind": "percent", "titles": ""},
        {"kind": "amount", "amount": "5.00"},
        {"kind": "amount", "amount": "five", "currency": "EUR"},
        {"count": "10001"},
        {"count": "0"},
        {"word": "two words"},
    ],
)
def test_what_can_not_be_is_said_and_not_made(staff, record, facts):
    assert made(staff, **facts).status_code == 200
    assert not Campaign.objects.exists()
    assert not AuditEvent.objects.exists()


def test_a_sheet_shows_every_unused_code_with_its_title_and_address(staff, record):
    made(staff)
    campaign = Campaign.objects.get()
    used, stopped, *left = Code.objects.order_by("pk")
    Code.objects.filter(pk=used.pk).update(used=1)
    services.stop_code(code_id=stopped.pk, now=NOW)
    page = page_of(staff, "sheet", campaign, "?batch=1").content.decode()
    assert set(re.findall(r'class="code">([^<]+)<', page)) == {code.shown for code in left}
    assert page.count("<svg") == len(left) == 22
    assert page.count('class="paper"') == 3
    assert "Rain &amp; &lt;b&gt;Brass" in page
    assert "/redeem" in page
    assert " style=" not in page  # the policy of content would drop it
    assert "<script" not in page
    event = AuditEvent.objects.get(action="admin.vouchers_campaign_sheet")
    assert (event.row_key, left[0].shown in event.sentence) == (str(campaign.pk), False)


def test_the_qr_code_says_the_address_of_the_form(record, tmp_path):
    code = make_code(campaign=make_campaign(kind="titles", releases=[record]))
    link = sheets.link_of(code)
    assert link.endswith(f"/redeem/?code={code.shown}")
    import segno

    drawn = segno.make(link, error="m", micro=False)
    assert str(drawn.svg_inline(omitsize=True, border=4, svgclass=None, lineclass=None)) == sheets.qr(link)


def test_a_page_sent_twice_makes_one_batch_more(staff, record):
    made(staff)
    campaign = Campaign.objects.get()
    page = page_of(staff, "more", campaign)
    form = {"count": "10", "batch": page.context["form"].initial["batch"]}
    for _ in range(2):
        staff.post(reverse("admin:vouchers_campaign_more", args=[campaign.pk]), form)
    assert queries.batches(campaign.pk) == [1, 2]
    assert Code.objects.count() == 34


def test_the_table_holds_no_formula(staff, record):
    made(staff, name='=HYPERLINK("http://evil.example")')
    answer = page_of(staff, "table", Campaign.objects.get())
    assert answer["Content-Disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    assert len(rows) == 25
    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row)


def test_stopping_a_campaign_and_a_code_leaves_events(staff, record):
    made(staff, word="GIG", count="9")
    campaign, code = Campaign.objects.get(), Code.objects.get()
    staff.post(reverse("admin:vouchers_code_changelist"), {"action": "stop", "_selected_action": [code.pk]})
    staff.post(reverse("admin:vouchers_campaign_changelist"), {"action": "stop", "_selected_action": [campaign.pk]})
    assert Code.objects.get().stopped_at is not None
    assert Campaign.objects.get().ended_at is not None
    assert [event.action for event in AuditEvent.objects.order_by("pk")][1:] == ["vouchers.stop", "vouchers.stop"]


def test_support_reads_no_code_and_makes_none(client, ben, record):
    roles.set_up()
    ben.is_staff = True
    ben.save()
    ben.groups.add(Group.objects.get(name="support"))
    client.force_login(ben)
    campaign = make_campaign(kind="titles", releases=[record])
    make_code(campaign=campaign)
    assert client.get(reverse("admin:vouchers_campaign_changelist")).status_code == 200
    assert client.get(reverse("admin:vouchers_code_changelist")).status_code == 403
    for name in ("sheet", "more", "table"):
        assert page_of(client, name, campaign).status_code == 403
    assert client.get(reverse(NEW)).status_code == 403


def test_a_code_is_found_in_the_list_however_it_is_typed(staff, record):
    code = make_code(campaign=make_campaign(kind="titles", releases=[record]))
    page = staff.get(reverse("admin:vouchers_code_changelist"), {"q": code.shown.lower()})
    assert code.shown in page.content.decode()
