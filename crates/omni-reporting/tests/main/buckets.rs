//! Buckets: the database and this server agree on where days begin.
use omni_reporting::state::{Compare, Period, Zone};
use time::{Duration, OffsetDateTime};
use warehouse::Param;

use crate::fixture::Database;

#[tokio::test]
async fn days_begin_where_the_database_begins_them() {
    let database = Database::new().await;
    for name in [
        "Europe/Berlin",
        "America/New_York",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "America/Sao_Paulo",
        "Etc/UTC",
    ] {
        let zone = Zone::named(name).unwrap();
        // Every second day of twelve years, at a time that moves through the day.
        for step in 0..2_190 {
            let now = OffsetDateTime::from_unix_timestamp(1_483_228_800).unwrap()
                + Duration::seconds(step * 173_777);
            let window = Period::Today.window(Compare::Off, zone, now);
            if step % 73 == 0 {
                let sql = "SELECT toUnixTimestamp(toStartOfDay(fromUnixTimestamp64Second({now:Int64}), {tz:String}))";
                let parameters = [("now", Param::Int(now.unix_timestamp())), ("tz", name.into())];
                let rows: Vec<(i64,)> = database.warehouse.select(sql, &parameters).await.unwrap();
                assert_eq!(rows[0].0, window.from.unix_timestamp(), "{name} at {now}");
            }
            assert!(window.from <= now && now < window.to);
        }
    }
}
