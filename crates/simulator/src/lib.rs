//! A Pipedrive to talk to: an account that lives, posts webhooks and answers the API; and stand-ins for an e-mail
//! verifier and for the destinations that Omni delivers to, with a page that shows what they got.
//!
//! Promises: the same seed and times give the same history; webhooks go out as Pipedrive sends them (envelope,
//! Basic credentials, ten seconds to answer, attempts after 3, 30 and 150 seconds); API and webhooks tell of one
//! state. Speed is open-loop: a slow receiver does not slow the account down.
//! Knows nothing of the pipeline, on purpose: a mirror must not share the face's mistakes.

pub mod account;
mod api;
mod args;
mod asked;
mod catalogue;
pub mod change;
mod config;
mod control;
mod deliveries;
mod delivery;
mod door;
mod edge;
pub mod entity;
mod error;
mod faults;
mod journal;
mod limits;
mod meter;
pub mod moment;
mod names;
mod pace;
pub mod spend;
mod spree;
mod stand_in;
mod stats;
mod subscription;
mod verifications;
mod world;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use stage::Shutdown;
use tokio::net::TcpListener;
use tokio::sync::mpsc::Receiver;

pub use self::args::Args;
pub use self::config::{Aws, Config, Google, ReportingTag, StandIns, UrlAuth, Webhooks};
pub use self::deliveries::Destination;
use self::delivery::Sender;
use self::door::Door;
pub use self::error::Error;
pub use self::faults::{DestinationFault, DestinationTrouble, Faults, Trouble, VerifierTrouble};
pub use self::limits::{Limits, Plan};
use self::spree::Command;
use self::stand_in::aws_lambda::{self, Invocation};
pub use self::stats::Count;
pub use self::subscription::Patience;
use self::world::World;

/// Fields of the account that a mapping of marketing source, campaign or position can name.
pub mod fields {
    pub use crate::entity::custom::{
        MARKETING_CAMPAIGN, MARKETING_SOURCE, POSITION, PRODUCT_LINE, SETUP_FEE,
    };
}

/// The account that is simulated where no other is named.
pub const COMPANY: u64 = 7_654_321;

/// Requests under way at the end get this long.
const ANSWER_WAIT: Duration = Duration::from_secs(2);

/// A simulator that has its port and its accounts, and waits to be served.
#[derive(Debug)]
pub struct Simulator {
    listener: TcpListener,
    address: SocketAddr,
    world: Arc<World>,
    sender: Arc<Sender>,
    commands: Receiver<Command>,
    invocations: Receiver<Invocation>,
}

impl Simulator {
    /// Takes the port, founds the accounts (or finds them again by the state file), posts nothing yet.
    pub async fn bind(config: Config) -> Result<Self, Error> {
        let listener = TcpListener::bind(config.listen)
            .await
            .map_err(|source| Error::Listen {
                address: config.listen,
                source,
            })?;
        let address = listener.local_addr().map_err(|source| Error::Listen {
            address: config.listen,
            source,
        })?;
        let sender = Arc::new(Sender::new(&config)?);
        let (commander, commands) = spree::channel();
        let (invoker, invocations) = aws_lambda::channel();
        let world = Arc::new(World::new(config, commander, invoker)?);
        Ok(Self {
            listener,
            address,
            world,
            sender,
            commands,
            invocations,
        })
    }

    /// Where the API, the stand-ins and the controls answer.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Posts the history, then lives on at the set rate, until a stop is requested.
    pub async fn serve(self, shutdown: Shutdown) -> Result<(), Error> {
        tracing::info!(address = %self.address, "simulated account is there");
        let router = api::router(&self.world)
            .merge(stand_in::router(&self.world))
            .merge(deliveries::router(&self.world))
            .merge(control::router(&self.world));
        let asked = shutdown.clone();
        let graceful = async move { asked.requested().await };
        let door = Door {
            listener: self.listener,
            world: self.world.clone(),
        };
        let server = axum::serve(door, router)
            .with_graceful_shutdown(graceful)
            .into_future();
        // An answer that is slow on purpose must not hold up the end.
        let bounded = async {
            tokio::select! {
                ended = server => ended.map_err(|source| Error::Serve { source }),
                () = patience(&shutdown) => Ok(()),
            }
        };
        let life = pace::live(&self.world, &self.sender, self.commands, &shutdown);
        let later = aws_lambda::work(&self.world, self.invocations, &shutdown);
        let (answering, living, ()) = tokio::join!(bounded, life, later);
        self.sender.finish().await;
        answering.and(living)
    }
}

/// Over when a stop was requested and those who were being answered had their time.
async fn patience(shutdown: &Shutdown) {
    shutdown.requested().await;
    tokio::time::sleep(ANSWER_WAIT).await;
}

/// Binds and serves: what `omni simulate` runs.
pub async fn run(config: Config, shutdown: Shutdown) -> Result<(), Error> {
    Simulator::bind(config).await?.serve(shutdown).await
}
