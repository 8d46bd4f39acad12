-- The published door: append-only, frozen, the only schema that leaves; made by `citybrain contracts render`; do not edit.
-- Run as the owner; safe to run again.

create schema if not exists frozen;
create schema if not exists published;

create or replace function published.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '%.% is append-only, % refused', tg_table_schema, tg_table_name, tg_op
        using hint = 'publish again; a later publication restates, it never overwrites';
end
$$;

-- A frozen row may end, once, and nothing else of it may change.
create or replace function frozen.end_once() returns trigger language plpgsql as $$
declare
    ended bigint := new.until_publication_id;
begin
    new.until_publication_id := null;
    if ended is null or new is distinct from old then
        raise exception '%.% is append-only, % refused', tg_table_schema, tg_table_name, tg_op
            using hint = 'publish again; a later publication restates, it never overwrites';
    end if;
    new.until_publication_id := ended;
    return new;
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
    "held_back_zh" text,
    "checksum" text not null,
    primary key (publication_id)
);

alter table published.publication
    add column if not exists "held_back_zh" text;

comment on table published.publication is '发布：每次冻结发布一行。 One row per frozen publication.';
comment on column published.publication."publication_id" is '发布编号。Number of the publication, rising.';
comment on column published.publication."run_id" is '运行编号。Run that made it (the Airflow DAG run).';
comment on column published.publication."published_at_utc" is '发布时间。When it was published (UTC).';
comment on column published.publication."data_as_of_utc" is '数据截至。Latest as-of instant of its cities (UTC).';
comment on column published.publication."data_as_of" is '各城市数据截至（JSON）。As-of instant per city, JSON.';
comment on column published.publication."data_version" is '数据版本（JSON）。Ledger high-water marks it was built from, JSON.';
comment on column published.publication."code_version" is '代码版本。Version of the code that built it.';
comment on column published.publication."cause" is '更正原因，按件数排列，没有更正为空；每单元的原因见更正日志。Causes of its restatements, the commonest first, empty where it restates nothing; each cell has its own in restatement. Of: late_data, reopened, definition, reference_data, correction.';
comment on column published.publication."value_rows" is '指标值行数。Rows of indicator_value.';
comment on column published.publication."restated_cells" is '更正单元数。Final cells that this publication restates.';
comment on column published.publication."held_back_zh" is '质检暂缓的城市与来源及原因，沿用其上一次发布；没有则为空。What the gate held back, by city and source; it goes on as published before.';
comment on column published.publication."checksum" is '校验和。SHA-256 over the published content.';

create or replace trigger append_only before update or delete or truncate on published.publication
for each statement execute function published.refuse_change();

create table if not exists frozen.case_count (
    "from_publication_id" bigint not null references published.publication deferrable initially deferred,
    "until_publication_id" bigint references published.publication deferrable initially deferred,
    "city_code" text not null,
    "source" text not null,
    "received_month" date not null,
    "city_name_zh" text not null,
    "source_name_zh" text not null,
    "cases" bigint,
    "completed" bigint,
    "open" bigint,
    "cancelled" bigint,
    "suppressed" boolean not null,
    "suppression_reason" text not null,
    primary key (city_code, source, received_month, from_publication_id)
);

alter table frozen.case_count
    add column if not exists "cases" bigint,
    add column if not exists "completed" bigint,
    add column if not exists "open" bigint,
    add column if not exists "cancelled" bigint;

create unique index if not exists case_count_in_force on frozen.case_count (city_code, source, received_month)
where until_publication_id is null;

comment on table frozen.case_count is '冻结的行：事项计数：不逐件公布的来源（信访、纠纷），每城市每来源每月一行。 Case counts of the sources that are never told singly (petitions, disputes): one row per city, source and month.';
comment on column frozen.case_count."from_publication_id" is '起始发布编号。First publication that holds the row.';
comment on column frozen.case_count."until_publication_id" is '终止发布编号。First publication that holds it no more; null while it does.';

create or replace trigger append_only before delete or truncate on frozen.case_count
for each statement execute function published.refuse_change();

create or replace trigger end_once before update on frozen.case_count
for each row execute function frozen.end_once();

create or replace view published.case_count as
select
    publication.publication_id,
    versions."city_code",
    versions."source",
    versions."received_month",
    versions."city_name_zh",
    versions."source_name_zh",
    versions."cases",
    versions."completed",
    versions."open",
    versions."cancelled",
    versions."suppressed",
    versions."suppression_reason"
from published.publication as publication
inner join frozen.case_count as versions
    on
        publication.publication_id >= versions.from_publication_id
        and (versions.until_publication_id is null or publication.publication_id < versions.until_publication_id);

comment on view published.case_count is '事项计数：不逐件公布的来源（信访、纠纷），每城市每来源每月一行。 Case counts of the sources that are never told singly (petitions, disputes): one row per city, source and month.';
comment on column published.case_count."publication_id" is '发布编号。Publication that holds the row.';
comment on column published.case_count."city_code" is '城市代码。City.';
comment on column published.case_count."source" is '来源。Topic without city. and .v1.';
comment on column published.case_count."received_month" is '受理月份（当地）。First local day of the month of receipt.';
comment on column published.case_count."city_name_zh" is '城市名称。Chinese name of the city.';
comment on column published.case_count."source_name_zh" is '来源名称。Chinese name of the source.';
comment on column published.case_count."cases" is '事项数，隐去为空。Matters of the month, duplicates included; null where suppressed.';
comment on column published.case_count."completed" is '办结。Closed as of the publication; null where suppressed.';
comment on column published.case_count."open" is '在办。Not closed, not cancelled; null where suppressed.';
comment on column published.case_count."cancelled" is '作废。Voided; null where suppressed.';
comment on column published.case_count."suppressed" is '是否隐去。True where the month, or what it would give away, is under k.';
comment on column published.case_count."suppression_reason" is '隐去原因：small_cell 数量过小，complementary 防推算，空为未隐去。small_cell, complementary or empty text.';

create table if not exists frozen.case_fact (
    "from_publication_id" bigint not null references published.publication deferrable initially deferred,
    "until_publication_id" bigint references published.publication deferrable initially deferred,
    "city_code" text not null,
    "source" text not null,
    "received_month" date not null,
    "case_key" text not null,
    "channel" text not null,
    "request_kind" text not null,
    "urgency" text not null,
    "category_scheme" text not null,
    "category_code" text not null,
    "category_name_zh" text not null,
    "category_family" text not null,
    "unit_code" text not null,
    "unit_name_zh" text not null,
    "area_level" text not null,
    "area_code" text not null,
    "area_name_zh" text not null,
    "state" text not null,
    "received_date" date not null,
    "due_date" date,
    "first_dispatched_date" date,
    "closed_date" date,
    "handled_step" text not null,
    "is_on_time" boolean,
    "is_duplicate" boolean not null,
    "is_located" boolean not null,
    "is_excluded" boolean not null,
    "reopened_count" integer not null,
    "returned_count" integer not null,
    "callback_attempts" integer not null,
    "resolution" text not null,
    "satisfaction" text not null,
    "events_count" bigint not null,
    primary key (city_code, source, received_month, case_key, from_publication_id)
);

alter table frozen.case_fact
    add column if not exists "due_date" date,
    add column if not exists "first_dispatched_date" date,
    add column if not exists "closed_date" date,
    add column if not exists "is_on_time" boolean;

create unique index if not exists case_fact_in_force on frozen.case_fact (city_code, source, received_month, case_key)
where until_publication_id is null;

comment on table frozen.case_fact is '冻结的行：事项事实：每个事项一行；不含编号、时刻、网格、坐标与文字，区域按最小单元规则概括；信访与纠纷不在内，见 case_count。 Case facts: one row per case, without its number, hour, grid or text; the area is generalised so that no small cell can be rebuilt. Petitions and disputes are in case_count.';
comment on column frozen.case_fact."from_publication_id" is '起始发布编号。First publication that holds the row.';
comment on column frozen.case_fact."until_publication_id" is '终止发布编号。First publication that holds it no more; null while it does.';

create or replace trigger append_only before delete or truncate on frozen.case_fact
for each statement execute function published.refuse_change();

create or replace trigger end_once before update on frozen.case_fact
for each row execute function frozen.end_once();

