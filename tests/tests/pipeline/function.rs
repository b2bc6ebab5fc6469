//! Omni's own function for AWS Lambda on its whole way: an event goes out by the Invoke API, the real program posts it back to
//! the collector's `/events/flat`, and there it is known.
//!
//! Amazon alone is stood in for: who takes the invocation checks signatures, who hands it to the program is what the function's
//! own tests have. The token is of a source that is bound to one of two companies, so the collector does not want the other's.

#[path = "../../../deploy/aws-lambda/tests/function/runtime.rs"]
#[expect(dead_code, reason = "this function always starts")]
mod runtime;
#[path = "../../../deploy/aws-lambda/tests/function/server.rs"]
mod server;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post as posted;
use axum::{Json, Router};
use futures::future::join_all;
use serde_json::{Value, json};
use simulator::{Aws, StandIns};

use runtime::{Outcome, Runtime};
use server::Server;

use super::company::Company;
use super::dev::{Dev, dev};
use super::own::{Running, deal, own_source, post};
use super::round::{Round, counts, ledger, token};
use super::stand_in::{StandIn, TOKEN};

/// Of an invocation, its wait for the program included.
const PATIENCE: Duration = Duration::from_secs(30);
const NAME: &str = "function";
const TAKEN: u64 = Company::TakenBack.id();
const NOT_TAKEN: u64 = Company::NotTakenBack.id();
const DEALS: u64 = 40;
/// More than are ever on their way at once.
const PAIRS_MAX: u64 = 50;

/// Lambda, where it runs the function.
struct Lambda {
    runtime: Runtime,
    answers: Mutex<Vec<Value>>,
}

/// Runs it as the runtime interface emulator does.
async fn invoke(State(lambda): State<Arc<Lambda>>, payload: String) -> Response {
    match lambda.runtime.invoke(payload, PATIENCE).await {
        Outcome::Answered(answer) => {
            lambda.answers.lock().expect("answers").push(answer.clone());
            Json(answer).into_response()
        }
        Outcome::Threw { kind, message } => {
            let thrown = Json(json!({"errorType": kind, "errorMessage": message}));
            ([("x-amz-function-error", "Unhandled")], thrown).into_response()
        }
    }
}

struct Scene {
    dev: &'static Dev,
    client: reqwest::Client,
    amazon: StandIn,
    lambda: Arc<Lambda>,
    round: Round,
    _running: (Server, Running),
}

impl Scene {
    async fn begin() -> Self {
        let lambda = Arc::new(Lambda {
            runtime: Runtime::start().await,
            answers: Mutex::default(),
        });
        let invoked = Router::new()
            .route("/", posted(invoke))
            .with_state(Arc::clone(&lambda));
        let server = Server::start(0, invoked, || {}).await;
        let forward = format!("http://{}/", server.address());
        let aws = Aws {
            forward: Some(forward.parse().expect("an address")),
            ..Aws::default()
        };
        let stand_ins = StandIns {
            aws,
            ..StandIns::default()
        };
        let amazon = StandIn::open(TAKEN, stand_ins).await;
        let (token, hash) = token();
        let own = own_source(NAME, &around(&amazon.url, &hash));
        let round = Round::begin(dev(), NAME, &own, token).await;
        let program = program(&lambda.runtime, &round);
        Self {
            dev: dev(),
            client: reqwest::Client::new(),
            amazon,
            lambda,
            round,
            _running: (server, program),
        }
    }

    async fn post_all(&self, deals: impl IntoIterator<Item = (u64, u64)>) {
        let posts = deals
            .into_iter()
            .map(|(company, id)| post(&self.client, &self.round.url, NAME, deal(company, id)));
        join_all(posts).await;
    }

    /// What the events become, what comes back of it, and what might come of that.
    async fn worked_off(&self) {
        for _ in 0..3 {
            self.round.worked_off().await;
        }
    }

    /// What the function answered since this was asked last.
    fn answers(&self) -> Vec<Value> {
        std::mem::take(&mut self.lambda.answers.lock().expect("answers"))
    }

    async fn ask(&self, sql: &str) -> String {
        self.dev.ask(&self.client, sql).await.trim().to_owned()
    }

    /// An event of a company as the function was given it.
    async fn given(&self, company: u64) -> Value {
        let told = self.amazon.told("aws_lambda").await;
        let deliveries = told["deliveries"].as_array().expect("a list").iter();
        let mut given = deliveries.map(|one| one["sent"].clone());
        let given = given.find(|event| event["event_company_id"] == company);
        given.expect("an event of the company")
    }

