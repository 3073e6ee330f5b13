r"""Networks as files that other tools read: CSV, Parquet, GraphML and GEXF, with whatever columns edges and nodes have.

The two kinds of XML are written here, in one pass: GEXF as its schema (1.3) has it, GraphML as its schema (1.0) has it.
Times are RFC 3339 text, an absent value is left out, and characters that XML cannot hold are written as ``\x01``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

import pyarrow as pa
import pyarrow.compute as pc

from graph.errors import ConfigError

Writer = Callable[[pa.Table, Path, pa.Table, str], None]

GEXF = "http://gexf.net/1.3"
BETWEEN = " | "  # the values of a list, where a file has no lists
_ENDS = ("source", "target")
_UNSPOKEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BLOCK = 50_000  # rows of XML made at once


def write(edges: pa.Table, path: Path, nodes: pa.Table | None = None, *, directed: bool = True) -> None:
    """Write a network in the form that the file's suffix names; the file is there whole or not at all.

    Parameters
    ----------
    edges : pyarrow.Table
        Columns source and target, weight if there is one, and any others: numbers, truth values, texts, times, lists.
    path : Path
        Where to: a suffix of :data:`SUFFIXES`.
    nodes : pyarrow.Table, optional
        Column id, and what is known of those accounts. Nodes of edges that it lacks are written without attributes;
        CSV and Parquet hold the edges only.
    directed : bool
        What GraphML and GEXF say of the edges.

    Raises
    ------
    ConfigError
        No such form, or the file cannot be written.
    """
    form = SUFFIXES.get(path.suffix)
    if form is None:
        raise ConfigError(f"cannot write {path.suffix!r} files", str(path), f"one of {', '.join(SUFFIXES)}")
    temporary = path.with_name(f".{path.name}.part")
    try:
        kind = "directed" if directed else "undirected"
        nobody = pa.schema([("id", pa.string())]).empty_table()
        form(edges, temporary, nobody if nodes is None else nodes, kind)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ConfigError(f"cannot be written: {error.strerror}", str(path), "choose another place") from error


def _csv(edges: pa.Table, path: Path, _: pa.Table, __: str) -> None:
    from pyarrow import csv

    columns = [_text(c) if pa.types.is_list(c.type) else _timed(c) for c in edges.columns]
    csv.write_csv(pa.table(columns, names=edges.schema.names), path)


def _parquet(edges: pa.Table, path: Path, _: pa.Table, __: str) -> None:
    from pyarrow import parquet

    parquet.write_table(edges, path)


def _graphml(edges: pa.Table, path: Path, nodes: pa.Table, directed: str) -> None:
    everybody, more, others = _everybody(edges, nodes), _others(nodes, ("id",)), _others(edges, _ENDS)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("<?xml version='1.0' encoding='utf-8'?>\n")
        file.write(
            '<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
            ' xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns'
            ' http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">\n'
        )
        for where, table, names in (("node", nodes, more), ("edge", edges, others)):
            for i, name in enumerate(names):
                kind = _KINDS[_kind(table.schema.field(name).type)][0]
                file.write(f'<key id="{where[0]}{i}" for="{where}" attr.name={_quoted(name)} attr.type="{kind}"/>\n')
        file.write(f'<graph id="network" edgedefault="{directed}">\n')
        data = [_marked(f'<data key="n{i}">', nodes[name], "</data>") for i, name in enumerate(more)]
        known = dict(zip(nodes["id"].to_pylist(), _joined(data, nodes.num_rows), strict=True))
        for key in everybody:
            file.write(f"<node id={_quoted(key)}>{known.get(key, '')}</node>\n")
        for part in _blocks(edges):
            data = [_marked(f'<data key="e{i}">', part[name], "</data>") for i, name in enumerate(others)]
            _elements(file, ["<edge source="] * part.num_rows, part, _joined(data, part.num_rows))
        file.write("</graph>\n</graphml>\n")


def _gexf(edges: pa.Table, path: Path, nodes: pa.Table, directed: str) -> None:
    everybody, more = _everybody(edges, nodes), _others(nodes, ("id", "label"))
    weighed = "weight" in edges.schema.names
    others = _others(edges, (*_ENDS, "weight"))
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("<?xml version='1.0' encoding='utf-8'?>\n")
        file.write(
            f'<gexf xmlns="{GEXF}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
            f' xsi:schemaLocation="{GEXF} {GEXF}/gexf.xsd" version="1.3">\n'
            f'<meta lastmodifieddate="{datetime.now(UTC):%Y-%m-%d}"><creator>Lockstep</creator></meta>\n'
            f'<graph defaultedgetype="{directed}" idtype="string" mode="static">\n'
        )
        for where, table, names in (("node", nodes, more), ("edge", edges, others)):
            if names:
                file.write(f'<attributes class="{where}" mode="static">\n')
            for i, name in enumerate(names):
                kind = _KINDS[_kind(table.schema.field(name).type)][1]
                file.write(f'<attribute id="{i}" title={_quoted(name)} type="{kind}"/>\n')
            if names:
                file.write("</attributes>\n")
        known = dict(zip(nodes["id"].to_pylist(), _attvalues(nodes, more), strict=True))
        labels = dict(zip(nodes["id"].to_pylist(), nodes["label"].to_pylist(), strict=True)) if _labelled(nodes) else {}
        file.write(f'<nodes count="{len(everybody)}">\n')
        for key in everybody:
            label = _quoted(str(labels.get(key) or key))
            file.write(f"<node id={_quoted(key)} label={label}>{known.get(key, '')}</node>\n")
        file.write(f'</nodes>\n<edges count="{edges.num_rows}">\n')
        at = 0
        for part in _blocks(edges):
            weight = [f' weight="{w}"' for w in _text(part["weight"]).to_pylist()] if weighed else [""] * part.num_rows
            heads = [f'<edge id="{at + i}"{w} source=' for i, w in enumerate(weight)]
            _elements(file, heads, part, _attvalues(part, others))
            at += part.num_rows
        file.write("</edges>\n</graph>\n</gexf>\n")


def _elements(file: TextIO, heads: Sequence[str], part: pa.Table, inside: Sequence[str]) -> None:
    """Edges as elements, a line each."""
    source, target = ([_quoted(v) for v in _text(part[n]).to_pylist()] for n in _ENDS)
    rows = zip(heads, source, target, inside, strict=True)
    file.writelines(f"{head}{u} target={v}>{more}</edge>\n" for head, u, v, more in rows)


def _attvalues(table: pa.Table, names: Sequence[str]) -> list[str]:
    """The element ``attvalues`` of each row; none where it would be empty."""
    parts = [_marked(f'<attvalue for="{i}" value=', table[name], "/>", quoted=True) for i, name in enumerate(names)]
    return [f"<attvalues>{row}</attvalues>" if row else "" for row in _joined(parts, table.num_rows)]


def _marked(begin: str, column: pa.ChunkedArray, end: str, *, quoted: bool = False) -> list[str]:
    """Each value between two pieces of markup; nothing where it is absent."""
    values = _text(column).to_pylist()
    made: Callable[[str], str] = _quoted if quoted else _escaped
    if not _is_text(column.type):  # nothing in a number needs to be escaped
        made = (lambda v: f'"{v}"') if quoted else str
    return ["" if v is None else f"{begin}{made(v)}{end}" for v in values]


def _joined(parts: Sequence[Sequence[str]], rows: int) -> list[str]:
    return ["".join(row) for row in zip(*parts, strict=True)] if parts else [""] * rows


def _blocks(table: pa.Table) -> Iterator[pa.Table]:
    for at in range(0, table.num_rows, _BLOCK):
        yield table.slice(at, _BLOCK)


def _everybody(edges: pa.Table, nodes: pa.Table) -> list[str]:
    """Every node's id: those of the table of nodes, then those that only edges name."""
    ids = [_text(nodes["id"]), *(_text(edges[n]) for n in _ENDS)]
    whole = pa.chunked_array([chunk for column in ids for chunk in column.chunks], pa.string())
    found: list[str] = pc.unique(whole).to_pylist()
    return found


