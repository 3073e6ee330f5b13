"""Marks of how far a case may go."""

from __future__ import annotations

import pytest

from cases.privacy import tlp
from cases.privacy.tlp import Tlp
from graph.errors import NotPermitted

ORDER = (Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER, Tlp.AMBER_STRICT, Tlp.RED)


def test_the_names_are_those_of_version_2() -> None:
    assert [m.shown for m in ORDER] == ["TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"]
    assert [m.strictness for m in ORDER] == list(range(5))


@pytest.mark.parametrize("mark", ORDER)
@pytest.mark.parametrize("allowed", ORDER)
def test_only_what_is_no_stricter_than_the_receiver_goes(mark: Tlp, allowed: Tlp) -> None:
    if ORDER.index(mark) <= ORDER.index(allowed):
        tlp.need(mark, allowed, "case x", "who")
    else:
        with pytest.raises(NotPermitted, match=f"it is {mark.shown}".replace("+", r"\+")):
            tlp.need(mark, allowed, "case x", "who")
    assert {tlp.strictest(mark, allowed), tlp.widest(mark, allowed)} == {mark, allowed}
    assert tlp.strictest(mark, allowed).strictness >= tlp.widest(mark, allowed).strictness
