"""PostgreSQL itself: connections, one login per job, and the DDL of every schema."""
