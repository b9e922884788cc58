"""A demo's secrets: kept from start to start, and completed when there are more than there were."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from click.testing import CliRunner

from bandstand.cli.demo import demo
from bandstand.demo import place, setup
from bandstand.store.accounts import codes


def test_a_demo_of_before_gets_the_key_of_the_staffs_app_and_keeps_its_other_secrets(tmp_path):
    first = place.open_place(tmp_path, port=8000, fresh=False)
    old = {name: value for name, value in first.keys.items() if name != "staff_app"}
    (tmp_path / place.MARK).write_text(json.dumps(old), encoding="utf-8")
    again = place.open_place(tmp_path, port=8000, fresh=False)
    assert old.items() <= again.keys.items()
    assert codes.is_secret(again.keys["staff_app"])
    assert place.open_place(tmp_path, port=8000, fresh=False).keys == again.keys


def test_the_code_of_the_moment_is_said_without_starting_anything(tmp_path):
    here = place.open_place(tmp_path, port=8000, fresh=False)
    before = codes.step_of(datetime.now(UTC))
    said = CliRunner().invoke(demo, ["--code", "--data", str(tmp_path)])
    assert said.exit_code == 0
    near = {codes.code_at(here.keys["staff_app"], step) for step in (before, before + 1)}
    assert said.output.strip() in near
    assert setup.staff_code(here, now=datetime.fromtimestamp(59, UTC)) == codes.code_at(here.keys["staff_app"], 1)