def _labelled(nodes: pa.Table) -> bool:
    return "label" in nodes.schema.names


def _others(table: pa.Table, known: Sequence[str]) -> list[str]:
    return [n for n in table.schema.names if n not in known]


_KINDS: Mapping[str, tuple[str, str]] = {
    "whole": ("long", "long"),
    "real": ("double", "double"),
    "truth": ("boolean", "boolean"),
    "text": ("string", "string"),
}
"""Names of a kind of value in GraphML and in GEXF."""


def _kind(kind: pa.DataType) -> str:
    if pa.types.is_integer(kind):
        return "whole"
    if pa.types.is_floating(kind):
        return "real"
    return "truth" if pa.types.is_boolean(kind) else "text"


def _is_text(kind: pa.DataType) -> bool:
    return _kind(kind) == "text"


def _timed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times as RFC 3339 text, the same in every file; texts without the codes that stand for them."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not pa.types.is_timestamp(column.type):
        return column
    # without their zone, which is UTC, Arrow writes them thirty times as fast
    text = column.cast(pa.timestamp("us"), safe=False).cast(pa.string())
    return pc.binary_join_element_wise(pc.replace_substring(text, " ", "T"), "Z", "")


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Every value as text."""
    column = _timed(column)
    if pa.types.is_list(column.type):
        return pc.binary_join(column.cast(pa.list_(pa.string())), BETWEEN)
    if pa.types.is_floating(column.type):
        column = pc.cast(column, pa.string())
        column = pc.replace_substring_regex(column, "^(-?)inf$", r"\1Infinity")
        return pc.replace_substring_regex(column, "^-?nan$", "NaN")
    return column.cast(pa.string())


def _quoted(text: str) -> str:
    return quoteattr(_UNSPOKEN.sub(_shown, text))


def _escaped(text: str) -> str:
    return escape(_UNSPOKEN.sub(_shown, text), {"\r": "&#13;"})


def _shown(match: re.Match[str]) -> str:
    return f"\\x{ord(match[0]):02x}"


SUFFIXES: Mapping[str, Writer] = {".csv": _csv, ".parquet": _parquet, ".graphml": _graphml, ".gexf": _gexf}
"""Writer of each kind of file, by the file's suffix."""
