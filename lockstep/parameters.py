"""What detectors are given by the configuration: parameters, also from ``--set``, and what is allowed; checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from detectors.base import Detector, Value, discover, resolve
from detectors.coaction.allowlist import AllowList, read
from graph.errors import ConfigError, unknown
from lockstep.config import Settings, read_value


def parameters(settings: Settings, given: Sequence[str] = ()) -> dict[str, dict[str, Value]]:
    """Checked parameters of every detector.

    Parameters
    ----------
    given : sequence of str
        ``DETECTOR.PARAM=VALUE`` as written after ``--set``; they win over the configuration.

    Raises
    ------
    ConfigError
        An unknown detector or parameter (the nearest known one is named), or a value out of its range.
    """
    known = discover()
    for name in sorted(settings.detectors()):
        if name not in known:
            raise unknown(name, known, f"{settings.file or 'environment'}: [detectors.{name}]")
    extra = _given(given, known)
    return {
        name: resolve(detector, settings.detector(name) | extra.get(name, {}), f"[detectors.{name}]")
        for name, detector in known.items()
    }


def allowed(settings: Settings, now: datetime) -> AllowList:
    """The allow-list as of a moment; empty where none is named.

    Raises
    ------
    ConfigError
        It cannot be read, or an entry lacks something; file and line are named.
    """
    return AllowList() if settings.allow_list is None else read(settings.allow_list, now)


def _given(texts: Sequence[str], known: Mapping[str, Detector]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for text in texts:
        dotted, equals, value = text.partition("=")
        name, dot, parameter = dotted.strip().partition(".")
        if not equals or not dot:
            raise ConfigError(f"{text!r} is no parameter", "--set", "write DETECTOR.PARAM=VALUE")
        if name not in known:
            raise unknown(name, known, "--set")
        found.setdefault(name, {})[parameter] = read_value(value.strip())
    return found
