"""What our own mails say, by language. In curly brackets stands what is put in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """`received` is the subject of an acknowledgement; `ticket` stands under every answer.

    `above` is the line below which a customer's own words are not looked for (ingest.quoting), `wrote` introduces what
    somebody said before, and `too_large` the links to what did not fit into the mail.
    """

    received: str
    thanks: str
    follow: str
    add: str
    ticket: str
    above: str
    wrote: str
    too_large: str


def wording(language: str) -> Wording:
    """The words of `language` (`pt`, `pt-BR`, `pt_BR`), or the English ones."""
    return WORDINGS.get(language[:2].lower(), WORDINGS["en"])


WORDINGS = {
    "en": Wording(
        received="Ticket {number}: we have received your message",
        thanks="Thank you for writing to us. Your message has arrived and has the ticket number {number}.",
        follow="You can see its status here:",
        add="To add something, simply answer this mail.",
        ticket="Ticket {number}",
        above="Please write your answer above this line",
        wrote="On {at}, {name} wrote:",
        too_large="Too large for a mail; you find it here:",
    ),
    "de": Wording(
        received="Ticket {number}: Ihre Nachricht ist angekommen",
        thanks="Vielen Dank für Ihre Nachricht. Sie ist bei uns angekommen und hat die Ticketnummer {number}.",
        follow="Den Stand sehen Sie hier:",
        add="Wenn Sie etwas ergänzen möchten, antworten Sie einfach auf diese E-Mail.",
        ticket="Ticket {number}",
        above="Bitte schreiben Sie Ihre Antwort oberhalb dieser Zeile",
        wrote="Am {at} schrieb {name}:",
        too_large="Zu groß für eine E-Mail; Sie finden es hier:",
    ),
    "es": Wording(
        received="Ticket {number}: hemos recibido su mensaje",
        thanks="Gracias por escribirnos. Hemos recibido su mensaje y le hemos asignado el número de ticket {number}.",
        follow="Puede consultar su estado aquí:",
        add="Si desea añadir algo, simplemente responda a este correo.",
        ticket="Ticket {number}",
        above="Por favor, escriba su respuesta por encima de esta línea",
        wrote="El {at}, {name} escribió:",
        too_large="Demasiado grande para un correo; lo encontrará aquí:",
    ),
    "fr": Wording(
        received="Ticket {number} : nous avons bien reçu votre message",
        thanks="Merci de nous avoir écrit. Votre message nous est bien parvenu et porte le numéro de ticket {number}.",
        follow="Vous pouvez suivre son état ici :",
        add="Pour ajouter quelque chose, répondez simplement à cet e-mail.",
        ticket="Ticket {number}",
        above="Merci d'écrire votre réponse au-dessus de cette ligne",
        wrote="Le {at}, {name} a écrit :",
        too_large="Trop volumineux pour un e-mail ; vous le trouverez ici :",
    ),
    "pt": Wording(
        received="Ticket {number}: recebemos a sua mensagem",
        thanks="Obrigado por nos escrever. Recebemos a sua mensagem, que tem o número de ticket {number}.",
        follow="Pode consultar o estado aqui:",
        add="Se quiser acrescentar algo, basta responder a este e-mail.",
        ticket="Ticket {number}",
        above="Por favor, escreva a sua resposta acima desta linha",
        wrote="Em {at}, {name} escreveu:",
        too_large="Demasiado grande para um e-mail; pode encontrá-lo aqui:",
    ),
    "ca": Wording(
        received="Tiquet {number}: hem rebut el vostre missatge",
        thanks="Gràcies per escriure'ns. Hem rebut el vostre missatge, que té el número de tiquet {number}.",
        follow="En podeu consultar l'estat aquí:",
        add="Si voleu afegir-hi res més, responeu simplement aquest correu.",
        ticket="Tiquet {number}",
        above="Si us plau, escriviu la resposta per sobre d'aquesta línia",
        wrote="El {at}, {name} va escriure:",
        too_large="Massa gran per a un correu; ho trobareu aquí:",
    ),
    "it": Wording(
        received="Ticket {number}: abbiamo ricevuto il Suo messaggio",
        thanks="Grazie per averci scritto. Abbiamo ricevuto il Suo messaggio, che ha il numero di ticket {number}.",
        follow="Può seguirne lo stato qui:",
        add="Per aggiungere qualcosa, risponda semplicemente a questa e-mail.",
        ticket="Ticket {number}",
        above="Per favore, scriva la Sua risposta sopra questa riga",
        wrote="Il {at}, {name} ha scritto:",
        too_large="Troppo grande per una e-mail; lo trova qui:",
    ),
    "nl": Wording(
        received="Ticket {number}: wij hebben uw bericht ontvangen",
        thanks="Bedankt voor uw bericht. Wij hebben het ontvangen; het heeft ticketnummer {number}.",
        follow="Hier ziet u de status:",
        add="Wilt u iets toevoegen? Beantwoord dan gewoon deze e-mail.",
        ticket="Ticket {number}",
        above="Schrijf uw antwoord alstublieft boven deze regel",
        wrote="Op {at} schreef {name}:",
        too_large="Te groot voor een e-mail; u vindt het hier:",
    ),
    "pl": Wording(
        received="Zgłoszenie {number}: otrzymaliśmy Państwa wiadomość",
        thanks="Dziękujemy za wiadomość. Dotarła do nas i ma numer zgłoszenia {number}.",
        follow="Stan zgłoszenia można sprawdzić tutaj:",
        add="Aby coś dodać, wystarczy odpowiedzieć na tę wiadomość.",
        ticket="Zgłoszenie {number}",
        above="Prosimy pisać odpowiedź powyżej tej linii",
        wrote="{at} {name} napisał(a):",
        too_large="Zbyt duże na e-mail; plik znajduje się tutaj:",
    ),
    "sv": Wording(
        received="Ärende {number}: vi har tagit emot ditt meddelande",
        thanks="Tack för att du skriver till oss. Ditt meddelande har kommit fram och har ärendenummer {number}.",
        follow="Här ser du hur det går:",
        add="Vill du lägga till något, svara bara på det här mejlet.",
        ticket="Ärende {number}",
        above="Skriv ditt svar ovanför den här raden",
        wrote="{at} skrev {name}:",
        too_large="För stor för ett mejl; du hittar den här:",
    ),
    "da": Wording(
        received="Sag {number}: vi har modtaget din besked",
        thanks="Tak for din henvendelse. Din besked er modtaget og har sagsnummer {number}.",
        follow="Du kan følge sagen her:",
        add="Hvis du vil tilføje noget, skal du blot svare på denne e-mail.",
        ticket="Sag {number}",
        above="Skriv venligst dit svar over denne linje",
        wrote="{at} skrev {name}:",
        too_large="For stor til en e-mail; du finder den her:",
    ),
    "no": Wording(
        received="Sak {number}: vi har mottatt meldingen din",
        thanks="Takk for henvendelsen. Meldingen din er mottatt og har saksnummer {number}.",
        follow="Her kan du følge saken:",
        add="Vil du legge til noe, kan du bare svare på denne e-posten.",
        ticket="Sak {number}",
        above="Skriv svaret ditt over denne linjen",
        wrote="{at} skrev {name}:",
        too_large="For stor for en e-post; du finner den her:",
    ),
    "fi": Wording(
        received="Tukipyyntö {number}: viestisi on vastaanotettu",
        thanks="Kiitos yhteydenotostasi. Viestisi on saapunut, ja sen numero on {number}.",
        follow="Tilanteen näet täältä:",
        add="Jos haluat lisätä jotain, vastaa tähän sähköpostiin.",
        ticket="Tukipyyntö {number}",
        above="Kirjoita vastauksesi tämän rivin yläpuolelle",
        wrote="{at} {name} kirjoitti:",
        too_large="Liian suuri sähköpostiin; löydät sen täältä:",
    ),
    "cs": Wording(
        received="Požadavek {number}: vaši zprávu jsme obdrželi",
        thanks="Děkujeme za zprávu. Obdrželi jsme ji a má číslo {number}.",
        follow="Stav si můžete prohlédnout zde:",
        add="Chcete-li něco doplnit, stačí odpovědět na tento e-mail.",
        ticket="Požadavek {number}",
        above="Svou odpověď prosím napište nad tento řádek",
        wrote="{at} {name} píše:",
        too_large="Příliš velké pro e-mail; najdete to zde:",
    ),
    "sk": Wording(
        received="Požiadavka {number}: vašu správu sme prijali",
        thanks="Ďakujeme za správu. Prijali sme ju a má číslo {number}.",
        follow="Stav si môžete pozrieť tu:",
        add="Ak chcete niečo doplniť, stačí odpovedať na tento e-mail.",
        ticket="Požiadavka {number}",
        above="Svoju odpoveď prosím napíšte nad tento riadok",
        wrote="{at} {name} napísal(a):",
        too_large="Príliš veľké pre e-mail; nájdete to tu:",
    ),
    "hu": Wording(
        received="{number}. számú bejelentés: üzenetét megkaptuk",
        thanks="Köszönjük, hogy írt nekünk. Üzenetét megkaptuk, a bejelentés száma: {number}.",
        follow="Az állapotát itt tekintheti meg:",
        add="Ha szeretne valamit hozzátenni, egyszerűen válaszoljon erre az e-mailre.",
        ticket="{number}. számú bejelentés",
        above="Kérjük, válaszát e fölé a sor fölé írja",
        wrote="{at}, {name} írta:",
        too_large="Túl nagy egy e-mailhez; itt találja:",
    ),
    "ro": Wording(
        received="Solicitarea {number}: am primit mesajul dumneavoastră",
        thanks="Vă mulțumim că ne-ați scris. Am primit mesajul dumneavoastră, care are numărul {number}.",
        follow="Puteți vedea stadiul aici:",
        add="Dacă doriți să adăugați ceva, răspundeți pur și simplu la acest e-mail.",
        ticket="Solicitarea {number}",
        above="Vă rugăm să scrieți răspunsul deasupra acestei linii",
        wrote="La {at}, {name} a scris:",
        too_large="Prea mare pentru un e-mail; îl găsiți aici:",
    ),
    "hr": Wording(
        received="Zahtjev {number}: primili smo vašu poruku",
        thanks="Hvala što ste nam se javili. Vaša je poruka stigla i ima broj {number}.",
        follow="Stanje možete vidjeti ovdje:",
        add="Ako želite nešto dodati, jednostavno odgovorite na ovu poruku.",
        ticket="Zahtjev {number}",
        above="Molimo napišite odgovor iznad ovog retka",
        wrote="{at} {name} napisao/la je:",
        too_large="Preveliko za poruku; možete pronaći ovdje:",
    ),
    "sl": Wording(
        received="Zahtevek {number}: prejeli smo vaše sporočilo",
        thanks="Hvala, da ste nam pisali. Vaše sporočilo smo prejeli in ima številko {number}.",
        follow="Stanje si lahko ogledate tukaj:",
        add="Če želite kaj dodati, preprosto odgovorite na to sporočilo.",
        ticket="Zahtevek {number}",
        above="Prosimo, napišite odgovor nad to vrstico",
        wrote="{at} je {name} napisal/a:",
        too_large="Preveliko za sporočilo; najdete tukaj:",
    ),
    "tr": Wording(
        received="Talep {number}: mesajınızı aldık",
        thanks="Bize yazdığınız için teşekkür ederiz. Mesajınız bize ulaştı; talep numarası {number}.",
        follow="Durumunu buradan görebilirsiniz:",
        add="Bir şey eklemek isterseniz bu e-postayı yanıtlamanız yeterlidir.",
        ticket="Talep {number}",
        above="Lütfen yanıtınızı bu satırın üzerine yazın",
        wrote="{at} tarihinde {name} yazdı:",
        too_large="E-posta için çok büyük; burada bulabilirsiniz:",
    ),
    "id": Wording(
        received="Tiket {number}: pesan Anda telah kami terima",
        thanks="Terima kasih telah menghubungi kami. Pesan Anda telah kami terima dengan nomor tiket {number}.",
        follow="Statusnya dapat dilihat di sini:",
        add="Jika ingin menambahkan sesuatu, cukup balas email ini.",
        ticket="Tiket {number}",
        above="Silakan tulis balasan Anda di atas baris ini",
        wrote="Pada {at}, {name} menulis:",
        too_large="Terlalu besar untuk email; dapat ditemukan di sini:",
    ),
    "vi": Wording(
        received="Yêu cầu {number}: chúng tôi đã nhận được tin nhắn của bạn",
        thanks="Cảm ơn bạn đã liên hệ. Chúng tôi đã nhận được tin nhắn của bạn, số yêu cầu là {number}.",
        follow="Bạn có thể xem tình trạng tại đây:",
        add="Nếu muốn bổ sung, bạn chỉ cần trả lời email này.",
        ticket="Yêu cầu {number}",
        above="Vui lòng viết câu trả lời phía trên dòng này",
        wrote="Vào {at}, {name} đã viết:",
        too_large="Quá lớn để gửi qua email; bạn có thể tìm thấy tại đây:",
    ),
}
