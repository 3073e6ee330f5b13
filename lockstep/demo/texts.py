"""Texts of ordinary posts, and the variations that people make on a text they were handed."""

from __future__ import annotations

from collections.abc import Sequence

from lockstep.demo.draw import Draw
from lockstep.demo.phrases import LANGUAGES, Language

DRAWS = 8  # numbers in [0, 1) that one post's text takes


def compose(language: Language, draws: Sequence[float], cashtags: str) -> str:
    """An ordinary post; ``cashtags`` is empty for a post about anything else."""
    body = _at(language.coin if cashtags else language.plain, draws[0])
    text = _at(language.openers, draws[1]) + _fill(language, body, draws, cashtags) + _at(language.closers, draws[2])
    return text if draws[7] < 0.6 else text[:1].upper() + text[1:]


def reply(language: Language, draws: Sequence[float]) -> str:
    """A short answer to somebody's post."""
    return _fill(language, _at(language.replies, draws[0]), draws, "") + _at(language.closers, draws[2])


def index_of(tag: str) -> int:
    """Position of a language in :data:`lockstep.demo.phrases.LANGUAGES`."""
    return [language.tag for language in LANGUAGES].index(tag)


def retouch(draw: Draw, text: str) -> str:
    """What people do to a text they were told to post: another ending, case, or an emoji in front."""
    ends = ("", "", " 🚀", " 🚀🚀", "!!", " 🔥", " 💎", ".", " 👇")
    starts = ("", "", "", "🚨 ", "🔥 ", "guys ", "psst ")
    text = draw.pick(starts) + text.rstrip(" .!") + draw.pick(ends)
    return text.upper() if draw.chance(0.06) else text


def own_words(draw: Draw, parts: Sequence[Sequence[str]], *, drop: float = 0.25) -> str:
    """One sentence from each part, some left out (never all), joined: the same message in other words."""
    said = [draw.pick(part) for part in parts if not draw.chance(drop)] or [draw.pick(parts[0])]
    if len(said) > 1 and draw.chance(0.3):
        said.reverse()
    return draw.pick((" ", ". ", " - ", ", ", " … ")).join(said)


def disguise(draw: Draw, text: str) -> str:
    """What people do to a text that a filter knows by now: a letter that looks the same, or one that shows nothing."""
    spoken = text.split(" ")
    places = [i for i, word in enumerate(spoken) if len(word) > 3 and "$" not in word]
    if not places:
        return text
    place = draw.pick(places)
    word = spoken[place]
    if draw.chance(0.5):
        spoken[place] = word[:2] + "\u200b" + word[2:]  # zero-width space
    else:
        spoken[place] = word.replace("a", "\u0430", 1).replace("o", "\u043e", 1).replace("e", "\u0435", 1)  # Cyrillic
    return " ".join(spoken)


def about(draw: Draw, parts: Sequence[Sequence[str]], ticker: str) -> str:
    """The same message in other words; the coin is always named, in the sentence or beside it."""
    coin = f"${ticker}"
    text = own_words(draw, parts).replace("{t}", coin)
    if coin in text:
        return text
    return f"{coin} {text}" if draw.chance(0.5) else f"{text} {coin}"


def _fill(language: Language, body: str, draws: Sequence[float], cashtags: str) -> str:
    return (
        body.replace("{t}", cashtags)
        .replace("{w}", _at(language.when, draws[3]))
        .replace("{x}", _at(language.things, draws[4]))
        .replace("{n}", price(draws[5], draws[6]))
        .replace("{p}", str(1 + int(draws[6] * draws[6] * 60)))
    )


def price(a: float, b: float) -> str:
    """A price as people write it."""
    scale = (0.0001, 0.01, 0.3, 2.0, 40.0, 900.0, 30000.0)[int(a * 7)]
    value = scale * (1.0 + 3.0 * b)
    return f"{value:.5f}" if value < 0.01 else f"{value:.2f}" if value < 100 else f"{value / 1000:.1f}k"


def _at(items: Sequence[str], draw: float) -> str:
    return items[int(draw * len(items))]
