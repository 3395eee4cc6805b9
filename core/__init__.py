"""Words that every stage shares: settings, codebook, contracts, table store, database, text, errors."""

__version__ = "0.1.0"
