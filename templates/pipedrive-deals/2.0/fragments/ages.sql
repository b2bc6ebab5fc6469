-- How long an open deal has been in its stage: from the last change of stage, else from adding the deal, to asof; a time in
-- the future counts as asof. In calendar days of the board's zone, and in spans of days. No time told: NULL, and (not set).
(told -> if(told > {asof:DateTime64(3, 'UTC')}, toDateTime64({asof:DateTime64(3, 'UTC')}, 6, 'UTC'), told)) AS not_ahead,
(since -> dateDiff('day', not_ahead(since), {asof:DateTime64(3, 'UTC')}, {tz:String})) AS days_since,
(days -> multiIf(days IS NULL, 5, days < 7, 0, days < 14, 1, days < 30, 2, days < 60, 3, 4)) AS age_span,
(span -> ['0–6', '7–13', '14–29', '30–59', '60+', '(not set)'][span + 1]) AS age_word
