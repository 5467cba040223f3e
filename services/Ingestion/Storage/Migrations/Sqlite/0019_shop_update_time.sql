-- When the shop's settings were made: whoever changes them makes it later.
ALTER TABLE shop ADD COLUMN update_time INTEGER NOT NULL DEFAULT 0;
GO
UPDATE shop
SET update_time = create_time;
