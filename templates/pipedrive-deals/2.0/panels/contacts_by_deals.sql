-- How many contacts have how many deals, and what is one of those worth on average?
-- From the figures that were made before loading, which stand beside each contact; all its deals count, whatever their
-- status, and neither period nor filters play a part. The average is over the deals in the currency of the contact's
-- figures; averages of contacts are weighted by those deals and converted at the rate of the day of asof. One group a
-- currency shown; contacts without such an average count in the number alone.
-- A recount over the loaded deals is held against the figures: contacts with fewer deals loaded than counted are told
-- apart (their history was not loaded), any other difference is a fault. Contacts whose deals changed since asof are not
-- judged, for both sides move within seconds, nor are erased ones, who have no figures.
SELECT
    shown_currency AS currency,
    deals_word AS deals_of_contact,
    countIf(is_counted) AS contacts,
    sum(value) / nullIf(sumIf(averaged_deals, value IS NOT NULL), 0) AS average_deal_value,
    countIf(is_unconverted) AS unconverted_contacts,
    countIf(is_not_loaded) AS contacts_not_loaded,
    countIf(is_wrong) AS differing_contacts
FROM counted_contacts
GROUP BY currency, deals_from, deals_of_contact
ORDER BY currency != {currency:String}, currency = '(not set)', currency, deals_from
