-- What was kept as rows of facts and intervals is kept as one record per customer from here on, with when it was known; what is derived from it, as sums.
-- The log is read once more from its start.
DROP TABLE segmentation.purchase_fact
GO
DROP TABLE segmentation.activity
GO
DROP TABLE segmentation.opinion
GO
DROP TABLE segmentation.stage_interval
GO
DROP TABLE segmentation.value_change
GO
DROP TABLE segmentation.customer
GO
DROP TABLE segmentation.shop
GO

UPDATE segmentation.checkpoint_position
SET position = 0
GO

CREATE TABLE segmentation.shop (
    number int NOT NULL PRIMARY KEY,
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL UNIQUE,
    time_zone nvarchar(100) NOT NULL,
    currency nvarchar(3) NOT NULL
)
GO

-- `id` is the shop's number, the log's partition and a number of its own in 20, 10 and 34 bits: customers of a shop, and of a partition of it, lie together.
-- `record` is all that was ever known of the customer, and when.
CREATE TABLE segmentation.customer (
    id bigint NOT NULL PRIMARY KEY,
    shop int NOT NULL,
    customer nvarchar(210) COLLATE Latin1_General_100_BIN2 NOT NULL,
    identified bit NOT NULL,
    record varbinary(max) NOT NULL
)
GO

CREATE UNIQUE INDEX customer_key ON segmentation.customer (shop, customer)
GO

-- A revision of a model at work: customers up to `customer_cursor` are derived. From `active_time` until `retire_time` answers rested on it.
CREATE TABLE segmentation.derivation_new (
    id int NOT NULL PRIMARY KEY,
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    model nvarchar(50) COLLATE Latin1_General_100_BIN2 NOT NULL,
    number int NOT NULL,
    model_revision int NOT NULL,
    population_revision int NOT NULL,
    state int NOT NULL CHECK (state BETWEEN 1 AND 4), -- 1 deriving, 2 active, 3 retiring, 4 retired
    start_time datetime2(3) NOT NULL,
    active_time datetime2(3) NULL,
    retire_time datetime2(3) NULL,
    customer_cursor bigint NOT NULL,
    customer_count bigint NOT NULL,
    UNIQUE (shop, model, number)
)
GO

INSERT INTO segmentation.derivation_new (id, shop, model, number, model_revision, population_revision, state, start_time, active_time, retire_time, customer_cursor, customer_count)
SELECT ROW_NUMBER() OVER (ORDER BY shop, model, number), shop, model, number, model_revision, population_revision, state, start_time,
    CASE WHEN state = 2 THEN start_time END, NULL, 9223372036854775807, 0
FROM segmentation.derivation
WHERE state IN (1, 2)
GO

DROP TABLE segmentation.derivation
GO
EXEC sp_rename 'segmentation.derivation_new', 'derivation', 'OBJECT'
GO

-- What is under way: most rows are retired.
CREATE INDEX derivation_work ON segmentation.derivation (state, start_time)
GO

-- Counts every step of a derivation and every sweep: what was prepared before one is prepared again.
CREATE TABLE segmentation.derived_revision (
    revision bigint NOT NULL
)
GO

INSERT INTO segmentation.derived_revision (revision) VALUES (0)
GO

-- Where customers are now, as last told: `due_time` is when the clock alone changes it. `stage` counts the model's stages from 0, -1 is none.
CREATE TABLE segmentation.membership (
    derivation int NOT NULL,
    customer bigint NOT NULL,
    stage int NOT NULL,
    since_time datetime2(3) NOT NULL,
    due_time datetime2(3) NULL,
    PRIMARY KEY (derivation, customer)
)
GO

CREATE INDEX membership_due ON segmentation.membership (due_time)
GO

-- Counts as sums: what comes to a stage, and leaves it, on a day of the shop's zone; `at_start` with its first moment.
CREATE TABLE segmentation.stage_step (
    derivation int NOT NULL,
    day int NOT NULL,
    at_start bit NOT NULL,
    stage int NOT NULL,
    identified bit NOT NULL,
    customers bigint NOT NULL,
    amount decimal(19,4) NOT NULL,
    PRIMARY KEY (derivation, day, at_start, stage, identified)
)
GO

-- Customers whose stage or value changes in the midst of a day.
CREATE TABLE segmentation.stage_day (
    derivation int NOT NULL,
    day int NOT NULL,
    customer bigint NOT NULL,
    PRIMARY KEY (derivation, day, customer)
)
GO

-- The feed of changes of present stages.
CREATE TABLE segmentation.stage_transition (
    shop int NOT NULL,
    position bigint NOT NULL,
    customer bigint NOT NULL,
    derivation int NOT NULL,
    from_stage int NOT NULL,
    to_stage int NOT NULL,
    effective_time datetime2(3) NOT NULL,
    recorded_time datetime2(3) NOT NULL,
    cause int NOT NULL,
    message_id nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    PRIMARY KEY (shop, position)
)
GO

CREATE INDEX stage_transition_customer ON segmentation.stage_transition (customer)
GO

CREATE TABLE segmentation.transition_head (
    shop int NOT NULL PRIMARY KEY,
    position bigint NOT NULL
)
