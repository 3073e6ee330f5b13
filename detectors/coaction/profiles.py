"""What is measured of a ring's members and texts, as far as profiles, texts and transfers are loaded; else None."""

from __future__ import annotations

import math
from statistics import median, pstdev

from detectors.coaction.subject import DAY, Subject

NEW = 30 * DAY
WEEK = 7 * DAY
KNOWN = 0.5  # share of members of whom something must be known, for it to be said of the ring
BOUGHT_BEFORE, SOLD_AFTER = 30 * DAY, 7 * DAY


def new_accounts(subject: Subject) -> float | None:
    """Share of members made within the thirty days before the ring's first burst, or after it."""
    made = _made(subject)
    return None if made is None else sum(at >= subject.begins - NEW for at in made) / len(made)


def same_week(subject: Subject) -> float | None:
    """Largest share of members that were made within one week."""
    made = _made(subject)
    if made is None:
        return None
    return max(sum(at <= other < at + WEEK for other in made) for at in made) / len(made)


def verified(subject: Subject) -> float | None:
    """Share of members that carry the platform's verification."""
    known = [p.verified for p in subject.profiles if p.verified is not None]
    return sum(known) / len(known) if _enough(subject, len(known)) else None


def followers(subject: Subject) -> float | None:
    """Followers of the median member, plus one, as a power of ten."""
    known = [p.followers for p in subject.profiles if p.followers is not None]
    return math.log10(1 + median(known)) if _enough(subject, len(known)) else None


def followers_mix(subject: Subject) -> float | None:
    """How much members' followers differ: standard deviation of their powers of ten."""
    known = [math.log10(1 + p.followers) for p in subject.profiles if p.followers is not None]
    return pstdev(known) if _enough(subject, len(known)) else None


def templates(subject: Subject) -> float | None:
    """Share of the leading layer's occasions on which two members' texts were alike."""
    found, compared = subject.ring.alike
    return found / compared if compared else None


def disclosed(subject: Subject) -> float | None:
    """Share of posts in bursts that say that they are paid for."""
    found, of = subject.ring.disclosed
    return found / of if of else None


def benefit(subject: Subject) -> float | None:
    """Share of members who were sent a promoted asset before the ring's first burst and sent it on soon after.

    Known only where transfers of a promoted ticker's asset by members, or by wallets tied to them, are loaded. Prices
    cannot show who gained: candles and trades name no account.
    """
    if subject.context is None:
        return None
    tickers = {t for p in subject.ring.posts.values() for t in p.tickers}
    moves = subject.context.transfers_of(tickers)
    if not moves:
        return None
    gained = seen = 0
    for member in subject.members:
        own = {member, *subject.context.wallets.get(member, ())}
        mine = [m for m in moves if m.source in own or m.target in own]
        seen += bool(mine)
        got = {m.asset for m in mine if m.target in own and -BOUGHT_BEFORE <= m.at - subject.begins <= 0}
        gave = {
            m.asset for m in mine if m.source in own and 0 <= m.at - subject.begins <= SOLD_AFTER + _length(subject)
        }
        gained += bool(got & gave)
    return gained / len(subject.members) if seen else None


def _length(subject: Subject) -> int:
    return subject.ends - subject.begins


def _made(subject: Subject) -> list[int] | None:
    known = [round(p.created_at.timestamp() * 1e6) for p in subject.profiles if p.created_at is not None]
    return known if _enough(subject, len(known)) else None


def _enough(subject: Subject, known: int) -> bool:
    return known >= 2 and known >= KNOWN * min(len(subject.members), len(subject.profiles) or 1)
