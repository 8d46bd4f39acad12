"""PostgreSQL: connections and roles, DDL, the ledger, dbt builds, frozen publications, read-only SQL."""
