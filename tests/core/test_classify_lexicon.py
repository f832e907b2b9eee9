"""The lexicon files: ours are sound, and a mistake in one is named by file and entry."""

from pathlib import Path

import pytest

from core.classify.index import PhraseIndex, taken
from core.classify.inference import classify
from core.classify.library import ADDITIONS, FOLDER, STRANGERS, Library, of_desk, standard
from core.classify.phrasebook import read_lexicon
from core.classify.tree import Entry
from core.errors import Invalid
from core.vocabulary import Category, Priority


def test_every_language_has_phrases_for_every_category_and_priority() -> None:
    library = standard()

    assert library.languages == {"ca", "de", "en", "es", "fr", "it", "pt"}
    for lexicon in map(library.lexicon, library.languages):
        assert {label for weights in lexicon.categories.values() for label in weights} == set(Category)
        assert {label.value for weights in lexicon.signals.values() for label in weights} == {"urgent", "high", "low"}
        assert lexicon.markers
        assert lexicon.negations


@pytest.mark.parametrize(
    "phrases",
    [
        '"opening hours, parcel, gift card"',
        '"""\nopening hours\nparcel\ngift card\n"""',
        '"""\n  opening  hours, parcel,\n\n  gift card\n"""',
    ],
)
def test_phrases_are_a_list_or_one_text_with_commas_or_line_ends(tmp_path: Path, phrases: str) -> None:
    listed = "[categories.other]\n3 = ['opening hours', 'parcel', 'gift card']"
    (tmp_path / "xx.toml").write_text(listed, encoding="utf-8")
    (tmp_path / "yy.toml").write_text(f"[categories.other]\n3 = {phrases}", encoding="utf-8")

    as_list, as_text = read_lexicon(tmp_path / "xx.toml"), read_lexicon(tmp_path / "yy.toml")

    assert as_list.categories == as_text.categories


def test_a_phrase_may_say_what_else_may_stand_at_a_place(tmp_path: Path) -> None:
    (tmp_path / "xx.toml").write_text('[categories.other]\n3 = "(lost/) my (parcel/gift card*)"', encoding="utf-8")
    (tmp_path / "yy.toml").write_text(
        '[categories.other]\n3 = "lost my parcel, lost my gift card*, my parcel, my gift card*"', encoding="utf-8"
    )

    short, long = read_lexicon(tmp_path / "xx.toml"), read_lexicon(tmp_path / "yy.toml")

    assert short.categories == long.categories


def test_an_apostrophe_may_be_left_out_at_each_place(tmp_path: Path) -> None:
    (tmp_path / "xx.toml").write_text("""[categories.other]\n3 = "(can't/don't) open, it's me" """, encoding="utf-8")
    (tmp_path / "yy.toml").write_text(
        '[categories.other]\n3 = "can t open, don t open, cant open, dont open, it s me, its me"', encoding="utf-8"
    )

    assert read_lexicon(tmp_path / "xx.toml").categories == read_lexicon(tmp_path / "yy.toml").categories


def test_the_lexicon_stays_small() -> None:
    assert sum(path.stat().st_size for path in (STRANGERS, *FOLDER.glob("*.toml"))) < 200_000


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("[categories.refunds]\n3 = ['money back']", "xx.toml: categories.refunds", "unknown"),
        ("[categories.other]\n4 = ['newsletter']", "xx.toml: categories.other.4", "1, 2 or 3"),
        ("[categories.other]\n-1 = ['newsletter']", "xx.toml: categories.other.-1", "1, 2 or 3"),
        ("[categories.other]\n3 = ['']", "xx.toml: categories.other.3: ''", "must be words"),
        ("[categories.other]\n3 = ['- -']", "xx.toml: categories.other.3: '- -'", "must be words"),
        ("[categories.other]\n3 = ['news. letter']", "xx.toml: categories.other.3: 'news. letter'", "must be words"),
        ("[categories.other]\n3 = ['ne*ws']", "xx.toml: categories.other.3: 'ne*ws'", "at most one *"),
        ("[categories.other]\n3 = ['a (b/c']", "xx.toml: categories.other.3: 'a (b/c'", "brackets in pairs"),
        (f"[categories.other]\n3 = ['a{'/a' * 200}']", f"xx.toml: categories.other.3: 'a{'/a' * 200}'", "200 phrases"),
        ("[categories.other]\n3 = ['a/a b']", "xx.toml: categories.other.3: 'a/a b'", "the same phrase"),
        ("[categories.other]\n3 = ['open*/print* it']", "xx.toml: categories.other.3: 'open*/print* it'", "very end"),
        ("[categories.other]\n3 = ['new*']", "xx.toml: categories.other.3: 'new*'", "at least 4 letters"),
        ("[categories.other]\n3 = [7]", "xx.toml: categories.other.3", "list of texts"),
        ("[categories.other]\n3 = 'newsletter,'", "xx.toml: categories.other.3: ''", "must be words"),
        ("[categories.other]\n3 = ['Café']\n2 = ['cafe']", "xx.toml: categories.other.2: 'cafe'", "'Café'"),
        ("[priority.medium]\n3 = ['normal']", "xx.toml: priority.medium", "urgent, high, low"),
        ("categories = 3", "xx.toml: categories", "must be a table"),
        ("negations = ['by no means']", "xx.toml: negations: 'by no means'", "one word"),
        ("phrases = 3", "xx.toml: phrases", "unknown"),
        ("[categories", "xx.toml", "TOML"),
    ],
)
def test_a_mistake_is_named_by_file_and_entry(tmp_path: Path, text: str, where: str, what: str) -> None:
    path = tmp_path / "xx.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(Invalid) as caught:
        read_lexicon(path)

    assert [problem.field for problem in caught.value.problems] == [where]
    assert what in caught.value.problems[0].message


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "xx.toml"
    path.write_text("[categories.refunds]\n3 = ['a']\n[categories.other]\n9 = ['b']\n3 = ['']", encoding="utf-8")

    with pytest.raises(Invalid) as caught:
        read_lexicon(path)

    assert len(caught.value.problems) == 3


