"""For each contract: where a ticket is opened, with what, and what an error of its document looks like."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.api.conftest import Answer

BASIC = {
    "title": "Issue with login",
    "description": "User cannot login to the system",
    "contact_info": "user@example.com",
    "status": "pending",
}
CUSTOMER_SUPPORT = {
    "customer_id": "CUST-001",
    "customer_email": "john@example.com",
    "customer_name": "John Doe",
    "subject": "Cannot login to my account",
    "description": "I've been trying to login for the past hour but keep getting an access denied error.",
    "category": "account_access",
    "priority": "high",
    "status": "new",
    "tags": ["login", "urgent"],
    "metadata": {"source": "web_form", "browser": "Chrome 120", "device_type": "desktop"},
}
HEALTHCARE = {
    "type": "incidence",
    "title": "System Error in ECAP",
    "description": "Users cannot access the patient records module",
    "status_id": 1,
    "crit_id": 3,
    "tool_id": 1,
    "people": ["Dr. Smith"],
    "pathway": "web",
    # No field of this document: it is passed over.
    "status": "created",
}


@dataclass(frozen=True)
class Example:
    """`error`: the names that an error has in all cases; `more`: those that it may have beside them."""

    good: Mapping[str, object]
    error: frozenset[str]
    more: frozenset[str] = frozenset()
    path: str = "/tickets"

    def is_error(self, answer: Answer, status: int) -> bool:
        """In the document's shape, and with something to read in it."""
        return (
            answer.status == status
            and answer.headers["Content-Type"] == "application/json"
            and self.error <= answer.json.keys() <= self.error | self.more
            and all(len(str(answer.json[name])) > 5 for name in answer.json)
        )


EXAMPLES = {
    "basic": Example(BASIC, frozenset({"detail"})),
    "healthcare": Example(HEALTHCARE, frozenset({"detail"})),
    "customer_support": Example(CUSTOMER_SUPPORT, frozenset({"error"}), frozenset({"details", "message"})),
}
