"""What a desk has decided beforehand: `[[classify.rules]]`, by sender, address or words. Pure.

A rule whose conditions all hold says category, priority, assignee and tags; the first that says something of the kind
is followed, and tags add up. Senders are what mails claim: a rule sorts a ticket, it proves nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.addresses import domain, normal, without_tag
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
    """What the rules say of a ticket; None: nothing. `because` names those whose category or priority it is."""

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
        # Compared as they are stored: a full stop at the end of a domain is none of its letters.
        senders=frozenset(normal(sender) or sender.lower() for sender in section.senders),
        domains=tuple(domain(normal(f"x@{one.removeprefix('@')}") or "") for one in section.domains),
        addresses=frozenset(normal(address) or "" for address in section.addresses),
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
    by_category = next((rule for rule in holding if rule.says.category), None)
    by_priority = next((rule for rule in holding if rule.says.priority), None)
    return Ruling(
        category=by_category.says.category if by_category else None,
        priority=by_priority.says.priority if by_priority else None,
        assignee=next((rule.says.assignee for rule in holding if rule.says.assignee), ""),
        tags=tuple(dict.fromkeys(tag for rule in holding for tag in rule.says.tags)),
        because=tuple(rule.name for rule in holding if rule in (by_category, by_priority)),
    )


def _holds(rule: Rule, message: InboundMessage, words: Sequence[str]) -> bool:
    sender = message.sender.address.lower()
    if rule.senders and sender not in rule.senders:
        return False
    if rule.domains and not _within(sender.rpartition("@")[2], rule.domains):
        return False
    if rule.addresses and rule.addresses.isdisjoint(_sent_to(message)):
        return False
    return not rule.phrases or any(_stands(phrase, words) for phrase in rule.phrases)


def _sent_to(message: InboundMessage) -> Iterator[str]:
    """With a plus tag and without: an answer to an old mail of ours comes to one."""
    for address in message.recipients:
        yield from (address.lower(), without_tag(address.lower())[0])


def _within(host: str, domains: Sequence[str]) -> bool:
    return any(host == one or host.endswith(f".{one}") for one in domains)


def _stands(phrase: Sequence[str], words: Sequence[str]) -> bool:
    first, length = phrase[0], len(phrase)
    return any(word == first and tuple(words[at : at + length]) == phrase for at, word in enumerate(words))
