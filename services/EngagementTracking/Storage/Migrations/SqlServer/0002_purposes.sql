-- Consent is given for a purpose ('' is every purpose), somewhere. What was kept before was about marketing.
ALTER TABLE engagement.subscription_fact ADD purpose nvarchar(200) NOT NULL CONSTRAINT df_subscription_fact_purpose DEFAULT 'marketing';
GO
ALTER TABLE engagement.subscription_fact ADD source nvarchar(200) NOT NULL CONSTRAINT df_subscription_fact_source DEFAULT '';
