-- The deals closed in the period, each with the number of calls done for it. Owner: the deal's, of today. Kinds of activities
-- play no part: a call is an activity of the type call.
deal_calls AS (
    SELECT activity_deal_id AS deal_id, count() AS calls
    FROM activities FINAL
    WHERE event_company_id = {company:UInt64} AND activity_type = 'call' AND activity_done AND activity_deal_id != 0
    GROUP BY deal_id
),
closed_calls AS (
    SELECT
        closed.deal_id AS deal_id,
        closed.title AS title,
        closed.closed_at AS closed_at,
        closed.is_won AS is_won,
        closed.is_now AS is_now,
        closed.is_before AS is_before,
        deal_calls.calls AS calls,
        multiIf(calls <= 2, toString(calls), calls <= 4, '3–4', calls <= 9, '5–9', '10+') AS calls_word
    FROM (
        SELECT
            deal_id,
            if({pii:Bool}, deal_title, '') AS title,
            deal_closed_at AS closed_at,
            deal_status = 'won' AS is_won,
            deal_closed_at >= {from:DateTime64(3, 'UTC')} AND deal_closed_at < {to:DateTime64(3, 'UTC')} AS is_now,
            deal_closed_at >= {pfrom:DateTime64(3, 'UTC')} AND deal_closed_at < {pto:DateTime64(3, 'UTC')} AS is_before
        FROM deals FINAL
        WHERE event_company_id = {company:UInt64}
            AND deal_status IN ('won', 'lost')
            AND (empty({owner:Array(UInt64)}) OR has({owner:Array(UInt64)}, deal_owner_id))
            AND (is_now OR is_before)
    ) AS closed
    LEFT ANY JOIN deal_calls ON deal_calls.deal_id = closed.deal_id
)
