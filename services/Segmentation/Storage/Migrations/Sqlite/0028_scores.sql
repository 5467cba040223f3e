-- What scores and predictions rest on, apart from what the date makes of them, so that filters need not read the record: how engaged a customer is, on how many days they
-- ordered, and what the orders after the first day came to (in ten-thousandths). Rows of whoever did anything are of no time until they are written again.
ALTER TABLE customer ADD COLUMN engagement_level INTEGER;
ALTER TABLE customer ADD COLUMN order_days INTEGER NOT NULL DEFAULT 0;
ALTER TABLE customer ADD COLUMN repeat_spend INTEGER NOT NULL DEFAULT 0;

UPDATE customer
SET until_time = from_time
WHERE last_interaction_day IS NOT NULL;
