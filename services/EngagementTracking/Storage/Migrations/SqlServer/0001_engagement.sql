CREATE TABLE engagement.checkpoint_position (
    log_partition int NOT NULL,
    position bigint NOT NULL,
    CONSTRAINT checkpoint_position_key PRIMARY KEY (log_partition)
)
GO
CREATE TABLE engagement.customer (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    customer nvarchar(210) COLLATE Latin1_General_100_BIN2 NOT NULL,
    log_partition int NOT NULL,
    first_seen_time datetime2(3) NOT NULL,
    CONSTRAINT customer_key PRIMARY KEY (shop, customer)
)
GO
-- Integer counts per UTC day: any order of arrival gives the same rows.
CREATE TABLE engagement.touch_day (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    customer nvarchar(210) COLLATE Latin1_General_100_BIN2 NOT NULL,
    day date NOT NULL,
    channel int NOT NULL,
    kind int NOT NULL,
    touch_count bigint NOT NULL,
    last_time datetime2(3) NOT NULL,
    CONSTRAINT touch_day_key PRIMARY KEY (shop, customer, day, channel, kind)
)
GO
-- Unsubscribes, complaints and consent are rare: all are kept, and the latest at an instant decides.
CREATE TABLE engagement.subscription_fact (
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    customer nvarchar(210) COLLATE Latin1_General_100_BIN2 NOT NULL,
    channel int NOT NULL,
    fact_time datetime2(3) NOT NULL,
    message_id nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    subscribed bit NOT NULL,
    CONSTRAINT subscription_fact_key PRIMARY KEY (shop, customer, channel, fact_time, message_id)
)
