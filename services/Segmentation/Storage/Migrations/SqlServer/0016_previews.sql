-- Comparisons of two models over a shop's history. `document` is what is compared, `sums` what customers up to `customer_cursor` come to.
CREATE TABLE segmentation.preview (
    number int NOT NULL PRIMARY KEY,
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    preview nvarchar(36) COLLATE Latin1_General_100_BIN2 NOT NULL,
    fingerprint nvarchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL, -- of the request
    state int NOT NULL CHECK (state BETWEEN 1 AND 4), -- 1 running, 2 done, 3 failed, 4 cancelled
    create_time datetime2(3) NOT NULL,
    end_time datetime2(3) NULL,
    customer_cursor bigint NOT NULL,
    customer_count bigint NOT NULL,
    customer_total bigint NOT NULL,
    tries int NOT NULL, -- that failed since the last step
    failure nvarchar(500) NOT NULL,
    document nvarchar(max) NOT NULL,
    sums nvarchar(max) NOT NULL, -- '' before the first step
    UNIQUE (shop, preview)
)
GO

-- What is under way, and what is old enough to go.
CREATE INDEX preview_work ON segmentation.preview (state, end_time)
GO

-- Customers who move, by the places of the stages in their models. Why is worked out from their record when it is asked for.
CREATE TABLE segmentation.preview_mover (
    preview int NOT NULL,
    customer bigint NOT NULL,
    before_stage int NOT NULL,
    after_stage int NOT NULL,
    PRIMARY KEY (preview, customer)
)
GO

-- Who is erased leaves every preview.
CREATE INDEX preview_mover_customer ON segmentation.preview_mover (customer)
