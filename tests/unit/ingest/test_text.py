from __future__ import annotations

import pyarrow as pa
import pytest

from ingest.text import extract, hashtag, ticker


def found(text: str) -> tuple[list[str], list[str], list[str]]:
    tickers, links, hashtags = (column.to_pylist()[0] for column in extract(pa.array([text])))
    return tickers, links, hashtags


def tickers(text: str) -> list[str]:
    return found(text)[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$BTC", ["BTC"]),
        ("$btc and $Btc", ["BTC"]),
        ("$BTCUSDT $BTCUSD $BTCUSDC $BTCBUSD $BTCFDUSD", ["BTC"]),
        ("$BTCPERP $BTCUSDTPERP", ["BTC"]),
        ("$BTC_USDT $BTC-USDT $BTC/USDT $BTC-PERP", ["BTC"]),
        ("$ETH/BTC", ["ETH"]),
        ("$BTC/$ETH", ["BTC", "ETH"]),
        ("$USDT $PERP $USD", ["PERP", "USD", "USDT"]),
        ("$TUSD $FDUSD $PYUSD $BUSDUSDT", ["BUSD", "FDUSD", "PYUSD", "TUSD"]),
        ("$WUSDT", ["W"]),
        ('($ETH) $SOL, $ADA. $XRP\'s "$DOT"', ["ADA", "DOT", "ETH", "SOL", "XRP"]),
        ("$$$PEPE", ["PEPE"]),
        ("#$BTC", ["BTC"]),
        ("$BTC.X $ETH.X", ["BTC", "ETH"]),
        ("$BRK.A $brk-b", ["BRK.A", "BRK.B"]),
        ("$TD.TO is no $TD; $BTC.To the moon", ["BTC", "TD", "TD.TO"]),
        ("$BTC.Buy now", ["BTC"]),
        ("$ES_F $es_f", ["ES_F"]),
        ("$SPY $AM…", ["SPY"]),
        ("$SPY $AMZN … $F", ["AMZN", "F", "SPY"]),
        ("end of $BTC.\nA new line", ["BTC"]),
        ("$BTC@60k", ["BTC"]),
        ("$BTC\n$ETH\t$SOL", ["BTC", "ETH", "SOL"]),
    ],
)
def test_cashtags(text: str, expected: list[str]) -> None:
    assert tickers(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1000PEPE", ["PEPE"]),
        ("$1000PEPE", ["PEPE"]),
        ("1000PEPEUSDT, 1000SHIB.", ["PEPE", "SHIB"]),
        ("10000LADYS 1000000MOG 1MBABYDOGE", ["BABYDOGE", "LADYS", "MOG"]),
        ("$1INCH $1inch", ["1INCH"]),
        ("1000pepe 1000people 1000x", []),
        ("1000KWH 1000USD 1000EUR 1MILLION 1MONTH", []),
        ("$1000USD $1000BN $1MM", []),
        ("x1000PEPE 51000PEPE 1.1000PEPE", []),
        ("1000PEPE.example /1000PEPE 1000PEPE@mail.example", []),
        ("100PEPE 2000PEPE", []),
    ],
)
def test_contracts_on_a_multiple_are_the_coin(text: str, expected: list[str]) -> None:
    assert tickers(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "$1.50",
        "$100",
        "$1k",
        "$20M",
        "$5bn",
        "$1,000",
        "$3 BTC",
        "$ BTC",
        "US$",
        "US$100",
        "$A$AP",
        "x$ETH",
        "S@$T",
        "é$ETH",
        "$my_var",
    ],
)
def test_prices_and_other_dollars_are_no_tickers(text: str) -> None:
    assert tickers(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "＄ＢＴＣ",
        "﹩BTC",
        "💲BTC",
        "$B\u200bTC",
        "$\u200dBTC",
        "\u202e$BTC\u202c",
        "$BT\u00adC",
        "$ВТС",  # Cyrillic
        "$втс",
        "$BТС",  # mixed
        "$ΒΤC",  # Greek
        "$ᏴᎢᏟ",  # Cherokee
        "$𝐁𝐓𝐂",
        "$𝔹𝕋ℂ",
        "$ⒷⓉⒸ",
        "$🅱🆃🅲",
        "$ᴮᵀᶜ",
        "$B̶T̶C̶",
        "$ḂŤĆ",
        "买$BTC上涨",
        "$BTC를 사세요",
        "ซื้อ$BTC",
    ],
)
def test_disguises_are_seen_through(text: str) -> None:
    assert tickers(text) == ["BTC"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$比特币", ["比特币"]),
        ("$도지 go", ["도지"]),
        ("$сбер", ["СБЕР"]),
        ("$रुपया", ["रुपया"]),
        ("１０００ＰＥＰＥ", ["PEPE"]),
    ],
)
def test_symbols_of_other_scripts(text: str, expected: list[str]) -> None:
    assert tickers(text) == expected


