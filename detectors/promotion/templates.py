"""Template texts: posts that are the same sentence once what varies in it is taken out.

Tickers, numbers, links, mentions, punctuation and emoji are slots; what is left is compared by its shingles
(:mod:`detectors.text`). Two posts are from one template where these are similar (Jaccard ≥ .8) and their authors
differ.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from detectors.text import comparable, near
from graph.model import Post

TICKER = re.compile(r"\$[a-z0-9]{1,12}\b")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
REST = re.compile(r"[^\w$#]+|_+")
MOST = 400  # posts of a ring that are compared
SHORT = 12  # characters of what is left, below which everybody writes the same


def slotted(text: str) -> str:
    """A text with slots in the place of what varies.

    Examples
    --------
    >>> slotted("Still early on $PEPE, next stop 20x 🚀") == slotted("still early on $WIF … next stop 5x!!")
    True
    """
    folded = NUMBER.sub("#", TICKER.sub("$", comparable(text)))
    return " ".join(REST.sub(" ", folded).split())


def shared(posts: Sequence[Post]) -> tuple[frozenset[str], int]:
    """Posts whose template another author uses as well, and how many were compared.

    Returns
    -------
    posts : frozenset of str
        Their keys.
    compared : int
        Posts with a text long enough to be told apart, at most :data:`MOST`.
    """
    some = sorted((p for p in posts if p.text and p.account), key=lambda p: p.post)
    forms = [(p, form) for p in some if len(form := slotted(p.text or "")) >= SHORT]
    if len(forms) > MOST:
        forms = [forms[i] for i in np.linspace(0, len(forms) - 1, MOST).astype(int)]
    authors: dict[str, set[str]] = {}
    for post, form in forms:
        authors.setdefault(form, set()).add(post.account or "")
    texts = sorted(authors)
    common = {form for form, who in authors.items() if len(who) > 1}
    for a, b in near(texts).pairs.T.tolist() if len(texts) > 1 else ():
        if len(authors[texts[a]] | authors[texts[b]]) > 1:
            common |= {texts[a], texts[b]}
    return frozenset(p.post for p, form in forms if form in common), len(forms)
