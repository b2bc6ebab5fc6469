//! Writes `docs/metrics.md` from the declarations, so that the page cannot say other than the code.

use std::fmt::Write;

use super::declaration::{
    BUILD_INFO, CPU_SECONDS, Declaration, Kind, OPEN_FILES, RESIDENT_BYTES, START_TIME, of_every_stage,
};

/// The page: one section a stage (`("collector", its declarations)`), in the order given.
pub fn document(stages: &[(&str, &[Declaration])]) -> String {
    let mut page = String::from(
        "# Metrics\n\nGenerated from the declarations in the code; do not edit.\n\
         Each stage serves these at `/metrics` of its admin port, in the text format of Prometheus.\n",
    );
    let of_the_process = [
        &BUILD_INFO,
        &CPU_SECONDS,
        &RESIDENT_BYTES,
        &OPEN_FILES,
        &START_TIME,
    ];
    section(&mut page, "every stage", of_the_process.into_iter());
    for (stage, own) in stages {
        section(&mut page, stage, of_every_stage(stage).iter().chain(own.iter()));
    }
    page
}

fn section<'a>(page: &mut String, title: &str, declared: impl Iterator<Item = &'a Declaration>) {
    // Writing into a String cannot fail.
    let _ = write!(
        page,
        "\n## {title}\n\n| Metric | Kind | Labels | Meaning |\n| --- | --- | --- | --- |\n"
    );
    for declared in declared {
        let _ = writeln!(page, "{}", row(declared));
    }
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
