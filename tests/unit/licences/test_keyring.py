"""Key rings: read from one line, never shown."""

from __future__ import annotations

import base64

import pytest

from bandstand.licences.keyring import MAX_KEYS, KeyRing, KeyRingError

A, B = bytes(range(32)), bytes(range(255, 191, -1))


def line(*keys: tuple[str, bytes]) -> str:
    return ",".join(f"{name}:{base64.urlsafe_b64encode(key).decode()}" for name, key in keys)


def test_the_first_key_signs_and_all_verify() -> None:
    ring = KeyRing.parse(line(("2026a", A), ("2025b", B)))
    assert ring.signer == "2026a"
    assert ring.mac("2026a", b"x") != ring.mac("2025b", b"x")
    assert ring.mac("2024c", b"x") is None


def test_padding_and_spaces_do_not_matter() -> None:
    assert KeyRing.parse(" " + line(("a", A)).rstrip("=") + " , " + line(("b", B))).keys == {"a": A, "b": B}


def test_no_key_is_ever_shown() -> None:
    ring = KeyRing.parse(line(("2026a", A)))
    secret = base64.urlsafe_b64encode(A).decode()
    assert repr(ring) == str(ring) == "<KeyRing 2026a>"
    for text in (f"2026a:{secret}~", f"2026a:{secret},2026a:{secret}", f"no id {secret}", f"2026a:{secret[:20]}"):
        with pytest.raises(KeyRingError) as refused:
            KeyRing.parse(text)
        assert secret[:16] not in str(refused.value)
        assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.parametrize("text", ["", ",", "a:", "nokey", "a:QUJD", ":" + "A" * 43, "a b:" + "A" * 43, "a:" + "A" * 41])
def test_a_line_that_holds_no_good_key_is_refused(text: str) -> None:
    with pytest.raises(KeyRingError):
        KeyRing.parse(text)


def test_a_ring_has_room_for_a_few_keys_only() -> None:
    with pytest.raises(KeyRingError):
        KeyRing({str(number): A for number in range(MAX_KEYS + 1)})


def test_a_ring_does_not_change_with_the_mapping_it_was_made_of() -> None:
    keys = {"a": A}
    ring = KeyRing(keys)
    keys["b"] = B
    assert list(ring.keys) == ["a"]
