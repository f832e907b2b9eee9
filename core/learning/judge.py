"""The desk's judgement of a new ticket: its rules, its lexicon and what it has learned, and how far to act on it. Pure.

One value holds all of it for the process, made when the desk opens and made anew when it has learned something, so
that no message waits for a look-up.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from core.classify.inference import HIGH, classify
from core.classify.library import Library
from core.classify.model import NOTHING_LEARNED, Classification, Learned
from core.config import ClassifySection
from core.learning.rules import Ruling, compiled, ruling
from core.messages import InboundMessage, Wishes
from core.vocabulary import SETTLED, Category

# A rule is no guess.
CERTAIN = 1.0


@dataclass(frozen=True, slots=True)
class Judged:
    """What a ticket is opened with. `needs_review`: somebody should look whether the category is right."""

    classification: Classification
    needs_review: bool = False
    assignee: str = ""
    assignee_id: UUID | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judge:
    """`library` None: as it came with the program. `agents` are the ids of those whom rules and settings name."""

    settings: ClassifySection = field(default_factory=ClassifySection)
    library: Library | None = None
    learned: Learned = NOTHING_LEARNED
    agents: Mapping[str, UUID] = field(default_factory=dict)

    def of_message(self, message: InboundMessage) -> Judged:
        found = self.of_text(message.subject, message.new_text or message.text)
        said = ruling(message, compiled(self.settings.rules)) if self.settings.rules else None
        return self._judged(found, said, message.wishes)

    def of_text(self, subject: str, body: str) -> Classification:
        return classify(subject, body, library=self.library, learned=self.learned)

    def doubts(self, found: Classification) -> bool:
        return found.confidence < self.settings.review_below

    def _judged(self, found: Classification, said: Ruling | None, wishes: Wishes) -> Judged:
        if said is not None and said.because:
            found = _ruled(found, said)
        # What the sender has said is sure, and what is settled already is nobody's to work on.
        category = wishes.category or found.category
        sure = wishes.category is not None or found.confidence >= self.settings.act_from
        tags = (*(said.tags if said else ()), *(self.settings.tags.get(category, ()) if sure else ()))
        if wishes.assignee_id or wishes.status in SETTLED:
            return Judged(found, tags=tags)
        named = (said.assignee if said else "") or (self.settings.assign.get(category, "") if sure else "")
        agent = self.agents.get(named.lower()) if named else None
        doubted = wishes.category is None and self.doubts(found)
        return Judged(found, doubted, named if agent else "", agent, tags)


def _ruled(found: Classification, said: Ruling) -> Classification:
    """The reasoning keeps its first sentence, of the words, and says then what was decided otherwise."""
    decided = [f"{what} {value}" for what, value in (("category", said.category), ("priority", said.priority)) if value]
    because = f"By {', '.join(said.because)}: {', '.join(decided)}" if decided else ""
    return replace(
        found,
        category=said.category or found.category,
        priority=said.priority or found.priority,
        confidence=CERTAIN if said.category else found.confidence,
        reasoning=_reasoned(found, said.category, because),
    )


def _reasoned(found: Classification, category: Category | None, because: str) -> str:
    if not because:
        return found.reasoning
    if category is None or (category == found.category and found.confidence >= HIGH):
        return f"{found.reasoning}. {because}"
    words = f" based on keywords: {', '.join(found.keywords)}" if found.keywords else ""
    if category == found.category:
        return f"Classified as {category} (high confidence){words}. {because}"
    return f"Classified as {category} (high confidence). {because}. Its words alone say {found.category}{words}"
