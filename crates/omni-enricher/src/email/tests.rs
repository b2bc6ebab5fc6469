//! Questions beside the events' way: one an address, its end kept and told, and what a refusal leaves behind.
//!
//! The provider here answers when the test lets it; nothing sleeps.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;

use event::Map;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::json;
use stage::outbound::{Answer, OutboundSettings, RequestBuilder};
use stage::{Metrics, Shutdown, Trigger};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::*;

const ADA: &str = "ada@example.com";
const QUICK: Limits = Limits {
    initial: Duration::from_millis(1),
    pause_max: Duration::from_millis(1),
    attempts_max: Some(3),
};

/// Gives the replies it was told to, in their order, each when it is let.
#[derive(Default)]
struct Script {
    replies: Mutex<HashMap<String, VecDeque<Reply>>>,
    let_go: Permits,
    calls: AtomicUsize,
    under_way: AtomicUsize,
    under_way_most: AtomicUsize,
    called: Notify,
}

/// Permits to answer.
struct Permits(Semaphore);

impl Default for Permits {
    fn default() -> Self {
        Self(Semaphore::new(0))
    }
}

struct Scripted(Arc<Script>);

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scripted")
    }
}

impl Provider for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn request(&self, _: &Outbound, _: &str) -> RequestBuilder {
        unreachable!("it is asked without HTTP")
    }

    fn judge(&self, _: &Answer) -> Reply {
        unreachable!("it is asked without HTTP")
    }

    fn ask<'a>(&'a self, _: &'a Outbound, address: &'a str) -> BoxFuture<'a, Reply> {
        async move {
            let script = &self.0;
            script.calls.fetch_add(1, Ordering::SeqCst);
            let now = script.under_way.fetch_add(1, Ordering::SeqCst) + 1;
            script.under_way_most.fetch_max(now, Ordering::SeqCst);
            script.called.notify_one();
            script.let_go.0.acquire().await.unwrap().forget();
            script.under_way.fetch_sub(1, Ordering::SeqCst);
            let mut replies = script.replies.lock().unwrap();
            let reply = replies.get_mut(address).and_then(VecDeque::pop_front);
            reply.unwrap_or(Reply::Known(valid()))
        }
        .boxed()
    }
}

struct Set {
    script: Arc<Script>,
    validator: Validator,
    metrics: Metrics,
    stop: Trigger,
    worker: JoinHandle<()>,
}

fn valid() -> Map {
    json!({"status": "valid", "score": "deliverable"})
        .as_object()
        .unwrap()
        .clone()
}

fn ada() -> Verdict {
    verdict::known(valid(), ADA)
}

fn set(in_flight_max: usize, replies: Vec<Reply>) -> Set {
    let script = Arc::new(Script::default());
    script
        .replies
        .lock()
        .unwrap()
        .insert(ADA.to_owned(), replies.into());
    let metrics = Metrics::new("enricher").unwrap();
    let desk = Desk {
        provider: Box::new(Scripted(Arc::clone(&script))),
        outbound: Outbound::new(OutboundSettings::default()).unwrap(),
        pace: Pace::with(100_000, 100_000, QUICK),
        asks: QUICK,
        calls: Semaphore::new(in_flight_max),
        answers: Answers::new(Duration::from_hours(1)),
        flights: Flights::default(),
        finished: Mutex::default(),
        troubles: Troubles::default(),
        metrics: Emails::new(&metrics).unwrap(),
    };
    let (validator, worker) = pair(desk, Duration::ZERO);
    let (stop, shutdown) = Shutdown::pair();
    Set {
        script,
        validator,
        metrics,
        stop,
        worker: tokio::spawn(worker.run(shutdown)),
    }
}

impl Set {
    fn let_go(&self, calls: usize) {
        self.script.let_go.0.add_permits(calls);
    }

    fn calls(&self) -> usize {
        self.script.calls.load(Ordering::SeqCst)
    }

    async fn lookup(&self, until: Instant) -> Verdict {
        self.validator.lookup(ADA, until).await
    }

