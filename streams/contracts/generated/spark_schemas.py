"""Arrow and Spark schemas of the topics; made by `citybrain contracts render`; do not edit.

Columns `*_at_utc` are timestamps without zone, in UTC. RAW is a row of `raw.<table>`, SILVER the same
with the lake-only fields.
"""

from __future__ import annotations

import pyarrow as pa

RAW_ARROW: dict[str, pa.Schema] = {
    "city.camera.detection.v1": pa.schema(
        [
            pa.field("event_id", pa.string(), nullable=False),
            pa.field("event_source", pa.string(), nullable=False),
            pa.field("event_type", pa.string(), nullable=False),
            pa.field("event_at_utc", pa.timestamp("us"), nullable=False),
            pa.field("recorded_at_utc", pa.timestamp("us"), nullable=False),
            pa.field("ingested_at_utc", pa.timestamp("us"), nullable=False),
            pa.field("known_at_utc", pa.timestamp("us"), nullable=False),
            pa.field("event_date", pa.date32(), nullable=False),
            pa.field("city_code", pa.string(), nullable=False),
            pa.field("detection_id", pa.string(), nullable=False),
            pa.field("device_id", pa.string(), nullable=False),
            pa.field("stage", pa.string(), nullable=False),
            pa.field("detection_type", pa.string(), nullable=False),
            pa.field("confidence", pa.float64()),
            pa.field("area_code", pa.string()),
            pa.field("longitude", pa.float64()),
            pa.field("latitude", pa.float64()),
            pa.field("review_result", pa.string()),
            pa.field("unit_code", pa.string()),
            pa.field("grid_code", pa.string()),
            pa.field("community_code", pa.string()),
            pa.field("street_code", pa.string()),
            pa.field("locate_method", pa.string(), nullable=False),
            pa.field("is_late", pa.bool_(), nullable=False),
            pa.field("late_by_minutes", pa.int32(), nullable=False),
            pa.field("content_hash", pa.string(), nullable=False),
            pa.field("extra", pa.string()),
            pa.field("kafka_partition", pa.int32(), nullable=False),
            pa.field("kafka_offset", pa.int64(), nullable=False),
        ]
    ),
    "city.hotline.ticket.v1": pa.schema(
        [
            pa.field("event_id", pa.string(), nullable=False),
            pa.field("event_source", pa.string(), nullable=False),
            pa.field("event_type", pa.string(), nullable=False),
            pa.field("event_at_utc", pa.timestamp("us"), nullable=False),
            pa.field("recorded_at_utc", pa.timestamp("us"), nullable=False),
            pa.field("ingested_at_utc", pa.timestamp("us"), nullable=False),
            pa.field("known_at_utc", pa.timestamp("us"), nullable=False),
            pa.field("event_date", pa.date32(), nullable=False),
            pa.field("city_code", pa.string(), nullable=False),
            pa.field("case_id", pa.string(), nullable=False),
            pa.field("stage", pa.string(), nullable=False),
            pa.field("channel", pa.string()),
            pa.field("category_scheme", pa.string()),
            pa.field("category_code", pa.string()),
            pa.field("category_name", pa.string()),
            pa.field("request_kind", pa.string()),
            pa.field("urgency", pa.string()),
            pa.field("unit_code", pa.string()),
            pa.field("area_code", pa.string()),
            pa.field("longitude", pa.float64()),
            pa.field("latitude", pa.float64()),
            pa.field("due_at_utc", pa.timestamp("us")),
            pa.field("status_native", pa.string()),
            pa.field("parent_case_id", pa.string()),
            pa.field("is_duplicate", pa.bool_()),
            pa.field("is_information_only", pa.bool_()),
            pa.field("exclusion_code", pa.string()),
            pa.field("callback_result", pa.string()),
            pa.field("resolution", pa.string()),
            pa.field("satisfaction", pa.string()),
            pa.field("grid_code", pa.string()),
            pa.field("community_code", pa.string()),
            pa.field("street_code", pa.string()),
            pa.field("locate_method", pa.string(), nullable=False),
            pa.field("is_late", pa.bool_(), nullable=False),
            pa.field("late_by_minutes", pa.int32(), nullable=False),
            pa.field("content_hash", pa.string(), nullable=False),
            pa.field("extra", pa.string()),
            pa.field("kafka_partition", pa.int32(), nullable=False),
            pa.field("kafka_offset", pa.int64(), nullable=False),
        ]
    ),
}

