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

/// Whether destinations get what this replay sends. They do not unless somebody asked for it: a conversion cannot be taken
/// back.
pub fn is_delivered(header: &str) -> bool {
    header.ends_with(DELIVERED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_goes_to_no_destination_unless_it_says_so() {
        let id = Uuid::from_u128(5);
        assert!(!is_delivered(&quiet(id)));
        assert!(!is_delivered("r1"));
        assert!(is_delivered(&delivered(id)));
        assert!(delivered(id).starts_with(&quiet(id)));
    }
}
