CREATE TABLE checkpoint_position (
    log_partition INTEGER NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT;

CREATE TABLE customer (
    shop TEXT NOT NULL,
    customer TEXT NOT NULL,
    log_partition INTEGER NOT NULL,
    first_seen_time INTEGER NOT NULL,
    PRIMARY KEY (shop, customer)
) STRICT, WITHOUT ROWID;

-- Integer counts per UTC day: any order of arrival gives the same rows.
CREATE TABLE touch_day (
    shop TEXT NOT NULL,
    customer TEXT NOT NULL,
    day INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    touch_count INTEGER NOT NULL,
    last_time INTEGER NOT NULL,
    PRIMARY KEY (shop, customer, day, channel, kind)
) STRICT, WITHOUT ROWID;

-- Unsubscribes, complaints and consent are rare: all are kept, and the latest at an instant decides.
CREATE TABLE subscription_fact (
    shop TEXT NOT NULL,
    customer TEXT NOT NULL,
    channel INTEGER NOT NULL,
    fact_time INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    subscribed INTEGER NOT NULL,
    PRIMARY KEY (shop, customer, channel, fact_time, message_id)
) STRICT, WITHOUT ROWID;
