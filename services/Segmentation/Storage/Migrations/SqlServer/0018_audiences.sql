-- Beside the record what audiences ask for, as of [from_time, until_time), where nothing happens to the customer. Days are day numbers in the shop's zone, counts,
-- spend and scores are in steps of their features. A row that has not been written since is of no time, so that its record is read.
ALTER TABLE segmentation.customer ADD from_time datetime2(3) NOT NULL DEFAULT '1970-01-01';
ALTER TABLE segmentation.customer ADD until_time datetime2(3) NOT NULL DEFAULT '1970-01-01';
ALTER TABLE segmentation.customer ADD first_seen_time datetime2(3) NULL;
ALTER TABLE segmentation.customer ADD first_order_time datetime2(3) NULL;
ALTER TABLE segmentation.customer ADD last_order_time datetime2(3) NULL;
ALTER TABLE segmentation.customer ADD first_order_day int NULL;
ALTER TABLE segmentation.customer ADD order_before_day int NULL;
ALTER TABLE segmentation.customer ADD last_order_day int NULL;
ALTER TABLE segmentation.customer ADD last_view_day int NULL;
ALTER TABLE segmentation.customer ADD last_visit_day int NULL;
ALTER TABLE segmentation.customer ADD last_event_day int NULL;
ALTER TABLE segmentation.customer ADD last_interaction_day int NULL;
ALTER TABLE segmentation.customer ADD order_count bigint NOT NULL DEFAULT 0;
ALTER TABLE segmentation.customer ADD spend bigint NOT NULL DEFAULT 0;
ALTER TABLE segmentation.customer ADD referral_count bigint NOT NULL DEFAULT 0;
ALTER TABLE segmentation.customer ADD review_count bigint NOT NULL DEFAULT 0;
ALTER TABLE segmentation.customer ADD share_count bigint NOT NULL DEFAULT 0;
ALTER TABLE segmentation.customer ADD last_review_rating bigint NULL;
ALTER TABLE segmentation.customer ADD last_nps_score bigint NULL;
GO

-- Saved filters. Every derivation of one has the model 'audience/{id}', and what its number was bound to when it began.
CREATE TABLE segmentation.audience (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    audience nvarchar(50) COLLATE Latin1_General_100_BIN2 NOT NULL,
    title nvarchar(200) NOT NULL,
    filter nvarchar(2000) NOT NULL,
    revision int NOT NULL,
    create_time datetime2(3) NOT NULL,
    update_time datetime2(3) NOT NULL,
    PRIMARY KEY (shop, audience)
)
GO

CREATE TABLE segmentation.audience_binding (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    model nvarchar(60) COLLATE Latin1_General_100_BIN2 NOT NULL,
    number int NOT NULL,
    document nvarchar(max) NOT NULL,
    PRIMARY KEY (shop, model, number)
)
GO

-- As it was, with room for the names of audiences.
CREATE TABLE segmentation.derivation_wide (
    id int NOT NULL PRIMARY KEY,
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    model nvarchar(60) COLLATE Latin1_General_100_BIN2 NOT NULL,
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

INSERT INTO segmentation.derivation_wide (id, shop, model, number, model_revision, population_revision, state, start_time, active_time, retire_time, customer_cursor, customer_count)
SELECT id, shop, model, number, model_revision, population_revision, state, start_time, active_time, retire_time, customer_cursor, customer_count
FROM segmentation.derivation
GO

DROP TABLE segmentation.derivation
GO
EXEC sp_rename 'segmentation.derivation_wide', 'derivation', 'OBJECT'
GO

CREATE INDEX derivation_work ON segmentation.derivation (state, start_time)
GO

-- What overlays mean in a shop; rows are only ever added. `document` is JSON; `top_spend` is where the top per cent begin by the latest count.
CREATE TABLE segmentation.overlay_revision (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    revision int NOT NULL,
    document nvarchar(max) NOT NULL,
    top_spend decimal(19,4) NULL,
    create_time datetime2(3) NOT NULL,
    PRIMARY KEY (shop, revision)
)
