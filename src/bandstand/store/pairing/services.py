"""Programs are let in and out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from bandstand.kernel.errors import RefusedError
from bandstand.store.accounts.models import User
from bandstand.store.pairing import queries, rules
from bandstand.store.pairing.models import AppToken, DeviceCode
from bandstand.webkit import audit
from bandstand.webkit.jobs import SOON, enqueue

_TRIES = 5  # at a user code that nobody else has just now


class PairingError(RefusedError):
    """What a program is told in the words of RFC 8628, section 3.5, and RFC 6749, section 5.2."""

    word = "invalid_request"
    code = "pairing.request"
    status = 400

    def __init__(self, sentence: str = "This question can't be understood.", *, hint: str = "") -> None:
        super().__init__(sentence, hint=hint)


class PendingError(PairingError):
    """Nobody has decided yet."""

    word = "authorization_pending"
    code = "pairing.pending"

    def __init__(self) -> None:
        super().__init__("Nobody has answered yet.")


class SlowDownError(PairingError):
    """The program asks more often than it may."""

    word = "slow_down"
    code = "pairing.slow_down"

    def __init__(self, interval: int) -> None:
        self.interval = interval
        super().__init__(f"Ask every {interval} seconds.")


class DeniedError(PairingError):
    """The person said no."""

    word = "access_denied"
    code = "pairing.denied"

    def __init__(self) -> None:
        super().__init__("This program was not let in.", hint="Start again if that was a mistake.")


class ExpiredError(PairingError):
    """The ten minutes are over."""

    word = "expired_token"
    code = "pairing.expired"

    def __init__(self) -> None:
        super().__init__("The code's time is over.", hint="Start again; a code works for ten minutes.")


class UnknownCodeError(PairingError):
    """No such device code, or its token was fetched already."""

    word = "invalid_grant"
    code = "pairing.unknown"

    def __init__(self) -> None:
        super().__init__("This code opens nothing.", hint="Start again.")


class CodeAnsweredError(RefusedError):
    """The code was answered meanwhile, or its time is over."""

    code = "pairing.answered"

    def __init__(self) -> None:
        super().__init__(
            "This code is not waiting any more.", hint="Start again in the program, and type its new code."
        )


class TooManyTokensError(RefusedError):
    """An account has enough programs."""

    code = "pairing.too_many"

    def __init__(self) -> None:
        super().__init__(
            f"An account has at most {rules.MOST_TOKENS} of these.", hint="Remove one that you no longer use."
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """What a program learns when it asks to be let in. Shown once; only digests are kept."""

    device_code: str
    user_code: str


def ask(*, client_id: str, name: str, asked_from: str, now: datetime) -> Asked:
    """Let a program ask to be let in, and return its two codes.

    Raises
    ------
    PairingError
        It does not say what it is.
    """
    client, called = rules.shown(client_id, rules.MAX_CLIENT), rules.shown(name) or rules.shown(client_id)
    if not client or client != client_id:
        raise PairingError("client_id must be a plain text of at most 80 characters.")
    for _ in range(_TRIES):
        codes = Asked(rules.new_device_code(), rules.new_user_code())
        try:
            with transaction.atomic():
                DeviceCode.objects.create(
                    client_id=client,
                    name=called,
                    asked_from=asked_from[:45],
                    device_digest=rules.device_digest(codes.device_code),
                    user_digest=rules.code_digest(codes.user_code),
                    interval=rules.INTERVAL,
                    made_at=now,
                    expires_at=now + rules.CODE_LIVES,
                )
        except IntegrityError:
            continue  # another program has this code just now
        return codes
    raise PairingError("There is no free code just now.", hint="Try again.")


@transaction.atomic
def answer(*, code_id: int, holder: User, allow: bool, now: datetime) -> None:
    """Let a program in, or not. The first answer holds.

    Raises
    ------
    CodeAnsweredError
        It has its answer, or its time is over.
    TooManyTokensError
        The account has enough programs.
    """
    if allow and queries.live_tokens(holder).filter(kind=AppToken.Kind.DEVICE).count() >= rules.MOST_TOKENS:
        raise TooManyTokensError
    state = DeviceCode.State.ALLOWED if allow else DeviceCode.State.REFUSED
    waiting = DeviceCode.objects.filter(pk=code_id, state=DeviceCode.State.WAITING, expires_at__gt=now)
    if not waiting.update(state=state, holder=holder, stamp=rules.stamp(holder.password)):
        raise CodeAnsweredError


def redeem(*, device_code: str, client_id: str, now: datetime) -> str:
    """Return a program's token, once.

    Raises
    ------
    PendingError, SlowDownError, DeniedError, ExpiredError, UnknownCodeError
        It gets none, or none yet.
    """
    found = DeviceCode.objects.filter(device_digest=rules.device_digest(device_code)).first()
    if found is None or found.client_id != client_id or found.state == DeviceCode.State.REDEEMED:
        raise UnknownCodeError
    if found.expires_at <= now:
        raise ExpiredError
    if found.state == DeviceCode.State.REFUSED:
        raise DeniedError
    if found.state == DeviceCode.State.ALLOWED:
        return _token_for(found, now)
    _keep_pace(found, now)
    raise PendingError


@transaction.atomic
def _token_for(found: DeviceCode, now: datetime) -> str:
    allowed = DeviceCode.objects.filter(pk=found.pk, state=DeviceCode.State.ALLOWED, expires_at__gt=now)
    if not allowed.update(state=DeviceCode.State.REDEEMED):  # two questions at once: the update is the judge
        raise UnknownCodeError
    found.refresh_from_db()
    holder = found.holder
    if holder is None or not holder.is_active or found.stamp != rules.stamp(holder.password):
        raise DeniedError  # banned, or given another password, meanwhile
    return issue(holder=holder, name=found.name, kind=AppToken.Kind.DEVICE, now=now)[1]


def _keep_pace(found: DeviceCode, now: datetime) -> None:
    """Note a question, and refuse it when the one before was too short a time ago."""
    if found.asked_at is not None and now - found.asked_at < timedelta(seconds=found.interval):
        slower = min(found.interval + rules.SLOWER, 60)
        DeviceCode.objects.filter(pk=found.pk).update(interval=slower, asked_at=now)
        raise SlowDownError(slower)
    DeviceCode.objects.filter(pk=found.pk).update(asked_at=now)


@transaction.atomic
def issue(*, holder: User, name: str, kind: str, now: datetime) -> tuple[AppToken, str]:
    """Make a token or an app password, and return it with its text, which is shown once and stored nowhere.

    Raises
    ------
    PairingError
        It has no name.
    TooManyTokensError
        The account has enough of this kind.
    """
    called = rules.shown(name)
    if not called:
        raise PairingError("Give it a name, so that you know it again.")
    if queries.live_tokens(holder).filter(kind=kind).count() >= rules.MOST_TOKENS:
        raise TooManyTokensError
    text = rules.new_password() if kind == AppToken.Kind.PASSWORD else rules.new_token()
    row = AppToken.objects.create(
        holder=holder,
        kind=kind,
        name=called,
        digest=rules.token_digest(text),
        stamp=rules.stamp(holder.password),
        made_at=now,
    )
    audit.record(
        actor=audit.user(holder.pk), action="pairing.let_in", row=holder, sentence="A program was let in.", now=now
    )
    enqueue(
        "accounts.tell",
        key=f"accounts.tell:program:{row.pk}",
        priority=SOON,
        user_id=holder.pk,
        mail="program",
        what=str(kind),
    )
    return row, text


def revoke(*, token_id: int, now: datetime) -> bool:
    """End a token; tell whether it was this call that did."""
    return AppToken.objects.filter(pk=token_id, revoked_at=None).update(revoked_at=now) > 0


def revoke_all(*, holder_id: int, now: datetime) -> int:
    """End every token of an account, and every question that waits for one; return how many tokens ended."""
    DeviceCode.objects.filter(holder_id=holder_id, state=DeviceCode.State.ALLOWED).update(
        state=DeviceCode.State.REFUSED
    )
    return AppToken.objects.filter(holder_id=holder_id, revoked_at=None).update(revoked_at=now)


def erase(*, holder_id: int, now: datetime) -> None:
    """Forget an account's programs: nothing of them has to be kept."""
    DeviceCode.objects.filter(holder_id=holder_id).delete()
    AppToken.objects.filter(holder_id=holder_id).delete()


def forget_codes(*, now: datetime) -> int:
    """Delete the codes whose time is over, with the addresses they came from; return how many."""
    return DeviceCode.objects.filter(expires_at__lt=now - rules.KEPT).delete()[0]
