-- Who reads the log and is waited for. shop is empty for a reader of every shop.
CREATE TABLE ingestion.reader (
    reader nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    report_time datetime2(3) NOT NULL,
    CONSTRAINT pk_reader PRIMARY KEY (reader, shop)
);
GO
-- How far a reader has applied a partition. No row: it has not named the partition yet, and all of it is kept.
CREATE TABLE ingestion.reader_position (
    reader nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    log_partition int NOT NULL,
    position bigint NOT NULL,
    CONSTRAINT pk_reader_position PRIMARY KEY (reader, shop, log_partition)
);
GO
-- Up to where retention has removed events; 0 while it removed none. Not in partition_head, where the row is every writer's.
CREATE TABLE ingestion.partition_low (
    log_partition int NOT NULL,
    position bigint NOT NULL,
    CONSTRAINT pk_partition_low PRIMARY KEY (log_partition)
);
GO
INSERT INTO ingestion.partition_low (log_partition, position)
SELECT log_partition, 0
FROM ingestion.partition_head;
