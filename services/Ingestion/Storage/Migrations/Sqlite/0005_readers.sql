-- Who reads the log and is waited for. shop is empty for a reader of every shop.
CREATE TABLE reader (
    reader TEXT NOT NULL,
    shop TEXT NOT NULL,
    report_time INTEGER NOT NULL,
    PRIMARY KEY (reader, shop)
) STRICT, WITHOUT ROWID;
GO
-- How far a reader has applied a partition. No row: it has not named the partition yet, and all of it is kept.
CREATE TABLE reader_position (
    reader TEXT NOT NULL,
    shop TEXT NOT NULL,
    log_partition INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (reader, shop, log_partition)
) STRICT, WITHOUT ROWID;
GO
-- Up to where retention has removed events; 0 while it removed none. Not in partition_head, where the row is every writer's.
CREATE TABLE partition_low (
    log_partition INTEGER NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT;
GO
INSERT INTO partition_low (log_partition, position)
SELECT log_partition, 0
FROM partition_head;
