"""How a file is written, seen by its bytes and cells: encoding, delimiter, times, numbers, pairs.

What the values leave open is no guess: it is said as a text that begins with TODO, which no mapping may hold.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from streams.errors import CityBrainError
from streams.sources.delimited import separator, wide_encoding
from streams.sources.numerals import decimal_of, number, part
from streams.sources.readers import FORMATS
from streams.sources.times import EPOCHS, ERAS, SERIAL_DAYS, Times, plain, read, rivals

HEAD_BYTES = 4_000_000
"""Encoding and delimiter show within this."""

HEAD_LINES = 200

STRANGE_SHARE = 0.1
"""More values than this that are no times: the column holds something else."""

SURE_SHARE = 0.9
"""Less than this of the characters beyond ASCII that make sense in an encoding: it may be another one."""

MOST_NORTHERN = 90
"""No latitude is over this; a number that is one must be a longitude."""

UTF8_SHARE = 0.8
"""More than this of the bytes beyond ASCII in sound UTF-8 sequences: no other encoding makes them by chance."""


def sniffed(path: Path, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Reader options of a file by its ending and first bytes, and what they leave in doubt; `given` ones stand."""
    suffix = path.suffix.lower()
    name = given.get("format") or next((name for name, kind in FORMATS.items() if suffix in kind.suffixes), None)
    if name is None or not path.is_file():
        raise CityBrainError(
            f"can't tell what kind of file {path} is",
            why="it is missing" if name else f"its ending {suffix!r} is none of a known kind",
            remedy=f"give it one of {', '.join(s for kind in FORMATS.values() for s in kind.suffixes)}",
        )
    found: dict[str, Any] = {"format": name}
    doubts: dict[str, str] = {}
    if "encoding" in FORMATS[name].options:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        candidates = [given["encoding"]] if given.get("encoding") else encodings(head)
        found["encoding"] = candidates[0]
        if len(candidates) > 1:
            doubts["encoding"] = f"TODO {' or '.join(candidates)}"
        if name == "csv":
            found["delimiter"] = delimiter(head.decode(candidates[0], errors="replace").removeprefix("\ufeff"))
    if name == "json":
        found |= _records(path, found["encoding"])
    return found | {key: value for key, value in given.items() if value not in (None, 0)}, doubts


def _records(path: Path, encoding: str) -> dict[str, str]:
    """Where the records of a JSON document are: its first array of objects or arrays, or the features of a map."""
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig" if encoding == "utf-8" else encoding))
    except (ValueError, RecursionError):
        return {}  # reading it will say what is wrong
    if isinstance(document, dict) and document.get("type") == "FeatureCollection":
        return {"format": "geojson"}
    columns, ahead = "", [("", document)]
    while ahead:
        place, node = ahead.pop(0)
        if isinstance(node, list) and node and place.rpartition(".")[2] in ("columns", "fields"):
            columns = columns or place
        elif isinstance(node, list) and any(isinstance(one, dict | list) for one in node):
            is_named = bool(columns) and isinstance(node[0], list)
            return {**({"records": place} if place else {}), **({"columns": columns} if is_named else {})}
        if isinstance(node, dict):
            # What describes the columns stands ahead of the rows, however deep it is.
            inner = [(f"{place}.{name}".lstrip("."), value) for name, value in node.items()]
            ahead = [one for one in inner if one[0].rpartition(".")[2] in ("meta", "view", "columns", "fields")] + ahead
            ahead += [one for one in inner if one not in ahead]
    return {}


# --- encoding and delimiter -------------------------------------------------------------------------------

_TYPOGRAPHY = set("‘’“”„–—…€°£§«»·²³´®©™½¼¾¿¡\u00a0")
_HANZI_ROWS = range(0xB0, 0xD8)
"""First bytes of the 3,755 frequent characters of GB 2312; what is read as GB by mistake is rarely of these."""