create or replace view published.case_fact as
select
    publication.publication_id,
    versions."city_code",
    versions."source",
    versions."received_month",
    versions."case_key",
    versions."channel",
    versions."request_kind",
    versions."urgency",
    versions."category_scheme",
    versions."category_code",
    versions."category_name_zh",
    versions."category_family",
    versions."unit_code",
    versions."unit_name_zh",
    versions."area_level",
    versions."area_code",
    versions."area_name_zh",
    versions."state",
    versions."received_date",
    versions."due_date",
    versions."first_dispatched_date",
    versions."closed_date",
    versions."handled_step",
    versions."is_on_time",
    versions."is_duplicate",
    versions."is_located",
    versions."is_excluded",
    versions."reopened_count",
    versions."returned_count",
    versions."callback_attempts",
    versions."resolution",
    versions."satisfaction",
    versions."events_count"
from published.publication as publication
inner join frozen.case_fact as versions
    on
        publication.publication_id >= versions.from_publication_id
        and (versions.until_publication_id is null or publication.publication_id < versions.until_publication_id);

comment on view published.case_fact is '事项事实：每个事项一行；不含编号、时刻、网格、坐标与文字，区域按最小单元规则概括；信访与纠纷不在内，见 case_count。 Case facts: one row per case, without its number, hour, grid or text; the area is generalised so that no small cell can be rebuilt. Petitions and disputes are in case_count.';
comment on column published.case_fact."publication_id" is '发布编号。Publication that holds the row.';
comment on column published.case_fact."city_code" is '城市代码。City.';
comment on column published.case_fact."source" is '来源。Topic without city. and .v1.';
comment on column published.case_fact."received_month" is '受理月份（当地）。First local day of the month of receipt.';
comment on column published.case_fact."case_key" is '行键，由本行所示内容算出，不能追溯到来源系统的事项。Key made of what the row shows; leads to no case at its source.';
comment on column published.case_fact."channel" is '渠道。Channel, or empty text.';
comment on column published.case_fact."request_kind" is '诉求类型。Kind of request, or empty text.';
comment on column published.case_fact."urgency" is '紧急程度。urgent, normal or empty text.';
comment on column published.case_fact."category_scheme" is '分类标准。Scheme of category_code.';
comment on column published.case_fact."category_code" is '分类代码。Category, or unclassified.';
comment on column published.case_fact."category_name_zh" is '分类名称。Chinese name of the category; 未分类 where unclassified.';
comment on column published.case_fact."category_family" is '类别族。Family of the category.';
comment on column published.case_fact."unit_code" is '承办单位代码。Responsible unit, or empty text.';
comment on column published.case_fact."unit_name_zh" is '承办单位名称。Chinese name, or empty text.';
comment on column published.case_fact."area_level" is '概括后的区域层级。street or city.';
comment on column published.case_fact."area_code" is '概括后的区域代码。Area after generalisation.';
comment on column published.case_fact."area_name_zh" is '概括后的区域名称。Chinese name of the area.';
comment on column published.case_fact."state" is '状态：open 在办，closed 办结，cancelled 作废。open, closed or cancelled.';
comment on column published.case_fact."received_date" is '受理日期（当地）。Local day of receipt.';
comment on column published.case_fact."due_date" is '期限日期（当地），按本平台时钟。Local day of the deadline by our clocks (the end of a day clock is the next day at 00:00); null during a pause or without a limit.';
comment on column published.case_fact."first_dispatched_date" is '首次派单日期（当地）。Local day of the first dispatch.';
comment on column published.case_fact."closed_date" is '办结日期（当地）。Local day of the valid closure as of the publication.';
comment on column published.case_fact."handled_step" is '办理时长档：under_1_day 至 over_60_days，未知为空。Elapsed time from receipt to closure in steps: under_1_day, 1_to_3_days, 3_to_7_days, 7_to_15_days, 15_to_30_days, 30_to_60_days, over_60_days; empty text where open or unknown.';
comment on column published.case_fact."is_on_time" is '是否按期办结，按本平台时钟。Closed by its deadline as our clocks tell it; null where n/a, paused, or still open and not due.';
comment on column published.case_fact."is_duplicate" is '是否重复件。Declared duplicate of another case.';
comment on column published.case_fact."is_located" is '是否已定位到网格。Assigned to a grid.';
comment on column published.case_fact."is_excluded" is '是否考核剔除件（E1-E9，不示原因）。Left out of adjusted figures; the ground is not told.';
comment on column published.case_fact."reopened_count" is '重办次数。Times it was re-opened.';
comment on column published.case_fact."returned_count" is '退单次数。Dispatches returned by units.';
comment on column published.case_fact."callback_attempts" is '回访次数。Call-back attempts.';
comment on column published.case_fact."resolution" is '最近一次有效回访的解决情况；同单元答复不足阈值为空。Last valid answer; empty text where none, or where fewer than k answers share its cell.';
comment on column published.case_fact."satisfaction" is '最近一次满意度评价；同单元评价不足阈值为空。Last grade; empty text where none, or where fewer than k answers share its cell.';
comment on column published.case_fact."events_count" is '事件条数。Distinct events behind the case.';

create table if not exists frozen.grid_map (
    "from_publication_id" bigint not null references published.publication deferrable initially deferred,
    "until_publication_id" bigint references published.publication deferrable initially deferred,
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
    "city_name_zh" text,
    "month_zh" text,
    primary key (city_code, grid_code, period_start, from_publication_id)
);

alter table frozen.grid_map
    add column if not exists "incidents" bigint,
    add column if not exists "cases" bigint,
    add column if not exists "city_name_zh" text,
    add column if not exists "month_zh" text;

create unique index if not exists grid_map_in_force on frozen.grid_map (city_code, grid_code, period_start)
where until_publication_id is null;

comment on table frozen.grid_map is '冻结的行：网格地图：每网格每月一行，含边界与可显示的数。 Grid map: one row per grid and month with its ring and the numbers that may be shown.';
comment on column frozen.grid_map."from_publication_id" is '起始发布编号。First publication that holds the row.';
comment on column frozen.grid_map."until_publication_id" is '终止发布编号。First publication that holds it no more; null while it does.';

create or replace trigger append_only before delete or truncate on frozen.grid_map
for each statement execute function published.refuse_change();

create or replace trigger end_once before update on frozen.grid_map
for each row execute function frozen.end_once();

create or replace view published.grid_map as
select
    publication.publication_id,
    versions."city_code",
    versions."grid_code",
    versions."period_start",
    versions."period_end",
    versions."grid_name_zh",
    versions."community_code",
    versions."community_name_zh",
    versions."street_code",
    versions."street_name_zh",
    versions."ring",
    versions."households",
    versions."area_km2",
    versions."incidents",
    versions."cases",
    versions."suppressed",
    versions."map_value",
    versions."label_zh",
    versions."status",
    versions."is_latest_month",
    versions."is_latest_final",
    versions."city_name_zh",
    versions."month_zh"
from published.publication as publication
inner join frozen.grid_map as versions
    on
        publication.publication_id >= versions.from_publication_id
        and (versions.until_publication_id is null or publication.publication_id < versions.until_publication_id);

comment on view published.grid_map is '网格地图：每网格每月一行，含边界与可显示的数。 Grid map: one row per grid and month with its ring and the numbers that may be shown.';
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
comment on column published.grid_map."label_zh" is '显示文字。Text to show: the count, or 不足10件（已隐去）.';
comment on column published.grid_map."status" is 'provisional 初步，final 已定。Status of the month.';
comment on column published.grid_map."is_latest_month" is '是否最新月份。The newest month that has data in this city.';
comment on column published.grid_map."is_latest_final" is '是否最新已定月份（按城市首要指标的成熟期）。The newest final month of this city, by the maturity of its headline.';
comment on column published.grid_map."city_name_zh" is '城市。Chinese name of the city.';
comment on column published.grid_map."month_zh" is '月份文字。The period in words, e.g. 2026年07月.';

create table if not exists frozen.indicator_definition (
    "from_publication_id" bigint not null references published.publication deferrable initially deferred,
    "until_publication_id" bigint references published.publication deferrable initially deferred,
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
    "formula" text,
    "period_types" text,
    "family" text,
    "source" text,
    "maturity_days" integer,
    "maturity_zh" text,
    primary key (indicator_id, indicator_version, from_publication_id)
);

