-- When a customer was erased: what is left of them ends there.
ALTER TABLE segmentation.customer ADD left_time datetime2(3) NULL;