_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def encodings(head: bytes) -> list[str]:
    """The encoding that the text makes sense in; several, the likeliest first, where that leaves a doubt."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return ["utf-16"]
    if wide := wide_encoding(head):
        return [wide]
    beyond = sum(byte > 127 for byte in head)
    if _utf8_bytes(head) >= beyond * UTF8_SHARE:
        return ["utf-8"]
    scores = {
        "gb18030": _share(head, "gb18030", _is_frequent_hanzi),
        "big5": _share(head, "big5", lambda char: "\u4e00" <= char <= "\u9fff" and _in_big5_level_1(char)),
        "cp1252": _share(_outside_of_runs(head), "cp1252", lambda char: char.isalpha() or char in _TYPOGRAPHY),
        "cp1251": _share(head, "cp1251", lambda char: "\u0430" <= char <= "\u044f") + 0.05,
    }
    ranked = sorted(scores, key=lambda name: -scores[name])
    likely = [name for name in ranked if scores[name] >= SURE_SHARE]
    if likely:
        return [name for name in likely if scores[name] > scores[likely[0]] - 0.02]
    return ranked


def _utf8_bytes(head: bytes) -> int:
    return sum(
        len(found)
        for found in re.findall(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}", head)
    )


def _share(data: bytes, encoding: str, makes_sense: Any) -> float:
    """Share of the characters beyond ASCII that make sense in the encoding."""
    counted = Counter(char for char in data.decode(encoding, errors="replace") if char > "\x7f")
    total = sum(counted.values())
    return sum(n for char, n in counted.items() if makes_sense(char)) / total if total else 0.0


def _is_frequent_hanzi(char: str) -> bool:
    made = char.encode("gb18030", errors="replace")
    return len(made) == 2 and made[1] >= 0xA1 and (made[0] in _HANZI_ROWS or made[0] in (0xA1, 0xA3))


def _in_big5_level_1(char: str) -> bool:
    made = char.encode("big5", errors="replace")
    return len(made) == 2 and 0xA4 <= made[0] <= 0xC6


def _outside_of_runs(head: bytes) -> bytes:
    """Bytes beyond ASCII as they stand in western words: one or two together, else what no letter is."""
    return re.sub(rb"[\x80-\xff]{3,}", lambda run: b"\x81" * len(run[0]), head)


def delimiter(text: str) -> str:
    """What parts the cells: the character by which most of the first records have one width, quotes heeded."""
    if told := separator(text[:20].encode()):
        return told
    lines = text.splitlines()[:HEAD_LINES]

    def evenness(one: str) -> tuple[float, int]:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=one) if row)
        width, n = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
        return (n / max(1, sum(widths.values())) if width > 1 else 0.0, width)

    try:
        return max(",;\t|", key=evenness)
    except csv.Error:
        return max(",;\t|", key=lambda one: sum(line.count(one) for line in lines[:20]))


# --- times ------------------------------------------------------------------------------------------------

_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d")
_ORDERS = {
    "day first": ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y", "%d-%m-%y", "%d.%m.%y"),
    "month first": ("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y", "%m-%d-%y"),
    "year first": ("%y/%m/%d", "%y-%m-%d", "%y.%m.%d"),
}
_CLOCKS = (
    *(" %H:%M:%S%.f", "T%H:%M:%S%.f", " %H:%M", "T%H:%M", " %I:%M:%S %p", " %I:%M %p", " %H时%M分%S秒", " %H时%M分"),
    *("%H%M%S", "%H%M", ""),
)
OWN_ZONE_FORMATS = ("%+", "%Y-%m-%d %H:%M:%S%.f%z", "%Y-%m-%dT%H:%M:%S%.f%z")

_NAMES_A_TIME = re.compile(
    "时间|日期|时刻|date|time|created|closed|opened|updated|received|reported|resolved|_at$", re.I
)

_SERIALS = (20_000, 80_000)
"""Serial days from 1954 to 2119."""


@dataclass(frozen=True)
class Written:
    """How a column writes its times. `open`: the formats of each order of day and month that its values allow."""

    formats: tuple[str, ...]
    era: str = "common"
    open: tuple[tuple[str, ...], ...] = ()
    order: str = ""

    @property
    def zone(self) -> str:
        return "in_value" if set(self.formats) & {*OWN_ZONE_FORMATS, *EPOCHS} else "city"

    @property
    def said(self) -> list[str]:
        """For the mapping's `formats`."""
        return [f"TODO {' or '.join(', '.join(one) for one in self.open)}"] if self.open else list(self.formats)


