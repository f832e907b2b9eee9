"""Handing one part of a letter to Telegram, by python-telegram-bot. Raises its errors; `outcomes` reads them."""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

# httpcore looks for this package at each request, some ten times: where it is not there, that is 4 ms of searching
# through all folders. This is the import system's own way to say so at once; then httpcore takes it for asyncio.
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]

from telegram import (
    Bot,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    InputMediaDocument,
    InputMediaPhoto,
    LinkPreviewOptions,
    ReplyParameters,
)
from telegram.constants import ParseMode
from telegram.request import HTTPXRequest

from bot import split
from bot.letters import Album, Edit, Letter, Notice, Part, Upload, Withdrawal, Words
from bot.talk import Button
from core.config import TelegramSection

# Telegram answers within a second; a file takes as long as the line needs.
ANSWER_SECONDS = 20.0
UPLOAD_SECONDS = 120.0
CONNECTIONS = 16
# What a customer's words link to is nobody's to show.
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@asynccontextmanager
async def bot_of(settings: TelegramSection) -> AsyncIterator[Bot]:
    """The bot for as long as the block lasts. Asks Telegram nothing by itself."""
    request = HTTPXRequest(
        connection_pool_size=CONNECTIONS,
        read_timeout=ANSWER_SECONDS,
        write_timeout=ANSWER_SECONDS,
        connect_timeout=10.0,
        # There are never more requests than connections for long.
        pool_timeout=ANSWER_SECONDS,
        media_write_timeout=UPLOAD_SECONDS,
    )
    async with request:
        yield Bot(
            settings.token.get_secret_value(),
            base_url=f"{settings.api_base_url}/bot",
            base_file_url=f"{settings.api_base_url}/file/bot",
            request=request,
            # Never used: updates are fetched by a loop of our own.
            get_updates_request=request,
        )


# The numbers of what something became in its chat.
Messages = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Post:
    bot: Bot

    async def hand_over(self, letter: Letter, part: Part) -> Messages:
        """Answers the numbers of the messages that it became; none where it became none."""
        match part:
            case Words():
                return (await self._say(letter, part, ParseMode.HTML),)
            case Edit():
                return (await self._edit(letter, part, ParseMode.HTML),)
            case Notice():
                await self.bot.answer_callback_query(part.press, text=part.text or None)
                return ()
            case Upload():
                return (await self._upload(letter, part),)
            case Album():
                return await self._album(letter, part)
            case Withdrawal():
                await self.bot.delete_messages(int(letter.chat), [int(one) for one in part.messages])
                return ()

    async def hand_over_plainly(self, letter: Letter, part: Part) -> Messages:
        """The same with nothing in it that could be read wrongly."""
        match part:
            case Words():
                return (await self._say(letter, replace(part, html=split.plain(part.html)), None),)
            case Edit():
                return (await self._edit(letter, replace(part, html=split.plain(part.html)), None),)
            case _:
                return await self.hand_over(letter, part)

    async def _say(self, letter: Letter, words: Words, parse_mode: str | None) -> str:
        sent = await self.bot.send_message(
            int(letter.chat),
            words.html,
            parse_mode=parse_mode,
            message_thread_id=_thread(letter),
            reply_parameters=_reply(letter),
            # In a group only who is named in it, or answered by it, is to answer.
            reply_markup=ForceReply(selective=True) if words.asks else _keyboard(words.buttons),
            disable_notification=letter.silent or None,
            link_preview_options=_NO_PREVIEW,
        )
        return str(sent.message_id)

    async def _edit(self, letter: Letter, edit: Edit, parse_mode: str | None) -> str:
        chat, message, keyboard = int(letter.chat), int(edit.message), _keyboard(edit.buttons)
        if edit.html:
            await self.bot.edit_message_text(
                edit.html,
                chat_id=chat,
                message_id=message,
                parse_mode=parse_mode,
                reply_markup=keyboard,
                link_preview_options=_NO_PREVIEW,
            )
        else:
            await self.bot.edit_message_reply_markup(chat_id=chat, message_id=message, reply_markup=keyboard)
        return edit.message

    async def _upload(self, letter: Letter, upload: Upload) -> str:
        file = InputFile(upload.data, filename=upload.filename)
        chat, thread, reply = int(letter.chat), _thread(letter), _reply(letter)
        if upload.as_picture:
            sent = await self.bot.send_photo(chat, file, message_thread_id=thread, reply_parameters=reply)
        else:
            sent = await self.bot.send_document(
                chat,
                file,
                message_thread_id=thread,
                reply_parameters=reply,
                # Otherwise a film or a tune becomes something else than the file that was sent.
                disable_content_type_detection=True,
                read_timeout=UPLOAD_SECONDS,
            )
        return str(sent.message_id)

    async def _album(self, letter: Letter, album: Album) -> Messages:
        sent = await self.bot.send_media_group(
            int(letter.chat),
            [_in_album(one) for one in album.files],
            message_thread_id=_thread(letter),
            reply_parameters=_reply(letter),
            read_timeout=UPLOAD_SECONDS,
        )
        return tuple(str(one.message_id) for one in sent)


def _in_album(upload: Upload) -> InputMediaPhoto | InputMediaDocument:
    data, name = upload.data, upload.filename
    if upload.as_picture:
        return InputMediaPhoto(data, filename=name)
    return InputMediaDocument(data, filename=name, disable_content_type_detection=True)


def _thread(letter: Letter) -> int | None:
    return int(letter.topic) if letter.topic else None


def _reply(letter: Letter) -> ReplyParameters | None:
    # What is answered may have been deleted meanwhile; the answer is needed all the same.
    return ReplyParameters(int(letter.reply_to), allow_sending_without_reply=True) if letter.reply_to else None


def _keyboard(rows: Sequence[Sequence[Button]]) -> InlineKeyboardMarkup | None:
    if not rows:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(button.label, callback_data=button.data) for button in row] for row in rows]
    )
