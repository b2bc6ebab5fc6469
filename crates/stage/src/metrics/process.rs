//! What every process tells of itself: which version it is, and what it uses of the machine.
//!
//! The names of `process_*` are Prometheus' own, so boards made for any program show ours. The library's collector tells CPU in
//! whole seconds, which is no rate of a few seconds; this one asks the clock of the process. Linux alone knows the rest.

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Counter, Gauge, Registry};
use rustix::time::{ClockId, clock_gettime};

use super::declaration::{BUILD_INFO, CPU_SECONDS, OPEN_FILES, RESIDENT_BYTES, START_TIME};
use super::{Declaration, MetricsError, refused};
use crate::clock;

/// The version of this build.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Registers both.
///
/// # Errors
/// [`MetricsError::Register`].
pub(super) fn register(registry: &Registry, stage: &str) -> Result<(), MetricsError> {
    let build = super::gauges(registry, &BUILD_INFO)?;
    build.with_label_values(&[stage, VERSION]).set(1.0);
    let process = Process::new()?;
    registry
        .register(Box::new(process))
        .map_err(|source| refused(&CPU_SECONDS, source))
}

/// Looks at the process whenever it is asked.
#[derive(Debug)]
struct Process {
    cpu: Counter,
    resident: Gauge,
    open: Gauge,
    started: Gauge,
}

impl Process {
    fn new() -> Result<Self, MetricsError> {
        let started = gauge(&START_TIME)?;
        #[expect(clippy::cast_precision_loss, reason = "a time in seconds")]
        started.set(clock::now_micro() as f64 / 1e6);
        Ok(Self {
            cpu: Counter::new(&*CPU_SECONDS.name, &*CPU_SECONDS.help)
                .map_err(|source| refused(&CPU_SECONDS, source))?,
            resident: gauge(&RESIDENT_BYTES)?,
            open: gauge(&OPEN_FILES)?,
            started,
        })
    }

    fn look(&self) {
        let used = clock_gettime(ClockId::ProcessCPUTime);
        #[expect(clippy::cast_precision_loss, reason = "a time in seconds")]
        let used = used.tv_sec as f64 + used.tv_nsec as f64 / 1e9;
        self.cpu.inc_by((used - self.cpu.get()).max(0.0));
        if let Some(bytes) = resident_bytes() {
            self.resident.set(bytes);
        }
        if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
            #[expect(clippy::cast_precision_loss, reason = "a number of files")]
            self.open.set(files.count() as f64);
        }
    }
}

impl Collector for Process {
    fn desc(&self) -> Vec<&Desc> {
        let gauges = [&self.resident, &self.open, &self.started];
        let gauges = gauges.into_iter().flat_map(Collector::desc);
        self.cpu.desc().into_iter().chain(gauges).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.look();
        let gauges = [&self.resident, &self.open, &self.started];
        let gauges = gauges.into_iter().flat_map(Collector::collect);
        self.cpu.collect().into_iter().chain(gauges).collect()
    }
}

fn gauge(declared: &Declaration) -> Result<Gauge, MetricsError> {
    Gauge::new(&*declared.name, &*declared.help).map_err(|source| refused(declared, source))
}

/// The second number of `/proc/self/statm` is in pages.
fn resident_bytes() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: f64 = text.split(' ').nth(1)?.parse().ok()?;
    #[expect(clippy::cast_precision_loss, reason = "a page is some kilobytes")]
    let page = rustix::param::page_size() as f64;
    Some(pages * page)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Metrics;

    fn number(metrics: &Metrics, name: &str) -> f64 {
        let text = metrics.text().unwrap();
        let mut lines = text.lines();
        let found = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        found.unwrap().parse().unwrap()
    }

    #[test]
    fn a_process_says_its_version_and_what_it_uses() {
        let metrics = Metrics::new("test").unwrap();
        let version = format!(
            "omni_build_info{{stage=\"test\",version=\"{}\"}} 1",
            super::VERSION
        );
        assert!(metrics.text().unwrap().contains(&version));
        assert!(number(&metrics, "process_resident_memory_bytes") > 1e6);
        assert!(number(&metrics, "process_open_fds") >= 3.0);
        assert!(number(&metrics, "process_start_time_seconds") > 1.7e9);
    }

    #[test]
    fn cpu_grows_by_less_than_a_second_at_a_time() {
        let metrics = Metrics::new("test").unwrap();
        let before = number(&metrics, "process_cpu_seconds_total");
        let mut sum = 0_u64;
        while number(&metrics, "process_cpu_seconds_total") - before < 0.02 {
            sum = std::hint::black_box(sum.wrapping_mul(31).wrapping_add(7));
        }
        assert!(number(&metrics, "process_cpu_seconds_total") - before < 1.0);
    }
}
