"""Raw columns to Arrow, by kind: a whole column at once where it is clean, value by value where it is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from graph.schema import TEXT, TEXTS
from ingest.times import Faults, Refused

WORD_LIMIT = 8192  # characters of one word of a list
EXACT = 2**53  # the integers that a float holds exactly
_TRUTH = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False, "t": True, "f": False}
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)
WORDS = re.compile(r"[\s,;|]+")
SPACES = re.compile(r"\s+")  # between links, which may hold the other separators

Column = tuple[pa.Array, Faults]


def texts(values: Any, limit: int, *, keep_empty: bool = False) -> Column:
    """Text of at most ``limit`` characters without NUL; integers become text, empty text null unless kept."""
    array = _text_array(values)
    faults: Faults = {}
    if array is None:
        array, faults = _each(values, TEXT, _text, keep_empty=keep_empty)
    if not keep_empty and len(array) and pc.min(pc.binary_length(array)).as_py() == 0:
        array = pc.if_else(pc.equal(array, ""), pa.scalar(None, TEXT), array)
    return _refuse_oversize(array, faults, limit)


def flags(values: Any) -> Column:
    """Truth values: true/false, 1/0, yes/no in any case."""
    return _converted(values, pa.bool_(), _flag)


def counts(values: Any) -> Column:
    """Integers from 0 to 2⁶³ - 1."""
    array, faults = _converted(values, pa.int64(), _count)
    if len(array) != array.null_count and pc.min(array).as_py() < 0:
        low = np.flatnonzero(pc.less(array, 0).fill_null(fill_value=False).to_numpy(zero_copy_only=False))
        faults |= dict.fromkeys(low.tolist(), "below 0")
        array = pc.if_else(pc.less(array, 0), pa.scalar(None, pa.int64()), array)
    return array, faults


def floats(values: Any, *, above: float | None = None) -> Column:
    """Finite numbers that are not negative (or greater than ``above``)."""
    array, faults = _converted(values, pa.float64(), _float)
    low = pc.less(array, 0.0) if above is None else pc.less_equal(array, above)
    wrong = pc.or_(pc.invert(pc.is_finite(array)), low).fill_null(fill_value=False)
    if pc.any(wrong).as_py():
        rows = np.flatnonzero(wrong.to_numpy(zero_copy_only=False))
        reason = "not a finite number ≥ 0" if above is None else f"not a finite number > {above:g}"
        faults |= dict.fromkeys(rows.tolist(), reason)
        array = pc.if_else(wrong, pa.scalar(None, pa.float64()), array)
    return array, faults


def decimals(values: Any) -> Column:
    """Decimal text without exponent, digit for digit as given; never through a float where the source is text."""
    return _each(values, TEXT, _decimal)


def objects(values: Any, limit: int) -> Column:
    """JSON objects as text with sorted keys."""
    array, faults = _each(values, TEXT, _object)
    return _refuse_oversize(array, faults, limit)


def lists(values: Any, separators: re.Pattern[str] = WORDS) -> Column:
    """Lists of text: arrays, JSON arrays as text, or text cut at separators."""
    if isinstance(values, pa.Array) and pa.types.is_list(values.type) and pa.types.is_string(values.type.value_type):
        return values, {}
    if isinstance(values, pa.Array):
        values = values.to_pylist()
    try:
        if any(isinstance(v, str) for v in values):
            raise TypeError  # noqa: TRY301 - text is split below
        return pa.array(values, TEXTS), {}
    except (TypeError, pa.ArrowInvalid, pa.ArrowTypeError):
        return _each(values, TEXTS, lambda value: _list(value, separators))


def canonical_lists(array: pa.Array, canonical: Callable[[str], str | None]) -> tuple[pa.Array, int]:
    """Every value in its canonical form, and how many have none and are left out.

    Each distinct value is looked at once.
    """
    rows = pc.list_parent_indices(array).to_numpy()
    encoded = pc.list_flatten(array).dictionary_encode()
    words = encoded.dictionary.to_pylist()
    forms = pa.array([w if w is None else canonical(w) for w in words], TEXT).take(encoded.indices)
    dropped = forms.null_count - encoded.null_count
    return nested(len(array), rows, forms), dropped


def verbatim_word(word: str) -> str | None:
    """A word of a list as it is, if it can be kept at all."""
    return word if word and "\0" not in word and len(word) <= WORD_LIMIT else None


def united(arrays: Sequence[pa.Array]) -> pa.Array:
    """Union of lists row by row, sorted and distinct."""
    full = [a for a in arrays if len(pc.list_flatten(a))]
    if not full:
        return arrays[0]
    rows = np.concatenate([pc.list_parent_indices(a).to_numpy() for a in full])
    return nested(len(full[0]), rows, pa.concat_arrays([pc.list_flatten(a) for a in full]))


def nested(n: int, rows: npt.NDArray[np.int64], values: pa.Array) -> pa.Array:
    """Lists of n rows from (row, value) pairs: sorted, distinct, nulls left out."""
    if values.null_count:
        keep = values.is_valid()
        rows, values = rows[keep.to_numpy(zero_copy_only=False)], values.drop_null()
    encoded = values.dictionary_encode()
    order = pc.sort_indices(encoded.dictionary)
    size = len(order)
    rank = np.empty(size, np.int64)
    rank[order.to_numpy()] = np.arange(size)
    pairs = np.unique(rows.astype(np.int64) * max(size, 1) + rank[encoded.indices.to_numpy()])
    offsets = np.zeros(n + 1, np.int32)
    np.cumsum(np.bincount(pairs // max(size, 1), minlength=n), out=offsets[1:])
    words = encoded.dictionary.take(order).take(pa.array(pairs % max(size, 1)))
    return pa.ListArray.from_arrays(pa.array(offsets), words, type=TEXTS)


def _text_array(values: Any) -> pa.Array | None:
    """A text array if the column is one as a whole."""
    if isinstance(values, pa.Array):
        kind = values.type
        if pa.types.is_dictionary(kind):
            return _text_array(values.dictionary_decode())
        whole = pa.types.is_string, pa.types.is_large_string, pa.types.is_integer, pa.types.is_null
        return values.cast(TEXT) if any(is_(kind) for is_ in whole) else None
    try:
        return pa.array(values, TEXT)
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        return None


def _refuse_oversize(array: pa.Array, faults: Faults, limit: int) -> Column:
    """Null what is too long or holds a NUL, found by looking at the column's bytes as a whole first."""
    longest = pc.max(pc.binary_length(array)).as_py() or 0
    data = array.buffers()[2]
    # the buffer may hold more than this slice; a false alarm only costs the second look
    if longest <= limit and (data is None or np.frombuffer(data, np.uint8).all()):
        return array, faults
    long = pc.greater(pc.utf8_length(array), limit).fill_null(fill_value=False)
    null = pc.match_substring(array, "\0").fill_null(fill_value=False)
    for mask, reason in ((long, f"longer than {limit:,} characters"), (null, "contains a NUL character")):
        faults |= dict.fromkeys(np.flatnonzero(mask.to_numpy(zero_copy_only=False)).tolist(), reason)
    return pc.if_else(pc.or_(long, null), pa.scalar(None, TEXT), array), faults


