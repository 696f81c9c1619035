"""Where a mail begins to repeat another one, as programs write it in many languages."""

import pytest

from cstar_core import quoted_at
from tests.growth import grows_with

OLD = "The wheel was\nlate again."

# How programs begin what they repeat; above it stands an answer.
HEADS = (
    "On Mon, Jan 1, 2024 at 10:00 AM Jane <jane@example.com> wrote:",
    "On Mon, 1 Jan 2024 at 10:00, A Name That Is Long Enough To Be Broken\n<j@example.com>\nwrote:",
    "On 01/01/2024 10:00, Jane wrote:",
    "On Monday, January 1, 2024 at 10:00:00 AM GMT+1, Jane <jane@example.com> wrote:",
    "Am Mo., 1. Jan. 2024 um 10:00 Uhr schrieb Jane <jane@example.com>:",
    "Am 01.01.24 um 10:00 schrieb Jane:",
    "Am 01.01.2024 um 10:00 schrieb Jane\n<jane@example.com>:",
    "Jane <jane@example.com> schrieb am Mo., 1. Jan. 2024, 10:00:",
    "Le lun. 1 janv. 2024 à 10:00, Jane <jane@example.com> a écrit :",
    "Le 01/01/2024 à 10:00, Jane a écrit\xa0:",
    "El lun, 1 ene 2024 a las 10:00, Jane (<jane@example.com>) escribió:",
    "Il giorno lun 1 gen 2024 alle ore 10:00 Jane <jane@example.com> ha scritto:",
    "Il 01/01/2024 10:00, Jane ha scritto:",
    "Op ma 1 jan 2024 om 10:00 schreef Jane <jane@example.com>:",
    "Em seg., 1 de jan. de 2024 às 10:00, Jane <jane@example.com> escreveu:",
    "Den mån 1 jan. 2024 kl 10:00 skrev Jane <jane@example.com>:",
    "På 1. januar 2024 10:00:00, Jane <jane@example.com> skrev:",
    "ma 1. tammik. 2024 klo 10.00 Jane (jane@example.com) kirjoitti:",
    "pon., 1 sty 2024 o 10:00 Jane <jane@example.com> napisał(a):",
    "W dniu 01.01.2024 o 10:00, Jane pisze:",
    "po 1. 1. 2024 v 10:00 odesílatel Jane <jane@example.com> napsal:",
    "пн, 1 янв. 2024 г. в 10:00, Jane <jane@example.com>:",
    "01.01.2024 10:00, Jane пишет:",
    "Jane <jane@example.com> ezt írta (időpont: 2024. jan. 1., H, 10:00):",
    "1 Oca 2024 Pzt, 10:00 tarihinde Jane <jane@example.com> şunu yazd\u0131:",
    "Στις Δευ 1 Ιαν 2024 στις 10:00 π.μ., ο χρήστης Jane <jane@example.com> έγραψε:",
    "În lun., 1 ian. 2024 la 10:00, Jane <jane@example.com> a scris:",
    "2024年1月1日(月) 10:00 Jane <jane@example.com>:",
    "Jane <jane@example.com> 于2024年1月1日周一 10:00写道\uff1a",
    "2024년 1월 1일 (월) 오전 10:00, Jane <jane@example.com>님이 작성:",
    "-----Original Message-----",
    "-------- Ursprüngliche Nachricht --------",
    "-------- Originalnachricht --------",
    "-----Message d'origine-----",
    "-----Mensaje original-----",
    "-----Messaggio originale-----",
    "-----Oorspronkelijk bericht-----",
    "------------------ 原始邮件 ------------------",
    "------- Original Message -------",
    "From: Jane <jane@example.com>\nSent: Monday\nTo: Help\nSubject: Wheel",
    "________________________________\nFrom: Jane\nSent: Monday\nTo: Help\nSubject: Wheel",
    "*From:* Jane <jane@example.com>\n*Sent:* Monday\n*To:* Help\n*Subject:* Wheel",
    "Von: Jane <jane@example.com>\nGesendet: Montag\nAn: Hilfe\nBetreff: Rad",
    "Gesendet: Montag, 1. Januar 2024 um 10:00 Uhr\nVon: Jane\nAn: Hilfe\nBetreff: Rad",
    "De : Jane <jane@example.com>\nEnvoyé : lundi\nÀ : Aide\nObjet : Roue",
    "De: Jane <jane@example.com>\nEnviado el: lunes\nPara: Ayuda\nAsunto: Rueda",
    "Da: Jane <jane@example.com>\nInviato: lunedì\nA: Aiuto\nOggetto: Ruota",
    "Van: Jane <jane@example.com>\nVerzonden: maandag\nAan: Help\nOnderwerp: Wiel",
    "发件人\uff1a Jane\n发送时间\uff1a 2024\n收件人\uff1a 帮助\n主题\uff1a 车轮",
    "差出人: Jane\n送信日時: 2024\n宛先: Help\n件名: Wheel",
)


@pytest.mark.parametrize("head", HEADS)
def test_what_stands_below_a_head_is_quoted(head: str) -> None:
    assert quoted_at(f"It came.\nThank you!\n\n{head}\n\n{OLD}") == 21


@pytest.mark.parametrize("head", HEADS)
def test_what_is_marked_below_a_head_is_quoted_with_it(head: str) -> None:
    marked = "\n".join(f"> {line}" for line in OLD.split("\n"))
    assert quoted_at(f"It came.\nThank you!\n\n{head}\n{marked}\n") == 21


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "Hello",
        "> So?",
        "> So?\nNo.",
        "Hello\n> So?\nNo.",
        "On Monday Jane wrote:\n> So?\n\nNo.",
        "I came at 10:00:\nnobody was there.",
        "Here is what I wrote:\nHello",
        "My journey\nVon: Berlin\nDatum: 3. Mai",
        "Options:\n-----\nFrom 2024 on:\nnone",
        "Write to help@example.com at 10:00, 2024:\nthank you",
        "---------- Forwarded message ---------\nSee below",
    ],
)
def test_what_somebody_says_is_not_quoted(text: str) -> None:
    assert quoted_at(text) is None


def test_a_line_above_a_head_is_quoted_too() -> None:
    text = "Yes.\n\n________________________________\nFrom: A\nTo: B\nSubject: C\n\nOld"
    assert text[quoted_at(text) :].startswith("____")


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "repeated",
    [
        *("On ", "On \n", "> x\n", "\n", "From: \n", "a:\n", "On On wrote:\n", "<a@b>\n"),
        *("--\n", "_" * 20 + "\n", "10:00 <", "On 1 wrote", "Subject:\n", "> ", "-----\n:"),
    ],
)
def test_it_is_found_in_time_by_the_length_of_the_text(repeated: str) -> None:
    def find(length: int) -> object:
        return quoted_at(repeated * (length // len(repeated)))

    assert grows_with(find, 6_000, 100_000)
