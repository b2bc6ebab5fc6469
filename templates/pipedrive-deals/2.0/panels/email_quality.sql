-- How good are the e-mail addresses of the contacts of new deals?
-- One row a status, most contacts first, then by status. Each contact of a deal created in the period counts once, with the
-- newest check that any of its deals inside the filters tells; without one it is (not checked), the last row. Deals without
-- a contact play no part. Statuses are shown as they come. share is that of all these contacts. The figures beside the
-- rows are of all of them and the same in each: contacts with a disposable address, a blocked one, none checked, and the
-- deliverable among the checked (NULL when none is).
WITH
    checks AS (
        SELECT
            contact_id,
            argMaxIf((email_status, email_score, email_is_disposable, email_is_blocked), event_ver, email_status != '') AS newest
        FROM scope
        WHERE contact_id IN (
            SELECT contact_id
            FROM scope
            WHERE contact_id != 0
                AND deal_add_time >= {from:DateTime64(3, 'UTC')} AND deal_add_time < {to:DateTime64(3, 'UTC')}
        )
        GROUP BY contact_id
    ),
    by_status AS (
        SELECT
            if(newest.1 = '', '(not checked)', newest.1) AS status,
            count() AS contacts,
            countIf(newest.1 = '') AS unchecked,
            countIf(newest.2 = 'deliverable') AS deliverable,
            countIf(newest.3) AS disposable,
            countIf(newest.4) AS blocked
        FROM checks
        GROUP BY status
    )
SELECT
    status,
    contacts,
    toFloat64(contacts) / sum(contacts) OVER () AS share,
    sum(disposable) OVER () AS disposable_contacts,
    sum(blocked) OVER () AS blocked_contacts,
    sum(unchecked) OVER () AS unchecked_contacts,
    toFloat64(sum(deliverable) OVER ()) / nullIf(sum(contacts - unchecked) OVER (), 0) AS deliverable_share
FROM by_status
ORDER BY unchecked > 0, contacts DESC, status
