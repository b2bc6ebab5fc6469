//! `omni restore`: a backup into an empty warehouse, and the loader back to where it stood.
//!
//! Line of no return: setting the loader's offsets, which Kafka refuses while a loader runs; nothing was changed before. A restore
//! that fails after it is begun again with an empty warehouse.

mod offsets;
mod rows;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use warehouse::Warehouse;

use super::backup::kept::{FORMAT, Kept, LIST};
use super::backup::place::Place;
use super::backup::{CONFIGURATION, table};
use super::migrate::migrate;
use super::{ConfigFile, block_on, print};

/// Bring a backup back: rows into an empty warehouse, and the loader to the offsets that belong to them.
///
/// Stop the loaders first. Tables are made as this version wants them, filled, and counted with a hash over all values; then a
/// loader goes on where it stood, and has every event once. Where Kafka is another one, or was emptied, that is told, with what
/// to do about it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  omni restore /var/backups/omni/2026-12-01T030000Z --dry-run               what it holds
  omni restore /var/backups/omni/2026-12-01T030000Z --configuration back    omni.toml and templates, into the folder back
  omni restore /var/backups/omni/2026-12-01T030000Z                         rows and offsets
  omni restore s3://backups/omni/2026-12-01T030000Z")]
pub(crate) struct Restore {
    /// A backup: a folder, or s3://bucket/prefix
    place: String,
    #[command(flatten)]
    file: ConfigFile,
    /// Write only the configuration, into this folder, over nothing that is there
    #[arg(long, value_name = "DIR")]
    configuration: Option<PathBuf>,
    /// Say what it holds, and change nothing
    #[arg(long, conflicts_with = "configuration")]
    dry_run: bool,
}

impl Restore {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        block_on(self.bring())?;
        Ok(ExitCode::SUCCESS)
    }

    async fn bring(&self) -> anyhow::Result<()> {
        let place = Place::existing(&self.place)?;
        let kept = read(&place).await?;
        if let Some(folder) = &self.configuration {
            return write_configuration(&place, &kept, folder).await;
        }
        print::line(format_args!("made {} by Omni {}", kept.made_at, kept.version))?;
        if self.dry_run {
            let lines = kept
                .tables
                .iter()
                .map(|table| format!("{:<32}{:>12} rows", table.name, table.rows));
            return print::lines(lines);
        }
        let config = omni_loader::Config::load(self.file.path().as_deref())?;
        let warehouse = Warehouse::connect(&config.warehouse)?;
        rows::refuse_filled(&config, &kept).await?;
        let told = offsets::set(&config, &kept.standing).await?;
        migrate(&config).await.context("could not make the tables")?;
        rows::make_others(&config, &kept).await?;
        for table in &kept.tables {
            rows::bring(&warehouse, &place, table).await?;
            let found = table::sum(&warehouse, &table.name, table.is_folded, "1").await?;
            ensure!(
                found == (table.rows, table.hash.clone()),
                "{} has other rows than were kept: does a loader run? Empty the warehouse, and begin again",
                table.name
            );
            print::line(format_args!("{:<32}{:>12} rows", table.name, table.rows))?;
        }
        print::lines(told)
    }
}

async fn read(place: &Place) -> anyhow::Result<Kept> {
    let text = match place.get(LIST).await {
        Ok(text) => text,
        Err(error) => {
            let names = place.names().await.unwrap_or_default();
            if names.is_empty() {
                return Err(error.context(format!("{place} is no whole backup")));
            }
            bail!("{place} is no backup; there are {}", names.join(", "));
        }
    };
    let kept: Kept =
        serde_json::from_slice(&text).with_context(|| format!("{place}/{LIST} cannot be read"))?;
    ensure!(
        kept.format == FORMAT,
        "{place} was made by Omni {}, whose arrangement of files this version does not know",
        kept.version
    );
    Ok(kept)
}

async fn write_configuration(place: &Place, kept: &Kept, folder: &Path) -> anyhow::Result<()> {
    for name in &kept.configuration {
        let path = folder.join(name);
        ensure!(
            !path.exists(),
            "{} is there: choose another folder",
            path.display()
        );
    }
    for name in &kept.configuration {
        let text = place.get(&format!("{CONFIGURATION}{name}")).await?;
        let path = folder.join(name);
        if let Some(above) = path.parent() {
            std::fs::create_dir_all(above).with_context(|| format!("could not make {}", above.display()))?;
        }
        std::fs::write(&path, text).with_context(|| format!("could not write {}", path.display()))?;
        print::line(path.display())?;
    }
    Ok(())
}
