from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from bandstand.kernel.money import Money


class Basket(models.Model):
    """What a visitor means to buy: of a signed-in account, or of a browser that holds the token."""

    holder = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="basket"
    )
    token = models.CharField(max_length=43, unique=True)  # random; in the session of a visitor without account
    storefront = models.ForeignKey("deals.Storefront", models.PROTECT)
    changed_at = models.DateTimeField()
    version = models.PositiveBigIntegerField(default=0)  # counts changes: who read an earlier one looks again
    voucher = models.ForeignKey("vouchers.Code", models.SET_NULL, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return f"Basket {self.pk}"


class BasketLine(models.Model):
    """One release or part in a basket. Its price is asked of the offer function each time it is shown."""

    basket = models.ForeignKey(Basket, models.CASCADE, related_name="lines")
    release = models.ForeignKey("catalogue.Release", models.CASCADE, null=True, blank=True)
    part = models.ForeignKey("catalogue.Part", models.CASCADE, null=True, blank=True)
    added_at = models.DateTimeField()
    chosen = models.PositiveBigIntegerField(null=True, blank=True)  # where the buyer names the price, in minor units

    class Meta:
        ordering = ["added_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(release=None, part__isnull=False) | Q(part=None, release__isnull=False),
                name="line_of_one_thing",
            ),
            models.UniqueConstraint(
                fields=["basket", "release"], condition=Q(release__isnull=False), name="line_release_once"
            ),
            models.UniqueConstraint(fields=["basket", "part"], condition=Q(part__isnull=False), name="line_part_once"),
        ]

    def __str__(self) -> str:
        return str(self.release or self.part)


class Order(models.Model):
    """A basket that was frozen: what, for whom, at what price. Prices never change after this row exists."""

    class State(models.TextChoices):
        OPEN = "open", "Waiting for payment"
        PAID = "paid", "Paid"
        CANCELLED = "cancelled", "Cancelled"

    number = models.CharField(max_length=20, unique=True)
    checkout_key = models.CharField(
        max_length=64, unique=True
    )  # one press of the button, one order, however often it arrives
    basket = models.ForeignKey(
        Basket, models.SET_NULL, null=True, blank=True, related_name="orders"
    )  # emptied when it is paid
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="orders")
    email = models.EmailField()  # as it was; the account's may change
    preferred_format = models.CharField(max_length=40, blank=True)  # of the browser: for an account that has said none
    storefront = models.ForeignKey("deals.Storefront", models.PROTECT)
    billing_country = models.CharField(max_length=2)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    currency = models.CharField(max_length=3)
    tax_included = models.BooleanField(default=True)  # whether prices were shown with tax in them
    gross = models.PositiveBigIntegerField()
    tax = models.PositiveBigIntegerField()
    voucher = models.ForeignKey("vouchers.Code", models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()  # the quote's end; an order unpaid by then is cancelled
    ended_at = models.DateTimeField(null=True, blank=True)
    receipt_sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.CheckConstraint(condition=Q(tax__lte=F("gross")), name="order_tax_within_gross")]
        indexes = [models.Index(fields=["expires_at"], condition=Q(state="open"), name="order_to_expire")]

    def __str__(self) -> str:
        return self.number

    @property
    def total(self) -> Money:
        """What is to be paid, tax included."""
        return Money(self.gross, self.currency)

    @property
    def tax_total(self) -> Money:
        """The tax in it."""
        return Money(self.tax, self.currency)

    @property
    def source(self) -> str:
        """What grants name as their source."""
        return f"order:{self.number}"


