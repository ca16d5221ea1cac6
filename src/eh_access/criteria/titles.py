"""Numbers that a title names beside those it stands for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

SMALL = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
WORDS: dict[str, float] = {word: number for number, word in enumerate(SMALL, 1)}
for tens, begins in enumerate(TENS, 2):
    WORDS[begins] = 10 * tens
    WORDS |= {f"{begins}{gap}{word}": 10 * tens + n for gap in "- " for word, n in
              zip(SMALL[:9], range(1, 10), strict=True)}  # fmt: skip
DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"))
SAYINGS = {
    r"\bthree[ -]quarters of an hour\b": "45 minutes",
    r"\bhalf an hour\b": "30 minutes",
    r"\b(?:a )?quarter of an hour\b": "15 minutes",
    r"\bthree[ -]quarters\b": "75%",
}
DONE = (
    "closed?",
    "shut",
    "gone",
    "lost",
    "deregistered",
    "surrendered",
    "reduced",
    "opened",
    "moved",
)
UNITS: Mapping[str, str] = {
    "%": r"\s?(?:%|per ?cent)",
    "min": r"(?:[\s-]?min(?:ute)?s?\b|\s?\u2032)",
    "points": r"[\s-](?:percentage )?points?\b",
    "hours": r"[\s-](?:opening )?h(?:ou)?rs?\b",
    "m": r"[\s-]?(?:k?m|metres?|kilometres?|miles?)\b",
    "sites": rf"(?: \S+){{0,2}} (?:{'|'.join(DONE)})\b",
}
# the longest first, or "twenty-five" would be twenty
NAMED = "|".join(sorted(WORDS, key=len, reverse=True))
NUMBER = rf"(?<![\w.,-])(\d[\d,]*(?:\.\d+)?|(?:{NAMED})(?![a-z]))"
PATTERNS = {unit: re.compile(NUMBER + ending, re.IGNORECASE) for unit, ending in UNITS.items()}
DOING = re.compile(rf"\b(?:clos(?:es?|ing)|shut(?:s|ting)?|los(?:es?|ing)) {NUMBER}", re.IGNORECASE)
"""How many are closed where the number stands behind: "closing three"."""
IN_TEN = re.compile(rf"{NUMBER} (?:in|out of) (?:every )?{NUMBER}", re.IGNORECASE)
FEWER = re.compile(rf"from {NUMBER} to {NUMBER}(?=\s*(?:$|[:;,.()]))", re.IGNORECASE)
"""How many there were and will be: "from twelve to nine"."""
METRES_PER_KM, METRES_PER_MILE = 1000.0, 1609.344
NOT_ITS_OWN = "not a number set for it; correct it"
SAME = 1e-9


def other_numbers(
    text: str, numbers: Mapping[str, Collection[float]], *, alone: Collection[str] = ()
) -> Iterator[str]:
    """Yield what a text names, with its unit, that is none of the numbers of that unit.

    Of a unit that has none nothing is yielded, but of those that stand for nothing else, ``alone``.
    """
    text = _in_figures(text)
    for unit, known in numbers.items():
        before = DOING.finditer(text) if unit == "sites" else ()
        named = (*PATTERNS[unit].finditer(text), *before) if known or unit in alone else ()
        for match in named:
            value, same = _value(match[1]), SAME
            if unit == "m" and "mile" in match[0].lower():
                value, same = value * METRES_PER_MILE, 1.0  # which is written in whole metres
            elif unit == "m" and "k" in match[0].lower():
                value *= METRES_PER_KM
            if not any(abs(value - each) < same for each in known):
                yield match[0].strip()


def _in_figures(text: str) -> str:
    """Return a text with one dash, and "half an hour" and "nine in ten" as figures."""
    text = text.translate(DASHES)
    for saying, figures in SAYINGS.items():
        text = re.sub(saying, figures, text, flags=re.IGNORECASE)
    return IN_TEN.sub(lambda match: f"{100 * _value(match[1]) / _value(match[2]):g}%", text)


def other_changes(text: str, sizes: Collection[float]) -> Iterator[str]:
    """Yield "from twelve to nine" where nothing changes so many."""
    for match in FEWER.finditer(text):
        if abs(_value(match[1]) - _value(match[2])) not in sizes:
            yield match[0]


def other_totals(text: str, total: int, *, word: str = "") -> Iterator[str]:
    """Yield how many there are by a text, "from twelve" or "twelve WORDs", where it is not so."""
    counted = re.compile(rf"{NUMBER}(?: \S+){{0,2}} {re.escape(word)}s\b", re.IGNORECASE)
    for match in (*FEWER.finditer(text), *(counted.finditer(text) if word else ())):
        if _value(match[1]) != total:
            yield match[0]


def _value(text: str) -> float:
    return WORDS.get(text.lower()) or float(text.replace(",", ""))
