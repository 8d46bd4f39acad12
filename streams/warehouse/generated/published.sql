-- The published door: append-only, frozen, the only schema that leaves; made by `citybrain contracts render`; do not edit.
-- Run as the owner; safe to run again.

create schema if not exists published;

create or replace function published.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'published.% is append-only, % refused', tg_table_name, tg_op
        using hint = 'publish again; a later publication restates, it never overwrites';
end
$$;

create table if not exists published.publication (
    "publication_id" bigint not null,
    "run_id" text not null,
    "published_at_utc" timestamp not null,
    "data_as_of_utc" timestamp not null,
    "data_as_of" text not null,
    "data_version" text not null,
    "code_version" text not null,
    "cause" text not null,
    "value_rows" bigint not null,
    "restated_cells" bigint not null,
    "checksum" text not null,
    primary key (publication_id)
);

comment on table published.publication is '发布：每次冻结发布一行。 One row per frozen publication.';
comment on column published.publication."publication_id" is '发布编号。Number of the publication, rising.';
comment on column published.publication."run_id" is '运行编号。Run that made it (the Airflow DAG run).';
comment on column published.publication."published_at_utc" is '发布时间。When it was published (UTC).';
comment on column published.publication."data_as_of_utc" is '数据截至。Latest as-of instant of its cities (UTC).';
comment on column published.publication."data_as_of" is '各城市数据截至（JSON）。As-of instant per city, JSON.';
comment on column published.publication."data_version" is '数据版本（JSON）。Ledger high-water marks it was built from, JSON.';
comment on column published.publication."code_version" is '代码版本。Version of the code that built it.';
comment on column published.publication."cause" is '更正原因。Cause given for restatements: late_data, reopened, definition, reference_data, correction.';
comment on column published.publication."value_rows" is '指标值行数。Rows of indicator_value.';
comment on column published.publication."restated_cells" is '更正单元数。Final cells that this publication restates.';
comment on column published.publication."checksum" is '校验和。SHA-256 over the published content.';

create or replace trigger append_only before update or delete or truncate on published.publication
for each statement execute function published.refuse_change();

create table if not exists published.case_fact (
    "publication_id" bigint not null references published.publication deferrable initially deferred,
    "city_code" text not null,
    "source" text not null,
    "case_id" text not null,
    "channel" text not null,
    "request_kind" text not null,
    "urgency" text not null,
    "category_scheme" text not null,
    "category_code" text not null,
    "category_family" text not null,
    "unit_code" text not null,
    "unit_name_zh" text not null,
    "area_level" text not null,
    "area_code" text not null,
    "state" text not null,
    "received_at_utc" timestamp not null,
    "due_at_utc" timestamp,
    "first_dispatched_at_utc" timestamp,
    "closed_at_utc" timestamp,
    "received_month" date not null,
    "handled_minutes" bigint,
    "is_on_time" boolean,
    "is_duplicate" boolean not null,
    "is_located" boolean not null,
    "exclusion_code" text not null,
    "reopened_count" integer not null,
    "returned_count" integer not null,
    "callback_attempts" integer not null,
    "resolution" text not null,
    "satisfaction" text not null,
    "events_count" integer not null,
    primary key (publication_id, city_code, source, case_id)
);

alter table published.case_fact
    add column if not exists "due_at_utc" timestamp,
    add column if not exists "first_dispatched_at_utc" timestamp,
    add column if not exists "closed_at_utc" timestamp,
    add column if not exists "handled_minutes" bigint,
    add column if not exists "is_on_time" boolean;

comment on table published.case_fact is '事项事实：每个事项一行；不含网格、坐标与文字，区域按最小单元规则概括。 Case facts: one row per case; no grid, place or text; the area is generalised so that no small cell can be rebuilt.';
comment on column published.case_fact."publication_id" is '发布编号。Publication that holds the row.';
comment on column published.case_fact."city_code" is '城市代码。City.';
comment on column published.case_fact."source" is '来源。Topic without city. and .v1.';
comment on column published.case_fact."case_id" is '事项编号。Number in the source system.';
comment on column published.case_fact."channel" is '渠道。Channel, or empty text.';
comment on column published.case_fact."request_kind" is '诉求类型。Kind of request, or empty text.';
comment on column published.case_fact."urgency" is '紧急程度。urgent, normal or empty text.';
comment on column published.case_fact."category_scheme" is '分类标准。Scheme of category_code.';
comment on column published.case_fact."category_code" is '分类代码。Category, or unclassified.';
comment on column published.case_fact."category_family" is '类别族。Family of the category.';
comment on column published.case_fact."unit_code" is '承办单位代码。Responsible unit, or empty text.';
comment on column published.case_fact."unit_name_zh" is '承办单位名称。Chinese name, or empty text.';
comment on column published.case_fact."area_level" is '概括后的区域层级。street or city.';
comment on column published.case_fact."area_code" is '概括后的区域代码。Area after generalisation.';
comment on column published.case_fact."state" is '状态：open 在办，closed 办结，cancelled 作废。open, closed or cancelled.';
comment on column published.case_fact."received_at_utc" is '受理时间。When it was accepted (UTC).';
comment on column published.case_fact."due_at_utc" is '有效期限。Effective deadline, null where the city has no limits.';
comment on column published.case_fact."first_dispatched_at_utc" is '首次派单时间。First dispatch (UTC).';
comment on column published.case_fact."closed_at_utc" is '办结时间。Valid closure as of the publication (UTC).';
comment on column published.case_fact."received_month" is '受理月份（当地）。First local day of the month of receipt.';
comment on column published.case_fact."handled_minutes" is '办理时长（自然分钟）。Elapsed minutes from receipt to closure.';
comment on column published.case_fact."is_on_time" is '是否按期办结。Closed at or before due_at_utc; null where n/a or still open and not due.';
comment on column published.case_fact."is_duplicate" is '是否重复件。Declared duplicate of another case.';
comment on column published.case_fact."is_located" is '是否已定位到网格。Assigned to a grid.';
comment on column published.case_fact."exclusion_code" is '剔除原因。E1-E9, or empty text.';
comment on column published.case_fact."reopened_count" is '重办次数。Times it was re-opened.';
comment on column published.case_fact."returned_count" is '退单次数。Dispatches returned by units.';
comment on column published.case_fact."callback_attempts" is '回访次数。Call-back attempts.';
comment on column published.case_fact."resolution" is '最近一次有效回访的解决情况。Last valid answer, or empty text.';
comment on column published.case_fact."satisfaction" is '最近一次有效回访的满意度。Last valid answer, or empty text.';
comment on column published.case_fact."events_count" is '事件条数。Distinct events behind the case.';

