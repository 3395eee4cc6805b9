"""One question after another: the pace that the settings ask for, flood waits, dropped connections.

Telegram answers too many questions with "wait N seconds", and N may be a day. Every such wait is honoured in full,
with a countdown where somebody is looking; Telethon itself sleeps through none (`flood_sleep_threshold` is 0). A
connection that drops is opened again after 1, 2, 4 … 60 seconds. This is the only module that turns Telethon's errors
into ours.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from core.errors import AssayError, ServiceError, SettingsError
from core.progress import spelled_time

if TYPE_CHECKING:
    from telethon import TelegramClient

T = TypeVar("T")
Sleeper = Callable[[float], Awaitable[None]]
Show = Callable[[str], None]

ANSWER_WITHIN = 120.0
GIVE_UP_AFTER = 8
LONGEST_PAUSE = 60.0
TICK_SECONDS = 1.0


class Refusal(ServiceError):
    """Telegram will not do this one thing: the name is free, the group is private, the invitation has expired."""


class Conversation:
    """One account's connection, used from ordinary (not asynchronous) code; a context manager that hangs up at the end.

    waited: seconds of flood waits so far. show: where the countdown and what is being done are shown.
    """

    def __init__(
        self, client: "TelegramClient", per_minute: float, show: Show = lambda _: None, sleep: Sleeper = asyncio.sleep
    ) -> None:
        self.client: Any = client
        self.waited = 0.0
        self._show = show
        self._doing = ""
        self._caller: Any = client
        self._pause = 60.0 / per_minute
        self._sleep = sleep
        self._last_asked = float("-inf")
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        try:
            self.run(self.client.connect)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._runner.run(_hang_up(self.client))
        self._runner.close()

    def doing(self, what: str) -> None:
        """Show what is being done; "": nothing."""
        self._doing = what
        self._show(what)

    def ask(self, request: Any, passing: tuple[type[Exception], ...] = ()) -> Any:
        """The answer to a request of the API. Raises Refusal, ServiceError or SettingsError, or one of ``passing``."""
        from telethon.errors import TakeoutInvalidError

        try:
            return self.run(lambda: self._caller(request), (*passing, TakeoutInvalidError))
        except TakeoutInvalidError:  # the takeout session that an earlier run left open has ended since
            self.client.session.takeout_id = None
            self.run(self._begin_takeout)
            return self.run(lambda: self._caller(request), passing)

    def run(self, call: Callable[[], Awaitable[T]], passing: tuple[type[Exception], ...] = ()) -> T:
        """What a call of the client returns. Errors of Telegram in ``passing`` come through as they are."""
        return self._runner.run(self._patiently(call, passing))

    @contextmanager
    def takeout(self) -> Iterator[None]:
        """Ask within a takeout session. It is ended when the block ends well, else the next run goes on with it."""
        self.run(self._begin_takeout)
        yield
        session, self._caller = self._caller, self.client
        self.run(lambda: session.__aexit__(None, None, None))

    async def _begin_takeout(self) -> None:
        wanted = {"megagroups": True, "channels": True} if self.client.session.takeout_id is None else {}
        session: Any = self.client.takeout(**wanted)
        self._caller = await session.__aenter__()

    async def _patiently(self, call: Callable[[], Awaitable[T]], passing: tuple[type[Exception], ...]) -> T:
        """Call until there is an answer: through flood waits of any length, and some dropped connections in a row."""
        from telethon import errors

        drops, is_lost = 0, False
        while True:
            await self._keep_pace()
            try:
                if is_lost:
                    await _hang_up(self.client)
                    await self.client.connect()
                    is_lost = False
                return await asyncio.wait_for(call(), ANSWER_WITHIN)
            except passing:
                raise
            except (errors.FloodWaitError, errors.FloodPremiumWaitError) as error:
                self.waited += error.seconds
                await self._wait(error.seconds, "Telegram asks for a pause")
            except (OSError, TimeoutError, errors.ServerError, errors.TimedOutError, errors.RpcCallFailError) as error:
                drops, is_lost = drops + 1, isinstance(error, OSError | TimeoutError)
                if drops > GIVE_UP_AFTER:
                    raise ServiceError(
                        f"Telegram could not be reached {drops} times in a row ({type(error).__name__}); what was read "
                        f"is kept; run the same command again to go on"
                    ) from error
                await self._wait(min(2.0 ** (drops - 1), LONGEST_PAUSE), "the connection dropped; trying again")
            except (errors.RPCError, errors.TypeNotFoundError, errors.SecurityError, errors.BadMessageError) as error:
                raise _translated(error) from error

    async def _wait(self, seconds: float, why: str) -> None:
        """Wait to the end, showing what is left."""
        left = float(seconds)
        while left > 0:
            self._show(f"{why}: {spelled_time(left)} left")
            pause = min(TICK_SECONDS, left)
            await self._sleep(pause)
            left -= pause
        self._show(self._doing)

    async def _keep_pace(self) -> None:
        early = self._last_asked + self._pause - time.monotonic()
        if early > 0:
            await self._sleep(early)
        self._last_asked = time.monotonic()


async def _hang_up(client: Any) -> None:
    await client.disconnect()


def _translated(error: Exception) -> AssayError:
    """An error of Telegram that waiting does not cure, as one of ours. Its name says more than its text."""
    from telethon import errors

    name = type(error).__name__
    if isinstance(error, errors.ApiIdInvalidError | errors.ApiIdPublishedFloodError):
        return SettingsError(
            f"Telegram does not accept ASSAY_TELEGRAM_API_ID and ASSAY_TELEGRAM_API_HASH ({name}); copy both from "
            f"https://my.telegram.org"
        )
    if isinstance(error, errors.UnauthorizedError | errors.AuthKeyError):
        return ServiceError(
            f"Telegram no longer accepts this sign-in ({name}); delete secrets/telegram.session (or renew "
            f"ASSAY_TELEGRAM_SESSION) and run the command in a terminal to sign in again"
        )
    if isinstance(error, errors.TypeNotFoundError):
        return ServiceError("Telegram sends what this version of Telethon does not know; update the package telethon")
    if isinstance(error, errors.TakeoutInitDelayError):
        return ServiceError(
            f"Telegram wants you to confirm the takeout in its app, or to wait {spelled_time(error.seconds)}; confirm "
            f"it and run the command again, or set collect.telegram.takeout = false"
        )
    if isinstance(error, errors.BadRequestError | errors.ForbiddenError | errors.NotFoundError):
        return Refusal(f"Telegram refuses ({name})")
    return ServiceError(f"Telegram answered with an error ({name}); run the same command again later to go on")
