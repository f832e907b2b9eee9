"""What our own mails say, by language. `{number}` is the ticket's; nothing else may be put in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """`received` is the subject of an acknowledgement; `ticket` stands under every answer."""

    received: str
    thanks: str
    follow: str
    add: str
    ticket: str


def wording(language: str) -> Wording:
    """The words of `language` (`pt`, `pt-BR`, `pt_BR`), or the English ones."""
    return _WORDINGS.get(language[:2].lower(), _WORDINGS["en"])


_WORDINGS = {
    "en": Wording(
        received="Ticket {number}: we have received your message",
        thanks="Thank you for writing to us. Your message has arrived and has the ticket number {number}.",
        follow="You can see its status here:",
        add="To add something, simply answer this mail.",
        ticket="Ticket {number}",
    ),
    "de": Wording(
        received="Ticket {number}: Ihre Nachricht ist angekommen",
        thanks="Vielen Dank für Ihre Nachricht. Sie ist bei uns angekommen und hat die Ticketnummer {number}.",
        follow="Den Stand sehen Sie hier:",
        add="Wenn Sie etwas ergänzen möchten, antworten Sie einfach auf diese E-Mail.",
        ticket="Ticket {number}",
    ),
    "es": Wording(
        received="Ticket {number}: hemos recibido su mensaje",
        thanks="Gracias por escribirnos. Hemos recibido su mensaje y le hemos asignado el número de ticket {number}.",
        follow="Puede consultar su estado aquí:",
        add="Si desea añadir algo, simplemente responda a este correo.",
        ticket="Ticket {number}",
    ),
    "fr": Wording(
        received="Ticket {number} : nous avons bien reçu votre message",
        thanks="Merci de nous avoir écrit. Votre message nous est bien parvenu et porte le numéro de ticket {number}.",
        follow="Vous pouvez suivre son état ici :",
        add="Pour ajouter quelque chose, répondez simplement à cet e-mail.",
        ticket="Ticket {number}",
    ),
    "pt": Wording(
        received="Ticket {number}: recebemos a sua mensagem",
        thanks="Obrigado por nos escrever. Recebemos a sua mensagem, que tem o número de ticket {number}.",
        follow="Pode consultar o estado aqui:",
        add="Se quiser acrescentar algo, basta responder a este e-mail.",
        ticket="Ticket {number}",
    ),
    "ca": Wording(
        received="Tiquet {number}: hem rebut el vostre missatge",
        thanks="Gràcies per escriure'ns. Hem rebut el vostre missatge, que té el número de tiquet {number}.",
        follow="En podeu consultar l'estat aquí:",
        add="Si voleu afegir-hi res més, responeu simplement aquest correu.",
        ticket="Tiquet {number}",
    ),
}
