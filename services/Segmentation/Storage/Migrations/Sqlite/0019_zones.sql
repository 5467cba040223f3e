-- When the log made the shop's settings: of several announcements the latest holds.
ALTER TABLE shop ADD COLUMN update_time INTEGER NOT NULL DEFAULT 0;

-- The zone whose days a derivation counts; empty until the log has told of its shop.
ALTER TABLE derivation ADD COLUMN time_zone TEXT NOT NULL DEFAULT '';

UPDATE derivation
SET time_zone = COALESCE((SELECT s.time_zone FROM shop s WHERE s.shop = derivation.shop), '');
