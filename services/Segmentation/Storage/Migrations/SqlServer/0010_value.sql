-- Models of what customers are worth, and when they lapse: a document per revision, which never changes.
CREATE TABLE segmentation.value_model (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    revision int NOT NULL,
    as_of datetime2(3) NOT NULL,
    create_time datetime2(3) NOT NULL,
    chosen nvarchar(20) NOT NULL, -- '' where nothing can be fitted
    document nvarchar(max) NOT NULL,
    PRIMARY KEY (shop, revision)
)
GO

-- RFM as frozen at the end of a month; the document holds the cut points.
CREATE TABLE segmentation.rfm_month (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    month_start date NOT NULL,
    as_of datetime2(3) NOT NULL,
    create_time datetime2(3) NOT NULL,
    document nvarchar(max) NOT NULL,
    PRIMARY KEY (shop, month_start)
)
GO

-- The codes (100 R + 10 F + M) after each tie rule.
CREATE TABLE segmentation.rfm_customer (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    month_start date NOT NULL,
    customer nvarchar(210) COLLATE Latin1_General_100_BIN2 NOT NULL,
    recency_days int NOT NULL,
    order_count int NOT NULL,
    amount decimal(19,4) NOT NULL,
    cut_points_code int NOT NULL,
    ntile_code int NOT NULL,
    average_rank_code int NOT NULL,
    PRIMARY KEY (shop, month_start, customer)
)
GO

-- Who is erased leaves every month.
CREATE INDEX rfm_customer_customer ON segmentation.rfm_customer (shop, customer)
