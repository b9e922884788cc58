"""Bringing events to the store: signed, again and again until it has heard them."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from threading import Event, Thread
from urllib.error import URLError
from urllib.request import OpenerDirector, ProxyHandler, Request, build_opener

from bandstand.demo.gateway.books import Books, Delivery
from bandstand.store.payments.providers.pretend import SIGNATURE, signature

AT_ONCE = 4
LOOK_EVERY = 0.2  # seconds
TIMEOUT = 5.0


class Couriers:
    """A thread that brings what is due."""

    def __init__(self, books: Books, url: str, key: str) -> None:
        self._books, self._url, self._key = books, url, key
        self._stop = Event()
        self._opener: OpenerDirector = build_opener(ProxyHandler({}))
        self._thread = Thread(target=self._work, name="couriers", daemon=True)

    def start(self) -> None:
        """Begin to bring events."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is under way."""
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        with ThreadPoolExecutor(AT_ONCE) as hands:
            while not self._stop.is_set():
                due = self._books.due(time.time(), limit=AT_ONCE)
                list(hands.map(self._bring, due))
                if not due:
                    self._stop.wait(LOOK_EVERY)

    def _bring(self, delivery: Delivery) -> None:
        now = time.time()
        headers = {"Content-Type": "application/json", SIGNATURE: signature(self._key, int(now), delivery.body)}
        request = Request(self._url, data=delivery.body, headers=headers, method="POST")  # noqa: S310 (our own store)
        try:
            with self._opener.open(request, timeout=TIMEOUT):
                self._books.delivered(delivery)
        except URLError as error:
            if (close := getattr(error, "close", None)) is not None:
                close()
            self._books.postpone(delivery, now=time.time())
        except (OSError, HTTPException):
            self._books.postpone(delivery, now=time.time())
