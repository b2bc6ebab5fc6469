//! Whether each stage runs, is ready, and shows a certificate that holds.

use super::super::super::watched::STAGES;
use super::super::finding::{Finding, critical, warning};
use super::super::look::Seen;

/// A certificate that ends sooner is told of.
const CERTIFICATE_SECONDS_MIN: f64 = 14.0 * 86_400.0;

pub(super) fn of(seen: &Seen) -> Vec<Finding> {
    let mut found: Vec<Finding> = STAGES.into_iter().flat_map(|stage| runs(seen, stage)).collect();
    found.extend(unready(seen));
    found.extend(certificates(seen));
    found
}

fn runs(seen: &Seen, stage: &str) -> Vec<Finding> {
    let own: Vec<_> = seen
        .instances
        .iter()
        .filter(|instance| instance.stage == stage)
        .collect();
    let silent = own.iter().filter_map(|instance| {
        let reason = instance.told.as_ref().err()?;
        Some((instance.address.as_str(), reason.as_str()))
    });
    let silent: Vec<_> = silent.collect();
    if silent.len() == own.len() {
        let (address, reason) = silent.first().copied().unwrap_or(("no address", "none is known"));
        return vec![critical(
            "OmniStageDown",
            format!("no {stage} runs ({address}: {reason})"),
            format!("start it; if it runs elsewhere, say where in `[status] {stage}`"),
        )];
    }
    let one = |(address, reason): (&str, &str)| {
        warning(
            "OmniInstanceDown",
            format!("the {stage} at {address} does not answer: {reason}"),
            "start it again; the others do its work meanwhile",
        )
    };
    silent.into_iter().map(one).collect()
}

fn unready(seen: &Seen) -> Vec<Finding> {
    let told = seen.all_told().filter(|(_, told)| !told.readiness.ready);
    let one = |(instance, told): (
        &super::super::super::watched::Instance,
        &super::super::super::watched::Told,
    )| {
        let checks: Vec<String> = told
            .unready()
            .map(|(name, check)| format!("{name}: {} (since {})", check.reason, check.since))
            .collect();
        warning(
            "OmniInstanceDown",
            format!(
                "the {} at {} is not ready: {}",
                instance.stage,
                instance.address,
                checks.join("; ")
            ),
            "mend what it waits for; it goes on by itself",
        )
    };
    told.map(one).collect()
}

fn certificates(seen: &Seen) -> Vec<Finding> {
    let now = seconds(seen.at_micro);
    let mut found = Vec::new();
    for (instance, told) in seen.all_told() {
        let metric = format!("omni_{}_certificate_expiry_timestamp_seconds", instance.stage);
        let Some(ends) = told.numbers.max(&metric).filter(|ends| *ends > 0.0) else {
            continue;
        };
        let whose = format!(
            "the certificate of the {} at {}",
            instance.stage, instance.address
        );
        let remedy =
            "write a new pair over `tls_certificate_file` and `tls_key_file`: it is taken within seconds";
        if ends <= now {
            found.push(critical(
                "OmniCertificateEnded",
                format!("{whose} has ended"),
                remedy,
            ));
        } else if ends - now < CERTIFICATE_SECONDS_MIN {
            let days = (ends - now) / 86_400.0;
            found.push(warning(
                "OmniCertificateEndsSoon",
                format!("{whose} ends in {days:.1} days"),
                remedy,
            ));
        }
    }
    found
}

#[expect(clippy::cast_precision_loss, reason = "a time in seconds")]
fn seconds(micro: i64) -> f64 {
    micro as f64 / 1e6
}