create or replace trigger append_only before update or delete or truncate on published.case_fact
for each statement execute function published.refuse_change();

create table if not exists published.grid_map (
    "publication_id" bigint not null references published.publication deferrable initially deferred,
    "city_code" text not null,
    "grid_code" text not null,
    "period_start" date not null,
    "period_end" date not null,
    "grid_name_zh" text not null,
    "community_code" text not null,
    "community_name_zh" text not null,
    "street_code" text not null,
    "street_name_zh" text not null,
    "ring" text not null,
    "households" integer not null,
    "area_km2" double precision not null,
    "incidents" bigint,
    "cases" bigint,
    "suppressed" boolean not null,
    "map_value" double precision not null,
    "label_zh" text not null,
    "status" text not null,
    "is_latest_month" boolean not null,
    "is_latest_final" boolean not null,
    primary key (publication_id, city_code, grid_code, period_start)
);

alter table published.grid_map
    add column if not exists "incidents" bigint,
    add column if not exists "cases" bigint;

comment on table published.grid_map is '网格地图：每网格每月一行，含边界与可显示的数。 Grid map: one row per grid and month with its ring and the numbers that may be shown.';
comment on column published.grid_map."publication_id" is '发布编号。Publication that holds the row.';
comment on column published.grid_map."city_code" is '城市代码。City.';
comment on column published.grid_map."grid_code" is '网格编码。15-digit grid code.';
comment on column published.grid_map."period_start" is '月份起。First local day of the month.';
comment on column published.grid_map."period_end" is '月份止（不含）。First local day after the month.';
comment on column published.grid_map."grid_name_zh" is '网格名称。Chinese name of the grid.';
comment on column published.grid_map."community_code" is '社区代码。12-digit community.';
comment on column published.grid_map."community_name_zh" is '社区名称。Chinese name.';
comment on column published.grid_map."street_code" is '街镇代码。9-digit street or town.';
comment on column published.grid_map."street_name_zh" is '街镇名称。Chinese name.';
comment on column published.grid_map."ring" is '边界（经纬度环）。Closed ring [[lon,lat],...] as JSON text.';
comment on column published.grid_map."households" is '户数。Households of the grid.';
comment on column published.grid_map."area_km2" is '面积（平方公里）。Area in km2.';
comment on column published.grid_map."incidents" is '网格事件数。G01a, null where suppressed.';
comment on column published.grid_map."cases" is '网格诉求量。G01b, null where suppressed.';
comment on column published.grid_map."suppressed" is '是否隐去。True where one of the two counts is under k; both are withheld then.';
comment on column published.grid_map."map_value" is '着色值，隐去为 -1。Colour value: incidents, or -1 where suppressed.';
comment on column published.grid_map."label_zh" is '显示文字。Text to show: the count, or 1-9件（已隐去）.';
comment on column published.grid_map."status" is 'provisional 初步，final 已定。Status of the month.';
comment on column published.grid_map."is_latest_month" is '是否最新月份。The newest month that has data in this city.';
comment on column published.grid_map."is_latest_final" is '是否最新已定月份。The newest final month of this city.';

create or replace trigger append_only before update or delete or truncate on published.grid_map
for each statement execute function published.refuse_change();

create table if not exists published.indicator_definition (
    "publication_id" bigint not null references published.publication deferrable initially deferred,
    "indicator_id" text not null,
    "indicator_version" integer not null,
    "name_zh" text not null,
    "name_en" text not null,
    "question_zh" text not null,
    "unit" text not null,
    "scale" double precision not null,
    "direction" text not null,
    "state" text not null,
    "numerator_zh" text not null,
    "denominator_zh" text not null,
    "time_basis_zh" text not null,
    "exclusions_zh" text not null,
    "requires" text not null,
    "finest_area_level" text not null,
    "small_cell_k" integer,
    "source_standard" text not null,
    "owner" text not null,
    "description_zh" text not null,
    "description_en" text not null,
    "valid_from" date not null,
    primary key (publication_id, indicator_id, indicator_version)
);

alter table published.indicator_definition
    add column if not exists "small_cell_k" integer;

comment on table published.indicator_definition is '指标定义：每个指标版本一行，目录原样发布。 Indicator definitions: one row per indicator version, the catalogue as published.';
comment on column published.indicator_definition."publication_id" is '发布编号。Publication that holds the row.';
comment on column published.indicator_definition."indicator_id" is '指标编号。Id in the indicator catalogue.';
comment on column published.indicator_definition."indicator_version" is '指标版本。Version of the definition.';
comment on column published.indicator_definition."name_zh" is '指标名称。Chinese name.';
comment on column published.indicator_definition."name_en" is '英文名称。English name.';
comment on column published.indicator_definition."question_zh" is '回答的问题。The question it answers, in Chinese.';
comment on column published.indicator_definition."unit" is '计量单位：fraction、cases 等。Unit of value: fraction, cases, incidents, minutes.';
comment on column published.indicator_definition."scale" is '比例系数。value = numerator / denominator x scale.';
comment on column published.indicator_definition."direction" is '方向：higher 越高越好，lower 越低越好，none 无优劣。higher, lower or none is better.';
comment on column published.indicator_definition."state" is '状态：computed 计算，imported 引入，refused 拒绝。computed, imported or refused.';
comment on column published.indicator_definition."numerator_zh" is '分子说明。What the numerator counts.';
comment on column published.indicator_definition."denominator_zh" is '分母说明，计数类为空。What the denominator counts; empty for counts.';
comment on column published.indicator_definition."time_basis_zh" is '时间口径。Which time puts a case into a period.';
comment on column published.indicator_definition."exclusions_zh" is '剔除规则。What is excluded, and in which variant.';
comment on column published.indicator_definition."requires" is '适用前提：limits、callbacks、grids 或空。What a city must have for it: limits, callbacks, grids, or empty.';
comment on column published.indicator_definition."finest_area_level" is '最细发布层级。Finest area level it may be published at.';
comment on column published.indicator_definition."small_cell_k" is '最小单元阈值，空为随城市设定。Own threshold k; null = the city''s.';
comment on column published.indicator_definition."source_standard" is '依据。Standard, rule or paper it follows.';
comment on column published.indicator_definition."owner" is '指标责任单位。Body that answers for the definition.';
comment on column published.indicator_definition."description_zh" is '说明。Description in Chinese.';
comment on column published.indicator_definition."description_en" is '英文说明。Description in English.';
comment on column published.indicator_definition."valid_from" is '生效日期。First day the version is in force.';

