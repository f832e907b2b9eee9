"""Every sentence the form says, by language. To add a language, add a table with the same keys; a test compares."""

from collections.abc import Mapping

Texts = Mapping[str, str]

ENGLISH: Texts = {
    "language": "en",
    "title": "How can we help?",
    "lead": "Tell us what happened. You get a link to follow your ticket, and our answer by email.",
    "name": "Your name",
    "optional": "optional",
    "email": "Your email address",
    "email_hint": "We send our answer there, and nothing else.",
    "subject": "Subject",
    "subject_hint": "The matter in a few words.",
    "message": "Message",
    "message_hint": "What did you do, what did you expect, and what happened instead?",
    "files": "Files",
    "files_hint": "Up to {count}, {size} together: {kinds}.",
    "files_count_one": "one file",
    "files_count": "{count} files",
    "files_again": "A web page cannot keep chosen files: please choose them again.",
    "trap": "Leave this field empty",
    "send": "Send message",
    "error_in_title": "Error",
    "problems": "Please check the following",
    "not_sent": "Your message was not sent yet",
    # What can be wrong with a field.
    "name_long": "Shorten the name to {most} characters: it has {has}.",
    "email_missing": "Enter your email address, so that we can answer you.",
    "email_wrong": "Enter a full email address, such as ann@example.com.",
    "email_ours": "This is our own address. Enter yours, so that we can answer you.",
    "subject_missing": "Enter a subject: the matter in a few words.",
    "subject_long": "Shorten the subject to {most} characters: it has {has}.",
    "message_missing": "Write your message.",
    "message_long": "Shorten the message to {most} characters (it has {has}), or attach it as a file.",
    "files_many": "Choose at most {most} files: there are {has}.",
    "files_none": "Files cannot be sent with this form.",
    "files_total": "Choose fewer or smaller files: together they may have {most}.",
    "file_large": "“{name}” is too large: a file may have {most}.",
    "file_kind": "“{name}” is of a kind that we do not accept.",
    "file_nameless": "A file has no usable name. Rename it and choose it again.",
    "file_content": "“{name}” is not what its name says. Check the file, and save it in the right format.",
    "file_program": "“{name}” contains a program or a web page. We cannot accept it, whatever it is called.",
    # What can be wrong with the whole.
    "stale": "This page was out of date. What you wrote is still here: please press “{send}” again.",
    "too_fast": "That was very quick. Please look over your message, then press “{send}” again.",
    "too_often": "Too many messages came from your network. Please wait {wait}, then press “{send}” again.",
    "wait_one": "one minute",
    "wait": "{minutes} minutes",
    "unavailable": "We cannot store your message at the moment. It is still here: please try again in a minute.",
    "malformed": "Your browser's message could not be read. Please check what you wrote, and send it again.",
    "wrong_type": "This address takes messages from the form below only.",
    "too_slow": "Your message took too long to arrive. Please try again, perhaps with smaller files.",
    "too_large": "Your message is too large. Please try again with fewer or smaller files.",
    "footer": "Only the people who answer you can read your message.",
}

LANGUAGES: Mapping[str, Texts] = {"en": ENGLISH}


def of(language: str) -> Texts:
    """The texts in `language` (`de-AT` is served by `de`), or in English."""
    return LANGUAGES.get(language) or LANGUAGES.get(language.partition("-")[0]) or ENGLISH
