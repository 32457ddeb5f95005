"""`ordergraph verify-proof`, as people and scripts use it: sentences, and an exit code."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ordergraph.cli.main import app
from tests.core.orders import WORKED_EXAMPLE
from tests.core.proofs import Document, proof, proven


@pytest.fixture(scope="module")
def example() -> str:
    return json.dumps(proof(proven(WORKED_EXAMPLE)))


def check(text: str, *words: str) -> Result:
    return CliRunner().invoke(app, ["verify-proof", "-", *words], input=text)


def test_a_proof_that_holds_is_told_in_three_lines(example: str, tmp_path: Path) -> None:
    file = tmp_path / "proof.json"
    file.write_text(example, encoding="utf-8")
    told = CliRunner().invoke(app, ["verify-proof", str(file)])
    assert (told.exit_code, told.stderr) == (0, "")
    assert told.stdout.splitlines() == [
        "Order ord_000000000000000000000000w4 (1001), version 3, OPEN",
        "  as of 2026-11-21T12:00:00.000000Z, 37 steps",
        "  total 55.78 USD, balance 55.78 USD",
        "  holds",
    ]


def test_an_answer_of_the_api_is_taken_as_it_is(example: str) -> None:
    one: Document = json.loads(example)
    bad = {**one, "amounts": {**one["amounts"], "tax": 461}}
    answer = {"data": {"orders": {"nodes": [{"proof": one}, {"proof": None}, {"proof": bad}]}}}
    told = check(json.dumps(answer))
    assert told.exit_code == 1
    assert told.stdout.count("  holds\n") == 1
    assert told.stdout.endswith(
        "  does not hold in 1 place:\n"
        "  - step 21 PRC-32: At /amounts/tax step 21 (PRC-32) comes to 460, where 461 stands.\n"
        "      expected 460, found 461\n"
    )


def test_the_calculation_is_explained_line_by_line(example: str) -> None:
    lines = check(example, "--explain").stdout.splitlines()
    first, second = "li_00000000000000000000000001", "li_00000000000000000000000002"
    assert f"     1  PRC-10  gross of line {first}: 2 x 1999 = 3998" in lines
    discount = "discount odi_0000000000000000000000000b"
    amount = f"     5  PRC-21  amount of {discount}: 20% of 6398 = 6398/5, rounded half up: 1280"
    shared = f"1280 by largest remainder: 1280 -> {first} 800 (+1), {second} 480"
    assert amount in lines
    assert f"     6  PRC-3   applied of {discount}: {shared}" in lines
    assert "    23  AMT-7   tip of order: 0 = 0" in lines


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "It is not JSON: Expecting value: line 1 column 1 (char 0)."),
        ("[" * 100_000, "It is nested too deeply."),
        (
            '{"data": {"order": {"proof": null}}}',
            "There is no proof in it: nothing has the format ordergraph-proof/1.",
        ),
        ('{"a": 1, "a": 2}', "An object in it has 'a' twice."),
        (
            '{"format": "ordergraph-proof/2"}',
            "This is no proof: its format is not ordergraph-proof/1.",
        ),
        ('{"format": "ordergraph-proof/1"}', "At the top order is missing."),
    ],
)
def test_what_is_no_proof_is_said_in_a_sentence(text: str, sentence: str) -> None:
    told = check(text)
    assert (told.exit_code, told.stdout) == (2, "")
    assert told.stderr == f"ordergraph: <stdin>: {sentence}\n"


def test_what_is_nested_too_deeply_for_a_proof_is_said_in_a_sentence(example: str) -> None:
    document = json.loads(example)
    document["figures"]["lines"] = "deep"
    told = check(json.dumps(document).replace('"deep"', "[" * 900 + "]" * 900))
    assert told.exit_code == 2
    assert told.stderr.startswith("ordergraph: <stdin>: ")


def test_a_file_that_cannot_be_read_is_said_in_a_sentence(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["verify-proof", str(tmp_path / "none.json")])
    assert told.exit_code == 2
    assert told.stderr.endswith("none.json: It cannot be read: No such file or directory.\n")


def test_names_that_would_write_on_the_terminal_are_shown_plain(example: str) -> None:
    document: Any = json.loads(example)
    document["order"]["number"] = "\x1b[2Jgone"
    told = check(json.dumps(document))
    assert "\x1b" not in told.stdout
    assert "(?[2Jgone)" in told.stdout
    assert told.exit_code == 1


def test_checking_loads_neither_the_server_nor_the_business() -> None:
    program = (
        "import sys; import ordergraph.cli.proofs\n"
        "print([name for name in sys.modules if name.startswith(('ordergraph.commerce',"
        " 'ordergraph.runtime', 'ordergraph.graph', 'sqlalchemy', 'asyncpg', 'starlette'))])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "[]\n"
