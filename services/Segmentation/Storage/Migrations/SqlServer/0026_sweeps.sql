-- How many steps of sweeps there were: they change nothing but where customers are, so what was worked out before may still hold.
ALTER TABLE segmentation.derived_revision ADD sweep bigint NOT NULL CONSTRAINT df_derived_revision_sweep DEFAULT 0;
