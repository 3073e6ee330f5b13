"""A package that others made, opened with care: no links, no paths that lead out, nothing larger than it says."""

from __future__ import annotations

import filecmp
import os
import stat
import tempfile
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from cases.package import form

MOST_FILES = 20_000
MOST_BYTES = 1 << 30  # of one file


class Unreadable(Exception):
    """It is no package, or one that is not safe to open; the message says why."""


@dataclass
class Opened(ABC):
    """A package's files.

    Parameters
    ----------
    sizes : mapping of str to int
        Bytes of each file, by its name within the package.
    wrong : list of str
        What is wrong with the container.
    """

    sizes: Mapping[str, int]
    wrong: list[str] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """Names of the files, in order."""
        return sorted(self.sizes)

    def size(self, name: str) -> int:
        """Bytes of a file."""
        return self.sizes[name]

    def read(self, name: str) -> bytes:
        """All of a file.

        Raises
        ------
        Unreadable
            There is none of this name.
        """
        if name not in self.sizes:
            raise Unreadable(f"{name} is missing")
        with self.open(name) as source:
            return source.read()

    @abstractmethod
    def open(self, name: str) -> IO[bytes]:
        """A file, to be read in blocks."""


@dataclass
class _Folder(Opened):
    root: Path = Path()

    def open(self, name: str) -> IO[bytes]:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)
        try:
            return os.fdopen(os.open(self.root / name, flags), "rb")
        except OSError as error:
            raise Unreadable(f"{name} cannot be read: {error.strerror}") from error


@dataclass
class _Zip(Opened):
    archive: zipfile.ZipFile | None = None
    entries: Mapping[str, zipfile.ZipInfo] = field(default_factory=dict)

    def open(self, name: str) -> IO[bytes]:
        assert self.archive is not None  # noqa: S101 - made with one
        try:
            return self.archive.open(self.entries[name])
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError) as error:
            raise Unreadable(f"{name} cannot be read: {error}") from error


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """The package at a path.

    Raises
    ------
    Unreadable
        There is none that is safe to open.
    """
    if path.is_symlink():
        raise Unreadable(f"{path} is a link: name the package itself")
    if path.is_dir():
        yield _folder(path)
    elif path.is_file():
        try:
            with zipfile.ZipFile(path) as archive:
                yield _zip(path, archive)
        except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, UnicodeError, ValueError) as error:
            raise Unreadable(f"the zip file was changed or is none: {error}") from error
        except (EOFError, OverflowError, OSError) as error:
            raise Unreadable(f"the zip file cannot be read: {error}") from error
    else:
        raise Unreadable(f"there is no package at {path}")


def _folder(root: Path) -> Opened:
    sizes: dict[str, int] = {}
    wrong: list[str] = []
    for at, folders, files in os.walk(root, onerror=_fail):
        inner = Path(at).relative_to(root)
        for name in [*folders, *files]:
            found = (inner / name).as_posix()
            kind = os.lstat(Path(at) / name)
            if stat.S_ISLNK(kind.st_mode):
                raise Unreadable(f"{found} is a link, which no package has")
            if not stat.S_ISDIR(kind.st_mode):
                _add(sizes, found, kind.st_size, regular=stat.S_ISREG(kind.st_mode))
        if not folders and not files:
            wrong.append(f"the folder {inner.as_posix()} is empty: no package has one")
    return _Folder(sizes, wrong, root)


def _zip(path: Path, archive: zipfile.ZipFile) -> Opened:
    entries: dict[str, zipfile.ZipInfo] = {}
    sizes: dict[str, int] = {}
    folder = ""
    for entry in archive.infolist():
        folder, _, name = entry.filename.partition("/")
        plain = entry.compress_type == zipfile.ZIP_STORED and entry.compress_size == entry.file_size
        if entry.is_dir():
            raise Unreadable(f"{entry.filename!r} is a folder by itself: it was packed again by another program")
        if not plain or entry.flag_bits & 1:
            raise Unreadable(f"{entry.filename!r} is compressed or encrypted, which nothing in a package is")
        mode = entry.external_attr >> 16
        _add(sizes, name, entry.file_size, regular=stat.S_ISREG(mode))
        entries[name] = entry
        if entry.filename != f"{folder}/{name}" or not form.NAME.fullmatch(folder) or "/" in folder:
            raise Unreadable(f"{entry.filename!r} is not in the package's folder")
    if sum(sizes.values()) > path.stat().st_size:
        raise Unreadable("the zip file says that it holds more than it does")
    made = _Zip(sizes, [], archive, entries)
    if not _only_form(path, folder, made):
        made.wrong.append("the zip file is not as packages are written: changed, or packed again by another program")
    return made


def _only_form(path: Path, folder: str, package: _Zip) -> bool:
    """Whether the file is the one zip file that its content gives."""
    with tempfile.TemporaryDirectory() as place:
        anew = Path(place) / "package.zip"
        with anew.open("xb") as out:
            form.pack(out, folder, package.names, package.open)
        return filecmp.cmp(anew, path, shallow=False)


def _add(sizes: dict[str, int], name: str, size: int, *, regular: bool) -> None:
    if not form.NAME.fullmatch(name):
        raise Unreadable(f"{name!r} is no name that a package has")
    if not regular:
        raise Unreadable(f"{name} is neither a file nor a folder")
    if name in sizes:
        raise Unreadable(f"{name} is there twice")
    if size > MOST_BYTES or len(sizes) >= MOST_FILES:
        raise Unreadable(f"it has more than {MOST_FILES:,} files, or one of more than {MOST_BYTES >> 30} GiB")
    sizes[name] = size


def _fail(error: OSError) -> None:
    raise Unreadable(f"a folder cannot be read: {error}") from error
