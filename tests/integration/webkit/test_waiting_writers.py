"""Who begins a transaction on SQLite while another one writes waits for it, for as long as the settings say."""

from __future__ import annotations

import sqlite3
import threading
import time

import pytest
from django.db import OperationalError

from bandstand.webkit.sqlite import base
from bandstand.webkit.sqlite.base import DatabaseWrapper


@pytest.fixture
def opened(tmp_path, settings):
    """Return what opens a connection to a file, as the settings describe one."""
    made = []

    def connect(*, timeout):
        described = dict(settings.DATABASES["default"])
        if "sqlite" not in described["ENGINE"]:
            pytest.skip("it is about SQLite")
        described |= {
            "NAME": str(tmp_path / "some.db"),
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": timeout},
        }
        made.append(DatabaseWrapper(described, f"other-{len(made)}"))
        return made[-1]

    yield connect
    for one in made:
        one.inc_thread_sharing()
        one.close()


@pytest.mark.django_db
def test_a_writer_waits_until_another_one_has_written(opened):
    first, second = opened(timeout=10), opened(timeout=10)
    first.cursor().execute("CREATE TABLE word (said text)")
    first.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    first.cursor().execute("INSERT INTO word VALUES ('one')")
    first.inc_thread_sharing()

    def finish():
        time.sleep(0.3)
        first.commit()

    ending = threading.Thread(target=finish)
    ending.start()
    second.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    second.cursor().execute("INSERT INTO word SELECT said || '!' FROM word")
    second.commit()
    ending.join()
    assert second.cursor().execute("SELECT said FROM word ORDER BY said").fetchall() == [("one",), ("one!",)]


@pytest.mark.django_db
def test_a_writer_that_waited_for_too_long_is_told_so_and_can_try_again(opened):
    first, second = opened(timeout=10), opened(timeout=0.2)
    first.cursor().execute("CREATE TABLE word (said text)")
    first.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    with pytest.raises(OperationalError) as refused:
        second.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    assert refused.value.__cause__.sqlite_errorcode == sqlite3.SQLITE_BUSY
    first.rollback()
    second.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    second.cursor().execute("INSERT INTO word VALUES ('late')")
    second.commit()
    assert second.cursor().execute("PRAGMA busy_timeout").fetchone() == (200,)


@pytest.mark.django_db
def test_who_is_interrupted_while_a_transaction_begins_leaves_none(opened, monkeypatch):
    first = opened(timeout=0.2)
    first.cursor().execute("CREATE TABLE word (said text)")
    begun = base._try_until_begun

    def interrupted(*arguments):
        begun(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(base, "_try_until_begun", interrupted)
        with pytest.raises(KeyboardInterrupt):
            first.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    assert not first.connection.in_transaction
    second = opened(timeout=0.2)
    second.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    second.cursor().execute("INSERT INTO word VALUES ('mine')")
    second.commit()
