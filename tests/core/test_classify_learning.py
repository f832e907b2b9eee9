"""What a desk's decisions teach: the same from the same lessons, never from nothing, and only if it helps."""

import random
from dataclasses import replace

import pytest

from core.classify.inference import classify, read
from core.classify.learning import Lesson, Pupil
from core.classify.model import NOTHING_SAID, Learned, Scores
from core.classify.proof import ONE_SIDED, Proof
from core.classify.regression import MOST_WORDS, Regression, Told
from core.classify.terms import MOST_SMALL, NO_STEMS, QUIET, SMALL, WHERE, Stems, stems_of, written
from core.vocabulary import Category

MATTERS = {
    Category.BILLING_QUESTION: "the zebra ledger shows another shape than we expected this quarter",
    Category.TECHNICAL_ISSUE: "the giraffe console blinks and will not settle down",
    Category.OTHER: "please water the flamingo in the hall",
}


# A word with a digit is a name or a number, and teaches nothing.
LETTERS = str.maketrans("0123456789", "ghijklmnop")


def lesson(number: int, text: str, category: Category) -> Lesson:
    reading = read("", text)
    return Lesson(number, reading.terms, reading.scores, category)


def lessons(times: int) -> list[Lesson]:
    return [
        lesson(number, f"{MATTERS[category]} again", category)
        for number, category in enumerate(list(MATTERS) * times, 1)
    ]


def taught(given: list[Lesson]) -> Pupil:
    pupil = Pupil()
    pupil.learn_all(given)
    return pupil


def test_what_was_corrected_is_right_the_next_time_and_the_words_say_why() -> None:
    text = "Our zebra ledger looks odd"
    before = classify("", text)

    after = classify("", text, learned=taught(lessons(5)).learned)

    assert (before.category, after.category) == (Category.OTHER, Category.BILLING_QUESTION)
    assert {"zebra", "ledger"} <= set(after.keywords)
    assert all(word in text.lower() for word in after.keywords)


@pytest.mark.parametrize("text", ["Our ledgers were lost", "the ledgerbook"])
def test_what_was_learned_of_a_word_holds_for_its_other_endings(text: str) -> None:
    found = classify("", text, learned=taught(lessons(5)).learned)

    assert found.category == Category.BILLING_QUESTION
    assert all(word in text.lower() for word in found.keywords)


def test_the_same_lessons_teach_the_same_and_one_less_teaches_what_it_would_have() -> None:
    given = lessons(4)
    without_last = taught(given[:-1])

    assert taught(given).learned == taught(list(given)).learned
    assert taught(given).learned != without_last.learned
    assert taught([one for one in given if one is not given[-1]]).learned == without_last.learned


def test_in_whatever_order_the_same_lessons_teach_nearly_the_same() -> None:
    given = lessons(20)
    turned = taught(given[::-1]).learned.weights

    for stem, weights in taught(given).learned.weights.items():
        assert weights == pytest.approx(turned[stem], abs=0.1)


@pytest.mark.parametrize(("trust", "is_overruled"), [(0.1, False), (0.9, True), (1.0, True)])
def test_the_less_has_been_proved_the_more_of_a_lead_it_takes_to_overrule_the_lexicon(
    trust: float, is_overruled: bool
) -> None:
    reading = read("", "Our zebra ledger looks odd")
    learned = replace(taught(lessons(5)).learned, trust=trust)

    found = learned.corrected(stems_of(reading.terms), reading.scores)

    assert (found != reading.scores) is is_overruled


def test_lessons_that_contradict_each_other_are_not_believed() -> None:
    chance = random.Random(7)
    pupil = Pupil()
    for number in range(1, 121):
        pupil.learn(lesson(number, "I forgot my password and cannot log in", Category.ACCOUNT_ACCESS))
        noise = chance.choice(list(Category))
        pupil.learn(lesson(1_000 + number, f"word{chance.choice('abcdef')} heron heron", noise))

    found = classify("", "I forgot my password and cannot log in", learned=pupil.learned)

    assert found.category == Category.ACCOUNT_ACCESS


def test_what_is_decided_now_so_and_now_so_stays_what_it_is_more_often() -> None:
    chance = random.Random(1)
    reading = read("", "I forgot my password and cannot log in")
    pupil = Pupil()

    for number in range(1, 241):
        category = chance.choices([Category.BILLING_QUESTION, Category.ACCOUNT_ACCESS], [0.4, 0.6])[0]
        pupil.learn(Lesson(number, reading.terms, reading.scores, category))

    found = classify("", "I forgot my password and cannot log in", learned=pupil.learned)
    assert found.category == Category.ACCOUNT_ACCESS


