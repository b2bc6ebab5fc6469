//! What one look saw, on one screen and as JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use ::ledger::{Report, Sent};
use anstyle::{AnsiColor, Style};
use event::moment;
use serde_json::{Value, json};

use super::super::watched::{Instance, STAGES, Told};
use super::finding::{Finding, Urgency};
use super::look::Seen;
use crate::command::span::span;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const CRITICAL: Style = AnsiColor::Red.on_default().bold();
const FAINT: Style = Style::new().dimmed();

/// The screen, with colours that whoever prints it takes out where there are none.
pub(super) fn text(seen: &Seen, findings: &[Finding]) -> String {
    let mut out = verdict(findings);
    let _ = writeln!(out, "  {FAINT}{}{FAINT:#}\n", moment::to_rfc3339(seen.at_micro));
    for finding in findings {
        tell(&mut out, finding);
    }
    servers(&mut out, seen);
    stages(&mut out, seen);
    flow(&mut out, seen);
    match &seen.ledger {
        Ok(report) => ledger(&mut out, report),
        Err(error) => line(&mut out, "Ledger", &format!("cannot tell: {error}")),
    }
    sources(&mut out, seen);
    destinations(&mut out, seen);
    out.trim_end().to_owned()
}

fn verdict(findings: &[Finding]) -> String {
    let number = |urgency| {
        findings
            .iter()
            .filter(|finding| finding.urgency == urgency)
            .count()
    };
    let (critical, warning) = (number(Urgency::Critical), number(Urgency::Warning));
    match (critical, warning) {
        (0, 0) => format!("{GOOD}Omni is whole.{GOOD:#}"),
        (0, warning) => {
            format!("{WARNING}Omni works; somebody should look into {warning} within the day.{WARNING:#}")
        }
        (critical, 0) => format!("{CRITICAL}Omni needs somebody now: {critical} critical.{CRITICAL:#}"),
        (critical, warning) => {
            format!(
                "{CRITICAL}Omni needs somebody now: {critical} critical, {warning} to look into.{CRITICAL:#}"
            )
        }
    }
}

fn tell(out: &mut String, finding: &Finding) {
    let (style, word) = match finding.urgency {
        Urgency::Critical => (CRITICAL, "critical"),
        Urgency::Warning => (WARNING, "warning"),
    };
    let _ = writeln!(out, "{style}{word:<10}{style:#}{}", finding.what);
    let _ = writeln!(out, "{:<10}→ {}", "", finding.remedy);
    let _ = writeln!(
        out,
        "{:<10}{FAINT}docs/runbook/{}.md{FAINT:#}\n",
        "", finding.alert
    );
}

fn line(out: &mut String, head: &str, text: &str) {
    let _ = writeln!(out, "{head:<14}{text}");
}

fn servers(out: &mut String, seen: &Seen) {
    match &seen.kafka {
        Ok(kafka) => line(out, "Kafka", &format!("answers; {} topics", kafka.topics)),
        Err(_) => line(out, "Kafka", "does not answer"),
    }
    match &seen.warehouse {
        Ok(tables) => {
            let fit = match tables.pending.len() {
                0 => "tables are as this version wants them".to_owned(),
                pending => format!("{pending} changes of tables are pending"),
            };
            let answered = format!(
                "{} answers in {} ms",
                tables.version,
                tables.answered_in.as_millis()
            );
            line(out, "ClickHouse", &format!("{answered}; {fit}"));
        }
        Err(_) => line(out, "ClickHouse", "does not answer"),
    }
}

fn stages(out: &mut String, seen: &Seen) {
    let mut head = "Stages";
    for stage in STAGES {
        let own: Vec<&Instance> = seen
            .instances
            .iter()
            .filter(|instance| instance.stage == stage)
            .collect();
        let told: Vec<&Told> = seen.told(stage).collect();
        let ready = told.iter().filter(|told| told.readiness.ready).count();
        let of = match (own.len(), told.len()) {
            (_, 0) => "does not answer".to_owned(),
            (1, _) if ready == 1 => "ready".to_owned(),
            (1, _) => "not ready".to_owned(),
            (all, _) => format!("{ready} of {all} ready"),
        };
        let versions: BTreeSet<&str> = told.iter().map(|told| told.version()).collect();
        let versions = versions.into_iter().collect::<Vec<_>>().join(", ");
        line(
            out,
            head,
            format!("{stage:<12}{of:<16}{versions:<10}{}", memory(&told)).trim_end(),
        );
        head = "";
    }
}

fn memory(told: &[&Told]) -> String {
    let resident = told
        .iter()
        .map(|told| told.numbers.sum("process_resident_memory_bytes"));
    match resident.reduce(|sum, bytes| sum + bytes) {
        Some(bytes) => format!("{:.0} MiB", bytes / f64::from(1 << 20)),
        None => String::new(),
    }
}

