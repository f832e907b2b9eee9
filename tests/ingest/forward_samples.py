"""Forwarded mails as programs write them, by program and language. Each hands on the same mail, said in its own way."""

from dataclasses import dataclass

BODY = "The printer on floor two burns again.\n\nPlease send somebody.\nCleo"
SUBJECT = "Printer, again"
CLEO = "Cleo Vance <cleo@customer.example>"
DESK = "Ann Lee <ann@shop.example>"


@dataclass(frozen=True)
class Words:
    """What one language calls the parts of a forwarded mail."""

    apple: str
    thunderbird: str
    yahoo: str
    sender: str
    date: str
    to: str
    cc: str
    subject: str
    sent: str


LANGUAGES = {
    "en": Words("Begin forwarded message", "Forwarded Message", "Forwarded Message", "From", "Date", "To", "Cc", "Subject", "Sent"),
    "de": Words("Anfang der weitergeleiteten Nachricht", "Weitergeleitete Nachricht", "Weitergeleitete Nachricht", "Von", "Datum", "An", "Kopie", "Betreff", "Gesendet"),
    "fr": Words("Début du message réexpédié", "Message transféré", "Message transmis", "De", "Date", "À", "Cc", "Objet", "Envoyé"),
    "es": Words("Inicio del mensaje reenviado", "Mensaje reenviado", "Mensaje reenviado", "De", "Fecha", "Para", "CC", "Asunto", "Enviado"),
    "it": Words("Inizio messaggio inoltrato", "Messaggio Inoltrato", "Messaggio inoltrato", "Da", "Data", "A", "Cc", "Oggetto", "Inviato"),
    "pt": Words("Início da mensagem reencaminhada", "Mensagem reencaminhada", "Mensagem encaminhada", "De", "Data", "Para", "Cc", "Assunto", "Enviado"),
    "nl": Words("Begin doorgestuurd bericht", "Doorgestuurd bericht", "Doorgestuurd bericht", "Van", "Datum", "Aan", "Kopie", "Onderwerp", "Verzonden"),
    "sv": Words("Vidarebefordrat mejl", "Vidarebefordrat meddelande", "Vidarebefordrat meddelande", "Från", "Datum", "Till", "Kopia", "Ämne", "Skickat"),
    "da": Words("Start på videresendt besked", "Videresendt meddelelse", "Videresendt meddelelse", "Fra", "Dato", "Til", "Cc", "Emne", "Sendt"),
    "no": Words("Videresendt melding", "Videresendt melding", "Videresendt melding", "Fra", "Dato", "Til", "Kopi", "Emne", "Sendt"),
    "fi": Words("Välitetty viesti alkaa", "Välitetty viesti / Fwd.Msg", "Edelleenlähetetty viesti", "Lähettäjä", "Päivämäärä", "Vastaanottaja", "Kopio", "Aihe", "Lähetetty"),
    "pl": Words("Początek przekazywanej wiadomości", "Treść przekazanej wiadomości", "Przekazana wiadomość", "Od", "Data", "Do", "DW", "Temat", "Wysłano"),
    "cs": Words("Začátek přeposílané zprávy", "Přeposlaná zpráva", "Přeposlaná zpráva", "Od", "Datum", "Komu", "Kopie", "Předmět", "Odesláno"),
    "sk": Words("Začiatok preposlanej správy", "Preposlaná správa --- Forwarded Message", "Preposlaná správa", "Od", "Dátum", "Pre", "Kópia", "Predmet", "Odoslané"),
    "hu": Words("Továbbított levél kezdete", "Továbbított üzenet", "Továbbított üzenet", "Feladó", "Dátum", "Címzett", "Másolat", "Tárgy", "Elküldve"),
    "ro": Words("Începe mesajul redirecționat", "Mesaj redirecționat", "Mesaj redirecționat", "De la", "Dată", "Către", "Cc", "Subiect", "Trimis"),
    "hr": Words("Započni proslijeđenu poruku", "Proslijeđena poruka", "Proslijeđena poruka", "Šalje", "Datum", "Prima", "Cc", "Predmet", "Poslano"),
    "sl": Words("Začetek posredovanega sporočila", "Posredovano sporočilo", "Posredovano sporočilo", "Od", "Datum", "Za", "Kp", "Zadeva", "Poslano"),
    "et": Words("Forwarded message", "Edastatud kiri", "Edastatud kiri", "Saatja", "Kuupäev", "Saaja", "Koopia", "Teema", "Saadetud"),
    "lt": Words("Forwarded message", "Persiųstas laiškas", "Persiųstas laiškas", "Nuo", "Data", "Kam", "Kopija", "Tema", "Išsiųsta"),
    "lv": Words("Forwarded message", "Pārsūtīts ziņojums", "Pārsūtīts ziņojums", "No", "Datums", "Kam", "Kopija", "Temats", "Nosūtīts"),
    "bg": Words("Forwarded message", "Препратено съобщение", "Препратено съобщение", "От", "Дата", "До", "Копие", "Тема", "Изпратено"),
    "ru": Words("Начало переадресованного сообщения", "Перенаправленное сообщение", "Пересылаемое сообщение", "От", "Дата", "Кому", "Копия", "Тема", "Отправлено"),
    "uk": Words("Початок листа, що пересилається", "Переслане повідомлення", "Перенаправлене повідомлення", "Від", "Дата", "Кому", "Копія", "Тема", "Відправлено"),
    "el": Words("Αρχή προωθημένου μηνύματος", "Προωθημένο μήνυμα", "Προωθημένο μήνυμα", "Από", "Ημερομηνία", "Προς", "Κοιν.", "Θέμα", "Στάλθηκε"),
    "tr": Words("İleti başlangıcı", "İletilen İleti", "İletilmiş Mesaj", "Kimden", "Tarih", "Kime", "Bilgi", "Konu", "Gönderilen"),
    "zh": Words("下面是被转发的邮件", "转发的邮件", "转发邮件", "发件人", "日期", "收件人", "抄送", "主题", "发送时间"),
    "ja": Words("転送されたメッセージ", "転送メッセージ", "転送メッセージ", "差出人", "日付", "宛先", "CC", "件名", "送信日時"),
    "ko": Words("전달된 메시지", "전달된 메시지", "전달된 메시지", "보낸 사람", "날짜", "받는 사람", "참조", "제목", "보낸 날짜"),
    "he": Words("תחילת ההודעה שהועברה", "הודעה שהועברה", "הודעה שהועברה", "מאת", "תאריך", "אל", "עותק", "נושא", "נשלח"),
    "ar": Words("بدء الرسالة المعاد توجيهها", "رسالة معاد توجيهها", "رسالة معاد توجيهها", "من", "التاريخ", "إلى", "نسخة", "الموضوع", "تاريخ الإرسال"),
    "id": Words("Awal pesan terusan", "Pesan terusan", "Pesan terusan", "Dari", "Tanggal", "Kepada", "Tembusan", "Subjek", "Dikirim"),
    "vi": Words("Bắt đầu thư được chuyển tiếp", "Thư đã chuyển tiếp", "Thư đã chuyển tiếp", "Từ", "Ngày", "Đến", "Cc", "Chủ đề", "Đã gửi"),
}  # fmt: skip


