"""What the native API answers when a ticket was classified, as shapes (see api/native/answers.py)."""

from api.native.answers import Answer, Ticket
from core.vocabulary import Category, Priority


class Classification(Answer):
    category: Category
    priority: Priority
    confidence: float
    reasoning: str
    keywords_found: list[str]


class ClassifiedTicket(Answer):
    ticket: Ticket
    classification: Classification
