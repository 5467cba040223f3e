-- How far this house has come with each partition of the log.
CREATE TABLE segmentation.checkpoint_position (
    log_partition int NOT NULL PRIMARY KEY,
    position bigint NOT NULL
)
GO

CREATE TABLE segmentation.shop (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL PRIMARY KEY,
    time_zone nvarchar(100) NOT NULL,
    currency nvarchar(3) NOT NULL
)
GO

CREATE TABLE segmentation.customer (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    customer nvarchar(210) COLLATE Latin1_General_100_BIN2 NOT NULL,
    identified bit NOT NULL,
    log_partition int NOT NULL,
    first_seen_time datetime2(3) NOT NULL,
    PRIMARY KEY (shop, customer)
)
GO

-- The set that everything below is derived from; rows are only ever added.
CREATE TABLE segmentation.purchase_fact (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    customer nvarchar(210) COLLATE Latin1_General_100_BIN2 NOT NULL,
    message_id nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    kind int NOT NULL CHECK (kind BETWEEN 1 AND 4), -- 1 ordered, 2 updated, 3 cancelled, 4 refunded
    event_time datetime2(3) NOT NULL,
    order_id nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    amount decimal(19,4) NULL,
    currency nvarchar(3) NOT NULL,
    PRIMARY KEY (shop, customer, message_id)
)
GO

-- Derived: a customer's stage in [valid_from, valid_to), without a gap from first seen to 9999-12-31.
CREATE TABLE segmentation.stage_interval (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    customer nvarchar(210) COLLATE Latin1_General_100_BIN2 NOT NULL,
    model nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    valid_from datetime2(3) NOT NULL,
    valid_to datetime2(3) NOT NULL,
    stage nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    identified bit NOT NULL,
    PRIMARY KEY (shop, customer, model, valid_from)
)
GO

-- Who is in which stage at an instant. Most intervals have ended, so valid_to comes first.
CREATE INDEX stage_interval_as_of ON segmentation.stage_interval (shop, model, valid_to, valid_from) INCLUDE (stage, identified)
GO

-- Derived: what an instant added to a customer's value; the value at an instant is the sum up to and with it.
CREATE TABLE segmentation.value_change (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    customer nvarchar(210) COLLATE Latin1_General_100_BIN2 NOT NULL,
    event_time datetime2(3) NOT NULL,
    amount decimal(19,4) NOT NULL,
    PRIMARY KEY (shop, customer, event_time)
)
