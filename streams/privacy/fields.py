"""Fields that hold a person, told by their name: what stands in them has no shape that would give it away.

An openid is 28 letters, an advertising id a UUID, a device token anything; a bare name alone is two characters.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from streams.privacy.rules import ACCOUNT, ID_NUMBER, NAME, PHONE

_WORDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (mark, re.compile(pattern))
    for mark, pattern in (
        (
            ACCOUNT,
            # Chat accounts and the ids that a platform gives its users.
            r"\b(open|union) ?(id|uid|kf ?id)\b|\b(external |wx |we ?chat |qq |ali ?pay |weibo |douyin |ding ?talk )"
            r"(id|uid|no|num|number|account|user|user ?id|name|code|session ?key)\b|\b(we ?chat|wx|qq|weixin|alipay)\b$"
            r"|\b(user|member|customer|account|login|buyer|fan|subscriber|passport|device|phone|handset|terminal) ?"
            r"(id|uid|uuid|guid)\b"
            r"|微信|企业微信|支付宝|抖音|快手|微博|扣扣|钉钉|用户(id|标识|编号|账号)|账号|帐号|会员(id|号|编号)"
            # Devices and the tokens that reach them.
            r"|\b(imei|imsi|meid|iccid|esn|udid|idfa|idfv|oaid|vaid|aaid|gaid|adid|msisdn|ssaid|serialno)\d?\b"
            r"|\b(android|ad|advertising|installation|install|push|registration|client) ?(id|uuid)\b"
            r"|\b(device|push|fcm|apns|jpush|registration|session|access|refresh|client) ?(token|key)\b"
            r"|\bj?session ?id\b"
            r"|\b(mac|wifi|wlan|bluetooth|bt|ble) ?(mac|addr|address|bssid)\b|\bmac\b|\bbssid\b"
            r"|\bip( ?addr| ?address| ?v4| ?v6)?$|\b(client|remote|user) ?ip\b|\bcookies?\b|\bfingerprint\b"
            r"|设备(标识|识别码|token|指纹)|手机(串号|序列号)|串号|mac地址|ip地址",
        ),
        (
            NAME,
            r"\b(caller|reporter|contact|applicant|complainant|petitioner|user|citizen|resident|owner|customer|person|"
            r"real|full|first|last|family|given|nick|sur|wx|chat|account|member|agent|operator|handler|driver|patient|"
            r"guardian|payee|payer|holder) ?name\b|\b(nick|sur)name\b|\bxing ?ming\b"
            r"|姓名|昵称|名字|真名|(来电|来访|来信|诉求|投诉|举报|反映|申请|联系|报案|报修|求助|当事|经办|承办|负责|签收|收件|收款|监护|委托|代理)人$",
        ),
        (
            ID_NUMBER,
            r"\bid ?card\b|\bidentity\b|^id ?(no|num|number)$|\bpassport ?(no|num|number)?$|\bsfz|身份证|证件号|护照",
        ),
        (
            PHONE,
            r"\b(phone|mobile|cell ?phone|tele ?phone|tel|fax|contact)( ?(no|num|number))?\d?$"
            r"|(电话|手机|座机|传真|联系方式)(号|号码)?\d?$",
        ),
    )
)

_JOINT = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[\W_]+")


@lru_cache(maxsize=4096)
def mark_of_field(name: str) -> str | None:
    """The mark for whatever stands in a field of this name (`wxOpenId`, `联系人`); None: its name tells nothing."""
    words = _JOINT.sub(" ", unicodedata.normalize("NFKC", name)).lower()
    return next((mark for mark, pattern in _WORDS if pattern.search(words)), None)
