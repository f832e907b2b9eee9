"""The words above a mail inside a mail, by language: the fields of its head, and the lines that announce it.

Tables only. They are the words of Outlook in its generations, Apple Mail, Thunderbird, Gmail, Yahoo, HubSpot and of
older programs, as each shows them in that language. `quoted_head` and `quote_lines` read them.
"""

# Language → kind of field → what it is called. Gmail translates the sender alone, so English is at home everywhere.
FIELDS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {"from": ("from",), "date": ("sent", "date", "received", "sent at", "sent on", "date sent"), "to": ("to",),
           "cc": ("cc", "bcc"), "subject": ("subject",),
           "other": ("reply-to", "reply to", "importance", "priority", "attachments", "attachment", "organization",
                     "organisation", "sender", "on behalf of", "message-id", "newsgroups", "sensitivity", "categories")},
    "de": {"from": ("von", "absender"), "date": ("gesendet", "datum", "gesendet am", "gesendet von"), "to": ("an", "empfänger"),
           "cc": ("kopie", "kopie (cc)", "kopie an", "blindkopie", "bcc"), "subject": ("betreff", "betrifft"),
           "other": ("antwort an", "antworten an", "wichtigkeit", "priorität", "anlagen", "organisation")},
    "fr": {"from": ("de", "expéditeur", "expediteur"), "date": ("envoyé", "envoyé le", "envoye", "date", "date d'envoi", "le"),
           "to": ("à", "a", "pour", "destinataire", "destinataires"), "cc": ("copie", "copie à", "cci"),
           "subject": ("objet", "sujet"), "other": ("répondre à", "importance", "pièces jointes", "organisation")},
    "es": {"from": ("de", "remitente"), "date": ("enviado", "enviado el", "enviados", "fecha", "fecha de envío"),
           "to": ("para", "a", "destinatario"), "cc": ("copia", "cco", "con copia"), "subject": ("asunto",),
           "other": ("responder a", "importancia", "datos adjuntos", "organización")},
    "it": {"from": ("da", "mittente"), "date": ("inviato", "inviato il", "data", "data invio"), "to": ("a", "destinatario", "per"),
           "cc": ("copia", "copia per conoscenza", "ccn"), "subject": ("oggetto",),
           "other": ("rispondi a", "risposta", "priorità", "allegati")},
    "pt": {"from": ("de", "remetente"), "date": ("enviado", "enviada", "enviada em", "enviado em", "enviado a", "data", "enviadas"),
           "to": ("para", "destinatário"), "cc": ("com cópia", "cópia", "cco"), "subject": ("assunto",),
           "other": ("responder a", "responder para", "prioridade", "anexos", "importância")},
    "ca": {"from": ("de",), "date": ("enviat", "enviat el", "data"), "to": ("per a", "a"), "cc": ("a/c", "còpia"),
           "subject": ("assumpte", "tema"), "other": ("respon a",)},
    "gl": {"from": ("de",), "date": ("enviado", "data"), "to": ("para",), "subject": ("asunto",)},
    "nl": {"from": ("van", "afzender"), "date": ("verzonden", "datum", "verzonden op"), "to": ("aan",), "cc": ("kopie", "bcc"),
           "subject": ("onderwerp", "betreft"), "other": ("antwoord aan", "beantwoorden - aan", "urgentie", "bijlagen", "organisatie")},
    "sv": {"from": ("från",), "date": ("skickat", "datum"), "to": ("till",), "cc": ("kopia",), "subject": ("ämne", "angående"),
           "other": ("svara till", "prioritet", "bifogade filer")},
    "da": {"from": ("fra",), "date": ("sendt", "dato"), "to": ("til",), "cc": ("kopi", "kopi til"), "subject": ("emne",),
           "other": ("svar til", "vedhæftet", "vedhæftede filer", "prioritet")},
    "no": {"from": ("fra",), "date": ("sendt", "dato"), "to": ("til",), "cc": ("kopi",), "subject": ("emne",),
           "other": ("svar til", "vedlegg", "viktighet")},
    "is": {"from": ("frá",), "date": ("sent", "dagsetning"), "to": ("til",), "cc": ("afrit",), "subject": ("efni",)},
    "fi": {"from": ("lähettäjä",), "date": ("lähetetty", "päivämäärä", "päiväys"), "to": ("vastaanottaja",), "cc": ("kopio",),
           "subject": ("aihe",), "other": ("vastaus", "vastausosoite", "liitteet")},
    "et": {"from": ("saatja", "kellelt"), "date": ("saadetud", "saatmisaeg", "kuupäev"), "to": ("saaja", "kellele", "adressaat"),
           "cc": ("koopia",), "subject": ("teema",)},
    "lv": {"from": ("no", "sūtītājs"), "date": ("nosūtīts", "datums"), "to": ("kam", "adresāts"), "cc": ("kopija",),
           "subject": ("temats", "tēma")},
    "lt": {"from": ("nuo", "siuntėjas"), "date": ("išsiųsta", "data"), "to": ("kam", "gavėjas", "iki"), "cc": ("kopija",),
           "subject": ("tema",)},
    "pl": {"from": ("od", "nadawca"), "date": ("wysłano", "wyslano", "data", "wysłane"), "to": ("do", "adresat"),
           "cc": ("dw", "udw", "kopia"), "subject": ("temat",), "other": ("odpowiedź-do", "odpowiedz do", "ważność", "załączniki")},
    "cs": {"from": ("od",), "date": ("odesláno", "datum", "posláno"), "to": ("komu",), "cc": ("kopie",), "subject": ("předmět", "predmet"),
           "other": ("odpověď na", "přílohy", "důležitost")},
    "sk": {"from": ("od",), "date": ("odoslané", "dátum", "poslané", "odoslaný"), "to": ("komu", "pre"), "cc": ("kópia",),
           "subject": ("predmet",), "other": ("odpovedať-pre", "prílohy")},
    "hu": {"from": ("feladó", "küldő"), "date": ("elküldve", "dátum", "küldve"), "to": ("címzett", "címzettek"),
           "cc": ("másolat", "másolatot kap"), "subject": ("tárgy",), "other": ("válaszcím", "mellékletek")},
    "ro": {"from": ("de la", "expeditorul", "expeditor", "de"), "date": ("trimis", "dată", "data", "trimis la"),
           "to": ("către", "catre", "destinatarul", "la"), "cc": ("copie",), "subject": ("subiect", "subiectul"),
           "other": ("răspuns către",)},
    "hr": {"from": ("šalje", "od", "šalje se"), "date": ("poslano", "datum", "poslano dana"), "to": ("prima", "za", "kome"),
           "cc": ("kopija", "kopija za"), "subject": ("predmet", "naslov"), "other": ("odgovori na",)},
    "sr": {"from": ("šalje", "od", "шаље", "од"), "date": ("poslato", "datum", "послато", "датум"), "to": ("prima", "za", "за", "прима"),
           "cc": ("kopija", "копија"), "subject": ("predmet", "naslov", "наслов", "тема", "предмет")},
    "sl": {"from": ("od", "pošiljatelj"), "date": ("poslano", "datum"), "to": ("za", "prejemnik"), "cc": ("kp", "kopija"),
           "subject": ("zadeva",)},
    "bg": {"from": ("от", "подател"), "date": ("изпратено", "дата"), "to": ("до", "получател"), "cc": ("копие",),
           "subject": ("тема", "относно")},
    "ru": {"from": ("от", "отправитель", "от кого"), "date": ("отправлено", "дата", "дата отправки"), "to": ("кому", "получатель"),
           "cc": ("копия",), "subject": ("тема",), "other": ("ответ-кому", "важность", "вложения")},
    "uk": {"from": ("від", "від кого", "відправник"), "date": ("надіслано", "відправлено", "дата"), "to": ("кому", "одержувач"),
           "cc": ("копія",), "subject": ("тема",), "other": ("кому відповісти",)},
    "el": {"from": ("από", "απο"), "date": ("στάλθηκε", "αποστολή", "ημερομηνία", "εστάλη"), "to": ("προς",), "cc": ("κοιν.", "κοιν", "κοινοποίηση"),
           "subject": ("θέμα",)},
    "tr": {"from": ("kimden", "gönderen"), "date": ("gönderildi", "gönderilen", "gönderim tarihi", "gönderme tarihi", "tarih"),
           "to": ("kime", "alıcı"), "cc": ("bilgi",), "subject": ("konu",), "other": ("yanıt adresi", "önem")},
    "vi": {"from": ("từ", "người gửi"), "date": ("đã gửi", "ngày", "ngày gửi", "gửi lúc"), "to": ("đến", "tới", "người nhận"),
           "subject": ("chủ đề", "tiêu đề")},
    "id": {"from": ("dari",), "date": ("dikirim", "tanggal"), "to": ("kepada", "ke", "untuk"), "cc": ("tembusan",), "subject": ("subjek", "perihal")},
    "hi": {"from": ("प्रेषक", "से"), "date": ("भेजा गया", "भेजे जाने का समय", "दिनांक"), "to": ("प्रति", "प्राप्तकर्ता"), "subject": ("विषय",)},
    "th": {"from": ("จาก",), "date": ("ส่ง", "ส่งเมื่อ", "วันที่"), "to": ("ถึง",), "cc": ("สำเนา",), "subject": ("เรื่อง", "หัวเรื่อง", "ชื่อเรื่อง")},
    "zh": {"from": ("发件人", "寄件者", "寄件人", "发送人", "發件人", "寄信人"),
           "date": ("发送时间", "日期", "寄件日期", "傳送時間", "發送時間", "已傳送", "已发送", "发送日期", "時間", "时间", "傳送日期"),
           "to": ("收件人", "收件者", "收信人"), "cc": ("抄送", "副本"), "subject": ("主题", "主旨", "主題", "标题")},
    "ja": {"from": ("差出人", "送信元", "送信者"), "date": ("送信日時", "日時", "日付", "送信日", "送信済み"), "to": ("宛先", "送信先"),
           "cc": ("写し",), "subject": ("件名",)},
    "ko": {"from": ("보낸 사람", "보낸사람", "발신인", "발신자"), "date": ("보낸 날짜", "보낸날짜", "날짜", "보낸 시간", "발신일"),
           "to": ("받는 사람", "받는사람", "수신인", "수신자"), "cc": ("참조",), "subject": ("제목",)},
    "he": {"from": ("מאת",), "date": ("נשלח", "תאריך", "בתאריך"), "to": ("אל",), "cc": ("עותק",), "subject": ("נושא",)},
    "ar": {"from": ("من",), "date": ("تاريخ الإرسال", "التاريخ", "تاريخ", "تم الإرسال", "أرسل"), "to": ("إلى", "الى"), "cc": ("نسخة",), "subject": ("الموضوع", "موضوع")},
    "fa": {"from": ("از", "فرستنده"), "date": ("تاریخ", "ارسال‌شده", "ارسال شده"), "to": ("به", "گیرنده"), "subject": ("موضوع",)},
    "ms": {"from": ("daripada",), "date": ("dihantar", "tarikh"), "to": ("kepada",), "cc": ("salinan",), "subject": ("subjek", "perkara")},
    "fil": {"from": ("mula kay", "mula sa"), "date": ("petsa", "ipinadala"), "to": ("para kay", "para sa", "kay"), "subject": ("paksa",)},
    "eu": {"from": ("nork", "igorlea"), "date": ("bidalia", "data"), "to": ("nori",), "subject": ("gaia",)},
    "af": {"from": ("van",), "date": ("gestuur", "datum"), "to": ("aan",), "subject": ("onderwerp",)},
    "sq": {"from": ("nga",), "date": ("dërguar", "data"), "to": ("për",), "subject": ("subjekti", "tema")},
    "mk": {"from": ("од",), "date": ("испратено", "датум"), "to": ("до",), "subject": ("предмет", "тема")},
    "be": {"from": ("ад",), "date": ("адпраўлена", "дата"), "to": ("каму",), "subject": ("тэма",)},
    "kk": {"from": ("кімнен",), "date": ("жіберілді", "күні"), "to": ("кімге",), "subject": ("тақырып",)},
    "az": {"from": ("kimdən",), "date": ("göndərildi", "tarix"), "to": ("kimə",), "subject": ("mövzu",)},
    "sw": {"from": ("kutoka",), "date": ("ilitumwa", "tarehe"), "to": ("kwa",), "subject": ("mada",)},
    "cy": {"from": ("oddi wrth",), "date": ("anfonwyd", "dyddiad"), "to": ("at",), "subject": ("pwnc",)},
    "ga": {"from": ("ó",), "date": ("seolta", "dáta"), "to": ("chuig",), "subject": ("ábhar",)},
    "bn": {"from": ("থেকে", "প্রেরক"), "date": ("পাঠানো হয়েছে", "তারিখ"), "to": ("প্রাপক", "প্রতি"), "subject": ("বিষয়",)},
    "ur": {"from": ("منجانب",), "date": ("تاریخ",), "to": ("بنام",), "subject": ("موضوع",)},
}  # fmt: skip

