-- Schema teal, version 3: what a person who watches wants to know. Older workers leave the new
-- columns alone; whoever reads them takes an empty one for "nobody said".

alter table teal.stream_state
    add column progress_doing text not null default '';  -- `copying orders`, of the running attempt

alter table teal.batch
    add column attempted_at timestamptz;                 -- begin of the latest attempt at its ingest

create index audit_object on teal.audit (object, id);
