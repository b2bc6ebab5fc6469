-- Whether a deal is open now: its latest status is open, and it is not archived (R2). The period plays no part.
((status, is_archived) -> status = 'open' AND NOT is_archived) AS is_open_now
