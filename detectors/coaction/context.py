"""What the store knows that may explain a pattern: campaigns, labels, states, events, disclosures, profiles."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.model import Post
from graph.projection import events, fold_text
from graph.schema import TIME
from graph.store import View

NOT_MEMBERS = ("official", "service")
DISCLOSURE = re.compile(
    r"#(ad|ads|advert|advertisement|sponsored|sponsor|paid|promo|promotion|partnership|anzeige|werbung|publicidad|pub"
    r"|publi|reklam|reklama|реклама|広告|pr)\b|\bpaid partnership\b|\bsponsored (by|post|content)\b",
    re.IGNORECASE,
)
CAMPAIGN_TRACES = (("ticker", "tickers"), ("link", "links"), ("hashtag", "hashtags"))


def discloses(text: str | None) -> bool:
    """Whether a text says, in a way that is recognised, that it is paid for."""
    return bool(text and DISCLOSURE.search(text))


def alike(a: Post, b: Post) -> float:
    """Jaccard similarity of two posts' words, mentions and links left out; 0 where one has no words.

    Links have a layer of their own, and shorteners give each copy of a text another one.
    """
    one, other = ({w for w in fold_text(p.text or "").split() if "://" not in w} for p in (a, b))
    return len(one & other) / len(one | other) if one and other else 0.0


@dataclass(frozen=True)
class Context:
    """The small tables of a view, read once a run."""

    view: View
    start: datetime | None = None
    end: datetime | None = None

    def _rows(self, table: str) -> list[dict[str, Any]]:
        return [row for batch in self.view.scan(table) for row in batch.to_pylist()]

    @cached_property
    def campaigns(self) -> list[dict[str, Any]]:
        """Declared campaigns, by id."""
        return sorted(self._rows("campaigns"), key=lambda r: r["campaign_id"])

    @cached_property
    def hijacked(self) -> dict[str, datetime]:
        """Accounts said to have been hijacked, and since when."""
        rows = [r for r in self._rows("account_states") if r["state"] == "hijacked"]
        return {r["account"]: r["at"] for r in sorted(rows, key=lambda r: r["at"], reverse=True)}

    @cached_property
    def labelled(self) -> bool:
        """Whether any labels are loaded."""
        return self.view.count("labels") > 0

    @cached_property
    def not_members(self) -> dict[str, str]:
        """Accounts labelled official or service, and the label with its source and date."""
        found = {}
        for row in sorted(self._rows("labels"), key=lambda r: (r["account"], r["label"], str(r["at"]))):
            over = row["until"] is not None and self.start is not None and row["until"] < self.start
            ahead = row["at"] is not None and self.end is not None and row["at"] >= self.end
            if row["label"] in NOT_MEMBERS and not over and not ahead:
                when = f" on {row['at']:%Y-%m-%d}" if row["at"] else ""
                found[row["account"]] = f"labelled {row['label']} by {row['source'] or 'an unnamed source'}{when}"
        return found

    @cached_property
    def triggers(self) -> dict[str, list[datetime]] | None:
        """Times of news, listings and the like, by ticker; None where no events are loaded. A pump explains nothing."""
        rows = self._rows("events")
        if not rows:
            return None
        found: dict[str, list[datetime]] = {}
        for row in rows:
            if row["kind"] != "pump":
                found.setdefault(row["ticker"], []).append(row["at"])
        return found

    @cached_property
    def explained(self) -> dict[str, str]:
        """Messages that a declared campaign explains, and its id; paid posts that must say so and do not are not."""
        found: dict[str, str] = {}
        must_say: set[str] = set()
        for campaign in self.campaigns:
            mine: set[str] = set()
            for trace, column in CAMPAIGN_TRACES:
                if campaign[column]:
                    mine |= set(self._within(trace, campaign, campaign[column]))
            found |= dict.fromkeys(sorted(mine - set(found)), campaign["campaign_id"])
            must_say |= mine if campaign["disclosure_required"] else set()
        silent = {p.post for p in self.view.posts(sorted(must_say)) if not discloses(p.text)}
        return {key: campaign for key, campaign in found.items() if key not in silent}

    def _within(self, trace: str, campaign: dict[str, Any], things: Sequence[str]) -> Iterator[str]:
        table = events(self.view, trace, start=self.start, end=self.end)
        mask = pc.and_(
            pc.and_(
                pc.greater_equal(table["at"], pa.scalar(campaign["start"], TIME)),
                pc.less_equal(table["at"], pa.scalar(campaign["end"], TIME)),
            ),
            named(table, "object", things),
        )
        if campaign["participants"]:
            mask = pc.and_(mask, named(table, "actor", campaign["participants"]))
        yield from table.filter(mask)["message"].to_pylist()


def named(table: pa.Table, column: str, values: Sequence[str]) -> pa.Array:
    """Which rows of an event table have one of the values; looked up once per distinct value."""
    if not table.num_rows:
        return pa.array([], pa.bool_())
    coded = table[column].combine_chunks()
    hit = pc.is_in(coded.dictionary, pa.array(sorted(values), pa.string())).to_numpy(zero_copy_only=False)
    return pa.array(np.asarray(hit)[coded.indices.to_numpy()])
