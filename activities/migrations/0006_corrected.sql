-- Rows of a merge table that came or went without a batch, as a batch that read every row at the source
-- found out: with them the counts of all batches add up to the table. Older workers leave it at 0.
alter table teal.batch_dataset add column corrected bigint not null default 0;
