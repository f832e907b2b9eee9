"""The figures of `deskbell classify --evaluate` are those of the textbook."""

import orjson
import pytest

from core.classify import evaluation
from core.classify.evaluation import Example, Judged
from core.classify.model import Classification
from core.errors import Invalid
from core.vocabulary import Category, Priority

ACCOUNT, BILLING, BUG, TECHNICAL = (
    Category.ACCOUNT_ACCESS,
    Category.BILLING_QUESTION,
    Category.BUG_REPORT,
    Category.TECHNICAL_ISSUE,
)


def judged(
    true: Category,
    found: Category,
    confidence: float,
    priorities: tuple[Priority | None, Priority] = (None, Priority.LOW),
) -> Judged:
    example = Example("s", "b", true, priorities[0], language="en")
    return Judged(example, Classification(found, priorities[1], confidence, "", ()), 0.001)


def test_accuracy_f1_calibration_coverage_and_confusion() -> None:
    found = evaluation.report(
        [
            judged(ACCOUNT, ACCOUNT, 0.9),
            judged(ACCOUNT, BILLING, 0.9),
            judged(BILLING, BILLING, 0.55),
            judged(BUG, TECHNICAL, 0.55),
        ]
    )

    assert (found.accuracy, found.accuracy_with_defects_as_one) == (0.5, 0.75)
    # account: 1 of 1 claimed and of 2 true; billing: 1 of 2 claimed and of 1 true; bug: none.
    assert found.macro_f1 == pytest.approx((2 / 3 + 2 / 3 + 0) / 3, abs=1e-4)
    assert found.calibration_error == pytest.approx((abs(0.9 + 0.9 - 1) + abs(0.55 + 0.55 - 1)) / 4, abs=1e-4)
    assert [(one.threshold, one.share, one.accuracy) for one in found.coverage[:2]] == [
        (0.5, 1.0, 0.5),
        (0.6, 0.5, 0.5),
    ]
    assert found.confusion["account_access"] == {"account_access": 1, "billing_question": 1}
    assert found.priority is None
    assert found.milliseconds_p99 == pytest.approx(1.0)


def test_kappa_weighs_a_mistake_by_the_square_of_its_distance() -> None:
    exact = [(level, level) for level in Priority]
    near = [*exact, (Priority.URGENT, Priority.HIGH)]
    far = [*exact, (Priority.URGENT, Priority.LOW)]

    assert evaluation.quadratic_kappa(exact) == 1.0
    assert 1 > evaluation.quadratic_kappa(near) > evaluation.quadratic_kappa(far)
    # Two raters, two levels apart by three, half agreement: chance level.
    assert evaluation.quadratic_kappa(
        [
            (Priority.URGENT, Priority.URGENT),
            (Priority.URGENT, Priority.LOW),
            (Priority.LOW, Priority.URGENT),
            (Priority.LOW, Priority.LOW),
        ]
    ) == pytest.approx(0.0)


def test_a_file_is_read_by_lines_and_its_mistakes_are_told_by_line() -> None:
    good = orjson.dumps({"text": "Subject\nBody", "category": "other", "priority": None})
    split = orjson.dumps({"subject": "S", "description": "B", "category": "other", "priority": "low"})
    bad = [
        b"{", b"[]", orjson.dumps({"text": "x", "category": "refunds"}), orjson.dumps({"category": "other"}),
        orjson.dumps({"text": "x", "category": "other", "priority": "critical"}), orjson.dumps({"text": "x"}),
    ]  # fmt: skip

    first, second = evaluation.examples([good, b"", split])
    with pytest.raises(Invalid) as caught:
        evaluation.examples([good, *bad])

    assert (first.subject, first.body, first.priority) == ("Subject", "Body", None)
    assert (second.subject, second.body, second.priority) == ("S", "B", Priority.LOW)
    problems = caught.value.problems
    assert [problem.field for problem in problems] == [f"line {number}:" for number in range(2, 8)]
    assert [problem.message.partition(",")[0] for problem in problems[1:]] == [
        'must be an object such as {"text": "…"',
        "category must be one of account_access",
        "needs a text",
        "priority must be one of urgent",
        "category must be one of account_access",
    ]
    with pytest.raises(Invalid):
        evaluation.examples([])
