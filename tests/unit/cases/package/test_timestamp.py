"""A time stamp by an authority is asked for, kept with the package, and looked at; by a real one on the loopback."""

from __future__ import annotations

import random
from pathlib import Path

import bagit
import pytest

from cases import caseload
from cases.lifecycles import Severity
from cases.package import form, token
from cases.package.build import build
from cases.package.timestamp import Authority, authority
from cases.package.verify import examine, seal, verify
from graph.errors import ConfigError, DeliveryError
from lockstep import outbound
from lockstep.config import load
from tests import packages, tsa
from tests.casework import ANNA, opened, sqlite_url
from tests.needs import needs

LOOPBACK = outbound.networks("127.0.0.0/8")
pytestmark = needs("openssl")


@pytest.fixture(scope="module")
def stamped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A stamped package, and the certificate of who stamped it."""
    folder = tmp_path_factory.mktemp("tsa")
    root = tsa.set_up(folder)
    work = opened(sqlite_url(folder))
    case_id = work.do(ANNA, caseload.open_case, "just opened", Severity.S3)
    with tsa.served(folder) as url:
        made = build(work.book, ANNA, case_id, folder / "out", stamp=Authority(url, (root,), LOOPBACK))
    work.book.close()
    return made, root


@pytest.fixture
def package(stamped: tuple[Path, bytes], tmp_path: Path) -> Path:
    made, _ = stamped
    for path in made.rglob("*"):
        if path.is_file():
            target = tmp_path / made.name / path.relative_to(made)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    return tmp_path / made.name


def test_a_stamped_package_is_whole_and_says_when(package: Path, stamped: tuple[Path, bytes]) -> None:
    found = examine(package, expected=seal(package), roots=[stamped[1]])
    assert found.wrong == []
    assert found.noted[-1].startswith("stamped 20")
    assert "whose it is was not checked" in examine(package).noted[-1]
    assert verify(package) == []
    bagit.Bag(str(package)).validate()


@pytest.mark.parametrize("name", [form.TOKEN, form.OUTER])
def test_a_changed_byte_of_the_time_stamp_is_found(package: Path, name: str) -> None:
    content, lot = (package / name).read_bytes(), random.Random(name)
    for _ in range(20):
        (package / name).write_bytes(packages.flipped(content, lot))
        assert verify(package)
    (package / name).unlink()
    assert "part of a time stamp" in verify(package)[-1]


def _outer(package: Path) -> None:
    read = {name: (package / name).read_bytes() for name in (*form.TAGGED, form.TOKEN)}
    (package / form.OUTER).write_bytes(token.outer(read))


def test_a_time_stamp_that_was_exchanged_is_found(package: Path, stamped: tuple[Path, bytes], tmp_path: Path) -> None:
    """The token's cover can be made anew; its signature cannot."""
    content, lot = (package / form.TOKEN).read_bytes(), random.Random(1)
    for _ in range(20):
        changed = bytearray(content)
        at = lot.randrange(40, len(content) - 40)
        changed[at] ^= 1 << lot.randrange(8)
        (package / form.TOKEN).write_bytes(bytes(changed))
        _outer(package)
        found = examine(package, roots=[stamped[1]])
        # what the signature does not cover (a certificate sent along) may change; what it says may not
        assert found.wrong or found.noted == examine(stamped[0], roots=[stamped[1]]).noted
    (package / form.TOKEN).write_bytes(b"no token")
    _outer(package)
    assert "of something else" in verify(package)[-1]
    (package / form.TOKEN).unlink()
    (package / form.OUTER).unlink()
    assert verify(package) == ["its time stamp was taken away"]


def test_an_authority_that_was_not_named_is_not_believed(package: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    root = tsa.set_up(other, "other")
    assert "does not hold" in verify(package, roots=[root])[-1]


def test_without_the_library_the_signature_is_said_to_be_unchecked(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert examine(package).wrong == []
    assert "is not installed" in examine(package).noted[-1]


def test_an_authority_must_be_allowed_and_answer_for_this_content(tmp_path: Path) -> None:
    root = tsa.set_up(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    stranger = tsa.set_up(other, "other")
    with tsa.served(tmp_path) as url:
        assert Authority(url, (root,), LOOPBACK)(b"content")
        with pytest.raises(DeliveryError, match="not public and not allowed"):
            Authority(url, (root,))(b"content")
        with pytest.raises(DeliveryError, match="no time stamp"):
            Authority(url, (stranger,), LOOPBACK)(b"content")
        replayed = Authority(url, (root,), LOOPBACK)(b"something else")
    for spoilt in (b"", b"no answer", replayed, b"x" * 100_000):
        with tsa.served(tmp_path, spoilt) as url, pytest.raises(DeliveryError, match="no time stamp"):
            Authority(url, (root,), LOOPBACK)(b"content")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("", "no certificates"),
        ('timestamp_roots = "nothing.pem"', "no certificates"),
        ('timestamp_roots = "lockstep.toml"', "no certificates"),
        ('timestamp_roots = "root.pem"\ntimestamp_allow = "10.0.0.0/8/8"', "10.0.0.0/8/8"),
    ],
)
def test_settings_that_name_an_authority_must_say_how_it_is_known(tmp_path: Path, lines: str, said: str) -> None:
    tsa.set_up(tmp_path)
    (tmp_path / "lockstep.toml").write_text(f'[cases]\ntimestamp_url = "https://tsa.example/"\n{lines}\n')
    with pytest.raises(ConfigError, match=said):
        authority(load(tmp_path / "lockstep.toml"))


def test_none_is_asked_unless_the_settings_name_one(tmp_path: Path) -> None:
    pem = tsa.set_up(tmp_path)
    (tmp_path / "lockstep.toml").write_text("")
    assert authority(load(tmp_path / "lockstep.toml")) is None
    told = (
        '[cases]\ntimestamp_url = "https://tsa.example/"\ntimestamp_roots = "root.pem"\ntimestamp_allow = "10.1.2.0/24"'
    )
    (tmp_path / "lockstep.toml").write_text(told)
    found = authority(load(tmp_path / "lockstep.toml"))
    assert found == Authority("https://tsa.example/", (pem,), outbound.networks("10.1.2.0/24"))