def test_what_would_spoil_more_answers_than_it_puts_right_is_not_believed_however_much_else_it_proves() -> None:
    chance = random.Random(3)
    lexicon_knows = {
        Category.ACCOUNT_ACCESS: "I forgot my password for the {}",
        Category.BILLING_QUESTION: "the invoice for the {}",
        Category.TECHNICAL_ISSUE: "the printer of the {}",
    }
    places = ("garden", "kitchen", "office", "museum", "library", "harbour")
    pupil = Pupil()

    for number in range(1, 151):
        category = chance.choice(list(lexicon_knows))
        text = lexicon_knows[category].format(f"{chance.choice(places)} and the {chance.choice(places)}")
        # One in six is decided by chance.
        decided = chance.choice(list(Category)) if number % 6 == 0 else category
        pupil.learn(lesson(number, text, decided))

    assert pupil.learned.trust == 0.0


def test_lessons_of_words_that_never_come_again_prove_nothing() -> None:
    pupil = Pupil()
    for number in range(1, 61):
        words = " ".join(
            f"{chr(97 + number % 26)}{chr(97 + place)}{number:02}word".translate(LETTERS) for place in range(8)
        )
        pupil.learn(lesson(number, words, list(MATTERS)[number * 7 % 3]))

    assert pupil.learned.weights
    assert pupil.learned.trust == 0.0


def test_where_only_mistakes_are_taught_the_lexicon_is_overruled_with_a_lead_only() -> None:
    wrong, _, right = (list(lessons(20)[start::3]) for start in range(3))

    assert taught(wrong).learned.trust == ONE_SIDED
    assert taught(wrong + right).learned.trust == 1.0


def test_where_the_lexicon_was_right_in_every_lesson_it_is_not_overruled() -> None:
    texts = (
        "The invoice for the {} is wrong, I was charged twice.",
        "Please refund my subscription payment for the {}.",
        "My credit card was charged again for the {}.",
    )
    places = ("garden", "kitchen", "office", "museum", "library", "harbour", "station", "airport", "village", "bureau")

    pupil = taught(
        [
            lesson(number, texts[number % 3].format(places[number % 10]), Category.BILLING_QUESTION)
            for number in range(1, 61)
        ]
    )

    assert pupil.learned.trust == 0.0
    assert classify("", "I cannot log in to my subscription", learned=pupil.learned).category == Category.ACCOUNT_ACCESS


def test_one_lesson_alone_is_not_believed() -> None:
    text = "The invoice is wrong, I was charged twice."
    learned = taught([lesson(1, text, Category.FEATURE_REQUEST)]).learned

    assert classify("", text, learned=learned) == classify("", text)


def test_without_a_lesson_nothing_changes() -> None:
    text = "The invoice is wrong"

    assert classify("", text, learned=Pupil().learned) == classify("", text)


def test_a_language_without_a_lexicon_can_be_learned() -> None:
    text = "Ik kan niet inloggen met mijn wachtwoord, het wordt niet geaccepteerd"
    pupil = taught([lesson(number, text, Category.ACCOUNT_ACCESS) for number in range(1, 9)])

    assert classify("", text).category == Category.OTHER
    assert classify("", text, learned=pupil.learned).category == Category.ACCOUNT_ACCESS


def test_the_memory_is_bounded_however_many_words_come() -> None:
    regression = Regression()
    for number in range(300):
        stems = tuple(f"{number:03}{place:03}" for place in range(40))
        small = tuple(f"{SMALL}{number:03}{place:02}" for place in range(20))
        regression.learn(Told(Stems(stems, small), NOTHING_SAID, said=0, right=0))

    assert len(regression.learned.weights) == MOST_WORDS


@pytest.mark.parametrize("text", ["", "12345 67890", "123-456-789"])
def test_a_text_without_words_teaches_the_habit_only(text: str) -> None:
    pupil = taught([lesson(1, text, Category.OTHER)])

    assert not pupil.learned.weights
    assert any(pupil.learned.habit)


