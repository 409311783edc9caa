-- Whether whoever applies the plan holds its lock as long as they live, so that nobody waits for their
-- silence once they are gone. Older programs leave it at false, and wait.
alter table teal.plan add column by_session boolean not null default false;
