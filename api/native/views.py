"""What the native API shows: core's values as JSON objects. Plain dictionaries, because every request makes some."""

from collections.abc import Mapping

from core import tickets
from core.access import Actor
from core.accounts.api_keys import ApiKey
from core.accounts.clients import Client
from core.accounts.users import User
from core.classify.model import Classification
from core.conversation import Attachment, Delivery, Message
from core.corrections import Version
from core.history import Change
from core.links import EmbedView
from core.tickets import Requester, Ticket
from core.vocabulary import Channel, Direction
from core.webhooks import Webhook

Json = dict[str, object]

# Seed 002's five words for where a ticket came from.
_SOURCE: Mapping[Channel, str] = {
    Channel.EMAIL: "email",
    Channel.TELEGRAM: "chat",
    Channel.CONSOLE: "chat",
    Channel.WEB_FORM: "web_form",
    Channel.PHONE: "phone",
}


def ticket(shown: Ticket, actor: Actor) -> Json:
    """The ticket object of seed 002, and what this desk knows beyond it."""
    requester = shown.requester
    found: Json = {
        "id": shown.id,
        "number": shown.number,
        "type": shown.type,
        "channel": shown.channel,
        "customer_id": str(requester.id),
        "customer_email": requester.email,
        "customer_name": requester.name,
        "client": person(requester),
        "subject": shown.subject,
        "description": shown.description,
        "category": shown.category,
        "priority": shown.priority,
        "status": shown.status,
        "created_at": shown.created_at,
        "updated_at": shown.updated_at,
        "resolved_at": shown.resolved_at,
        "assigned_to": shown.assigned_to,
        "tags": shown.tags,
        "metadata": _metadata(shown),
        # Customers learn nothing of others who take part.
        "participants": [person(one) for one in (shown.participants if actor.is_staff else (requester,))],
        "embed_token": shown.embed_token,
        "classification_confidence": shown.classification_confidence,
        # It names the desk's rules, which are not for those whom they are about.
        "classification_reasoning": shown.classification_reasoning if actor.is_staff else None,
        "classification_keywords": shown.classification_keywords,
        "classified_at": shown.classified_at,
        "manual_override": shown.manual_override,
        "version": shown.version,
    }
    if actor.is_staff:
        found["unread"] = shown.unread
        found["needs_review"] = shown.needs_review
        found["possible_duplicate_of"] = shown.possible_duplicate_of
    return found


def classification(found: Classification) -> Json:
    return {
        "category": found.category,
        "priority": found.priority,
        "confidence": found.confidence,
        "reasoning": found.reasoning,
        "keywords_found": found.keywords,
    }


def person(known: Requester) -> Json:
    return {"id": known.id, "name": known.name, "email": known.email}


def _metadata(shown: Ticket) -> Json:
    unknown = {"source": _SOURCE.get(shown.channel, "api"), "browser": None, "device_type": None}
    return {**unknown, **tickets.metadata_of(shown)}


def comment(said: Message, actor: Actor) -> Json:
    found: Json = {
        "id": said.id,
        "body": said.body,
        "new_text": said.new_text,
        "internal": said.direction is Direction.NOTE,
        "direction": said.direction,
        "channel": said.channel,
        "author": said.author,
        "automatic": said.automatic,
        "created_at": said.created_at,
        "edited_at": said.edited_at,
        "attachments": [attachment(file) for file in said.attachments],
    }
    if actor.is_staff:
        found["deliveries"] = [delivery(one) for one in said.deliveries]
    return found


def version(shown: Version) -> Json:
    return {"version": shown.version, "body": shown.body, "replaced_at": shown.replaced_at}


def delivery(shown: Delivery) -> Json:
    return {
        "id": shown.id,
        "channel": shown.channel,
        "address": shown.address,
        "state": shown.state,
        "reason": shown.reason,
        "attempts": shown.attempts,
        "sent_at": shown.sent_at,
    }


def attachment(file: Attachment) -> Json:
    return {
        "id": file.id,
        "comment_id": file.message_id,
        "filename": file.filename,
        "content_type": file.content_type,
        "size": file.size,
        "sha256": file.sha256,
        "inline": file.inline,
        "uploaded_by": file.uploaded_by,
        "created_at": file.created_at,
    }


def change(made: Change) -> Json:
    return {
        "id": made.id,
        "act_id": made.act_id,
        "actor": made.actor,
        "field": made.field,
        "old": made.old,
        "new": made.new,
        "reason": made.reason,
        "at": made.at,
    }


def user(account: User) -> Json:
    return {
        "id": account.id,
        "username": account.username,
        "name": account.name,
        "email": account.email,
        "role": account.role,
        "active": account.active,
        "client_id": account.person_id,
        "created_at": account.created_at,
    }


def agent(account: User) -> Json:
    return {
        "id": account.id,
        "username": account.username,
        "name": account.name,
        "email": account.email,
        "active": account.active,
        "created_at": account.created_at,
    }


def api_key(made: ApiKey) -> Json:
    return {
        "id": made.id,
        "name": made.name,
        "prefix": made.prefix,
        "scope": made.scope,
        "owner": made.owner,
        "created_at": made.created_at,
        "last_used_at": made.last_used_at,
        "revoked_at": made.revoked_at,
    }


def client(known: Client) -> Json:
    return {
        "id": known.id,
        "name": known.name,
        "email": known.email,
        "language": known.language,
        "created_at": known.created_at,
    }


def embed(shown: EmbedView, link: str) -> Json:
    """Seed 003, to the letter: four fields, the status in title case, the time without a zone."""
    return {
        "subject": shown.subject,
        "status": shown.status.replace("_", " ").title(),
        "last_updated": shown.updated_at.replace(tzinfo=None).isoformat(timespec="seconds"),
        "link": link,
    }


def webhook(shown: Webhook, secret: str = "") -> Json:
    """With its secret only where that was just made."""
    return {
        "id": shown.id,
        "url": shown.url,
        "events": shown.events,
        "active": shown.active,
        "failing_since": shown.failing_since,
        "disabled_reason": shown.disabled_reason,
        "created_at": shown.created_at,
        "updated_at": shown.updated_at,
        **({"secret": secret} if secret else {}),
    }
