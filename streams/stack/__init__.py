"""The processes of one machine: PostgreSQL, Kafka, the streams, Airflow, Superset; their start, health and end."""
