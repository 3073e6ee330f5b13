"""What a market-abuse case says, in the fields of a STOR, as a referral to the entity that bears the duty to report.

MiCA Art. 92 lays that duty on those who arrange or execute transactions; RTS 2025/885 has the form. Nothing here files
anything, anywhere: what is made is a draft for people. What breach is suspected is chosen by a person, never taken from
a detector. Nobody outside the case's access list may learn that it exists (Art. 5(3): no tipping-off).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from cases.caseload import Track
from cases.exports import reading
from cases.exports.base import Export, Material, Question
from cases.exports.reading import line
from cases.exports.rendering import rendered
from cases.exports.stor_fields import BREACHES, FIELDS, SECTIONS, Field, malformed
from cases.people import Kind
from cases.privacy.tlp import Tlp
from graph.errors import CaseError, NotPermitted

NA = "NA"
FORM = "Commission Delegated Regulation (EU) 2025/885, annex"
STATUS = (
    "Draft of a referral. It is not a report, and Lockstep sends it to nobody: people decide whether it is filed, the"
    " entity that bears the duty of MiCA Art. 92 files it, and what became of it is recorded in the case."
)
TIPPING_OFF = (
    "Neither the persons concerned nor anybody else who need not know may learn of this suspicion, or that an alert was"
    " raised."
)
_REQUIRED = frozenset({"entity", "breach", "reasons"})


def make(material: Material) -> bytes:
    """A zip file with the fields as JSON and as a page to read.

    Raises
    ------
    CaseError
        The case is not of the market track, or an answer has a code that is none.
    NotPermitted
        A program asks for it: a person chooses the breach.
    """
    told = draft(material)
    page = rendered("stor.html.j2", told)
    return reading.archive(
        [("stor.json", orjson.dumps(told, option=orjson.OPT_INDENT_2)), ("stor.html", page.encode())]
    )


def draft(material: Material) -> dict[str, Any]:
    """The fields with their values, where each value is from, and why there is none."""
    where = f"case {material.file.case['id']}"
    if material.file.case["track"] != Track.MARKET:
        raise CaseError("it is not of the market track", where, "only such a case is referred")
    if material.actor.kind is not Kind.PERSON:
        raise NotPermitted("a program chooses no breach", where, "a person answers what is asked")
    lacking = sorted(name for name in _REQUIRED if not material.answers.get(name, "").strip())
    if material.answers.get("breach", next(iter(BREACHES))) not in BREACHES:
        lacking.append("breach, which is none of the form's")
    wrong = [f"not answered: {', '.join(lacking)}"] if lacking else []
    wrong += [
        told for name, answer in material.answers.items() if (told := malformed(name, answer) or _bare(name, answer))
    ]
    if wrong:
        raise CaseError("; ".join(wrong), where, "answer it anew")
    return {
        "form": FORM,
        "status": STATUS,
        "secrecy": TIPPING_OFF,
        "tlp": reading.mark(material.file),
        "case": material.file.case["id"],
        "drafted_at": reading.utc(material.now),
        "snapshots": list(material.snapshots),
        "note": reading.FLAGGED,
        "sections": [
            {
                "number": number,
                "title": title,
                "mandatory": number < 5,
                "fields": [_filled(field, material) for field in FIELDS if field.section == number],
            }
            for number, title in SECTIONS.items()
        ],
    }


def _bare(name: str, answer: str) -> str:
    """What is wrong with an answer that there is none."""
    return f"{name}: write why behind 'NA:'" if answer.strip().rstrip(":").upper() in {"NA", "N/A"} else ""


def _filled(field: Field, material: Material) -> dict[str, Any]:
    answer = material.answers.get(field.ask, "") if field.ask else ""
    own = _FROM_CASE.get(field.number, _nothing)(material)
    told: dict[str, Any] = {"number": field.number, "name": field.name, "mandatory": field.mandatory}
    if answer.upper().startswith("NA:"):
        return {**told, "value": NA, "reason": answer[3:].strip(), "by": "person", "from": []}
    if field.number == "3.1":
        return {**told, "value": BREACHES[answer], "reason": "", "by": "person", "from": []}
    value = [answer, *own[0]] if answer else own[0]
    if not value:
        return {**told, "value": NA, "reason": field.absent, "by": "nobody", "from": []}
    by = "person and case" if answer and own[0] else "person" if answer else "case"
    return {
        **told,
        "value": "\n".join(value),
        "reason": _missing(field) if by == "case" else "",
        "by": by,
        "from": own[1],
    }


def _missing(field: Field) -> str:
    """What the case's own value lacks of what the form asks."""
    return {
        "2.1": "full name, DTI, type and reference value are not known to Lockstep",
        "2.3": "the MIC is not known to Lockstep",
        "2.5": "orders, their prices, volumes and alterations are not known to Lockstep",
    }.get(field.number, "")


