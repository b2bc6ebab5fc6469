-- Which contacts have deals created in the period, and how good are their addresses?
-- Each contact once, as in E-mail quality of contacts. By name, then by id; names are today's.
SELECT
    checks.contact_id AS contact_id,
    if(contact_words.name != '', contact_words.name, concat('#', toString(checks.contact_id))) AS contact,
    checks.status AS status,
    checks.score AS score,
    checks.is_disposable AS is_disposable,
    checks.is_blocked AS is_blocked,
    checks.is_unchecked AS is_unchecked,
    NOT checks.is_unchecked AS is_checked,
    checks.is_deliverable AS is_deliverable
FROM checks
LEFT ANY JOIN contact_words ON contact_words.contact_id = checks.contact_id
WHERE (empty({email_status:Array(String)}) OR has({email_status:Array(String)}, checks.status))
    AND ({only:String} != 'disposable' OR checks.is_disposable)
    AND ({only:String} != 'blocked' OR checks.is_blocked)
    AND ({only:String} != 'unchecked' OR checks.is_unchecked)
    AND ({only:String} != 'checked' OR NOT checks.is_unchecked)
ORDER BY contact, contact_id
