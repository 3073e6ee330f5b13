"""The installed coordination-network-toolkit, run live: what compatibility is held against."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.peers import peer
from lockstep.locks import hold

_DRIVER = """
import contextlib, io, json, os, sqlite3, sys, tempfile
from coordination_network_toolkit import compute_networks as c, preprocess
from coordination_network_toolkit.similarity import get_similarity_fn_from_min_size

FUNCTIONS = {
    "co_retweet": c.compute_co_retweet_parallel, "co_tweet": c.compute_co_tweet_network,
    "co_reply": c.compute_co_reply_network, "co_link": c.compute_co_link_network,
    "co_post": c.compute_co_post_network, "co_similar_tweet": c.compute_co_similar_tweet,
}
for line in sys.stdin:
    job = json.loads(line)
    answers = []
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        path = os.path.join(folder, "toolkit.db")
        preprocess.preprocess_csv_files(path, [job["file"]])
        for kind, window, floor, more in job["networks"]:
            if kind == "co_similar_tweet":
                more["similarity_function"] = get_similarity_fn_from_min_size(more.pop("min_tokens"))
            try:
                FUNCTIONS[kind](path, window, min_edge_weight=floor, n_threads=1, **more)
            except Exception as error:
                answers.append(type(error).__name__)
                continue
            with contextlib.closing(sqlite3.connect(path)) as db:
                answers.append(db.execute(f"select user_1, user_2, weight from {kind}_network").fetchall())
    print(json.dumps(answers), flush=True)
"""

Network = tuple[str, float, int, dict[str, Any]]
"""Network type, window in seconds, least weight, further parameters."""


def toolkit(jobs: Sequence[tuple[Path, Sequence[Network]]]) -> list[list[Any]]:
    """For each CSV file the edges of each of its networks, loops among them; the error's name where it stops."""
    with hold(Path(tempfile.gettempdir()) / "lockstep-peer-cnt.lock"):
        command = peer("cnt")
    lines = "".join(json.dumps({"file": str(file), "networks": networks}) + "\n" for file, networks in jobs)
    done = subprocess.run(
        [str(command.parent / "python"), "-c", _DRIVER], input=lines, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]
