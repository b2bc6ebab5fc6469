//! A broker of a test's own, which can fall silent, die, and come back with its data.

use local::Guarded;
use local::kafka::Settings;
use omni_collector::Config;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{blocking, config};

const PARTITIONS: i32 = 3;

pub(crate) struct Broker {
    settings: Settings,
    running: Option<Guarded>,
    _folder: tempfile::TempDir,
}

impl Broker {
    pub(crate) async fn start() -> Broker {
        blocking(|| {
            let folder = tempfile::tempdir().unwrap();
            let ports = local::port::free(2).unwrap();
            let settings = Settings {
                omni: local::testing::omni(),
                jars: local::kafka::fetch(&local::testing::cache()).unwrap(),
                directory: folder.path().join("kafka"),
                log: folder.path().join("kafka.log"),
                port: ports[0],
                controller_port: ports[1],
                advertised_port: None,
                remove: None,
            };
            let running = Some(local::kafka::start(&settings, &|| false).unwrap());
            Broker {
                settings,
                running,
                _folder: folder,
            }
        })
        .await
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = self.running.as_ref().unwrap().pid();
        kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal).unwrap();
    }

    pub(crate) async fn kill(&mut self) {
        self.signal(Signal::KILL);
        let running = self.running.take().unwrap();
        blocking(move || running.stop()).await;
    }

    pub(crate) async fn start_again(&mut self) {
        let settings = self.settings.clone();
        let started = blocking(move || local::kafka::start(&settings, &|| false).unwrap()).await;
        self.running = Some(started);
    }

    pub(crate) async fn end(mut self) {
        let running = self.running.take();
        blocking(move || drop(running)).await;
    }

    /// A collector's configuration on it, with the topics made.
    pub(crate) async fn config(&self) -> Config {
        let mut config = config(&self.settings.bootstrap());
        config.kafka.partitions = PARTITIONS;
        config.collector.spool_after_ms = 200;
        let topics = config.kafka.clone();
        blocking(move || kafka::admin::create_topics(&topics))
            .await
            .unwrap();
        config
    }
}
