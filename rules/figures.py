"""Numbers fixed by the text of 温鹿民〔2021〕8号 (2021-02-04), each with its clause. Money in 分."""

from typing import Final

REVIEW_WORKING_DAYS: Final = 5  # 四(二)a “应当在5个工作日内…进行民主评议”
RESULT_WORKING_DAYS: Final = 5  # 四(三) “认定结果在5个工作日内反馈…并上报…备案”
MINIMUM_PANEL: Final = 12  # 四(二)a “一般不得少于12人”
URGENT_CAP_FEN: Final = 500_000  # 四(二)b “最高不超过5000元”, inclusive
URGENT_HOURS: Final = 24  # 四(二)b “24小时内到位”, natural hours
SAVINGS_LOWER_TIMES: Final = 4  # 三(四) “超过…4倍”, 4.00 itself outside
SAVINGS_UPPER_TIMES: Final = 10  # 三(四) “低于10倍”, 10.00 itself outside
CAP_MONTHS: Final = 20  # 三(五) “家庭人数乘以当地月低保标准20倍”
CAP_MEDICAL_PERCENT: Final = 70  # 三(五) “剩余医疗费用的70%”
ABSENCE_YEARS: Final = 3  # 三(一)(二) “三年以上”, inclusive (民法典 1259)
ELDER_AGE: Final = 60  # 三(三) “60周岁以上”, inclusive
ADULT_AGE: Final = 18  # 未成年人: below 18
TERM_YEARS: Final = 1  # 四(四)a “救助时效为期一年”

# Another rule's number, shown as a warning and never enforced: 浙江省社会救助条例 §39 (policy-model §1.4, §2.1), to be
# read in the official text before it is quoted.
PROVINCIAL_TIMES: Final = 6  # 临时救助 a person, ordinarily, times the monthly standard
PROVINCIAL_SPECIAL_TIMES: Final = 12  # the same in special cases

# Not in the text: the district's own targets, shown as such (policy-model §1.2).
LISTING_WORKING_DAYS: Final = 5  # §1.10.15
URGENT_PAPERWORK_WORKING_DAYS: Final = 10  # §1.3 D5, soft
VISITORS: Final = 2  # 57号 §16
