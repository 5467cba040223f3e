-- What a shop's orders add up to, by cohort (month of a customer's first order) and month, as changes by day of the shop's zone: the sum of all changes up to a day is
-- what counts at its end. Months are counted since the year 0; cohort 0 is of customers without an order that counts.
CREATE TABLE order_tally (
    derivation INTEGER NOT NULL,
    day INTEGER NOT NULL,
    cohort INTEGER NOT NULL,
    month INTEGER NOT NULL,
    identified INTEGER NOT NULL,
    orders INTEGER NOT NULL,
    customers INTEGER NOT NULL,
    repeat_customers INTEGER NOT NULL,
    seconds INTEGER NOT NULL,
    thirds INTEGER NOT NULL,
    second_days INTEGER NOT NULL,
    third_days INTEGER NOT NULL,
    later_days INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (derivation, day, cohort, month, identified)
) STRICT, WITHOUT ROWID;

-- Every shop has one, derived like a model from the records that are there.
INSERT INTO derivation (id, shop, model, number, model_revision, population_revision, state, start_time, active_time, retire_time, customer_cursor, customer_count, time_zone)
SELECT (SELECT COALESCE(MAX(id), 0) FROM derivation) + ROW_NUMBER() OVER (ORDER BY number), shop, 'tally/orders', 1, 1, 0, 1, 0, NULL, NULL, 0, 0, time_zone
FROM shop;

-- What was planned before knows nothing of them.
UPDATE derived_revision
SET revision = revision + 1;
