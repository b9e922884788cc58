from __future__ import annotations

from django import forms


class AcceptForm(forms.Form):
    reason = forms.CharField(max_length=300, strip=True)
