"""The Delta lake: names of its tables, the idempotent writer, the readers. Holds no business rule."""
