"""What the native API answers about chats, as shapes (see api/native/answers.py)."""

from datetime import datetime

from api.native.answers import Answer


class ChatLink(Answer):
    """`code` is shown this once; `link` opens the bot with it, or is what to write to the bot."""

    code: str
    link: str
    expires_at: datetime
