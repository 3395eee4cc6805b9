"""The shapes of Telegram Desktop's JSON export: one record a message, text with its entities, service lines."""

import random
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.demo.cast import Group
from app.demo.scenes import Line, Service
from app.demo.schedule import TIMEZONE

ABSENT = "(File not included. Change data exporting settings to download.)"
EDITED_SHARE = 0.02
REACTED_SHARE = 0.04
PHOTO_WITHOUT_CAPTION_SHARE = 0.3

Record = dict[str, Any]


class Exporter:
    """Turns lines and service lines of one group into records of the export."""

    def __init__(self, rng: random.Random, group: Group, stickers: list[str]) -> None:
        self._rng = rng
        self._group = group
        self._stickers = stickers
        self._by_name = {person.name: person for person in group.members if person.name}
        names = "|".join(re.escape(name) for name in sorted(self._by_name, key=len, reverse=True))
        self._entity = re.compile(
            rf"(?P<link>https://[A-Za-z0-9./-]+)|(?P<email>[a-z0-9_]+@example\.(?:com|org))|(?P<mention>@[a-z0-9_]{{5,}})"
            rf"|(?P<phone>\+86 \d{{3}} \d{{4}} \d{{4}})|(?P<hashtag>#\w+)|(?P<mention_name>{names})"
        )

    def chat(self, records: list[Record]) -> Record:
        """The group as an entry of the export's list of chats."""
        return {
            "name": self._group.title,
            "type": "public_supergroup",
            "id": self._group.chat_id,
            "messages": records,
        }

    def message(self, line: Line, reply_to: int | None) -> Record:
        """An ordinary message; `reply_to` is an id of this chat."""
        record: Record = {"id": line.id, "type": "message", **_dates("date", line.when)}
        if self._rng.random() < EDITED_SHARE:
            record |= _dates("edited", line.when + self._rng.randint(5, 600))
        record |= {"from": line.speaker.name, "from_id": line.speaker.raw_id}
        if line.forwarded_from:
            record["forwarded_from"] = line.forwarded_from
        if reply_to is not None:
            record["reply_to_message_id"] = reply_to
        record |= self._media(line.media)
        silent = line.media == "photo" and self._rng.random() < PHOTO_WITHOUT_CAPTION_SHARE
        record |= self._text("" if silent else line.text)
        if self._rng.random() < REACTED_SHARE:
            record["reactions"] = [self._reaction(line.when)]
        return record

    def service(self, event: Service) -> Record:
        """A service line: who did what, no text."""
        pinned = {"message_id": event.pinned.id} if event.pinned else {}
        return {
            "id": event.id,
            "type": "service",
            **_dates("date", event.when),
            "actor": event.actor.name,
            "actor_id": event.actor.raw_id,
            "action": event.action,
            **event.extra,
            **pinned,
            "text": "",
            "text_entities": [],
        }

    def _text(self, text: str) -> Record:
        """`text` is a string when nothing in it is an entity, else a list of strings and entities."""
        entities = self._entities(text)
        parts = [part["text"] if part["type"] == "plain" else part for part in entities]
        return {"text": text if all(isinstance(part, str) for part in parts) else parts, "text_entities": entities}

    def _entities(self, text: str) -> list[Record]:
        found: list[Record] = []
        position = 0
        for match in self._entity.finditer(text):
            found.append({"type": "plain", "text": text[position : match.start()]})
            found.append(self._entity_record(match.lastgroup or "plain", match[0]))
            position = match.end()
        found.append({"type": "plain", "text": text[position:]})
        return [part for part in found if part["text"]]

    def _entity_record(self, kind: str, text: str) -> Record:
        if kind != "mention_name":
            return {"type": kind, "text": text}
        return {"type": kind, "text": text, "user_id": int(self._by_name[text].raw_id.removeprefix("user"))}

    def _media(self, kind: str) -> Mapping[str, Any]:
        size = self._rng.randrange(9_000, 300_000)
        match kind:
            case "photo":
                return {"photo": ABSENT, "photo_file_size": size, "width": 960, "height": self._rng.choice((720, 1280))}
            case "sticker":
                return {
                    "file": ABSENT,
                    "file_name": "sticker.webp",
                    "file_size": size,
                    "media_type": "sticker",
                    "sticker_emoji": self._rng.choice(self._stickers),
                    "width": 512,
                    "height": 512,
                }
            case "voice":
                seconds = self._rng.randint(2, 40)
                return {
                    "file": ABSENT,
                    "file_size": size,
                    "media_type": "voice_message",
                    "mime_type": "audio/ogg",
                    "duration_seconds": seconds,
                }
            case _:
                return {}

    def _reaction(self, when: int) -> Record:
        fan = self._rng.choice(self._group.members)
        recent = {"from": fan.name, "from_id": fan.raw_id, **_dates("date", when + self._rng.randint(3, 900))}
        del recent["date_unixtime"]
        return {
            "type": "emoji",
            "count": self._rng.randint(1, 4),
            "emoji": self._rng.choice(("👍", "❤", "🤣", "😢")),
            "recent": [recent],
        }


def _dates(name: str, when: int) -> Record:
    """Local time without a zone, as the exporting machine writes it, beside Unix seconds."""
    local = datetime.fromtimestamp(when, TIMEZONE).replace(tzinfo=None)
    return {name: local.isoformat(), f"{name}_unixtime": str(when)}
