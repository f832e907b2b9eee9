"""What Telegram takes and what it refuses, as its documentation says (core.telegram.org/bots/api). Pure.

Raises Refused with the words of the Bot API server. The stand-in in `bot_api_server` asks this of everything that is
sent to it.
"""

import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

TEXT, CAPTION, NOTICE, DATA = 4096, 1024, 200, 64
UPLOAD, PICTURE, DOWNLOAD = 50 << 20, 10 << 20, 20 << 20

# Bot API, "HTML style".
TAGS = {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "span", "tg-spoiler", "a", "tg-emoji", "code", "pre", "blockquote"}  # fmt: skip
NAMED = {"lt", "gt", "amp", "quot"}


class Refused(Exception):
    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description
        self.parameters = parameters


def bad(description: str) -> Refused:
    return Refused(400, f"Bad Request: {description}")


@dataclass
class Call:
    """One request: its fields as text or as what their JSON says, and its files."""

    method: str
    fields: dict[str, object]
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    @property
    def chat(self) -> str:
        return str(self.fields.get("chat_id", ""))


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def parsed(text: str, parse_mode: object) -> str:
    """What a reader sees. The parser is as strict as Telegram's: every < and & must mean something."""
    if parse_mode is None:
        return text
    if parse_mode != "HTML":
        raise bad("unsupported parse_mode")
    shown: list[str] = []
    opened: list[str] = []
    for piece in re.finditer(r"<([^>]*)(>?)|&(#?\w*)(;?)|[^<&]+", text):
        if piece[0].startswith("<"):
            _tag(piece[1], piece[2], opened)
        elif piece[0].startswith("&"):
            known = piece[4] and (piece[3] in NAMED or re.fullmatch(r"#(\d+|x[0-9a-fA-F]+)", piece[3]))
            # An ampersand that begins nothing stays one.
            shown.append(html.unescape(piece[0]) if known else piece[0])
        else:
            shown.append(piece[0])
    if opened:
        raise bad(f"can't parse entities: Can't find end tag corresponding to start tag \"{opened[-1]}\"")
    return "".join(shown).strip()


def _tag(inside: str, end: str, opened: list[str]) -> None:
    name = re.split(r"[\s/]", inside.lstrip("/"), maxsplit=1)[0].lower()
    if not end or name not in TAGS:
        raise bad(f'can\'t parse entities: Unsupported start tag "{name}" at byte offset 0')
    if not inside.startswith("/"):
        opened.append(name)
    elif not opened or opened.pop() != name:
        raise bad(f'can\'t parse entities: Unexpected end tag "{name}"')


def _text(call: Call) -> None:
    shown = parsed(str(call.fields.get("text", "")), call.fields.get("parse_mode"))
    if not shown:
        raise bad("message text is empty")
    if units(shown) > TEXT:
        raise bad("message is too long")


def _caption(call: Call) -> None:
    if units(parsed(str(call.fields.get("caption", "")), call.fields.get("parse_mode"))) > CAPTION:
        raise bad("message caption is too long")


def _upload(name: str, most: int) -> Callable[[Call], None]:
    def rule(call: Call) -> None:
        if name not in call.files:
            raise bad(f"there is no {name} in the request")
        if len(call.files[name][1]) > most:
            raise Refused(413, "Request Entity Too Large")
        if not call.files[name][1]:
            raise bad("file must be non-empty")

    return rule


def _buttons(call: Call) -> None:
    markup = call.fields.get("reply_markup")
    if markup is None:
        return
    if isinstance(markup, Mapping) and markup.get("force_reply") is True and call.method == "sendMessage":
        if set(markup) - {"force_reply", "selective", "input_field_placeholder"}:
            raise bad("can't parse reply keyboard markup JSON object")
        return
    if not isinstance(markup, Mapping) or set(markup) - {"inline_keyboard"}:
        raise bad("can't parse reply keyboard markup JSON object")
    for row in markup.get("inline_keyboard", []):
        for button in row:
            if not button.get("text") or set(button) - {"text", "callback_data", "url"}:
                raise bad("can't parse inline keyboard button")
            if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= DATA:
                raise bad("BUTTON_DATA_INVALID")


# Bot API, sendMediaGroup: documents and audio files only among their like.
_MIXED = {"photo", "video"}
_IN_ALBUM = {"type", "media", "file", "caption", "parse_mode", "disable_content_type_detection"}


def _album(call: Call) -> None:
    media = call.fields.get("media")
    if not isinstance(media, list) or not 2 <= len(media) <= 10:
        raise bad("group send failed: there must be 2 to 10 media")
    if len({"seen" if one["type"] in _MIXED else one["type"] for one in media}) > 1:
        raise bad("documents can't be mixed with other media types")
    for one in media:
        if set(one) - _IN_ALBUM:
            raise bad(f"the documentation of InputMedia knows no {', '.join(set(one) - _IN_ALBUM)}")
        one_file = Call(call.method, {"caption": one.get("caption", "")}, {one["type"]: one["file"]})
        _upload(one["type"], PICTURE if one["type"] == "photo" else UPLOAD)(one_file)
        _caption(one_file)


