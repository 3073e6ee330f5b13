"""A ring of one hand in one sentence with numbers that a person can check."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from detectors.coaction.actions import TEXT_SHOWN
from detectors.identity.births import DAY, HOUR, MINUTE
from detectors.identity.subject import Subject, Tie

WITHIN = 3 * DAY  # a longer span of creation is not worth a word


def summary(subject: Subject) -> str:
    """The sentence."""
    said = f"{len(subject.codes)} accounts{_made(subject)}"
    parts = [*_identifiers(subject), *_money(subject), *_making(subject), *_acting(subject)]
    if not parts:
        parts = ["are tied by more than chance brings"]
    chance = f"chance of any such ring at most {subject.ring.p_value:.2g}"
    return f"{said} {parts[0]} ({chance}){''.join(f', and {p}' for p in parts[1:])}: likely common control."


def _made(subject: Subject) -> str:
    at = subject.created
    if len(at) < len(subject.codes) or at[-1] - at[0] > WITHIN:
        return ""
    day = datetime.fromtimestamp(int(at[0]) / 1e6, UTC)
    return f" created within {span(int(at[-1] - at[0]))} from {day.day} {day:%B %Y} (UTC)"


def span(us: int) -> str:
    """A length of time as people say it."""
    for unit, name in ((DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes")):
        if us >= 2 * unit:
            return f"{round(us / unit)} {name}"
    return "two minutes"


def _identifiers(subject: Subject) -> Iterator[str]:
    by: dict[str, list[Tie]] = {}
    for tie in subject.telling:
        if tie.family == "identifiers":
            by.setdefault(tie.layer.groups[tie.group].label.removeprefix("one "), []).append(tie)
    for name, ties in sorted(by.items(), key=lambda x: (-subject.share(x[1]), x[0])):
        others = sum(t.others for t in ties)
        whose = "that no other account used" if not others else f"that {others} other account{_s(others)} used"
        plural = f"{name}es" if name.endswith("s") else f"{name}s"
        many = f"one {name}" if len(ties) == 1 else f"{len(ties)} {plural}"
        yield f"{_who(subject, round(subject.share(ties) * len(subject.codes)))}used {many} {whose}"


def _money(subject: Subject) -> Iterator[str]:
    for tie in subject.telling:
        if tie.layer.name == "funding":
            group = tie.layer.groups[tie.group]
            doing = "had " if group.label.startswith("money") else "were "
            yield f"{_who(subject, len(tie.codes))}{doing}{group.label}"


def _making(subject: Subject) -> Iterator[str]:
    for tie in subject.telling:
        group = tie.layer.groups[tie.group]
        if group.kind in {"handle", "profile"}:
            yield f"{_who(subject, len(tie.codes))}have {group.label} (“{shown(group.detail)}”)"


def _acting(subject: Subject) -> Iterator[str]:
    seen, expected = subject.acting
    m = len(subject.codes)
    if "acting" in subject.families:
        pairs = m * (m - 1) // 2
        yield f"{seen} of their {pairs} pairs act on the same posts as few do ({expected:.2g} expected)"


def shown(text: str) -> str:
    """A text short enough for a sentence."""
    return text if len(text) <= TEXT_SHOWN else f"{text[: TEXT_SHOWN - 1]}…"


def _who(subject: Subject, count: int) -> str:
    return "" if count == len(subject.codes) else f"{count} of them "


def _s(n: int) -> str:
    return "" if n == 1 else "s"
