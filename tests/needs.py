"""Things of the system that some tests need: absent outside CI they skip by name, in CI they must be there."""

from __future__ import annotations

import os
import shutil

import pytest

PROGRAMS = {"chromium": ("chromium", "chromium-browser", "google-chrome")}
PACKAGES = {"java": "openjdk-17-jre-headless", "javac": "openjdk-17-jdk-headless", "mvn": "maven"}


def program(name: str) -> str | None:
    """Path of a program, by any name it goes by."""
    return next((path for p in PROGRAMS.get(name, (name,)) if (path := shutil.which(p))), None)


def lacking(*names: str) -> str:
    """Why a test that needs these programs skips; empty where it must not: they are there, or CI is set."""
    absent = [name for name in names if program(name) is None]
    if not absent or os.environ.get("CI"):
        return ""
    return f"needs {', '.join(absent)}: apt-get install {' '.join(PACKAGES.get(name, name) for name in absent)}"


def needs(*names: str) -> pytest.MarkDecorator:
    """Mark of a test that needs programs; it never skips where CI is set."""
    reason = lacking(*names)
    return pytest.mark.skipif(bool(reason), reason=reason or "nothing is lacking")