create or replace trigger append_only before update or delete or truncate on published.indicator_definition
for each statement execute function published.refuse_change();

create table if not exists published.indicator_value (
    "publication_id" bigint not null references published.publication deferrable initially deferred,
    "city_code" text not null,
    "indicator_id" text not null,
    "indicator_version" integer not null,
    "variant" text not null,
    "period_type" text not null,
    "period_start" date not null,
    "period_end" date not null,
    "area_level" text not null,
    "area_code" text not null,
    "unit_code" text not null,
    "breakdown_type" text not null,
    "breakdown_code" text not null,
    "numerator" double precision,
    "denominator" double precision,
    "n" bigint,
    "value" double precision,
    "status" text not null,
    "suppressed" boolean not null,
    "suppression_reason" text not null,
    "na_reason" text not null,
    "city_name_zh" text not null,
    "indicator_name_zh" text not null,
    "area_name_zh" text not null,
    "unit_name_zh" text not null,
    "is_latest_month" boolean not null,
    "is_latest_final" boolean not null,
    primary key (publication_id, city_code, indicator_id, indicator_version, variant, period_type, period_start, period_end, area_level, area_code, unit_code, breakdown_type, breakdown_code)
);

alter table published.indicator_value
    add column if not exists "numerator" double precision,
    add column if not exists "denominator" double precision,
    add column if not exists "n" bigint,
    add column if not exists "value" double precision;

comment on table published.indicator_value is '指标值：每城市、指标版本、口径、周期、区域、单位、细分一行。 Indicator values: one row per city, indicator version, variant, period, area, unit and breakdown.';
comment on column published.indicator_value."publication_id" is '发布编号。Publication that holds the row.';
comment on column published.indicator_value."city_code" is '城市代码。City that the row belongs to.';
comment on column published.indicator_value."indicator_id" is '指标编号。Id in the indicator catalogue, e.g. R02.';
comment on column published.indicator_value."indicator_version" is '指标版本。Version of the definition the value was computed by.';
comment on column published.indicator_value."variant" is '口径：raw 原始，adjusted 剔除后。raw, or adjusted (appraisal exclusions E1-E9 dropped).';
comment on column published.indicator_value."period_type" is '周期类型。month (local calendar of the city).';
comment on column published.indicator_value."period_start" is '周期起（含）。First local day of the period.';
comment on column published.indicator_value."period_end" is '周期止（不含）。First local day after the period.';
comment on column published.indicator_value."area_level" is '区域层级。grid, community, street, county or city.';
comment on column published.indicator_value."area_code" is '区域代码。Code of the area at area_level.';
comment on column published.indicator_value."unit_code" is '承办单位代码，空为全部。Responsible body; empty text = all.';
comment on column published.indicator_value."breakdown_type" is '细分维度，空为不细分。Extra breakdown; empty text = none.';
comment on column published.indicator_value."breakdown_code" is '细分取值，空为全部。Value of the breakdown; empty text = all.';
comment on column published.indicator_value."numerator" is '分子；隐去或不适用时为空。Numerator; null where suppressed or not applicable.';
comment on column published.indicator_value."denominator" is '分母；计数类指标无分母。Denominator; null for counts, and where suppressed or not applicable.';
comment on column published.indicator_value."n" is '参与计算的事项数。Contributing cases (for counts the count itself); null where suppressed.';
comment on column published.indicator_value."value" is '指标值＝分子÷分母×比例系数；比率为0到1。numerator / denominator x scale; rates are fractions 0-1; counts are counts.';
comment on column published.indicator_value."status" is 'provisional 初步，final 已定。provisional until the period is closed and matured, then final.';
comment on column published.indicator_value."suppressed" is '是否因数量过小隐去。True where n is under the city''s k and all numbers are withheld.';
comment on column published.indicator_value."suppression_reason" is '隐去原因，空为未隐去。small_cell, or empty text.';
comment on column published.indicator_value."na_reason" is '不适用原因，空为适用。no_time_limit, no_callbacks, no_grids, empty_denominator, or empty text.';
comment on column published.indicator_value."city_name_zh" is '城市名称。Chinese name of the city.';
comment on column published.indicator_value."indicator_name_zh" is '指标名称。Chinese name of the indicator.';
comment on column published.indicator_value."area_name_zh" is '区域名称。Chinese name of the area.';
comment on column published.indicator_value."unit_name_zh" is '承办单位名称，全部为“全部”。Chinese name of the unit; 全部 for all.';
comment on column published.indicator_value."is_latest_month" is '是否该城市最新有数据的月份。The newest month that has data in this city.';
comment on column published.indicator_value."is_latest_final" is '是否该城市最新的已定月份。The newest final month of this city.';

create or replace trigger append_only before update or delete or truncate on published.indicator_value
for each statement execute function published.refuse_change();

