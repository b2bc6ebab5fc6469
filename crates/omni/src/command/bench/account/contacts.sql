-- The contacts with their figures, as the enricher writes them. Contacts with deals of several currencies have the figures of euros.
INSERT INTO entities
(
    event_company_id, entity_object, entity_id, event_ver, entity_name, entity_is_active, metrics_total_deals, metrics_open_deals,
    metrics_won_deals, metrics_lost_deals, metrics_average_deal_value, metrics_currency, metrics_deals_in_other_currencies
)
SELECT
    ${company}, 'person', toString(contact_id), 5, any(contact_last_name), true, count(), countIf(deal_status = 'open'),
    countIf(deal_status = 'won'), countIf(deal_status = 'lost'),
    if(countIf(deal_currency = 'EUR') = 0, NULL, toDecimal64(sumIf(deal_value, deal_currency = 'EUR') / countIf(deal_currency = 'EUR'), 4)),
    'EUR', countIf(deal_currency != 'EUR')
FROM deals FINAL
WHERE event_company_id = ${company}
GROUP BY contact_id