def written_times(frame: pl.DataFrame) -> dict[str, Written]:
    """Each column of times -> how it writes them; a column that leaves the order open goes by the others."""
    found = {name: one for name in frame.columns if (one := _written(name, frame[name]))}
    orders = {one.order for one in found.values() if one.order and not one.open}
    if len(orders) == 1:
        [order] = orders
        for name, one in found.items():
            alike = [forms for forms in one.open if any(form.startswith(_ORDERS[order]) for form in forms)]
            if alike:
                found[name] = replace(one, formats=alike[0], open=(), order=order)
    return found


def _written(name: str, values: pl.Series) -> Written | None:
    texts = plain(values.drop_nulls().unique(maintain_order=True))
    if texts.is_empty():
        return None
    for form, digits in (("epoch_s", 10), ("epoch_ms", 13)):
        if texts.str.contains(rf"^\d{{{digits}}}$").all():
            return Written((form,))
    if _NAMES_A_TIME.search(name) and texts.cast(pl.Float64, strict=False).is_between(*_SERIALS).fill_null(False).all():
        return Written((SERIAL_DAYS,))
    n_strange = texts.len() * STRANGE_SHARE
    for era in ERAS:
        free, rest = _reading(texts, [*OWN_ZONE_FORMATS, *_with_clocks(_DAYS)], era)
        if rest.len() <= n_strange:
            return Written(free, era)
        if era == "common":
            by_order = {order: _reading(rest, _with_clocks(days), era) for order, days in _ORDERS.items()}
            fewest = min(left.len() for _, left in by_order.values())
            if fewest > n_strange:
                continue
            fitting = {order: free + forms for order, (forms, left) in by_order.items() if left.len() == fewest}
            order, formats = next(iter(fitting.items()))
            is_open = len(fitting) > 1
            return Written(formats, era, tuple(fitting.values()) if is_open else (), "" if is_open else order)
    return None


def _with_clocks(days: Iterable[str]) -> list[str]:
    return [f"{day}{clock}" for clock in _CLOCKS for day in days if clock[:2] != "%H" or day == "%Y%m%d"]


def _reading(texts: pl.Series, forms: Sequence[str], era: str) -> tuple[tuple[str, ...], pl.Series]:
    """The formats, in order, that read something of the texts, and the texts that none reads."""
    # Texts that differ in their digits alone are of one form: one of each is asked.
    alike = {re.sub("[0-9]", "0", text): text for text in texts}.values()
    found = []
    for form in forms:
        shape = _shape(form)
        if texts.is_empty() or not any(shape.search(text) for text in alike):
            continue
        times = Times((form,), None if form in OWN_ZONE_FORMATS else "UTC", era=era)
        is_read = read(texts, times).is_not_null() & texts.str.contains(shape.pattern)
        if is_read.any():
            found.append(form)
            texts = texts.filter(~is_read)
    return tuple(found), texts


@cache
def _shape(form: str) -> re.Pattern[str]:
    """Regular expression that a text of this format fits at least."""
    if form == "%+":
        return re.compile(r"T.*(?:Z|[+-]\d\d:\d\d)$")
    shape = re.escape(form).replace("%Y", r"\d{2,4}").replace("%y", r"\d{2}").replace(r"%\.f", r"(?:\.\d+)?")
    shape = shape.replace("%p", "[AaPp][Mm]").replace("%z", r"(?:Z|[+-]\d\d:?\d\d)")
    digits = r"\d{2}" if form.startswith("%Y%m%d") else r"\d{1,2}"
    return re.compile(f"^(?:民国|民國)?{re.sub('%[a-zA-Z]', lambda _: digits, shape)}$")


