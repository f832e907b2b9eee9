"""How much one stranger may take: every cap and every timer of the SMTP door in one value."""

from dataclasses import dataclass

from core.mail.mail_settings import SmtpSection

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds. The defaults are Postfix's where Postfix has one."""

    message_size: int = 25 * MEGABYTE
    # The address of the form, which takes what is larger; empty: there is none to tell of.
    form: str = ""
    connections: int = 200
    connections_per_address: int = 20
    recipients: int = 50
    messages: int = 50
    # Commands without a mail among them: MAIL with its recipients and DATA are what a connection is for.
    commands: int = 500
    errors: int = 10
    # How long to wait after every few commands without a mail. Four clients that pipeline NOOP without end brought
    # aiosmtpd down to 0 mails a second.
    pause: float = 0.05
    idle: float = 60.0
    session: float = 900.0
    # A proxy says whom it brings as soon as it is connected.
    proxy_header: float = 5.0
    # A sender must be faster than this once the grace is over (Postfix: smtpd_min_data_rate).
    least_rate: float = 500.0
    rate_grace: float = 20.0
    # … and beyond the first megabyte slower than this: one sender of rubbish must not have all of the processor.
    most_rate: float = 32.0 * MEGABYTE
    ban: float = 60.0
    # With every place taken, whoever has got nothing done for this long makes room for the next.
    patience: float = 2.0
    # How long the end of the door waits for transfers and commits in flight.
    drain: float = 7.0


def from_settings(settings: SmtpSection, form: str = "") -> Limits:
    return Limits(
        message_size=settings.max_message_mb * MEGABYTE,
        form=form,
        connections=settings.max_connections,
        connections_per_address=settings.max_connections_per_ip,
        idle=settings.idle_seconds,
        session=settings.session_seconds,
    )
