"""What could say who a person is, taken out of what was typed; amounts, ages, illnesses and places stay.

Better one number too many masked than one too few: every run of seven digits or more goes, however it is written.
"""

import re

from bot.segmentation import plain_words

# The commonest family names; characters that mostly mean something else (时, 万, 钱, 水, 成 ...) are left out.
_FAMILIES = (
    "王李张刘陈杨黄赵吴周徐马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁卢姚沈钟姜崔谭陆范汪"
    "廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫雷龙黎史陶贺毛郝顾龚邵覃武戴莫孔汤温康施牛樊葛邢齐庞颜庄聂章鲁岳翟殷詹"
    "申欧耿关兰焦俞柳甘包宁符阮舒纪梅童凌毕单裴霍涂苗曲盛翁骆蓝柯靳柴蒙喻辛简饶瞿郁缪卓娄巫祁娜木项仇池胥"
)
_COMPOUND = ("欧阳", "司马", "上官", "诸葛", "夏侯", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒")
_FAMILY = f"(?:{'|'.join(_COMPOUND)}|孙(?![子女儿])|[{_FAMILIES}])"
_FIRSTS = frozenset(_FAMILIES + "孙")
_HAN = r"[\u4e00-\u9fff]"
# Characters that hardly stand in a given name but often behind one.
_NOT_GIVEN = (
    "的得了在是有能可要想和跟与住家今没因已去从被也都就还又会把让给说问来到过上下里中吗呢么吧啊哦呀嘛这那他她它你我们个岁年月日元块万先后病"
    "不该应做当算等两二三四五六七八九十号叫姓找为什怎谁哪多少几时死走生乜替"
)
_GIVEN = f"(?:(?![{_NOT_GIVEN}]){_HAN}){{1,2}}"
_TITLES = (
    "书记|主任|医生|老师|先生|女士|师傅|阿姨|叔叔|大爷|大妈|大伯|大娘|阿婆|阿公|阿伯|伯伯|婆婆|"
    "村长|镇长|会计|委员|代表|同志|大哥|大姐|奶奶|爷爷|嫂子|干部"
)
# Who or what stands before a name.
_BEFORE = (
    "儿子|女儿|老公|老婆|丈夫|妻子|爸爸|妈妈|我爸|我妈|父亲|母亲|爷爷|奶奶|外公|外婆|孙子|孙女|外孙|哥哥|弟弟|姐姐|妹妹|老爸|老妈|儿媳|女婿|侄子|侄女|"
    "邻居|隔壁的?|村民|居民|群众|书记|主任|村长|医生|老师|同志|代表|委员|申请人|户主|监护人|我是|本人是|户主[:：]|申请人[:：]|帮|替|有个|村里的|我们村的?|老人"
)
_INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u2060\ufeff\u00ad]")
_WIDE = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_DIGIT = r"[0-9〇零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖]"
_RUN = re.compile(rf"(?:\+|＋)?{_DIGIT}(?:[\s\-—–－_.．,，、·•*()（）/:：]{{0,3}}{_DIGIT}){{6,}}[xX×Ⅹ]?")
_ACCOUNT = re.compile(
    r"https?://[^\s\u4e00-\u9fff]+|www\.[^\s\u4e00-\u9fff]+|[A-Za-z0-9._+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+"
)
_HANDLE = re.compile(r"(微信|微信号|[Qq]{2}|[Vv]信|[Vv][Xx]|抖音)(号码?|帐号|账号)?([:：是]?\s*)[A-Za-z0-9_\-]{5,20}")
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤川青藏琼宁"
_PLATE = re.compile(
    rf"[{_PROVINCES}][A-Za-z][·\s]?[A-Za-z0-9]{{5,6}}(?![A-Za-z0-9])|[A-Za-z]+[-_]?\d{{4,}}[A-Za-z0-9\-_]*"
)
_ADDRESS = re.compile(
    rf"{_HAN}{{2,3}}(?:路|街|巷|弄|大道)\s*[\d一二三四五六七八九十百零]{{1,6}}(?:号|弄)[\d\-一二三四五六七八九十百零号幢栋单元室楼层座]*"
    r"|(?<=[村区组])\s*[\d一二三四五六七八九十百零]{1,5}(?:号|组)(?!文|线)[\d\-一二三四五六七八九十百零号幢栋单元室楼层座]*"
    r"|[\d一二三四五六七八九十百零]{1,5}(?:幢|栋|单元|号楼)(?:[\d一二三四五六七八九十百零]{1,5}(?:单元|幢|栋|室|号|楼)?)*"
)
_SAYS_NAME = re.compile(
    rf"(我叫|名叫|叫做|名字是|名字叫|名字[:：]|姓名[:：是]?|本人叫?|户主叫|姓{_HAN}[,，]?叫)(\s*)({_FAMILY}{_GIVEN})"
)
_AFTER_SOMEBODY = re.compile(rf"({_BEFORE})(叫|名叫|是|姓名)?({_FAMILY}{_GIVEN})")
_TITLED = re.compile(rf"(?P<before>{_HAN}?)(?P<family>{_FAMILY})(?P<given>(?:{_GIVEN})?)(?P<title>{_TITLES})")
_NICK = re.compile(
    rf"(?P<word>[老小](?P<family>[{_FAMILIES}])|阿(?![姨婆公爸妈伯叔爷娘弟姐妹哥嫂太奶的尔里拉舅嬤媽婶嬷弥莫巴訇啊哈胶])(?:{_HAN}))(?=(?P<after>{_HAN}?))"
)
_AT_START = re.compile(rf"(^|[,，。;；!！?？:：\s、])({_FAMILY}{_GIVEN})(?=是我|的|家里?|户|他|她|这个?人)")


