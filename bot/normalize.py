"""An update of Telegram becomes something that was heard. Pure: `dict → Understood`, and never raises.

What identifies an arrival: of a message its chat, its number and the moment of its edit (Telegram delivers an update
again until it is confirmed, and after a fault under another number); of a pressed button its own id.
"""

from datetime import UTC, datetime

from bot.kinds import Content, Json, content, is_service, number, part, short, text, unknown_kind
from bot.remote import Joined, Message, Moved, Nothing, Reach, Understood
from bot.talk import Heard, Place, Speaker
from core.chat.arrivals import Arrival

# What is asked for, always named in full: Telegram keeps the last list that it was told.
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
# "GroupAnonymousBot", by whom Telegram shows an admin who hides behind the group (Bot API, Message.from).
ANONYMOUS_ADMIN = "1087968824"

_MESSAGES = ("message", "edited_message")
_PRESS = "press"
_BLOCKED = frozenset({"kicked", "left"})


def arrival(update: Json, raw: bytes, bot: int) -> Arrival | None:
    """How an update is kept; None for something without a number, which is no update."""
    update_id = update.get("update_id")
    if not isinstance(update_id, int) or isinstance(update_id, bool):
        return None
    message = _message(update)
    chat = _id(part(message.get("chat")).get("id"))
    if "callback_query" in update:
        pressed = short(part(update["callback_query"]).get("id"))[:64] or str(update_id)
        key = f"{bot}:{_PRESS}:{pressed}"
        return Arrival(update_id, key, _pressed_chat(update), raw)
    if not message or not chat:
        chat = _id(part(part(update.get("my_chat_member")).get("chat")).get("id"))
        return Arrival(update_id, f"{bot}:update:{update_id}", chat, raw)
    name = _id(message.get("message_id"))
    key = f"{bot}:{chat}:{name}:{number(message.get('edit_date'))}"
    return Arrival(update_id, key, chat, raw, name, short(message.get("media_group_id"))[:64])


def press_of(key: str) -> str:
    """The id of the pressed button that an arrival of this key is about, to be answered by; empty: none was pressed."""
    _, _, rest = key.partition(":")
    kind, _, name = rest.partition(":")
    return name if kind == _PRESS else ""


def understood(update: Json, raw: bytes, key: str, *, staff: str, at: datetime) -> Understood:
    """What an update says. `staff` is the chat of the agents; `at` stands in where no time is told."""
    if "my_chat_member" in update:
        return _membership(part(update["my_chat_member"]), at)
    if "callback_query" in update:
        return _press(part(update["callback_query"]), raw, key, staff, at)
    message = _message(update)
    if not message:
        return Nothing("another kind of update")
    if moved := _id(message.get("migrate_to_chat_id")):
        return Moved(_id(part(message.get("chat")).get("id")), moved)
    if is_service(message):
        return Nothing("Telegram's own words")
    return _said(message, raw, key, staff, at, edited="edited_message" in update)


def _said(message: Json, raw: bytes, key: str, staff: str, at: datetime, *, edited: bool) -> Understood:
    chat = part(message.get("chat"))
    if chat.get("type") == "channel" or not _id(chat.get("id")):
        return Nothing("a channel")
    if part(message.get("from")).get("is_bot") and _id(part(message.get("from")).get("id")) != ANONYMOUS_ADMIN:
        # Two bots that answer each other never stop.
        return Nothing("another bot")
    carried = content(message)
    heard = Heard(
        key=key,
        speaker=_speaker(message),
        place=_place(chat, staff),
        chat=_id(chat.get("id")),
        at=_moment(message.get("edit_date") if edited else message.get("date"), at),
        raw=raw,
        text=_words(message, carried),
        topic=_id(message.get("message_thread_id")) if message.get("is_topic_message") else "",
        message=_id(message.get("message_id")),
        reply_to=_replied(message),
        quote=text(part(message.get("quote")).get("text")),
        album=short(message.get("media_group_id"))[:64],
        edited=edited,
    )
    return Message(heard, (carried.file,) if carried.file else ())


def _press(query: Json, raw: bytes, key: str, staff: str, at: datetime) -> Understood:
    message = part(query.get("message"))
    chat = part(message.get("chat"))
    if not _id(chat.get("id")):
        return Nothing("a button without a message")
    heard = Heard(
        key=key,
        speaker=_person(part(query.get("from"))),
        place=_place(chat, staff),
        chat=_id(chat.get("id")),
        at=at,
        raw=raw,
        topic=_id(message.get("message_thread_id")) if message.get("is_topic_message") else "",
        message=_id(message.get("message_id")),
        pressed=text(query.get("data"))[:64],
    )
    return Message(heard)


def _membership(changed: Json, at: datetime) -> Understood:
    chat = part(changed.get("chat"))
    status = text(part(changed.get("new_chat_member")).get("status"))
    if chat.get("type") == "private":
        return Reach(_id(chat.get("id")), status not in _BLOCKED, _moment(changed.get("date"), at))
    return Joined(_id(chat.get("id")), short(chat.get("title")), status not in _BLOCKED)


def _message(update: Json) -> Json:
    return next((part(update[name]) for name in _MESSAGES if name in update), {})


def _pressed_chat(update: Json) -> str:
    return _id(part(part(part(update["callback_query"]).get("message")).get("chat")).get("id"))


def _words(message: Json, carried: Content) -> str:
    """Text or caption, with what came and where it came from said in a line of its own."""
    own = text(message.get("text")) or text(message.get("caption"))
    lines = [_forwarded(message), own, carried.line]
    if not own and not carried.line and not carried.file:
        kind = unknown_kind(message).replace("_", " ")[:60]
        lines.append(f"(something that cannot be shown here: {kind or 'an empty message'})")
    return "\n".join(line for line in lines if line)


def _forwarded(message: Json) -> str:
    """Whose words these are, where they are not the sender's own (Bot API, MessageOrigin)."""
    origin = part(message.get("forward_origin"))
    if not origin:
        return ""
    chat = part(origin.get("chat")) or part(origin.get("sender_chat"))
    user = part(origin.get("sender_user"))
    name = _name(user) or short(origin.get("sender_user_name")) or short(chat.get("title"))
    return f"(forwarded from {name})" if name else "(forwarded)"


def _replied(message: Json) -> str:
    """What it answers. In a topic everything answers the message that opened it, unless it answers another."""
    answered = part(message.get("reply_to_message"))
    return "" if "forum_topic_created" in answered else _id(answered.get("message_id"))


def _speaker(message: Json) -> Speaker:
    person, behind = _person(part(message.get("from"))), _id(part(message.get("sender_chat")).get("id"))
    hidden = person.id == ANONYMOUS_ADMIN or (behind != "" and behind != person.id)
    return Speaker(person.id or behind, person.name, person.language, hidden) if hidden else person


def _person(user: Json) -> Speaker:
    return Speaker(_id(user.get("id")), _name(user), short(user.get("language_code"))[:16])


def _name(user: Json) -> str:
    names = (short(user.get("first_name")), short(user.get("last_name")))
    return " ".join(name for name in names if name) or short(user.get("username"))


def _place(chat: Json, staff: str) -> Place:
    if staff and _id(chat.get("id")) == staff:
        return Place.STAFF
    return Place.PRIVATE if chat.get("type") == "private" else Place.ELSEWHERE


def _moment(value: object, otherwise: datetime) -> datetime:
    """A Unix time of this age of the world; what else a program may write is not believed."""
    seconds = number(value)
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < 2**32 else otherwise


def _id(value: object) -> str:
    found = number(value)
    return str(found) if found and abs(found) < 2**62 else ""