def test_the_longest_phrase_that_fits_is_found_and_its_words_are_used_up() -> None:
    index = PhraseIndex(
        [
            Entry("account", topics={Category.OTHER: 1}, signals=None),
            Entry("account is locked", topics={Category.ACCOUNT_ACCESS: 3}, signals=None),
            Entry("lock*", topics={Category.OTHER: 1}, signals=None),
            Entry("locked", topics=None, signals={Priority.HIGH: 1}),
        ]
    )

    found = taken(*index.matches(["my", "account", "is", "locked", "and", "the", "account", "locking", "is"]))

    assert [(phrase.topics, start, phrase.length) for phrase, start in found.topics] == [
        ({Category.ACCOUNT_ACCESS: 3}, 1, 3),
        ({Category.OTHER: 1}, 6, 1),
        ({Category.OTHER: 1}, 7, 1),
    ]
    # A phrase for a priority does not take a word from one for a category.
    assert [(phrase.signals, start) for phrase, start in found.signals] == [({Priority.HIGH: 1}, 3)]


def test_of_two_languages_the_longer_phrase_is_found_and_the_same_one_counts_for_what_it_says_in_either(
    tmp_path: Path,
) -> None:
    library = of_desk(
        additions(
            tmp_path,
            xx="markers = ['ux']\n[categories.billing_question]\n3 = ['tribut']\n[categories.other]\n2 = ['grand tribut fin']",
            yy="markers = ['uy']\n[categories.other]\n1 = ['tribut']\n3 = ['grand tribut']",
        )
    )

    def phrases(text: str) -> list[tuple[object, int]]:
        return [(phrase.topics, start) for phrase, start in library.found(text.split(), ("xx", "yy")).topics]

    assert phrases("tribut") == [({Category.BILLING_QUESTION: 3, Category.OTHER: 1}, 0)]
    assert phrases("grand tribut") == [({Category.OTHER: 3}, 0)]
    assert phrases("grand tribut fin") == [({Category.OTHER: 2}, 0)]
    assert [text.topics for text, _ in library.found(["tribut"], ("yy",)).topics] == [{Category.OTHER: 1}]


@pytest.mark.parametrize("text", ["zz grand tribut fin", "zz tributs", "zz grand", "zz", ""])
def test_a_text_that_no_language_claims_is_read_in_all_of_them(tmp_path: Path, text: str) -> None:
    library = of_desk(
        additions(
            tmp_path,
            xx="markers = ['ux']\n[categories.other]\n3 = ['grand tribut']",  # a single word begins its phrases
            yy="markers = ['uy']\n[categories.billing_question]\n2 = ['tribut*']\n[categories.other]\n1 = ['fin']",
        )
    )
    words = text.split()

    asked = library.found(words, ())

    assert [list(each) for each in asked] == [list(each) for each in library.found(words, library.languages)]
    assert [start for _, start in asked.topics] == {4: [1, 3], 2: [1] if "tributs" in text else []}.get(len(words), [])


