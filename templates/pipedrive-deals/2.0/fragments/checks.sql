-- The contacts of deals created in the period, each once, with the newest check of its address that any of its deals inside
-- the filters tells (needs scope and in_period). Deals without a contact play no part.
checks AS (
    SELECT
        contact_id,
        argMaxIf(
            (email_status, email_score, email_is_disposable, email_is_blocked), event_ver, email_status != '') AS newest,
        newest.1 = '' AS is_unchecked,
        if(is_unchecked, '(not checked)', newest.1) AS status,
        newest.2 AS score,
        newest.2 = 'deliverable' AS is_deliverable,
        newest.3 AS is_disposable,
        newest.4 AS is_blocked
    FROM scope
    WHERE contact_id IN (SELECT contact_id FROM scope WHERE contact_id != 0 AND in_period(deal_add_time))
    GROUP BY contact_id
)
