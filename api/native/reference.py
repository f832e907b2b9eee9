"""The native API in words, a row for each route: what it is for, what it takes, what it answers.

Loaded with the first request for the documentation. A test holds it to the route table, and every answer that the
other tests get to what is said here.
"""

from importlib.metadata import PackageNotFoundError, version

from api import problems
from api.native import answers, chat_shapes, forms, mail_answers, shapes
from api.native.classified import ClassifiedTicket
from api.native.importing import ImportQuery
from api.native.paging import AccountPage, AgentPage, ClientPage, DeliveryPage, IdPage, LedgerPage, NumberPage
from api.openapi import BYTES, FILES, FORM, JSON, Json, Operation, Words

_TICKET_ID = "019c8f5e-2f1c-7d43-9d0e-6a4f0a7f1c11"
_NEW_TICKET: Json = {
    "subject": "The printer is out of paper",
    "description": "It says that it has no paper, but it has.",
    "tags": ["printer"],
}
_COMMENT: Json = {"body": "Please try again now.", "internal": False}
_EMBEDDED: Json = {
    "subject": "App Crash",
    "status": "In Progress",
    "last_updated": "2026-03-02T12:30:00",
    "link": "https://support.example.com/t/9f40cb91-6c0e-4a6f-a7de-3f3a3a3a3a3a",
}
_CONDITIONAL = ("If-Match",)
_ONCE = ("Idempotency-Key",)
_MISSED = (412,)
_CHANGED = (409, 412, 428)
_FOR_STAFF = (403,)