def _converted(values: Any, kind: pa.DataType, one: Callable[[Any], Any]) -> Column:
    if isinstance(values, pa.Array):
        try:
            return values.cast(kind), {}
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return _each(values.to_pylist(), kind, one)
    try:
        array = pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return _each(values, kind, one)
    # only where Arrow finds the kind by itself: told to make integers it would cut fractions off in silence
    found = array.type
    same = found == kind or pa.types.is_null(found) or (pa.types.is_floating(kind) and pa.types.is_integer(found))
    return (array.cast(kind, safe=False), {}) if same else _each(values, kind, one)


def _each(values: Iterable[Any], kind: pa.DataType, one: Callable[[Any], Any], *, keep_empty: bool = False) -> Column:
    """Value by value, for columns that fail as a whole."""
    out: list[Any] = []
    faults: Faults = {}
    for i, value in enumerate(values):
        plain = value.as_py() if isinstance(value, pa.Scalar) else value
        try:
            nothing = plain is None or (plain == "" and not keep_empty)
            out.append(None if nothing else one(plain))
        except Refused as e:
            faults[i] = str(e)
            out.append(None)
    return pa.array(out, kind), faults


def _text(value: Any) -> str:
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Refused("not UTF-8: a lone surrogate") from None
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        return str(int(value))
    if isinstance(value, float):
        raise Refused("a number that has lost digits: give ids as text or integers")
    raise Refused(f"not text but {_kind(value)}")


def _flag(value: Any) -> bool:
    truth = _TRUTH.get(str(value).strip().casefold())
    if truth is None:
        raise Refused(f"not true or false: {str(value)[:40]!r}")
    return truth


def _count(value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    try:
        number = int(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
    except ValueError:
        number = None
    if number is None or abs(number) >= 2**63:
        raise Refused(f"not a whole number: {str(value)[:40]!r}")
    return number


def _float(value: Any) -> float:
    try:
        return float(value) if not isinstance(value, bool) else float("nan")
    except (TypeError, ValueError, OverflowError):
        raise Refused(f"not a number: {str(value)[:40]!r}") from None


def _decimal(value: Any) -> str:
    text = str(value).strip()
    if isinstance(value, bool) or not _DECIMAL.fullmatch(text):
        raise Refused(f"not a decimal number: {text[:40]!r}")
    return format(Decimal(text), "f")


def _object(value: Any) -> str:
    try:
        parsed = orjson.loads(value) if isinstance(value, str | bytes) else value
        if isinstance(parsed, dict):
            return orjson.dumps(parsed, option=orjson.OPT_SORT_KEYS, default=str).decode()
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        pass
    raise Refused("not a JSON object")


def _list(value: Any, separators: re.Pattern[str]) -> list[str]:
    if isinstance(value, str):
        if value.startswith("["):
            try:
                value = orjson.loads(value)
            except orjson.JSONDecodeError:
                raise Refused("not a JSON array") from None
        else:
            value = [word for word in separators.split(value) if word]
    if not isinstance(value, list | tuple):
        raise Refused(f"not a list but {_kind(value)}")
    return [_text(word) for word in value if word is not None and word != ""]


def _kind(value: Any) -> str:
    return {dict: "an object", list: "a list", bool: "a truth value"}.get(type(value), type(value).__name__)
