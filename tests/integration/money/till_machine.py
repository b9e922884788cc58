"""Baskets, codes, payments, events, refunds, disputes and gifts in any order: what is true after every step."""

from __future__ import annotations

import contextlib
from collections import Counter
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from django.db import transaction
from django.test import override_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.conftest import NOW
from tests.factories import make_campaign, make_code, make_deal, make_release, make_storefront
from tests.integration.money.bank import KEY, Bank

from bandstand.kernel.errors import RefusedError
from bandstand.kernel.money import Money
from bandstand.store.accounts.models import User
from bandstand.store.catalogue.models import Part
from bandstand.store.deals.models import PriceTier, TierPrice
from bandstand.store.deals.rules import Visitor
from bandstand.store.grants.models import Grant
from bandstand.store.ledger import queries as books
from bandstand.store.orders import queries
from bandstand.store.orders import services as orders
from bandstand.store.orders.models import Credit, Gift, Order, OrderLine, Refund
from bandstand.store.orders.rules.gift import GiftWish
from bandstand.store.orders.services import codes, gifts, handing
from bandstand.store.payments.models import Dispute, Payment, PaymentRefund
from bandstand.store.payments.providers import DeclinedByProviderError, UnreachableError
from bandstand.store.vouchers.models import Code, Redemption
from bandstand.webkit.jobs.models import Job

BUYERS = 2
GERMANY = Visitor(territory="DE", member=True)
RETURN = "http://localhost:8000/orders/back/"
buyers = st.integers(0, BUYERS - 1)
things = st.lists(st.integers(0, 7), min_size=1, max_size=3)
REFUSALS = (orders.NothingToRefundError, orders.RefundAmountError, orders.DisputedError, orders.RefundRefusedError)
places = st.integers(0, 40)
"""Which of the rows there are: by place, counted round."""


class Rows:
    """All rows about money as they are now, each table read once."""

    def __init__(self) -> None:
        def rows(model):
            return list(model.objects.order_by("pk").values())

        self.orders = {one["id"]: one for one in rows(Order)}
        self.lines = {one["id"]: one for one in rows(OrderLine)}
        self.refunds, self.sent = rows(Refund), rows(PaymentRefund)
        self.payments = {one["id"]: one for one in rows(Payment)}
        self.disputes, self.redemptions, self.codes = rows(Dispute), rows(Redemption), rows(Code)
        self.gifts = {one["order_id"]: one for one in rows(Gift)}
        self.grants = list(Grant.objects.live().values())
        self.parts = dict(Part.objects.values_list("pk", "release_id"))
        against = [self.payments[one["payment_id"]] for one in self.disputes if one["state"] != "won"]
        self.disputed = {one["order_number"] for one in against if one["state"] == "succeeded"}
        self.credits = rows(Credit)
        self.hollow = {one["line_id"] for one in self.credits if one["held_at"] and self.is_taken_back(one)}

    def is_taken_back(self, credit):
        """Whether a bank has the money of the track that is counted, for now or for good."""
        track = self.lines[credit["track_line_id"]]
        return self.orders[track["order_id"]]["number"] in self.disputed

    def back_of(self, line):
        return [one for one in self.refunds if one["line_id"] == line["id"] and one["undone_at"] is None]

    def holder_of(self, order):
        gift = self.gifts.get(order["id"])
        return order["holder_id"] if gift is None or gift["returned_at"] else gift["claimed_by_id"]

    def is_over(self, line):
        """All of the price is back, and staff did not leave the title; or staff ended it."""
        back = self.back_of(line)
        if any(one["ends_grant"] and one["done_at"] for one in back):
            return True
        all_back = line["gross"] and sum(one["amount"] for one in back if one["done_at"]) == line["gross"]
        return bool(all_back and back[-1]["ends_grant"] is not False)


