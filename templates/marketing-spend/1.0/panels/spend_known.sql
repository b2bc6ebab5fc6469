-- Up to which day is spend known?
-- The newest day of any import, whatever the period; source and campaign narrow it. No row when nothing was ever imported. A day
-- after that of asof, which a platform in another zone may tell, is no day behind.
SELECT
    max(day) AS known_until,
    greatest(0, dateDiff('day', max(day), toDate({asof:DateTime64(3, 'UTC')}, {tz:String}))) AS days_behind,
    max(imported_at) AS last_import_at,
    uniqExact(source) AS sources
FROM spend
HAVING count() > 0
