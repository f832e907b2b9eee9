"""Stand-in."""

from bot.talk import Heard, Said
from core.messages import InboundMessage, Sender
from core.vocabulary import Channel, Outcome


async def respond(desk, heard: Heard):
    chat = heard.chat
    known = TICKETS.get(chat)
    receipt = await desk.receive(
        InboundMessage(
            channel=Channel.TELEGRAM,
            sender=Sender(Channel.TELEGRAM, heard.speaker.id, heard.speaker.name),
            subject="",
            text=heard.text,
            raw=heard.raw,
            dedupe_key=heard.key,
            files=heard.files,
            message_id=heard.message,
            place=heard.chat,
            ticket_id=known,
        )
    )
    TICKETS[chat] = receipt.ticket_id
    return [Said(chat, f"Ticket {receipt.ticket_number}")] if receipt.outcome is Outcome.OPENED else []


TICKETS = {}
