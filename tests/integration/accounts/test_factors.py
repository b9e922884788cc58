"""Second factors: set up, used once, not skipped, not lost by staff."""

from __future__ import annotations

import json
import re
from urllib.parse import quote, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from tests.conftest import APP_SECRET, NOW, give_factor
from tests.integration.accounts.conftest import PASSWORD, code
from tests.passkey import Passkey

from bandstand.kernel.progress import silent
from bandstand.store.accounts import codes, jobs, links, queries, seals, services
from bandstand.webkit.jobs.models import Job
from bandstand.webkit.models import AuditEvent

pytestmark = pytest.mark.django_db

SECOND = "/account/sign-in/code/"
NO_SIGNATURE = json.dumps({
    "id": "AA", "rawId": "AA", "type": "public-key",
    "response": {"clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA", "userHandle": "MQ"},
})  # fmt: skip


def add_passkey(client, *, alone=True, name="Phone"):
    """Register a passkey in a signed-in client."""
    options = client.get("/account/factors/passkeys/add/").context["js_data"]["creation_options"]
    key = Passkey()
    said = {"name": name, "credential": key.create(json.loads(json.dumps(options)))}
    answer = client.post("/account/factors/passkeys/add/", said | ({"passwordless": "on"} if alone else {}))
    return key, answer


def test_an_app_is_set_up_by_its_first_code_and_recovery_codes_come_with_it(
    client, ben, sign_in, mailoutbox, django_capture_on_commit_callbacks
):
    sign_in(client, ben)
    page = client.get("/account/factors/app/")
    secret = page.context["secret"].replace(" ", "")
    picture = client.get("/account/factors/app/picture.svg")
    assert picture["Content-Type"] == "image/svg+xml"
    assert b"style=" not in picture.content
    wrong = client.post("/account/factors/app/", {"code": "000000"})
    assert wrong.status_code == 422
    first = codes.code_at(secret, codes.step_of(timezone.now()))
    with django_capture_on_commit_callbacks(execute=True):
        done = client.post("/account/factors/app/", {"code": f" {first[:3]} {first[3:]} "})
    assert done.url == "/account/factors/codes/"
    shown = client.get(done.url)
    assert len(shown.context["unused_codes"]) == 10
    assert shown.context["unused_codes"][0][:4] in shown.content.decode()
    again = client.get(done.url)
    assert not any(written in again.content.decode() for written in shown.context["unused_codes"])
    for job in Job.objects.filter(name="accounts.tell"):
        jobs.tell(now=NOW, progress=silent, **job.payload)
    assert "An authenticator app was added." in mailoutbox[0].body


def test_no_secret_lies_open_in_the_database(client, ben, sign_in):
    sign_in(client, ben)
    secret = client.get("/account/factors/app/").context["secret"].replace(" ", "")
    assert secret not in str(dict(client.session))
    client.post("/account/factors/app/", {"code": codes.code_at(secret, codes.step_of(timezone.now()))})
    shown = client.get("/account/factors/codes/").context["unused_codes"]
    kept = json.dumps([row.data for row in Authenticator.objects.all()])
    assert secret not in kept
    assert not any(written in kept for written in shown)
    app = Authenticator.objects.get(type="totp")
    assert seals.unseal(app.data["secret"]) == secret


def test_the_password_alone_does_not_sign_in(client, with_app, sign_in, signed_in):
    assert sign_in(client, with_app).url == SECOND
    assert not signed_in(client)
    client.post(SECOND, {"code": "000000"})
    assert not signed_in(client)
    right = code()
    assert client.post(SECOND, {"code": f"{right[:3]} {right[3:]}"}).url == "/shelf/"
    assert signed_in(client)


def test_a_code_lets_in_once(with_app, sign_in, signed_in):
    used = code()
    one, two = Client(), Client()
    for client in (one, two):
        sign_in(client, with_app)
        client.post(SECOND, {"code": used})
        cache.clear()  # as in another process
    assert (signed_in(one), signed_in(two)) == (True, False)


