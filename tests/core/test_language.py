"""Which language a text is in, for choosing the words of a mail."""

import pytest

from core.classify.language import spoken


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The printer on the second floor is on fire and I do not know what to do with it.", "en"),
        ("Der Drucker im zweiten Stock brennt, und ich weiß nicht, was ich mit ihm machen soll.", "de"),
        ("L'imprimante du deuxième étage est en feu et je ne sais pas quoi faire avec elle.", "fr"),
        ("La impresora del segundo piso está en llamas y no sé qué hacer con ella, por favor.", "es"),
        ("La stampante del secondo piano è in fiamme e non so che cosa fare, grazie.", "it"),
        ("A impressora do segundo andar está em chamas e não sei o que fazer com ela.", "pt"),
        ("La impressora del segon pis està en flames i no sé què fer amb ella, gràcies.", "ca"),
        ("De printer op de tweede verdieping staat in brand en ik weet niet wat ik met het moet doen.", "nl"),
        ("Printer?", ""),
        ("", ""),
        ("9f3a 77 0x00ff error 1234", ""),
    ],
)
def test_the_small_words_of_a_text_tell_its_language(text: str, language: str) -> None:
    assert spoken(text) == language
