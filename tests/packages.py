"""A case with everything that a package can hold, over the small store of :mod:`tests.flagged`, and its package."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from cases import appeals, caseload, decisions
from cases.caseload import Subject
from cases.drafts import Measure
from cases.evidence import snapshots
from cases.lifecycles import AppealState, Severity
from cases.package.build import build
from graph.store import Store, View, open_store
from tests import flagged
from tests.casework import ANNA, LENA, LUIS, Work, draft, opened, sqlite_url

NAMES = ("<b>moon</b>", "abc\u202egnp.exe", "zero\u200bwidth", "日本の人", "محمد", "q" * 90, "שלום", "🚀 to the moon")
TEXTS = (
    *flagged.HOSTILE,
    "買え $XYZ 今すぐ 🚀🚀",
    "اشتر $XYZ الآن",
    "x" * 150,
    '#panic() #read("/etc/passwd") $ x_1^2 $ = *b*',
)


@contextmanager
def graph(folder: Path) -> Iterator[View]:
    """A view of the store of :mod:`tests.flagged`, with names and texts that mean harm."""
    store: Store = open_store(f"sqlite:///{folder}/graph.db", folder)
    try:
        flagged.load(store, TEXTS)
        accounts = [
            {"account": a, "handle": name, "created_at": flagged.START}
            for a, name in zip(flagged.ACCOUNTS, NAMES, strict=True)
        ]
        with store.writer() as writer:
            writer.write("accounts", flagged.table("accounts", accounts))
        flagged.flag(store)
        yield store.view()
    finally:
        store.close()


def whole_case(work: Work, view: View) -> str:
    """A case from its opening to an appeal that was upheld in part; gives its id."""
    roles = zip(flagged.ACCOUNTS, flagged.ROLES, strict=True)
    about = [Subject(a, role, own_evidence=a != flagged.ACCOUNTS[-1]) for a, role in roles]
    case_id: str = work.do(
        ANNA, caseload.open_case, "copied posts <script>alert(1)</script> \u202e$XYZ", Severity.S1, about=about
    )
    for name in ("investigate", "ready"):
        work.do(ANNA, caseload.move, case_id, name)
    places = {f"account/{a}": (100.0 * i, 40.0 * (i % 3)) for i, a in enumerate(flagged.ACCOUNTS)}
    sha = work.do(ANNA, snapshots.freeze, case_id, view, flagged.shilling(1).id, commands=[["add", "x"]], layout=places)
    work.do(LENA, snapshots.view_of, sha, "to decide")
    work.clock.later(minutes=5)
    work.do(ANNA, caseload.write, case_id, "seen with @lena; not yet clear")
    told = draft(Severity.S1, Measure.DEMOTE_CONTENT, snapshots=(sha,))
    acts = tuple(type(a)(a.measure, f"x:p0-{i}", flagged.ACCOUNTS[i]) for i, a in enumerate(told.actions))
    proposal = work.do(ANNA, decisions.propose, case_id, draft(Severity.S1, actions=acts, snapshots=(sha,)))
    work.clock.later(minutes=5)
    decision = work.do(LENA, decisions.approve, proposal["id"], proposal["hash"])
    work.do(ANNA, decisions.enforce, case_id)
    appeal = work.do(LENA, appeals.receive, decision, flagged.ACCOUNTS[0], "We are a fan club.\nSee <a href=x>us</a>.")
    work.do(LENA, appeals.acknowledge, appeal)
    work.do(LENA, appeals.assign, appeal, "luis")
    work.do(LUIS, appeals.resolve, appeal, AppealState.UPHELD, "The posts are copies.")
    return case_id


@cache
def example() -> tuple[str, dict[str, bytes]]:
    """The files of one such package and its folder's name, built once in a process."""
    with tempfile.TemporaryDirectory() as place, graph(Path(place)) as view:
        work = opened(sqlite_url(Path(place)))
        made = build(work.book, ANNA, whole_case(work, view), Path(place) / "out")
        work.book.close()
        return made.name, {
            p.relative_to(made).as_posix(): p.read_bytes() for p in sorted(made.rglob("*")) if p.is_file()
        }


def laid(folder: Path) -> Path:
    """The example package in a folder of its own, to be spoiled."""
    name, files = example()
    for inner, content in files.items():
        (folder / name / inner).parent.mkdir(parents=True, exist_ok=True)
        (folder / name / inner).write_bytes(content)
    return folder / name


def flipped(content: bytes, lot: random.Random) -> bytes:
    """The same with one byte changed."""
    at = lot.randrange(len(content))
    return content[:at] + bytes([content[at] ^ lot.randrange(1, 256)]) + content[at + 1 :]
