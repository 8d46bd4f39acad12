"""What no contract may carry, whoever asks for it: people watched, listed, scored or found again.

Each refusal says what the field would make of the platform and what is taken instead. Words are matched whole,
between the underscores of a name, so `is_online_available` is no line and `environment_state` no mental state.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from streams.contracts.published import PublishedTable
from streams.contracts.registry import Contract, Field


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: where, what, and why or what to do."""

    place: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}. {self.remedy}"


@dataclass(frozen=True)
class Refusal:
    """Names that hold one of `words` are refused as `what`; `in_values` refuses it in lists of values too."""

    what: str
    words: frozenset[str]
    remedy: str
    in_values: bool = False


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


KEYS = (
    Refusal(
        "a person",
        _words(
            "person people citizen resident inhabitant reporter caller complainant petitioner applicant customer user "
            "owner party visitor driver worker name token"
        ),
        "Who speaks of a matter is no key of it: key by the matter, link repeats by a rotating token in the lake.",
    ),
    Refusal(
        "a household",
        _words("household family home dwelling house"),
        "The tree of areas ends at the grid; programmes are counted at county and quarter.",
    ),
    Refusal(
        "a face or body",
        _words("face gait voice iris fingerprint biometric"),
        "Cameras tell of things of an allow-list; key by the device.",
    ),
    Refusal(
        "a number plate or vehicle",
        _words("plate vehicle car licence license vin"),
        "Vehicles are not followed; key by the device or the place.",
    ),
    Refusal(
        "a phone, mail or chat number",
        _words("phone mobile telephone tel email mail wechat qq imei imsi mac ip"),
        "Numbers of people stop at the adapter; key by the matter.",
    ),
    Refusal(
        "an ID number",
        _words("idcard identity passport card ssn certificate"),
        "Numbers of people stop at the adapter; key by the matter.",
    ),
)
"""What a row may not be about: the words of its key and subject."""

FIELDS = (
    Refusal(
        "personal data",
        _words(
            "phone mobile telephone idcard passport plate face surname email wechat imei address birthday birth gender "
            "sex biometric fingerprint gait"
        ),
        "Drop it at the adapter, or tokenise it.",
    ),
    Refusal(
        "a list of people",
        _words(
            "religion belief faith cult ethnicity conviction convict criminal offender parole addiction addict drug "
            "illness disease diagnosis patient psychiatric disability petitioner suspect wanted blacklist watchlist "
            "intelligence informant"
        ),
        "No lists by health, belief, past conviction, addiction or petitioning; a department may send its yearly "
        "count of services delivered, at county level.",
        in_values=True,
    ),
    Refusal(
        "a score of people or households",
        _words("score credit points honesty trustworthiness"),
        "People and households are not scored; programme coverage comes as programme_total, at county and quarter.",
        in_values=True,
    ),
    Refusal(
        "a record of minors",
        _words("minors juvenile child children pupil student"),
        "Count services at county level.",
        in_values=True,
    ),
    Refusal(
        "one member of staff",
        _words("staff employee officer operator agent clerk mediator inspector handler worker policeman teacher"),
        "Units and teams are measured, never a person: use unit_code.",
    ),
)
"""What a member of data may not be: the words of its name."""

WATCHED = Refusal(
    "a watch on people",
    _words(
        "face person people pedestrian crowd gait plate vehicle driver suspect wanted loitering gathering child "
        "resident household home family private"
    ),
    "Cameras of public places tell of things; household cameras are neither connected nor counted.",
    in_values=True,
)
"""What no camera or other device may tell of: the values of its lists."""

WITHOUT_POINTS = {"petition", "dispute"}
"""Topics where a point on the map would lead to somebody's door."""

HEX_32 = "^[0-9a-f]{32}$"

FREE_TEXT_OVER = 200
"""Characters; a text that may be longer is what somebody wrote, not a name of a category or a status."""

SHAPES = (
    ("a mobile number", "13812345678", "03812345678"),
    ("an ID number", "11010519491231002X", "X11010519491231002"),
    ("a number plate", "云C12345", "C云12345"),
    ("an e-mail address", "a.b@example.org", "a.b-example.org"),
)
"""(what, one that it matches, the same characters in no such order): a pattern that tells the two apart asks for it."""


def refused(contract: Contract) -> Iterator[Finding]:
    """Findings where the contract asks for what the platform never does."""
    about = "_".join(contract.topic.split(".")[1:-1])
    yield from _refused_words((*KEYS, *FIELDS), contract.topic, about, "the topic is about {what} ({word})")
    for name in dict.fromkeys((*contract.key_fields, contract.subject_field)):
        yield from _refused_words(KEYS, contract.topic, name, "key {name} is about {what} ({word})")
    for field in contract.fields:
        place = f"{contract.topic}: {field.name}"
        yield from _refused_words(FIELDS, place, field.name, "named like {what} ({word})")
        yield from _refused_values((*FIELDS, WATCHED) if _sees(contract) else FIELDS, place, field)
        yield from _refused_field(contract, field)
    yield from _refused_points(contract)
    yield from _refused_sight(contract)


