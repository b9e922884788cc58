"""OpenMG with our own keys: objects, key ring, cipher stream."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.kernel.errors import FormatError
from bandstand.licences import openmg
from bandstand.licences.openmg import Decrypter, Ekb, Encrypter, Keys, Lsi, OpenMgKeyError

ROOT = bytes(range(1, 17))
NODE = bytes(range(101, 117))
MASTER, CONTENT, IV = "1122334455667788", "a0a1a2a3a4a5a6a7", "0f1e2d3c4b5a6978"
LSI = (
    "00010040000000300008000000000000"
    "4b455952494e4720202020200010000300280000000000000000000000000001"
    "07533b986446211963931aec39b56391" + "00" * 16 + "21434944" + "20" * 8 + "00100002" + "00" * 32 + "875b6db31a5a5efd"
)
FIRST = "ea981ac79dbf87f6afbab452f3d99d90"  # 16 zero bytes as the first two blocks of the content

blocks = st.binary(min_size=8, max_size=8)
keys = st.binary(min_size=16, max_size=16).filter(lambda key: any(key[:8]))
lsis = st.builds(
    Lsi,
    root_id=st.integers(0, 2**32 - 1),
    master=blocks,
    content=blocks,
    ekb=st.binary(max_size=200),
    identity=st.lists(blocks, min_size=1, max_size=8).map(b"".join),
    signature=blocks,
)


class Dealt:
    """Randomness that was written down before."""

    def __init__(self, *dealt: str) -> None:
        self._dealt = [bytes.fromhex(text) for text in dealt]

    def __call__(self, length: int) -> bytes:
        dealt = self._dealt.pop(0)
        assert len(dealt) == length
        return dealt


@pytest.fixture
def known() -> openmg.Seal:
    return openmg.seal(ROOT, randomness=Dealt(MASTER, CONTENT, IV))


def test_a_seal_of_known_keys_has_the_known_bytes(known):
    assert known.lsi.pack().hex() == LSI
    assert (known.key.hex(), known.iv.hex()) == (CONTENT, IV)


def test_content_under_a_known_key_has_the_known_bytes(known):
    assert Encrypter(known.key, known.iv, packet=16).update(bytes(16)).hex() == FIRST


def test_the_cipher_gives_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert openmg.unlock(openmg.seal(ROOT).lsi, Keys(roots=(ROOT,)))


def test_each_file_has_keys_of_its_own():
    one, other = openmg.seal(ROOT), openmg.seal(ROOT)
    assert len({one.key, other.key, one.iv, other.iv, one.lsi.master, other.lsi.master}) == 6


@given(root=keys, node=keys, others=st.lists(keys, max_size=3).map(tuple))
def test_root_key_and_node_key_open_what_they_sealed_and_others_do_not(root, node, others):
    seal = openmg.seal(root, root_id=7, nodes=(NODE, node))
    assert openmg.unlock(seal.lsi, Keys(roots=(*others, root))) == seal.key
    assert openmg.unlock(seal.lsi, Keys(nodes=(node,))) == seal.key
    strangers = tuple(key for key in others if key not in (root, node, NODE))
    assert openmg.unlock(seal.lsi, Keys(roots=strangers, nodes=strangers)) is None


def test_a_key_of_another_kind_opens_nothing():
    seal = openmg.seal(ROOT, nodes=(NODE,))
    assert openmg.unlock(seal.lsi, Keys(roots=(NODE,), nodes=(ROOT,))) is None
    assert openmg.unlock(seal.lsi, Keys()) is None


def test_a_changed_signature_opens_nothing(known):
    packed = bytearray(known.lsi.pack())
    packed[-1] ^= 1
    assert openmg.unlock(Lsi.read(bytes(packed), at=0), Keys(roots=(ROOT,))) is None


def test_a_damaged_key_part_leaves_the_root_key_its_way():
    seal = openmg.seal(ROOT, nodes=(NODE,))
    damaged = Lsi.read(seal.lsi.pack(), at=0)
    damaged = Lsi(**{name: getattr(damaged, name) for name in Lsi.__slots__} | {"ekb": damaged.ekb[:40]})
    assert openmg.unlock(damaged, Keys(roots=(ROOT,))) == seal.key
    assert openmg.unlock(damaged, Keys(nodes=(NODE,))) is None


def test_a_key_part_may_have_a_prefix():
    part = Ekb(root_id=3, tags=b"tags", data=bytes(range(32)))
    assert Ekb.read(b"EKB " + bytes(28) + part.pack(), at=0) == part
    assert list(part.wrapped()) == [bytes(range(16)), bytes(range(16, 32))]


@given(lsi=lsis)
def test_an_object_survives_the_round_trip(lsi: Lsi):
    assert Lsi.read(lsi.pack(), at=0) == lsi


@given(part=st.builds(Ekb, root_id=st.integers(1, 2**24), tags=st.binary(max_size=40), data=st.binary(max_size=80)))
def test_a_key_part_survives_the_round_trip(part: Ekb):
    assert Ekb.read(part.pack(), at=0) == part


@given(start=st.sampled_from([b"", bytes.fromhex(LSI)[:30]]), body=st.binary(max_size=200))
def test_any_bytes_give_an_object_or_a_format_error(start: bytes, body: bytes):
    for kind in (Lsi, Ekb):
        refused = None
        try:
            kind.read(start + body, at=300)
        except FormatError as error:
            refused = error
        assert refused is None or refused.at >= 300


@given(
    key=blocks, iv=blocks, packet=st.sampled_from([8, 24, 192]), pieces=st.lists(st.binary(max_size=300), max_size=8)
)
def test_complete_packets_are_decrypted_and_the_rest_was_clear(key, iv, packet, pieces):
    content = b"".join(pieces)
    encrypter = Encrypter(key, iv, packet=packet)
    written = b"".join([*map(encrypter.update, pieces), encrypter.finish()])
    whole = len(content) - len(content) % packet
    assert len(written) == len(content)
    assert written[whole:] == content[whole:]
    assert Decrypter(key, iv).update(written[:whole]) == content[:whole]
    if whole > packet:  # from the second packet on
        assert Decrypter(key, written[packet - 8 : packet]).update(written[packet:whole]) == content[packet:whole]


@pytest.mark.parametrize("key", [b"", ROOT[:8], ROOT * 2, bytes(8) + ROOT[:8]])
def test_a_key_that_readers_can_not_take_is_refused(key: bytes):
    with pytest.raises(OpenMgKeyError):
        Keys(roots=(key,))
    with pytest.raises(OpenMgKeyError):
        openmg.parse(key.hex())


def test_a_key_is_read_from_hexadecimal_digits_and_never_shown(known):
    assert openmg.parse(ROOT.hex()) == ROOT
    with pytest.raises(OpenMgKeyError) as refused:
        openmg.parse("zz" + ROOT.hex())
    assert ROOT.hex() not in str(refused.value)
    assert refused.value.__cause__ is None
    assert ROOT.hex() not in repr(Keys(roots=(ROOT,)))
    assert CONTENT not in repr(known)
