-- Models of what customers are worth, and when they lapse: a document per revision, which never changes.
CREATE TABLE value_model (
    shop TEXT NOT NULL,
    revision INTEGER NOT NULL,
    as_of INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    chosen TEXT NOT NULL, -- '' where nothing can be fitted
    document TEXT NOT NULL,
    PRIMARY KEY (shop, revision)
) STRICT, WITHOUT ROWID;

-- RFM as frozen at the end of a month; the document holds the cut points.
CREATE TABLE rfm_month (
    shop TEXT NOT NULL,
    month_start INTEGER NOT NULL,
    as_of INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (shop, month_start)
) STRICT, WITHOUT ROWID;

-- The codes (100 R + 10 F + M) after each tie rule.
CREATE TABLE rfm_customer (
    shop TEXT NOT NULL,
    month_start INTEGER NOT NULL,
    customer TEXT NOT NULL,
    recency_days INTEGER NOT NULL,
    order_count INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    cut_points_code INTEGER NOT NULL,
    ntile_code INTEGER NOT NULL,
    average_rank_code INTEGER NOT NULL,
    PRIMARY KEY (shop, month_start, customer)
) STRICT, WITHOUT ROWID;

-- Who is erased leaves every month.
CREATE INDEX rfm_customer_customer ON rfm_customer (shop, customer);
