"""What inference says about a ticket."""

from dataclasses import dataclass

from core.vocabulary import Category, Priority


@dataclass(frozen=True, slots=True)
class Classification:
    """`confidence` is the probability, 0 to 1, that `category` is right; `keywords` stand literally in the ticket."""

    category: Category
    priority: Priority
    confidence: float
    reasoning: str
    keywords: tuple[str, ...]
