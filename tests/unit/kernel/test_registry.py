import sys
from dataclasses import dataclass

import pytest

from bandstand.kernel.registry import Registry, UnknownPluginError


@dataclass(frozen=True)
class Shape:
    slug: str


@pytest.fixture
def shapes(tmp_path, monkeypatch):
    """Return a function that makes a package of plug-ins and a registry over it."""

    def make(**modules: str) -> Registry[Shape]:
        folder = tmp_path / "shapes_for_tests"
        folder.mkdir()
        (folder / "__init__.py").touch()
        for name, text in modules.items():
            (folder / f"{name}.py").write_text(f"from {__name__} import Shape\n{text}\n", encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])
        return Registry(kind="shape", package="shapes_for_tests", name="SHAPE", of=Shape)

    yield make
    for module in [name for name in sys.modules if name.startswith("shapes_for_tests")]:
        del sys.modules[module]


def test_a_file_with_a_descriptor_is_a_plug_in(shapes):
    registry = shapes(circle='SHAPE = Shape("circle")', square='SHAPE = (Shape("square"), Shape("box"))')
    assert [shape.slug for shape in registry] == ["box", "circle", "square"]
    assert registry.get("circle") == Shape("circle")


def test_a_bad_plug_in_is_listed_and_stops_nothing(shapes):
    registry = shapes(
        circle='SHAPE = Shape("circle")',
        wrong="SHAPE = 7",
        worse="import no_such_module",
        twin='SHAPE = Shape("circle")',
    )
    assert [shape.slug for shape in registry] == ["circle"]
    assert {name.rpartition(".")[2] for name in registry.broken} == {"wrong", "worse", "twin"}


def test_an_unknown_name_is_refused_with_what_is_known(shapes):
    with pytest.raises(UnknownPluginError) as refused:
        shapes(circle='SHAPE = Shape("circle")').get("cube")
    assert refused.value.known == ["circle"]
