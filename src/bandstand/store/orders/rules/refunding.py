"""How the price of a line goes back in parts."""

from __future__ import annotations


def refund_tax(amount: int, *, net: int, tax: int, net_back: int, tax_back: int) -> int:
    """Return the tax in a refund of `amount` minor units of a line of which `net_back` and `tax_back` have gone back.

    It brings the tax returned so far to its share of all that was returned (rounded half up), within what is left of
    tax and of net: whatever parts a line goes back in, they add up to its net and its tax.
    """
    gross = net + tax
    if not 0 < amount <= gross - net_back - tax_back:
        raise ValueError("A refund is more than nothing and at most what is left.")
    fair = (2 * tax * (net_back + tax_back + amount) + gross) // (2 * gross) - tax_back
    least, most = max(0, amount - (net - net_back)), min(amount, tax - tax_back)
    return min(max(fair, least), most)
