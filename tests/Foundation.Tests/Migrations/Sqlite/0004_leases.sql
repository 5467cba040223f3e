-- Which replica reads which partition, and until when.
CREATE TABLE lease (
    name TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    expire_time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
GO
-- The replicas that live. An instance is the same after a restart.
CREATE TABLE lease_holder (
    holder TEXT NOT NULL PRIMARY KEY,
    instance TEXT NOT NULL,
    join_time INTEGER NOT NULL,
    expire_time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
