"""Declarative adapters: one YAML mapping turns a source's file into envelopes. Knows neither Kafka nor Spark."""
