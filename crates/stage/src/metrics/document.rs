//! Writes `docs/metrics.md` from the declarations, so that the page cannot say other than the code.

use std::fmt::Write;

use super::declaration::{Declaration, Kind, of_every_stage};

/// The page: one section a stage (`("collector", its declarations)`), in the order given.
pub fn document(stages: &[(&str, &[Declaration])]) -> String {
    let mut page = String::from(
        "# Metrics\n\nGenerated from the declarations in the code; do not edit.\n\
         Each stage serves these at `/metrics` of its admin port, in the text format of Prometheus.\n",
    );
    for (stage, own) in stages {
        // Writing into a String cannot fail.
        let _ = write!(
            page,
            "\n## {stage}\n\n| Metric | Kind | Labels | Meaning |\n| --- | --- | --- | --- |\n"
        );
        for declared in of_every_stage(stage).iter().chain(own.iter()) {
            let _ = writeln!(page, "{}", row(declared));
        }
    }
    page
}

fn row(declared: &Declaration) -> String {
    let kind = match declared.kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram { .. } => "histogram",
    };
    let labels: Vec<String> = declared.labels.iter().map(|label| format!("`{label}`")).collect();
    format!(
        "| `{}` | {kind} | {} | {} |",
        declared.name,
        labels.join(", "),
        declared.help
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_declaration_is_a_row_of_its_stage() {
        const SENT: Declaration = Declaration::counter("omni_test_sent_total", "What was sent.", &["to"]);
        let page = document(&[("test", &[SENT])]);
        assert!(
            page.contains("| `omni_test_sent_total` | counter | `to` | What was sent. |"),
            "{page}"
        );
        assert!(
            page.contains("| `omni_test_outcomes_total` | counter | `outcome`, `reason` |"),
            "{page}"
        );
    }
}
