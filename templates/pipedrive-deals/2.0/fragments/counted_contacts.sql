-- Each contact with the figures that were made before loading, and with a recount over the loaded deals held against them
-- (needs rates). Contacts with fewer deals loaded than counted are told apart (their history was not loaded), any other
-- difference is a fault. Contacts whose deals changed since asof are not judged, for both sides move within seconds, nor
-- are erased ones, who have no figures. The average is over the deals in the currency of the contact's figures, converted
-- at the rate of the day of asof; value is that average times those deals.
told AS (
    SELECT
        toUInt64OrZero(entity_id) AS contact_id,
        coalesce(metrics_total_deals, 0) AS told_deals,
        (coalesce(metrics_open_deals, 0), coalesce(metrics_won_deals, 0), coalesce(metrics_lost_deals, 0)) AS told_statuses,
        if(metrics_currency = '', '(not set)', toString(metrics_currency)) AS own_currency,
        metrics_average_deal_value AS average,
        coalesce(metrics_total_deals, 0) - coalesce(metrics_deals_in_other_currencies, 0) AS averaged_deals
    FROM entities FINAL
    WHERE event_company_id = {company:UInt64} AND entity_object = 'person' AND metrics_total_deals > 0
),
recounted AS (
    SELECT
        contact_id,
        count() AS loaded_deals,
        (countIf(deal_status = 'open'), countIf(deal_status = 'won'), countIf(deal_status = 'lost')) AS loaded_statuses,
        max(event_received_at) < {asof:DateTime64(3, 'UTC')} AS is_settled
    FROM deals FINAL
    WHERE event_company_id = {company:UInt64} AND contact_id != 0
    GROUP BY contact_id
),
erased AS (
    SELECT person_id
    FROM erased_persons FINAL
    WHERE event_company_id = {company:UInt64}
    GROUP BY person_id
    HAVING NOT argMax(is_lifted, (archived_at, kafka_offset))
),
contacts AS (
    SELECT
        greatest(told.contact_id, recounted.contact_id) AS contact_id,
        told.told_deals AS counted,
        recounted.loaded_deals AS loaded,
        if(counted = 0, '(not set)', told.own_currency) AS own_currency,
        told.average AS average,
        told.averaged_deals AS averaged_deals,
        loaded = 0 OR recounted.is_settled AS is_judged,
        is_judged AND loaded < counted AS is_not_loaded,
        is_judged
            AND (loaded > counted OR (loaded = counted AND told.told_statuses != recounted.loaded_statuses)) AS is_wrong
    FROM told
    FULL OUTER JOIN recounted ON recounted.contact_id = told.contact_id
    WHERE greatest(told.contact_id, recounted.contact_id) NOT IN (SELECT person_id FROM erased)
),
counted_contacts AS (
    SELECT
        contacts.contact_id AS contact_id,
        if(native_mode, contacts.own_currency, {currency:String}) AS shown_currency,
        multiIf(greatest(counted, loaded) <= 2, greatest(counted, loaded), greatest(counted, loaded) <= 5, 3, greatest(counted, loaded) <= 10, 6, 11) AS deals_from,
        transform(deals_from, [1, 2, 3, 6, 11], ['1', '2', '3–5', '6–10', '11 and more'], toString(deals_from)) AS deals_word,
        counted,
        loaded,
        counted > 0 AS is_counted,
        averaged_deals,
        is_not_loaded,
        is_wrong,
        contacts.own_currency AS own_currency,
        average,
        converted(average, contacts.own_currency, rates.rate) AS converted_average,
        average IS NOT NULL AND converted_average IS NULL AS is_unconverted,
        converted_average * averaged_deals AS value
    FROM contacts
    LEFT ANY JOIN rates
        ON rates.currency = contacts.own_currency AND rates.rate_date = toDate({asof:DateTime64(3, 'UTC')}, {tz:String})
)
