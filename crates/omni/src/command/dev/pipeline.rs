//! The pipeline as it runs: started in order, watched, stopped in the opposite order.

use super::configuration::{Parts, SOURCE, local_address};
use super::folder::{Folder, Secrets};
use super::ports::Ports;
use super::probe::Probe;
use super::ready::{self, Ready};
use super::servers::Servers;
use super::talk::{self, say};
use super::{Dev, account, configuration, destinations, page, servers, stages, tables};
use crate::command::Place;
use anyhow::bail;
use local::keeper::Say;
use local::{Keeper, Notice};
use stage::Shutdown;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// From the start of the stages to all of them ready.
const READY_WITHIN: Duration = Duration::from_secs(90);
const POLL_EVERY: Duration = Duration::from_millis(50);
/// Notices that wait to be said; more are dropped.
const NOTICES_MAX: usize = 256;
/// The exit status of a stage that a restart does not help (wrong configuration).
const WRONG_CONFIGURATION: u8 = 2;

#[derive(Debug)]
pub(super) struct Pipeline {
    folder: Folder,
    servers: Servers,
    /// In the order the data flows, which is the order of their start.
    parts: Vec<Keeper>,
    notices: Receiver<Notice>,
    ready: Ready,
    ready_files: Vec<PathBuf>,
}

impl Pipeline {
    pub(super) fn start(dev: &Dev, handle: &Handle, shutdown: &Shutdown) -> anyhow::Result<Self> {
        let (omni, cache) = (Place::omni()?, dev.place.cache());
        let give_up = || shutdown.is_requested();
        let folder = Folder::open(&dev.state_dir)?;
        let ready_files: Vec<PathBuf> = std::iter::once(folder.path("ready.json"))
            .chain(dev.ready_file.clone())
            .collect();
        ready::remove(&ready_files);
        servers::check_tools(&cache)?;
        let ports = Ports::plan(dev.port_base, dev.demo)?;
        let page = page::ensure(dev.web.as_deref(), &omni, folder.log("page"), &give_up)?;
        let (secrets, is_first) = folder.secrets()?;

        let (notice, notices) = sync_channel(NOTICES_MAX);
        let say_notice: Say = Arc::new(move |text| drop(notice.try_send(text)));
        let servers = Servers::start(&omni, &cache, &folder, &ports, &say_notice, &give_up)?;
        let account = dev
            .demo
            .then(|| format!("http://{}", local_address(ports.account)));
        let made = Parts {
            ports: &ports,
            secrets: &secrets,
            credentials: &servers.credentials,
            page: &page,
            account: account.clone(),
        };
        let config = configuration::write(&folder, &made, dev.config.as_deref())?;
        tables::make(&config, &servers.credentials, handle)?;

        let ready = Ready::new(&ports, &secrets, &servers.credentials, &config, account);
        let mut pipeline = Self {
            folder,
            servers,
            parts: Vec::new(),
            notices,
            ready,
            ready_files,
        };
        let probe = Probe::new(handle)?;
        // The account posts as soon as it runs, and the enricher asks it as soon as that one runs.
        let (collector, others) = stages::NAMES.split_at(1);
        let account = account::words(dev, &pipeline.folder, &ports, &secrets)?;
        pipeline.start_stages(collector, &omni, &config, &say_notice)?;
        pipeline.wait_until_ready(collector, &probe, &give_up)?;
        if let Some(words) = account {
            pipeline.start_part("simulator", words, &omni, &say_notice)?;
        }
        pipeline.start_stages(others, &omni, &config, &say_notice)?;
        pipeline.wait_until_ready(others, &probe, &give_up)?;
        pipeline.publish()?;
        pipeline.welcome(&secrets, is_first);
        Ok(pipeline)
    }

    /// Says what happens until a stop is requested, then stops all.
    pub(super) fn run(mut self, shutdown: &Shutdown) {
        while !shutdown.is_requested() {
            match self.notices.recv_timeout(POLL_EVERY) {
                Ok(notice) => self.tell(&notice),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
            }
        }
    }

