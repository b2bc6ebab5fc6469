//! A broker that lets in by TLS and SASL alone, and only to what was granted.
use std::path::{Path, PathBuf};

use super::{Authority, cache, omni, start_kafka};
use crate::kafka::{self, Secured};
use crate::tool::JAVA;
use crate::{Error, Guarded, port};

/// Names by which the broker may be called.
const NAMES: [&str; 2] = ["localhost", "127.0.0.1"];
const CERTIFICATE: &str = "broker.pem";
const AUTHORITY: &str = "authority.pem";

/// What a secured broker is to know.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Users with a password (SCRAM-SHA-512); they may do nothing until it is granted.
    pub users: Vec<(String, String)>,
    /// The keys (JWKS) that sign tokens for OAUTHBEARER; a token is for the audience `kafka`, and its `sub` is the user.
    pub keys: Option<String>,
    /// Names in the broker's certificate; its own when empty.
    pub names: Vec<String>,
}

/// Ends, and its data go, when dropped. Calls block.
#[derive(Debug)]
pub struct SecuredBroker {
    settings: kafka::Settings,
    secured: Secured,
    authority: Authority,
    folder: PathBuf,
    _running: Guarded,
}

impl SecuredBroker {
    /// Starts it on free ports.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(wanted: &Wanted) -> Self {
        Self::try_start(wanted).expect("Apache Kafka with TLS for the tests")
    }

    fn try_start(wanted: &Wanted) -> Result<Self, Error> {
        let authority = Authority::new("Omni's tests");
        let names: Vec<&str> = if wanted.names.is_empty() {
            NAMES.to_vec()
        } else {
            wanted.names.iter().map(String::as_str).collect()
        };
        let pair = authority.certify(&names);
        let folder = super::temporary()?;
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).map_err(Error::io(format!("could not write {}", path.display())))?;
            Ok::<PathBuf, Error>(path)
        };
        let ports = port::free(2)?;
        let secured = Secured {
            certificate: write(CERTIFICATE, &format!("{}{}", pair.key, pair.certificate))?,
            authority: write(AUTHORITY, &authority.pem())?,
            users: wanted.users.clone(),
            keys: match &wanted.keys {
                Some(keys) => Some(write("keys.json", keys)?),
                None => None,
            },
            inner_port: ports.first().copied().unwrap_or_default(),
            certified_port: ports.last().copied().unwrap_or_default(),
        };
        let (settings, running) = start_kafka(&omni(), &cache(), Some(&secured), |folder| {
            Some(folder.to_owned())
        })?;
        Ok(Self {
            settings,
            secured,
            authority,
            folder,
            _running: running,
        })
    }

    /// Where SASL over TLS is spoken.
    pub fn bootstrap(&self) -> String {
        self.settings.bootstrap()
    }

    /// Where TLS with a certificate of the client's is spoken; its subject is the user.
    pub fn certified(&self) -> String {
        format!("127.0.0.1:{}", self.secured.certified_port)
    }

    /// Where everybody may do everything.
    pub fn inner(&self) -> String {
        format!("127.0.0.1:{}", self.secured.inner_port)
    }

    /// What signed the broker's certificate.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The file with the authority's certificate.
    pub fn ca_file(&self) -> &Path {
        &self.secured.authority
    }

    /// Each try so far to do what was not granted, in the broker's words.
    ///
    /// # Panics
    /// When the broker's log cannot be read.
    pub fn denials(&self) -> Vec<String> {
        let log = std::fs::read_to_string(&self.settings.log).expect("the broker has a log");
        let denials = log.lines().filter(|line| line.contains(" is Denied "));
        denials.map(str::to_owned).collect()
    }

    /// Runs Kafka's own tool for rights, `kafka-acls.sh`, with these arguments.
    ///
    /// # Panics
    /// When it fails.
    pub fn acls(&self, arguments: &[&str]) {
        let tools = kafka::fetch_tools(&cache()).expect("Kafka's tools");
        let class_path = format!("{}/*", tools.display());
        let bootstrap = self.inner();
        let fixed = [
            "-XX:TieredStopAtLevel=1",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-cp",
            &class_path,
            "org.apache.kafka.tools.AclCommand",
            "--bootstrap-server",
            &bootstrap,
        ];
        JAVA.run(fixed.iter().chain(arguments), &self.folder)
            .expect("rights are granted");
    }
}

impl Drop for SecuredBroker {
    fn drop(&mut self) {
        // The broker has read what is in it; its data go with its guard.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
