"""What a desk has decided beforehand: `[[classify.rules]]`, by sender, address or words. Pure.

A rule whose conditions all hold says category, priority, assignee and tags; the first that says something of the kind
is followed, and tags add up. Senders are what mails claim: a rule sorts a ticket, it proves nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.classify.words import folded
from core.config import RuleSection
from core.messages import InboundMessage
from core.vocabulary import Category, Priority

# As much of the text as the classifier reads.
READ = 1_500


@dataclass(frozen=True, slots=True)
class Rule:
    """`phrases` are folded. `name` is how the reasoning calls it."""

    name: str
    senders: frozenset[str]
    domains: tuple[str, ...]
    addresses: frozenset[str]
    phrases: tuple[tuple[str, ...], ...]
    says: "Ruling"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the rules say of a ticket; None: nothing. `because` names the rules."""

    category: Category | None = None
    priority: Priority | None = None
    assignee: str = ""
    tags: tuple[str, ...] = ()
    because: tuple[str, ...] = ()


SILENT = Ruling()


@lru_cache(maxsize=8)
def compiled(sections: tuple[RuleSection, ...]) -> tuple[Rule, ...]:
    return tuple(_rule(number, section) for number, section in enumerate(sections, 1))


def _rule(number: int, section: RuleSection) -> Rule:
    return Rule(
        name=section.name or f"rule {number}",
        senders=frozenset(sender.lower() for sender in section.senders),
        domains=tuple(domain.lower().lstrip("@") for domain in section.domains),
        addresses=frozenset(address.lower() for address in section.addresses),
        phrases=tuple(tuple(folded(phrase)) for phrase in section.words),
        says=Ruling(section.category, section.priority, section.assignee, section.tags),
    )


def ruling(message: InboundMessage, rules: Sequence[Rule]) -> Ruling:
    if not rules:
        return SILENT
    words: list[str] = []
    if any(rule.phrases for rule in rules):
        words = folded(f"{message.subject}\n\n{(message.new_text or message.text)[:READ]}")
    holding = [rule for rule in rules if _holds(rule, message, words)]
    if not holding:
        return SILENT
    said = [rule.says for rule in holding]
    return Ruling(
        category=next((one.category for one in said if one.category), None),
        priority=next((one.priority for one in said if one.priority), None),
        assignee=next((one.assignee for one in said if one.assignee), ""),
        tags=tuple(dict.fromkeys(tag for one in said for tag in one.tags)),
        because=tuple(rule.name for rule in holding),
    )


def _holds(rule: Rule, message: InboundMessage, words: Sequence[str]) -> bool:
    sender = message.sender.address.lower()
    if rule.senders and sender not in rule.senders:
        return False
    if rule.domains and not _within(sender.rpartition("@")[2], rule.domains):
        return False
    if rule.addresses and rule.addresses.isdisjoint(address.lower() for address in message.recipients):
        return False
    return not rule.phrases or any(_stands(phrase, words) for phrase in rule.phrases)


def _within(domain: str, domains: Sequence[str]) -> bool:
    return any(domain == one or domain.endswith(f".{one}") for one in domains)


def _stands(phrase: Sequence[str], words: Sequence[str]) -> bool:
    first, length = phrase[0], len(phrase)
    return any(word == first and tuple(words[at : at + length]) == phrase for at, word in enumerate(words))
