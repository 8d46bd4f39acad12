"""Chinese personal names out of free text: by the word that announces them, or by standing where only a name can.

No dictionary of people: surnames, characters that given names are made of, and the words of a complaint around
them. What the words around a name say for sure is hidden at once. Of the rest the trained reader (persons.py) is
asked, one sentence at a time, where it is installed; the rules decide alone where it is not. A name found once is
hidden everywhere in its text. Recall and precision are measured on names, sentences and letters that the rules were
not written from (tests/unit/privacy).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import polars as pl

from streams.privacy import persons
from streams.privacy.rules import NAME as MARK
from streams.privacy.rules import Rule, Shape

_SURNAMES = (
    "庾洪习昌莘蘧荀典竺糜逄桓蔚佴笪缑阚隗怀滑厍蓟印堵濯逢暨郏步郗璩濮扶厚"
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟"
    "谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱丘江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢"
    "安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕季裴霍涂成苗谷盛曲翁冉骆蓝游辛靳管"
    "柴蒙鲍华喻祁蒲滕屈饶解牟艾尤阳穆农卓古吉缪简连芦麦褚娄窦戚岑景宫费卜冷晏席卫米柏宗瞿桂佟应臧闵苟邬边卞姬师仇栾隋"
    "刁沙荣巫寇桑甄丛仲虞敖巩佘池麻苑迟邝谈匡鞠惠荆乐冀郁胥储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘厉伊仝郜海阚花屠朴练廉禹井"
    "祖漆卿狄索晋云敬扈晁芮阙浦戈伏鹿薄邸雍辜阿乌亓修邰赫杭鲜逯隆茹诺战慕玉亢嵇哈湛戎勾茅於尉冶檀衣昝"
    "赖贝酆钮贲钭殳夔訾毋乜蒯宓蓬郦郤鄂韶贡仰禄越弘茆旷候禤恽杞陇羿植畅郎覃笃崇"
)
_WORDY = (
    "单路房时司车项党全商明查官封南班满闻位权强帅豆巴丰支国平计宣相初门容来都普羊母裘况那宿印危银公利呼居揭干但斯元"
    "束信展阴智幸奉植衡富尧闭由常应盖"
)
"""Surnames that are everyday words too (房东, 项目, 单位): taken only where nothing but a name can stand."""

_COMPOUND = (
    "欧阳|上官|司马|诸葛|皇甫|尉迟|令狐|司徒|东方|公孙|慕容|轩辕|夏侯|长孙|宇文|端木|南宫|申屠|淳于|钟离|闾丘|独孤|百里|呼延|西门|"
    "东郭|万俟|澹台|公冶|濮阳|太史|鲜于|拓跋|第五|完颜"
)
_NOT_GIVEN = (
    "的了在是们个我你他她它这那哪些么吗呢吧啊很都也就还又被把要想给与及或等但所没未该其即什怎每各某此住电话手机打投诉反映"
    "举报称述咨询请问街巷区县市镇乡村社组号栋幢室层旁边附左右时间点分秒第几多两处人工厂店车场站局院校会式者副已丶"
)
_GIVEN_HINT = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛超兰霞平刚桂红玉梅华建国文明辉健玲鹏飞宇浩然子轩梓涵雨欣怡佳俊杰志东海波龙凤琴云莲"
    "萍燕春花香珍琳雪梦婷颖慧倩晶晨阳旭斌彬宏亮峰林森福贵荣光祥德胜利民生永忠义成才新庆淑贤良友仁康泽瑞嘉豪博思远睿琪瑶"
    "璐妍菲蕾薇岚月晓小大金银宝启全振兴世昌广家少正清源江河山松柏树根长顺发财喜乐凯恒毅坤乾立安宁泉水朝先绍继宗祖培学礼智"
    "勤朋翔天奇诚信武威虎彪豹雄钢铁铭锋钧鑫鸿雁莉莎萌娇媛婉姗妮媚姣嫣蓉蓓芬芸芝茜菊葵蕊薛连璇珊珠珂玥琼瑾瑜琦环佩巧云霄"
    "彩绮素纯洁贞爱惠雅韵诗语可依若曼柔冰寒秋冬夏淼渊润泓沛洪浪潮溪湘沁汐满堂鹤仙奎魁元亨书翰墨承耀煜炜烨灿炎焕煌熙勋劲"
    "国平川根生树鸣翠荷竹锁柱喜守邦栋梁兵卫革跃援拥农武慈亦沐辰奕宸希昊昕晗晴朗皓浚瀚澜岭峥嵘崇岗岩碧琛琰珺璟瑄甜盼盈睦祺禾秉穗"
    "筠筱绣缘羽翊耘聪舒航舟茵茹莎菁萱蒙蔚蕙蕴虹裕谦谨跃迪逸郁采铃锐锦闯阔隆雯霖靖韬颂颐馨驰骁骏骥麒麟黎默鼎龄弟妹娣娃阿老一三五万千百安守"
)

_FAMILY = rf"(?:{_COMPOUND}|[{_SURNAMES}])"
_ANY_FAMILY = rf"(?:{_COMPOUND}|[{_SURNAMES}{_WORDY}])"
_GIVEN = rf"[\p{{Han}}--[{_NOT_GIVEN}]]"
_LIKELY = rf"[{_GIVEN_HINT}]"

_HONORIFICS = (
    "先生|女士|小姐|同志|师傅|阿姨|阿婆|阿公|大爷|大妈|大叔|大伯|大婶|大嫂|大哥|大姐|大娘|叔叔|伯伯|奶奶|爷爷|婆婆|老伯|老人家|"
    "老师|教授|医生|大夫|律师|法官|警官|工程师"
)
_HEADS = "村长|镇长|乡长|区长|县长|市长|省长"
_OFFICES = (
    f"{_HEADS}|老板|护士|主任|书记|局长|处长|科长|股长|所长|站长|院长|校长|园长|厂长|店长|组长|队长|班长|部长|"
    "行长|会长|厅长|主席|总监|主管|经理|支书|会计|出纳|教练|干事|秘书|董事长|网格员"
)
_PARTIES = (
    "来电人|来访人|来信人|投诉人|举报人|反映人|诉求人|申请人|申请者|联系人|当事人|报案人|报修人|求助人|经办人|承办人|负责人|责任人|"
    "收件人|收款人|付款人|签收人|监护人|委托人|受托人|被委托人|借款人|出借人|欠款人|债务人|债权人|持卡人|产权人|所有人|使用人|"
    "户主|机主|失主|死者|伤者|法人|法定代表人|代理人|代表人|被投诉人|被举报人|被告|原告|承租人|出租人|承包人|买受人|参保人|"
    "开户名|账户名|户名|业主姓名|学生姓名"
)
"""Words that a form puts before a name."""

_ROLES = (
    "低保户|贫困户|养殖户|设计师|工程师|联络员|业主|住户|居民|村民|群众|市民|网友|租客|租户|房东|房主|邻居|老板|老板娘|店主|店员|摊主|车主|司机|驾驶员|乘务员|快递员|骑手|包工头|家属|"
    "患者|病人|老人|孕妇|产妇|学生|考生|学员|家长|老师|教师|职工|员工|职员|工人|民工|农民工|保姆|厨师|顾客|乘客|消费者|会员|党员|"
    "工作人员|服务员|售货员|收银员|业务员|营业员|办事员|保洁员|协管员|巡查员|客服|城管|民警|辅警|交警|网格员|楼栋长|楼长|保安|物业经理|"
    "父亲|母亲|爸爸|妈妈|丈夫|妻子|爱人|老公|老婆|媳妇|老伴|对象|岳父|岳母|公公|儿子|女儿|儿媳|女婿|孙子|孙女|外孙|侄子|侄女|"
    "爷爷|奶奶|外公|外婆|舅舅|姑姑|叔叔|哥哥|姐姐|弟弟|妹妹|同事|朋友|同学|室友|亲戚|男子|女子|女孩|男孩|小孩|孩子|"
    "经理|主任|书记|队长|校长|院长|医生|教练|代表"
)
_INTRODUCED = (
    "我叫|我名叫|名叫|其名叫|名字叫|名字是|名字为|姓名|本人叫|本人名叫|本人姓名|孩子叫|儿子叫|女儿叫|老板叫|负责人叫"
)
_ADDRESSED = (
    "叫做|名为|签名|署名|自称|化名|我是|本人|叫|回复|回访|联系|通知|"
    "告知|寻找|请找|转告|转交|转给|电联|答复|委托|登记为|核实为|来电人为"
)
_VERBS = (
    "反映|投诉|举报|诉求|来电|致电|来访|来信|咨询|求助|建议|表示|声称|称|说|述|认为|希望|要求|请求|询问|家住|居住|住在|住|家|电话|手机|联系|"
    "身份证|证件|车牌|微信|邮箱|因|于|在|从|被|把|将|向|对|与|和|及|等|的|是|已|未|没|不|也|曾|今|昨|每|多次|经常|长期|先生|女士|同志|"
    "老人|一家|夫妇|夫妻|本人|男|女|今年|年龄|现年|一|都|还|又|总|常|养|独|正|核|去|来|到|放|堆|开|占|做|搞|拿|用|骂|有|无|拒|擅|私|违|乱|停|造|以|那|"
    "这|屋|店|摊|再|只|偷|修|跑|走|摔|等待|病|死|欠|租|买|卖|办|交|收|扔|吵|闹|打|代为|代表|实名|我|申请|想|要|想要|现在|目前|上个月|上周|"
    "协商|沟通|交涉|商量|发生|纠纷|之间|所|名下|签名|同意|不|拖欠|驾驶|态度|受伤|上班|工作|读书|骑|给|让|请"
)
_PLACE = (
    r"路(?:[^灯过面边上况费段由]|$)|街(?:[^边上头]|$)|巷|大道|大桥|桥(?:[^边上头下]|$)|立交|隧道|水库|码头|车站|站台|出口|收费站|"
    r"寺|庙|坝|坪|沟|湾|坎|坡|垭|冲|塘|岭|垄|坳|组(?:[^长]|$)|村(?:[^民里长]|$)|镇(?:[^长]|$)|乡(?:[^亲里长]|$)|组团|社区|小区|新区|花园|家园|公寓|华府|新城|新村|广场|公园|大厦|商城|市场|"
    r"公司|集团|超市|商场|酒店|宾馆|餐馆|饭店|餐厅|火锅|烧烤|面馆|豆花|羊肉|酒楼|网吧|驾校|医院|诊所|牙科|药店|药房|学校|小学|中学|"
    r"大学|幼儿园|托管班|银行|影楼|派出所|法院|局(?:[^长]|$)|厂(?:[^长]|$)|车行|经营部|工作室"
)
"""How places and businesses end: 方正街 and 施乐装修公司 begin like names and are none."""

_OPEN, _DOUBT, _HINT, _CLOSE, _SEEN, _WALL, _SHIELD_START = (
    chr(code) for code in (0xF0001, 0xF0002, 0xF0003, 0xF0004, 0xF0005, 0xF0006, 0xF0010)
)
"""Private-use characters that stand in a text while the rules run: before a name, before what is one by the words
around it, before what is one by its form, after any of them; before what is worth a question to the trained reader,
before a place or a business that begins like a name; then the shields."""

_FOREIGN = "[\U000f0000-\U000ffffd]"
"""None of them may come in from outside."""

_LISTED = [line.split() for line in (Path(__file__).parent / "everyday.txt").read_text(encoding="utf-8").splitlines()]
_KIND = dict.fromkeys(f"{_PARTIES}|{_ROLES}".split("|"), "is") | {word: kind for kind, word in _LISTED}
_WORDS = sorted(_KIND.items(), key=lambda one: (one[1], len(one[0]) > 2 if one[1] == "is" else len(one[0]) < 3, one[0]))
_EVERYDAY = [word for word, _ in _WORDS]
_SHIELD = [chr(ord(_SHIELD_START) + number) for number in range(len(_WORDS))]
_SHIELD_OF = dict(zip(_EVERYDAY, _SHIELD, strict=True))
_LONGEST_FIRST = sorted(_EVERYDAY, key=len, reverse=True)
_ACTIONS = sum(kind == "does" for _, kind in _WORDS)
_LONG_ACTIONS = sum(kind == "does" and len(word) > 2 for word, kind in _WORDS)
_SHORT_THINGS = sum(kind == "is" and len(word) <= 2 for word, kind in _WORDS)
_SHIELDED = f"{_SHIELD[0]}-{_SHIELD[-1]}"
_ACTION = f"{_SHIELD[0]}-{_SHIELD[_ACTIONS - 1]}"
_SHORT = f"{_SHIELD[_LONG_ACTIONS]}-{_SHIELD[_ACTIONS + _SHORT_THINGS - 1]}"
_SOME_GIVEN = rf"[\p{{Han}}{_SHORT}--[{_NOT_GIVEN}]]"
"""文明 is a word and a given name: behind a surname the shielded word counts as a name again."""


def _shielded(texts: pl.Series) -> pl.Series:
    return texts.str.replace_many(_LONGEST_FIRST, [_SHIELD_OF[word] for word in _LONGEST_FIRST], leftmost=True)


def _also_shielded(words: str) -> str:
    """Alternatives as they stand and as they stand under the shield."""
    plain = words.split("|")
    return "|".join(dict.fromkeys([*plain, *_shielded(pl.Series(plain))]))


_TITLES = _also_shielded(_HONORIFICS)
_RANK = "(?:[省市县区镇乡村党]委|支部|副|总|大|原|分)?"
_POSTS = rf"{_RANK}(?:{_also_shielded(_OFFICES)})"
_SURE_POSTS = rf"{_RANK}(?:{_also_shielded(_OFFICES.removeprefix(f'{_HEADS}|'))})"
_HEAD = rf"{_RANK}(?:{_also_shielded(_HEADS)})"
"""沙 of 长沙市长 is a surname, and no person: before the head of a place it is one only where a word begins."""
_FORM = _also_shielded(_PARTIES)
_PEOPLE = _also_shielded(_ROLES)
_VERB = _also_shielded(_VERBS)
_AFTER = rf"(?:[^\p{{Han}}\w\p{{Co}}]|[0-9丶]|[{_ACTION}{_OPEN}{_DOUBT}{_HINT}]|{_VERB}|$)"
"""What may follow a name. A shielded thing may not: 向阳路口 is a place."""

_SAID = r"[是为叫名：:\s（(“\"]{0,3}"
_COLON = r"\s?[：:（(是为叫]\s?"
_SURE_GIVEN = rf"(?:{_LIKELY}{_SOME_GIVEN}|{_SOME_GIVEN}{_LIKELY}|{_LIKELY})"
_SMALL_WORDS = "向于经和与应项连从全"
_TWO_FACED = f"{_SMALL_WORDS}时常方成安高"
_LIKELY_FAMILY = rf"(?:{_COMPOUND}|[{_SURNAMES}--{_SMALL_WORDS}])"
_SURE_FAMILY = rf"(?:{_COMPOUND}|[{_SURNAMES}--{_TWO_FACED}])"
"""Surnames that are no adverb, preposition or verb: 我向物业反映 names nobody."""
_EDGE = r"^|[。！？；;，,：:、丶\s“\"（(\[【]"
_NO_HAN = rf"^|[^\p{{Han}}〕{_SHIELDED}{_WALL}{_OPEN}{_DOUBT}{_CLOSE}]"

_PLACES = rf"{_FAMILY}[\p{{Han}}--[{_NOT_GIVEN}今年上下去来到从往因被把将记]]{{1,3}}?(?:{_PLACE})"


def _held(opening: str, *shapes: Shape) -> Rule:
    """Like `rule`, but the personal text stays, between opening and _CLOSE: the rest is still to be searched."""
    pattern = "|".join(f"({before})({personal})({after})" for before, personal, after in shapes)
    before, personal, after = (
        "".join(f"${{{3 * number + part}}}" for number in range(len(shapes))) for part in (1, 2, 3)
    )
    return pattern, before + opening + personal + _CLOSE + after


_PART = rf"[\p{{Han}}--[{_NOT_GIVEN}园苑城府湾郡廷庭座期公馆轩华润万科去带宝童摄影装饰酒餐有拆]]"
"""Of a name in several parts; houses are called so too: 伊景园·滨河苑."""

_INTRODUCTIONS: tuple[Rule, ...] = (
    _held(
        _OPEN,
        (rf"(?:{_INTRODUCED}){_SAID}", rf"{_ANY_FAMILY}\s?{_GIVEN}{{1,2}}", rf"[^\p{{Han}}\w\p{{Co}}]|{_VERBS}|$"),
        (rf"(?:^|[^司位店区厂校])(?:{_INTRODUCED}){_COLON}", rf"{_ANY_FAMILY}\s?\p{{Han}}{{1,2}}", ""),
    ),
)
"""Sure, and before the shield: 我叫高兴旺 begins like an everyday word."""

_SURE: tuple[Rule, ...] = (
    # Names of several parts, as in Xinjiang; where others set the dot for a comma, everyday words stand beside it.
    _held(_OPEN, ("", rf"(?:{_PART}{{2,6}}[·•・]){{1,3}}{_PART}{{2,6}}", _AFTER)),
    _held(
        _OPEN,
        (
            f"^|[^{_WALL}]",
            rf"(?:{_COMPOUND}|[{_SURNAMES}--{_TWO_FACED}原任])(?:{_GIVEN}{{0,2}}?|{_SURE_GIVEN})",
            f"{_TITLES}|{_SURE_POSTS}",
        ),
        (
            rf"{_EDGE}|[的与和跟找是请由让给叫对将把被]|{_also_shielded('尊敬|感谢')}|[委府记]",
            rf"(?:{_COMPOUND}|[{_SURNAMES}--{_TWO_FACED}原任])(?:{_GIVEN}{{0,2}}?|{_SURE_GIVEN})",
            _HEAD,
        ),
        ("", rf"任{_LIKELY}{{1,2}}", f"{_TITLES}|{_POSTS}"),
        (
            rf"{_EDGE}|[与和跟找是请由让给叫]|联系",
            rf"[{_WORDY}--房商司都但相位班来党由容应国]{_LIKELY}{{0,2}}",
            f"{_TITLES}|{_POSTS}",
        ),
    ),
    _held(
        _OPEN,
        (rf"(?:{_FORM}|{_PEOPLE}){_COLON}", rf"{_ANY_FAMILY}{_SOME_GIVEN}{{1,2}}", _AFTER),
        (
            rf"(?:{_FORM})",
            rf"(?:{_SURE_FAMILY}|[高安方时常成经{_WORDY}--都来应由全明]){_SOME_GIVEN}{{1,2}}",
            rf"[，,（(：:\s]|{_VERB}",
        ),
    ),
    _held(
        _OPEN,
        (
            _EDGE,
            rf"{_ANY_FAMILY}{_SOME_GIVEN}{{1,2}}?",
            r"[（(](?:男|女|电话|手机|身份证|〔)|[，,]\s?(?:男|女)(?:[，,。]|$)|[：:，,\s]{0,2}(?:〔电话〕|〔证件号〕|〔车牌〕)",
        ),
        (rf"(?:{_EDGE})我", rf"{_SURE_FAMILY}{_SOME_GIVEN}{{1,2}}?", "实名|[，,]|要反映|想反映"),
        ("[与和跟]", rf"{_FAMILY}{_SOME_GIVEN}{{1,2}}?", "协商|沟通|交涉|商量|纠纷|之间|理论|争吵"),
    ),
)
_LIKELY_ONES: tuple[Rule, ...] = (
    _held(
        _DOUBT,
        (rf"(?:{_FORM}|{_PEOPLE}|{_ADDRESSED}){_SAID}", rf"{_LIKELY_FAMILY}{_SOME_GIVEN}{{1,2}}", _AFTER),
        (rf"(?:{_FORM}){_SAID}", rf"{_ANY_FAMILY}{_SOME_GIVEN}{{1,2}}", _AFTER),
        (_POSTS, rf"{_LIKELY_FAMILY}{_SOME_GIVEN}{{2}}", _AFTER),
        ("", rf"[{_SURNAMES}]{_SOME_GIVEN}{{1,2}}?|[向于项时常方成安高任]", f"{_TITLES}|{_POSTS}"),
    ),
    _held(
        _DOUBT,
        (
            rf"(?:{_PEOPLE}|{_ADDRESSED}|(?:{_EDGE})我){_SAID}",
            rf"[{_WORDY}--都来应由]{_LIKELY}{{2}}",
            _AFTER,
        ),
        (rf"{_FORM}|{_PEOPLE}|{_ADDRESSED}", rf"{_LIKELY_FAMILY}(?:{_SURE_GIVEN}|{_SOME_GIVEN})", ""),
    ),
    _held(
        _DOUBT,
        (
            _EDGE,
            rf"{_LIKELY_FAMILY}{_SOME_GIVEN}{{1,2}}?",
            r"反映|投诉|举报|来电|致电|来访|咨询|求助|表示|声称|称|家住|居住|住在",
        ),
        ("", rf"{_LIKELY_FAMILY}{_SOME_GIVEN}{{1,2}}?", "表示|声称|自称|反映称|来电称|称其|称自己"),
        (_EDGE, rf"{_FAMILY}{_SOME_GIVEN}{{1,2}}", rf"、{_FAMILY}{_SURE_GIVEN}[、等一二三四五六七八九十]"),
    ),
    _held(
        _HINT,
        (
            rf"{_NO_HAN}|由|让|给|跟|请|找|问|替|帮|与|和|对|向|被|是|叫|联系",
            rf"{_LIKELY_FAMILY}{_SURE_GIVEN}",
            _AFTER,
        ),
    ),
    _held(_HINT, ("[号楼组队村社巷街路院区道坝湾沟坪桥寺的]", rf"{_FAMILY}{_LIKELY}{{1,2}}", "家|经营|开设|[，,。]")),
    # One of several: 甲、乙、丙三人.
    *[
        _held(
            _HINT,
            (f"[{_CLOSE}〕]、", rf"{_ANY_FAMILY}{_SOME_GIVEN}{{1,2}}", rf"[、等一二三四五六七八九十]|{_AFTER}"),
        )
    ]
    * 3,
)
_WORDY_ONES: Rule = _held(
    _DOUBT,
    (rf"(?:{_FORM}|{_PEOPLE}|{_ADDRESSED}){_SAID}", rf"[{_WORDY}{_TWO_FACED}]{_SOME_GIVEN}{{1,2}}", _AFTER),
    (_EDGE, rf"[{_WORDY}{_TWO_FACED}]{_SOME_GIVEN}{{1,2}}", f"{_TITLES}|反映|投诉|举报|来电|表示"),
    (rf"(?:{_also_shielded('尊敬|敬爱|亲爱')})的", rf"{_SOME_GIVEN}{{2}}", _POSTS),
    ("", rf"[{_SURNAMES}]", _HEAD),
)
"""Worth a question, but nothing to go by without an answer."""
_MAYBE: Rule = (
    rf"(^|[^{_OPEN}{_DOUBT}{_HINT}])({_FAMILY}(?:{_LIKELY}{{2}}|(?:{_SURE_GIVEN}|{_SOME_GIVEN}{{2}}|[{_SHORT}总工])(?:{_AFTER}|{_PEOPLE})))"
    rf"|(^|[^\p{{Han}}\p{{Co}}])({_FAMILY}{_SOME_GIVEN}{{1,2}}(?:[^\p{{Han}}\p{{Co}}]|$))",
    f"${{1}}${{3}}{_SEEN}${{2}}${{4}}",
)
"""Anywhere: worth a question, no more."""

_INSIDE = re.compile(f"[{_OPEN}{_DOUBT}{_HINT}{_CLOSE}{_SEEN}]")
_NAME = f"{_OPEN}[^{_OPEN}{_CLOSE}]*{_CLOSE}"
_NAME_OR_TWO = f"{_OPEN}(?:[^{_OPEN}{_CLOSE}]|{_NAME})*{_CLOSE}"
"""One rule may have found a name within that of another."""
_SENTENCE = re.compile(r"[^。！？!?；;\n]+")
_UNKNOWN_WORDS = frozenset(("n", "v", "vn", "vd", "d", "a", "ad", "an", "p"))
"""What the reader takes a rare name for: if it is just that word, the rule that saw a name there is right."""
_DOUBLE_SURNAME = re.compile(
    "欧阳|司马|诸葛|皇甫|尉迟|令狐|司徒|慕容|轩辕|夏侯|宇文|端木|申屠|淳于|闾丘|独孤|呼延|西门|万俟|澹台"
)
"""Those that are nothing else."""
_NO_NAME_BEFORE = frozenset(("n", "nz", "nw", "s", "LOC", "ORG"))
"""Tags of the word behind that make the name of a place or a firm of them: 金恒世家."""
_NEVER_ALONE = frozenset(f"于应成原连从全和与向边经项时常{_WORDY}")
"""Surnames for which the reader's word is needed: with them an unknown word is a word more often than a name."""
LONGEST = 120
"""Characters of a sentence that are asked about at once; a letter without full stops is cut."""

