-- What a shop's orders add up to, by cohort (month of a customer's first order) and month, as changes by day of the shop's zone: the sum of all changes up to a day is
-- what counts at its end. Months are counted since the year 0; cohort 0 is of customers without an order that counts.
CREATE TABLE segmentation.order_tally (
    derivation int NOT NULL,
    day int NOT NULL,
    cohort int NOT NULL,
    month int NOT NULL,
    identified bit NOT NULL,
    orders bigint NOT NULL,
    customers bigint NOT NULL,
    repeat_customers bigint NOT NULL,
    seconds bigint NOT NULL,
    thirds bigint NOT NULL,
    second_days bigint NOT NULL,
    third_days bigint NOT NULL,
    later_days bigint NOT NULL,
    amount decimal(19,4) NOT NULL,
    PRIMARY KEY (derivation, day, cohort, month, identified)
)
GO

-- Every shop has one, derived like a model from the records that are there.
INSERT INTO segmentation.derivation (id, shop, model, number, model_revision, population_revision, state, start_time, active_time, retire_time, customer_cursor, customer_count, time_zone)
SELECT (SELECT COALESCE(MAX(id), 0) FROM segmentation.derivation) + ROW_NUMBER() OVER (ORDER BY number), shop, 'tally/orders', 1, 1, 0, 1, '1970-01-01', NULL, NULL, 0, 0, time_zone
FROM segmentation.shop;

-- What was planned before knows nothing of them.
UPDATE segmentation.derived_revision
SET revision = revision + 1;
