CREATE TABLE foundation.checkpoint_position (
    log_partition int NOT NULL PRIMARY KEY,
    position bigint NOT NULL
);
