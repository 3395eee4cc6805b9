"""Proposals without a model: statistics of the corpus and spellings of the known signal words."""
