"""Reading mail as this desk is configured. What it takes is loaded with the first mail: 4 MB that an idle desk spares."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.messages import InboundMessage
from ingest.envelope import Envelope

if TYPE_CHECKING:
    from core.config import Settings


def parse(raw: bytes, envelope: Envelope) -> InboundMessage:
    """The mail as any desk takes it."""
    from ingest import mail_in

    return mail_in.parse(raw, envelope)


def reader(settings: "Settings") -> Callable[[bytes, Envelope], InboundMessage]:
    """The same as this desk is configured."""
    authserv_id, forms = settings.smtp.authserv_id, settings.mail.forms

    def read(raw: bytes, envelope: Envelope) -> InboundMessage:
        from ingest import mail_in

        return mail_in.parse(raw, envelope, authserv_id=authserv_id, forms=forms)

    return read
