-- Reference tables, filled by `streams.reference.load`, the clocks' by `streams.builds.calendars`;
-- made by `citybrain contracts render`; do not edit.
-- Run as the owner; safe to run again.

create schema if not exists raw;

create table if not exists raw.ref_city (
    "city_code" text not null,
    "name_zh" text not null,
    "name_en" text not null,
    "time_zone" text not null,
    "mode" text not null,
    "clock" text not null,
    "admin_code" text not null,
    "has_time_limits" boolean not null,
    "has_callbacks" boolean not null,
    "has_grids" boolean not null,
    "count_basically_resolved" boolean not null,
    "small_cell_k" integer not null,
    "coordinate_system" text,
    "grid_scheme" text,
    "category_switch_on" date,
    primary key (city_code)
);

alter table raw.ref_city
    add column if not exists "coordinate_system" text,
    add column if not exists "grid_scheme" text,
    add column if not exists "category_switch_on" date;

comment on table raw.ref_city is '城市。One row per city, from streams/contracts/cities.';
comment on column raw.ref_city."city_code" is '城市代码。City that the row belongs to.';
comment on column raw.ref_city."name_zh" is '中文名称。Chinese name.';
comment on column raw.ref_city."name_en" is '英文名称。English name; empty text where there is none.';
comment on column raw.ref_city."time_zone" is '时区。IANA name; days and months follow it.';
comment on column raw.ref_city."mode" is '数据方式。live or historical.';
comment on column raw.ref_city."clock" is '时钟。What known time follows.';
comment on column raw.ref_city."admin_code" is '行政区划代码。Official code of the jurisdiction.';
comment on column raw.ref_city."has_time_limits" is '有无办结期限。False: on-time rates are n/a.';
comment on column raw.ref_city."has_callbacks" is '有无回访。False: resolution and satisfaction are n/a.';
comment on column raw.ref_city."has_grids" is '有无网格。False: grid indicators are n/a.';
comment on column raw.ref_city."count_basically_resolved" is '基本解决是否计为解决。Numerator rule of R02.';
comment on column raw.ref_city."small_cell_k" is '最小单元阈值。Cells with n under it are suppressed.';
comment on column raw.ref_city."coordinate_system" is '坐标系。Of every point of the city.';
comment on column raw.ref_city."grid_scheme" is '网格编码规则。A scheme of ref_grid_scheme; null: no grids.';
comment on column raw.ref_city."category_switch_on" is '城管分类切换日。First local day of the 2026 codes of city management; null: never.';

create table if not exists raw.ref_area (
    "city_code" text not null,
    "area_code" text not null,
    "area_level" text not null,
    "parent_area_code" text,
    "name_zh" text not null,
    "name_en" text not null,
    "area_type" text not null,
    "valid_from" date not null,
    "valid_to" date,
    primary key (city_code, area_code, valid_from)
);

alter table raw.ref_area
    add column if not exists "parent_area_code" text,
    add column if not exists "valid_to" date;

comment on table raw.ref_area is '区域。One row per area above the grid (community, street, city) and version.';
comment on column raw.ref_area."city_code" is '城市代码。City that the row belongs to.';
comment on column raw.ref_area."area_code" is '区域代码。Code of the area, unique in its city.';
comment on column raw.ref_area."area_level" is '区域层级。Level.';
comment on column raw.ref_area."parent_area_code" is '上级区域代码。Null at the top.';
comment on column raw.ref_area."name_zh" is '中文名称。Chinese name.';
comment on column raw.ref_area."name_en" is '英文名称。English name; empty text where there is none.';
comment on column raw.ref_area."area_type" is '城乡类型。urban, rural or empty text.';
comment on column raw.ref_area."valid_from" is '生效日期。First day it holds.';
comment on column raw.ref_area."valid_to" is '失效日期。First day it holds no longer; null while it does.';

create table if not exists raw.ref_admin_area (
    "area_code" text not null,
    "area_level" text not null,
    "parent_area_code" text,
    "name_zh" text not null,
    "valid_from" date not null,
    "valid_to" date,
    primary key (area_code, valid_from)
);

