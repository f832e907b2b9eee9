"""Who writes faster than anybody reads: they are told so once and then answered no more until they pause. Pure.

Nothing of what they write is lost: it is kept on a ticket of theirs. Moments are those of the messages, so that what
waited while the desk was away is no flood, and the same messages are judged the same when they are heard again.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

WINDOW = timedelta(minutes=1)
# So many people are watched; those who were silent longest are forgotten first.
MOST_WATCHED = 10_000


class Pressure(StrEnum):
    NONE = ""
    # With this one it becomes too much.
    BEGINS = "begins"
    GOES_ON = "goes_on"


@dataclass(slots=True)
class _Writer:
    moments: deque[datetime]
    told: bool = False
    key: str = ""
    judged: Pressure = Pressure.NONE


@dataclass(slots=True)
class Flood:
    """Who wrote when, of late. `most` a minute are no flood; 0: nothing is."""

    most: int
    _writers: dict[str, _Writer] = field(default_factory=dict)

    def judge(self, who: str, at: datetime, key: str) -> Pressure:
        """What one more message of theirs, written at that moment, is. The same again (by its key) is no further one."""
        if not self.most:
            return Pressure.NONE
        writer = self._writers.pop(who, None) or _Writer(deque(maxlen=self.most + 1))
        self._writers[who] = writer
        if len(self._writers) > MOST_WATCHED:
            del self._writers[next(iter(self._writers))]
        if key != writer.key:
            writer.key, writer.judged = key, self._judged(writer, at)
        return writer.judged

    def _judged(self, writer: _Writer, at: datetime) -> Pressure:
        paused = not writer.moments or at - writer.moments[-1] >= WINDOW
        writer.told = writer.told and not paused
        writer.moments.append(at)
        is_much = len(writer.moments) > self.most and at - writer.moments[0] < WINDOW
        if not (is_much or writer.told):
            return Pressure.NONE
        begins, writer.told = not writer.told, True
        return Pressure.BEGINS if begins else Pressure.GOES_ON
