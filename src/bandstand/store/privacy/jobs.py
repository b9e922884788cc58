"""The mail that asks for the last word, and the end of old mails."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import translation

from bandstand.kernel.progress import Progress
from bandstand.store.accounts import mails
from bandstand.store.accounts.models import User
from bandstand.store.privacy import folder, links
from bandstand.webkit.jobs import job


@job("privacy.ask_erasure")
def ask_erasure(*, now: datetime, progress: Progress, user_id: int, language: str) -> None:
    """Mail the link that erases an account."""
    user = User.objects.get(pk=user_id)
    if not user.is_active:
        return
    with translation.override(language or None):
        mails.send("erase", user.email, {"erase_url": links.erase_url(user, now=now)}, folder="privacy/mail")


@job("privacy.forget_mails", every=timedelta(days=1))
def forget_mails(*, now: datetime, progress: Progress) -> None:
    """Delete the mails in files whose time is over."""
    progress(folder.forget_old(now=now))
