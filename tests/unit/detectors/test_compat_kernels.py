"""The compiled loops of compatibility and the same functions as plain Python give the same."""

from __future__ import annotations

import pytest

from detectors.coaction.compat import cnt, coortweet, kernels
from ingest.direct.verbatim import SCHEMA
from tests.hostile import stream
from tests.property.test_compat_coortweet import hostile, table


def messages(seed: int) -> list[dict[str, object]]:
    """A hostile stream as messages."""
    return [
        {"actor": p.user, "message": p.message, "at": float(p.time), "repost": p.repost or None,
         "reply": p.reply or None, "text": p.text, "objects": p.urls.split(" ")}
        for p in stream(seed, 70)
    ]  # fmt: skip


def everything() -> list[list[dict[str, object]]]:
    """Networks of all types over some streams."""
    import pyarrow as pa

    out = []
    for seed in range(3):
        rows = pa.Table.from_pylist(messages(seed), schema=SCHEMA)
        for kind in cnt.PARTS:
            near = cnt.Similarity([0.0, 0.5, 1.0][seed], [3, 1, 2.5][seed])
            out.append(cnt.network(rows, kind, 20.5, min_weight=1 + seed, loops=True, similarity=near).to_pylist())
        rule = coortweet.Rule(seed, 0.5, remove_loops=seed < 2, fast_s=1)
        out.append(coortweet.network(table(hostile(seed)), 5, rule).to_pylist())
    return out


def test_with_and_without_the_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = everything()
    assert sum(map(len, compiled)) > 500
    names = [name for name, value in vars(kernels).items() if hasattr(value, "py_func")]
    assert set(names) >= {"ranges", "weights", "similar_weights", "jaccard", "pairs_within", "listed", "roomy"}
    for name in names:
        monkeypatch.setattr(kernels, name, getattr(kernels, name).py_func)
    assert everything() == compiled


def test_tables_of_results_grow() -> None:
    import numpy as np

    out = np.arange(6, dtype=np.int32).reshape(3, 2)
    roomy, jaccard = (vars(kernels)[name] for name in ("roomy", "jaccard"))
    for function in (roomy, roomy.py_func):
        assert function(out, 1, 1) is out or function(out, 1, 1).tolist() == out.tolist()
        bigger = function(out, 2, 3)
        assert bigger.shape == (3, 5)
        assert bigger[:, :2].tolist() == out.tolist()
    two = kernels.Tokens(np.array([0, 0, 0], np.int64), np.array([], np.int32))
    assert jaccard.py_func(two, 0, 1, 0.5, 0.0) == 0.0