def test_a_code_is_good_a_half_minute_early_or_late_and_no_longer(with_app):
    now = timezone.now()
    for steps, good in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        typed = codes.code_at(APP_SECRET, codes.step_of(now) + steps)
        assert (steps, services.use_code(user=with_app, typed=typed, now=now) is not None) == (steps, good)


def test_the_code_that_set_an_app_up_is_used_up(client, ben, sign_in, signed_in):
    sign_in(client, ben)
    secret = client.get("/account/factors/app/").context["secret"].replace(" ", "")
    first = codes.code_at(secret, codes.step_of(timezone.now()))
    client.post("/account/factors/app/", {"code": first})
    other = Client()
    sign_in(other, ben)
    other.post(SECOND, {"code": first})
    assert not signed_in(other)


def test_five_wrong_codes_are_enough_for_five_minutes(with_app, sign_in, signed_in):
    for _ in range(5):
        client = Client()
        sign_in(client, with_app)
        assert client.post(SECOND, {"code": "000000"}).status_code == 200
        cache.clear()
    sign_in(client, with_app)
    assert client.post(SECOND, {"code": code()}).status_code == 429
    assert not signed_in(client)


def test_a_recovery_code_lets_in_once(with_app, sign_in, signed_in):
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    written = RecoveryCodes.activate(with_app).generate_codes()[3]
    one, two = Client(), Client()
    for client in (one, two):
        sign_in(client, with_app)
        client.post(SECOND, {"code": f"{written[:4]} {written[4:8]} {written[8:]}"})
    assert (signed_in(one), signed_in(two)) == (True, False)
    assert queries.recovery_left(with_app.pk) == 9


def test_a_new_password_by_mail_does_not_skip_the_second_factor(client, with_app, signed_in):
    form = client.get(urlsplit(links.password_url(with_app)).path, follow=True).redirect_chain[-1][0]
    chosen = {"password1": "a long quiet evening", "password2": "a long quiet evening"}
    assert client.post(form, chosen).url == SECOND
    assert not signed_in(client)
    client.post(SECOND, {"code": code()})
    assert signed_in(client)


def test_changing_factors_asks_again_who_it_is_after_a_while(client, ben, sign_in):
    sign_in(client, ben)
    assert client.get("/account/factors/app/").status_code == 200  # signed in a moment ago
    session = client.session
    records = session["account_authentication_methods"]
    session["account_authentication_methods"] = [record | {"at": record["at"] - 301} for record in records]
    session.save()
    for path in ("app/", "passkeys/add/", "codes/new/"):
        assert client.get(f"/account/factors/{path}").url.startswith("/account/again/")
    assert client.get("/account/address/").url.startswith("/account/again/")
    assert client.post("/account/again/?next=/account/factors/app/", {"password": "wrong"}).status_code == 200
    proved = client.post("/account/again/?next=/account/factors/app/", {"password": PASSWORD})
    assert proved.url == "/account/factors/app/"
    assert client.get("/account/factors/app/").status_code == 200


def test_who_is_asked_again_has_five_tries(client, ben, sign_in):
    sign_in(client, ben)
    got = [client.post("/account/again/", {"password": "wrong"}).status_code for _ in range(6)]
    assert got == [200] * 5 + [429]


def test_a_guest_chooses_a_password_before_a_second_factor(client):
    client.force_login(services.guest_for(email="dora@example.org", now=NOW))
    for path in ("", "app/", "passkeys/add/"):
        assert client.get(f"/account/factors/{path}").url == "/account/password/set/"


def test_staff_keep_their_last_factor_and_listeners_need_none(client, ada, ben):
    for person, status in ((ada, 409), (ben, 302)):
        give_factor(person)
        client.force_login(person)
        client.post("/account/again/code/", {"code": code()})
        assert (str(person), client.post("/account/factors/app/remove/").status_code) == (str(person), status)
    assert queries.has_factor(ada.pk)
    assert not queries.has_factor(ben.pk)


