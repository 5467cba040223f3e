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

-- The log is read once more from its start, so that customers known already get theirs. What is derived is made anew with it; positions of the feed go on.
DELETE FROM customer;
DELETE FROM membership;
DELETE FROM stage_step;
DELETE FROM stage_day;
DELETE FROM order_tally;
DELETE FROM stage_transition;
DELETE FROM preview;
DELETE FROM preview_mover;

UPDATE checkpoint_position
SET position = 0;

UPDATE derivation
SET customer_cursor = 9223372036854775807, customer_count = 0
WHERE state IN (1, 2);

-- What was planned before knows nothing of it.
UPDATE derived_revision
SET revision = revision + 1;