create table if not exists published.ranking (
    "publication_id" bigint not null references published.publication deferrable initially deferred,
    "city_code" text not null,
    "indicator_id" text not null,
    "indicator_version" integer not null,
    "variant" text not null,
    "period_type" text not null,
    "period_start" date not null,
    "period_end" date not null,
    "peer_group" text not null,
    "member_type" text not null,
    "member_code" text not null,
    "member_name_zh" text not null,
    "value" double precision not null,
    "rank" integer not null,
    "members" integer not null,
    "status" text not null,
    primary key (publication_id, city_code, indicator_id, indicator_version, variant, period_type, period_start, peer_group, member_type, member_code)
);

comment on table published.ranking is '排名：同类组内名次，组员不足五个或有隐去单元的不排。 Competition ranks (1224) inside peer groups of at least five members without a suppressed cell.';
comment on column published.ranking."publication_id" is '发布编号。Publication that holds the row.';
comment on column published.ranking."city_code" is '城市代码。City that the row belongs to.';
comment on column published.ranking."indicator_id" is '指标编号。Id in the indicator catalogue, e.g. R02.';
comment on column published.ranking."indicator_version" is '指标版本。Version of the definition the value was computed by.';
comment on column published.ranking."variant" is '口径：raw 原始，adjusted 剔除后。raw, or adjusted (appraisal exclusions E1-E9 dropped).';
comment on column published.ranking."period_type" is '周期类型。month (local calendar of the city).';
comment on column published.ranking."period_start" is '周期起（含）。First local day of the period.';
comment on column published.ranking."period_end" is '周期止（不含）。First local day after the period.';
comment on column published.ranking."peer_group" is '同类组。Peer group, e.g. unit:department or community:urban.';
comment on column published.ranking."member_type" is '成员类型：unit 或 area。unit or area.';
comment on column published.ranking."member_code" is '成员代码。Unit or area code.';
comment on column published.ranking."member_name_zh" is '成员名称。Chinese name of the member.';
comment on column published.ranking."value" is '指标值。The ranked value.';
comment on column published.ranking."rank" is '名次，并列同名次。Competition rank, ties shared.';
comment on column published.ranking."members" is '组内成员数。Members ranked in the group.';
comment on column published.ranking."status" is 'provisional 初步，final 已定。Status of the ranked values.';

create or replace trigger append_only before update or delete or truncate on published.ranking
for each statement execute function published.refuse_change();

create table if not exists published.restatement (
    "publication_id" bigint not null references published.publication deferrable initially deferred,
    "previous_publication_id" bigint not null,
    "city_code" text not null,
    "indicator_id" text not null,
    "indicator_version" integer not null,
    "variant" text not null,
    "period_type" text not null,
    "period_start" date not null,
    "period_end" date not null,
    "area_level" text not null,
    "area_code" text not null,
    "unit_code" text not null,
    "breakdown_type" text not null,
    "breakdown_code" text not null,
    "old_value" double precision,
    "new_value" double precision,
    "old_numerator" double precision,
    "new_numerator" double precision,
    "old_denominator" double precision,
    "new_denominator" double precision,
    "cause" text not null,
    primary key (publication_id, city_code, indicator_id, indicator_version, variant, period_type, period_start, period_end, area_level, area_code, unit_code, breakdown_type, breakdown_code)
);

alter table published.restatement
    add column if not exists "old_value" double precision,
    add column if not exists "new_value" double precision,
    add column if not exists "old_numerator" double precision,
    add column if not exists "new_numerator" double precision,
    add column if not exists "old_denominator" double precision,
    add column if not exists "new_denominator" double precision;

comment on table published.restatement is '更正日志：已定单元的每次改变一行，旧值仍可查。 Restatement log: one row per final cell whose value a later publication changed; the old one stays readable.';
comment on column published.restatement."publication_id" is '更正所在发布。Publication that restates.';
comment on column published.restatement."previous_publication_id" is '原发布。Publication whose final value is restated.';
comment on column published.restatement."city_code" is '城市代码。City that the row belongs to.';
comment on column published.restatement."indicator_id" is '指标编号。Id in the indicator catalogue, e.g. R02.';
comment on column published.restatement."indicator_version" is '指标版本。Version of the definition the value was computed by.';
comment on column published.restatement."variant" is '口径：raw 原始，adjusted 剔除后。raw, or adjusted (appraisal exclusions E1-E9 dropped).';
comment on column published.restatement."period_type" is '周期类型。month (local calendar of the city).';
comment on column published.restatement."period_start" is '周期起（含）。First local day of the period.';
comment on column published.restatement."period_end" is '周期止（不含）。First local day after the period.';
comment on column published.restatement."area_level" is '区域层级。grid, community, street, county or city.';
comment on column published.restatement."area_code" is '区域代码。Code of the area at area_level.';
comment on column published.restatement."unit_code" is '承办单位代码，空为全部。Responsible body; empty text = all.';
comment on column published.restatement."breakdown_type" is '细分维度，空为不细分。Extra breakdown; empty text = none.';
comment on column published.restatement."breakdown_code" is '细分取值，空为全部。Value of the breakdown; empty text = all.';
comment on column published.restatement."old_value" is '原值。Value before.';
comment on column published.restatement."new_value" is '新值。Value after; null where the cell vanished or is now suppressed.';
comment on column published.restatement."old_numerator" is '原分子。Numerator before.';
comment on column published.restatement."new_numerator" is '新分子。Numerator after.';
comment on column published.restatement."old_denominator" is '原分母。Denominator before.';
comment on column published.restatement."new_denominator" is '新分母。Denominator after.';
comment on column published.restatement."cause" is '原因。late_data, reopened, definition, reference_data or correction.';

create or replace trigger append_only before update or delete or truncate on published.restatement
for each statement execute function published.refuse_change();

create table if not exists published.source_summary (
    "publication_id" bigint not null references published.publication deferrable initially deferred,
    "city_code" text not null,
    "source" text not null,
    "requests" bigint not null,
    "completed" bigint not null,
    "open" bigint not null,
    "cancelled" bigint not null,
    "duplicates" bigint not null,
    "information_only" bigint not null,
    "first_event_at_utc" timestamp,
    "last_event_at_utc" timestamp,
    "data_as_of_utc" timestamp,
    primary key (publication_id, city_code, source)
);

