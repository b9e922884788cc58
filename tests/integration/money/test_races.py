"""Eight processes do the same thing at the same moment, on both databases."""

from __future__ import annotations

import os

import pytest
from tests.integration.money.house import racers
from tests.on_postgres import unreachable

pytestmark = pytest.mark.timeout(240)

USE = """
from tests.conftest import NOW
from tests.factories import *
from bandstand.store.accounts.models import User
from bandstand.store.deals.rules import Visitor
from bandstand.store.grants.models import Grant
from bandstand.store.ledger import queries as books
from bandstand.store.ledger.models import Posting
from bandstand.store.orders import queries, services as orders
from bandstand.store.orders.models import Basket, Order, OrderLine, Refund
from bandstand.store.payments import services as payments
from bandstand.store.payments.models import Payment, PaymentRefund
GERMANY = Visitor(territory="DE", member=True)
def title():
    release = make_release(tracks=1)
    make_deal(release=release)
    return release
def ordered(user, releases):
    basket = orders.basket_for(holder_id=user.pk, token=None, storefront_id=make_storefront().pk, now=NOW)
    for release in releases:
        orders.put_in_basket(basket_id=basket.pk, release_id=release.pk, visitor=GERMANY, now=NOW)
    page = queries.basket_page(queries.basket_of(holder_id=user.pk, token=None), visitor=GERMANY, now=NOW)
    order = orders.place_order(basket_id=basket.pk, holder_id=user.pk, email=user.email, billing_country="DE",
        checkout_key=page.checkout_key, expected=page.total, now=NOW)
    return order, payments.begin(order_number=order.number, provider="manual", amount=order.total, now=NOW)
def buyer(name):
    return User.objects.get_or_create(email=f"{name}@example.org", defaults={"joined_at": NOW, "claimed_at": NOW})[0]
"""


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def eight(request, tmp_path_factory):
    if request.param == "postgres" and (reason := unreachable()):
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(f"PostgreSQL is required: {reason}")
        pytest.skip(f"PostgreSQL: {reason}")
    with racers(request.param, tmp_path_factory.mktemp("races")) as opened:
        opened.one(USE + "make_storefront(); make_label(); make_party()")
        yield opened


def all_well(said):
    errors = [answer.get("trace") for answer in said if "error" in answer]
    assert not errors, errors[0]
    return [answer["result"] for answer in said]


def test_eight_who_settle_one_payment_settle_it_once(eight):
    ids = eight.one(
        USE
        + """
result = []
for n in range(5):
    order, payment = ordered(buyer(f"settle{n}"), [title(), title()])
    result.append(payment.pk)
"""
    )
    all_well(eight.all(USE + "for pk in ids: orders.settle(payment_id=pk, now=NOW)", ids=ids))
    found = eight.one(
        USE
        + """
paid = Payment.objects.filter(pk__in=ids)
numbers = [p.order_number for p in paid]
result = [sorted({p.state for p in paid}), Order.objects.filter(number__in=numbers, state="paid").count(),
    Posting.objects.filter(key__in=[f"settle:{p.key}" for p in paid]).count(),
    Grant.objects.filter(source__in=[f"order:{n}" for n in numbers]).count(),
    PaymentRefund.objects.filter(payment__in=paid).count(), len(books.unbalanced())]
""",
        ids=ids,
    )
    assert found == [["succeeded"], 5, 5, 10, 0, 0]


def test_eight_who_press_the_button_make_one_order(eight):
    facts = eight.one(
        USE
        + """
user = buyer("press")
basket = orders.basket_for(holder_id=user.pk, token=None, storefront_id=make_storefront().pk, now=NOW)
orders.put_in_basket(basket_id=basket.pk, release_id=title().pk, visitor=GERMANY, now=NOW)
page = queries.basket_page(queries.basket_of(holder_id=user.pk, token=None), visitor=GERMANY, now=NOW)
result = dict(basket_id=basket.pk, holder_id=user.pk, checkout_key=page.checkout_key)
"""
    )
    place = """
from bandstand.kernel.money import Money
said = {**facts, "email": "press@example.org", "billing_country": "DE", "expected": Money(899, "EUR")}
order = orders.place_order(**said, now=NOW)
result = [order.number, payments.begin(order_number=order.number, provider="manual", amount=order.total, now=NOW).key]
"""
    said = all_well(eight.all(USE + place, facts=facts))
    assert len({tuple(answer) for answer in said}) == 1
    assert eight.one(USE + "result = Order.objects.filter(holder_id=pk).count()", pk=facts["holder_id"]) == 1


