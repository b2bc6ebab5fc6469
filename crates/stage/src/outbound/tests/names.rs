//! Names that say one address to who checks and another to who connects.
//!
//! 127.0.0.2 stands for the internet here and 127.0.0.1 for what is inside: both can be listened at, and are told apart by who
//! was connected to.

use std::collections::{BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

use axum::extract::{ConnectInfo, State};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::TcpListener;

use super::*;

const OUTSIDE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const INSIDE: Ipv4Addr = Ipv4Addr::LOCALHOST;

fn is_outside(address: IpAddr) -> bool {
    address == OUTSIDE
}

/// Says what it is told to, one answer after the other; the last one again and again.
#[derive(Clone)]
struct Names(Arc<Mutex<Told>>);

struct Told {
    answers: VecDeque<Vec<Ipv4Addr>>,
    asked: usize,
}

impl Names {
    fn new<const N: usize>(answers: [&[Ipv4Addr]; N]) -> Self {
        Self(Arc::new(Mutex::new(Told {
            answers: answers.into_iter().map(<[_]>::to_vec).collect(),
            asked: 0,
        })))
    }

    fn asked(&self) -> usize {
        self.0.lock().unwrap().asked
    }
}

impl Resolve for Names {
    fn resolve(&self, _: Name) -> Resolving {
        let mut told = self.0.lock().unwrap();
        told.asked += 1;
        let answer = if told.answers.len() > 1 {
            told.answers.pop_front()
        } else {
            told.answers.front().cloned()
        };
        let found = answer
            .unwrap()
            .into_iter()
            .map(|address| SocketAddr::from((address, 0)));
        let found: Addrs = Box::new(found);
        Box::pin(std::future::ready(Ok(found)))
    }
}

/// Who connected.
type Callers = Arc<Mutex<BTreeSet<SocketAddr>>>;

/// A server that notes its callers: `/` keeps the connection, `/last` ends it, `/away` sends to the one inside.
fn serve(listener: TcpListener) -> Callers {
    let callers = Callers::default();
    let away = Redirect::temporary(&format!(
        "http://{INSIDE}:{}/",
        listener.local_addr().unwrap().port()
    ));
    let note = async |State(callers): State<Callers>, ConnectInfo(caller): ConnectInfo<SocketAddr>| {
        callers.lock().unwrap().insert(caller);
    };
    let last = async || ([(header::CONNECTION, "close")], "bye");
    let router = Router::new()
        .route("/", get(note))
        .route("/last", get(last))
        .route("/away", get(|| std::future::ready(away)))
        .with_state(Arc::clone(&callers))
        .into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, router).await });
    callers
}

/// The one outside and the one inside, at the same port.
async fn servers() -> (Callers, Callers, u16) {
    loop {
        let outside = TcpListener::bind((OUTSIDE, 0)).await.unwrap();
        let port = outside.local_addr().unwrap().port();
        if let Ok(inside) = TcpListener::bind((INSIDE, port)).await {
            return (serve(outside), serve(inside), port);
        }
    }
}

fn guarded(names: &Names) -> Outbound {
    let settings = OutboundSettings {
        call_max: Duration::from_secs(5),
        ..OutboundSettings::default()
    };
    Outbound::guarded(settings, Guard::over(is_outside, Arc::new(names.clone()))).unwrap()
}

fn count(callers: &Callers) -> usize {
    callers.lock().unwrap().len()
}

#[tokio::test]
async fn what_was_checked_is_what_is_connected_to_and_stays_so() {
    let (outside, inside, port) = servers().await;
    let names = Names::new([&[OUTSIDE], &[INSIDE]]);
    let client = guarded(&names);
    let url = |path: &str| format!("http://changing.example:{port}{path}");
    for _ in 0..3 {
        assert_eq!(call(&client, &url("/")).await.unwrap().status, StatusCode::OK);
    }
    assert_eq!((count(&outside), names.asked()), (1, 1), "one connection, kept");
    call(&client, &url("/last")).await.unwrap();
    // A new connection asks for the name, which leads inside by now.
    let refused = call(&client, &url("/")).await.unwrap_err();
    assert!(matches!(refused, OutboundError::Guarded { .. }), "{refused:?}");
    assert_eq!((count(&outside), count(&inside), names.asked()), (1, 0, 2));
}

#[tokio::test]
async fn of_mixed_answers_only_the_allowed_ones_are_tried() {
    let (outside, inside, port) = servers().await;
    let client = guarded(&Names::new([&[INSIDE, OUTSIDE, INSIDE]]));
    call(&client, &format!("http://mixed.example:{port}/"))
        .await
        .unwrap();
    assert_eq!((count(&outside), count(&inside)), (1, 0));
}

#[tokio::test]
async fn where_the_allowed_one_is_away_the_others_are_not_tried() {
    // The port is taken inside alone: nobody listens outside.
    let listener = TcpListener::bind((INSIDE, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let inside = serve(listener);
    let client = guarded(&Names::new([&[INSIDE, OUTSIDE]]));
    let away = call(&client, &format!("http://mixed.example:{port}/"))
        .await
        .unwrap_err();
    assert!(matches!(away, OutboundError::Unreachable { .. }), "{away:?}");
    assert_eq!(count(&inside), 0);
}

#[tokio::test]
async fn a_redirect_inside_is_an_answer_and_nobody_is_called() {
    let (_, inside, port) = servers().await;
    let client = guarded(&Names::new([&[OUTSIDE]]));
    let answer = call(&client, &format!("http://sending.example:{port}/away"))
        .await
        .unwrap();
    assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(
        answer.headers[header::LOCATION],
        format!("http://{INSIDE}:{port}/")
    );
    assert_eq!(count(&inside), 0);
}

#[tokio::test]
async fn the_real_rule_lets_no_answer_of_a_name_inside() {
    let answers: [&[Ipv4Addr]; 3] = [
        &[INSIDE],
        &[Ipv4Addr::new(169, 254, 169, 254), Ipv4Addr::new(10, 0, 0, 1)],
        &[],
    ];
    let names = Names::new(answers);
    let guard = Guard::over(is_public, Arc::new(names.clone()));
    let client = Outbound::guarded(OutboundSettings::default(), guard).unwrap();
    for asked in 1..=answers.len() {
        let refused = call(&client, "http://inside.example/").await.unwrap_err();
        assert!(matches!(refused, OutboundError::Guarded { .. }), "{refused:?}");
        assert_eq!(names.asked(), asked);
    }
}
