"""Bytes to text, and which character set it was."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import alphabets, charsets, japanese

TRADITIONAL = "親愛的客戶您好，您的訂單已經寄出，謝謝您的光臨與支持。"
RUSSIAN = "Здравствуйте, мой заказ ещё не пришёл, проверьте, пожалуйста."
GERMAN = "Die Bestellung für die Tür ist nicht vollständig, schöne Grüße"

POLISH = "Dzień dobry, zamówienie nie dotarło, proszę o szybką odpowiedź"
CZECH = "Dobrý den, můžete mi prosím poradit? Příliš žluťoučký kůň"
TURKISH = "Merhaba, siparişim hâlâ gelmedi, teşekkürler. Yıldız İçöğün"
FRENCH = "Où est-elle passée ? Je l’attends depuis Noël, très déçue"
HUNGARIAN = "Üdvözlöm, a megrendelésem még nem érkezett meg. Tűrő Őrző"


@pytest.mark.parametrize(
    ("data", "declared", "text", "used"),
    [
        (b"plain", "utf-8", "plain", "ascii"),
        ("Grüße".encode(), "iso-8859-1; format=flowed", "Grüße", "utf-8"),
        ("Grüße".encode("utf-16"), "", "Grüße", "utf-16"),
        (("ÜüÖöÄäß" * 4).encode("latin-1"), "iso-8859-1", "ÜüÖöÄäß" * 4, "cp1252"),
        ("Grüße".encode("latin-1"), "iso-8859-1; format=flowed", "Grüße", "cp1252"),
        ("Grüße".encode(), '"utf-8";', "Grüße", "utf-8"),
        ("Grüße".encode(), "utf-8, text/html", "Grüße", "utf-8"),
        ("Grüße".encode(), "no-such-set", "Grüße", "utf-8"),
        ("テスト".encode("iso2022_jp"), "us-ascii", "テスト", "iso2022_jp_2004"),
        ("テスト".encode("iso2022_jp"), "", "テスト", "iso2022_jp_2004"),
        (b"\x1b$B-!%F\x1b(B", "iso-2022-jp", "①テ", "iso-2022-jp-ms"),
        (b"\x1b$B-j\x1b(B \x1b(I1\x1b(B", "iso-2022-jp", "㈱ ｱ", "iso-2022-jp-ms"),
        (b"the Vol\x8ane file", "iso-2022-jp", "the Vol\ufffdne file", "iso2022_jp_2004"),  # a control in ISO 2022
        (b"caf\xe9", "iso-2022-jp", "café", "cp1252"),
        ("한국어".encode("cp949"), "ks_c_5601-1987", "한국어", "cp949"),
        ("中文".encode("gb18030"), "gb2312", "中文", "gb18030"),
        ("ご注文ありがとうございます".encode("cp932"), "", "ご注文ありがとうございます", "cp932"),
        ("お問い合わせありがとう".encode("euc-jp"), "", "お問い合わせありがとう", "euc-jp"),
        ("Grüße aus Köln".encode("cp1252"), "", "Grüße aus Köln", "cp1252"),
        ("Blåbær på norsk".encode("cp1252"), "", "Blåbær på norsk", "cp1252"),
        ("Привет".encode("koi8-r"), "", "Привет", "koi8-r"),
        (TRADITIONAL.encode("big5") + b"\xff", "big5", TRADITIONAL + "\ufffd", "big5hkscs"),
        # Programs that say of everything that it is Western.
        (RUSSIAN.encode("cp1251"), "iso-8859-1", RUSSIAN, "cp1251"),
        (RUSSIAN.encode("koi8-r"), "iso-8859-1", RUSSIAN, "koi8-r"),
        (TRADITIONAL.encode("big5"), "windows-1252", TRADITIONAL, "big5hkscs"),
        ("Überäüößéèêàù ñ".encode("cp1252"), "iso-8859-1", "Überäüößéèêàù ñ", "cp1252"),
        # Escapes that nobody writes by chance.
        ("주문한 상품".encode("iso2022_kr"), "us-ascii", "주문한 상품", "iso2022_kr"),
        ("您好".encode("hz") + b" ok", "gb2312", "您好 ok", "hz"),
        (b"~{not closed", "", "~{not closed", "utf-8"),
        # Letters that belong to one language in one code page only, whatever is declared.
        (POLISH.encode("iso8859-2"), "iso-8859-1", POLISH, "iso8859-2"),
        (POLISH.encode("cp852"), "", POLISH, "cp852"),
        (CZECH.encode("cp1250"), "windows-1252", CZECH, "cp1250"),
        (TURKISH.encode("cp1254"), "iso-8859-1", TURKISH, "cp1254"),
        (TURKISH.encode("cp857"), "us-ascii", TURKISH, "cp857"),
        (FRENCH.encode("mac-roman"), "", FRENCH, "mac-roman"),
        ("It’s “late” – €20".encode("mac-roman"), "", "It’s “late” – €20", "mac-roman"),
        (HUNGARIAN.encode("cp1250"), "iso-8859-1", HUNGARIAN, "cp1250"),
        ("Señor Müller aß Crème brûlée".encode("cp1252"), "iso-8859-1", "Señor Müller aß Crème brûlée", "cp1252"),
        ("Привет".encode("cp1251"), "iso-8859-1", "Привет", "cp1251"),
        ("Здравствуйте, где моя заявка".encode("mac-cyrillic"), "", "Здравствуйте, где моя заявка", "mac-cyrillic"),
        ("テストメール".encode("cp932"), "", "テストメール", "cp932"),
        # What is called UTF-16 and has no mark.
        ("Hello".encode("utf-16-be"), "utf-16", "Hello", "utf-16-be"),
        ("Hello".encode("utf-16-le"), "utf-16", "Hello", "utf-16-le"),
        (b"Hello", "utf-16", "Hello", "utf-8"),
        # Encoded twice, and only if all of it was.
        ("SchÃ¶ne GrÃ¼ÃŸe".encode(), "utf-8", "Schöne Grüße", "utf-8"),
        ("SchÃ¶ne Grüße".encode(), "utf-8", "SchÃ¶ne Grüße", "utf-8"),
        # DOS, and a few foreign words in a long Latin text.
        (GERMAN.encode("cp850"), "", GERMAN, "cp850"),
        (b"order " * 200 + TRADITIONAL[:8].encode("big5"), "", "order " * 200 + TRADITIONAL[:8], "big5hkscs"),
        (b"order " * 200 + "Grüße".encode("cp1252"), "", "order " * 200 + "Grüße", "cp1252"),
    ],
)
def test_the_first_rung_that_fits_is_taken_and_named(data: bytes, declared: str, text: str, used: str) -> None:
    assert charsets.reading(data, declared) == (text, used)


def test_every_two_byte_character_of_the_standard_is_found_by_the_wider_reading() -> None:
    # Signs that Microsoft maps to a full-width twin.
    twins = str.maketrans("－～∥￠￡￢－", "−〜‖¢£¬−")
    characters = [bytes((row, cell)) for row in range(0x21, 0x75) for cell in range(0x21, 0x7F)]
    known = [pair for pair in characters if _is_known(pair)]

    found = japanese.decode(b"\x1b$B" + b"".join(known) + b"\x1b(B")

    assert len(known) > 6_000
    assert found.translate(twins) == (b"\x1b$B" + b"".join(known) + b"\x1b(B").decode("iso2022_jp").translate(twins)


def _is_known(pair: bytes) -> bool:
    try:
        return bool((b"\x1b$B" + pair + b"\x1b(B").decode("iso2022_jp"))
    except UnicodeDecodeError:
        return False


@given(
    st.binary(max_size=300), st.sampled_from(["", "iso-2022-jp", "utf-7", "big5", "idna", "hex", "\0", "unknown-8bit"])
)
def test_no_bytes_and_no_name_raise(data: bytes, declared: str) -> None:
    charsets.reading(b"\x1b$B" + data, declared)
    charsets.reading(data, declared)
    japanese.decode(data)


@given(st.binary(max_size=300))
def test_a_text_in_any_bytes_is_judged_by_its_letters_without_an_error(data: bytes) -> None:
    alphabets.code_in_spite_of(data, data)
    assert alphabets.code_of(data) in ("", *alphabets.CODES)


@pytest.mark.parametrize(
    "declared", ["iso-8859-15", "iso-8859-2", "latin2", "windows-1251", "cp1250", "koi8-r", "iso-8859-9"]
)
def test_two_letters_in_utf8_are_utf8_whatever_the_label_says(declared: str) -> None:
    assert charsets.reading("Größe 5 €, в срок".encode(), declared) == ("Größe 5 €, в срок", "utf-8")
    assert charsets.reading("Größe".encode(declared, "ignore"), declared)[0].startswith("Gr")


def test_long_words_cost_no_more_than_their_length() -> None:
    began = process_time()

    charsets.reading(b"a" * 1_000_000 + b"\x9c", "")
    charsets.reading("Ã¼".encode() + "\x81".encode() * 500_000, "utf-8")

    assert process_time() - began < 0.5