OPERATIONS = {
    # Signing in, and accounts.
    "POST /auth/token": Operation(
        "Sign in", answers.SignedIn, body=shapes.Credentials, takes=(FORM, JSON), errors=(401,),
        more="The token goes into `Authorization: Bearer …`. Ten failures a minute are too many.",
        example={"username": "bob", "password": "correct horse"},
        shows={"access_token": "eyJhbGciOiJIUzI1NiIs…", "token_type": "bearer", "expires_in": 3600},
    ),
    "POST /auth/logout": Operation("End all sign-ins of this account", status=204),
    "GET /users/me": Operation("Who am I?", answers.User),
    "GET /users": Operation("All accounts", answers.Users, query=AccountPage),
    "POST /users": Operation(
        "A new account", answers.User, 201, shapes.NewAccount, errors=(409,),
        example={"username": "bob", "password": "correct horse", "role": "agent", "name": "Bob"},
    ),
    "GET /users/{username}": Operation("One account", answers.User),
    "PATCH /users/{username}": Operation(
        "Disable or enable an account, or give it a new password", answers.User, body=shapes.AccountChange,
        errors=(409,), example={"active": False},
    ),
    "DELETE /users/{username}": Operation(
        "Disable an account: what it did stays, and stays its own", status=204, errors=(409,)
    ),
    "POST /users/{username}/link": Operation(
        "A one-time link by which a chat becomes this account's", chat_shapes.ChatLink, 201,
        more="Whoever opens it in the bot speaks there as this account. It holds for a day; a new one ends the one before.",
    ),
    "PUT /users/me/password": Operation(
        "A new password of one's own; ends every other sign-in", answers.SignedIn, body=shapes.NewPassword,
        errors=(403, 409), example={"current_password": "correct horse", "new_password": "battery staple"},
    ),
    "GET /api-keys": Operation("Your API keys; an admin sees all", answers.ApiKeys, query=IdPage),
    "POST /api-keys": Operation(
        "A new API key; it is shown this once", answers.ApiKey, 201, shapes.NewApiKey, errors=(403, 409),
        more="It goes into `Authorization: Bearer dk_…` or `X-API-Key`.", example={"name": "Chatbot", "scope": "read"},
    ),
    "DELETE /api-keys/{key}": Operation("Revoke an API key", status=204, errors=(403, 409)),
    "GET /agents": Operation("All agents", answers.Agents, query=AgentPage),
    "POST /agents": Operation(
        "A new agent", answers.Agent, 201, shapes.NewAgent, errors=(409,),
        example={"username": "erin", "password": "correct horse", "name": "Erin", "email": "erin@example.com"},
    ),
    "GET /agents/{username}": Operation("One agent", answers.Agent),
    "PATCH /agents/{username}": Operation(
        "Change an agent: what is left out stays", answers.Agent, body=shapes.AgentChange, errors=(409,),
        example={"name": "Erin E."},
    ),
    "DELETE /agents/{username}": Operation(
        "Disable an agent: what they answered stays, and stays theirs", status=204, errors=(409,)
    ),
    "GET /clients": Operation("All clients: whoever tickets are for", answers.Clients, query=ClientPage),
    "POST /clients": Operation(
        "A new client", answers.Client, 201, shapes.NewClient, errors=(409,),
        example={"name": "Ann Archer", "email": "ann@example.com"},
    ),
    "GET /clients/{client}": Operation("One client", answers.Client),
    "PATCH /clients/{client}": Operation(
        "Change a client: what is left out stays", answers.Client, body=shapes.ClientChange, errors=(409,),
        example={"name": "Ann B. Archer"},
    ),
    "DELETE /clients/{client}": Operation("Delete a client", status=204, errors=(409,)),
    # Tickets.
    "GET /tickets": Operation(
        "The queue: tickets that you may see", answers.Tickets, query=shapes.TicketQuery,
        more="Newest first. `q` finds tickets that have all its words, anywhere in their text; the last may be the "
        "beginning of one. Go on with `cursor`, which costs the same at any depth; `page` reaches 100,000 deep. "
        "`assigned_to` takes a username, `me` or `none`; `client` an id or a mail address.",
    ),
    "POST /tickets": Operation(
        "Open a ticket", answers.Ticket, 201, shapes.NewTicket, headers=_ONCE, errors=(403, 409),
        more="A customer opens their own. Staff may name the client, by `client_id` or `customer_email`. "
        "Category and priority are classified where they are left out.",
        example=_NEW_TICKET,
    ),
    "GET /tickets/my": Operation(
        "Your tickets: a customer's own, or those assigned to you", answers.Tickets, query=shapes.TicketQuery
    ),
    "POST /tickets/import": Operation(
        "Import a file of tickets", answers.Imported, body=forms.TicketFile, query=ImportQuery,
        takes=(FILES,), errors=(409,),
        more="CSV, JSON or XML, as a form's one part or as the body itself. A bad row never stops the others. "
        "`source` names the system that the ids are from: the same row again is a duplicate. "
        "Webhooks hear of each ticket only with `events`.",
    ),
    "GET /tickets/{ticket}": Operation(
        "One ticket, by id or number", answers.Ticket, headers=("If-None-Match",),
        more="The ETag names what was read; send it as If-Match with a change.",
    ),
    "PATCH /tickets/{ticket}": Operation(
        "Change a ticket: what is left out stays", answers.Ticket, body=shapes.TicketChange, headers=_CONDITIONAL,
        errors=(*_FOR_STAFF, *_CHANGED), example={"status": "resolved", "tags": ["printer", "paper"]},
        more="client_id, or customer_email, gives it to another client: from then on it is theirs to read, and not the old one's.",
    ),
    "PUT /tickets/{ticket}": Operation(
        "The same as PATCH", answers.Ticket, body=shapes.TicketChange, headers=_CONDITIONAL,
        errors=(*_FOR_STAFF, *_CHANGED), example={"priority": "high"},
    ),
    "DELETE /tickets/{ticket}": Operation(
        "Delete a ticket", status=204, headers=_CONDITIONAL, errors=(*_FOR_STAFF, *_CHANGED)
    ),
    "PATCH /tickets/{ticket}/assign": Operation(
        "Give a ticket to an agent, or back to the queue", answers.Ticket, body=shapes.Assignment,
        headers=_CONDITIONAL, errors=(*_FOR_STAFF, *_CHANGED),
        more="An agent takes what is free and releases what is theirs; assigning others is an admin's.",
        example={"agent": "bob"},
    ),
    "POST /tickets/{ticket}/auto-classify": Operation(
        "Classify a ticket again", ClassifiedTicket, headers=_CONDITIONAL,
        errors=(*_FOR_STAFF, *_MISSED, 409),
    ),
    "POST /tickets/{ticket}/embed-token": Operation(
        "A new embed token; the old one is worth nothing from now on", answers.EmbedToken, 201, headers=_CONDITIONAL,
        errors=(*_FOR_STAFF, *_MISSED, 409),
    ),
    "DELETE /tickets/{ticket}/embed-token": Operation(
        "No embed token: nobody follows the ticket without signing in", status=204, headers=_CONDITIONAL,
        errors=(*_FOR_STAFF, *_MISSED, 409),
    ),
    "GET /tickets/embed/{token}": Operation(
        "The status of a ticket, for whoever has its embed token", answers.EmbedView,
        more="Public, for any site.", shows=_EMBEDDED,
    ),
    # The conversation.
    "GET /tickets/{ticket}/comments": Operation("The conversation, oldest first", answers.Comments, query=IdPage),
    "POST /tickets/{ticket}/comments": Operation(
        "Answer, or add a note", answers.Comment, 201, shapes.NewComment, headers=(*_ONCE, *_CONDITIONAL),
        errors=(*_FOR_STAFF, *_MISSED, 409),
        more="What an agent writes is sent to the customer, unless it is `internal`: then nobody but staff sees it. "
        "`attachment_ids` names files that you uploaded to the ticket before: they go with it.",
        example=_COMMENT,
    ),
    "GET /tickets/{ticket}/comments/{comment}": Operation("One comment", answers.Comment),
    "PATCH /tickets/{ticket}/comments/{comment}": Operation(
        "Correct a comment", answers.Comment, body=shapes.CommentChange, headers=_CONDITIONAL,
        errors=(*_FOR_STAFF, *_MISSED, 409), example={"body": "Please try again after lunch."},
    ),
    "DELETE /tickets/{ticket}/comments/{comment}": Operation(
        "Take a comment back", status=204, headers=_CONDITIONAL, errors=(*_FOR_STAFF, *_MISSED, 409)
    ),
    "GET /tickets/{ticket}/comments/{comment}/versions": Operation(
        "What a comment said before it was corrected, oldest first", answers.Versions, query=NumberPage
    ),
    "GET /tickets/{ticket}/attachments": Operation("The files of a ticket", answers.Attachments, query=IdPage),
    "POST /tickets/{ticket}/attachments": Operation(
        "Upload files: all of them or none", answers.NewAttachments, 201, forms.Upload, takes=(FILES,),
        headers=(*_ONCE, *_CONDITIONAL), errors=(*_FOR_STAFF, *_MISSED, 409),
    ),
    "GET /tickets/{ticket}/attachments/{attachment}": Operation("A file", media=BYTES),
    "DELETE /tickets/{ticket}/attachments/{attachment}": Operation(
        "Delete a file", status=204, headers=_CONDITIONAL, errors=(*_FOR_STAFF, *_MISSED, 409)
    ),
    "GET /tickets/{ticket}/changes": Operation("Who changed what and when, oldest first", answers.Changes, query=NumberPage),
    "GET /tickets/{ticket}/held": Operation(
        "Answers by mail that wait for an agent's yes, newest first", mail_answers.HeldAnswers, query=IdPage,
        more="Their writers hold a link of the ticket that was made for somebody else. What they wrote stands in a note.",
    ),
    "POST /tickets/{ticket}/held/{entry}": Operation(
        "Let the writer of a held answer in, ignore it, or make it a ticket of its own", answers.Arrival,
        body=shapes.HeldWish, errors=(409,), example={"decision": "allow"},
    ),
    # Whom the desk takes nothing from, and to whom it sends nothing by itself.
    "GET /blocked-senders": Operation("Blocks that hold, newest first", mail_answers.Blocks, query=IdPage),
    "POST /blocked-senders": Operation(
        "Block an address, or a domain with all below it", mail_answers.Mark, 201, shapes.NewBlock,
        more="What they send is kept in the ledger and shown to nobody. A block of the same subject is replaced.",
        example={"subject": "example.com", "reason": "abuse", "until": "2099-01-01T00:00:00Z"},
    ),
    "DELETE /blocked-senders/{mark}": Operation("Lift a block", status=204),
    "GET /incidents": Operation(
        "Why nothing automatic is sent to somebody, newest first", mail_answers.Incidents, query=IdPage,
        more="Loops of robots, budgets that are spent, readers who complained.",
    ),
    "POST /incidents/{mark}/reset": Operation(
        "End an incident: what is automatic goes there again", mail_answers.Mark
    ),
    # What came in and what goes out.
    "GET /ledger": Operation(
        "Everything that ever arrived, newest first", answers.Arrivals, query=LedgerPage
    ),
    "GET /ledger/{entry}/raw": Operation("An arrival byte for byte", media=BYTES),
    "GET /deliveries": Operation(
        "Everything that was to be sent, newest first", answers.Deliveries, query=DeliveryPage
    ),
    "POST /ledger/{entry}/replay": Operation(
        "Do an arrival again, as today's program understands it", answers.Arrival, errors=(409,)
    ),
    "POST /deliveries/{delivery}/retry": Operation("Send it once more", answers.QueuedDelivery, errors=(409,)),
    # Lists that a contract's document prescribes.
    "GET /reference-data/{contract}": Operation("The lists of a contract", answers.ReferenceLists),
    "PUT /reference-data/{contract}/{list}/{number}": Operation(
        "Change an entry of a list, or add one", answers.ReferenceEntry, body=shapes.NewEntry, errors=(409,),
        example={"value": "305", "label": "Hospital"},
    ),
    # Webhooks.
    "GET /webhooks": Operation("All webhooks", answers.Webhooks),
    "POST /webhooks": Operation(
        "A new webhook", answers.Webhook, 201, shapes.NewWebhook,
        more="Each event is a POST of JSON, signed with the secret that is shown here and never again.",
        example={"url": "https://example.com/deskbell", "events": ["ticket.created", "ticket.commented"]},
    ),
    "GET /webhooks/{webhook}": Operation("One webhook", answers.Webhook),
    "PATCH /webhooks/{webhook}": Operation(
        "Change a webhook, or switch it off and on", answers.Webhook, body=shapes.WebhookChange,
        example={"active": True},
    ),
    "DELETE /webhooks/{webhook}": Operation("Delete a webhook; what waits for it is not told", status=204),
    "POST /webhooks/{webhook}/secret": Operation(
        "A new secret; the old one signs nothing from now on", answers.Webhook, 201
    ),
    "GET /webhooks/{webhook}/deliveries": Operation(
        "What was told to it, newest first", answers.WebhookLog, query=shapes.WebhookLogQuery
    ),
    "POST /webhooks/{webhook}/deliveries/{delivery}/replay": Operation(
        "Tell an event once more", status=204, errors=(409,)
    ),
}  # fmt: skip

