-- Erasures, which name nobody. state: 0 due, 1 what remains is recorded, 2 the log is erased, 3 every reader has followed.
CREATE TABLE ingestion.erasure (
    erasure nvarchar(36) COLLATE Latin1_General_100_BIN2 NOT NULL,
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    change_number bigint NOT NULL,
    state int NOT NULL,
    erase_time datetime2(3) NOT NULL,
    actor nvarchar(200) NOT NULL,
    reason nvarchar(500) NOT NULL,
    event_count bigint NOT NULL,
    id_count int NOT NULL,
    remains nvarchar(210) COLLATE Latin1_General_100_BIN2 NOT NULL,
    CONSTRAINT pk_erasure PRIMARY KEY (erasure)
);
GO
CREATE INDEX ix_erasure_change ON ingestion.erasure (change_number);
GO
CREATE INDEX ix_erasure_state ON ingestion.erasure (state) WHERE state < 3;
GO
-- By which erasure an id went: asked for it again, that is the answer.
CREATE TABLE ingestion.erased_id (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    id_hash varbinary(32) NOT NULL,
    erasure nvarchar(36) COLLATE Latin1_General_100_BIN2 NOT NULL,
    CONSTRAINT pk_erased_id PRIMARY KEY (shop, id_hash)
);
GO
-- While it runs: whose events are to be erased. whole 0: only those that carry an id of the person.
CREATE TABLE ingestion.erasure_subject (
    erasure nvarchar(36) COLLATE Latin1_General_100_BIN2 NOT NULL,
    customer nvarchar(210) COLLATE Latin1_General_100_BIN2 NOT NULL,
    whole bit NOT NULL,
    CONSTRAINT pk_erasure_subject PRIMARY KEY (erasure, customer)
);
GO
-- The resets that tell the readers whom to forget. They name the person, so they go when every reader has passed them.
CREATE TABLE ingestion.erasure_marker (
    erasure nvarchar(36) COLLATE Latin1_General_100_BIN2 NOT NULL,
    log_partition int NOT NULL,
    position bigint NOT NULL,
    CONSTRAINT pk_erasure_marker PRIMARY KEY (erasure, log_partition, position)
);