def test_a_password_alone_adds_no_factor_in_a_session_from_before_the_first(client, ada, sign_in):
    sign_in(client, ada)  # by whoever knows the password
    give_factor(ada)  # in Ada's own browser
    client.post("/account/again/", {"password": PASSWORD})
    for path in ("factors/app/remove/", "factors/passkeys/add/", "factors/codes/new/", "address/"):
        asked = client.get(f"/account/{path}")
        led = quote(f"/account/{path}", safe="")
        assert (path, asked.status_code, asked.url) == (path, 302, f"/account/again/code/?next={led}")
    added = client.post("/account/factors/passkeys/add/", {"name": "x", "credential": "{}"})
    assert added.url.startswith("/account/again/code/")
    assert client.post("/account/again/code/?next=/account/address/", {"code": code()}).url == "/account/address/"
    assert client.get("/account/address/").status_code == 200


def test_a_factor_of_somebody_else_is_not_there(client, ben, cleo, sign_in):
    sign_in(client, cleo)
    add_passkey(client)
    row = Authenticator.objects.get(type="webauthn")
    stranger = Client()
    sign_in(stranger, ben)
    assert stranger.post(f"/account/factors/passkeys/{row.pk}/remove/").status_code == 404
    assert Authenticator.objects.filter(pk=row.pk).exists()


def test_a_passkey_is_a_second_step(client, ben, sign_in, signed_in):
    sign_in(client, ben)
    key, added = add_passkey(client, alone=False)
    assert added.url == "/account/factors/codes/"
    other = Client()
    sign_in(other, ben)
    options = other.get(SECOND).context["js_data"]["request_options"]
    answer = other.post(SECOND, {"credential": key.get(json.loads(json.dumps(options)))})
    assert answer.url == "/shelf/"
    assert signed_in(other)


def options_alone(client):
    page = client.get("/account/sign-in/passkey/", headers={"Accept": "application/json"})
    return page.json()["request_options"]


def test_a_passkey_signs_in_by_itself(client, ben, sign_in, signed_in):
    sign_in(client, ben)
    key, _ = add_passkey(client)
    other = Client()
    assert other.post("/account/sign-in/passkey/", {"credential": key.get(options_alone(other))}).url == "/shelf/"
    assert signed_in(other)


def test_a_passkey_without_pin_finger_or_face_does_not_sign_in_alone(client, ben, sign_in, signed_in):
    sign_in(client, ben)
    key, _ = add_passkey(client)
    other = Client()
    other.post("/account/sign-in/passkey/", {"credential": key.get(options_alone(other), verified=False)})
    assert not signed_in(other)


def test_an_answer_counts_once_and_for_its_own_question(client, ben, sign_in, signed_in):
    sign_in(client, ben)
    key, _ = add_passkey(client)
    one, two = Client(), Client()
    said = key.get(options_alone(one))
    options_alone(two)
    two.post("/account/sign-in/passkey/", {"credential": said})  # another browser was asked something else
    assert not signed_in(two)
    asked = dict(one.session)
    one.post("/account/sign-in/passkey/", {"credential": said})
    assert signed_in(one)
    session = two.session  # whoever could put the question back would still be too late
    session["mfa.webauthn.state"] = asked["mfa.webauthn.state"]
    session.save()
    two.post("/account/sign-in/passkey/", {"credential": said})
    assert not signed_in(two)


def test_a_copied_passkey_is_noticed_by_its_counter(client, ada, signed_in):
    client.force_login(ada)
    client.post("/account/again/", {"password": PASSWORD})
    key, _ = add_passkey(client)
    for _ in range(2):
        other = Client()
        other.post("/account/sign-in/passkey/", {"credential": key.get(options_alone(other))})
        assert signed_in(other)
    key.counter -= 1  # the copy was made before the last sign-in
    thief = Client()
    thief.post("/account/sign-in/passkey/", {"credential": key.get(options_alone(thief))})
    assert not signed_in(thief)
    assert AuditEvent.objects.filter(action="accounts.key_refused").count() == 1


