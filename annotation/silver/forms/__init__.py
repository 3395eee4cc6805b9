"""Ways of asking a language model about a segment: what is sent, and how its reply becomes labels."""
