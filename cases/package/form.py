"""The form of a package: BagIt 1.0 (RFC 8493) with SHA-256, and the one zip file that it gives. Standard library alone.

Both forms leave nothing open: a package has one possible manifest, and one possible zip file, so that whoever checks it
makes them anew and compares bytes.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO

BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
DECLARATION, INFO = "bagit.txt", "bag-info.txt"
MANIFEST, TAGMANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"
TAGGED = (DECLARATION, INFO, MANIFEST)  # what the tag manifest lists
TOKEN, OUTER = "timestamp.tsr", "tagmanifest-sha512.txt"  # a time stamp of the tag manifest, and what covers it
PAYLOAD = "data/"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}(/[A-Za-z0-9][A-Za-z0-9._-]{0,119}){0,4}")
BLOCK = 1 << 20
_LINE = re.compile(r"([0-9a-f]{64,128})  ([^\s]+)")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can say: it says nothing about this machine


def digest(source: IO[bytes]) -> str:
    """Hexadecimal SHA-256 of what a file holds, read in blocks."""
    made = hashlib.sha256()
    while block := source.read(BLOCK):
        made.update(block)
    return made.hexdigest()


def manifest(hashes: Mapping[str, str]) -> bytes:
    """The manifest of files and their hashes, ordered by name."""
    return "".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes)).encode()


def parse(text: bytes) -> dict[str, str]:
    """Files and their hashes of a manifest in exactly the form that :func:`manifest` writes.

    Raises
    ------
    ValueError
        It is in another form; the message says from which line on.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(text.decode("utf-8", "replace").split("\n")[:-1], 1):
        matched = _LINE.fullmatch(line)
        if matched is None or not NAME.fullmatch(matched[2]) or matched[2] in found:
            raise ValueError(f"line {number} is not one of a manifest")
        found[matched[2]] = matched[1]
    if manifest(found) != text:
        raise ValueError("its lines are not in their order, or the last has no end")
    return found


def info(fields: Mapping[str, str]) -> bytes:
    """The text of ``bag-info.txt``; white space and line breaks of a value become single spaces."""
    return "".join(f"{name}: {' '.join(value.split())}\n" for name, value in fields.items()).encode()


def oxum(sizes: Iterable[int]) -> str:
    """``Payload-Oxum``: bytes and number of the payload's files."""
    told = list(sizes)
    return f"{sum(told)}.{len(told)}"


def pack(target: IO[bytes], folder: str, names: Iterable[str], read: Callable[[str], IO[bytes]]) -> None:
    """Write the one zip file of a package: files by name in one folder, stored, without times, owners or programs."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(names):
            entry = zipfile.ZipInfo(f"{folder}/{name}", _EPOCH)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16  # as on Unix, whatever wrote it
            with read(name) as source, archive.open(entry, "w", force_zip64=False) as out:
                while block := source.read(BLOCK):
                    out.write(block)


def pack_folder(folder: Path, target: Path) -> None:
    """Write the one zip file of a package that lies in a folder."""
    names = [str(p.relative_to(folder).as_posix()) for p in folder.rglob("*") if p.is_file()]
    with target.open("xb") as out:
        pack(out, folder.name, names, lambda name: (folder / name).open("rb"))
