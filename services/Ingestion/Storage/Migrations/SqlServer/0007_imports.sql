-- One row per import; moved on in the transaction that records the events before the checkpoint.
CREATE TABLE ingestion.import_run (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    import_id nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    source nvarchar(200) NOT NULL,
    backfill bit NOT NULL,
    source_checkpoint bigint NOT NULL,
    done bit NOT NULL,
    recorded_count bigint NOT NULL,
    duplicate_count bigint NOT NULL,
    refused_count bigint NOT NULL,
    create_time datetime2(3) NOT NULL,
    update_time datetime2(3) NOT NULL,
    CONSTRAINT pk_import_run PRIMARY KEY (shop, import_id)
);
GO
-- What is worth knowing of the source, by name: added up over the chunks.
CREATE TABLE ingestion.import_fact (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    import_id nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    fact nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    fact_count bigint NOT NULL,
    CONSTRAINT pk_import_fact PRIMARY KEY (shop, import_id, fact)
);
GO
-- What was wrong with the first events that were refused: a row per violation, both numbered from 0.
CREATE TABLE ingestion.import_refusal (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    import_id nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    refusal int NOT NULL,
    violation int NOT NULL,
    message_id nvarchar(100) NOT NULL,
    field nvarchar(200) NOT NULL,
    description nvarchar(500) NOT NULL,
    CONSTRAINT pk_import_refusal PRIMARY KEY (shop, import_id, refusal, violation)
);
