-- A shop's own lifecycle models; rows are only ever added. `document` is JSON.
CREATE TABLE segmentation.model_revision (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    model nvarchar(50) COLLATE Latin1_General_100_BIN2 NOT NULL,
    revision int NOT NULL,
    document nvarchar(max) NOT NULL,
    create_time datetime2(3) NOT NULL,
    PRIMARY KEY (shop, model, revision)
)
GO

-- What customers are measured against; rows are only ever added. `document` is JSON.
CREATE TABLE segmentation.population_revision (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    revision int NOT NULL,
    document nvarchar(max) NOT NULL,
    create_time datetime2(3) NOT NULL,
    PRIMARY KEY (shop, revision)
)
GO

-- A revision of a model at work: its intervals carry '{model}~{number}' as their model, the first one of a model its plain id.
CREATE TABLE segmentation.derivation (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    model nvarchar(50) COLLATE Latin1_General_100_BIN2 NOT NULL,
    number int NOT NULL,
    model_revision int NOT NULL,
    population_revision int NOT NULL,
    state int NOT NULL CHECK (state BETWEEN 1 AND 4), -- 1 deriving, 2 active, 3 retiring, 4 retired
    start_time datetime2(3) NOT NULL,
    customer_cursor nvarchar(210) COLLATE Latin1_General_100_BIN2 NOT NULL,
    customer_count bigint NOT NULL,
    PRIMARY KEY (shop, model, number)
)
GO

-- What is under way: most rows are retired.
CREATE INDEX derivation_work ON segmentation.derivation (state, start_time)
GO

INSERT INTO segmentation.derivation (shop, model, number, model_revision, population_revision, state, start_time, customer_cursor, customer_count)
SELECT shop, 'clc', 1, 1, 0, 2, '1970-01-01', '', 0
FROM segmentation.shop
GO

-- Signs of life: of each shop-local day and kind the first, unless one that is more came no later.
CREATE TABLE segmentation.activity (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    customer nvarchar(210) COLLATE Latin1_General_100_BIN2 NOT NULL,
    event_time datetime2(3) NOT NULL,
    kind int NOT NULL CHECK (kind BETWEEN 1 AND 3), -- 1 event, 2 visit, 3 view
    message_id nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    PRIMARY KEY (shop, customer, event_time, kind, message_id)
)
GO

-- What customers say of the shop; rows are only ever added.
CREATE TABLE segmentation.opinion (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    customer nvarchar(210) COLLATE Latin1_General_100_BIN2 NOT NULL,
    message_id nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    kind int NOT NULL CHECK (kind BETWEEN 1 AND 4), -- 1 referral, 2 review, 3 share, 4 NPS answer
    event_time datetime2(3) NOT NULL,
    score decimal(19,4) NULL,
    PRIMARY KEY (shop, customer, message_id)
)
GO

-- The log is read once more from its start for the two: what is known of orders already is not added again.
UPDATE segmentation.checkpoint_position
SET position = 0
