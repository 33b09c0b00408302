"""The demonstration district: 鹿城区's real towns, invented villages and people. Everything else is 演示数据."""

# Names: policy-model §1.1. The official nine-digit codes are entered at a real installation; these are invented.
TOWNS = (
    *("五马街道", "七都街道", "滨江街道", "南汇街道", "松台街道", "双屿街道", "仰义街道"),
    *("大南街道", "蒲鞋市街道", "南郊街道", "广化街道", "丰门街道", "藤桥镇", "山福镇"),
)
VILLAGE_TOWN = "藤桥镇"
LARGE_VILLAGE = "青禾村(演示)"
"""40 representatives: a panel is easily found."""
COMMUNITY_TOWN = "五马街道"
SMALL_COMMUNITY = "长桥社区(演示)"
"""Eleven people on the roster: 12 are hard to reach."""

_NAMES = ("青禾", "柳岸", "长桥")
PASSWORD = "yanshi-2026"
RESIDENT_OPENID = "oDemoResident0001"
NEIGHBOUR_OPENID = "oDemoResident0002"
MEMBER_OPENID = "oDemoMember0001"
BUREAU_OPENID = "oDemoBureau0001"

_SURNAMES = "陈林黄张李王吴刘蔡杨许郑谢洪郭邱曾廖赖徐周叶苏庄江吕何罗高萧潘简朱钟彭游詹胡施沈"
_GIVEN = "安宁平和康乐顺吉祥瑞福荣华光明亮清秀文武德良善美玉珍珠梅兰竹菊春秋冬雪山海江河松柏"


def villages_of(town: str) -> list[tuple[str, bool]]:
    """(name, is it a community) of a town's three villages."""
    is_rural = town.endswith("镇")
    return [(f"{name}{'村' if is_rural else '社区'}(演示)", not is_rural) for name in _NAMES]


def person_name(number: int) -> str:
    """An invented name, the same for the same number."""
    surname = _SURNAMES[number * 7 % len(_SURNAMES)]
    first, second = _GIVEN[number * 11 % len(_GIVEN)], _GIVEN[(number * 5 + number // 37) % len(_GIVEN)]
    return f"{surname}{first}{second}"


def roster_of(town: str, village: str, *, is_community: bool) -> list[str]:
    """The capacities of a village's roster, one entry a person."""
    if village == SMALL_COMMUNITY and town == COMMUNITY_TOWN:
        representatives = 6
    elif village == LARGE_VILLAGE and town == VILLAGE_TOWN:
        representatives = 40
    else:
        representatives = 9
    cadre = [] if is_community else ["resident_cadre"]
    return ["village_committee"] * 3 + cadre + ["village_representative"] * representatives