_TAGS = {
    "auth": "Signing in and out",
    "users": "Accounts",
    "api-keys": "Ways in for programs",
    "agents": "Those who answer",
    "clients": "Those whom tickets are for",
    "tickets": "Tickets, their conversation and their files",
    "blocked-senders": "Whom nothing is taken from",
    "incidents": "To whom nothing automatic is sent, and why",
    "ledger": "Everything that ever arrived",
    "deliveries": "Everything that was to be sent",
    "reference-data": "Lists that a contract's document prescribes",
    "webhooks": "Programs that hear what happens to tickets",
}

_ERRORS = {
    400: "Something about the request cannot be used; `errors` names all of it. Correct it and send it again.",
    401: "Nobody is signed in, or the token is not valid any more. Sign in and send it again.",
    403: "You may see it, but not do this with it.",
    404: "There is no such thing, or it is not yours to see.",
    408: "The body did not arrive in time. Send it again.",
    409: "Somebody else was faster, the name is taken, or it cannot be done any more. Read it again.",
    412: "It has changed since you read it (If-Match). Read it again, and decide anew.",
    413: "The body is too large.",
    415: "The body is not of a media type, charset or encoding that is understood here.",
    428: "This desk wants If-Match with every change. Read it first, and send its ETag.",
    429: "Too many requests. Wait as many seconds as Retry-After says.",
    500: "Something went wrong on our side. Tell us the request id.",
    503: "Not now. Try again in as many seconds as Retry-After says.",
}

