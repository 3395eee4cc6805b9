"""A Telegram that lives in this process: Telethon's own code over a sender that answers from memory. For tests.

It answers what the real one answers to the requests that are made here, and refuses any other, so that a test also
shows what is *not* asked: nothing is joined, sent or downloaded.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from telethon import TelegramClient, errors, functions, types
from telethon.crypto import AuthKey
from telethon.sessions import MemorySession

from collector.telegram.opening import client_options

START = datetime(2024, 1, 1, tzinfo=UTC)
TAKEOUT = 555
_WRAPPERS = (
    functions.InvokeWithoutUpdatesRequest,
    functions.InvokeWithTakeoutRequest,
    functions.InvokeWithLayerRequest,
)


@dataclass
class OfflineGroup:
    """A group or channel with its messages, by number."""

    about: Any
    messages: dict[int, Any] = field(default_factory=dict)
    members: int = 1

    @classmethod
    def public(cls, number: int, name: str, messages: Iterable[Any] = (), **about: Any) -> "OfflineGroup":
        """A public group that anybody can join, unless ``about`` says otherwise."""
        options = {"megagroup": True, "username": name, "access_hash": number + 1} | about
        channel = types.Channel(number, f"Title of {name}", types.ChatPhotoEmpty(), START, **options)
        return cls(channel, {message.id: message for message in messages})


def said(
    chat: int, number: int, text: str = "今天好累", *, by: int | None = 7, minute: float | None = None, **more: Any
) -> Any:
    """A message of a chat, sent ``number`` minutes after the start unless ``minute`` says otherwise."""
    date = START + timedelta(minutes=number if minute is None else minute)
    sender = None if by is None else types.PeerUser(by)
    return types.Message(number, types.PeerChannel(chat), date, text, from_id=sender, **more)


@dataclass
class OfflineTelegram:
    """What the server knows, and how it misbehaves.

    people: by public name; members: senders, by number; invitations: by code.
    floods: request number, from 1 → seconds that it makes the asker wait; drops: request numbers at which the
    connection breaks; delay: seconds before each answer; fills: whether a page at the end of a chat is filled with
    older messages; hidden: numbers that pages leave out although the messages exist. asked: the name of every request;
    with_takeout: how many of them came within a takeout session.
    """

    groups: list[OfflineGroup]
    people: dict[str, Any] = field(default_factory=dict)
    invitations: dict[str, Any] = field(default_factory=dict)
    members: dict[int, Any] = field(default_factory=dict)
    floods: dict[int, int] = field(default_factory=dict)
    drops: set[int] = field(default_factory=set)
    delay: float = 0.0
    fills: bool = False
    hidden: set[int] = field(default_factory=set)
    signed_in: bool = True
    code: str = "12345"
    asked: list[str] = field(default_factory=list)
    with_takeout: int = 0

    def client(self) -> TelegramClient:
        """A client whose requests come here."""
        client = TelegramClient(MemorySession(), 1, "x", **client_options())
        sender: Any = _Sender(self)
        client._sender = sender
        return client

    def answer(self, request: Any) -> Any:
        """The answer of the server, or its error."""
        answers = {
            functions.help.GetConfigRequest: lambda _: None,
            functions.InitConnectionRequest: lambda _: None,
            functions.users.GetUsersRequest: self._me,
            functions.updates.GetStateRequest: lambda _: types.updates.State(1, 1, START, 1, 0),
            functions.updates.GetDifferenceRequest: lambda _: types.updates.DifferenceEmpty(START, 1),
            functions.auth.SendCodeRequest: self._code_sent,
            functions.auth.SignInRequest: self._sign_in,
            functions.account.InitTakeoutSessionRequest: lambda _: types.account.Takeout(TAKEOUT),
            functions.account.FinishTakeoutSessionRequest: lambda _: True,
            functions.contacts.ResolveUsernameRequest: self._resolved,
            functions.messages.CheckChatInviteRequest: self._invitation,
            functions.messages.GetHistoryRequest: self._history,
            functions.channels.GetMessagesRequest: self._messages,
            functions.channels.GetFullChannelRequest: self._full,
        }
        return answers[type(request)](request)

    def _me(self, _: Any) -> list[Any]:
        if not self.signed_in:
            raise errors.AuthKeyUnregisteredError(None)
        return [types.User(1, is_self=True, access_hash=1, first_name="Researcher", phone="491700000000")]

    def _code_sent(self, _: Any) -> Any:
        kind: Any = types.auth.SentCodeTypeApp(5)
        return types.auth.SentCode(kind, "hash")

    def _sign_in(self, request: Any) -> Any:
        if request.phone_code != self.code:
            raise errors.PhoneCodeInvalidError(request)
        self.signed_in = True
        return types.auth.Authorization(self._me(None)[0])

    def _resolved(self, request: Any) -> Any:
        if request.username in self.people:
            person = self.people[request.username]
            return types.contacts.ResolvedPeer(types.PeerUser(person.id), [], [person])
        for group in self.groups:
            if (getattr(group.about, "username", None) or "").lower() == request.username:
                return types.contacts.ResolvedPeer(types.PeerChannel(group.about.id), [group.about], [])
        raise errors.UsernameNotOccupiedError(request)

    def _invitation(self, request: Any) -> Any:
        if request.hash not in self.invitations:
            raise errors.InviteHashExpiredError(request)
        return self.invitations[request.hash]

    def _history(self, request: Any) -> Any:
        group = self._group(request.peer)
        newest_first = sorted(group.messages.values(), key=lambda message: -message.id)
        offset = len(newest_first) if request.offset_id or request.offset_date else 0
        for place, message in enumerate(newest_first):
            if message.id < request.offset_id or (request.offset_date and message.date < request.offset_date):
                offset = place
                break
        first = offset + request.add_offset
        last = max(first, 0) + request.limit if self.fills else first + request.limit
        page = newest_first[max(first, 0) : max(last, 0)]
        return self._sent([message for message in page if message.id not in self.hidden], len(newest_first), group)

    def _messages(self, request: Any) -> Any:
        group = self._group(request.channel)
        here = types.PeerChannel(group.about.id)
        wanted = [group.messages.get(number.id, types.MessageEmpty(number.id, here)) for number in request.id]
        return self._sent(wanted, len(wanted), group)

    def _full(self, request: Any) -> Any:
        group = self._group(request.channel)
        empty = (types.PhotoEmpty(0), types.PeerNotifySettings(), [])
        about = types.ChannelFull(group.about.id, "", 0, 0, 0, *empty, pts=1, participants_count=group.members)
        return types.messages.ChatFull(about, [group.about], [])

    def _sent(self, messages: list[Any], count: int, group: OfflineGroup) -> Any:
        """Messages as they are sent, with those of the members who wrote them."""
        numbers = {getattr(message.from_id, "user_id", None) for message in messages}
        users = [user for number, user in self.members.items() if number in numbers]
        return types.messages.ChannelMessages(1, count, messages, [], [group.about], users)

    def _group(self, peer: Any) -> OfflineGroup:
        for group in self.groups:
            if group.about.id == peer.channel_id:
                return group
        raise errors.ChannelPrivateError(None)


class _Sender:
    """Stands where Telethon's connection stands."""

    auth_key = AuthKey(None)

    def __init__(self, telegram: OfflineTelegram) -> None:
        self._telegram = telegram
        self._connected = False
        self._hung_up: asyncio.Future[None] | None = None

    async def connect(self, _connection: object) -> bool:
        was_connected, self._connected = self._connected, True
        return not was_connected

    async def disconnect(self) -> None:
        self._connected = False
        if self._hung_up is not None and not self._hung_up.done():
            self._hung_up.set_result(None)

    def is_connected(self) -> bool:
        return self._connected

    @property
    def disconnected(self) -> "asyncio.Future[None]":
        self._hung_up = asyncio.get_running_loop().create_future()
        return self._hung_up

    def send(self, request: Any, ordered: bool = False) -> "asyncio.Task[Any]":  # noqa: ARG002
        if not self._connected:
            raise ConnectionError("Cannot send requests while disconnected")
        return asyncio.get_running_loop().create_task(self._answered(request))

    async def _answered(self, request: Any) -> Any:
        telegram = self._telegram
        while isinstance(request, _WRAPPERS):
            if isinstance(request, functions.InvokeWithTakeoutRequest):
                telegram.with_takeout += 1
                if request.takeout_id != TAKEOUT:
                    raise errors.TakeoutInvalidError(request)
            request = request.query
        await asyncio.sleep(telegram.delay)
        telegram.asked.append(type(request).__name__.removesuffix("Request"))
        number = len(telegram.asked)
        if number in telegram.floods:
            raise errors.FloodWaitError(request, telegram.floods[number])
        if number in telegram.drops:
            self._connected = False
            raise ConnectionError("Connection was closed")
        return telegram.answer(request)
