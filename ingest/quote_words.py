"""The words by which programs introduce what they quote, and those they add below a text, by language. Tables only."""

# "… wrote:" in the line above a quote.
WROTE: dict[str, tuple[str, ...]] = {
    "en": ("wrote", "writes", "said", "says", "wrote the following", "sent", "typed", "spake"),
    "de": ("schrieb", "schrieb am", "geschrieben", "schrieben sie", "schreibt"),
    "fr": ("a écrit", "écrit", "a ecrit", "nous a dit", "a dit", "avez écrit"),
    "es": ("escribió", "escribio", "escribe", "ha escrito"),
    "it": ("ha scritto", "scritto", "scrive", "ha scritto quanto segue"),
    "pt": ("escreveu", "escreve"),
    "ca": ("va escriure", "ha escrit"),
    "gl": ("escribiu",),
    "eu": ("idatzi du", "idatzi zuen", "erabiltzaileak hau idatzi du"),
    "nl": ("schreef", "schreef het volgende", "het volgende geschreven", "geschreven", "schrijft"),
    "sv": ("skrev", "skrev följande", "följande"),
    "da": ("skrev", "skrev følgende"),
    "no": ("skrev", "skrev følgende"),
    "is": ("skrifaði",),
    "fi": ("kirjoitti", "kirjoitti seuraavaa"),
    "et": ("kirjutas",),
    "lv": ("rakstīja", "raksta"),
    "lt": ("rašė", "parašė"),
    "pl": ("napisał", "napisała", "napisał(a)", "pisze", "nadesłał", "nadesłał(a)", "napisał/a", "napisal(a)"),
    "cs": ("napsal", "napsala", "napsal(a)", "napísal"),
    "sk": ("napísal", "napísala", "napísal(a)", "napisal(a)", "píše"),
    "hu": ("írta", "ezt írta", "a következőt írta"),
    "ro": ("a scris", "scrie"),
    "hr": ("je napisao", "napisao", "je napisala", "je napisao/la", "piše", "je napisao(la)"),
    "sr": ("је написао", "је написала", "је написао/ла", "je napisao", "пише"),
    "sl": ("je napisal", "je napisala", "je oseba napisala", "je napisal/-a"),
    "bg": ("написа", "пише"),
    "ru": ("написал", "написала", "написал(а)", "пишет", "писал", "писал(а)", "написали", "писали"),
    "uk": ("написав", "написала", "пише", "написав(-ла)", "написав(ла)"),
    "el": ("έγραψε", "έγραψες"),
    "tr": ("şunu yazdı", "şunları yazdı", "yazdı"),
    "vi": ("đã viết",),
    "id": ("menulis",),
    "th": ("เขียนว่า", "ได้เขียนว่า", "เขียน"),
    "he": ("כתב", "כתבה", "מאת"),
    "ar": ("كتب", "كتبت"),
    "fa": ("نوشت",),
    "hi": ("ने लिखा",),
    "bn": ("লিখেছেন",),
    "af": ("geskryf",),
    "sq": ("shkroi",),
    "mk": ("напиша",),
    "fil": ("isinulat",),
    "sw": ("aliandika",),
    "ga": ("scríobh",),
    "hy": ("գրեց",),
    "cy": ("ysgrifennodd",),
    "br": ("en deus skrivet", "he deus skrivet"),
}  # fmt: skip

# The same in scripts that put no spaces between words.
WROTE_UNSPACED = (
    "写道", "寫道", "写到", "寫到", "撰写", "寫了", "のメール", "さんは書きました", "書きました", "のメッセージ", "님이 작성", "작성", "님이 쓴 글", r"이\(가\) 쓴 글", "작성하였습니다",
)  # fmt: skip

