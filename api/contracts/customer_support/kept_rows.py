"""What the document's ticket has beyond others, of a row of a file. Loads nothing: it is used where the file is read,
which may be in another process (ingest/import_apart.py).
"""

from collections.abc import Mapping, Set

from core.rows import TicketRow


def kept(row: TicketRow, *, contract: str, ours: Set[str]) -> Mapping[str, object]:
    """By the names of the document. An agent of `ours` gets the ticket itself, and no mention here."""
    own: dict[str, object] = {
        "customer_id": row.customer_id,
        "customer_email": row.customer_email,
        "customer_name": row.customer_name,
        "tags": list(row.tags),
    }
    if row.assigned_to and row.assigned_to.lower() not in ours:
        own["assigned_to"] = row.assigned_to
    return {contract: own, "metadata": dict(row.metadata)} if row.metadata else {contract: own}
