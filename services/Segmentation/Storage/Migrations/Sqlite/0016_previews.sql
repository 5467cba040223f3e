-- Comparisons of two models over a shop's history. `document` is what is compared, `sums` what customers up to `customer_cursor` come to.
CREATE TABLE preview (
    number INTEGER NOT NULL PRIMARY KEY,
    shop TEXT NOT NULL,
    preview TEXT NOT NULL,
    fingerprint TEXT NOT NULL, -- of the request
    state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4), -- 1 running, 2 done, 3 failed, 4 cancelled
    create_time INTEGER NOT NULL,
    end_time INTEGER,
    customer_cursor INTEGER NOT NULL,
    customer_count INTEGER NOT NULL,
    customer_total INTEGER NOT NULL,
    tries INTEGER NOT NULL, -- that failed since the last step
    failure TEXT NOT NULL,
    document TEXT NOT NULL,
    sums TEXT NOT NULL, -- '' before the first step
    UNIQUE (shop, preview)
) STRICT;

-- What is under way, and what is old enough to go.
CREATE INDEX preview_work ON preview (state, end_time);

-- Customers who move, by the places of the stages in their models. Why is worked out from their record when it is asked for.
CREATE TABLE preview_mover (
    preview INTEGER NOT NULL,
    customer INTEGER NOT NULL,
    before_stage INTEGER NOT NULL,
    after_stage INTEGER NOT NULL,
    PRIMARY KEY (preview, customer)
) STRICT, WITHOUT ROWID;

-- Who is erased leaves every preview.
CREATE INDEX preview_mover_customer ON preview_mover (customer);
