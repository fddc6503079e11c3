"""The declared formats of sources equal the readable ones."""

from alur.pipelines.sources import FILE_FORMATS
from alur.runtime.landing.formats import READERS


def test_every_format_of_a_source_has_a_reader():
    assert tuple(READERS) == FILE_FORMATS
