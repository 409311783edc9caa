-- Schema teal, version 1. Two families of tables live here and never reference each other by
-- foreign key, as the control catalog may live in another database:
--   ledger   what moves with the data: positions, batches, counts (always beside the merge tables)
--   control  what is wanted: releases, streams, intent, plans, audit
-- Migrations expand first and contract later, so that older workers keep running.

-- ---------------------------------------------------------------- identity of the installation
create table teal.catalog (
    only_row boolean primary key default true check (only_row),
    uid uuid not null default gen_random_uuid(),        -- stands in each workflow's memo
    ecosystem text,                                     -- set by the first apply
    created_at timestamptz not null default clock_timestamp()
);
insert into teal.catalog default values;

-- ---------------------------------------------------------------- control
create table teal.release (
    id bigint generated always as identity primary key,
    hash text not null unique,
    body jsonb not null,                                -- teal_model::release::Release
    created_at timestamptz not null default clock_timestamp(),
    created_by text not null
);

create table teal.plan (
    id bigint generated always as identity primary key,
    hash text not null unique,
    release_id bigint not null references teal.release,
    base_release text,                                  -- hash of what was installed when it was made
    body jsonb not null,                                -- teal_model::plan::Plan
    state text not null default 'planned',              -- planned, applying, applied, failed
    created_at timestamptz not null default clock_timestamp(),
    created_by text not null,
    applied_at timestamptz,
    started_at timestamptz,                             -- first begin of the apply that runs it
    touched_at timestamptz                              -- sign of life of it; null: it stopped
);

create table teal.installed (                           -- one row: the release in force
    only_row boolean primary key default true check (only_row),
    release_id bigint not null references teal.release,
    applied_at timestamptz not null default clock_timestamp(),
    applied_by text not null
);

create table teal.stream (
    id bigint generated always as identity primary key, -- surrogate: renames keep history
    name text not null,                                 -- <platform>/<store>[/<dataset>]
    config jsonb not null,                              -- teal_model::release::StreamSpec
    config_hash text not null,
    ingest_class text not null,
    merge_class text not null,
    -- the resolved sizing of both activities, four values each (cpu in thousandths, memory in bytes)
    ingest_request_cpu bigint not null, ingest_request_memory bigint not null,
    ingest_limit_cpu bigint not null, ingest_limit_memory bigint not null,
    merge_request_cpu bigint not null, merge_request_memory bigint not null,
    merge_limit_cpu bigint not null, merge_limit_memory bigint not null,
    created_at timestamptz not null default clock_timestamp(),
    retired_at timestamptz
);
create unique index stream_name on teal.stream (name) where retired_at is null;

create table teal.intent (
    stream_id bigint primary key,
    wanted text not null default 'run' check (wanted in ('run', 'paused', 'retired')),
    reason text not null default '',
    by_whom text not null default '',
    at timestamptz not null default clock_timestamp()
);

create table teal.workspace (                           -- desired consumers of the installed release
    name text primary key,
    config jsonb not null,                              -- teal_model::release::WorkspaceSpec
    leaving boolean not null default false              -- its views and roles are about to go
);

create table teal.audit (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    by_whom text not null,
    verb text not null,                                 -- apply, pause, resume, run, retire, reload, …
    object text not null,                               -- stream/live/shop, apply/acme, …
    reason text not null default '',
    details jsonb not null default '{}'
);

-- ---------------------------------------------------------------- ledger
create table teal.stream_state (
    stream_id bigint primary key,
    epoch bigint not null default 0,                    -- of the current attempt; 0: none
    older_epochs bigint[] not null default '{}',        -- of the last few attempts, newest first
    next_batch integer not null default 1,
    last_batch integer not null default 0,              -- last committed
    incarnation integer not null default 1,
    lost_batch integer not null default 0,              -- highest batch that a workflow remembered and we lost
    reconciled_hash text not null default '',           -- configuration whose DDL is in place
    schema_version integer not null default 0,
    source_position jsonb,                              -- of the last committed batch
    source_read_at timestamptz,                         -- snapshot time of the last committed batch
    committed_at timestamptz,                           -- of the last committed batch
    -- for people: what the workflow last said of itself
    state text not null default 'waiting',
    state_since timestamptz not null default clock_timestamp(),
    next_due_at timestamptz,
    failures integer not null default 0,
    last_failure jsonb,                                 -- teal.v1.Failure
    last_failure_at timestamptz,
    -- progress of the running activity
    progress_rows bigint not null default 0,
    progress_bytes bigint not null default 0,
    progress_total_rows bigint,
    progress_at timestamptz
);

