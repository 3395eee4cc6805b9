"""Proposals of all sources pooled into candidates, with what the corpus says about each."""