def test_buying_tracks_while_another_tab_puts_their_release_in_never_waits_crosswise(eight):
    facts = eight.one(
        USE
        + """
result = []
for n in range(12):
    release, user = title(), buyer(f"cross{n}")
    basket = orders.basket_for(holder_id=user.pk, token=None, storefront_id=make_storefront().pk, now=NOW)
    orders.put_in_basket(basket_id=basket.pk, part_id=release.parts.get().pk, visitor=GERMANY, now=NOW)
    order, payment = ordered(user, [])
    result.append([payment.pk, basket.pk, release.pk])
"""
    )
    both = """
for payment_id, basket_id, release_id in facts:
    if place % 2:
        orders.settle(payment_id=payment_id, now=NOW)
    else:
        orders.put_in_basket(basket_id=basket_id, release_id=release_id, visitor=GERMANY, now=NOW)
result = "done"
"""
    assert set(all_well(eight.all(USE + both, facts=facts))) == {"done"}


def test_forty_refunds_of_one_line_return_the_money_once(eight):
    line_id = eight.one(
        USE
        + """
order, payment = ordered(buyer("refund"), [title()])
orders.settle(payment_id=payment.pk, now=NOW)
result = order.lines.get().pk
"""
    )
    said = all_well(
        eight.all(
            USE
            + """
result = 0
for _ in range(5):
    try:
        refund = orders.refund_line(line_id=line_id, reason="race", by="Ada", now=NOW)
        result += 1
    except orders.NothingToRefundError:
        pass
for refund in Refund.objects.filter(line_id=line_id):
    orders.mark_refund_sent(refund_key=refund.payment_refund_key, by="Ada", now=NOW)
""",
            line_id=line_id,
        )
    )
    assert sum(said) == 1
    found = eight.one(
        USE
        + """
line = OrderLine.objects.select_related("order").get(pk=line_id)
key = Refund.objects.get(line=line).payment_refund_key
result = [line.refunded == line.gross, PaymentRefund.objects.get(key=key).state,
    Posting.objects.filter(key=f"refund:{key}").count(),
    Grant.objects.filter(source=line.order.source, revoked_at=None).count(), len(books.unbalanced())]
""",
        line_id=line_id,
    )
    assert found == [True, "succeeded", 1, 0, 0]


def test_forty_who_want_parts_back_while_a_bank_takes_the_money_get_no_more_than_was_paid(eight):
    ids = eight.one(
        USE
        + """
order, payment = ordered(buyer("parts"), [title()])
orders.settle(payment_id=payment.pk, now=NOW)
result = [order.lines.get().pk, payment.pk]
"""
    )
    all_well(
        eight.all(
            USE
            + """
from bandstand.kernel.money import Money
from bandstand.store.orders.services import disputes
line_id, payment_id = ids
for n in range(5):
    try:
        refund = orders.refund_line(line_id=line_id, amount=Money(90, "EUR"), reason="race", by="Ada", now=NOW)
        orders.mark_refund_sent(refund_key=refund.payment_refund_key, by="Ada", now=NOW)
    except (orders.NothingToRefundError, orders.RefundAmountError, orders.DisputedError):
        pass
    if place == 7 and n in (1, 3):
        tell = disputes.opened if n == 1 else disputes.lost
        tell(payment_id=payment_id, dispute_ref="dp", amount=Money(899, "EUR"), now=NOW)
""",
            ids=ids,
        )
    )
    found = eight.one(
        USE
        + """
line_id, payment_id = ids
line, payment = OrderLine.objects.select_related("order").get(pk=line_id), Payment.objects.get(pk=payment_id)
back = list(Refund.objects.filter(line=line))
result = [line.refunded, payment.refunded, sum(one.amount for one in back), sum(one.tax for one in back) - line.tax,
    Grant.objects.filter(source=line.order.source, revoked_at=None).count(), len(books.unbalanced())]
""",
        ids=ids,
    )
    assert found == [899, 899, 899, 0, 0, 0]


