//! Which port each part listens on.

/// All are on 127.0.0.1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    /// The simulated Pipedrive and its stand-ins.
    pub(super) account: u16,
    pub(super) collector: u16,
    pub(super) dashboard: u16,
    /// Of each stage, in the order of [`super::stages::NAMES`].
    pub(super) admin: [u16; 5],
    pub(super) clickhouse: u16,
    pub(super) kafka: u16,
    pub(super) controller: u16,
}

/// From the base, in the order of the fields above.
const OFFSETS: [u16; 11] = [70, 80, 90, 101, 102, 103, 104, 105, 123, 192, 193];

impl Ports {
    /// Free ones for base 0, else the base and its neighbours, each of which must be free; the account's only with a demo.
    pub(super) fn plan(base: u16, is_demo: bool) -> anyhow::Result<Self> {
        let ports: Vec<u16> = if base == 0 {
            local::port::free(OFFSETS.len())?
        } else {
            OFFSETS
                .iter()
                .map(|offset| base.saturating_add(*offset))
                .collect()
        };
        for port in ports.iter().skip(usize::from(!is_demo)) {
            local::port::check_free(*port)?;
        }
        let mut ports = ports.into_iter();
        let mut next = || ports.next().unwrap_or_default();
        Ok(Self {
            account: next(),
            collector: next(),
            dashboard: next(),
            admin: std::array::from_fn(|_| next()),
            clickhouse: next(),
            kafka: next(),
            controller: next(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_base_gives_the_usual_ports() {
        let ports = Ports::plan(27000, true).unwrap();
        assert_eq!(
            (ports.collector, ports.dashboard, ports.kafka),
            (27080, 27090, 27192)
        );
        assert_eq!(ports.admin, [27101, 27102, 27103, 27104, 27105]);
    }

    #[test]
    fn a_taken_port_is_named_with_the_way_out() {
        let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        // Whoever else is on this machine may have others of the base.
        let collector = taken.local_addr().unwrap().port();
        let error = Ports::plan(collector - 80, true).unwrap_err().to_string();
        assert!(
            error.contains("is in use") && error.contains("--port-base"),
            "{error}"
        );
        drop(taken);
    }
}