alter table frozen.indicator_definition
    add column if not exists "small_cell_k" integer,
    add column if not exists "formula" text,
    add column if not exists "period_types" text,
    add column if not exists "family" text,
    add column if not exists "source" text,
    add column if not exists "maturity_days" integer,
    add column if not exists "maturity_zh" text;

create unique index if not exists indicator_definition_in_force on frozen.indicator_definition (indicator_id, indicator_version)
where until_publication_id is null;

comment on table frozen.indicator_definition is '冻结的行：指标定义：每个指标版本一行，目录原样发布。 Indicator definitions: one row per indicator version, the catalogue as published.';
comment on column frozen.indicator_definition."from_publication_id" is '起始发布编号。First publication that holds the row.';
comment on column frozen.indicator_definition."until_publication_id" is '终止发布编号。First publication that holds it no more; null while it does.';

create or replace trigger append_only before delete or truncate on frozen.indicator_definition
for each statement execute function published.refuse_change();

create or replace trigger end_once before update on frozen.indicator_definition
for each row execute function frozen.end_once();

create or replace view published.indicator_definition as
select
    publication.publication_id,
    versions."indicator_id",
    versions."indicator_version",
    versions."name_zh",
    versions."name_en",
    versions."question_zh",
    versions."unit",
    versions."scale",
    versions."direction",
    versions."state",
    versions."numerator_zh",
    versions."denominator_zh",
    versions."time_basis_zh",
    versions."exclusions_zh",
    versions."requires",
    versions."finest_area_level",
    versions."small_cell_k",
    versions."source_standard",
    versions."owner",
    versions."description_zh",
    versions."description_en",
    versions."valid_from",
    versions."formula",
    versions."period_types",
    versions."family",
    versions."source",
    versions."maturity_days",
    versions."maturity_zh"
from published.publication as publication
inner join frozen.indicator_definition as versions
    on
        publication.publication_id >= versions.from_publication_id
        and (versions.until_publication_id is null or publication.publication_id < versions.until_publication_id);

comment on view published.indicator_definition is '指标定义：每个指标版本一行，目录原样发布。 Indicator definitions: one row per indicator version, the catalogue as published.';
comment on column published.indicator_definition."publication_id" is '发布编号。Publication that holds the row.';
comment on column published.indicator_definition."indicator_id" is '指标编号。Id in the indicator catalogue.';
comment on column published.indicator_definition."indicator_version" is '指标版本。Version of the definition.';
comment on column published.indicator_definition."name_zh" is '指标名称。Chinese name.';
comment on column published.indicator_definition."name_en" is '英文名称。English name.';
comment on column published.indicator_definition."question_zh" is '回答的问题。The question it answers, in Chinese.';
comment on column published.indicator_definition."unit" is '计量单位：fraction、cases、minutes 等。Unit of value: fraction, cases, incidents, minutes and so on.';
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
comment on column published.indicator_definition."formula" is '算法：share 占比，per 每千或每万，mean 平均，count 计数，quantile 分位，query 专用查询。How the value is made: share, per, mean, count, quantile or query.';
comment on column published.indicator_definition."period_types" is '发布周期，空格分隔。Kinds of periods that it is published for, parted by blanks.';
comment on column published.indicator_definition."family" is '指标族：H 热线，T 工单，R 三率，D 城管，G 网格，M 纠纷，X 督办，P 信访，C 感知，S 政务服务。Family of the indicator.';
comment on column published.indicator_definition."source" is '所数来源，空为多个来源。Source whose events it counts; empty: several.';
comment on column published.indicator_definition."maturity_days" is '成熟期：期末后多少整日（当地）起为已定。Whole local days after a period''s end from which its values are final.';
comment on column published.indicator_definition."maturity_zh" is '成熟期的依据。What the maturity rests on, in words.';

create table if not exists frozen.indicator_value (
    "from_publication_id" bigint not null references published.publication deferrable initially deferred,
    "until_publication_id" bigint references published.publication deferrable initially deferred,
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
    "month_zh" text,
    "value_zh" text,
    "is_compared_area" boolean,
    "source" text,
    primary key (city_code, indicator_id, indicator_version, variant, period_type, period_start, period_end, area_level, area_code, unit_code, breakdown_type, breakdown_code, from_publication_id)
);

alter table frozen.indicator_value
    add column if not exists "numerator" double precision,
    add column if not exists "denominator" double precision,
    add column if not exists "n" bigint,
    add column if not exists "value" double precision,
    add column if not exists "month_zh" text,
    add column if not exists "value_zh" text,
    add column if not exists "is_compared_area" boolean,
    add column if not exists "source" text;

create unique index if not exists indicator_value_in_force on frozen.indicator_value (city_code, indicator_id, indicator_version, variant, period_type, period_start, period_end, area_level, area_code, unit_code, breakdown_type, breakdown_code)
where until_publication_id is null;

comment on table frozen.indicator_value is '冻结的行：指标值：每城市、指标版本、口径、周期、区域、单位、细分一行。 Indicator values: one row per city, indicator version, variant, period, area, unit and breakdown.';
comment on column frozen.indicator_value."from_publication_id" is '起始发布编号。First publication that holds the row.';
comment on column frozen.indicator_value."until_publication_id" is '终止发布编号。First publication that holds it no more; null while it does.';

create or replace trigger append_only before delete or truncate on frozen.indicator_value
for each statement execute function published.refuse_change();

create or replace trigger end_once before update on frozen.indicator_value
for each row execute function frozen.end_once();

create or replace view published.indicator_value as
select
    publication.publication_id,
    versions."city_code",
    versions."indicator_id",
    versions."indicator_version",
    versions."variant",
    versions."period_type",
    versions."period_start",
    versions."period_end",
    versions."area_level",
    versions."area_code",
    versions."unit_code",
    versions."breakdown_type",
    versions."breakdown_code",
    versions."numerator",
    versions."denominator",
    versions."n",
    versions."value",
    versions."status",
    versions."suppressed",
    versions."suppression_reason",
    versions."na_reason",
    versions."city_name_zh",
    versions."indicator_name_zh",
    versions."area_name_zh",
    versions."unit_name_zh",
    versions."is_latest_month",
    versions."is_latest_final",
    versions."month_zh",
    versions."value_zh",
    versions."is_compared_area",
    versions."source"
from published.publication as publication
inner join frozen.indicator_value as versions
    on
        publication.publication_id >= versions.from_publication_id
        and (versions.until_publication_id is null or publication.publication_id < versions.until_publication_id);