def test_orders_of_the_same_things_by_one_buyer_give_each_thing_once_and_money_for_the_rest(eight):
    """Two tabs, then more: nobody pays twice for one record, and nobody waits crosswise."""
    ids = eight.one(
        USE
        + """
user, things, result = buyer("twice"), [title(), title(), title()], []
for n in range(8):
    Basket.objects.filter(holder=user).delete()
    order, payment = ordered(user, things if n % 2 else things[::-1])
    result.append(payment.pk)
"""
    )
    all_well(eight.all(USE + "orders.settle(payment_id=ids[place], now=NOW)", ids=ids))
    found = eight.one(
        USE
        + """
paid = Payment.objects.filter(pk__in=ids)
user = User.objects.get(email="twice@example.org")
result = [Order.objects.filter(holder=user, state="paid").count(), user.grants.filter(revoked_at=None).count(),
    Refund.objects.filter(line__order__holder=user).count(), sum(p.amount - p.refunded for p in paid),
    len(books.unbalanced())]
""",
        ids=ids,
    )
    assert found == [8, 3, 21, 3 * 899, 0]


def test_two_payments_of_one_order_keep_one_and_return_the_other(eight):
    ids = eight.one(
        USE
        + """
order, payment = ordered(buyer("surplus"), [title()])
other = payments.begin(order_number=order.number, provider="pretend", amount=order.total, now=NOW)
result = [payment.pk, other.pk]
"""
    )
    all_well(
        eight.all(USE + "for pk in (ids if place % 2 else ids[::-1]): orders.settle(payment_id=pk, now=NOW)", ids=ids)
    )
    found = eight.one(
        USE
        + """
paid = list(Payment.objects.filter(pk__in=ids))
result = [sorted(p.state for p in paid), PaymentRefund.objects.filter(payment__in=paid).count(),
    len(books.unbalanced())]
""",
        ids=ids,
    )
    assert found == [["succeeded", "surplus"], 1, 0]


def test_eight_guests_with_one_new_address_get_one_account(eight):
    said = all_well(
        eight.all(
            USE
            + """
from bandstand.store.accounts import services as accounts
result = [accounts.guest_for(email=f"new{n}@example.org", now=NOW).pk for n in range(5)]
"""
        )
    )
    assert len({tuple(answer) for answer in said}) == 1


def test_eight_who_open_new_accounts_of_the_books_crosswise_do_not_wait_for_ever(eight):
    said = all_well(
        eight.all(
            USE
            + """
from bandstand.kernel.money import Money
from bandstand.store.ledger import services as ledger
for n in range(20):
    names = [f"seller-{n}-{m}" for m in range(6)]
    names = names if place % 2 else names[::-1]
    entries = [("payable", name, Money(-1, "EUR")) for name in names] + [("clearing", "race", Money(6, "EUR"))]
    ledger.post(key=f"race:{place}:{n}", at=NOW, memo="", entries=entries)
result = len(books.unbalanced())
"""
        )
    )
    assert set(said) == {0}
    assert eight.one(USE + "result = books.balance('clearing', 'race', 'EUR').amount") == 8 * 20 * 6


def test_eight_who_want_the_last_use_of_a_code_use_it_once(eight):
    code = eight.one(USE + "result = make_code(word=f'LAST{User.objects.count()}', uses=3).pk")
    said = eight.all(
        USE
        + """
from bandstand.store.vouchers import services as vouchers
from bandstand.store.vouchers.rules import VoucherRefusedError
try:
    vouchers.redeem(code_id=code_id, holder_id=buyer(f"last{place}").pk, order_number=f"L{code_id}-{place}", now=NOW)
    result = "used"
except VoucherRefusedError as error:
    result = str(error.why)
""",
        code_id=code,
    )
    assert sorted(all_well(said)) == ["used"] * 3 + ["used_up"] * 5
    assert eight.one(USE + "from bandstand.store.vouchers.queries import overused\nresult = len(overused())") == 0


