"""The search for max_gap, max_size and max_span on a development set that people labelled."""
