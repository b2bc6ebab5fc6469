//! The figures of one run and how they are printed.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

/// Latencies in microseconds up to ten minutes, three significant digits.
#[derive(Debug)]
pub(super) struct Latencies(Histogram<u64>);

impl Latencies {
    const MAX_MICRO: u64 = 600_000_000;

    pub(super) fn new() -> anyhow::Result<Self> {
        Ok(Self(Histogram::new_with_max(Self::MAX_MICRO, 3)?))
    }

    pub(super) fn record(&mut self, latency: Duration) {
        self.0
            .saturating_record(latency.as_micros().min(u128::from(Self::MAX_MICRO)) as u64);
    }

    /// Takes the other's in.
    pub(super) fn add(&mut self, other: &Self) -> anyhow::Result<()> {
        Ok(self.0.add(&other.0)?)
    }

    fn milliseconds(&self, quantile: f64) -> f64 {
        self.0.value_at_quantile(quantile) as f64 / 1_000.0
    }
}

impl fmt::Display for Latencies {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|quantile| self.milliseconds(quantile));
        let max = self.0.max() as f64 / 1_000.0;
        write!(
            out,
            "p50 {p50:8.1} ms   p99 {p99:8.1} ms   p99.9 {p999:8.1} ms   max {max:8.1} ms"
        )
    }
}

/// Median, least and greatest of the ratios of pairs.
pub(super) fn spread(ratios: &mut [f64]) -> String {
    ratios.sort_by(f64::total_cmp);
    let at = |index: usize| ratios.get(index).copied().unwrap_or(f64::NAN);
    format!(
        "median {:.2} of {} pairs ({:.2} to {:.2})",
        at(ratios.len() / 2),
        ratios.len(),
        at(0),
        at(ratios.len().saturating_sub(1))
    )
}

/// All that one run found.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) rate: u64,
    pub(super) seconds: u64,
    pub(super) sent: u64,
    pub(super) accepted: u64,
    pub(super) refused: u64,
    pub(super) rows: u64,
    pub(super) lost: u64,
    pub(super) doubled: u64,
    pub(super) lag_max: Duration,
    pub(super) acknowledge: Latencies,
    /// Until the server had acknowledged the insert of the row; counted only for rows that a `SELECT` returned.
    pub(super) row: Latencies,
    /// CPU used by other programs of the machine while measuring, 0..1 of all cores.
    pub(super) others_share: f64,
    /// Per process: CPU per measured event, and resident memory at the end.
    pub(super) processes: BTreeMap<String, (Duration, u64)>,
}

impl fmt::Display for Figures {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rate,
            seconds,
            sent,
            accepted,
            refused,
            rows,
            lost,
            doubled,
            ..
        } = self;
        writeln!(
            out,
            "open loop       {rate}/s for {seconds} s after warm-up (latency from the intended send time)"
        )?;
        writeln!(
            out,
            "sent            {sent}   accepted {accepted}   refused {refused}"
        )?;
        writeln!(
            out,
            "rows            {rows}   lost {lost}   doubled {doubled} (without FINAL)"
        )?;
        writeln!(out, "POST -> 2xx     {}", self.acknowledge)?;
        writeln!(
            out,
            "POST -> row     {}   (its insert is acknowledged, a SELECT returned it)",
            self.row
        )?;
        writeln!(
            out,
            "sender behind   {:.1} ms at most",
            self.lag_max.as_secs_f64() * 1_000.0
        )?;
        writeln!(
            out,
            "others' CPU     {:.1} % of the machine",
            self.others_share * 100.0
        )?;
        writeln!(out, "{:<16}{:>14}{:>16}", "process", "CPU/event", "resident")?;
        for (name, (cpu, bytes)) in &self.processes {
            let micro = cpu.as_nanos() as f64 / 1_000.0;
            writeln!(
                out,
                "{name:<16}{micro:>11.1} µs{:>12.1} MiB",
                *bytes as f64 / (1024.0 * 1024.0)
            )?;
        }
        Ok(())
    }
}
