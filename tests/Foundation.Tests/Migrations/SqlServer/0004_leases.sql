-- Which replica reads which partition, and until when.
CREATE TABLE foundation.lease (
    name nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    holder nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    expire_time datetime2(3) NOT NULL,
    CONSTRAINT lease_key PRIMARY KEY (name)
)
GO
-- The replicas that live. An instance is the same after a restart.
CREATE TABLE foundation.lease_holder (
    holder nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    instance nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    join_time datetime2(3) NOT NULL,
    expire_time datetime2(3) NOT NULL,
    CONSTRAINT lease_holder_key PRIMARY KEY (holder)
)