# How an attribution begins: a preposition, or a weekday, or a day of the month (which is told by its figure).
OPENERS = (
    "on", "at", "in message", "in article", "quoting", "posted by",  # en
    "am", "zitat von", "von",  # de
    "le", "citation de",  # fr
    "el", "citando a", "en fecha", "en", "missatge de",  # es, ca
    "il", "il giorno", "in data", "citando", "alle ore",  # it
    "noong",  # fil
    "em", "no dia", "o",  # pt, gl
    "op",  # nl
    "den", "på", "kl.", "d.",  # sv, da, no
    "ke", "pe", "ma", "ti", "to", "la", "su", "þann",  # fi: its weekdays
    "w dniu", "dnia", "wiadomość napisana przez", "wiadomość wysłana przez", "pada", "pada tanggal",  # pl, id
    "dne", "dňa",  # cs, sk
    "ühel kenal päeval", "kuupäev",  # et
    "pe data", "pe data de", "în data de", "la data",  # ro
    "dana", "u", "v", "dan",  # hr, sl
    "у", "в", "во", "на", "від", "от",  # ru, uk, bg, sr
    "στις", "την", "τη",  # el
    "vào", "lúc", "ngày",  # vi
    "tarihinde",  # tr
    "ב", "ב-", "בתאריך", "بتاريخ", "في", "در",  # he, ar, fa
    "เมื่อ", "ในวันที่", "वि",  # th
    "在", "於", "于",  # zh
    "mon", "tue", "wed", "thu", "fri", "sat", "sun", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
    "mo", "di", "mi", "do", "fr", "sa", "so", "montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag",
    "lun", "mar", "mer", "jeu", "ven", "sam", "dim", "gio", "sab", "dom", "mié", "jue", "vie", "sáb", "seg", "ter", "qua", "qui", "sex",
    "mån", "tis", "ons", "tors", "tor", "fre", "lör", "sön", "man", "tir", "lør", "søn",
    "pon", "wt", "śr", "czw", "pt", "sob", "niedz", "pá", "út", "st", "čt", "so", "ne", "po", "hét", "csüt", "pén", "szo", "vas",
    "пн", "вт", "ср", "чт", "пт", "сб", "вс", "нд", "понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье",
    "понеділок", "вівторок", "середа", "четвер", "п'ятниця", "субота", "неділя",
)  # fmt: skip

# Who says this of themselves writes a sentence, and no program an attribution ("At 9:00 I wrote:").
FIRST_PERSON = frozenset(
    {"i", "i've", "we", "me", "us", "ich", "wir", "mir", "mich", "uns", "j'ai", "moi", "yo", "nosotros", "ik", "wij", "jag", "jeg", "minä",
     "я", "мы", "мне", "нам", "ми", "мені", "ben", "biz", "bana"}
)  # fmt: skip

# With which a person begins who repeats what was said to him ("You said:"); programs put a date beside it.
SECOND_PERSON = frozenset(
    {
        "you",
        "sie",
        "du",
        "ihr",
        "vous",
        "tu",
        "usted",
        "ustedes",
        "lei",
        "voi",
        "você",
        "vocês",
        "u",
        "jij",
        "je",
        "ni",
        "вы",
        "ты",
        "ви",
        "ти",
    }
)

# What stands before somebody without a name, in small letters: Ma, Mi and Su are names.
UNNAMED = frozenset(
    {"my", "our", "your", "his", "her", "their", "the", "mein", "meine", "unser", "unsere", "ihr", "ihre", "die", "mon", "ma", "notre", "votre",
     "mi", "su", "nuestro", "nuestra", "meu", "minha", "nosso", "nossa", "mio", "mia", "nostro", "nostra", "mijn", "onze", "uw"}
)  # fmt: skip

# Horde, IMP and SquirrelMail quote with a noun.
QUOTING = (
    "quoting",
    "zitat von",
    "citando",
    "citando a",
    "citation de",
    "citaat van",
    "citerar",
    "citerer",
    "cytowanie",
    "citát",
    "idézet",
)

# Sup and Roundup do (Excerpts from Ann Lee's message of 2026-03-02 12:10:), in words with which people begin an answer or a
# log too: only where quoted lines follow, or in Sup's very words.
QUOTING_LINES = ("excerpts from", "in reply to", "missatge de")

