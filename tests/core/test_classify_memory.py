"""What the words of all languages take of the memory, in a process of their own."""

import subprocess
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]
MEMORY = Path("/proc/self/smaps_rollup")

MEASURED = """
from core.classify import inference, library

def resident():
    lines = open("/proc/self/smaps_rollup").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Rss:"))

before = resident()
for text in ("password", *("I cannot log in since the update %d, invoice, Rechnung, mot de passe" % n for n in range(200))):
    inference.classify("", text)
for language in library.standard().languages:
    library.standard().found(["password"], [language])
print(resident() - before)
"""


@pytest.mark.skipif(not MEMORY.exists(), reason="the system does not tell")
def test_all_languages_together_take_less_than_four_and_a_half_megabytes() -> None:
    said = subprocess.run([sys.executable, "-c", MEASURED], cwd=HOME, capture_output=True, text=True, check=True)

    assert int(said.stdout) < 4_500