def scrub(text: str) -> str:
    """The text with marks (〔姓名〕 〔电话〕 〔证件号〕 〔地址〕 and so on) in place of what names a person."""
    text = _INVISIBLE.sub("", text).translate(_WIDE)
    text = _ACCOUNT.sub("〔账号〕", text)
    text = _HANDLE.sub(lambda found: f"{found[1]}{found[2] or ''}{found[3]}〔账号〕", text)
    text = _RUN.sub(_number, text)
    text = _PLATE.sub("〔号码〕", text)
    text = _ADDRESS.sub("〔地址〕", text)
    text = _SAYS_NAME.sub(lambda found: f"{found[1]}{found[2]}〔姓名〕", text)
    text = _AFTER_SOMEBODY.sub(_after_somebody, text)
    text = _TITLED.sub(_titled, text)
    text = _NICK.sub(_nick, text)
    return _AT_START.sub(lambda found: found[0] if _is_word(found[2]) else f"{found[1]}〔姓名〕", text)


def _number(found: re.Match[str]) -> str:
    digits = re.sub(rf"(?!{_DIGIT}).", "", found[0], flags=re.DOTALL)
    if len(digits) in (15, 18) or (len(digits) == 17 and found[0][-1] in "xX×Ⅹ"):
        return "〔证件号〕"
    if 10 <= len(digits) <= 13:
        return "〔电话〕"
    return "〔卡号〕" if 16 <= len(digits) <= 19 else "〔号码〕"


def _after_somebody(found: re.Match[str]) -> str:
    return found[0] if _is_word(found[3]) else f"{found[1]}{found[2] or ''}〔姓名〕"


def _titled(found: re.Match[str]) -> str:
    before, family = found["before"], found["family"]
    # 双方代表, 地方干部: the family name belongs to the word before it.
    if before and _is_word(before + family[0]) or _is_word(family + found["given"]):
        return found[0]
    return f"{before}〔姓名〕{found['title']}"


def _nick(found: re.Match[str]) -> str:
    word, after = found["word"], found["after"]
    if found["family"] and (_is_word(word) or _is_word(found["family"] + after)):
        return found[0]
    return "〔姓名〕"


def _is_word(text: str) -> bool:
    """Whether what looks like a name begins as an ordinary word: 高中, 白血病, 方便."""
    if text.startswith(_COMPOUND):
        return False
    known = plain_words(_WORD_FIRSTS)
    return any(text[:length] in known for length in range(2, len(text) + 1))


_WORD_FIRSTS = _FIRSTS | frozenset("老小阿双对我地医甲乙各单多官军校警资院厂儿前分主下")
