-- Publications of before 2026-12 were whole copies in schema `published`. They are moved aside as they are, for the owner
-- alone, and their numbers stay taken; single cases, which told too much, are dropped. A no-op where there are none.

do $$
declare
    old record;
begin
    if not exists (
        select from pg_class where oid = to_regclass('published.indicator_value') and relkind = 'r'
    ) then
        return;
    end if;
    create schema if not exists published_before;
    drop table published.case_fact cascade;
    for old in
        select tablename from pg_tables
        where schemaname = 'published' and tablename not in ('publication', 'restatement')
    loop
        execute format('drop view if exists published.%I', 'current_' || old.tablename);
        execute format('alter table published.%I set schema published_before', old.tablename);
    end loop;
    alter table ops.publication_content set schema published_before;
end
$$;