    /// Rows, deliveries and doubles of both companies, after so many events of each.
    async fn ends_with(&self, taken: u64, not_taken: u64) {
        let known = format!("{taken}\t{taken}\t{taken}\t{taken}");
        assert_eq!(counts(self.dev, &self.client, TAKEN).await, known);
        let unknown = format!("{not_taken}\t0\t0\t0");
        assert_eq!(counts(self.dev, &self.client, NOT_TAKEN).await, unknown);
        let raw = "SELECT countIf(event_kind = 'webhook'), countIf(event_kind = 'flat') FROM raw_events WHERE event_company_id =";
        assert_eq!(
            self.ask(&format!("{raw} {TAKEN}")).await,
            format!("{taken}\t{taken}")
        );
        assert_eq!(
            self.ask(&format!("{raw} {NOT_TAKEN}")).await,
            format!("{not_taken}\t0")
        );
        let given_up = format!(
            "SELECT countIf(JSONExtractString(record, 'reason') = 'not_wanted' AND record LIKE '%company_not_allowed%'), count() \
             FROM deliveries WHERE event_company_id = {NOT_TAKEN}"
        );
        assert_eq!(self.ask(&given_up).await, format!("{not_taken}\t{not_taken}"));
        // What a refused event says of its company is not believed: it goes by its source.
        let refused = format!(
            "SELECT count() FROM rejected_events WHERE event_source = '{NAME}-back' AND code = 'company_not_allowed'"
        );
        self.dev.wait_for_count(&self.client, &refused, not_taken).await;
    }
}

/// The destination, and the source that the token is of.
fn around(amazon: &str, hash: &str) -> String {
    format!(
        "[activation]\nroles = ['delivery']\nadmin_listen = '127.0.0.1:0'\n[destination.{NAME}]\nkind = 'aws_lambda'\n\
         url = '{amazon}'\nallow_private_addresses = true\nbatch_wait_ms = 500\n\
         filter = 'event_company_id == {TAKEN} || event_company_id == {NOT_TAKEN}'\n\
         [destination.{NAME}.aws_lambda]\nfunction = 'omni'\nregion = 'eu-central-1'\naccess_key_id = 'AKIADEMO'\n\
         secret_access_key = '{TOKEN}'\nevents_max = 10\n\
         [source.{NAME}-back]\nuser = 'u'\npassword = 'p'\nflat_token_sha256 = ['{hash}']\ncompanies = [{TAKEN}]\n"
    )
}

/// The function as Lambda runs it, with nothing in its environment but what Lambda and its template set.
fn program(runtime: &Runtime, round: &Round) -> Running {
    Running::start("omni-lambda", |command| {
        command
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", runtime.address())
            .env("AWS_LAMBDA_FUNCTION_NAME", "omni")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("OMNI_LAMBDA__COLLECTOR_URL", &round.url)
            .env("OMNI_LAMBDA__TOKEN", round.token.expose())
            .env("OMNI_LAMBDA__ALLOW_PRIVATE_ADDRESSES", "true")
    })
}

fn refused(answer: &Value) -> &[Value] {
    answer["refused"].as_array().expect("a list")
}

fn taken(answer: &Value) -> u64 {
    answer["taken"].as_u64().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_function_posts_back_is_known_and_what_the_collector_refuses_is_given_up() {
    let scene = Scene::begin().await;
    scene.post_all((1..=DEALS).map(|id| (TAKEN, id))).await;
    scene.worked_off().await;
    let answers = scene.answers();
    assert!(
        answers.iter().all(|answer| refused(answer).is_empty()),
        "{answers:#?}"
    );
    assert_eq!(answers.iter().map(taken).sum::<u64>(), DEALS, "{answers:#?}");
    scene.ends_with(DEALS, 0).await;

    scene.post_all([(NOT_TAKEN, 1)]).await;
    scene.worked_off().await;
    let answers = scene.answers();
    assert_eq!((answers.len(), taken(&answers[0])), (1, 0), "{answers:#?}");
    assert_eq!(refused(&answers[0])[0]["code"], "company_not_allowed");
    scene.ends_with(DEALS, 1).await;

    // One of each, until both are in one invocation.
    let mut pairs = 0;
    let is_mixed = |answer: &Value| taken(answer) > 0 && !refused(answer).is_empty();
    while !scene.answers().iter().any(is_mixed) {
        pairs += 1;
        assert!(pairs <= PAIRS_MAX, "no invocation had one of each");
        scene
            .post_all([(TAKEN, DEALS + pairs), (NOT_TAKEN, 1 + pairs)])
            .await;
        scene.round.worked_off().await;
    }
    scene.worked_off().await;
    scene.ends_with(DEALS + pairs, 1 + pairs).await;
    let [.., missing] = ledger(&scene.round.settings, NAME).await;
    assert_eq!(missing, 0);

    // The same by hand: so it was answered.
    let (known, foreign) = (scene.given(TAKEN).await, scene.given(NOT_TAKEN).await);
    for (events, status) in [
        (json!([known]), 200),
        (json!([known, foreign]), 207),
        (json!([foreign]), 422),
    ] {
        let (answered, said) = scene.round.post_flat(&scene.client, &events).await;
        assert_eq!(answered, status, "{said}");
    }
}
