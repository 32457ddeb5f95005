"""Finding registered documents by their hash, without asking the database each time."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from ordergraph.commerce.operations.problems import NoneRegistered, NotRegistered
from ordergraph.commerce.operations.reads import registered_text
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database

REMEMBERED = timedelta(minutes=1)
"""How long a document is known without asking again: its hash says what it is, so only its removal
could be news."""

MISSED = timedelta(seconds=2)
"""How long a hash that nobody registered is not asked for again."""

MOST_CHARACTERS = 4_000_000
MOST_MISSES = 10_000

_Key = tuple[UUID, bytes]


@dataclass(frozen=True, slots=True)
class _Text:
    text: str
    until: datetime


@dataclass(frozen=True, slots=True)
class _Miss:
    any_registered: bool
    until: datetime


class RegisteredTexts:
    """The registered documents of all environments, as far as this process was asked for them.

    So many characters of them; what was asked for least recently goes first. Hashes that strangers
    make up are remembered apart, so that they never drive out a document.
    """

    def __init__(self, database: Database, most_characters: int = MOST_CHARACTERS) -> None:
        self._database = database
        self._most_characters = most_characters
        self._characters = 0
        self._texts: OrderedDict[_Key, _Text] = OrderedDict()
        self._misses: OrderedDict[_Key, _Miss] = OrderedDict()

    async def find(self, environment_id: UUID, sha256: bytes) -> str:
        """Return the document of a hash; raises `NotRegistered` or `NoneRegistered`."""
        key = (environment_id, sha256)
        now = self._database.clock.now()
        known = self._texts.get(key)
        if known is not None and now < known.until:
            self._texts.move_to_end(key)
            return known.text
        miss = self._misses.get(key)
        if miss is None or now >= miss.until:
            actor = Actor.system(environment_id, environment_id, "operations")
            sought = await registered_text(self._database.viewer(actor), sha256)
            self._forget(key)
            if sought.text is not None:
                self._keep(key, _Text(sought.text, now + REMEMBERED))
                return sought.text
            miss = self._misses[key] = _Miss(sought.any_registered, now + MISSED)
            if len(self._misses) > MOST_MISSES:
                self._misses.popitem(last=False)
        raise NotRegistered if miss.any_registered else NoneRegistered

    def _keep(self, key: _Key, known: _Text) -> None:
        self._texts[key] = known
        self._characters += len(known.text)
        while self._characters > self._most_characters:
            _, gone = self._texts.popitem(last=False)
            self._characters -= len(gone.text)

    def _forget(self, key: _Key) -> None:
        self._misses.pop(key, None)
        known = self._texts.pop(key, None)
        if known is not None:
            self._characters -= len(known.text)
