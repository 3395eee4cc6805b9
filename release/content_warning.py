"""The content warning of a release: what its conversations speak of, as far as the codebook says."""

from collections.abc import Iterator

from core.codebook import Codebook
from core.texts import Bilingual

SUICIDE = "The conversations speak of distress and suicide. Read them with care and not alone."
ANY = (
    "The conversations were written by people, and some may hold sensitive or painful matters, whatever they were "
    "labelled for. Read them with care."
)
_WORDS = ("suicid", "自杀", "自殺")


def content_warning(codebook: Codebook) -> str:
    """`SUICIDE` where the codebook's description, or the title of anything in it, is about suicide; else `ANY`."""
    texts = (text.casefold() for one in _says_what_it_is_about(codebook) for text in (one.zh, one.en))
    return SUICIDE if any(word in text for text in texts for word in _WORDS) else ANY


def _says_what_it_is_about(codebook: Codebook) -> Iterator[Bilingual]:
    yield codebook.title
    yield codebook.description
    for variable in codebook.variables:
        yield variable.title
        for label in variable.labels:
            yield label.title
