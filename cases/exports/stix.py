"""A case as a STIX 2.1 bundle, made and checked by the stix2 library; nothing of it is fetched or sent.

It says no more than the case does: a campaign that was flagged, the accounts with evidence of their own, addresses
that were spread, techniques that a person confirmed, what speaks against it, and how far it may be passed on. Ids are
derived from the case (UUID version 5), so that the same case exported again updates what a receiver has.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import stix2
from stix2.v21 import URL, AttackPattern, Bundle, Campaign, MarkingDefinition, Note, Relationship, Report, UserAccount

from cases.drafts import BROKEN
from cases.exports import reading
from cases.exports.base import Export, Material, Question, parts
from cases.exports.disarm import PAGES, SOURCE, TECHNIQUES, VERSION, suggested
from cases.exports.reading import line
from cases.people import Kind
from cases.privacy import names
from cases.privacy.redaction import redact
from cases.privacy.tlp import Tlp
from graph.errors import CaseError, NotPermitted
from graph.model import unscoped

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "stix.lockstep-graph")  # of what is named here, and of nothing else
TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"  # OASIS, TLP 2.0
TLP_MARKS: Mapping[Tlp, str] = {  # OASIS's own objects
    Tlp.CLEAR: "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    Tlp.GREEN: "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    Tlp.AMBER: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    Tlp.AMBER_STRICT: "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    Tlp.RED: "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
_TLP_MADE = "2022-10-01T00:00:00.000Z"
FLAGGED, DECIDED = 15, 50  # STIX confidence: low, and medium once people decided; never high
NONE = "none"
_OF_ADDRESSES = ":/?#[]@!$&'()*+,;=%"  # what RFC 3986 reserves stays; all else that it does not know is encoded
_TYPES = {"x": "twitter", "facebook": "facebook"}  # of the vocabulary of account types; the others have no word there


def make(material: Material) -> bytes:
    """The bundle as JSON.

    Raises
    ------
    CaseError
        There is no evidence, people decided that no rule was broken, or nothing points to a technique.
    NotPermitted
        A program asks for it: a person confirms techniques.
    """
    where = f"case {material.file.case['id']}"
    if material.actor.kind is not Kind.PERSON:
        raise NotPermitted("a program confirms no technique", where, "a person answers what is asked")
    if not reading.findings(material.snapshots):
        raise CaseError("no snapshot holds a finding", where, "freeze one first")
    if material.file.draft is not None and material.file.draft.outcome not in BROKEN:
        outcome = material.file.draft.outcome.replace("_", " ")
        raise CaseError(f"it was decided: {outcome}; there is nothing to pass on", where)
    made: str = bundle(material).serialize(pretty=True)
    stix2.parse(made, allow_custom=False)
    return (made + "\n").encode()


def confirmed(material: Material) -> dict[str, list[str]]:
    """The techniques that a person confirmed, each with what points to it.

    Raises
    ------
    CaseError
        Nothing points to one.
    """
    points = points_to(material)
    given = [t for t in parts(material.answers.get("techniques", NONE)) if t != NONE]
    if unknown := [a for a in given if a not in points]:
        there = ", ".join(points) or NONE
        raise CaseError(
            f"nothing in the evidence points to {', '.join(unknown)}",
            f"case {material.file.case['id']}",
            f"confirm some of: {there}",
        )
    return {t: points[t] for t in points if t in given}


def points_to(material: Material) -> dict[str, list[str]]:
    """The techniques that the evidence points to, each with what does; for a person to confirm or drop."""
    return suggested((p.kind, p.measure, p.cite) for p in reading.evidence(material.snapshots))


def bundle(material: Material) -> Bundle:
    """The case as STIX objects."""
    return Bundle(objects=list(_Maker(material).objects()), id=_name(material, "bundle"), allow_custom=False)


class _Maker:
    """What the objects of one bundle have in common."""

    def __init__(self, material: Material) -> None:
        self.material = material
        self.snapshots = material.snapshots
        self.case = material.file.case
        self.mark = Tlp(self.case["tlp"])
        self.made = min(reading.utc(s["taken_at"]) for s in material.snapshots.values())
        known = names.known(material.file, material.snapshots.values())
        self.names = dict.fromkeys(known, "[account of the case]")
        self.open = [a for a in material.file.appeals if a["resolved_at"] is None]
        self.confidence = FLAGGED if material.file.decision is None or self.open else DECIDED

    def objects(self) -> Iterator[Any]:
        """The mark first, then what is told, and the report that holds it together."""
        yield MarkingDefinition(
            id=TLP_MARKS[self.mark],
            created=_TLP_MADE,
            name=self.mark.shown,
            extensions={
                TLP_EXTENSION: {
                    "extension_type": "property-extension",
                    "tlp_2_0": self.mark.value.lower(),
                }
            },
        )
        campaign = self._campaign()
        told = [campaign, *self._accounts(campaign), *self._links(campaign), *self._techniques(campaign)]
        told = list({o["id"]: o for o in told}.values())
        told.append(self._note(told))
        yield from told
        yield self._report(told)

    def _campaign(self) -> Campaign:
        span = reading.span(self.snapshots)
        summaries = [self._say(f.get("summary", "")) for f in reading.findings(self.snapshots).values()]
        return Campaign(
            **self._common("campaign"),
            name=f"Case {self.case['id']}",
            description="\n".join([*filter(None, summaries), reading.FLAGGED]),
            confidence=self.confidence,
            **({"first_seen": span[0], "last_seen": span[1]} if span else {}),
        )

    def _accounts(self, campaign: Campaign) -> Iterator[Any]:
        """Only those with evidence of their own; once something is decided, only those that it is decided about."""
        members = {m["account"]: m for m in reading.members(self.snapshots)}
        draft = self.material.file.draft
        for name in reading.named(self.material.file):
            if draft is not None and name not in draft.accounts:
                continue
            platform, identity = unscoped(name)
            kind = {"account_type": _TYPES.get(platform, line(platform))} if identity else {}
            account = UserAccount(user_id=line(identity or name), **kind, object_marking_refs=[TLP_MARKS[self.mark]])
            yield account
            member = members.get(name, {})
            cites = [f"{e}@{reading.short(member['snapshot'])}" for e in member.get("evidence", ())]
            why = f"Evidence against the account itself: {', '.join(cites) or 'in the case'}."
            role = f" Role in the finding: {line(str(member['role']))}." if member.get("role") else ""
            yield self._related(campaign, account, "related-to", why + role, name)

    def _links(self, campaign: Campaign) -> Iterator[Any]:
        for link in reading.gathered(self.snapshots, "links"):
            if _is_address(link):
                url = URL(value=quote(link, safe=_OF_ADDRESSES), object_marking_refs=[TLP_MARKS[self.mark]])
                yield url
                yield self._related(campaign, url, "related-to", "Posts of the finding link to it.", link)

    def _techniques(self, campaign: Campaign) -> Iterator[Any]:
        for technique, cites in confirmed(self.material).items():
            pattern = AttackPattern(
                id=f"attack-pattern--{uuid.uuid5(NAMESPACE, f'disarm {VERSION} {technique}')}",
                created=_TLP_MADE,
                modified=_TLP_MADE,
                name=TECHNIQUES[technique],
                external_references=[
                    {
                        "source_name": SOURCE,
                        "external_id": technique,
                        "url": f"{PAGES}{technique}.md",
                        "description": f"DISARM Red framework {VERSION}",
                    }
                ],
                object_marking_refs=[TLP_MARKS[self.mark]],
            )
            yield pattern
            why = f"A person confirmed it; the evidence that points to it: {', '.join(cites)}."
            yield self._related(campaign, pattern, "uses", why, technique)

    def _note(self, told: list[Any]) -> Note:
        findings = reading.findings(self.snapshots).values()
        innocent = [
            f"{self._say(w.get('text', ''))}: {w.get('state', '')}" for f in findings for w in f.get("would_clear", ())
        ]
        limits = [self._say(limit) for limit in reading.gathered(self.snapshots, "limits")]
        dropped = [t for t in points_to(self.material) if t not in confirmed(self.material)]
        said = [
            reading.FLAGGED,
            "Nobody decided yet." if self.material.file.decision is None else "People decided on it.",
            *(["An appeal against the decision is open."] * bool(self.open)),
            "Innocent explanations and what is known of them: " + ("; ".join(innocent) or "none were looked at") + ".",
            "Limits: " + ("; ".join(limits) or "none are noted") + ".",
            "Snapshots (SHA-256): " + ", ".join(self.snapshots) + ".",
        ]
        if dropped:
            said.append(
                "The evidence points to these techniques as well, which nobody confirmed: " + ", ".join(dropped)
            )
        return Note(
            **self._common("note"),
            abstract="Flagged is not guilty",
            content="\n".join(said),
            object_refs=[o["id"] for o in told],
        )

    def _report(self, told: list[Any]) -> Report:
        return Report(
            **self._common("report"),
            name=f"Case {self.case['id']}: coordinated activity that was flagged",
            description=reading.FLAGGED,
            report_types=["campaign"],
            published=reading.utc(self.material.now),
            confidence=self.confidence,
            object_refs=[o["id"] for o in told],
        )

    def _say(self, text: object) -> str:
        """A free text without personal data: accounts are named as objects, or not at all."""
        return redact(line(str(text)), self.names)

    def _related(self, source: Any, target: Any, kind: str, why: str, key: str) -> Relationship:
        return Relationship(
            **self._common("relationship", f"{kind} {key}"),
            relationship_type=kind,
            source_ref=source["id"],
            target_ref=target["id"],
            description=why,
            confidence=self.confidence,
        )

    def _common(self, kind: str, key: str = "") -> dict[str, Any]:
        return {
            "id": _name(self.material, kind, key),
            "created": self.made,
            "modified": max(self.made, reading.utc(self.material.now)),
            "object_marking_refs": [TLP_MARKS[self.mark]],
        }


def _name(material: Material, kind: str, key: str = "") -> str:
    """An id that is the same each time."""
    case = material.file.case["id"]
    return f"{kind}--{uuid.uuid5(NAMESPACE, f'{case} {kind} {key}')}"


def _is_address(link: str) -> bool:
    try:
        return urlsplit(link).scheme in {"http", "https"} and bool(urlsplit(link).hostname)
    except ValueError:
        return False


ASKS = (
    Question(
        "techniques",
        f"Which techniques of DISARM {VERSION} that the evidence points to do you confirm? Or 'none'.",
        (*TECHNIQUES, NONE),
        several=True,
    ),
)
EXPORT = Export("stix", "STIX 2.1 bundle", ".json", make, ASKS, Tlp.AMBER)
