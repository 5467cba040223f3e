-- Keys of what was recorded, as sorted runs instead of a B-tree: random keys in a tree rewrite a page each per commit.
-- A key is the 64-bit digest of (shop, message id) with the place of its event row, which holds the true ids.
-- state: 0 is being written, 1 is read, 2 is merged into another and goes.
CREATE TABLE message_run (
    run INTEGER NOT NULL PRIMARY KEY,
    run_level INTEGER NOT NULL,
    state INTEGER NOT NULL,
    merged_into INTEGER NOT NULL
) STRICT;
GO
-- About 250 keys in ascending order, 16 bytes each. The filter stands before the keys so that reading it touches one page.
CREATE TABLE message_chunk (
    run INTEGER NOT NULL,
    chunk INTEGER NOT NULL,
    first_digest INTEGER NOT NULL,
    filter BLOB NOT NULL,
    digests BLOB NOT NULL,
    PRIMARY KEY (run, chunk)
) STRICT, WITHOUT ROWID;
GO
-- The keys of a partition's events up to here are in runs; those behind it are read from the event rows.
CREATE TABLE message_mark (
    log_partition INTEGER NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT;
GO
-- Moves whenever the runs that are read change, so that every process notices.
CREATE TABLE message_generation (
    generation INTEGER NOT NULL
) STRICT;
GO
INSERT INTO message_generation (generation) VALUES (0);
GO
-- Each of its keys is in an event row too: the first start builds the runs from there.
DROP TABLE message_key;
