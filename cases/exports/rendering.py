"""Pages and letters of exports, from the templates of this folder."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape


def rendered(template: str, told: Mapping[str, Any]) -> str:
    """A template with what it tells: a page (``.html.j2``) escapes all of it, plain text has nothing to escape.

    Parameters
    ----------
    template : str
        Its file's name.
    told : mapping
        What it names; a name that it asks for and that is not there is an error.
    """
    return _environment().get_template(template).render(told)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("cases.exports"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), disabled_extensions=("txt.j2",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
