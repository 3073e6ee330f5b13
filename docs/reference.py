"""Write the reference pages (cli, records, formats, detectors' parameters, errors) from the code they describe.

``python docs/reference.py`` writes them; a test fails when a page on disk is not what this writes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import typer.main

from detectors.base import discover as detectors
from detectors.coaction.clearing import CHECKS
from detectors.coaction.features import FEATURES
from detectors.scoring.features import Feature
from graph import errors as tree
from graph.schema import TABLES
from ingest.formats.base import discover as formats
from ingest.records import RECORDS
from lockstep.cli import app
from lockstep.config import SECRETS, SETTINGS
from lockstep.session import EXIT_CODES

HERE = Path(__file__).parent
NOTE = "<!-- written by docs/reference.py: `make docs` -->\n"
EVERYWHERE = {
    "--config": "configuration file (default: lockstep.toml, if there is one)",
    "--store": "graph store, over `store.url`",
    "--data-dir": "folder for caches and market data, over `store.data_dir`",
    "--json": "one JSON document on standard output, for machines (not on verbs that write a file)",
}


def verbs(command: Any, name: str = "lockstep") -> Iterator[tuple[str, Any]]:
    """Every verb with its full name."""
    if hasattr(command, "commands"):
        for child, sub in sorted(command.commands.items()):
            yield from verbs(sub, f"{name} {child}")
    else:
        yield name, command


def cli() -> str:
    """docs/cli.md."""
    page = [
        "# Command line\n",
        NOTE,
        "Verbs take these options where they apply:\n",
        *(f"- `{option}`: {about}" for option, about in EVERYWHERE.items()),
        "\nOn a terminal there are progress bars; in a log, plain lines. Notes go to standard error, answers to standard output.\n",
    ]
    for name, command in verbs(typer.main.get_command(app)):
        page += [f"## `{name}`\n", (command.help or "").strip() + "\n"]
        for parameter in command.params:
            page += _parameter(parameter)
        page.append("")
    page += [
        "## Settings\n",
        "From `lockstep.toml` (or `--config`, or `LOCKSTEP_CONFIG`), then variables, then options; `lockstep config --explain`",
        "shows where each value is from. An unknown name is an error that names the nearest known one.\n",
        "| setting | default | variable | meaning |\n|---|---|---|---|",
        *(f"| `{s.name}` | `{s.default}` | `{s.variable}` | {s.about} |" for s in SETTINGS),
        "| `detectors.NAME.PARAM` | | `LOCKSTEP_DETECTORS__NAME__PARAM` | a detector's parameter ([detectors](detectors.md)) |",
        "\nSecrets come from the environment only and are never shown:\n",
        *(f"- `{name}`: {about}" for name, about in SECRETS.items()),
        "\n## Exit codes\n",
        "| code | meaning |\n|---|---|",
        *(f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items()),
    ]
    return "\n".join(page) + "\n"


def _parameter(parameter: Any) -> Iterator[str]:
    if parameter.param_type_name == "argument":
        yield f"- `{parameter.metavar or parameter.name}`: {parameter.help or ''}"
    else:
        name = max(parameter.opts, key=len)
        if name not in EVERYWHERE and name != "--help":
            default = parameter.default
            shown = f" Default: {default}." if default not in (None, False, ()) and not callable(default) else ""
            yield f"- `{name}`: {parameter.help or ''}{shown}"


def records() -> str:
    """docs/records.md."""
    page = [
        "# Record types\n",
        NOTE,
        "One type a file: named by `--type`, by the file's name (`posts.jsonl`, `posts-2026.csv.gz`), or by a `type` field in each",
        "line of JSONL. Times are RFC 3339, or epoch seconds, milliseconds or microseconds (one unit a column); they are kept as",
        "UTC microseconds. Ids are opaque text. A row that breaks a rule goes to the quarantine with file, line, field and reason.",
        "The store keeps them in the tables "
        + ", ".join(f"`{t}`" for t in TABLES)
        + ", and candles and trades as files.\n",
    ]
    for name, record in RECORDS.items():
        page += [f"## {name}\n", record.about + "\n", "| column | kind | required | meaning |\n|---|---|---|---|"]
        for f in record.fields:
            about = f.about + (f" ({' · '.join(f.choices)})" if f.choices and f.choices[0] not in f.about else "")
            page.append(f"| `{f.name}` | {f.kind} | {'yes' if f.required else ''} | {about} |")
        page.append("")
    return "\n".join(page)


def format_list() -> str:
    """The generated part of docs/formats.md."""
    page = []
    for name, f in formats().items():
        page += [f"### {name}\n", f.about, "\nYields: " + ", ".join(f"`{t}`" for t in f.types) + ".\n"]
    return "\n".join(page)


def detector_parameters() -> str:
    """The generated part of docs/detectors.md."""
    page = []
    for name, d in detectors().items():
        page += [f"### Parameters of `{name}` {d.version}\n", "| parameter | type | unit | default | range | meaning |"]
        page.append("|---|---|---|---|---|---|")
        for p in d.params:
            low, high = ("−∞" if p.low is None else p.low), ("∞" if p.high is None else p.high)
            span = " · ".join(p.choices) or ("" if p.type in (str, bool) else f"{low} … {high}")
            page.append(f"| `{p.name}` | {p.type.__name__} | {p.unit} | {p.default} | {span} | {p.about} |")
        page.append("")
        declared = getattr(d, "features", ())
        own = [f for f in declared if f not in FEATURES]
        if own:
            beside = ", beside [those of every ring](coordination.md#features)" if len(own) < len(declared) else ""
            page += [f"Features of `{name}`{beside}:\n", *_features(own), ""]
    return "\n".join(page)


def _features(declared: Iterable[Feature[Any]]) -> Iterator[str]:
    ways = {1: "for abuse", -1: "against", 0: "until verdicts show"}
    yield "| feature | a high value says | range | speaks | weight | needs |\n|---|---|---|---|---|---|"
    for f in declared:
        weight = f"{f.weight:g}" if f.weight else ""
        yield f"| {f.name} | {f.about} | {f.low:g} … {f.high:g} | {ways[f.abuse]} | {weight} | {f.needs} |"


def ring_features() -> str:
    """The generated part of docs/coordination.md: features and explanations as they are declared."""
    page = [*_features(FEATURES), "", "| explanation | lowers a score, where it accounts for all, by |", "|---|---|"]
    page += [f"| {text} | {discount:.0%} |" for text, discount, _ in CHECKS]
    return "\n".join(page) + "\n"


def errors() -> str:
    """docs/errors.md."""
    drawn = re.search(r"^    LockstepError.*?(?=\n\n)", tree.__doc__ or "", re.DOTALL | re.MULTILINE)
    page = [
        "# Errors\n",
        NOTE,
        "Every error says what happened, where, and what to do; the command exits with the code of its kind",
        "([exit codes](cli.md#exit-codes)). A transient one may succeed when tried again; code asks the type, never the text.\n",
        f"```\n{drawn.group(0) if drawn else ''}\n```\n",
        "| error | exit code | transient | meaning |\n|---|---|---|---|",
    ]
    for error in vars(tree).values():
        if isinstance(error, type) and issubclass(error, tree.LockstepError):
            about = (error.__doc__ or "").split("\n")[0]
            transient = "yes" if issubclass(error, tree.Transient) else ""
            page.append(f"| `{error.__name__}` | {error.exit_code} | {transient} | {about} |")
    return "\n".join(page) + "\n"


WHOLE: dict[str, Callable[[], str]] = {"cli.md": cli, "records.md": records, "errors.md": errors}
PARTS: dict[str, Callable[[], str]] = {
    "formats.md": format_list,
    "detectors.md": detector_parameters,
    "coordination.md": ring_features,
}
_PART = re.compile(r"(<!-- reference -->\n).*?(<!-- end -->)", re.DOTALL)


def pages() -> dict[Path, str]:
    """Every page as it should be."""
    found = {HERE / name: make() for name, make in WHOLE.items()}
    for name, make in PARTS.items():
        path = HERE / name
        body = make()
        found[path] = _PART.sub(lambda m, b=body: f"{m[1]}\n{b}\n{m[2]}", path.read_text(encoding="utf-8"))  # type: ignore[misc]
    return found


if __name__ == "__main__":
    for path, page in pages().items():
        path.write_text(page, encoding="utf-8")