alter table published.source_summary
    add column if not exists "first_event_at_utc" timestamp,
    add column if not exists "last_event_at_utc" timestamp,
    add column if not exists "data_as_of_utc" timestamp;

comment on table published.source_summary is '来源汇总：每城市每来源一行，仅事项类来源。 Source summary: one row per city and case source.';
comment on column published.source_summary."publication_id" is '发布编号。Publication that holds the row.';
comment on column published.source_summary."city_code" is '城市代码。City.';
comment on column published.source_summary."source" is '来源。Topic without city. and .v1.';
comment on column published.source_summary."requests" is '诉求总数＝办结＋在办＋作废，含重复件。completed + open + cancelled, duplicates included.';
comment on column published.source_summary."completed" is '办结。Closed as of the publication.';
comment on column published.source_summary."open" is '在办。Not closed, not cancelled.';
comment on column published.source_summary."cancelled" is '作废。Voided.';
comment on column published.source_summary."duplicates" is '其中重复件。Declared duplicates, a subset of requests.';
comment on column published.source_summary."information_only" is '仅咨询与例行排查（不计入诉求）。Information-only calls and planned inspections, outside requests.';
comment on column published.source_summary."first_event_at_utc" is '最早事件时间。Earliest event time (UTC).';
comment on column published.source_summary."last_event_at_utc" is '最晚事件时间。Latest event time (UTC).';
comment on column published.source_summary."data_as_of_utc" is '数据截至。As-of instant T of the city (UTC).';

create or replace trigger append_only before update or delete or truncate on published.source_summary
for each statement execute function published.refuse_change();

-- What readers use: the latest publication of each table.

create or replace view published.current_publication as
select
    "publication_id",
    "run_id",
    "published_at_utc",
    "data_as_of_utc",
    "data_as_of",
    "data_version",
    "code_version",
    "cause",
    "value_rows",
    "restated_cells",
    "checksum"
from published.publication
where publication_id = (select max(publication_id) from published.publication);

comment on view published.current_publication is '最新发布：发布：每次冻结发布一行。 One row per frozen publication.';
comment on column published.current_publication."publication_id" is '发布编号。Number of the publication, rising.';
comment on column published.current_publication."run_id" is '运行编号。Run that made it (the Airflow DAG run).';
comment on column published.current_publication."published_at_utc" is '发布时间。When it was published (UTC).';
comment on column published.current_publication."data_as_of_utc" is '数据截至。Latest as-of instant of its cities (UTC).';
comment on column published.current_publication."data_as_of" is '各城市数据截至（JSON）。As-of instant per city, JSON.';
comment on column published.current_publication."data_version" is '数据版本（JSON）。Ledger high-water marks it was built from, JSON.';
comment on column published.current_publication."code_version" is '代码版本。Version of the code that built it.';
comment on column published.current_publication."cause" is '更正原因。Cause given for restatements: late_data, reopened, definition, reference_data, correction.';
comment on column published.current_publication."value_rows" is '指标值行数。Rows of indicator_value.';
comment on column published.current_publication."restated_cells" is '更正单元数。Final cells that this publication restates.';
comment on column published.current_publication."checksum" is '校验和。SHA-256 over the published content.';

create or replace view published.current_case_fact as
select
    "publication_id",
    "city_code",
    "source",
    "case_id",
    "channel",
    "request_kind",
    "urgency",
    "category_scheme",
    "category_code",
    "category_family",
    "unit_code",
    "unit_name_zh",
    "area_level",
    "area_code",
    "state",
    "received_at_utc",
    "due_at_utc",
    "first_dispatched_at_utc",
    "closed_at_utc",
    "received_month",
    "handled_minutes",
    "is_on_time",
    "is_duplicate",
    "is_located",
    "exclusion_code",
    "reopened_count",
    "returned_count",
    "callback_attempts",
    "resolution",
    "satisfaction",
    "events_count"
from published.case_fact
where publication_id = (select max(publication_id) from published.publication);

comment on view published.current_case_fact is '最新发布：事项事实：每个事项一行；不含网格、坐标与文字，区域按最小单元规则概括。 Case facts: one row per case; no grid, place or text; the area is generalised so that no small cell can be rebuilt.';
comment on column published.current_case_fact."publication_id" is '发布编号。Publication that holds the row.';
comment on column published.current_case_fact."city_code" is '城市代码。City.';
comment on column published.current_case_fact."source" is '来源。Topic without city. and .v1.';
comment on column published.current_case_fact."case_id" is '事项编号。Number in the source system.';
comment on column published.current_case_fact."channel" is '渠道。Channel, or empty text.';
comment on column published.current_case_fact."request_kind" is '诉求类型。Kind of request, or empty text.';
comment on column published.current_case_fact."urgency" is '紧急程度。urgent, normal or empty text.';
comment on column published.current_case_fact."category_scheme" is '分类标准。Scheme of category_code.';
comment on column published.current_case_fact."category_code" is '分类代码。Category, or unclassified.';
comment on column published.current_case_fact."category_family" is '类别族。Family of the category.';
comment on column published.current_case_fact."unit_code" is '承办单位代码。Responsible unit, or empty text.';
comment on column published.current_case_fact."unit_name_zh" is '承办单位名称。Chinese name, or empty text.';
comment on column published.current_case_fact."area_level" is '概括后的区域层级。street or city.';
comment on column published.current_case_fact."area_code" is '概括后的区域代码。Area after generalisation.';
comment on column published.current_case_fact."state" is '状态：open 在办，closed 办结，cancelled 作废。open, closed or cancelled.';
comment on column published.current_case_fact."received_at_utc" is '受理时间。When it was accepted (UTC).';
comment on column published.current_case_fact."due_at_utc" is '有效期限。Effective deadline, null where the city has no limits.';
comment on column published.current_case_fact."first_dispatched_at_utc" is '首次派单时间。First dispatch (UTC).';
comment on column published.current_case_fact."closed_at_utc" is '办结时间。Valid closure as of the publication (UTC).';
comment on column published.current_case_fact."received_month" is '受理月份（当地）。First local day of the month of receipt.';
comment on column published.current_case_fact."handled_minutes" is '办理时长（自然分钟）。Elapsed minutes from receipt to closure.';
comment on column published.current_case_fact."is_on_time" is '是否按期办结。Closed at or before due_at_utc; null where n/a or still open and not due.';
comment on column published.current_case_fact."is_duplicate" is '是否重复件。Declared duplicate of another case.';
comment on column published.current_case_fact."is_located" is '是否已定位到网格。Assigned to a grid.';
comment on column published.current_case_fact."exclusion_code" is '剔除原因。E1-E9, or empty text.';
comment on column published.current_case_fact."reopened_count" is '重办次数。Times it was re-opened.';
comment on column published.current_case_fact."returned_count" is '退单次数。Dispatches returned by units.';
comment on column published.current_case_fact."callback_attempts" is '回访次数。Call-back attempts.';
comment on column published.current_case_fact."resolution" is '最近一次有效回访的解决情况。Last valid answer, or empty text.';
comment on column published.current_case_fact."satisfaction" is '最近一次有效回访的满意度。Last valid answer, or empty text.';
comment on column published.current_case_fact."events_count" is '事件条数。Distinct events behind the case.';

