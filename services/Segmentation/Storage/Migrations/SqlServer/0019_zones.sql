-- When the log made the shop's settings: of several announcements the latest holds.
ALTER TABLE segmentation.shop ADD update_time datetime2(3) NOT NULL CONSTRAINT df_shop_update_time DEFAULT '1970-01-01';
GO
-- The zone whose days a derivation counts; empty until the log has told of its shop.
ALTER TABLE segmentation.derivation ADD time_zone nvarchar(100) NOT NULL CONSTRAINT df_derivation_time_zone DEFAULT '';
GO
UPDATE segmentation.derivation
SET time_zone = COALESCE((SELECT s.time_zone FROM segmentation.shop s WHERE s.shop = segmentation.derivation.shop), '');
