"""The receipt below an agent's answer follows it: queued, sent, tried again, failed and why, or nobody knows."""

from bot import letters, sentences
from bot.dialogue import Verb, data
from bot.talk import Button, Said
from core.chat import answer_receipts, sayings
from core.chat.answer_receipts import Behind
from core.chat.sayings import NewSaying
from core.desk import Desk
from core.vocabulary import Channel, DeliveryState

AT_ONCE = 50

_SENTENCES = {
    DeliveryState.SENT: "reply_sent",
    DeliveryState.RETRYING: "reply_retried",
    DeliveryState.FAILED: "reply_failed",
    DeliveryState.UNCERTAIN: "reply_uncertain",
}


async def follow(desk: Desk) -> None:
    """Say of answers what is known of them by now, in place of what was said before."""
    async with desk.glancing() as connection:
        behind = await answer_receipts.behind(connection, AT_ONCE)
    if not behind:
        return
    new = [
        NewSaying(f"receipt:{one.message_id.hex}:{one.state}", 0, one.chat, letters.packed(_said(desk, one)))
        for one in behind
    ]
    async with desk.writing() as connection:
        await connection.run_sync(sayings.add, new, desk.clock())
        await answer_receipts.say(connection, behind)


def _said(desk: Desk, one: Behind) -> Said:
    texts = sentences.of(sentences.spoken(one.language, desk.settings.desk.language))
    name = one.name or texts("the_customer")
    told = texts(_SENTENCES[one.state], number=one.number, name=name, channel=one.channel, why=one.reason)
    # What is in a chat can be taken back there.
    undo = Button(texts("button_undo"), data(Verb.UNDO, None, one.agent))
    can_be_undone = one.state is DeliveryState.SENT and one.channel is Channel.TELEGRAM
    return Said(one.chat, told, buttons=((undo,),) if can_be_undone else (), instead_of=one.remote_id)
