"""Pictures, links, media, content checks, and the account's own templates."""

import io
from typing import Any

import aiohttp
import pytest
from PIL import Image

from tests.simulator.calls import SUBSCRIBE, answer, errcode, message
from tests.simulator.qr import read
from tests.simulator.receiver import World

CODE, LINK = "/wxa/getwxacodeunlimit", "/wxa/generate_urllink"
TEXT, PICTURE = "/wxa/msg_sec_check", "/wxa/media_check_async"
TEMPLATES = "/wxaapi/newtmpl/"
JPEG = b"\xff\xd8\xff\xe0" + b"x" * 100


@pytest.mark.parametrize("scene", ["m.7Kq2", "a" * 32, "!#$'()*+,/:;=?@-._~"])
async def test_a_code_says_its_page_its_scene_and_its_version(wechat: World, scene: str) -> None:
    body = {"scene": scene, "page": "pages/list/index", "env_version": "trial", "width": 280}
    picture = await answer(wechat, CODE, body)
    assert read(picture) == f"weapp://wxtest/pages/list/index?env_version=trial&scene={scene}"
    assert (Image.open(io.BytesIO(picture)).format, Image.open(io.BytesIO(picture)).size) == ("JPEG", (280, 280))


async def test_a_transparent_code_is_a_png(wechat: World) -> None:
    picture = await answer(wechat, CODE, {"scene": "a", "is_hyaline": True})
    assert picture.startswith(b"\x89PNG")
    assert read(picture) == "weapp://wxtest/?env_version=release&scene=a"


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"scene": "中"}, 40129),
        ({"scene": "a&b"}, 40129),
        ({"scene": "a b"}, 40129),
        ({"scene": "a" * 33}, 40169),
        ({"scene": ""}, 40169),
        ({"scene": 5}, 40169),
        ({"page": "pages/none/index"}, 41030),
        ({"page": "pages/none/index", "check_path": False}, 0),
        ({"page": "/pages/list/index"}, 41030),
        ({"page": "pages/list/index?id=1"}, 41030),
        ({"env_version": "beta"}, 40097),
        ({"width": 279}, 40097),
        ({"width": 1281}, 40097),
    ],
)
async def test_a_code_is_refused_for_its_own_reason(wechat: World, changed: dict[str, Any], refused: int) -> None:
    assert await errcode(wechat, CODE, {"scene": "a", "page": "pages/list/index"} | changed) == refused


async def test_codes_are_the_mini_programs_and_so_many_a_minute(wechat: World) -> None:
    assert await errcode(wechat, CODE, {"scene": "a"}, account="service") == 48001
    await wechat.admin("quotas", {"path": CODE, "rate": 1, "seconds": 86_400})
    assert [await errcode(wechat, CODE, {"scene": "a"}) for _ in "ab"] == [0, 45011]


async def test_a_link_leads_to_its_page_for_at_most_thirty_days(wechat: World) -> None:
    body = {"path": "pages/list/index", "query": "id=1", "expire_type": 1, "expire_interval": 30}
    link = (await answer(wechat, LINK, body))["url_link"]
    async with wechat.http.get(f"{wechat.base_url}/admin/link", params={"url": link}) as response:
        assert {name: (await response.json())[name] for name in ("path", "query")} == {
            "path": "pages/list/index",
            "query": "id=1",
        }
    assert await errcode(wechat, LINK, body | {"expire_interval": 31}) == 85401
    assert await errcode(wechat, LINK, body | {"expire_interval": 0}) == 85401
    assert await errcode(wechat, LINK, body | {"path": "pages/none"}) == 40165
    await wechat.admin("clock", {"seconds": 30 * 86_400 + 60})
    async with wechat.http.get(f"{wechat.base_url}/admin/link", params={"url": link}) as response:
        assert response.status == 400
    await wechat.admin("platform", {"is_released": False})
    assert await errcode(wechat, LINK, body) == 85079


async def uploaded(wechat: World, kind: str, content: bytes, field: str = "media") -> dict[str, Any]:
    form = aiohttp.FormData()
    form.add_field(field, content, filename="a.bin")
    params = {"access_token": wechat.platform.stable_token(force=False)[0], "type": kind}
    async with wechat.http.post(f"{wechat.base_url}/cgi-bin/media/upload", params=params, data=form) as response:
        return dict(await response.json())


