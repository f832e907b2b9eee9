"""Contract `customer_support`: what is wrong, in its document's sentences, all of it at once."""

from core import tables
from tests.api.conftest import Answer
from tests.contracts.conftest import Served
from tests.contracts.examples import CUSTOMER_SUPPORT
from tests.stored import count

NAME = "customer_support"
EMAIL = "customer_email must be a valid email address"
SUBJECT = "subject must be between 1 and 200 characters"
DESCRIPTION = "description must be between 10 and 2000 characters"
CATEGORY = (
    "category must be one of: account_access, technical_issue, billing_question, feature_request, bug_report, other"
)
PRIORITY = "priority must be one of: urgent, high, medium, low"
STATUS = "status must be one of: new, in_progress, waiting_customer, resolved, closed"
SOURCE = "metadata.source must be one of: web_form, email, api, chat, phone"
DEVICE = "metadata.device_type must be one of: desktop, mobile, tablet"
PAGE = "page must be an integer from 1 on, and reach 100000 tickets deep at most"
TAGS = "tags must be an array of at most 50 strings of 1 to 64 characters"


def is_invalid(answer: Answer, *details: str) -> bool:
    return answer.status == 400 and answer.json == {"error": "Validation failed", "details": list(details)}


WRONG: list[tuple[str, object, list[str]]] = [
    ("customer_id", None, ["customer_id is required"]),
    ("customer_id", "  ", ["customer_id is required"]),
    ("customer_id", 7, ["customer_id must be a text"]),
    # Of a text that the cleaner takes all of, nothing is left, as of one of blanks.
    ("customer_id", "\x07\u202e", ["customer_id is required"]),
    ("customer_name", "\x00 \x9f", ["customer_name is required"]),
    ("customer_email", "\u2066", ["customer_email is required", EMAIL]),
    ("tags", ["\u202a"], [TAGS]),
    ("customer_email", None, ["customer_email is required", EMAIL]),
    ("customer_email", "", ["customer_email is required", EMAIL]),
    ("customer_email", "invalid-email", [EMAIL]),
    ("customer_email", "a@b@c", [EMAIL]),
    ("customer_email", ["john@example.com"], [EMAIL]),
    ("customer_name", "", ["customer_name is required"]),
    ("subject", "", [SUBJECT]),
    ("subject", "   ", [SUBJECT]),
    ("subject", "x" * 201, [SUBJECT]),
    ("subject", None, [SUBJECT]),
    ("subject", 5, [SUBJECT]),
    ("description", "too short", [DESCRIPTION]),
    ("description", " " * 50, [DESCRIPTION]),
    ("description", "x" * 2001, [DESCRIPTION]),
    # Found by schemathesis: what the cleaner takes away counts as well, as the schema says.
    ("description", "x" * 1991 + "\x07" * 10, [DESCRIPTION]),
    ("subject", "x" * 191 + "\x07" * 10, [SUBJECT]),
    ("assigned_to", "\x04\x9a", ["assigned_to must not be empty: null takes it away"]),
    ("category", "hardware", [CATEGORY]),
    ("category", None, [CATEGORY]),
    ("priority", "asap", [PRIORITY]),
    ("priority", "Urgent", [PRIORITY]),
    ("status", "reviewed", [STATUS]),
    ("status", "deleted", [STATUS]),
    ("tags", "login", [TAGS]),
    ("tags", ["login", 5], [TAGS]),
    ("tags", [""], [TAGS]),
    ("tags", ["x" * 65], [TAGS]),
    ("tags", [str(number) for number in range(51)], [TAGS]),
    ("tags", None, [TAGS]),
    ("metadata", "web_form", ["metadata must be a JSON object"]),
    ("metadata", {}, [SOURCE]),
    ("metadata", {"source": "pigeon", "device_type": "toaster"}, [SOURCE, DEVICE]),
    ("metadata", {"source": "api", "browser": 5}, ["metadata.browser must be a text"]),
    ("metadata", {"source": "api", "ip": "::1"}, ["metadata.ip is no field of this request: leave it out"]),
    ("assigned_to", 5, ["assigned_to must be a text"]),
    ("colour", "red", ["colour is no field of this request: leave it out"]),
]


async def test_what_is_wrong_is_said_in_the_documents_sentences(ask: Served) -> None:
    ticket = (await ask(NAME, "POST", "/tickets", json=CUSTOMER_SUPPORT)).json

    for field, value, details in WRONG:
        creating = await ask(NAME, "POST", "/tickets", json={**CUSTOMER_SUPPORT, field: value})
        changing = await ask(NAME, "PUT", f"/tickets/{ticket['id']}", json={field: value})
        assert is_invalid(creating, *details), (field, value)
        assert is_invalid(changing, *details), (field, value)
    assert await count(ask.desk, tables.tickets) == 1


MISSED = [
    ("customer_id", ["customer_id is required"]),
    ("customer_email", ["customer_email is required", EMAIL]),
    ("customer_name", ["customer_name is required"]),
    ("subject", [SUBJECT]),
    ("description", [DESCRIPTION]),
    ("category", [CATEGORY]),
    ("priority", [PRIORITY]),
    ("status", [STATUS]),
]


async def test_what_the_schema_requires_is_missed(ask: Served) -> None:
    for field, details in MISSED:
        rest = {name: value for name, value in CUSTOMER_SUPPORT.items() if name != field}
        assert is_invalid(await ask(NAME, "POST", "/tickets", json=rest), *details), field


async def test_nothing_at_all_is_told_everything(ask: Served) -> None:
    answer = await ask(NAME, "POST", "/tickets", json={})

    assert is_invalid(
        answer, "customer_id is required", "customer_email is required", EMAIL, "customer_name is required", SUBJECT,
        DESCRIPTION, CATEGORY, PRIORITY, STATUS,
    )  # fmt: skip


QUERIES = [
    ("status=open", [STATUS]),
    ("status=reviewed", [STATUS]),
    ("priority=Critical&category=x", [PRIORITY, CATEGORY]),
    ("page=0", [PAGE]),
    ("page=x&limit=-1", [PAGE, "limit must be an integer from 1 to 100"]),
    ("limit=101", ["limit must be an integer from 1 to 100"]),
    ("page=99999999999999999999999", [PAGE]),
    ("page=2000000", [PAGE]),
    ("statu=new", ["statu is no field of this request: leave it out"]),
]


async def test_a_query_that_means_nothing_is_refused(ask: Served) -> None:
    for query, details in QUERIES:
        assert is_invalid(await ask(NAME, "GET", f"/tickets?{query}"), *details), query
