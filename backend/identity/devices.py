"""What kind of device somebody logs in from, in words that its owner recognises; nothing else of it is kept."""

OTHER = "其他设备"
_WECHAT = (
    ("Windows", "微信·电脑"),
    ("Macintosh", "微信·电脑"),
    ("OpenHarmony", "微信·鸿蒙"),
    ("iPhone", "微信·苹果手机"),
    ("iPad", "微信·苹果平板"),
    ("Android", "微信·安卓"),
)
_BROWSER = (
    ("OpenHarmony", "手机浏览器·鸿蒙"),
    ("iPhone", "手机浏览器·苹果"),
    ("iPad", "平板浏览器·苹果"),
    ("Android", "手机浏览器·安卓"),
    ("Windows", "电脑浏览器"),
    ("Macintosh", "电脑浏览器"),
    ("X11", "电脑浏览器"),
)


def kind_of(user_agent: str) -> str:
    """One of a few words: 微信·安卓, 电脑浏览器; no version, no model."""
    kinds = _WECHAT if "MicroMessenger" in user_agent else _BROWSER
    return next((words for mark, words in kinds if mark in user_agent), OTHER)
