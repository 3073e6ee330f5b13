"""Whatever is done to a package is found, by a program that needs nothing but Python."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import bagit
import pytest

from cases.package import form, opening
from cases.package.verify import examine, main, seal, verify
from tests import packages

ROOT = Path(__file__).resolve().parents[4]
FLIPS = 6  # bytes of each file
KINDS = (
    *(form.DECLARATION, form.INFO, form.MANIFEST, form.TAGMANIFEST),
    *(f"data/{name}.json" for name in ("case", "decisions", "detectors", "commands")),
    *(f"data/{name}.jsonl" for name in ("audit", "custody", "market", "posts")),
    *("data/decisions/*.json", "data/snapshots/*.json", "data/snapshots/*.svg"),
    *("data/dossier.html", "data/dossier.pdf", "data/drafts/*"),
)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return packages.laid(tmp_path)


def packed(package: Path) -> Path:
    target = package.with_suffix(".zip")
    form.pack_folder(package, target)
    return target


def remade(package: Path) -> None:
    """Make the manifests anew, as somebody would who hides what was changed."""
    payload = {p.relative_to(package).as_posix(): p for p in (package / "data").rglob("*") if p.is_file()}
    hashes = {name: form.digest(io.BytesIO(path.read_bytes())) for name, path in payload.items()}
    (package / form.MANIFEST).write_bytes(form.manifest(hashes))
    told = (package / form.INFO).read_text().splitlines()
    told[-1] = f"Payload-Oxum: {form.oxum(p.stat().st_size for p in payload.values())}"
    (package / form.INFO).write_text("\n".join(told) + "\n")
    tags = {name: form.digest(io.BytesIO((package / name).read_bytes())) for name in form.TAGGED}
    (package / form.TAGMANIFEST).write_bytes(form.manifest(tags))


def test_a_package_is_whole_as_folder_and_as_zip_and_for_another_program(package: Path) -> None:
    assert verify(package) == []
    assert verify(packed(package)) == []
    assert seal(package) == seal(package.with_suffix(".zip"))
    assert verify(package, expected=seal(package).upper()) == []
    bagit.Bag(str(package)).validate()


def test_every_kind_of_file_is_spoilt_in_turn(package: Path) -> None:
    there = {p for p in package.rglob("*") if p.is_file()}
    assert there == {p for kind in KINDS for p in package.glob(kind)}


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_byte_of_any_file_is_found(package: Path, kind: str) -> None:
    path = next(package.glob(kind))
    name, lot = path.relative_to(package).as_posix(), random.Random(kind)
    content = (package / name).read_bytes()
    if not content:
        (package / name).write_bytes(b"x")
        assert verify(package)
        return
    for _ in range(FLIPS):
        (package / name).write_bytes(packages.flipped(content, lot))
        found = verify(package)
        assert any(name in line for line in found), found
    (package / name).write_bytes(content[:-1])
    assert verify(package)
    (package / name).write_bytes(content + b"\n")
    assert verify(package)
    (package / name).unlink()
    assert any(f"{name} is missing" in line for line in verify(package))


@pytest.mark.parametrize("name", ["data/more.json", "more.txt", "data/snapshots/more.json", "tagmanifest-md5.txt"])
def test_an_added_file_is_found(package: Path, name: str) -> None:
    (package / name).write_text("x")
    assert any(name in line for line in verify(package))


def test_a_renamed_file_an_empty_folder_and_an_exchange_are_found(package: Path) -> None:
    (package / "data/case.json").rename(package / "data/cases.json")
    assert len([line for line in verify(package) if "case.json" in line or "cases.json" in line]) >= 2
    (package / "data/cases.json").rename(package / "data/case.json")
    (package / "data/more").mkdir()
    assert verify(package) == ["the folder data/more is empty: no package has one"]
    (package / "data/more").rmdir()
    one, other = package / "data/case.json", package / "data/decisions.json"
    texts = one.read_bytes(), other.read_bytes()
    one.write_bytes(texts[1])
    other.write_bytes(texts[0])
    assert {"data/case.json was changed", "data/decisions.json was changed"} <= set(verify(package))


def test_every_byte_of_the_zip_file_counts(package: Path) -> None:
    target = packed(package)
    content, lot = target.read_bytes(), random.Random(7)
    directory = content.index(b"PK\x01\x02")
    places = [*range(0, 60, 7), *range(directory, len(content), 83), *(lot.randrange(directory) for _ in range(15))]
    for at in places:
        target.write_bytes(content[:at] + bytes([content[at] ^ lot.randrange(1, 256)]) + content[at + 1 :])
        assert verify(target), at
    for spoilt in (content[:-1], content + b"x", b"x" + content, content[: len(content) // 2], b""):
        target.write_bytes(spoilt)
        assert verify(target)


def test_what_is_made_anew_as_a_whole_is_found_by_its_published_hash_alone(package: Path) -> None:
    published = seal(package)
    (package / "data/dossier.html").write_text("<p>All is well.")
    remade(package)
    assert verify(package) == []
    assert "made anew as a whole" in examine(package).noted[0]
    wrong = verify(package, expected=published)
    assert len(wrong) == 1
    assert f"{published} was published" in wrong[0]


def _edit(name: str, change: Callable[[str], str]) -> Callable[[Path], None]:
    def edit(package: Path) -> None:
        path = next(package.glob(name))
        before = path.read_text()
        path.write_text(change(before))
        assert path.read_text() != before

    return edit


def _without_line(number: int) -> Callable[[str], str]:
    return lambda text: "".join(line for i, line in enumerate(text.splitlines(keepends=True)) if i != number)


def _swapped(text: str) -> str:
    first, second, *rest = text.splitlines(keepends=True)
    return "".join([second, first, *rest])


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (_edit("data/snapshots/*.json", lambda t: t.replace("moon", "noon", 1)), "not the snapshot of this hash"),
        (_edit("data/decisions/*.json", lambda t: t.replace("within", "during", 1)), "not the decision that was made"),
        (_edit("data/audit.jsonl", lambda t: t.replace('"actor":"anna"', '"actor":"lena"', 1)), "trail was changed"),
        (_edit("data/audit.jsonl", _swapped), "out of its order"),
        (_edit("data/custody.jsonl", lambda t: t.replace('"who":"anna"', '"who":"lena"', 1)), "record 1 was changed"),
        (_edit("data/custody.jsonl", _without_line(0)), "records 1 to 1 are gone"),
        (_edit("data/custody.jsonl", _without_line(1)), "fewer custody records"),
        (_edit("data/audit.jsonl", _without_line(3)), "fewer entries of the audit trail"),
        (
            _edit("data/case.json", lambda t: t.replace('"snapshots": [\n    "', '"snapshots": [\n    "0')),
            "which is missing",
        ),
        (_edit("data/case.json", lambda _: "[]"), "data/case.json is not as a package has it"),
        (_edit("data/case.json", lambda t: t[:-3]), "data/case.json is not as a package has it"),
        (_edit("data/decisions.json", lambda t: t.replace('"hash"', '"hush"', 1)), "is not as a package has it"),
        (lambda p: next(p.glob("data/decisions/*.json")).unlink(), "is missing"),
        (lambda p: (p / "data/dossier.pdf").unlink(), "every package has one"),
    ],
)
def test_the_payload_is_held_against_its_own_hashes_too(package: Path, edit: Callable[[Path], None], said: str) -> None:
    edit(package)
    remade(package)
    found = verify(package)
    assert any(said in line for line in found), found


def test_links_devices_and_names_that_lead_out_are_refused(package: Path, tmp_path: Path) -> None:
    outside = tmp_path / "secret"
    outside.write_text("x")
    (package / "data/link").symlink_to(outside)
    assert verify(package) == ["data/link is a link, which no package has"]
    (package / "data/link").unlink()
    (package / "data/link").symlink_to(tmp_path, target_is_directory=True)
    assert verify(package) == ["data/link is a link, which no package has"]
    (package / "data/link").unlink()
    os.mkfifo(package / "data/pipe")
    assert verify(package) == ["data/pipe is neither a file nor a folder"]
    (package / "data/pipe").unlink()
    (package / "data/\u202egpj.exe").write_text("x")
    assert "is no name that a package has" in verify(package)[0]
    shutil.rmtree(package)
    assert "there is no package" in verify(package)[0]
    package.symlink_to(tmp_path)
    assert "is a link" in verify(package)[0]
    with pytest.raises(ValueError, match="is no package"):
        seal(package)
    outside.write_text("no zip file")
    assert "is none" in verify(outside)[0]


def _zip(path: Path, *entries: tuple[str, bytes], mode: int = 0o100644, compress: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compress) as archive:
        for name, content in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = compress
            archive.writestr(info, content)
    return path


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("entries", "how", "said"),
    [
        ([("../evil", b"x")], {}, "no name|not in the package's folder"),
        ([("/etc/passwd", b"x")], {}, "not in the package's folder|no name"),
        ([("p/data/../../evil", b"x")], {}, "is no name that a package has"),
        ([("p/data\\evil", b"x")], {}, "is no name that a package has|not in"),
        ([("p/a", b"x"), ("p/a", b"y")], {}, "is there twice"),
        ([("p/data/a", b"x")], {"mode": 0o120777}, "neither a file nor a folder"),
        ([("p/data/a", bytes(1_000_000))], {"compress": zipfile.ZIP_DEFLATED}, "is compressed or encrypted"),
        ([(f"p/{n}", b"") for n in range(101)], {}, "more than 100 files"),
        ([], {}, "missing"),
    ],
)
def test_zip_files_that_mean_harm_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entries: list[tuple[str, bytes]], how: dict[str, int], said: str
) -> None:
    monkeypatch.setattr(opening, "MOST_FILES", 100)
    found = verify(_zip(tmp_path / "p.zip", *entries, **how))
    assert found
    assert any(part in " ".join(found) for part in said.split("|")), found


def test_a_zip_file_that_says_it_is_larger_than_it_is_is_refused(tmp_path: Path) -> None:
    """Entries that share their bytes: each stored as it is, together far more than the file."""
    target = _zip(tmp_path / "p.zip", *((f"p/{n}", b"x" * 100_000) for n in range(2)))
    content = target.read_bytes()
    first = content.index(b"PK\x01\x02")
    second = content.index(b"PK\x01\x02", first + 1)
    end = content.index(b"PK\x05\x06")
    entry, other = content[first:second], content[second:end]
    cut = content.index(b"PK\x03\x04", 10)
    shared = other[:42] + entry[42:46] + other[46:]  # the second at the first one's place
    tail = content[end : end + 16] + cut.to_bytes(4, "little") + content[end + 20 :]
    target.write_bytes(content[:cut] + entry + shared + tail)
    assert "holds more than it does" in verify(target)[0] or "changed" in verify(target)[0]


def test_a_package_that_was_packed_again_is_said_to_be(package: Path) -> None:
    again = Path(shutil.make_archive(str(package), "zip", package.parent, package.name))
    assert "packed again by another program" in verify(again)[0]


def test_it_needs_nothing_but_python(package: Path) -> None:
    """No site-packages, no environment: an interpreter that has the source and its own library."""
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from cases.package.verify import main; sys.exit(main())"
    command = [sys.executable, "-S", "-I", "-c", program, str(package)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == f"hash: {seal(package)}"
    (package / "bagit.txt").write_text("BagIt-Version: 0.97\n")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "bagit.txt was changed" in done.stdout


def test_its_own_command_says_what_is_wrong(
    package: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["verify", str(package), "0" * 64])
    assert main() == 1
    assert "was published" in capsys.readouterr().out


def test_two_files_of_json_are_read_as_they_were_written(package: Path) -> None:
    """A line separator within a text ends no line."""
    text = (package / "data/posts.jsonl").read_text()
    assert all(json.loads(line)["id"] for line in text.split("\n")[:-1])
