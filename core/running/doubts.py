"""What in the settings alone is dangerous or doubtful. `refusals` is what must not be served with."""

import ipaddress
import sys
from collections.abc import Callable

from core import addresses
from core.config import Settings
from core.running.findings import Finding, Level

# The folder of `serve --demo`, whose passwords everybody knows (ingest.demo; a test compares).
DEMO_FOLDER = "var-demo"
DEFAULT_ADDRESS = "support@localhost"
# A file in base64, with the line ends of a mail, is this much larger.
MAIL_OVERHEAD = 1.4


def refusals(settings: Settings) -> list[Finding]:
    """What `serve` must not start with. Reads nothing but the settings."""
    return [finding for finding in found(settings) if finding.level is Level.FAULT]


def found(settings: Settings) -> list[Finding]:
    """What there is to say of them; nothing of what is well."""
    return [finding for check in _SETTINGS_CHECKS if (finding := check(settings))]


def is_loopback(host: str) -> bool:
    """Whether what listens there is reached from this machine only. A name that must be looked up counts as not."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _assertions_are_on(_: Settings) -> Finding | None:
    if not sys.flags.optimize:
        return None
    return Finding(Level.FAULT, "Python runs with -O, which removes checks", "start it without -O and PYTHONOPTIMIZE")


def _http_is_private(settings: Settings) -> Finding | None:
    api = settings.api
    if is_loopback(api.host) or settings.public_url.startswith("https://") or api.trusted_proxies:
        return None
    return Finding(
        Level.FAULT,
        f"the API listens on {api.host} without TLS in front: passwords would cross the network readable",
        "put a web server with https before it and set desk.public_url to its https:// address, or api.host to 127.0.0.1",
    )


def _open_contracts_stay_home(settings: Settings) -> Finding | None:
    if not (opened := settings.api.open_contracts) or is_loopback(settings.api.host):
        return None
    what = f"{', '.join(opened)} on {settings.api.host}: without sign-in everybody could read and delete every ticket"
    advice = "set api.host to 127.0.0.1 (a web server in front may ask who is there), or take them out of api.contracts"
    return Finding(Level.FAULT, what, f"{advice} and api.listeners")


def _demo_stays_home(settings: Settings) -> Finding | None:
    if settings.desk.data_dir.name != DEMO_FOLDER or (is_loopback(settings.api.host) and not _takes_mail(settings)):
        return None
    return Finding(
        Level.FAULT,
        f"{settings.desk.data_dir} holds the demo's accounts, whose passwords everybody knows",
        "set desk.data_dir to a folder of your own, or listen on 127.0.0.1 only",
    )


def _networks_are_networks(settings: Settings) -> Finding | None:
    for name, listed in (
        ("smtp.trusted_relays", settings.smtp.trusted_relays),
        ("smtp.proxy_protocol_from", settings.smtp.proxy_protocol_from),
        ("api.trusted_proxies", settings.api.trusted_proxies),
    ):
        for text in listed:
            try:
                everybody = ipaddress.ip_network(text, strict=False).prefixlen == 0
            except ValueError:
                return Finding(Level.FAULT, f"{name} lists {text!r}", "list addresses, or networks such as 10.0.0.0/8")
            if everybody:
                return Finding(Level.WARNING, f"{name} trusts everybody", "list only the servers in front of Deskbell")
    return None


def _address_is_ours(settings: Settings) -> Finding | None:
    if not _takes_mail(settings) or DEFAULT_ADDRESS not in settings.smtp.addresses:
        return None
    return Finding(
        Level.WARNING,
        f"SMTP listens on {settings.smtp.host} for {DEFAULT_ADDRESS}, an address that nobody can write to",
        "set smtp.addresses to the addresses of your desk",
    )


def _newlines_are_strict(settings: Settings) -> Finding | None:
    if not _takes_mail(settings) or settings.smtp.bare_newlines == "reject":
        return None
    return Finding(
        Level.WARNING,
        "strangers may send mails with bare CR or LF, which SMTP smuggling is made of",
        'set smtp.bare_newlines = "reject" ("normalize" is for mail that your own server hands over)',
    )


def _links_lead_here(settings: Settings) -> Finding | None:
    host = settings.public_url.partition("://")[2].partition("/")[0]
    public = not is_loopback(settings.api.host) or settings.mail.relay.get_secret_value()
    if not public or not is_loopback(host.rpartition(":")[0] or host):
        return None
    return Finding(
        Level.WARNING,
        f"links in mails lead to {settings.public_url}, which customers cannot open",
        "set desk.public_url to what customers type",
    )


def _sender_is_real(settings: Settings) -> Finding | None:
    host = addresses.domain(settings.from_address)
    if not settings.mail.relay.get_secret_value() or host != "localhost":
        return None
    return Finding(
        Level.WARNING,
        f"mails go out from {settings.from_address}, which relays refuse and nobody can answer",
        "set mail.from_address, or smtp.addresses",
    )


def _senders_can_be_told(settings: Settings) -> Finding | None:
    if settings.mail.acknowledge == "authenticated" and not settings.smtp.authserv_id:
        return Finding(
            Level.WARNING,
            "acknowledgements are for authenticated senders, and no sender can be known as one: nobody gets any",
            'set smtp.authserv_id to the name that your front server writes, or mail.acknowledge to "all" or "none"',
        )
    if settings.smtp.authserv_id and not settings.smtp.trusted_relays:
        return Finding(
            Level.WARNING,
            "smtp.authserv_id is set, but no relay is trusted to write it",
            "add your front server's address to smtp.trusted_relays",
        )
    return None


def _limits_are_on(settings: Settings) -> Finding | None:
    if settings.limits.enabled or (is_loopback(settings.api.host) and not _takes_mail(settings)):
        return None
    return Finding(
        Level.WARNING, "nothing limits how often strangers may write, ask or guess", "set limits.enabled = true"
    )


def _files_fit_into_mails(settings: Settings) -> Finding | None:
    mail, file = settings.smtp.max_message_mb, settings.attachments.max_mb
    if mail >= file * MAIL_OVERHEAD:
        return None
    return Finding(
        Level.OK,
        f"a mail may have {mail} MB, a file elsewhere {file} MB",
        f"to take such files by mail too, set smtp.max_message_mb to {int(file * MAIL_OVERHEAD + 0.99)} or more",
    )


def _takes_mail(settings: Settings) -> bool:
    """Whether others than this machine may deliver mail."""
    smtp = settings.smtp
    return smtp.enabled and (not is_loopback(smtp.host) or bool(smtp.proxy_protocol_from))


_SETTINGS_CHECKS: tuple[Callable[[Settings], Finding | None], ...] = (
    _assertions_are_on,
    _http_is_private,
    _open_contracts_stay_home,
    _demo_stays_home,
    _networks_are_networks,
    _address_is_ours,
    _newlines_are_strict,
    _links_lead_here,
    _sender_is_real,
    _senders_can_be_told,
    _limits_are_on,
    _files_fit_into_mails,
)
