//! Which rows of a table belong to the offsets that are kept. Pure.

use super::kept::Standing;
use super::table::Found;

/// A condition of SQL: all rows but those that the loader inserts again when it goes on from these offsets.
pub(crate) fn of(table: &Found, standing: &Standing) -> String {
    if !table.is_from_kafka {
        return "1".to_owned();
    }
    let own = standing
        .groups
        .iter()
        .filter(|group| group.tables.contains(&table.name));
    let beyond: Vec<String> = own
        .filter(|group| !group.topic_id.is_empty())
        .map(|group| {
            let places = group.partitions.iter().map(|place| {
                format!(
                    "(kafka_partition = {} AND kafka_offset >= {})",
                    place.number, place.offset
                )
            });
            let places: Vec<String> = places.collect();
            format!(
                "(kafka_topic_id = '{}' AND ({}))",
                group.topic_id,
                places.join(" OR ")
            )
        })
        .collect();
    if beyond.is_empty() {
        "1".to_owned()
    } else {
        format!("NOT ({})", beyond.join(" OR "))
    }
}

#[cfg(test)]
mod tests {
    use super::super::kept::{Group, Partition};
    use super::*;

    #[test]
    fn rows_beyond_the_offsets_of_their_own_topic_are_left_out() {
        let place = |number, offset| Partition {
            number,
            offset,
            metadata: None,
        };
        let group = |tables: &[&str], id: &str| Group {
            name: "loader-x".to_owned(),
            topic: "flat".to_owned(),
            topic_id: id.to_owned(),
            tables: tables.iter().map(|table| (*table).to_owned()).collect(),
            partitions: vec![place(0, 7), place(1, 0)],
        };
        let standing = Standing {
            cluster: "c".to_owned(),
            groups: vec![
                group(&["deals"], "a"),
                group(&["others"], "b"),
                group(&["deals"], ""),
            ],
        };
        let table = |name: &str, is_from_kafka| Found {
            name: name.to_owned(),
            create: String::new(),
            is_folded: false,
            is_from_kafka,
        };
        assert_eq!(
            of(&table("deals", true), &standing),
            "NOT ((kafka_topic_id = 'a' AND ((kafka_partition = 0 AND kafka_offset >= 7) OR (kafka_partition = 1 AND kafka_offset >= 0))))"
        );
        assert_eq!(of(&table("deals", false), &standing), "1");
        assert_eq!(of(&table("imported", true), &standing), "1");
    }
}
