"""``lockstep cases deliver``: what was decided, sent to those who carry it out, signed."""

from __future__ import annotations

import typer

from graph.errors import ConfigError, DeliveryError
from lockstep.acting import casebook
from lockstep.session import ConfigOption, JsonOption, session


def add(group: typer.Typer) -> None:
    """Add the command."""
    group.command("deliver")(deliver)


def deliver(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Send what waits to cases.webhook, each message under its own key; exit with 7 if some of it is left."""
    from cases import outbox
    from cases.people import system
    from cases.posting import posting

    s = session(config, as_json=as_json)
    send = posting(s.settings)
    with casebook(s) as book:
        if send is None:
            raise ConfigError("no place is named to send to", "cases.webhook", "write https://HOST/PATH")
        sent, left = outbox.deliver(book, system("outbox"), send)
        waiting = outbox.waiting(book)
    if s.as_json:
        s.emit({"sent": sent, "left": [{"id": r["id"], "tries": r["tries"], "error": r["error"]} for r in waiting]})
    else:
        s.line(f"{sent} sent, {left} left")
    failed = [r["error"] for r in waiting if r["error"]]
    if failed:
        raise DeliveryError(f"{left} not delivered: {failed[0]}", hint="they go with the next call")
