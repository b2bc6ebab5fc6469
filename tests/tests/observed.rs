//! What is watched is what is told: rules, boards and pages of the runbook name metrics and labels that a stage declares, and
//! each alert has its page.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Labels that Prometheus adds, by its configuration and ours.
const ADDED: [&str; 8] = [
    "instance",
    "stage",
    "le",
    "job",
    "alertname",
    "severity",
    "group",
    "destination",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path.as_ref())
        .unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

/// Files of a folder with this ending, with their names.
fn files(folder: &str, ending: &str) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|extension| extension == ending))
        .map(|path| {
            (
                path.file_stem().unwrap().to_string_lossy().into_owned(),
                read(&path),
            )
        })
        .collect()
}

/// The names of `docs/metrics.md`, which is what the stages declare, with their labels.
fn declared() -> BTreeMap<String, BTreeSet<String>> {
    let page = read(root().join("docs/metrics.md"));
    let rows = page.lines().filter(|line| line.starts_with("| `omni_"));
    let mut all = BTreeMap::new();
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let name = cells[1].trim_matches('`');
        let labels = cells[3]
            .split(", ")
            .map(|label| label.trim_matches('`').to_owned());
        let labels: BTreeSet<String> = labels.filter(|label| !label.is_empty()).collect();
        if cells[2] == "histogram" {
            for part in ["_bucket", "_sum", "_count"] {
                all.insert(format!("{name}{part}"), labels.clone());
            }
        } else {
            all.insert(name.to_owned(), labels);
        }
    }
    all
}

fn is_of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Metrics in a text, each with what stands in its braces.
fn named(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("omni_") {
        if text[..at].ends_with(is_of_a_name) {
            continue;
        }
        let rest = &text[at..];
        let end = rest.find(|c| !is_of_a_name(c)).unwrap_or(rest.len());
        let braces = rest[end..]
            .strip_prefix('{')
            .and_then(|inner| inner.split('}').next());
        found.push((&rest[..end], braces.unwrap_or("")));
    }
    found
}

/// The labels that a selector names: what stands before `=`, `!` and `~`.
fn labels(braces: &str) -> Vec<String> {
    let mut outside = String::new();
    for (at, part) in braces.split('"').enumerate() {
        if at % 2 == 0 {
            outside.push_str(part);
        }
    }
    let words = outside
        .split(|c| !is_of_a_name(c))
        .filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

/// Where a text names what no stage tells.
fn untold(file: &str, text: &str, declared: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    // In JSON quotes are escaped.
    let text = text.replace("\\\"", "\"");
    let mut wrong = Vec::new();
    for (name, braces) in named(&text) {
        // Not metrics: a user of ClickHouse, a service.
        if ["omni_dashboard", "omni_admin", "omni_writer"].contains(&name) {
            continue;
        }
        match declared.get(name) {
            None => wrong.push(format!("{file}: no stage tells {name}")),
            Some(own) => wrong.extend(
                labels(braces)
                    .iter()
                    .filter(|label| {
                        !own.contains(*label) && !["instance", "stage", "le"].contains(&label.as_str())
                    })
                    .map(|label| format!("{file}: {name} has no label {label}")),
            ),
        }
    }
    wrong
}

/// The names of alerts, and what stands in their rules.
fn rules() -> Vec<(String, String)> {
    let text = read(root().join("deploy/prometheus/alerts.yml"));
    let mut parts = text.split("- alert: ");
    parts.next();
    parts
        .map(|part| (part.lines().next().unwrap().trim().to_owned(), part.to_owned()))
        .collect()
}

#[test]
fn every_alert_has_its_page_and_every_page_its_alert() {
    let rules = rules();
    let pages = files("docs/runbook", "md");
    let alerts: BTreeSet<&String> = rules.iter().map(|(name, _)| name).collect();
    let with_page: BTreeSet<&String> = pages.keys().collect();
    assert_eq!(
        alerts, with_page,
        "docs/runbook has a page for each alert, and no other"
    );
    for (name, rule) in &rules {
        assert!(
            rule.contains(&format!("runbook_url: docs/runbook/{name}.md")),
            "{name} names its page"
        );
        assert!(
            rule.contains("severity: critical") || rule.contains("severity: warning"),
            "{name} says how urgent it is"
        );
        let page = &pages[name];
        assert!(page.starts_with(&format!("# {name}\n")), "{name}");
        for part in [
            "**What it means.**",
            "**At risk.**",
            "## Look",
            "## Do",
            "## Over when",
        ] {
            assert!(page.contains(part), "docs/runbook/{name}.md has {part}");
        }
    }
    let told = read(root().join("docs/monitoring.md"));
    for name in alerts {
        assert!(
            told.contains(&format!("[{name}](runbook/{name}.md)")),
            "docs/monitoring.md lists {name}"
        );
    }
}

#[test]
fn rules_boards_and_pages_name_what_the_stages_tell() {
    let declared = declared();
    assert!(declared.len() > 80, "the page of metrics was read");
    let mut wrong = untold(
        "alerts.yml",
        &read(root().join("deploy/prometheus/alerts.yml")),
        &declared,
    );
    let pages = files("docs/runbook", "md");
    let boards = files("deploy/grafana/dashboards", "json");
    assert!(boards.len() >= 4, "boards were read");
    for (name, text) in pages.iter().chain(&boards) {
        wrong.extend(untold(name, text, &declared));
    }
    wrong.extend(untold(
        "monitoring.md",
        &read(root().join("docs/monitoring.md")),
        &declared,
    ));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_grouped_by_is_a_label() {
    let known: BTreeSet<String> = declared()
        .into_values()
        .flatten()
        .chain(ADDED.map(str::to_owned))
        .collect();
    let rules = read(root().join("deploy/prometheus/alerts.yml"));
    let boards = files("deploy/grafana/dashboards", "json");
    let texts = boards.into_iter().chain([("alerts.yml".to_owned(), rules)]);
    let mut wrong = Vec::new();
    for (name, text) in texts {
        for word in [" by (", " on (", " group_left ("] {
            let lists = text.split(word).skip(1).filter_map(|rest| rest.split(')').next());
            let labels = lists
                .flat_map(|list| list.split(','))
                .map(str::trim)
                .filter(|label| !label.is_empty());
            wrong.extend(
                labels
                    .filter(|label| !known.contains(*label))
                    .map(|label| format!("{name}: {label}")),
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn a_name_nobody_declares_is_found() {
    let declared = BTreeMap::from([("omni_x_total".to_owned(), BTreeSet::from(["reason".to_owned()]))]);
    let good = "rate(omni_x_total{reason=~\"a|b=c\", instance!=\"1\"}[5m])";
    assert_eq!(untold("f", good, &declared), Vec::<String>::new());
    assert_eq!(untold("f", "omni_y_total", &declared).len(), 1);
    assert_eq!(untold("f", "omni_x_total{why=\\\"full\\\"}", &declared).len(), 1);
}
