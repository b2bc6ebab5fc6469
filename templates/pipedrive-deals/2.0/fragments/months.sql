-- The fifteen places of a forecast by what is expected when: 0 overdue (a date before the day of asof in the board's zone,
-- also one earlier in this month), 1 this month, 2 to 12 the eleven after it, 13 all later ones, 14 no date.
toDate({asof:DateTime64(3, 'UTC')}, {tz:String}) AS today,
toStartOfMonth(today) AS this_month,
(expected -> multiIf(
    expected IS NULL, 14,
    expected < today, 0,
    least(13, 1 + dateDiff('month', this_month, expected)))) AS month_place,
(place -> multiIf(
    place = 0, 'overdue',
    place = 13, 'later',
    place = 14, '(not set)',
    formatDateTime(addMonths(this_month, place - 1), '%Y-%m'))) AS month_word
