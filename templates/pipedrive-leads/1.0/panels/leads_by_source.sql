-- Which sources bring leads, and how many of them become deals?
-- Leads created in the period by their marketing source; converted when a deal exists that came from the lead, at any time up to
-- now. Young leads may still ripen: those not converted and younger than the median time from lead to deal of all the
-- company's leads. The first {top} sources by number, then one row of all others.
WITH
    by_source AS (
        SELECT
            source,
            count() AS all_leads,
            countIf(is_converted) AS converted,
            countIf(ripens(is_converted, lead_add_time)) AS ripening
        FROM lead_scope
        WHERE lead_add_time >= {from:DateTime64(3, 'UTC')} AND lead_add_time < {to:DateTime64(3, 'UTC')}
        GROUP BY source
    ),
    ranked AS (
        SELECT
            source,
            all_leads,
            converted,
            ripening,
            row_number() OVER (ORDER BY all_leads DESC, converted DESC, source) > {top:UInt16} AS is_rest
        FROM by_source
    )
SELECT
    if(is_rest, '(other)', source) AS source,
    sum(all_leads) AS leads,
    sum(converted) AS converted_leads,
    toFloat64(converted_leads) / leads AS conversion_rate,
    sum(ripening) AS ripening_leads,
    is_rest AS is_other,
    count() AS sources
FROM ranked
GROUP BY is_rest, source
ORDER BY is_rest, leads DESC, converted_leads DESC, source
