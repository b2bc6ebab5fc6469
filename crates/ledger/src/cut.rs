//! A period cut into slices that hold about as much, so that no question to the warehouse grows with the load.

/// Records of one slice; one minute may have more.
const SLICE_RECORDS_MAX: u64 = 250_000;
const MINUTE_MICRO: i64 = 60_000_000;

/// From and to, microseconds since 1970, the end left out.
pub(crate) type Slice = (i64, i64);

/// Cuts between minutes. `minutes`: start in seconds since 1970 and records, in order; minutes without records may lack.
pub(crate) fn slices(minutes: &[(i64, u64)]) -> Vec<Slice> {
    let mut slices: Vec<Slice> = Vec::new();
    let mut held = 0;
    for (second, records) in minutes {
        let from = second * 1_000_000;
        let to = from + MINUTE_MICRO;
        match slices.last_mut() {
            Some(last) if held + records <= SLICE_RECORDS_MAX => {
                last.1 = to;
                held += records;
            }
            _ => {
                slices.push((from, to));
                held = *records;
            }
        }
    }
    slices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_day_is_one_slice_and_a_busy_one_many() {
        let quiet: Vec<(i64, u64)> = (0..1_440).map(|minute| (minute * 60, 100)).collect();
        assert_eq!(slices(&quiet), [(0, 86_400_000_000)]);
        let busy: Vec<(i64, u64)> = (0..60).map(|minute| (minute * 60, 60_000)).collect();
        let cut = slices(&busy);
        assert_eq!(cut.len(), 15);
        assert!(
            cut.iter()
                .zip(cut.iter().skip(1))
                .all(|(one, next)| one.1 == next.0)
        );
    }

    #[test]
    fn a_minute_that_is_too_full_stands_alone() {
        let cut = slices(&[(0, 1), (60, 900_000), (120, 1)]);
        assert_eq!(
            cut,
            [
                (0, 60_000_000),
                (60_000_000, 120_000_000),
                (120_000_000, 180_000_000)
            ]
        );
        assert!(slices(&[]).is_empty());
    }
}
