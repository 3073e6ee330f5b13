"""The demo network, small, as ``lockstep demo`` leaves it: its store, its casebook, and a ring to work on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from graph.findings import Finding, Priority
from graph.store import open_store
from tests.cli import lockstep


@dataclass(frozen=True, slots=True)
class Demo:
    """Where it is, and one cluster that promotes a ticker."""

    store: str
    data_dir: Path
    casebook: str
    ring: Finding

    @property
    def accounts(self) -> list[str]:
        """Those of the ring against whom there is evidence of their own."""
        return sorted(m.account for m in self.ring.members if m.evidence)


def made(folder: Path, priority: Priority) -> Demo:
    """Make it in a folder; its cluster of this priority that stands first."""
    ran = lockstep("demo", "--out", folder / "demo", "--size", 500, "--days", 10)
    assert ran.code == 0, ran.err
    store, data_dir = f"sqlite:///{folder / 'demo' / 'lockstep.db'}", folder / "demo" / "store"
    with open_store(store, data_dir) as opened, opened.view() as view:
        ring = next(f for f in view.findings(kind="shilling_cluster") if f.priority is priority)
    return Demo(store, data_dir, f"sqlite:///{folder / 'demo' / 'casebook.db'}", ring)
