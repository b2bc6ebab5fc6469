//! Who may import whom.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Package};

use super::metadata;

const STAGES: &[&str] = &[
    "omni-collector",
    "omni-enricher",
    "omni-activation",
    "omni-loader",
    "omni-reporting",
];
/// What a stage may stand on.
const DOORS: &[&str] = &[
    "event",
    "template",
    "kafka",
    "pipedrive",
    "rates",
    "sheet",
    "shelf",
    "warehouse",
    "ledger",
    "stage",
    "traces",
];
/// Runs on its own, far from Omni: it knows Omni by the flat event and by HTTP, as anybody's function would.
const FUNCTION: &str = "omni-lambda";
/// Only these start stages and servers.
const HANDS: &[&str] = &["omni", "omni-tests"];

/// A client library and the only crate that knows it.
const CLIENTS: &[(&str, &str)] = &[
    ("rdkafka", "kafka"),
    ("clickhouse", "warehouse"),
    ("jsonschema", "template"),
    ("libloading", "local"),
];

/// Ours that each of ours may import (none of them in its own tests only).
fn allowed() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut allowed = BTreeMap::from([
        ("event", vec![]),
        ("template", vec!["event"]),
        ("shelf", vec!["template"]),
        ("rates", vec![]),
        ("sheet", vec!["template"]),
        ("warehouse", vec!["event", "rates", "template"]),
        ("pipedrive", vec!["event", "stage"]),
        ("kafka", vec![]),
        // Holds two doors against each other, and opens no third.
        ("ledger", vec!["event", "kafka", "warehouse"]),
        ("stage", vec![]),
        // Says in the words of all three what a stage did with an event.
        ("traces", vec!["event", "kafka", "stage"]),
        ("local", vec![]),
        ("fuzz", vec![]),
        // A mirror must not share the face's bugs.
        ("simulator", vec!["stage"]),
        (FUNCTION, vec!["event", "stage"]),
    ]);
    allowed.extend(STAGES.iter().map(|stage| (*stage, DOORS.to_vec())));
    allowed
}

fn ours() -> Vec<&'static Package> {
    metadata().workspace_packages()
}

fn names_of_ours() -> BTreeSet<&'static str> {
    ours().iter().map(|package| package.name.as_str()).collect()
}

/// What a crate imports of ours, its tests left out.
fn imports(package: &'static Package) -> impl Iterator<Item = &'static str> {
    let ours = names_of_ours();
    let shipped = package
        .dependencies
        .iter()
        .filter(|needed| needed.kind != DependencyKind::Development);
    shipped
        .map(|needed| needed.name.as_str())
        .filter(move |name| ours.contains(name))
}

#[test]
fn every_crate_imports_only_what_its_room_allows() {
    let allowed = allowed();
    for package in ours()
        .into_iter()
        .filter(|package| !HANDS.contains(&package.name.as_str()))
    {
        let name = package.name.as_str();
        let may = allowed
            .get(name)
            .unwrap_or_else(|| panic!("{name} is new: say here what it may import"));
        for import in imports(package) {
            assert!(
                may.contains(&import),
                "{name} must not import {import}; it may import {may:?}"
            );
        }
    }
}

#[test]
fn stages_never_know_each_other_not_even_in_tests() {
    for package in ours()
        .into_iter()
        .filter(|package| STAGES.contains(&package.name.as_str()))
    {
        for needed in &package.dependencies {
            assert!(
                !STAGES.contains(&needed.name.as_str()),
                "{} knows {}",
                package.name,
                needed.name
            );
        }
    }
}

#[test]
fn a_client_library_is_known_to_its_door_alone() {
    for package in ours() {
        for needed in &package.dependencies {
            let door = CLIENTS.iter().find(|(client, _)| *client == needed.name.as_str());
            if let Some((client, door)) = door {
                assert_eq!(package.name.as_str(), *door, "{client} belongs to {door} only");
            }
        }
    }
}

/// Crates that speak HTTP as a client, and whom they call.
const CALLERS: &[(&str, &str)] = &[
    ("stage", "reqwest"),          // whoever a setting names, guarded
    ("warehouse", "hyper-rustls"), // the database, which is inside
    ("simulator", "reqwest"),      // Omni
    ("omni", "reqwest"),           // what it started itself
    ("omni-tests", "reqwest"),
];

/// Crates that make a client.
const CLIENTS_OF_HTTP: &[&str] = &[
    "reqwest",
    "ureq",
    "hyper-rustls",
    "hyper-tls",
    "isahc",
    "curl",
    "attohttpc",
    "surf",
    "awc",
    "minreq",
];

#[test]
fn outbound_calls_are_made_with_the_guarded_client_alone() {
    for package in ours() {
        let name = package.name.as_str();
        let shipped = package
            .dependencies
            .iter()
            .filter(|needed| needed.kind != DependencyKind::Development);
        for needed in shipped.filter(|needed| CLIENTS_OF_HTTP.contains(&needed.name.as_str())) {
            assert!(
                CALLERS.contains(&(name, needed.name.as_str())),
                "{name} has a client of its own; use stage::outbound"
            );
        }
    }
}

/// A room without clock, files, network and logging cannot take in a crate that brings them.
#[test]
fn what_is_said_and_stored_needs_no_runtime() {
    let outside = [
        "tokio", "reqwest", "hyper", "axum", "tracing", "rand", "moka", "fjall",
    ];
    for package in ours()
        .into_iter()
        .filter(|package| matches!(package.name.as_str(), "event" | "template"))
    {
        for needed in package
            .dependencies
            .iter()
            .filter(|needed| needed.kind == DependencyKind::Normal)
        {
            assert!(
                !outside.contains(&needed.name.as_str()),
                "{} must not know {}",
                package.name,
                needed.name
            );
        }
    }
}

#[test]
fn every_crate_takes_the_workspaces_lints_and_versions() {
    for package in ours() {
        let manifest = std::fs::read_to_string(&package.manifest_path).unwrap();
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{} has no [lints] workspace = true",
            package.name
        );
        assert_eq!(
            package.publish,
            Some(Vec::new()),
            "{} could be published",
            package.name
        );
        let own_version = manifest.lines().find(|line| {
            let given = line
                .split_once('=')
                .is_some_and(|(_, value)| value.contains("version ="));
            given || (line.contains("= \"") && line.contains("git ="))
        });
        assert_eq!(
            own_version, None,
            "{}: versions stand in the workspace's table only",
            package.name
        );
    }
}
