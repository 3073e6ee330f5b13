"""Decided rings that come back under other accounts: what a new ring has in common with one decided of late.

A ring that a verdict is about is watched for some days (28, unless set). A new ring in that time is compared with it by
four things:

- *identifiers* (devices, addresses, wallets …) of members of both that few others use: at least half of all accounts
  that ever used one are in the two rings. What a carrier or a café gives everybody does not count.
- *links* of both that few others post, in the same sense.
- *templates*: the part of the new ring's posts whose text is nearly that of one of the old ring's (Jaccard similarity
  of shingles ≥ .6, with tickers and numbers masked), beside the part of other accounts' posts of the same time.
- *timing*: how alike the hours of the day are at which they post (the sum of the lesser shares; 1 where they are the
  same), beside other accounts'.

Accounts of the old ring in the new one are named as well. Hours are shared by everybody of a time zone, so that timing
is shown and never counts; texts are copied, so that templates alone are not enough. It takes two kinds of likeness,
identifiers, links or accounts among them, or identifiers of at least two members. What is said is "may have returned",
with the measures. It changes neither score nor priority, and proposes nothing.
"""

from __future__ import annotations

import heapq
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from detectors.alerting.alert import Echo, Measure
from detectors.text import comparable, near
from graph.findings import Finding
from graph.model import NodeRef, NodeType, Rel
from graph.store import View

WATCH = timedelta(days=28)
SIMILAR = 0.6  # Jaccard similarity of two texts of one template
LEAST = 20  # characters below which a text is no template: everybody says gm
POSTS = 500  # of a ring that are read
AROUND = 1000  # posts of others, to compare with
LINKERS = 200  # posts of a link that are looked at, the newest
OWN = 0.5  # part of a thing's users that are in the two rings, from which it is theirs
_MASKED = re.compile(r"[$#]\w+|\d+")


@dataclass(frozen=True, slots=True)
class Decided:
    """A ring that a verdict is about."""

    finding: Finding
    outcome: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Prints:
    """What a ring leaves behind."""

    accounts: frozenset[str]
    texts: tuple[str, ...]  # of its posts, masked; without those that are too short
    links: frozenset[str]
    hours: tuple[float, ...]  # share of its posts by hour of the day, UTC


class Echoes:
    """Compares new rings with those decided in the time before; reads nothing until it is asked."""

    def __init__(self, view: View, watch: timedelta = WATCH) -> None:
        self._view = view
        self._watch = watch
        self._prints: dict[str, Prints] = {}

    def __call__(self, finding: Finding) -> tuple[Echo, ...]:
        """Decided rings that it may be, come back: those most like it first."""
        found = []
        for decided in self.decided:
            near_in_time = finding.window.start <= decided.at + self._watch and finding.window.end > decided.at
            if near_in_time and decided.finding.lineage_id != finding.lineage_id:
                measures = self._measures(finding, decided.finding)
                if _enough(measures):
                    old = decided.finding
                    found.append(Echo(old.id, old.lineage_id, decided.outcome, decided.at, measures))
        return tuple(sorted(found, key=lambda e: (-sum(m.matches for m in e.measures), e.finding)))

    def between(self, new: Finding, old: Finding) -> tuple[Measure, ...]:
        """What two rings have in common, decided or not; texts and hours only where something rare is shared."""
        return self._measures(new, old)

    def verdict(self, finding: Finding) -> str:
        """The last verdict on the finding's own ring, with its date; empty where there is none."""
        said = [d for d in self.decided if d.finding.lineage_id == finding.lineage_id]
        return f"{said[0].outcome} on {said[0].at:%Y-%m-%d}" if said else ""

    @cached_property
    def decided(self) -> list[Decided]:
        """Rings by their last verdict: one that names a finding, or those on at least half of a ring's accounts."""
        rows = [r for batch in self._view.scan("verdicts") for r in batch.to_pylist() if r["reversed_at"] is None]
        if not rows:
            return []
        newest = {f.lineage_id: f for f in sorted(self._known.values(), key=lambda f: (f.data_cut, f.id))}
        named: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        subjects: dict[str, tuple[datetime, str]] = {}
        for row in rows:
            said = (row["at"], row["outcome"])
            if row["finding_id"] in self._known:
                named[self._known[row["finding_id"]].lineage_id].append(said)
            subjects[row["subject"]] = max(said, subjects.get(row["subject"], said))
        for lineage, finding in newest.items():
            own = [subjects[a] for a in finding.accounts if a in subjects]
            if own and 2 * len(own) >= len(finding.accounts):
                named[lineage] += own
        return [Decided(newest[k], max(said)[1], max(said)[0]) for k, said in sorted(named.items())]

    @cached_property
    def _known(self) -> dict[str, Finding]:
        return {f.id: f for f in self._view.findings(superseded=True)}

    def _measures(self, new: Finding, old: Finding) -> tuple[Measure, ...]:
        mine, theirs = self._of(new), self._of(old)
        both = mine.accounts | theirs.accounts
        measures = [self._identifiers(mine, theirs, both), self._links(mine, theirs, both)]
        again = sorted(mine.accounts & theirs.accounts)
        part = len(again) / max(len(mine.accounts), 1)
        measures.append(Measure("accounts", len(again), 0.0, "accounts of both", part >= 0.25, tuple(again[:5])))
        if any(m.matches for m in measures):  # what is rare; the rest is read only where it can decide
            others = self._around(new.window.start, new.window.end, both)
            measures += [_templates(mine, theirs, others), _timing(mine, theirs, others)]
        return tuple(measures)

    def _of(self, finding: Finding) -> Prints:
        if finding.id not in self._prints:
            keys = sorted({n.key for e in finding.evidence for n in e.nodes if n.type is NodeType.POST})
            posts = self._view.posts(keys[:POSTS])
            links = {*finding.links, *(link for p in posts for link in p.links)}
            self._prints[finding.id] = Prints(
                frozenset(finding.accounts),
                tuple(_texts(p.text for p in posts)),
                frozenset(links),
                _hours(p.created_at for p in posts if p.created_at),
            )
        return self._prints[finding.id]

    @cached_property
    def _used(self) -> pa.Table:
        batches = list(self._view.scan("identifiers", columns=["account", "kind", "value"]))
        return pa.Table.from_batches(batches) if batches else pa.table({"account": [], "kind": [], "value": []})

    def _identifiers(self, mine: Prints, theirs: Prints, both: Iterable[str]) -> Measure:
        """Identifiers of both rings that few others use; how many new members have one."""
        holders = self._holders(both)
        shared = {v: h for v, h in holders.items() if h & mine.accounts and h & theirs.accounts}
        own = {v: h for v, h in shared.items() if len(h & {*both}) >= OWN * len(h)}
        members = {a for h in own.values() for a in h & mine.accounts}
        others = max((len(h - {*both}) for h in own.values()), default=0)
        kinds = tuple(f"{n} × {kind}" for kind, n in sorted(Counter(v[0] for v in own).items()))
        return Measure("identifiers", len(members), others, "members with one of the old ring's", bool(own), kinds)

    def _holders(self, accounts: Iterable[str]) -> dict[tuple[str, str], set[str]]:
        """All accounts of each identifier that one of these accounts has."""
        table = self._used
        if not table.num_rows:
            return {}
        rows = table.filter(pc.is_in(table["account"], pa.array(sorted(accounts), pa.string())))
        values = set(zip(rows["kind"].to_pylist(), rows["value"].to_pylist(), strict=True))
        wide = table.filter(pc.is_in(table["value"], pa.array(sorted({v for _, v in values}), pa.string())))
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for row in wide.to_pylist():
            if (row["kind"], row["value"]) in values:
                found[row["kind"], row["value"]].add(row["account"])
        return found

    def _links(self, mine: Prints, theirs: Prints, both: frozenset[str]) -> Measure:
        """Links of both rings that few others post."""
        own, others = [], 0
        for link in sorted(mine.links & theirs.links):
            page = self._view.neighbours(
                NodeRef(NodeType.LINK, link), rels=[Rel.LINKS_TO], direction="in", limit=LINKERS
            )
            authors = {p.account for p in self._view.posts([e.source.key for e in page.edges])}
            if page.total <= LINKERS and len(authors & both) >= OWN * len(authors):
                own.append(link)
                others = max(others, len(authors - both))
        return Measure("links", len(own), others, "links of both that few others post", bool(own), tuple(own[:5]))

    def _around(self, start: datetime, end: datetime, besides: frozenset[str]) -> Prints:
        """Posts of other accounts of that time: those whose keys have the least hashes, whatever the order."""
        columns = ["post", "account", "created_at", "text"]
        batches = self._view.scan("posts", columns=columns, start=start, end=end + timedelta(microseconds=1))
        drawn = heapq.nsmallest(AROUND, _hashed(batches, besides), key=lambda r: (r[0], r[1]))
        return Prints(frozenset(), tuple(_texts(r[3] for r in drawn)), frozenset(), _hours(r[2] for r in drawn))


