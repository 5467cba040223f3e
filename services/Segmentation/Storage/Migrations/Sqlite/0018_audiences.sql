-- Beside the record what audiences ask for, as of [from_time, until_time), where nothing happens to the customer. Days are day numbers in the shop's zone, counts,
-- spend and scores are in steps of their features. A row that has not been written since is of no time, so that its record is read.
CREATE TABLE customer_new (
    id INTEGER NOT NULL PRIMARY KEY,
    shop INTEGER NOT NULL,
    customer TEXT NOT NULL,
    identified INTEGER NOT NULL,
    from_time INTEGER NOT NULL,
    until_time INTEGER NOT NULL,
    first_seen_time INTEGER,
    first_order_time INTEGER,
    last_order_time INTEGER,
    first_order_day INTEGER,
    order_before_day INTEGER,
    last_order_day INTEGER,
    last_view_day INTEGER,
    last_visit_day INTEGER,
    last_event_day INTEGER,
    last_interaction_day INTEGER,
    order_count INTEGER NOT NULL,
    spend INTEGER NOT NULL,
    referral_count INTEGER NOT NULL,
    review_count INTEGER NOT NULL,
    share_count INTEGER NOT NULL,
    last_review_rating INTEGER,
    last_nps_score INTEGER,
    record BLOB NOT NULL
) STRICT;

INSERT INTO customer_new (id, shop, customer, identified, from_time, until_time, order_count, spend, referral_count, review_count, share_count, record)
SELECT id, shop, customer, identified, 0, 0, 0, 0, 0, 0, 0, record
FROM customer;

DROP TABLE customer;
ALTER TABLE customer_new RENAME TO customer;

CREATE UNIQUE INDEX customer_key ON customer (shop, customer);

-- Saved filters. Every derivation of one has the model 'audience/{id}', and what its number was bound to when it began.
CREATE TABLE audience (
    shop TEXT NOT NULL,
    audience TEXT NOT NULL,
    title TEXT NOT NULL,
    filter TEXT NOT NULL,
    revision INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (shop, audience)
) STRICT, WITHOUT ROWID;

CREATE TABLE audience_binding (
    shop TEXT NOT NULL,
    model TEXT NOT NULL,
    number INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (shop, model, number)
) STRICT, WITHOUT ROWID;

-- What overlays mean in a shop; rows are only ever added. `document` is JSON; `top_spend` is where the top per cent begin by the latest count.
CREATE TABLE overlay_revision (
    shop TEXT NOT NULL,
    revision INTEGER NOT NULL,
    document TEXT NOT NULL,
    top_spend INTEGER,
    create_time INTEGER NOT NULL,
    PRIMARY KEY (shop, revision)
) STRICT, WITHOUT ROWID;
