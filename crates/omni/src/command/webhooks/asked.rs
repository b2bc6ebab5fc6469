//! Whose webhooks are meant, and the account that is asked.

use std::time::Duration;

use omni_enricher::{Config, Source};
use pipedrive::{Call, Client, Error, Priority, Subscription, Webhook};

use crate::command::{ConfigFile, account};

/// All calls of a command together may take this long.
pub(super) const COMMAND_MAX: Duration = Duration::from_mins(1);

#[derive(Debug, clap::Args)]
pub(super) struct Whose {
    #[command(flatten)]
    file: ConfigFile,
    /// The source, where several have an API
    #[arg(long)]
    source: Option<String>,
}

/// The account of one source.
pub(super) struct Asked {
    pub(super) name: String,
    pub(super) source: Source,
    pub(super) client: Client,
}

impl Whose {
    /// # Errors
    /// No such source, or none with an API.
    pub(super) fn ask(&self) -> anyhow::Result<Asked> {
        let config = Config::load(self.file.path().as_deref())?;
        let (name, account) = account::chosen(&config, self.source.as_deref())?;
        let source = config.source.get(&name).cloned().unwrap_or_default();
        Ok(Asked {
            name,
            client: Client::new(&account, config.pipedrive.clone())?,
            source,
        })
    }
}

impl Asked {
    /// The subscriptions of the configuration.
    pub(super) fn wanted(&self) -> anyhow::Result<Vec<Subscription>> {
        Ok(self.source.subscriptions(&self.name)?)
    }

    pub(super) async fn listed(&self) -> anyhow::Result<Vec<Webhook>> {
        let call = self.client.webhooks(Priority::Live, COMMAND_MAX).await;
        told(call)
    }
}

/// What was answered; an error with what to do about it.
pub(super) fn told<T>(call: Call<T>) -> anyhow::Result<T> {
    call.result.map_err(|error| {
        let remedy = remedy(&error);
        let error = anyhow::Error::new(error);
        match remedy {
            Some(remedy) => error.context(remedy),
            None => error,
        }
    })
}

/// What a person can do.
pub(super) fn remedy(error: &Error) -> Option<&'static str> {
    match error {
        Error::Unauthorized => Some("the token does not open the account; `omni pipedrive check` says more"),
        Error::Forbidden { .. } => {
            Some("webhooks are an administrator's: take the token of one, or an app with the scope `admin`")
        }
        Error::Rejected { status: 422, .. } => {
            Some("the user has 40 webhooks already, Pipedrive's quota; `omni webhooks list` shows them")
        }
        Error::Rejected { status: 400, .. } => Some(
            "Pipedrive tries the address before it takes it: public, https with a known certificate, no redirect",
        ),
        _ => None,
    }
}
