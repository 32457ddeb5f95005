"""Finding registered documents by their hash, without asking the database each time."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from ordergraph.commerce.operations.problems import NoneRegistered, NotRegistered
from ordergraph.commerce.operations.reads import Sought, registered_text
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database

REMEMBERED = timedelta(minutes=1)
"""How long a document is known without asking again: its hash says what it is, so only its removal
could be news."""

MISSED = timedelta(seconds=2)
"""How long a hash that nobody registered is not asked for again."""

MOST_CHARACTERS = 4_000_000
_OF_A_MISS = 200


@dataclass(slots=True)
class _Remembered:
    sought: Sought
    until: datetime

    @property
    def characters(self) -> int:
        return len(self.sought.text or "") + _OF_A_MISS


class RegisteredTexts:
    """The registered documents of all environments, as far as this process was asked for them.

    So many characters of them; what was asked for least recently goes first.
    """

    def __init__(self, database: Database, most_characters: int = MOST_CHARACTERS) -> None:
        self._database = database
        self._most_characters = most_characters
        self._characters = 0
        self._remembered: OrderedDict[tuple[UUID, bytes], _Remembered] = OrderedDict()

    async def find(self, environment_id: UUID, sha256: bytes) -> str:
        """Return the document of a hash; raises `NotRegistered` or `NoneRegistered`."""
        sought = await self._sought(environment_id, sha256)
        if sought.text is not None:
            return sought.text
        raise NotRegistered if sought.any_registered else NoneRegistered

    async def _sought(self, environment_id: UUID, sha256: bytes) -> Sought:
        key = (environment_id, sha256)
        now = self._database.clock.now()
        remembered = self._remembered.get(key)
        if remembered is not None and now < remembered.until:
            self._remembered.move_to_end(key)
            return remembered.sought
        actor = Actor.system(environment_id, environment_id, "operations")
        sought = await registered_text(self._database.viewer(actor), sha256)
        life = MISSED if sought.text is None else REMEMBERED
        self._keep(key, _Remembered(sought, now + life))
        return sought

    def _keep(self, key: tuple[UUID, bytes], remembered: _Remembered) -> None:
        before = self._remembered.pop(key, None)
        self._characters += remembered.characters - (before.characters if before else 0)
        self._remembered[key] = remembered
        while self._characters > self._most_characters:
            _, gone = self._remembered.popitem(last=False)
            self._characters -= gone.characters
