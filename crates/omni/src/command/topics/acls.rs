//! `omni topics acls`: what each program may do on Kafka, as commands of Kafka's own tool.
//!
//! Least rights: `tests/tests/secured.rs` runs the whole pipeline with these, and finds none missing and none of a neighbour's.

use super::super::{ConfigFile, print};
use super::load;
use kafka::{Config, Topic};

/// Rights of each program, as commands for `kafka-acls.sh`.
///
/// Each program has a user of its own: omni-collector, omni-enricher, omni-activation, omni-loader, omni-reporting, and
/// omni-operator for this tool. Run the lines once, as somebody who may grant; docs/security.md says how users are made.
#[derive(Debug, clap::Args)]
pub(crate) struct Acls {
    #[command(flatten)]
    file: ConfigFile,
    /// Begins the name of each user.
    #[arg(long, default_value = "omni-")]
    user_prefix: String,
}

/// The programs, as their users are named behind the prefix.
const PROGRAMS: [&str; 6] = [
    "collector",
    "enricher",
    "activation",
    "loader",
    "reporting",
    "operator",
];

/// What it is granted on is all whose name begins so.
const PREFIXED: &str = " --resource-pattern-type prefixed";

/// Rights of some users to the same things.
struct Grant {
    users: Vec<&'static str>,
    operations: &'static [&'static str],
    on: On,
}

/// What is granted. Names are without prefix.
enum On {
    Topics(Vec<Topic>),
    AllTopics,
    Groups(Vec<&'static str>),
    /// All groups whose names begin so.
    GroupsOf(&'static [&'static str]),
    /// All transactional ids that begin so.
    Transactions(&'static str),
}

impl Acls {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let config = load(&self.file)?;
        for line in lines(&config, &self.user_prefix) {
            print::line(format_args!("{line}"))?;
        }
        Ok(())
    }
}

/// The commands.
fn lines(config: &Config, user_prefix: &str) -> Vec<String> {
    let begin = format!(
        "kafka-acls.sh --bootstrap-server {} --command-config admin.properties --add",
        config.bootstrap
    );
    let line = |grant: Grant| {
        let users = grant
            .users
            .iter()
            .map(|user| format!(" --allow-principal User:{user_prefix}{user}"));
        let operations = grant
            .operations
            .iter()
            .map(|operation| format!(" --operation {operation}"));
        let said: String = users.chain(operations).collect();
        format!("{begin}{said}{}", grant.on.words(config))
    };
    grants().into_iter().map(line).collect()
}

impl On {
    fn words(&self, config: &Config) -> String {
        let groups = |names: &[&str]| -> String {
            let named = names
                .iter()
                .map(|name| format!(" --group {}{name}", config.group_prefix));
            named.collect()
        };
        match self {
            Self::Topics(topics) => {
                let named = topics
                    .iter()
                    .map(|topic| format!(" --topic {}", topic.name(config)));
                named.collect()
            }
            Self::AllTopics => format!(" --topic {}{PREFIXED}", config.topic_prefix),
            Self::Groups(names) => groups(names),
            Self::GroupsOf(begins) => groups(begins) + PREFIXED,
            Self::Transactions(begin) => {
                format!(" --transactional-id {}{begin}{PREFIXED}", config.group_prefix)
            }
        }
    }
}

const READ: &[&str] = &["Read"];
const WRITE: &[&str] = &["Write"];
const DESCRIBE: &[&str] = &["Describe"];

fn grants() -> Vec<Grant> {
    let grant = |users: &[&'static str], operations, on| Grant {
        users: users.to_vec(),
        operations,
        on,
    };
    let mut grants = vec![
        // Each looks at its start whether all are there.
        grant(&PROGRAMS, DESCRIBE, On::AllTopics),
        // How far a group is behind is told as a part of the time for which its topic keeps records.
        grant(
            &["enricher", "activation", "loader"],
            &["DescribeConfigs"],
            On::AllTopics,
        ),
        // What waits longest is read by a client of a passing name.
        grant(&["enricher", "activation"], DESCRIBE, On::GroupsOf(&["backlog-"])),
        // What a topic is known by is kept beside an offset.
        grant(&["enricher", "loader"], READ, On::Groups(vec!["topic-identity"])),
    ];
    grants.extend([grant(
        &["collector"],
        WRITE,
        On::Topics(vec![Topic::Raw, Topic::Rejected]),
    )]);
    grants.extend([
        grant(&["enricher"], READ, On::Topics(vec![Topic::Raw, Topic::Entities])),
        grant(
            &["enricher"],
            WRITE,
            On::Topics(vec![
                // What an account has and nobody told.
                Topic::Raw,
                Topic::Enriched,
                Topic::Entities,
                Topic::Rejected,
                Topic::Filtered,
            ]),
        ),
        grant(&["enricher"], READ, On::Groups(vec!["enricher"])),
        grant(&["enricher"], DESCRIBE, On::Groups(vec!["restore"])),
        grant(&["enricher"], WRITE, On::Transactions("enricher-")),
    ]);
    grants.extend([
        grant(
            &["activation"],
            READ,
            On::Topics(vec![Topic::Enriched, Topic::Flat]),
        ),
        grant(
            &["activation"],
            WRITE,
            On::Topics(vec![Topic::Flat, Topic::Rejected, Topic::Deliveries]),
        ),
        grant(&["activation"], READ, On::Groups(vec!["flattener"])),
        grant(&["activation"], READ, On::GroupsOf(&["delivery-", "note-"])),
        grant(&["activation"], WRITE, On::Transactions("flattener-")),
    ]);
    grants.extend([
        grant(&["loader"], READ, On::Topics(Topic::ALL.to_vec())),
        grant(
            &["loader"],
            WRITE,
            On::Topics(vec![Topic::Rejected, Topic::Filtered, Topic::Loaded]),
        ),
        grant(&["loader"], READ, On::GroupsOf(&["loader-"])),
        grant(&["loader"], WRITE, On::Transactions("loader-")),
        // The ledger asks how far every group is.
        grant(&["loader"], DESCRIBE, On::GroupsOf(&[""])),
    ]);
    grants.extend([
        grant(&["reporting"], READ, On::Topics(vec![Topic::Loaded])),
        // It joins none, but its client looks for who would lead it.
        grant(&["reporting"], DESCRIBE, On::GroupsOf(&["from-end-"])),
    ]);
    grants.extend([
        grant(
            &["operator"],
            &["Create", "DescribeConfigs", "Read", "Write"],
            On::AllTopics,
        ),
        grant(&["operator"], &["Read", "Describe"], On::GroupsOf(&[""])),
    ]);
    grants
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_settings() {
        let config = Config {
            topic_prefix: "crm.".to_owned(),
            group_prefix: "crm-".to_owned(),
            ..Config::default()
        };
        let lines = lines(&config, "app-").join("\n");
        for part in [
            "--allow-principal User:app-collector --operation Write --topic crm.raw --topic crm.rejected",
            "--allow-principal User:app-reporting --operation Describe --group crm-from-end- --resource-pattern-type prefixed",
            "--operation Write --transactional-id crm-loader- --resource-pattern-type prefixed",
        ] {
            assert!(lines.contains(part), "{part}\n{lines}");
        }
        assert!(!lines.contains("omni."), "{lines}");
    }
}
