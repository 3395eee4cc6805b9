"""Silver labels: a panel of voters reads every segment and each votes on every rating variable."""
