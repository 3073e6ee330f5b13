"""A ring's promotion as evidence with what others' posts let expect, in words, and as an innocent explanation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from detectors.coaction.clearing import Cleared
from detectors.coaction.evidence import POSTS_SHOWN, three_digits
from detectors.coaction.leadlag import leads
from detectors.coaction.null import tail
from detectors.promotion import language, newness
from detectors.promotion.measuring import Promotion
from detectors.promotion.wording import short
from graph.findings import Checked, Evidence, Explanation
from graph.model import NodeRef, NodeType

LEADS = 0.05  # chance, over all members, of leading so much up to which somebody is said to start
NOTHING = 0.6  # what it takes from a score that nothing is pushed
UNREAD = 0.5  # how far a post without ticker or link counts as nothing pushed where its words cannot be read
NOTABLE = 0.3  # share from which the sentence speaks of something


@dataclass(frozen=True)
class Shown:
    """A piece of evidence, and what the sentence says of it; empty where it is nothing to speak of."""

    evidence: Evidence
    clause: str = ""


def evidence(promotion: Promotion) -> list[Shown]:
    """What was measured of the promotion, each beside what is usual; what was not seen is left out."""
    parts = (_focus, _said, _templates, _new, _inner, _ratio, _referrals, _block, _source, _starts)
    return [piece for part in parts for piece in part(promotion)]


def _piece(
    measure: str,
    numbers: tuple[float, float, float | None],
    unit: str,
    nodes: Sequence[NodeRef],
    acts: tuple[str, ...] = (),
) -> Evidence:
    value, expected, p = numbers
    chance = None if p is None else three_digits(p)
    return Evidence(measure, three_digits(value), three_digits(expected), chance, unit, tuple(nodes), acts)


def _clause(words: str, value: float, expected: float, of: int) -> str:
    """What the sentence says, where a share worth speaking of is more than twice what is expected."""
    return f"{words} (expected {short(expected)})" if value >= NOTABLE * of and value > 2 * expected else ""


def _nodes(kind: NodeType, keys: Iterable[str]) -> list[NodeRef]:
    return [NodeRef(kind, key) for key in sorted(keys)]


def _posts(keys: Iterable[str]) -> list[NodeRef]:
    return _nodes(NodeType.POST, keys)[:POSTS_SHOWN]


def _messages(p: Promotion, keys: Sequence[str]) -> tuple[list[NodeRef], tuple[str, ...]]:
    """Messages as the posts among them, and the keys of the others, which are interactions."""
    some = sorted(keys)[:POSTS_SHOWN]
    known = {post.post for post in p.around.search.view.posts(some)}
    return _posts(known), tuple(key for key in some if key not in known)


def _focus(p: Promotion) -> Iterator[Shown]:
    focus = p.focus
    if focus is not None:
        what = f"${focus.thing}" if focus.node is NodeType.TICKER else focus.thing
        nodes, acts = _messages(p, focus.keys)
        measure = f"messages on {what} of members' {focus.of} on any {focus.node}"
        numbers = (focus.about, focus.usual * focus.of, None)
        yield Shown(_piece(measure, numbers, "messages", [NodeRef(focus.node, focus.thing), *nodes], acts))


def _said(p: Promotion) -> Iterator[Shown]:
    of = p.words.read
    phrases = (
        ("calls", "call to buy, claim or join", "call to act"),
        ("promises", "promise a price", "promise a price"),
    )
    for what, whole, brief in phrases:
        usual = p.around.usual(what)
        if usual is not None and p.words.share(what):
            keys = [q.post for q in p.pushed if (s := language.said(q)) is not None and getattr(s, what)]
            expected = usual * of
            piece = _piece(
                f"of {of} posts read, those that {whole}", (len(keys), expected, None), "posts", _posts(keys)
            )
            yield Shown(piece, _clause(f"{len(keys)} of {of} posts {brief}", len(keys), expected, of))


def _templates(p: Promotion) -> Iterator[Shown]:
    common, of = p.templates
    usual = p.around.from_templates(of)
    if common and usual is not None:
        measure = f"of {of} own texts, those of a template that another member uses"
        piece = _piece(measure, (len(common), usual * of, None), "posts", _posts(common))
        words = f"{len(common)} of {of} texts are from templates that they share"
        yield Shown(piece, _clause(words, len(common), usual * of, of))


def _new(p: Promotion) -> Iterator[Shown]:
    usual = newness.usual(p.around.made, p.begins, p.ends)
    dated = {a.account: round(a.created_at.timestamp() * 1e6) for a in p.profiles if a.created_at is not None}
    fresh = [name for name, at in dated.items() if newness.count([at], p.begins)]
    if usual is not None and fresh:
        expected = usual * len(dated)
        measure = f"of {len(dated)} members, those made in the month before it began or later"
        numbers = (len(fresh), expected, _binomial(len(fresh), len(dated), usual))
        words = f"{len(fresh)} of them were made in the month before it began, or later"
        piece = _piece(measure, numbers, "accounts", _nodes(NodeType.ACCOUNT, fresh))
        yield Shown(piece, _clause(words, len(fresh), expected, len(dated)))


def _inner(p: Promotion) -> Iterator[Shown]:
    found = p.engagement
    if found is not None and found.inner:
        nodes, acts = _messages(p, found.keys)
        measure = f"of {found.acts} reposts, replies, quotes and likes of members' posts, those by members"
        piece = _piece(measure, (found.inner, found.expected, None), "acts", nodes, acts)
        words = f"{found.inner} of {found.acts} reactions to their posts are by themselves"
        yield Shown(piece, _clause(words, found.inner, found.expected, found.acts))


def _ratio(p: Promotion) -> Iterator[Shown]:
    if p.ratio is not None:
        value, posts, usual = p.ratio
        yield Shown(_piece(f"likes and reposts a view, mean of {posts} posts", (value, usual, None), "1", ()))


def _referrals(p: Promotion) -> Iterator[Shown]:
    carrying, of = set().union(*p.referring.values()), len(p.pushed)
    if carrying:
        measure = f"of {of} posts, those with a referral code in a link ({len(p.referring)} codes)"
        expected = p.around.referring * of
        piece = _piece(measure, (len(carrying), expected, None), "posts", _posts(carrying))
        yield Shown(piece, _clause(f"{len(carrying)} of {of} posts carry a referral code", len(carrying), expected, of))
    if p.one_code is not None:
        code, users = p.one_code
        accounts = max(p.around.search.view.count("accounts"), 1)
        expected = len(p.around.codes[code]) / accounts * len(p.members)
        nodes = _nodes(NodeType.ACCOUNT, users)
        yield Shown(_piece("members said to use one referral code", (len(users), expected, None), "accounts", nodes))


def _block(p: Promotion) -> Iterator[Shown]:
    found = p.block
    if found is not None:
        block = found.block
        sizes = f"{len(block.accounts)} accounts × {len(block.objects)} objects × {len(block.hours)} hours"
        nodes = _nodes(NodeType.ACCOUNT, [p.ring.names[code] for code in block.accounts.tolist()])
        numbers = (block.density, found.expected, found.p_value)
        yield Shown(
            _piece(f"density of {block.acts} acts in {sizes}, beside chance's densest block", numbers, "1", nodes)
        )


def _source(p: Promotion) -> Iterator[Shown]:
    if p.source is not None:
        account, count, of = p.source
        expected = p.around.reactions.share_of(account) * of
        measure = f"of {of} posts that members repost, those of one account, the target"
        yield Shown(_piece(measure, (count, expected, None), "posts", _nodes(NodeType.ACCOUNT, [account])))


def _starts(p: Promotion) -> Iterator[Shown]:
    """Who begins more often than equally likely orders have it, in the layer that the sentence speaks of."""
    lead = p.ring.lead
    order = leads(lead.actors, lead.times, lead.occasions)
    limit = LEADS / len(p.ring.codes)  # whoever leads was looked for among all members
    taken = np.unique(np.stack([lead.occasions, lead.actors.astype(np.int64)]), axis=1)
    sizes = np.bincount(taken[0])
    leading = [one for one in order if one.p_value is not None and one.p_value <= limit]
    for number, one in enumerate(leading[:3]):
        expected = float((1 / sizes[taken[0][taken[1] == one.account]]).sum())
        nodes = _nodes(NodeType.ACCOUNT, [p.ring.names[one.account]])
        measure = f"times that it was first, of {one.occasions} occasions of the ring"
        piece = _piece(measure, (one.first, expected, one.p_value), "occasions", nodes)
        words = f"one of them began {one.first} of {one.occasions} occasions (expected {short(expected)})"
        yield Shown(piece, "" if number else words)


def _binomial(seen: int, of: int, share: float) -> float:
    from scipy.special import bdtrc

    return float(bdtrc(seen - 1, of, share)) if share < 1 else float(tail(seen, of))


def limits(promotion: Promotion) -> list[str]:
    """What of the texts could not be read."""
    words = promotion.words
    if words.read == words.texts:
        return []
    where = ", ".join(name for name in words.unread if name != "?") or "their script"
    return [f"text signals not used for {words.texts - words.read} of {words.texts} posts: no lexicon for {where}"]


def nothing_pushed(promotion: Promotion) -> Cleared:
    """The explanation that nothing is promoted: what members share carries no ticker, link, call or common text."""
    text = "nothing is promoted: no ticker, link, call to act or common text in what they share"
    carry, known = promotion.carrying
    of = len(promotion.pushed)
    if not of:
        return Cleared(Explanation(text, Checked.NOT_CHECKABLE, "no posts to read"), 0.0, NOTHING)
    seen = f"{known - carry} of {of} posts carry nothing of the kind"
    if known < of:
        seen += f"; {of - known}, whose words cannot be read, have no ticker or link"
    part = (known - carry + UNREAD * (of - known)) / of
    state = Checked.PRESENT if part > 0 else Checked.EXCLUDED
    return Cleared(Explanation(text, state, seen), part, NOTHING)
