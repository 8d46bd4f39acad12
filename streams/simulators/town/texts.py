"""What people write to the hotline, with the personal data they put in; every planted piece is kept as a canary.

All people, numbers and plates are drawn by lot. They exist to prove that none of them passes the adapter.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from streams.simulators.town.dice import Dice, Floats, Ints, Mask, pick

Words = tuple[list[str], list[str]]

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
    ("菜市场门口", "农贸市场旁边"),
    ("小学旁边", "学校门口"),
    ("公交站对面", "公交站台附近"),
    ("卫生院附近", "卫生院门前"),
    ("文化广场", "广场舞台边上"),
    ("河堤步道", "河边步道"),
    ("老车站路口", "老客运站"),
    ("村委会门前", "党群服务中心门口"),
    ("加油站旁", "加油站出口"),
    ("桥头", "大桥引桥下"),
    ("幼儿园后门", "幼儿园背后"),
    ("银行网点前", "储蓄所门口"),
    ("体育馆北侧", "体育馆北门"),
    ("快递驿站边", "取件点旁"),
    ("停车场入口", "停车场道闸处"),
    ("文具店楼下", "书店楼下"),
)
"""Places of a kind, each in two wordings."""

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

INSPECTIONS = (
    "巡查发现：{place}{problem}。",
    "采集员上报，{place}存在问题：{problem}，请派遣处置。",
    "{place}，{problem}，影响市容。",
    "{place}{problem}，现场联系人：{name}，电话{phone}。",
    "位于{place}，现场可见{problem}，建议立案。",
    "{problem}（{place}），请责任单位核实整改。",
)
INSPECTION_WEIGHTS = np.array([30, 22, 16, 4, 18, 12], dtype=np.float64)

PATROLS = (
    "网格巡查到{place}，发现{problem}。",
    "走访中群众反映{place}{problem}。",
    "{place}{problem}，网格内无法自行处理，请上级支持。",
    "日常巡查：{problem}，位置{place}。反映人：{name}，手机{phone}。",
    "今日巡格，{place}一带{problem}，已拍照留存。",
    "{problem}，具体在{place}，请协调。",
)
PATROL_WEIGHTS = np.array([28, 16, 16, 4, 22, 14], dtype=np.float64)

KEPT_SHARE = 3
"""The last third of each list of forms is kept for texts that serve evaluation only."""

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


def forms(rng: np.random.Generator, weights: Floats, is_evaluation: Mask) -> Ints:
    """A form for each text, by weight: one of the kept third for evaluation, one of the rest otherwise."""
    kept = len(weights) - len(weights) // KEPT_SHARE
    n = len(is_evaluation)
    return np.where(is_evaluation, kept + pick(rng, weights[kept:], n), pick(rng, weights[:kept], n))


def spoken(rng: np.random.Generator, phrases: list[tuple[str, ...]], spot: Ints, area: list[str]) -> Words:
    """(problem, place) of each text: one of its phrases, one of the wordings of its spot in the area's name."""
    luck = rng.integers(0, 1 << 30, (len(area), 2)).tolist()
    problems = [said[a % len(said)] for said, (a, _) in zip(phrases, luck, strict=True)]
    spots = [SPOTS[s] for s in spot.tolist()]
    return problems, [name + wording[b % len(wording)] for name, wording, (_, b) in zip(area, spots, luck, strict=True)]


def written(
    rng: np.random.Generator,
    of: tuple[str, ...],
    form: Ints,
    people: People,
    person: Ints,
    said: Words,
    canaries: Canaries,
) -> list[str]:
    """One raw text per case, as it was typed or written down; adds to `canaries` what it planted."""
    chance = rng.integers(0, 1 << 30, (len(form), 2)).tolist()
    rows = zip(form.tolist(), person.tolist(), *said, chance, strict=True)
    return [
        _filled(
            of[f],
            people,
            who,
            how,
            canaries,
            place=place,
            problem=problem,
            since=SINCE[luck % len(SINCE)],
            wish=WISH[luck // 7 % len(WISH)],
        )
        for f, who, problem, place, (luck, how) in rows
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
