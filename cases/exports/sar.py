"""The skeleton of a narrative as suspicious activity reports have it: every sentence says which evidence it is from.

Who, what, when, where, why and how, in an introduction, a body in the order of time, and a conclusion. The case's
evidence gives all but *why*: that is a person's to write, and each of its sentences must cite evidence too. A narrative
that lacks one of the six is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cases.exports import reading
from cases.exports.base import Export, Material, Question
from cases.exports.reading import Piece, line
from cases.people import Kind
from cases.privacy.tlp import Tlp
from graph.errors import CaseError, NotPermitted

POSTS = 50  # of the body; how many more there are is said
ACCOUNTS = 50
_END = re.compile(r"(?<=\])\s*(?=[^\s\[.,;])|(?<=[.!?])\s+(?=[^\s\[a-z])")  # of a sentence, its citations with it
_CITES = re.compile(r"\[([^\]]*)\]")
STATUS = (
    "A skeleton, drafted from the evidence of the case. It is not a report and is sent to nobody; whoever files one"
    " reads, completes and answers for it."
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and what it is from.

    Raises
    ------
    CaseError
        It cites nothing.
    """

    text: str
    cites: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.cites:
            raise CaseError(f"a sentence cites no evidence: {self.text!r}")

    def __str__(self) -> str:
        return f"{self.text} [{', '.join(self.cites)}]"


@dataclass(frozen=True, slots=True)
class Narrative:
    """Sentences, by the question that they answer."""

    who: tuple[Sentence, ...]
    what: tuple[Sentence, ...]
    when: tuple[Sentence, ...]
    where: tuple[Sentence, ...]
    why: tuple[Sentence, ...]
    how: tuple[Sentence, ...]
    chronology: tuple[Sentence, ...] = ()
    conclusion: tuple[Sentence, ...] = ()

    def empty(self) -> list[str]:
        """Which of the six questions has no answer."""
        return [name for name in ("who", "what", "when", "where", "why", "how") if not getattr(self, name)]


def make(material: Material) -> bytes:
    """The narrative as text, each sentence with what it cites, then the list of what is cited.

    Raises
    ------
    CaseError
        One of the six questions has no answer, or a sentence that a person wrote cites nothing that is there.
    NotPermitted
        A program asks for it: a person says why.
    """
    where = f"case {material.file.case['id']}"
    if material.actor.kind is not Kind.PERSON:
        raise NotPermitted("a program says not why", where, "a person answers what is asked")
    told = narrative(material)
    if empty := told.empty():
        raise CaseError(
            f"the narrative does not say: {', '.join(empty)}", where, "freeze evidence, or answer what is asked"
        )
    return ("\n".join(_written(material, told)) + "\n").encode()


def narrative(material: Material) -> Narrative:
    """What the case's evidence says, and what a person wrote."""
    pieces = reading.evidence(material.snapshots)
    known = _known(material, pieces)
    return Narrative(
        who=tuple(_who(material)),
        what=tuple(_what(material)),
        when=tuple(_when(material)),
        where=tuple(_where(material)),
        why=tuple(_said(material.answers.get("why", ""), known)),
        how=tuple(_how(pieces)),
        chronology=tuple(_chronology(material)),
        conclusion=(*_conclusion(material), *_said(material.answers.get("conclusion", ""), known)),
    )


def _who(material: Material) -> Iterator[Sentence]:
    own = reading.named(material.file)
    cited = {m["account"]: m for m in reading.members(material.snapshots)}
    for account in own[:ACCOUNTS]:
        member = cited.get(account)
        if member is not None:
            short = reading.short(member["snapshot"])
            cites = tuple(f"{e}@{short}" for e in member.get("evidence", ())) or (f"snapshot {short}",)
            yield Sentence(f"The account {line(account)} is in the finding as {line(str(member['role']))}.", cites)
    if len(own) > ACCOUNTS:
        yield Sentence(f"{len(own) - ACCOUNTS} further accounts have evidence of their own.", _snapshots(material))


def _what(material: Material) -> Iterator[Sentence]:
    for sha, finding in reading.findings(material.snapshots).items():
        short = reading.short(sha)
        cites = tuple(f"{e}@{short}" for e in finding.get("rests_on", ())) or (f"snapshot {short}",)
        if summary := line(str(finding.get("summary", ""))):
            yield Sentence(f"A program flagged: {_closed(summary)}", cites)


def _when(material: Material) -> Iterator[Sentence]:
    if (span := reading.span(material.snapshots)) is not None:
        yield Sentence(f"What is described took place from {span[0]} to {span[1]} (UTC).", _snapshots(material))


def _where(material: Material) -> Iterator[Sentence]:
    platforms = sorted({a.partition(":")[0] for a in reading.named(material.file) if ":" in a})
    if platforms:
        yield Sentence(f"The accounts are on: {', '.join(map(line, platforms))}.", _snapshots(material))
    for name, words in (("tickers", "It is about the tickers"), ("links", "It led to the addresses")):
        if found := reading.gathered(material.snapshots, name):
            shown = ", ".join(line(v) for v in found[:ACCOUNTS])
            yield Sentence(f"{words}: {shown}.", _snapshots(material))


