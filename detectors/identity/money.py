"""Groups that payments tie together, as a layer: services are taken out before (:mod:`detectors.identity.funding`)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from detectors.identity.funding import CHAIN, FAN_OUT, FundingGroup
from detectors.identity.people import Bools, People
from detectors.identity.ties import Group, Shared


def money(found: Sequence[FundingGroup], known: People, payable: Bools) -> list[Shared]:
    """The layer of groups; none where there are none.

    Parameters
    ----------
    payable : ndarray of bool, shape (n_accounts,)
        Accounts of which a wallet or a payment is known: among these, groups are dealt out.
    """
    members = [known.codes(pa.array(g.accounts, pa.string())) for g in found]
    if not found:
        return []
    rows = [(int(c), g) for g, codes in enumerate(members) for c in codes if c >= 0]
    grouped = {code for code, _ in rows}
    alone = [int(c) for c in np.flatnonzero(payable) if int(c) not in grouped]
    rows += [(c, len(found) + k) for k, c in enumerate(alone)]
    user, group = np.array(sorted(rows, key=lambda r: (r[1], r[0])), np.int64).T
    groups = [Group("funding", said(g), tuple(g.nodes), hand=True, detail=g.kind) for g in found]
    return [Shared("funding", user.astype(np.int32), group, groups)]


def said(group: FundingGroup) -> str:
    """The tie as a sentence has it."""
    if group.kind == CHAIN:
        return "money handed on from one to the next"
    return "first funded by one party" if group.kind == FAN_OUT else "paid out to one party"