comment on view published.indicator_value is '指标值：每城市、指标版本、口径、周期、区域、单位、细分一行。 Indicator values: one row per city, indicator version, variant, period, area, unit and breakdown.';
comment on column published.indicator_value."publication_id" is '发布编号。Publication that holds the row.';
comment on column published.indicator_value."city_code" is '城市代码。City that the row belongs to.';
comment on column published.indicator_value."indicator_id" is '指标编号。Id in the indicator catalogue, e.g. R02.';
comment on column published.indicator_value."indicator_version" is '指标版本。Version of the definition the value was computed by.';
comment on column published.indicator_value."variant" is '口径：raw 原始，adjusted 剔除后。raw, or adjusted (appraisal exclusions E1-E9 dropped).';
comment on column published.indicator_value."period_type" is '周期类型：day 日，week 周，month 月，appraisal_month 考核月，quarter 季，half_year 半年，year 年，to_date 年初至月末。Kind of period, by the local calendar of the city; which of them an indicator has, its definition says.';
comment on column published.indicator_value."period_start" is '周期起（含）。First local day of the period.';
comment on column published.indicator_value."period_end" is '周期止（不含）。First local day after the period.';
comment on column published.indicator_value."area_level" is '区域层级。grid, community, street, county or city.';
comment on column published.indicator_value."area_code" is '区域代码。Code of the area at area_level.';
comment on column published.indicator_value."unit_code" is '承办单位代码，空为全部。Responsible body; empty text = all.';
comment on column published.indicator_value."breakdown_type" is '细分维度，空为不细分。Extra breakdown; empty text = none.';
comment on column published.indicator_value."breakdown_code" is '细分取值，空为全部。Value of the breakdown; empty text = all.';
comment on column published.indicator_value."numerator" is '分子；隐去或不适用时为空，分位数无分子。Numerator; null where suppressed or not applicable, and of a quantile.';
comment on column published.indicator_value."denominator" is '分母；计数类指标无分母，分位数的分母为参与计算的件数。Denominator; null for counts, and where suppressed or not applicable; of a quantile what it is taken of.';
comment on column published.indicator_value."n" is '参与计算的事项数。Contributing cases (for counts the count itself); null where suppressed.';
comment on column published.indicator_value."value" is '指标值＝分子÷分母×比例系数；比率为0到1。numerator / denominator x scale; shares are fractions 0-1; counts are counts.';
comment on column published.indicator_value."status" is 'provisional 初步，final 已定。provisional until the period is closed and the indicator matured, then final.';
comment on column published.indicator_value."suppressed" is '是否为保护小样本隐去。True where all numbers are withheld, since n is under k or a cell under k could be found out with them.';
comment on column published.indicator_value."suppression_reason" is '隐去原因：small_cell 数量过小，complementary 防推算，空为未隐去。small_cell (SDMX CONF_STATUS A), complementary (D), or empty text.';
comment on column published.indicator_value."na_reason" is '不适用原因，空为适用。before_definition, no_time_limit, no_callbacks, no_grids, empty_denominator, or empty text.';
comment on column published.indicator_value."city_name_zh" is '城市名称。Chinese name of the city.';
comment on column published.indicator_value."indicator_name_zh" is '指标名称。Chinese name of the indicator.';
comment on column published.indicator_value."area_name_zh" is '区域名称。Chinese name of the area.';
comment on column published.indicator_value."unit_name_zh" is '承办单位，全部为“全部”。Chinese name of the unit; 全部 for all.';
comment on column published.indicator_value."is_latest_month" is '是否该城市该类周期中最新有数据的。The newest period of its kind that has data in this city; of months the newest month.';
comment on column published.indicator_value."is_latest_final" is '是否该城市该类周期中最新已定的（按城市首要指标的成熟期）。The newest final period of its kind in this city, by the maturity of its headline.';
comment on column published.indicator_value."month_zh" is '周期文字。The period in words, e.g. 2026年07月, 2026年第3季度.';
comment on column published.indicator_value."value_zh" is '指标值文字。The figure in words (93.1%, 1.23万), or 隐去, 不适用, — where there is none.';
comment on column published.indicator_value."is_compared_area" is '是否参与区域对比。True at the coarsest level below the city: towns, or communities where there are none.';
comment on column published.indicator_value."source" is '所计来源，多个来源时为空。Source that the indicator counts; empty where it counts several.';

create table if not exists frozen.ranking (
    "from_publication_id" bigint not null references published.publication deferrable initially deferred,
    "until_publication_id" bigint references published.publication deferrable initially deferred,
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
    "city_name_zh" text,
    "month_zh" text,
    "indicator_name_zh" text,
    "peer_group_zh" text,
    "value_zh" text,
    "rank_zh" text,
    "is_headline" boolean,
    "source" text,
    primary key (city_code, indicator_id, indicator_version, variant, period_type, period_start, peer_group, member_type, member_code, from_publication_id)
);

alter table frozen.ranking
    add column if not exists "city_name_zh" text,
    add column if not exists "month_zh" text,
    add column if not exists "indicator_name_zh" text,
    add column if not exists "peer_group_zh" text,
    add column if not exists "value_zh" text,
    add column if not exists "rank_zh" text,
    add column if not exists "is_headline" boolean,
    add column if not exists "source" text;

create unique index if not exists ranking_in_force on frozen.ranking (city_code, indicator_id, indicator_version, variant, period_type, period_start, peer_group, member_type, member_code)
where until_publication_id is null;

comment on table frozen.ranking is '冻结的行：排名：同类组内名次，组员不足五个或有隐去单元的不排。 Competition ranks (1224) inside peer groups of at least five members without a suppressed cell.';
comment on column frozen.ranking."from_publication_id" is '起始发布编号。First publication that holds the row.';
comment on column frozen.ranking."until_publication_id" is '终止发布编号。First publication that holds it no more; null while it does.';

create or replace trigger append_only before delete or truncate on frozen.ranking
for each statement execute function published.refuse_change();

create or replace trigger end_once before update on frozen.ranking
for each row execute function frozen.end_once();

create or replace view published.ranking as
select
    publication.publication_id,
    versions."city_code",
    versions."indicator_id",
    versions."indicator_version",
    versions."variant",
    versions."period_type",
    versions."period_start",
    versions."period_end",
    versions."peer_group",
    versions."member_type",
    versions."member_code",
    versions."member_name_zh",
    versions."value",
    versions."rank",
    versions."members",
    versions."status",
    versions."city_name_zh",
    versions."month_zh",
    versions."indicator_name_zh",
    versions."peer_group_zh",
    versions."value_zh",
    versions."rank_zh",
    versions."is_headline",
    versions."source"
from published.publication as publication
inner join frozen.ranking as versions
    on
        publication.publication_id >= versions.from_publication_id
        and (versions.until_publication_id is null or publication.publication_id < versions.until_publication_id);

comment on view published.ranking is '排名：同类组内名次，组员不足五个或有隐去单元的不排。 Competition ranks (1224) inside peer groups of at least five members without a suppressed cell.';
comment on column published.ranking."publication_id" is '发布编号。Publication that holds the row.';
comment on column published.ranking."city_code" is '城市代码。City that the row belongs to.';
comment on column published.ranking."indicator_id" is '指标编号。Id in the indicator catalogue, e.g. R02.';
comment on column published.ranking."indicator_version" is '指标版本。Version of the definition the value was computed by.';
comment on column published.ranking."variant" is '口径：raw 原始，adjusted 剔除后。raw, or adjusted (appraisal exclusions E1-E9 dropped).';
comment on column published.ranking."period_type" is '周期类型，同指标值，无年初至今。Kind of period as in indicator_value; never to_date.';
comment on column published.ranking."period_start" is '周期起（含）。First local day of the period.';
comment on column published.ranking."period_end" is '周期止（不含）。First local day after the period.';
comment on column published.ranking."peer_group" is '同类组。Peer group, e.g. unit:department or community:urban.';
comment on column published.ranking."member_type" is '成员类型：unit 或 area。unit or area.';
comment on column published.ranking."member_code" is '成员代码。Unit or area code.';
comment on column published.ranking."member_name_zh" is '名称。Chinese name of the member.';
comment on column published.ranking."value" is '指标值。The ranked value.';
comment on column published.ranking."rank" is '名次，并列同名次。Competition rank, ties shared.';
comment on column published.ranking."members" is '组内成员数。Members ranked in the group.';
comment on column published.ranking."status" is 'provisional 初步，final 已定。Status of the ranked values.';
comment on column published.ranking."city_name_zh" is '城市。Chinese name of the city.';
comment on column published.ranking."month_zh" is '周期文字。The period in words, e.g. 2026年07月.';
comment on column published.ranking."indicator_name_zh" is '指标名称。Chinese name of the indicator.';
comment on column published.ranking."peer_group_zh" is '所在组。The peer group in words.';
comment on column published.ranking."value_zh" is '本期值。The ranked value in words.';
comment on column published.ranking."rank_zh" is '位次。Rank of members, e.g. 3 / 12.';
comment on column published.ranking."is_headline" is '是否主要排名指标。True for the indicator that a city is ranked by first: on-time completion, or completion where there are no time limits.';
comment on column published.ranking."source" is '所计来源，多个来源时为空。Source that the indicator counts; empty where it counts several.';

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
    "cause_zh" text,
    "city_name_zh" text,
    primary key (publication_id, city_code, indicator_id, indicator_version, variant, period_type, period_start, period_end, area_level, area_code, unit_code, breakdown_type, breakdown_code)
);

alter table published.restatement
    add column if not exists "old_value" double precision,
    add column if not exists "new_value" double precision,
    add column if not exists "old_numerator" double precision,
    add column if not exists "new_numerator" double precision,
    add column if not exists "old_denominator" double precision,
    add column if not exists "new_denominator" double precision,
    add column if not exists "cause_zh" text,
    add column if not exists "city_name_zh" text;

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
comment on column published.restatement."cause_zh" is '原因文字。The cause in words.';
comment on column published.restatement."city_name_zh" is '城市。Chinese name of the city.';

