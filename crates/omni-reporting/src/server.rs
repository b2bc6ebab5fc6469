//! The parts put together, and their life: open the ports, serve, end every stream when a stop is requested.
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use kafka::Health;
use stage::admin::{self, Admin};
use stage::tls::{Listener, Peer, Protocols};
use stage::{Readiness, Shutdown, Tls};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use warehouse::Warehouse;

use crate::access::Policy;
use crate::answer::Answers;
use crate::boards::Boards;
use crate::desk::Desk;
use crate::feed::{self, Feed};
use crate::live::Hub;
use crate::metrics::Figures;
use crate::reload::Reload;
use crate::route::{self, Service};
use crate::setup::Setup;
use crate::versions::Versions;
use crate::watermark::Watermarks;
use crate::{Config, Error, notice};

/// Lists that are sent as files at once, over all viewers.
const FILES_MAX: usize = 4;
/// How long a stop waits for the thread that reads notices.
const LISTENER_STOP_MAX: Duration = Duration::from_secs(2);

/// Open ports before they serve.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    tls: Option<Tls>,
    address: SocketAddr,
    admin: Admin,
    service: Service,
    feed: Arc<Feed>,
    reload: Option<Reload>,
    figures: Figures,
    warehouse: Warehouse,
    kafka: kafka::Config,
    shutdown: Shutdown,
}

impl Server {
    /// Checks the boards and opens the ports. Neither Kafka nor ClickHouse need answer yet.
    pub async fn bind(config: &Config, shutdown: Shutdown) -> Result<Self, Error> {
        let settings = &config.reporting;
        let figures = Figures::new()?;
        let warehouse = Warehouse::connect(&config.reader())?;
        let desk = Arc::new(Desk {
            boards: Boards::load(config)?,
            answers: Answers::new(warehouse.clone(), &config.bounds(), figures.clone()),
            versions: Versions::default(),
            watermarks: Watermarks::default(),
            top: settings.top,
        });
        let service = Service {
            hub: Arc::new(Hub::new(Arc::clone(&desk), figures.clone(), shutdown.clone())),
            policy: Arc::new(Policy::new(config)?),
            web_dir: settings.web_dir.clone(),
            setup: Arc::new(setup(settings, &desk)?),
            places: Arc::new(Semaphore::new(settings.viewers_max)),
            files: Arc::new(Semaphore::new(FILES_MAX)),
            shutdown: shutdown.clone(),
            desk: Arc::clone(&desk),
        };
        let failed = |source| Error::Listen {
            listen: settings.listen,
            source,
        };
        let secured = |files| Tls::open(files, Protocols::Http1And2, figures.certificate.clone());
        let tls = settings.tls_files()?.map(secured).transpose()?;
        let listener = TcpListener::bind(settings.listen).await.map_err(failed)?;
        Ok(Self {
            tls,
            address: listener.local_addr().map_err(failed)?,
            listener,
            admin: admin::bind(settings.admin_listen).await?,
            reload: Reload::new(config, Arc::clone(&desk), figures.clone()),
            feed: Arc::new(Feed::new(desk, figures.clone(), config.silence_max())),
            service,
            figures,
            warehouse,
            kafka: config.kafka.clone(),
            shutdown,
        })
    }

    /// Where the dashboard is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where metrics and readiness are told.
    pub fn admin_address(&self) -> SocketAddr {
        self.admin.address()
    }

    /// Serves until a stop is requested; then open streams end at once and open requests are finished.
    pub async fn serve(self) -> Result<(), Error> {
        tracing::info!(listen = %self.address, tls = self.tls.is_some(), "the dashboard is served");
        if self.service.policy.is_open_to_all() {
            tracing::warn!(
                "whoever reaches the dashboard's port sees all of it: [access] sign_in says who may"
            );
        }
        let readiness = Readiness::new(&["kafka", "clickhouse"]);
        let health = Health::new();
        let listening = self.listen_for_notices(health.clone())?;
        let mut parts = JoinSet::new();
        let hub = Arc::clone(&self.service.hub);
        let (shutdown, warehouse, feed) = (self.shutdown.clone(), self.warehouse.clone(), self.feed);
        let (stop, survey) = (shutdown.clone(), warehouse.clone());
        parts.spawn(async move {
            tokio::join!(feed.keep_true(&survey, &stop), feed.listen(&survey, &stop));
            Ok(())
        });
        let stop = shutdown.clone();
        if let Some(reload) = self.reload {
            parts.spawn(async move {
                reload.watch(&stop).await;
                Ok(())
            });
        }
        let (stop, doors) = (shutdown.clone(), readiness.clone());
        parts.spawn(async move {
            feed::watch_doors(&warehouse, &health, &doors, &stop).await;
            Ok(())
        });
        let stop = shutdown.clone();
        let (admin, metrics) = (self.admin, self.figures.metrics.clone());
        parts.spawn(async move { Ok(admin.serve(metrics, readiness, stop).await?) });
        let router = route::router(&self.service);
        let router = router.into_make_service_with_connect_info::<Peer>();
        if let Some(tls) = self.tls.clone() {
            let stop = shutdown.clone();
            parts.spawn(async move {
                tls.watch(stop).await;
                Ok(())
            });
        }
        let listener = Listener::new(self.listener, self.tls);
        parts.spawn(async move {
            let stop = async move { shutdown.requested().await };
            axum::serve(listener, router)
                .with_graceful_shutdown(stop)
                .await
                .map_err(Error::Serve)
        });
        while let Some(ended) = parts.join_next().await {
            ended.map_err(Error::Ended)??;
        }
        hub.finished().await;
        // It sees the request to stop within a quarter of a second, unless it is just asking a broker that does not answer;
        // nothing is lost when it is left behind.
        let joined = tokio::task::spawn_blocking(move || listening.join());
        match tokio::time::timeout(LISTENER_STOP_MAX, joined).await {
            Ok(Ok(Ok(()))) => {}
            Ok(_) => tracing::error!("the thread that reads notices had failed"),
            Err(_) => tracing::debug!("the thread that reads notices is left behind"),
        }
        Ok(())
    }

    fn listen_for_notices(&self, health: Health) -> Result<std::thread::JoinHandle<()>, Error> {
        let (config, shutdown, feed) = (self.kafka.clone(), self.shutdown.clone(), Arc::clone(&self.feed));
        std::thread::Builder::new()
            .name("notices".to_owned())
            .spawn(move || notice::listen(&config, &health, &shutdown, |heard| feed.hear(heard)))
            .map_err(Error::Thread)
    }
}

/// The test deal is in the money of the first board.
fn setup(settings: &crate::config::Settings, desk: &Desk) -> Result<Setup, Error> {
    let boards = desk.boards.now();
    let currency = boards
        .first()
        .map_or("EUR", |board| board.declared.currency.as_str());
    Ok(Setup::new(&settings.setup, &settings.companies, currency)?)
}
