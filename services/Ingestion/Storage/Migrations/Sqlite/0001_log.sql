CREATE TABLE shop (
    shop TEXT NOT NULL PRIMARY KEY,
    time_zone TEXT NOT NULL,
    currency_code TEXT NOT NULL,
    create_time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
GO
-- One row per partition: position of its last event. Updated in the transaction that appends.
CREATE TABLE partition_head (
    log_partition INTEGER NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT;
GO
CREATE TABLE event (
    log_partition INTEGER NOT NULL,
    position INTEGER NOT NULL,
    shop TEXT NOT NULL,
    customer TEXT NOT NULL,
    identified INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    event_time INTEGER NOT NULL,
    receive_time INTEGER NOT NULL,
    payload BLOB NOT NULL,
    PRIMARY KEY (log_partition, position)
) STRICT, WITHOUT ROWID;
GO
-- What was ever recorded: the unique key makes an event be recorded once, whoever races.
CREATE TABLE message_key (
    shop TEXT NOT NULL,
    message_id TEXT NOT NULL,
    PRIMARY KEY (shop, message_id)
) STRICT, WITHOUT ROWID;
