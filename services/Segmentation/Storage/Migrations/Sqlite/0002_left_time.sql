-- When a customer was erased: what is left of them ends there.
ALTER TABLE customer ADD COLUMN left_time INTEGER;
