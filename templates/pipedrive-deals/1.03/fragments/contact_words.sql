-- What each contact was called by the newest event of any of its deals, by its number; nothing for a viewer who may not see
-- who persons are.
contact_words AS (
    SELECT
        contact_key AS contact_id,
        argMax(trimBoth(concat(if({pii:Bool}, contact_first_name, ''), ' ', if({pii:Bool}, contact_last_name, ''))), event_ver) AS name
    FROM deals_1_03 FINAL
    WHERE event_company_id = {company:UInt64} AND contact_key != 0
    GROUP BY contact_id
)
