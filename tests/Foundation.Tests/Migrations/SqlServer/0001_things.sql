CREATE TABLE foundation.thing (
    id nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL PRIMARY KEY,
    at datetime2(3) NOT NULL,
    amount decimal(19,4) NULL,
    day date NULL,
    flag bit NOT NULL,
    payload varbinary(max) NULL
);
GO
CREATE INDEX thing_at ON foundation.thing (at);
