"""The dialogue: something was heard, and this is what is done about it and said to it.

Everything is stored before it is answered, and done once however often it is heard: a message by its dedupe key, all
else by the key of what was heard (core/attempts.py).
"""

from bot import agents, customers, scene
from bot.talk import Heard, Place, Said
from core.desk import Desk
from core.vocabulary import Channel


async def respond(desk: Desk, heard: Heard, channel: Channel = Channel.TELEGRAM) -> list[Said]:
    """What to say to it. Raises Unavailable when the desk cannot store anything now: then let it be heard again."""
    if heard.place is Place.ELSEWHERE or not heard.speaker.id:
        return []
    if (said := await scene.heard_before(desk, heard)) is not None:
        return said
    here = await scene.look(desk, heard, channel)
    if here.account is not None:
        return await agents.answer(here)
    return await (agents.stranger if heard.place is Place.STAFF else customers.answer)(here)


overdue = customers.overdue
