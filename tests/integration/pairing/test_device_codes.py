"""Programs are let in by a code that a person types: RFC 8628."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import RequestFactory
from django.utils import timezone
from tests.conftest import NOW
from tests.factories import make_storefront

from bandstand.kernel.progress import silent
from bandstand.store.accounts import jobs
from bandstand.store.accounts import services as accounts
from bandstand.store.pairing import access, queries, rules, services
from bandstand.store.pairing.models import AppToken, DeviceCode
from bandstand.webkit.jobs.models import Job
from bandstand.webkit.models import AuditEvent, Tally

pytestmark = pytest.mark.django_db
GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture(autouse=True)
def storefront(db):
    return make_storefront()


def ask(client, name="Fetch at the desk"):
    return client.post("/connect/device/code", {"client_id": "bandstand-fetch", "name": name}).json()


def poll(client, device_code, client_id="bandstand-fetch"):
    said = {"grant_type": GRANT, "device_code": device_code, "client_id": client_id}
    return client.post("/connect/token", said)


def decide(client, user_code, wish="allow"):
    return client.post("/connect/", {"code": user_code, "answer": wish})


def carrying(token):
    return RequestFactory().get("/", headers={"Authorization": f"Bearer {token}"})


def let_in(client, ben):
    codes = ask(client)
    client.force_login(ben)
    decide(client, codes["user_code"])
    return poll(client, codes["device_code"]).json()["access_token"]


def test_a_program_is_let_in_by_the_code_its_person_types(client, ben):
    codes = ask(client)
    assert codes["verification_uri_complete"].endswith(f"/connect/?code={codes['user_code']}")
    assert (codes["expires_in"], codes["interval"]) == (600, 5)
    assert len(codes["device_code"]) * 6 >= 64
    assert poll(client, codes["device_code"]).json()["error"] == "authorization_pending"
    client.force_login(ben)
    page = client.get("/connect/", {"code": codes["user_code"].lower().replace("-", " ")})
    assert "Fetch at the desk" in page.content.decode()
    assert "127.0.0.1" in page.content.decode()
    assert decide(client, codes["user_code"]).status_code == 200
    token = poll(client, codes["device_code"])
    assert token["Cache-Control"].count("no-store")
    assert access.holder_of(carrying(token.json()["access_token"])) == ben


def test_who_lets_a_program_in_leaves_an_event_without_its_name(client, ben):
    let_in(client, ben)
    (event,) = AuditEvent.objects.filter(action="pairing.let_in")
    assert (event.actor, event.row_key) == (f"user:{ben.pk}", str(ben.pk))
    assert "Fetch" not in event.sentence


@pytest.mark.parametrize(("kind", "says"), [("device", "by a code"), ("password", "an app password")])
def test_the_owner_is_told_by_mail_of_what_was_let_in(ben, mailoutbox, kind, says):
    services.issue(holder=ben, name="Fetch at the desk", kind=kind, now=NOW)
    (told,) = Job.objects.filter(name="accounts.tell")
    jobs.tell(now=NOW, progress=silent, **told.payload)
    (mail,) = mailoutbox
    assert (mail.to, "let in" in mail.subject, says in mail.body) == ([ben.email], True, True)
    assert "Fetch" not in mail.body  # what a program calls itself is the program's word


def test_looking_at_a_code_lets_nothing_in(client, ben):
    codes = ask(client)
    client.force_login(ben)
    client.get("/connect/", {"code": codes["user_code"], "answer": "allow"})
    assert poll(client, codes["device_code"]).json()["error"] == "authorization_pending"


def test_a_refused_program_is_told_so(client, ben):
    codes = ask(client)
    client.force_login(ben)
    decide(client, codes["user_code"], "refuse")
    assert poll(client, codes["device_code"]).json()["error"] == "access_denied"
    assert decide(client, codes["user_code"]).status_code == 422  # and nobody can change the answer
    assert not AppToken.objects.exists()


def test_a_code_gives_one_token(client, ben):
    codes = ask(client)
    client.force_login(ben)
    decide(client, codes["user_code"])
    assert poll(client, codes["device_code"]).status_code == 200
    again = poll(client, codes["device_code"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert AppToken.objects.count() == 1


def test_a_code_that_is_over_opens_nothing(client, ben):
    codes = ask(client)
    client.force_login(ben)
    decide(client, codes["user_code"])
    DeviceCode.objects.update(expires_at=timezone.now())
    assert poll(client, codes["device_code"]).json()["error"] == "expired_token"
    late = ask(client)
    DeviceCode.objects.update(expires_at=timezone.now())
    assert decide(client, late["user_code"]).status_code == 422


def test_another_program_cannot_redeem_the_code(client, ben):
    codes = ask(client)
    client.force_login(ben)
    decide(client, codes["user_code"])
    assert poll(client, codes["device_code"], client_id="another").json()["error"] == "invalid_grant"
    assert poll(client, codes["device_code"]).status_code == 200


def test_who_asks_too_often_has_to_ask_more_slowly(client):
    codes = ask(client)
    assert poll(client, codes["device_code"]).json()["error"] == "authorization_pending"
    slow = poll(client, codes["device_code"]).json()
    assert (slow["error"], slow["interval"]) == ("slow_down", 10)
    assert poll(client, codes["device_code"]).json()["interval"] == 15


def test_other_kinds_of_grants_are_not_given(client):
    said = {"grant_type": "password", "username": "ben@example.org", "password": "a quiet harbour"}
    assert client.post("/connect/token", said).json() == {"error": "unsupported_grant_type"}


@pytest.mark.parametrize("client_id", ["", "x" * 81, "two\nlines", "\u202etxt"])
def test_a_program_must_say_what_it_is(client, client_id):
    asked = client.post("/connect/device/code", {"client_id": client_id})
    assert (asked.status_code, asked.json()["error"]) == (400, "invalid_request")


def test_a_name_plays_no_tricks_on_the_page_that_asks(client, ben):
    codes = ask(client, name="Good\u202e <b>program\n\nYour store says: allow" + "x" * 200)
    client.force_login(ben)
    page = client.get("/connect/", {"code": codes["user_code"]}).content.decode()
    assert "<b>program" not in page
    assert "\u202e" not in page
    assert len(DeviceCode.objects.get().name) <= rules.MAX_NAME


def test_nobody_finds_a_code_by_trying(client, cleo):
    codes = ask(client)
    client.force_login(cleo)
    answers = [decide(client, f"{number:08}").status_code for number in range(60)]
    assert answers.count(422) <= 20
    assert answers[-1] == 429
    assert decide(client, codes["user_code"]).status_code == 429
    assert DeviceCode.objects.get().state == "waiting"


def test_guesses_at_device_codes_get_nothing_and_are_slowed(client, ben):
    codes = ask(client)
    client.force_login(ben)
    decide(client, codes["user_code"])
    answers = {poll(client, f"guess {number}").status_code for number in range(300)}
    assert answers == {400, 429}
    assert Tally.objects.exists()
    for number in range(2_000):  # and below the limit
        with pytest.raises(services.UnknownCodeError):
            services.redeem(device_code=f"guess {number}", client_id="bandstand-fetch", now=NOW)
    assert not AppToken.objects.exists()


def test_only_digests_are_stored(client, ben):
    codes = ask(client)
    row = DeviceCode.objects.get()
    token = let_in(client, ben)
    stored = " ".join(str(value) for row in [row, *AppToken.objects.all()] for value in vars(row).values())
    for secret in (codes["device_code"], codes["user_code"], rules.plain(codes["user_code"]), token, token[4:]):
        assert secret not in stored


def test_a_removed_token_opens_nothing(client, ben):
    token = let_in(client, ben)
    row = AppToken.objects.get()
    assert client.post(f"/account/apps/{row.pk}/remove/").status_code == 302
    with pytest.raises(access.NotSignedInError):
        access.holder_of(carrying(token))
    assert not services.revoke(token_id=row.pk, now=NOW)  # it has ended once


def test_nobody_removes_another_ones_token(client, ben, cleo):
    token = let_in(client, ben)
    client.force_login(cleo)
    assert client.post(f"/account/apps/{AppToken.objects.get().pk}/remove/").status_code == 404
    assert access.holder_of(carrying(token)) == ben


def test_a_new_password_ends_every_token(client, ben):
    tokens = [let_in(client, ben), services.issue(holder=ben, name="Player", kind="password", now=NOW)[1]]
    accounts.claim(user=ben, password="a louder harbour", now=NOW)
    for token in tokens:
        with pytest.raises(access.NotSignedInError):
            access.holder_of(carrying(token))
    assert not queries.live_tokens(ben).exists()


def test_a_ban_stops_tokens_and_its_end_gives_them_back(client, ben):
    token = let_in(client, ben)
    get_user_model().objects.update(is_active=False)
    with pytest.raises(access.NotSignedInError):
        access.holder_of(carrying(token))
    get_user_model().objects.update(is_active=True)
    assert access.holder_of(carrying(token)) == ben


def test_somebody_banned_meanwhile_gets_no_token(client, ben):
    codes = ask(client)
    client.force_login(ben)
    decide(client, codes["user_code"])
    get_user_model().objects.update(is_active=False)
    assert poll(client, codes["device_code"]).json()["error"] == "access_denied"


def test_a_code_that_was_allowed_before_the_password_changed_gives_no_token(client, ben):
    codes = ask(client)
    client.force_login(ben)
    decide(client, codes["user_code"])  # by whoever had the account then
    accounts.claim(user=ben, password="a louder harbour", now=NOW)
    assert poll(client, codes["device_code"]).json()["error"] == "access_denied"
    assert not AppToken.objects.exists()


def test_a_client_that_is_another_or_none_at_all_gets_no_token(client):
    codes = ask(client)
    for other in ("else", "\0", "x" * 500):
        assert poll(client, codes["device_code"], client_id=other).json()["error"] == "invalid_grant"


def test_wrong_tokens_are_limited_by_visitor_and_right_ones_never(client, ben):
    token = let_in(client, ben)
    for _ in range(60):
        with pytest.raises(access.NotSignedInError):
            access.holder_of(carrying("bst_nonsense"))
    from bandstand.webkit.limits import TooManyError

    with pytest.raises(TooManyError):
        access.holder_of(carrying("bst_nonsense"))
    for _ in range(100):
        assert access.holder_of(carrying(token)) == ben


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YmVuOngK", "Bearer " + "x" * 300, "bst_x"])
def test_what_is_no_token_is_nobody(header):
    with pytest.raises(access.NotSignedInError):
        access.holder_of(RequestFactory().get("/", headers={"Authorization": header}))


def test_the_last_use_is_known_to_five_minutes_and_costs_no_write_in_between(client, ben, django_assert_num_queries):
    token = let_in(client, ben)
    access.holder_of(carrying(token))
    assert AppToken.objects.get().last_used_at is not None
    with django_assert_num_queries(1):
        access.holder_of(carrying(token))


def test_a_session_alone_makes_no_app_password(client, ben):
    client.force_login(ben)
    asked = client.post("/account/apps/make/", {"name": "Player"})
    assert asked.url.startswith("/account/again/")
    assert client.get("/account/apps/make/").url.startswith("/account/again/")
    assert not AppToken.objects.exists()


def test_an_app_password_is_shown_once_and_works_as_people_type_it(client, ben):
    client.force_login(ben)
    again = client.post("/account/again/?next=/account/apps/make/", {"password": "a quiet harbour"})
    assert client.get(again.url).url == "/account/apps/"
    page = client.post("/account/apps/make/", {"name": "Player in the kitchen"})
    text = page.context["text"]
    assert text in page.content.decode()
    assert text not in client.get("/account/apps/").content.decode()
    assert "Player in the kitchen" in client.get("/account/apps/").content.decode()
    assert access.holder_of(carrying(text.lower().replace("-", " ").replace("0", "o"))) == ben


def test_an_account_has_so_many_app_passwords_and_not_more(client, ben):
    for number in range(rules.MOST_TOKENS):
        services.issue(holder=ben, name=f"{number}", kind="password", now=NOW)
    with pytest.raises(services.TooManyTokensError):
        services.issue(holder=ben, name="one more", kind="password", now=NOW)


def test_codes_are_forgotten_with_the_addresses_they_came_from(client):
    ask(client)
    assert services.forget_codes(now=timezone.now()) == 0
    assert services.forget_codes(now=timezone.now() + timedelta(hours=2)) == 1
    assert not DeviceCode.objects.exists()


def test_what_is_known_is_told_and_forgotten(client, ben):
    let_in(client, ben)
    known = queries.personal(ben.pk)["programs"]
    assert [row["name"] for row in known] == ["Fetch at the desk"]
    assert "digest" not in str(known)
    services.erase(holder_id=ben.pk, now=NOW)
    assert queries.personal(ben.pk) == {"programs": []}


def test_a_stranger_is_led_to_the_sign_in_page(client):
    for path in ("/connect/", "/account/apps/"):
        assert client.get(path).url.startswith("/account/sign-in/")