create or replace trigger append_only before update or delete or truncate on published.restatement
for each statement execute function published.refuse_change();

create table if not exists frozen.sign_summary (
    "from_publication_id" bigint not null references published.publication deferrable initially deferred,
    "until_publication_id" bigint references published.publication deferrable initially deferred,
    "city_code" text not null,
    "sign_code" text not null,
    "period_type" text not null,
    "period_start" date not null,
    "city_name_zh" text not null,
    "sign_name_zh" text not null,
    "measure_code" text not null,
    "sign_category" text not null,
    "area_level" text not null,
    "area_code" text not null,
    "area_name_zh" text not null,
    "reading_unit" text not null,
    "observations" bigint not null,
    "reading_min" double precision not null,
    "reading_mean" double precision not null,
    "reading_max" double precision not null,
    "reading_last" double precision not null,
    "last_observed_date" date not null,
    primary key (city_code, sign_code, period_type, period_start, from_publication_id)
);

create unique index if not exists sign_summary_in_force on frozen.sign_summary (city_code, sign_code, period_type, period_start)
where until_publication_id is null;

comment on table frozen.sign_summary is '冻结的行：城市体征汇总：每体征每月、每年一行。 City signs: one row per sign and local month or year.';
comment on column frozen.sign_summary."from_publication_id" is '起始发布编号。First publication that holds the row.';
comment on column frozen.sign_summary."until_publication_id" is '终止发布编号。First publication that holds it no more; null while it does.';

create or replace trigger append_only before delete or truncate on frozen.sign_summary
for each statement execute function published.refuse_change();

create or replace trigger end_once before update on frozen.sign_summary
for each row execute function frozen.end_once();

create or replace view published.sign_summary as
select
    publication.publication_id,
    versions."city_code",
    versions."sign_code",
    versions."period_type",
    versions."period_start",
    versions."city_name_zh",
    versions."sign_name_zh",
    versions."measure_code",
    versions."sign_category",
    versions."area_level",
    versions."area_code",
    versions."area_name_zh",
    versions."reading_unit",
    versions."observations",
    versions."reading_min",
    versions."reading_mean",
    versions."reading_max",
    versions."reading_last",
    versions."last_observed_date"
from published.publication as publication
inner join frozen.sign_summary as versions
    on
        publication.publication_id >= versions.from_publication_id
        and (versions.until_publication_id is null or publication.publication_id < versions.until_publication_id);

comment on view published.sign_summary is '城市体征汇总：每体征每月、每年一行。 City signs: one row per sign and local month or year.';
comment on column published.sign_summary."publication_id" is '发布编号。Publication that holds the row.';
comment on column published.sign_summary."city_code" is '城市代码。City.';
comment on column published.sign_summary."sign_code" is '体征代码；每个被测区域自有体征。Code of the sign; each area that is measured has a sign of its own.';
comment on column published.sign_summary."period_type" is '周期类型：month 月，year 年。month or year (local calendar of the city).';
comment on column published.sign_summary."period_start" is '周期起（当地）。First local day of the period.';
comment on column published.sign_summary."city_name_zh" is '城市名称。Chinese name of the city.';
comment on column published.sign_summary."sign_name_zh" is '体征名称，名录中没有的为代码。Chinese name of the sign; its code where the register has none.';
comment on column published.sign_summary."measure_code" is '指标代码，各区域相同；名录中没有的为空。What is measured, the same in every area; empty text where unregistered.';
comment on column published.sign_summary."sign_category" is '体征大类：population 人（仅汇总）、thing 物、activity 动、state 态。population (sums only), thing, activity or state.';
comment on column published.sign_summary."area_level" is '区域层级，未知为空。Level of the area, or empty text.';
comment on column published.sign_summary."area_code" is '区域代码，未知为空。Area that the readings stand for, or empty text.';
comment on column published.sign_summary."area_name_zh" is '区域名称，未知为空。Chinese name of the area, or empty text.';
comment on column published.sign_summary."reading_unit" is '计量单位。UCUM code of the readings; 1 for a plain number.';
comment on column published.sign_summary."observations" is '观测次数。Observations in the period, corrections applied.';
comment on column published.sign_summary."reading_min" is '最小值。Least reading.';
comment on column published.sign_summary."reading_mean" is '平均值。Mean reading.';
comment on column published.sign_summary."reading_max" is '最大值。Greatest reading.';
comment on column published.sign_summary."reading_last" is '期末值。Last reading of the period.';
comment on column published.sign_summary."last_observed_date" is '最近观测日期（当地）。Local day of the last observation.';

create table if not exists frozen.source_summary (
    "from_publication_id" bigint not null references published.publication deferrable initially deferred,
    "until_publication_id" bigint references published.publication deferrable initially deferred,
    "city_code" text not null,
    "source" text not null,
    "requests" bigint not null,
    "completed" bigint not null,
    "open" bigint not null,
    "cancelled" bigint not null,
    "duplicates" bigint not null,
    "information_only" bigint not null,
    "events_count" bigint not null,
    "closed_before_receipt" bigint not null,
    "corrected" bigint not null,
    "conflicting" bigint not null,
    "published_as" text not null,
    "small_cell_k" integer not null,
    "first_event_at_utc" timestamp,
    "last_event_at_utc" timestamp,
    "data_as_of_utc" timestamp,
    "city_name_zh" text,
    "source_name_zh" text,
    "is_in_rates" boolean,
    "data_as_of_zh" text,
    primary key (city_code, source, from_publication_id)
);

alter table frozen.source_summary
    add column if not exists "first_event_at_utc" timestamp,
    add column if not exists "last_event_at_utc" timestamp,
    add column if not exists "data_as_of_utc" timestamp,
    add column if not exists "city_name_zh" text,
    add column if not exists "source_name_zh" text,
    add column if not exists "is_in_rates" boolean,
    add column if not exists "data_as_of_zh" text;

create unique index if not exists source_summary_in_force on frozen.source_summary (city_code, source)
where until_publication_id is null;

comment on table frozen.source_summary is '冻结的行：来源汇总：每城市每来源一行，仅事项类来源。 Source summary: one row per city and case source.';
comment on column frozen.source_summary."from_publication_id" is '起始发布编号。First publication that holds the row.';
comment on column frozen.source_summary."until_publication_id" is '终止发布编号。First publication that holds it no more; null while it does.';

create or replace trigger append_only before delete or truncate on frozen.source_summary
for each statement execute function published.refuse_change();

create or replace trigger end_once before update on frozen.source_summary
for each row execute function frozen.end_once();

create or replace view published.source_summary as
select
    publication.publication_id,
    versions."city_code",
    versions."source",
    versions."requests",
    versions."completed",
    versions."open",
    versions."cancelled",
    versions."duplicates",
    versions."information_only",
    versions."events_count",
    versions."closed_before_receipt",
    versions."corrected",
    versions."conflicting",
    versions."published_as",
    versions."small_cell_k",
    versions."first_event_at_utc",
    versions."last_event_at_utc",
    versions."data_as_of_utc",
    versions."city_name_zh",
    versions."source_name_zh",
    versions."is_in_rates",
    versions."data_as_of_zh"
from published.publication as publication
inner join frozen.source_summary as versions
    on
        publication.publication_id >= versions.from_publication_id
        and (versions.until_publication_id is null or publication.publication_id < versions.until_publication_id);

