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
    "city.camera.device.v1": pa.schema(
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
            pa.field("device_id", pa.string(), nullable=False),
            pa.field("stage", pa.string(), nullable=False),
            pa.field("device_class", pa.string()),
            pa.field("window_minutes", pa.int64()),
            pa.field("online_minutes", pa.int64()),
            pa.field("check_result", pa.string()),
            pa.field("outage_reason", pa.string()),
            pa.field("maintenance_kind", pa.string()),
            pa.field("unit_code", pa.string()),
            pa.field("area_code", pa.string()),
            pa.field("longitude", pa.float64()),
            pa.field("latitude", pa.float64()),
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
    "city.department.case.v1": pa.schema(
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
            pa.field("report_source", pa.string()),
            pa.field("object_kind", pa.string()),
            pa.field("category_scheme", pa.string()),
            pa.field("category_code", pa.string()),
            pa.field("category_name", pa.string()),
            pa.field("part_code", pa.string()),
            pa.field("urgency", pa.string()),
            pa.field("unit_code", pa.string()),
            pa.field("area_code", pa.string()),
            pa.field("longitude", pa.float64()),
            pa.field("latitude", pa.float64()),
            pa.field("due_at_utc", pa.timestamp("us")),
            pa.field("status_native", pa.string()),
            pa.field("parent_case_id", pa.string()),
            pa.field("is_duplicate", pa.bool_()),
            pa.field("exclusion_code", pa.string()),
            pa.field("check_result", pa.string()),
            pa.field("appeal_result", pa.string()),
            pa.field("notice_colour", pa.string()),
            pa.field("from_level", pa.string()),
            pa.field("to_level", pa.string()),
            pa.field("reason_code", pa.string()),
            pa.field("basis", pa.string()),
            pa.field("measures", pa.string()),
            pa.field("related_case_id", pa.string()),
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
    "city.department.dispute.v1": pa.schema(
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
            pa.field("found_by", pa.string()),
            pa.field("category_scheme", pa.string()),
            pa.field("category_code", pa.string()),
            pa.field("category_name", pa.string()),
            pa.field("mediation_level", pa.string()),
            pa.field("mediation_kind", pa.string()),
            pa.field("agreement_form", pa.string()),
            pa.field("unit_code", pa.string()),
            pa.field("area_code", pa.string()),
            pa.field("due_at_utc", pa.timestamp("us")),
            pa.field("status_native", pa.string()),
            pa.field("exclusion_code", pa.string()),
            pa.field("notice_colour", pa.string()),
            pa.field("from_level", pa.string()),
            pa.field("to_level", pa.string()),
            pa.field("reason_code", pa.string()),
            pa.field("basis", pa.string()),
            pa.field("measures", pa.string()),
            pa.field("related_case_id", pa.string()),
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
    "city.department.record.v1": pa.schema(
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
            pa.field("record_id", pa.string(), nullable=False),
            pa.field("stage", pa.string(), nullable=False),
            pa.field("record_kind", pa.string(), nullable=False),
            pa.field("parent_record_id", pa.string()),
            pa.field("measure_code", pa.string()),
            pa.field("category_scheme", pa.string()),
            pa.field("category_code", pa.string()),
            pa.field("category_name", pa.string()),
            pa.field("unit_code", pa.string()),
            pa.field("area_code", pa.string()),
            pa.field("state", pa.string()),
            pa.field("period_start_at_utc", pa.timestamp("us")),
            pa.field("period_end_at_utc", pa.timestamp("us")),
            pa.field("due_at_utc", pa.timestamp("us")),
            pa.field("completed_at_utc", pa.timestamp("us")),
            pa.field("numerator", pa.float64()),
            pa.field("denominator", pa.float64()),
            pa.field("figure", pa.float64()),
            pa.field("figure_unit", pa.string()),
            pa.field("sample_size", pa.int64()),
            pa.field("is_online_available", pa.bool_()),
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
    "city.department.service.v1": pa.schema(
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
            pa.field("service_code", pa.string()),
            pa.field("subject_kind", pa.string()),
            pa.field("channel", pa.string()),
            pa.field("category_scheme", pa.string()),
            pa.field("category_code", pa.string()),
            pa.field("category_name", pa.string()),
            pa.field("unit_code", pa.string()),
            pa.field("area_code", pa.string()),
            pa.field("due_at_utc", pa.timestamp("us")),
            pa.field("status_native", pa.string()),
            pa.field("decision", pa.string()),
            pa.field("committed_work_days", pa.int64()),
            pa.field("statutory_work_days", pa.int64()),
            pa.field("visits", pa.int64()),
            pa.field("is_online_throughout", pa.bool_()),
            pa.field("is_integrated", pa.bool_()),
            pa.field("rating", pa.string()),
            pa.field("exclusion_code", pa.string()),
            pa.field("notice_colour", pa.string()),
            pa.field("from_level", pa.string()),
            pa.field("to_level", pa.string()),
            pa.field("reason_code", pa.string()),
            pa.field("basis", pa.string()),
            pa.field("measures", pa.string()),
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
    "city.grid.report.v1": pa.schema(
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
            pa.field("report_kind", pa.string(), nullable=False),
            pa.field("category_scheme", pa.string()),
            pa.field("category_code", pa.string()),
            pa.field("category_name", pa.string()),
            pa.field("inspection_level", pa.string()),
            pa.field("whistle_level", pa.string()),
            pa.field("urgency", pa.string()),
            pa.field("unit_code", pa.string()),
            pa.field("area_code", pa.string()),
            pa.field("longitude", pa.float64()),
            pa.field("latitude", pa.float64()),
            pa.field("due_at_utc", pa.timestamp("us")),
            pa.field("status_native", pa.string()),
            pa.field("parent_case_id", pa.string()),
            pa.field("is_duplicate", pa.bool_()),
            pa.field("exclusion_code", pa.string()),
            pa.field("notice_colour", pa.string()),
            pa.field("from_level", pa.string()),
            pa.field("to_level", pa.string()),
            pa.field("reason_code", pa.string()),
            pa.field("basis", pa.string()),
            pa.field("measures", pa.string()),
            pa.field("related_case_id", pa.string()),
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
    "city.hotline.call.v1": pa.schema(
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
            pa.field("call_id", pa.string(), nullable=False),
            pa.field("stage", pa.string(), nullable=False),
            pa.field("channel", pa.string()),
            pa.field("skill_group", pa.string()),
            pa.field("offered_at_utc", pa.timestamp("us")),
            pa.field("wait_seconds", pa.int64()),
            pa.field("talk_seconds", pa.int64()),
            pa.field("is_settled_at_desk", pa.bool_()),
            pa.field("is_ticket_created", pa.bool_()),
            pa.field("area_code", pa.string()),
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
            pa.field("notice_colour", pa.string()),
            pa.field("from_level", pa.string()),
            pa.field("to_level", pa.string()),
            pa.field("reason_code", pa.string()),
            pa.field("basis", pa.string()),
            pa.field("measures", pa.string()),
            pa.field("related_case_id", pa.string()),
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
    "city.petition.matter.v1": pa.schema(
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
            pa.field("matter_kind", pa.string()),
            pa.field("category_scheme", pa.string()),
            pa.field("category_code", pa.string()),
            pa.field("category_name", pa.string()),
            pa.field("unit_code", pa.string()),
            pa.field("area_code", pa.string()),
            pa.field("due_at_utc", pa.timestamp("us")),
            pa.field("status_native", pa.string()),
            pa.field("parent_case_id", pa.string()),
            pa.field("is_duplicate", pa.bool_()),
            pa.field("is_collective", pa.bool_()),
            pa.field("is_litigation_related", pa.bool_()),
            pa.field("exclusion_code", pa.string()),
            pa.field("outcome", pa.string()),
            pa.field("review_round", pa.string()),
            pa.field("review_result", pa.string()),
            pa.field("satisfaction", pa.string()),
            pa.field("notice_colour", pa.string()),
            pa.field("from_level", pa.string()),
            pa.field("to_level", pa.string()),
            pa.field("reason_code", pa.string()),
            pa.field("basis", pa.string()),
            pa.field("measures", pa.string()),
            pa.field("related_case_id", pa.string()),
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
    "city.sign.observation.v1": pa.schema(
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
            pa.field("sign_code", pa.string(), nullable=False),
            pa.field("stage", pa.string(), nullable=False),
            pa.field("sign_category", pa.string()),
            pa.field("observed_at_utc", pa.timestamp("us")),
            pa.field("reading", pa.float64(), nullable=False),
            pa.field("reading_unit", pa.string()),
            pa.field("quality", pa.string()),
            pa.field("unit_code", pa.string()),
            pa.field("area_code", pa.string()),
            pa.field("longitude", pa.float64()),
            pa.field("latitude", pa.float64()),
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
    "city.camera.device.v1": (
        "event_id STRING NOT NULL, "
        "event_source STRING NOT NULL, "
        "event_type STRING NOT NULL, "
        "event_at_utc TIMESTAMP_NTZ NOT NULL, "
        "recorded_at_utc TIMESTAMP_NTZ NOT NULL, "
        "ingested_at_utc TIMESTAMP_NTZ NOT NULL, "
        "known_at_utc TIMESTAMP_NTZ NOT NULL, "
        "event_date DATE NOT NULL, "
        "city_code STRING NOT NULL, "
        "device_id STRING NOT NULL, "
        "stage STRING NOT NULL, "
        "device_class STRING, "
        "window_minutes BIGINT, "
        "online_minutes BIGINT, "
        "check_result STRING, "
        "outage_reason STRING, "
        "maintenance_kind STRING, "
        "unit_code STRING, "
        "area_code STRING, "
        "longitude DOUBLE, "
        "latitude DOUBLE, "
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
    "city.department.case.v1": (
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
        "report_source STRING, "
        "object_kind STRING, "
        "category_scheme STRING, "
        "category_code STRING, "
        "category_name STRING, "
        "part_code STRING, "
        "urgency STRING, "
        "unit_code STRING, "
        "area_code STRING, "
        "longitude DOUBLE, "
        "latitude DOUBLE, "
        "due_at_utc TIMESTAMP_NTZ, "
        "status_native STRING, "
        "parent_case_id STRING, "
        "is_duplicate BOOLEAN, "
        "exclusion_code STRING, "
        "check_result STRING, "
        "appeal_result STRING, "
        "notice_colour STRING, "
        "from_level STRING, "
        "to_level STRING, "
        "reason_code STRING, "
        "basis STRING, "
        "measures STRING, "
        "related_case_id STRING, "
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
    "city.department.dispute.v1": (
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
        "found_by STRING, "
        "category_scheme STRING, "
        "category_code STRING, "
        "category_name STRING, "
        "mediation_level STRING, "
        "mediation_kind STRING, "
        "agreement_form STRING, "
        "unit_code STRING, "
        "area_code STRING, "
        "due_at_utc TIMESTAMP_NTZ, "
        "status_native STRING, "
        "exclusion_code STRING, "
        "notice_colour STRING, "
        "from_level STRING, "
        "to_level STRING, "
        "reason_code STRING, "
        "basis STRING, "
        "measures STRING, "
        "related_case_id STRING, "
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
    "city.department.record.v1": (
        "event_id STRING NOT NULL, "
        "event_source STRING NOT NULL, "
        "event_type STRING NOT NULL, "
        "event_at_utc TIMESTAMP_NTZ NOT NULL, "
        "recorded_at_utc TIMESTAMP_NTZ NOT NULL, "
        "ingested_at_utc TIMESTAMP_NTZ NOT NULL, "
        "known_at_utc TIMESTAMP_NTZ NOT NULL, "
        "event_date DATE NOT NULL, "
        "city_code STRING NOT NULL, "
        "record_id STRING NOT NULL, "
        "stage STRING NOT NULL, "
        "record_kind STRING NOT NULL, "
        "parent_record_id STRING, "
        "measure_code STRING, "
        "category_scheme STRING, "
        "category_code STRING, "
        "category_name STRING, "
        "unit_code STRING, "
        "area_code STRING, "
        "state STRING, "
        "period_start_at_utc TIMESTAMP_NTZ, "
        "period_end_at_utc TIMESTAMP_NTZ, "
        "due_at_utc TIMESTAMP_NTZ, "
        "completed_at_utc TIMESTAMP_NTZ, "
        "numerator DOUBLE, "
        "denominator DOUBLE, "
        "figure DOUBLE, "
        "figure_unit STRING, "
        "sample_size BIGINT, "
        "is_online_available BOOLEAN, "
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
    "city.department.service.v1": (
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
        "service_code STRING, "
        "subject_kind STRING, "
        "channel STRING, "
        "category_scheme STRING, "
        "category_code STRING, "
        "category_name STRING, "
        "unit_code STRING, "
        "area_code STRING, "
        "due_at_utc TIMESTAMP_NTZ, "
        "status_native STRING, "
        "decision STRING, "
        "committed_work_days BIGINT, "
        "statutory_work_days BIGINT, "
        "visits BIGINT, "
        "is_online_throughout BOOLEAN, "
        "is_integrated BOOLEAN, "
        "rating STRING, "
        "exclusion_code STRING, "
        "notice_colour STRING, "
        "from_level STRING, "
        "to_level STRING, "
        "reason_code STRING, "
        "basis STRING, "
        "measures STRING, "
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
    "city.grid.report.v1": (
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
        "report_kind STRING NOT NULL, "
        "category_scheme STRING, "
        "category_code STRING, "
        "category_name STRING, "
        "inspection_level STRING, "
        "whistle_level STRING, "
        "urgency STRING, "
        "unit_code STRING, "
        "area_code STRING, "
        "longitude DOUBLE, "
        "latitude DOUBLE, "
        "due_at_utc TIMESTAMP_NTZ, "
        "status_native STRING, "
        "parent_case_id STRING, "
        "is_duplicate BOOLEAN, "
        "exclusion_code STRING, "
        "notice_colour STRING, "
        "from_level STRING, "
        "to_level STRING, "
        "reason_code STRING, "
        "basis STRING, "
        "measures STRING, "
        "related_case_id STRING, "
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
    "city.hotline.call.v1": (
        "event_id STRING NOT NULL, "
        "event_source STRING NOT NULL, "
        "event_type STRING NOT NULL, "
        "event_at_utc TIMESTAMP_NTZ NOT NULL, "
        "recorded_at_utc TIMESTAMP_NTZ NOT NULL, "
        "ingested_at_utc TIMESTAMP_NTZ NOT NULL, "
        "known_at_utc TIMESTAMP_NTZ NOT NULL, "
        "event_date DATE NOT NULL, "
        "city_code STRING NOT NULL, "
        "call_id STRING NOT NULL, "
        "stage STRING NOT NULL, "
        "channel STRING, "
        "skill_group STRING, "
        "offered_at_utc TIMESTAMP_NTZ, "
        "wait_seconds BIGINT, "
        "talk_seconds BIGINT, "
        "is_settled_at_desk BOOLEAN, "
        "is_ticket_created BOOLEAN, "
        "area_code STRING, "
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
        "notice_colour STRING, "
        "from_level STRING, "
        "to_level STRING, "
        "reason_code STRING, "
        "basis STRING, "
        "measures STRING, "
        "related_case_id STRING, "
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
    "city.petition.matter.v1": (
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
        "matter_kind STRING, "
        "category_scheme STRING, "
        "category_code STRING, "
        "category_name STRING, "
        "unit_code STRING, "
        "area_code STRING, "
        "due_at_utc TIMESTAMP_NTZ, "
        "status_native STRING, "
        "parent_case_id STRING, "
        "is_duplicate BOOLEAN, "
        "is_collective BOOLEAN, "
        "is_litigation_related BOOLEAN, "
        "exclusion_code STRING, "
        "outcome STRING, "
        "review_round STRING, "
        "review_result STRING, "
        "satisfaction STRING, "
        "notice_colour STRING, "
        "from_level STRING, "
        "to_level STRING, "
        "reason_code STRING, "
        "basis STRING, "
        "measures STRING, "
        "related_case_id STRING, "
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
    "city.sign.observation.v1": (
        "event_id STRING NOT NULL, "
        "event_source STRING NOT NULL, "
        "event_type STRING NOT NULL, "
        "event_at_utc TIMESTAMP_NTZ NOT NULL, "
        "recorded_at_utc TIMESTAMP_NTZ NOT NULL, "
        "ingested_at_utc TIMESTAMP_NTZ NOT NULL, "
        "known_at_utc TIMESTAMP_NTZ NOT NULL, "
        "event_date DATE NOT NULL, "
        "city_code STRING NOT NULL, "
        "sign_code STRING NOT NULL, "
        "stage STRING NOT NULL, "
        "sign_category STRING, "
        "observed_at_utc TIMESTAMP_NTZ, "
        "reading DOUBLE NOT NULL, "
        "reading_unit STRING, "
        "quality STRING, "
        "unit_code STRING, "
        "area_code STRING, "
        "longitude DOUBLE, "
        "latitude DOUBLE, "
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
    "city.camera.device.v1": pa.schema(
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
            pa.field("device_id", pa.string(), nullable=False),
            pa.field("stage", pa.string(), nullable=False),
            pa.field("device_class", pa.string()),
            pa.field("window_minutes", pa.int64()),
            pa.field("online_minutes", pa.int64()),
            pa.field("check_result", pa.string()),
            pa.field("outage_reason", pa.string()),
            pa.field("maintenance_kind", pa.string()),
            pa.field("unit_code", pa.string()),
            pa.field("area_code", pa.string()),
            pa.field("longitude", pa.float64()),
            pa.field("latitude", pa.float64()),
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
    "city.department.case.v1": pa.schema(
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
            pa.field("report_source", pa.string()),
            pa.field("object_kind", pa.string()),
            pa.field("category_scheme", pa.string()),
            pa.field("category_code", pa.string()),
            pa.field("category_name", pa.string()),
            pa.field("part_code", pa.string()),
            pa.field("urgency", pa.string()),
            pa.field("unit_code", pa.string()),
            pa.field("area_code", pa.string()),
            pa.field("longitude", pa.float64()),
            pa.field("latitude", pa.float64()),
            pa.field("due_at_utc", pa.timestamp("us")),
            pa.field("status_native", pa.string()),
            pa.field("parent_case_id", pa.string()),
            pa.field("is_duplicate", pa.bool_()),
            pa.field("exclusion_code", pa.string()),
            pa.field("check_result", pa.string()),
            pa.field("appeal_result", pa.string()),
            pa.field("notice_colour", pa.string()),
            pa.field("from_level", pa.string()),
            pa.field("to_level", pa.string()),
            pa.field("reason_code", pa.string()),
            pa.field("basis", pa.string()),
            pa.field("measures", pa.string()),
            pa.field("related_case_id", pa.string()),
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
    "city.department.dispute.v1": pa.schema(
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
            pa.field("found_by", pa.string()),
            pa.field("category_scheme", pa.string()),
            pa.field("category_code", pa.string()),
            pa.field("category_name", pa.string()),
            pa.field("mediation_level", pa.string()),
            pa.field("mediation_kind", pa.string()),
            pa.field("agreement_form", pa.string()),
            pa.field("unit_code", pa.string()),
            pa.field("area_code", pa.string()),
            pa.field("due_at_utc", pa.timestamp("us")),
            pa.field("status_native", pa.string()),
            pa.field("exclusion_code", pa.string()),
            pa.field("notice_colour", pa.string()),
            pa.field("from_level", pa.string()),
            pa.field("to_level", pa.string()),
            pa.field("reason_code", pa.string()),
            pa.field("basis", pa.string()),
            pa.field("measures", pa.string()),
            pa.field("related_case_id", pa.string()),
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
    "city.department.record.v1": pa.schema(
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
            pa.field("record_id", pa.string(), nullable=False),
            pa.field("stage", pa.string(), nullable=False),
            pa.field("record_kind", pa.string(), nullable=False),
            pa.field("parent_record_id", pa.string()),
            pa.field("measure_code", pa.string()),
            pa.field("category_scheme", pa.string()),
            pa.field("category_code", pa.string()),
            pa.field("category_name", pa.string()),
            pa.field("unit_code", pa.string()),
            pa.field("area_code", pa.string()),
            pa.field("state", pa.string()),
            pa.field("period_start_at_utc", pa.timestamp("us")),
            pa.field("period_end_at_utc", pa.timestamp("us")),
            pa.field("due_at_utc", pa.timestamp("us")),
            pa.field("completed_at_utc", pa.timestamp("us")),
            pa.field("numerator", pa.float64()),
            pa.field("denominator", pa.float64()),
            pa.field("figure", pa.float64()),
            pa.field("figure_unit", pa.string()),
            pa.field("sample_size", pa.int64()),
            pa.field("is_online_available", pa.bool_()),
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
    "city.department.service.v1": pa.schema(
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
            pa.field("service_code", pa.string()),
            pa.field("subject_kind", pa.string()),
            pa.field("channel", pa.string()),
            pa.field("category_scheme", pa.string()),
            pa.field("category_code", pa.string()),
            pa.field("category_name", pa.string()),
            pa.field("unit_code", pa.string()),
            pa.field("area_code", pa.string()),
            pa.field("due_at_utc", pa.timestamp("us")),
            pa.field("status_native", pa.string()),
            pa.field("decision", pa.string()),
            pa.field("committed_work_days", pa.int64()),
            pa.field("statutory_work_days", pa.int64()),
            pa.field("visits", pa.int64()),
            pa.field("is_online_throughout", pa.bool_()),
            pa.field("is_integrated", pa.bool_()),
            pa.field("rating", pa.string()),
            pa.field("exclusion_code", pa.string()),
            pa.field("notice_colour", pa.string()),
            pa.field("from_level", pa.string()),
            pa.field("to_level", pa.string()),
            pa.field("reason_code", pa.string()),
            pa.field("basis", pa.string()),
            pa.field("measures", pa.string()),
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
    "city.grid.report.v1": pa.schema(
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
            pa.field("report_kind", pa.string(), nullable=False),
            pa.field("category_scheme", pa.string()),
            pa.field("category_code", pa.string()),
            pa.field("category_name", pa.string()),
            pa.field("inspection_level", pa.string()),
            pa.field("whistle_level", pa.string()),
            pa.field("urgency", pa.string()),
            pa.field("unit_code", pa.string()),
            pa.field("area_code", pa.string()),
            pa.field("longitude", pa.float64()),
            pa.field("latitude", pa.float64()),
            pa.field("due_at_utc", pa.timestamp("us")),
            pa.field("status_native", pa.string()),
            pa.field("parent_case_id", pa.string()),
            pa.field("is_duplicate", pa.bool_()),
            pa.field("exclusion_code", pa.string()),
            pa.field("notice_colour", pa.string()),
            pa.field("from_level", pa.string()),
            pa.field("to_level", pa.string()),
            pa.field("reason_code", pa.string()),
            pa.field("basis", pa.string()),
            pa.field("measures", pa.string()),
            pa.field("related_case_id", pa.string()),
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
    "city.hotline.call.v1": pa.schema(
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
            pa.field("call_id", pa.string(), nullable=False),
            pa.field("stage", pa.string(), nullable=False),
            pa.field("channel", pa.string()),
            pa.field("skill_group", pa.string()),
            pa.field("offered_at_utc", pa.timestamp("us")),
            pa.field("wait_seconds", pa.int64()),
            pa.field("talk_seconds", pa.int64()),
            pa.field("is_settled_at_desk", pa.bool_()),
            pa.field("is_ticket_created", pa.bool_()),
            pa.field("area_code", pa.string()),
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
            pa.field("notice_colour", pa.string()),
            pa.field("from_level", pa.string()),
            pa.field("to_level", pa.string()),
            pa.field("reason_code", pa.string()),
            pa.field("basis", pa.string()),
            pa.field("measures", pa.string()),
            pa.field("related_case_id", pa.string()),
            pa.field("reporter_token", pa.string()),
            pa.field("reporter_token_previous", pa.string()),
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
    "city.petition.matter.v1": pa.schema(
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
            pa.field("matter_kind", pa.string()),
            pa.field("category_scheme", pa.string()),
            pa.field("category_code", pa.string()),
            pa.field("category_name", pa.string()),
            pa.field("unit_code", pa.string()),
            pa.field("area_code", pa.string()),
            pa.field("due_at_utc", pa.timestamp("us")),
            pa.field("status_native", pa.string()),
            pa.field("parent_case_id", pa.string()),
            pa.field("is_duplicate", pa.bool_()),
            pa.field("is_collective", pa.bool_()),
            pa.field("is_litigation_related", pa.bool_()),
            pa.field("exclusion_code", pa.string()),
            pa.field("outcome", pa.string()),
            pa.field("review_round", pa.string()),
            pa.field("review_result", pa.string()),
            pa.field("satisfaction", pa.string()),
            pa.field("notice_colour", pa.string()),
            pa.field("from_level", pa.string()),
            pa.field("to_level", pa.string()),
            pa.field("reason_code", pa.string()),
            pa.field("basis", pa.string()),
            pa.field("measures", pa.string()),
            pa.field("related_case_id", pa.string()),
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
    "city.sign.observation.v1": pa.schema(
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
            pa.field("sign_code", pa.string(), nullable=False),
            pa.field("stage", pa.string(), nullable=False),
            pa.field("sign_category", pa.string()),
            pa.field("observed_at_utc", pa.timestamp("us")),
            pa.field("reading", pa.float64(), nullable=False),
            pa.field("reading_unit", pa.string()),
            pa.field("quality", pa.string()),
            pa.field("unit_code", pa.string()),
            pa.field("area_code", pa.string()),
            pa.field("longitude", pa.float64()),
            pa.field("latitude", pa.float64()),
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
    "city.camera.device.v1": (
        "event_id STRING NOT NULL, "
        "event_source STRING NOT NULL, "
        "event_type STRING NOT NULL, "
        "event_at_utc TIMESTAMP_NTZ NOT NULL, "
        "recorded_at_utc TIMESTAMP_NTZ NOT NULL, "
        "ingested_at_utc TIMESTAMP_NTZ NOT NULL, "
        "known_at_utc TIMESTAMP_NTZ NOT NULL, "
        "event_date DATE NOT NULL, "
        "city_code STRING NOT NULL, "
        "device_id STRING NOT NULL, "
        "stage STRING NOT NULL, "
        "device_class STRING, "
        "window_minutes BIGINT, "
        "online_minutes BIGINT, "
        "check_result STRING, "
        "outage_reason STRING, "
        "maintenance_kind STRING, "
        "unit_code STRING, "
        "area_code STRING, "
        "longitude DOUBLE, "
        "latitude DOUBLE, "
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
    "city.department.case.v1": (
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
        "report_source STRING, "
        "object_kind STRING, "
        "category_scheme STRING, "
        "category_code STRING, "
        "category_name STRING, "
        "part_code STRING, "
        "urgency STRING, "
        "unit_code STRING, "
        "area_code STRING, "
        "longitude DOUBLE, "
        "latitude DOUBLE, "
        "due_at_utc TIMESTAMP_NTZ, "
        "status_native STRING, "
        "parent_case_id STRING, "
        "is_duplicate BOOLEAN, "
        "exclusion_code STRING, "
        "check_result STRING, "
        "appeal_result STRING, "
        "notice_colour STRING, "
        "from_level STRING, "
        "to_level STRING, "
        "reason_code STRING, "
        "basis STRING, "
        "measures STRING, "
        "related_case_id STRING, "
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
    "city.department.dispute.v1": (
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
        "found_by STRING, "
        "category_scheme STRING, "
        "category_code STRING, "
        "category_name STRING, "
        "mediation_level STRING, "
        "mediation_kind STRING, "
        "agreement_form STRING, "
        "unit_code STRING, "
        "area_code STRING, "
        "due_at_utc TIMESTAMP_NTZ, "
        "status_native STRING, "
        "exclusion_code STRING, "
        "notice_colour STRING, "
        "from_level STRING, "
        "to_level STRING, "
        "reason_code STRING, "
        "basis STRING, "
        "measures STRING, "
        "related_case_id STRING, "
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
    "city.department.record.v1": (
        "event_id STRING NOT NULL, "
        "event_source STRING NOT NULL, "
        "event_type STRING NOT NULL, "
        "event_at_utc TIMESTAMP_NTZ NOT NULL, "
        "recorded_at_utc TIMESTAMP_NTZ NOT NULL, "
        "ingested_at_utc TIMESTAMP_NTZ NOT NULL, "
        "known_at_utc TIMESTAMP_NTZ NOT NULL, "
        "event_date DATE NOT NULL, "
        "city_code STRING NOT NULL, "
        "record_id STRING NOT NULL, "
        "stage STRING NOT NULL, "
        "record_kind STRING NOT NULL, "
        "parent_record_id STRING, "
        "measure_code STRING, "
        "category_scheme STRING, "
        "category_code STRING, "
        "category_name STRING, "
        "unit_code STRING, "
        "area_code STRING, "
        "state STRING, "
        "period_start_at_utc TIMESTAMP_NTZ, "
        "period_end_at_utc TIMESTAMP_NTZ, "
        "due_at_utc TIMESTAMP_NTZ, "
        "completed_at_utc TIMESTAMP_NTZ, "
        "numerator DOUBLE, "
        "denominator DOUBLE, "
        "figure DOUBLE, "
        "figure_unit STRING, "
        "sample_size BIGINT, "
        "is_online_available BOOLEAN, "
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
    "city.department.service.v1": (
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
        "service_code STRING, "
        "subject_kind STRING, "
        "channel STRING, "
        "category_scheme STRING, "
        "category_code STRING, "
        "category_name STRING, "
        "unit_code STRING, "
        "area_code STRING, "
        "due_at_utc TIMESTAMP_NTZ, "
        "status_native STRING, "
        "decision STRING, "
        "committed_work_days BIGINT, "
        "statutory_work_days BIGINT, "
        "visits BIGINT, "
        "is_online_throughout BOOLEAN, "
        "is_integrated BOOLEAN, "
        "rating STRING, "
        "exclusion_code STRING, "
        "notice_colour STRING, "
        "from_level STRING, "
        "to_level STRING, "
        "reason_code STRING, "
        "basis STRING, "
        "measures STRING, "
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
    "city.grid.report.v1": (
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
        "report_kind STRING NOT NULL, "
        "category_scheme STRING, "
        "category_code STRING, "
        "category_name STRING, "
        "inspection_level STRING, "
        "whistle_level STRING, "
        "urgency STRING, "
        "unit_code STRING, "
        "area_code STRING, "
        "longitude DOUBLE, "
        "latitude DOUBLE, "
        "due_at_utc TIMESTAMP_NTZ, "
        "status_native STRING, "
        "parent_case_id STRING, "
        "is_duplicate BOOLEAN, "
        "exclusion_code STRING, "
        "notice_colour STRING, "
        "from_level STRING, "
        "to_level STRING, "
        "reason_code STRING, "
        "basis STRING, "
        "measures STRING, "
        "related_case_id STRING, "
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
    "city.hotline.call.v1": (
        "event_id STRING NOT NULL, "
        "event_source STRING NOT NULL, "
        "event_type STRING NOT NULL, "
        "event_at_utc TIMESTAMP_NTZ NOT NULL, "
        "recorded_at_utc TIMESTAMP_NTZ NOT NULL, "
        "ingested_at_utc TIMESTAMP_NTZ NOT NULL, "
        "known_at_utc TIMESTAMP_NTZ NOT NULL, "
        "event_date DATE NOT NULL, "
        "city_code STRING NOT NULL, "
        "call_id STRING NOT NULL, "
        "stage STRING NOT NULL, "
        "channel STRING, "
        "skill_group STRING, "
        "offered_at_utc TIMESTAMP_NTZ, "
        "wait_seconds BIGINT, "
        "talk_seconds BIGINT, "
        "is_settled_at_desk BOOLEAN, "
        "is_ticket_created BOOLEAN, "
        "area_code STRING, "
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
        "notice_colour STRING, "
        "from_level STRING, "
        "to_level STRING, "
        "reason_code STRING, "
        "basis STRING, "
        "measures STRING, "
        "related_case_id STRING, "
        "reporter_token STRING, "
        "reporter_token_previous STRING, "
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
    "city.petition.matter.v1": (
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
        "matter_kind STRING, "
        "category_scheme STRING, "
        "category_code STRING, "
        "category_name STRING, "
        "unit_code STRING, "
        "area_code STRING, "
        "due_at_utc TIMESTAMP_NTZ, "
        "status_native STRING, "
        "parent_case_id STRING, "
        "is_duplicate BOOLEAN, "
        "is_collective BOOLEAN, "
        "is_litigation_related BOOLEAN, "
        "exclusion_code STRING, "
        "outcome STRING, "
        "review_round STRING, "
        "review_result STRING, "
        "satisfaction STRING, "
        "notice_colour STRING, "
        "from_level STRING, "
        "to_level STRING, "
        "reason_code STRING, "
        "basis STRING, "
        "measures STRING, "
        "related_case_id STRING, "
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
    "city.sign.observation.v1": (
        "event_id STRING NOT NULL, "
        "event_source STRING NOT NULL, "
        "event_type STRING NOT NULL, "
        "event_at_utc TIMESTAMP_NTZ NOT NULL, "
        "recorded_at_utc TIMESTAMP_NTZ NOT NULL, "
        "ingested_at_utc TIMESTAMP_NTZ NOT NULL, "
        "known_at_utc TIMESTAMP_NTZ NOT NULL, "
        "event_date DATE NOT NULL, "
        "city_code STRING NOT NULL, "
        "sign_code STRING NOT NULL, "
        "stage STRING NOT NULL, "
        "sign_category STRING, "
        "observed_at_utc TIMESTAMP_NTZ, "
        "reading DOUBLE NOT NULL, "
        "reading_unit STRING, "
        "quality STRING, "
        "unit_code STRING, "
        "area_code STRING, "
        "longitude DOUBLE, "
        "latitude DOUBLE, "
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
