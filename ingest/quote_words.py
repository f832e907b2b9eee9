"""The words by which mail programs introduce what they quote, by language. Tables only; `quoting` reads them."""

# "… wrote:" at the end of an attribution line.
WROTE = (
    "wrote",  # en
    "writes",
    "schrieb",  # de
    "schrieb am",
    "geschrieben",
    "a écrit",  # fr
    "écrit",
    "escribió",  # es
    "escribio",
    "escribe",
    "ha scritto",  # it
    "scritto",
    "escreveu",  # pt
    "schreef",  # nl
    "schreef het volgende",
    "het volgende geschreven",
    "skrev",  # sv, da, no
    "skrev följande",
    "kirjoitti",  # fi
    "napisał",  # pl
    "napisała",
    "napisał(a)",
    "pisze",
    "napsal",  # cs
    "napsala",
    "napsal(a)",
    "napísal",  # sk
    "napísala",
    "napísal(a)",
    "írta",  # hu
    "ezt írta",
    "a scris",  # ro
    "написал",  # ru
    "написала",
    "написал(а)",
    "пишет",
    "написав",  # uk
    "написала",
    "пише",
    "написа",  # bg
    "је написао",  # sr
    "je napisao",  # hr
    "napisao",
    "je napisala",
    "je napisal",  # sl
    "kirjutas",  # et
    "rašė",  # lt
    "rakstīja",  # lv
    "va escriure",  # ca
    "έγραψε",  # el
    "şunu yazdı",  # tr
    "şunları yazdı",
    "yazdı",
    "כתב",  # he
    "כתבה",
    "كتب",  # ar
    "đã viết",  # vi
    "menulis",  # id
    "写道",  # zh
    "寫道",
    "写到",
    "のメール",  # ja
    "さんは書きました",
    "書きました",
    "님이 작성",  # ko
    "작성",
)

# How an attribution begins.
OPENERS = (
    "on", "am", "le", "el", "il", "em", "op", "den", "dne", "dňa", "w dniu", "pada", "в", "у", "на", "ke", "vào",
    "at", "στις", "tarihinde", "kl.", "på", "il giorno", "il giorno", "in data", "quoting", "citando",
    "在", "於", "于", "בתאריך", "ב-", "في", "den", "dnia", "ons.", "tors.", "fre.", "lør.", "søn.", "man.", "tir.",
    "mon", "tue", "wed", "thu", "fri", "sat", "sun", "von", "in", "zitat von",
)  # fmt: skip

# The fields of the block that Outlook and its kin put above what they quote.
FIELDS = {
    "from": ("from", "von", "de", "da", "van", "från", "fra", "lähettäjä", "od", "feladó", "от", "від", "gönderen",
             "de la", "από", "kimden", "发件人", "寄件者", "寄件人", "差出人", "送信者", "보낸 사람", "מאת", "من", "expéditeur", "remitente"),
    "date": ("sent", "date", "gesendet", "datum", "envoyé", "enviado el", "enviado", "fecha", "data", "inviato",
             "enviada em", "enviado em", "verzonden", "skickat", "sendt", "dato", "lähetetty", "päivämäärä", "wysłano", "odesláno", "odoslané",
             "elküldve", "dátum", "отправлено", "дата", "надіслано", "gönderildi", "tarih", "trimis", "ημερομηνία", "sent at", "发送时间", "日期",
             "寄件日期", "送信日時", "日付", "보낸 날짜", "날짜", "נשלח", "تاريخ", "envoyé le", "date d'envoi"),
    "to": ("to", "an", "à", "a", "para", "per", "aan", "till", "til", "vastaanottaja", "do", "komu", "címzett", "кому",
           "kime", "către", "προς", "pro", "收件人", "收件者", "宛先", "받는 사람", "אל", "إلى", "destinataire", "destinatario"),
    "subject": ("subject", "betreff", "objet", "asunto", "oggetto", "assunto", "onderwerp", "ämne", "emne", "aihe",
                "temat", "předmět", "predmet", "tárgy", "тема", "konu", "subiect", "θέμα", "主题", "主旨", "件名", "제목", "נושא", "الموضوع"),
    "cc": ("cc", "kopie", "copie à", "cópia", "kopia", "kopi", "копия", "másolatot kap", "抄送", "副本", "참조", "bcc", "reply-to",
           "antwort an", "organization", "wichtigkeit", "importance"),
}  # fmt: skip

# "-----Original Message-----"
ORIGINAL = (
    "original message", "original appointment", "originalnachricht", "original-nachricht", "ursprüngliche nachricht",
    "ursprungliche nachricht", "urspr. nachricht", "message d'origine", "message original", "mensaje original",
    "messaggio originale", "messaggio originario", "mensagem original", "oorspronkelijk bericht", "ursprungligt meddelande",
    "originalmeddelande", "oprindelig meddelelse", "opprinnelig melding", "alkuperäinen viesti", "oryginalna wiadomość",
    "wiadomość oryginalna", "původní zpráva", "pôvodná správa", "eredeti üzenet", "mesaj original", "исходное сообщение",
    "пересылаемое сообщение", "вихідне повідомлення", "orijinal ileti", "özgün ileti", "αρχικό μήνυμα", "原始邮件",
    "原始郵件", "原邮件", "元のメッセージ", "원본 메시지", "הודעה מקורית", "الرسالة الأصلية", "reply message", "reply separator",
)  # fmt: skip

# "---------- Forwarded message ----------"
FORWARDED = (
    "forwarded message", "weitergeleitete nachricht", "message transféré", "message réexpédié", "mensaje reenviado",
    "messaggio inoltrato", "mensagem encaminhada", "doorgestuurd bericht", "vidarebefordrat meddelande", "videresendt",
    "videresendt melding", "välitetty viesti", "wiadomość przekazana", "przekazana wiadomość", "přeposlaná zpráva",
    "továbbított üzenet", "mesaj redirecționat", "пересланное сообщение", "переслане повідомлення", "iletilmiş ileti",
    "转发邮件", "轉寄郵件", "転送メッセージ", "전달된 메시지", "הודעה שהועברה", "begin forwarded message",
)  # fmt: skip

# The line that phones and web mailers put under what was written.
SENT_FROM = (
    "sent from", "sent with", "sent via", "sent by", "get outlook for", "sent using", "sent on the", "von meinem", "gesendet von", "gesendet mit",
    "von unterwegs", "diese nachricht wurde von meinem", "envoyé de mon", "envoyé depuis", "envoyé à partir de",
    "enviado desde", "enviado do", "enviado a partir", "enviado de mi", "inviato da", "verstuurd vanaf", "verzonden vanaf",
    "verzonden met", "verstuurd met", "skickat från", "sendt fra", "lähetetty", "wysłane z", "wysłano z", "odesláno z", "odoslané z",
    "отправлено с", "отправлено из", "надіслано з", "gönderildi:", "iphone'umdan gönderildi", "发自我的", "從我的", "iphoneから送信",
    "私の", "나의 iphone에서 보냄", "trimis de pe", "στάλθηκε από", "נשלח מה", "enviat des",
)  # fmt: skip