RAW_SPARK_DDL: dict[str, str] = {
    "city.camera.detection.v1": (
        "event_id STRING NOT NULL, "
        "event_source STRING NOT NULL, "
        "event_type STRING NOT NULL, "
        "event_at_utc TIMESTAMP_NTZ NOT NULL, "
        "recorded_at_utc TIMESTAMP_NTZ NOT NULL, "
        "ingested_at_utc TIMESTAMP_NTZ NOT NULL, "
        "known_at_utc TIMESTAMP_NTZ NOT NULL, "
        "event_date DATE NOT NULL, "
        "city_code STRING NOT NULL, "
        "detection_id STRING NOT NULL, "
        "device_id STRING NOT NULL, "
        "stage STRING NOT NULL, "
        "detection_type STRING NOT NULL, "
        "confidence DOUBLE, "
        "area_code STRING, "
        "longitude DOUBLE, "
        "latitude DOUBLE, "
        "review_result STRING, "
        "unit_code STRING, "
        "grid_code STRING, "
        "community_code STRING, "
        "street_code STRING, "
        "locate_method STRING NOT NULL, "
        "is_late BOOLEAN NOT NULL, "
        "late_by_minutes INT NOT NULL, "
        "content_hash STRING NOT NULL, "
        "extra STRING, "
        "kafka_partition INT NOT NULL, "
        "kafka_offset BIGINT NOT NULL"
    ),
    "city.hotline.ticket.v1": (
        "event_id STRING NOT NULL, "
        "event_source STRING NOT NULL, "
        "event_type STRING NOT NULL, "
        "event_at_utc TIMESTAMP_NTZ NOT NULL, "
        "recorded_at_utc TIMESTAMP_NTZ NOT NULL, "
        "ingested_at_utc TIMESTAMP_NTZ NOT NULL, "
        "known_at_utc TIMESTAMP_NTZ NOT NULL, "
        "event_date DATE NOT NULL, "
        "city_code STRING NOT NULL, "
        "case_id STRING NOT NULL, "
        "stage STRING NOT NULL, "
        "channel STRING, "
        "category_scheme STRING, "
        "category_code STRING, "
        "category_name STRING, "
        "request_kind STRING, "
        "urgency STRING, "
        "unit_code STRING, "
        "area_code STRING, "
        "longitude DOUBLE, "
        "latitude DOUBLE, "
        "due_at_utc TIMESTAMP_NTZ, "
        "status_native STRING, "
        "parent_case_id STRING, "
        "is_duplicate BOOLEAN, "
        "is_information_only BOOLEAN, "
        "exclusion_code STRING, "
        "callback_result STRING, "
        "resolution STRING, "
        "satisfaction STRING, "
        "grid_code STRING, "
        "community_code STRING, "
        "street_code STRING, "
        "locate_method STRING NOT NULL, "
        "is_late BOOLEAN NOT NULL, "
        "late_by_minutes INT NOT NULL, "
        "content_hash STRING NOT NULL, "
        "extra STRING, "
        "kafka_partition INT NOT NULL, "
        "kafka_offset BIGINT NOT NULL"
    ),
}

SILVER_ARROW: dict[str, pa.Schema] = {
    "city.camera.detection.v1": pa.schema(
        [
            pa.field("event_id", pa.string(), nullable=False),
            pa.field("event_source", pa.string(), nullable=False),
            pa.field("event_type", pa.string(), nullable=False),
            pa.field("event_at_utc", pa.timestamp("us"), nullable=False),
            pa.field("recorded_at_utc", pa.timestamp("us"), nullable=False),
            pa.field("ingested_at_utc", pa.timestamp("us"), nullable=False),
            pa.field("known_at_utc", pa.timestamp("us"), nullable=False),
            pa.field("event_date", pa.date32(), nullable=False),
            pa.field("city_code", pa.string(), nullable=False),
            pa.field("detection_id", pa.string(), nullable=False),
            pa.field("device_id", pa.string(), nullable=False),
            pa.field("stage", pa.string(), nullable=False),
            pa.field("detection_type", pa.string(), nullable=False),
            pa.field("confidence", pa.float64()),
            pa.field("area_code", pa.string()),
            pa.field("longitude", pa.float64()),
            pa.field("latitude", pa.float64()),
            pa.field("review_result", pa.string()),
            pa.field("unit_code", pa.string()),
            pa.field("grid_code", pa.string()),
            pa.field("community_code", pa.string()),
            pa.field("street_code", pa.string()),
            pa.field("locate_method", pa.string(), nullable=False),
            pa.field("is_late", pa.bool_(), nullable=False),
            pa.field("late_by_minutes", pa.int32(), nullable=False),
            pa.field("content_hash", pa.string(), nullable=False),
            pa.field("extra", pa.string()),
            pa.field("kafka_partition", pa.int32(), nullable=False),
            pa.field("kafka_offset", pa.int64(), nullable=False),
        ]
    ),
    "city.hotline.ticket.v1": pa.schema(
        [
            pa.field("event_id", pa.string(), nullable=False),
            pa.field("event_source", pa.string(), nullable=False),
            pa.field("event_type", pa.string(), nullable=False),
            pa.field("event_at_utc", pa.timestamp("us"), nullable=False),
            pa.field("recorded_at_utc", pa.timestamp("us"), nullable=False),
            pa.field("ingested_at_utc", pa.timestamp("us"), nullable=False),
            pa.field("known_at_utc", pa.timestamp("us"), nullable=False),
            pa.field("event_date", pa.date32(), nullable=False),
            pa.field("city_code", pa.string(), nullable=False),
            pa.field("case_id", pa.string(), nullable=False),
            pa.field("stage", pa.string(), nullable=False),
            pa.field("channel", pa.string()),
            pa.field("category_scheme", pa.string()),
            pa.field("category_code", pa.string()),
            pa.field("category_name", pa.string()),
            pa.field("request_kind", pa.string()),
            pa.field("urgency", pa.string()),
            pa.field("unit_code", pa.string()),
            pa.field("area_code", pa.string()),
            pa.field("longitude", pa.float64()),
            pa.field("latitude", pa.float64()),
            pa.field("due_at_utc", pa.timestamp("us")),
            pa.field("status_native", pa.string()),
            pa.field("parent_case_id", pa.string()),
            pa.field("is_duplicate", pa.bool_()),
            pa.field("is_information_only", pa.bool_()),
            pa.field("exclusion_code", pa.string()),
            pa.field("callback_result", pa.string()),
            pa.field("resolution", pa.string()),
            pa.field("satisfaction", pa.string()),
            pa.field("reporter_token", pa.string()),
            pa.field("token_key_id", pa.string()),
            pa.field("text", pa.string()),
            pa.field("grid_code", pa.string()),
            pa.field("community_code", pa.string()),
            pa.field("street_code", pa.string()),
            pa.field("locate_method", pa.string(), nullable=False),
            pa.field("is_late", pa.bool_(), nullable=False),
            pa.field("late_by_minutes", pa.int32(), nullable=False),
            pa.field("content_hash", pa.string(), nullable=False),
            pa.field("extra", pa.string()),
            pa.field("kafka_partition", pa.int32(), nullable=False),
            pa.field("kafka_offset", pa.int64(), nullable=False),
        ]
    ),
}

