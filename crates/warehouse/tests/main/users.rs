//! Each user may do its work and nothing else, and what a server is told of them says the same.
use local::clickhouse::{
    DASHBOARD, DASHBOARD_GRANTS, LOADER, LOADER_GRANTS, MIGRATOR, MIGRATOR_GRANTS, Server,
};
use warehouse::migrate::{SHARED_SCOPE, Scope, apply, shared};
use warehouse::{Config, Error, Warehouse};

const USERS_SQL: &str = include_str!("../../../../deploy/clickhouse/users.sql");
const USERS_XML: &str = include_str!("../../../../deploy/clickhouse/users.d/omni.xml");
const NOT_GRANTED: u32 = 497;

fn as_user(server: &Server, user: &str) -> Warehouse {
    let password = if user == DASHBOARD {
        &server.credentials.dashboard
    } else {
        &server.credentials.writer
    };
    Warehouse::connect(&Config {
        url: server.url(),
        user: user.to_owned(),
        password: Some(password.clone().into()),
        database: "least".to_owned(),
        ..Config::default()
    })
    .unwrap()
}

async fn is_refused(warehouse: &Warehouse, sql: &str) {
    let refused = warehouse.execute(sql).await.unwrap_err();
    assert!(
        matches!(
            refused,
            Error::Server {
                code: NOT_GRANTED | 164,
                ..
            }
        ),
        "{sql}: {refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_does_its_work_and_no_others() {
    let start = || local::testing::own_clickhouse(&local::testing::omni(), &local::testing::cache());
    let server = tokio::task::spawn_blocking(start).await.unwrap().unwrap();
    let [migrator, loader, dashboard] = [MIGRATOR, LOADER, DASHBOARD].map(|user| as_user(&server, user));
    let shared = shared().unwrap();
    let scope = Scope {
        name: SHARED_SCOPE,
        migrations: &shared,
    };
    apply(&migrator, &[scope]).await.unwrap();
    loader.probe("least rights").await.unwrap();
    loader.end_inserts("none of this name").await.unwrap();
    let counted: Vec<(u64,)> = dashboard
        .select("SELECT count() FROM loader_probe", &[])
        .await
        .unwrap();
    assert_eq!(counted, [(1,)]);

    for sql in [
        "CREATE TABLE other (n UInt8) ENGINE = MergeTree ORDER BY n",
        "DROP TABLE loader_probe",
        "TRUNCATE TABLE loader_probe",
        "ALTER TABLE loader_probe DELETE WHERE 1",
    ] {
        is_refused(&loader, sql).await;
        is_refused(&dashboard, sql).await;
    }
    is_refused(&dashboard, "INSERT INTO loader_probe (probe) VALUES ('x')").await;
    is_refused(&migrator, "DROP DATABASE least").await;
    is_refused(&loader, "SELECT * FROM file('/etc/passwd', 'LineAsString')").await;
}

/// The engine takes no users by SQL: what a server would be told is held against what was tried above.
#[test]
fn a_server_is_told_the_grants_that_were_tried() {
    let users = [
        (LOADER, LOADER_GRANTS),
        (MIGRATOR, MIGRATOR_GRANTS),
        (DASHBOARD, DASHBOARD_GRANTS),
    ];
    let (_, in_files) = USERS_XML.split_once("<users>").unwrap();
    for (user, grants) in users {
        let (_, told) = in_files.split_once(&format!("    <{user}>")).unwrap();
        let (told, _) = told.split_once(&format!("</{user}>")).unwrap();
        assert_eq!(told.matches("<query>").count(), grants.len(), "{user}");
        for grant in grants {
            let grant = grant.replace("{database}", "omni");
            assert!(
                told.contains(&format!("<query>{grant}</query>")),
                "{user}: {grant}"
            );
            let line = format!("\n{grant} TO {user};\n");
            assert!(USERS_SQL.contains(&line), "users.sql lacks: {line}");
        }
    }
    let granted: usize = users.iter().map(|(_, grants)| grants.len()).sum();
    assert_eq!(USERS_SQL.matches("\nGRANT ").count(), granted);
}