HEADERS: dict[str, Json] = {
    "If-Match": {
        "description": "The ETag of what you read: with another version nothing is done (412).",
        "schema": {"type": "string"},
    },
    "If-None-Match": {
        "description": "The ETag of what you have: if it is still the same, the answer is 304 without a body.",
        "schema": {"type": "string"},
    },
    "Idempotency-Key": {
        "description": "Names this attempt: sent again with the same key, it is done once and answered twice.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]([ -~]*[!-~])?$"},
    },
}

_SECURITY: dict[str, Json] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access_token of POST /auth/token, or an API key (dk_…).",
    },
    "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key (dk_…)."},
}


def words() -> Words:
    return Words(
        title="Deskbell",
        version=release(),
        description="A support desk. Errors are RFC 9457 problem+json, whose `detail` says what to do next. "
        "Every path answers with and without a slash at its end.",
        operations=OPERATIONS,
        tags=_TAGS,
        errors=_ERRORS,
        headers=HEADERS,
        security=_SECURITY,
        problem=answers.Problem,
        render=problems.rendered,
        meanings=shapes.MEANINGS,
    )


def release() -> str:
    """Of the desk: its documents change with it."""
    try:
        return version("deskbell")
    except PackageNotFoundError:
        # From a folder that was never installed.
        return "0"
