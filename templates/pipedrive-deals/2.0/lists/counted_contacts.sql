-- Which contacts have how many deals?
-- As in Contacts by number of deals, with the recount beside the figures; contacts that only the recount knows are not
-- counted. Most deals first, then by id; names are today's.
SELECT
    counted_contacts.contact_id AS contact_id,
    if(contact_words.name != '', contact_words.name, concat('#', toString(counted_contacts.contact_id))) AS contact,
    counted_contacts.counted AS deals_counted,
    counted_contacts.loaded AS deals_loaded,
    counted_contacts.average AS average_value,
    counted_contacts.own_currency AS value_currency,
    counted_contacts.shown_currency AS currency,
    counted_contacts.converted_average AS converted_value,
    counted_contacts.value AS averaged_value,
    if(counted_contacts.value IS NULL, 0, counted_contacts.averaged_deals) AS averaged_deals,
    counted_contacts.is_unconverted AS is_unconverted,
    counted_contacts.is_not_loaded AS is_not_loaded,
    counted_contacts.is_wrong AS is_differing
FROM counted_contacts
LEFT ANY JOIN contact_words ON contact_words.contact_id = counted_contacts.contact_id
WHERE (empty({deals:Array(String)}) OR has({deals:Array(String)}, counted_contacts.deals_word))
    AND ({shown:String} = '' OR counted_contacts.shown_currency = {shown:String})
    AND ({only:String} != 'counted' OR counted_contacts.is_counted)
    AND ({only:String} != 'unconverted' OR counted_contacts.is_unconverted)
    AND ({only:String} != 'not_loaded' OR counted_contacts.is_not_loaded)
    AND ({only:String} != 'differing' OR counted_contacts.is_wrong)
ORDER BY deals_counted DESC, contact_id