Filled = tuple[list[str], list[str]]


def _nothing(_: Material) -> Filled:
    return [], []


def _assets(material: Material) -> Filled:
    tickers = reading.gathered(material.snapshots, "tickers")
    pairs = sorted({f"{m['base']}/{m['quote']}" for m in _market(material)})
    said = [f"Ticker as posted: {line(t)}" for t in tickers] + [f"Pair: {line(p)}" for p in pairs]
    return said, _cited(material) if said else []


def _ledgers(material: Material) -> Filled:
    chains = sorted({w.partition(":")[0] for w in _wallets(material) if ":" in w})
    return [line(c) for c in chains], _cited(material) if chains else []


def _venues(material: Material) -> Filled:
    venues = sorted({str(m["venue"]) for m in _market(material)})
    return [line(v) for v in venues], _cited(material) if venues else []


def _behaviour(material: Material) -> Filled:
    said, cites = [], []
    for sha, finding in reading.findings(material.snapshots).items():
        window = finding.get("window") or {}
        times = f"{reading.utc(window.get('start'))} to {reading.utc(window.get('end'))}"
        said.append(f"{times}: {line(str(finding.get('summary', '')))} [snapshot {reading.short(sha)}]")
    for piece in reading.evidence(material.snapshots):
        said.append(f"{line(piece.measure)}: {line(piece.amount)}, expected {piece.expected:g} [{piece.cite}]")
        cites.append(piece.cite)
    return said, cites


def _attention(material: Material) -> Filled:
    said = [
        f"It came to attention by an alert of {reading.utc(a['raised_at'])}, from the detector {a['detector']}."
        for a in material.file.alerts
    ]
    return said, _cited(material) if said else []


def _identifiers(material: Material) -> Filled:
    accounts = reading.named(material.file)
    said = [f"Account: {line(a)}" for a in accounts]
    if accounts:
        said += [f"Wallet: {line(w)}" for w in _wallets(material, accounts)]
    return said, _cited(material) if said else []


def _others(material: Material) -> Filled:
    more = len(material.file.subjects) - len(reading.named(material.file))
    said = f"Further accounts in the case: {more}. There is no evidence against them themselves: they are not named."
    return ([said], []) if more else ([], [])


def _transactions(material: Material) -> Filled:
    found: dict[str, str] = {}
    for sha, snapshot in material.snapshots.items():
        for edge in snapshot.get("edges", ()):
            if edge.get("kind") == "TRANSFERRED":
                at = reading.utc(edge.get("at")) or "at an unknown time"
                ends = f"{line(str(edge['source']))} to {line(str(edge['target']))}"
                found.setdefault(f"{at}: {ends}{_hash(edge.get('tx'))}", f"snapshot {reading.short(sha)}")
    for piece in reading.evidence(material.snapshots):
        if any(n.startswith("wallet/") for n in piece.nodes):
            found |= {f"Transaction: {line(key)}": piece.cite for key in piece.interactions}
    return list(found), list(dict.fromkeys(found.values()))


def _hash(tx: object) -> str:
    return f", transaction {line(str(tx))}" if tx else ""


def _market(material: Material) -> list[Any]:
    return [row for snapshot in material.snapshots.values() for row in snapshot.get("market", ())]


def _wallets(material: Material, accounts: tuple[str, ...] = ()) -> list[str]:
    """Wallets of the evidence; of some accounts, those that they are said to use."""
    nodes = [n for snapshot in material.snapshots.values() for n in snapshot.get("nodes", ())]
    every = {str(n["id"]).removeprefix("wallet/") for n in nodes if n.get("kind") == "wallet"}
    used = [
        (str(e["source"]).removeprefix("account/"), str(e["target"]))
        for snapshot in material.snapshots.values()
        for e in snapshot.get("edges", ())
        if e.get("kind") == "USES"
    ]
    theirs = {
        t.removeprefix("identifier/wallet:")
        for a, t in used
        if t.startswith("identifier/wallet:") and (not accounts or a in accounts)
    }
    return sorted(theirs if accounts else every | theirs)


def _cited(material: Material) -> list[str]:
    return [f"snapshot {reading.short(sha)}" for sha in material.snapshots]


_FROM_CASE: dict[str, Callable[[Material], Filled]] = {
    "2.1": _assets,
    "2.2": _ledgers,
    "2.3": _venues,
    "2.5": _behaviour,
    "3.2": _attention,
    "4.5": _identifiers,
    "5.6": _others,
    "5.7": _transactions,
}


ASKS = tuple(
    Question(f.ask, f.text, tuple(BREACHES) if f.ask == "breach" else (), f.ask in _REQUIRED) for f in FIELDS if f.ask
)
EXPORT = Export(
    "stor", "Referral of suspected market abuse (MiCA STOR fields)", ".zip", make, ASKS, Tlp.RED, Track.MARKET
)
