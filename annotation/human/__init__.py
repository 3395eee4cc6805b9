"""People's labels: users, batches, and the work of annotators. Nobody sees another's label before a batch closes."""
