//! How long, in words a person reads at a glance.

/// `0.4 s`, `12 s`, `3 min`, `5 h`, `2 days`.
pub(crate) fn span(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 9.95 => format!("{seconds:.1} s"),
        seconds if seconds < 119.5 => format!("{seconds:.0} s"),
        seconds if seconds < 2.0 * 3_600.0 => format!("{:.0} min", seconds / 60.0),
        seconds if seconds < 2.0 * 86_400.0 => format!("{:.0} h", seconds / 3_600.0),
        seconds => format!("{:.0} days", seconds / 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn each_unit_has_its_turn() {
        let spans = [0.0, 0.44, 9.96, 119.0, 120.0, 7_200.0, 86_400.0, 172_800.0].map(span);
        assert_eq!(
            spans,
            [
                "0.0 s", "0.4 s", "10 s", "119 s", "2 min", "2 h", "24 h", "2 days"
            ]
        );
    }
}