# "-----Original Message-----": what stands below is answered, or, by IONOS and old Outlook, handed on.
ORIGINAL: dict[str, tuple[str, ...]] = {
    "en": ("original message", "original appointment", "original email", "original mail", "reply message", "reply separator", "start original message", "original"),
    "de": ("originalnachricht", "original-nachricht", "ursprüngliche nachricht", "ursprungliche nachricht", "urspr. nachricht",
           "originalmail", "original-mail", "original nachricht", "antwort nachricht", "ursprünglicher termin"),
    "fr": ("message d'origine", "message original", "message initial", "courriel original", "message d’origine"),
    "es": ("mensaje original", "correo original"),
    "it": ("messaggio originale", "messaggio originario"),
    "pt": ("mensagem original",),
    "ca": ("missatge original",),
    "nl": ("oorspronkelijk bericht", "origineel bericht", "oorspronkelijke bericht"),
    "sv": ("ursprungligt meddelande", "originalmeddelande", "ursprungligt mejl"),
    "da": ("oprindelig meddelelse", "original meddelelse", "oprindelig besked", "original besked"),
    "no": ("opprinnelig melding", "original melding"),
    "fi": ("alkuperäinen viesti",),
    "et": ("algne sõnum", "algne kiri"),
    "lv": ("sākotnējais ziņojums", "oriģinālais ziņojums"),
    "lt": ("pradinis laiškas", "originalus laiškas"),
    "pl": ("oryginalna wiadomość", "wiadomość oryginalna", "oryginalny e-mail", "pierwotna wiadomość"),
    "cs": ("původní zpráva", "původní e-mail", "puvodni zprava"),
    "sk": ("pôvodná správa", "povodna sprava"),
    "hu": ("eredeti üzenet", "eredeti levél"),
    "ro": ("mesaj original", "mesajul original"),
    "hr": ("izvorna poruka", "originalna poruka", "originalna poruka"),
    "sl": ("izvirno sporočilo", "prvotno sporočilo"),
    "bg": ("оригинално съобщение", "първоначално съобщение", "оригинално писмо"),
    "ru": ("исходное сообщение", "оригинальное сообщение", "исходное письмо", "оригинальное письмо"),
    "uk": ("вихідне повідомлення", "оригінальне повідомлення", "початкове повідомлення"),
    "el": ("αρχικό μήνυμα",),
    "tr": ("orijinal ileti", "özgün ileti", "orijinal mesaj", "özgün mesaj", "orjinal mesaj"),
    "vi": ("tin nhắn gốc", "thư gốc"),
    "id": ("pesan asli", "pesan asal"),
    "ms": ("mesej asal",),
    "th": ("ข้อความดั้งเดิม", "ข้อความต้นฉบับ"),
    "zh": ("原始邮件", "原始郵件", "原邮件", "原郵件", "原始信件", "邮件原件", "回复的原邮件", "转发的原邮件"),
    "ja": ("元のメッセージ", "オリジナル メッセージ", "オリジナルメッセージ", "original message"),
    "ko": ("원본 메시지", "원본 메일", "원본메일", "원본 이메일"),
    "he": ("הודעה מקורית",),
    "ar": ("الرسالة الأصلية",),
}  # fmt: skip

