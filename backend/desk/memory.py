"""What was said in a conversation, for ten minutes in Redis: sealed, without personal data, and nowhere else."""

import json
from dataclasses import asdict, dataclass, field

from redis.asyncio import Redis

from bot.answers import Answer
from bot.scrubbing import scrub
from models.keyring import held

REMEMBERED_SECONDS = 600
"""A conversation is forgotten ten minutes after its last message."""
REMEMBERED_TURNS = 6


@dataclass(slots=True)
class Memory:
    """`said`: pairs of a scrubbed question and the first line of its answer, the oldest first."""

    intent: str | None = None
    outcome: str = ""
    offered: list[str] = field(default_factory=list)
    said: list[list[str]] = field(default_factory=list)
    rated: bool = False


async def of(redis: Redis, conversation: str | None) -> Memory:
    """What is remembered of a conversation; nothing for None."""
    stored = await redis.get(_key(conversation)) if conversation else None
    return Memory(**json.loads(held().open(stored, _key(conversation)))) if stored else Memory()


async def remember(redis: Redis, conversation: str | None, known: Memory, text: str, found: Answer) -> None:
    """One more turn."""
    if not conversation:
        return
    turn = [scrub(text)[:500], found.text.partition("\n")[0][:200]]
    said = [*known.said, turn][-REMEMBERED_TURNS:]
    await _keep(redis, conversation, Memory(found.intent, found.outcome.value, list(found.suggestions), said))


async def rated(redis: Redis, conversation: str | None, known: Memory) -> None:
    """The last answer has its rating and takes no second one."""
    known.rated = True
    await _keep(redis, str(conversation), known)


async def handed_over(redis: Redis, conversation: str | None, known: Memory) -> None:
    """A person has the last turns now: they are not handed over twice."""
    if conversation and known.said:
        known.said = []
        await _keep(redis, conversation, known)


async def _keep(redis: Redis, conversation: str, memory: Memory) -> None:
    value = json.dumps(asdict(memory), ensure_ascii=False).encode()
    await redis.set(_key(conversation), held().seal(value, _key(conversation)), ex=REMEMBERED_SECONDS)


def _key(conversation: str | None) -> str:
    return f"talk:{conversation}"
