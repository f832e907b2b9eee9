"""The document's closed sets. Category and priority are called as here."""

from api.contracts.contract import Words
from core.vocabulary import Category, Channel, Priority, Status

CATEGORY: Words[str, Category] = Words({word.value: word for word in Category})
PRIORITY: Words[str, Priority] = Words({word.value: word for word in Priority})

_STATUSES = (Status.NEW, Status.IN_PROGRESS, Status.WAITING_CUSTOMER, Status.RESOLVED, Status.CLOSED)
STATUS: Words[str, Status] = Words(
    {word.value: word for word in _STATUSES},
    seen_as={Status.REVIEWED: "new", Status.DISCARDED: "closed"},
    hidden={Status.DELETED},
)

# Where a ticket came from, unless its metadata says otherwise.
SOURCE: Words[str, Channel] = Words(
    {
        "web_form": Channel.WEB_FORM,
        "email": Channel.EMAIL,
        "api": Channel.API,
        "chat": Channel.TELEGRAM,
        "phone": Channel.PHONE,
    },
    seen_as={Channel.CONSOLE: "chat", Channel.MOBILE: "phone", Channel.IMPORT: "api", Channel.IN_PERSON: "api"},
)
