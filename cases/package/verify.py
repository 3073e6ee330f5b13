"""Look whether a package is whole, offline and with Python's standard library alone, on a folder or a zip file.

Every byte counts: of the payload, of the tag files, and of the zip file itself. A package that was made anew as a whole
cannot be told from the package alone; its hash (:func:`seal`), kept elsewhere, shows that.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cases.package import form, inside, token
from cases.package.opening import Opened, Unreadable, opened


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found.

    Parameters
    ----------
    wrong : list of str
        What is wrong, in words; nothing where the package is whole.
    noted : list of str
        What could not be looked at, and what holds.
    seal : str
        The package's hash: SHA-256 of its tag manifest; empty where it has none.
    """

    wrong: list[str] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)
    seal: str = ""


def verify(path: str | Path, *, expected: str = "", roots: Sequence[bytes] = ()) -> list[str]:
    """What is wrong with a package, in words; nothing where it is whole. See :func:`examine`."""
    return examine(path, expected=expected, roots=roots).wrong


def seal(path: str | Path) -> str:
    """The hash of a package, to be published or kept where its holders cannot change it.

    Raises
    ------
    ValueError
        There is no package.
    """
    try:
        with opened(Path(path)) as package:
            return hashlib.sha256(package.read(form.TAGMANIFEST)).hexdigest()
    except Unreadable as error:
        raise ValueError(f"{path} is no package: {error}") from None


def examine(path: str | Path, *, expected: str = "", roots: Sequence[bytes] = ()) -> Verdict:
    """Look at every byte of a package.

    Parameters
    ----------
    path : str or Path
        A folder, or a zip file of one.
    expected : str
        The package's hash as it was published; without it, a package made anew as a whole is not noticed.
    roots : sequence of bytes
        Certificates (PEM) of the time stamp authorities that are trusted.
    """
    try:
        with opened(Path(path)) as package:
            return _examined(package, expected.strip().lower(), roots)
    except Unreadable as error:
        return Verdict(wrong=[str(error)])


def _examined(package: Opened, expected: str, roots: Sequence[bytes]) -> Verdict:
    verdict = Verdict(wrong=list(package.wrong))
    tags = _tags(package, verdict.wrong)
    payload = _payload(package, verdict.wrong)
    if not tags:
        return verdict
    found = Verdict(verdict.wrong, verdict.noted, hashlib.sha256(tags).hexdigest())
    if expected and expected != found.seal:
        found.wrong.append(
            f"its hash is {found.seal}, and {expected} was published: it is not the package that was published"
        )
    if not expected:
        found.noted.append("no published hash was given: a package made anew as a whole would not be noticed")
    for name in sorted(payload):
        found.wrong.extend(inside.check(package, name))
    found.wrong.extend(inside.together(package, payload))
    wrong, noted = token.check(package, tags, roots)
    found.wrong.extend(wrong)
    found.noted.extend(noted)
    return found


def _tags(package: Opened, wrong: list[str]) -> bytes:
    """Look at the tag files; gives the tag manifest, empty where there is none."""
    allowed = {*form.TAGGED, form.TAGMANIFEST, form.TOKEN, form.OUTER}
    wrong += [
        f"{name} is not of the package" for name in package.names if name not in allowed and name[:5] != form.PAYLOAD
    ]
    if form.DECLARATION in package.names and package.read(form.DECLARATION) != form.BAGIT:
        wrong.append(f"{form.DECLARATION} does not say what a package's says")
    listed = _listed(package, form.TAGMANIFEST, wrong)
    if listed is None:
        return b""
    wrong += [f"{form.TAGMANIFEST} does not list {name}" for name in form.TAGGED if name not in listed]
    wrong += [f"{form.TAGMANIFEST} lists {name}, which it must not" for name in listed if name not in form.TAGGED]
    wrong += _compared(
        package, {n: h for n, h in listed.items() if n in form.TAGGED}, f"its line in {form.TAGMANIFEST}"
    )
    return package.read(form.TAGMANIFEST)


def _payload(package: Opened, wrong: list[str]) -> set[str]:
    """Look at the payload; gives the files that are as the manifest says."""
    listed = _listed(package, form.MANIFEST, wrong)
    if listed is None:
        return set()
    wrong += [f"{form.MANIFEST} lists {name}, which is not payload" for name in listed if name[:5] != form.PAYLOAD]
    there = [name for name in package.names if name[:5] == form.PAYLOAD]
    wrong += [f"{name} is there, and {form.MANIFEST} does not list it" for name in there if name not in listed]
    bad = _compared(package, listed)
    wrong += bad
    told = f"Payload-Oxum: {form.oxum(package.size(name) for name in there)}\n"
    if form.INFO not in package.names or told not in package.read(form.INFO).decode("utf-8", "replace"):
        wrong.append(f"{form.INFO} does not give the payload's size as it is")
    return set() if bad else set(there)


def _listed(package: Opened, name: str, wrong: list[str]) -> dict[str, str] | None:
    if name not in package.names:
        wrong.append(f"{name} is missing")
        return None
    try:
        return form.parse(package.read(name))
    except ValueError as error:
        wrong.append(f"{name} was changed: {error}")
        return None


def _compared(package: Opened, listed: dict[str, str], otherwise: str = "") -> list[str]:
    found = []
    for name, told in listed.items():
        if name not in package.names:
            found.append(f"{name} is missing")
            continue
        with package.open(name) as source:
            if form.digest(source) != told:
                found.append(f"{name} was changed" + (f", or {otherwise}" if otherwise else ""))
    return found


def main() -> int:
    """``python -m cases.package.verify PACKAGE [HASH]``: what is wrong, a line each; 0 where nothing is."""
    path, expected = [*sys.argv[1:], "", ""][:2]
    verdict = examine(path, expected=expected)
    for line in [*verdict.wrong, *(f"note: {n}" for n in verdict.noted), f"hash: {verdict.seal or 'none'}"]:
        sys.stdout.write(line + "\n")
    return 1 if verdict.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
