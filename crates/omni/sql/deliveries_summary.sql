-- What did each destination get since then, and how did it go? An event counts once as delivered and once as given up, attempts
-- as often as they were made. An empty destination and company 0 ask for all. Seconds are 0 where nothing was delivered.
SELECT
    destination,
    uniqExactIf((event_company_id, event_uuid), outcome = 'delivered') AS delivered,
    uniqExactIf((event_company_id, event_uuid), outcome = 'gave_up') AS given_up,
    countIf(outcome = 'retry') AS retries,
    countIf(outcome = 'misconfigured') AS misconfigured,
    ifNull(quantileOrNullIf(0.5)(duration_seconds, outcome = 'delivered'), 0) AS seconds_p50,
    ifNull(quantileOrNullIf(0.99)(duration_seconds, outcome = 'delivered'), 0) AS seconds_p99,
    toUnixTimestamp64Micro(maxIf(delivered_at, outcome = 'delivered')) AS last_micro
FROM deliveries FINAL
WHERE delivered_at >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
    AND ({destination:String} = '' OR destination = {destination:String})
    AND ({company:UInt64} = 0 OR event_company_id = {company:UInt64})
GROUP BY destination
ORDER BY destination
