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
GO

-- The log is read once more from its start, so that customers known already get theirs. What is derived is made anew with it; positions of the feed go on.
TRUNCATE TABLE segmentation.customer
GO
TRUNCATE TABLE segmentation.membership
GO
TRUNCATE TABLE segmentation.stage_step
GO
TRUNCATE TABLE segmentation.stage_day
GO
TRUNCATE TABLE segmentation.order_tally
GO
TRUNCATE TABLE segmentation.stage_transition
GO
TRUNCATE TABLE segmentation.preview
GO
TRUNCATE TABLE segmentation.preview_mover
GO

UPDATE segmentation.checkpoint_position
SET position = 0
GO

UPDATE segmentation.derivation
SET customer_cursor = 9223372036854775807, customer_count = 0
WHERE state IN (1, 2)
GO

-- What was planned before knows nothing of it.
UPDATE segmentation.derived_revision
SET revision = revision + 1
GO
