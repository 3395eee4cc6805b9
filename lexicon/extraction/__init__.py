"""Signal words proposed by a language model that reads the chat, window by window."""
