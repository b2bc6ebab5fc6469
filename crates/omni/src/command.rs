//! The commands, and what each needs to begin.

use std::process::ExitCode;

mod access;
mod account;
mod backfill;
mod backup;
mod bench;
mod chaos;
mod check;
mod config;
mod deliveries;
mod destination;
mod dev;
mod embed;
mod engine;
mod erase;
mod filter;
mod guard;
mod import;
mod layers;
mod ledger;
mod migrate;
mod pipedrive;
mod place;
mod print;
mod reconcile;
mod refused;
mod rejected;
mod replay;
mod restore;
mod secret;
mod services;
mod simulate;
mod since;
mod span;
mod stage;
mod status;
mod template;
mod top;
mod topics;
mod watched;
mod webhooks;

pub(crate) use config::ConfigFile;
pub(crate) use place::Place;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Dev(dev::Dev),
    Simulate(Box<simulate::Simulate>),
    Migrate(migrate::Migrate),
    #[command(subcommand)]
    Template(Box<template::Template>),
    Check(check::Check),
    #[command(subcommand)]
    Topics(topics::Topics),
    #[command(subcommand)]
    Bench(bench::Bench),
    #[command(subcommand)]
    Pipedrive(pipedrive::Pipedrive),
    #[command(subcommand)]
    Webhooks(Box<webhooks::Webhooks>),
    Backfill(Box<backfill::Backfill>),
    Reconcile(Box<reconcile::Reconcile>),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Chaos(chaos::Chaos),
    Status(status::Status),
    Top(top::Top),
    Ledger(ledger::Ledger),
    #[command(subcommand)]
    Rejected(rejected::Rejected),
    #[command(subcommand)]
    Deliveries(deliveries::Deliveries),
    #[command(subcommand)]
    Destination(destination::Destination),
    Replay(replay::Replay),
    Import(Box<import::Import>),
    #[command(subcommand)]
    Erase(erase::Erase),
    #[command(subcommand)]
    Embed(embed::Embed),
    #[command(subcommand)]
    Access(access::Access),
    Services(services::Services),
    #[command(subcommand)]
    Engine(engine::Engine),
    #[command(hide = true)]
    Stage(stage::Stage),
    #[command(hide = true)]
    Guard(guard::Guard),
}

/// Runs a command and returns the status to end with.
pub(crate) fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Dev(dev) => dev.run(),
        Command::Simulate(simulate) => simulate.run(),
        Command::Migrate(migrate) => migrate.run(),
        Command::Template(template) => template.run(),
        Command::Check(check) => check.run(),
        Command::Topics(topics) => topics.run(),
        Command::Bench(bench) => bench.run(),
        Command::Pipedrive(pipedrive) => pipedrive.run(),
        Command::Webhooks(webhooks) => webhooks.run(),
        Command::Backfill(backfill) => backfill.run(),
        Command::Reconcile(reconcile) => reconcile.run(),
        Command::Backup(backup) => backup.run(),
        Command::Restore(restore) => restore.run(),
        Command::Chaos(chaos) => chaos.run(),
        Command::Status(status) => Ok(status.run()),
        Command::Top(top) => top.run(),
        Command::Ledger(ledger) => Ok(ledger.run()),
        Command::Rejected(rejected) => rejected.run(),
        Command::Deliveries(deliveries) => deliveries.run(),
        Command::Destination(destination) => destination.run(),
        Command::Replay(replay) => replay.run(),
        Command::Import(import) => import.run(),
        Command::Erase(erase) => erase.run(),
        Command::Embed(embed) => embed.run(),
        Command::Access(access) => access.run(),
        Command::Services(services) => services.run(),
        Command::Engine(engine) => engine.run(),
        Command::Stage(stage) => Ok(stage.run()),
        Command::Guard(guard) => guard.run(),
    }
}

/// Runs a command that waits, on this thread.
fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(work)
}