SILVER_SPARK_DDL: dict[str, str] = {
    "city.camera.detection.v1": (
        "event_id STRING NOT NULL, "
        "event_source STRING NOT NULL, "
        "event_type STRING NOT NULL, "
        "event_at_utc TIMESTAMP_NTZ NOT NULL, "
        "recorded_at_utc TIMESTAMP_NTZ NOT NULL, "
        "ingested_at_utc TIMESTAMP_NTZ NOT NULL, "
        "known_at_utc TIMESTAMP_NTZ NOT NULL, "
        "event_date DATE NOT NULL, "
        "city_code STRING NOT NULL, "
        "detection_id STRING NOT NULL, "
        "device_id STRING NOT NULL, "
        "stage STRING NOT NULL, "
        "detection_type STRING NOT NULL, "
        "confidence DOUBLE, "
        "area_code STRING, "
        "longitude DOUBLE, "
        "latitude DOUBLE, "
        "review_result STRING, "
        "unit_code STRING, "
        "grid_code STRING, "
        "community_code STRING, "
        "street_code STRING, "
        "locate_method STRING NOT NULL, "
        "is_late BOOLEAN NOT NULL, "
        "late_by_minutes INT NOT NULL, "
        "content_hash STRING NOT NULL, "
        "extra STRING, "
        "kafka_partition INT NOT NULL, "
        "kafka_offset BIGINT NOT NULL"
    ),
    "city.hotline.ticket.v1": (
        "event_id STRING NOT NULL, "
        "event_source STRING NOT NULL, "
        "event_type STRING NOT NULL, "
        "event_at_utc TIMESTAMP_NTZ NOT NULL, "
        "recorded_at_utc TIMESTAMP_NTZ NOT NULL, "
        "ingested_at_utc TIMESTAMP_NTZ NOT NULL, "
        "known_at_utc TIMESTAMP_NTZ NOT NULL, "
        "event_date DATE NOT NULL, "
        "city_code STRING NOT NULL, "
        "case_id STRING NOT NULL, "
        "stage STRING NOT NULL, "
        "channel STRING, "
        "category_scheme STRING, "
        "category_code STRING, "
        "category_name STRING, "
        "request_kind STRING, "
        "urgency STRING, "
        "unit_code STRING, "
        "area_code STRING, "
        "longitude DOUBLE, "
        "latitude DOUBLE, "
        "due_at_utc TIMESTAMP_NTZ, "
        "status_native STRING, "
        "parent_case_id STRING, "
        "is_duplicate BOOLEAN, "
        "is_information_only BOOLEAN, "
        "exclusion_code STRING, "
        "callback_result STRING, "
        "resolution STRING, "
        "satisfaction STRING, "
        "reporter_token STRING, "
        "token_key_id STRING, "
        "text STRING, "
        "grid_code STRING, "
        "community_code STRING, "
        "street_code STRING, "
        "locate_method STRING NOT NULL, "
        "is_late BOOLEAN NOT NULL, "
        "late_by_minutes INT NOT NULL, "
        "content_hash STRING NOT NULL, "
        "extra STRING, "
        "kafka_partition INT NOT NULL, "
        "kafka_offset BIGINT NOT NULL"
    ),
}
