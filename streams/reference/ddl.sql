-- Reference tables of the warehouse: who and where. Applied by `streams.reference.load` with the owner's role,
-- filled from `streams/reference/data/*.csv` and the city files; nothing else writes them.
create schema if not exists raw;

create table if not exists raw.ref_city (
    city_code text primary key,
    name_zh text not null,
    name_en text not null,
    time_zone text not null,
    mode text not null check (mode in ('live', 'historical')),
    clock text not null check (clock in ('ingest', 'recorded')),
    admin_code text not null,
    has_time_limits boolean not null,
    has_callbacks boolean not null,
    has_grids boolean not null,
    count_basically_resolved boolean not null,
    small_cell_k integer not null check (small_cell_k >= 1)
);
comment on table raw.ref_city is '城市。One row per city, from streams/contracts/cities.';
comment on column raw.ref_city.mode is '实时或历史。live or historical: history has no lateness and no freshness.';
comment on column raw.ref_city.clock is '知悉时钟。recorded: known at the source''s own time; ingest: at our intake.';
comment on column raw.ref_city.small_cell_k is '小单元阈值。Cells with fewer cases are suppressed.';

create table if not exists raw.ref_area (
    city_code text not null,
    area_code text not null,
    area_level text not null check (area_level in ('community', 'street', 'city')),
    parent_area_code text,
    name_zh text not null,
    name_en text not null,
    area_type text not null check (area_type in ('urban', 'rural', '')),
    valid_from date not null,
    valid_to date,
    primary key (city_code, area_code, valid_from)
);
comment on table raw.ref_area is '区域。One row per community, street/town or city and validity; grids are in ref_grid.';
comment on column raw.ref_area.parent_area_code is '上级区域。Null for the city itself.';
comment on column raw.ref_area.valid_to is '失效日。Exclusive; null while it stands.';

create table if not exists raw.ref_grid (
    city_code text not null,
    grid_code text not null,
    community_code text not null,
    street_code text not null,
    grid_type text not null check (grid_type in ('urban', 'rural')),
    households integer not null check (households >= 0),
    area_km2 double precision not null check (area_km2 > 0),
    ring text not null,
    valid_from date not null,
    valid_to date,
    primary key (city_code, grid_code, valid_from)
);
comment on table raw.ref_grid is '网格。One row per 15-digit grid and validity.';
comment on column raw.ref_grid.households is '户数。Households as a size, nothing about them.';
comment on column raw.ref_grid.area_km2 is '面积(平方公里)。';
comment on column raw.ref_grid.ring is '边界。Closed ring as JSON [[lon,lat],…]; neighbours share their edges exactly.';

create table if not exists raw.ref_unit (
    city_code text not null,
    unit_code text not null,
    name_zh text not null,
    name_en text not null,
    unit_type text not null,
    valid_from date not null,
    valid_to date,
    primary key (city_code, unit_code, valid_from)
);
comment on table raw.ref_unit is '承办单位。One row per body that handles cases and validity; never a person.';
comment on column raw.ref_unit.unit_type is '单位类型。Peer group for rankings.';

create table if not exists raw.ref_category (
    city_code text not null,
    category_scheme text not null,
    category_code text not null,
    name_zh text not null,
    name_en text not null,
    family text not null,
    valid_from date not null,
    valid_to date,
    primary key (city_code, category_scheme, category_code, valid_from)
);
comment on table raw.ref_category is '诉求分类。One row per code of a category scheme and validity.';
comment on column raw.ref_category.family is '类别族。What the code is summed up in.';

create table if not exists raw.ref_device (
    city_code text not null,
    device_id text not null,
    device_class text not null,
    name_zh text not null,
    name_en text not null,
    unit_code text not null,
    grid_code text not null,
    longitude double precision not null,
    latitude double precision not null,
    valid_from date not null,
    valid_to date,
    primary key (city_code, device_id, valid_from)
);
comment on table raw.ref_device is '视频与感知设备。One row per public camera or sensor and validity; no household one.';
comment on column raw.ref_device.valid_to is '拆除日。First day it no longer stands; null while it does.';

create table if not exists raw.ref_sign (
    city_code text not null,
    sign_code text not null,
    sign_category text not null check (sign_category in ('population', 'thing', 'activity', 'state')),
    measure_code text not null,
    name_zh text not null,
    name_en text not null,
    unit_code text not null,
    area_code text not null,
    reading_unit text not null,
    usual_low double precision not null,
    usual_high double precision not null check (usual_high > usual_low),
    observe_every text not null,
    valid_from date not null,
    valid_to date,
    primary key (city_code, sign_code, valid_from)
);
comment on table raw.ref_sign is '城市体征。One row per sign (a measure in an area) and validity.';
comment on column raw.ref_sign.sign_category is '体征类别。population (人, aggregates only), thing (物), activity (动), state (态).';
comment on column raw.ref_sign.observe_every is '观测间隔。ISO 8601 duration.';