alter table raw.ref_admin_area
    add column if not exists "parent_area_code" text,
    add column if not exists "valid_to" date;

comment on table raw.ref_admin_area is '全国行政区划。One row per area of the national statistical codes and version, from province to street.';
comment on column raw.ref_admin_area."area_code" is '区划代码。2, 4, 6 or 9 digits; begins with its parent''s.';
comment on column raw.ref_admin_area."area_level" is '区划层级。Level.';
comment on column raw.ref_admin_area."parent_area_code" is '上级区划代码。Null for a province.';
comment on column raw.ref_admin_area."name_zh" is '中文名称。Chinese name.';
comment on column raw.ref_admin_area."valid_from" is '生效日期。First day it holds.';
comment on column raw.ref_admin_area."valid_to" is '失效日期。First day it holds no longer; null while it does.';

create table if not exists raw.ref_area_predecessor (
    "area_code" text not null,
    "predecessor_code" text not null,
    "predecessor_name_zh" text not null,
    "change_kind" text not null,
    "changed_on" date not null,
    primary key (area_code, predecessor_code, changed_on)
);

comment on table raw.ref_area_predecessor is '区划沿革。One row per area and the one it came from; a code that is gone finds its successors here.';
comment on column raw.ref_area_predecessor."area_code" is '区划代码。The area that came after.';
comment on column raw.ref_area_predecessor."predecessor_code" is '原区划代码。The area that was before.';
comment on column raw.ref_area_predecessor."predecessor_name_zh" is '原名称。What it was called.';
comment on column raw.ref_area_predecessor."change_kind" is '变更方式。recoded: all of it under a new code; merged: into one that stood; split: a part of it.';
comment on column raw.ref_area_predecessor."changed_on" is '变更日期。First day of the month of the change.';

create table if not exists raw.ref_grid_scheme (
    "grid_scheme" text not null,
    "name_zh" text not null,
    "name_en" text not null,
    "segments" text not null,
    "code_pattern" text not null,
    "source" text not null,
    primary key (grid_scheme)
);

comment on table raw.ref_grid_scheme is '网格编码规则。One row per scheme of grid codes.';
comment on column raw.ref_grid_scheme."grid_scheme" is '规则代码。Name of the scheme.';
comment on column raw.ref_grid_scheme."name_zh" is '中文名称。Chinese name.';
comment on column raw.ref_grid_scheme."name_en" is '英文名称。English name; empty text where there is none.';
comment on column raw.ref_grid_scheme."segments" is '编码结构。Parts and their lengths, in order: `admin:6 street:3 ...`.';
comment on column raw.ref_grid_scheme."code_pattern" is '编码格式。Regular expression of a whole code.';
comment on column raw.ref_grid_scheme."source" is '依据。Standard or page that it was read in, and how surely.';

create table if not exists raw.ref_grid (
    "city_code" text not null,
    "grid_code" text not null,
    "community_code" text not null,
    "street_code" text not null,
    "grid_type" text not null,
    "households" integer not null,
    "area_km2" double precision not null,
    "ring" text not null,
    "valid_from" date not null,
    "valid_to" date,
    primary key (city_code, grid_code, valid_from)
);

alter table raw.ref_grid
    add column if not exists "valid_to" date;

comment on table raw.ref_grid is '网格。One row per grid and version, with its ring; neighbours share edges.';
comment on column raw.ref_grid."city_code" is '城市代码。City that the row belongs to.';
comment on column raw.ref_grid."grid_code" is '网格编码。15-digit code.';
comment on column raw.ref_grid."community_code" is '社区代码。Community that it lies in.';
comment on column raw.ref_grid."street_code" is '街镇代码。Street or town that it lies in.';
comment on column raw.ref_grid."grid_type" is '网格类型。urban or rural.';
comment on column raw.ref_grid."households" is '户数。Households, a plain count.';
comment on column raw.ref_grid."area_km2" is '面积(平方公里)。Area in square kilometres.';
comment on column raw.ref_grid."ring" is '边界。Closed ring [[lon,lat],...] as JSON text.';
comment on column raw.ref_grid."valid_from" is '生效日期。First day it holds.';
comment on column raw.ref_grid."valid_to" is '失效日期。First day it holds no longer; null while it does.';