class Till(RuleBasedStateMachine):
    """A shop with an album, a single, an EP for nothing and one whose price the buyer names; two buyers."""

    def __init__(self) -> None:
        super().__init__()
        self.bank, self.now = Bank(), NOW
        self.by_hand = self.given = False  # whether there is a bank transfer, a gift
        self.outside = contextlib.ExitStack()
        self.outside.enter_context(
            override_settings(
                PRETEND_URL="http://bank.example", PRETEND_KEY=KEY, MANUAL_ACCOUNT="IBAN DE02 1203 0000 0000 2020 51"
            )
        )
        self.outside.enter_context(patch("bandstand.store.payments.services.talking.exchange", self.bank.http))
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.front = make_storefront()
        self.buyers = [User.objects.create_user(f"buyer{n}@example.org", joined_at=NOW) for n in range(BUYERS)]
        open_tier = PriceTier.objects.create(slug="open", name="Name your price", open_price=True)
        TierPrice.objects.create(tier=open_tier, currency="EUR", amount=100, suggested=500)
        self.titles = []
        free = {"release_tier": "free", "track_tier": "free"}
        for tiers in ({}, {"release_tier": "single"}, free, {"release_tier": "open"}):
            release = make_release(tracks=2)
            make_deal(release=release, **tiers)
            self.titles += [{"release_id": release.pk}, {"part_id": release.parts.first().pk}]
        worth: list[dict[str, Any]] = [
            {"percent": 30},
            {"kind": "amount", "amount": 700},
            {"percent": 100, "per_holder": 2},
        ]
        campaigns = [make_campaign(**{"per_holder": 1, **facts}) for facts in worth]
        self.per_holder = {campaign.pk: campaign.per_holder for campaign in campaigns}
        self.codes = [make_code(campaign=campaign, uses=2) for campaign in campaigns]

    def teardown(self) -> None:
        try:
            self.let_everything_arrive()
        finally:
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)
            self.outside.close()

    # What happens

    @initialize(who=buyers, what=things, gift=st.booleans())
    def begin_with_a_sale(self, who, what, gift):
        self.buy(who, what, 7, 3, gift, "pretend", True)

    @rule(
        who=buyers,
        what=things,
        price=places,
        code=st.integers(0, 5),
        gift=st.integers(0, 3).map(lambda chance: not chance),
        provider=st.sampled_from(["pretend", "pretend", "manual"]),
        at_once=st.booleans(),
    )
    def buy(self, who, what, price, code, gift, provider, at_once):
        """Fill a basket, perhaps with a code, press the button twice, begin to pay, and perhaps pay."""
        buyer, basket = self.buyers[who], self._basket(who)
        for title in what:
            chosen = Money(100 + 40 * price, "EUR") if title == 6 else None
            facts = {**self.titles[title], "chosen": chosen, "gift": gift, "visitor": GERMANY, "now": self.now}
            with contextlib.suppress(RefusedError):
                orders.put_in_basket(basket_id=basket.pk, **facts)
        if code < len(self.codes):
            facts = {"holder_id": buyer.pk, "text": self.codes[code].text, "now": self.now}
            with contextlib.suppress(RefusedError):
                codes.use_voucher(basket_id=basket.pk, **facts)
        order = self._order(who, gift)
        if order is None:
            orders.empty_basket(basket_id=basket.pk, now=self.now)
        elif order.state == Order.State.OPEN and self._begin(order, provider) and at_once:
            self._pay(order, provider)

    @rule(place=places, provider=st.sampled_from(["pretend", "manual"]))
    def begin(self, place, provider):
        if order := self._pick(Order.objects.filter(state="open"), place):
            self._begin(order, provider)

    @precondition(lambda self: any(one["state"] != "paid" for one in self.bank.payments.values()))
    @rule(place=places, outcome=st.sampled_from(["paid", "paid", "paid", "failed"]), tell=st.booleans())
    def pay(self, place, outcome, tell):
        if keys := list(self.bank.payments):
            self.bank.pay(keys[place % len(keys)], outcome, self.now)
            if tell:
                self._hear(self.bank.heap[-1])

    @precondition(lambda self: self.bank.heap)
    @rule(place=places, copies=st.integers(1, 3))
    def events(self, place, copies):
        """Something the bank said at some time arrives: late, again, or before what went before it."""
        self._hear(self.bank.heap[place % len(self.bank.heap)], copies)

    @rule(
        who=buyers,
        release=st.sampled_from([0, 0, 6]),
        between=st.sampled_from(["", "untold", "disputed", "disputed", "lost", "won", "refunded"]),
        end=st.sampled_from(["", "won", "lost"]),
    )
    def complete(self, who, release, between, end):
        """Buy a track, order the whole, see something happen to the track's money, and only then pay the whole."""
        track = self._alone(who, self.titles[release + 1])
        if track is None or track.state != Order.State.OPEN or not self._begin(track, "pretend"):
            return
        self._pay(track, "pretend")
        key = Payment.objects.get(order_number=track.number, state="succeeded").key
        whole = self._alone(who, self.titles[release])
        if whole is None or whole.state != Order.State.OPEN or not self._begin(whole, "pretend"):
            return
        if between == "refunded":
            with contextlib.suppress(*REFUSALS):
                orders.refund_line(line_id=track.lines.get().pk, reason="a wish", by="Ada", now=self.now)
        elif between:
            self.bank.dispute(key, 100_000, self.now)
            if between != "untold":
                self._hear(self.bank.heap[-1])
            self._decide(key, between)
        self._pay(whole, "pretend")
        self._decide(key, end)

    @rule(place=places)
    def look(self, place):
        if payment := self._pick(Payment.objects.filter(state__in=["intended", "started"]), place):
            with contextlib.suppress(UnreachableError):
                orders.look_up_payment(payment_id=payment.pk, now=self.now)

    @precondition(lambda self: self.by_hand)
    @rule(place=places)
    def staff_sees_money(self, place):
        if payment := self._pick(Payment.objects.filter(provider="manual"), place):
            orders.mark_received(payment_id=payment.pk, by="Ada", now=self.now)

    @rule(
        place=places,
        part=st.sampled_from([0, 1, 50, 333]),
        ends=st.sampled_from([None, None, None, True, False]),
        mood=st.sampled_from(["done", "done", "waiting", "failed", "silent"]),
    )
    def want_back(self, place, part, ends, mood):
        line = self._pick(OrderLine.objects.filter(order__state="paid", gross__gt=0), place)
        if line is None:
            return
        self.bank.mood = mood
        amount = Money(part, "EUR") if part else None
        with contextlib.suppress(*REFUSALS):
            orders.refund_line(line_id=line.pk, amount=amount, ends_grant=ends, reason="a wish", by="Ada", now=self.now)
        self.bank.mood = "done"

    @rule(place=places, part=st.sampled_from([1, 3, 22]))
    def want_all_back_bit_by_bit(self, place, part):
        """Of these few cents nearly half a cent is tax: where each part is rounded alone, it is lost or won."""
        if line := self._pick(OrderLine.objects.filter(order__state="paid", gross__gt=0), place):
            for amount in (Money(part, "EUR"), Money(part, "EUR"), None):
                with contextlib.suppress(*REFUSALS):
                    orders.refund_line(line_id=line.pk, amount=amount, reason="a wish", by="Ada", now=self.now)

    @precondition(lambda self: any(one["state"] == "waiting" for one in self.bank.refunds.values()))
    @rule(place=places, outcome=st.sampled_from(["done", "done", "failed"]), tell=st.booleans())
    def refund_ends(self, place, outcome, tell):
        if waiting := [key for key, one in self.bank.refunds.items() if one["state"] == "waiting"]:
            self.bank.end_refund(waiting[place % len(waiting)], outcome, self.now)
            if tell:
                self._hear(self.bank.heap[-1])

    @precondition(lambda self: self.by_hand)
    @rule(place=places)
    def staff_sends_a_refund(self, place):
        rows = PaymentRefund.objects.filter(state="intended", payment__provider="manual")
        if refund := self._pick(rows, place):
            orders.mark_refund_sent(refund_key=refund.key, by="Ada", now=self.now)

    @precondition(lambda self: any(one["state"] == "paid" for one in self.bank.payments.values()))
    @rule(place=places, amount=st.sampled_from([100_000, 100_000, 300]), tell=st.booleans())
    def dispute(self, place, amount, tell):
        if keys := [key for key, one in self.bank.payments.items() if one["state"] == "paid"]:
            self.bank.dispute(keys[place % len(keys)], amount, self.now)
            if tell:
                self._hear(self.bank.heap[-1])

    @precondition(lambda self: any(one["state"] == "open" for one in self.bank.disputes.values()))
    @rule(place=places, outcome=st.sampled_from(["won", "lost"]), tell=st.booleans())
    def dispute_ends(self, place, outcome, tell):
        if refs := [ref for ref, one in self.bank.disputes.items() if one["state"] == "open"]:
            self.bank.end_dispute(refs[place % len(refs)], outcome, self.now)
            if tell:
                self._hear(self.bank.heap[-1])

    @precondition(lambda self: self.given)
    @rule(place=places, who=buyers, back=st.integers(0, 3).map(lambda chance: not chance))
    def gift(self, place, who, back):
        if gift := self._pick(Gift.objects.filter(order__state="paid"), place):
            with contextlib.suppress(RefusedError):
                if back:
                    gifts.take_back(order_id=gift.order_id, now=self.now)
                else:
                    gifts.claim(token=gift.token, holder_id=self.buyers[who].pk, now=self.now)

    @rule(minutes=st.sampled_from([1, 10, 70]))
    def time_passes(self, minutes):
        self.now += timedelta(minutes=minutes)
        orders.cancel_expired(self.now)
        self._work()
        orders.reconcile(self.now)

    # What is true

    @invariant()
    def all_is_well(self):
        rows = Rows()
        self.never_more_is_gone_than_was_paid(rows)
        self.the_books_add_up_and_know_all_money(rows)
        self.titles_follow_money(rows)
        self.credits_are_money_that_is_here(rows)
        self.codes_keep_their_limits(rows)
        self.every_paid_order_has_its_payment(rows)

    def never_more_is_gone_than_was_paid(self, rows):
        lost = Counter()
        for line in rows.lines.values():
            back = rows.back_of(line)
            tax = sum(one["tax"] for one in back)
            assert sum(one["amount"] for one in back) == line["refunded"] <= line["gross"]
            assert tax == line["tax"] if line["refunded"] == line["gross"] else tax <= line["tax"]
            number = rows.orders[line["order_id"]]["number"]
            lost[number] += sum(one["amount"] for one in back if one["by"] == "rule:dispute_lost")
        for payment in rows.payments.values():
            sent = sum(
                one["amount"] for one in rows.sent if one["payment_id"] == payment["id"] and one["state"] != "failed"
            )
            borne = lost[payment["order_number"]] if payment["state"] == "succeeded" else payment["refunded"] - sent
            assert sent + borne == payment["refunded"] <= payment["amount"]

    def the_books_add_up_and_know_all_money(self, rows):
        assert books.unbalanced() == []
        held = Counter()
        for row in books.trial_balance():
            held[row.kind] += row.money.amount
        assert sum(held.values()) == 0
        paid = {one["id"]: one["amount"] for one in rows.payments.values() if one["state"] in {"succeeded", "surplus"}}
        told = sum(paid.values()) - sum(one["amount"] for one in rows.sent if one["state"] == "succeeded")
        told -= sum(one["amount"] for one in rows.disputes if one["payment_id"] in paid and one["state"] != "won")
        assert held["clearing"] == told
        sold = [line for line in rows.lines.values() if rows.orders[line["order_id"]]["state"] == "paid"]
        back = [one for one in rows.refunds if one["done_at"]]
        assert -held["tax"] == sum(one["tax"] for one in sold) - sum(one["tax"] for one in back)
        assert -held["payable"] == sum(one["net"] for one in sold) - sum(one["amount"] - one["tax"] for one in back)

    def titles_follow_money(self, rows):
        by_thing = {}
        for line in rows.lines.values():
            order = rows.orders[line["order_id"]]
            by_thing[f"order:{order['number']}", line["release_id"], line["part_id"]] = line
        held = set()
        for grant in rows.grants:
            line = by_thing[grant["source"], grant["release_id"], grant["part_id"]]
            order = rows.orders[line["order_id"]]
            assert order["state"] == "paid"
            assert order["number"] not in rows.disputed
            assert grant["holder_id"] == rows.holder_of(order)
            assert not rows.is_over(line)
            assert line["id"] not in rows.hollow
            held.add((grant["holder_id"], grant["release_id"], grant["part_id"]))
        for line in rows.lines.values():
            order = rows.orders[line["order_id"]]
            holder = rows.holder_of(order)
            if order["state"] != "paid" or order["number"] in rows.disputed or holder is None:
                continue
            if line["id"] in rows.hollow:
                continue
            if (not line["gross"] or line["refunded"] < line["gross"]) and not any(
                one["ends_grant"] for one in rows.back_of(line)
            ):
                whole = (holder, line["release_id"] or rows.parts[line["part_id"]], None)
                assert (holder, line["release_id"], line["part_id"]) in held or whole in held

    def credits_are_money_that_is_here(self, rows):
        passed = Counter()
        for credit in rows.credits:
            paid = rows.orders[rows.lines[credit["line_id"]]["order_id"]]["state"] == "paid"
            assert not credit["held_at"] or paid
            assert not paid or credit["held_at"] or credit["ended_at"]
            if credit["held_at"] and not credit["ended_at"]:
                passed[credit["track_line_id"]] += credit["uses"]
        for line in rows.lines.values():
            assert passed[line["id"]] == line["passed_on"] <= line["gross"] - line["refunded"]

    def codes_keep_their_limits(self, rows):
        used, theirs = Counter(), Counter()
        for one in rows.redemptions:
            if one["released_at"] is None:
                used[one["code_id"]] += 1
                theirs[one["campaign_id"], one["holder_id"]] += 1
        for code in rows.codes:
            assert used[code["id"]] == code["used"] <= code["uses"]
        for (campaign, _), count in theirs.items():
            assert count <= self.per_holder[campaign]
        redeemed = {(one["order_number"], one["code_id"]) for one in rows.redemptions}
        for order in rows.orders.values():
            assert order["voucher_id"] is None or (order["number"], order["voucher_id"]) in redeemed
        for line in rows.lines.values():
            assert not line["discount"] or rows.orders[line["order_id"]]["voucher_id"]

    def every_paid_order_has_its_payment(self, rows):
        paid = sorted(one["number"] for one in rows.orders.values() if one["state"] == "paid" and one["gross"])
        money = sorted(one["order_number"] for one in rows.payments.values() if one["state"] == "succeeded")
        assert paid == money

    def let_everything_arrive(self) -> None:
        """In the end all is told and asked: the books agree with the bank's own."""
        for key in [key for key, one in self.bank.refunds.items() if one["state"] == "waiting"]:
            self.bank.end_refund(key, "done", self.now)
        for event in self.bank.heap:
            self._hear(event)
        self._work()
        for _ in range(3):
            self.now += timedelta(minutes=12)
            orders.reconcile(self.now)
        held = sum(
            row.money.amount for row in books.trial_balance() if (row.kind, row.owner) == ("clearing", "pretend")
        )
        assert held == self.bank.holds()
        self.all_is_well()
        self.what_was_not_paid_in_full_went_back()

    def what_was_not_paid_in_full_went_back(self) -> None:
        """Whatever counts tracks whose money a bank kept is paid back, unless a bank has that too."""
        rows = Rows()
        kept = {one["payment_id"] for one in rows.disputes if one["state"] == "lost"}
        lost = {rows.payments[pk]["order_number"] for pk in kept if rows.payments[pk]["state"] == "succeeded"}
        for credit in rows.credits:
            track, line = rows.lines[credit["track_line_id"]], rows.lines[credit["line_id"]]
            own = rows.orders[line["order_id"]]["number"]
            if credit["held_at"] and rows.orders[track["order_id"]]["number"] in lost and own not in rows.disputed:
                assert line["refunded"] == line["gross"]

    # How it is done

    def _basket(self, who):
        return orders.basket_for(holder_id=self.buyers[who].pk, token=None, storefront_id=self.front.pk, now=self.now)

    def _order(self, who, gift):
        buyer = self.buyers[who]
        page = queries.basket_page(self._basket(who), visitor=GERMANY, gift=gift, now=self.now)
        wish = GiftWish(
            recipient_name="Cleo", recipient_email="cleo@example.org", sender_name="Ben", deliver_at=self.now
        )
        facts = {
            "basket_id": page.basket.pk,
            "holder_id": buyer.pk,
            "email": buyer.email,
            "billing_country": "DE",
            "checkout_key": page.checkout_key,
            "expected": page.total,
            "gift": wish if gift else None,
            "now": self.now,
        }
        try:
            order = orders.place_order(**facts)
        except RefusedError:
            return None
        self.given = self.given or gift
        assert orders.place_order(**facts).pk == order.pk
        return order

    def _alone(self, who, title):
        """Order one title by itself; None where that is refused."""
        basket = self._basket(who)
        orders.empty_basket(basket_id=basket.pk, now=self.now)
        facts = {**title, "visitor": GERMANY, "now": self.now}
        with contextlib.suppress(RefusedError):
            orders.put_in_basket(basket_id=basket.pk, **facts)
            return self._order(who, gift=False)

    def _decide(self, key, outcome):
        """Let the bank decide the open dispute of a payment, if there is one."""
        theirs = [ref for ref, one in self.bank.disputes.items() if one["payment"] == key and one["state"] == "open"]
        if outcome in {"won", "lost"} and theirs:
            self.bank.end_dispute(theirs[0], outcome, self.now)
            self._hear(self.bank.heap[-1])

    def _work(self):
        """Do the jobs that money waits for."""
        for job in Job.objects.filter(name="orders.look_again"):
            handing.look_again(line_id=job.payload["line_id"], now=self.now)

    def _begin(self, order, provider):
        try:
            orders.begin_payment(order_id=order.pk, provider=provider, return_url=RETURN, now=self.now)
        except (RefusedError, UnreachableError, DeclinedByProviderError):
            return False
        self.by_hand = self.by_hand or provider == "manual"
        return True

    def _pay(self, order, provider):
        payment = Payment.objects.get(order_number=order.number, provider=provider, state="started")
        if provider == "manual":
            orders.mark_received(payment_id=payment.pk, by="Ada", now=self.now)
        else:
            self.bank.pay(payment.key, "paid", self.now)
            self._hear(self.bank.heap[-1])

    def _hear(self, event, copies=1):
        headers, body = self.bank.letter(event, self.now)
        for _ in range(copies):
            orders.receive_event(provider="pretend", headers=headers, body=body, now=self.now)

    def _pick(self, rows, place):
        pks = list(rows.order_by("pk").values_list("pk", flat=True))
        return rows.model.objects.get(pk=pks[place % len(pks)]) if pks else None