_FULL_NAME = re.compile(rf"(?:{_COMPOUND}|[{_SURNAMES}{_WORDY}])[\u4e00-\u9fff]{{1,2}}")
_TITLED = re.compile(rf"([{_SURNAMES}{_WORDY}])(?:{_HONORIFICS}|{_OFFICES})")
_CALLED = re.compile(f"[{_SURNAMES[: _SURNAMES.index('安齐易')]}][总工姐哥嫂婶姨]")
_COMPOUND_FAMILY = re.compile(_COMPOUND)
_COMMON_SURNAMES = frozenset(_SURNAMES[_SURNAMES.index("王李张") : _SURNAMES.index("安齐易")])
_NO_FAMILY = re.compile(
    f"[{_SMALL_WORDS}原].|.+[那这路]边|.家[组冲湾坪院屋坡岭塘老村桥坝沟井庄沱寨店营铺渡梁岩口坞滩埠堡垸围圩塅]|.+[府苑郡墅函坡湾冲塘岭坳沟坝桥镇村组铺寨沱市县段路]|.+[不已之而].*"
)
"""于民 for the people, 王家冲 the hollow of the Wangs: what the reader takes for persons too often."""
_NO_PERSON = re.compile(
    rf"(?:{_PLACE}|[县市区镇乡](?!长)|河|湖|[〔【（(\[]20|律师事务所|园|家[组冲湾坪院屋]|老?屋|办|函|线|段|世家|佳园|嘉园|公馆|房地产|物业|地产|国际|中心|组|冲|片|街道|号|铺|教育|集团|项目|工程|施工|两头|附[一二三属]|所(?:答|回|反|民|已)|[^，,。]?族乡)"
)
"""What makes a place, a firm or a building site of the name before it."""
_SELDOM = frozenset(_WORDY + _TWO_FACED)
"""Surnames that a name has seldomer than a word begins with them: 酒店方|托词."""
_ROLE_END = re.compile("[师员长人工民警户]$")
"""How words for a person end that stand before the name: 工程师刘立."""
_COUNTED = re.compile("[0-9一二三四五六七八九十几两数多每半首整这那][张段方房项单][^、，,。]+")
"""几张照片: a measure word that is a surname too."""
_LISTED_NAME = rf"(?:{_COMPOUND}|[{_SURNAMES}{_WORDY}])[\u4e00-\u9fff]{{1,2}}"
_NEXT_IN_LIST = re.compile(
    rf"[、丶]\s?({_LISTED_NAME})(?=[、丶，,。；;：:）)\s]|等|和|及|与|$)"
    rf"|[，,]\s?[0-9]{{0,3}}\s?({_LISTED_NAME})(?=[、，,。；;）)]|$)"
)
_LAST_IN_LIST = re.compile(rf"({_LISTED_NAME})\s?(?:[、丶]|[，,]\s?[0-9]{{1,3}})$")
"""One beside a name, parted by the mark of a list."""


