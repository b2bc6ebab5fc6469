-- How many leads came in the period, and how many in the comparison period? How many wait now?
-- Leads created in the period, converted ones among them. Open: neither converted nor archived, now, whatever the period;
-- archived likewise. One row, none when there was no lead in either period and none is open. Buckets run from the start of the
-- period to asof: later ones are not yet, not zero.
WITH
    counted AS (
        SELECT
            lead_add_time >= {from:DateTime64(3, 'UTC')} AND lead_add_time < {to:DateTime64(3, 'UTC')} AS is_now,
            lead_add_time >= {pfrom:DateTime64(3, 'UTC')} AND lead_add_time < {pto:DateTime64(3, 'UTC')} AS is_before,
            bucket_of(lead_add_time) AS start,
            NOT is_converted AND NOT lead_is_archived AS is_open,
            NOT is_converted AND lead_is_archived AS is_archived
        FROM lead_scope
    ),
    by_bucket AS (
        SELECT start, count() AS leads FROM counted WHERE is_now GROUP BY start
    ),
    spark AS (
        SELECT groupArray(start) AS starts, groupArray(leads) AS counts
        FROM (
            SELECT buckets.start AS start, by_bucket.leads AS leads
            FROM buckets
            LEFT ANY JOIN by_bucket ON by_bucket.start = buckets.start
            WHERE NOT buckets.is_ahead
            ORDER BY start
        )
    ),
    totals AS (
        SELECT
            countIf(is_now) AS new_leads,
            countIf(is_before) AS previous_leads,
            countIf(is_open) AS open_leads,
            countIf(is_archived) AS archived_leads
        FROM counted
    )
SELECT
    totals.new_leads AS new_leads,
    totals.open_leads AS open_leads,
    totals.archived_leads AS archived_leads,
    totals.previous_leads AS previous_leads,
    (toFloat64(totals.new_leads) - totals.previous_leads) / nullIf(totals.previous_leads, 0) AS change,
    spark.starts AS spark_at,
    spark.counts AS spark_value
FROM totals
CROSS JOIN spark
WHERE new_leads + previous_leads + open_leads > 0
