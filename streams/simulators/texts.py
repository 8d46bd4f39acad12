"""What people write to the hotline, with the personal data they put in; every planted piece is kept as a canary.

All people, numbers and plates are drawn by lot. They exist to prove that none of them passes the adapter.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from streams.simulators.dice import Dice, Ints

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛超兰霞刚桂梅华建国文玉辉健玲鹏飞宇浩然子轩梓涵欣怡佳俊志海波龙凤琴"
MOBILE_PREFIXES = (
    "130",
    "135",
    "136",
    "138",
    "139",
    "150",
    "151",
    "158",
    "159",
    "166",
    "177",
    "182",
    "187",
    "188",
    "199",
)
PLATE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_CHECK = "10X98765432"
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")

SINCE = (
    "已经三天了",
    "持续半个月",
    "从上周开始",
    "每天晚上都这样",
    "已经反映过两次",
    "昨天又发生了",
    "断断续续一个多月",
)
WISH = ("希望尽快处理", "请相关部门核实", "要求给个答复", "希望整改到位", "请安排人员到现场查看", "盼回复")
SPOTS = (
    "菜市场门口",
    "小学旁边",
    "公交站对面",
    "卫生院附近",
    "文化广场",
    "河堤步道",
    "老车站路口",
    "村委会门前",
    "加油站旁",
    "桥头",
)

OPENINGS = (
    "市民来电反映：{place}{problem}，{since}，{wish}。",
    "来电人{name}（电话{phone}）反映，{place}{problem}，{wish}。",
    "我叫{name}，住在{place}，{problem}，{since}。联系电话：{phone}，{wish}。",
    "{problem}。地点：{place}。联系人：{name}，手机{phone}。",
    "您好，{place}{problem}，{since}，麻烦看一下，谢谢。",
    "咨询：{problem}，本人身份证号{id_number}，{since}没有答复。",
    "{place}{problem}，车牌{plate}的车一直停在那里，{wish}。",
    "【小程序】{problem}，位置在{place}。邮箱{email}，{wish}。",
    "{problem}，商家在{place}，要求退到银行卡{card}，{wish}。",
    "投诉人{name}称{place}{problem}，多次找物业无果，{since}。",
    "同一问题再次反映：{problem}（{place}），{since}，回电{phone}。",
    "{name}先生来电，{place}{problem}，{since}；车牌号{plate}，手机号{phone}。",
)
OPENING_WEIGHTS = np.array([22, 12, 8, 8, 18, 4, 5, 4, 3, 6, 6, 4], dtype=np.float64)

REPLIES = (
    "{unit}现场核实，问题属实，已安排整改，并告知来电人{name}（{phone}）。",
    "{unit}已处理完毕，来电人表示认可。",
    "{unit}工作人员电话联系{phone}，已向群众解释政策。",
    "经{unit}核查，已列入近期计划，将持续跟进。",
)


@dataclass
class Canaries:
    """Planted personal data by kind, in the plain spelling; what may be found nowhere behind the adapter."""

    phone: set[str] = field(default_factory=set)
    id_number: set[str] = field(default_factory=set)
    plate: set[str] = field(default_factory=set)
    email: set[str] = field(default_factory=set)
    card: set[str] = field(default_factory=set)
    name: set[str] = field(default_factory=set)

    def as_lists(self) -> dict[str, list[str]]:
        return {kind: sorted(values) for kind, values in vars(self).items()}


@dataclass(frozen=True)
class People:
    """Reporters, one row each: name, number and the rest of what they might give away."""

    names: list[str]
    phones: list[str]
    id_numbers: list[str]
    plates: list[str]
    emails: list[str]
    cards: list[str]

    @classmethod
    def draw(cls, dice: Dice, n: int) -> People:
        """n people; no two share a phone number."""
        rng = dice.of("people")
        digits = rng.permutation(10**8 // 97)[:n] * 97 + rng.integers(0, 97, n)
        prefix = rng.integers(0, len(MOBILE_PREFIXES), n)
        phones = [f"{MOBILE_PREFIXES[p]}{d:08d}" for p, d in zip(prefix.tolist(), digits.tolist(), strict=True)]
        surname = rng.integers(0, len(SURNAMES), n).tolist()
        given = rng.integers(0, len(GIVEN), (n, 2)).tolist()
        short = (rng.random(n) < 0.2).tolist()
        names = [
            SURNAMES[s] + GIVEN[a] + ("" if is_short else GIVEN[b])
            for s, (a, b), is_short in zip(surname, given, short, strict=True)
        ]
        year, month, day = (rng.integers(*bounds, n).tolist() for bounds in ((1950, 2006), (1, 13), (1, 29)))
        order = rng.integers(0, 1000, n).tolist()
        plate = rng.integers(0, len(PLATE_LETTERS), (n, 4)).tolist()
        plate_digit = rng.integers(0, 10, n).tolist()
        card = rng.integers(10**14, 10**15, n).tolist()
        return cls(
            names=names,
            phones=phones,
            id_numbers=[_id_number(*row) for row in zip(year, month, day, order, strict=True)],
            plates=[
                f"云C{d}" + "".join(PLATE_LETTERS[i] for i in row) for d, row in zip(plate_digit, plate, strict=True)
            ],
            emails=[f"u{phone[3:]}@mail.example.com" for phone in phones],
            cards=[f"6217{number}" for number in card],
        )


def opening_texts(
    dice: Dice, people: People, person: Ints, problems: list[tuple[str, ...]], places: list[str], canaries: Canaries
) -> list[str]:
    """One raw text per ticket, as it was typed or written down; adds to `canaries` what it planted."""
    rng, n = dice.of("texts"), len(person)
    shares = OPENING_WEIGHTS / OPENING_WEIGHTS.sum()
    form = rng.choice(len(OPENINGS), n, p=shares).tolist()
    chance = rng.integers(0, 1 << 30, (n, 4)).tolist()
    return [
        _filled(
            OPENINGS[form[i]],
            people,
            who,
            chance[i][3],
            canaries,
            place=f"{places[i]}{SPOTS[chance[i][0] % len(SPOTS)]}",
            problem=problems[i][chance[i][1] % len(problems[i])],
            since=SINCE[chance[i][2] % len(SINCE)],
            wish=WISH[chance[i][2] // 7 % len(WISH)],
        )
        for i, who in enumerate(person.tolist())
    ]


def reply_texts(dice: Dice, people: People, person: Ints, units: list[str], canaries: Canaries) -> list[str]:
    """One raw text per reply of a unit."""
    chance = dice.of("replies").integers(0, 1 << 30, (len(person), 2)).tolist()
    return [
        _filled(REPLIES[a % len(REPLIES)], people, who, b, canaries, unit=units[i])
        for i, (who, (a, b)) in enumerate(zip(person.tolist(), chance, strict=True))
    ]


def spelled_phone(phone: str, how: int) -> str:
    """The same number as different people write it."""
    match how % 8:
        case 0:
            return f"{phone[:3]} {phone[3:7]} {phone[7:]}"
        case 1:
            return f"{phone[:3]}-{phone[3:7]}-{phone[7:]}"
        case 2:
            return phone.translate(FULL_WIDTH)
        case 3:
            return f"+86{phone}"
        case _:
            return phone


def _filled(form: str, people: People, who: int, how: int, canaries: Canaries, **words: str) -> str:
    if "{phone}" in form:
        words["phone"] = spelled_phone(people.phones[who], how)
    for kind, values in (
        ("name", people.names),
        ("id_number", people.id_numbers),
        ("plate", people.plates),
        ("email", people.emails),
        ("card", people.cards),
    ):
        if f"{{{kind}}}" in form:
            words[kind] = values[who]
            getattr(canaries, kind).add(values[who])
    return form.format_map(words)


def _id_number(year: int, month: int, day: int, order: int) -> str:
    body = f"530681{year}{month:02d}{day:02d}{order:03d}"
    return body + ID_CHECK[sum(int(d) * w for d, w in zip(body, ID_WEIGHTS, strict=True)) % 11]
