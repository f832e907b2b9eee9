"""What is new in an answer."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import forwarded, quoting
from ingest.html_text import to_text
from ingest.quoting import Said
from tests.ingest.forward_samples import LANGUAGES, outlook
from tests.ingest.html_samples import ANSWERS
from tests.ingest.quote_samples import ATTRIBUTIONS, UNBROKEN

QUOTED = "> Please pull the plug.\n> Your desk"


@pytest.mark.parametrize(
    "attribution",
    [
        "On Mon, 2 Mar 2026 at 12:10, Desk <support@desk.example> wrote:",
        "On Mon, 2 Mar 2026 at 12:10, Desk Support\n<support@desk.example> wrote:",
        "On Mon, 2 Mar 2026 at 12:10, Desk <support@desk.example>\nwrote:",
        "Desk Support <support@desk.example> wrote:",
        "Am 02.03.2026 um 12:10 schrieb Desk Support <support@desk.example>:",
        "Am Mo., 2. März 2026 um 12:10 Uhr schrieb Desk <\nsupport@desk.example>:",
        "Le lun. 2 mars 2026 à 12:10, Desk <support@desk.example> a écrit :",
        "El lun, 2 mar 2026 a las 12:10, Desk (<support@desk.example>) escribió:",
        "Il giorno lun 2 mar 2026 alle ore 12:10 Desk <support@desk.example> ha scritto:",
        "Em seg., 2 de mar. de 2026 às 12:10, Desk <support@desk.example> escreveu:",
        "Op ma 2 mrt 2026 om 12:10 schreef Desk <support@desk.example>:",
        "Den mån 2 mars 2026 kl 12:10 skrev Desk <support@desk.example>:",
        "pon., 2 mar 2026 o 12:10 Desk <support@desk.example> napisał(a):",
        "пн, 2 мар. 2026 г. в 12:10, Desk <support@desk.example>:",
        "02.03.2026 12:10, Desk пишет:",
        "2 Mart 2026 Pzt 12:10 tarihinde Desk <support@desk.example> şunu yazdı:",
        "2026年3月2日(月) 12:10 Desk <support@desk.example>:",
        "Desk <support@desk.example> 于2026年3月2日周一 12:10写道：",
        "2026년 3월 2일 (월) 오후 12:10, Desk <support@desk.example>님이 작성:",
        "---- On Mon, 02 Mar 2026 12:10:00 +0000 Desk wrote ----",
    ],
)
def test_an_attribution_ends_what_is_new(attribution: str) -> None:
    assert quoting.new_text(f"It stopped, thanks.\n\n{attribution}\n\n{QUOTED}\n") == "It stopped, thanks."


@pytest.mark.parametrize(
    "head",
    [
        "-----Original Message-----\nFrom: Desk",
        "----- Mail original -----\nDe: Desk <support@desk.example>\nÀ: Ann\nEnvoyé: Lundi 2 Mars 2026 12:10:33\nObjet: imprimante",
        "Desk ---03/02/2026 12:10:00 PM---Please pull the plug.\n\nFrom: Desk <support@desk.example>\nTo: Ann/Shop@Shop\nDate: 03/02/2026 12:10 PM\nSubject: x",
        "Sent from Windows Mail\n\nFrom: Desk\nSent: Monday, March 2, 2026 12:10 PM\nTo: Ann",
        "-----Ursprüngliche Nachricht-----\nVon: Desk",
        "From: Desk <support@desk.example>\nSent: Monday\nTo: Ann\nSubject: The printer",
        "________________________________\nFrom: Desk\nSent: Monday\nTo: Ann\nSubject: The printer",
        "*From:* Desk\n*Date:* Monday\n*To:* Ann\n*Subject:* The printer",
        "Von: Desk\nGesendet: Montag\nAn: Ann\nBetreff: Drucker",
        "De : Desk\nEnvoyé : lundi\nÀ : Ann\nObjet : imprimante",
        "De: Desk\nEnviado el: lunes\nPara: Ann\nAsunto: impresora",
        "Da: Desk\nInviato: lunedì\nA: Ann\nOggetto: stampante",
        "De: Desk\nEnviada em: segunda\nPara: Ann\nAssunto: impressora",
        "Van: Desk\nVerzonden: maandag\nAan: Ann\nOnderwerp: printer",
        "------------------ Original ------------------\nFrom: Desk",
        "-------- 원본 이메일 --------\n보낸 사람: Desk",
        "Daripada: Desk\nDihantar: Isnin\nKepada: Ann\nSubjek: pencetak",
        "________________________________\nQwe: Desk <support@desk.example>\nRtz: 2 Mar 2026 12:10\nUio: Ann",
        "प्रेषक: Desk\nभेजा गया: 2 मार्च\nप्रति: Ann\nविषय: प्रिंटर",
        "  Original Message  \nFrom: Desk\nSent: Monday\nTo: Ann\nSubject: The printer",
        "---- 回复的原邮件 ----\n| 发件人 | Desk<support@desk.example> |\n| 主题 | The printer |",
        "  On Mon, Mar 2, 2026 at 12:10, Desk<support@desk.example> wrote:   Hello Ann",
    ],
)
def test_the_head_of_a_quoted_mail_ends_what_is_new(head: str) -> None:
    assert quoting.new_text(f"It stopped.\n\n{head}\n\nPlease pull the plug.\n") == "It stopped."


def test_our_own_marker_is_believed_first() -> None:
    text = (
        "It stopped.\n\nOn 2 Mar 2026, Desk <support@desk.example> wrote:\n"
        "> ##- Please write your reply above this line -##\n> Old words\nwhatever comes"
    )

    assert quoting.new_text(text) == "It stopped."


@pytest.mark.parametrize(
    "text",
    [
        "No quote at all.\n\nOnly text.",
        "On Monday I wrote to you: nothing happened.\nSince then silence.",
        "> Did you pull the plug?\nYes.\n> And the lamp?\nNo.",
        "On 2 Mar 2026 at 12:10, Desk <d@desk.example> wrote:\n> only the quote",
        "> a quote\n\nand a text",
        "-- \nonly a signature",
        "---------- Forwarded message ---------\nFrom: Bo\nDate: Monday\nSubject: x\nTo: Ann\n\nWhat Bo wrote.",
        "On 12 March 2026 I wrote to you about it:\n\nthe lamp was broken.",
        "See this log:\n```\n> a prompt\n-- \nFrom: x\nSent: y\nTo: z\n```\nWhat is wrong?",
        "- Bo wrote:\n- the lamp is broken",
        "* On 2 March 2026 Bo wrote:\n* On 3 March 2026 Cleo answered:\n\nWho is right?",
        "Three things:\n-- the lamp\n-- the door\n-- the roof",
        "The log:\n\nFrom: 10.0.0.1\nTo: 10.0.0.2\nDate: 2026-03-02\n\nWhat is it?",
        "Hello,\n\nat 10:30 it was as you wrote:\n\nall lights red.",
        "Hello,\n\nin 2026 the manual said:\n\npull the plug.",
        "Hello,\n\nplease write to bo@shop.example before 12:00:\n\nhe waits.",
        "It was sent by courier\nsent by courier, and lost",
        "I wrote:\n> a line of the log\nand nobody answered.",
        "From: here\nto there\nTo: be or not",
        "",
        "\n\n\n",
    ],
)
def test_when_unsure_everything_is_shown(text: str) -> None:
    assert quoting.new_text(text) is None


def test_answers_between_quoted_lines_are_shown_with_them_and_without_the_line_above() -> None:
    between = "> Did you?\nYes.\n> And?\nNo."

    assert quoting.new_text(f"On 2 Mar 2026 at 12:10, Desk <d@desk.example> wrote:\n{between}") == between


@pytest.mark.parametrize(
    "below",
    [
        "---\n*Previous Replies*\n\nPull the plug.",
        " ------------------------------\nPrevious discussion\nann July 24\n\nPull the plug.",
        "---\n**Vorherige Antworten**\n\nPull the plug.",
        "From: Ann Lee\nSent: \u200eMonday\u200e, \u200eMarch\u200e \u200e2\u200e, \u200e2026 \u200e12\u200e:\u200e10\u200e \u200ePM\nTo: Bo\n\nPull the plug.",
    ],
)
def test_what_a_forum_or_windows_mail_sends_along_is_quoted(below: str) -> None:
    assert quoting.new_text(f"It stopped.\n\n{below}") == "It stopped."


def test_a_line_about_a_journey_is_no_head() -> None:
    assert quoting.new_text("My journey:\n\nFrom: Rome\nTo: Paris\nDate: 2 March 2026, 12:10\n\nWhich seat?") is None
    assert quoting.new_text("Move it:\n\nFrom: Rome\nDate: 2 March 2026 12:10\nTo: Paris\n\nA window seat.") is None
    assert quoting.new_text("A rule:\n\n---\nPrevious replies were better than this one.") is None


@pytest.mark.parametrize(
    "text",
    [
        "Hello,\n\nin reply to your email of 2 March 2026:\n\nYes, close the account.",
        "Hello,\n\nIn reply to the question from billing@shop.example:\n\nYes, close the account.",
        "It fails.\n\nExcerpts from the log of 2026-03-02 12:10:\n\nERROR disk full",
        "Hello,\n\nplease invite Bo Lee <bo@shop.example> to the call on 2 March 2026 at 12:10:\n\nwe start with the lamp.",
        "From my Android phone the app stops at once.\n\nWhat can be done?",
        "Your shop is broken.\n\nFrom my iPhone everything works",
        "Von meinem iPhone aus geht es nicht.\n\nWas soll ich tun?",
        "It says there is no such page:\nhttps://aka.ms/GetOutlookApp for Outlook",
        "It fails so:\n2026-03-02 12:10:15,319 [main] DEBUG Door - it is open\n2026-03-02 it was open again\n\nWhat now?",
        "Slow.\n\nUser agent: Browser 5.0, lamp 2.53.13\nSteps to reproduce:\nConsider the following scenario:\nPush it.",
        "It fails so:\n2026-03-02 12:10 GMT+01:00 door opens\n2026-03-02 12:11 GMT+01:00 door closes\n\nWhat now?",
        "Please remove:\n2026/03/02 Ann <ann@shop.example>\n2026/03/03 Bo <bo@shop.example>\nThanks.",
        "Two wishes:\n- Print less\n-- door.log=WARN\n- Open faster, please.\n- And close.",
        "Both of them:\n\n================ =====\ndoor-http 9.4\nlamp 2.1",
        "Please change these two:\n---\nCustomer 12345\nOrder 998\nColour blue",
        "Two problems\n---\nInvoice missing\nParcel lost",
        "Send it to:\n---\nAnn Lee\nShop Lane",
        "An order.\n________________________________\nFor: ann@shop.example\nDelivery: 2 March 2026\nColour: red\n\nTo the back door.\n\nAnd soon.\n\nMany thanks\n\nAnn\n\nLee",
    ],
)
def test_words_of_a_person_that_only_begin_like_a_programs_are_shown(text: str) -> None:
    assert quoting.new_text(text) is None


@pytest.mark.parametrize(
    "text",
    [
        f"It stopped.\n\nSent from my iPhoneOn 2 Mar 2026, at 12:10, Desk <d@desk.example> wrote:\n\n{QUOTED}",
        f"It stopped.--- On Mon, Mar 2, 2026 at 12:10 PM, d@desk.example wrote:\n{QUOTED}",
        f"It stopped. Am 02.03.2026 um 12:10 schrieb Desk <d@desk.example>:\n{QUOTED}",
    ],
)
def test_an_attribution_may_stand_behind_the_answer(text: str) -> None:
    assert (quoting.new_text(text) or "").rstrip("-") == "It stopped."
    assert "".join(text[span.start : span.end] for span in quoting.spans(text)) == text


def test_what_a_person_says_of_a_day_before_a_quote_is_no_attribution() -> None:
    for said in (
        "It is as you see. On 2 March 2026 at 12:10 I wrote:",
        "It is as you see. On Monday you told me this:",
        "Look what you want on 2 March 2026 at 12:10 from us:",
    ):
        assert quoting.new_text(f"{said}\n> Pull the plug.\n\nAnd now?") is None


def test_a_link_that_a_program_broke_in_a_quote_is_no_answer() -> None:
    quote = "> [Ticket #50]\n(https://desk.example/a/b) >\n> View (https://desk.example/action\n_nonce=3d)\n> Bye"

    assert quoting.new_text(f"It stopped.\n\nOn 2 Mar 2026 at 12:10, Desk wrote:\n\n{quote}") == "It stopped."
    answered = "> Which page?\n<https://shop.example/a>\n> And when?\nToday."
    assert quoting.new_text(f"On 2 Mar 2026 at 12:10, Desk wrote:\n{answered}") == answered
    assert quoting.new_text("Hi\n> Which page?\nhttps://shop.example/a\n> And when?\n(see above)\n> Bye") is None


def test_an_answer_below_the_quote_is_the_new_part() -> None:
    text = f"On 2 Mar 2026 at 12:10, Desk <d@desk.example> wrote:\n{QUOTED}\n\nIt stopped."

    assert quoting.new_text(text) == "It stopped."


@pytest.mark.parametrize(
    "tail",
    [
        "-- \nAnn Lee\nShop Ltd.",
        "Sent from my iPhone",
        "Von meinem iPhone gesendet",
        "--\nAnn",
        "---\nAnn Lee\n+49 30 1234",
    ],
)
def test_a_signature_is_told_from_the_text(tail: str) -> None:
    text = f"It stopped.\n\n{tail}"

    assert quoting.new_text(text) == "It stopped."
    assert [span.what for span in quoting.spans(text)] == [Said.NEW, Said.SIGNATURE]


def test_a_phone_may_put_its_line_above_the_text() -> None:
    assert quoting.new_text("Sent from my iPhone\n\nIt stopped.\n\nAnn") == "It stopped.\n\nAnn"
    assert quoting.new_text("Sent by courier\n\nIt was broken.") is None


def test_a_signature_between_rules_ends_with_the_line_of_a_phone() -> None:
    signed = "________________________\n\nDr. Ann Lee\nBerlin\n\nSent via mobile device\n________________________"

    assert quoting.new_text(f"It stopped.\n{signed}") == "It stopped."
    assert quoting.new_text(f"It stopped.\n{signed}\n\nOn 2 Mar 2026 at 12:10, Bo wrote:\n{QUOTED}") == "It stopped."
    ordered = "I want this:\n____\nBlue Lamp\nGreen Cable"
    assert quoting.new_text(f"{ordered}\n\nSent from my iPhone") == ordered
    assert quoting.new_text("It stopped.\n____\nwhat shall I do?\n\nSent via mobile device") != "It stopped."
    assert quoting.new_text("It stopped.\n____\n\u3000\n\nSent via mobile device") == "It stopped.\n____"


def test_the_line_above_the_only_quote_between_two_texts_is_left_out() -> None:
    text = f"Hello,\n\nOn 2 Mar 2026 at 12:10, Desk wrote:\n{QUOTED}\n\nIt did not help.\nAnn"

    assert quoting.new_text(text) == f"Hello,\n\n{QUOTED}\n\nIt did not help.\nAnn"
    assert quoting.new_text(f"{text}\n\nOn 1 Mar 2026 at 9:00, Bo wrote:\n> x\n\nNo.") is None


@pytest.mark.parametrize(
    "said",
    [
        "On 2 March 2026 the display wrote:",
        "On 2 March 2026 at 12:10, my bank wrote:",
        "Am 02.03.2026 schrieb die Bank:",
    ],
)
def test_whom_a_person_quotes_between_two_texts_stays(said: str) -> None:
    assert quoting.new_text(f"Hello,\n\n{said}\n> E 23\n\nWhat does it mean?") is None


def test_what_stands_below_a_pgp_signature_is_text_again() -> None:
    signature = "-----BEGIN PGP SIGNATURE-----\n\niQEzBAEBCAAdFiEE\n=dAAN\n-----END PGP SIGNATURE-----"

    assert quoting.new_text(f"It stopped.\n\n{signature}\n\nPS: And it smells.") == "It stopped.\n\nPS: And it smells."
    assert quoting.new_text(f"It stopped.\n\n{signature}\n") == "It stopped."
    assert quoting.new_text(f"It stopped.\n\n{signature}\n\n> Pull the plug.\n") == "It stopped."
    begin, end = signature.split("\n")[0], signature.split("\n")[-1]
    shown = quoting.new_text(f"My mails have\n{begin}\nand then strange signs, until\n{end}\nWhat is it?")
    assert shown == f"My mails have\n\nand then strange signs, until\n{end}\nWhat is it?"


def test_a_short_rule_between_two_texts_is_no_signature() -> None:
    assert quoting.new_text("It stopped.\n\n---\nAnd the lamp is broken too.") is None
    assert quoting.new_text("It stopped.\n\n---\none\ntwo\nthree\nfour\nfive\nsix") is None


@pytest.mark.parametrize("name", ATTRIBUTIONS)
def test_the_attribution_of_a_program_ends_what_is_new(name: str) -> None:
    """However long its line, in whatever language: whole, and broken where mail programs break it."""
    words = ATTRIBUTIONS[name].split(" ")
    broken = len(words) * 2 // 3
    attribution = f"{' '.join(words[:broken])}\n{' '.join(words[broken:])}" if name not in UNBROKEN else " ".join(words)

    for text in (" ".join(words), attribution):
        assert quoting.new_text(f"It stopped, thanks.\n\n{text}\n\n{QUOTED}\n") == "It stopped, thanks."


@pytest.mark.parametrize("name", ATTRIBUTIONS)
def test_the_quote_below_an_attribution_need_not_be_marked(name: str) -> None:
    text = f"It stopped.\n\n{ATTRIBUTIONS[name]}\n\nPlease pull the plug.\nAnn\n"

    assert quoting.new_text(text) == "It stopped."


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_head_of_a_quoted_mail_is_known_in_every_language(language: str) -> None:
    quoted = outlook(LANGUAGES[language])

    assert quoting.new_text(f"It stopped.\n\n{quoted}") == "It stopped."
    assert quoting.new_text(f"It stopped.\n________________________________\n{quoted}") == "It stopped."


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_in_html_is_split(name: str) -> None:
    assert quoting.new_text(to_text(ANSWERS[name])) == "It stopped."


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my iPhone", "Get Outlook for iOS", "Get [Outlook for Android](https://aka.ms/x)", "(sent from a phone)", "Von meinem iPhone gesendet",
        "Envoyé de mon iPhone", "Enviado desde mi iPhone", "Inviato da iPhone", "Enviado do meu iPhone", "Verzonden vanaf mijn iPhone", "Skickat från min iPhone",
        "Sendt fra min iPhone", "Lähetetty iPhonesta", "Wysłane z iPhone'a", "Odesláno z iPhonu", "Odoslané z iPhonu", "Elküldve az iPhone-omról",
        "Trimis de pe iPhone-ul meu", "Poslano s mog iPhonea", "Изпратено от моя iPhone", "Отправлено с iPhone", "Надіслано з iPhone", "Στάλθηκε από το iPhone μου",
        "iPhone'umdan gönderildi", "Đã gửi từ iPhone của tôi", "Dikirim dari iPhone saya", "ส่งจาก iPhone ของฉัน", "发自我的iPhone", "從我的 iPhone 傳送", "iPhoneから送信",
        "나의 iPhone에서 보냄", "נשלח מה-iPhone שלי", "أرسلت من iPhone الخاص بي", "Išsiųsta iš mano iPhone", "Saadetud minu iPhone'ist", "Nosūtīts no mana iPhone",
        "Enviat des del meu iPhone", "Bo from mobile", "From My Iphone 6", "Az iPhone-omról küldve", "أُرسلت من الـ iPhone", "मेरे iPhone से भेजा गया",
        "Dihantar daripada iPhone saya", "Windows 版のメールから送信", "Verzonden vanuit Outlook voor iOS", "Skickades från E-post för Windows", "发自网易邮箱大师",
        "Obtén Outlook para Android", "Få Outlook for iOS", "Získať Outlook pre iOS", "Preuzmite Outlook za iOS", "Yahoo Mail: Search, Organize, Conquer",
        "Hankige Outlook iOS-i jaoks<https://aka.ms/x>", "Szerezze be az iOS Outlook alkalmazást (https://aka.ms/x)", "از iPhone من ارسال شده است",
    ],
)  # fmt: skip
def test_the_line_of_a_phone_is_no_part_of_the_text(line: str) -> None:
    assert quoting.new_text(f"It stopped.\n\n{line}\n\n\n{QUOTED}") == "It stopped."
    assert quoting.new_text(f"It stopped.\n\n{line}") == "It stopped."


@pytest.mark.parametrize(
    "line",
    [
        "Please type your reply above this line",
        "-- Bitte antworten Sie oberhalb dieser Linie --",
        "この行より上に返信してください",
        "Répondez au-dessus de cette ligne.",
    ],
)
def test_other_desks_ask_for_the_answer_above_a_line_too(line: str) -> None:
    assert quoting.new_text(f"It stopped.\n\n{line}\n\nTicket 7 was opened.") == "It stopped."


def test_the_foot_of_a_mailing_list_is_no_part_of_the_text() -> None:
    foot = "_______________________________________________\nprinters mailing list\nprinters@lists.example\nhttps://lists.example/printers"

    assert quoting.new_text(f"It stopped.\n\n{foot}") == "It stopped."


def test_a_forwarded_mail_in_an_answer_is_a_span_of_its_own() -> None:
    text = (
        "Look:\n\n---------- Forwarded message ---------\nFrom: Bo\nDate: Monday\nSubject: x\nTo: Ann\n\nWhat Bo wrote."
    )

    assert [span.what for span in quoting.spans(text)] == [Said.NEW, Said.FORWARD]
    assert quoting.new_text(text) == "Look:"


def test_a_signature_below_the_quote_is_no_answer() -> None:
    assert quoting.new_text(f"It stopped.\n\n{QUOTED}\n\n-- \nAnn") == "It stopped."


LINES = st.sampled_from(
    ["", "text", "> q", ">> q", "-- ", "##- line -##", "On 1 Jan 2020 a@b.example wrote:", "From: x", "To: y", "Sent: z",
     "Subject: s", "-----Original Message-----", "Sent from my phone", "____________", ">:", "wrote:", "a:", "\r", "\0", "é\u2028x"]
)  # fmt: skip


@given(st.lists(LINES, max_size=40).map("\n".join) | st.text())
def test_the_spans_are_the_whole_text(text: str) -> None:
    spans = quoting.spans(text)

    assert "".join(text[span.start : span.end] for span in spans) == text
    assert any(span.what is Said.NEW for span in spans)


@pytest.mark.parametrize(
    "line",
    ["", ">", "> x", "a:", "From: x", "On 1 Jan 2020 a@b.example wrote:", "wrote:", "-- ", "-----", "On wrote " * 100, " " * 900, ":" * 900,
     "-" * 900, "Sent from my", "2020-01-01 x", "a: ", "No: x", "wrote", "x 2 Mar 2026 a@b.c:", "From: a@b.cTo: x", "---------- Forwarded message", "a@" * 400, "1.1.1" * 150, "##-" * 300, "--", "—\nwhy not so?"],
)  # fmt: skip
def test_a_hostile_text_costs_no_more_than_its_length(line: str) -> None:
    text = f"{line}\n" * (quoting.TEXT_LENGTH // (len(line) + 1))
    begin = time.process_time()

    quoting.new_text(text)
    forwarded.find(text)

    # Measured at most 0.1 s for each; anything that is not linear takes minutes.
    assert time.process_time() - begin < 1.5
