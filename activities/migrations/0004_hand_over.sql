-- Tables that went from one stream to another keep their rows, and rows name batches of the stream
-- that wrote them: which numbers belong to which earlier stream, oldest first:
-- [{"stream": 5, "before": 17}, …]: numbers below 17 are batches of stream 5.
alter table teal.merge_table add column earlier jsonb not null default '[]';

-- In a merge store: uid of the control catalog whose streams it keeps, set by each apply.
alter table teal.catalog add column control_uid uuid;