def test_length_limits() -> None:
    assert tickers("$" + "A" * 20) == ["A" * 20]
    assert tickers("$" + "A" * 21) == []
    assert tickers("$" + "A" * 100_000) == []
    assert tickers("$" + "币" * 21) == []
    assert found("#" + "a" * 140)[2] == []


def test_urls_and_mail_addresses_are_not_scanned() -> None:
    text = "https://a.example/$BTC#eth www.b.example/#$SOL bob$btc@c.example x.$doge.b@d.example $xrp@e.ex a#b@f.ex"
    assert found(text) == ([], ["https://a.example/$BTC", "https://www.b.example/"], [])


def test_mail_pattern_leaves_neighbours_alone() -> None:
    assert tickers("$BTC bob@a.example,$ETH @someone $SOL") == ["BTC", "ETH", "SOL"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#Crypto #CRYPTO #crypto", ["crypto"]),
        ("＃Ｂｉｔｃｏｉｎ", ["bitcoin"]),
        ("#1 #100 #_ C# &#39;", []),
        ("#1inch #web3_now", ["1inch", "web3_now"]),
        ("a#b &#x27; /#c", []),
        ("#Straße #İ", ["i̇", "strasse"]),
        ("#हिन्दी #比特币 #کتاب", ["کتاب", "हिन्दी", "比特币"]),
        ("#Bit\u200bcoin", ["bitcoin"]),
        ("(#eth)", ["eth"]),
        ("#eth #stoc…", ["eth"]),
    ],
)
def test_hashtags(text: str, expected: list[str]) -> None:
    assert found(text)[2] == expected


def test_arrays_have_the_texts_length_and_are_sorted_and_distinct() -> None:
    texts = pa.array(["$SOL $ADA $SOL #b #a", None, "", "www.b.example https://a.example"])
    result = extract(texts)
    assert result.tickers.to_pylist() == [["ADA", "SOL"], [], [], []]
    assert result.hashtags.to_pylist() == [["a", "b"], [], [], []]
    assert result.links.to_pylist() == [[], [], [], ["https://a.example/", "https://www.b.example/"]]
    assert all(column.type == pa.list_(pa.string()) for column in result)


@pytest.mark.parametrize("kind", [pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_any_kind_of_text_array(kind: pa.DataType) -> None:
    assert extract(pa.array(["$BTC", None]).cast(kind)).tickers.to_pylist() == [["BTC"], []]
    assert extract(pa.nulls(2)).tickers.to_pylist() == [[], []]
    assert extract(pa.array([], pa.string())).links.to_pylist() == []


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("BTC", "BTC"),
        (" $btc ", "BTC"),
        ("BTC/USDT", "BTC"),
        ("BTC/USDT:USDT", "BTC"),
        ("BTC-USD", "BTC"),
        ("BTCUSDT.P", "BTC"),
        ("1000pepe", "PEPE"),
        ("1INCH", "1INCH"),
        ("brk-b", "BRK.B"),
        ("es_f", "ES_F"),
        ("USDT", "USDT"),
        ("1000", None),
        ("", None),
        ("$", None),
        ("A$AP", None),
        ("BTC ETH", None),
        ("foo-bar", None),
        ("x" * 500, None),
    ],
)
def test_given_tickers(raw: str, expected: str | None) -> None:
    assert ticker(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("#Crypto", "crypto"),
        (" crypto ", "crypto"),
        ("#", None),
        ("123", None),
        ("a b", None),
        ("a\x00b", None),
        ("🚀", "🚀"),
        ("bit-coin", "bit-coin"),
        ("x" * 1000, None),
    ],
)
def test_given_hashtags(raw: str, expected: str | None) -> None:
    assert hashtag(raw) == expected


def test_hostile_texts_take_linear_time() -> None:
    for piece in ("a@", "$", "#", "$A", "(https://a.example/", ".,;", "w", "1000", "www.", "@a.b"):
        extract(pa.array([piece * (200_000 // len(piece))]))
