//! `omni erase`: a person is forgotten, kept out, and what was done can be checked later (docs/erasure.md).

mod archives;
mod certificate;
mod destinations;
mod lift;
mod obeyed;
mod order;
mod person;
mod retention;
mod tables;
mod traces;
mod verify;

use std::path::Path;
use std::process::ExitCode;

use event::Object;
use kafka::Config as Kafka;
use shelf::Shelf;
use template::Registry;
use warehouse::Warehouse;

/// Forget a person, let it come back, or look whether it is forgotten.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Erase {
    Person(person::PersonCommand),
    Lift(lift::Lift),
    Verify(verify::Verify),
}

/// Whom it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::Args)]
pub(crate) struct Who {
    /// The company's id in Pipedrive
    #[arg(long = "company", value_name = "ID")]
    company_id: u64,
    /// The person's id in that company
    #[arg(long = "id", value_name = "ID")]
    person_id: u64,
}

impl Who {
    /// `company:person:id`, as records are keyed.
    fn key(self) -> String {
        event::identity::message_key(self.company_id, &Object::Person, &self.person_id.into())
    }

    fn is(self, person_id: u64) -> bool {
        person_id == self.person_id
    }
}

/// What these commands open.
#[derive(Debug, Clone)]
struct Doors {
    kafka: Kafka,
    warehouse: Warehouse,
    /// The templates that are loaded.
    loaded: Vec<::ledger::Loaded>,
    /// All that are known, loaded now or once.
    templates: Registry,
}

impl Doors {
    fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let config = omni_loader::Config::load(path)?;
        Ok(Self {
            warehouse: Warehouse::connect(&config.warehouse.migrator())?,
            loaded: super::ledger::loaded(&config)?,
            templates: Shelf::open(&config.templates)?.registry,
            kafka: config.kafka,
        })
    }
}

impl Erase {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        runtime.block_on(async {
            match self {
                Self::Person(person) => person.run().await,
                Self::Lift(lift) => lift.run().await,
                Self::Verify(verify) => verify.run().await,
            }
        })
    }
}
