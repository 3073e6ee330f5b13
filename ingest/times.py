"""Times as files write them: RFC 3339 text, or seconds, milliseconds or microseconds since 1970.

The unit of numbers is told by their magnitude, once for each column of a file: the majority of the first block decides,
numbers of another magnitude are refused rather than guessed. Numbers up to :data:`SMALL` count as seconds where a
column begins with nothing else (worked examples use 0, 60, 1000).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.schema import TIME

FIRST = datetime(1990, 1, 1, tzinfo=UTC)
LAST = datetime(2101, 1, 1, tzinfo=UTC)  # exclusive
SMALL = 10_000_000
SAMPLE = 1000  # texts among which the first that is there is looked for
UNITS = {"s": 1_000_000, "ms": 1_000, "us": 1, "small": 1_000_000}  # microseconds in one
_LOW, _HIGH = int(FIRST.timestamp()), int(LAST.timestamp())
_SPOKEN = {"s": "s", "ms": "ms", "us": "µs", "small": "small numbers of s"}
_OUTSIDE = f"outside {FIRST.year}–{LAST.year - 1}"

Faults = dict[int, str]
"""Row → why its value is refused."""


class Refused(ValueError):
    """Why one value cannot be what its column says."""


class Clock:
    """Reads the time columns of one file and remembers each column's unit.

    Parameters
    ----------
    units : dict
        Column → ``s``, ``ms``, ``us`` or ``small``, as decided so far; kept up to date, so that it can be stored with
        a checkpoint and a resumed load agrees.
    """

    def __init__(self, units: dict[str, str] | None = None) -> None:
        self.units: dict[str, str] = {} if units is None else units

    def read(self, column: str, values: Any, unit: str | None = None) -> tuple[pa.Array, Faults]:
        """Times in UTC microseconds and the rows refused (null there).

        Parameters
        ----------
        column : str
            Name under which the unit is remembered.
        values : Arrow array or sequence
            Text, numbers, datetimes or None.
        unit : {"s", "ms", "us"}, optional
            The unit of numbers, where the user has said it.
        """
        if unit is not None:
            self.units[column] = unit
        array = values if isinstance(values, pa.Array) else _homogeneous(values)
        if array is None:
            return self._mixed(column, values)
        kind = array.type
        if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
            return _in_range(_utc(array))
        if pa.types.is_integer(kind) or pa.types.is_floating(kind):
            return self._numbers(column, array)
        if pa.types.is_null(kind):
            return pa.nulls(len(array), TIME), {}
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            return self._texts(column, array.cast(pa.string()))
        return pa.nulls(len(array), TIME), {i: f"not a time but {kind}" for i in range(len(array)) if array[i].is_valid}

    def _texts(self, column: str, texts: pa.Array) -> tuple[pa.Array, Faults]:
        """Numbers or dates, as the first one is; where some are otherwise, each by itself.

        Trying dates on numbers would cost more than all else: Arrow words an error for every value.
        """
        first = next((t.as_py() for t in texts[:SAMPLE] if t.is_valid), "")
        if _number(first) is None:
            try:
                return _in_range(texts.cast(TIME))
            except pa.ArrowInvalid:
                return self._mixed(column, texts.to_pylist())
        for kind in (pa.int64(), pa.float64()):
            try:
                numbers = texts.cast(kind)
            except pa.ArrowInvalid:
                continue
            if kind == pa.int64() or pc.all(pc.is_finite(numbers)).as_py():
                return self._numbers(column, numbers)
        return self._mixed(column, texts.to_pylist())

    def _numbers(self, column: str, numbers: pa.Array) -> tuple[pa.Array, Faults]:
        null = numbers.is_null().to_numpy(zero_copy_only=False)
        raw = numbers.fill_null(0).to_numpy(zero_copy_only=False)
        unit = self._decide(column, raw[~null])
        if unit is None:
            return pa.nulls(len(numbers), TIME), {}
        scale = UNITS[unit]
        low, high = (0, SMALL) if unit == "small" else (_LOW * 1_000_000 // scale, _HIGH * 1_000_000 // scale)
        with np.errstate(invalid="ignore"):
            wrong = ~null & ~((raw >= low) & (raw < high))
        faults = {int(i): _misfit(float(raw[i]), unit) for i in np.flatnonzero(wrong)}
        fine = np.where(null | wrong, 0, raw)
        micros = fine.astype(np.int64) * scale if fine.dtype.kind in "iu" else np.rint(fine * scale).astype(np.int64)
        return pa.array(micros, mask=null | wrong).cast(TIME), faults

    def _decide(self, column: str, numbers: npt.NDArray[Any]) -> str | None:
        if column in self.units or not len(numbers):
            return self.units.get(column)
        votes = {"small": int(np.count_nonzero((numbers >= 0) & (numbers < SMALL)))}
        for unit in ("s", "ms", "us"):
            scale = 1_000_000 // UNITS[unit]
            votes[unit] = int(np.count_nonzero((numbers >= _LOW * scale) & (numbers < _HIGH * scale)))
        if not any(votes.values()):
            return "s"  # all of them are refused, and nothing is learnt
        large = {u: n for u, n in votes.items() if u != "small"}
        # small numbers are times only where nothing in the column says otherwise; a stray 0 among them is none
        chosen = max(large, key=large.__getitem__) if any(large.values()) else "small"
        self.units[column] = chosen
        return chosen

    def _mixed(self, column: str, values: Sequence[Any]) -> tuple[pa.Array, Faults]:
        """Value by value, for columns that fail as a whole."""
        numbers: list[float | None] = [None] * len(values)
        micros: list[datetime | None] = [None] * len(values)
        faults: Faults = {}
        for i, value in enumerate(values):
            plain = value.as_py() if isinstance(value, pa.Scalar) else value
            if plain is None or plain == "":
                continue
            try:
                if (number := _number(plain)) is not None:
                    numbers[i] = number
                else:
                    micros[i] = _moment(plain)
            except Refused as e:
                faults[i] = str(e)
        from_numbers, more = self._numbers(column, pa.array(numbers, pa.float64()))
        from_text, rest = _in_range(pa.array(micros, TIME))
        return pc.coalesce(from_text, from_numbers), {**faults, **more, **rest}


def _homogeneous(values: Sequence[Any]) -> pa.Array | None:
    """An Arrow array if the values are all text or all numbers; None otherwise."""
    try:
        array = pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError, UnicodeEncodeError):
        return None
    kinds = pa.types.is_string, pa.types.is_integer, pa.types.is_floating, pa.types.is_null
    return array if any(is_(array.type) for is_ in kinds) else None


def _utc(array: pa.Array) -> pa.Array:
    """Arrow times in UTC microseconds; those without a zone are taken as UTC, as their writers (pandas) mean them."""
    if pa.types.is_timestamp(array.type) and array.type.tz:
        return array.cast(TIME, safe=False)
    return pc.assume_timezone(array.cast(pa.timestamp("us"), safe=False), "UTC")


def _in_range(times: pa.Array) -> tuple[pa.Array, Faults]:
    if len(times) == times.null_count:
        return times, {}
    span = pc.min_max(times)
    if span["min"].value >= _LOW * 1_000_000 and span["max"].value < _HIGH * 1_000_000:
        return times, {}
    fine = pc.and_(
        pc.greater_equal(times, pa.scalar(FIRST, TIME)),
        pc.less(times, pa.scalar(LAST, TIME)),
    )
    faults = dict.fromkeys(
        np.flatnonzero(~fine.fill_null(fill_value=True).to_numpy(zero_copy_only=False)).tolist(), _OUTSIDE
    )
    return pc.if_else(fine, times, pa.scalar(None, TIME)), faults


def _misfit(number: float, unit: str) -> str:
    if not np.isfinite(number):
        return "not a time: not a finite number"
    for other in ("s", "ms", "us"):
        scale = 1_000_000 // UNITS[other]
        if other != unit and _LOW * scale <= number < _HIGH * scale:
            return f"epoch in {_SPOKEN[other]} where this file's times are {_SPOKEN[unit]}"
    return f"{number:.15g} is no time in {_SPOKEN[unit]}: {_OUTSIDE}"


def _number(value: Any) -> float | None:
    """The value as a number since 1970; None if it is written as a date."""
    if isinstance(value, bool):
        raise Refused("not a time but a truth value")
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        try:
            return float(value) if not value.strip(" 0123456789.+-eE") else None
        except ValueError:
            return None
    return None


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value
    if not isinstance(value, str):
        raise Refused(f"not a time but {type(value).__name__}")
    text, extra = value.strip(), timedelta()
    if len(text) < 11 or text[10] not in "Tt ":
        raise Refused(f"not a time: {value[:40]!r} (RFC 3339, such as 2025-03-01T14:00:00Z, or epoch numbers)")
    if text[17:19] == "60":  # a leap second is the moment after :59
        text, extra = f"{text[:17]}59{text[19:]}", timedelta(seconds=1)
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        raise Refused(f"not a time: {value[:40]!r}") from None
    if moment.tzinfo is None:
        raise Refused(f'no zone offset: {value[:40]!r} (add Z or +hh:mm, or map the column with zone = "Z")')
    try:
        return moment.astimezone(UTC) + extra
    except OverflowError:
        raise Refused(_OUTSIDE) from None
