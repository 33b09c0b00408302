"""The other ends of this installation, as it is set: WeChat, WeCom, the SMS gateway, the second place of the trail.

Apart from the web service, so that a worker carries no web framework.
"""

from collections.abc import Mapping
from contextlib import suppress

import structlog
from redis.asyncio import Redis

from backend import photos
from backend.clock import Clock
from backend.settings import Settings
from backend.sms.gateway import Gateway
from backend.sms.tencent import Account, TencentGateway
from backend.trail.heads import Heads, Signer, made_once
from backend.wechat.client import Alert, WeChatClient
from backend.wechat.wecom import WeComClient
from notices import alerts
from notices.channels import ServiceAccount, SubscribeMessages, TextMessages, WeComCards
from notices.delivery import Sender
from notices.kinds import Channel


def make_wechat(settings: Settings, redis: Redis) -> dict[str, WeChatClient]:
    """The clients of this process, by account. What only the operator can put right is logged and an alert."""
    clock = Clock(redis, movable=not settings.is_production)
    accounts = {
        "mini_program": (settings.wechat_mini_appid, settings.wechat_mini_secret),
        "service_account": (settings.wechat_service_appid, settings.wechat_service_secret),
    }

    def tell_of(account: str) -> Alert:
        async def tell(what: str, errcode: int, words: str) -> None:
            structlog.get_logger().error("wechat_refuses_us", outcome=what, errcode=errcode)
            with suppress(Exception):  # the log has it; an alert that cannot be written must not fail the call
                await alerts.raise_alert(f"token:{account}", errcode=errcode, error=words, now=await clock.now())

        return tell

    return {
        name: WeChatClient(appid=appid, secret=secret, base_url=settings.api_base, redis=redis, alert=tell_of(name))
        for name, (appid, secret) in accounts.items()
    }


def make_wecom(settings: Settings, redis: Redis) -> WeComClient | None:
    """The client of the cadres' WeCom; None where none is configured, and that rung is left out."""
    if not settings.wecom_is_on:
        return None
    return WeComClient(
        corp_id=settings.wecom_corp_id,
        secret=settings.wecom_secret,
        agent_id=settings.wecom_agent_id,
        base_url=settings.wecom_api_base,
        redis=redis,
    )


def make_sms(settings: Settings, clock: Clock) -> Gateway | None:
    """The SMS gateway; None where none is configured, and that rung is left out."""
    if not settings.sms_is_on:
        return None
    account = Account(
        secret_id=settings.sms_secret_id,
        secret_key=settings.sms_secret_key,
        app_id=settings.sms_app_id,
        sign=settings.sms_sign,
        region=settings.sms_region,
        templates=settings.sms_template_ids,
    )
    return TencentGateway(account, base_url=settings.sms_api_base, wall=clock.wall)


def make_senders(
    settings: Settings, clients: Mapping[str, WeChatClient], wecom: WeComClient | None, sms: Gateway | None
) -> dict[Channel, Sender]:
    """The channels that this installation has; the ladder skips the others."""
    senders: dict[Channel, Sender] = {
        Channel.SUBSCRIBE_MESSAGE: SubscribeMessages(clients["mini_program"], settings.wechat_templates)
    }
    if settings.service_templates:
        senders[Channel.SERVICE_ACCOUNT] = ServiceAccount(
            clients["service_account"], settings.service_templates, settings.wechat_mini_appid
        )
    if wecom is not None:
        senders[Channel.WECOM] = WeComCards(wecom, settings.public_url)
    # A text that names no telephone to call leads nowhere.
    if sms is not None and settings.contact_phone:
        senders[Channel.SMS] = TextMessages(sms, settings.contact_phone)
    return senders


def open_heads(settings: Settings) -> Heads:
    """The second place of the trail's chain, with the key that signs. Raises SigningKeyError.

    Outside production a missing key is made once, under var/.
    """
    if settings.trail_signing_key:
        pem = settings.trail_signing_key
    elif settings.is_production:
        pem = settings.signing_key_file.read_text()
    else:
        pem = made_once(settings.signing_key_file)
    return Heads(photos.open_store(settings.heads_url), Signer(pem))
