-- When the shop's settings were made: whoever changes them makes it later.
ALTER TABLE ingestion.shop ADD update_time datetime2(3) NOT NULL CONSTRAINT df_shop_update_time DEFAULT '1970-01-01';
GO
UPDATE ingestion.shop
SET update_time = create_time;
