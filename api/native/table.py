"""The native API on one screen: every path, who may come, and what is done."""

from api.native import (
    accounts,
    agents,
    api_keys,
    attachments,
    clients,
    comments,
    embeds,
    importing,
    inspection,
    references,
    tickets,
    webhooks,
)
from api.native.accounts import USER
from api.native.finding import TICKET
from api.routes import Access, Limit, Route

_UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_PUBLIC, _SIGNED_IN, _STAFF, _ADMIN = Access.PUBLIC, Access.SIGNED_IN, Access.STAFF, Access.ADMIN
_IN_PERSON = Access.IN_PERSON


def routes() -> tuple[Route, ...]:
    """A table of one application's own: the embed look-up remembers answers."""
    embedded = embeds.Embeds()
    return (
        Route("GET", "/tickets/embed/{token}", _PUBLIC, embedded.one, Limit.STATUS),
        Route("POST", "/auth/token", _PUBLIC, accounts.token, Limit.LOGIN),
        Route("POST", "/auth/logout", _IN_PERSON, accounts.logout),
        Route("GET", "/users/me", _SIGNED_IN, accounts.me),
        Route("PUT", "/users/me/password", _IN_PERSON, accounts.own_password, Limit.LOGIN),
        Route("GET", "/users", _ADMIN, accounts.many),
        Route("POST", "/users", _ADMIN, accounts.create),
        Route("GET", f"/users/{USER}", _ADMIN, accounts.one),
        Route("PATCH", f"/users/{USER}", _ADMIN, accounts.change),
        Route("DELETE", f"/users/{USER}", _ADMIN, accounts.remove),
        Route("POST", f"/users/{USER}/link", _ADMIN, accounts.link),
        Route("GET", "/api-keys", _SIGNED_IN, api_keys.many),
        Route("POST", "/api-keys", _IN_PERSON, api_keys.create),
        Route("DELETE", f"/api-keys/{{key:{_UUID}}}", _IN_PERSON, api_keys.revoke),
        Route("GET", "/agents", _STAFF, agents.many),
        Route("POST", "/agents", _ADMIN, agents.create),
        Route("GET", f"/agents/{USER}", _STAFF, agents.one),
        Route("PATCH", f"/agents/{USER}", _ADMIN, agents.change),
        Route("DELETE", f"/agents/{USER}", _ADMIN, agents.remove),
        Route("GET", "/clients", _STAFF, clients.many),
        Route("POST", "/clients", _STAFF, clients.create),
        Route("GET", f"/clients/{{client:{_UUID}}}", _STAFF, clients.one),
        Route("PATCH", f"/clients/{{client:{_UUID}}}", _STAFF, clients.change),
        Route("DELETE", f"/clients/{{client:{_UUID}}}", _ADMIN, clients.remove),
        Route("GET", "/tickets", _SIGNED_IN, tickets.many),
        Route("POST", "/tickets", _SIGNED_IN, tickets.create),
        Route("GET", "/tickets/my", _SIGNED_IN, tickets.mine),
        Route("POST", "/tickets/import", _STAFF, importing.tickets_file),
        Route("GET", f"/tickets/{TICKET}", _SIGNED_IN, tickets.one),
        Route("PATCH", f"/tickets/{TICKET}", _SIGNED_IN, tickets.change),
        Route("PUT", f"/tickets/{TICKET}", _SIGNED_IN, tickets.change),
        Route("DELETE", f"/tickets/{TICKET}", _SIGNED_IN, tickets.remove),
        Route("PATCH", f"/tickets/{TICKET}/assign", _SIGNED_IN, tickets.assign),
        Route("POST", f"/tickets/{TICKET}/auto-classify", _SIGNED_IN, tickets.classify),
        Route("POST", f"/tickets/{TICKET}/embed-token", _SIGNED_IN, embedded.renew),
        Route("DELETE", f"/tickets/{TICKET}/embed-token", _SIGNED_IN, embedded.revoke),
        Route("GET", f"/tickets/{TICKET}/comments", _SIGNED_IN, comments.many),
        Route("POST", f"/tickets/{TICKET}/comments", _SIGNED_IN, comments.add),
        Route("GET", f"/tickets/{TICKET}/comments/{{comment:{_UUID}}}", _SIGNED_IN, comments.one),
        Route("PATCH", f"/tickets/{TICKET}/comments/{{comment:{_UUID}}}", _SIGNED_IN, comments.change),
        Route("DELETE", f"/tickets/{TICKET}/comments/{{comment:{_UUID}}}", _SIGNED_IN, comments.remove),
        Route("GET", f"/tickets/{TICKET}/comments/{{comment:{_UUID}}}/versions", _STAFF, comments.versions),
        Route("GET", f"/tickets/{TICKET}/attachments", _SIGNED_IN, attachments.many),
        Route("POST", f"/tickets/{TICKET}/attachments", _SIGNED_IN, attachments.add),
        Route("GET", f"/tickets/{TICKET}/attachments/{{attachment:{_UUID}}}", _SIGNED_IN, attachments.one),
        Route("DELETE", f"/tickets/{TICKET}/attachments/{{attachment:{_UUID}}}", _SIGNED_IN, attachments.remove),
        Route("GET", f"/tickets/{TICKET}/changes", _STAFF, inspection.changes),
        Route("GET", "/ledger", _ADMIN, inspection.arrivals),
        Route("GET", f"/ledger/{{entry:{_UUID}}}/raw", _ADMIN, inspection.original),
        Route("POST", f"/ledger/{{entry:{_UUID}}}/replay", _ADMIN, inspection.replay),
        Route("GET", "/deliveries", _ADMIN, inspection.deliveries),
        Route("GET", "/webhooks", _ADMIN, webhooks.many),
        Route("POST", "/webhooks", _ADMIN, webhooks.create),
        Route("GET", f"/webhooks/{{webhook:{_UUID}}}", _ADMIN, webhooks.one),
        Route("PATCH", f"/webhooks/{{webhook:{_UUID}}}", _ADMIN, webhooks.change),
        Route("DELETE", f"/webhooks/{{webhook:{_UUID}}}", _ADMIN, webhooks.remove),
        Route("POST", f"/webhooks/{{webhook:{_UUID}}}/secret", _ADMIN, webhooks.renew_secret),
        Route("GET", f"/webhooks/{{webhook:{_UUID}}}/deliveries", _ADMIN, webhooks.log),
        Route("POST", f"/webhooks/{{webhook:{_UUID}}}/deliveries/{{delivery:{_UUID}}}/replay", _ADMIN, webhooks.replay),
        Route("POST", f"/deliveries/{{delivery:{_UUID}}}/retry", _ADMIN, inspection.retry),
        Route("GET", f"/reference-data/{references.CONTRACT}", _ADMIN, references.many),
        Route("PUT", f"/reference-data/{references.ENTRY}", _ADMIN, references.put),
    )
