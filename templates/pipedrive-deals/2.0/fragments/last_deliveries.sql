-- How it ended last for each event at each destination, of the attempts of the period. History (backfill) is not delivered.
last_deliveries AS (
    SELECT
        toString(destination) AS destination,
        event_uuid,
        argMax(toString(outcome), (delivered_at, attempt)) AS outcome,
        argMax(toString(reason), (delivered_at, attempt)) AS reason,
        argMax(status, (delivered_at, attempt)) AS status,
        max(delivered_at) AS last_at,
        count() AS attempts
    FROM deliveries FINAL
    WHERE event_company_id = {company:UInt64}
        AND delivered_at >= {from:DateTime64(3, 'UTC')} AND delivered_at < {to:DateTime64(3, 'UTC')}
    GROUP BY destination, event_uuid
)
