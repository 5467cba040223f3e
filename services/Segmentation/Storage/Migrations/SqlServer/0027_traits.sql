-- What the shop says of customers: by name and value, as of the time that the customer's row holds for. `kind` is 1 for a text, 2 for a number in millionths, 3 for a flag
-- (0 or 1), 4 for a text that has no place among others in SQL. Every text ends in U+001F.
CREATE TABLE segmentation.customer_trait (
    shop int NOT NULL,
    name nvarchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    kind int NOT NULL,
    text_value nvarchar(201) COLLATE Latin1_General_100_BIN2 NOT NULL,
    number_value bigint NOT NULL,
    customer bigint NOT NULL,
    CONSTRAINT customer_trait_key PRIMARY KEY (shop, name, kind, text_value, number_value, customer)
)
