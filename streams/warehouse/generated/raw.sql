-- The event log; made by `citybrain contracts render`; do not edit.
-- Run as the owner; safe to run again.

create schema if not exists raw;

create table if not exists raw.camera_detection (
    "event_id" text not null,
    "event_source" text not null,
    "event_type" text not null,
    "event_at_utc" timestamp not null,
    "recorded_at_utc" timestamp not null,
    "ingested_at_utc" timestamp not null,
    "known_at_utc" timestamp not null,
    "event_date" date not null,
    "city_code" text not null,
    "detection_id" text not null,
    "device_id" text not null,
    "stage" text not null,
    "detection_type" text not null,
    "confidence" double precision,
    "area_code" text,
    "longitude" double precision,
    "latitude" double precision,
    "review_result" text,
    "unit_code" text,
    "grid_code" text,
    "community_code" text,
    "street_code" text,
    "locate_method" text not null,
    "is_late" boolean not null,
    "late_by_minutes" integer not null,
    "content_hash" text not null,
    "extra" text,
    "kafka_partition" integer not null,
    "kafka_offset" bigint not null
) partition by range (event_date);

alter table raw.camera_detection
    add column if not exists "confidence" double precision,
    add column if not exists "area_code" text,
    add column if not exists "longitude" double precision,
    add column if not exists "latitude" double precision,
    add column if not exists "review_result" text,
    add column if not exists "unit_code" text,
    add column if not exists "grid_code" text,
    add column if not exists "community_code" text,
    add column if not exists "street_code" text,
    add column if not exists "extra" text;

comment on table raw.camera_detection is '视频感知识别事件(原始流水,按发生日期分区)。Camera detections of things in public places; one row per distinct event.';
comment on column raw.camera_detection."event_id" is '事件流水号。CloudEvents id, unique inside event_source.';
comment on column raw.camera_detection."event_source" is '来源系统。CloudEvents source, `/<city>/<system>`.';
comment on column raw.camera_detection."event_type" is '事件类型。CloudEvents type, `<topic stem>.<stage>.v<n>`.';
comment on column raw.camera_detection."event_at_utc" is '发生时间(UTC)。When it happened.';
comment on column raw.camera_detection."recorded_at_utc" is '来源系统登记时间(UTC)。When the source system knew of it.';
comment on column raw.camera_detection."ingested_at_utc" is '接入时间(UTC)。When the platform took it in.';
comment on column raw.camera_detection."known_at_utc" is '知悉时间(UTC)。When it counts as known: recorded time where the city''s clock says so, else ingest time.';
comment on column raw.camera_detection."event_date" is '发生日期(UTC)。Day of event_at_utc; partitions the table.';
comment on column raw.camera_detection."city_code" is '城市代码。Code of the city; a file of streams/contracts/cities.';
comment on column raw.camera_detection."detection_id" is '识别编号。The video platform''s own number of the detection.';
comment on column raw.camera_detection."device_id" is '设备编号。Camera that saw it; an asset, in a public place.';
comment on column raw.camera_detection."stage" is '环节。First seen, seen gone, or reviewed by the operations centre.';
comment on column raw.camera_detection."detection_type" is '事物类型。Allow-list of things; anything else is rejected without its payload.';
comment on column raw.camera_detection."confidence" is '置信度。Of the detector.';
comment on column raw.camera_detection."area_code" is '申报区域代码。Area that the source declares; a code of ref_area or ref_grid.';
comment on column raw.camera_detection."longitude" is '经度。Of the thing, in the city''s coordinate system.';
comment on column raw.camera_detection."latitude" is '纬度。Of the thing, in the city''s coordinate system.';
comment on column raw.camera_detection."review_result" is '复核结论。Whether the review confirmed the thing.';
comment on column raw.camera_detection."unit_code" is '承办单位代码。Body that it was passed to; never a person.';
comment on column raw.camera_detection."grid_code" is '定位网格。Grid that holds the point; null where there is none.';
comment on column raw.camera_detection."community_code" is '定位社区。Community of the grid, or the declared one; else null.';
comment on column raw.camera_detection."street_code" is '定位街道。Street or town of the community; else null.';
comment on column raw.camera_detection."locate_method" is '定位方式。polygon: by the point; declared: by area_code; none: not located.';
comment on column raw.camera_detection."is_late" is '是否迟到。Live source and later than the contract''s limit.';
comment on column raw.camera_detection."late_by_minutes" is '迟到分钟数。Minutes from event to known time.';
comment on column raw.camera_detection."content_hash" is '内容指纹。Hash of what the source sent; tells a duplicate.';
comment on column raw.camera_detection."extra" is '合同外字段。Unknown members of data, as a JSON object; null if none.';
comment on column raw.camera_detection."kafka_partition" is '消息分区。Partition that it came from.';
comment on column raw.camera_detection."kafka_offset" is '消息位移。Offset inside the partition.';

