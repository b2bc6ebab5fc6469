//! Who runs the commands of other programs that pages tell. A command that no line here fits fails the tests.

/// A program, what its command line has in it, and the test or lane that runs it; or `-` and where, when nothing in this tree does.
#[rustfmt::skip] // a table
pub(super) const LANES: &[(&str, &[&str], &str)] = &[
    ("cargo", &["build --release -p omni"], "Makefile: build"),
    ("curl", &["--cacert ca.pem", "traceparent: "], "crates/omni-collector/tests/collector/secured.rs"),
    ("curl", &["/embed/tokens"], "crates/omni-reporting/tests/main/embed.rs"),
    ("curl", &["/events/flat"], "tests/tests/pipeline/circle.rs"),
    ("curl", &["/healthz", "/readyz"], "- a running stage"),
    ("curl", &["/simulator/"], "crates/omni/tests/webhooks.rs"),
    ("curl", &["pipedrive.com", "googleapis.com"], "- the platform itself"),
    ("deploy/docker/secrets.sh", &["secrets"], "deploy/docker/check/secrets.test.mjs"),
    ("docker", &["build --target"], "- a machine with Docker"),
    ("docker", &["compose"], "deploy/docker/rolling/rolling.mjs: on a machine with Docker"),
    ("go", &["build", "get", "mod"], "- a bench by hand"),
    // Its users are made as the broker is formatted.
    ("kafka-configs.sh", &["--add-config SCRAM"], "tests/tests/secured.rs"),
    // Renders them; no cluster is part of it.
    ("kubectl", &["apply -f", "apply -k"], "deploy/kubernetes/check/schemas.test.mjs"),
    // Makes the Secrets by the keys of these commands.
    ("kubectl", &["create secret"], "deploy/kubernetes/check/settings.test.mjs"),
    ("kubectl", &["create configmap", "label"], "- a cluster with Grafana"),
    ("kubectl", &["create job", "delete", "describe", "get", "logs"], "- a cluster"),
    ("kubectl", &["port-forward", "rollout", "wait"], "- a cluster"),
    ("node", &["deploy/embedding/server.mjs"], "- by hand, with a browser"),
    ("node", &["docker/rolling/rolling.mjs"], "Makefile: rolling"),
    ("node", &["bench/soak/soak.mjs"], "Makefile: soak"),
    ("node", &["bench/first_paint.ts", "bench/heap.ts"], "- a bench by hand"),
    ("npm", &["run build"], "Makefile: web"),
    ("omnic", &["build", "run", "up"], "deploy/docker/rolling/rolling.mjs"),
    ("openssl", &["-keyout", "-CAcreateserial"], "tests/tests/house/book/authority.rs"),
    ("openssl", &["-noout -dates", "s_client"], "- a host of yours"),
];

/// Looks at files of this machine, or is of the shell; changes nothing of Omni.
const LOOKS: &[&str] = &[
    "alias", "break", "cd", "cp", "df", "du", "echo", "export", "grep", "ls", "tail",
];

/// Whether a command is of a line of the table.
pub(super) fn is_of(words: &[String], program: &str, needle: &str) -> bool {
    words.first().is_some_and(|first| first == program) && words.join(" ").contains(needle)
}

/// Who runs it.
pub(super) fn lane(words: &[String]) -> Option<&'static str> {
    let first = words.first()?;
    if LOOKS.contains(&first.as_str()) {
        return Some("whoever looks");
    }
    let fits = |needles: &[&str], program| needles.iter().any(|needle| is_of(words, program, needle));
    let line = LANES.iter().find(|(program, needles, _)| fits(needles, program));
    line.map(|(_, _, lane)| *lane)
}
