"""What people tell of in the same way in every language: defects, changes of what is known of them, questions, trouble."""

import pytest

from core.classify.inference import classify
from core.vocabulary import Category, Priority


@pytest.mark.parametrize(
    "text",
    [
        "After renaming a folder the old name still shows in the menu",
        "Beim Kopieren einer Zeile geht die Formel verloren",
        "Wenn ich nach Ort filtere, ist die Liste leer",
        "Al duplicar una tarea aparece sin título",
        "En dupliquant une tâche, le titre reste vide",
        "Ao copiar uma linha, o valor aparece zerado",
        "Duplicando una riga il totale diventa negativo",
        "En copiar una fila, el total surt en blanc",
    ],
)
def test_a_defect_is_told_by_what_somebody_did_and_what_came_of_it(text: str) -> None:
    assert classify("", text).category is Category.BUG_REPORT


@pytest.mark.parametrize(
    "text",
    [
        "Please update my phone number",
        "Bitte meine Telefonnummer ändern",
        "Je voudrais modifier mon adresse mail",
        "Quiero cambiar mi correo",
        "Preciso alterar meu endereço",
        "Vorrei cambiare il mio indirizzo",
        "Vull canviar el meu correu",
    ],
)
def test_who_changes_what_is_known_of_them_asks_about_the_account(text: str) -> None:
    assert classify("", text).category is Category.ACCOUNT_ACCESS


@pytest.mark.parametrize(
    ("subject", "priority"),
    [
        ("Do you have it in blue?", Priority.LOW),
        ("Habt ihr das auch in blau?", Priority.LOW),
        ("Avez-vous ce modèle en bleu ?", Priority.LOW),
        ("¿Tienen este modelo en azul?", Priority.LOW),
        ("Where is my parcel? It has not arrived", Priority.MEDIUM),
        ("Mein Paket ist nicht angekommen", Priority.MEDIUM),
        ("Le colis n'est pas arrivé", Priority.MEDIUM),
        ("El paquete no ha llegado", Priority.MEDIUM),
        ("Cuando guardo, la pantalla se queda en blanco", Priority.MEDIUM),
    ],
)
def test_a_question_can_wait_and_what_went_wrong_is_no_question(subject: str, priority: Priority) -> None:
    assert classify(subject, "").priority is priority


def test_what_is_urgent_by_itself_is_so_in_other_matters_too() -> None:
    result = classify("", "A question about your brochure: emergency, production is down")

    assert result.priority is Priority.URGENT
