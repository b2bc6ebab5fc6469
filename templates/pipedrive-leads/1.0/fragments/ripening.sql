-- Which leads may still become deals (needs lead_scope): those not converted and younger than the median time from lead to deal,
-- which is that of all the company's leads: what is chosen does not change it. None while there is no such time.
(
    SELECT quantileExactInclusiveOrNullIf(0.5)(
        greatest(0, dateDiff('second', known.lead_add_time, lead_deals.converted_at)),
        isNotNull(dateDiff('second', known.lead_add_time, lead_deals.converted_at)))
    FROM (SELECT lead_id, lead_add_time FROM leads FINAL WHERE event_company_id = {company:UInt64}) AS known
    INNER JOIN lead_deals ON lead_deals.lead_id = known.lead_id
) AS median_seconds,
((is_converted, added_at) ->
    NOT is_converted AND coalesce(dateDiff('second', added_at, {asof:DateTime64(3, 'UTC')}) < median_seconds, false)) AS ripens