def apple(words: Words) -> str:
    head = (
        f"{words.apple}:\n\n{words.sender}: {CLEO}\n{words.subject}: {SUBJECT}\n{words.date}: 2 Mar 2026, 12:10:00\n"
        f"{words.to}: {DESK}, Bo <bo@shop.example>\n\n{BODY}"
    )
    return "\n".join(f"> {line}".rstrip() for line in head.split("\n"))


def gmail(words: Words) -> str:
    """Gmail translates the sender only."""
    return (
        f"---------- Forwarded message ---------\n{words.sender}: {CLEO}\nDate: Mon, Mar 2, 2026 at 12:10 PM\n"
        f"Subject: {SUBJECT}\nTo: {DESK}, Bo <bo@shop.example>\n\n\n{BODY}"
    )


def thunderbird(words: Words) -> str:
    return (
        f"-------- {words.thunderbird} --------\n{words.subject}: \t{SUBJECT}\n{words.date}: \tMon, 2 Mar 2026 12:10:00 +0100\n"
        f"{words.sender}: \t{CLEO}\n{words.to}: \t{DESK}, Bo <bo@shop.example>\n\n\n\n{BODY}"
    )


def yahoo(words: Words) -> str:
    """Its web mail writes the whole head in one line."""
    return (
        f"   ----- {words.yahoo} ----- {words.sender}: {CLEO}{words.to}: {DESK}; Bo <bo@shop.example>"
        f"{words.sent}: Monday, 2 March 2026, 12:10:00 CET{words.subject}: {SUBJECT}\n {BODY}"
    )


def outlook(words: Words) -> str:
    return (
        f"{words.sender}: {CLEO}\n{words.sent}: Monday, 2 March 2026 12:10\n{words.to}: {DESK}; Bo <bo@shop.example>\n"
        f"{words.subject}: {SUBJECT}\n\n{BODY}"
    )


def outlook_bold(words: Words) -> str:
    """As the plain version of its HTML has it, below a rule, and with no blank line above the text."""
    return (
        f"________________________________\n*{words.sender}:* Cleo Vance [mailto:cleo@customer.example]\n*{words.date}:* Monday, 2 March 2026 12:10\n"
        f"*{words.to}:* 'Ann Lee' <ann@shop.example>; 'Bo' <bo@shop.example>\n*{words.subject}:* {SUBJECT}\n{BODY}"
    )


PROGRAMS = {
    "apple": apple,
    "gmail": gmail,
    "thunderbird": thunderbird,
    "yahoo": yahoo,
    "outlook": outlook,
    "outlook-bold": outlook_bold,
}

SAMPLES = {
    f"{program}-{language}": write(words)
    for program, write in PROGRAMS.items()
    for language, words in LANGUAGES.items()
}
