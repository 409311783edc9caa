-- Schema teal, version 2: what people ask of a stream beyond its schedule, a comparison of every row
-- or a load from zero.

-- ---------------------------------------------------------------- control
create table teal.resync (
    stream_id bigint not null,
    number bigint not null check (number > 0),          -- rises for each stream; done: stream_state.resync_served
    datasets text[] not null default '{}',              -- empty: all of the stream
    discard_history boolean not null default false,     -- load from zero instead of comparing
    reason text not null default '',
    by_whom text not null default '',
    at timestamptz not null default clock_timestamp(),
    cancelled_at timestamptz,                           -- taken back before it was done
    primary key (stream_id, number)
);

-- ---------------------------------------------------------------- ledger
alter table teal.stream_state
    add column resync_served bigint not null default 0; -- highest resync that a committed batch did
alter table teal.batch
    add column resync bigint not null default 0;        -- highest resync that it does
alter table teal.batch_dataset
    add column compares_rows boolean not null default false; -- hashes are not trusted: values are compared