def test_one_who_presses_with_eight_codes_of_a_campaign_uses_one(eight):
    codes = eight.one(
        USE
        + """
campaign = make_campaign(per_holder=1)
result = [make_code(campaign=campaign).pk for _ in range(8)]
buyer("eager")
"""
    )
    said = eight.all(
        USE
        + """
from bandstand.store.vouchers import services as vouchers
from bandstand.store.vouchers.rules import VoucherRefusedError
try:
    vouchers.redeem(code_id=codes[place], holder_id=buyer("eager").pk, order_number=f"E{codes[place]}", now=NOW)
    result = "used"
except VoucherRefusedError as error:
    result = str(error.why)
""",
        codes=codes,
    )
    assert sorted(all_well(said)) == ["used", *["used_by_you"] * 7]
    left = """
from bandstand.store.vouchers.models import Code
result = sum(Code.objects.filter(pk__in=codes).values_list("used", flat=True))
"""
    assert eight.one(left, codes=codes) == 1


def test_eight_who_claim_a_gift_and_its_giver_who_takes_it_back_end_with_one_of_both(eight):
    order_id = eight.one(
        USE
        + """
from datetime import timedelta
from bandstand.store.orders.rules.gift import GiftWish
from bandstand.store.orders.services import gifts
order, payment = ordered(buyer("giver"), [title()])
wish = GiftWish(recipient_name="C", recipient_email="c@example.org", sender_name="G", deliver_at=NOW)
gifts.write(order, wish, NOW)
orders.settle(payment_id=payment.pk, now=NOW)
for n in range(8): buyer(f"claims{n}")
result = order.pk
"""
    )
    said = eight.all(
        USE
        + """
from bandstand.kernel.errors import RefusedError
from bandstand.store.orders.models import Gift
from bandstand.store.orders.services import gifts
gift = Gift.objects.get(order_id=order_id)
try:
    if place == 0:
        gifts.take_back(order_id=order_id, now=NOW)
    else:
        gifts.claim(token=gift.token, holder_id=buyer(f"claims{place}").pk, now=NOW)
    result = 1
except RefusedError:
    result = 0
""",
        order_id=order_id,
    )
    assert sum(all_well(said)) == 1
    held, back = eight.one(
        USE
        + """
source = Order.objects.get(pk=order_id).source
result = [Grant.objects.live().filter(source=source).count(), Refund.objects.filter(line__order_id=order_id).count()]
""",
        order_id=order_id,
    )
    assert held + back == 1


def test_a_day_that_moves_while_orders_are_paid_takes_all_of_them_along(eight):
    ids = eight.one(
        USE
        + """
from datetime import date
release = make_release(tracks=1)
make_deal(release=release, start_day=date(2026, 11, 24), preorder_day=date(2026, 11, 1))
result = [release.pk, [ordered(buyer(f"ahead{n}"), [release])[1].pk for n in range(12)]]
from bandstand.store.deals.models import Deal
Deal.objects.filter(release=release).update(start_day=date(2026, 12, 8))
"""
    )
    said = eight.all(
        USE
        + """
from bandstand.store.orders.services import ahead
if place % 2:
    for pk in ids[1][place // 2 :: 4]: orders.settle(payment_id=pk, now=NOW)
else:
    for _ in range(3): ahead.follow_days(NOW)
""",
        ids=ids,
    )
    all_well(said)
    left = eight.one(
        USE
        + """
from bandstand.store.orders.services import ahead
days = set(OrderLine.objects.filter(release_id=ids[0]).values_list("available_at", flat=True))
starts = list(Grant.objects.live().filter(release_id=ids[0]).values_list("starts_at", flat=True))
result = [len(starts), [str(day) for day in days | set(starts)], ahead.follow_days(NOW)]
""",
        ids=ids,
    )
    assert left == [12, ["2026-12-07 23:00:00+00:00"], 0]
