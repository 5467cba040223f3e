CREATE TABLE foundation.step (
    id nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    step int NOT NULL,
    amount decimal(19,4) NOT NULL,
    due datetime2(3) NULL,
    PRIMARY KEY (id, step)
)
