-- The days of the orders before the last two, so that how many lie within a window is told up to five without reading the record. Where there are so many, the row is
-- of no time until it is written again.
ALTER TABLE customer ADD COLUMN third_last_order_day INTEGER;
ALTER TABLE customer ADD COLUMN fourth_last_order_day INTEGER;
ALTER TABLE customer ADD COLUMN fifth_last_order_day INTEGER;

UPDATE customer
SET until_time = from_time
WHERE order_count > 2;