create table if not exists raw.hotline_ticket (
    "event_id" text not null,
    "event_source" text not null,
    "event_type" text not null,
    "event_at_utc" timestamp not null,
    "recorded_at_utc" timestamp not null,
    "ingested_at_utc" timestamp not null,
    "known_at_utc" timestamp not null,
    "event_date" date not null,
    "city_code" text not null,
    "case_id" text not null,
    "stage" text not null,
    "channel" text,
    "category_scheme" text,
    "category_code" text,
    "category_name" text,
    "request_kind" text,
    "urgency" text,
    "unit_code" text,
    "area_code" text,
    "longitude" double precision,
    "latitude" double precision,
    "due_at_utc" timestamp,
    "status_native" text,
    "parent_case_id" text,
    "is_duplicate" boolean,
    "is_information_only" boolean,
    "exclusion_code" text,
    "callback_result" text,
    "resolution" text,
    "satisfaction" text,
    "grid_code" text,
    "community_code" text,
    "street_code" text,
    "locate_method" text not null,
    "is_late" boolean not null,
    "late_by_minutes" integer not null,
    "content_hash" text not null,
    "extra" text,
    "kafka_partition" integer not null,
    "kafka_offset" bigint not null
) partition by range (event_date);

alter table raw.hotline_ticket
    add column if not exists "channel" text,
    add column if not exists "category_scheme" text,
    add column if not exists "category_code" text,
    add column if not exists "category_name" text,
    add column if not exists "request_kind" text,
    add column if not exists "urgency" text,
    add column if not exists "unit_code" text,
    add column if not exists "area_code" text,
    add column if not exists "longitude" double precision,
    add column if not exists "latitude" double precision,
    add column if not exists "due_at_utc" timestamp,
    add column if not exists "status_native" text,
    add column if not exists "parent_case_id" text,
    add column if not exists "is_duplicate" boolean,
    add column if not exists "is_information_only" boolean,
    add column if not exists "exclusion_code" text,
    add column if not exists "callback_result" text,
    add column if not exists "resolution" text,
    add column if not exists "satisfaction" text,
    add column if not exists "grid_code" text,
    add column if not exists "community_code" text,
    add column if not exists "street_code" text,
    add column if not exists "extra" text;