async def test_media_come_back_for_three_days_to_the_account_that_has_them(wechat: World) -> None:
    made = await uploaded(wechat, "image", JPEG)
    assert (set(made), made["type"]) == ({"type", "media_id", "created_at"}, "image")
    get, media_id = "/cgi-bin/media/get", made["media_id"]
    assert await answer(wechat, get, media_id=media_id) == JPEG
    assert await errcode(wechat, get, media_id=media_id, account="service") == 40007
    assert await errcode(wechat, get, media_id="x") == 40007
    await wechat.admin("clock", {"seconds": 3 * 86_400 + 1})
    assert await errcode(wechat, get, media_id=media_id) == 40007


@pytest.mark.parametrize(
    ("kind", "content", "refused"),
    [
        ("voice", b"#!AMR" + b"x", 0),
        ("thumb", JPEG, 0),
        ("image", b"plain words", 40005),
        ("voice", JPEG, 40005),
        ("thumb", JPEG + b"x" * 64 * 1024, 40006),
        ("image", JPEG + b"x" * 10 * 1024 * 1024, 40006),
        ("paper", JPEG, 40004),
    ],
)
async def test_media_are_of_their_kind_and_size(wechat: World, kind: str, content: bytes, refused: int) -> None:
    assert (await uploaded(wechat, kind, content)).get("errcode", 0) == refused


async def test_a_video_is_answered_with_where_it_is(wechat: World) -> None:
    video = b"\x00\x00\x00\x18ftypmp42" + b"x" * 10
    media_id = (await uploaded(wechat, "video", video))["media_id"]
    where = (await answer(wechat, "/cgi-bin/media/get", media_id=media_id))["video_url"]
    async with wechat.http.get(where) as response:
        assert await response.read() == video


async def test_an_upload_without_its_file_or_its_form_is_refused(wechat: World) -> None:
    assert (await uploaded(wechat, "image", JPEG, "other"))["errcode"] == 41005
    assert await errcode(wechat, "/cgi-bin/media/upload", {"media": "x"}, type="image") == 41005
    assert await errcode(wechat, "/cgi-bin/media/upload", type="image") == 43002


def text(content: str, /, **changed: Any) -> dict[str, Any]:
    return {"version": 2, "openid": "o1", "scene": 2, "content": content} | changed


async def test_words_are_passed_doubted_or_refused_with_their_label(wechat: World) -> None:
    await wechat.admin("phone", {"openid": "o1", "visits": True})
    said = {}
    for content in ("你好", "加微信", "赌博, 加微信"):
        given = await answer(wechat, TEXT, text(content))
        said[content] = (given["result"]["suggest"], given["result"]["label"])
    assert said == {"你好": ("pass", 100), "加微信": ("review", 10001), "赌博, 加微信": ("risky", 20006)}
    detail = (await answer(wechat, TEXT, text("赌博")))["detail"]
    assert detail[1] == {"strategy": "keyword", "errcode": 0, "label": 20006, "suggest": "risky", "keyword": "赌博"}
    await wechat.admin("platform", {"keywords": {"你好": {"label": 21000, "suggest": "risky"}}})
    assert (await answer(wechat, TEXT, text("你好")))["result"]["label"] == 21000


@pytest.mark.parametrize(
    ("changed", "refused"),
    [({"scene": 5}, 40129), ({"openid": "x"}, 40003), ({"content": "长" * 2501}, 47001), ({"content": ""}, 47001)],
)
async def test_a_check_of_words_is_refused_for_its_own_reason(
    wechat: World, changed: dict[str, Any], refused: int
) -> None:
    assert await errcode(wechat, TEXT, text("你好", **changed)) == refused


async def test_only_who_was_there_in_the_last_two_hours_can_be_checked(wechat: World) -> None:
    picture = {"version": 2, "openid": "o1", "scene": 1, "media_type": 2, "media_url": "https://example.invalid/a"}
    assert await errcode(wechat, TEXT, text("你好")) == 61010
    await wechat.admin("login", {"openid": "o1"})
    assert [await errcode(wechat, *call) for call in ((TEXT, text("你好")), (PICTURE, picture))] == [0, 0]
    await wechat.admin("clock", {"seconds": 7201})
    assert [await errcode(wechat, *call) for call in ((TEXT, text("你好")), (PICTURE, picture))] == [61010, 61010]


