"""Danger first: life at risk and despair are seen before any ranking, whatever else the message says.

A word that is also said of what is over (昏迷三个月了能申请吗) is soft where the message asks for help with it: the
ordinary answer is given, and before it what to do if it is happening now. In doubt the alarm stands.
"""

import re
from dataclasses import dataclass

from bot.text import plain

CRISIS, DANGER = "oos_crisis", "oos_police_fire_medical"
URGENT = (CRISIS, DANGER)
FIRST = {
    CRISIS: "心里难受、撑不住的时候, 请别一个人待着, 马上叫家人或邻居来陪; 有危险打120或110。",
    DANGER: "如果现在就有危险, 先打110、119或120, 再叫身边的人帮忙。",
}
"""What is said before an ordinary answer where the alarm is soft."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """`intent` is one of URGENT; `soft`: told as over, and something is asked about it."""

    intent: str
    soft: bool = False


_SENTENCE = re.compile(r"[。！!？?；;\n]")


def alarm_of(text: str) -> Alarm | None:
    """What a message alarms of, however long it is; None for an ordinary one."""
    folded, sentences = plain(text), _SENTENCE.split(text)
    # Some words alarm only where they are all that is said: each of several sentences is looked at by itself as well.
    parts = [folded, *(plain(part).strip() for part in sentences)] if len(sentences) > 1 else [folded]
    for intent, weak, strong in ((CRISIS, _CRISIS_WORDS, _CRISIS), (DANGER, _DANGER_WORDS, _DANGER)):
        if weak.search(folded):
            return Alarm(intent, soft=bool(_OVER.search(folded)) and not _NOW.search(folded))
        if any(strong.search(part) for part in parts):
            return Alarm(intent)
    return None


def _any(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives))


# Said of what is over as well.
_CRISIS_WORDS = _any(
    r"不想活(?!动|泼|络)|活不下去|想死(?!亡|你|他们了|记)|自杀|轻生|跳楼(?!价|梯)|割腕|喝农药|死了算了|了结自己|没意思活着|活着没意思",
)
_DANGER_WORDS = _any(
    r"着火了|起火了|正在烧(?!饭|菜|水|锅)|煤气泄漏|昏迷|晕倒|没有呼吸(?!机)|不省人事|大出血|快不行了|被打(?!回|下|断|工|入|击|成|开|扰|动|包|折|发)|家暴",
    r"有人打我|拿刀|要杀(?!头|猪|鸡|鸭|鱼)|触电|溺水|中毒|快报警|帮我报警|(?<!钱)救命(?!的?[钱药恩]|稻草|的预算|的,|那[天次笔])",
)
# Said of oneself, now.
_CRISIS = _any(
    r"不(?:想|要|愿意?)再?(?:活(?!动|络|泼|力|跃)|做人)|不想话了|不想在这个?世|我不活了|不配活|没脸活|活(?:够|腻|不落去|得太累)",
    r"活着(?:真|太|好)?(?:累|受罪)|活不下去|活着[^。!?]{0,6}(?:意思|拖累|浪费)|活着就是(?:浪费|受罪|拖累|等死|累)|没[^。,!?]{0,2}意思[^。!?]{0,6}活",
    r"做人[^。,!?]{0,4}没?(?:有什么)?意思|想(?:早点)?死(?!亡|你|记|的人)|^(?:我)?想(?:似|4)$|[自子]杀(?!鸡|猪)|自[沙鲨尽残缢]",
    r"紫砂(?!壶|锅|杯|煲|茶)|不如[^。,!?]{0,4}死|死(?:了|掉)?(?:算了|干净|拉倒)|死了好$|让我死|是不是我死了|要么我死|逼死",
    r"(?:说|叫)[^。,]{0,3}[要我]去死|我就去死|死给你?[^。,]{0,2}看|死在(?:你们|街道|窗口|社区)|只有死|生不如死|早死早|怎么死|死得快|死最快",
    r"多少[^。,]{0,4}会死|撞死在|一头撞死|死的心|走了算|不如(?:早点|一起)走|一走了之|早点解脱|想解脱|想(?:跟|去见)(?:她|他|老太婆|老头子|老伴)(?:去|$)",
    r"妈妈先走|我先走一?[步了]|一了百了|同归于尽|想结束|结束(?:这一切|生命)|自己了断|想自我了断|了结自己|轻生|寻短|寻死|想不开|上吊|绳子[^。]{0,4}(?:好了|挂|准备)",
    r"拿着绳|跳(?:楼(?!价|梯)|江|河|海|桥|井|瓯江|下去)|往江里走|割[腕脉]|手腕[^。]{0,3}[割划]|割的口子|烧炭",
    r"写[^。,]{0,4}遗书(?!.{0,3}(?:算|有效))|遗书(?:放|都想|写好)|后事[^。,]{0,3}交代|交代后事|安眠药[^。,]{0,4}(?:瓶|攒)|一整?瓶安眠药",
    r"(?:吃|吞)了?[^。,]{0,5}(?:一把药|药全)|药全吃|药[^。,]{0,4}攒着|把药攒|药我?都?(?:买|准备|攒)好|(?:就|要|想)喝药|没有?活路了|没有明天|伤害自己",
    r"不用醒来|不要醒|再也不醒|一睡不醒|我是[^。,]{0,5}累赘|没有我[^。,]{0,6}(?:好过|轻松)|撑不下去|熬不牢|永别|最后一条消息|站在[^。,]{0,6}桥上",
    r"我在[^。,]{0,4}(?:楼顶|天台)|孩子先(?:送走|弄死)|(?:带|抱)着?[^。,]{0,6}一起(?:走|死|跳)|huozhe|buxianghuo",
)
_DANGER = _any(
    r"(?:又|在|正|醉了,)打我|(?:老公|前夫|他|儿子|爸)打(?:我|老?娘)(?![^。]{0,12}(?:名单|保护令|账))|打得[^。,]{0,3}血|打死我|掐我|砍我|捅我",
    r"在打(?:人|他|我|小孩|孩子|老人)|被人打了?[,,]?(?:流血|现在)|要(?:打死|砍死|杀)(?:我|人|他|她)",
    r"拿着?(?:一把)?(?:菜)?刀[^。,]{0,3}(?:追|砍|在)|有人(?:撬|踹|打我|抢|踢门|砸门|在我家|跟着我|拿刀|泼)",
    r"(?:堵|踢|砸|撬)[^。,]{0,3}门[^。,]{0,4}(?:砍|进|不让|打)|泼汽油|我被[^。,]{0,3}锁|被关起来|(?:小偷|贼)(?:进|在)|抢我",
    r"(?:^|家里|房子|厨房|着)[^。,]{0,2}(?:着|起|失)火(?:了|啦)?(?:$|,(?:快|烟|怎么)|怎么办|啦)|著火|着火着|火着起来|着火了着",
    r"烧(?:起来|到屋)|冒[^。,]{0,2}烟|全是烟|(?:煤气|燃气|液化气|天然气)[^。,]{0,5}(?:味|漏|泄露)|漏气|一氧化碳|煤炉熏|叫不(?:醒|应)|喊不应",
    r"倒(?:在)?地上|昏过去|昏倒了?$|没有?反应了|没有?呼吸了|没有?气了|不会喘气|喘不[上过]气|心跳没|快憋死|胸口[^。,]{0,2}[疼痛]得|突然嘴歪|口吐白沫|翻白眼",
    r"嘴唇发紫|脸发?青|卡住喉|噎住|血流不止|血一?直流|止不住|吐血了|羊水破了,家|掉(?:河|井|水|下去|进)|(?:三|四|五|六|[3-9])楼掉|落水",
    r"吞了[^。,]{0,3}(?:电池|药|钉)|喝(?:了|错|过)?[^。,]{0,3}(?:农药|敌敌畏|百草枯|药水)(?![^。]{0,12}(?:医药费|抢救|住院))|敌敌畏|百草枯",
    r"毒蘑菇|野蘑菇|被电打|人?卡在车|腿动不了|摔倒了动|烫伤了,|一锅开水|蛇咬|抽过去|高烧[^。,]{0,4}抽|走丢了[^。]{0,4}(?:钟头|小时|分钟)|走丢了,[^。]{0,10}(?:天黑|找|痴呆)",
    r"放学[^。,]{0,5}没回来|被陌生人|房子要塌|倒下来压|压着人|困在(?:里面|二楼)|(?<!金)还在里面|有人要跳|楼顶上[^。,]{0,4}人|救救(?:我|他|她|孩子)|快来人|叫救护车",
    r"打(?:一下)?(?:120|119|110)|不敢说话|刚被骗|一个人锁在|(?:岁|月)的?孩子一个人在家|丢在家里|放在街道门口|不开门,有臭|饿得走不动|睡在桥洞",
    r"氧气瓶[^。,]{0,4}没|胰岛素断",
)
# With these the message tells of what was, and asks about it; with those below it is happening.
_OVER = _any(
    r"申请|纳入|能议|一事一议|医药费|住院(?:的钱|花|费)|花了|费用|自费|报销|护理费|后遗症|去世|死亡|离婚|离家|坐牢|庇护|名单|公布|手续|算不算|算紧急|能算|认定|残疾",
    r"二级|截肢|代(?:签|办)?[?？]?$|家属怎么代|三个月了|去年|前年|那次|先行救助|24小时",
)
_NOW = _any(
    r"现在(?!二级)|刚刚|刚才|快来|马上|正在|救护|怎么救|打哪|我想死|不想活|要死",
)
