//! `omni destination check`: whether a destination could be sent to, without sending.

use std::collections::BTreeMap;
use std::process::ExitCode;

use kafka::{Topic, admin};
use omni_activation::{Config, DestinationKind, DestinationSettings, Preview, Previewed, Probe, Start};
use stage::clock;

use super::newest::newest;
use super::settings;
use crate::command::{ConfigFile, block_on, print};

const MICROS: i64 = 1_000_000;
/// So many of the newest events are looked at.
const LOOKED_AT: usize = 200;

/// Say whether a destination could be sent to: address, credential, what of the newest events would go. Sends none of them.
///
/// The address is resolved as it would be for events, so a private one is refused here too. A container is asked for its health,
/// any other address for its head, and Google's Data Manager whether it would take a conversion of nobody (`validateOnly`). The
/// exit status is 1 when something is in the way.
#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// The destination, as [destination.<name>] calls it
    name: String,
    #[command(flatten)]
    file: ConfigFile,
}

/// What is found, a line each.
#[derive(Debug, Default)]
struct Findings {
    is_wrong: bool,
}

impl Findings {
    fn wrong(&mut self, text: &str) -> anyhow::Result<()> {
        self.is_wrong = true;
        print::line(format_args!("  wrong  {text}"))
    }
}

fn good(text: &str) -> anyhow::Result<()> {
    print::line(format_args!("  ok     {text}"))
}

fn note(text: &str) -> anyhow::Result<()> {
    print::line(format_args!("  note   {text}"))
}

impl Check {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let config = Config::load(self.file.path().as_deref())?;
        let settings = settings(&config, &self.name)?;
        let mut findings = Findings::default();
        print::line(format_args!("{} ({})", self.name, settings.kind.as_str()))?;
        notes(settings)?;
        block_on(reach(settings, &mut findings))?;
        events(&self.name, settings, &config)?;
        Ok(if findings.is_wrong {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        })
    }
}

/// What works and may not be meant.
fn notes(settings: &DestinationSettings) -> anyhow::Result<()> {
    if !settings.enabled {
        note("it is off (`enabled = false`)")?;
    }
    if settings.kind == DestinationKind::Http && settings.secret.is_empty() {
        note("requests are not signed: without `secret` the receiver cannot know that they are yours")?;
    }
    if settings.url.starts_with("http://") {
        note("`url` is not https: what is sent can be read on its way")?;
    }
    if settings.map.is_none() && settings.consent.is_none() {
        note("the whole event leaves, persons included: `map` says what leaves, `consent` of whom")?;
    }
    Ok(())
}

async fn reach(settings: &DestinationSettings, findings: &mut Findings) -> anyhow::Result<()> {
    let probe = Probe::new(settings)?;
    let credential = probe.credential().await;
    match credential {
        None => {}
        Some(Ok(())) => good("there is a credential")?,
        Some(Err(reason)) => findings.wrong(&format!("there is no credential: {reason}"))?,
    }
    match probe.reach(settings).await {
        None => note("the platform's address is not asked: it answers to events alone")?,
        Some(Ok(reached)) if reached.is_health && !(200..300).contains(&reached.status) => {
            findings.wrong(&format!(
                "{} answers {} when asked for its health",
                reached.asked, reached.status
            ))?;
        }
        Some(Ok(reached)) => good(&format!("{} answers ({})", reached.asked, reached.status))?,
        Some(Err(error)) => findings.wrong(&format!("{:#}", anyhow::Error::from(error)))?,
    }
    if credential.is_none_or(|credential| credential.is_ok()) {
        rehearse(settings, findings).await?;
    }
    Ok(())
}

/// Asks whether a conversion would be taken, where that can be asked.
async fn rehearse(settings: &DestinationSettings, findings: &mut Findings) -> anyhow::Result<()> {
    match Probe::rehearse(settings).await? {
        None => {}
        Some(tested) if tested.outcome == "delivered" => {
            good("it would take a conversion; none was recorded")?;
        }
        Some(tested) => {
            let text = format!(
                "it would not take a conversion: {} {}",
                tested.outcome, tested.answer
            );
            findings.wrong(text.trim_end())?;
        }
    }
    Ok(())
}

/// What of the newest events would go, and what it begins with.
fn events(name: &str, settings: &DestinationSettings, config: &Config) -> anyhow::Result<()> {
    let preview = Preview::new(name, settings)?;
    let at_seconds = clock::now_micro() / MICROS;
    let (mut sent, mut unfit) = (0, BTreeMap::<&str, u64>::new());
    let records = newest(&config.kafka, LOOKED_AT)?;
    for record in &records {
        match preview.of(record, at_seconds) {
            Previewed::Sent(_) => sent += 1,
            Previewed::Unfit(reason) => *unfit.entry(reason).or_default() += 1,
            Previewed::PassedOver(_) => {}
        }
    }
    let text = format!("of the newest {} events {sent} would be sent", records.len());
    if records.is_empty() {
        note("omni.flat has no events yet")?;
    } else if unfit.is_empty() {
        good(&text)?;
    } else {
        let reasons: Vec<String> = unfit
            .iter()
            .map(|(reason, count)| format!("{count} {reason}"))
            .collect();
        note(&format!("{text}, and would be given up: {}", reasons.join(", ")))?;
    }
    let standing = admin::standing(&config.kafka, &format!("delivery-{name}"), Topic::Flat)?;
    if standing.values().all(|offset| *offset == 0) {
        let stretch = admin::stretch(&config.kafka, Topic::Flat, &standing)?;
        match settings.start {
            Start::Beginning => note(&format!(
                "it is new and begins at the beginning: {} records of omni.flat are before it (`start = \"end\"` begins now)",
                stretch.records()
            ))?,
            Start::End => good("it is new and begins with what comes")?,
            Start::At(_) => good("it is new and begins at the time `start` names")?,
        }
    }
    Ok(())
}
