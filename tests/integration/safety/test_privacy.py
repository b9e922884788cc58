"""Taking one's data along gives all of one's own and nothing of others; being erased leaves no trace of who it was."""

from __future__ import annotations

import io
import json
import os
import re
import time
import zipfile
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone
from tests.conftest import give_factor

from bandstand.kernel.progress import silent
from bandstand.store.accounts import jobs as account_jobs
from bandstand.store.accounts import services as accounts
from bandstand.store.accounts.models import SignIn
from bandstand.store.grants.models import Grant
from bandstand.store.ledger.models import Entry
from bandstand.store.orders import services as orders
from bandstand.store.orders.models import Order
from bandstand.store.plays import services as plays
from bandstand.store.privacy import folder, jobs, links, rules, services
from bandstand.webkit.jobs import services as work_queue
from bandstand.webkit.jobs.models import Job
from bandstand.webkit.models import AuditEvent

pytestmark = pytest.mark.django_db

ADDRESS, NAME = "canary.of.ben@listener.example", "Benedikta Canarywright"
PASSWORD = "a quiet harbour"


@pytest.fixture
def canary(ben):
    """Ben, under an address and a name that nothing else has."""
    ben.email, ben.name = ADDRESS, NAME
    ben.save()
    return ben


@pytest.fixture
def mail(settings, tmp_path):
    """A folder that mails are written to."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path
    return tmp_path


def work():
    """Do the mails that wait."""
    for job in Job.objects.filter(name__in=["accounts.send_mail", "accounts.tell", "privacy.ask_erasure"]):
        module = jobs if job.name.startswith("privacy") else account_jobs
        getattr(module, job.name.partition(".")[2])(now=timezone.now(), progress=silent, **job.payload)
        Job.objects.filter(pk=job.pk).update(state="done", ended_at=timezone.now())


def everything():
    """Every value of every row of every table, as text, by where it stands."""
    for model in apps.get_models():
        for row in model._base_manager.values():
            for name, value in row.items():
                yield f"{model._meta.label}.{name}", str(value)


def traces(*texts):
    return {where for where, value in everything() if any(text.casefold() in value.casefold() for text in texts)}


def signed_in(person):
    client = Client(headers={"User-Agent": "Canarybrowser/1.0"})
    client.post("/account/sign-in/", {"login": person.email, "password": PASSWORD})
    return client


def bundle_of(client):
    zipped = zipfile.ZipFile(io.BytesIO(client.post("/account/export/").content))
    return {name: zipped.read(name).decode() for name in zipped.namelist()}


def test_the_bundle_holds_all_of_ones_own_and_nothing_of_others(canary, shop, cleo):
    plays.record_download(ticket_id="t", grant_id=shop.grant.pk, file_name="01 Canary.flac", size=7, now=timezone.now())
    give_factor(cleo)
    other = signed_in(cleo)
    other.get("/account/")
    found = bundle_of(signed_in(canary))
    assert {f"{name}.json" for name in rules.FILES} | {"README.txt"} <= set(found)
    (order,) = json.loads(found["orders.json"])["orders"]
    assert (order["number"], order["gross"]) == (shop.order.number, shop.order.gross)
    assert order["lines"][0]["title"] == shop.order.lines.get().title
    assert json.loads(found["account.json"])["account"]["email"] == ADDRESS
    assert json.loads(found["grants.json"])["grants"][0]["source"] == f"order:{shop.order.number}"
    assert json.loads(found["downloads.json"])["downloads"][0]["file"] == "01 Canary.flac"
    whole = "\n".join(found.values())
    for secret in (cleo.email, cleo.name, str(cleo.public_id), canary.password, *_secrets()):
        assert secret not in whole


def _secrets():
    return list(SignIn.objects.values_list("session_key", flat=True))


def test_another_listener_gets_nothing_of_the_canary(canary, shop, cleo):
    whole = "\n".join(bundle_of(signed_in(cleo)).values())
    for text in (ADDRESS, NAME, shop.order.number, str(canary.public_id), shop.order.lines.get().title):
        assert text not in whole


def test_the_bundle_asks_who_it_is_and_is_made_five_times_a_day(canary, shop):
    assert Client().post("/account/export/").url.startswith("/account/sign-in/")
    client = signed_in(canary)
    got = [client.post("/account/export/").status_code for _ in range(6)]
    assert got == [200] * 5 + [429]
    session = client.session
    records = session["account_authentication_methods"]
    session["account_authentication_methods"] = [record | {"at": record["at"] - 301} for record in records]
    session.save()
    assert client.post("/account/export/").url.startswith("/account/again/")
    assert AuditEvent.objects.filter(action="privacy.exported").count() == 5


def test_the_last_press_is_in_the_mail_and_a_wrong_address_asks_for_none(canary, shop, mail):
    client = signed_in(canary)
    assert client.post("/account/erase/", {"email": "ben@example.org"}).status_code == 422
    assert not Job.objects.filter(name="privacy.ask_erasure").exists()
    assert client.post("/account/erase/", {"email": f" {ADDRESS.upper()} "}).url == "/account/mail-sent/"
    work()
    (path,) = [urlsplit(url).path for url in re.findall(r"http\S+/erase/open/\S+", _text(mail))]
    assert client.get(path).status_code == 200
    canary.refresh_from_db()
    assert canary.email == ADDRESS  # looking erases nothing
    assert Client().post(path).url == "/account/erased/"
    assert client.get("/account/").status_code == 302
    assert Client().post(path).status_code == 409


def _text(mail):
    """All mails, with the soft line ends of quoted-printable taken out."""
    return "".join(file.read_text() for file in sorted(mail.glob("*.log"))).replace("=\n", "")


def test_nothing_tells_who_it_was_and_the_books_are_as_they_were(canary, shop, mail, caplog):
    give_factor(canary)
    client = signed_in(canary)
    client.post("/account/sign-in/code/", {"code": "000000"})
    Client().force_login(canary)
    Client().post("/account/password/reset/", {"email": ADDRESS})
    plays.record_download(ticket_id="t", grant_id=shop.grant.pk, file_name="1.flac", size=7, now=timezone.now())
    work()
    Job.objects.filter(name="accounts.send_mail").update(error=f"550 {ADDRESS} is unknown")
    assert ADDRESS in _text(mail)
    assert len(traces(ADDRESS, NAME)) > 2
    public, number = str(canary.public_id), shop.order.number
    before = Order.objects.values("number", "gross", "tax", "currency", "billing_country").get(pk=shop.order.pk)
    entries = sorted(Entry.objects.values_list("amount", flat=True))
    with caplog.at_level("DEBUG"):
        services.erase(user_id=canary.pk, actor="command", now=timezone.now())
        folder.forget(ADDRESS)  # what the end of the transaction does
    assert traces(ADDRESS, NAME, public, public.replace("-", "")) == set()
    assert ADDRESS not in _text(mail)
    assert ADDRESS not in caplog.text
    assert NAME not in caplog.text
    assert Order.objects.values(*before).get(number=number) == before
    assert sorted(Entry.objects.values_list("amount", flat=True)) == entries
    assert not Grant.objects.live().filter(pk=shop.grant.pk).exists()
    assert not traces("Canarybrowser")


def test_the_address_may_come_back_as_somebody_new(canary, shop):
    services.erase(user_id=canary.pk, actor="command", now=timezone.now())
    newcomer = accounts.guest_for(email=ADDRESS, now=timezone.now())
    assert newcomer.pk != canary.pk
    assert not Order.objects.filter(holder=newcomer).exists()


def test_nobody_signs_in_to_an_erased_account(canary, shop):
    client = signed_in(canary)
    services.erase(user_id=canary.pk, actor="command", now=timezone.now())
    assert client.get("/account/").status_code == 302
    canary.refresh_from_db()
    assert (canary.is_active, canary.has_usable_password()) == (False, False)
    assert canary.email.endswith("@erased.invalid")


def test_who_works_here_is_not_erased(ada):
    with pytest.raises(accounts.StaffStaysError):
        services.erase(user_id=ada.pk, actor="command", now=timezone.now())
    ada.refresh_from_db()
    assert ada.email == "ada@example.org"


def test_nobody_is_erased_while_a_payment_is_under_way_and_nothing_is_half_done(canary, shop):
    Order.objects.filter(pk=shop.order.pk).update(state="open", ended_at=None)
    from bandstand.store.payments.models import Payment

    Payment.objects.filter(order_number=shop.order.number).update(state="started", ended_at=None)
    with pytest.raises(orders.OrderWaitsError):
        services.erase(user_id=canary.pk, actor="command", now=timezone.now())
    canary.refresh_from_db()
    assert canary.email == ADDRESS
    assert Grant.objects.live().filter(holder=canary).exists()


def test_staff_erase_on_request_and_that_is_written_down(canary, shop, ada):
    client = Client()
    client.force_login(ada)
    client.post("/backoffice/accounts/user/", {"action": "erase", "_selected_action": [canary.pk]})
    canary.refresh_from_db()
    assert not canary.is_active
    event = AuditEvent.objects.get(action="privacy.erased")
    assert (event.actor, event.row_key) == (f"user:{ada.pk}", str(canary.pk))
    assert not traces(ADDRESS, NAME)


def test_the_link_ends_after_a_day_and_with_a_new_password(canary, shop):
    path = urlsplit(links.erase_url(canary, now=timezone.now())).path
    late = urlsplit(links.erase_url(canary, now=timezone.now() - rules.ERASE_FOR)).path
    assert Client().post(late).status_code == 409
    accounts.claim(user=canary, password="a long quiet evening", now=timezone.now())
    assert Client().post(path).status_code == 409
    assert Client().post("/account/erase/open/made-up/").status_code == 409
    canary.refresh_from_db()
    assert canary.is_active


def test_mails_in_files_go_after_a_month(mail):
    for name, days in (("old.log", 31), ("new.log", 29)):
        (mail / name).write_text("To: somebody@example.org\n\nHello")
        then = time.time() - timedelta(days=days).total_seconds()
        os.utime(mail / name, (then, then))
    jobs.forget_mails(now=timezone.now(), progress=silent)
    assert [path.name for path in mail.iterdir()] == ["new.log"]


def test_only_mails_of_the_erased_go(mail):
    (mail / "one.log").write_text(f"To: {ADDRESS}\n\nHello")
    (mail / "two.log").write_text("To: cleo@example.org\n\nHello")
    assert folder.forget(ADDRESS) == 1
    assert [path.name for path in mail.iterdir()] == ["two.log"]


def test_nobody_is_forgotten_whose_address_only_ends_the_same(mail):
    other = f"jo.{ADDRESS}"
    (mail / "two.log").write_text(f"To: {other}\n\nHello")
    for email in (ADDRESS, other, f"{ADDRESS}.au"):
        accounts.ask_for_mail(email=email, wish=accounts.Wish.RESET, language="")
    assert (folder.forget(ADDRESS), work_queue.forget(ADDRESS)) == (0, 1)
    assert {job.payload["email"] for job in Job.objects.all()} == {other, f"{ADDRESS}.au"}


def test_the_pages_say_what_goes_and_what_stays(canary, shop):
    client = signed_in(canary)
    for path in ("/account/export/", "/account/erase/", "/account/erased/"):
        page = client.get(path)
        assert (path, page.status_code, "no-store" in page["Cache-Control"]) == (path, 200, True)
    assert b"books" in client.get("/account/erase/").content
