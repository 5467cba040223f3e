-- How engaged a customer is, apart from what the date makes of it, so that filters need not read the record. Rows of whoever did anything are of no time until they
-- are written again.
ALTER TABLE segmentation.customer ADD engagement_level bigint NULL;
GO

UPDATE segmentation.customer
SET until_time = from_time
WHERE last_interaction_day IS NOT NULL
