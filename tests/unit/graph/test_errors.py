from __future__ import annotations

import inspect
import pickle
import re

import pytest

from graph import errors
from graph.errors import LockstepError, Transient

CLASSES = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, LockstepError)]


def test_the_tree_at_the_top_is_the_tree_of_classes() -> None:
    assert errors.__doc__ is not None
    drawn: dict[str, str] = {}
    above: dict[int, str] = {0: "LockstepError"}
    for line in errors.__doc__.splitlines():
        found = re.match(r"^([\s│├└─]+)([A-Z]\w+)", line)
        if found and "─" in line:
            depth = len(found[1]) // 4 - 1
            above[depth] = found[2]
            drawn[found[2]] = above[depth - 1]
    assert drawn == {c.__name__: c.__bases__[0].__name__ for c in CLASSES if c is not LockstepError}


@pytest.mark.parametrize("error", CLASSES)
def test_an_error_says_what_where_and_what_to_do(error: type[LockstepError]) -> None:
    told = error("it broke", "posts.jsonl:7", "mend it")
    assert str(told) == "posts.jsonl:7: it broke (mend it)"
    assert str(error("it broke")) == "it broke"
    assert str(error("it broke", hint="mend it")) == "it broke (mend it)"
    again = pickle.loads(pickle.dumps(told))  # noqa: S301 - how a child process hands it over
    assert (type(again), str(again), again.where, again.hint) == (error, str(told), "posts.jsonl:7", "mend it")
    assert error.__doc__
    assert error.exit_code in range(1, 10)


def test_only_transient_errors_are_retried() -> None:
    transient = {c.__name__ for c in CLASSES if issubclass(c, Transient)}
    assert transient == {"StoreUnavailable", "StoreOverloaded", "StoreConflict", "DeliveryError"}
