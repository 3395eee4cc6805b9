"""``[lexicon]``: signal words."""

from core.setting_tables.kinds import Table


class LexiconSettings(Table):
    """``[lexicon]``: which categories an imported lexicon may use (empty: any), and what counts as a match."""

    categories: tuple[str, ...] = ()
    whole_words: bool = False