fn flow(out: &mut String, seen: &Seen) {
    let mut behind = BTreeMap::<String, (f64, f64)>::new();
    for (instance, told) in seen.all_told() {
        let [records, ages] =
            ["records", "age_seconds"].map(|what| format!("omni_{}_lag_{what}", instance.stage));
        for sample in told.numbers.of(&records).filter(|sample| sample.value > 0.0) {
            let place = behind.entry(sample.label("group").to_owned()).or_default();
            place.0 = place.0.max(sample.value);
        }
        for sample in told.numbers.of(&ages) {
            if let Some(place) = behind.get_mut(sample.label("group")) {
                place.1 = place.1.max(sample.value);
            }
        }
    }
    if behind.is_empty() {
        line(out, "Waiting", "nothing");
    }
    let mut head = "Waiting";
    for (group, (records, age)) in behind {
        let old = if age > 0.0 {
            format!(", the oldest for {}", span(age))
        } else {
            String::new()
        };
        line(out, head, &format!("{group}: {records:.0} records{old}"));
        head = "";
    }
}

fn ledger(out: &mut String, report: &Report) {
    let live = report.total(Sent::Live);
    let since = moment::to_rfc3339(report.since_micro);
    let since = since.get(..16).unwrap_or(&since).replace('T', " ");
    let ends = [
        (live.loaded, "loaded"),
        (live.rejected, "rejected"),
        (live.filtered, "filtered"),
        (live.in_flight, "in flight"),
        (live.missing, "missing"),
    ];
    let told = ends
        .into_iter()
        .filter(|(number, word)| *number > 0 || *word == "loaded");
    let told: Vec<String> = told.map(|(number, word)| format!("{number} {word}")).collect();
    let doubled = match live.doubled {
        0 => String::new(),
        doubled => format!("; {doubled} rows twice"),
    };
    let sum = format!("{} accepted = {}{doubled}", live.accepted, told.join(" + "));
    line(out, "Ledger", &format!("{sum}, since {since} UTC"));
    let history = report.total(Sent::Backfill);
    if history.accepted > 0 {
        line(
            out,
            "",
            &format!("and {} of history, {} loaded", history.accepted, history.loaded),
        );
    }
}

fn sources(out: &mut String, seen: &Seen) {
    let mut told = BTreeMap::<String, Vec<String>>::new();
    for enricher in seen.told("enricher") {
        for sample in enricher
            .numbers
            .of("omni_enricher_source_last_event_timestamp_seconds")
        {
            let ago = age(seen, sample.value);
            let said = told.entry(sample.label("source").to_owned()).or_default();
            said.push(format!("last event {ago} ago"));
        }
        for sample in enricher
            .numbers
            .of("omni_enricher_webhooks")
            .filter(|sample| sample.value > 0.0)
        {
            let said = told.entry(sample.label("source").to_owned()).or_default();
            said.push(format!("{:.0} webhooks {}", sample.value, sample.label("state")));
        }
        let day = enricher.numbers.of("omni_enricher_api_tokens_day");
        for day in day.filter(|day| day.value > 0.0) {
            let source = day.label("source");
            let mut left = enricher.numbers.of("omni_enricher_api_tokens_left");
            if let Some(left) = left.find(|left| left.label("source") == source) {
                let said = told.entry(source.to_owned()).or_default();
                said.push(format!(
                    "{:.0} % of the day's API tokens left",
                    left.value / day.value * 100.0
                ));
            }
        }
    }
    let mut head = "Sources";
    for (source, said) in told {
        line(out, head, &format!("{source}: {}", said.join(", ")));
        head = "";
    }
}

fn destinations(out: &mut String, seen: &Seen) {
    let mut told = BTreeMap::<String, [f64; 3]>::new();
    for activation in seen.told("activation") {
        for sample in activation.numbers.of("omni_activation_deliveries_total") {
            let numbers = told.entry(sample.label("destination").to_owned()).or_default();
            let place = match sample.label("outcome") {
                "delivered" => 0,
                "gave_up" => 1,
                _ => continue,
            };
            if let Some(number) = numbers.get_mut(place) {
                *number += sample.value;
            }
        }
        for sample in activation.numbers.of("omni_activation_paused") {
            let numbers = told.entry(sample.label("destination").to_owned()).or_default();
            if let Some(paused) = numbers.get_mut(2) {
                *paused = paused.max(sample.value);
            }
        }
    }
    let mut head = "Destinations";
    for (name, [delivered, gave_up, paused]) in told {
        let paused = if paused > 0.0 { ", paused by a person" } else { "" };
        let said =
            format!("{name}: {delivered:.0} delivered, {gave_up:.0} given up since the stage began{paused}");
        line(out, head, &said);
        head = "";
    }
}

#[expect(clippy::cast_precision_loss, reason = "a time in seconds")]
fn age(seen: &Seen, then_seconds: f64) -> String {
    span((seen.at_micro as f64 / 1e6 - then_seconds).max(0.0))
}

/// The same for scripts.
pub(super) fn json(seen: &Seen, findings: &[Finding]) -> Value {
    let instances: Vec<Value> = seen
        .instances
        .iter()
        .map(|instance| {
            let told = instance.told.as_ref();
            json!({
                "stage": instance.stage,
                "address": instance.address,
                "ready": told.is_ok_and(|told| told.readiness.ready),
                "version": told.map(Told::version).unwrap_or_default(),
                "checks": told.ok().map(|told| &told.readiness.checks),
                "error": told.err(),
            })
        })
        .collect();
    json!({
        "at": moment::to_rfc3339(seen.at_micro),
        "whole": findings.is_empty(),
        "findings": findings,
        "instances": instances,
        "ledger": seen.ledger.as_ref().ok(),
    })
}

#[cfg(test)]
mod tests;
