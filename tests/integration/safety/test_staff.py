"""Staff: a second factor before the back office, roles that open what they name, and an event for every change."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from click.testing import CliRunner
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from tests.conftest import APP_SECRET, NOW, give_factor
from tests.factories import make_release, make_storefront

from bandstand.cli.store import store
from bandstand.store.accounts import codes, queries, services
from bandstand.store.accounts.models import SignIn
from bandstand.store.backoffice import roles
from bandstand.webkit.jobs.models import Job
from bandstand.webkit.models import AuditEvent

pytestmark = pytest.mark.django_db

PASSWORD = "a quiet harbour"
PEOPLE = "/backoffice/accounts/user/"


@pytest.fixture(autouse=True)
def _storefront(db):
    make_storefront()
    roles.set_up()


def person(name, role=services.Role.NONE):
    made = get_user_model().objects.create_user(f"{name}@example.org", PASSWORD, joined_at=NOW)
    return services.set_role(user_id=made.pk, role=role, actor="command", by=None, now=NOW)


def inside(someone):
    client = Client()
    client.force_login(someone)
    return client


def by_password(someone):
    client = Client()
    client.post("/account/sign-in/", {"login": someone.email, "password": PASSWORD})
    return client


def code():
    return codes.code_at(APP_SECRET, codes.step_of(timezone.now()))


def test_staff_without_a_second_factor_are_led_to_set_one_up(ada):
    client = by_password(ada)
    led = client.get("/backoffice/orders/order/", follow=True)
    assert led.redirect_chain[-1][0] == "/account/factors/"
    assert b"The back office asks for a second factor." in led.content
    assert client.post("/backoffice/orders/order/", {"action": "receive"}).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_the_back_office_opens_when_the_factor_is_set_up(ada):
    client = by_password(ada)
    secret = client.get("/account/factors/app/").context["secret"].replace(" ", "")
    first = codes.code_at(secret, codes.step_of(timezone.now()))
    client.post("/account/factors/app/", {"code": first})
    assert client.get("/backoffice/").status_code == 200


def test_a_session_from_before_the_factor_has_to_use_it_first(ada):
    client = by_password(ada)
    give_factor(ada)  # set up in another browser
    led = client.get("/backoffice/", follow=True)
    assert led.redirect_chain[-1][0] == "/account/again/code/?next=%2Fbackoffice%2F"
    assert client.post(led.redirect_chain[-1][0], {"code": code()}).url == "/backoffice/"
    assert client.get("/backoffice/").status_code == 200


def test_a_session_opens_the_back_office_no_longer_than_there_is_a_factor(ada):
    client = inside(ada)
    assert client.get("/backoffice/").status_code == 200
    Authenticator.objects.filter(user=ada).delete()
    assert client.get("/backoffice/").status_code == 302


def test_lost_factors_are_removed_by_command_and_that_is_written_down(ada):
    client = inside(ada)
    client.get("/backoffice/")
    done = CliRunner().invoke(store, ["staff", ada.email, "--reset-factors"])
    assert done.exit_code == 0, done.output
    assert not queries.has_factor(ada.pk)
    assert not SignIn.objects.exists()
    assert AuditEvent.objects.get(action="accounts.reset").actor == "command"


def test_a_role_is_given_and_taken_by_command_and_that_is_written_down():
    for role, name in (("support", ["support"]), ("manager", ["manager"]), ("none", [])):
        done = CliRunner().invoke(store, ["staff", "new@example.org", "--password", PASSWORD, "--role", role])
        assert done.exit_code == 0, done.output
        user = get_user_model().objects.get(email="new@example.org")
        assert (user.is_staff, user.is_superuser) == (role != "none", False)
        assert list(user.groups.values_list("name", flat=True)) == name
    assert AuditEvent.objects.filter(action="accounts.role", actor="command").count() == 3


@pytest.mark.parametrize("password", ["short 1", "password1", "new@example.org"])
def test_staff_have_no_password_that_would_be_guessed(password):
    done = CliRunner().invoke(store, ["staff", "new@example.org", "--password", password])
    assert done.exit_code != 0
    assert done.exception.code == "staff.password"
    assert not get_user_model().objects.exists()


# What each role sees and does; "look" is a page of the back office, "do" an action on one row of a list.
MATRIX = [
    ("look", "orders/order/", True, True),
    ("look", "orders/refund/", True, True),
    ("look", "payments/payment/", True, True),
    ("look", "catalogue/release/", True, True),
    ("look", "grants/grant/", True, True),
    ("look", "accounts/user/", True, True),
    ("look", "vouchers/campaign/", True, True),
    ("look", "taxes/taxrate/", True, True),
    ("look", "ledger/posting/", False, True),
    ("look", "jobs/job/", False, True),
    ("look", "webkit/auditevent/", False, True),
    ("do", "catalogue/release/ withdraw", False, True),
    ("do", "accounts/user/ mail_way_in", True, True),
    ("do", "accounts/user/ erase", False, True),
    ("do", "accounts/user/ switch_off", False, True),
    ("do", "accounts/user/ make_support", False, True),
    ("do", "accounts/user/ make_manager", False, False),
    ("do", "accounts/user/ reset_factors", False, True),
    ("do", "accounts/user/ sign_out", False, True),
]


@pytest.mark.parametrize(("how", "what", "support", "manager"), MATRIX)
def test_a_role_opens_what_it_names(cleo, how, what, support, manager):
    release, (path, _, action) = make_release(), what.partition(" ")
    row = release if path.startswith("catalogue") else cleo
    for role, allowed in ((services.Role.SUPPORT, support), (services.Role.MANAGER, manager)):
        client = inside(person(f"the-{role}", role))
        if how == "look":
            assert (role, client.get(f"/backoffice/{path}").status_code) == (role, 200 if allowed else 403)
        else:
            before = AuditEvent.objects.exclude(action="staff.refused").count()
            client.post(f"/backoffice/{path}", {"action": action, "_selected_action": [row.pk]})
            done = AuditEvent.objects.exclude(action="staff.refused").count() - before
            assert (role, done > 0) == (role, allowed)


def test_a_role_has_its_rights_and_no_others_however_often_it_is_set_up():
    group = Group.objects.get(name="support")
    before = set(group.permissions.values_list("codename", flat=True))
    assert "add_refund" in before
    assert {name for name in before if not name.startswith("view_")} == {
        right.partition(".")[2] for right in roles.SUPPORT_DOES
    }
    group.permissions.clear()
    roles.set_up()
    assert set(group.permissions.values_list("codename", flat=True)) == before
    others = Group.objects.get(name="manager").permissions.filter(
        content_type__app_label__in=["auth", "mfa", "account"]
    )
    assert not others.exists()


@pytest.mark.parametrize(
    ("action", "wrote", "then"),
    [
        ("make_support", "accounts.role", lambda user: user.is_staff and not user.is_superuser),
        ("make_manager", "accounts.role", lambda user: user.groups.get().name == "manager"),
        ("take_role", "accounts.role", lambda user: not user.is_staff),
        ("switch_off", "accounts.switched_off", lambda user: not user.is_active),
        ("switch_on", "accounts.switched_on", lambda user: user.is_active),
        ("reset_factors", "accounts.reset", lambda user: not queries.has_factor(user.pk)),
        ("mail_way_in", "accounts.mail_way_in", lambda user: Job.objects.filter(name="accounts.send_mail").exists()),
        ("sign_out", "accounts.sign_out", lambda user: not SignIn.objects.filter(user=user).exists()),
    ],
)
def test_each_change_of_an_account_does_what_it_says_and_is_written_down(ada, cleo, action, wrote, then):
    give_factor(cleo)
    Client().force_login(cleo)
    inside(ada).post(PEOPLE, {"action": action, "_selected_action": [cleo.pk]})
    cleo.refresh_from_db()
    assert then(cleo)
    event = AuditEvent.objects.get(action=wrote)
    assert (event.actor, event.row_key) == (f"user:{ada.pk}", str(cleo.pk))
    assert cleo.email not in event.sentence
    assert cleo.name not in event.sentence


def test_a_manager_makes_no_owner_less_and_nobody_changes_their_own_role(ada):
    manager = person("manager", services.Role.MANAGER)
    client = inside(manager)
    for action in ("take_role", "switch_off", "reset_factors"):
        for target in (ada, manager):
            client.post(PEOPLE, {"action": action, "_selected_action": [target.pk]})
            target.refresh_from_db()
            assert (action, target.is_staff, target.is_active) == (action, True, True)
    assert queries.has_factor(manager.pk)


def test_only_an_owner_makes_managers_and_ends_the_sessions_of_owners(ada, cleo):
    manager = person("manager", services.Role.MANAGER)
    owners, client = inside(ada), inside(manager)
    assert owners.get(PEOPLE).status_code == 200
    client.post(PEOPLE, {"action": "make_manager", "_selected_action": [cleo.pk]})
    client.post(PEOPLE, {"action": "sign_out", "_selected_action": [ada.pk]})
    cleo.refresh_from_db()
    assert not cleo.is_staff
    assert owners.get(PEOPLE).status_code == 200
    owners.post(PEOPLE, {"action": "make_manager", "_selected_action": [cleo.pk]})
    assert cleo.groups.get().name == "manager"


def test_a_guest_is_given_no_role(ada):
    guest = services.guest_for(email="dora@example.org", now=NOW)
    inside(ada).post(PEOPLE, {"action": "make_manager", "_selected_action": [guest.pk]})
    guest.refresh_from_db()
    assert not guest.is_staff


def test_staff_who_sign_in_and_whoever_tries_to_are_written_down(ada, ben):
    give_factor(ada)
    for someone in (ada, ben):
        client = Client()
        client.post("/account/sign-in/", {"login": someone.email, "password": "not the password"})
        client.post("/account/sign-in/", {"login": someone.email, "password": PASSWORD})
        client.post("/account/sign-in/code/", {"code": "000000"})
        client.post("/account/sign-in/code/", {"code": code()})
    written = AuditEvent.objects.filter(actor=f"user:{ada.pk}").order_by("pk").values_list("action", flat=True)
    assert list(written) == ["accounts.sign_in_failed", "accounts.code_failed", "accounts.signed_in"]
    assert not AuditEvent.objects.filter(actor=f"user:{ben.pk}").exists()


def test_a_look_that_is_refused_is_written_down():
    support = person("support", services.Role.SUPPORT)
    inside(support).get("/backoffice/ledger/posting/")
    event = AuditEvent.objects.get(action="staff.refused")
    assert (event.actor, event.sentence) == (f"user:{support.pk}", "Refused: GET /backoffice/ledger/posting/")


def test_the_back_office_names_no_secret_of_an_account(ada, cleo):
    Client().force_login(cleo)
    page = inside(ada).get(f"{PEOPLE}{cleo.pk}/change/").content.decode()
    for secret in (cleo.password, *SignIn.objects.values_list("session_key", flat=True), seal_of(ada)):
        assert secret not in page


def seal_of(someone):
    return Authenticator.objects.get(user=someone).data["secret"]


def test_no_model_of_factors_or_rights_is_edited_in_the_back_office():
    shown = {model._meta.label for model in admin.site._registry}
    assert not shown & {"mfa.Authenticator", "account.EmailAddress", "sessions.Session", "auth.Group"}
