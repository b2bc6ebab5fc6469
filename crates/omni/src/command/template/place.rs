//! The ClickHouse that templates are tried on: the one of a configuration, the tests', or one of our own for as long as it takes.

use local::clickhouse::Server;
use local::testing::{self, ClickHouseAddress};
use omni_reporting::check::Trial;
use omni_reporting::check::answers::Reader;

use crate::command::{ConfigFile, Place};

/// Where a trial may take place.
#[derive(Debug, clap::Args)]
pub(crate) struct Bench {
    #[command(flatten)]
    file: ConfigFile,
    /// Use the ClickHouse of the configuration's [warehouse]; scratch databases are made on it and removed
    #[arg(long)]
    warehouse: bool,
    #[command(flatten)]
    place: Place,
}

/// A server, and the guard that ends it if it is ours.
pub(super) struct Engine {
    pub(super) trial: Trial,
    _own: Option<Server>,
}

impl Bench {
    pub(super) fn file(&self) -> &ConfigFile {
        &self.file
    }

    /// Starts one, unless there is one to use.
    pub(super) fn engine(&self) -> anyhow::Result<Engine> {
        if self.warehouse {
            let config = omni_loader::Config::load(self.file.path().as_deref())?;
            let trial = Trial {
                server: config.warehouse,
                reader: None,
            };
            return Ok(Engine { trial, _own: None });
        }
        if let Some(address) = testing::given_clickhouse() {
            let trial = trial(&address);
            return Ok(Engine { trial, _own: None });
        }
        eprintln!("omni: starting ClickHouse for the check");
        let server = testing::own_clickhouse(&Place::omni()?, &self.place.cache())?;
        Ok(Engine {
            trial: trial(&ClickHouseAddress::of(&server)),
            _own: Some(server),
        })
    }
}

fn trial(address: &ClickHouseAddress) -> Trial {
    Trial {
        server: warehouse::Config {
            url: address.url.clone(),
            user: address.user.clone(),
            password: Some(address.password.clone().into()),
            ..warehouse::Config::default()
        },
        reader: Some(Reader {
            user: address.dashboard_user.clone(),
            password: address.dashboard_password.clone(),
        }),
    }
}
