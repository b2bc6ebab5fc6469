//! `omni import`: rows of a file or an address into a template's import table (docs/marketing.md).
//!
//! Line of no return: the server's answer to the one insert. Before it every row was judged; a file with a row that is wrong is
//! refused whole, unless its other rows are asked for.

mod told;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use omni_loader::import::{self, Settings};
use sheet::{Decimals, Format};
use shelf::Shelf;
use stage::Secret;
use template::Template;
use warehouse::Warehouse;

use super::ConfigFile;

/// The field of `--currency`.
const CURRENCY: &str = "currency";

/// Import rows that no webhook brings, such as what marketing cost, from CSV or JSON.
///
/// Every row is held against the template's schema first. If one is wrong, all that is wrong is told with line and column, and
/// nothing is imported. The newest import wins: the same file again changes nothing, a corrected one corrects. Open boards show
/// the rows at once.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  omni import marketing-spend --company 7077 --file spend.csv --dry-run
  omni import marketing-spend --company 7077 --file spend.csv --replace
  omni import marketing-spend --company 7077 --file google.csv --map day=Date --map amount=Cost \\
      --default source=google --currency EUR --decimal-comma
  omni import marketing-spend --company 7077 --url https://ads.example/spend --rows /data \\
      --headers-file headers.txt
  omni import --configured ads          what [import.ads] says, now

A headers file has a line `Name: value` for each header; a token has no place on a command line.")]
pub(crate) struct Import {
    #[command(flatten)]
    file: ConfigFile,
    /// Whose table the rows go into: `id`, or `id/version` where several are loaded
    #[arg(required_unless_present = "configured")]
    template: Option<String>,
    #[command(flatten)]
    source: Source,
    /// The company the rows are of, by its id in Pipedrive
    #[arg(long, value_name = "ID", required_unless_present = "configured", value_parser = clap::value_parser!(u64).range(1..))]
    company: Option<u64>,
    #[command(flatten)]
    reading: Reading,
    /// Take out rows of earlier imports which this one does not have, where it tells all of a day and source
    #[arg(long)]
    replace: bool,
    /// Leave out rows that are wrong, and import the others
    #[arg(long)]
    skip_invalid: bool,
    /// Judge the rows and import nothing; neither ClickHouse nor Kafka is asked
    #[arg(long)]
    dry_run: bool,
}

/// Where the rows are.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Source {
    /// A file of CSV, JSON, or a JSON object a line
    #[arg(long = "file", value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    path: Option<String>,
    /// An address that answers with the same
    #[arg(long)]
    url: Option<String>,
    /// What [import.<NAME>] of the configuration says, all of it
    #[arg(long, value_name = "NAME", conflicts_with_all = ["template", "company", "Reading", "replace", "skip_invalid"])]
    configured: Option<String>,
}

/// How they are read.
#[derive(Debug, clap::Args)]
#[group(id = "Reading", multiple = true)]
struct Reading {
    /// The file's column of a field, where they differ; `amount=/metrics/cost` reaches into a row of JSON
    #[arg(long, value_name = "FIELD=COLUMN", value_parser = pair)]
    map: Vec<(String, String)>,
    /// What a field is in rows that do not say
    #[arg(long, value_name = "FIELD=VALUE", value_parser = pair)]
    default: Vec<(String, String)>,
    /// The same as `--default currency=CODE`
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    /// csv, json, or ndjson [default: what it looks like]
    #[arg(long, value_parser = format)]
    format: Option<Format>,
    /// Where the rows are in JSON, as a pointer
    #[arg(long, value_name = "POINTER", default_value = "", hide_default_value = true)]
    rows: String,
    /// Numbers have a decimal comma
    #[arg(long)]
    decimal_comma: bool,
    /// Headers of the request, a line `Name: value` each
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, requires = "url")]
    headers_file: Option<PathBuf>,
    /// The address may be private or loopback
    #[arg(long, requires = "url")]
    allow_private_addresses: bool,
}

impl Import {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let config = omni_loader::Config::load(self.file.path().as_deref())?;
        let is_dry = self.dry_run;
        let settings = self.settings(&config)?;
        let template = template(&settings.template, &config, is_dry)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        runtime.block_on(carry_out(&settings, &config, &template, is_dry))
    }

    /// What the configuration says under that name, or the same from the command line.
    fn settings(self, config: &omni_loader::Config) -> anyhow::Result<Settings> {
        if let Some(name) = &self.source.configured {
            let Some(settings) = config.import.get(name) else {
                let known: Vec<&str> = config.import.keys().map(String::as_str).collect();
                bail!(
                    "there is no [import.{name}] in the configuration, which has {}",
                    if known.is_empty() {
                        "none".to_owned()
                    } else {
                        known.join(", ")
                    }
                );
            };
            return Ok(settings.clone());
        }
        let reading = self.reading;
        let mut defaults: BTreeMap<String, String> = reading.default.into_iter().collect();
        defaults.extend(reading.currency.map(|code| (CURRENCY.to_owned(), code)));
        Ok(Settings {
            template: self.template.unwrap_or_default(),
            source: place(&self.source)?,
            company: self.company.unwrap_or_default(),
            format: reading.format,
            rows: reading.rows,
            map: reading.map.into_iter().collect(),
            defaults,
            decimals: if reading.decimal_comma {
                Decimals::Comma
            } else {
                Decimals::Point
            },
            replace: self.replace,
            skip_invalid: self.skip_invalid,
            headers: reading
                .headers_file
                .as_deref()
                .map(headers)
                .transpose()?
                .unwrap_or_default(),
            allow_private_addresses: reading.allow_private_addresses,
            ..Settings::default()
        })
    }
}

