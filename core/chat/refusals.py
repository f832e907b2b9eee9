"""What core refuses in words that edges may say in other languages: here in English, each by its key.

An API says them as they are; the bot has a sentence of its own for each (`[refused]` in bot/texts).
"""

from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    "account_kept": "there is an account with a password for you: ask us to disable it first",
    "agent_inactive": "{name} is not an active agent",
    "assign_admins": "assigning others is an admin's: you can take a free ticket and release your own",
    "block_admins": "blocking senders of mail is an admin's",
    "block_none": "nobody has blocked this customer",
    "block_within": "an agent can block somebody for {days} days at most: ask an admin",
    "body_empty": "must not be empty",
    "canned_name": "must be 1 to 40 of a-z, 0-9, - and _, beginning with a letter or digit",
    "canned_places": "knows only {known}, not {unknown}",
    "codes_spent": "too many codes were asked for today: try again tomorrow",
    "comment_changed": "somebody else changed this comment in the meantime: read it again",
    "comment_colleagues": "this answer is a colleague's: ask them, or add a comment of your own",
    "comment_old": "a comment can be changed for {minutes} minutes only: add another one instead",
    "comment_sent": "this has been sent by mail and cannot be changed any more: send another comment",
    "for_agents": "this is for agents: ask the support team",
    "mail_address": "must be a mail address, such as ann@example.com",
    "merge_customers": "is of another customer, who would read what is not theirs: link them in a note",
    "merge_merged": "was merged into another ticket itself: name that one",
    "merge_same": "is the same ticket: name another one",
    "snooze_within": "must lie ahead, within {days} days",
    "split_first": "is what opened the ticket: there is nothing to split",
    "status_cannot": "cannot become {wanted} from {now}: use DELETE to delete a ticket",
    "ticket_changed": "somebody else changed this ticket in the meantime: read it again",
    "undo_late": "something else has happened on ticket {number} since: change it back by hand",
    "undo_nothing": "there is nothing to undo: that goes for {seconds} seconds after an act",
    "withdraw_first": "this is what opened the ticket: close it, or have everything deleted",
    "withdraw_late": "only what was sent within {hours} hours can be taken back: add another comment instead",
}


class Worded(str):
    """A refusal in English, and what it takes to say it otherwise: its key, and what stands in its places."""

    __slots__ = ("key", "values")
    key: str
    values: Mapping[str, object]


def worded(key: str, **values: object) -> Worded:
    said = Worded(ENGLISH[key].format(**values))
    said.key, said.values = key, values
    return said
