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
}
