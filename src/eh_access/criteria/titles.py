"""Numbers that a title names beside those it stands for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

SMALL = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
TENS = {"eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40}
TENS |= {"fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
WORDS: Mapping[str, float] = {word: number for number, word in enumerate(SMALL, 1)} | TENS
UNITS: Mapping[str, str] = {
    "%": r"\s?(?:%|per ?cent)",
    "min": r"[\s-]min(?:ute)?s?\b",
    "points": r"[\s-](?:percentage )?points?\b",
    "hours": r"[\s-](?:opening )?h(?:ou)?rs?\b",
    "m": r"\s?(?:k?m|metres|kilometres)\b",
    "sites": r"(?: \S+){0,2} (?:closed?|shut|gone|deregistered|surrendered|reduced|opened|moved)\b",
}
NUMBER = rf"(?<![\w.,])(\d[\d,]*(?:\.\d+)?|{'|'.join(WORDS)})"
PATTERNS = {unit: re.compile(NUMBER + ending, re.IGNORECASE) for unit, ending in UNITS.items()}
FEWER = re.compile(rf"from {NUMBER} to {NUMBER}(?=\s*(?:$|[:;,.()]))", re.IGNORECASE)
"""How many there were and will be: "from twelve to nine"."""
METRES_PER_KM = 1000.0
NOT_ITS_OWN = "no number of its own; correct it"
SAME = 1e-9


def other_numbers(text: str, numbers: Mapping[str, Collection[float]]) -> Iterator[str]:
    """Yield what a text names, with its unit, that is none of the numbers of that unit."""
    for unit, known in numbers.items():
        for match in PATTERNS[unit].finditer(text) if known else ():
            value = _value(match[1])
            if unit == "m" and "k" in match[0].lower():
                value *= METRES_PER_KM
            if not any(abs(value - each) < SAME for each in known):
                yield match[0].strip()


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
