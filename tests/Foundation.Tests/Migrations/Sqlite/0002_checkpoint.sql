CREATE TABLE checkpoint_position (
    log_partition INTEGER NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT;
