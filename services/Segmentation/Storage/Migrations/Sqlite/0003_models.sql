-- A shop's own lifecycle models; rows are only ever added. `document` is JSON.
CREATE TABLE model_revision (
    shop TEXT NOT NULL,
    model TEXT NOT NULL,
    revision INTEGER NOT NULL,
    document TEXT NOT NULL,
    create_time INTEGER NOT NULL,
    PRIMARY KEY (shop, model, revision)
) STRICT, WITHOUT ROWID;

-- What customers are measured against; rows are only ever added. `document` is JSON.
CREATE TABLE population_revision (
    shop TEXT NOT NULL,
    revision INTEGER NOT NULL,
    document TEXT NOT NULL,
    create_time INTEGER NOT NULL,
    PRIMARY KEY (shop, revision)
) STRICT, WITHOUT ROWID;

-- A revision of a model at work: its intervals carry '{model}~{number}' as their model, the first one of a model its plain id.
CREATE TABLE derivation (
    shop TEXT NOT NULL,
    model TEXT NOT NULL,
    number INTEGER NOT NULL,
    model_revision INTEGER NOT NULL,
    population_revision INTEGER NOT NULL,
    state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4), -- 1 deriving, 2 active, 3 retiring, 4 retired
    start_time INTEGER NOT NULL,
    customer_cursor TEXT NOT NULL,
    customer_count INTEGER NOT NULL,
    PRIMARY KEY (shop, model, number)
) STRICT, WITHOUT ROWID;

-- What is under way: most rows are retired.
CREATE INDEX derivation_work ON derivation (state, start_time) WHERE state IN (1, 3);

INSERT INTO derivation (shop, model, number, model_revision, population_revision, state, start_time, customer_cursor, customer_count)
SELECT shop, 'clc', 1, 1, 0, 2, 0, '', 0
FROM shop;

-- Signs of life: of each shop-local day and kind the first, unless one that is more came no later.
CREATE TABLE activity (
    shop TEXT NOT NULL,
    customer TEXT NOT NULL,
    event_time INTEGER NOT NULL,
    kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 3), -- 1 event, 2 visit, 3 view
    message_id TEXT NOT NULL,
    PRIMARY KEY (shop, customer, event_time, kind, message_id)
) STRICT, WITHOUT ROWID;

-- What customers say of the shop; rows are only ever added.
CREATE TABLE opinion (
    shop TEXT NOT NULL,
    customer TEXT NOT NULL,
    message_id TEXT NOT NULL,
    kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 4), -- 1 referral, 2 review, 3 share, 4 NPS answer
    event_time INTEGER NOT NULL,
    score INTEGER, -- ten-thousandths
    PRIMARY KEY (shop, customer, message_id)
) STRICT, WITHOUT ROWID;

-- The log is read once more from its start for the two: what is known of orders already is not added again.
UPDATE checkpoint_position
SET position = 0;
