-- The live events of the company that were received in the hour before asof, by any clock at most a minute ahead of it; some
-- perhaps twice.
(at -> at > subtractHours({asof:DateTime64(3, 'UTC')}, 1) AND at < addMinutes({asof:DateTime64(3, 'UTC')}, 1)) AS is_of_last_hour