# "---------- Forwarded message ----------", between drawn lines (Gmail, Yahoo, Thunderbird, HubSpot, Evolution).
FORWARDED: dict[str, tuple[str, ...]] = {
    "en": ("forwarded message", "forwarded email", "forwarded mail", "begin forwarded message", "forwarded by", "start of forwarded message", "forwarding messages"),
    "de": ("weitergeleitete nachricht", "weitergeleitete mail", "weitergeleitete e-mail", "anfang der weitergeleiteten nachricht"),
    "fr": ("message transféré", "message réexpédié", "message transmis", "courriel transféré", "mail transféré", "message transfere"),
    "es": ("mensaje reenviado", "mensaje remitido"),
    "it": ("messaggio inoltrato", "messaggio rinviato"),
    "pt": ("mensagem encaminhada", "mensagem reencaminhada"),
    "ca": ("missatge reenviat",),
    "nl": ("doorgestuurd bericht", "doorgestuurde bericht"),
    "sv": ("vidarebefordrat meddelande", "vidarebefordrat mejl", "vidarebefordrat brev"),
    "da": ("videresendt meddelelse", "videresendt besked", "videresendt"),
    "no": ("videresendt melding", "videresendt e-post"),
    "fi": ("välitetty viesti", "edelleenlähetetty viesti", "välitetty viesti / fwd.msg"),
    "et": ("edastatud kiri", "edastatud sõnum"),
    "lv": ("pārsūtīts ziņojums", "pārsūtītais ziņojums"),
    "lt": ("persiųstas laiškas", "persiunčiamas laiškas"),
    "pl": ("wiadomość przekazana", "przekazana wiadomość", "treść przekazanej wiadomości", "wiadomość przesłana dalej",
           "przesłana wiadomość", "wiadomość przekazywana"),
    "cs": ("přeposlaná zpráva", "předaná zpráva", "přeposlaný e-mail"),
    "sk": ("preposlaná správa", "preposlaný e-mail"),
    "hu": ("továbbított üzenet", "továbbított levél"),
    "ro": ("mesaj redirecționat", "mesaj redirectionat", "mesaj retrimis", "mesaj înaintat"),
    "hr": ("proslijeđena poruka", "proslijedjena poruka"),
    "sr": ("prosleđena poruka", "прослеђена порука"),
    "sl": ("posredovano sporočilo",),
    "bg": ("препратено съобщение", "препратено писмо"),
    "ru": ("пересланное сообщение", "пересылаемое сообщение", "перенаправленное сообщение", "пересланное письмо",
           "пересылаемое письмо", "переадресованное сообщение", "конец пересылаемого сообщения"),
    "uk": ("переслане повідомлення", "перенаправлене повідомлення", "пересланий лист", "переадресоване повідомлення"),
    "el": ("προωθημένο μήνυμα", "προωθούμενο μήνυμα"),
    "tr": ("iletilmiş ileti", "iletilmiş mesaj", "iletilen ileti", "yönlendirilmiş ileti", "iletilen mesaj"),
    "vi": ("thư đã chuyển tiếp", "tin nhắn được chuyển tiếp"),
    "id": ("pesan terusan", "pesan yang diteruskan"),
    "th": ("ข้อความที่ส่งต่อ",),
    "zh": ("转发邮件", "转发的邮件", "轉寄郵件", "轉寄的郵件", "转发邮件信息", "轉寄信件", "转发消息", "已转发的邮件"),
    "ja": ("転送メッセージ", "転送されたメッセージ", "メッセージを転送", "転送メール"),
    "ko": ("전달된 메시지", "전달 메시지", "전달된 메일"),
    "he": ("הודעה שהועברה", "הודעה מועברת"),
    "ar": ("رسالة معاد توجيهها", "الرسالة المعاد توجيهها"),
}  # fmt: skip