comment on view published.source_summary is '来源汇总：每城市每来源一行，仅事项类来源。 Source summary: one row per city and case source.';
comment on column published.source_summary."publication_id" is '发布编号。Publication that holds the row.';
comment on column published.source_summary."city_code" is '城市代码。City.';
comment on column published.source_summary."source" is '来源。Topic without city. and .v1.';
comment on column published.source_summary."requests" is '诉求总数＝办结＋在办＋作废，含重复件。completed + open + cancelled, duplicates included.';
comment on column published.source_summary."completed" is '办结。Closed as of the publication.';
comment on column published.source_summary."open" is '在办。Not closed, not cancelled.';
comment on column published.source_summary."cancelled" is '作废。Voided.';
comment on column published.source_summary."duplicates" is '其中重复件。Declared duplicates, a subset of requests.';
comment on column published.source_summary."information_only" is '仅咨询与例行排查（不计入诉求）。Information-only calls and planned inspections, outside requests.';
comment on column published.source_summary."events_count" is '诉求事件条数。Distinct events behind the requests.';
comment on column published.source_summary."closed_before_receipt" is '办结早于受理的事项（计为办结，不计按期与时长）。Cases closed before they came; closed, never on time, without a duration.';
comment on column published.source_summary."corrected" is '被来源更正的受理或办结时间。Times of receipt or closing that the source corrected later.';
comment on column published.source_summary."conflicting" is '同一环节内容不一的记录。Receipts or closings told twice at once with different times; the earlier one holds.';
comment on column published.source_summary."published_as" is '公布方式：cases 逐件，counts 仅计数。cases (case_fact) or counts (case_count).';
comment on column published.source_summary."small_cell_k" is '最小单元阈值。No cell of the source is shown under it.';
comment on column published.source_summary."first_event_at_utc" is '最早事件时间。Earliest event time (UTC).';
comment on column published.source_summary."last_event_at_utc" is '最晚事件时间。Latest event time (UTC).';
comment on column published.source_summary."data_as_of_utc" is '数据截至。As-of instant T of the city (UTC).';
comment on column published.source_summary."city_name_zh" is '城市。Chinese name of the city.';
comment on column published.source_summary."source_name_zh" is '来源名称。Chinese name of the source.';
comment on column published.source_summary."is_in_rates" is '是否计入三率与工单各率。True where the rates of families R and T count this source.';
comment on column published.source_summary."data_as_of_zh" is '数据截至（当地时间）。As-of instant in words, by the clock of the city.';

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
    "held_back_zh",
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
comment on column published.current_publication."cause" is '更正原因，按件数排列，没有更正为空；每单元的原因见更正日志。Causes of its restatements, the commonest first, empty where it restates nothing; each cell has its own in restatement. Of: late_data, reopened, definition, reference_data, correction.';
comment on column published.current_publication."value_rows" is '指标值行数。Rows of indicator_value.';
comment on column published.current_publication."restated_cells" is '更正单元数。Final cells that this publication restates.';
comment on column published.current_publication."held_back_zh" is '质检暂缓的城市与来源及原因，沿用其上一次发布；没有则为空。What the gate held back, by city and source; it goes on as published before.';
comment on column published.current_publication."checksum" is '校验和。SHA-256 over the published content.';

create or replace view published.current_case_count as
select
    (select max(publication_id) from published.publication) as "publication_id",
    "city_code",
    "source",
    "received_month",
    "city_name_zh",
    "source_name_zh",
    "cases",
    "completed",
    "open",
    "cancelled",
    "suppressed",
    "suppression_reason"
from frozen.case_count
where until_publication_id is null;

comment on view published.current_case_count is '最新发布：事项计数：不逐件公布的来源（信访、纠纷），每城市每来源每月一行。 Case counts of the sources that are never told singly (petitions, disputes): one row per city, source and month.';
comment on column published.current_case_count."publication_id" is '发布编号。Publication that holds the row.';
comment on column published.current_case_count."city_code" is '城市代码。City.';
comment on column published.current_case_count."source" is '来源。Topic without city. and .v1.';
comment on column published.current_case_count."received_month" is '受理月份（当地）。First local day of the month of receipt.';
comment on column published.current_case_count."city_name_zh" is '城市名称。Chinese name of the city.';
comment on column published.current_case_count."source_name_zh" is '来源名称。Chinese name of the source.';
comment on column published.current_case_count."cases" is '事项数，隐去为空。Matters of the month, duplicates included; null where suppressed.';
comment on column published.current_case_count."completed" is '办结。Closed as of the publication; null where suppressed.';
comment on column published.current_case_count."open" is '在办。Not closed, not cancelled; null where suppressed.';
comment on column published.current_case_count."cancelled" is '作废。Voided; null where suppressed.';
comment on column published.current_case_count."suppressed" is '是否隐去。True where the month, or what it would give away, is under k.';
comment on column published.current_case_count."suppression_reason" is '隐去原因：small_cell 数量过小，complementary 防推算，空为未隐去。small_cell, complementary or empty text.';

create or replace view published.current_case_fact as
select
    (select max(publication_id) from published.publication) as "publication_id",
    "city_code",
    "source",
    "received_month",
    "case_key",
    "channel",
    "request_kind",
    "urgency",
    "category_scheme",
    "category_code",
    "category_name_zh",
    "category_family",
    "unit_code",
    "unit_name_zh",
    "area_level",
    "area_code",
    "area_name_zh",
    "state",
    "received_date",
    "due_date",
    "first_dispatched_date",
    "closed_date",
    "handled_step",
    "is_on_time",
    "is_duplicate",
    "is_located",
    "is_excluded",
    "reopened_count",
    "returned_count",
    "callback_attempts",
    "resolution",
    "satisfaction",
    "events_count"
from frozen.case_fact
where until_publication_id is null;

comment on view published.current_case_fact is '最新发布：事项事实：每个事项一行；不含编号、时刻、网格、坐标与文字，区域按最小单元规则概括；信访与纠纷不在内，见 case_count。 Case facts: one row per case, without its number, hour, grid or text; the area is generalised so that no small cell can be rebuilt. Petitions and disputes are in case_count.';
comment on column published.current_case_fact."publication_id" is '发布编号。Publication that holds the row.';
comment on column published.current_case_fact."city_code" is '城市代码。City.';
comment on column published.current_case_fact."source" is '来源。Topic without city. and .v1.';
comment on column published.current_case_fact."received_month" is '受理月份（当地）。First local day of the month of receipt.';
comment on column published.current_case_fact."case_key" is '行键，由本行所示内容算出，不能追溯到来源系统的事项。Key made of what the row shows; leads to no case at its source.';
comment on column published.current_case_fact."channel" is '渠道。Channel, or empty text.';
comment on column published.current_case_fact."request_kind" is '诉求类型。Kind of request, or empty text.';
comment on column published.current_case_fact."urgency" is '紧急程度。urgent, normal or empty text.';
comment on column published.current_case_fact."category_scheme" is '分类标准。Scheme of category_code.';
comment on column published.current_case_fact."category_code" is '分类代码。Category, or unclassified.';
comment on column published.current_case_fact."category_name_zh" is '分类名称。Chinese name of the category; 未分类 where unclassified.';
comment on column published.current_case_fact."category_family" is '类别族。Family of the category.';
comment on column published.current_case_fact."unit_code" is '承办单位代码。Responsible unit, or empty text.';
comment on column published.current_case_fact."unit_name_zh" is '承办单位名称。Chinese name, or empty text.';
comment on column published.current_case_fact."area_level" is '概括后的区域层级。street or city.';
comment on column published.current_case_fact."area_code" is '概括后的区域代码。Area after generalisation.';
comment on column published.current_case_fact."area_name_zh" is '概括后的区域名称。Chinese name of the area.';
comment on column published.current_case_fact."state" is '状态：open 在办，closed 办结，cancelled 作废。open, closed or cancelled.';
comment on column published.current_case_fact."received_date" is '受理日期（当地）。Local day of receipt.';
comment on column published.current_case_fact."due_date" is '期限日期（当地），按本平台时钟。Local day of the deadline by our clocks (the end of a day clock is the next day at 00:00); null during a pause or without a limit.';
comment on column published.current_case_fact."first_dispatched_date" is '首次派单日期（当地）。Local day of the first dispatch.';
comment on column published.current_case_fact."closed_date" is '办结日期（当地）。Local day of the valid closure as of the publication.';
comment on column published.current_case_fact."handled_step" is '办理时长档：under_1_day 至 over_60_days，未知为空。Elapsed time from receipt to closure in steps: under_1_day, 1_to_3_days, 3_to_7_days, 7_to_15_days, 15_to_30_days, 30_to_60_days, over_60_days; empty text where open or unknown.';
comment on column published.current_case_fact."is_on_time" is '是否按期办结，按本平台时钟。Closed by its deadline as our clocks tell it; null where n/a, paused, or still open and not due.';
comment on column published.current_case_fact."is_duplicate" is '是否重复件。Declared duplicate of another case.';
comment on column published.current_case_fact."is_located" is '是否已定位到网格。Assigned to a grid.';
comment on column published.current_case_fact."is_excluded" is '是否考核剔除件（E1-E9，不示原因）。Left out of adjusted figures; the ground is not told.';
comment on column published.current_case_fact."reopened_count" is '重办次数。Times it was re-opened.';
comment on column published.current_case_fact."returned_count" is '退单次数。Dispatches returned by units.';
comment on column published.current_case_fact."callback_attempts" is '回访次数。Call-back attempts.';
comment on column published.current_case_fact."resolution" is '最近一次有效回访的解决情况；同单元答复不足阈值为空。Last valid answer; empty text where none, or where fewer than k answers share its cell.';
comment on column published.current_case_fact."satisfaction" is '最近一次满意度评价；同单元评价不足阈值为空。Last grade; empty text where none, or where fewer than k answers share its cell.';
comment on column published.current_case_fact."events_count" is '事件条数。Distinct events behind the case.';

