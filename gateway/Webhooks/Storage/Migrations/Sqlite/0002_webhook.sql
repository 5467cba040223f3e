-- The secrets are kept as they are: what signs has to be known.
CREATE TABLE webhook (
    shop TEXT NOT NULL,
    webhook TEXT NOT NULL,
    url TEXT NOT NULL,
    models TEXT NOT NULL,
    stages TEXT NOT NULL,
    secret TEXT NOT NULL,
    old_secret TEXT NULL,
    old_secret_until INTEGER NULL,
    enabled INTEGER NOT NULL,
    disabled_reason TEXT NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    version INTEGER NOT NULL,
    position INTEGER NOT NULL,
    pending_position INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    next_attempt_time INTEGER NULL,
    last_attempt_time INTEGER NULL,
    last_status INTEGER NOT NULL,
    last_failure TEXT NOT NULL,
    lease_holder TEXT NOT NULL,
    lease_until INTEGER NULL,
    PRIMARY KEY (shop, webhook)
) STRICT, WITHOUT ROWID;

-- Where an event stands in the feed, never what it says: it is read there again, and an erased person is no longer in it.
CREATE TABLE webhook_dead_letter (
    shop TEXT NOT NULL,
    webhook TEXT NOT NULL,
    position INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    last_attempt_time INTEGER NOT NULL,
    last_status INTEGER NOT NULL,
    last_failure TEXT NOT NULL,
    redeliver INTEGER NOT NULL,
    PRIMARY KEY (shop, webhook, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX webhook_dead_letter_redeliver ON webhook_dead_letter (shop, webhook, position) WHERE redeliver = 1;
