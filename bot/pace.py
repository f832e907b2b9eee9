"""How fast Telegram lets a bot speak, kept to before it has to say so. Pure: the moment is an argument, in seconds.

Telegram's own figures (core.telegram.org/bots/faq, "My bot is hitting limits"): one message a second in a chat, 20 a
minute in a group, some 30 a second in all. Whoever goes past them is told to wait, chat by chat (`hold`).
"""

from collections import deque
from dataclasses import dataclass, field

IN_A_CHAT = 1.0
A_MINUTE_IN_A_GROUP = 20
A_SECOND_IN_ALL = 30
# What the desk says by itself may take of those: after an outage it has something to say to everybody, and an agent's
# answer must not wait for the end of that.
A_SECOND_BY_ITSELF = 25


# What cards and posts may take of a group's twenty: a few at once, then one now and then; 14 in any minute. The rest is
# left for who speaks there.
AT_ONCE_IN_A_GROUP = 4
EVERY_IN_A_GROUP = 6.0


@dataclass(slots=True)
class Share:
    """The pace of cards and posts in a group: even, so that what changed last never waits for the end of a minute that
    others have used up."""

    _until: float = 0.0

    def wait(self, now: float) -> float:
        """So many seconds until the next; 0: now."""
        return max(0.0, self._until - (AT_ONCE_IN_A_GROUP - 1) * EVERY_IN_A_GROUP - now)

    def took(self, now: float) -> None:
        self._until = max(self._until, now) + EVERY_IN_A_GROUP


@dataclass(slots=True)
class Pace:
    """What was sent of late, and which chats have to be left alone until when."""

    _all: deque[float] = field(default_factory=lambda: deque(maxlen=A_SECOND_IN_ALL))
    _chats: dict[str, deque[float]] = field(default_factory=dict)
    _held: dict[str, float] = field(default_factory=dict)
    _tidied: float = 0.0

    def wait(self, chat: str, now: float, *, most: int = A_SECOND_IN_ALL) -> float:
        """So many seconds until something may be sent to `chat`, of which all chats get at most so many a second; 0: now."""
        sent = self._chats.get(chat) or deque()
        moments = [now, self._held.get(chat, now)]
        if sent:
            moments.append(sent[-1] + IN_A_CHAT)
        if is_group(chat) and len(sent) == A_MINUTE_IN_A_GROUP:
            moments.append(sent[0] + 60.0)
        if len(self._all) >= most:
            moments.append(self._all[-most] + 1.0)
        return max(moments) - now

    def took(self, chat: str, now: float) -> None:
        """Something is sent to `chat` at this moment."""
        self._all.append(now)
        self._chats.setdefault(chat, deque(maxlen=A_MINUTE_IN_A_GROUP)).append(now)
        if now - self._tidied > 60.0:
            self._tidy(now)

    def hold(self, chat: str, seconds: float, now: float) -> None:
        """Telegram said to leave this chat alone for so long. The others go on."""
        self._held[chat] = max(now + seconds, self._held.get(chat, 0.0))

    def moved(self, old: str, new: str) -> None:
        """A group has another number; what it was told counts on."""
        if old in self._chats:
            self._chats[new] = self._chats.pop(old)

    def _tidy(self, now: float) -> None:
        self._tidied = now
        self._chats = {chat: sent for chat, sent in self._chats.items() if sent[-1] > now - 60.0}
        self._held = {chat: until for chat, until in self._held.items() if until > now}


def is_group(chat: str) -> bool:
    """People have positive numbers, groups and channels negative ones."""
    return chat.startswith("-")
