CREATE TABLE api_key (
    key_hash TEXT NOT NULL PRIMARY KEY,
    shop TEXT NOT NULL,
    name TEXT NOT NULL,
    create_time INTEGER NOT NULL,
    revoked_time INTEGER NULL
) STRICT, WITHOUT ROWID;
