"""No floating point comes near money (MON-1)."""

import ast
from pathlib import Path

import pytest

import ordergraph.core

MODULES = sorted(Path(ordergraph.core.__path__[0]).glob("**/*.py"))


def floats_in(source: str) -> list[int]:
    """The lines of a module that write a float, name the type, or divide to one."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float | complex))
        or (isinstance(node, ast.Name) and node.id == "float")
        or (isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div))
    ]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_mon_1_there_is_no_float_in_the_core(module: Path) -> None:
    assert floats_in(module.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("source", ["x = 1.5", "x: float", "x = 1 / 2", "x /= 2", "f = float(1)"])
def test_the_check_sees_a_float(source: str) -> None:
    assert floats_in(source) == [1]


def test_the_check_looks_at_the_money_rooms() -> None:
    assert {"money.py", "pricing.py", "proration.py"} <= {module.name for module in MODULES}
