import pytest

from bandstand.kernel.states import MoveRefusedError, States

DOOR = States("door", {"open": ("shut",), "shut": ("open", "locked"), "locked": ("shut",)})


def test_a_refused_move_names_the_states_that_allow_it():
    with pytest.raises(MoveRefusedError) as refused:
        DOOR.check("open", "locked")
    assert refused.value.allowed_from == ("shut",)


def test_an_allowed_move_passes():
    DOOR.check("shut", "locked")
    assert DOOR.sources("shut") == ("open", "locked")


def test_a_move_to_a_state_that_does_not_exist_is_found_at_import():
    with pytest.raises(ValueError, match="ajar"):
        States("door", {"open": ("ajar",)})
