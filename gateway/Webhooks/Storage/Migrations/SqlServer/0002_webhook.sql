-- The secrets are kept as they are: what signs has to be known.
CREATE TABLE gateway.webhook (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    webhook nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    url nvarchar(2000) NOT NULL,
    models nvarchar(2000) NOT NULL,
    stages nvarchar(2000) NOT NULL,
    secret nvarchar(100) NOT NULL,
    old_secret nvarchar(100) NULL,
    old_secret_until datetime2(3) NULL,
    enabled bit NOT NULL,
    disabled_reason nvarchar(40) NOT NULL,
    create_time datetime2(3) NOT NULL,
    update_time datetime2(3) NOT NULL,
    version bigint NOT NULL,
    position bigint NOT NULL,
    pending_position bigint NOT NULL,
    attempts int NOT NULL,
    next_attempt_time datetime2(3) NULL,
    last_attempt_time datetime2(3) NULL,
    last_status int NOT NULL,
    last_failure nvarchar(40) NOT NULL,
    lease_holder nvarchar(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    lease_until datetime2(3) NULL,
    PRIMARY KEY (shop, webhook)
);
GO
-- Where an event stands in the feed, never what it says: it is read there again, and an erased person is no longer in it.
CREATE TABLE gateway.webhook_dead_letter (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    webhook nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    position bigint NOT NULL,
    attempts int NOT NULL,
    create_time datetime2(3) NOT NULL,
    last_attempt_time datetime2(3) NOT NULL,
    last_status int NOT NULL,
    last_failure nvarchar(40) NOT NULL,
    redeliver bit NOT NULL,
    PRIMARY KEY (shop, webhook, position)
);
GO
CREATE INDEX webhook_dead_letter_redeliver ON gateway.webhook_dead_letter (shop, webhook, position) WHERE redeliver = 1;
