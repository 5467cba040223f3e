-- One row per shop: the last number given, and how many events are kept. Whoever changes the quarantine of a shop updates it first.
CREATE TABLE quarantine_head (
    shop TEXT NOT NULL PRIMARY KEY,
    sequence INTEGER NOT NULL,
    kept INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
GO
-- Events that could not be recorded, as they came. message_id is empty where the sender gave none; violations is a JSON list.
CREATE TABLE quarantined (
    shop TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    violations TEXT NOT NULL,
    payload TEXT NOT NULL,
    receive_time INTEGER NOT NULL,
    replay_count INTEGER NOT NULL,
    PRIMARY KEY (shop, sequence)
) STRICT;
GO
CREATE INDEX ix_quarantined_reason ON quarantined (shop, reason, sequence);
GO
CREATE INDEX ix_quarantined_message ON quarantined (shop, message_id);
GO
-- The ids that a payload names, in the form of a customer: export and erasure find it by them.
CREATE TABLE quarantined_id (
    shop TEXT NOT NULL,
    id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (shop, id, sequence)
) STRICT, WITHOUT ROWID;
GO
CREATE INDEX ix_quarantined_id_sequence ON quarantined_id (shop, sequence);