def scrub_names(texts: pl.Series) -> pl.Series:
    """Copies of the texts with names replaced by 〔姓名〕."""
    ask = persons.installed()
    texts = texts.str.replace_all(_FOREIGN, "")
    for pattern, held in _INTRODUCTIONS:
        texts = texts.str.replace_all(pattern, held)
    texts = _shielded(texts.str.replace_all(_PLACES, f"{_WALL}${{0}}"))
    for pattern, held in _SURE:
        texts = texts.str.replace_all(pattern, held)
    for pattern, held in (*_LIKELY_ONES, _WORDY_ONES, _MAYBE) if ask else _LIKELY_ONES:
        texts = texts.str.replace_all(pattern, held)
    texts = texts.str.replace_many([*_SHIELD, _WALL], [*_EVERYDAY, ""])
    if ask:
        doubtful = texts.str.contains(f"[{_DOUBT}{_HINT}{_SEEN}]").fill_null(False).arg_true()
        texts = texts.scatter(doubtful, _asked(texts.gather(doubtful).to_list())) if len(doubtful) else texts
    else:
        texts = texts.str.replace_all(f"[{_DOUBT}{_HINT}]", _OPEN)
    return _hidden(texts)


_Word = tuple[int, int, str]
"""Start and end in the text, and the reader's tag."""


