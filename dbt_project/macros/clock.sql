{#- When something is due and how long it was worked on: the rules of `streams.clocks.clock` as SQL over its lookup tables,
    without a loop over cases or days. Each macro gives a whole query; tests hold its answers equal to Python's.

    Instants and amounts are whole microseconds inside (bigint, instants since 1970 UTC), timestamps at the borders.
    `key`: columns that name a case, `city_code` among them. `cases` and `pauses` are relations or CTEs:

    cases   key, calendar_version, started_at_utc; for due_at: clock, time_limit (hours or days, extensions included),
            rolls_to_workday; for worked_minutes: ended_at_utc (null: nothing is counted yet)
    pauses  key, paused_at_utc, resumed_at_utc (null: not ended); may overlap and come in any order -#}

{#- The end of a pause that has none yet, after every instant of a calendar. -#}
{%- macro clock_open_us() -%} 9000000000000000000 {%- endmacro -%}

{#- Worked time in one bucket of the table of ends: HOUR_BUCKET_US of the clocks. -#}
{%- macro clock_bucket_us() -%} 14400000000 {%- endmacro -%}

{%- macro clock_hour_us() -%} 3600000000 {%- endmacro -%}

{%- macro clock_minute_us() -%} 60000000 {%- endmacro -%}

{%- macro clock_day_us() -%} 86400000000 {%- endmacro -%}

{#- due_at: key, due_at_utc (null while paused, and where the calendar doesn't reach), is_paused, is_provisional. -#}
{% macro due_at(cases, pauses, key) -%}
    with {{ united_pauses(pauses, key) }},

    started as (
        select
            {{ (key + ['calendar_version', 'clock']) | join(', ') }},
            case
                when clock in ('urgent_hour', 'work_hour') then time_limit * cast({{ clock_hour_us() }} as bigint)
                else time_limit
            end as amount,
            case when clock = 'natural_day' and rolls_to_workday then 'natural_day_rolled' else clock end as count_by,
            {{ to_us('started_at_utc') }} as start_us
        from {{ cases }}
    ),

    begun as (
        select
            started.{{ (key + ['calendar_version', 'clock', 'amount', 'count_by']) | join(', started.') }},
            {{ counted('started.clock', 'started.start_us', 'piece', 'true') }} as begun
        from started
        {{ standing('started', 'started.start_us', 'piece') }}
    ),

    paused as (
        select
            begun.{{ (key + ['calendar_version', 'clock', 'amount', 'begun']) | join(', begun.') }},
            united.start_us,
            united.end_us
        from united
        inner join begun on {{ same('united', 'begun', key) }}
        where united.end_us <> {{ clock_open_us() }}
    ),

    measured as (
        -- A pause before the start counts from the start on; a day clock loses the counted days wholly inside a pause.
        select
            paused.{{ (key + ['start_us', 'amount', 'begun']) | join(', paused.') }},
            greatest(
                {{ counted('paused.clock', 'paused.start_us', 'first', 'paused.start_us > first.day_start_us') }},
                paused.begun
            ) as counted_at_start,
            {{ counted('paused.clock', 'paused.end_us', 'last', 'false') }} as counted_at_end
        from paused
        {{ standing('paused', 'paused.start_us', 'first') }}
        {{ standing('paused', 'paused.end_us', 'last') }}
    ),

    held as (
        select
            {{ key | join(', ') }},
            amount,
            counted_at_start - begun as used,
            greatest(counted_at_end - counted_at_start, 0) as amount_held,
            coalesce(
                sum(greatest(counted_at_end - counted_at_start, 0)) over (
                    partition by {{ key | join(', ') }}
                    order by start_us
                    rows between unbounded preceding and 1 preceding
                ), 0
            ) as held_before
        from measured
    ),

    lengthened as (
        -- Only a pause that began before the limit was used up lengthens it.
        select
            {{ key | join(', ') }},
            cast(sum(case when used - held_before < amount then amount_held else 0 end) as bigint) as amount_held
        from held
        group by {{ key | join(', ') }}
    ),

    targets as (
        select
            begun.{{ (key + ['calendar_version', 'count_by']) | join(', begun.') }},
            begun.begun + begun.amount + coalesce(lengthened.amount_held, 0) as target
        from begun
        left join lengthened on {{ same('begun', 'lengthened', key) }}
    ),

    dues as (
        select
            targets.{{ key | join(', targets.') }},
            case
                when targets.count_by = 'urgent_hour' then targets.target
                when targets.count_by = 'work_hour' then ends.base_us + targets.target - ends.after
                else ends.base_us
            end as due_us,
            not coalesce(ends.is_settled, true) and targets.count_by <> 'natural_day' as is_unsettled
        from targets
        left join {{ ref('stg_ref__clock_ends') }} as ends
            on
                targets.city_code = ends.city_code
                and targets.calendar_version = ends.calendar_version
                and targets.count_by = ends.count_by
                and ends.bucket = case
                    when targets.count_by = 'work_hour'
                        then {{ divided('targets.target - 1', clock_bucket_us()) }}
                    else targets.target - 1
                end
                and targets.target > ends.after
                and targets.target <= ends.until
    ),

    stopped as (
        select
            dues.{{ (key + ['due_us', 'is_unsettled']) | join(', dues.') }},
            coalesce(united.start_us < dues.due_us, false) as is_paused
        from dues
        left join united
            on
                {{ same('dues', 'united', key) }}
                and united.end_us = {{ clock_open_us() }}
    )

    select
        {{ key | join(', ') }},
        case when not is_paused then {{ from_us('due_us') }} end as due_at_utc,
        is_paused,
        is_unsettled and not is_paused as is_provisional
    from stopped
{%- endmacro %}

{#- worked_minutes: key, worked_minutes in [started_at_utc, ended_at_utc) without its pauses, and paused_minutes, the
    working minutes inside that its pauses took; seconds as their fraction. 0 where the end is not after the start. -#}
{% macro worked_minutes(cases, pauses, key) -%}
    with {{ united_pauses(pauses, key) }},

    timed as (
        select
            {{ (key + ['calendar_version']) | join(', ') }},
            {{ to_us('started_at_utc') }} as start_us,
            greatest({{ to_us('ended_at_utc') }}, {{ to_us('started_at_utc') }}) as end_us
        from {{ cases }}
        where ended_at_utc is not null
    ),

    paused as (
        select
            timed.{{ (key + ['calendar_version']) | join(', timed.') }},
            greatest(united.start_us, timed.start_us) as start_us,
            least(united.end_us, timed.end_us) as end_us
        from united
        inner join timed on {{ same('united', 'timed', key) }}
        where united.start_us < timed.end_us and united.end_us > timed.start_us
    ),

    held as (
        select
            paused.{{ key | join(', paused.') }},
            sum(
                {{ worked_before('paused.end_us', 'last') }} - {{ worked_before('paused.start_us', 'first') }}
            ) as held_us
        from paused
        {{ standing('paused', 'paused.start_us', 'first') }}
        {{ standing('paused', 'paused.end_us', 'last') }}
        group by paused.{{ key | join(', paused.') }}
    ),

    worked as (
        select
            timed.{{ key | join(', timed.') }},
            {{ worked_before('timed.end_us', 'last') }} - {{ worked_before('timed.start_us', 'first') }} as worked_us
        from timed
        {{ standing('timed', 'timed.start_us', 'first') }}
        {{ standing('timed', 'timed.end_us', 'last') }}
    )

    select
        worked.{{ key | join(', worked.') }},
        cast(worked.worked_us - coalesce(held.held_us, 0) as {{ dbt.type_float() }}) / {{ clock_minute_us() }}
            as worked_minutes,
        cast(coalesce(held.held_us, 0) as {{ dbt.type_float() }}) / {{ clock_minute_us() }} as paused_minutes
    from worked
    left join held on {{ same('worked', 'held', key) }}
    where worked.worked_us is not null
{%- endmacro %}

{#- CTE `united`: of each case the union of its pauses, none empty, no two of them touching. -#}
{% macro united_pauses(pauses, key) -%}
    real_pauses as (
        select
            {{ key | join(', ') }},
            {{ to_us('paused_at_utc') }} as start_us,
            coalesce({{ to_us('resumed_at_utc') }}, {{ clock_open_us() }}) as end_us
        from {{ pauses }}
        where resumed_at_utc is null or resumed_at_utc > paused_at_utc
    ),

    begun_pauses as (
        select
            *,
            case
                when
                    start_us <= max(end_us) over (
                        partition by {{ key | join(', ') }}
                        order by start_us, end_us
                        rows between unbounded preceding and 1 preceding
                    )
                    then 0
                else 1
            end as is_begun
        from real_pauses
    ),

    numbered_pauses as (
        select
            *,
            sum(is_begun) over (
                partition by {{ key | join(', ') }}
                order by start_us, end_us
                rows between unbounded preceding and current row
            ) as span_no
        from begun_pauses
    ),

    united as (
        select
            {{ key | join(', ') }},
            min(start_us) as start_us,
            max(end_us) as end_us
        from numbered_pauses
        group by {{ key | join(', ') }}, span_no
    )
{%- endmacro %}

{#- Join of the piece of time in which an instant of `row` stands; empty where it lies outside the calendar. -#}
{% macro standing(row, us, piece) -%}
    left join {{ ref('stg_ref__clock_instants') }} as {{ piece }}
            on
                {{ row }}.city_code = {{ piece }}.city_code
                and {{ row }}.calendar_version = {{ piece }}.calendar_version
                and {{ piece }}.utc_day = {{ divided(us, clock_day_us()) }}
                and {{ us }} >= {{ piece }}.start_us
                and {{ us }} < {{ piece }}.end_us
{%- endmacro %}

{#- F: working time before an instant that stands in the piece. -#}
{% macro worked_before(us, piece) -%}
    ({{ piece }}.worked_before_us + case when {{ piece }}.is_worked then {{ us }} - {{ piece }}.start_us else 0 end)
{%- endmacro %}

{#- What a clock has counted before an instant; `is_next`: days count from the next one on. -#}
{% macro counted(clock, us, piece, is_next) -%}
    case {{ clock }}
                when 'urgent_hour' then {{ us }}
                when 'work_hour' then {{ worked_before(us, piece) }}
                when 'work_day'
                    then {{ piece }}.workdays_before + case when {{ piece }}.is_workday and {{ is_next }} then 1 else 0 end
                when 'natural_day' then {{ piece }}.day_no + case when {{ is_next }} then 1 else 0 end
            end
{%- endmacro %}

{% macro same(left, right, key) -%}
    {%- for column in key -%}
        {{ left }}.{{ column }} = {{ right }}.{{ column }}{% if not loop.last %} and {% endif %}
    {%- endfor -%}
{%- endmacro %}

{#- Before a query of the macros above, or another that joins cases with what is told of them, in its transaction:
    PostgreSQL can't know how many rows of a query-made relation share a key, takes them for one, and would compare each
    case of a city with each pause. -#}
{% macro by_hash_alone() -%} {{ adapter.dispatch('by_hash_alone', 'citybrain')() }} {%- endmacro %}

{% macro default__by_hash_alone() -%} {%- endmacro %}

{% macro postgres__by_hash_alone() -%}
    set local enable_nestloop = off; set local enable_mergejoin = off
{%- endmacro %}

{#- What engines say differently. -#}

{% macro to_us(timestamp_utc) -%} {{ adapter.dispatch('to_us', 'citybrain')(timestamp_utc) }} {%- endmacro %}

{% macro default__to_us(timestamp_utc) -%}
    cast(extract(epoch from {{ timestamp_utc }}) * 1000000 as bigint)
{%- endmacro %}

{% macro spark__to_us(timestamp_utc) -%} unix_micros({{ timestamp_utc }}) {%- endmacro %}

{% macro from_us(us) -%} {{ adapter.dispatch('from_us', 'citybrain')(us) }} {%- endmacro %}

{% macro default__from_us(us) -%}
    timestamp '1970-01-01 00:00:00' + {{ us }} * interval '1 microsecond'
{%- endmacro %}

{% macro spark__from_us(us) -%} timestamp_micros({{ us }}) {%- endmacro %}

{% macro divided(amount, width) -%} {{ adapter.dispatch('divided', 'citybrain')(amount, width) }} {%- endmacro %}

{% macro default__divided(amount, width) -%} ({{ amount }}) / {{ width }} {%- endmacro %}

{% macro spark__divided(amount, width) -%} ({{ amount }}) div {{ width }} {%- endmacro %}

{#- Whether something was done by its deadline: the end of a day is no part of it; a clock time is. -#}
{% macro kept_deadline(done_at, due_at, clock) -%}
    ({{ done_at }} < {{ due_at }} or ({{ done_at }} = {{ due_at }} and {{ clock }} in ('urgent_hour', 'work_hour')))
{%- endmacro %}
