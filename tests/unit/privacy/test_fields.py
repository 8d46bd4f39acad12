"""A field that holds a person is known by its name, however it is spelt; fields of a matter are left alone."""

from __future__ import annotations

import pytest

from streams.contracts.registry import contracts
from streams.privacy.fields import mark_of_field
from streams.privacy.rules import ACCOUNT, ID_NUMBER, NAME, PHONE


@pytest.mark.parametrize(
    ("mark", "names"),
    [
        (
            ACCOUNT,
            "wx_openid openid openId OpenID wxOpenId unionid union_id external_userid wechat_id weixin qq_number "
            "alipay_user_id user_id userId member_uid account_id imei IMEI imei2 imsi meid idfa idfv oaid gaid "
            "android_id device_id deviceToken push_token registrationId session_id mac mac_address wifi_mac bssid "
            "client_ip ip ip_address "
            "fingerprint cookie 微信号 企业微信账号 支付宝账号 抖音号 用户ID 设备标识 手机串号 MAC地址",
        ),
        (NAME, "caller_name contactName full_name nick_name nickname surname xing_ming 姓名 来电人 昵称 联系人"),
        (ID_NUMBER, "id_card idCardNo identity_number sfzh 身份证号 证件号码"),
        (PHONE, "phone mobile contact_phone telephone tel 电话 手机号 联系方式"),
    ],
)
def test_a_field_of_a_person_is_known_in_every_spelling(mark: str, names: str) -> None:
    assert {name: mark_of_field(name) for name in names.split()} == dict.fromkeys(names.split(), mark)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "unit_name",
            "street_name",
            "category_name",
            "device_name",
            "device_code",
            "road",
            "ip_count",
            "machine",
            "tip",
        ),
        *("shipping", "note", "new_field", "case_id", "order_no", "ticket_no", "contact_channel", "phone_model", "zip"),
        *("status", "事项名称", "单位名称", "设备编号", "受理时间"),
    ],
)
def test_a_field_of_a_matter_is_left_alone(name: str) -> None:
    assert mark_of_field(name) is None


def test_no_field_of_a_contract_is_taken_for_a_person_but_the_device_on_its_pole() -> None:
    names = {field.name for contract in contracts().values() for field in contract.fields}
    assert len(names) > 50
    assert {name for name in names if mark_of_field(name)} == {"device_id"}