def _enough(measures: Sequence[Measure]) -> bool:
    by = {m.name: m for m in measures}
    rare = [n for n in ("identifiers", "links", "accounts") if by[n].matches]
    kinds = sum(m.matches for m in measures if m.name != "timing")
    return bool(rare) and (kinds >= 2 or by["identifiers"].value >= 2)


def _hashed(batches: Iterable[pa.RecordBatch], besides: frozenset[str]) -> Iterator[tuple[int, str, datetime, str]]:
    for batch in batches:
        for row in batch.to_pylist():
            if row["account"] not in besides:
                yield zlib.crc32(row["post"].encode()), row["post"], row["created_at"], row["text"]


def _texts(texts: Iterable[str | None]) -> Iterator[str]:
    for text in texts:
        masked = _MASKED.sub("0", comparable(text or ""))
        if len(masked) >= LEAST:
            yield masked


def _hours(times: Iterable[datetime]) -> tuple[float, ...]:
    counts = Counter(t.hour for t in times)
    total = sum(counts.values())
    return tuple(counts[h] / total if total else 0.0 for h in range(24))


def _templates(mine: Prints, theirs: Prints, others: Prints) -> Measure:
    """The part of posts whose text is nearly one of the old ring's: of the new ring, and of others."""
    texts = sorted({*mine.texts, *theirs.texts, *others.texts})
    said = set(theirs.texts)
    old = {i for i, text in enumerate(texts) if text in said}
    pairs = near(texts, SIMILAR).pairs
    alike = set(said)
    for one, other in zip(pairs[0].tolist(), pairs[1].tolist(), strict=True):
        alike |= {texts[other]} if one in old else set()
        alike |= {texts[one]} if other in old else set()
    value, expected = (
        sum(t in alike for t in texts_) / len(texts_) if texts_ else 0.0 for texts_ in (mine.texts, others.texts)
    )
    shown = tuple(t for t in dict.fromkeys(mine.texts) if t in alike)[:2]
    return Measure("templates", value, expected, "of its texts", value >= 0.5 and expected <= value / 5, shown)


def _timing(mine: Prints, theirs: Prints, others: Prints) -> Measure:
    """How alike the hours of the day are."""
    value, expected = (sum(map(min, prints.hours, theirs.hours)) for prints in (mine, others))
    return Measure(
        "timing",
        value,
        expected,
        "of the hours of the day",
        sum(others.hours) > 0 and value >= 0.6 and value >= expected + 0.2,
    )