def _how(pieces: Iterable[Piece]) -> Iterator[Sentence]:
    for piece in pieces:
        chance = f", expected {piece.expected:g}" + ("" if piece.p_value is None else f", p = {piece.p_value:.2g}")
        yield Sentence(f"Measured: {line(piece.measure)}: {line(piece.amount)}{chance}.", (piece.cite,))


def _chronology(material: Material) -> Iterator[Sentence]:
    own = frozenset(reading.named(material.file))
    posts = [p for p in reading.posts(material.snapshots) if p.get("account") in own]
    for post in posts[:POSTS]:
        text = f" “{line(str(post['text']), 200)}”" if post.get("text") else ""
        at = reading.utc(post.get("created_at")) or "At an unknown time"
        yield Sentence(
            f"{at}: {line(str(post['account']))} posted{text}.",
            (f"post {line(str(post['id']))}", f"snapshot {reading.short(post['snapshot'])}"),
        )
    if len(posts) > POSTS:
        yield Sentence(
            f"{len(posts) - POSTS} further posts of these accounts are in the snapshots.", _snapshots(material)
        )


def _conclusion(material: Material) -> Iterator[Sentence]:
    file = material.file
    if file.decision is not None and file.draft is not None:
        cite = (f"decision {file.decision['hash'][:12]}",)
        outcome = file.draft.outcome.replace("_", " ")
        yield Sentence(f"On {reading.utc(file.decision['at'])} the platform decided: {outcome}.", cite)
        done = [a for a in file.actions if a["state"] != "reversed"]
        for kind in sorted({a["kind"] for a in done}):
            count = sum(a["kind"] == kind for a in done)
            yield Sentence(f"Action taken: {kind.replace('_', ' ')}, {count} times.", cite)
    if material.snapshots:
        yield Sentence("The evidence is kept, frozen, in the snapshots named below.", _snapshots(material))


def _said(answer: str, known: frozenset[str]) -> list[Sentence]:
    """Sentences that a person wrote, each with its citations in square brackets at its end.

    Raises
    ------
    CaseError
        One cites nothing, or nothing that is there.
    """
    found, wrong = [], []
    for text, cites in sentences(answer):
        unknown = [c for c in cites if c not in known]
        if not cites:
            wrong.append(f"{text!r} cites no evidence")
        elif unknown:
            wrong.append(f"{text!r} cites {', '.join(unknown)}, which is not in the case")
        else:
            found.append(Sentence(text, tuple(cites)))
    if wrong:
        some = ", ".join(sorted(known)[:5]) or "nothing yet"
        raise CaseError("; ".join(wrong), hint=f"cite behind each sentence, in square brackets: {some} …")
    return found


def sentences(answer: str) -> Iterator[tuple[str, list[str]]]:
    """A person's text as sentences, each with what it cites."""
    for piece in _END.split(answer.strip()):
        cites = [c.strip() for inner in _CITES.findall(piece) for c in inner.split(",") if c.strip()]
        text = line(_CITES.sub("", piece)).replace(" .", ".")
        if text.strip(".!? "):
            yield _closed(text), cites


def _known(material: Material, pieces: Sequence[Piece]) -> frozenset[str]:
    """Everything that may be cited."""
    found = {p.cite for p in pieces} | {f"snapshot {reading.short(s)}" for s in material.snapshots}
    found |= {f"post {line(str(p['id']))}" for p in reading.posts(material.snapshots)}
    if len(material.snapshots) == 1:  # then the number of a piece is name enough
        found |= {p.cite.partition("@")[0] for p in pieces}
    if material.file.decision is not None:
        found.add(f"decision {material.file.decision['hash'][:12]}")
    return frozenset(found)


def _snapshots(material: Material) -> tuple[str, ...]:
    return tuple(f"snapshot {reading.short(sha)}" for sha in material.snapshots)


def _closed(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…", "”")) else f"{text}."


def _written(material: Material, told: Narrative) -> Iterator[str]:
    title = f"Narrative, case {material.file.case['id']}, drafted {reading.utc(material.now)}"
    yield from (reading.mark(material.file), "", title, "", STATUS, reading.FLAGGED, "", "INTRODUCTION")
    for name in ("what", "when", "where"):
        yield from _part(name, getattr(told, name))
    yield from ("", "BODY")
    for name in ("who", "how", "why"):
        yield from _part(name, getattr(told, name))
    yield from _part("in the order of time", told.chronology)
    yield from ("", "CONCLUSION", *map(str, told.conclusion), "", "CITED")
    yield from (f"snapshot {reading.short(sha)}: SHA-256 {sha}" for sha in material.snapshots)
    yield from (f"{p.cite}: {line(p.measure)}" for p in reading.evidence(material.snapshots))


def _part(name: str, sentences: Sequence[Sentence]) -> Iterator[str]:
    if sentences:
        yield from ("", f"{name.capitalize()}.", *map(str, sentences))


ASKS = (
    Question(
        "why",
        "Why is it suspicious? Cite behind each sentence, in square brackets: [E1@…], [post …] or [snapshot …].",
    ),
    Question(
        "conclusion",
        "What else was done, and where are further documents? Cite behind each sentence.",
        required=False,
    ),
)
EXPORT = Export("sar", "Narrative of suspicious activity (skeleton)", ".txt", make, ASKS, Tlp.RED, track=None)
