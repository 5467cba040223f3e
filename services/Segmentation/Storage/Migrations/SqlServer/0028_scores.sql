-- What scores and predictions rest on, apart from what the date makes of them, so that filters need not read the record: how engaged a customer is, on how many days they
-- ordered, and what the orders after the first day came to (in ten-thousandths). Rows of whoever did anything are of no time until they are written again.
ALTER TABLE segmentation.customer ADD engagement_level bigint NULL;
ALTER TABLE segmentation.customer ADD order_days int NOT NULL CONSTRAINT df_customer_order_days DEFAULT 0;
ALTER TABLE segmentation.customer ADD repeat_spend bigint NOT NULL CONSTRAINT df_customer_repeat_spend DEFAULT 0;
GO

UPDATE segmentation.customer
SET until_time = from_time
WHERE last_interaction_day IS NOT NULL
