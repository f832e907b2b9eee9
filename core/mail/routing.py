"""Which of our own addresses a mail was sent to, and what that says about its ticket (`[[mail.routes]]`). Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from core.addresses import without_tag
from core.config import Settings
from core.mail.mail_settings import MailRoute
from core.messages import InboundMessage


def routes(message: InboundMessage, settings: Settings) -> tuple[MailRoute, ...]:
    """The routes of all addresses it was sent to, in the order of the configuration."""
    return of_addresses(message.recipients, settings)


def of_addresses(recipients: Iterable[str], settings: Settings) -> tuple[MailRoute, ...]:
    """The same of any addresses."""
    if not settings.mail.routes:
        return ()
    sent_to = {one for address in recipients for one in (address, without_tag(address)[0])}
    return tuple(route for route in settings.mail.routes if route.address in sent_to)


def assignees(messages: Iterable[InboundMessage], settings: Settings) -> set[str]:
    """The usernames whose ids must be known."""
    return {route.assignee for message in messages for route in routes(message, settings) if route.assignee}


def routed(message: InboundMessage, settings: Settings, assignees: Mapping[str, UUID]) -> InboundMessage:
    """The message with the wishes of its routes: the first that says something wins, and all tags count."""
    found = routes(message, settings)
    if not found:
        return message
    wishes = message.wishes
    names = (assignees.get(route.assignee) for route in found)
    return replace(
        message,
        wishes=replace(
            wishes,
            category=wishes.category or next((route.category for route in found if route.category), None),
            priority=wishes.priority or next((route.priority for route in found if route.priority), None),
            tags=tuple(dict.fromkeys((*wishes.tags, *tags(found)))),
            assignee_id=wishes.assignee_id or next((one for one in names if one), None),
        ),
    )


def tags(found: Iterable[MailRoute]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(route.tag for route in found if route.tag))
