"""A page of the dashboard run without a server, and what it says."""

from __future__ import annotations

from typing import Any

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Widget
from streamlit.util import calc_hash

from dashboard import asgi


def page(path: str, **query: str) -> AppTest:
    """The page after its first run."""
    app = AppTest.from_file(str(asgi.SCRIPT), default_timeout=60)
    app._page_hash = calc_hash(path)
    for name, value in query.items():
        app.query_params[name] = value
    return ran(app)


def ran(changed: AppTest | Widget) -> AppTest:
    """The page after one more run, in which nothing was raised."""
    app = changed.run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    """All that the page says outside tables."""
    kinds = ("text", "caption", "info", "warning", "error", "success", "subheader", "title", "code")
    return "\n".join(str(getattr(e, "value", "")) for kind in kinds for e in app.get(kind))


def frame(app: AppTest, column: str) -> Any:
    """The table that has the column."""
    return next(d.value for d in app.dataframe if column in d.value.columns)