# A line of its own that ends with a colon: Apple Mail on every system, MailMate, old Yahoo.
BEGIN_FORWARDED: dict[str, tuple[str, ...]] = {
    "en": ("begin forwarded message", "forwarded message", "begin forwarded email", "start of forwarded message", "this is a forwarded message"),
    "de": ("anfang der weitergeleiteten nachricht", "anfang der weitergeleiteten e-mail", "weitergeleitete nachricht", "beginn der weitergeleiteten nachricht"),
    "fr": ("début du message réexpédié", "début du message transféré", "début du message transmis", "message transféré"),
    "es": ("inicio del mensaje reenviado", "mensaje reenviado", "inicio de mensaje reenviado"),
    "it": ("inizio messaggio inoltrato", "messaggio inoltrato", "inizio del messaggio inoltrato"),
    "pt": ("início da mensagem reencaminhada", "início da mensagem encaminhada", "mensagem encaminhada"),
    "ca": ("inici del missatge reenviat",),
    "nl": ("begin doorgestuurd bericht", "doorgestuurd bericht"),
    "sv": ("vidarebefordrat mejl", "vidarebefordrat meddelande", "vidarebefordrat brev", "börja vidarebefordrat mejl"),
    "da": ("start på videresendt besked", "videresendt besked", "begynd videresendt besked"),
    "no": ("videresendt melding", "start på videresendt melding"),
    "fi": ("välitetty viesti alkaa", "edelleenlähetetty viesti"),
    "pl": ("początek przekazywanej wiadomości", "początek przekazanej wiadomości"),
    "cs": ("začátek přeposílané zprávy", "začátek přeposlané zprávy"),
    "sk": ("začiatok preposlanej správy",),
    "hu": ("továbbított levél kezdete", "továbbított üzenet kezdete"),
    "ro": ("începe mesajul redirecționat", "începutul mesajului redirecționat"),
    "hr": ("započni proslijeđenu poruku", "početak proslijeđene poruke"),
    "sl": ("začetek posredovanega sporočila",),
    "ru": ("начало переадресованного сообщения", "начало пересылаемого сообщения", "пересланное сообщение"),
    "uk": ("початок листа, що пересилається", "початок пересланого повідомлення", "початок переадресованого повідомлення"),
    "el": ("αρχή προωθημένου μηνύματος", "έναρξη προωθημένου μηνύματος"),
    "tr": ("ileti başlangıcı", "iletilmiş mesajın başlangıcı"),
    "vi": ("bắt đầu thư được chuyển tiếp",),
    "id": ("awal pesan terusan",),
    "th": ("เริ่มข้อความที่ส่งต่อ",),
    "zh": ("下面是被转发的邮件", "以下是被转发的邮件", "以下為轉寄的郵件", "開始轉寄郵件", "转发的邮件"),
    "ja": ("転送されたメッセージ", "転送メッセージ", "以下、転送されたメッセージ"),
    "ko": ("전달된 메시지 시작", "전달된 메시지"),
    "he": ("תחילת ההודעה שהועברה", "התחלת ההודעה שהועברה"),
    "ar": ("بدء الرسالة المعاد توجيهها", "بداية الرسالة المعاد توجيهها"),
}  # fmt: skip

