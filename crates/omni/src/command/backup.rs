//! `omni backup`: what cannot be made again, in a folder or an S3-compatible store.
//!
//! The loader's offsets are read first, and rows beyond them are left out: who goes on from those offsets has every event once.
//! What views feed is not kept, for the views feed it again. The list of all is written last: without it there is no backup.

pub(crate) mod cut;
pub(crate) mod kept;
pub(crate) mod place;
mod standing;
pub(crate) mod table;

use std::process::ExitCode;

use anyhow::Context as _;
use event::moment;
use kept::{FORMAT, Kept, LIST, Table};
use place::Place;
use stage::clock;
use warehouse::Warehouse;

use super::{ConfigFile, block_on, print};

/// Where the files of the configuration go.
pub(crate) const CONFIGURATION: &str = "configuration/";

/// Keep the configuration, the loader's offsets and all rows that cannot be made again, while the pipeline runs.
///
/// Goes to a new folder named by the time, in a folder or in an S3-compatible store (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
/// AWS_REGION; AWS_ENDPOINT for one that is not Amazon's, and AWS_ALLOW_HTTP=true where it has no TLS). Rows and the offsets that
/// belong to them are of one moment. The configuration is kept as it is written, secrets in it too; files that it names (key_file)
/// are not. It holds personal data: keep it as you keep the warehouse.
///
/// A warehouse of hundreds of gigabytes is better kept by ClickHouse's own BACKUP (docs/backup.md).
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  omni backup /var/backups/omni
  omni backup s3://backups/omni
  omni restore /var/backups/omni/2026-12-01T030000Z")]
pub(crate) struct Backup {
    /// A folder, or s3://bucket/prefix
    place: String,
    #[command(flatten)]
    file: ConfigFile,
}

impl Backup {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        block_on(self.keep())?;
        Ok(ExitCode::SUCCESS)
    }

    async fn keep(&self) -> anyhow::Result<()> {
        let config = omni_loader::Config::load(self.file.path().as_deref())?;
        let made_at = moment::to_rfc3339(clock::now_micro());
        let name = made_at.get(..19).unwrap_or(&made_at).replace(':', "") + "Z";
        let place = Place::open(&self.place)?.within(&name);
        let warehouse = Warehouse::connect(&config.warehouse)?;
        // Before the rows: all that lies before an offset is in its table by now.
        let standing = standing::read(&config)
            .await
            .context("could not read where the loader stands")?;
        let configuration = self.configuration(&config, &place).await?;
        let mut tables: Vec<Table> = Vec::new();
        for table in table::all(&warehouse).await? {
            let cut = cut::of(&table, &standing);
            let kept = table::keep(&warehouse, &place, &table, &cut).await?;
            print::line(format_args!("{:<32}{:>12} rows", kept.name, kept.rows))?;
            tables.push(kept);
        }
        let rows: u64 = tables.iter().map(|table| table.rows).sum();
        let kept = Kept {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            made_at,
            standing,
            tables,
            configuration,
        };
        place.put(LIST, serde_json::to_vec_pretty(&kept)?.into()).await?;
        print::line(format_args!("{rows} rows are kept in {place}"))
    }

    /// The file, and the folder of templates.
    async fn configuration(
        &self,
        config: &omni_loader::Config,
        place: &Place,
    ) -> anyhow::Result<Vec<String>> {
        let mut files = Vec::new();
        if let Some(path) = self.file.path() {
            let text = std::fs::read(&path).with_context(|| format!("could not read {}", path.display()))?;
            files.push(("omni.toml".to_owned(), text));
        }
        if let Some(folder) = config.templates.folder() {
            let templates = shelf::Shelf::open(&config.templates)?;
            for (key, folder) in &templates.folders {
                let own = shelf::files_of(folder)?.into_iter();
                files.extend(own.map(|(path, text)| (format!("templates/{key}/{path}"), text.into_bytes())));
            }
            print::line(format_args!("templates of {}", folder.display()))?;
        }
        let mut names = Vec::new();
        for (name, text) in files {
            place.put(&format!("{CONFIGURATION}{name}"), text.into()).await?;
            names.push(name);
        }
        Ok(names)
    }
}