    fn start_stages(
        &mut self,
        names: &[&str],
        omni: &Path,
        config: &Path,
        say_notice: &Say,
    ) -> anyhow::Result<()> {
        for name in names {
            let words = vec!["stage".into(), (*name).into(), "--config".into(), config.into()];
            self.start_part(name, words, omni, say_notice)?;
        }
        Ok(())
    }

    fn start_part(
        &mut self,
        name: &str,
        words: Vec<OsString>,
        omni: &Path,
        say_notice: &Say,
    ) -> anyhow::Result<()> {
        self.parts
            .push(stages::keep(omni, name, words, &self.folder, say_notice)?);
        self.record()
    }

    fn wait_until_ready(
        &mut self,
        names: &[&str],
        probe: &Probe,
        give_up: &dyn Fn() -> bool,
    ) -> anyhow::Result<()> {
        let deadline = Instant::now() + READY_WITHIN;
        for name in names {
            let url = self.ready.admin.get(*name).map_or("", String::as_str);
            while let Some(reason) = probe.not_ready(url) {
                self.hear()?;
                if give_up() {
                    bail!("stopped");
                }
                if Instant::now() > deadline {
                    bail!(
                        "{name} is not ready: {reason}; see {}",
                        self.folder.log(name).display()
                    );
                }
                std::thread::sleep(POLL_EVERY);
            }
            say(format_args!("{name} is ready"));
        }
        Ok(())
    }

    /// Says what happened. A stage that can't use its configuration ends the start: no restart helps.
    fn hear(&self) -> anyhow::Result<()> {
        while let Ok(notice) = self.notices.try_recv() {
            if let Notice::Ended {
                name,
                status: WRONG_CONFIGURATION,
                ..
            } = &notice
            {
                bail!(
                    "{name} refuses its configuration: {}",
                    local::last_line(&self.folder.log(name))
                );
            }
            say(talk::of(&notice));
        }
        Ok(())
    }

    fn tell(&mut self, notice: &Notice) {
        say(talk::of(notice));
        if let Notice::Started { .. } = notice
            && let Err(error) = self.record().and_then(|()| self.publish())
        {
            say(format_args!("{error:#}"));
        }
    }

    fn keepers(&self) -> impl Iterator<Item = &Keeper> {
        self.parts
            .iter()
            .chain([&self.servers.kafka, &self.servers.clickhouse])
    }

    fn record(&self) -> anyhow::Result<()> {
        let pids: Vec<u32> = self.keepers().map(Keeper::pid).collect();
        self.folder.record_running(&pids)
    }

    fn publish(&mut self) -> anyhow::Result<()> {
        self.ready.pids = self
            .keepers()
            .map(|keeper| (keeper.name().to_owned(), keeper.pid()))
            .collect();
        self.ready.write(&self.ready_files)
    }

    fn welcome(&self, secrets: &Secrets, is_first: bool) {
        let ready = &self.ready;
        let webhooks = format!("{}/webhooks/pipedrive/{SOURCE}", ready.collector_url);
        say(format_args!(
            "webhooks go to {webhooks} (user {})",
            secrets.source_user
        ));
        if is_first {
            say(format_args!(
                "  password {} (made now; it stays)",
                secrets.source_password
            ));
        }
        say(format_args!("the dashboard is at {}", ready.dashboard_url));
        if let Some(account) = &ready.simulator_url {
            let page = destinations::page(account);
            say(format_args!("what destinations get is at {page}"));
        }
        say("all is ready; Ctrl-C stops it");
    }
}

impl Drop for Pipeline {
    /// All parts at once, then the servers they speak to; each has its guard's grace to end in.
    fn drop(&mut self) {
        say("stopping");
        ready::remove(&self.ready_files);
        self.parts.iter().for_each(Keeper::begin_stop);
        self.parts.clear();
        self.servers.kafka.begin_stop();
        self.servers.clickhouse.begin_stop();
        self.servers.kafka.stop();
        self.servers.clickhouse.stop();
        self.folder.forget_running();
        say("stopped");
    }
}
