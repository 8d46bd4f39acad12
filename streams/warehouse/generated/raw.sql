-- The event log, and the incidents that it tells of; made by `citybrain contracts render`; do not edit.
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

create table if not exists raw.camera_device (
    "event_id" text not null,
    "event_source" text not null,
    "event_type" text not null,
    "event_at_utc" timestamp not null,
    "recorded_at_utc" timestamp not null,
    "ingested_at_utc" timestamp not null,
    "known_at_utc" timestamp not null,
    "event_date" date not null,
    "city_code" text not null,
    "device_id" text not null,
    "stage" text not null,
    "device_class" text,
    "window_minutes" bigint,
    "online_minutes" bigint,
    "check_result" text,
    "outage_reason" text,
    "maintenance_kind" text,
    "unit_code" text,
    "area_code" text,
    "longitude" double precision,
    "latitude" double precision,
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

alter table raw.camera_device
    add column if not exists "device_class" text,
    add column if not exists "window_minutes" bigint,
    add column if not exists "online_minutes" bigint,
    add column if not exists "check_result" text,
    add column if not exists "outage_reason" text,
    add column if not exists "maintenance_kind" text,
    add column if not exists "unit_code" text,
    add column if not exists "area_code" text,
    add column if not exists "longitude" double precision,
    add column if not exists "latitude" double precision,
    add column if not exists "grid_code" text,
    add column if not exists "community_code" text,
    add column if not exists "street_code" text,
    add column if not exists "extra" text;

comment on table raw.camera_device is '视频设备状态(原始流水,按发生日期分区)。State of cameras and sensors in public places; one row per distinct event.';
comment on column raw.camera_device."event_id" is '事件流水号。CloudEvents id, unique inside event_source.';
comment on column raw.camera_device."event_source" is '来源系统。CloudEvents source, `/<city>/<system>`.';
comment on column raw.camera_device."event_type" is '事件类型。CloudEvents type, `<topic stem>.<stage>.v<n>`.';
comment on column raw.camera_device."event_at_utc" is '发生时间(UTC)。When it happened.';
comment on column raw.camera_device."recorded_at_utc" is '来源系统登记时间(UTC)。When the source system knew of it.';
comment on column raw.camera_device."ingested_at_utc" is '接入时间(UTC)。When the platform took it in.';
comment on column raw.camera_device."known_at_utc" is '知悉时间(UTC)。When it counts as known: recorded time where the city''s clock says so, else ingest time.';
comment on column raw.camera_device."event_date" is '发生日期(UTC)。Day of event_at_utc; partitions the table.';
comment on column raw.camera_device."city_code" is '城市代码。Code of the city; a file of streams/contracts/cities.';
comment on column raw.camera_device."device_id" is '设备编号。The asset; a code of ref_device.';
comment on column raw.camera_device."stage" is '环节。What is said of the device.';
comment on column raw.camera_device."device_class" is '设备类别。Class of the public asset; household cameras are on no list.';
comment on column raw.camera_device."window_minutes" is '统计窗口(分钟)。Length of the window that a heartbeat sums up; it ends at the event time.';
comment on column raw.camera_device."online_minutes" is '在线分钟数。Minutes of the window in which the device answered.';
comment on column raw.camera_device."check_result" is '图像检测结果。What the image check found.';
comment on column raw.camera_device."outage_reason" is '离线原因。Why it is offline, where known.';
comment on column raw.camera_device."maintenance_kind" is '维护类型。What was done.';
comment on column raw.camera_device."unit_code" is '承办单位代码。Body that the event concerns (dispatched to, handled by); never a person.';
comment on column raw.camera_device."area_code" is '区域代码。Area that the source declares; a code of ref_area or ref_grid.';
comment on column raw.camera_device."longitude" is '经度。WGS 84 or the city''s declared system.';
comment on column raw.camera_device."latitude" is '纬度。WGS 84 or the city''s declared system.';
comment on column raw.camera_device."grid_code" is '定位网格。Grid that holds the point; null where there is none.';
comment on column raw.camera_device."community_code" is '定位社区。Community of the grid, or the declared one; else null.';
comment on column raw.camera_device."street_code" is '定位街道。Street or town of the community; else null.';
comment on column raw.camera_device."locate_method" is '定位方式。polygon: by the point; declared: by area_code; none: not located.';
comment on column raw.camera_device."is_late" is '是否迟到。Live source and later than the contract''s limit.';
comment on column raw.camera_device."late_by_minutes" is '迟到分钟数。Minutes from event to known time.';
comment on column raw.camera_device."content_hash" is '内容指纹。Hash of what the source sent; tells a duplicate.';
comment on column raw.camera_device."extra" is '合同外字段。Unknown members of data, as a JSON object; null if none.';
comment on column raw.camera_device."kafka_partition" is '消息分区。Partition that it came from.';
comment on column raw.camera_device."kafka_offset" is '消息位移。Offset inside the partition.';

create table if not exists raw.department_case (
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
    "report_source" text,
    "object_kind" text,
    "category_scheme" text,
    "category_code" text,
    "category_name" text,
    "part_code" text,
    "urgency" text,
    "unit_code" text,
    "area_code" text,
    "longitude" double precision,
    "latitude" double precision,
    "due_at_utc" timestamp,
    "status_native" text,
    "parent_case_id" text,
    "is_duplicate" boolean,
    "exclusion_code" text,
    "check_result" text,
    "appeal_result" text,
    "notice_colour" text,
    "from_level" text,
    "to_level" text,
    "reason_code" text,
    "basis" text,
    "measures" text,
    "related_case_id" text,
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

alter table raw.department_case
    add column if not exists "report_source" text,
    add column if not exists "object_kind" text,
    add column if not exists "category_scheme" text,
    add column if not exists "category_code" text,
    add column if not exists "category_name" text,
    add column if not exists "part_code" text,
    add column if not exists "urgency" text,
    add column if not exists "unit_code" text,
    add column if not exists "area_code" text,
    add column if not exists "longitude" double precision,
    add column if not exists "latitude" double precision,
    add column if not exists "due_at_utc" timestamp,
    add column if not exists "status_native" text,
    add column if not exists "parent_case_id" text,
    add column if not exists "is_duplicate" boolean,
    add column if not exists "exclusion_code" text,
    add column if not exists "check_result" text,
    add column if not exists "appeal_result" text,
    add column if not exists "notice_colour" text,
    add column if not exists "from_level" text,
    add column if not exists "to_level" text,
    add column if not exists "reason_code" text,
    add column if not exists "basis" text,
    add column if not exists "measures" text,
    add column if not exists "related_case_id" text,
    add column if not exists "grid_code" text,
    add column if not exists "community_code" text,
    add column if not exists "street_code" text,
    add column if not exists "extra" text;

comment on table raw.department_case is '智慧城管案件(原始流水,按发生日期分区)。Events in the life of a city-management case; one row per distinct event.';
comment on column raw.department_case."event_id" is '事件流水号。CloudEvents id, unique inside event_source.';
comment on column raw.department_case."event_source" is '来源系统。CloudEvents source, `/<city>/<system>`.';
comment on column raw.department_case."event_type" is '事件类型。CloudEvents type, `<topic stem>.<stage>.v<n>`.';
comment on column raw.department_case."event_at_utc" is '发生时间(UTC)。When it happened.';
comment on column raw.department_case."recorded_at_utc" is '来源系统登记时间(UTC)。When the source system knew of it.';
comment on column raw.department_case."ingested_at_utc" is '接入时间(UTC)。When the platform took it in.';
comment on column raw.department_case."known_at_utc" is '知悉时间(UTC)。When it counts as known: recorded time where the city''s clock says so, else ingest time.';
comment on column raw.department_case."event_date" is '发生日期(UTC)。Day of event_at_utc; partitions the table.';
comment on column raw.department_case."city_code" is '城市代码。Code of the city; a file of streams/contracts/cities.';
comment on column raw.department_case."case_id" is '事项编号。The city-management system''s own case number (19 digits in GB/T 30428).';
comment on column raw.department_case."stage" is '环节。What happened to the case, in the city-management system''s vocabulary.';
comment on column raw.department_case."report_source" is '上报来源。Who found it: a kind of source, never a person.';
comment on column raw.department_case."object_kind" is '对象类型。A city part (a thing with a number) or a matter.';
comment on column raw.department_case."category_scheme" is '分类体系。Scheme that category_code belongs to; a scheme of ref_category.';
comment on column raw.department_case."category_code" is '分类代码。Code inside the scheme; an unknown one is kept and counted as unclassified.';
comment on column raw.department_case."category_name" is '分类名称。The source''s own words for the category.';
comment on column raw.department_case."part_code" is '部件标识码。Number of the city part (16 digits, 17 from GB/T 47678).';
comment on column raw.department_case."urgency" is '紧急程度。Urgent cases have hours, not days.';
comment on column raw.department_case."unit_code" is '承办单位代码。Body that the event concerns (dispatched to, handled by); never a person.';
comment on column raw.department_case."area_code" is '区域代码。Area that the source declares; a code of ref_area or ref_grid.';
comment on column raw.department_case."longitude" is '经度。WGS 84 or the city''s declared system.';
comment on column raw.department_case."latitude" is '纬度。WGS 84 or the city''s declared system.';
comment on column raw.department_case."due_at_utc" is '办结期限。The source''s own deadline, valid from this event on.';
comment on column raw.department_case."status_native" is '原状态。Status in the words of the source, for tracing.';
comment on column raw.department_case."parent_case_id" is '主件编号。Case that this one repeats, as the source declares.';
comment on column raw.department_case."is_duplicate" is '是否重复。The source declares the case a repetition of parent_case_id.';
comment on column raw.department_case."exclusion_code" is '剔除原因。Ground on which the city leaves the case out of adjusted figures.';
comment on column raw.department_case."check_result" is '核查结果。What the check on the spot found.';
comment on column raw.department_case."appeal_result" is '申诉结果。What was decided on the unit''s appeal.';
comment on column raw.department_case."notice_colour" is '督办单颜色。Colour of a supervision notice: white, then yellow, then red.';
comment on column raw.department_case."from_level" is '原层级。Level that an escalation leaves.';
comment on column raw.department_case."to_level" is '现层级。Level that an escalation, a whistle or a decision reaches.';
comment on column raw.department_case."reason_code" is '原因代码。Why it was returned, paused, escalated, extended or voided, as the source codes it.';
comment on column raw.department_case."basis" is '时间依据(更正或推定)。What the event rests on; not given: the source stated it so. corrected: it takes the place of what the source had said of this stage before. inferred: no time was stated, two downloads differ, and the time is the later one''s, the latest that is possible.';
comment on column raw.department_case."measures" is '来源计数。What the source counts about the matter, such as likes or views, as a JSON object of numbers.';
comment on column raw.department_case."related_case_id" is '关联事项编号。Case of another source that the source itself ties this one to.';
comment on column raw.department_case."grid_code" is '定位网格。Grid that holds the point; null where there is none.';
comment on column raw.department_case."community_code" is '定位社区。Community of the grid, or the declared one; else null.';
comment on column raw.department_case."street_code" is '定位街道。Street or town of the community; else null.';
comment on column raw.department_case."locate_method" is '定位方式。polygon: by the point; declared: by area_code; none: not located.';
comment on column raw.department_case."is_late" is '是否迟到。Live source and later than the contract''s limit.';
comment on column raw.department_case."late_by_minutes" is '迟到分钟数。Minutes from event to known time.';
comment on column raw.department_case."content_hash" is '内容指纹。Hash of what the source sent; tells a duplicate.';
comment on column raw.department_case."extra" is '合同外字段。Unknown members of data, as a JSON object; null if none.';
comment on column raw.department_case."kafka_partition" is '消息分区。Partition that it came from.';
comment on column raw.department_case."kafka_offset" is '消息位移。Offset inside the partition.';

create table if not exists raw.department_dispute (
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
    "found_by" text,
    "category_scheme" text,
    "category_code" text,
    "category_name" text,
    "mediation_level" text,
    "mediation_kind" text,
    "agreement_form" text,
    "unit_code" text,
    "area_code" text,
    "due_at_utc" timestamp,
    "status_native" text,
    "exclusion_code" text,
    "notice_colour" text,
    "from_level" text,
    "to_level" text,
    "reason_code" text,
    "basis" text,
    "measures" text,
    "related_case_id" text,
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

alter table raw.department_dispute
    add column if not exists "found_by" text,
    add column if not exists "category_scheme" text,
    add column if not exists "category_code" text,
    add column if not exists "category_name" text,
    add column if not exists "mediation_level" text,
    add column if not exists "mediation_kind" text,
    add column if not exists "agreement_form" text,
    add column if not exists "unit_code" text,
    add column if not exists "area_code" text,
    add column if not exists "due_at_utc" timestamp,
    add column if not exists "status_native" text,
    add column if not exists "exclusion_code" text,
    add column if not exists "notice_colour" text,
    add column if not exists "from_level" text,
    add column if not exists "to_level" text,
    add column if not exists "reason_code" text,
    add column if not exists "basis" text,
    add column if not exists "measures" text,
    add column if not exists "related_case_id" text,
    add column if not exists "grid_code" text,
    add column if not exists "community_code" text,
    add column if not exists "street_code" text,
    add column if not exists "extra" text;

comment on table raw.department_dispute is '矛盾纠纷(原始流水,按发生日期分区)。Events in the life of a dispute in mediation; one row per distinct event.';
comment on column raw.department_dispute."event_id" is '事件流水号。CloudEvents id, unique inside event_source.';
comment on column raw.department_dispute."event_source" is '来源系统。CloudEvents source, `/<city>/<system>`.';
comment on column raw.department_dispute."event_type" is '事件类型。CloudEvents type, `<topic stem>.<stage>.v<n>`.';
comment on column raw.department_dispute."event_at_utc" is '发生时间(UTC)。When it happened.';
comment on column raw.department_dispute."recorded_at_utc" is '来源系统登记时间(UTC)。When the source system knew of it.';
comment on column raw.department_dispute."ingested_at_utc" is '接入时间(UTC)。When the platform took it in.';
comment on column raw.department_dispute."known_at_utc" is '知悉时间(UTC)。When it counts as known: recorded time where the city''s clock says so, else ingest time.';
comment on column raw.department_dispute."event_date" is '发生日期(UTC)。Day of event_at_utc; partitions the table.';
comment on column raw.department_dispute."city_code" is '城市代码。Code of the city; a file of streams/contracts/cities.';
comment on column raw.department_dispute."case_id" is '事项编号。The mediation system''s own number of the dispute.';
comment on column raw.department_dispute."stage" is '环节。What happened to the dispute.';
comment on column raw.department_dispute."found_by" is '发现方式。How it came to be known.';
comment on column raw.department_dispute."category_scheme" is '分类体系。Scheme that category_code belongs to; a scheme of ref_category.';
comment on column raw.department_dispute."category_code" is '分类代码。Code inside the scheme; an unknown one is kept and counted as unclassified.';
comment on column raw.department_dispute."category_name" is '分类名称。The source''s own words for the category.';
comment on column raw.department_dispute."mediation_level" is '调解层级。Level that mediates: village or community, street or town, city.';
comment on column raw.department_dispute."mediation_kind" is '调解类型。Kind of mediation.';
comment on column raw.department_dispute."agreement_form" is '协议形式。How the agreement was put down.';
comment on column raw.department_dispute."unit_code" is '承办单位代码。Body that the event concerns (dispatched to, handled by); never a person.';
comment on column raw.department_dispute."area_code" is '区域代码。Area that the source declares; a code of ref_area or ref_grid.';
comment on column raw.department_dispute."due_at_utc" is '办结期限。The source''s own deadline, valid from this event on.';
comment on column raw.department_dispute."status_native" is '原状态。Status in the words of the source, for tracing.';
comment on column raw.department_dispute."exclusion_code" is '剔除原因。Ground on which the city leaves the case out of adjusted figures.';
comment on column raw.department_dispute."notice_colour" is '督办单颜色。Colour of a supervision notice: white, then yellow, then red.';
comment on column raw.department_dispute."from_level" is '原层级。Level that an escalation leaves.';
comment on column raw.department_dispute."to_level" is '现层级。Level that an escalation, a whistle or a decision reaches.';
comment on column raw.department_dispute."reason_code" is '原因代码。Why it was returned, paused, escalated, extended or voided, as the source codes it.';
comment on column raw.department_dispute."basis" is '时间依据(更正或推定)。What the event rests on; not given: the source stated it so. corrected: it takes the place of what the source had said of this stage before. inferred: no time was stated, two downloads differ, and the time is the later one''s, the latest that is possible.';
comment on column raw.department_dispute."measures" is '来源计数。What the source counts about the matter, such as likes or views, as a JSON object of numbers.';
comment on column raw.department_dispute."related_case_id" is '关联事项编号。Case of another source that the source itself ties this one to.';
comment on column raw.department_dispute."grid_code" is '定位网格。Grid that holds the point; null where there is none.';
comment on column raw.department_dispute."community_code" is '定位社区。Community of the grid, or the declared one; else null.';
comment on column raw.department_dispute."street_code" is '定位街道。Street or town of the community; else null.';
comment on column raw.department_dispute."locate_method" is '定位方式。polygon: by the point; declared: by area_code; none: not located.';
comment on column raw.department_dispute."is_late" is '是否迟到。Live source and later than the contract''s limit.';
comment on column raw.department_dispute."late_by_minutes" is '迟到分钟数。Minutes from event to known time.';
comment on column raw.department_dispute."content_hash" is '内容指纹。Hash of what the source sent; tells a duplicate.';
comment on column raw.department_dispute."extra" is '合同外字段。Unknown members of data, as a JSON object; null if none.';
comment on column raw.department_dispute."kafka_partition" is '消息分区。Partition that it came from.';
comment on column raw.department_dispute."kafka_offset" is '消息位移。Offset inside the partition.';

create table if not exists raw.department_record (
    "event_id" text not null,
    "event_source" text not null,
    "event_type" text not null,
    "event_at_utc" timestamp not null,
    "recorded_at_utc" timestamp not null,
    "ingested_at_utc" timestamp not null,
    "known_at_utc" timestamp not null,
    "event_date" date not null,
    "city_code" text not null,
    "record_id" text not null,
    "stage" text not null,
    "record_kind" text not null,
    "parent_record_id" text,
    "measure_code" text,
    "category_scheme" text,
    "category_code" text,
    "category_name" text,
    "unit_code" text,
    "area_code" text,
    "state" text,
    "period_start_at_utc" timestamp,
    "period_end_at_utc" timestamp,
    "due_at_utc" timestamp,
    "completed_at_utc" timestamp,
    "numerator" double precision,
    "denominator" double precision,
    "figure" double precision,
    "figure_unit" text,
    "sample_size" bigint,
    "is_online_available" boolean,
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

alter table raw.department_record
    add column if not exists "parent_record_id" text,
    add column if not exists "measure_code" text,
    add column if not exists "category_scheme" text,
    add column if not exists "category_code" text,
    add column if not exists "category_name" text,
    add column if not exists "unit_code" text,
    add column if not exists "area_code" text,
    add column if not exists "state" text,
    add column if not exists "period_start_at_utc" timestamp,
    add column if not exists "period_end_at_utc" timestamp,
    add column if not exists "due_at_utc" timestamp,
    add column if not exists "completed_at_utc" timestamp,
    add column if not exists "numerator" double precision,
    add column if not exists "denominator" double precision,
    add column if not exists "figure" double precision,
    add column if not exists "figure_unit" text,
    add column if not exists "sample_size" bigint,
    add column if not exists "is_online_available" boolean,
    add column if not exists "grid_code" text,
    add column if not exists "community_code" text,
    add column if not exists "street_code" text,
    add column if not exists "extra" text;

comment on table raw.department_record is '部门汇总与登记(原始流水,按发生日期分区)。Aggregates and registers that departments hand in; one row per distinct event.';
comment on column raw.department_record."event_id" is '事件流水号。CloudEvents id, unique inside event_source.';
comment on column raw.department_record."event_source" is '来源系统。CloudEvents source, `/<city>/<system>`.';
comment on column raw.department_record."event_type" is '事件类型。CloudEvents type, `<topic stem>.<stage>.v<n>`.';
comment on column raw.department_record."event_at_utc" is '发生时间(UTC)。When it happened.';
comment on column raw.department_record."recorded_at_utc" is '来源系统登记时间(UTC)。When the source system knew of it.';
comment on column raw.department_record."ingested_at_utc" is '接入时间(UTC)。When the platform took it in.';
comment on column raw.department_record."known_at_utc" is '知悉时间(UTC)。When it counts as known: recorded time where the city''s clock says so, else ingest time.';
comment on column raw.department_record."event_date" is '发生日期(UTC)。Day of event_at_utc; partitions the table.';
comment on column raw.department_record."city_code" is '城市代码。Code of the city; a file of streams/contracts/cities.';
comment on column raw.department_record."record_id" is '记录编号。Number of the record inside its register.';
comment on column raw.department_record."stage" is '环节。What became of the record.';
comment on column raw.department_record."record_kind" is '登记类别。Register that it belongs to.';
comment on column raw.department_record."parent_record_id" is '上级记录编号。Record that this one is part of.';
comment on column raw.department_record."measure_code" is '指标代码。What numerator, denominator or value measure, in the register''s own code.';
comment on column raw.department_record."category_scheme" is '分类体系。Scheme that category_code belongs to; a scheme of ref_category.';
comment on column raw.department_record."category_code" is '分类代码。Code inside the scheme; an unknown one is kept and counted as unclassified.';
comment on column raw.department_record."category_name" is '分类名称。The source''s own words for the category.';
comment on column raw.department_record."unit_code" is '承办单位代码。Body that the event concerns (dispatched to, handled by); never a person.';
comment on column raw.department_record."area_code" is '区域代码。Area that the source declares; a code of ref_area or ref_grid.';
comment on column raw.department_record."state" is '状态。State of the task, item or part.';
comment on column raw.department_record."period_start_at_utc" is '期间开始。Start of the period that a figure speaks of.';
comment on column raw.department_record."period_end_at_utc" is '期间结束。End of that period, exclusive.';
comment on column raw.department_record."due_at_utc" is '办结期限。The source''s own deadline, valid from this event on.';
comment on column raw.department_record."completed_at_utc" is '完成时间。When the task or item was completed.';
comment on column raw.department_record."numerator" is '分子。Numerator of the figure.';
comment on column raw.department_record."denominator" is '分母。Denominator of the figure; a rate without it is refused by the indicators.';
comment on column raw.department_record."figure" is '数值。Figure that is neither a count nor a rate, in figure_unit.';
comment on column raw.department_record."figure_unit" is '数值单位。Unit of figure, as a UCUM code or a plain word.';
comment on column raw.department_record."sample_size" is '样本量。Answers in a survey, or objects in a sample.';
comment on column raw.department_record."is_online_available" is '是否网上可办。A service item that can be done online.';
comment on column raw.department_record."grid_code" is '定位网格。Grid that holds the point; null where there is none.';
comment on column raw.department_record."community_code" is '定位社区。Community of the grid, or the declared one; else null.';
comment on column raw.department_record."street_code" is '定位街道。Street or town of the community; else null.';
comment on column raw.department_record."locate_method" is '定位方式。polygon: by the point; declared: by area_code; none: not located.';
comment on column raw.department_record."is_late" is '是否迟到。Live source and later than the contract''s limit.';
comment on column raw.department_record."late_by_minutes" is '迟到分钟数。Minutes from event to known time.';
comment on column raw.department_record."content_hash" is '内容指纹。Hash of what the source sent; tells a duplicate.';
comment on column raw.department_record."extra" is '合同外字段。Unknown members of data, as a JSON object; null if none.';
comment on column raw.department_record."kafka_partition" is '消息分区。Partition that it came from.';
comment on column raw.department_record."kafka_offset" is '消息位移。Offset inside the partition.';

create table if not exists raw.department_service (
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
    "service_code" text,
    "subject_kind" text,
    "channel" text,
    "category_scheme" text,
    "category_code" text,
    "category_name" text,
    "unit_code" text,
    "area_code" text,
    "due_at_utc" timestamp,
    "status_native" text,
    "decision" text,
    "committed_work_days" bigint,
    "statutory_work_days" bigint,
    "visits" bigint,
    "is_online_throughout" boolean,
    "is_integrated" boolean,
    "rating" text,
    "exclusion_code" text,
    "notice_colour" text,
    "from_level" text,
    "to_level" text,
    "reason_code" text,
    "basis" text,
    "measures" text,
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

alter table raw.department_service
    add column if not exists "service_code" text,
    add column if not exists "subject_kind" text,
    add column if not exists "channel" text,
    add column if not exists "category_scheme" text,
    add column if not exists "category_code" text,
    add column if not exists "category_name" text,
    add column if not exists "unit_code" text,
    add column if not exists "area_code" text,
    add column if not exists "due_at_utc" timestamp,
    add column if not exists "status_native" text,
    add column if not exists "decision" text,
    add column if not exists "committed_work_days" bigint,
    add column if not exists "statutory_work_days" bigint,
    add column if not exists "visits" bigint,
    add column if not exists "is_online_throughout" boolean,
    add column if not exists "is_integrated" boolean,
    add column if not exists "rating" text,
    add column if not exists "exclusion_code" text,
    add column if not exists "notice_colour" text,
    add column if not exists "from_level" text,
    add column if not exists "to_level" text,
    add column if not exists "reason_code" text,
    add column if not exists "basis" text,
    add column if not exists "measures" text,
    add column if not exists "grid_code" text,
    add column if not exists "community_code" text,
    add column if not exists "street_code" text,
    add column if not exists "extra" text;

comment on table raw.department_service is '政务服务办件(原始流水,按发生日期分区)。Events in the life of a service application; one row per distinct event.';
comment on column raw.department_service."event_id" is '事件流水号。CloudEvents id, unique inside event_source.';
comment on column raw.department_service."event_source" is '来源系统。CloudEvents source, `/<city>/<system>`.';
comment on column raw.department_service."event_type" is '事件类型。CloudEvents type, `<topic stem>.<stage>.v<n>`.';
comment on column raw.department_service."event_at_utc" is '发生时间(UTC)。When it happened.';
comment on column raw.department_service."recorded_at_utc" is '来源系统登记时间(UTC)。When the source system knew of it.';
comment on column raw.department_service."ingested_at_utc" is '接入时间(UTC)。When the platform took it in.';
comment on column raw.department_service."known_at_utc" is '知悉时间(UTC)。When it counts as known: recorded time where the city''s clock says so, else ingest time.';
comment on column raw.department_service."event_date" is '发生日期(UTC)。Day of event_at_utc; partitions the table.';
comment on column raw.department_service."city_code" is '城市代码。Code of the city; a file of streams/contracts/cities.';
comment on column raw.department_service."case_id" is '事项编号。The service system''s own number of the application.';
comment on column raw.department_service."stage" is '环节。What happened to the application.';
comment on column raw.department_service."service_code" is '事项编码。Item of the service catalogue.';
comment on column raw.department_service."subject_kind" is '申请主体类型。For whom the service exists.';
comment on column raw.department_service."channel" is '办理渠道。How it was handed in.';
comment on column raw.department_service."category_scheme" is '分类体系。Scheme that category_code belongs to; a scheme of ref_category.';
comment on column raw.department_service."category_code" is '分类代码。Code inside the scheme; an unknown one is kept and counted as unclassified.';
comment on column raw.department_service."category_name" is '分类名称。The source''s own words for the category.';
comment on column raw.department_service."unit_code" is '承办单位代码。Body that the event concerns (dispatched to, handled by); never a person.';
comment on column raw.department_service."area_code" is '区域代码。Area that the source declares; a code of ref_area or ref_grid.';
comment on column raw.department_service."due_at_utc" is '办结期限。The source''s own deadline, valid from this event on.';
comment on column raw.department_service."status_native" is '原状态。Status in the words of the source, for tracing.';
comment on column raw.department_service."decision" is '办理结果。What was decided.';
comment on column raw.department_service."committed_work_days" is '承诺工作日。Working days that the unit commits itself to.';
comment on column raw.department_service."statutory_work_days" is '法定工作日。Working days that the law allows.';
comment on column raw.department_service."visits" is '到场次数。Times that somebody had to come in person.';
comment on column raw.department_service."is_online_throughout" is '是否全程网办。No visit and no paper at any step.';
comment on column raw.department_service."is_integrated" is '是否一件事一次办。Part of an integrated service.';
comment on column raw.department_service."rating" is '好差评。Grade of 好差评; absent where none was given.';
comment on column raw.department_service."exclusion_code" is '剔除原因。Ground on which the city leaves the case out of adjusted figures.';
comment on column raw.department_service."notice_colour" is '督办单颜色。Colour of a supervision notice: white, then yellow, then red.';
comment on column raw.department_service."from_level" is '原层级。Level that an escalation leaves.';
comment on column raw.department_service."to_level" is '现层级。Level that an escalation, a whistle or a decision reaches.';
comment on column raw.department_service."reason_code" is '原因代码。Why it was returned, paused, escalated, extended or voided, as the source codes it.';
comment on column raw.department_service."basis" is '时间依据(更正或推定)。What the event rests on; not given: the source stated it so. corrected: it takes the place of what the source had said of this stage before. inferred: no time was stated, two downloads differ, and the time is the later one''s, the latest that is possible.';
comment on column raw.department_service."measures" is '来源计数。What the source counts about the matter, such as likes or views, as a JSON object of numbers.';
comment on column raw.department_service."grid_code" is '定位网格。Grid that holds the point; null where there is none.';
comment on column raw.department_service."community_code" is '定位社区。Community of the grid, or the declared one; else null.';
comment on column raw.department_service."street_code" is '定位街道。Street or town of the community; else null.';
comment on column raw.department_service."locate_method" is '定位方式。polygon: by the point; declared: by area_code; none: not located.';
comment on column raw.department_service."is_late" is '是否迟到。Live source and later than the contract''s limit.';
comment on column raw.department_service."late_by_minutes" is '迟到分钟数。Minutes from event to known time.';
comment on column raw.department_service."content_hash" is '内容指纹。Hash of what the source sent; tells a duplicate.';
comment on column raw.department_service."extra" is '合同外字段。Unknown members of data, as a JSON object; null if none.';
comment on column raw.department_service."kafka_partition" is '消息分区。Partition that it came from.';
comment on column raw.department_service."kafka_offset" is '消息位移。Offset inside the partition.';

create table if not exists raw.grid_report (
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
    "report_kind" text not null,
    "category_scheme" text,
    "category_code" text,
    "category_name" text,
    "inspection_level" text,
    "whistle_level" text,
    "urgency" text,
    "unit_code" text,
    "area_code" text,
    "longitude" double precision,
    "latitude" double precision,
    "due_at_utc" timestamp,
    "status_native" text,
    "parent_case_id" text,
    "is_duplicate" boolean,
    "exclusion_code" text,
    "notice_colour" text,
    "from_level" text,
    "to_level" text,
    "reason_code" text,
    "basis" text,
    "measures" text,
    "related_case_id" text,
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

alter table raw.grid_report
    add column if not exists "category_scheme" text,
    add column if not exists "category_code" text,
    add column if not exists "category_name" text,
    add column if not exists "inspection_level" text,
    add column if not exists "whistle_level" text,
    add column if not exists "urgency" text,
    add column if not exists "unit_code" text,
    add column if not exists "area_code" text,
    add column if not exists "longitude" double precision,
    add column if not exists "latitude" double precision,
    add column if not exists "due_at_utc" timestamp,
    add column if not exists "status_native" text,
    add column if not exists "parent_case_id" text,
    add column if not exists "is_duplicate" boolean,
    add column if not exists "exclusion_code" text,
    add column if not exists "notice_colour" text,
    add column if not exists "from_level" text,
    add column if not exists "to_level" text,
    add column if not exists "reason_code" text,
    add column if not exists "basis" text,
    add column if not exists "measures" text,
    add column if not exists "related_case_id" text,
    add column if not exists "grid_code" text,
    add column if not exists "community_code" text,
    add column if not exists "street_code" text,
    add column if not exists "extra" text;

comment on table raw.grid_report is '网格巡查上报(原始流水,按发生日期分区)。What grid workers report, inspect and whistle for; one row per distinct event.';
comment on column raw.grid_report."event_id" is '事件流水号。CloudEvents id, unique inside event_source.';
comment on column raw.grid_report."event_source" is '来源系统。CloudEvents source, `/<city>/<system>`.';
comment on column raw.grid_report."event_type" is '事件类型。CloudEvents type, `<topic stem>.<stage>.v<n>`.';
comment on column raw.grid_report."event_at_utc" is '发生时间(UTC)。When it happened.';
comment on column raw.grid_report."recorded_at_utc" is '来源系统登记时间(UTC)。When the source system knew of it.';
comment on column raw.grid_report."ingested_at_utc" is '接入时间(UTC)。When the platform took it in.';
comment on column raw.grid_report."known_at_utc" is '知悉时间(UTC)。When it counts as known: recorded time where the city''s clock says so, else ingest time.';
comment on column raw.grid_report."event_date" is '发生日期(UTC)。Day of event_at_utc; partitions the table.';
comment on column raw.grid_report."city_code" is '城市代码。Code of the city; a file of streams/contracts/cities.';
comment on column raw.grid_report."case_id" is '事项编号。The grid system''s own number of the report, inspection or hazard.';
comment on column raw.grid_report."stage" is '环节。What happened, in the grid system''s vocabulary.';
comment on column raw.grid_report."report_kind" is '类别。An issue, a planned inspection or a hazard with its deadline.';
comment on column raw.grid_report."category_scheme" is '分类体系。Scheme that category_code belongs to; a scheme of ref_category.';
comment on column raw.grid_report."category_code" is '分类代码。Code inside the scheme; an unknown one is kept and counted as unclassified.';
comment on column raw.grid_report."category_name" is '分类名称。The source''s own words for the category.';
comment on column raw.grid_report."inspection_level" is '排查层级。Level whose inspection plan this is.';
comment on column raw.grid_report."whistle_level" is '吹哨层级。Level that blew the whistle.';
comment on column raw.grid_report."urgency" is '紧急程度。Urgent or normal.';
comment on column raw.grid_report."unit_code" is '承办单位代码。Body that the event concerns (dispatched to, handled by); never a person.';
comment on column raw.grid_report."area_code" is '区域代码。Area that the source declares; a code of ref_area or ref_grid.';
comment on column raw.grid_report."longitude" is '经度。WGS 84 or the city''s declared system.';
comment on column raw.grid_report."latitude" is '纬度。WGS 84 or the city''s declared system.';
comment on column raw.grid_report."due_at_utc" is '办结期限。The source''s own deadline, valid from this event on.';
comment on column raw.grid_report."status_native" is '原状态。Status in the words of the source, for tracing.';
comment on column raw.grid_report."parent_case_id" is '主件编号。Case that this one repeats, as the source declares.';
comment on column raw.grid_report."is_duplicate" is '是否重复。The source declares the case a repetition of parent_case_id.';
comment on column raw.grid_report."exclusion_code" is '剔除原因。Ground on which the city leaves the case out of adjusted figures.';
comment on column raw.grid_report."notice_colour" is '督办单颜色。Colour of a supervision notice: white, then yellow, then red.';
comment on column raw.grid_report."from_level" is '原层级。Level that an escalation leaves.';
comment on column raw.grid_report."to_level" is '现层级。Level that an escalation, a whistle or a decision reaches.';
comment on column raw.grid_report."reason_code" is '原因代码。Why it was returned, paused, escalated, extended or voided, as the source codes it.';
comment on column raw.grid_report."basis" is '时间依据(更正或推定)。What the event rests on; not given: the source stated it so. corrected: it takes the place of what the source had said of this stage before. inferred: no time was stated, two downloads differ, and the time is the later one''s, the latest that is possible.';
comment on column raw.grid_report."measures" is '来源计数。What the source counts about the matter, such as likes or views, as a JSON object of numbers.';
comment on column raw.grid_report."related_case_id" is '关联事项编号。Case of another source that the source itself ties this one to.';
comment on column raw.grid_report."grid_code" is '定位网格。Grid that holds the point; null where there is none.';
comment on column raw.grid_report."community_code" is '定位社区。Community of the grid, or the declared one; else null.';
comment on column raw.grid_report."street_code" is '定位街道。Street or town of the community; else null.';
comment on column raw.grid_report."locate_method" is '定位方式。polygon: by the point; declared: by area_code; none: not located.';
comment on column raw.grid_report."is_late" is '是否迟到。Live source and later than the contract''s limit.';
comment on column raw.grid_report."late_by_minutes" is '迟到分钟数。Minutes from event to known time.';
comment on column raw.grid_report."content_hash" is '内容指纹。Hash of what the source sent; tells a duplicate.';
comment on column raw.grid_report."extra" is '合同外字段。Unknown members of data, as a JSON object; null if none.';
comment on column raw.grid_report."kafka_partition" is '消息分区。Partition that it came from.';
comment on column raw.grid_report."kafka_offset" is '消息位移。Offset inside the partition.';

create table if not exists raw.hotline_call (
    "event_id" text not null,
    "event_source" text not null,
    "event_type" text not null,
    "event_at_utc" timestamp not null,
    "recorded_at_utc" timestamp not null,
    "ingested_at_utc" timestamp not null,
    "known_at_utc" timestamp not null,
    "event_date" date not null,
    "city_code" text not null,
    "call_id" text not null,
    "stage" text not null,
    "channel" text,
    "skill_group" text,
    "offered_at_utc" timestamp,
    "wait_seconds" bigint,
    "talk_seconds" bigint,
    "is_settled_at_desk" boolean,
    "is_ticket_created" boolean,
    "area_code" text,
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

alter table raw.hotline_call
    add column if not exists "channel" text,
    add column if not exists "skill_group" text,
    add column if not exists "offered_at_utc" timestamp,
    add column if not exists "wait_seconds" bigint,
    add column if not exists "talk_seconds" bigint,
    add column if not exists "is_settled_at_desk" boolean,
    add column if not exists "is_ticket_created" boolean,
    add column if not exists "area_code" text,
    add column if not exists "grid_code" text,
    add column if not exists "community_code" text,
    add column if not exists "street_code" text,
    add column if not exists "extra" text;

comment on table raw.hotline_call is '12345热线呼叫记录(原始流水,按发生日期分区)。Calls at the 12345 hotline desk; one row per distinct event.';
comment on column raw.hotline_call."event_id" is '事件流水号。CloudEvents id, unique inside event_source.';
comment on column raw.hotline_call."event_source" is '来源系统。CloudEvents source, `/<city>/<system>`.';
comment on column raw.hotline_call."event_type" is '事件类型。CloudEvents type, `<topic stem>.<stage>.v<n>`.';
comment on column raw.hotline_call."event_at_utc" is '发生时间(UTC)。When it happened.';
comment on column raw.hotline_call."recorded_at_utc" is '来源系统登记时间(UTC)。When the source system knew of it.';
comment on column raw.hotline_call."ingested_at_utc" is '接入时间(UTC)。When the platform took it in.';
comment on column raw.hotline_call."known_at_utc" is '知悉时间(UTC)。When it counts as known: recorded time where the city''s clock says so, else ingest time.';
comment on column raw.hotline_call."event_date" is '发生日期(UTC)。Day of event_at_utc; partitions the table.';
comment on column raw.hotline_call."city_code" is '城市代码。Code of the city; a file of streams/contracts/cities.';
comment on column raw.hotline_call."call_id" is '呼叫编号。The telephone system''s own number of the call record; tells nothing of who called.';
comment on column raw.hotline_call."stage" is '环节。The furthest that the call got: offered (turned away), queued (left waiting for a call back), answered or abandoned.';
comment on column raw.hotline_call."channel" is '渠道。How it came in.';
comment on column raw.hotline_call."skill_group" is '技能组。Queue that it was put into.';
comment on column raw.hotline_call."offered_at_utc" is '呼入时间。When it reached the desk.';
comment on column raw.hotline_call."wait_seconds" is '等待秒数。From reaching the desk to being answered, or to the end.';
comment on column raw.hotline_call."talk_seconds" is '通话秒数。From being answered to the end.';
comment on column raw.hotline_call."is_settled_at_desk" is '是否当场办结。Answered without a ticket.';
comment on column raw.hotline_call."is_ticket_created" is '是否生成工单。A ticket came of it.';
comment on column raw.hotline_call."area_code" is '区域代码。Area that the source declares; a code of ref_area or ref_grid.';
comment on column raw.hotline_call."grid_code" is '定位网格。Grid that holds the point; null where there is none.';
comment on column raw.hotline_call."community_code" is '定位社区。Community of the grid, or the declared one; else null.';
comment on column raw.hotline_call."street_code" is '定位街道。Street or town of the community; else null.';
comment on column raw.hotline_call."locate_method" is '定位方式。polygon: by the point; declared: by area_code; none: not located.';
comment on column raw.hotline_call."is_late" is '是否迟到。Live source and later than the contract''s limit.';
comment on column raw.hotline_call."late_by_minutes" is '迟到分钟数。Minutes from event to known time.';
comment on column raw.hotline_call."content_hash" is '内容指纹。Hash of what the source sent; tells a duplicate.';
comment on column raw.hotline_call."extra" is '合同外字段。Unknown members of data, as a JSON object; null if none.';
comment on column raw.hotline_call."kafka_partition" is '消息分区。Partition that it came from.';
comment on column raw.hotline_call."kafka_offset" is '消息位移。Offset inside the partition.';

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
    "notice_colour" text,
    "from_level" text,
    "to_level" text,
    "reason_code" text,
    "basis" text,
    "measures" text,
    "related_case_id" text,
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
    add column if not exists "notice_colour" text,
    add column if not exists "from_level" text,
    add column if not exists "to_level" text,
    add column if not exists "reason_code" text,
    add column if not exists "basis" text,
    add column if not exists "measures" text,
    add column if not exists "related_case_id" text,
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
comment on column raw.hotline_ticket."notice_colour" is '督办单颜色。Colour of a supervision notice: white, then yellow, then red.';
comment on column raw.hotline_ticket."from_level" is '原层级。Level that an escalation leaves.';
comment on column raw.hotline_ticket."to_level" is '现层级。Level that an escalation, a whistle or a decision reaches.';
comment on column raw.hotline_ticket."reason_code" is '原因代码。Why it was returned, paused, escalated, extended or voided, as the source codes it.';
comment on column raw.hotline_ticket."basis" is '时间依据(更正或推定)。What the event rests on; not given: the source stated it so. corrected: it takes the place of what the source had said of this stage before. inferred: no time was stated, two downloads differ, and the time is the later one''s, the latest that is possible.';
comment on column raw.hotline_ticket."measures" is '来源计数。What the source counts about the matter, such as likes or views, as a JSON object of numbers.';
comment on column raw.hotline_ticket."related_case_id" is '关联事项编号。Case of another source that the source itself ties this one to.';
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

create table if not exists raw.petition_matter (
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
    "matter_kind" text,
    "category_scheme" text,
    "category_code" text,
    "category_name" text,
    "unit_code" text,
    "area_code" text,
    "due_at_utc" timestamp,
    "status_native" text,
    "parent_case_id" text,
    "is_duplicate" boolean,
    "is_collective" boolean,
    "is_litigation_related" boolean,
    "exclusion_code" text,
    "outcome" text,
    "review_round" text,
    "review_result" text,
    "satisfaction" text,
    "notice_colour" text,
    "from_level" text,
    "to_level" text,
    "reason_code" text,
    "basis" text,
    "measures" text,
    "related_case_id" text,
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

alter table raw.petition_matter
    add column if not exists "channel" text,
    add column if not exists "matter_kind" text,
    add column if not exists "category_scheme" text,
    add column if not exists "category_code" text,
    add column if not exists "category_name" text,
    add column if not exists "unit_code" text,
    add column if not exists "area_code" text,
    add column if not exists "due_at_utc" timestamp,
    add column if not exists "status_native" text,
    add column if not exists "parent_case_id" text,
    add column if not exists "is_duplicate" boolean,
    add column if not exists "is_collective" boolean,
    add column if not exists "is_litigation_related" boolean,
    add column if not exists "exclusion_code" text,
    add column if not exists "outcome" text,
    add column if not exists "review_round" text,
    add column if not exists "review_result" text,
    add column if not exists "satisfaction" text,
    add column if not exists "notice_colour" text,
    add column if not exists "from_level" text,
    add column if not exists "to_level" text,
    add column if not exists "reason_code" text,
    add column if not exists "basis" text,
    add column if not exists "measures" text,
    add column if not exists "related_case_id" text,
    add column if not exists "grid_code" text,
    add column if not exists "community_code" text,
    add column if not exists "street_code" text,
    add column if not exists "extra" text;

comment on table raw.petition_matter is '信访事项(原始流水,按发生日期分区)。Events in the life of a petition matter; one row per distinct event.';
comment on column raw.petition_matter."event_id" is '事件流水号。CloudEvents id, unique inside event_source.';
comment on column raw.petition_matter."event_source" is '来源系统。CloudEvents source, `/<city>/<system>`.';
comment on column raw.petition_matter."event_type" is '事件类型。CloudEvents type, `<topic stem>.<stage>.v<n>`.';
comment on column raw.petition_matter."event_at_utc" is '发生时间(UTC)。When it happened.';
comment on column raw.petition_matter."recorded_at_utc" is '来源系统登记时间(UTC)。When the source system knew of it.';
comment on column raw.petition_matter."ingested_at_utc" is '接入时间(UTC)。When the platform took it in.';
comment on column raw.petition_matter."known_at_utc" is '知悉时间(UTC)。When it counts as known: recorded time where the city''s clock says so, else ingest time.';
comment on column raw.petition_matter."event_date" is '发生日期(UTC)。Day of event_at_utc; partitions the table.';
comment on column raw.petition_matter."city_code" is '城市代码。Code of the city; a file of streams/contracts/cities.';
comment on column raw.petition_matter."case_id" is '事项编号。The petition system''s own number of the matter.';
comment on column raw.petition_matter."stage" is '环节。What happened to the matter, in the petition system''s vocabulary.';
comment on column raw.petition_matter."channel" is '信访渠道。How it came in.';
comment on column raw.petition_matter."matter_kind" is '诉求类型。Suggestion, accusation or claim, as the regulation divides them.';
comment on column raw.petition_matter."category_scheme" is '分类体系。Scheme that category_code belongs to; a scheme of ref_category.';
comment on column raw.petition_matter."category_code" is '分类代码。Code inside the scheme; an unknown one is kept and counted as unclassified.';
comment on column raw.petition_matter."category_name" is '分类名称。The source''s own words for the category.';
comment on column raw.petition_matter."unit_code" is '承办单位代码。Body that the event concerns (dispatched to, handled by); never a person.';
comment on column raw.petition_matter."area_code" is '区域代码。Area that the source declares; a code of ref_area or ref_grid.';
comment on column raw.petition_matter."due_at_utc" is '办结期限。The source''s own deadline, valid from this event on.';
comment on column raw.petition_matter."status_native" is '原状态。Status in the words of the source, for tracing.';
comment on column raw.petition_matter."parent_case_id" is '主件编号。Case that this one repeats, as the source declares.';
comment on column raw.petition_matter."is_duplicate" is '是否重复。The source declares the case a repetition of parent_case_id.';
comment on column raw.petition_matter."is_collective" is '是否集体访。Put forward by five or more together; the number itself is not carried.';
comment on column raw.petition_matter."is_litigation_related" is '是否涉法涉诉。Belongs to the courts; left out of satisfaction.';
comment on column raw.petition_matter."exclusion_code" is '剔除原因。Ground on which the city leaves the case out of adjusted figures.';
comment on column raw.petition_matter."outcome" is '处理结果。What the reply says.';
comment on column raw.petition_matter."review_round" is '复查复核。First review (复查) or second (复核).';
comment on column raw.petition_matter."review_result" is '复查复核结论。What the review decided.';
comment on column raw.petition_matter."satisfaction" is '满意度。Grade given by the public; absent where none was given.';
comment on column raw.petition_matter."notice_colour" is '督办单颜色。Colour of a supervision notice: white, then yellow, then red.';
comment on column raw.petition_matter."from_level" is '原层级。Level that an escalation leaves.';
comment on column raw.petition_matter."to_level" is '现层级。Level that an escalation, a whistle or a decision reaches.';
comment on column raw.petition_matter."reason_code" is '原因代码。Why it was returned, paused, escalated, extended or voided, as the source codes it.';
comment on column raw.petition_matter."basis" is '时间依据(更正或推定)。What the event rests on; not given: the source stated it so. corrected: it takes the place of what the source had said of this stage before. inferred: no time was stated, two downloads differ, and the time is the later one''s, the latest that is possible.';
comment on column raw.petition_matter."measures" is '来源计数。What the source counts about the matter, such as likes or views, as a JSON object of numbers.';
comment on column raw.petition_matter."related_case_id" is '关联事项编号。Case of another source that the source itself ties this one to.';
comment on column raw.petition_matter."grid_code" is '定位网格。Grid that holds the point; null where there is none.';
comment on column raw.petition_matter."community_code" is '定位社区。Community of the grid, or the declared one; else null.';
comment on column raw.petition_matter."street_code" is '定位街道。Street or town of the community; else null.';
comment on column raw.petition_matter."locate_method" is '定位方式。polygon: by the point; declared: by area_code; none: not located.';
comment on column raw.petition_matter."is_late" is '是否迟到。Live source and later than the contract''s limit.';
comment on column raw.petition_matter."late_by_minutes" is '迟到分钟数。Minutes from event to known time.';
comment on column raw.petition_matter."content_hash" is '内容指纹。Hash of what the source sent; tells a duplicate.';
comment on column raw.petition_matter."extra" is '合同外字段。Unknown members of data, as a JSON object; null if none.';
comment on column raw.petition_matter."kafka_partition" is '消息分区。Partition that it came from.';
comment on column raw.petition_matter."kafka_offset" is '消息位移。Offset inside the partition.';

create table if not exists raw.sign_observation (
    "event_id" text not null,
    "event_source" text not null,
    "event_type" text not null,
    "event_at_utc" timestamp not null,
    "recorded_at_utc" timestamp not null,
    "ingested_at_utc" timestamp not null,
    "known_at_utc" timestamp not null,
    "event_date" date not null,
    "city_code" text not null,
    "sign_code" text not null,
    "stage" text not null,
    "sign_category" text,
    "observed_at_utc" timestamp,
    "reading" double precision not null,
    "reading_unit" text,
    "quality" text,
    "unit_code" text,
    "area_code" text,
    "longitude" double precision,
    "latitude" double precision,
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

alter table raw.sign_observation
    add column if not exists "sign_category" text,
    add column if not exists "observed_at_utc" timestamp,
    add column if not exists "reading_unit" text,
    add column if not exists "quality" text,
    add column if not exists "unit_code" text,
    add column if not exists "area_code" text,
    add column if not exists "longitude" double precision,
    add column if not exists "latitude" double precision,
    add column if not exists "grid_code" text,
    add column if not exists "community_code" text,
    add column if not exists "street_code" text,
    add column if not exists "extra" text;

comment on table raw.sign_observation is '城市体征观测(原始流水,按发生日期分区)。Observations of city signs; one row per distinct event.';
comment on column raw.sign_observation."event_id" is '事件流水号。CloudEvents id, unique inside event_source.';
comment on column raw.sign_observation."event_source" is '来源系统。CloudEvents source, `/<city>/<system>`.';
comment on column raw.sign_observation."event_type" is '事件类型。CloudEvents type, `<topic stem>.<stage>.v<n>`.';
comment on column raw.sign_observation."event_at_utc" is '发生时间(UTC)。When it happened.';
comment on column raw.sign_observation."recorded_at_utc" is '来源系统登记时间(UTC)。When the source system knew of it.';
comment on column raw.sign_observation."ingested_at_utc" is '接入时间(UTC)。When the platform took it in.';
comment on column raw.sign_observation."known_at_utc" is '知悉时间(UTC)。When it counts as known: recorded time where the city''s clock says so, else ingest time.';
comment on column raw.sign_observation."event_date" is '发生日期(UTC)。Day of event_at_utc; partitions the table.';
comment on column raw.sign_observation."city_code" is '城市代码。Code of the city; a file of streams/contracts/cities.';
comment on column raw.sign_observation."sign_code" is '体征代码。The sign; a code of ref_sign. Each area that is measured has a sign of its own.';
comment on column raw.sign_observation."stage" is '环节。A first observation or the correction of one.';
comment on column raw.sign_observation."sign_category" is '体征大类。Population aggregates (人), things (物), activity (动), state (态).';
comment on column raw.sign_observation."observed_at_utc" is '观测时间。Instant that the value stands for, where it is not the event time.';
comment on column raw.sign_observation."reading" is '观测值。The observed value, in reading_unit.';
comment on column raw.sign_observation."reading_unit" is '计量单位。Unit of reading, as the registry says.';
comment on column raw.sign_observation."quality" is '数据质量。How it was come by.';
comment on column raw.sign_observation."unit_code" is '承办单位代码。Body that the event concerns (dispatched to, handled by); never a person.';
comment on column raw.sign_observation."area_code" is '区域代码。Area that the source declares; a code of ref_area or ref_grid.';
comment on column raw.sign_observation."longitude" is '经度。WGS 84 or the city''s declared system.';
comment on column raw.sign_observation."latitude" is '纬度。WGS 84 or the city''s declared system.';
comment on column raw.sign_observation."grid_code" is '定位网格。Grid that holds the point; null where there is none.';
comment on column raw.sign_observation."community_code" is '定位社区。Community of the grid, or the declared one; else null.';
comment on column raw.sign_observation."street_code" is '定位街道。Street or town of the community; else null.';
comment on column raw.sign_observation."locate_method" is '定位方式。polygon: by the point; declared: by area_code; none: not located.';
comment on column raw.sign_observation."is_late" is '是否迟到。Live source and later than the contract''s limit.';
comment on column raw.sign_observation."late_by_minutes" is '迟到分钟数。Minutes from event to known time.';
comment on column raw.sign_observation."content_hash" is '内容指纹。Hash of what the source sent; tells a duplicate.';
comment on column raw.sign_observation."extra" is '合同外字段。Unknown members of data, as a JSON object; null if none.';
comment on column raw.sign_observation."kafka_partition" is '消息分区。Partition that it came from.';
comment on column raw.sign_observation."kafka_offset" is '消息位移。Offset inside the partition.';

create table if not exists raw.incident_link (
    "city_code" text not null,
    "source" text not null,
    "subject" text not null,
    "incident_id" text not null,
    "group_id" text not null,
    "told_at_utc" timestamp not null,
    "is_first" boolean not null,
    "reports" bigint not null,
    "score" double precision,
    "metres_off" double precision,
    "hours_after" double precision,
    "is_declared" boolean not null,
    "reasons_zh" text not null,
    "report_mark" text not null,
    "tie_mark" text,
    "run_number" bigint not null,
    primary key (city_code, source, subject)
);

alter table raw.incident_link
    add column if not exists "score" double precision,
    add column if not exists "metres_off" double precision,
    add column if not exists "hours_after" double precision,
    add column if not exists "tie_mark" text;

comment on table raw.incident_link is '事件归并。One row per case or detection that has landed, of whatever channel, with the incident that it tells of.';
comment on column raw.incident_link."city_code" is '城市代码。City that the row belongs to.';
comment on column raw.incident_link."source" is '来源。Topic without `city.` and `.v1`.';
comment on column raw.incident_link."subject" is '事项或识别编号。Case or detection.';
comment on column raw.incident_link."incident_id" is '事件编号。32 hex digits, made of the incident''s earliest report alone.';
comment on column raw.incident_link."group_id" is '比对组。Of all reports that it was weighed with.';
comment on column raw.incident_link."told_at_utc" is '首报时间(UTC)。When it was told.';
comment on column raw.incident_link."is_first" is '是否首报。It is the incident''s earliest report.';
comment on column raw.incident_link."reports" is '报告数。Reports that the incident has.';
comment on column raw.incident_link."score" is '归并得分。Logarithm: how much more the incident explains with it.';
comment on column raw.incident_link."metres_off" is '距中心(米)。From the middle of its incident.';
comment on column raw.incident_link."hours_after" is '晚于首报(小时)。After the incident''s first report.';
comment on column raw.incident_link."is_declared" is '来源是否声明。A source declares it one with another.';
comment on column raw.incident_link."reasons_zh" is '归并理由。Why it is there, in words; empty where it is alone.';
comment on column raw.incident_link."report_mark" is '报告指纹。Hash of what it told, by which a change is noticed.';
comment on column raw.incident_link."tie_mark" is '声明指纹。Hash of what its source declares; null: nothing.';
comment on column raw.incident_link."run_number" is '融合批次。Run of ops.fusion_run that wrote the row.';

create table if not exists raw.incident_alias (
    "city_code" text not null,
    "old_id" text not null,
    "new_id" text not null,
    "cause" text not null,
    "run_number" bigint not null,
    primary key (city_code, old_id, new_id, run_number)
);

comment on table raw.incident_alias is '事件编号沿革。One row per incident id that ended or lost reports, the id where they are now, and the run that moved them.';
comment on column raw.incident_alias."city_code" is '城市代码。City that the row belongs to.';
comment on column raw.incident_alias."old_id" is '原编号。Incident before.';
comment on column raw.incident_alias."new_id" is '现编号。Incident after.';
comment on column raw.incident_alias."cause" is '原因。joined: the old one is part of the new one; split: reports left it, it lives on; withdrawn: its first report is gone.';
comment on column raw.incident_alias."run_number" is '融合批次。Run of ops.fusion_run that wrote the row.';
