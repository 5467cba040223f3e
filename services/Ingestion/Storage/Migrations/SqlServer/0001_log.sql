CREATE TABLE ingestion.shop (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    time_zone nvarchar(64) NOT NULL,
    currency_code nvarchar(3) NOT NULL,
    create_time datetime2(3) NOT NULL,
    CONSTRAINT pk_shop PRIMARY KEY (shop)
);
GO
-- One row per partition: position of its last event. Updated in the transaction that appends.
CREATE TABLE ingestion.partition_head (
    log_partition int NOT NULL,
    position bigint NOT NULL,
    CONSTRAINT pk_partition_head PRIMARY KEY (log_partition)
);
GO
CREATE TABLE ingestion.event (
    log_partition int NOT NULL,
    position bigint NOT NULL,
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    customer nvarchar(210) COLLATE Latin1_General_100_BIN2 NOT NULL,
    identified bit NOT NULL,
    message_id nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    event_time datetime2(3) NOT NULL,
    receive_time datetime2(3) NOT NULL,
    payload varbinary(max) NOT NULL,
    CONSTRAINT pk_event PRIMARY KEY (log_partition, position)
);
GO
-- What was ever recorded: the unique key makes an event be recorded once, whoever races.
CREATE TABLE ingestion.message_key (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    message_id nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    CONSTRAINT pk_message_key PRIMARY KEY (shop, message_id)
);
