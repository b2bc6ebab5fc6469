-- How good are the e-mail addresses of the contacts of new deals?
-- One row a status, most contacts first, then by status. Each contact of a deal created in the period counts once, with the
-- newest check that any of its deals inside the filters tells; without one it is (not checked), the last row. Deals without
-- a contact play no part. Statuses are shown as they come. share is that of all these contacts. The figures beside the
-- rows are of all of them and the same in each: contacts with a disposable address, a blocked one, none checked, and the
-- deliverable among the checked (NULL when none is).
WITH
    by_status AS (
        SELECT
            status,
            count() AS contacts,
            countIf(is_unchecked) AS unchecked,
            countIf(is_deliverable) AS deliverable,
            countIf(is_disposable) AS disposable,
            countIf(is_blocked) AS blocked
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