create table teal.batch (
    stream_id bigint not null,
    batch integer not null check (batch between 1 and 2147483646),
    status text not null check (status in ('started', 'ingested', 'committed', 'failed', 'abandoned')),
    epoch bigint not null,
    attempts integer not null default 1,
    incarnation integer not null,
    schema_version integer not null,
    config_hash text not null,
    first_load boolean not null default false,
    worker text not null default '',
    started_at timestamptz not null default clock_timestamp(),
    ingested_at timestamptz,
    committed_at timestamptz,
    source_read_at timestamptz,
    source_snapshot text,                               -- pg_current_snapshot() at the source
    source_position jsonb,                              -- becomes the stream's when the batch commits
    staged_rows bigint not null default 0,
    staged_bytes bigint not null default 0,
    inserted bigint not null default 0,
    updated bigint not null default 0,
    deleted bigint not null default 0,
    unchanged bigint not null default 0,
    ingest_ms bigint,
    merge_ms bigint,
    failure jsonb,                                      -- teal.v1.Failure
    primary key (stream_id, batch)
);
create index batch_open on teal.batch (stream_id) where status in ('started', 'ingested');

create table teal.merge_table (                         -- merge tables as they really are
    id bigint generated always as identity primary key,
    stream_id bigint not null,
    dataset text not null,
    schema_name text not null,
    table_name text not null,
    style text not null,
    layout jsonb not null,                              -- key and columns in place (DatasetSpec)
    retained jsonb not null default '[]',               -- columns that left the model and keep history
    loaded boolean not null default false,              -- has the first load been published?
    rows bigint not null default 0,                     -- current rows, kept exact by each commit
    created_at timestamptz not null default clock_timestamp(),
    retired_at timestamptz,
    drop_after timestamptz,                             -- retired with history: kept until then
    dropped_at timestamptz
);
create unique index merge_table_dataset on teal.merge_table (stream_id, dataset) where retired_at is null;
create unique index merge_table_name on teal.merge_table (schema_name, table_name) where dropped_at is null;

create table teal.view (                                -- views that belong to Teal, as they are
    schema_name text not null,
    view_name text not null,
    workspace text not null,
    stream_id bigint not null,
    platform text not null,
    store text not null,
    dataset text not null,
    shows text not null,                                -- current, history
    reader_role text,                                   -- gets SELECT; null: roles are external
    query text,                                         -- as we wrote it
    definition text,                                    -- as the server printed it then
    primary key (schema_name, view_name)
);
create index view_stream on teal.view (stream_id);

create table teal.batch_dataset (
    stream_id bigint not null,
    batch integer not null,
    merge_table_id bigint not null,
    epoch bigint not null,
    staging text,                                       -- table in teal_staging, null when nothing changed
    first_load boolean not null default false,
    staged_rows bigint not null default 0,
    staged_bytes bigint not null default 0,
    source_rows bigint not null default 0,              -- rows that the snapshot saw
    buckets integer[],                                  -- buckets that were pulled; null: all
    bucket_mask integer not null default 0,
    inserted bigint not null default 0,
    updated bigint not null default 0,
    deleted bigint not null default 0,
    unchanged bigint not null default 0,
    primary key (stream_id, batch, merge_table_id)
);

create table teal.chunk (                               -- resumable loads; written by a later kind of ingest
    stream_id bigint not null,
    batch integer not null,
    merge_table_id bigint not null,
    chunk integer not null,
    range_low jsonb,
    range_high jsonb,
    rows bigint not null default 0,
    checksum bigint not null default 0,
    done_at timestamptz,
    primary key (stream_id, batch, merge_table_id, chunk)
);

create table teal.digest (                              -- what the last committed batch left, by bucket
    merge_table_id bigint not null,
    mask integer not null,                              -- buckets - 1; bucket = teal_hash & mask
    counts bigint[] not null,                           -- rows of each bucket
    xors bigint[] not null,                             -- xor of teal_hash of each bucket
    hash_recipe text not null,                          -- the hash expression; another one voids the digest
    batch integer not null,
    primary key (merge_table_id)
);
