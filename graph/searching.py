"""What searches have in common on every store: what is asked for, what it matches, and how hits are put together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from sys import maxunicode

from graph.explore import words
from graph.model import Hit, NodeRef, NodeType, unscoped

SCOPED = (NodeType.ACCOUNT, NodeType.POST)
"""Types that are also found by their id without the platform."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One search as it is asked for.

    Parameters
    ----------
    text : str
        Folded, without space around it.
    kinds : tuple of NodeType
        Types wanted, in the order of hits.
    words : tuple of str
        Distinct words of the text.
    limit : int
        Hits wanted, at most.
    """

    text: str
    kinds: tuple[NodeType, ...]
    words: tuple[str, ...]
    limit: int

    @classmethod
    def of(cls, text: str, types: Sequence[NodeType] | None, limit: int) -> Asked:
        """What the caller of :meth:`graph.store.View.search` asks for; nothing where no hit can be."""
        folded = text.strip().casefold()
        kinds = tuple(kind for kind in NodeType if types is None or kind in types)
        if not folded or limit <= 0:
            return cls("", (), (), 0)
        return cls(folded, kinds, tuple(words(folded)), limit)

    @property
    def nameable(self) -> bool:
        """Whether a stored name can begin so: half a surrogate pair is no text that a store could hold or be sent."""
        return not any("\ud800" <= character <= "\udfff" for character in self.text)

    def begins(self, kind: NodeType, key: str) -> bool:
        """Whether a node's key, or its id without the platform, begins with the text."""
        names = (key, unscoped(key)[1]) if kind in SCOPED else (key,)
        return any(name.casefold().startswith(self.text) for name in names)

    def within(self, text: str) -> bool:
        """Whether a post's text contains all the words, of which there is at least one."""
        folded = text.casefold()
        # most texts lack one of the words even as a part, which is quicker to see
        return bool(self.words) and all(word in folded for word in self.words) and {*self.words} <= {*words(folded)}


def merged(
    asked: Asked, named: Callable[[NodeType], Sequence[Hit]], worded: Callable[[int], Sequence[Hit]]
) -> list[Hit]:
    """Nodes by name, type after type, then posts by words that are not among them; no more is read than is shown.

    Parameters
    ----------
    named : callable
        The first hits of one type by key, at least as many as are wanted, if there are.
    worded : callable
        That many posts that contain all words, newest first.
    """
    hits: list[Hit] = []
    for kind in asked.kinds if asked.nameable else ():
        hits += named(kind)
        if len(hits) >= asked.limit:
            return hits[: asked.limit]
    if NodeType.POST in asked.kinds and asked.words:
        known: set[NodeRef] = {hit.node for hit in hits}
        hits += [hit for hit in worded(asked.limit + len(known)) if hit.node not in known]
    return hits[: asked.limit]


def unfolded(text: str) -> Iterator[str]:
    """Beginnings of all texts that begin with this folded text when folded, but not before.

    None is the beginning of another one: each is the text up to a place where another character folds to what follows.
    """
    for place, letter in enumerate(text):
        rest = text[place:]
        for character, folded in _folding().get(letter, ()):
            if rest.startswith(folded) or folded.startswith(rest):
                yield text[:place] + character


@cache
def _folding() -> Mapping[str, Sequence[tuple[str, str]]]:
    """Characters that folding changes, and what becomes of them, by its first letter."""
    found: dict[str, list[tuple[str, str]]] = {}
    for character in map(chr, range(maxunicode + 1)):
        folded = character.casefold()
        if folded != character:
            found.setdefault(folded[0], []).append((character, folded))
    return found
