"""The command that imports the files, as a script beside them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from graph.stores.neo4jdb.bulk.files import CsvFile

BUFFER = 4 << 20
"""What the import tool reads at once unless told otherwise; the longest value must fit in."""
_PLAIN = ("--legacy-style-quoting=false", "--ignore-empty-strings=false", "--trim-strings=false")


def arguments(files: Sequence[CsvFile]) -> list[str]:
    """The arguments of ``neo4j-admin``, but for the database's name; paths are relative to the files' folder."""
    found = ["database", "import", "full"]
    for file in sorted(files, key=lambda f: (not f.group.node, f.name)):
        option = "--nodes" if file.group.node else "--relationships"
        found.append(f"{option}={file.group.labels}={file.header},{file.data}")
    # not the tool's format v2, which looks for the ends of rows from behind and fails on free text
    if any(file.multiline for file in files):
        found += ["--multiline-fields-format=v1", "--multiline-fields=true"]
    # a quotation mark takes two bytes
    if (longest := 2 * max((file.longest for file in files), default=0)) >= BUFFER // 2:
        found.append(f"--read-buffer-size={2 * longest + BUFFER}")
    # last come options of one value: those above would take the database's name for a file
    return [*found, "--array-delimiter=U+001F", *_PLAIN, "--id-type=string"]


def write(folder: Path, files: Sequence[CsvFile], source: str, seq: int, *, continues: bool) -> list[str]:
    """Write the script and the page that explains it; gives the arguments."""
    found = arguments(files)
    (folder / "README.md").write_text(_README.format(source=source, seq=seq, copy=_COPY[continues]), encoding="utf-8")
    lines = " \\\n  ".join(map(shlex.quote, found))
    script = folder / "import.sh"
    script.write_text(_SCRIPT.format(arguments=lines), encoding="utf-8")
    script.chmod(0o755)
    return found


_SCRIPT = """\
#!/bin/sh
# Import these files into a Neo4j database that is empty or does not exist; the server must not be running.
#   sh import.sh [DATABASE [OPTION…]]      DATABASE: neo4j, unless named; OPTION: of neo4j-admin
# NEO4J_ADMIN names the program where it is not on the search path; HEAP_SIZE its memory.
set -eu
cd "$(dirname "$0")"
database="${{1:-neo4j}}"
[ "$#" -eq 0 ] || shift
exec "${{NEO4J_ADMIN:-neo4j-admin}}" {arguments} \\
  "$@" "$database"
"""

_COPY = {
    True: "Later commits of the source come with `lockstep copy --from SOURCE --to STORE`.",
    False: "The source had earlier versions of rows, which are not in these files, so that `lockstep copy`\n"
    "cannot add its later commits here. Load new files into the new store instead.",
}

_README = """\
# A Lockstep graph for Neo4j

Made from {source}, commit {seq:,}. Needs Neo4j 5.26 or later.

1. Stop the server. The database must be empty or not exist; `--overwrite-destination=true` replaces one.
2. `sh import.sh neo4j` (or another database's name, and further options of `neo4j-admin database import full`).
   The tool takes `HEAP_SIZE` for its heap, and up to 90 % of the machine's memory beside it.
3. Start the server, and `CREATE DATABASE` if it is a new name.
4. `lockstep migrate --store neo4j://USER@HOST/DATABASE` makes constraints and indexes; the program then opens it.
5. `lockstep doctor --store …` shows version, schema and sizes. When all is well, delete this folder: it holds the data.

Each pair of files is one kind of node or relationship: NAME.header.csv names and types the columns, NAME.csv.gz holds
the rows. {copy}
"""
