"""What the account's pages need beyond the components."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django import template

register = template.Library()


@register.filter
def json_text(value: Mapping[str, object]) -> str:
    """Return JSON for an attribute: htmx drops every script element it swaps in, also those that only hold data."""
    return json.dumps(value)
