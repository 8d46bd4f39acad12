"""What has happened to every record: how far each partition is, the ledger, rejects, dead letters, removals."""
