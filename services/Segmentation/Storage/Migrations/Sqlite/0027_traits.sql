-- What the shop says of customers: by name and value, as of the time that the customer's row holds for. `kind` is 1 for a text, 2 for a number in millionths, 3 for a flag
-- (0 or 1), 4 for a text that has no place among others in SQL. Every text ends in U+001F.
CREATE TABLE customer_trait (
    shop INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind INTEGER NOT NULL,
    text_value TEXT NOT NULL,
    number_value INTEGER NOT NULL,
    customer INTEGER NOT NULL,
    PRIMARY KEY (shop, name, kind, text_value, number_value, customer)
) STRICT, WITHOUT ROWID;
