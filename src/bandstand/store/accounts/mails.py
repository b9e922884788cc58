"""Mails as plain text: the first line of a template is the subject, the rest is the body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

Attachment = tuple[str, bytes, str]
"""A file that goes with a mail: its name, content and media type."""


def send(
    name: str,
    to: str,
    facts: Mapping[str, object],
    *,
    folder: str = "account/mail",
    attachments: Sequence[Attachment] = (),
) -> None:
    """Send the mail `name` to one address."""
    text = render_to_string(
        f"{folder}/{name}.txt", {**facts, "store_name": settings.STORE_NAME, "store_url": settings.STORE_URL}
    )
    subject, _, body = text.strip().partition("\n")
    EmailMessage(subject=subject.strip(), body=body.strip() + "\n", to=[to], attachments=list(attachments)).send()
