CREATE TABLE campaigns.checkpoint_position (
    log_partition int NOT NULL,
    position bigint NOT NULL,
    CONSTRAINT checkpoint_position_key PRIMARY KEY (log_partition)
)
GO
CREATE TABLE campaigns.shop (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    time_zone nvarchar(100) NOT NULL,
    currency_code nvarchar(3) NOT NULL,
    fact_time datetime2(3) NOT NULL,
    message_id nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    CONSTRAINT shop_key PRIMARY KEY (shop)
)
GO
-- The last word per customer, channel and kind. No address is kept: the fact of having one is enough.
CREATE TABLE campaigns.contact_fact (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    customer nvarchar(210) COLLATE Latin1_General_100_BIN2 NOT NULL,
    channel int NOT NULL,
    kind int NOT NULL,
    fact_time datetime2(3) NOT NULL,
    message_id nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    fact_value int NOT NULL,
    CONSTRAINT contact_fact_key PRIMARY KEY (shop, customer, channel, kind)
)
GO
-- Shop '' holds the default, for every shop without one of its own. The highest revision counts.
CREATE TABLE campaigns.playbook_revision (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    revision bigint NOT NULL,
    body nvarchar(max) NOT NULL,
    create_time datetime2(3) NOT NULL,
    CONSTRAINT playbook_revision_key PRIMARY KEY (shop, revision)
)
