//! What stands in the header `replay`: the replay's id, and whether destinations get what it sends.

use uuid::Uuid;

/// Stands behind the id when they do.
const DELIVERED: &str = "+deliver";

/// A replay into the warehouse alone.
pub fn quiet(id: Uuid) -> String {
    id.to_string()
}

/// A replay that was asked to be delivered as well.
pub fn delivered(id: Uuid) -> String {
    format!("{id}{DELIVERED}")
}

/// A replay to one destination alone.
pub fn delivered_to(id: Uuid, destination: &str) -> String {
    format!("{id}{DELIVERED}={destination}")
}

/// Whether this destination gets what this replay sends. It does not unless somebody asked for it: a conversion cannot be taken
/// back.
pub fn is_delivered(header: &str, destination: &str) -> bool {
    let Some((_, asked)) = header.split_once(DELIVERED) else {
        return false;
    };
    asked.is_empty() || asked.strip_prefix('=') == Some(destination)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_goes_to_no_destination_unless_it_says_so() {
        let id = Uuid::from_u128(5);
        assert!(!is_delivered(&quiet(id), "tags"));
        assert!(!is_delivered("r1", "tags"));
        assert!(is_delivered(&delivered(id), "tags"));
        assert!(delivered(id).starts_with(&quiet(id)));
    }

    #[test]
    fn a_replay_to_one_destination_goes_to_that_one() {
        let header = delivered_to(Uuid::from_u128(5), "tags");
        assert!(is_delivered(&header, "tags"));
        for other in ["tag", "tags2", "", "ads"] {
            assert!(!is_delivered(&header, other), "{other}");
        }
    }
}
