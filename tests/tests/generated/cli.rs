//! `docs/reference/cli.md`: every command and option, from the tree that parses them. Hidden ones are left out.

use std::fmt::Write as _;

use clap::{Arg, ArgAction, Command};

const HEAD: &str = "# Commands\n\n\
    <!-- Written by tests/tests/generated.rs from the commands themselves; change it there. -->\n\n\
    Every command of `omni` and what it takes, as `omni COMMAND --help` says it. Options that a table does not name: `--help` (all),\n\
    `--version` (`omni`). What a command ends with is told where it is more than 0 (done) and 1 (failed, with the reason on standard error);\n\
    a command line that cannot be parsed ends with 2.\n";

pub(super) fn page(mut all: Command) -> String {
    all.build();
    let mut page = HEAD.to_owned();
    page.push_str("\n| command | what it does |\n| --- | --- |\n");
    for command in shown(&all) {
        let (name, does) = (command.get_name(), first_line(command));
        writeln!(page, "| [`omni {name}`](#omni-{name}) | {} |", cell(&does)).unwrap();
    }
    for command in shown(&all) {
        section(&mut page, command, &format!("omni {}", command.get_name()), 2);
    }
    page
}

fn shown(command: &Command) -> impl Iterator<Item = &Command> {
    let commands = command.get_subcommands();
    commands.filter(|command| !command.is_hide_set() && command.get_name() != "help")
}

fn section(page: &mut String, command: &Command, name: &str, depth: usize) {
    writeln!(page, "\n{} `{name}`\n\n{}", "#".repeat(depth), about(command)).unwrap();
    if shown(command).next().is_none() {
        let usage = command.clone().render_usage().to_string();
        let usage = usage.trim_start_matches("Usage:").trim();
        writeln!(page, "\n```text\n{usage}\n```").unwrap();
    }
    let arguments: Vec<&Arg> = command.get_arguments().filter(|arg| is_told(arg)).collect();
    if !arguments.is_empty() {
        page.push_str("\n| argument | meaning |\n| --- | --- |\n");
    }
    for arg in arguments {
        writeln!(page, "| {} | {} |", spelled(arg), cell(&meaning(arg))).unwrap();
    }
    if let Some(more) = command.get_after_long_help().or(command.get_after_help()) {
        writeln!(page, "\n```text\n{}\n```", more.to_string().trim_end()).unwrap();
    }
    for inner in shown(command) {
        section(page, inner, &format!("{name} {}", inner.get_name()), depth + 1);
    }
}

fn is_told(arg: &Arg) -> bool {
    !arg.is_hide_set() && !matches!(arg.get_id().as_str(), "help" | "version")
}

fn about(command: &Command) -> String {
    let said = command.get_long_about().or(command.get_about());
    let said = said.map(ToString::to_string).unwrap_or_default();
    let lines = said.trim().lines().map(escaped);
    lines.collect::<Vec<_>>().join("\n")
}

fn first_line(command: &Command) -> String {
    let said = command.get_about().map(ToString::to_string).unwrap_or_default();
    said.lines().next().unwrap_or_default().to_owned()
}

/// As it is typed: `-c`, `--config FILE`.
fn spelled(arg: &Arg) -> String {
    let values: Vec<String> = arg
        .get_value_names()
        .unwrap_or_default()
        .iter()
        .map(ToString::to_string)
        .collect();
    let values = values.join(" ");
    let more = if matches!(arg.get_action(), ArgAction::Append)
        || arg.get_num_args().is_some_and(|n| n.max_values() > 1)
    {
        "…"
    } else {
        ""
    };
    if arg.is_positional() {
        return format!("`{values}`{more}");
    }
    let takes = arg.get_action().takes_values();
    let long = arg.get_long().map(|long| format!("--{long}"));
    let short = arg.get_short().map(|short| format!("-{short}"));
    let names: Vec<String> = short.into_iter().chain(long).collect();
    let mut said = names.join("`, `");
    if takes {
        said = format!("{said} {values}");
    }
    format!("`{said}`{more}")
}

fn meaning(arg: &Arg) -> String {
    let said = arg.get_long_help().or(arg.get_help());
    let said = said.map(ToString::to_string).unwrap_or_default();
    let mut told = said.split_whitespace().collect::<Vec<_>>().join(" ");
    if !told.is_empty() && !told.ends_with(['.', '!', '?', '…']) {
        told.push('.');
    }
    if arg.is_required_set() {
        told.push_str(" Required.");
    }
    if arg.get_action().takes_values() {
        let values: Vec<String> = arg.get_possible_values().iter().map(value).collect();
        if !values.is_empty() {
            write!(told, " One of {}.", values.join(", ")).unwrap();
        }
        let defaults: Vec<_> = arg
            .get_default_values()
            .iter()
            .map(|value| value.to_string_lossy())
            .collect();
        if !defaults.is_empty() {
            write!(told, " Default `{}`.", defaults.join("`, `")).unwrap();
        }
    }
    told.trim().to_owned()
}

fn value(value: &clap::builder::PossibleValue) -> String {
    let name = value.get_name();
    match value.get_help() {
        Some(help) => format!("`{name}` ({help})"),
        None => format!("`{name}`"),
    }
}

/// Fit for a cell of a table.
fn cell(text: &str) -> String {
    escaped(text).replace('|', "\\|")
}

/// `<` is a tag outside of code.
pub(super) fn escaped(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let parts = parts.map(|(at, part)| match at % 2 {
        0 => part.replace('<', "\\<"),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("`")
}