def additions(folder: Path, **files: str) -> Path:
    (folder / ADDITIONS).mkdir()
    for language, text in files.items():
        (folder / ADDITIONS / f"{language}.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_desk_adds_phrases_replaces_weights_and_takes_phrases_away(tmp_path: Path) -> None:
    library = of_desk(
        additions(
            tmp_path,
            en="neutral = ['invoice robot']\n[categories.billing_question]\n3 = ['tribute']\n0 = ['refund']",
            nl="markers = ['ik', 'mijn', 'het']\n[categories.account_access]\n3 = ['wachtwoord vergeten']",
        )
    )

    assert classify("", "the tribute", library=library).category == Category.BILLING_QUESTION
    assert classify("", "the refund", library=library).keywords == ()
    assert classify("", "the invoice robot", library=library).keywords == ()
    assert classify("", "ik ben mijn wachtwoord vergeten", library=library).category == Category.ACCOUNT_ACCESS
    assert classify("", "the invoice robot").keywords == ("invoice",)


def test_the_mark_that_windows_editors_put_before_a_text_is_no_mistake(tmp_path: Path) -> None:
    library = of_desk(additions(tmp_path, en="\ufeff[categories.billing_question]\n3 = ['tribute']"))

    assert classify("", "the tribute", library=library).category == Category.BILLING_QUESTION


def test_a_file_that_cannot_be_read_is_a_mistake_among_others(tmp_path: Path) -> None:
    folder = additions(tmp_path, de="greetings = 3")
    (folder / "lexicon" / "en.toml").mkdir()

    with pytest.raises(Invalid) as caught:
        of_desk(folder)

    assert [problem.field for problem in caught.value.problems] == ["de.toml: greetings", "en.toml"]
    assert "cannot be read" in caught.value.problems[1].message


def test_mistakes_in_all_files_of_a_desk_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        of_desk(additions(tmp_path, en="[categories.refunds]", de="greetings = 3"))

    assert [problem.field for problem in caught.value.problems] == ["de.toml: greetings", "en.toml: categories.refunds"]


def test_without_additions_the_lexicon_is_the_one_that_came_with_the_program(tmp_path: Path) -> None:
    assert of_desk(tmp_path) is standard()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("We would like a freezer that is white.", "freezer"),
        ("Please keep in touch about the white sofa.", "touch"),
        ("Die Leitung war immer belegt, als ich anrief.", "belegt"),
        ("Meine Mikrowelle soll grau sein und nicht weiß.", "mikrowelle"),
        ("Das Sofa ist sehr sperrig und nicht grau.", "sperrig"),
        ("Der Tisch soll nicht rollend sein und nicht grau.", "rollend"),
        ("Busco los accesorios para la bicicleta de mi hija.", "accesorios"),
        ("Quero os acessórios para a bicicleta da minha filha.", "acessórios"),
        ("Preciso de uma informação adicional sobre a cor do sofá.", "adicional"),
        ("Le compteur de vitesse de mon vélo est rouge.", "compteur"),
        ("Vull els accessoris per a la bicicleta de la meva filla.", "accessoris"),
        ("La manutenzione ordinaria della bicicletta di mia figlia.", "ordinaria"),
    ],
)
def test_a_beginning_does_not_stand_for_words_of_another_matter(text: str, word: str) -> None:
    assert word not in classify("", text).keywords


@pytest.mark.parametrize(
    ("text", "category"),
    [
        # "Could the app" is folded as "could not" is told of it.
        ("Ich konnte die App nicht öffnen.", Category.TECHNICAL_ISSUE),
        ("Könnte die App bitte Termine anzeigen?", Category.FEATURE_REQUEST),
        ("Jetzt geht auch der Drucker nicht.", Category.TECHNICAL_ISSUE),
        ("The app does not let me save my changes.", Category.TECHNICAL_ISSUE),
        ("Please let me sort the list by date.", Category.FEATURE_REQUEST),
        ("The volunteering page shows an error when I submit.", Category.TECHNICAL_ISSUE),
        # Half of all firms in Spain end their mails so.
        ("No carga la página.\n\nAviso legal: conforme a la ley de protección de datos.", Category.TECHNICAL_ISSUE),
        ("Me han devuelto el correo con el error 550.", Category.TECHNICAL_ISSUE),
        ("Le site refuse ma carte bancaire, le paiement échoue.", Category.BILLING_QUESTION),
    ],
)
def test_a_phrase_of_one_matter_does_not_stand_for_another(text: str, category: Category) -> None:
    assert classify("", text).category == category


def test_what_is_typed_in_the_box_is_no_parcel() -> None:
    assert "in the box" not in classify("", "I typed the code in the box and it says invalid code.").keywords


def _with_access(tmp_path: Path, phrases: str) -> Library:
    (tmp_path / ADDITIONS).mkdir()
    (tmp_path / ADDITIONS / "xx.toml").write_text(
        f'markers = "zum, bim"\n[categories.account_access]\n{phrases}', encoding="utf-8"
    )
    return of_desk(tmp_path)


def test_a_word_of_several_phrases_hints_at_what_they_say(tmp_path: Path) -> None:
    library = _with_access(tmp_path, '2 = "wombel sarpi, wombel bim trosk"')

    result = classify("", "zum bim wombel", library=library)

    assert "wombel" in result.reasoning
    assert "sarpi" not in classify("", "zum bim sarpi", library=library).reasoning


def test_a_word_that_is_said_by_itself_or_is_small_is_no_such_hint(tmp_path: Path) -> None:
    library = _with_access(tmp_path, '2 = "wombel bims, wombel zart"\n0 = "wombel"')

    assert "wombel" not in classify("", "zum bim wombel", library=library).reasoning


@pytest.mark.parametrize("word", ["nothing", "never", "without"])
def test_a_negation_is_no_such_hint(word: str) -> None:
    assert word not in classify("", f"{word} blue").reasoning