create or replace view published.current_grid_map as
select
    "publication_id",
    "city_code",
    "grid_code",
    "period_start",
    "period_end",
    "grid_name_zh",
    "community_code",
    "community_name_zh",
    "street_code",
    "street_name_zh",
    "ring",
    "households",
    "area_km2",
    "incidents",
    "cases",
    "suppressed",
    "map_value",
    "label_zh",
    "status",
    "is_latest_month",
    "is_latest_final"
from published.grid_map
where publication_id = (select max(publication_id) from published.publication);

comment on view published.current_grid_map is '最新发布：网格地图：每网格每月一行，含边界与可显示的数。 Grid map: one row per grid and month with its ring and the numbers that may be shown.';
comment on column published.current_grid_map."publication_id" is '发布编号。Publication that holds the row.';
comment on column published.current_grid_map."city_code" is '城市代码。City.';
comment on column published.current_grid_map."grid_code" is '网格编码。15-digit grid code.';
comment on column published.current_grid_map."period_start" is '月份起。First local day of the month.';
comment on column published.current_grid_map."period_end" is '月份止（不含）。First local day after the month.';
comment on column published.current_grid_map."grid_name_zh" is '网格名称。Chinese name of the grid.';
comment on column published.current_grid_map."community_code" is '社区代码。12-digit community.';
comment on column published.current_grid_map."community_name_zh" is '社区名称。Chinese name.';
comment on column published.current_grid_map."street_code" is '街镇代码。9-digit street or town.';
comment on column published.current_grid_map."street_name_zh" is '街镇名称。Chinese name.';
comment on column published.current_grid_map."ring" is '边界（经纬度环）。Closed ring [[lon,lat],...] as JSON text.';
comment on column published.current_grid_map."households" is '户数。Households of the grid.';
comment on column published.current_grid_map."area_km2" is '面积（平方公里）。Area in km2.';
comment on column published.current_grid_map."incidents" is '网格事件数。G01a, null where suppressed.';
comment on column published.current_grid_map."cases" is '网格诉求量。G01b, null where suppressed.';
comment on column published.current_grid_map."suppressed" is '是否隐去。True where one of the two counts is under k; both are withheld then.';
comment on column published.current_grid_map."map_value" is '着色值，隐去为 -1。Colour value: incidents, or -1 where suppressed.';
comment on column published.current_grid_map."label_zh" is '显示文字。Text to show: the count, or 1-9件（已隐去）.';
comment on column published.current_grid_map."status" is 'provisional 初步，final 已定。Status of the month.';
comment on column published.current_grid_map."is_latest_month" is '是否最新月份。The newest month that has data in this city.';
comment on column published.current_grid_map."is_latest_final" is '是否最新已定月份。The newest final month of this city.';

create or replace view published.current_indicator_definition as
select
    "publication_id",
    "indicator_id",
    "indicator_version",
    "name_zh",
    "name_en",
    "question_zh",
    "unit",
    "scale",
    "direction",
    "state",
    "numerator_zh",
    "denominator_zh",
    "time_basis_zh",
    "exclusions_zh",
    "requires",
    "finest_area_level",
    "small_cell_k",
    "source_standard",
    "owner",
    "description_zh",
    "description_en",
    "valid_from"
from published.indicator_definition
where publication_id = (select max(publication_id) from published.publication);