create table if not exists raw.ref_unit (
    "city_code" text not null,
    "unit_code" text not null,
    "name_zh" text not null,
    "name_en" text not null,
    "unit_type" text not null,
    "valid_from" date not null,
    "valid_to" date,
    primary key (city_code, unit_code, valid_from)
);

alter table raw.ref_unit
    add column if not exists "valid_to" date;

comment on table raw.ref_unit is '承办单位。One row per body that handles cases and version; never a person.';
comment on column raw.ref_unit."city_code" is '城市代码。City that the row belongs to.';
comment on column raw.ref_unit."unit_code" is '单位代码。Code in the source''s own scheme.';
comment on column raw.ref_unit."name_zh" is '中文名称。Chinese name.';
comment on column raw.ref_unit."name_en" is '英文名称。English name; empty text where there is none.';
comment on column raw.ref_unit."unit_type" is '单位类型。Peer group of the unit.';
comment on column raw.ref_unit."valid_from" is '生效日期。First day it holds.';
comment on column raw.ref_unit."valid_to" is '失效日期。First day it holds no longer; null while it does.';

create table if not exists raw.ref_duty (
    "city_code" text not null,
    "duty_code" text not null,
    "name_zh" text not null,
    "name_en" text not null,
    "business_line" text not null,
    "valid_from" date not null,
    "valid_to" date,
    primary key (city_code, duty_code, valid_from)
);

alter table raw.ref_duty
    add column if not exists "valid_to" date;

comment on table raw.ref_duty is '责任事项。One row per duty of the city''s bodies and version.';
comment on column raw.ref_duty."city_code" is '城市代码。City that the row belongs to.';
comment on column raw.ref_duty."duty_code" is '责任事项代码。Code of the duty.';
comment on column raw.ref_duty."name_zh" is '中文名称。Chinese name.';
comment on column raw.ref_duty."name_en" is '英文名称。English name; empty text where there is none.';
comment on column raw.ref_duty."business_line" is '业务条线。Line of business.';
comment on column raw.ref_duty."valid_from" is '生效日期。First day it holds.';
comment on column raw.ref_duty."valid_to" is '失效日期。First day it holds no longer; null while it does.';

create table if not exists raw.ref_responsibility (
    "city_code" text not null,
    "duty_code" text not null,
    "unit_code" text not null,
    "role" text not null,
    "valid_from" date not null,
    "valid_to" date,
    primary key (city_code, duty_code, unit_code, valid_from)
);

alter table raw.ref_responsibility
    add column if not exists "valid_to" date;

comment on table raw.ref_responsibility is '责任分工。One row per body that takes part in a duty and version: the filled cells of the matrix.';
comment on column raw.ref_responsibility."city_code" is '城市代码。City that the row belongs to.';
comment on column raw.ref_responsibility."duty_code" is '责任事项代码。A duty of ref_duty.';
comment on column raw.ref_responsibility."unit_code" is '单位代码。A body of ref_unit.';
comment on column raw.ref_responsibility."role" is '分工。lead: answers for it; support: helps.';
comment on column raw.ref_responsibility."valid_from" is '生效日期。First day it holds.';
comment on column raw.ref_responsibility."valid_to" is '失效日期。First day it holds no longer; null while it does.';

create table if not exists raw.ref_centre (
    "city_code" text not null,
    "centre_code" text not null,
    "name_zh" text not null,
    "name_en" text not null,
    "centre_level" text not null,
    "area_code" text not null,
    "parent_centre_code" text,
    "state" text not null,
    "valid_from" date not null,
    "valid_to" date,
    primary key (city_code, centre_code, valid_from)
);

alter table raw.ref_centre
    add column if not exists "parent_centre_code" text,
    add column if not exists "valid_to" date;

