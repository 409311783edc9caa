-- A table that is built anew stays in `teal_retired`, and the views on it, until its successor is
-- loaded: the id of that one; null as soon as it is.
alter table teal.merge_table add column successor bigint;

-- Columns that no committed batch has filled yet: views do not show them.
alter table teal.merge_table add column fresh text[] not null default '{}';