comment on view published.current_indicator_definition is '最新发布：指标定义：每个指标版本一行，目录原样发布。 Indicator definitions: one row per indicator version, the catalogue as published.';
comment on column published.current_indicator_definition."publication_id" is '发布编号。Publication that holds the row.';
comment on column published.current_indicator_definition."indicator_id" is '指标编号。Id in the indicator catalogue.';
comment on column published.current_indicator_definition."indicator_version" is '指标版本。Version of the definition.';
comment on column published.current_indicator_definition."name_zh" is '指标名称。Chinese name.';
comment on column published.current_indicator_definition."name_en" is '英文名称。English name.';
comment on column published.current_indicator_definition."question_zh" is '回答的问题。The question it answers, in Chinese.';
comment on column published.current_indicator_definition."unit" is '计量单位：fraction、cases 等。Unit of value: fraction, cases, incidents, minutes.';
comment on column published.current_indicator_definition."scale" is '比例系数。value = numerator / denominator x scale.';
comment on column published.current_indicator_definition."direction" is '方向：higher 越高越好，lower 越低越好，none 无优劣。higher, lower or none is better.';
comment on column published.current_indicator_definition."state" is '状态：computed 计算，imported 引入，refused 拒绝。computed, imported or refused.';
comment on column published.current_indicator_definition."numerator_zh" is '分子说明。What the numerator counts.';
comment on column published.current_indicator_definition."denominator_zh" is '分母说明，计数类为空。What the denominator counts; empty for counts.';
comment on column published.current_indicator_definition."time_basis_zh" is '时间口径。Which time puts a case into a period.';
comment on column published.current_indicator_definition."exclusions_zh" is '剔除规则。What is excluded, and in which variant.';
comment on column published.current_indicator_definition."requires" is '适用前提：limits、callbacks、grids 或空。What a city must have for it: limits, callbacks, grids, or empty.';
comment on column published.current_indicator_definition."finest_area_level" is '最细发布层级。Finest area level it may be published at.';
comment on column published.current_indicator_definition."small_cell_k" is '最小单元阈值，空为随城市设定。Own threshold k; null = the city''s.';
comment on column published.current_indicator_definition."source_standard" is '依据。Standard, rule or paper it follows.';
comment on column published.current_indicator_definition."owner" is '指标责任单位。Body that answers for the definition.';
comment on column published.current_indicator_definition."description_zh" is '说明。Description in Chinese.';
comment on column published.current_indicator_definition."description_en" is '英文说明。Description in English.';
comment on column published.current_indicator_definition."valid_from" is '生效日期。First day the version is in force.';

create or replace view published.current_indicator_value as
select
    "publication_id",
    "city_code",
    "indicator_id",
    "indicator_version",
    "variant",
    "period_type",
    "period_start",
    "period_end",
    "area_level",
    "area_code",
    "unit_code",
    "breakdown_type",
    "breakdown_code",
    "numerator",
    "denominator",
    "n",
    "value",
    "status",
    "suppressed",
    "suppression_reason",
    "na_reason",
    "city_name_zh",
    "indicator_name_zh",
    "area_name_zh",
    "unit_name_zh",
    "is_latest_month",
    "is_latest_final"
from published.indicator_value
where publication_id = (select max(publication_id) from published.publication);

comment on view published.current_indicator_value is '最新发布：指标值：每城市、指标版本、口径、周期、区域、单位、细分一行。 Indicator values: one row per city, indicator version, variant, period, area, unit and breakdown.';
comment on column published.current_indicator_value."publication_id" is '发布编号。Publication that holds the row.';
comment on column published.current_indicator_value."city_code" is '城市代码。City that the row belongs to.';
comment on column published.current_indicator_value."indicator_id" is '指标编号。Id in the indicator catalogue, e.g. R02.';
comment on column published.current_indicator_value."indicator_version" is '指标版本。Version of the definition the value was computed by.';
comment on column published.current_indicator_value."variant" is '口径：raw 原始，adjusted 剔除后。raw, or adjusted (appraisal exclusions E1-E9 dropped).';
comment on column published.current_indicator_value."period_type" is '周期类型。month (local calendar of the city).';
comment on column published.current_indicator_value."period_start" is '周期起（含）。First local day of the period.';
comment on column published.current_indicator_value."period_end" is '周期止（不含）。First local day after the period.';
comment on column published.current_indicator_value."area_level" is '区域层级。grid, community, street, county or city.';
comment on column published.current_indicator_value."area_code" is '区域代码。Code of the area at area_level.';
comment on column published.current_indicator_value."unit_code" is '承办单位代码，空为全部。Responsible body; empty text = all.';
comment on column published.current_indicator_value."breakdown_type" is '细分维度，空为不细分。Extra breakdown; empty text = none.';
comment on column published.current_indicator_value."breakdown_code" is '细分取值，空为全部。Value of the breakdown; empty text = all.';
comment on column published.current_indicator_value."numerator" is '分子；隐去或不适用时为空。Numerator; null where suppressed or not applicable.';
comment on column published.current_indicator_value."denominator" is '分母；计数类指标无分母。Denominator; null for counts, and where suppressed or not applicable.';
comment on column published.current_indicator_value."n" is '参与计算的事项数。Contributing cases (for counts the count itself); null where suppressed.';
comment on column published.current_indicator_value."value" is '指标值＝分子÷分母×比例系数；比率为0到1。numerator / denominator x scale; rates are fractions 0-1; counts are counts.';
comment on column published.current_indicator_value."status" is 'provisional 初步，final 已定。provisional until the period is closed and matured, then final.';
comment on column published.current_indicator_value."suppressed" is '是否因数量过小隐去。True where n is under the city''s k and all numbers are withheld.';
comment on column published.current_indicator_value."suppression_reason" is '隐去原因，空为未隐去。small_cell, or empty text.';
comment on column published.current_indicator_value."na_reason" is '不适用原因，空为适用。no_time_limit, no_callbacks, no_grids, empty_denominator, or empty text.';
comment on column published.current_indicator_value."city_name_zh" is '城市名称。Chinese name of the city.';
comment on column published.current_indicator_value."indicator_name_zh" is '指标名称。Chinese name of the indicator.';
comment on column published.current_indicator_value."area_name_zh" is '区域名称。Chinese name of the area.';
comment on column published.current_indicator_value."unit_name_zh" is '承办单位名称，全部为“全部”。Chinese name of the unit; 全部 for all.';
comment on column published.current_indicator_value."is_latest_month" is '是否该城市最新有数据的月份。The newest month that has data in this city.';
comment on column published.current_indicator_value."is_latest_final" is '是否该城市最新的已定月份。The newest final month of this city.';

create or replace view published.current_ranking as
select
    "publication_id",
    "city_code",
    "indicator_id",
    "indicator_version",
    "variant",
    "period_type",
    "period_start",
    "period_end",
    "peer_group",
    "member_type",
    "member_code",
    "member_name_zh",
    "value",
    "rank",
    "members",
    "status"
from published.ranking
where publication_id = (select max(publication_id) from published.publication);

