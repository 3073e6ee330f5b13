"""What a finding says that an earlier one of the same ring did not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from graph.findings import Finding, Priority
from graph.model import NodeType, host_of

SHOWN = 20
"""Posts that a change names."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is different since an earlier finding of the ring.

    Parameters
    ----------
    since : str
        The earlier finding's id.
    joined, left : tuple of str
        Accounts, by key.
    tickers, links : tuple of str
        Those named for the first time.
    posts : tuple of str
        Posts that are evidence for the first time: up to 20, by key.
    post_count : int
        How many those are.
    priority : Priority or None
        The earlier priority, where it is another one now.
    score : float
        Difference of the scores.
    """

    since: str
    joined: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    tickers: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    posts: tuple[str, ...] = ()
    post_count: int = 0
    priority: Priority | None = None
    score: float = 0.0

    def sentence(self) -> str:
        """The change in words, for people."""
        said = [
            *_counted(len(self.joined), "account joined", "accounts joined"),
            *_counted(len(self.left), "account left", "accounts left"),
            *(f"new: {name}" for name in [*(f"${t}" for t in self.tickers), *self.links][:5]),
            *_counted(self.post_count, "more post", "more posts"),
        ]
        if self.priority is not None:
            said.append(f"priority was {self.priority}")
        return f"since finding {self.since[:10]}: {'; '.join(said) or 'nothing but its score or explanations'}"


def change(new: Finding, old: Finding) -> Change:
    """What ``new`` says that ``old`` did not, both of one ring."""
    posts = sorted(_posts(new) - _posts(old))
    return Change(
        since=old.id,
        joined=_more(new.accounts, old.accounts),
        left=_more(old.accounts, new.accounts),
        tickers=_more(new.tickers, old.tickers),
        links=_more(new.links, old.links),
        posts=tuple(posts[:SHOWN]),
        post_count=len(posts),
        priority=old.priority if old.priority is not new.priority else None,
        score=round(new.score - old.score, 6),
    )


def tells(new: Finding, old: Finding, earlier: Iterable[Finding]) -> bool:
    """Whether people should hear of it: an account, ticker or site that the ring never had, or a higher priority.

    Accounts that come and go between runs are told of once; more posts of the same accounts, and more pages of a site
    that they had linked to, are no news. Of a ring that is a mere note, only a higher priority is.
    """
    seen = [old, *earlier]
    if new.priority.rank < min(f.priority.rank for f in seen):
        return True
    return new.priority is not Priority.NOTE and bool(_named(new) - {name for f in seen for name in _named(f)})


def _named(finding: Finding) -> set[tuple[str, str]]:
    """Everything that a ring is told apart by."""
    sites = [host_of(link) or link for link in finding.links]
    lists = {"account": finding.accounts, "ticker": finding.tickers, "site": sites}
    return {(kind, name) for kind, names in lists.items() for name in names}


def _posts(finding: Finding) -> set[str]:
    return {n.key for e in finding.evidence for n in e.nodes if n.type is NodeType.POST}


def _more(these: Iterable[str], those: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(these) - set(those)))


def _counted(n: int, one: str, several: str) -> Iterator[str]:
    if n:
        yield f"{n} {one if n == 1 else several}"
