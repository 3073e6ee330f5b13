"""One name for one page: canonical URLs, and the URLs in a text.

What makes two addresses one link: scheme and host in lower case, ``http`` read as ``https``, default ports, user names
and fragments gone, percent-encoding in its shortest form, ``.`` and ``..`` resolved, query parameters in the order of
their names and without those that only track the reader. A host in another script is kept as punycode, so that a
look-alike is visible as one. ``www.`` and trailing slashes of a path are part of the address: sites differ by them.

Short links (t.co, bit.ly …) stay as they are: resolving one would be a request that leaves the machine. Referral codes
(``ref``, ``r``, ``invite`` …) stay too: they tell whom a link pays, which is evidence.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from ingest.symbols import visible

if TYPE_CHECKING:
    import pyarrow as pa

MAX_LINK = 2048  # characters of a canonical link; what is longer is no link that people share
_MAX_RAW = 4 * MAX_LINK

TRACKING_PREFIXES = ("utm_", "_hs", "hsa_", "mtm_", "pk_", "piwik_")
TRACKING = frozenset(
    "fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ysclid twclid ttclid li_fat_id igshid igsh mc_cid mc_eid"  # noqa: SIM905 - words read best as words
    " mkt_tok hsctatracking vero_id vero_conv ref_src ref_url __twitter_impression s_cid oly_anon_id oly_enc_id"
    " _openstat wickedid _ga _gl srsltid guccounter guce_referrer guce_referrer_sig cmpid ncid sr_share".split()
)
TRACKING_BY_HOST = {
    "twitter.com": frozenset({"s", "t"}),
    "x.com": frozenset({"s", "t"}),
    "youtube.com": frozenset({"si", "feature", "pp"}),
    "youtu.be": frozenset({"si", "feature"}),
    "open.spotify.com": frozenset({"si"}),
}
"""Parameters that track the reader on these hosts (``www.``, ``m.``, ``mobile.`` too) and mean something elsewhere."""

_URL = re.compile(
    r"(?:(?P<scheme>https?):/{2,})?(?P<host>[^/?#]*)(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#(?P<part>.*))?",
    re.IGNORECASE | re.DOTALL,
)
_PLAIN = re.compile(
    r"https://(?=[^/]{1,253}/)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9]{1,62}/[A-Za-z0-9_~/-]{0,500}"
)
_PLAIN_RE2 = r"^https://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9]{1,62}/[A-Za-z0-9_~/-]*$"  # for Arrow
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_PORT = re.compile(r":([0-9]*)$")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})|%|[^!$&'()*+,;=:@/?A-Za-z0-9._~-]")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

_STOP = r"""\s<>"`{}|^\x00-\x1f\x7f“”„‟«»‹›‘’‚…、。〈-】〔-〟！＂，．：；？（）［］｛｝｟-･"""
# Both begin with literal characters, so that the search skips to them; the scheme before "://" is looked back at.
_SCHEMED = re.compile(rf"://(?:(?<=[hH][tT][tT][pP]://)|(?<=[hH][tT][tT][pP][sS]://))[^{_STOP}]++")
_WWW = re.compile(rf"[wW]{{3}}\.(?<![\w.@/-]....)[^{_STOP}]++")
_TRAILING = ".,;:!?'*_~-"
_BRACKETS = {")": "(", "]": "["}


def canonical_link(url: str) -> str | None:
    """The one spelling under which a page is a node; None for what is no web address.

    Parameters
    ----------
    url : str
        With or without scheme; ``example.org/page`` is read as https.
    """
    if _PLAIN.fullmatch(url):
        return url
    return _canonical(url) if len(url) <= _MAX_RAW else None


def plain_links(urls: pa.Array) -> pa.Array:
    """Which of the URLs are canonical as they stand, without doubt: most are, and all are told at once.

    Parameters
    ----------
    urls : pa.Array of string
        Without nulls.
    """
    import pyarrow.compute as pc

    return pc.and_(pc.match_substring_regex(urls, _PLAIN_RE2), pc.less(pc.binary_length(urls), 253))