def test_a_passkey_of_another_address_is_refused(client, ben, sign_in):
    sign_in(client, ben)
    options = client.get("/account/factors/passkeys/add/").context["js_data"]["creation_options"]
    said = Passkey(origin="https://evil.example").create(json.loads(json.dumps(options)))
    assert client.post("/account/factors/passkeys/add/", {"name": "x", "credential": said}).status_code == 200
    assert not queries.has_factor(ben.pk)


@pytest.mark.parametrize(
    "said",
    [
        "", "null", "[]", "7", '"x"', "{}", '{"id": 1}', '{"response": null}', '{"response": {"userHandle": 7}}',
        NO_SIGNATURE,
        '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"oA"}}',
        '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"_w","attestationObject":"_w"}}',
    ],
)  # fmt: skip
def test_what_no_device_would_say_is_refused_and_breaks_nothing(ben, sign_in, signed_in, said):
    give_factor(ben)
    alone, second, added = Client(), Client(), Client()
    options_alone(alone)
    assert alone.post("/account/sign-in/passkey/", {"credential": said}).status_code < 400
    sign_in(second, ben)
    assert second.post(SECOND, {"credential": said}).status_code == 200
    added.force_login(ben)
    added.post("/account/again/code/", {"code": code()})
    added.get("/account/factors/passkeys/add/")
    assert added.post("/account/factors/passkeys/add/", {"name": "x", "credential": said}).status_code == 200
    assert not signed_in(alone)
    assert not signed_in(second)
    assert Authenticator.objects.filter(type="webauthn").count() == 0


def test_secrets_survive_a_new_key_while_the_former_one_stands_beside_it(with_app, settings):
    former = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key " * 5, [former]
    assert services.use_code(user=with_app, typed=code(), now=timezone.now())
    assert services.renew_seals() == 1
    settings.SECRET_KEY_FALLBACKS = []
    assert services.use_code(user=with_app, typed=code(1), now=timezone.now())


def test_a_secret_of_a_lost_key_says_what_to_do(with_app, settings):
    settings.SECRET_KEY = "another key " * 5
    with pytest.raises(seals.SealError, match="opened") as broken:
        services.use_code(user=with_app, typed=code(), now=timezone.now())
    assert "SECRET_KEY_FALLBACKS" in broken.value.hint


def test_adding_and_removing_is_written_down_and_mailed(client, ben, sign_in, mailoutbox):
    sign_in(client, ben)
    add_passkey(client)
    row = Authenticator.objects.get(type="webauthn")
    assert client.post(f"/account/factors/passkeys/{row.pk}/remove/").url == "/account/factors/"
    told = {event.action for event in AuditEvent.objects.filter(actor=f"user:{ben.pk}")}
    assert told == {"accounts.webauthn_added", "accounts.webauthn_removed"}
    for job in Job.objects.filter(name="accounts.tell"):
        jobs.tell(now=NOW, progress=silent, **job.payload)
    assert [mail.to for mail in mailoutbox] == [[ben.email]] * 2
    assert not Authenticator.objects.filter(user=ben).exists()  # recovery codes alone are no factor


def test_every_page_of_factors_can_be_shown_and_is_kept_by_nobody(client, with_app, sign_in):
    sign_in(client, with_app)
    step = client.get(SECOND)
    assert (step.status_code, b"Second step" in step.content) == (200, True)
    client.post(SECOND, {"code": code()})
    add_passkey(client)
    pages = ("factors/", "factors/app/remove/", "factors/codes/", "factors/codes/new/", "again/", "again/code/")
    for path in (*pages, "again/passkey/", "sessions/", "address/", "factors/passkeys/add/"):
        page = client.get(f"/account/{path}")
        assert (path, page.status_code, "no-store" in page["Cache-Control"]) == (path, 200, True)
        assert not re.search(rb"<script(?![^>]*src=)|style=", page.content), path
