//! The numbers of one instance, as it tells them to Prometheus.
//!
//! Reads the text format of our own stages: every line is a sample or a comment, and what is neither is passed over.

/// Everything one instance told at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Numbers(Vec<Sample>);

/// One number.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    name: String,
    labels: Vec<(String, String)>,
    pub(crate) value: f64,
}

impl Sample {
    /// The value of a label, empty where it has none.
    pub(crate) fn label(&self, name: &str) -> &str {
        let found = self.labels.iter().find(|(label, _)| label == name);
        found.map_or("", |(_, value)| value)
    }
}

impl Numbers {
    /// Reads `/metrics`.
    pub(crate) fn read(text: &str) -> Self {
        Self(text.lines().filter_map(sample).collect())
    }

    /// All samples of a metric.
    pub(crate) fn of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Sample> {
        self.0.iter().filter(move |sample| sample.name == name)
    }

    /// The greatest of a metric; none where it is not told.
    pub(crate) fn max(&self, name: &str) -> Option<f64> {
        self.of(name).map(|sample| sample.value).reduce(f64::max)
    }

    /// All of a metric together.
    pub(crate) fn sum(&self, name: &str) -> f64 {
        self.of(name).map(|sample| sample.value).sum()
    }

    /// The upper bounds of a histogram with how many values lie at or under each, over all labels.
    pub(crate) fn buckets(&self, name: &str) -> Vec<(f64, f64)> {
        let mut buckets: Vec<(f64, f64)> = Vec::new();
        for sample in self.of(&format!("{name}_bucket")) {
            let Ok(bound) = sample.label("le").parse::<f64>() else {
                continue;
            };
            match buckets
                .iter_mut()
                .find(|(known, _)| known.total_cmp(&bound).is_eq())
            {
                Some((_, count)) => *count += sample.value,
                None => buckets.push((bound, sample.value)),
            }
        }
        buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
        buckets
    }
}

fn sample(line: &str) -> Option<Sample> {
    if line.starts_with('#') {
        return None;
    }
    let (head, value) = line.rsplit_once(' ')?;
    let value = value.parse().ok()?;
    let Some((name, labels)) = head.split_once('{') else {
        return Some(Sample {
            name: head.to_owned(),
            labels: Vec::new(),
            value,
        });
    };
    Some(Sample {
        name: name.to_owned(),
        labels: pairs(labels.strip_suffix('}')?)?,
        value,
    })
}

/// `a="1",b="say \"x\""`.
fn pairs(mut text: &str) -> Option<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    while !text.is_empty() {
        let (name, rest) = text.split_once("=\"")?;
        let (value, rest) = quoted(rest)?;
        pairs.push((name.trim_start_matches(',').to_owned(), value));
        text = rest;
    }
    Some(pairs)
}

/// The text up to its closing quote, and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, text.get(at + 1..)?)),
            '\\' => match characters.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use proptest::prelude::*;
    use stage::Metrics;
    use stage::metrics::Declaration;

    const LAG: Declaration = Declaration::gauge("omni_test_lag", "Lag.", &["group", "why"]);

    proptest! {
        #[test]
        fn what_a_stage_tells_is_read_as_it_was(group in ".{0,12}", why in ".{0,12}", value in -1e12..1e12) {
            let metrics = Metrics::new("test").unwrap();
            metrics.gauges(&LAG).unwrap().with_label_values(&[&group, &why]).set(value);
            let numbers = Numbers::read(&metrics.text().unwrap());
            let read = numbers.of("omni_test_lag").next().unwrap();
            prop_assert_eq!(read.label("group"), group);
            prop_assert_eq!(read.label("why"), why);
            prop_assert!((read.value - value).abs() <= value.abs() * 1e-9);
        }
    }

    #[test]
    fn a_histogram_gives_its_buckets_in_order() {
        let metrics = Metrics::new("test").unwrap();
        metrics.event_age().observe(std::time::Duration::from_millis(3));
        metrics.event_age().observe(std::time::Duration::from_secs(3));
        let buckets = Numbers::read(&metrics.text().unwrap()).buckets("omni_test_event_age_seconds");
        assert!(buckets.is_sorted_by(|one, other| one.0 < other.0));
        assert_eq!(buckets.last().unwrap(), &(f64::INFINITY, 2.0));
        let below_a_second = buckets.iter().find(|(bound, _)| *bound >= 1.0).unwrap();
        assert!((below_a_second.1 - 1.0).abs() < f64::EPSILON);
    }
}
