-- Consent is given for a purpose ('' is every purpose), somewhere. What was kept before was about marketing.
ALTER TABLE subscription_fact ADD COLUMN purpose TEXT NOT NULL DEFAULT 'marketing';
GO
ALTER TABLE subscription_fact ADD COLUMN source TEXT NOT NULL DEFAULT '';
