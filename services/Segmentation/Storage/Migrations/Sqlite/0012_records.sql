-- What was kept as rows of facts and intervals is kept as one record per customer from here on, with when it was known; what is derived from it, as sums.
-- The log is read once more from its start.
DROP TABLE purchase_fact;
DROP TABLE activity;
DROP TABLE opinion;
DROP TABLE stage_interval;
DROP TABLE value_change;
DROP TABLE customer;
DROP TABLE shop;

UPDATE checkpoint_position
SET position = 0;

CREATE TABLE shop (
    number INTEGER NOT NULL PRIMARY KEY,
    shop TEXT NOT NULL UNIQUE,
    time_zone TEXT NOT NULL,
    currency TEXT NOT NULL
) STRICT;

-- `id` is the shop's number, the log's partition and a number of its own in 20, 10 and 34 bits: customers of a shop, and of a partition of it, lie together.
-- `record` is all that was ever known of the customer, and when.
CREATE TABLE customer (
    id INTEGER NOT NULL PRIMARY KEY,
    shop INTEGER NOT NULL,
    customer TEXT NOT NULL,
    identified INTEGER NOT NULL,
    record BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX customer_key ON customer (shop, customer);

-- A revision of a model at work: customers up to `customer_cursor` are derived. From `active_time` until `retire_time` answers rested on it.
CREATE TABLE derivation_new (
    id INTEGER NOT NULL PRIMARY KEY,
    shop TEXT NOT NULL,
    model TEXT NOT NULL,
    number INTEGER NOT NULL,
    model_revision INTEGER NOT NULL,
    population_revision INTEGER NOT NULL,
    state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4), -- 1 deriving, 2 active, 3 retiring, 4 retired
    start_time INTEGER NOT NULL,
    active_time INTEGER,
    retire_time INTEGER,
    customer_cursor INTEGER NOT NULL,
    customer_count INTEGER NOT NULL,
    UNIQUE (shop, model, number)
) STRICT;

INSERT INTO derivation_new (id, shop, model, number, model_revision, population_revision, state, start_time, active_time, retire_time, customer_cursor, customer_count)
SELECT ROW_NUMBER() OVER (ORDER BY shop, model, number), shop, model, number, model_revision, population_revision, state, start_time,
    CASE WHEN state = 2 THEN start_time END, NULL, 9223372036854775807, 0
FROM derivation
WHERE state IN (1, 2);

DROP TABLE derivation;
ALTER TABLE derivation_new RENAME TO derivation;

-- What is under way: most rows are retired.
CREATE INDEX derivation_work ON derivation (state, start_time) WHERE state IN (1, 3);

-- Counts every step of a derivation and every sweep: what was prepared before one is prepared again.
CREATE TABLE derived_revision (
    revision INTEGER NOT NULL
) STRICT;

INSERT INTO derived_revision (revision) VALUES (0);

-- Where customers are now, as last told: `due_time` is when the clock alone changes it. `stage` counts the model's stages from 0, -1 is none.
CREATE TABLE membership (
    derivation INTEGER NOT NULL,
    customer INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    since_time INTEGER NOT NULL,
    due_time INTEGER,
    PRIMARY KEY (derivation, customer)
) STRICT, WITHOUT ROWID;

CREATE INDEX membership_due ON membership (due_time) WHERE due_time IS NOT NULL;

-- Counts as sums: what comes to a stage, and leaves it, on a day of the shop's zone; `at_start` with its first moment.
CREATE TABLE stage_step (
    derivation INTEGER NOT NULL,
    day INTEGER NOT NULL,
    at_start INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    identified INTEGER NOT NULL,
    customers INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (derivation, day, at_start, stage, identified)
) STRICT, WITHOUT ROWID;

-- Customers whose stage or value changes in the midst of a day.
CREATE TABLE stage_day (
    derivation INTEGER NOT NULL,
    day INTEGER NOT NULL,
    customer INTEGER NOT NULL,
    PRIMARY KEY (derivation, day, customer)
) STRICT, WITHOUT ROWID;

-- The feed of changes of present stages.
CREATE TABLE stage_transition (
    shop INTEGER NOT NULL,
    position INTEGER NOT NULL,
    customer INTEGER NOT NULL,
    derivation INTEGER NOT NULL,
    from_stage INTEGER NOT NULL,
    to_stage INTEGER NOT NULL,
    effective_time INTEGER NOT NULL,
    recorded_time INTEGER NOT NULL,
    cause INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    PRIMARY KEY (shop, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX stage_transition_customer ON stage_transition (customer);

CREATE TABLE transition_head (
    shop INTEGER NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT;
