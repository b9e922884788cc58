"""The page of a release: what the visitor may do with it, its tracks, its facts, and what machines read."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bandstand.kernel.money import Money, total
from bandstand.media.recipes import RECIPES
from bandstand.store.accounts.links import absolute
from bandstand.store.assets import queries as assets
from bandstand.store.assets.models import Rendition
from bandstand.store.catalogue.models import Part, Release
from bandstand.store.catalogue.queries import ReleasePage, Track
from bandstand.store.deals import queries as deals
from bandstand.store.deals.rules import Offer, Refusal, Rule
from bandstand.store.delivery.tickets import preview_signer
from bandstand.store.grants import queries as grants
from bandstand.store.grants.queries import Owned
from bandstand.store.orders import queries as orders
from bandstand.store.shopfront import cards, releasefacts, rules
from bandstand.store.shopfront.basketpage import arithmetic
from bandstand.store.shopfront.formats import Files, files
from bandstand.store.shopfront.visits import Visit


@dataclass(frozen=True, slots=True)
class Named:
    """The price that a visitor named, and what is wrong with it."""

    typed: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPrice:
    """What the form asks where the visitor names the price."""

    value: str  # to begin with: what was typed, else what is suggested
    least: str
    currency: str
    may_be_free: bool
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Buy:
    """What the visitor may do with the whole release: exactly one of these is so."""

    price: str = ""
    before: str = ""  # the listed price, where something comes off
    arithmetic: str = ""  # how: tracks that were paid before
    plus_tax: bool = False
    open_price: OpenPrice | None = None
    comes_on: str = ""  # it is ordered ahead
    owned: bool = False
    in_basket: bool = False
    why: str = ""
    hint: str = ""
    icon_name: str = ""
    for_members: bool = False  # signing in would help
    members_only: bool = False  # and the visitor is one


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One track as `webkit/components/track.html` takes it."""

    number: int
    title: str
    duration_ms: int
    note: str
    explicit: bool
    play: dict[str, object] | None
    price: str = ""
    buy_url: str = ""
    buy_name: str = "part"
    buy_value: int = 0
    owned: bool = False
    why: str = ""
    download_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All that the page shows."""

    release: Release
    artist_url: str
    page_url: str
    src: str
    srcset: str
    image: str
    crumbs: list[tuple[str, str]]
    hero_facts: list[str]
    buy: Buy
    discs: list[tuple[int, list[Row]]]
    facts: list[releasefacts.Fact]
    files: Files | None
    credits: releasefacts.Credits
    track_credits: list[tuple[str, releasefacts.Credits]]
    lyrics: list[tuple[str, str]]
    linked: SafeString
    sign_in_url: str

    @property
    def several_discs(self) -> bool:
        """Whether discs are told apart."""
        return len(self.discs) > 1


def view(page: ReleasePage, visit: Visit, *, named: Named | None = None) -> View | None:
    """Return the page of a release for a visitor; None when nobody has ever offered it and the visitor is no staff.

    `named` is a price that the visitor named and that can't be.
    """
    release, parts = page.release, [track.part for track in page.tracks]
    said, singles = deals.offers_of(release, parts, storefront=visit.storefront, visitor=visit.visitor, now=visit.now)
    if isinstance(said, Refusal) and said.rule is Rule.NO_DEAL and not visit.visitor.staff:
        return None
    part_ids = [part.pk for part in parts]
    owned = grants.owned_of(visit.holder_id, release_id=release.pk, part_ids=part_ids)
    masters = assets.source_of(part_ids)
    url = release.get_absolute_url()
    billed = page.billed[0] if page.billed else None
    return View(
        release=release,
        artist_url=billed.get_absolute_url() if billed and len(page.billed) == 1 else "",
        page_url=absolute(url),
        src=assets.cover_url(release.cover_sha256, 960),
        srcset=cards.srcset(release.cover_sha256),
        image=assets.cover_url(release.cover_sha256, 1600),
        crumbs=_crumbs(release),
        hero_facts=releasefacts.hero_facts(page),
        buy=_buy(release, said, owned, visit, named),
        discs=_discs(page, singles, owned, assets.previews(parts, masters), visit),
        facts=releasefacts.facts(page, masters, said, visit),
        files=files(page.tracks, masters, assets.extras_of([release.pk]).get(release.pk, [])),
        credits=releasefacts.credit_lines(page.credits),
        track_credits=[
            (track.part.title, releasefacts.credit_lines(track.credits)) for track in page.tracks if track.credits
        ],
        lyrics=[(track.part.title, track.part.lyrics) for track in page.tracks if track.part.lyrics],
        linked=releasefacts.machine_readable(page, said),
        sign_in_url=f"{reverse('account_login')}?{urlencode({'next': url})}",
    )


def _buy(release: Release, said: Offer | Refusal, owned: Owned, visit: Visit, named: Named | None) -> Buy:
    if release.pk in owned.releases:
        return Buy(owned=True)
    if isinstance(said, Refusal):
        return Buy(
            why=_(said.sentence),
            hint=_(said.hint) if said.hint else "",
            icon_name={Rule.MEMBERS_ONLY: "member", Rule.NOT_YET: "calendar", Rule.TERRITORY: "globe"}.get(
                said.rule, "info"
            ),
            for_members=said.rule is Rule.MEMBERS_ONLY and not visit.user.is_authenticated,
        )
    line = visit.basket.lines.filter(release_id=release.pk).first() if visit.basket else None
    front, listed = visit.storefront, orders.listed_price(said, line.chosen if line else None)
    parts = orders.completing(visit.holder_id, release.pk, price=listed, storefront=front)
    left = listed - total((part.money for part in parts), listed.currency)
    comes = said.available_at and rules.local_day(said.available_at, visit.zone)
    return Buy(
        price=cards.price_text(left),
        before=str(listed) if parts else "",
        arithmetic=arithmetic(listed, [(part.title, part.money) for part in parts], left) if parts else "",
        plus_tax=not front.tax_included and bool(left),
        open_price=_open_price(said, listed, named) if said.open_price else None,
        comes_on=date_format(comes, "l j F Y") if comes else "",
        in_basket=line is not None and named is None,
        members_only=said.members_only,
    )


def _open_price(offer: Offer, suggested: Money, named: Named | None) -> OpenPrice:
    return OpenPrice(
        value=named.typed if named else suggested.plain,
        least=str(offer.price),
        currency=offer.price.currency,
        may_be_free=not offer.price,
        problem=named.problem if named else "",
    )


def _discs(
    page: ReleasePage,
    singles: dict[int, Offer | Refusal],
    owned: Owned,
    previews: dict[int, Rendition],
    visit: Visit,
) -> list[tuple[int, list[Row]]]:
    sign = preview_signer(visit.now)
    cover = assets.cover_url(page.release.cover_sha256, 240)

    def row(track: Track) -> Row:
        part, made = track.part, previews.get(track.part.pk)
        play: dict[str, object] | None = None
        if made is not None:
            play = {
                "url": sign(made.path, RECIPES.get(made.recipe).media_type, made.sha256, made.size),
                "title": part.title,
                "artist": part.artist_line,
                "cover": cover,
                "page": page.release.get_absolute_url(),
                "duration": round(made.duration_ms / 1000),
            }
        return _row(page.release, part, play, singles[part.pk], owned=part.pk in owned.parts)

    return [(disc.number, [row(track) for track in disc.tracks]) for disc in page.discs]


def _row(release: Release, part: Part, play: dict[str, object] | None, said: Offer | Refusal, *, owned: bool) -> Row:
    sold = said if isinstance(said, Offer) and not owned else None
    alone = isinstance(said, Refusal) and said.rule is Rule.NOT_SOLD_ALONE
    return Row(
        number=part.number,
        title=part.title,
        duration_ms=part.duration_ms,
        note=part.artist_line if part.artist_line != release.artist_line else "",
        explicit=part.explicit,
        play=play,
        price=cards.price_text(orders.listed_price(sold, None)) if sold else "",
        buy_url=reverse("shopfront:put") if sold else "",
        buy_value=part.pk,
        owned=owned,
        why=_("With the release") if alone and not owned else "",
    )


def _crumbs(release: Release) -> list[tuple[str, str]]:
    crumbs = [(_("Releases"), reverse("shopfront:releases"))]
    if release.series:
        crumbs.append((release.series.title, release.series.get_absolute_url()))
    elif release.genre:
        crumbs.append((release.genre.name, release.genre.get_absolute_url()))
    return [*crumbs, (release.title, "")]
