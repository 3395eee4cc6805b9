"""A segment as a chat, in HTML. Every character of a message is escaped: nobody's text is ever markup here."""

from collections.abc import Iterator
from html import escape

from app.views.words import Say
from core.display import Display, Line

QUOTE_CHARACTERS = 28
PALETTE = 8
LONG_GAP = 5
"""Minutes from which a gap is drawn as a line across the chat."""
_MINUTES_A_DAY = 24 * 60


def chat_html(display: Display, say: Say) -> str:
    """The conversation: colours by speaker, the at-risk user on the right, gaps, quotes, signal words, the message
    in question. The result has no line breaks, so that nothing on its way to the browser can re-indent a message.
    """
    colours = speaker_colours(display)
    lines = {line.number: line for line in display.lines}
    parts = [_head(display, len(colours), say)]
    before: Line | None = None
    for line in display.lines:
        if line.gap >= 1:
            long = " long" if line.gap >= LONG_GAP else ""
            parts.append(f'<div class="gap{long}"><span>{escape(gap_words(line.gap, say))}</span></div>')
        parts.append(_message(line, before, lines, colours[line.alias], say))
        before = line
    # The key makes a new element of every segment, so that each opens at its message in question.
    return f'<div class="chat" id="chat-{escape(display.segment_id)}">{"".join(parts)}</div>'


def speaker_colours(display: Display) -> dict[str, str]:
    """Alias → CSS class of its colour, by first appearance; the at-risk user has one of their own."""
    at_risk = {line.alias for line in display.lines if line.by_at_risk_user}
    others = [alias for alias in dict.fromkeys(line.alias for line in display.lines) if alias not in at_risk]
    numbered = {alias: f"speaker-{number % PALETTE}" for number, alias in enumerate(others)}
    return numbered | dict.fromkeys(at_risk, "speaker-at-risk")


def gap_words(minutes: float, say: Say) -> str:
    """``12 分钟后``, ``1 小时 5 分钟后``, ``2 天 3 小时后``."""
    whole = int(f"{minutes:.0f}")
    if whole < 60:
        return say("minutes_later", minutes=whole)
    if whole < _MINUTES_A_DAY:
        return say("hours_later", hours=whole // 60, minutes=whole % 60)
    return say("days_later", days=whole // _MINUTES_A_DAY, hours=whole % _MINUTES_A_DAY // 60)


def marked(line: Line) -> str:
    """The message with its signal words marked, escaped."""
    return "".join(_marked_parts(line))


def _marked_parts(line: Line) -> Iterator[str]:
    done = 0
    for start, end in line.signals:
        yield _text(line.content[done:start])
        yield f'<mark class="signal">{_text(line.content[start:end])}</mark>'
        done = end
    yield _text(line.content[done:])


def _text(text: str) -> str:
    return escape(text).replace("\r\n", "&#10;").replace("\n", "&#10;").replace("\r", "&#10;")


def _head(display: Display, people: int, say: Say) -> str:
    size = escape(say("chat_size", messages=len(display.lines), people=people))
    return (
        f'<div class="chat-head"><span>{size}</span><span class="legend"><i class="legend-risk"></i>'
        f'{escape(say("at_risk"))}<mark class="signal">{escape(say("signal_word"))}</mark></span></div>'
    )


def _message(line: Line, before: Line | None, lines: dict[int, Line], colour: str, say: Say) -> str:
    # A run of messages by one person shows the name once, as chat programs do.
    follows = before is not None and before.alias == line.alias and line.gap < 1 and not line.is_suspicious
    classes = ["message", colour]
    classes += ["at-risk"] * line.by_at_risk_user + ["suspicious"] * line.is_suspicious + ["follows"] * follows
    badge = f'<span class="badge">{escape(say("suspicious"))}</span>' if line.is_suspicious else ""
    role = f'<span class="role">{escape(say("at_risk"))}</span>' if line.by_at_risk_user else ""
    name = "" if follows else f'<div class="who"><b>{_text(line.alias)}</b>{role}{badge}</div>'
    # Chats open here, so that the message in question stands below the middle and what led to it above.
    start = '<span class="start-here"></span>' if line.is_suspicious else ""
    quote = _quote(lines[line.reply_to], say) if line.reply_to in lines else ""
    avatar = f'<div class="avatar" aria-hidden="true">{"" if follows else _text(initials(line.alias))}</div>'
    return (
        f'<div class="{" ".join(classes)}">{start}{avatar}<div class="body">{name}'
        f'<div class="bubble">{quote}<span class="words">{marked(line)}</span></div></div>'
        f'<span class="number">{line.number}</span></div>'
    )


def _quote(answered: Line, say: Say) -> str:
    flat = " ".join(answered.content.split())
    short = flat if len(flat) <= QUOTE_CHARACTERS else f"{flat[:QUOTE_CHARACTERS]}…"
    head = escape(say("reply_to", alias=answered.alias))
    return f'<div class="quote"><b>{head}</b> <span class="words">{_text(short)}</span></div>'


def initials(alias: str) -> str:
    """What stands in the round picture of a speaker: ``12`` for ``user_12``."""
    return alias.rpartition("_")[2][:3]