# What forums and desks write between two rules above the earlier messages that they send along (Discourse).
PREVIOUS: dict[str, tuple[str, ...]] = {
    "en": ("previous replies", "previous discussion", "previous messages", "previous comments", "earlier messages"),
    "de": ("vorherige antworten", "vorherige diskussion", "frühere antworten", "vorherige nachrichten"),
    "fr": ("réponses précédentes", "discussion précédente", "messages précédents"),
    "es": ("respuestas anteriores", "discusión anterior", "mensajes anteriores"),
    "it": ("risposte precedenti", "discussione precedente", "messaggi precedenti"),
    "pt": ("respostas anteriores", "discussão anterior", "mensagens anteriores"),
    "ca": ("respostes anteriors",),
    "nl": ("eerdere reacties", "vorige reacties", "vorige berichten"),
    "sv": ("föregående svar", "tidigare svar"),
    "da": ("tidligere svar", "forrige svar"),
    "no": ("tidligere svar", "forrige svar"),
    "fi": ("edelliset vastaukset", "aiemmat vastaukset"),
    "pl": ("poprzednie odpowiedzi", "poprzednia dyskusja"),
    "cs": ("předchozí odpovědi",),
    "sk": ("predchádzajúce odpovede",),
    "hu": ("korábbi válaszok", "előző válaszok"),
    "ro": ("răspunsuri anterioare",),
    "ru": ("предыдущие ответы", "предыдущие сообщения"),
    "uk": ("попередні відповіді",),
    "el": ("προηγούμενες απαντήσεις",),
    "tr": ("önceki yanıtlar", "önceki cevaplar"),
    "zh": ("之前的回复", "先前的回复", "上一次回复", "先前的回覆", "之前的回覆"),
    "ja": ("以前の返信", "これまでの返信"),
    "ko": ("이전 답글", "이전 댓글", "이전 답변"),
    "he": ("תגובות קודמות",),
    "ar": ("الردود السابقة",),
}  # fmt: skip