comment on table raw.hotline_ticket is '12345热线工单事件(原始流水,按发生日期分区)。Events in the life of a 12345 hotline ticket; one row per distinct event.';
comment on column raw.hotline_ticket."event_id" is '事件流水号。CloudEvents id, unique inside event_source.';
comment on column raw.hotline_ticket."event_source" is '来源系统。CloudEvents source, `/<city>/<system>`.';
comment on column raw.hotline_ticket."event_type" is '事件类型。CloudEvents type, `<topic stem>.<stage>.v<n>`.';
comment on column raw.hotline_ticket."event_at_utc" is '发生时间(UTC)。When it happened.';
comment on column raw.hotline_ticket."recorded_at_utc" is '来源系统登记时间(UTC)。When the source system knew of it.';
comment on column raw.hotline_ticket."ingested_at_utc" is '接入时间(UTC)。When the platform took it in.';
comment on column raw.hotline_ticket."known_at_utc" is '知悉时间(UTC)。When it counts as known: recorded time where the city''s clock says so, else ingest time.';
comment on column raw.hotline_ticket."event_date" is '发生日期(UTC)。Day of event_at_utc; partitions the table.';
comment on column raw.hotline_ticket."city_code" is '城市代码。Code of the city; a file of streams/contracts/cities.';
comment on column raw.hotline_ticket."case_id" is '工单编号。The source system''s own number of the ticket.';
comment on column raw.hotline_ticket."stage" is '环节。What happened to the ticket, in the hotline''s own vocabulary.';
comment on column raw.hotline_ticket."channel" is '受理渠道。How the request came in.';
comment on column raw.hotline_ticket."category_scheme" is '分类标准。Scheme that category_code belongs to; see ref_category.';
comment on column raw.hotline_ticket."category_code" is '分类代码。Code inside category_scheme; an unknown one is kept and counted as unclassified.';
comment on column raw.hotline_ticket."category_name" is '分类名称。Name of the category as the source wrote it.';
comment on column raw.hotline_ticket."request_kind" is '诉求类型。Consultation, help, complaint, report or suggestion.';
comment on column raw.hotline_ticket."urgency" is '紧急程度。Urgent matters have shorter limits.';
comment on column raw.hotline_ticket."unit_code" is '承办单位代码。Body that the event concerns (dispatched to, handled by); never a person.';
comment on column raw.hotline_ticket."area_code" is '申报区域代码。Area that the source declares; a code of ref_area or ref_grid.';
comment on column raw.hotline_ticket."longitude" is '经度。Of the matter, in the city''s coordinate system.';
comment on column raw.hotline_ticket."latitude" is '纬度。Of the matter, in the city''s coordinate system.';
comment on column raw.hotline_ticket."due_at_utc" is '办结期限。The source''s own deadline, valid from this event on.';
comment on column raw.hotline_ticket."status_native" is '原系统状态。Status in the source''s own words.';
comment on column raw.hotline_ticket."parent_case_id" is '主工单编号。Ticket that this one repeats (declared duplicate).';
comment on column raw.hotline_ticket."is_duplicate" is '是否重复件。The source declared this ticket a duplicate of parent_case_id.';
comment on column raw.hotline_ticket."is_information_only" is '是否仅咨询。An information-only call: no request was made, nothing is handled.';
comment on column raw.hotline_ticket."exclusion_code" is '剔除原因。Coded reason to leave the case out of appraisal (E1-E9); both variants are published.';
comment on column raw.hotline_ticket."callback_result" is '回访结果。Whether the call-back was answered.';
comment on column raw.hotline_ticket."resolution" is '解决情况。Answer to a call-back or rating; no answer is missing, not resolved.';
comment on column raw.hotline_ticket."satisfaction" is '满意度。Five grades; no answer is missing, not satisfied.';
comment on column raw.hotline_ticket."grid_code" is '定位网格。Grid that holds the point; null where there is none.';
comment on column raw.hotline_ticket."community_code" is '定位社区。Community of the grid, or the declared one; else null.';
comment on column raw.hotline_ticket."street_code" is '定位街道。Street or town of the community; else null.';
comment on column raw.hotline_ticket."locate_method" is '定位方式。polygon: by the point; declared: by area_code; none: not located.';
comment on column raw.hotline_ticket."is_late" is '是否迟到。Live source and later than the contract''s limit.';
comment on column raw.hotline_ticket."late_by_minutes" is '迟到分钟数。Minutes from event to known time.';
comment on column raw.hotline_ticket."content_hash" is '内容指纹。Hash of what the source sent; tells a duplicate.';
comment on column raw.hotline_ticket."extra" is '合同外字段。Unknown members of data, as a JSON object; null if none.';
comment on column raw.hotline_ticket."kafka_partition" is '消息分区。Partition that it came from.';
comment on column raw.hotline_ticket."kafka_offset" is '消息位移。Offset inside the partition.';
