-- What did each destination get?
-- Events that were sent to it in the period, each once, by how it ended last: taken, given up, or still waiting to be tried again
-- (NULL is none of these). All attempts beside them. Ties in number go by name. Filters play no part.
SELECT
    destination,
    countIf(outcome = 'delivered') AS delivered_events,
    countIf(outcome = 'gave_up') AS given_up_events,
    countIf(outcome IN ('retry', 'misconfigured')) AS waiting_events,
    sum(attempts) AS delivery_attempts,
    max(last_at) AS last_at
FROM last_deliveries
GROUP BY destination
ORDER BY delivered_events DESC, destination
