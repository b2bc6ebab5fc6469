-- A contact's figures over its deals, made before loading, beside the contact.
ALTER TABLE entities ${on_cluster}
    ADD COLUMN IF NOT EXISTS metrics_total_deals Nullable(UInt64) AFTER entity_update_time,
    ADD COLUMN IF NOT EXISTS metrics_open_deals Nullable(UInt64) AFTER metrics_total_deals,
    ADD COLUMN IF NOT EXISTS metrics_won_deals Nullable(UInt64) AFTER metrics_open_deals,
    ADD COLUMN IF NOT EXISTS metrics_lost_deals Nullable(UInt64) AFTER metrics_won_deals,
    ADD COLUMN IF NOT EXISTS metrics_won_value Nullable(Decimal(18, 4)) AFTER metrics_lost_deals,
    ADD COLUMN IF NOT EXISTS metrics_average_deal_value Nullable(Decimal(18, 4)) AFTER metrics_won_value,
    ADD COLUMN IF NOT EXISTS metrics_currency LowCardinality(String) AFTER metrics_average_deal_value,
    ADD COLUMN IF NOT EXISTS metrics_deals_in_other_currencies Nullable(UInt64) AFTER metrics_currency
