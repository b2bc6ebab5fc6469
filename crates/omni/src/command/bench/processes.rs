//! CPU time and memory of the running stages, read from the kernel's own accounting in `/proc`.
//!
//! Linux only. CPU is user + system time of the process with all its threads; memory is the resident set.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

/// `USER_HZ` of Linux: the unit of `/proc/<pid>/stat` on every platform Rust's std supports.
const TICKS_PER_SECOND: u64 = 100;
/// `fs::read_to_string` of a stat line: fields 14 and 15 counted from 1, after the command in parentheses.
const UTIME_AFTER_COMMAND: usize = 11;

/// What one process used since the start of the machine or of itself.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Used {
    pub(super) cpu: Duration,
    pub(super) resident_bytes: u64,
}

/// CPU of the whole machine: busy and total, since its start.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Machine {
    pub(super) busy: Duration,
    pub(super) total: Duration,
}

/// A reading of every process of a pipeline and of the machine, taken at one moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Reading {
    pub(super) processes: BTreeMap<String, Used>,
    pub(super) machine: Machine,
}

impl Reading {
    /// Reads all; a process that has gone away counts as zero.
    pub(super) fn take(pids: &BTreeMap<String, u32>) -> Self {
        let processes = pids
            .iter()
            .map(|(name, pid)| (name.clone(), process(*pid)))
            .collect();
        Self {
            processes,
            machine: machine(),
        }
    }

    /// CPU of one process between `earlier` and now.
    pub(super) fn cpu_since(&self, earlier: &Self, name: &str) -> Duration {
        let of = |reading: &Self| {
            reading
                .processes
                .get(name)
                .map_or(Duration::ZERO, |used| used.cpu)
        };
        of(self).saturating_sub(of(earlier))
    }

    /// CPU of the machine that none of the named processes used, as a share of all its cores (0..1).
    pub(super) fn others_share_since(&self, earlier: &Self) -> f64 {
        let total = self
            .machine
            .total
            .saturating_sub(earlier.machine.total)
            .as_secs_f64();
        let busy = self.machine.busy.saturating_sub(earlier.machine.busy);
        let ours = self
            .processes
            .keys()
            .map(|name| self.cpu_since(earlier, name))
            .sum::<Duration>();
        if total > 0.0 {
            busy.saturating_sub(ours).as_secs_f64() / total
        } else {
            0.0
        }
    }
}

fn ticks(count: u64) -> Duration {
    Duration::from_millis(count * 1_000 / TICKS_PER_SECOND)
}

fn process(pid: u32) -> Used {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_command = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let fields: Vec<&str> = after_command.split_whitespace().collect();
    let field = |index: usize| {
        fields
            .get(index)
            .and_then(|text| text.parse::<u64>().ok())
            .unwrap_or(0)
    };
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let resident_kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|text| text.parse::<u64>().ok())
        .unwrap_or(0);
    Used {
        cpu: ticks(field(UTIME_AFTER_COMMAND) + field(UTIME_AFTER_COMMAND + 1)),
        resident_bytes: resident_kib * 1024,
    }
}

fn machine() -> Machine {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields: Vec<u64> = stat
        .lines()
        .next()
        .unwrap_or("")
        .split_whitespace()
        .skip(1)
        .filter_map(|text| text.parse().ok())
        .collect();
    let at = |index: usize| fields.get(index).copied().unwrap_or(0);
    let idle = at(3) + at(4);
    let total: u64 = fields.iter().take(8).sum();
    Machine {
        busy: ticks(total.saturating_sub(idle)),
        total: ticks(total),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_process_has_memory_and_the_machine_has_been_busy() {
        let pids = BTreeMap::from([("self".to_owned(), std::process::id())]);
        let reading = Reading::take(&pids);
        assert!(reading.processes.values().all(|used| used.resident_bytes > 0));
        assert!(reading.machine.busy > Duration::ZERO && reading.machine.total >= reading.machine.busy);
    }

    #[test]
    fn others_share_is_between_nothing_and_all() {
        let pids = BTreeMap::from([("self".to_owned(), std::process::id())]);
        let share = Reading::take(&pids).others_share_since(&Reading::default());
        assert!((0.0..=1.0).contains(&share), "{share}");
    }
}
