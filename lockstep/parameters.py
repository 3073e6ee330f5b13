"""Detector parameters from the configuration and from ``--set``, checked against what detectors declare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from detectors.base import Detector, Value, discover, resolve
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
