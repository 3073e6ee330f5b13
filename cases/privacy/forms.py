"""What personal data looks like: one pattern a form, with what tells it from a number or a word."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator

_HEX = "0-9a-fA-F"
_58 = "1-9A-HJ-NP-Za-km-z"
_32 = "02-9ac-hj-np-z"  # bech32
_ALPHABET58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_AT, _DOT = r"(?:@|\s*[\[({]\s*at\s*[\])}]\s*)", r"(?:\.|\s*[\[({]\s*dot\s*[\])}]\s*)"
_NOT_IN_WORD, _ENDS = r"(?<![\w])", r"(?![\w])"


def find(text: str) -> Iterator[tuple[str, int, int]]:
    """Kind, start and end of everything in a text that has the form of personal data; it may overlap."""
    for kind, pattern, holds in _FORMS:
        for match in pattern.finditer(text):
            group = 1 if pattern.groups else 0
            if holds(match[group]):
                yield kind, match.start(group), match.end(group)


def _any(_: str) -> bool:
    return True


def _is_solana(text: str) -> bool:
    """32 bytes in base 58, and not one case of letters alone: no word is written so."""
    mixed = any(c.isdigit() for c in text) and any(c.islower() for c in text) and any(c.isupper() for c in text)
    value = 0
    for char in text:
        value = value * 58 + _ALPHABET58.index(char)
    return mixed and (value.bit_length() + 7) // 8 + len(text) - len(text.lstrip("1")) == 32


def _mixed(text: str) -> bool:
    """Whether a run of letters has digits and both cases, which words have not."""
    return any(c.isdigit() for c in text[1:]) and any(c.islower() for c in text) and any(c.isupper() for c in text)


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text.partition("/")[0].partition("%")[0])
    except ValueError:
        return False
    return any(c.isdigit() for c in text) or len(text) > 2


def _is_phone(text: str) -> bool:
    digits = sum(c.isdigit() for c in text)
    return (10 if text.startswith("00") else 7) <= digits <= 15


def _is_imei(text: str) -> bool:
    """The Luhn check of 15 digits."""
    digits = [int(c) for c in text if c.isdigit()]
    doubled = [d if i % 2 == 0 else d * 2 - 9 * (d > 4) for i, d in enumerate(digits)]
    return sum(doubled) % 10 == 0


def _form(
    kind: str, pattern: str, holds: Callable[[str], bool] = _any, flags: int = 0
) -> tuple[str, re.Pattern[str], Callable[[str], bool]]:
    return kind, re.compile(pattern, flags), holds


_I = re.IGNORECASE
_FORMS = (
    _form("e-mail", rf"{_NOT_IN_WORD}[\w.+'-]{{1,64}}{_AT}[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,63}}){{1,5}}", flags=_I),
    _form("e-mail", r"(?<!\w)[\w.+-]{1,64}\s+at\s+[\w-]{2,63}\s+dot\s+[a-z]{2,12}(?!\w)", flags=_I),
    # handles: @name, @name@server, platform:id, and addresses of profiles
    _form("handle", r"(?<![\w@./])(@[A-Za-z_\w][\w.-]{0,99}(?:@[\w.-]{3,253})?)"),
    _form(
        "handle",
        r"(?<![\w])((?:x|twitter|telegram|discord|reddit|farcaster|lens|nostr|bluesky|did:plc|did:web):[\w.-]{2,100})",
        flags=_I,
    ),
    _form(
        "handle",
        r"(?:https?://)?(?:www\.|m\.|mobile\.)?(?:x\.com|twitter\.com|t\.me|telegram\.me|instagram\.com|tiktok\.com|"
        r"facebook\.com|reddit\.com/u(?:ser)?|warpcast\.com|bsky\.app/profile|youtube\.com|discord\.gg)/([@\w][\w.-]{1,100})",
        flags=_I,
    ),
    _form("handle", r"(?<!\w)(u/[A-Za-z0-9_-]{3,20})(?!\w)"),
    _form("handle", r"(?<![\w#])([A-Za-z][\w.]{1,31}#\d{4})(?!\w)"),
    _form("handle", r"(?<!\w)(npub1[02-9ac-hj-np-z]{58})(?!\w)"),
    # wallets
    _form("wallet", rf"(?<![\w])(0x[{_HEX}]{{40}})(?![{_HEX}])"),  # Ethereum and its kin
    _form("wallet", rf"(?<![\w])(0x[{_HEX}]{{64}})(?![{_HEX}])"),  # a transaction of theirs; Aptos, Sui, Starknet
    _form("wallet", rf"{_NOT_IN_WORD}((?:bc|tb|ltc)1[{_32}]{{11,87}}){_ENDS}", flags=_I),  # Bitcoin, Litecoin (BIP 173)
    _form("wallet", rf"{_NOT_IN_WORD}(bitcoincash:[qp][{_32}]{{41}}){_ENDS}", flags=_I),
    _form("wallet", rf"{_NOT_IN_WORD}([13][{_58}]{{25,34}}){_ENDS}", _mixed),  # Bitcoin's older forms
    _form("wallet", rf"{_NOT_IN_WORD}([LMD][{_58}]{{26,33}}){_ENDS}", _mixed),  # Litecoin, Dogecoin
    _form("wallet", rf"{_NOT_IN_WORD}(T[{_58}]{{33}}){_ENDS}", _mixed),  # Tron
    _form("wallet", rf"{_NOT_IN_WORD}(r[{_58}]{{24,34}}){_ENDS}", _mixed),  # XRP
    _form("wallet", rf"{_NOT_IN_WORD}([{_58}]{{32,44}}){_ENDS}", _is_solana),
    _form("wallet", rf"{_NOT_IN_WORD}([48][{_58}]{{94}}|[48][{_58}]{{105}}){_ENDS}"),  # Monero
    _form("wallet", rf"{_NOT_IN_WORD}((?:addr|stake)1[{_32}]{{50,110}}){_ENDS}"),  # Cardano
    _form("wallet", rf"{_NOT_IN_WORD}([a-z]{{2,12}}1[{_32}]{{38,58}}){_ENDS}"),  # Cosmos and its kin
    _form("wallet", r"(?<![\w-])([EUk0]Q[A-Za-z0-9_-]{46})(?![\w-])"),  # TON
    _form("wallet", rf"{_NOT_IN_WORD}([X-Z]?[A-Za-z0-9]{{0,1}}G[A-Z2-7]{{55}}){_ENDS}"),  # Stellar
    _form("wallet", rf"{_NOT_IN_WORD}(1[{_58}]{{46,47}}|5[{_58}]{{47}}){_ENDS}"),  # Polkadot, Substrate
    _form(
        "wallet", r"(?<![\w.-])([\w-]{3,63}\.(?:eth|sol|bnb|crypto|near|lens|ton))(?![\w])", flags=_I
    ),  # names of wallets
    # phones
    _form("phone", r"(?<![\w.])((?:\+|00)\s?[1-9](?:[\s().\-/]{0,2}\d){6,14})(?![\w])", _is_phone),
    _form(
        "phone",
        r"(?:tel|phone|mobile|whatsapp|call|fon|mobil)[.:\s]{1,3}(\(?\d(?:[\s().\-/]{0,2}\d){5,14})(?!\w)",
        _is_phone,
        _I,
    ),
    _form("phone", r"(?<![\w.,:/+-])(\(0?\d{2,5}\)[\s-]?\d{3,4}[\s-]?\d{3,5})(?![\w.,]\d|\w)", _is_phone),
    _form("phone", r"(?<![\w.,:/+-])(0\d{2,5}[\s/-]\d{3,4}(?:[\s-]?\d{2,5}){1,2})(?!\w)", _is_phone),
    _form("phone", r"(?<![\w.,:/+$€£-])(\d{3}[-.]\d{3}[-.]\d{4})(?![\w-]|\.\d)", _is_phone),
    # addresses
    _form("IP address", r"(?<![\w.])(?<!version )(\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?)(?!\.?\d|\w)", _is_ip),
    _form(
        "IP address",
        rf"(?<![\w:.])((?:[{_HEX}]{{0,4}}:){{2,7}}[{_HEX}]{{0,4}}(?:%\w+)?(?:/\d{{1,3}})?)(?![\w:])",
        _is_ip,
    ),
    # devices
    _form(
        "device id", rf"{_NOT_IN_WORD}([{_HEX}]{{8}}-(?:[{_HEX}]{{4}}-){{3}}[{_HEX}]{{12}}){_ENDS}"
    ),  # UUID: IDFA, GAID
    _form("device id", rf"(?<![\w:-])((?:[{_HEX}]{{2}}[:-]){{5}}[{_HEX}]{{2}})(?![\w:-])"),  # MAC
    _form("device id", r"(?<![\w.,])(\d{2}[\s-]?\d{6}[\s-]?\d{6}[\s-]?\d)(?![\w.,]\d|\w)", _is_imei),  # IMEI
    _form(
        "device id",
        rf"(?:android[ _-]?id|udid|device[ _-]?id|fingerprint)[\s:=#\"']{{1,4}}([{_HEX}-]{{8,64}}){_ENDS}",
        flags=_I,
    ),
)
