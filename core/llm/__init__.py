"""The door to language models: servers, and engines that run on this machine or on several."""
