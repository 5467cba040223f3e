-- Ids are found by a hash that nobody can make without it. Given by the first commit of the shop that needs it.
ALTER TABLE ingestion.shop ADD id_salt varbinary(32) NULL;
GO
-- Set for an event that was recorded before under another customer: when it came to this one.
ALTER TABLE ingestion.event ADD reattribute_time datetime2(3) NULL;
GO
-- Where a customer's events are.
CREATE INDEX ix_event_customer ON ingestion.event (shop, customer, log_partition, position);
GO
-- What is known of an id: the id that it joined, that it joins nobody any more, that its person was erased (then the hash is all
-- that is kept). Rows are changed and never removed; each change takes the next number of identity_stand.
CREATE TABLE ingestion.known_id (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    id_hash varbinary(32) NOT NULL,
    digest bigint NOT NULL,
    id nvarchar(210) COLLATE Latin1_General_100_BIN2 NULL,
    id_kind nvarchar(36) COLLATE Latin1_General_100_BIN2 NULL,
    parent nvarchar(210) COLLATE Latin1_General_100_BIN2 NULL,
    link_time datetime2(3) NULL,
    pinned bit NOT NULL,
    suppressed bit NOT NULL,
    reset_position bigint NOT NULL,
    sequence bigint NOT NULL,
    CONSTRAINT pk_known_id PRIMARY KEY (shop, id_hash)
);
GO
CREATE INDEX ix_known_id_parent ON ingestion.known_id (shop, parent, id_kind) WHERE parent IS NOT NULL;
GO
-- The number of the last change of known_id, by which every process notices.
CREATE TABLE ingestion.identity_stand (
    sequence bigint NOT NULL
);
GO
INSERT INTO ingestion.identity_stand (sequence) VALUES (0);
GO
-- The audit trail. kind: 1 linked by an event, 2 merged, 3 unmerged.
CREATE TABLE ingestion.identity_change (
    change_number bigint NOT NULL,
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    kind int NOT NULL,
    from_customer nvarchar(210) COLLATE Latin1_General_100_BIN2 NOT NULL,
    to_customer nvarchar(210) COLLATE Latin1_General_100_BIN2 NOT NULL,
    change_time datetime2(3) NOT NULL,
    actor nvarchar(200) NOT NULL,
    reason nvarchar(500) NOT NULL,
    undo_change bigint NULL,
    request_id nvarchar(36) COLLATE Latin1_General_100_BIN2 NULL,
    moved_event_count bigint NOT NULL,
    CONSTRAINT pk_identity_change PRIMARY KEY (change_number)
);
GO
CREATE INDEX ix_identity_change_from ON ingestion.identity_change (shop, from_customer);
GO
CREATE INDEX ix_identity_change_to ON ingestion.identity_change (shop, to_customer);
GO
CREATE UNIQUE INDEX ix_identity_change_request ON ingestion.identity_change (shop, request_id) WHERE request_id IS NOT NULL;
GO
-- Customers whose events are to be recorded anew, in this order. Their reset is at until_position, 0 before it is written;
-- up to copied_position it is done. reason is CustomerReset.Reason.
CREATE TABLE ingestion.reattribution (
    change_number bigint NOT NULL,
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    customer nvarchar(210) COLLATE Latin1_General_100_BIN2 NOT NULL,
    reason int NOT NULL,
    copied_position bigint NOT NULL,
    until_position bigint NOT NULL,
    moved_event_count bigint NOT NULL,
    CONSTRAINT pk_reattribution PRIMARY KEY (change_number)
);