@dataclass(frozen=True)
class _Read:
    """A text under question: as it was, where names are sure, where rules see one, sentences to ask about."""

    plain: str
    sure: list[tuple[int, int]]
    likely: list[tuple[int, int]]
    formed: list[tuple[int, int]]
    questions: dict[int, str]

    @classmethod
    def of(cls, text: str) -> _Read:
        pieces = _INSIDE.split(text)
        spans: dict[str, list[tuple[int, int]]] = {_OPEN: [], _DOUBT: [], _HINT: []}
        seen: list[int] = []
        within: list[tuple[str, int]] = []
        at = len(pieces[0])
        for sign, piece in zip(_INSIDE.findall(text), pieces[1:], strict=True):
            if sign != _CLOSE and not within and sign != _OPEN:
                seen.append(at)
            if sign in spans:
                within.append((sign, at))
            elif sign == _CLOSE:
                kind, start = within.pop()
                spans[kind].append((start, at))
            at += len(piece)
        plain = "".join(pieces)
        for kind in (_OPEN, _DOUBT):
            for start, end in [one for one in spans[kind] if _is_doubtful(plain[slice(*one)])]:
                spans[kind].remove((start, end))
                spans[_HINT].append((start, start + 2))
        return cls(plain, spans[_OPEN], spans[_DOUBT], spans[_HINT], dict(_sentences(plain, seen)))

    def names_somebody(self, words: Mapping[str, list[persons.Word]]) -> bool:
        """Whether the reader found a full name."""
        return any(end - start > 1 for start, end in self._told(words)[0])

    def told(self, words: Mapping[str, list[persons.Word]]) -> str:
        """The text with its names between _OPEN and _CLOSE, by what the reader said of its sentences."""
        found, ordinary = self._told(words)
        kept = [one for one in (*self.likely, *self.formed) if self._is_kept(one, ordinary)]
        names = _joined([*self.sure, *_uncrossed(self._borne_out([*kept, *found], ordinary))])
        text, last = "", 0
        for start, end in _joined(self._everywhere([*names, *self._listed(names, ordinary)])):
            text += self.plain[last:start] + _OPEN + self.plain[start:end] + _CLOSE
            last = end
        return text + self.plain[last:]

    def _told(self, words: Mapping[str, list[persons.Word]]) -> tuple[list[tuple[int, int]], dict[int, _Word]]:
        """(names, place -> the word that stands there and is none)."""
        found: list[tuple[int, int]] = []
        ordinary: dict[int, _Word] = {}
        by_rule = {start for start, _ in (*self.likely, *self.formed)}
        for at, sentence in self.questions.items():
            said = words[sentence]
            for number, (word, tag) in enumerate(said):
                if tag == persons.PERSON and at - 1 in by_rule and len(word) == 2:
                    found.append((at - 1, at + 2))  # the surname was read as a word of its own
                elif tag == persons.PERSON:
                    before = said[number - 1] if number else ("", "w")
                    is_somebodys = at in by_rule or _ROLE_END.search(before[0]) is not None
                    may_begin = before[1] in ("p", "c", "w") or (before[1] == "v" and len(before[0]) == 1)
                    may_end = number + 1 == len(said) or said[number + 1][1] not in _NO_NAME_BEFORE
                    if is_somebodys or not _is_among_places(said, number):
                        found += _persons(
                            word,
                            at,
                            self.plain,
                            may_begin=may_begin or is_somebodys,
                            may_end=may_end or is_somebodys,
                        )
                else:
                    ordinary |= dict.fromkeys(range(at, at + len(word)), (at, at + len(word), tag))
                at += len(word)
        return found, ordinary

    def _everywhere(self, names: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """The names, the whole ones wherever they stand: the reader now and then takes the half of one."""
        yield from names
        for name in {self.plain[start:end] for start, end in names if end - start > 2}:
            yield from (match.span() for match in re.finditer(re.escape(name), self.plain))

    def _borne_out(self, names: Sequence[tuple[int, int]], ordinary: Mapping[int, _Word]) -> list[tuple[int, int]]:
        """Names that the text's other places don't speak against as often: 高信 is nobody where 高信小区 stands too."""
        sure = {self.plain[start:end] for start, end in self.sure}
        refuted = {
            name
            for name, times in Counter(self.plain[start:end] for start, end in set(names)).items()
            if len(name) > 1 and name not in sure and self._times_no_person(name, ordinary) >= times
        }
        return [(start, end) for start, end in names if self.plain[start:end] not in refuted]

    def _times_no_person(self, name: str, ordinary: Mapping[int, _Word]) -> int:
        times = 0
        for match in re.finditer(re.escape(name), self.plain):
            word = ordinary.get(match.start())
            times += bool(
                (word and word[2] in _NO_NAME_BEFORE and word[1] > match.end())
                or (word and word[2] in ("LOC", "ORG"))
                or _NO_PERSON.match(self.plain, match.end())
            )
        return times

    def _listed(self, names: Sequence[tuple[int, int]], ordinary: Mapping[int, _Word]) -> list[tuple[int, int]]:
        """Names in a list of which one is known: 甲、乙、丙."""
        listed: list[tuple[int, int]] = []
        for start, end in (one for one in names if one[1] - one[0] > 1):
            while match := _NEXT_IN_LIST.match(self.plain, end):
                end = match.end()
                if not self._may_be_listed(next_one := match.span(match.lastindex or 0), ordinary):
                    break
                listed.append(next_one)
            while match := _LAST_IN_LIST.search(self.plain, max(0, start - 8), start):
                start = match.start()
                if not self._may_be_listed(match.span(1), ordinary):
                    break
                listed.append(match.span(1))
        return listed

    def _may_be_listed(self, name: tuple[int, int], ordinary: Mapping[int, _Word]) -> bool:
        start, end = name
        text = self.plain[start:end]
        word_start, _, tag = ordinary.get(start, (start, end, ""))
        is_numbered = self.plain[start - 1 : start].isdigit()
        is_a_word = word_start == start and tag not in ("LOC", "ORG", "TIME")
        return (is_numbered or is_a_word) and not persons.knows(text) and _may_be_one(text, self.plain, start)

    def _is_kept(self, name: tuple[int, int], ordinary: Mapping[int, _Word]) -> bool:
        """Whether what a rule saw stands against what the reader takes for a word."""
        start, end = name
        if start not in ordinary or _DOUBLE_SURNAME.match(self.plain, start):
            return name in self.likely or _may_be_one(self.plain[start:end], self.plain, start)
        if name not in self.likely or self.plain[start] in _NEVER_ALONE:
            return False
        word_start, word_end, tag = ordinary[start]
        # A word that begins within the word for a role before it was read wrongly: 老|伴章|国庆.
        is_misread = word_start < start and word_end < end and end - start == 3
        if word_start == start and _TITLED.fullmatch(self.plain[word_start:word_end]):
            return True
        is_unknown = (word_start, word_end) == name and tag in _UNKNOWN_WORDS
        word = self.plain[word_start:word_end]
        is_known = len(word) == 2 and word[0] not in _COMMON_SURNAMES and persons.knows(word)
        return (is_misread or is_unknown) and not is_known


def _is_doubtful(name: str) -> bool:
    """Whether a rule has taken too much or a word for a name, whatever stands around it.

    The shield makes one character of a word: 来电 of 张恒来电 is no given name. 金州 (律师) is in the dictionary.
    """
    is_too_long = len(name) > 3 and name.isalpha() and not _COMPOUND_FAMILY.match(name)
    return is_too_long or (len(name) == 2 and name[0] not in _COMMON_SURNAMES and persons.knows(name))


def _sentences(plain: str, seen: Iterable[int] | None) -> Iterator[tuple[int, str]]:
    """(start, sentence) of those that hold a place of `seen`, or of all; no longer than LONGEST."""
    places = None if seen is None else sorted(seen, reverse=True)
    for match in _SENTENCE.finditer(plain):
        for start in range(match.start(), match.end(), LONGEST):
            end = min(start + LONGEST, match.end())
            if places is None or (places and places[-1] < end):
                yield start, plain[start:end]
            while places and places[-1] < end:
                places.pop()


def _is_among_places(said: Sequence[persons.Word], number: int) -> bool:
    """Whether the word stands in a list beside a place or a firm: 白沙、黄星、高桥."""
    return any(
        0 <= other < len(said) and said[mark][0] == "、" and said[other][1] in ("LOC", "ORG")
        for mark, other in ((number - 1, number - 2), (number + 1, number + 2))
    )


def _persons(word: str, at: int, plain: str, *, may_begin: bool, may_end: bool) -> Iterator[tuple[int, int]]:
    """Where the name stands in what the reader took for a person.

    What it takes for one without a word around to bear it out is a name more often the longer it is, the commoner
    its surname, and if a name could end there: 马王 is no name in 马王堆, 金恒 none in 金恒世家.
    """
    end = at + len(word)
    if _TITLED.fullmatch(word):
        yield at, at + 1
    elif _CALLED.fullmatch(word):
        yield at, end
    elif not _COUNTED.match(plain, max(0, at - 1)) and _FULL_NAME.fullmatch(word) and _may_be_one(word, plain, at):
        if (word[0] in _SELDOM and not (may_begin and may_end)) or (word.endswith("家") and not may_begin):
            return  # the second is a hamlet of one family: 蒋垄家
        is_common = word[0] in _COMMON_SURNAMES or len(word) > 3
        if (
            (is_common or may_end)
            if len(word) > 2
            else (is_common and may_begin and may_end and not persons.knows(word))
        ):
            yield at, end


def _may_be_one(name: str, plain: str, at: int) -> bool:
    """Whether no everyday word, place, firm or document begins here, and none ends with the surname: 责任田|一事."""
    return not (
        _NO_FAMILY.fullmatch(name)
        or _NO_PERSON.match(plain, at + len(name))
        or any(
            plain[at : at + size] in _everyday() for size in range(len(name) if name[0] in _COMMON_SURNAMES else 2, 5)
        )
        or (at > 1 and persons.installed() and persons.knows(plain[at - 2 : at + 1]))
    )


@cache
def _everyday() -> frozenset[str]:
    return frozenset(_EVERYDAY)


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """In order, overlapping ones as one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def _uncrossed(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Without those that begin in one and end behind it: two readings of one place, of which neither is right."""
    ordered = sorted(set(spans))
    crossed = {
        one
        for number, first in enumerate(ordered)
        for second in ordered[number + 1 :]
        if first[0] < second[0] < first[1] < second[1]
        for one in (first, second)
    }
    return [one for one in ordered if one not in crossed]


def _asked(texts: list[str]) -> list[str]:
    """The texts with the reader's names; where it found any, it reads the whole text: letters name several people."""
    read = [_Read.of(text) for text in texts]
    words = _answers(one.questions for one in read)
    wide = [
        replace(one, questions=dict(_sentences(one.plain, None))) if one.names_somebody(words) else one for one in read
    ]
    words |= _answers({start: said for start, said in one.questions.items() if said not in words} for one in wide)
    return [one.told(words) for one in wide]


def _answers(questions: Iterable[Mapping[int, str]]) -> dict[str, list[persons.Word]]:
    sentences = list(dict.fromkeys(sentence for some in questions for sentence in some.values()))
    return dict(zip(sentences, persons.words_of(sentences), strict=True))


def _hidden(texts: pl.Series) -> pl.Series:
    """The mark in place of each name that was found, there and wherever the text says it again."""
    hidden = texts.str.replace_all(_NAME_OR_TWO, MARK)
    names = texts.str.extract_all(f"{_OPEN}[^{_CLOSE}]{{2,}}{_CLOSE}")
    found = (
        pl.DataFrame({"row": range(len(texts)), "text": hidden, "name": names})
        .explode("name")
        .drop_nulls("name")
        .with_columns(pl.col("name").str.strip_chars(_OPEN + _CLOSE))
        .filter(pl.col("text").str.contains(pl.col("name"), literal=True) & ~pl.col("name").is_in(_EVERYDAY))
        .group_by("row", maintain_order=True)
        .agg("name", pl.col("text").first())
    )
    again = [_without(text, said) for _, said, text in found.iter_rows()]
    return hidden.scatter(found["row"], again) if again else hidden


def _without(text: str, names: Iterable[str]) -> str:
    for name in sorted(set(names), key=len, reverse=True):
        text = text.replace(name, MARK)
    return text
