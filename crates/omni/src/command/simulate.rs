//! `omni simulate`: a Pipedrive account that lives, alone.

use std::process::ExitCode;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  omni simulate --target http://127.0.0.1:8080/webhooks/pipedrive/pipedrive --password-file secret --rate 5
  omni simulate --listen 127.0.0.1:8070          an API to develop against, no webhooks

`omni dev --demo` runs one with everything else.")]
pub(crate) struct Simulate {
    #[command(flatten)]
    account: simulator::Args,
}

impl Simulate {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.account.into_config()?;
        stage::log::init(&stage::Settings::default())?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let shutdown = stage::Shutdown::from_signals()?;
            simulator::run(config, shutdown).await?;
            Ok(ExitCode::SUCCESS)
        })
    }
}
