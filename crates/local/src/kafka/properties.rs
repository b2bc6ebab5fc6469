//! The broker's configuration file.

use super::Settings;
use std::path::Path;
use std::time::Duration;

/// One node, loopback only, no copies; topics are created by us alone; committed offsets stay 60 days.
pub(super) fn text(settings: &Settings, data: &Path) -> String {
    let Settings {
        port,
        controller_port,
        advertised_port,
        ..
    } = settings;
    let advertised = advertised_port.unwrap_or(*port);
    let open = || {
        format!(
            "listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}\n\
             advertised.listeners=PLAINTEXT://127.0.0.1:{advertised},CONTROLLER://127.0.0.1:{controller_port}\n"
        )
    };
    let listeners = settings.secured.as_ref().map_or_else(open, |secured| {
        secured.listeners(*port, advertised, *controller_port)
    });
    let data = data.display();
    format!(
        "\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}
{listeners}controller.listener.names=CONTROLLER
log.dirs={data}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
offsets.retention.minutes=86400
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
num.network.threads=1
num.io.threads=2
log.cleaner.dedupe.buffer.size=16777216
"
    )
}

/// The controller of the same node alone, which gives up a silent broker after `session`.
pub(super) fn of_controller(settings: &Settings, data: &Path, session: Duration) -> String {
    let port = settings.controller_port;
    format!(
        "\
process.roles=controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{port}
listeners=CONTROLLER://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs={data}
broker.session.timeout.ms={session}
controller.quorum.append.linger.ms=0
",
        data = data.display(),
        session = session.as_millis(),
    )
}