class OrderLine(models.Model):
    """One thing bought, frozen: deal, net, tax, place of supply and seller as they were."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="lines")
    release = models.ForeignKey("catalogue.Release", models.PROTECT, null=True, blank=True, related_name="order_lines")
    part = models.ForeignKey("catalogue.Part", models.PROTECT, null=True, blank=True, related_name="order_lines")
    title = models.CharField(max_length=900)
    deal = models.ForeignKey("deals.Deal", models.PROTECT, related_name="order_lines")
    seller = models.ForeignKey("catalogue.Label", models.PROTECT, related_name="order_lines")
    place_of_supply = models.CharField(max_length=2)
    listed = models.PositiveBigIntegerField()  # the price as it was shown, before credit and discount
    credit = models.PositiveBigIntegerField(default=0)  # for tracks of it that the buyer had paid before
    discount = models.PositiveBigIntegerField(default=0)  # the voucher's share
    net = models.PositiveBigIntegerField()
    tax_rate = models.PositiveIntegerField()  # parts per 100,000
    tax = models.PositiveBigIntegerField()
    gross = models.PositiveBigIntegerField()
    refunded = models.PositiveBigIntegerField(default=0)  # of gross
    passed_on = models.PositiveBigIntegerField(default=0)  # of gross: counts as paid towards the whole release since
    available_at = models.DateTimeField(null=True, blank=True)  # when what was ordered ahead comes
    price_checked_at = models.DateTimeField(null=True, blank=True)  # when it came: whether it had become cheaper

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(release=None, part__isnull=False) | Q(part=None, release__isnull=False),
                name="order_line_of_one_thing",
            ),
            models.CheckConstraint(condition=Q(gross=F("net") + F("tax")), name="order_line_adds_up"),
            models.CheckConstraint(  # prices are shown with tax in some storefronts and without in others
                condition=Q(listed=F("credit") + F("discount") + F("gross"))
                | Q(listed=F("credit") + F("discount") + F("net")),
                name="order_line_reductions_add_up",
            ),
            models.CheckConstraint(condition=Q(refunded__lte=F("gross")), name="order_line_refunded_at_most_paid"),
            models.CheckConstraint(
                condition=Q(gross__gte=F("refunded") + F("passed_on")), name="order_line_money_goes_one_way"
            ),
            models.UniqueConstraint(
                fields=["order", "release"], condition=Q(release__isnull=False), name="order_release_once"
            ),
            models.UniqueConstraint(fields=["order", "part"], condition=Q(part__isnull=False), name="order_part_once"),
        ]

        indexes = [
            models.Index(
                fields=["available_at"],
                condition=Q(price_checked_at=None, available_at__isnull=False),
                name="order_line_price_to_check",
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def price(self) -> Money:
        """What was asked for it, tax included."""
        return Money(self.gross, self.order.currency)

    @property
    def net_money(self) -> Money:
        """The price without tax."""
        return Money(self.net, self.order.currency)

    @property
    def tax_money(self) -> Money:
        """The tax in the price."""
        return Money(self.tax, self.order.currency)

    @property
    def money_back(self) -> Money:
        """What can't go back of the price: it has gone, is on its way, or counts towards something else."""
        return Money(self.refunded + self.passed_on, self.order.currency)


class Credit(models.Model):
    """A track that was paid before counts towards the whole release: which line, for which line, and how much of it.

    Written with the order, it is what the order's arithmetic shows. It takes hold when that order is paid: then the
    track's line says `passed_on`, once, however many orders meant to use it.
    """

    line = models.ForeignKey(OrderLine, models.PROTECT, related_name="credits")  # of the release
    track_line = models.ForeignKey(OrderLine, models.PROTECT, related_name="credited_to")
    amount = models.PositiveBigIntegerField()  # minor units, as prices were shown
    uses = models.PositiveBigIntegerField()  # of the track line's gross
    held_at = models.DateTimeField(null=True, blank=True)  # the order was paid
    ended_at = models.DateTimeField(null=True, blank=True)  # the release went back, and the track counts again

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "track_line"], name="credit_once_per_line"),
            models.UniqueConstraint(
                fields=["track_line"],
                condition=Q(held_at__isnull=False, ended_at=None),
                name="credit_of_a_track_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.track_line} for {self.line}"

    @property
    def money(self) -> Money:
        """What of the track's price counts."""
        return Money(self.amount, self.line.order.currency)


class Refund(models.Model):
    """A refund of one order line or of a part of its price, by the store or by the payer's bank."""

    line = models.ForeignKey(OrderLine, models.PROTECT, related_name="refunds")
    amount = models.PositiveBigIntegerField()
    tax = models.PositiveBigIntegerField(default=0)  # of amount
    ends_grant = models.BooleanField(null=True, blank=True)  # None: when nothing that was paid is left
    reason = models.CharField(max_length=200)  # the buyer reads this, unless a rule wrote it
    note = models.CharField(max_length=200, blank=True)  # for staff alone
    by = models.CharField(max_length=80)  # who on the staff, or which rule
    payment_refund_key = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)  # when the money was back
    undone_at = models.DateTimeField(null=True, blank=True)  # when its provider refused it
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(tax__lte=F("amount")), name="refund_tax_within_amount"),
            models.CheckConstraint(condition=Q(done_at=None) | Q(undone_at=None), name="refund_done_or_undone"),
        ]

    def __str__(self) -> str:
        return self.payment_refund_key

    @property
    def money(self) -> Money:
        """What goes back."""
        return Money(self.amount, self.line.order.currency)


class Gift(models.Model):
    """An order for somebody else: they get its titles at a moment, by a link; unclaimed ones can be given back."""

    order = models.OneToOneField(Order, models.PROTECT, related_name="gift")
    recipient_name = models.CharField(max_length=100)
    recipient_email = models.EmailField()
    sender_name = models.CharField(max_length=100)
    message = models.CharField(max_length=1000, blank=True)
    deliver_at = models.DateTimeField()
    token = models.CharField(max_length=43, unique=True)  # random: whoever has the mail may claim
    mailed_at = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    returned_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)  # when the giver was told that nobody claims it

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(claimed_at=None) | Q(returned_at=None), name="gift_claimed_or_returned"),
            models.CheckConstraint(
                condition=Q(claimed_at=None, claimed_by=None) | Q(claimed_at__isnull=False, claimed_by__isnull=False),
                name="gift_claimed_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["deliver_at"], condition=Q(mailed_at=None), name="gift_to_mail")]

    def __str__(self) -> str:
        return f"{self.order}: for {self.recipient_name}"
