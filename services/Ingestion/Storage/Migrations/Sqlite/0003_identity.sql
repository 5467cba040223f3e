-- Ids are found by a hash that nobody can make without it. Given by the first commit of the shop that needs it.
ALTER TABLE shop ADD COLUMN id_salt BLOB;
GO
-- Set for an event that was recorded before under another customer: when it came to this one.
ALTER TABLE event ADD COLUMN reattribute_time INTEGER;
GO
-- What is known of an id: the id that it joined, that it joins nobody any more, that its person was erased (then the hash is all
-- that is kept). Rows are changed and never removed; each change takes the next number of identity_stand.
CREATE TABLE known_id (
    shop TEXT NOT NULL,
    id_hash BLOB NOT NULL,
    digest INTEGER NOT NULL,
    id TEXT,
    id_kind TEXT,
    parent TEXT,
    link_time INTEGER,
    pinned INTEGER NOT NULL,
    suppressed INTEGER NOT NULL,
    reset_position INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (shop, id_hash)
) STRICT, WITHOUT ROWID;
GO
CREATE INDEX ix_known_id_parent ON known_id (shop, parent, id_kind) WHERE parent IS NOT NULL;
GO
CREATE INDEX ix_known_id_sequence ON known_id (sequence, digest);
GO
-- The number of the last change of known_id, by which every process notices.
CREATE TABLE identity_stand (
    sequence INTEGER NOT NULL
) STRICT;
GO
INSERT INTO identity_stand (sequence) VALUES (0);
GO
-- The audit trail. kind: 1 linked by an event, 2 merged, 3 unmerged.
CREATE TABLE identity_change (
    change_number INTEGER NOT NULL PRIMARY KEY,
    shop TEXT NOT NULL,
    kind INTEGER NOT NULL,
    from_customer TEXT NOT NULL,
    to_customer TEXT NOT NULL,
    change_time INTEGER NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    undo_change INTEGER,
    request_id TEXT,
    moved_event_count INTEGER NOT NULL
) STRICT;
GO
CREATE INDEX ix_identity_change_from ON identity_change (shop, from_customer);
GO
CREATE INDEX ix_identity_change_to ON identity_change (shop, to_customer);
GO
CREATE UNIQUE INDEX ix_identity_change_request ON identity_change (shop, request_id) WHERE request_id IS NOT NULL;
GO
-- Customers whose events are to be recorded anew, in this order. Their reset is at until_position, 0 before it is written;
-- up to copied_position it is done. reason is CustomerReset.Reason.
CREATE TABLE reattribution (
    change_number INTEGER NOT NULL PRIMARY KEY,
    shop TEXT NOT NULL,
    customer TEXT NOT NULL,
    reason INTEGER NOT NULL,
    copied_position INTEGER NOT NULL,
    until_position INTEGER NOT NULL,
    moved_event_count INTEGER NOT NULL
) STRICT;
