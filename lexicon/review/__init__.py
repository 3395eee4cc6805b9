"""The review of candidates: two experts rule alone, settle together what they differ on, and freeze the lexicon."""