# The line that phones and web mailers put under what was written: how it begins.
SENT_FROM: dict[str, tuple[str, ...]] = {
    "en": ("sent from", "sent with", "sent via", "sent by", "sent using", "sent on the", "sent on my", "sent through", "get outlook for",
           "from my", "download outlook for", "sent securely", "securely sent with", "secured with", "written on my", "composed on my",
           "yahoo mail: search", "get bluemail", "get aqua mail", "please excuse any typos", "please excuse typos", "typed on", "sent in haste", "sent while",
           "virus-free.", "www.avast.com", "https://www.avast.com/sig-email", "www.avg.com", "https://www.avg.com/email-signature",
           "#dab4fad8-2dd7-40bb-a1b8-4e2aa1f9fdf2",  # Avast below what it has scanned
           "sender notified by", "please excuse my brevity", "please excuse the brevity", "please excuse brevity", "pardon my brevity",
           "apologies for brevity", "excuse my brevity"),
    "de": ("virenfrei.", "von meinem", "von meiner", "sicher gesendet mit", "sicher versendet mit", "gesendet von", "gesendet mit", "gesendet über", "gesendet aus", "von unterwegs", "diese nachricht wurde von meinem",
           "diese nachricht wurde mit", "holen sie sich outlook", "outlook für", "versendet mit", "verschickt mit", "mobil gesendet", "von outlook für"),
    "fr": ("garanti sans virus.", "sans virus.", "envoyé de mon", "envoyé depuis", "envoyé à partir de", "envoyé avec", "envoyé par mon", "envoyé par l'application", "télécharger outlook pour", "obtenir outlook pour",
           "envoyé de", "provenance : courrier", "envoyé via", "obtenir bluemail"),
    "es": ("libre de virus.", "enviado desde", "enviado de mi", "enviado con", "enviado mediante", "enviado por dispositivo", "obtener outlook para", "obtén outlook", "obtenga outlook", "enviado a través", "enviado por mi"),
    "it": ("privo di virus.", "mail priva di virus.", "inviato da", "inviato dal", "inviato con", "ottieni outlook per", "scarica outlook per", "inviato tramite", "inviata da", "inviata con"),
    "pt": ("livre de vírus.", "não contém vírus.", "enviado do", "enviado a partir", "enviado de", "enviado pelo", "enviado via", "obter o outlook para", "obtenha o outlook para", "obter outlook"),
    "ca": ("enviat des", "enviat amb"),
    "nl": ("virusvrij.", "verstuurd vanaf", "verzonden vanaf", "verzonden met", "verstuurd met", "verzonden via", "verstuurd via", "verzonden vanuit", "verstuurd vanuit", "verzonden door", "outlook voor", "downloaden outlook", "vanaf mijn"),
    "sv": ("skickat från", "skickad från", "skickades från", "från min", "hämta outlook för", "skickat med", "skickat via", "skaffa outlook för"),
    "da": ("sendt fra", "sendt med", "sendt via", "hent outlook til", "få outlook til", "fra min"),
    "no": ("sendt fra", "skaff deg outlook for", "last ned outlook for", "få outlook for", "hent outlook for"),
    "fi": ("lähetetty", "hanki outlook", "lähettänyt"),
    "et": ("saadetud minu", "saadetud"),
    "lv": ("nosūtīts no",),
    "lt": ("išsiųsta iš", "siųsta iš"),
    "pl": ("wysłane z", "wysłano z", "wysłane przez", "pobierz outlook", "pobierz program outlook", "pobierz aplikację outlook", "uzyskaj outlooka", "uzyskaj aplikację outlook", "wysłane za pomocą"),
    "cs": ("odesláno z", "odesláno ze", "posláno z", "získejte outlook", "získat outlook", "odesláno pomocí", "poslané z"),
    "sk": ("odoslané z", "odoslané zo", "získajte outlook", "získať outlook", "poslané z"),
    "hu": ("elküldve", "az iphone-omról küldve", "az outlook", "az ios outlook", "az android outlook", "küldve"),
    "ro": ("trimis de pe", "trimis din", "obțineți outlook", "trimis cu"),
    "hr": ("poslano s", "poslano sa", "poslano iz", "nabavite outlook", "preuzmite outlook"),
    "sr": ("poslato sa", "poslato iz", "послато са", "послато из"),
    "sl": ("poslano iz", "poslano z", "prenesite outlook", "pridobite outlook"),
    "bg": ("изпратено от", "изпратено с", "получете outlook"),
    "ru": ("без вирусов.", "отправлено с", "отправлено из", "отправлено через", "отправлено от", "получите outlook", "получить outlook", "скачать outlook", "скачайте outlook", "загрузить outlook", "с мобильного", "послано с"),
    "uk": ("надіслано з", "надіслано із", "відправлено з", "отримати outlook", "надіслано через"),
    "el": ("στάλθηκε από", "εστάλη από", "αποστολή από", "αποκτήστε το outlook", "λήψη του outlook"),
    "tr": ("yahoo postadan", "iphone'umdan gönderildi", "ipad'imden gönderildi", "android için outlook", "ios için outlook", "samsung cihazımdan", "gönderildi:"),
    "vi": ("đã gửi từ", "được gửi từ", "gửi từ", "tải outlook", "nhận outlook"),
    "id": ("dikirim dari", "terkirim dari", "dapatkan outlook"),
    "ms": ("dihantar dari", "dihantar daripada"),
    "th": ("ส่งจาก", "รับ outlook", "ดาวน์โหลด outlook"),
    "zh": ("发自我的", "發自我的", "发自网易", "发自 outlook", "发自outlook", "发自手机", "发自qq", "傳送自我的", "寄自我的", "从我的", "從我的", "发送自", "來自我的", "来自我的", "来自 outlook", "获取 outlook", "获取outlook", "取得 outlook", "下載 outlook", "使用 outlook", "通过我的", "自我的"),
    "ja": ("iphoneから送信", "ipadから送信", "私の", "androidから送信", "ios 版 outlook", "outlook for ios を入手", "outlook for android を入手", "android 版 outlook"),
    "ko": ("나의 iphone에서 보냄", "내 iphone에서 보냄", "나의 ipad에서 보냄", "나의 android", "내 android", "ios용 outlook", "android용 outlook", "samsung mobile에서"),
    "he": ("נשלח מה", "נשלח מ", "קבל את outlook"),
    "ar": ("أرسلت من", "أُرسلت من", "أُرسل من", "مرسل من", "مُرسل من", "أرسل من", "تم الإرسال من", "الحصول على outlook", "احصل على outlook"),
    "fa": ("فرستاده شده از", "ارسال شده از", "ارسال از"),
}  # fmt: skip

