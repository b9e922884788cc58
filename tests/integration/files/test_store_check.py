"""Asking the store: once for many, never twice for the same, never for ever."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest
from tests.integration.files.conftest import Store, running_store

from bandstand.webkit.files import checks
from bandstand.webkit.files.checks import KEEP, StoreCheck, StoreRefusedError, StoreSilentError


@pytest.fixture
def store() -> Iterator[Store]:
    with running_store() as running:
        yield running


class Clock:
    """A clock that stands still until told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_many_who_ask_at_once_are_one_question(store: Store) -> None:
    async def scene() -> None:
        check = StoreCheck(store.url)
        await asyncio.gather(*(check.ask("token", begin=True) for _ in range(50)))

    asyncio.run(scene())
    assert store.asked == [{"path": "/delivery/check", "token": "token", "begin": True}]


def test_an_answer_is_kept_for_half_a_minute(store: Store) -> None:
    async def scene() -> None:
        clock = Clock()
        check = StoreCheck(store.url, clock=clock)
        await check.ask("token", begin=True)
        store.status = 403
        clock.now = KEEP - 0.1
        await check.ask("token", begin=True)
        clock.now = KEEP
        with pytest.raises(StoreRefusedError):
            await check.ask("token", begin=True)
        store.status = 204
        with pytest.raises(StoreRefusedError):
            await check.ask("token", begin=False)
        clock.now = 2 * KEEP
        await check.ask("token", begin=False)

    asyncio.run(scene())
    assert [asked["begin"] for asked in store.asked] == [True, True, False]


def test_a_beginning_is_told_even_when_the_ticket_is_known(store: Store) -> None:
    async def scene() -> None:
        check = StoreCheck(store.url)
        for begin in (False, False, True, True, False):
            await check.ask("token", begin=begin)

    asyncio.run(scene())
    assert [asked["begin"] for asked in store.asked] == [False, True]


def test_what_is_kept_is_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "MAX_KEPT", 3)

    async def scene() -> None:
        check = StoreCheck(store.url)
        for number in (1, 2, 3, 4, 4, 1):
            await check.ask(f"token {number}", begin=True)

    asyncio.run(scene())
    assert [asked["token"] for asked in store.asked] == [f"token {number}" for number in (1, 2, 3, 4, 1)]


def test_a_store_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as deaf:

        async def scene() -> None:
            with pytest.raises(StoreSilentError):
                await StoreCheck(f"http://127.0.0.1:{deaf.getsockname()[1]}").ask("token", begin=True)

        asyncio.run(scene())


def test_a_crowd_before_a_deaf_store_is_turned_away_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "TIMEOUT", 0.2)
    monkeypatch.setattr(checks, "MAX_ASKED", 2)
    with socket.create_server(("127.0.0.1", 0)) as deaf:

        async def scene() -> list[BaseException | None]:
            check = StoreCheck(f"http://127.0.0.1:{deaf.getsockname()[1]}")
            return await asyncio.gather(*(check.ask(f"{n}", begin=True) for n in range(5)), return_exceptions=True)

        assert all(isinstance(end, StoreSilentError) for end in asyncio.run(scene()))
