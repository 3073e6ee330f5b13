"""No single byte of a package can be changed unseen, wherever it is and whatever becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.audit import canonical, sha256
from cases.package import form, inside
from cases.package.verify import verify
from tests import packages


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    laid = packages.laid(tmp_path_factory.mktemp("package"))
    assert verify(laid) == []
    yield laid
    assert verify(laid) == []


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10_000), st.integers(0, 10_000_000), st.integers(1, 255))
def test_any_byte_of_any_file(package: Path, which: int, where: int, change: int) -> None:
    files = sorted(p for p in package.rglob("*") if p.is_file() and p.stat().st_size)
    path = files[which % len(files)]
    content = path.read_bytes()
    at = where % len(content)
    path.write_bytes(content[:at] + bytes([content[at] ^ change]) + content[at + 1 :])
    try:
        found = verify(package)
    finally:
        path.write_bytes(content)
    assert any(path.relative_to(package).as_posix() in line for line in found), found


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_hashes_are_made_without_the_casebooks_library_as_with_it(value: object) -> None:
    """What :mod:`cases.package.inside` computes on the standard library is what the casebook wrote."""
    try:
        written = canonical(value)
    except TypeError:  # a text with half a pair of surrogates, which the casebook refuses
        return
    assert inside.canonical(value) == written
    assert inside.sha256(written) == sha256(written)


names = st.from_regex(form.NAME, fullmatch=True)


@settings(max_examples=25)
@given(
    st.dictionaries(names, st.binary(min_size=32, max_size=32), max_size=6), st.integers(0, 10_000), st.integers(1, 255)
)
def test_a_manifest_is_read_in_its_one_form_alone(files: dict[str, bytes], where: int, change: int) -> None:
    hashes = {name: value.hex() for name, value in files.items()}
    text = form.manifest(hashes)
    assert form.parse(text) == hashes
    if not text:
        return
    at = where % len(text)
    changed = text[:at] + bytes([text[at] ^ change]) + text[at + 1 :]
    try:
        read: object = form.parse(changed)
    except ValueError:
        return
    assert read != hashes
