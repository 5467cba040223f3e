CREATE TABLE gateway.api_key (
    key_hash nvarchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL PRIMARY KEY,
    shop nvarchar(63) COLLATE Latin1_General_100_BIN2 NOT NULL,
    name nvarchar(200) NOT NULL,
    create_time datetime2(3) NOT NULL,
    revoked_time datetime2(3) NULL
);
