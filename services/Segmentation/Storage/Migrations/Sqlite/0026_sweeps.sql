-- How many steps of sweeps there were: they change nothing but where customers are, so what was worked out before may still hold.
ALTER TABLE derived_revision ADD COLUMN sweep INTEGER NOT NULL DEFAULT 0;
