"""Chinese personal names out of free text: by the word that announces them, or by standing where only a name can.

No dictionary of people: surnames, characters that given names are made of, and the words of a complaint around
them. Recall is measured on names and sentences that the rules were not written from (tests/unit/privacy).
"""

from __future__ import annotations

import polars as pl

from streams.privacy.rules import NAME as MARK
from streams.privacy.rules import Rule, rule

_SURNAMES = (
    "庾洪习昌莘蘧荀典竺糜逄桓蔚佴笪缑阚隗怀滑厍蓟印堵濯逢暨郏步郗璩濮扶厚"
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟"
    "谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱丘江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢"
    "安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕季裴霍涂成苗谷盛曲翁冉骆蓝游辛靳管"
    "柴蒙鲍华喻祁蒲滕屈饶解牟艾尤阳穆农卓古吉缪简连芦麦褚娄窦戚岑景宫费卜冷晏席卫米柏宗瞿桂佟应臧闵苟邬边卞姬师仇栾隋"
    "刁沙荣巫寇桑甄丛仲虞敖巩佘池麻苑迟邝谈匡鞠惠荆乐冀郁胥储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘厉伊仝郜海阚花屠朴练廉禹井"
    "祖漆卿狄索晋云敬扈晁芮阙浦戈伏鹿薄邸雍辜阿乌亓修邰赫杭鲜逯隆茹诺战慕玉亢嵇哈湛戎勾茅於尉冶檀衣昝"
    "赖贝酆钮贲钭殳夔訾毋乜蒯宓蓬郦郤鄂韶贡仰禄越弘茆旷候禤恽杞陇羿植畅郎覃笃"
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
    "举报称述咨询请问街巷区县市镇乡村社组号栋幢室层旁边附左右时间点分秒第几多两处人工厂店车场站局院校会式"
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
_OFFICES = (
    "老板|护士|主任|书记|局长|处长|科长|股长|所长|站长|院长|校长|园长|厂长|店长|组长|队长|班长|部长|村长|镇长|乡长|区长|县长|市长|"
    "行长|会长|总监|主管|经理|支书|会计|出纳|教练|干事|秘书|董事长|网格员"
)
_PARTIES = (
    "来电人|来访人|来信人|投诉人|举报人|反映人|诉求人|申请人|申请者|联系人|当事人|报案人|报修人|求助人|经办人|承办人|负责人|责任人|"
    "收件人|收款人|付款人|签收人|监护人|委托人|受托人|被委托人|借款人|出借人|欠款人|债务人|债权人|持卡人|产权人|所有人|使用人|"
    "户主|机主|失主|死者|伤者|法人|法定代表人|代理人|代表人|被投诉人|被举报人|被告|原告|承租人|出租人|承包人|买受人|参保人|"
    "开户名|账户名|户名|业主姓名|学生姓名"
)
"""Words that a form puts before a name."""

_ROLES = (
    "业主|住户|居民|村民|群众|市民|网友|租客|租户|房东|房主|邻居|老板|老板娘|店主|店员|摊主|车主|司机|驾驶员|乘务员|快递员|骑手|家属|"
    "患者|病人|老人|孕妇|产妇|学生|考生|学员|家长|老师|教师|职工|员工|职员|工人|民工|农民工|保姆|厨师|顾客|乘客|消费者|会员|党员|"
    "工作人员|服务员|售货员|收银员|业务员|营业员|办事员|保洁员|协管员|巡查员|客服|城管|民警|辅警|交警|网格员|楼栋长|楼长|保安|物业经理|"
    "父亲|母亲|爸爸|妈妈|丈夫|妻子|爱人|老公|老婆|媳妇|老伴|对象|岳父|岳母|公公|儿子|女儿|儿媳|女婿|孙子|孙女|外孙|侄子|侄女|"
    "爷爷|奶奶|外公|外婆|舅舅|姑姑|叔叔|哥哥|姐姐|弟弟|妹妹|同事|朋友|同学|室友|亲戚|男子|女子|女孩|男孩|小孩|孩子|"
    "经理|主任|书记|队长|校长|院长|医生|教练|代表"
)
_INTRODUCED = (
    "我叫|我名叫|名叫|其名叫|叫做|名字叫|名字是|名字为|名为|姓名|本人叫|本人名叫|本人姓名|孩子叫|儿子叫|女儿叫|老板叫|负责人叫|"
    "签名|署名|自称|化名"
)
_ADDRESSED = "我是|本人|叫|回复|回访|联系|通知|告知|寻找|请找|转告|转交|转给|电联|答复|委托|登记为|核实为|来电人为"
_VERBS = (
    "反映|投诉|举报|诉求|来电|致电|来访|来信|咨询|求助|建议|表示|声称|称|说|述|认为|希望|要求|请求|询问|家住|居住|住在|住|家|电话|手机|联系|"
    "身份证|证件|车牌|微信|邮箱|因|于|在|从|被|把|将|向|对|与|和|及|等|的|是|已|未|没|不|也|曾|今|昨|每|多次|经常|长期|先生|女士|同志|"
    "老人|一家|夫妇|夫妻|本人|男|女|今年|年龄|现年|一|都|还|又|总|常|养|独|正|核|去|来|到|放|堆|开|占|做|搞|拿|用|骂|有|无|拒|擅|私|违|乱|停|造|以|那|"
    "这|屋|店|摊|再|只|偷|修|跑|走|摔|等待|病|死|欠|租|买|卖|办|交|收|扔|吵|闹|打|代为|代表|实名|我|申请|想|要|想要|现在|目前|上个月|上周|"
    "协商|沟通|交涉|商量|发生|纠纷|之间|所|名下|签名|同意|不|拖欠|驾驶|态度|受伤|上班|工作|读书|骑|给|让|请"
)
_AFTER = rf"(?:[^\p{{Han}}\w\p{{Co}}]|{_VERBS}|$)"
"""What may follow a name. A shielded word (private use) may not: 向阳路口 is a place."""

_PLACE = (
    r"路(?:[^灯过面边上况费段由]|$)|街(?:[^边上头]|$)|巷|大道|大桥|桥(?:[^边上头下]|$)|立交|隧道|水库|码头|车站|站台|出口|收费站|"
    r"寺|庙|坝|坪|沟|湾|坎|坡|垭|村(?:[^民里]|$)|镇|乡(?:[^亲里]|$)|组团|社区|小区|新区|花园|家园|公寓|华府|新城|新村|广场|公园|大厦|商城|市场|"
    r"公司|集团|超市|商场|酒店|宾馆|餐馆|饭店|餐厅|火锅|烧烤|面馆|豆花|羊肉|酒楼|网吧|驾校|医院|诊所|牙科|药店|药房|学校|小学|中学|"
    r"大学|幼儿园|托管班|银行|影楼|派出所|法院|局|厂(?:[^长]|$)|车行|经营部|工作室"
)
"""How places and businesses end: 方正街 and 施乐装修公司 begin like names and are none."""

_EVERYDAY = (  # noqa: SIM905 - two hundred quotes would be no list to read
    "安全|安装|安排|安静|安心|方便|方式|方案|方向|方面|文明|文件|文化|白天|白色|高空|高速|高度|高峰|高层|高压|高温|高楼|高价|马路|马上|"
    "马桶|万元|万人|成立|成本|成都|向前|向后|常年|常常|常见|关门|关于|关系|关闭|关注|严重|严格|金额|程序|江边|江北|江南|江水|温泉|温度|"
    "黄金|黄色|黄灯|石头|石板|石材|石料|施工|施救|易燃|田地|田间|花园|花坛|花草|水管|许多|许可|连续|连接|牛奶|雷雨|毛坯|柴油|时常|"
    "时有|时间|经常|于是|何时|何处|任何|任意|任务|段路|余额|余下|陆续|应该|应当|蓝天|洪水|游客|游泳|包括|包装|明显|明确|明知|边上|"
    "左右|左转|左侧|甘蔗|梅雨|童车|成年|成员|成功|汤水|康复|夏天|夏季|冬季|秋季|钟头|龙头|孔洞|和谐|平时|平安|强烈|强制|强行|路边|路口|"
    "路面|路灯|房屋|房间|房租|车辆|车位|单元|单位|单独|项目|全部|全家|全体|公司|公共|公园|公交|利用|保安|师傅|阿姨|阿婆|阿公|警官|原始|原子|原因|原来|周期|周边|周围|周末|卫生|高清|植树|楼栋长|连同|连带|单据|石柱|党员|党委|工程师|程师|全体|单身|班主任|路人|保证|信号|展位|都是|国家|来回"
).split("|")
_SHIELD_START = 0xF0000
"""Words of a complaint that begin like a name stand behind one private-use character while weak rules run."""

_SHIELD = [chr(_SHIELD_START + i) for i in range(len(_EVERYDAY))]
_SHIELDED = rf"\x{{{_SHIELD_START:X}}}-\x{{{_SHIELD_START + len(_EVERYDAY):X}}}"
_WALL = chr(_SHIELD_START - 1)
"""Stands before a place or a business that begins like a name."""
_SOME_GIVEN = rf"[\p{{Han}}{_SHIELDED}--[{_NOT_GIVEN}]]"
"""文明 is a word and a given name: behind a surname the shielded word counts as a name again."""

_SAID = r"[是为叫名：:\s（(“\"]{0,3}"
_SURE_GIVEN = rf"(?:{_LIKELY}{_SOME_GIVEN}|{_SOME_GIVEN}{_LIKELY}|{_LIKELY})"
_SURE_FAMILY = rf"(?:{_COMPOUND}|[{_SURNAMES}--向于时常方成安高经和与应项连从全])"
"""Surnames that are no adverb or preposition: 我向物业反映 names nobody."""
_EDGE = r"^|[。！？；;，,：:、\s“\"（(\[【]"

_PLACES = rf"{_FAMILY}[\p{{Han}}--[{_NOT_GIVEN}今年上下去来到从往因被把将]]{{1,3}}?(?:{_PLACE})"

_STRONG: tuple[Rule, ...] = (
    # Names of several parts, as in Xinjiang: the dot stands nowhere else.
    rule(MARK, ("", rf"(?:{_GIVEN}{{2,6}}[·•・]){{1,3}}{_GIVEN}{{2,6}}", "")),
    rule(
        MARK,
        (rf"(?:{_INTRODUCED}|(?:{_EDGE})叫){_SAID}", rf"{_ANY_FAMILY}\s?{_GIVEN}{{1,2}}", _AFTER),
        (rf"(?:{_INTRODUCED}){_SAID}", rf"{_ANY_FAMILY}\s?\p{{Han}}{{1,2}}", ""),
    ),
    rule(
        MARK,
        ("", rf"{_FAMILY}{_GIVEN}{{0,2}}", _HONORIFICS),
    ),
    rule(
        MARK,
        (
            rf"{_EDGE}|[与和跟找是请由让给叫]|联系",
            rf"[{_WORDY}--房商司都]{_LIKELY}{{0,2}}",
            f"{_HONORIFICS}|{_OFFICES}",
        ),
    ),
    rule(
        MARK,
        (rf"(?:{_PARTIES}){_SAID}", rf"{_ANY_FAMILY}{_GIVEN}{{1,2}}", _AFTER),
        (rf"(?:{_PARTIES}|{_ROLES})[：:（(]\s?", rf"{_ANY_FAMILY}\p{{Han}}{{1,2}}", ""),
        (f"{_PARTIES}", rf"{_FAMILY}(?:{_LIKELY}{{2}}|{_GIVEN})", ""),
    ),
)
_WEAK: tuple[Rule, ...] = (
    rule(MARK, ("", rf"{_FAMILY}{_SOME_GIVEN}{{0,2}}", _OFFICES)),
    rule(MARK, (rf"(?:{_ROLES}|{_ADDRESSED}){_SAID}", rf"{_FAMILY}{_SOME_GIVEN}{{1,2}}", _AFTER)),
    rule(
        MARK,
        (
            rf"(?:{_ROLES}|{_ADDRESSED}|(?:{_EDGE})我){_SAID}",
            rf"[{_WORDY}--都来应由]{_LIKELY}{{2}}",
            _AFTER,
        ),
        (rf"{_ROLES}|{_ADDRESSED}", rf"{_FAMILY}(?:{_SURE_GIVEN}|{_SOME_GIVEN})", ""),
    ),
    rule(MARK, (rf"(?:{_EDGE})我", rf"{_SURE_FAMILY}{_SOME_GIVEN}{{1,2}}?", "实名|[，,]|要反映|想反映")),
    rule(
        MARK,
        (
            _EDGE,
            rf"{_FAMILY}{_SOME_GIVEN}{{1,2}}?",
            r"反映|投诉|举报|来电|致电|来访|咨询|求助|表示|声称|称|家住|居住|住在|[（(](?:男|女|电话|手机|身份证|〔)"
            r"|[，,]\s?(?:男|女)(?:[，,。]|$)|[：:，,\s]{0,2}(?:〔电话〕|〔证件号〕|〔车牌〕)",
        ),
    ),
    rule(
        MARK,
        (
            rf"^|[^\p{{Han}}〕{_SHIELDED}{_WALL}]|由|让|给|跟|请|找|问|替|帮|与|和|对|向|被|是|叫|联系",
            rf"{_FAMILY}{_SURE_GIVEN}",
            _AFTER,
        ),
    ),
    rule(MARK, ("[号楼组队村社巷街路院区道坝湾沟坪桥寺的]", rf"{_FAMILY}{_LIKELY}{{1,2}}", "家|经营|开设|[，,。]")),
    rule(MARK, ("", rf"{_SURE_FAMILY}{_SOME_GIVEN}{{1,2}}?", "表示|声称|自称|反映称|来电称|称其|称自己")),
    rule(
        MARK,
        ("[与和跟]", rf"{_FAMILY}{_SOME_GIVEN}{{1,2}}?", "协商|沟通|交涉|商量|发生|纠纷|之间|理论|联系|争吵"),
    ),
    # One of several: 甲、乙、丙三人.
    *[rule(MARK, (f"{MARK}、", rf"{_ANY_FAMILY}{_SOME_GIVEN}{{1,2}}", rf"[、等一二三四五六七八九十]|{_AFTER}"))] * 3,
)


def scrub_names(texts: pl.Series) -> pl.Series:
    """Copies of the texts with names replaced by 〔姓名〕."""
    for pattern, mark in _STRONG:
        texts = texts.str.replace_all(pattern, mark)
    texts = texts.str.replace_all(_PLACES, f"{_WALL}${{0}}").str.replace_many(_EVERYDAY, _SHIELD)
    for pattern, mark in _WEAK:
        texts = texts.str.replace_all(pattern, mark)
    return texts.str.replace_many([*_SHIELD, _WALL], [*_EVERYDAY, ""])
