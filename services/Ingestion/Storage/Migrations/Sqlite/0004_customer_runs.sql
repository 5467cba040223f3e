-- Runs for two uses: 0, which messages are recorded (a key per event), and 1, where a customer's events are (a key per customer and
-- block of 256 positions). They change their form, so they are made anew from the event rows at the next start, which all are there still.
DROP TABLE message_chunk;
GO
DROP TABLE message_run;
GO
DROP TABLE message_mark;
GO
DROP TABLE message_generation;
GO
-- state: 0 is being written, 1 is read, 2 is merged into another and goes.
CREATE TABLE key_run (
    run INTEGER NOT NULL PRIMARY KEY,
    run_use INTEGER NOT NULL,
    run_level INTEGER NOT NULL,
    state INTEGER NOT NULL,
    merged_into INTEGER NOT NULL
) STRICT;
GO
-- chunk: 2^24 times the run, and the chunk's number in it. keys: up to 250 in ascending order, 16 bytes each: digest, then place. By one
-- number and no longer than this, a chunk is exactly one page.
CREATE TABLE key_chunk (
    chunk INTEGER NOT NULL PRIMARY KEY,
    keys BLOB NOT NULL
) STRICT;
GO
-- The keys of a partition's events up to here are in runs; those behind it are read from the event rows.
CREATE TABLE key_mark (
    log_partition INTEGER NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT;
GO
-- Moves whenever the runs that are read change, so that every process notices.
CREATE TABLE key_generation (
    generation INTEGER NOT NULL
) STRICT;
GO
INSERT INTO key_generation (generation) VALUES (0);