# How the drawn line below a forwarded mail begins, for programs that draw one (Mutt, Horde, Gnus, Yandex, Pegasus).
END_OF_FORWARDED = (
    "end of", "end forwarded", "ende der", "fin du", "fin del", "fine del", "fine messaggio", "fim da", "einde", "slut på", "koniec", "konec",
    "конец", "кінець", "край на", "loppu", "sfârșit",
)  # fmt: skip

# What programs put before the subject of a mail they hand on. Case does not count; `Redir.` is Romanian Outlook.
FORWARD_PREFIXES = (
    "fw", "fwd", "fwd.msg",  # en and, in some programs, everywhere
    "wg", "weitergeleitet",  # de
    "tr", "tran", "fs",  # fr, is
    "rv", "reenv", "reenviado",  # es
    "i", "inoltr", "inoltra", "inoltro",  # it
    "enc", "res enc",  # pt
    "doorst", "dgs",  # nl
    "vb", "vidarebefordrar", "vidarebefordrad", "vidarebefordrat",  # sv
    "videresendt", "videresend",  # da, no; their VS: is no proof, in Finnish it answers
    "vl", "välitetty",  # fi
    "pd", "przek", "przesłane dalej",  # pl
    "tov", "továbbítás",  # hu
    "redir", "redir.",  # ro
    "prosl", "prosl.", "proslijeđeno",  # hr
    "pos", "posr",  # sl
    "persiųsta", "persiuntimas", "pārs", "pārsūtīts", "edasi", "edastatud",  # lt, lv, et
    "přep", "přeposláno", "preposlané",  # cs, sk
    "препр", "препратено", "yml", "áframsent",  # bg, cy, is
    "пер", "пересл", "переслано", "пересылка", "hа", "нa",  # ru
    "πρθ",  # el
    "ilt", "i̇lt", "ynt ilt", "ilet", "i̇let",  # tr
    "trs", "ter", "terusan",  # id
    "chuyển tiếp",  # vi
    "ส่งต่อ",  # th
    "转发", "轉寄", "轉發", "转寄", "轉送",  # zh
    "転送",  # ja
    "전달",  # ko
    "הועבר",  # he
    "إعادة توجيه",  # ar
)  # fmt: skip

# What programs put before the subject of an answer.
REPLY_PREFIXES = (
    "re", "rép", "aw", "antw", "antwort", "sv", "vs", "vá", "rif", "r", "rv", "res", "ref", "odp", "ynt", "yanıt", "atb", "atsakymas", "bls", "balas", "vast",
    "отв", "ответ", "відп", "на", "σχετ", "απ", "回复", "答复", "回覆", "返信", "回信", "답장", "답변", "회신", "השב", "תגובה", "رد",
    "svar", "svr", "απαντ", "trả lời", "ตอบกลับ", "jwb", "ats", "atsak", "răsp", "rasp",
)  # fmt: skip
