-- How far this house has come with each partition of the log.
CREATE TABLE checkpoint_position (
    log_partition INTEGER NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT;

CREATE TABLE shop (
    shop TEXT NOT NULL PRIMARY KEY,
    time_zone TEXT NOT NULL,
    currency TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE customer (
    shop TEXT NOT NULL,
    customer TEXT NOT NULL,
    identified INTEGER NOT NULL,
    log_partition INTEGER NOT NULL,
    first_seen_time INTEGER NOT NULL,
    PRIMARY KEY (shop, customer)
) STRICT, WITHOUT ROWID;

-- The set that everything below is derived from; rows are only ever added.
CREATE TABLE purchase_fact (
    shop TEXT NOT NULL,
    customer TEXT NOT NULL,
    message_id TEXT NOT NULL,
    kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 4), -- 1 ordered, 2 updated, 3 cancelled, 4 refunded
    event_time INTEGER NOT NULL,
    order_id TEXT NOT NULL,
    amount INTEGER,
    currency TEXT NOT NULL,
    PRIMARY KEY (shop, customer, message_id)
) STRICT, WITHOUT ROWID;

-- Derived: a customer's stage in [valid_from, valid_to), without a gap from first seen to 9999-12-31.
CREATE TABLE stage_interval (
    shop TEXT NOT NULL,
    customer TEXT NOT NULL,
    model TEXT NOT NULL,
    valid_from INTEGER NOT NULL,
    valid_to INTEGER NOT NULL,
    stage TEXT NOT NULL,
    identified INTEGER NOT NULL,
    PRIMARY KEY (shop, customer, model, valid_from)
) STRICT, WITHOUT ROWID;

-- Who is in which stage at an instant. Most intervals have ended, so valid_to comes first.
CREATE INDEX stage_interval_as_of ON stage_interval (shop, model, valid_to, valid_from, stage, identified);

-- Derived: what an instant added to a customer's value; the value at an instant is the sum up to and with it.
CREATE TABLE value_change (
    shop TEXT NOT NULL,
    customer TEXT NOT NULL,
    event_time INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (shop, customer, event_time)
) STRICT, WITHOUT ROWID;
