-- One row per import; moved on in the transaction that records the events before the checkpoint.
CREATE TABLE import_run (
    shop TEXT NOT NULL,
    import_id TEXT NOT NULL,
    source TEXT NOT NULL,
    backfill INTEGER NOT NULL,
    source_checkpoint INTEGER NOT NULL,
    done INTEGER NOT NULL,
    recorded_count INTEGER NOT NULL,
    duplicate_count INTEGER NOT NULL,
    refused_count INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (shop, import_id)
) STRICT, WITHOUT ROWID;
GO
-- What is worth knowing of the source, by name: added up over the chunks.
CREATE TABLE import_fact (
    shop TEXT NOT NULL,
    import_id TEXT NOT NULL,
    fact TEXT NOT NULL,
    fact_count INTEGER NOT NULL,
    PRIMARY KEY (shop, import_id, fact)
) STRICT, WITHOUT ROWID;
GO
-- What was wrong with the first events that were refused: a row per violation, both numbered from 0.
CREATE TABLE import_refusal (
    shop TEXT NOT NULL,
    import_id TEXT NOT NULL,
    refusal INTEGER NOT NULL,
    violation INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    field TEXT NOT NULL,
    description TEXT NOT NULL,
    PRIMARY KEY (shop, import_id, refusal, violation)
) STRICT, WITHOUT ROWID;
