"""Things of the system that some tests need: absent outside CI they skip by name, in CI they must be there."""

from __future__ import annotations

import os
import shutil

import pytest

PROGRAMS = {"chromium": ("chromium", "chromium-browser", "google-chrome")}


def program(name: str) -> str | None:
    """Path of a program, by any name it goes by."""
    return next((path for p in PROGRAMS.get(name, (name,)) if (path := shutil.which(p))), None)


def needs(name: str) -> pytest.MarkDecorator:
    """Mark of a test that needs a program; it never skips where CI is set."""
    absent = program(name) is None and not os.environ.get("CI")
    return pytest.mark.skipif(absent, reason=f"needs {name}: apt-get install {name}")
