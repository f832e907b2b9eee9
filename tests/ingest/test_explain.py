"""The samples: each mail beside what is understood of it. A bug in reading mail begins as one more of them."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from ingest.explain import explain

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.eml"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_is_understood_as_written_beside_it(sample: Path) -> None:
    expected = json.loads(sample.with_suffix(".json").read_text(encoding="utf-8"))

    assert explain(sample.read_bytes()) == expected


def test_the_classification_is_asked_with_subject_and_text() -> None:
    def classify(subject: str, text: str) -> Mapping[str, object]:
        return {"category": f"{subject}/{text}"}

    assert explain(b"Subject: s\r\n\r\nt", classify)["classification"] == {"category": "s/t"}


def test_an_address_that_cannot_be_used_is_still_shown() -> None:
    assert explain(b"From: Ann <ann@@shop>\r\n\r\nt")["from"] == {"address": "ann@@shop", "name": "Ann"}


def test_the_sender_is_shown_when_it_is_named() -> None:
    assert explain(b"From: a@x.example\r\nSender: Bo <b@x.example>\r\n\r\nt")["sender"] == {
        "address": "b@x.example",
        "name": "Bo",
    }


@pytest.mark.parametrize("raw", [b"", b"\0", b"\xff" * 100, b"\r", b"\n\n\n", b":", b"From", b"From:", b"=?" * 50])
def test_anything_at_all_is_understood_as_something(raw: bytes) -> None:
    assert json.dumps(explain(raw), ensure_ascii=False).encode()
