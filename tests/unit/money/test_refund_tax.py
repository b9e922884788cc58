"""Whatever parts a line goes back in, they add up to its net and its tax."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.store.orders.rules.refunding import refund_tax


@given(
    net=st.integers(0, 10**7),
    tax=st.integers(0, 10**7),
    steps=st.lists(st.tuples(st.integers(1, 10**7), st.booleans()), max_size=12),
)
def test_parts_add_up_to_net_and_tax_also_when_some_were_undone(net, tax, steps):
    standing: list[tuple[int, int]] = []  # amount, tax
    for wish, undone in steps:
        back, tax_back = sum(a for a, _ in standing), sum(t for _, t in standing)
        left = net + tax - back
        if undone and standing:
            standing.pop(wish % len(standing))
        elif left:
            amount = min(wish, left)
            part = refund_tax(amount, net=net, tax=tax, net_back=back - tax_back, tax_back=tax_back)
            assert 0 <= part <= amount
            standing.append((amount, part))
    back, tax_back = sum(a for a, _ in standing), sum(t for _, t in standing)
    if left := net + tax - back:
        tax_back += refund_tax(left, net=net, tax=tax, net_back=back - tax_back, tax_back=tax_back)
    assert tax_back == tax


def test_a_third_of_a_price_carries_a_third_of_its_tax():
    assert refund_tax(300, net=755, tax=144, net_back=0, tax_back=0) == 48  # 48.05
    assert refund_tax(300, net=755, tax=144, net_back=252, tax_back=48) == 48
    assert refund_tax(299, net=755, tax=144, net_back=504, tax_back=96) == 48


@pytest.mark.parametrize("amount", [0, -1, 900])
def test_no_more_than_is_left_has_a_tax(amount):
    with pytest.raises(ValueError, match="at most what is left"):
        refund_tax(amount, net=755, tax=144, net_back=0, tax_back=0)