    /// The end of all questions.
    async fn ended(&self, questions: usize) -> Vec<Finished> {
        let mut all = Vec::new();
        let deadline = soon();
        while all.len() < questions {
            assert!(Instant::now() < deadline, "questions did not end");
            all.extend(self.validator.finished(1));
            tokio::task::yield_now().await;
        }
        all
    }

    fn counts(&self, sample: &str) -> bool {
        let text = self.metrics.text().unwrap();
        text.lines().any(|line| line == sample)
    }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

#[tokio::test]
async fn one_question_is_asked_for_all_who_need_it_at_once() {
    let set = set(4, vec![]);
    let asked: Vec<_> = (0..50)
        .map(|nth| {
            let validator = set.validator.clone();
            let address = if nth % 2 == 0 { ADA } else { " Ada@Example.COM" };
            tokio::spawn(async move { validator.lookup(address, soon()).await })
        })
        .collect();
    set.script.called.notified().await;
    set.let_go(1);
    for asked in asked {
        assert_eq!(asked.await.unwrap(), ada());
    }
    assert_eq!(set.lookup(Instant::now()).await, ada(), "from memory");
    assert_eq!(set.calls(), 1);
    let ended = set.ended(1).await.pop().unwrap();
    assert!(!ended.missed && ended.key == key(ADA) && ended.verdict == ada());
    assert!(set.counts("omni_enricher_email_credits_total{provider=\"scripted\"} 1"));
    assert!(set.counts("omni_enricher_email_lookups_total{verdict=\"known\"} 51"));
    assert!(set.counts("omni_enricher_email_waiting 0"));
}

#[tokio::test]
async fn an_event_goes_on_and_the_answer_comes_after_it() {
    let set = set(4, vec![]);
    assert_eq!(set.lookup(Instant::now()).await, Verdict::Pending);
    set.script.called.notified().await;
    assert_eq!(set.validator.known(ADA), None);
    set.let_go(1);
    let ended = set.ended(1).await.pop().unwrap();
    assert!(ended.missed && ended.verdict == ada());
    assert_eq!(set.validator.known(ADA), Some(ada()));
    let other = self::set(4, vec![]);
    assert!(other.validator.recall(&ended.key, &ended.remembered.unwrap()));
    assert_eq!(other.lookup(Instant::now()).await, ada(), "warmed");
    assert_eq!(other.calls(), 0);
}

#[tokio::test]
async fn pending_becomes_known_and_costs_one_credit() {
    let set = set(4, vec![Reply::Pending, Reply::Pending]);
    set.let_go(1);
    assert_eq!(set.lookup(soon()).await, Verdict::Pending);
    set.let_go(2);
    let ended = set.ended(1).await.pop().unwrap();
    assert!(ended.missed && ended.verdict == ada());
    assert_eq!(set.calls(), 3);
    assert!(set.counts("omni_enricher_email_credits_total{provider=\"scripted\"} 1"));
    assert!(set.counts("omni_enricher_email_calls_total{provider=\"scripted\",result=\"pending\"} 2"));
}

#[tokio::test]
async fn what_stays_pending_rests_and_is_not_kept() {
    let set = set(4, vec![Reply::Pending; 9]);
    set.let_go(9);
    assert_eq!(set.lookup(soon()).await, Verdict::Pending);
    let ended = set.ended(1).await.pop().unwrap();
    assert_eq!((ended.verdict, ended.remembered), (Verdict::Pending, None));
    assert_eq!(set.lookup(soon()).await, Verdict::Pending);
    assert_eq!(set.calls(), 4, "once, and three times again");
}

#[tokio::test]
async fn of_one_who_refused_nothing_is_kept_but_that() {
    let set = set(4, vec![Reply::Refused]);
    set.let_go(2);
    assert_eq!(set.lookup(soon()).await, Verdict::Refused);
    assert_eq!(set.lookup(soon()).await, Verdict::Refused);
    assert_eq!(set.calls(), 1, "and is not asked about again");
    let ended = set.ended(1).await.pop().unwrap();
    let remembered = ended.remembered.clone().unwrap();
    let kept = serde_json::to_value(&remembered).unwrap();
    assert_eq!(kept, json!({"verdict": "refused", "at": remembered.at}));
    let shown = format!("{ended:?} {:?} {:?}", set.validator, set.worker);
    assert!(
        !shown.contains("example.com") && ended.verdict.block().is_none(),
        "{shown}"
    );
    assert!(set.counts("omni_enricher_email_calls_total{provider=\"scripted\",result=\"refused\"} 1"));
}

#[tokio::test]
async fn a_provider_in_trouble_is_left_alone_and_asked_again() {
    let trouble = [
        Reply::Limited { retry_after: None },
        Reply::Failed { retry_after: None },
        Reply::Late,
    ];
    let set = set(4, trouble.to_vec());
    set.let_go(1);
    assert!(matches!(set.lookup(soon()).await, Verdict::Unavailable { .. }));
    set.let_go(3);
    let ended = set.ended(1).await.pop().unwrap();
    assert!(ended.missed && ended.verdict == ada());
    assert_eq!(set.lookup(soon()).await, ada());
}

#[tokio::test]
async fn a_call_that_is_late_holds_nobody_else_up() {
    let set = set(4, vec![Reply::Late]);
    set.let_go(9);
    assert!(matches!(set.lookup(soon()).await, Verdict::Unavailable { .. }));
    assert_eq!(set.validator.desk.pace.held(Instant::now()), None);
    let bob = set.validator.lookup("bob@example.com", soon()).await;
    assert!(matches!(bob, Verdict::Known(_)));
}

#[tokio::test]
async fn nobody_waits_for_a_provider_that_does_not_take_our_key() {
    let set = set(4, vec![Reply::Unauthorized]);
    set.let_go(9);
    let Verdict::Unavailable { retry_after } = set.lookup(soon()).await else {
        panic!("available")
    };
    assert!(retry_after > Duration::from_mins(4), "{retry_after:?}");
    let bob = set.validator.lookup("bob@example.com", soon()).await;
    assert!(matches!(bob, Verdict::Unavailable { .. }), "at once: {bob:?}");
    assert_eq!(set.calls(), 1);
    assert!(
        !set.validator.desk.troubles.begins(&Reply::Unauthorized),
        "said once"
    );
    assert!(
        set.validator
            .desk
            .troubles
            .begins(&Reply::Limited { retry_after: None }),
        "another trouble is another line"
    );
    assert!(set.validator.desk.troubles.end() && !set.validator.desk.troubles.end());
}

#[tokio::test]
async fn no_more_calls_than_allowed_are_under_way() {
    let set = set(2, vec![]);
    let addresses: Vec<String> = (0..20).map(|nth| format!("{nth}@example.com")).collect();
    for address in &addresses {
        let verdict = set.validator.lookup(address, Instant::now()).await;
        assert_eq!(verdict, Verdict::Pending);
    }
    set.script.called.notified().await;
    set.let_go(20);
    assert_eq!(set.ended(20).await.len(), 20);
    assert_eq!(set.script.under_way_most.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn questions_have_a_greatest_number() {
    let set = set(1, vec![]);
    for nth in 0..FLIGHTS_MAX {
        let address = format!("{nth}@example.com");
        let verdict = set.validator.lookup(&address, Instant::now()).await;
        assert_eq!(verdict, Verdict::Pending);
    }
    let over = set.lookup(soon()).await;
    assert!(matches!(over, Verdict::Unavailable { .. }), "{over:?}");
    let known = set.validator.lookup("7@example.com", Instant::now()).await;
    assert_eq!(known, Verdict::Pending, "one that is under way takes no place");
}

#[tokio::test]
async fn what_means_nothing_to_us_rests_and_stops_nobody_else() {
    let set = set(4, vec![Reply::Unexpected]);
    set.let_go(9);
    for _ in 0..2 {
        assert!(matches!(set.lookup(soon()).await, Verdict::Unavailable { .. }));
    }
    let bob = set.validator.lookup("bob@example.com", soon()).await;
    assert!(matches!(bob, Verdict::Known(_)));
    assert_eq!(set.calls(), 2);
}

#[tokio::test]
async fn what_is_no_address_costs_nothing_and_is_invalid() {
    let set = set(4, vec![Reply::Invalid]);
    let verdict = set.validator.lookup("none", soon()).await;
    assert_eq!(set.calls(), 0);
    assert_eq!(
        serde_json::Value::from(verdict.block().unwrap()),
        json!({"status": "invalid"})
    );
    set.let_go(1);
    assert_eq!(set.lookup(soon()).await, Verdict::Invalid, "as the provider says");
}

#[tokio::test]
async fn answers_nobody_takes_make_room() {
    let set = set(4, vec![]);
    let ended = |nth: usize| Finished {
        key: nth.to_string(),
        verdict: Verdict::Refused,
        remembered: None,
        missed: false,
    };
    for nth in 0..=FINISHED_MAX {
        set.validator.desk.finish(ended(nth));
    }
    let all = set.validator.finished(usize::MAX);
    assert!(all.len() == FINISHED_MAX && all.first() == Some(&ended(1)));
    assert!(set.counts("omni_enricher_email_unclaimed_total 1"));
}

#[tokio::test]
async fn a_stop_ends_the_worker_whatever_is_under_way() {
    let set = set(4, vec![]);
    assert_eq!(set.lookup(Instant::now()).await, Verdict::Pending);
    set.script.called.notified().await;
    drop(set.stop);
    set.worker.await.unwrap();
    let verdict = set.validator.lookup(ADA, soon()).await;
    assert_eq!(verdict, Verdict::Pending, "nobody waits for it");
    let bob = set.validator.lookup("bob@example.com", soon()).await;
    assert!(matches!(bob, Verdict::Unavailable { .. }));
}

#[test]
fn nobody_to_ask_is_no_validator() {
    let metrics = Metrics::new("enricher").unwrap();
    assert!(open(&Email::default(), &metrics).unwrap().is_none());
}

/// A validator of [`open`], asking Hunter's stand-in.
async fn opened() -> (Validator, Trigger, provider::tests::StandIn) {
    let (at, stand_in) = provider::tests::stand_in().await;
    let metrics = Metrics::new("enricher").unwrap();
    let (validator, worker) = open(&provider::tests::hunter(&at), &metrics).unwrap().unwrap();
    let (stop, shutdown) = Shutdown::pair();
    tokio::spawn(worker.run(shutdown));
    (validator, stop, stand_in)
}

#[tokio::test]
async fn an_answer_of_hunter_becomes_the_flat_event_s_keys() {
    let (validator, _stop, stand_in) = opened().await;
    *stand_in.answer.lock().unwrap() = (200, provider::tests::valid().to_string());
    let block = validator.lookup(ADA, soon()).await.block().unwrap();
    let request = json!({
        "meta": {"object": "deal", "action": "updated", "id": 1}, "email_validation": block,
    });
    let flat = event::flatten::flatten(&json!({ "request": request })).unwrap();
    for (key, value) in [
        ("status", json!("valid")),
        ("score", json!("deliverable")),
        ("score_value", json!(97)),
        ("email", json!(ADA)),
        ("smtp_check", json!(true)),
        ("accept_all", json!(false)),
        ("sources_1_uri", json!("https://example.com/team")),
        ("sources_1_last_seen_on", json!("2026-08-02")),
    ] {
        let key = format!("email_validation_{key}");
        assert_eq!(flat.get(&key), Some(&value), "{key}");
    }
    let keys = flat.keys().filter(|key| key.starts_with("email_validation_"));
    assert_eq!(keys.count(), 18);
}

#[tokio::test]
async fn what_hunter_says_of_one_who_refused_leaves_no_trace() {
    let (validator, _stop, stand_in) = opened().await;
    let body = json!({"errors": [{"id": "claimed_email", "code": 451, "details": ADA}]});
    *stand_in.answer.lock().unwrap() = (451, body.to_string());
    assert_eq!(validator.lookup(ADA, soon()).await, Verdict::Refused);
    let ended = validator.finished(9).pop().unwrap();
    assert_eq!(validator.known(ADA), Some(Verdict::Refused));
    let shown = format!("{ended:?} {validator:?}");
    assert!(
        !shown.contains("example.com") && !shown.contains("hush"),
        "{shown}"
    );
}
