"""Baskets, payments, events and refunds in any order: what is true after every step."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import count

import pytest
from django.db import transaction
from django.db.models import F
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test
from tests.conftest import NOW
from tests.factories import make_deal, make_release, make_storefront

from bandstand.kernel.money import Money
from bandstand.store.accounts.models import User
from bandstand.store.deals.models import PriceTier, TierPrice
from bandstand.store.deals.rules import Visitor
from bandstand.store.grants import queries as grants
from bandstand.store.grants.models import Grant
from bandstand.store.ledger import queries as books
from bandstand.store.orders import queries
from bandstand.store.orders import services as orders
from bandstand.store.orders.models import Order, OrderLine, Refund
from bandstand.store.payments import services as payments
from bandstand.store.payments.models import Payment, PaymentRefund
from bandstand.store.payments.providers import BrokenEventError, ForgedEventError
from bandstand.store.payments.providers.pretend import signature

KEY = "only for tests"
BUYERS = 2
numbers = count(1)


class Shop(RuleBasedStateMachine):
    placed = Bundle("placed")
    begun = Bundle("begun")

    def __init__(self):
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.now = NOW
        self.front = make_storefront()
        self.buyers = [User.objects.create_user(f"buyer{n}@example.org", "x", joined_at=NOW) for n in range(BUYERS)]
        self.titles = []
        for tiers in ({}, {"release_tier": "single"}, {"release_tier": "free", "track_tier": "free"}):
            release = make_release(tracks=2)
            make_deal(release=release, **tiers)
            self.titles += [{"release_id": release.pk}, {"part_id": release.parts.first().pk}]

    def teardown(self):
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    @rule(
        who=st.integers(0, BUYERS - 1),
        what=st.lists(st.integers(0, 5), min_size=1, max_size=4),
        honest=st.booleans(),
        target=placed,
    )
    def order(self, who, what, honest):
        buyer, visitor = self.buyers[who], Visitor(territory="DE", member=True)
        basket = orders.basket_for(holder_id=buyer.pk, token=None, storefront_id=self.front.pk, now=self.now)
        for title in what:
            try:
                orders.put_in_basket(basket_id=basket.pk, **self.titles[title], visitor=visitor, now=self.now)
            except (orders.AlreadyOwnedError, orders.AlreadyInReleaseError):
                continue
        page = queries.basket_page(queries.basket_of(holder_id=buyer.pk, token=None), visitor=visitor, now=self.now)
        said = {"checkout_key": page.checkout_key, "expected": page.total if honest else page.total + Money(1, "EUR")}
        facts = {"basket_id": basket.pk, "holder_id": buyer.pk, "email": buyer.email, "billing_country": "DE"}
        try:
            order = orders.place_order(**facts, **said, now=self.now)
        except orders.PriceChangedError:
            assert not honest
            return multiple()
        except (orders.EmptyBasketError, orders.AlreadyOwnedError):
            return multiple()
        assert honest
        again = orders.place_order(**facts, **said, now=self.now)
        assert again.pk == order.pk
        return order.pk if order.state == "open" else multiple()

    @rule(amount=st.integers(0, 2000), tier=st.sampled_from(["album", "single", "track"]))
    def change_a_price(self, amount, tier):
        TierPrice.objects.filter(tier__in=PriceTier.objects.filter(slug=tier)).update(amount=amount)

    @rule(order=placed, provider=st.sampled_from(["pretend", "manual"]), target=begun)
    def begin(self, order, provider):
        found = Order.objects.get(pk=order)
        if found.state != "open":
            with pytest.raises(orders.OrderEndedError):
                orders.begin_payment(order_id=order, provider=provider, return_url="", now=self.now)
            return multiple()
        return payments.begin(order_number=found.number, provider=provider, amount=found.total, now=self.now).pk

    @rule(
        payment=begun,
        kinds=st.lists(st.sampled_from(["paid", "failed"]), min_size=1, max_size=3),
        copies=st.integers(1, 3),
    )
    def events(self, payment, kinds, copies):
        found = Payment.objects.get(pk=payment)
        if found.provider != "pretend":
            return
        for kind in kinds:
            self.tell(kind, found, found.amount, copies=copies)

    @rule(payment=begun, how=st.sampled_from(["amount", "currency", "signature", "payment", "body"]))
    def wrong_event(self, payment, how):
        found = Payment.objects.get(pk=payment)
        before = self.picture()
        try:
            self.tell(
                "paid",
                found,
                found.amount + (how == "amount"),
                currency="USD" if how == "currency" else "EUR",
                key="another" if how == "signature" else KEY,
                payment_key="pay-none" if how == "payment" else found.key,
                cut=how == "body",
            )
        except (ForgedEventError, BrokenEventError):
            assert how in {"signature", "body"}
        assert self.picture() == before

    @rule(payment=begun)
    def staff_sees_money(self, payment):
        if Payment.objects.get(pk=payment).provider == "manual":
            orders.mark_received(payment_id=payment, by="Ada", now=self.now)

    @rule(chance=st.randoms(use_true_random=False))
    def want_back(self, chance):
        lines = list(OrderLine.objects.all())
        if not lines:
            return
        line = chance.choice(lines)
        try:
            orders.refund_line(line_id=line.pk, reason="a wish", by="Ada", now=self.now)
        except orders.NothingToRefundError:
            state = OrderLine.objects.get(pk=line.pk)
            assert not state.gross or state.refunded or state.order.state != "paid"

    @rule(chance=st.randoms(use_true_random=False), done=st.booleans(), copies=st.integers(1, 2))
    def refund_ends(self, chance, done, copies):
        waiting = list(PaymentRefund.objects.filter(state="intended").select_related("payment"))
        if not waiting:
            return
        refund = chance.choice(waiting)
        if refund.payment.provider == "manual":
            orders.mark_refund_sent(refund_key=refund.key, by="Ada", now=self.now)
        else:
            kind = "refunded" if done else "refund_failed"
            self.tell(kind, refund.payment, refund.amount, refund=refund.key, copies=copies)

    @rule(minutes=st.integers(1, 90))
    def time_passes(self, minutes):
        self.now += timedelta(minutes=minutes)
        orders.cancel_expired(self.now)

    @invariant()
    def books_add_up(self):
        assert books.unbalanced() == []
        assert sum(row.money.amount for row in books.trial_balance()) == 0

    @invariant()
    def the_books_know_all_money(self):
        paid = sum(p.amount for p in Payment.objects.filter(state__in=["succeeded", "surplus"]))
        back = sum(r.amount for r in PaymentRefund.objects.filter(state="succeeded"))
        held = sum(row.money.amount for row in books.trial_balance() if row.kind == "clearing")
        assert held == paid - back

    @invariant()
    def never_more_back_than_paid(self):
        assert not OrderLine.objects.filter(refunded__gt=F("gross")).exists()
        for payment in Payment.objects.all():
            back = sum(r.amount for r in payment.refunds.exclude(state="failed"))
            assert back == payment.refunded <= payment.amount

    @invariant()
    def every_paid_order_has_its_payment(self):
        paid = set(Order.objects.filter(state="paid", gross__gt=0).values_list("number", flat=True))
        money = list(Payment.objects.filter(state="succeeded").values_list("order_number", flat=True))
        assert sorted(money) == sorted(paid)

    @invariant()
    def rights_follow_money(self):
        for line in OrderLine.objects.filter(order__state="paid", refunded=0).select_related("order", "part"):
            owned = grants.owned(
                line.order.holder_id,
                release_ids=[line.release_id] if line.release_id else [],
                part_ids=[line.part_id] if line.part_id else [],
            )
            assert owned.releases or owned.parts
        returned = PaymentRefund.objects.filter(state="succeeded").values_list("key", flat=True)
        for refund in Refund.objects.filter(payment_refund_key__in=returned).select_related("line__order"):
            line = refund.line
            left = Grant.objects.live().filter(
                source=line.order.source, release_id=line.release_id, part_id=line.part_id
            )
            assert not left.exists()

    def picture(self):
        states = sorted(Payment.objects.values_list("pk", "state", "refunded"))
        return states, sorted(Order.objects.values_list("pk", "state")), Grant.objects.live().count()

    def tell(self, kind, payment, amount, *, currency="EUR", key=KEY, payment_key="", copies=1, refund="", cut=False):
        said = {"id": f"evt-{next(numbers)}", "kind": kind, "payment": payment_key or payment.key, "amount": amount}
        said |= {"currency": currency, "at": int(self.now.timestamp()), "refund": refund}
        body = json.dumps(said).encode()[: -1 if cut else None]
        headers = {"pretend-signature": signature(key, int(self.now.timestamp()), body)}
        for _ in range(copies):
            orders.receive_event(provider="pretend", headers=headers, body=body, now=self.now)


@pytest.mark.django_db
def test_in_any_order_of_things_rights_follow_money_and_the_books_add_up(settings_for_money):
    run_state_machine_as_test(
        Shop,
        settings=settings(
            max_examples=20,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )


@pytest.fixture
def settings_for_money(settings):
    settings.MANUAL_ACCOUNT = "IBAN DE02 1203 0000 0000 2020 51"
    settings.PRETEND_URL, settings.PRETEND_KEY = "http://127.0.0.1:9", KEY
