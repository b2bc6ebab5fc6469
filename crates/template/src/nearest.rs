//! The nearest of some names, for a message about one that is not among them.

/// Names further apart are no slip of the fingers.
const DISTANCE_MAX: usize = 3;

/// The name that was probably meant.
pub(crate) fn nearest<'n>(wrong: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let near = names
        .map(|name| (strsim::damerau_levenshtein(wrong, name), name))
        .min();
    near.filter(|(distance, name)| *distance <= DISTANCE_MAX.min(name.len() / 2))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_near_is_offered() {
        let names = || ["value", "details"].into_iter();
        assert_eq!(nearest("valeu", names()), Some("value"));
        assert_eq!(nearest("currency", names()), None);
    }
}