def _some_messages(call: Call) -> None:
    named = call.fields.get("message_ids")
    if not isinstance(named, list) or not 1 <= len(named) <= 100:
        raise bad("there must be 1 to 100 message identifiers")


def _notice(call: Call) -> None:
    if units(str(call.fields.get("text", ""))) > NOTICE:
        raise bad("MESSAGE_TOO_LONG")


def _commands(call: Call) -> None:
    commands = call.fields.get("commands")
    if not isinstance(commands, list) or len(commands) > 100:
        raise bad("too many commands")
    for one in commands:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", one["command"]) or not 1 <= len(one["description"]) <= 256:
            raise bad("BOT_COMMAND_INVALID")


def _secret(call: Call) -> None:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", str(call.fields.get("secret_token", "x"))):
        raise bad("secret token contains unallowed characters")


def _offset(call: Call) -> None:
    limit = call.fields.get("limit", 100)
    if not isinstance(limit, int) or not 1 <= limit <= 100:
        raise bad("limit is out of range")


def _topic(call: Call) -> None:
    if not 1 <= units(str(call.fields.get("name", ""))) <= 128:
        raise bad("TOPIC_TITLE_INVALID")


_SENT = {"chat_id", "message_thread_id", "disable_notification", "reply_parameters", "reply_markup"}
_EDITED = {"chat_id", "message_id", "reply_markup"}

# For each method: what it must have, what else it may have, and its rules.
METHODS: dict[str, tuple[set[str], set[str], tuple[Callable[[Call], None], ...]]] = {
    "getMe": (set(), set(), ()),
    "getUpdates": (set(), {"offset", "limit", "timeout", "allowed_updates"}, (_offset,)),
    "setWebhook": (
        {"url"}, {"secret_token", "allowed_updates", "max_connections", "drop_pending_updates", "ip_address"}, (_secret,)
    ),
    "deleteWebhook": (set(), {"drop_pending_updates"}, ()),
    "getWebhookInfo": (set(), set(), ()),
    "getFile": ({"file_id"}, set(), ()),
    "getChat": ({"chat_id"}, set(), ()),
    "getChatMember": ({"chat_id", "user_id"}, set(), ()),
    "sendMessage": ({"chat_id", "text"}, _SENT | {"parse_mode", "link_preview_options"}, (_text, _buttons)),
    "sendPhoto": ({"chat_id"}, _SENT | {"photo", "caption", "parse_mode"}, (_upload("photo", PICTURE), _caption, _buttons)),
    "sendDocument": (
        {"chat_id"}, _SENT | {"document", "caption", "parse_mode", "disable_content_type_detection"},
        (_upload("document", UPLOAD), _caption, _buttons),
    ),
    "sendMediaGroup": ({"chat_id", "media"}, _SENT - {"reply_markup"}, (_album,)),
    "editMessageText": (_EDITED - {"reply_markup"} | {"text"}, {"reply_markup", "parse_mode", "link_preview_options"}, (_text, _buttons)),
    "editMessageReplyMarkup": (_EDITED - {"reply_markup"}, {"reply_markup"}, (_buttons,)),
    "deleteMessages": ({"chat_id", "message_ids"}, set(), (_some_messages,)),
    "answerCallbackQuery": ({"callback_query_id"}, {"text", "show_alert", "cache_time"}, (_notice,)),
    "deleteMyCommands": (set(), {"scope", "language_code"}, ()),
    "setMyCommands": ({"commands"}, {"scope", "language_code"}, (_commands,)),
    "createForumTopic": ({"chat_id", "name"}, {"icon_color"}, (_topic,)),
    "closeForumTopic": ({"chat_id", "message_thread_id"}, set(), ()),
    "reopenForumTopic": ({"chat_id", "message_thread_id"}, set(), ()),
    "deleteForumTopic": ({"chat_id", "message_thread_id"}, set(), ()),
    "pinChatMessage": ({"chat_id", "message_id"}, {"disable_notification"}, ()),
}  # fmt: skip


def check(call: Call) -> None:
    """Raises Refused for what Telegram would refuse, and for fields that it does not know."""
    if call.method not in METHODS:
        raise Refused(404, "Not Found")
    required, optional, rules = METHODS[call.method]
    if missing := required - call.fields.keys():
        raise bad(f"{', '.join(sorted(missing))} is missing")
    if unknown := (call.fields.keys() | call.files.keys()) - required - optional:
        raise bad(f"the documentation of {call.method} knows no {', '.join(sorted(unknown))}")
    for rule in rules:
        rule(call)


def value(text: str) -> object:
    """A field of a form: JSON where it is an object, a list, a number or a truth, else the text itself."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, dict | list | bool) or (isinstance(found, int) and str(found) == text) else text