def refused_table(table: PublishedTable) -> Iterator[Finding]:
    """The same of a published table: nothing leaves by that door that might not come in."""
    place = f"published.{table.name}"
    for name in table.primary_key:
        yield from _refused_words(KEYS, place, name, "key {name} is about {what} ({word})")
    for column in table.columns:
        yield from _refused_words(FIELDS, f"{place}: {column.name}", column.name, "named like {what} ({word})")


def _sees(contract: Contract) -> bool:
    return contract.domain == "camera" or "device_id" in contract.key_fields


def _refused_words(refusals: tuple[Refusal, ...], place: str, name: str, problem: str) -> Iterator[Finding]:
    for one in refusals:
        if met := sorted(one.words & set(name.split("_"))):
            yield Finding(place, problem.format(name=name, what=one.what, word=met[0]), one.remedy)


def _refused_values(refusals: tuple[Refusal, ...], place: str, field: Field) -> Iterator[Finding]:
    for value in field.enum:
        listed = tuple(one for one in refusals if one.in_values)
        yield from _refused_words(listed, place, value, "the value {name} is {what} ({word})")
    if {"red", "green"} <= set(field.enum):
        yield Finding(place, "a traffic light", "Nobody is graded red, yellow and green; send what was done.")


def _refused_field(contract: Contract, field: Field) -> Iterator[Finding]:
    place, words = f"{contract.topic}: {field.name}", set(field.name.split("_"))
    if field.logical_type == "string" and words & {"visit", "visits"} and not field.enum:
        yield Finding(place, "notes of a visit", "Visits are counted by grid and month; what was said stays there.")
    if "token" in words and field.name != "token_key_id":
        if (field.pattern, field.lake_only, field.classification) != (HEX_32, True, "quasi"):
            yield Finding(
                place,
                "a token that could be a number or could leave the lake",
                f"It needs pattern {HEX_32}, lakeOnly and classification quasi.",
            )
        if all(other.name != "token_key_id" for other in contract.fields):
            yield Finding(place, "a token without token_key_id", "Keys rotate: say which one made it.")
    if field.pattern:
        yield from _refused_pattern(place, field.pattern)
    is_bounded = field.enum or field.pattern or field.name.endswith(("_id", "_code", "_scheme"))
    is_long = field.max_length is None or field.max_length > FREE_TEXT_OVER
    stays = field.lake_only and field.classification == "quasi"
    if field.logical_type == "string" and is_long and not (is_bounded or stays):
        yield Finding(
            place,
            f"a free text (no list, no pattern, maxLength over {FREE_TEXT_OVER} or none) that leaves the lake",
            "People write names and numbers: classification quasi and lakeOnly, or a list of values.",
        )


def _refused_pattern(place: str, pattern: str) -> Iterator[Finding]:
    try:
        re.compile(pattern)
    except re.error as error:
        yield Finding(place, f"pattern {pattern} is no regular expression: {error}", "Mend it.")
        return
    if not (pattern.startswith("^") and pattern.endswith("$")):
        yield Finding(place, f"pattern {pattern} is open", "Anchor it with ^ and $: it must say the whole value.")
    if re.search(r"\\[a-zA-Z]|\(\?", pattern):
        yield Finding(place, f"pattern {pattern} reads differently in other engines", "Write [0-9], not \\d; no (?…).")
    for what, shape, scrambled in SHAPES:
        if re.fullmatch(pattern, shape) and not re.fullmatch(pattern, scrambled):
            yield Finding(place, f"its pattern is that of {what}", "Drop it at the adapter, or tokenise it.")


def _refused_points(contract: Contract) -> Iterator[Finding]:
    points = sorted({"longitude", "latitude"} & {field.name for field in contract.fields})
    if points and WITHOUT_POINTS & set(contract.topic.split(".")):
        yield Finding(
            contract.topic,
            f"{points[0]} of a petition or dispute",
            "A point would lead to somebody's door: area_code of the community is enough.",
        )


def _refused_sight(contract: Contract) -> Iterator[Finding]:
    for field in contract.fields if contract.domain == "camera" else ():
        is_code = field.enum or field.name.endswith(("_id", "_code"))
        if field.logical_type == "string" and not is_code:
            yield Finding(
                f"{contract.topic}: {field.name}",
                "a camera's free text, picture or link",
                "Cameras send lists of values and codes alone.",
            )
    detects = any(field.name == "stage" and "detected" in field.enum for field in contract.fields)
    if _sees(contract) and detects and not any(field.reject_without_payload for field in contract.fields):
        yield Finding(
            contract.topic,
            "detections without an allow-list of things",
            "Give the type of what is seen a list of values, required, with rejectWithoutPayload.",
        )