comment on table raw.ref_centre is '综治中心。One row per governance centre and version.';
comment on column raw.ref_centre."city_code" is '城市代码。City that the row belongs to.';
comment on column raw.ref_centre."centre_code" is '中心代码。Code of the centre.';
comment on column raw.ref_centre."name_zh" is '中文名称。Chinese name.';
comment on column raw.ref_centre."name_en" is '英文名称。English name; empty text where there is none.';
comment on column raw.ref_centre."centre_level" is '中心层级。Level that it serves.';
comment on column raw.ref_centre."area_code" is '区域代码。Area that it serves.';
comment on column raw.ref_centre."parent_centre_code" is '上级中心代码。Null at the top.';
comment on column raw.ref_centre."state" is '建设状态。How far it is.';
comment on column raw.ref_centre."valid_from" is '生效日期。First day it holds.';
comment on column raw.ref_centre."valid_to" is '失效日期。First day it holds no longer; null while it does.';

create table if not exists raw.ref_category (
    "city_code" text not null,
    "category_scheme" text not null,
    "category_code" text not null,
    "name_zh" text not null,
    "name_en" text not null,
    "family" text not null,
    "valid_from" date not null,
    "valid_to" date,
    primary key (city_code, category_scheme, category_code, valid_from)
);

alter table raw.ref_category
    add column if not exists "valid_to" date;

comment on table raw.ref_category is '事项分类。One row per category of a scheme and version.';
comment on column raw.ref_category."city_code" is '城市代码。City that the row belongs to.';
comment on column raw.ref_category."category_scheme" is '分类标准。Scheme of the code.';
comment on column raw.ref_category."category_code" is '分类代码。Code inside the scheme.';
comment on column raw.ref_category."name_zh" is '中文名称。Chinese name.';
comment on column raw.ref_category."name_en" is '英文名称。English name; empty text where there is none.';
comment on column raw.ref_category."family" is '类别族。Coarse family, comparable across schemes.';
comment on column raw.ref_category."valid_from" is '生效日期。First day it holds.';
comment on column raw.ref_category."valid_to" is '失效日期。First day it holds no longer; null while it does.';

create table if not exists raw.ref_category_scheme (
    "category_scheme" text not null,
    "name_zh" text not null,
    "name_en" text not null,
    "object_kind" text not null,
    "code_pattern" text not null,
    "local_pattern" text,
    "source" text not null,
    primary key (category_scheme)
);

alter table raw.ref_category_scheme
    add column if not exists "local_pattern" text;

comment on table raw.ref_category_scheme is '分类标准。One row per category scheme.';
comment on column raw.ref_category_scheme."category_scheme" is '分类标准。Name of the scheme.';
comment on column raw.ref_category_scheme."name_zh" is '中文名称。Chinese name.';
comment on column raw.ref_category_scheme."name_en" is '英文名称。English name; empty text where there is none.';
comment on column raw.ref_category_scheme."object_kind" is '对象类型。part, matter, or empty text.';
comment on column raw.ref_category_scheme."code_pattern" is '代码格式。Regular expression of a whole code.';
comment on column raw.ref_category_scheme."local_pattern" is '扩展代码格式。Codes left to cities; null: none are.';
comment on column raw.ref_category_scheme."source" is '依据。Where the codes come from, and how official they are.';

create table if not exists raw.ref_category_family (
    "family" text not null,
    "name_en" text not null,
    primary key (family)
);

comment on table raw.ref_category_family is '类别族。One row per family of categories: the words that all schemes share.';
comment on column raw.ref_category_family."family" is '类别族。Name of the family.';
comment on column raw.ref_category_family."name_en" is '英文名称。English name.';

create table if not exists raw.ref_device (
    "city_code" text not null,
    "device_id" text not null,
    "device_class" text not null,
    "name_zh" text not null,
    "name_en" text not null,
    "unit_code" text not null,
    "grid_code" text not null,
    "longitude" double precision not null,
    "latitude" double precision not null,
    "valid_from" date not null,
    "valid_to" date,
    primary key (city_code, device_id, valid_from)
);

