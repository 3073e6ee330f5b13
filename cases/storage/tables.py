"""All tables of the casebook; migrations make them, and a test holds the two against each other."""

from __future__ import annotations

from cases.storage import escalation, evidence, people, referrals, schema
from cases.storage.columns import metadata

#: Rows that are written once: a trigger refuses any change of them.
FROZEN = (*schema.FROZEN, *evidence.FROZEN, *escalation.FROZEN, *people.FROZEN, *referrals.FROZEN)

__all__ = ["FROZEN", "metadata"]
