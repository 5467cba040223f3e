-- One row per shop: the last number given, and how many events are kept. Whoever changes the quarantine of a shop updates it first.
CREATE TABLE ingestion.quarantine_head (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    sequence bigint NOT NULL,
    kept bigint NOT NULL,
    CONSTRAINT pk_quarantine_head PRIMARY KEY (shop)
);
GO
-- Events that could not be recorded, as they came. message_id is empty where the sender gave none; violations is a JSON list.
CREATE TABLE ingestion.quarantined (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    sequence bigint NOT NULL,
    message_id nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    reason nvarchar(50) COLLATE Latin1_General_100_BIN2 NOT NULL,
    violations nvarchar(max) NOT NULL,
    payload nvarchar(max) NOT NULL,
    receive_time datetime2(3) NOT NULL,
    replay_count int NOT NULL,
    CONSTRAINT pk_quarantined PRIMARY KEY (shop, sequence)
);
GO
CREATE INDEX ix_quarantined_reason ON ingestion.quarantined (shop, reason, sequence);
GO
CREATE INDEX ix_quarantined_message ON ingestion.quarantined (shop, message_id);
GO
-- The ids that a payload names, in the form of a customer: export and erasure find it by them.
CREATE TABLE ingestion.quarantined_id (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    id nvarchar(210) COLLATE Latin1_General_100_BIN2 NOT NULL,
    sequence bigint NOT NULL,
    CONSTRAINT pk_quarantined_id PRIMARY KEY (shop, id, sequence)
);
GO
CREATE INDEX ix_quarantined_id_sequence ON ingestion.quarantined_id (shop, sequence);
