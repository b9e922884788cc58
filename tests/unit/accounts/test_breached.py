"""Breached passwords: found in a file of sorted hashes or in a folder of ranges, without reading either."""

from __future__ import annotations

import hashlib
import io

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from bandstand.store.accounts import breached

PASSWORDS = [f"a quiet harbour {number}" for number in range(500)]


def sha1(password):
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


def lines(passwords, *, end="\n"):
    return "".join(f"{digest}:{place}{end}" for place, digest in enumerate(sorted(map(sha1, passwords)), 1))


@pytest.fixture(params=["one file", "windows lines", "no last line feed", "ranges", "bare ranges"])
def place(request, tmp_path):
    if "ranges" not in request.param:
        text = lines(PASSWORDS, end="\r\n" if request.param == "windows lines" else "\n")
        path = tmp_path / "pwned.txt"
        path.write_bytes(text.rstrip("\n").encode() if "no last" in request.param else text.encode())
        return path
    for password in PASSWORDS:
        digest = sha1(password)
        with (tmp_path / (digest[:5] + ("" if "bare" in request.param else ".txt"))).open("a") as sink:
            sink.write(f"{digest[5:]}:3\n")
    return tmp_path


def test_every_password_of_a_list_is_found_and_no_other(place):
    assert all(breached.listed(place, password) for password in PASSWORDS)
    assert not any(breached.listed(place, f"{password}!") for password in PASSWORDS)


@given(st.sets(st.binary(min_size=20, max_size=20), max_size=40), st.binary(min_size=20, max_size=20))
def test_a_search_says_what_looking_through_all_of_it_says(digests, other):
    rows = sorted(digest.hex().upper().encode() for digest in digests)
    data = b"".join(row + b":%d\n" % (10**place % 997) for place, row in enumerate(rows))
    for row in [*rows, other.hex().upper().encode()]:
        assert breached._has(io.BytesIO(data), len(data), row, None) == (row in rows)


def test_a_search_reads_little_of_a_large_list():
    data = lines(f"{number}" for number in range(20_000)).encode()

    class Counted(io.BytesIO):
        lines = 0

        def readline(self, size=-1, /):
            self.lines += 1
            return super().readline(size)

    file = Counted(data)
    assert breached._has(file, len(data), sha1("777").encode(), None)
    assert file.lines <= 44


@pytest.mark.parametrize("content", [b"hello\n" * 50, b"{}", b"\x00" * 5000, b"A" * 10_000])
def test_what_is_no_list_allows_nothing(tmp_path, content):
    path = tmp_path / "list.txt"
    path.write_bytes(content)
    with pytest.raises(breached.BreachedListError):
        breached.listed(path, "anything")


def test_a_list_that_is_gone_allows_nothing(tmp_path, settings):
    settings.BREACHED_PASSWORDS = str(tmp_path / "gone.txt")
    with pytest.raises(breached.BreachedListError):
        breached.is_breached("Vq4-nobody-has-this-7z")


def test_a_range_that_is_missing_counts_as_empty(tmp_path):
    assert not breached.listed(tmp_path, "anything")


@pytest.mark.parametrize("password", ["password1234", "PassWord1234", " password1234 "])
def test_common_long_passwords_are_refused_without_any_list_of_the_stores_own(settings, password):
    settings.BREACHED_PASSWORDS = ""
    with pytest.raises(ValidationError) as refused:
        breached.BreachedPasswordValidator().validate(password)
    assert refused.value.code == "password_breached"


def test_a_password_of_the_stores_own_list_is_refused_and_another_is_not(tmp_path, settings):
    path = tmp_path / "own.txt"
    path.write_text(lines(["h4rbour!"]))
    settings.BREACHED_PASSWORDS = str(path)
    with pytest.raises(ValidationError):
        breached.BreachedPasswordValidator().validate("h4rbour!")
    breached.BreachedPasswordValidator().validate("h4rbour?")
    breached.BreachedPasswordValidator().validate("Vq4-nobody-has-this-7z")