def take_links(text: str) -> tuple[list[str], str]:
    """Canonical links of a text as written, and the text with a space in the place of every URL."""
    found: list[str] = []
    for pattern in (_SCHEMED, _WWW):
        rest, at = [], 0
        for match in pattern.finditer(text):
            start, end = match.span()
            if pattern is _SCHEMED:
                start -= 4 if text[start - 1] in "pP" else 5
                if start and text[start - 1].isalnum() and text[start - 1].isascii():
                    continue  # an unknown scheme that ends like a known one
            rest.append(text[at:start])
            at = end
            # A URL that runs into an ellipsis was cut by whoever quoted it: no page has that address.
            link = None if text.startswith("…", end) else canonical_link(_without_trailing(text[start:end]))
            if link:
                found.append(link)
        if at:
            text = " ".join((*rest, text[at:]))
        if "ww." not in text and "WW." not in text:
            break
    return found, text


def _without_trailing(url: str) -> str:
    """Punctuation and closing brackets that belong to the sentence, not to the address."""
    if len(url) > _MAX_RAW:
        return url
    while url:
        last = url[-1]
        if last in _TRAILING or (last in _BRACKETS and url.count(last) > url.count(_BRACKETS[last])):
            url = url[:-1]
        else:
            break
    return url


@lru_cache(maxsize=16_384)
def _canonical(url: str) -> str | None:
    # Browsers drop tabs and line breaks, and read a backslash as a slash; phishing relies on others not doing so.
    url = visible(url).strip().replace("\t", "").replace("\n", "").replace("\r", "")
    before, question, after = url.partition("?")
    match = _URL.fullmatch(before.replace("\\", "/") + question + after)
    if match is None:
        return None
    scheme = match["scheme"]
    host = _authority(match["host"], scheme, bare=scheme is None)
    if host is None:
        return None
    try:
        path = _resolve(_escape(match["path"] or "/"))
        query = _query(match["query"] or "", host)
        part = _escape(match["part"] or "")
    except UnicodeEncodeError:  # a lone surrogate: not text
        return None
    # A fragment is a place on the page, except where an application routes by it (app.example/#/swap?to=0x…).
    route = f"#{part}" if part.startswith(("/", "!")) else ""
    link = f"https://{host}{path}{query}{route}"
    return link if len(link) <= MAX_LINK else None


def _authority(text: str, scheme: str | None, *, bare: bool) -> str | None:
    """Host and, if it is not the default, port."""
    if bare and "@" in text:  # an e-mail address
        return None
    text = text.rpartition("@")[2]
    port = _PORT.search(text)
    number = ""
    if port:
        text = text[: port.start()]
        number = port[1].lstrip("0")
        if len(number) > 5 or (number and int(number) > 65_535):
            return None
        default = "443" if scheme and scheme.lower() == "https" else "80"
        number = "" if number in {default, "443"} else number
    host = _host(text, bare=bare)
    if host is None:
        return None
    return f"{host}:{number}" if number else host


def _host(text: str, *, bare: bool) -> str | None:
    if text.startswith("[") and text.endswith("]"):
        try:
            return f"[{ipaddress.IPv6Address(text[1:-1].partition('%')[0]).compressed}]"
        except ValueError:
            return None
    text = text.lower()
    if not text.isascii():
        text = _punycode(text)
    text = text.removesuffix(".")
    labels = text.split(".")
    if len(labels) < 1 + bare or len(text) > 253 or not all(map(_LABEL.fullmatch, labels)):
        return None
    if labels[-1].isdigit():
        try:
            return str(ipaddress.IPv4Address(text))
        except ValueError:
            return None
    return text


def _punycode(host: str) -> str:
    """ASCII form of an international host name; empty where it has none."""
    import idna

    try:
        return idna.encode(host, uts46=True).decode("ascii").lower()
    except UnicodeError:  # idna's own errors are UnicodeErrors
        return ""


def _escape(text: str) -> str:
    return _ESCAPE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    code = match[1]
    if code is None:
        return "".join(f"%{byte:02X}" for byte in match.group().encode())
    byte = int(code, 16)
    return chr(byte) if byte in _UNRESERVED else f"%{code.upper()}"


def _resolve(path: str) -> str:
    """The path without ``.`` and ``..``."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)


def _query(text: str, host: str) -> str:
    """The query without tracking, by name; values of one name keep their order."""
    if not text:
        return ""
    site = host
    for prefix in ("www.", "m.", "mobile."):
        site = site.removeprefix(prefix)
    here = TRACKING_BY_HOST.get(site, frozenset())
    kept = []
    for parameter in _escape(text).split("&"):
        name = parameter.partition("=")[0].lower()
        if parameter and not (name in TRACKING or name in here or name.startswith(TRACKING_PREFIXES)):
            kept.append(parameter)
    kept.sort(key=lambda p: p.partition("=")[0])
    return "?" + "&".join(kept) if kept else ""
