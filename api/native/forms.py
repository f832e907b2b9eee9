"""What is sent as a form with files, as shapes: for the documentation alone. They are read as they come, by `uploads`."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

File = Annotated[bytes, Field(json_schema_extra={"format": "binary"})]


class Upload(BaseModel):
    """What is sent to add files. `comment_id`: the comment that they belong to; left out, they are the ticket's."""

    file: Annotated[list[File], Field(min_length=1)]
    comment_id: UUID | None = None


class TicketFile(BaseModel):
    """A file of tickets, as the one part of a form."""

    file: File
