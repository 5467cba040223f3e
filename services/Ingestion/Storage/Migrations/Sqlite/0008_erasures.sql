-- Erasures, which name nobody. state: 0 due, 1 what remains is recorded, 2 the log is erased, 3 every reader has followed.
CREATE TABLE erasure (
    erasure TEXT NOT NULL PRIMARY KEY,
    shop TEXT NOT NULL,
    change_number INTEGER NOT NULL,
    state INTEGER NOT NULL,
    erase_time INTEGER NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    event_count INTEGER NOT NULL,
    id_count INTEGER NOT NULL,
    remains TEXT NOT NULL
) STRICT, WITHOUT ROWID;
GO
CREATE INDEX ix_erasure_change ON erasure (change_number);
GO
CREATE INDEX ix_erasure_state ON erasure (state) WHERE state < 3;
GO
-- By which erasure an id went: asked for it again, that is the answer.
CREATE TABLE erased_id (
    shop TEXT NOT NULL,
    id_hash BLOB NOT NULL,
    erasure TEXT NOT NULL,
    PRIMARY KEY (shop, id_hash)
) STRICT, WITHOUT ROWID;
GO
-- While it runs: whose events are to be erased. whole 0: only those that carry an id of the person.
CREATE TABLE erasure_subject (
    erasure TEXT NOT NULL,
    customer TEXT NOT NULL,
    whole INTEGER NOT NULL,
    PRIMARY KEY (erasure, customer)
) STRICT, WITHOUT ROWID;
GO
-- The resets that tell the readers whom to forget. They name the person, so they go when every reader has passed them.
CREATE TABLE erasure_marker (
    erasure TEXT NOT NULL,
    log_partition INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (erasure, log_partition, position)
) STRICT, WITHOUT ROWID;