def said_times(columns: Iterable[str], written: Mapping[str, Written]) -> dict[str, Any]:
    """The mapping's `times` for the columns that it uses; those that can't share one list stand apart."""
    used = {name: written[name] for name in dict.fromkeys(columns) if name in written}
    if not used:
        return {"formats": ["TODO"], "zone": "city"}
    first, *_ = used.values()
    formats, apart = first.said, {}
    for name, one in used.items():
        both = list(dict.fromkeys([*formats, *one.said]))
        if (one.zone, one.era) == (first.zone, first.era) and not rivals(tuple(both)):
            formats = both
        else:
            apart[name] = {"formats": one.said, "zone": one.zone, **({"era": one.era} if one.era != first.era else {})}
    era = {"era": first.era} if first.era != "common" else {}
    return {"formats": formats, "zone": first.zone, **era, **({"columns": apart} if apart else {})}


# --- cells ------------------------------------------------------------------------------------------------


def joins(frame: pl.DataFrame) -> dict[str, list[str]]:
    """Days and times of day in two columns with one beginning of their names -> `reader.join`."""
    clocks = [name for name in frame.columns if _all(frame[name], r"^\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?$")]
    days = [name for name in frame.columns if _all(frame[name], r"^\d[\d/.年月-]*日?(?: 00:00:00)?$")]
    days = [name for name in days if not frame[name].str.contains(r"^\d+$").any()]
    found: dict[str, list[str]] = {}
    for clock in clocks:
        for day in days:
            if _stem(day) and _stem(day) == _stem(clock):
                found[f"{day} {clock}"] = [day, clock]
                days.remove(day)
                break
    return found


def _stem(name: str) -> str:
    return re.sub("[ _]?(date|time|day|hour|日期|时间|时刻|日|at)$", "", name.lower())


def _all(values: pl.Series, pattern: str) -> bool:
    texts = values.drop_nulls()
    return not texts.is_empty() and bool(texts.str.contains(pattern).all())


_NUMBER = r"[-+]?\d{1,3}[.,]\d+"
_PAIR = rf'(?i)^(?:(?s:.*)\n\(|point ?\(|[\[(])?"?{_NUMBER}"?[\s,;]+"?{_NUMBER}"?[\])]?$'


def pair(frame: pl.DataFrame) -> tuple[str, dict[str, Any]] | None:
    """The column whose cells hold a longitude and a latitude, and the place of each among their numbers."""
    for name in (name for name in frame.columns if _all(frame[name], _PAIR)):
        texts = frame[name].drop_nulls()
        decimal = "," if texts.str.contains(r"\d,\d+\s*[;\s]\s*[-+]?\d+,\d").all() else "."
        places = {
            place: texts.to_frame().select(number(part(pl.first(), place, decimal), decimal).abs())
            for place in (-2, -1)
        }
        is_too_far = {place: bool((values.to_series() > MOST_NORTHERN).any()) for place, values in places.items()}
        by_name = re.search("(lo?ng?.*lat|经纬|coordinates|geom)|(lat.*lo?ng?|纬经)", name.lower())
        if is_too_far[-2] or (not is_too_far[-1] and (_all(texts, "(?i)^point") or (by_name and by_name[1]))):
            return name, {"longitude": -2, "latitude": -1}
        if is_too_far[-1] or by_name:
            return name, {"longitude": -1, "latitude": -2}
        return name, {"longitude": "TODO -2 or -1", "latitude": "TODO -1 or -2"}
    return None


def said_decimal(columns: Iterable[str], frame: pl.DataFrame) -> str:
    """The mapping's `decimal` for columns of numbers."""
    found = {decimal for name in columns if (decimal := decimal_of(frame[name]))}
    return found.pop() if len(found) == 1 else "TODO . or ," if found else "."