create or replace view published.current_grid_map as
select
    (select max(publication_id) from published.publication) as "publication_id",
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
    "is_latest_final",
    "city_name_zh",
    "month_zh"
from frozen.grid_map
where until_publication_id is null;

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
comment on column published.current_grid_map."label_zh" is '显示文字。Text to show: the count, or 不足10件（已隐去）.';
comment on column published.current_grid_map."status" is 'provisional 初步，final 已定。Status of the month.';
comment on column published.current_grid_map."is_latest_month" is '是否最新月份。The newest month that has data in this city.';
comment on column published.current_grid_map."is_latest_final" is '是否最新已定月份（按城市首要指标的成熟期）。The newest final month of this city, by the maturity of its headline.';
comment on column published.current_grid_map."city_name_zh" is '城市。Chinese name of the city.';
comment on column published.current_grid_map."month_zh" is '月份文字。The period in words, e.g. 2026年07月.';

create or replace view published.current_indicator_definition as
select
    (select max(publication_id) from published.publication) as "publication_id",
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
    "valid_from",
    "formula",
    "period_types",
    "family",
    "source",
    "maturity_days",
    "maturity_zh"
from frozen.indicator_definition
where until_publication_id is null;

comment on view published.current_indicator_definition is '最新发布：指标定义：每个指标版本一行，目录原样发布。 Indicator definitions: one row per indicator version, the catalogue as published.';
comment on column published.current_indicator_definition."publication_id" is '发布编号。Publication that holds the row.';
comment on column published.current_indicator_definition."indicator_id" is '指标编号。Id in the indicator catalogue.';
comment on column published.current_indicator_definition."indicator_version" is '指标版本。Version of the definition.';
comment on column published.current_indicator_definition."name_zh" is '指标名称。Chinese name.';
comment on column published.current_indicator_definition."name_en" is '英文名称。English name.';
comment on column published.current_indicator_definition."question_zh" is '回答的问题。The question it answers, in Chinese.';
comment on column published.current_indicator_definition."unit" is '计量单位：fraction、cases、minutes 等。Unit of value: fraction, cases, incidents, minutes and so on.';
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
comment on column published.current_indicator_definition."formula" is '算法：share 占比，per 每千或每万，mean 平均，count 计数，quantile 分位，query 专用查询。How the value is made: share, per, mean, count, quantile or query.';
comment on column published.current_indicator_definition."period_types" is '发布周期，空格分隔。Kinds of periods that it is published for, parted by blanks.';
comment on column published.current_indicator_definition."family" is '指标族：H 热线，T 工单，R 三率，D 城管，G 网格，M 纠纷，X 督办，P 信访，C 感知，S 政务服务。Family of the indicator.';
comment on column published.current_indicator_definition."source" is '所数来源，空为多个来源。Source whose events it counts; empty: several.';
comment on column published.current_indicator_definition."maturity_days" is '成熟期：期末后多少整日（当地）起为已定。Whole local days after a period''s end from which its values are final.';
comment on column published.current_indicator_definition."maturity_zh" is '成熟期的依据。What the maturity rests on, in words.';

create or replace view published.current_indicator_value as
select
    (select max(publication_id) from published.publication) as "publication_id",
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
    "is_latest_final",
    "month_zh",
    "value_zh",
    "is_compared_area",
    "source"
from frozen.indicator_value
where until_publication_id is null;

comment on view published.current_indicator_value is '最新发布：指标值：每城市、指标版本、口径、周期、区域、单位、细分一行。 Indicator values: one row per city, indicator version, variant, period, area, unit and breakdown.';
comment on column published.current_indicator_value."publication_id" is '发布编号。Publication that holds the row.';
comment on column published.current_indicator_value."city_code" is '城市代码。City that the row belongs to.';
comment on column published.current_indicator_value."indicator_id" is '指标编号。Id in the indicator catalogue, e.g. R02.';
comment on column published.current_indicator_value."indicator_version" is '指标版本。Version of the definition the value was computed by.';
comment on column published.current_indicator_value."variant" is '口径：raw 原始，adjusted 剔除后。raw, or adjusted (appraisal exclusions E1-E9 dropped).';
comment on column published.current_indicator_value."period_type" is '周期类型：day 日，week 周，month 月，appraisal_month 考核月，quarter 季，half_year 半年，year 年，to_date 年初至月末。Kind of period, by the local calendar of the city; which of them an indicator has, its definition says.';
comment on column published.current_indicator_value."period_start" is '周期起（含）。First local day of the period.';
comment on column published.current_indicator_value."period_end" is '周期止（不含）。First local day after the period.';
comment on column published.current_indicator_value."area_level" is '区域层级。grid, community, street, county or city.';
comment on column published.current_indicator_value."area_code" is '区域代码。Code of the area at area_level.';
comment on column published.current_indicator_value."unit_code" is '承办单位代码，空为全部。Responsible body; empty text = all.';
comment on column published.current_indicator_value."breakdown_type" is '细分维度，空为不细分。Extra breakdown; empty text = none.';
comment on column published.current_indicator_value."breakdown_code" is '细分取值，空为全部。Value of the breakdown; empty text = all.';
comment on column published.current_indicator_value."numerator" is '分子；隐去或不适用时为空，分位数无分子。Numerator; null where suppressed or not applicable, and of a quantile.';
comment on column published.current_indicator_value."denominator" is '分母；计数类指标无分母，分位数的分母为参与计算的件数。Denominator; null for counts, and where suppressed or not applicable; of a quantile what it is taken of.';
comment on column published.current_indicator_value."n" is '参与计算的事项数。Contributing cases (for counts the count itself); null where suppressed.';
comment on column published.current_indicator_value."value" is '指标值＝分子÷分母×比例系数；比率为0到1。numerator / denominator x scale; shares are fractions 0-1; counts are counts.';
comment on column published.current_indicator_value."status" is 'provisional 初步，final 已定。provisional until the period is closed and the indicator matured, then final.';
comment on column published.current_indicator_value."suppressed" is '是否为保护小样本隐去。True where all numbers are withheld, since n is under k or a cell under k could be found out with them.';
comment on column published.current_indicator_value."suppression_reason" is '隐去原因：small_cell 数量过小，complementary 防推算，空为未隐去。small_cell (SDMX CONF_STATUS A), complementary (D), or empty text.';
comment on column published.current_indicator_value."na_reason" is '不适用原因，空为适用。before_definition, no_time_limit, no_callbacks, no_grids, empty_denominator, or empty text.';
comment on column published.current_indicator_value."city_name_zh" is '城市名称。Chinese name of the city.';
comment on column published.current_indicator_value."indicator_name_zh" is '指标名称。Chinese name of the indicator.';
comment on column published.current_indicator_value."area_name_zh" is '区域名称。Chinese name of the area.';
comment on column published.current_indicator_value."unit_name_zh" is '承办单位，全部为“全部”。Chinese name of the unit; 全部 for all.';
comment on column published.current_indicator_value."is_latest_month" is '是否该城市该类周期中最新有数据的。The newest period of its kind that has data in this city; of months the newest month.';
comment on column published.current_indicator_value."is_latest_final" is '是否该城市该类周期中最新已定的（按城市首要指标的成熟期）。The newest final period of its kind in this city, by the maturity of its headline.';
comment on column published.current_indicator_value."month_zh" is '周期文字。The period in words, e.g. 2026年07月, 2026年第3季度.';
comment on column published.current_indicator_value."value_zh" is '指标值文字。The figure in words (93.1%, 1.23万), or 隐去, 不适用, — where there is none.';
comment on column published.current_indicator_value."is_compared_area" is '是否参与区域对比。True at the coarsest level below the city: towns, or communities where there are none.';
comment on column published.current_indicator_value."source" is '所计来源，多个来源时为空。Source that the indicator counts; empty where it counts several.';