def test_small_words_tell_two_questions_about_one_matter_apart_and_are_no_keywords() -> None:
    # "pet" and "eat" come in as many of the one as of the other.
    asked = {
        Category.TECHNICAL_ISSUE: "how can our flamingo {}",
        Category.OTHER: "when will your flamingo {}",
    }
    learned = taught(
        [
            lesson(number, asked[category].format(("pet", "eat")[number // 2 % 2]), category)
            for number, category in enumerate(list(asked) * 20, 1)
        ]
    ).learned

    found = {category: classify("", text.format("sing"), learned=learned) for category, text in asked.items()}

    assert {category: one.category for category, one in found.items()} == {category: category for category in asked}
    assert {keyword for one in found.values() for keyword in one.keywords} <= {"flamingo"}


def test_small_words_alone_are_not_heard_louder_than_beside_others() -> None:
    weights = {"~how": tuple([float(place) for place in range(len(Category))])}
    learned = Learned(weights)

    alone, beside = (learned.by_words(Stems(loud, ("~how",))) for loud in ((), ("flamin",)))

    assert alone == pytest.approx([QUIET * weight for weight in weights["~how"]])
    assert all(one >= other for one, other in zip(alone, beside, strict=True))


def test_small_words_are_those_of_any_language_and_the_shortest_each_once_from_the_beginning() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    shortest = [one + other for one in letters[:2] for other in letters]

    assert read("", "How do we do it, and 12 x9 tv?").terms == ("~how", "~do", "~we", "~it", "~and", "~tv")
    assert len(read("", " ".join(shortest)).terms) == MOST_SMALL
    assert "~tv" not in read("", " ".join(["flamingo"] * WHERE + ["tv"])).terms


def test_habits_alone_do_not_have_words_believed() -> None:
    """All is billing whatever was written: what puts that right is the habit, and words that come once prove nothing."""
    chance = random.Random(5)
    pupil = Pupil()
    for number in range(1, 61):
        words = " ".join("".join(chance.choices("bcdfghjklm", k=8)) for _ in range(6))
        pupil.learn(lesson(number, words, Category.BILLING_QUESTION))

    assert pupil.learned.trust == 0.0


def test_words_that_only_give_the_lexicon_back_its_voice_are_not_believed() -> None:
    """They are worth more than the habits, beside which the lexicon is softened, but less than the lexicon itself."""
    chance = random.Random(1)
    proof = Proof()
    for number in range(60):
        is_odd = number % 11 == 5
        right = 0 if is_odd else chance.randrange(3)
        said = 1 if is_odd else right
        words: tuple[str, ...] = ("special",)
        if not is_odd:
            words = (f"w{right}" if chance.random() < 0.1 else f"x{chance.randrange(9)}", f"u{number}")
        scores = tuple(3.0 if place == said else 0.0 for place in range(len(Category)))
        proof.learn(Told(Stems(words, ()), scores, said, right))

    assert proof.trust == 0.0


def test_what_was_learned_before_small_words_were_kept_counts_on() -> None:
    old = [replace(one, terms=tuple(term for term in one.terms if not term.startswith(SMALL))) for one in lessons(5)]

    found = classify("", "Our zebra ledger looks odd", learned=taught(old).learned)

    assert found.category == Category.BILLING_QUESTION


def test_what_the_desk_makes_of_a_category_of_the_lexicon_holds_for_words_that_it_has_never_seen() -> None:
    given: list[Lesson] = []
    for number in range(1, 31):
        given.append(
            lesson(2 * number, f"the printer is broken, floor {'abcdefghij'[number % 10] * 3}", Category.BUG_REPORT)
        )
        given.append(lesson(2 * number + 1, "the invoice was charged twice", Category.BILLING_QUESTION))
    learned = taught(given).learned
    places = {category: place for place, category in enumerate(Category)}

    def lead(scores: Scores, category: Category) -> float:
        return scores[places[category]] - scores[places[Category.TECHNICAL_ISSUE]]

    of_a_device = read("", "the scanner is offline").scores
    of_money = learned.corrected(NO_STEMS, read("", "a refund").scores)

    assert lead(learned.corrected(NO_STEMS, of_a_device), Category.BUG_REPORT) > lead(of_a_device, Category.BUG_REPORT)
    assert of_money.index(max(of_money)) == places[Category.BILLING_QUESTION]


def test_what_was_learned_of_a_beginning_is_shown_as_one() -> None:
    stems = stems_of(("cancellation", "cancelled", "vat", "~how", "~should"))

    assert [written(stem) for some in stems for stem in some] == ["cancel*", "vat", "how", "shoul*"]
