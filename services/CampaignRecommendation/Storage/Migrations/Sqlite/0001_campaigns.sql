CREATE TABLE checkpoint_position (
    log_partition INTEGER NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT;

CREATE TABLE shop (
    shop TEXT NOT NULL PRIMARY KEY,
    time_zone TEXT NOT NULL,
    currency_code TEXT NOT NULL,
    fact_time INTEGER NOT NULL,
    message_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The last word per customer, channel and kind. No address is kept: the fact of having one is enough.
CREATE TABLE contact_fact (
    shop TEXT NOT NULL,
    customer TEXT NOT NULL,
    channel INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    fact_time INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    fact_value INTEGER NOT NULL,
    PRIMARY KEY (shop, customer, channel, kind)
) STRICT, WITHOUT ROWID;

-- Shop '' holds the default, for every shop without one of its own. The highest revision counts.
CREATE TABLE playbook_revision (
    shop TEXT NOT NULL,
    revision INTEGER NOT NULL,
    body TEXT NOT NULL,
    create_time INTEGER NOT NULL,
    PRIMARY KEY (shop, revision)
) STRICT, WITHOUT ROWID;
