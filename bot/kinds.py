"""The kinds of messages in Telegram, each as a readable line and the file that comes with it. Pure, and never raises.

All of it is what a stranger's program may have sent: what is missing or of another type is left out of the line.
(core.telegram.org/bots/api#message and the objects it names.)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.remote import RemoteFile

Json = Mapping[str, object]

_LINE = 300


@dataclass(frozen=True, slots=True)
class Content:
    """`line` says what came where there is no text that does."""

    line: str = ""
    file: RemoteFile | None = None


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def part(value: object) -> Json:
    return value if isinstance(value, Mapping) else {}


def rows(value: object) -> list[Json]:
    return [part(one) for one in value] if isinstance(value, list) else []


def short(value: object) -> str:
    return " ".join(text(value)[: _LINE * 2].split())[:_LINE]


def content(message: Json) -> Content:
    """What a message carries beside its text or caption."""
    for name, read in _KINDS.items():
        if name in message:
            return read(message)
    return Content()


def is_service(message: Json) -> bool:
    """Whether it is Telegram that speaks (somebody joined, something was pinned), and nobody needs an answer."""
    return any(name in message for name in _SERVICE)


def unknown_kind(message: Json) -> str:
    """What a message calls itself that we know nothing of."""
    return next((name for name in message if name not in _FRAME), "")


def _file(value: object, name: str, content_type: str) -> RemoteFile | None:
    found = part(value)
    file_id = text(found.get("file_id"))
    if not file_id:
        return None
    return RemoteFile(
        file_id,
        _filename(short(found.get("file_name")) or name),
        short(found.get("mime_type")) or content_type,
        max(number(found.get("file_size")), 0),
    )


def _filename(name: str) -> str:
    """A name and never a path, whatever the sender's program wrote."""
    return name.replace("\\", "/").rpartition("/")[2].strip(". ")[:200] or "file"


def _photo(message: Json) -> Content:
    # The same picture in several sizes; the last is the largest.
    sizes = rows(message.get("photo"))
    largest = max(sizes, key=lambda size: number(size.get("width")) * number(size.get("height")), default={})
    return Content(file=_file(largest, "photo.jpg", "image/jpeg"))


def _of(kind: str, name: str, content_type: str, line: str = "") -> Callable[[Json], Content]:
    def read(message: Json) -> Content:
        return Content(line, _file(message.get(kind), name, content_type))

    return read


def _lasting(kind: str, label: str, name: str, content_type: str) -> Callable[[Json], Content]:
    """Something that plays: its length says more than its name."""

    def read(message: Json) -> Content:
        found = part(message.get(kind))
        seconds = max(number(found.get("duration")), 0)
        title = " – ".join(filter(None, (short(found.get("performer")), short(found.get("title")))))
        line = f"({label}, {seconds // 60}:{seconds % 60:02})" + (f" {title}" if title else "")
        return Content(line, _file(found, name, content_type))

    return read


def _sticker(message: Json) -> Content:
    found = part(message.get("sticker"))
    kind = (("is_animated", "sticker.tgs", "application/gzip"), ("is_video", "sticker.webm", "video/webm"))
    name, content_type = next(
        ((name, type_) for flag, name, type_ in kind if found.get(flag)), ("sticker.webp", "image/webp")
    )
    return Content(short(found.get("emoji")) or "(sticker)", _file(found, name, content_type))


def _place(found: Json) -> str:
    latitude, longitude = found.get("latitude"), found.get("longitude")
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return ""
    where = f"{latitude:.6f}/{longitude:.6f}"
    return f"https://www.openstreetmap.org/?mlat={latitude:.6f}&mlon={longitude:.6f}#map=17/{where}"


def _location(message: Json) -> Content:
    return Content(f"(location) {_place(part(message.get('location')))}".strip())


def _venue(message: Json) -> Content:
    found = part(message.get("venue"))
    named = ", ".join(filter(None, (short(found.get("title")), short(found.get("address")))))
    return Content(f"(location) {named} {_place(part(found.get('location')))}".strip())


def _contact(message: Json) -> Content:
    found = part(message.get("contact"))
    name = " ".join(filter(None, (short(found.get("first_name")), short(found.get("last_name")))))
    return Content(f"(contact) {name} {short(found.get('phone_number'))}".strip())


def _poll(message: Json) -> Content:
    found = part(message.get("poll"))
    options = "".join(f"\n- {short(option.get('text'))}" for option in rows(found.get("options"))[:20])
    return Content(f"(poll) {short(found.get('question'))}{options}")


def _dice(message: Json) -> Content:
    found = part(message.get("dice"))
    return Content(f"{short(found.get('emoji'))} {number(found.get('value'))}".strip())


# The order matters: an animation comes as a document too, a venue as a location.
_KINDS: Mapping[str, Callable[[Json], Content]] = {
    "photo": _photo,
    "animation": _of("animation", "animation.mp4", "video/mp4"),
    "document": _of("document", "document", "application/octet-stream"),
    "voice": _lasting("voice", "voice message", "voice.ogg", "audio/ogg"),
    "audio": _lasting("audio", "audio", "audio.mp3", "audio/mpeg"),
    "video": _of("video", "video.mp4", "video/mp4"),
    "video_note": _lasting("video_note", "video message", "video.mp4", "video/mp4"),
    "sticker": _sticker,
    "venue": _venue,
    "location": _location,
    "contact": _contact,
    "poll": _poll,
    "dice": _dice,
}

_SERVICE = frozenset(
    {
        "new_chat_members", "left_chat_member", "new_chat_title", "new_chat_photo", "delete_chat_photo",
        "group_chat_created", "supergroup_chat_created", "channel_chat_created", "message_auto_delete_timer_changed",
        "migrate_from_chat_id", "pinned_message", "forum_topic_created", "forum_topic_edited", "forum_topic_closed",
        "forum_topic_reopened", "general_forum_topic_hidden", "general_forum_topic_unhidden", "video_chat_scheduled",
        "video_chat_started", "video_chat_ended", "video_chat_participants_invited", "write_access_allowed",
        "users_shared", "chat_shared", "boost_added", "chat_background_set", "proximity_alert_triggered",
        "connected_website", "web_app_data", "chat_owner_left", "chat_owner_changed",
    }
)  # fmt: skip

# What stands around the content of every message.
_FRAME = frozenset(
    {
        "message_id", "message_thread_id", "from", "sender_chat", "sender_boost_count", "sender_business_bot", "date",
        "business_connection_id", "chat", "forward_origin", "is_topic_message", "is_automatic_forward",
        "reply_to_message", "external_reply", "quote", "reply_to_story", "via_bot", "edit_date", "has_protected_content",
        "is_from_offline", "is_paid_post", "media_group_id", "author_signature", "paid_star_count", "effect_id",
        "show_caption_above_media", "has_media_spoiler", "reply_markup", "caption", "caption_entities", "text",
        "entities", "link_preview_options", "sender_tag", "direct_messages_topic", "reply_to_checklist_task_id",
    }
)  # fmt: skip
