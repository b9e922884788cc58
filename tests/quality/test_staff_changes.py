"""Whatever staff changes leaves an event: each action, and each page of the back office that takes a form, leads to
`note` or `act_on_each`. Read from the source, so that the next page can't forget it either.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import bandstand

PACKAGE = Path(bandstand.__file__).parent
WRITES = {"note", "act_on_each", "record"}
PAGES = sorted(
    {*PACKAGE.glob("store/*/admin.py"), *PACKAGE.glob("store/backoffice/*.py"), *PACKAGE.glob("webkit/**/admin.py")}
)


def functions(tree):
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def called(node):
    """The plain names of everything a function calls or hands on."""
    return {
        found.attr if isinstance(found, ast.Attribute) else found.id
        for found in ast.walk(node)
        if isinstance(found, ast.Attribute | ast.Name)
    }


def writes(name, known, seen=()):
    """Whether a function leads to an event, by itself or through others of its file."""
    names = called(known[name])
    if names & WRITES:
        return True
    return any(writes(next_, known, (*seen, name)) for next_ in (names & known.keys()) - {name, *seen})


def changes(node):
    """Whether a function is an action, or looks at a form that was sent."""
    action = any("admin.action" in ast.unparse(decorator) for decorator in node.decorator_list)
    return action or "request.POST" in ast.unparse(node)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: "/".join(path.parts[-2:]))
def test_each_change_by_staff_leaves_an_event(path):
    known = functions(ast.parse(path.read_text(encoding="utf-8")))
    silent = [name for name, node in known.items() if changes(node) and not writes(name, known)]
    assert not silent


def test_the_walk_finds_what_it_looks_for():
    found = [
        name
        for path in PAGES
        for name, node in functions(ast.parse(path.read_text(encoding="utf-8"))).items()
        if changes(node)
    ]
    assert {"withdraw", "refund_line", "switch_off", "erase", "retry", "export"} <= set(found)
    source = "@admin.action()\ndef act(self, request, chosen):\n    chosen.update(x=1)\n"
    known = functions(ast.parse(source))
    assert changes(known["act"])
    assert not writes("act", known)