create or replace view published.current_ranking as
select
    (select max(publication_id) from published.publication) as "publication_id",
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
    "status",
    "city_name_zh",
    "month_zh",
    "indicator_name_zh",
    "peer_group_zh",
    "value_zh",
    "rank_zh",
    "is_headline",
    "source"
from frozen.ranking
where until_publication_id is null;

comment on view published.current_ranking is '最新发布：排名：同类组内名次，组员不足五个或有隐去单元的不排。 Competition ranks (1224) inside peer groups of at least five members without a suppressed cell.';
comment on column published.current_ranking."publication_id" is '发布编号。Publication that holds the row.';
comment on column published.current_ranking."city_code" is '城市代码。City that the row belongs to.';
comment on column published.current_ranking."indicator_id" is '指标编号。Id in the indicator catalogue, e.g. R02.';
comment on column published.current_ranking."indicator_version" is '指标版本。Version of the definition the value was computed by.';
comment on column published.current_ranking."variant" is '口径：raw 原始，adjusted 剔除后。raw, or adjusted (appraisal exclusions E1-E9 dropped).';
comment on column published.current_ranking."period_type" is '周期类型，同指标值，无年初至今。Kind of period as in indicator_value; never to_date.';
comment on column published.current_ranking."period_start" is '周期起（含）。First local day of the period.';
comment on column published.current_ranking."period_end" is '周期止（不含）。First local day after the period.';
comment on column published.current_ranking."peer_group" is '同类组。Peer group, e.g. unit:department or community:urban.';
comment on column published.current_ranking."member_type" is '成员类型：unit 或 area。unit or area.';
comment on column published.current_ranking."member_code" is '成员代码。Unit or area code.';
comment on column published.current_ranking."member_name_zh" is '名称。Chinese name of the member.';
comment on column published.current_ranking."value" is '指标值。The ranked value.';
comment on column published.current_ranking."rank" is '名次，并列同名次。Competition rank, ties shared.';
comment on column published.current_ranking."members" is '组内成员数。Members ranked in the group.';
comment on column published.current_ranking."status" is 'provisional 初步，final 已定。Status of the ranked values.';
comment on column published.current_ranking."city_name_zh" is '城市。Chinese name of the city.';
comment on column published.current_ranking."month_zh" is '周期文字。The period in words, e.g. 2026年07月.';
comment on column published.current_ranking."indicator_name_zh" is '指标名称。Chinese name of the indicator.';
comment on column published.current_ranking."peer_group_zh" is '所在组。The peer group in words.';
comment on column published.current_ranking."value_zh" is '本期值。The ranked value in words.';
comment on column published.current_ranking."rank_zh" is '位次。Rank of members, e.g. 3 / 12.';
comment on column published.current_ranking."is_headline" is '是否主要排名指标。True for the indicator that a city is ranked by first: on-time completion, or completion where there are no time limits.';
comment on column published.current_ranking."source" is '所计来源，多个来源时为空。Source that the indicator counts; empty where it counts several.';

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
    "cause",
    "cause_zh",
    "city_name_zh"
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
comment on column published.current_restatement."cause_zh" is '原因文字。The cause in words.';
comment on column published.current_restatement."city_name_zh" is '城市。Chinese name of the city.';

create or replace view published.current_sign_summary as
select
    (select max(publication_id) from published.publication) as "publication_id",
    "city_code",
    "sign_code",
    "period_type",
    "period_start",
    "city_name_zh",
    "sign_name_zh",
    "measure_code",
    "sign_category",
    "area_level",
    "area_code",
    "area_name_zh",
    "reading_unit",
    "observations",
    "reading_min",
    "reading_mean",
    "reading_max",
    "reading_last",
    "last_observed_date"
from frozen.sign_summary
where until_publication_id is null;

comment on view published.current_sign_summary is '最新发布：城市体征汇总：每体征每月、每年一行。 City signs: one row per sign and local month or year.';
comment on column published.current_sign_summary."publication_id" is '发布编号。Publication that holds the row.';
comment on column published.current_sign_summary."city_code" is '城市代码。City.';
comment on column published.current_sign_summary."sign_code" is '体征代码；每个被测区域自有体征。Code of the sign; each area that is measured has a sign of its own.';
comment on column published.current_sign_summary."period_type" is '周期类型：month 月，year 年。month or year (local calendar of the city).';
comment on column published.current_sign_summary."period_start" is '周期起（当地）。First local day of the period.';
comment on column published.current_sign_summary."city_name_zh" is '城市名称。Chinese name of the city.';
comment on column published.current_sign_summary."sign_name_zh" is '体征名称，名录中没有的为代码。Chinese name of the sign; its code where the register has none.';
comment on column published.current_sign_summary."measure_code" is '指标代码，各区域相同；名录中没有的为空。What is measured, the same in every area; empty text where unregistered.';
comment on column published.current_sign_summary."sign_category" is '体征大类：population 人（仅汇总）、thing 物、activity 动、state 态。population (sums only), thing, activity or state.';
comment on column published.current_sign_summary."area_level" is '区域层级，未知为空。Level of the area, or empty text.';
comment on column published.current_sign_summary."area_code" is '区域代码，未知为空。Area that the readings stand for, or empty text.';
comment on column published.current_sign_summary."area_name_zh" is '区域名称，未知为空。Chinese name of the area, or empty text.';
comment on column published.current_sign_summary."reading_unit" is '计量单位。UCUM code of the readings; 1 for a plain number.';
comment on column published.current_sign_summary."observations" is '观测次数。Observations in the period, corrections applied.';
comment on column published.current_sign_summary."reading_min" is '最小值。Least reading.';
comment on column published.current_sign_summary."reading_mean" is '平均值。Mean reading.';
comment on column published.current_sign_summary."reading_max" is '最大值。Greatest reading.';
comment on column published.current_sign_summary."reading_last" is '期末值。Last reading of the period.';
comment on column published.current_sign_summary."last_observed_date" is '最近观测日期（当地）。Local day of the last observation.';

create or replace view published.current_source_summary as
select
    (select max(publication_id) from published.publication) as "publication_id",
    "city_code",
    "source",
    "requests",
    "completed",
    "open",
    "cancelled",
    "duplicates",
    "information_only",
    "events_count",
    "closed_before_receipt",
    "corrected",
    "conflicting",
    "published_as",
    "small_cell_k",
    "first_event_at_utc",
    "last_event_at_utc",
    "data_as_of_utc",
    "city_name_zh",
    "source_name_zh",
    "is_in_rates",
    "data_as_of_zh"
from frozen.source_summary
where until_publication_id is null;

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
comment on column published.current_source_summary."events_count" is '诉求事件条数。Distinct events behind the requests.';
comment on column published.current_source_summary."closed_before_receipt" is '办结早于受理的事项（计为办结，不计按期与时长）。Cases closed before they came; closed, never on time, without a duration.';
comment on column published.current_source_summary."corrected" is '被来源更正的受理或办结时间。Times of receipt or closing that the source corrected later.';
comment on column published.current_source_summary."conflicting" is '同一环节内容不一的记录。Receipts or closings told twice at once with different times; the earlier one holds.';
comment on column published.current_source_summary."published_as" is '公布方式：cases 逐件，counts 仅计数。cases (case_fact) or counts (case_count).';
comment on column published.current_source_summary."small_cell_k" is '最小单元阈值。No cell of the source is shown under it.';
comment on column published.current_source_summary."first_event_at_utc" is '最早事件时间。Earliest event time (UTC).';
comment on column published.current_source_summary."last_event_at_utc" is '最晚事件时间。Latest event time (UTC).';
comment on column published.current_source_summary."data_as_of_utc" is '数据截至。As-of instant T of the city (UTC).';
comment on column published.current_source_summary."city_name_zh" is '城市。Chinese name of the city.';
comment on column published.current_source_summary."source_name_zh" is '来源名称。Chinese name of the source.';
comment on column published.current_source_summary."is_in_rates" is '是否计入三率与工单各率。True where the rates of families R and T count this source.';
comment on column published.current_source_summary."data_as_of_zh" is '数据截至（当地时间）。As-of instant in words, by the clock of the city.';