comment on view published.current_ranking is '最新发布：排名：同类组内名次，组员不足五个或有隐去单元的不排。 Competition ranks (1224) inside peer groups of at least five members without a suppressed cell.';
comment on column published.current_ranking."publication_id" is '发布编号。Publication that holds the row.';
comment on column published.current_ranking."city_code" is '城市代码。City that the row belongs to.';
comment on column published.current_ranking."indicator_id" is '指标编号。Id in the indicator catalogue, e.g. R02.';
comment on column published.current_ranking."indicator_version" is '指标版本。Version of the definition the value was computed by.';
comment on column published.current_ranking."variant" is '口径：raw 原始，adjusted 剔除后。raw, or adjusted (appraisal exclusions E1-E9 dropped).';
comment on column published.current_ranking."period_type" is '周期类型。month (local calendar of the city).';
comment on column published.current_ranking."period_start" is '周期起（含）。First local day of the period.';
comment on column published.current_ranking."period_end" is '周期止（不含）。First local day after the period.';
comment on column published.current_ranking."peer_group" is '同类组。Peer group, e.g. unit:department or community:urban.';
comment on column published.current_ranking."member_type" is '成员类型：unit 或 area。unit or area.';
comment on column published.current_ranking."member_code" is '成员代码。Unit or area code.';
comment on column published.current_ranking."member_name_zh" is '成员名称。Chinese name of the member.';
comment on column published.current_ranking."value" is '指标值。The ranked value.';
comment on column published.current_ranking."rank" is '名次，并列同名次。Competition rank, ties shared.';
comment on column published.current_ranking."members" is '组内成员数。Members ranked in the group.';
comment on column published.current_ranking."status" is 'provisional 初步，final 已定。Status of the ranked values.';

create or replace view published.current_restatement as
select
    "publication_id",
    "previous_publication_id",
    "city_code",
    "indicator_id",
    "indicator_version",
    "variant",
    "period_type",
    "period_start",
    "period_end",
    "area_level",
    "area_code",
    "unit_code",
    "breakdown_type",
    "breakdown_code",
    "old_value",
    "new_value",
    "old_numerator",
    "new_numerator",
    "old_denominator",
    "new_denominator",
    "cause"
from published.restatement
where publication_id = (select max(publication_id) from published.publication);

comment on view published.current_restatement is '最新发布：更正日志：已定单元的每次改变一行，旧值仍可查。 Restatement log: one row per final cell whose value a later publication changed; the old one stays readable.';
comment on column published.current_restatement."publication_id" is '更正所在发布。Publication that restates.';
comment on column published.current_restatement."previous_publication_id" is '原发布。Publication whose final value is restated.';
comment on column published.current_restatement."city_code" is '城市代码。City that the row belongs to.';
comment on column published.current_restatement."indicator_id" is '指标编号。Id in the indicator catalogue, e.g. R02.';
comment on column published.current_restatement."indicator_version" is '指标版本。Version of the definition the value was computed by.';
comment on column published.current_restatement."variant" is '口径：raw 原始，adjusted 剔除后。raw, or adjusted (appraisal exclusions E1-E9 dropped).';
comment on column published.current_restatement."period_type" is '周期类型。month (local calendar of the city).';
comment on column published.current_restatement."period_start" is '周期起（含）。First local day of the period.';
comment on column published.current_restatement."period_end" is '周期止（不含）。First local day after the period.';
comment on column published.current_restatement."area_level" is '区域层级。grid, community, street, county or city.';
comment on column published.current_restatement."area_code" is '区域代码。Code of the area at area_level.';
comment on column published.current_restatement."unit_code" is '承办单位代码，空为全部。Responsible body; empty text = all.';
comment on column published.current_restatement."breakdown_type" is '细分维度，空为不细分。Extra breakdown; empty text = none.';
comment on column published.current_restatement."breakdown_code" is '细分取值，空为全部。Value of the breakdown; empty text = all.';
comment on column published.current_restatement."old_value" is '原值。Value before.';
comment on column published.current_restatement."new_value" is '新值。Value after; null where the cell vanished or is now suppressed.';
comment on column published.current_restatement."old_numerator" is '原分子。Numerator before.';
comment on column published.current_restatement."new_numerator" is '新分子。Numerator after.';
comment on column published.current_restatement."old_denominator" is '原分母。Denominator before.';
comment on column published.current_restatement."new_denominator" is '新分母。Denominator after.';
comment on column published.current_restatement."cause" is '原因。late_data, reopened, definition, reference_data or correction.';

create or replace view published.current_source_summary as
select
    "publication_id",
    "city_code",
    "source",
    "requests",
    "completed",
    "open",
    "cancelled",
    "duplicates",
    "information_only",
    "first_event_at_utc",
    "last_event_at_utc",
    "data_as_of_utc"
from published.source_summary
where publication_id = (select max(publication_id) from published.publication);

comment on view published.current_source_summary is '最新发布：来源汇总：每城市每来源一行，仅事项类来源。 Source summary: one row per city and case source.';
comment on column published.current_source_summary."publication_id" is '发布编号。Publication that holds the row.';
comment on column published.current_source_summary."city_code" is '城市代码。City.';
comment on column published.current_source_summary."source" is '来源。Topic without city. and .v1.';
comment on column published.current_source_summary."requests" is '诉求总数＝办结＋在办＋作废，含重复件。completed + open + cancelled, duplicates included.';
comment on column published.current_source_summary."completed" is '办结。Closed as of the publication.';
comment on column published.current_source_summary."open" is '在办。Not closed, not cancelled.';
comment on column published.current_source_summary."cancelled" is '作废。Voided.';
comment on column published.current_source_summary."duplicates" is '其中重复件。Declared duplicates, a subset of requests.';
comment on column published.current_source_summary."information_only" is '仅咨询与例行排查（不计入诉求）。Information-only calls and planned inspections, outside requests.';
comment on column published.current_source_summary."first_event_at_utc" is '最早事件时间。Earliest event time (UTC).';
comment on column published.current_source_summary."last_event_at_utc" is '最晚事件时间。Latest event time (UTC).';
comment on column published.current_source_summary."data_as_of_utc" is '数据截至。As-of instant T of the city (UTC).';
