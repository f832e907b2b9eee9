"""How machines begin what they write, by language: automatic answers, and mail that comes back. Pure tables."""

import re

# How automatic answers begin their subject, by language (`automatic_subjects`).
AUTO_SUBJECTS = (
    "auto reply",
    "auto-reply",
    "autoreply",
    "auto response",
    "auto-response",
    "automatic reply",
    "automated reply",
    "automatic response",
    "out of office",
    "out of the office",
    "out-of-office",
    "away from my mail",
    "vacation reply",
    "vacation message",
    "i am out of the office",
    "i'm out of the office",
    "currently out of the office",
    "away from the office",
    "auto generated reply",
    "your message has been received: automatic",
    "automatische rückantwort",
    "autom. antwort",
    "urlaubsabwesenheit",
    "ich bin nicht im büro",
    "réponse auto",
    "hors du bureau",
    "respuesta auto",
    "mensaje automático",
    "ausente de la oficina",
    "risposta auto",
    "messaggio automatico",
    "fuori dall'ufficio",
    "assente dall'ufficio",
    "fora do escritório",
    "fora de escritório",
    "mensagem automática",
    "automatisch bericht",
    "automatisch beantwoord",
    "resposta automàtica",
    "automaattivastaus",
    "automatski odgovor",
    "samodejni odgovor",
    "automatinis atsakymas",
    "automātiskā atbilde",
    "automātiska atbilde",
    "sjálfvirkt svar",
    "аўтаматычны адказ",
    "автоматичен отговор",
    "аутоматски одговор",
    "balasan otomatis",
    "trả lời tự động",
    "ตอบกลับอัตโนมัติ",
    "स्वचालित उत्तर",
    "پاسخ خودکار",
    "automatische antwort",
    "autoantwort",
    "réponse automatique",
    "reponse automatique",
    "absence du bureau",
    "message d'absence",
    "respuesta automática",
    "respuesta automatica",
    "fuera de la oficina",
    "fuera de oficina",
    "risposta automatica",
    "fuori ufficio",
    "resposta automática",
    "resposta automatica",
    "ausência do escritório",
    "automatisch antwoord",
    "automatische antwoord",
    "automatiskt svar",
    "autosvar",
    "automatisk svar",
    "automaattinen vastaus",
    "odpowiedź automatyczna",
    "automatyczna odpowiedź",
    "poza biurem",
    "automatická odpověď",
    "automatická odpoveď",
    "mimo kancelář",
    "automatikus válasz",
    "irodán kívül",
    "răspuns automat",
    "автоответ",
    "автоматический ответ",
    "ավտոմատ պատասխան",
    "autoodpowiedź",
    "תגובה אוטומטית",
    "การตอบกลับอัตโนมัติ",
    "автоматски одговор",
    "автоматты жауап",
    "ავტომატური პასუხი",
    "avtomatik cavab",
    "ateb awtomatig",
    "outomatiese antwoord",
    "freagra uathoibríoch",
    "awtomatikong tugon",
    "jibu otomatiki",
    "স্বয়ংক্রিয় উত্তর",
    "தானியங்கு பதில்",
    "abwesenheitsbenachrichtigung",
    "automatisierte antwort",
    "automatic email reply",
    "automatic e-mail reply",
    "automated email reply",
    "automated email response",
    "automated e-mail reply",
    "this is an automated reply",
    "this is an automated response",
    "this is an automatic reply",
    "risposta non al computer",
    "автоматична відповідь",
    "otomatik yanıt",
    "ofis dışında",
    "automaatne vastus",
    "αυτόματη απάντηση",
    "自動返信",
    "自动回复",
    "自動回覆",
    "自動応答",
    "自动答复",
    "自動答覆",
    "不在のお知らせ",
    "休暇のお知らせ",
    "자동 회신",
    "자동회신",
    "자동 응답",
    "부재 중",
    "מענה אוטומטי",
    "תשובה אוטומטית",
    "رد تلقائي",
    "الرد التلقائي",
    "automated response",
    "auto-antwort",
    "abwesenheitsnotiz",
    "abwesenheitsnachricht",
    "abwesenheitsmeldung",
    "abwesenheitsassistent",
    "abwesenheitsagent",
    "automatische abwesenheit",
    "automatische eingangsbestätigung",
    "réponse d'absence",
    "notification d'absence",
    "afwezigheidsbericht",
    "afwezigheidsassistent",
    "frånvaromeddelande",
    "fraværsbesked",
    "fraværsmelding",
    "autom. vastaus",
    "poissaoloilmoitus",
    "automatyczna wiadomość",
    "автовідповідь",
    "otomatik cevap",
    "automaatvastus",
    "balas otomatis",
    "tự động trả lời",
    "자동응답",
    "부재중 자동",
    "absent du bureau",
    "nicht im büro:",
    "niet op kantoor:",
    "ikke til stede:",
    "erantzun automatikoa",
    "jawapan automatik",
    "balasan automatik",
    "automatic acknowledg",
    "auto acknowledg",
    "auto-acknowledg",
    "autoresponse",
    "accusé de réception automatique",
    "automatische empfangsbestätigung",
    "conferma automatica",
    "ich bin derzeit nicht im büro",
    "je suis absent du bureau",
    "je suis actuellement absent",
    "вне офиса:",
    "不在自動",
    "自動回復",
    "përgjigje automatike",
    "tweġiba awtomatika",
    "avtomatik javob",
    "خودکار جواب",
    "autorespuesta",
    "vacation auto-reply",
    "vacation auto reply",
    "vacation autoreply",
    "auto-réponse",
    "autoresposta",
)
# Words right behind those above with which people ask about automatic answers, or mean something else.
ASKED_ABOUT = frozenset(
    {"hours", "hour", "setting", "settings", "plugin", "feature", "function", "does", "doesn't", "isn't", "not", "how", "in", "for", "problem",
     "problems", "issue", "issues", "einrichten", "aktivieren", "deaktivieren", "ausschalten", "funktioniert", "geht", "wird", "im", "configurer",
     "désactiver", "ne", "configurar", "desactivar", "configurare", "disattivare", "non", "instellen", "uitschakelen", "werkt",
     "of", "is", "broken", "missing", "fails", "failed", "never", "fehlt", "fehlen", "abschalten", "kommt", "kam", "nicht", "nie", "jamais", "quand",
     "nunca", "no", "365", "mai", "não", "jamás", "niet", "nooit", "ikke", "inte", "aldrig", "aldri", "ei", "koskaan", "nigdy", "nikdy", "nepřišla", "не",
     "никогда", "manca", "mancante", "falta", "manque", "ontbreekt", "saknas", "mangler", "puuttuu",
     "text", "wording", "template", "wrong", "sent", "twice", "einstellen", "ändern", "anpassen", "doppelt", "comment", "modifier", "cambiar",
     "alterar", "modificare", "wijzigen", "stopped", "stops", "are", "was", "were", "has", "have", "can", "cannot", "can't", "won't", "i", "so", "but",
     "calendar", "entry", "balance", "request", "policy", "form", "double", "doublon", "boucle", "doble", "duplicado", "duplicada", "repetido",
     "repetida", "duplicata", "zweimal", "mehrfach", "dubbel", "dubbelt", "dobbelt", "impossible", "impossibile", "imposible", "kann", "kan",
     "virker", "fungerer", "fungerar", "nefunguje", "nefungují", "приходит", "работает", "дважды"}
)  # fmt: skip
# The same behind one of these ("Out of office message is sent twice"), with which a machine's own subject may end.
ASKED_ABOUT_A = frozenset(
    {"message", "messages", "assistant", "notification", "email", "e-mail", "mail", "mails", "reply", "replies", "en"}
)
# With which a person ends who wants something done to them, or says what is wrong ("Abwesenheitsnotiz ab Montag einrichten").
ASKED_AT_THE_END = frozenset(
    {"einrichten", "aktivieren", "deaktivieren", "ausschalten", "abschalten", "einstellen", "ändern", "anpassen", "verlängern", "löschen", "entfernen",
     "doppelt", "falsch", "fehlerhaft", "zweimal", "mehrfach", "fehlt", "twice", "wrong", "broken", "missing", "configurer", "désactiver", "modifier",
     "supprimer", "prolonger", "corriger", "cambiar", "configurar", "desactivar", "eliminar", "modificare", "disattivare", "correggere", "alterar",
     "instellen", "uitschakelen", "wijzigen"}
)  # fmt: skip
# The same in writing without spaces.
ASKED_ABOUT_UNSPACED = (
    "が", "を", "は", "も", "について", "に関", "の設定", "の内容", "の文", "って", "未", "没有", "沒有", "不", "无法", "無法", "怎么", "怎麼", "设置", "設定",
    "이 ", "가 ", "을 ", "를 ", "은 ", "는 ",
)  # fmt: skip
# With which a person asks for something; a machine refers to somebody else.
REQUESTS = (
    "please", "pls", "can you", "could you", "would you", "can i", "could i", "bitte", "können sie", "könnten sie", "könnt ihr", "kannst du", "kann ich",
    "veuillez", "pouvez-vous", "pourriez-vous", "s'il vous plaît", "puis-je", "por favor", "pueden", "podrían", "puede", "per favore", "potete",
    "posso", "podem", "kunt u", "kun je", "graag", "alstublieft", "kan jag", "kan ni", "kan jeg", "kan du", "proszę", "prosím", "пожалуйста",
)  # fmt: skip
REFERRING = ("contact", "kontakt", "refer", "urgent", "emergenc", "dringend", "wenden", "assistance", "обращ")
# What a machine calls its answer, behind the words above or in them.
MESSAGES = (
    "message", "reply", "response", "notification", "notice", "email", "e-mail", "mail", "answer", "alert", "assistant", "autoreply", "auto-reply",
    "nachricht", "antwort", "mitteilung", "meldung", "réponse", "mensaje", "respuesta", "aviso", "messaggio", "risposta", "avviso", "mensagem", "resposta",
    "bericht", "antwoord", "meddelande", "besked", "melding", "svar", "vastaus", "viesti", "wiadomość", "odpowiedź", "zpráva", "odpověď",
    "сообщение", "ответ", "メール", "のお知らせ", "通知", "返信", "応答", "회신", "응답", "메일", "알림", "메시지", "안내", "입니다",
    "邮件", "郵件", "回复", "回覆", "答复", "答覆",
)  # fmt: skip
# With which its subject goes on behind them: until when.
UNTIL = (
    "until", "till", "from", "through", "this week", "next week", "today", "tomorrow", "on monday", "on tuesday", "on wednesday", "on thursday",
    "on friday", "back", "returning", "return", "bis", "ab", "vom", "heute", "morgen", "jusqu'au", "jusqu'à", "hasta", "desde", "fino", "dal", "até",
    "tot", "vanaf", "til", "från", "fra", "asti", "od", "do", "dnia", "до", "с", "з",
)  # fmt: skip
# The same: why, and what was answered.
GOES_ON = (
    *UNTIL, "on vacation", "on leave", "on holiday", "on annual leave", "on business", "and will", "and i will", "und bin", "und werde",
    "re", "aw", "sv", "antw", "fw", "fwd", "wg", "tr",
)  # fmt: skip
# The same where the words are of an answer, and not of an office: from whom, to what ("fuera de la oficina de correos").
ANSWERS = (
    *GOES_ON, "by", "to your", "to:", "your", "thank", "thanks", "von", "auf ihre", "auf:", "zu ihrer", "ihre", "ihrer", "du", "de", "à votre",
    "votre", "del", "a su", "su", "di", "da", "alla", "à sua", "van", "op uw", "uw", "på din", "от", "на", "від",
)  # fmt: skip
# Behind "from": of a new mail without any header of a machine it is a person who so calls the desk that it writes to.
FROM_YOURS = (
    (("from", "by"), ("you", "your")),
    (("von", "vom"), ("ihnen", "ihrem", "ihrer", "ihren", "euch", "eurem", "eurer")),
    (("de", "du"), ("votre", "vos", "vous")),
    (("de",), ("su", "sus", "usted", "ustedes", "vuestra", "vuestro", "sua", "seu", "vossa")),
    (("da",), ("sua", "suo", "voi", "vostro", "vostra", "seu", "vossa")),
    (("van",), ("uw", "u", "jullie")),
    (("från", "fra"), ("er", "ert", "jer", "jeres", "dere", "deres")),
    (("od",), ("państwa", "was", "vás", "vašeho")),
    (("от", "від"), ("вас", "вашего", "вашей", "вашого", "вашої")),
)
# Those have one of these.
OF_ANSWERS = ("auto", "авто", "аўта", "аута", "αυτό", "réponse", "reply", "response", "自", "자동", "אוטומט", "تلقائي")
# With which Notes ends a subject that begins with a name; people write it of others, so only in an answer that is not `Re:`.
AWAY_AT_THE_END = (
    " is out of the office", " ist außer haus", " ist nicht im büro", " est absent", " est absent(e)", " est absente",
    " está fuera de la oficina", " è fuori ufficio", " is niet op kantoor",
)  # fmt: skip
# What people write too, in the subject of a mail of their own ("Absence: from when is it paid?"): an automatic answer only
# where the mail answers one, by its header or by the subject that it repeats.
AWAY_SUBJECTS = (
    "auto:", "(auto)", "ooo:", "vacation", "on vacation", "on holiday", "on leave", "annual leave", "i am on vacation", "i am on holiday",
    "i am on leave", "i am on annual leave", "i am currently out of the office", "i'm currently out of the office", "i am currently away",
    "i will be out of the office", "autoresponder:", "i am away", "i'm away", "i am out of office", "away:", "away from", "not in the office",
    "ich bin bis", "ich bin nicht im", "ich bin derzeit", "je suis absent", "ik ben afwezig", "я в отпуске", "auto -",
    "autoresponder", "ooo re", "ooo]", "holiday", "maternity leave", "paternity leave", "parental leave", "sick leave", "no longer with the company",
    "no longer with company", "elternzeit", "mutterschutz", "empfangsbestätigung", "je suis en congé", "je suis en vacances", "congé",
    "estoy de vacaciones", "estoy ausente", "sono in ferie", "sono assente", "estou de férias", "estou ausente", "ik ben op vakantie",
    "jag är på semester", "jag är inte på kontoret", "jeg er på ferie", "jeg er ikke på kontoret", "olen lomalla", "poissaoloviesti",
    "jestem nieobecn", "izin", "άδεια", "在休假", "外出のお知らせ", "夏季休暇のお知らせ", "夏季休業のお知らせ", "年末年始休業のお知らせ", "ไม่อยู่ที่สำนักงาน", "atvaļinājums", "atvaļinājumā",
    "ich bin außer haus", "abwesenheit", "abwesend", "urlaub", "im urlaub", "ich bin im urlaub", "außer haus", "nicht im büro", "nicht im haus",
    "nieobecność w biurze", "vacation notice", "fraværsassistent", "mensaje de ausencia", "aviso de ausencia", "mensagem de ausência",
    "messaggio di assenza", "eingangsbestätigung", "ontvangstbevestiging", "auto responder:",
    "absence", "absent", "en congé", "en vacances", "congés",
    "ausente", "ausencia", "de vacaciones", "vacaciones", "fuera del despacho",
    "assente", "assenza", "in ferie", "fuori sede", "ferie",
    "ausência", "de férias", "férias",
    "afwezig", "niet op kantoor", "vakantie", "op vakantie",
    "assenza dall'ufficio", "ausência temporária", "ausencia temporal", "niet aanwezig:", "fraværende", "不在通知", "frånvaro", "frånvarande", "semester", "på semester", "ej på kontoret",
    "fravær", "ikke til stede", "ikke på kontoret", "ferie:", "på ferie",
    "poissa", "lomalla", "vuosiloma",
    "nieobecność", "jestem na urlopie", "urlop", "nieobecny", "nieobecna",
    "nepřítomnost", "nejsem v kanceláři", "dovolená", "neprítomnosť", "dovolenka",
    "házon kívül", "szabadság", "távollét",
    "absența din birou", "absent din birou", "concediu", "în concediu",
    "odsutan", "odsutna", "odsutnost", "odsoten", "godišnji odmor",
    "нет на месте", "отсутствие", "отсутствую", "в отпуске", "отпуск", "відпустка", "у відпустці", "відсутність", "отсъствие",
    "εκτός γραφείου", "απουσία", "izindeyim", "tatil", "puhkus", "atvaļinājum", "atostogos", "tidak di kantor", "cuti",
    "vắng mặt", "nghỉ phép", "不在", "外出", "休假", "休暇", "부재중", "휴가", "מחוץ למשרד", "חופשה", "خارج المكتب", "إجازة", "در مرخصی",
)  # fmt: skip
# How mail servers begin the subject of a mail that comes back.
BOUNCE_SUBJECT = re.compile(
    r"undeliver|non[- ]?deliver|not[- ]delivered|delivery (?:status notification|failure|failed|has failed|problem|error|report)"
    r"|mail delivery|failure notice|failed (?:mail|delivery|message|to deliver)|returned mail|mail returned|return(?:ed|ing)? (?:e?mail|to sender)"
    r"|(?:mail|message|mail system) (?:could not be delivered|error|failure|status)|unzustellbar|unable to deliver|could not deliver"
    r"|mail system error|could not send (?:mail|message)|delayed mail|delivery (?:is )?delayed|nondeliverable|user unknown|rejected:|bounce|non remis|échec|no se (?:pudo|puede) entregar|mancata consegna"
    r"|não (?:foi )?(?:entregue|pôde)|onbestelbaar|недоставлен|не доставлен|退信|メール(?:が|は)?(?:送|届)"
    r"|nicht zugestellt|zustellung (?:fehlgeschlagen|nicht möglich)|zustellfehler|non (?:distribu|délivr)|retour à l'expéditeur"
    r"|no (?:se ha podido )?entrega|correo devuelto|devuelto al remitente|non recapita|recapito non|falha (?:na|de) entrega|devolvid"
    r"|niet (?:worden )?(?:bezorgd|afgeleverd)|bezorging mislukt|niedostarczaln|nie dostarczon|nie można dostarczyć|k(?:an|unde) inte levereras"
    r"|olevere?rbar|kunne ikke leveres|ei voitu toimittaa|nedoručiteln|nedoručen|kézbesíthetetlen|sikertelen kézbesítés|teslim edilemedi"
    r"|не удалось доставить|невозможно доставить|配信(?:不能|エラー|失敗|でき)|送信(?:エラー|失敗|でき)|メールエラー|エラー通知"
    r"|não é possível entregar|går inte att leverera|kan inte levereras|kan ikke leveres|ei voi(?:tu)? toimittaa|nedoručiteľn|не удается достав"
    r"|недоставленн|не вдалося достав|неможливо достав|недоставим|δεν παραδόθηκε|μη παραδοτέ|αδυναμία παράδοσης|nelivrabil|nu s?-?a putut (?:fi )?livra"
    r"|לא ניתן למס|غير قابل للتسليم|تعذر (?:ال)?تسليم|لم يتم (?:ال)?تسليم|không thể (?:chuyển|gửi)|ไม่สามารถส่ง|tidak (?:dapat )?terkirim"
    r"|投(?:递|遞)失(?:败|敗)|(?:无|無)法(?:投(?:递|遞)|送(?:达|達)|传递|傳遞)|退回|배달 실패|(?:전송|발송) ?실패|전송되지 (?:못|않)|배달되지 (?:못|않)|반송|zwrot wiadomo|niedoręcz",
    re.IGNORECASE,
)
