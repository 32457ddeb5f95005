"""The documents of the acceptance page, as they stand there, and parts of them by name.

Names, argument shapes and error codes in them are fixed: clients in the field send these texts.
"""

from pathlib import Path

from graphql import (
    FragmentDefinitionNode,
    FragmentSpreadNode,
    Node,
    OperationDefinitionNode,
    Visitor,
    parse,
    visit,
)

FOLDER = Path(__file__).with_name("acceptance")
PAGES = {path.stem: path.read_text() for path in sorted(FOLDER.glob("*.graphql"))}


class _Spreads(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
        self.names.append(node.name.value)


def _spreads(node: Node) -> list[str]:
    found = _Spreads()
    visit(node, found)
    return found.names


def _text(page: str, node: Node) -> str:
    assert node.loc is not None
    return page[node.loc.start : node.loc.end]


def _operations(page: str) -> dict[str, str]:
    """Return the operations of a page by name, each with the fragments that it uses."""
    definitions = parse(page).definitions
    fragments = {
        node.name.value: node for node in definitions if isinstance(node, FragmentDefinitionNode)
    }
    found: dict[str, str] = {}
    for node in definitions:
        if isinstance(node, OperationDefinitionNode):
            assert node.name is not None
            used = [fragments[name] for name in dict.fromkeys(_spreads(node))]
            found[node.name.value] = "\n".join(_text(page, each) for each in (*used, node))
    return found


DOCUMENTS = {name: text for page in PAGES.values() for name, text in _operations(page).items()}
