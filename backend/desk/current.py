"""The bot that a web process answers with: follows what is published within two seconds."""

import asyncio
from collections.abc import Mapping

from structlog.typing import FilteringBoundLogger

from backend.desk import entries, trials
from bot.dialogue import Bot, load_bot
from bot.entries import Entry

FOLLOW_SECONDS = 1.5


class CurrentBot:
    """`bot` is always whole: a newer one takes its place at once, and a question in progress keeps the old."""

    def __init__(self, *, contact: str = "", hotlines: Mapping[str, str] | None = None) -> None:
        self._contact = contact
        self._hotlines = dict(hotlines or {})
        self._release = -1
        self._bot: Bot | None = None

    @property
    def bot(self) -> Bot:
        """Raises RuntimeError before the first `refresh`."""
        if self._bot is None:
            raise RuntimeError("refresh() has not been called")
        return self._bot

    async def refresh(self) -> bool:
        """Read what is published, where it is newer; returns whether it was.

        Raises RuntimeError in one line when the model of the published entries is not there.
        """
        newest = await entries.release()
        if newest == self._release:
            return False
        if newest == 0:
            self._bot = await asyncio.to_thread(load_bot, contact=self._contact, hotlines=self._hotlines)
        else:
            found = await entries.in_force()
            data = await trials.model_bytes(found)
            if data is None:
                raise RuntimeError("问答的模型和已发布的条目不一致, 请运行 python -m backend migrate")
            self._bot = await asyncio.to_thread(self._make, found, data)
        self._release = newest
        return True

    async def follow(self, log: FilteringBoundLogger) -> None:
        """For ever: answer from what is published. What fails is logged, and the bot of before goes on answering."""
        while True:
            await asyncio.sleep(FOLLOW_SECONDS)
            try:
                if await self.refresh():
                    log.info("bot_switched", release=self._release)
            except Exception as error:  # the database may be restarting
                log.error("bot_not_switched", error=type(error).__name__)

    def _make(self, found: Mapping[str, Entry], data: bytes) -> Bot:
        bot = Bot(found, trials.read_model(data), contact=self._contact, hotlines=self._hotlines)
        # The first answers load dictionaries, that of rare characters among them: not in anybody's question.
        for text in ("一事一议是什么", "叽里呱啦嚯嗐龘"):
            bot.answer(text)
        return bot