async fn carry_out(
    settings: &Settings,
    config: &omni_loader::Config,
    template: &Template,
    is_dry: bool,
) -> anyhow::Result<ExitCode> {
    let shown = import::shown(&settings.source);
    let company_id = settings.company;
    let bytes = import::fetch(&settings.source, &settings.headers, settings.addresses())
        .await
        .with_context(|| shown.to_owned())?;
    let judged = import::judge(&bytes, &settings.way(), template, company_id, settings.invalid());
    let sheet = match judged {
        Ok(sheet) => sheet,
        Err(import::ImportError::Invalid(faults)) => {
            told::refused(shown, &faults);
            return Ok(ExitCode::FAILURE);
        }
        Err(error) => return Err(error).with_context(|| shown.to_owned()),
    };
    told::judged(shown, &sheet);
    if is_dry {
        println!("nothing was imported: --dry-run");
        return Ok(ExitCode::SUCCESS);
    }
    if sheet.rows.is_empty() {
        bail!("no row is left to import");
    }
    let warehouse = Warehouse::connect(&config.warehouse)?;
    let absent = settings.absent();
    let stored = import::store(&config.kafka, &warehouse, template, company_id, sheet, absent).await?;
    told::stored(template, company_id, stored, absent);
    Ok(ExitCode::SUCCESS)
}

/// The template of this id, or id and version, among those that are loaded; for a trial run among all.
fn template(name: &str, config: &omni_loader::Config, is_dry: bool) -> anyhow::Result<Arc<Template>> {
    let shelf = Shelf::open(&config.templates)?;
    let is_named =
        |template: &&Arc<Template>| template.key() == name || template.manifest().template.id == name;
    let loaded = omni_loader::templates(config)?;
    let mut found: Vec<&Arc<Template>> = loaded.iter().filter(is_named).collect();
    let known: Vec<&Arc<Template>> = shelf.registry.iter().filter(is_named).collect();
    if found.is_empty() && is_dry {
        found.clone_from(&known);
    }
    match found.as_slice() {
        [one] if one.import_table().is_some() => Ok(Arc::clone(one)),
        [one] => bail!("{} is filled from events, not by `omni import`", one.key()),
        [] => match known.as_slice() {
            [] => {
                let imported = shelf
                    .registry
                    .iter()
                    .filter(|template| template.import_table().is_some());
                let keys: Vec<&str> = imported.map(|template| template.key()).collect();
                bail!(
                    "there is no template {name}; `omni import` fills {}",
                    keys.join(", ")
                )
            }
            [one, ..] => bail!(
                "{key} is not loaded: add it to `templates` of [loader], run `omni migrate`, and restart the loader",
                key = one.key()
            ),
        },
        several => {
            let keys: Vec<&str> = several.iter().map(|template| template.key()).collect();
            bail!("there are several of that name; say which: {}", keys.join(", "))
        }
    }
}

fn place(source: &Source) -> anyhow::Result<String> {
    if let Some(url) = &source.url {
        if !url.starts_with("https://") && !url.starts_with("http://") {
            bail!("--url is no http or https address; `--file` reads a file");
        }
        return Ok(url.clone());
    }
    Ok(source.path.clone().unwrap_or_default())
}

fn headers(file: &Path) -> anyhow::Result<BTreeMap<String, Secret>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("could not read {}", file.display()))?;
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    let header = |(at, line): (usize, &str)| match line.split_once(':') {
        Some((name, value)) => Ok((name.trim().to_owned(), Secret::from(value.trim()))),
        None => bail!("{}:{}: this is no `Name: value`", file.display(), at + 1),
    };
    lines.map(header).collect()
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((field, value)) if !field.is_empty() && !value.is_empty() => {
            Ok((field.to_owned(), value.to_owned()))
        }
        _ => Err("it must be two words with `=` between".to_owned()),
    }
}

fn format(text: &str) -> Result<Format, String> {
    match text {
        "csv" => Ok(Format::Csv),
        "json" => Ok(Format::Json),
        "ndjson" => Ok(Format::JsonLines),
        _ => Err("it is csv, json or ndjson".to_owned()),
    }
}
