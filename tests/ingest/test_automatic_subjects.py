"""What a subject alone says of who wrote a mail: tables of subjects, those of people and those of machines."""

import pytest

from ingest.automatic_subjects import is_automatic

ANSWERS = {"in-reply-to": [b"<1@desk.example>"]}


@pytest.mark.parametrize(
    "subject",
    [
        "Auto: which parts fit (A6)?",
        "Out of office hours, whom do I call?",
        "Autoreply settings",
        "Auto acknowledgement of my order is missing",
        "Automatische Empfangsbestätigung fehlt",
        "Accusé de réception automatique jamais reçu",
        "Automatic reply text wrong",
        "Automatische Antwort einstellen",
        "Out of office message is sent twice",
        "Out of office assistant broken",
        "Conferma automatica mai ricevuta",
        "Resposta automática não chegou",
        "Automatisch antwoord nooit ontvangen",
        "Автоответ не приходит",
        "Je suis absent du bureau quand le colis arrive",
        "Automatische Antwort abschalten?",
        "不在通知が届きました",
        "Auto: Golf Variant (1.6.2019)",
        "Automatische Antwort funktioniert nicht",
        "Réponse automatique en double",
        "Respuesta automática duplicada",
        "Out of office calendar entry missing",
        "Hors du bureau, le VPN ne marche pas",
        "自動返信が届かない",
        "Fuera de la oficina de correos perdí el paquete",
        "Fravær: kan ikke registreres",
        "Abwesenheitsnotiz ab Montag einrichten",
        "Automatische Antwort von Ihrem Shop kommt doppelt",
        "Automatic reply from your shop",
        "Abwesenheitsbenachrichtigung abschalten",
        "Autoodpowiedź nie działa?",
        "Automatische Antwort von Ihrem Team",
        "Réponse automatique de votre service",
        "Out of office 365 setup",
        "Bo is out of the office.",
    ],
)
def test_what_people_write_about_automatic_answers_is_not_one(subject: str) -> None:
    assert not is_automatic(subject, {})


@pytest.mark.parametrize(
    "subject",
    [
        "Out of office message",
        "Conferma automatica: ordine 12",
        "Automatic reply: where is my parcel?",
        "Respuesta automática de Ana",
        "Automatic reply from Younes Lee",
        "Automatic reply from Su Lee",
        "Automatische Antwort von Vos Transporte",
        "I am out of the office until Monday",
        "Automatische Antwort auf: x",
        "自動返信メール",
        "Ավտոմատ պատասխան: պատվեր 12",
        "Autoodpowiedź: zamówienie 12",
        "Outomatiese antwoord: bestelling",
        "תגובה אוטומטית: הזמנה",
        "Out of Office",
        "Out of office reply",
        "Automatic acknowledgement",
        "I am out of the office and will return on Monday",
        "Réponse automatique : x",
        "Autoreply Re: x",
        "부재중 자동 응답",
        "Nicht im Büro: x",
        "Automatische Antwort - Anmeldung doppelt",
        "Вне офиса: x",
        "自動回復: x",
        "Përgjigje automatike: porosia",
        "Avtomatik javob: buyurtma",
        "Tweġiba awtomatika: x",
        "Autorespuesta: pedido",
    ],
)
def test_a_subject_in_the_form_of_machines_is_automatic(subject: str) -> None:
    assert is_automatic(subject, {})


@pytest.mark.parametrize(
    "subject",
    [
        "Ann Lee/Sales/Acme is out of the office.",
        "Ann Lee ist außer Haus.",
        "Fravær: x",
        "OOO: your order",
        "Autoresponder: your order",
        "Nieobecność w biurze: zamówienie",
        "Aviso de ausencia: pedido 12",
        "Eingangsbestätigung: Bestellung 12",
        "Urlaub bis 5.3.",
        "I will be out of the office, please contact Bo for all that is urgent",
        "Abwesenheitsnotiz Ann Lee",
        "Ich bin außer Haus",
        "Assenza dall'ufficio",
        "Niet aanwezig: x",
        "Holiday: x",
        "Maternity leave: x",
        "OOO Re: x",
        "[OOO] Re: x",
        "İzin: x",
        "Je suis en congé",
        "Empfangsbestätigung: x",
        "Autoresponder",
        "夏季休暇のお知らせ",
        "不在通知: x",
    ],
)
def test_an_answer_without_the_sign_of_answers_may_have_another_form(subject: str) -> None:
    assert is_automatic(subject, ANSWERS)
    assert not is_automatic(subject, {})


@pytest.mark.parametrize(
    "subject",
    [
        "I will be out of the office tomorrow, please deliver on Friday",
        "I am away next week, can you call me on Monday?",
        "Absence de facture",
        "Automatic reply stopped working",
        "Annual leave balance wrong",
        "Vacation notice for my team",
        "Aviso de ausencia laboral",
        "Eingangsbestätigung fehlt",
        "Re: Bo is out of the office",
        "Accepted: Bo is out of the office",
        "Niet aanwezig bij levering",
        "Fraværende levering",
        "Holiday opening hours",
        "Maternity leave form is wrong",
        "Autoresponder sends nothing",
    ],
)
def test_an_answer_in_which_somebody_asks_for_something_is_a_persons(subject: str) -> None:
    assert not is_automatic(subject, ANSWERS)
