-- How many contacts have how many deals, and what is one of those worth on average?
-- From the figures that were made before loading, which stand beside each contact; all its deals count, whatever their
-- status, and neither period nor filters play a part. The average is over the deals in the currency of the contact's
-- figures; averages of contacts are weighted by those deals and converted at the rate of the day of asof. One group a
-- currency shown; contacts without such an average count in the number alone.
-- A recount over the loaded deals is held against the figures: contacts with fewer deals loaded than counted are told
-- apart (their history was not loaded), any other difference is a fault. Contacts whose deals changed since asof are not
-- judged, for both sides move within seconds, nor are erased ones, who have no figures.
WITH
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
    priced AS (
        SELECT
            if(native_mode, contacts.own_currency, {currency:String}) AS shown_currency,
            multiIf(greatest(counted, loaded) <= 2, greatest(counted, loaded), greatest(counted, loaded) <= 5, 3, greatest(counted, loaded) <= 10, 6, 11) AS deals_from,
            counted > 0 AS is_counted,
            averaged_deals,
            is_not_loaded,
            is_wrong,
            average IS NOT NULL AND converted(average, contacts.own_currency, rates.rate) IS NULL AS is_unconverted,
            converted(average, contacts.own_currency, rates.rate) * averaged_deals AS value
        FROM contacts
        LEFT ANY JOIN rates
            ON rates.currency = contacts.own_currency AND rates.rate_date = toDate({asof:DateTime64(3, 'UTC')}, {tz:String})
    )
SELECT
    shown_currency AS currency,
    transform(deals_from, [1, 2, 3, 6, 11], ['1', '2', '3–5', '6–10', '11 and more'], toString(deals_from)) AS deals_of_contact,
    countIf(is_counted) AS contacts,
    sum(value) / nullIf(sumIf(averaged_deals, value IS NOT NULL), 0) AS average_deal_value,
    countIf(is_unconverted) AS unconverted_contacts,
    countIf(is_not_loaded) AS contacts_not_loaded,
    countIf(is_wrong) AS differing_contacts
FROM priced
GROUP BY currency, deals_from
ORDER BY currency != {currency:String}, currency = '(not set)', currency, deals_from
