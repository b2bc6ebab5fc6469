//! What a metric is, said once.

use std::borrow::Cow;

/// Buckets for waits of a request or an event, in seconds: 0.5 ms to 10 minutes.
pub const LATENCY_SECONDS: &[f64] = &[
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0,
    600.0,
];

/// Buckets for bodies and records, in bytes: 256 B to 8 MiB.
pub const SIZE_BYTES: &[f64] = &[
    256.0,
    512.0,
    1_024.0,
    2_048.0,
    4_096.0,
    8_192.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    8_388_608.0,
];

/// One metric: its name in Prometheus, what it says in one sentence, its labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Declaration {
    /// `omni_<stage>_<thing>_<unit>[_total]`, in base units.
    pub name: Cow<'static, str>,
    /// What it counts or measures, and when it moves.
    pub help: Cow<'static, str>,
    /// What it is.
    pub kind: Kind,
    /// Names of its labels; their values come from closed sets.
    pub labels: &'static [&'static str],
}

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Only ever grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// How values are spread over these upper bounds.
    Histogram {
        /// Upper bounds, ascending.
        buckets: &'static [f64],
    },
}

impl Declaration {
    /// A number that only grows; the name ends in `_total`.
    pub const fn counter(
        name: &'static str,
        help: &'static str,
        labels: &'static [&'static str],
    ) -> Declaration {
        Declaration {
            name: Cow::Borrowed(name),
            help: Cow::Borrowed(help),
            kind: Kind::Counter,
            labels,
        }
    }

    /// A number that goes up and down.
    pub const fn gauge(
        name: &'static str,
        help: &'static str,
        labels: &'static [&'static str],
    ) -> Declaration {
        Declaration {
            name: Cow::Borrowed(name),
            help: Cow::Borrowed(help),
            kind: Kind::Gauge,
            labels,
        }
    }

    /// A spread of values, see [`LATENCY_SECONDS`] and [`SIZE_BYTES`].
    pub const fn histogram(
        name: &'static str,
        help: &'static str,
        labels: &'static [&'static str],
        buckets: &'static [f64],
    ) -> Declaration {
        let kind = Kind::Histogram { buckets };
        Declaration {
            name: Cow::Borrowed(name),
            help: Cow::Borrowed(help),
            kind,
            labels,
        }
    }
}

/// The two that every stage has.
pub(super) fn of_every_stage(stage: &str) -> [Declaration; 2] {
    [
        Declaration {
            name: format!("omni_{stage}_outcomes_total").into(),
            help: "Events this stage is done with, by how they ended and why.".into(),
            kind: Kind::Counter,
            labels: &["outcome", "reason"],
        },
        Declaration {
            name: format!("omni_{stage}_event_age_seconds").into(),
            help: "Age of an event when this stage is done with it, since the collector received it.".into(),
            kind: Kind::Histogram {
                buckets: LATENCY_SECONDS,
            },
            labels: &[],
        },
    ]
}

/// Which build a process is; 1.
pub(super) const BUILD_INFO: Declaration = Declaration::gauge(
    "omni_build_info",
    "1; the labels say which stage this is and which version of Omni.",
    &["stage", "version"],
);

/// CPU of the process.
pub(super) const CPU_SECONDS: Declaration = Declaration::counter(
    "process_cpu_seconds_total",
    "CPU time that the process has used, in seconds.",
    &[],
);

/// Memory of the process.
pub(super) const RESIDENT_BYTES: Declaration = Declaration::gauge(
    "process_resident_memory_bytes",
    "Memory that the process has in RAM.",
    &[],
);

/// Files of the process.
pub(super) const OPEN_FILES: Declaration =
    Declaration::gauge("process_open_fds", "Files and sockets that are open.", &[]);

/// When it began.
pub(super) const START_TIME: Declaration = Declaration::gauge(
    "process_start_time_seconds",
    "When the process began, seconds since 1970.",
    &[],
);