async def test_the_check_of_old_knows_two_answers(wechat: World) -> None:
    assert await errcode(wechat, TEXT, {"content": "你好"}) == 0
    assert await errcode(wechat, TEXT, {"content": "赌博"}) == 87014


async def test_the_result_for_a_picture_waits_until_it_is_due(wechat: World) -> None:
    await wechat.admin("phone", {"openid": "o1", "visits": True})
    body = {"version": 2, "openid": "o1", "scene": 1, "media_type": 2, "media_url": "https://example.invalid/a"}
    trace = (await answer(wechat, PICTURE, body))["trace_id"]
    (waiting,) = wechat.platform.pending_checks
    assert {name: waiting[name] for name in ("trace_id", "openid", "media_url")} == {
        "trace_id": trace,
        "openid": "o1",
        "media_url": "https://example.invalid/a",
    }
    assert waiting["due"] > wechat.platform.now()
    for changed in ({"media_url": "file:///a"}, {"media_type": 3}, {"version": 1}):
        assert await errcode(wechat, PICTURE, body | changed) == 47001


async def test_the_accounts_templates_are_lines_of_label_and_field(wechat: World) -> None:
    (template,) = (await answer(wechat, TEMPLATES + "gettemplate"))["data"]
    assert (
        template["content"] == "事项:{{thing1.DATA}}\n时间:{{date2.DATA}}\n地点:{{thing3.DATA}}\n提示:{{thing4.DATA}}\n"
    )
    assert (template["priTmplId"], template["title"], template["type"]) == ("tmpl-meeting", "会议通知", 2)
    assert await errcode(wechat, TEMPLATES + "gettemplate", {}) == 43001


async def test_a_template_is_put_together_from_the_library_sent_with_and_removed(wechat: World) -> None:
    (category,) = (await answer(wechat, TEMPLATES + "getcategory"))["data"]
    titles = (await answer(wechat, TEMPLATES + "getpubtemplatetitles", ids=category["id"], start=0, limit=30))["data"]
    tid = next(title["tid"] for title in titles if title["title"] == "会议通知")
    words = (await answer(wechat, TEMPLATES + "getpubtemplatekeywords", tid=tid))["data"]
    assert [(word["kid"], word["rule"]) for word in words][:2] == [(1, "thing"), (2, "date")]
    body = {"tid": tid, "kidList": [2, 1], "sceneDesc": "评议会议"}
    made = (await answer(wechat, TEMPLATES + "addtemplate", body))["priTmplId"]
    await wechat.admin("popup", {"openid": "o1", "templates": [made]})
    data = {"date2": {"value": "2026年10月10日 14:00"}, "thing1": {"value": "会议"}}
    sent = message(template_id=made, data=data)
    assert await errcode(wechat, SUBSCRIBE, sent) == 0
    assert await errcode(wechat, TEMPLATES + "deltemplate", {"priTmplId": made}) == 0
    assert await errcode(wechat, SUBSCRIBE, sent) == 40037
    assert await errcode(wechat, TEMPLATES + "deltemplate", {"priTmplId": made}) == 40037


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"kidList": [1, 2, 3, 4, 5]}, 0),
        ({"kidList": [1]}, 200020),
        ({"kidList": [1, 2, 3, 4, 5, 1]}, 200020),
        ({"kidList": [1, 1]}, 200020),
        ({"kidList": [1, 9]}, 200020),
        ({"kidList": "1,2"}, 200020),
        ({"sceneDesc": "很" * 16}, 200021),
        ({"sceneDesc": ""}, 200021),
        ({"tid": 9}, 200014),
    ],
)
async def test_a_template_is_refused_for_its_own_reason(wechat: World, changed: dict[str, Any], refused: int) -> None:
    body = {"tid": 1001, "kidList": [1, 2], "sceneDesc": "很" * 15}
    assert await errcode(wechat, TEMPLATES + "addtemplate", body | changed) == refused
