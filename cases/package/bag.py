"""A package's files around its payload: BagIt's tag files, and the folder or zip file that they are written to."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from cases.package import form, token
from graph.errors import CaseError


def bag(
    payload: Mapping[str, bytes], info: Mapping[str, str], stamp: Callable[[bytes], bytes] | None = None
) -> dict[str, bytes]:
    """All files of a package by their names.

    Parameters
    ----------
    info : mapping of str to str
        Fields of ``bag-info.txt``; the payload's size is added.
    stamp : callable or None
        Gives the time stamp's token for the tag manifest.
    """
    told = {**info, "Payload-Oxum": form.oxum(map(len, payload.values()))}
    tags = {
        form.DECLARATION: form.BAGIT,
        form.INFO: form.info(told),
        form.MANIFEST: form.manifest({name: _sha256(payload[name]) for name in payload}),
    }
    seal = form.manifest({name: _sha256(tags[name]) for name in form.TAGGED})
    if stamp is not None:
        tags[form.TOKEN] = stamp(seal)
        tags[form.OUTER] = token.outer(tags)
    return {**payload, **tags, form.TAGMANIFEST: seal}


def free(folder: Path, name: str, *, zipped: bool = False) -> Path:
    """Where a package of this name will lie below a folder.

    Raises
    ------
    CaseError
        There is something already.
    """
    target = folder / (f"{name}.zip" if zipped else name)
    if target.exists() or target.is_symlink():
        raise CaseError("there is something of this name", str(target), "name another folder, or move that one")
    return target


def write(files: Mapping[str, bytes], target: Path, name: str, *, zipped: bool = False) -> Path:
    """Write a package that only its owner reads, whole or not at all; gives its path."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".package-", dir=target.parent) as place:
        made = Path(place) / name
        for inner, content in files.items():
            (made / inner).parent.mkdir(parents=True, exist_ok=True)
            (made / inner).write_bytes(content)
        if zipped:
            packed = Path(place) / target.name
            form.pack_folder(made, packed)
            made = packed
        made.chmod(0o600 if zipped else 0o700)
        made.rename(target)
    return target


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
