"""What is wrong with the bot: its token, where Telegram calls, and what it may see in the group of the agents."""

from bot import api, webhook
from bot.api import Api, Away, Refused
from bot.kinds import Json, part, short, text
from core.chat import arrivals, postings
from core.config import Settings
from core.running.doctor import UNUSABLE, Finding, Level, database_file
from core.storage import database, schema

SECONDS = 10


async def examine(settings: Settings) -> list[Finding]:
    """All findings, also those that all is well. Asks Telegram, and tells it nothing."""
    if not settings.telegram.enabled:
        return []
    async with api.opened(settings.telegram) as asked:
        try:
            found = [_named(part(await asked.call("getMe", {}, seconds=SECONDS)), settings)]
            found += await _where_it_calls(asked, settings)
            found += await _in_the_group(asked, settings)
        except (Away, Refused) as error:
            found = [_unanswered(error, settings)]
    return found + await _set_aside(settings)


def _unanswered(error: Away | Refused, settings: Settings) -> Finding:
    if isinstance(error, Refused) and error.code in (401, 404):
        advice = "ask @BotFather for the token (/mybots, API Token) and set telegram.token"
        return Finding(Level.FAULT, "telegram: the token is refused", advice)
    what = f"telegram: {settings.telegram.api_base_url} gives no answer ({error})"
    return Finding(Level.FAULT, what, "check telegram.api_base_url, and that this machine reaches it")


def _named(me: Json, settings: Settings) -> Finding:
    return Finding(Level.OK, f"telegram: the bot is @{short(me.get('username'))}, mode {settings.telegram.mode}")


async def _where_it_calls(asked: Api, settings: Settings) -> list[Finding]:
    info = part(await asked.call("getWebhookInfo", {}, seconds=SECONDS))
    url, ours = text(info.get("url")), webhook.url_of(settings)
    if settings.telegram.mode == "polling":
        if not url:
            return []
        advice = "if Deskbell runs, it removes it; otherwise another program uses this bot: one token is for one desk"
        return [Finding(Level.WARNING, "telegram: a webhook is set, so that nothing can be fetched", advice)]
    if not ours.startswith("https://"):
        what = f"telegram: {ours} is not https, which Telegram does not call"
        return [
            Finding(Level.WARNING, what, 'set desk.public_url to an https:// address, or telegram.mode = "polling"')
        ]
    if url != ours:
        return [
            Finding(Level.WARNING, "telegram: the webhook is not set to this desk", "it is set when Deskbell starts")
        ]
    if said := short(info.get("last_error_message")):
        advice = "see that the web server in front lets telegram.webhook_path through"
        return [Finding(Level.WARNING, f"telegram: its last call failed ({said})", advice)]
    return [Finding(Level.OK, f"telegram: calls {ours}")]


async def _in_the_group(asked: Api, settings: Settings) -> list[Finding]:
    staff = settings.telegram.staff_chat_id
    if not staff:
        return []
    me = part(await asked.call("getMe", {}, seconds=SECONDS))
    try:
        found = await asked.call("getChatMember", {"chat_id": staff, "user_id": me.get("id")}, seconds=SECONDS)
    except Refused as error:
        advice = "add the bot to the group, and set telegram.staff_chat_id to the number that the log then names"
        return [Finding(Level.FAULT, f"telegram: the bot is not in the agents' group ({error.reason})", advice)]
    if text(part(found).get("status")) in ("administrator", "creator"):
        return [await _as_an_admin(asked, staff, part(found))]
    if me.get("can_read_all_group_messages") is True:
        advice = "make it an admin there who may manage topics and pin messages, so that each ticket has a topic"
        return [Finding(Level.WARNING, "telegram: the bot is no admin of the agents' group", advice)]
    advice = "make it an admin there, or switch privacy off (@BotFather, /setprivacy) and add it anew"
    return [Finding(Level.WARNING, "telegram: in the agents' group the bot sees commands only", advice)]


async def _as_an_admin(asked: Api, staff: int, member: Json) -> Finding:
    chat = part(await asked.call("getChat", {"chat_id": staff}, seconds=SECONDS))
    if chat.get("is_forum") is not True:
        advice = "switch topics on in its settings, so that each ticket has one; until then tickets come as messages"
        return Finding(Level.WARNING, "telegram: the agents' group has no topics", advice)
    if member.get("status") == "administrator" and member.get("can_manage_topics") is not True:
        advice = "allow it to manage topics, in the group's list of admins"
        return Finding(Level.WARNING, "telegram: the bot may not make topics in the agents' group", advice)
    return Finding(Level.OK, "telegram: the bot is an admin of the agents' group")


async def _set_aside(settings: Settings) -> list[Finding]:
    file = database_file(settings)
    if file is not None and not file.exists():
        return []
    try:
        async with database.connected(settings.database_url) as base:
            if await schema.version(base) != schema.HEAD:
                return []
            async with base.reading() as connection:
                unhandled, unsure = await arrivals.unhandled(connection), await postings.count(connection)
    except UNUSABLE:
        return []  # core.running.doctor says so
    found = []
    if unhandled:
        advice = "look for telegram_update_failed in the log; they are kept in the table telegram_updates"
        found.append(Finding(Level.WARNING, f"telegram: {unhandled} updates could not be handled", advice))
    if unsure:
        advice = "the cards of their tickets say so (❓): read there what the customer wrote (/history)"
        what = f"telegram: of {unsure} messages nobody knows whether agents were shown them"
        found.append(Finding(Level.WARNING, what, advice))
    return found
