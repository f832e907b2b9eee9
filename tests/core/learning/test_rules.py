"""What a desk has decided beforehand is followed, and said."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from core.classify.model import Learned
from core.config import ClassifySection, RuleSection, Settings
from core.learning.judge import Judge
from core.learning.rules import compiled, ruling
from core.messages import InboundMessage
from core.vocabulary import Category, Priority
from tests.builders import a_mail

ANNA = uuid4()


def judge(*rules: dict[str, object], **settings: object) -> Judge:
    section = ClassifySection.model_validate({"rules": rules, **settings})
    return Judge(section, agents={"anna": ANNA})


@pytest.mark.parametrize(
    ("rule", "mail", "holds"),
    [
        ({"senders": ["ANN@customer.test"]}, a_mail("ann@customer.test"), True),
        ({"senders": ["bob@customer.test"]}, a_mail("ann@customer.test"), False),
        ({"domains": ["customer.test"]}, a_mail("ann@mail.customer.test"), True),
        ({"domains": ["customer.test"]}, a_mail("ann@notcustomer.test"), False),
        ({"domains": ["@Customer.test."]}, a_mail("ann@customer.test"), True),
        ({"senders": ["ann@customer.test."]}, a_mail("ann@customer.test"), True),
        ({"addresses": ["Support@desk.test"]}, a_mail(), True),
        ({"addresses": [" support@desk.test."]}, a_mail(), True),
        ({"addresses": ["sales@desk.test"]}, a_mail(), False),
        ({"addresses": ["Support@desk.test"]}, replace(a_mail(), recipients=("support+b2f4@desk.test",)), True),
        ({"addresses": ["support+vip@desk.test"]}, replace(a_mail(), recipients=("support+vip@desk.test",)), True),
        ({"addresses": ["support+vip@desk.test"]}, a_mail(), False),
        ({"words": ["second floor"]}, a_mail(), True),
        ({"words": ["floor second", "FIRE"]}, a_mail(), True),
        ({"words": ["fir"]}, a_mail(), False),
        ({"words": ["floor is"]}, a_mail(text="The floor. Is it clean?"), False),
        ({"words": ["größe"]}, a_mail(text="GRÖSSE falsch"), True),
        ({"domains": ["customer.test"], "words": ["invoice"]}, a_mail(), False),
    ],
)
def test_a_rule_holds_when_all_its_conditions_do(rule: dict[str, object], mail: InboundMessage, holds: bool) -> None:
    sections = (RuleSection.model_validate({**rule, "tags": ["x"]}),)

    assert bool(ruling(mail, compiled(sections)).tags) is holds


def test_the_first_rule_that_says_something_is_followed_and_tags_add_up() -> None:
    found = judge(
        {"name": "bank", "domains": ["customer.test"], "category": "billing_question", "tags": ["bank"]},
        {"words": ["fire"], "category": "other", "priority": "urgent", "assignee": "anna", "tags": ["fire", "bank"]},
    ).of_message(a_mail())

    assert (found.classification.category, found.classification.priority) == (
        Category.BILLING_QUESTION,
        Priority.URGENT,
    )
    assert (found.assignee_id, found.tags, found.needs_review) == (ANNA, ("bank", "fire"), False)
    assert "By bank, rule 2: category billing_question, priority urgent" in found.classification.reasoning


def test_only_a_sure_ticket_is_given_to_somebody_by_its_category() -> None:
    by_category = judge(
        assign={"billing_question": "Anna"}, tags={"billing_question": ["money"]}, act_from=0.8, review_below=0.45
    )

    sure = by_category.of_message(a_mail(subject="Refund of invoice 7", text="I was charged twice, please refund me."))
    unsure = by_category.of_message(a_mail(subject="", text="price"))

    assert (sure.assignee_id, sure.tags, sure.needs_review) == (ANNA, ("money",), False)
    assert unsure.classification.category == Category.BILLING_QUESTION
    assert (unsure.assignee_id, unsure.tags) == (None, ())


def test_what_nobody_knows_needs_a_look() -> None:
    assert judge().of_message(a_mail(subject="Zebra", text="Zebra zebra")).needs_review
    assert not judge(review_below=0).of_message(a_mail(subject="Zebra", text="Zebra zebra")).needs_review


def test_a_name_that_is_nobodys_assigns_to_nobody() -> None:
    found = judge({"words": ["fire"], "assignee": "zoe"}).of_message(a_mail())

    assert found.assignee_id is None


@pytest.mark.parametrize(
    "rule",
    [
        {"category": "other"},
        {"words": ["x"]},
        {"words": ["--"], "category": "other"},
        {"words": ["_"], "category": "other"},
        {"words": ["refund*"], "category": "other"},
        {"words": ["x"], "category": "refunds"},
        {"words": ["x"], "tags": [" "]},
        {"words": ["x"], "tags": ["x" * 65]},
        {"words": ["x"], "tags": ["two\nlines"]},
        {"senders": [""], "category": "other"},
        {"senders": ["@customer.test"], "category": "other"},
        {"senders": ["*"], "category": "other"},
        {"senders": ["*@customer.test"], "category": "other"},
        {"senders": ["Ann <ann@customer.test>"], "category": "other"},
        {"domains": [""], "category": "other"},
        {"domains": ["*.customer.test"], "category": "other"},
        {"domains": ["https://customer.test"], "category": "other"},
        {"domains": ["ann@customer.test"], "category": "other"},
        {"addresses": ["sales"], "category": "other"},
        {"words": ["x"], "category": "other", "from": "x"},
    ],
)
def test_a_rule_that_cannot_mean_anything_is_refused(rule: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RuleSection.model_validate(rule)


def test_a_tag_of_a_category_that_no_ticket_can_have_is_refused() -> None:
    with pytest.raises(ValidationError):
        ClassifySection.model_validate({"tags": {"other": ["x" * 65]}})


def test_a_rule_for_an_address_that_is_none_of_the_desks_is_refused() -> None:
    rule = {"addresses": ["sales@elsewhere.test"], "category": "other"}

    with pytest.raises(ValidationError, match=r"no address of this desk: sales@elsewhere\.test"):
        Settings.model_validate({"smtp": {"addresses": ["sales@desk.test"]}, "classify": {"rules": [rule]}})


def test_a_rule_may_be_for_mail_to_a_plus_tag_of_the_desks_address() -> None:
    rule = {"addresses": ["Sales+VIP@desk.test"], "category": "other"}

    read = Settings.model_validate({"smtp": {"addresses": ["sales@desk.test"]}, "classify": {"rules": [rule]}})

    assert compiled(read.classify.rules)[0].addresses == {"sales+vip@desk.test"}


def test_only_the_rules_that_decided_are_named() -> None:
    found = judge(
        {"name": "bank", "domains": ["customer.test"], "category": "billing_question"},
        {"name": "late", "words": ["fire"], "category": "other", "tags": ["fire"]},
    ).of_message(a_mail())

    assert "By bank: category billing_question" in found.classification.reasoning
    assert "late" not in found.classification.reasoning
    assert found.tags == ("fire",)


def test_a_rule_that_agrees_with_words_that_say_little_is_as_sure_as_any() -> None:
    found = judge({"name": "zoo", "words": ["zebra"], "category": "other"}).of_message(
        a_mail(subject="Zebra", text="Zebra zebra")
    )

    assert found.classification.confidence == 1
    assert found.classification.reasoning == "Classified as other (high confidence). By zoo: category other"


def test_a_judge_is_replaced_whole_when_it_has_learned() -> None:
    before = judge()

    after = replace(before, learned=Learned(version=3))

    assert (before.learned.version, after.learned.version) == (0, 3)
    assert isinstance(ANNA, UUID)