alter table raw.ref_device
    add column if not exists "valid_to" date;

comment on table raw.ref_device is '视频与感知设备。One row per public camera or sensor and version; household devices are on no list.';
comment on column raw.ref_device."city_code" is '城市代码。City that the row belongs to.';
comment on column raw.ref_device."device_id" is '设备编号。Number of the asset.';
comment on column raw.ref_device."device_class" is '设备类别。Class of the asset.';
comment on column raw.ref_device."name_zh" is '中文名称。Chinese name.';
comment on column raw.ref_device."name_en" is '英文名称。English name; empty text where there is none.';
comment on column raw.ref_device."unit_code" is '管理单位代码。Body that keeps it.';
comment on column raw.ref_device."grid_code" is '网格编码。Grid that it stands in.';
comment on column raw.ref_device."longitude" is '经度。In the city''s coordinate system, degrees.';
comment on column raw.ref_device."latitude" is '纬度。In the city''s coordinate system, degrees.';
comment on column raw.ref_device."valid_from" is '生效日期。First day it holds.';
comment on column raw.ref_device."valid_to" is '失效日期。First day it holds no longer; null while it does.';

create table if not exists raw.ref_sign (
    "city_code" text not null,
    "sign_code" text not null,
    "sign_category" text not null,
    "measure_code" text not null,
    "name_zh" text not null,
    "name_en" text not null,
    "unit_code" text not null,
    "area_code" text not null,
    "reading_unit" text not null,
    "usual_low" double precision not null,
    "usual_high" double precision not null,
    "observe_every" text not null,
    "valid_from" date not null,
    "valid_to" date,
    primary key (city_code, sign_code, valid_from)
);

alter table raw.ref_sign
    add column if not exists "valid_to" date;

comment on table raw.ref_sign is '城市体征。One row per sign (a measure in an area) and version.';
comment on column raw.ref_sign."city_code" is '城市代码。City that the row belongs to.';
comment on column raw.ref_sign."sign_code" is '体征编码。Code of the sign.';
comment on column raw.ref_sign."sign_category" is '体征类别。People as aggregates only, things, activity, state.';
comment on column raw.ref_sign."measure_code" is '指标代码。What is measured, the same in every area.';
comment on column raw.ref_sign."name_zh" is '中文名称。Chinese name.';
comment on column raw.ref_sign."name_en" is '英文名称。English name; empty text where there is none.';
comment on column raw.ref_sign."unit_code" is '数据责任单位代码。Body that answers for the readings.';
comment on column raw.ref_sign."area_code" is '区域代码。Area that the readings stand for.';
comment on column raw.ref_sign."reading_unit" is '计量单位。UCUM code; 1 for a plain number.';
comment on column raw.ref_sign."usual_low" is '常规下限。Lower end of the usual range.';
comment on column raw.ref_sign."usual_high" is '常规上限。Upper end of the usual range.';
comment on column raw.ref_sign."observe_every" is '观测间隔。ISO 8601 duration between readings.';
comment on column raw.ref_sign."valid_from" is '生效日期。First day it holds.';
comment on column raw.ref_sign."valid_to" is '失效日期。First day it holds no longer; null while it does.';

create table if not exists raw.ref_clock_calendar (
    "city_code" text not null,
    "calendar_version" integer not null,
    "calendar" text not null,
    "name_zh" text not null,
    "name_en" text not null,
    "time_zone" text not null,
    "known_from_utc" timestamp not null,
    "settled_to" date not null,
    "notice" text not null,
    "source" text not null,
    "fingerprint" text not null,
    primary key (city_code, calendar_version)
);