# The same where the verb stands last: "Von meinem iPhone gesendet", "Ann from mobile", "iPhone'dan gönderildi".
SENT_FROM_ENDS = (
    "from mobile", "gesendet", "से भेजा गया", "edinin", "ارسال شده است", "送信", "傳送", "发送", "发送的", "에서 보냄", "에서 보냈습니다", "gönderildi", "küldve", "lähetetty", "を入手", "から送信", "傳送的",
)  # fmt: skip

# What a sentence has that begins like such a line: verbs and denials, which no device is called by.
SENTENCES: dict[str, tuple[str, ...]] = {
    "en": (
        "is",
        "are",
        "was",
        "were",
        "does",
        "do",
        "did",
        "never",
        "not",
        "cannot",
        "can't",
        "don't",
        "doesn't",
        "didn't",
        "won't",
        "nothing",
    ),
    "de": (
        "ist",
        "sind",
        "kommt",
        "kommen",
        "geht",
        "gehen",
        "funktioniert",
        "nie",
        "nicht",
        "kein",
        "keine",
        "nichts",
    ),
    "fr": ("est", "sont", "ne", "jamais", "rien", "pas", "n'arrive", "n'arrivent"),
    "es": ("es", "son", "nunca", "no", "nada", "llega", "llegan"),
    "it": ("sono", "non", "mai", "niente", "arriva", "arrivano"),
    "pt": ("são", "não", "nunca", "nada", "chega", "chegam"),
    "nl": ("is", "zijn", "niet", "nooit", "niets", "komt", "komen"),
}
# How the words begin by which people excuse what they write on a phone.
EXCUSES = (
    "excus", "pardon", "forgiv", "sorry", "apolog", "typo", "brev", "brief", "entschuldig", "verzeih", "tippfehler", "disculp", "perdon",
    "desculp", "scus",
)  # fmt: skip

# Where help desks ask for the answer to stand (Zendesk, Freshdesk, Help Scout, Jira, Basecamp): what is below is quoted.
# The word for "line" → what else the line says.
ABOVE_THIS_LINE: dict[str, tuple[str, ...]] = {
    "line": ("above this line", "above the line", "below this line", "delete this line", "over denne line"),
    "linie": ("oberhalb dieser linie", "über dieser linie", "über diese linie"),
    "zeile": ("oberhalb dieser zeile", "über dieser zeile", "über diese zeile"),
    "ligne": ("au-dessus de cette ligne", "au dessus de cette ligne"),
    "línea": ("encima de esta línea", "arriba de esta línea"),
    "riga": ("sopra questa riga", "al di sopra di questa riga"),
    "linea": ("sopra questa linea",),
    "linha": ("acima desta linha",),
    "lijn": ("boven deze lijn",),
    "regel": ("boven deze regel",),
    "raden": ("ovanför den här raden", "ovanför denna rad"),
    "linjen": ("over denne linjen", "ovanför den här linjen"),
    "linje": ("over denne linje",),
    "rivin": ("tämän rivin yläpuolelle",),
    "viivan": ("tämän viivan yläpuolelle",),
    "linii": ("powyżej tej linii", "deasupra acestei linii"),
    "řádkem": ("nad tímto řádkem",),
    "čáru": ("nad tuto čáru",),
    "čiaru": ("nad túto čiaru",),
    "vonal": ("e vonal fölé",),
    "строки": ("выше этой строки",),
    "линии": ("выше этой линии",),
    "строкой": ("над этой строкой",),
    "чертой": ("над этой чертой",),
    "рядка": ("вище цього рядка",),
    "рядком": ("над цим рядком",),
    "satırın": ("bu satırın üstüne", "bu satırın üzerine"),
    "çizginin": ("bu çizginin üzerine", "bu çizginin üstüne"),
    "γραμμή": ("πάνω από αυτή τη γραμμή",),
}  # fmt: skip
ABOVE_THIS_LINE_UNSPACED = ("请在此行上方回复", "此線以上", "在此線上方", "この行より上", "この線より上", "이 줄 위에")