comment on table raw.ref_clock_calendar is '工作日历。One row per city and version of its working calendar: what was known from when on, and who said so.';
comment on column raw.ref_clock_calendar."city_code" is '城市代码。City that the row belongs to.';
comment on column raw.ref_clock_calendar."calendar_version" is '日历版本。0: as this code knows it; one more each announcement.';
comment on column raw.ref_clock_calendar."calendar" is '日历代码。A calendar of the clocks.';
comment on column raw.ref_clock_calendar."name_zh" is '中文名称。Chinese name.';
comment on column raw.ref_clock_calendar."name_en" is '英文名称。English name; empty text where there is none.';
comment on column raw.ref_clock_calendar."time_zone" is '时区。IANA name that the calendar is laid over.';
comment on column raw.ref_clock_calendar."known_from_utc" is '知悉时间(UTC)。From when on the city counted by it.';
comment on column raw.ref_clock_calendar."settled_to" is '已公布至。Last day whose days off are published; later ones may move.';
comment on column raw.ref_clock_calendar."notice" is '公布文件。Notice of the year that the version added; empty text for 0.';
comment on column raw.ref_clock_calendar."source" is '出处。Where the notice stands; empty text for 0.';
comment on column raw.ref_clock_calendar."fingerprint" is '指纹。Hash of all that the lookup is made of.';

create table if not exists raw.ref_clock_instant (
    "city_code" text not null,
    "calendar_version" integer not null,
    "utc_day" integer not null,
    "start_us" bigint not null,
    "end_us" bigint not null,
    "worked_before_us" bigint not null,
    "is_worked" boolean not null,
    "day_no" integer not null,
    "day_start_us" bigint not null,
    "is_workday" boolean not null,
    "workdays_before" integer not null,
    primary key (city_code, calendar_version, utc_day, start_us)
);

comment on table raw.ref_clock_instant is '时钟查找表(时刻)。One row per city, version and piece of time in which nothing of the calendar changes; whole microseconds.';
comment on column raw.ref_clock_instant."city_code" is '城市代码。City that the row belongs to.';
comment on column raw.ref_clock_instant."calendar_version" is '日历版本。0: as this code knows it; one more each announcement.';
comment on column raw.ref_clock_instant."utc_day" is 'UTC日序。Days since 1970 of the piece.';
comment on column raw.ref_clock_instant."start_us" is '起点。First instant of the piece.';
comment on column raw.ref_clock_instant."end_us" is '终点。First instant after it.';
comment on column raw.ref_clock_instant."worked_before_us" is '此前工作时间。Working time before the piece.';
comment on column raw.ref_clock_instant."is_worked" is '是否工作时段。Whether the piece is worked.';
comment on column raw.ref_clock_instant."day_no" is '当地日序。Local day that holds it, counted from the calendar''s first.';
comment on column raw.ref_clock_instant."day_start_us" is '当日起点。First instant of that day.';
comment on column raw.ref_clock_instant."is_workday" is '是否工作日。Whether that day is a working day.';
comment on column raw.ref_clock_instant."workdays_before" is '此前工作日数。Working days before that day.';

create table if not exists raw.ref_clock_end (
    "city_code" text not null,
    "calendar_version" integer not null,
    "count_by" text not null,
    "bucket" bigint not null,
    "after" bigint not null,
    "until" bigint not null,
    "base_us" bigint not null,
    "is_settled" boolean not null,
    primary key (city_code, calendar_version, count_by, bucket, after)
);

comment on table raw.ref_clock_end is '时钟查找表(到期)。One row per city, version, way of counting and piece of its amounts, with the instant at which they end.';
comment on column raw.ref_clock_end."city_code" is '城市代码。City that the row belongs to.';
comment on column raw.ref_clock_end."calendar_version" is '日历版本。0: as this code knows it; one more each announcement.';
comment on column raw.ref_clock_end."count_by" is '计数方式。Clock; rolled: a natural day off moves to the next working day.';
comment on column raw.ref_clock_end."bucket" is '分段。Part of the amounts that the row lies in: a key to join by.';
comment on column raw.ref_clock_end."after" is '数量下限。The row holds amounts over this: microseconds, or counted days.';
comment on column raw.ref_clock_end."until" is '数量上限。And not over this.';
comment on column raw.ref_clock_end."base_us" is '基准时刻。End of the day; of hours the instant that `after` is reached.';
comment on column raw.ref_clock_end."is_settled" is '日历是否已公布。False: a calendar to come may move it.';
