//! Every way in which a question is not answered, and the state each leads to.

use std::io::Write;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use metrics::hydrolix::{Fault, PanelState};
use metrics::{Answer, AskError, Audience};
use tokio_util::sync::CancellationToken;

use crate::field::{ANSWER, Client, after, cluster, good, question};
use crate::peer::{Act, Peer};

#[tokio::test]
async fn a_question_goes_out_with_parameters_and_limits() {
    let peer = cluster(|_| good());
    let client = Client::of(&peer.base, |config| config.pool = Some("q".to_owned()));
    let reply = client.ask().await.unwrap();
    let Answer::Countries(Some(countries)) = reply.answer else {
        panic!("{reply:?}")
    };
    let rows: Vec<_> = countries.rows.iter().map(|row| row.sessions).collect();
    assert_eq!(rows, [12, 9]);
    client.ask().await.unwrap();
    assert_eq!(peer.count("/version"), 1, "a version is asked for once");
    let asked = &peer.asked()[1];
    assert_eq!((asked.method.as_str(), asked.path()), ("POST", "/query/"));
    assert_eq!(asked.fields["authorization"], "Bearer hunter2");
    for (name, value) in [
        ("param_from", "2027-01-15 06:59:59.999"),
        ("param_to", "2027-01-15 08:00:00.000"),
        ("param_vid", "00000000-0000-0000-0000-000000000007"),
        ("hdx_query_timerange_required", "true"),
        ("hdx_query_max_execution_time", "20"),
        ("hdx_query_max_result_rows", "20000"),
        ("hdx_query_max_result_bytes", "8388608"),
        ("hdx_query_max_memory_usage", "4294967296"),
        ("hdx_query_max_timerange_sec", "31708800"),
        ("hdx_query_max_attempts", "2"),
        ("hdx_query_pool_name", "q"),
        ("query_cache_ttl", "60"),
    ] {
        assert_eq!(asked.argument(name).as_deref(), Some(value), "{name}");
    }
    let text = String::from_utf8(asked.body.clone()).unwrap();
    assert!(text.ends_with(" FORMAT JSONCompact"), "{text}");
    assert!(
        text.contains("FROM `vod`.`events` WHERE `ts` >= {from:DateTime64(3)}"),
        "{text}"
    );
    assert!(
        !text.contains("00000000-0000") && !text.contains("SETTINGS"),
        "{text}"
    );
}

#[tokio::test]
async fn every_row_of_the_table_of_errors() {
    use PanelState::{Blocked, Busy, OverLimits, ServerError, SignIn, TableMissing, TooSlow};
    for (status, said, state, tries) in [
        (
            400,
            "Code: 516. DB::Exception: u: Authentication failed (AUTHENTICATION_FAILED)",
            SignIn,
            1,
        ),
        (
            400,
            "ContextError no authentication token provided",
            SignIn,
            1,
        ),
        (401, "Token has expired", SignIn, 1),
        (
            400,
            "hdx_query_timerange_required is set to true",
            ServerError,
            1,
        ),
        (
            400,
            "Maximum time range exceeded: 31622400 s (maximum is 2764800)",
            OverLimits,
            1,
        ),
        (
            400,
            "Code: 159. DB::Exception: Timeout exceeded: elapsed 20.1 seconds",
            TooSlow,
            1,
        ),
        (
            400,
            "Code: 241. DB::Exception: Memory limit (total) exceeded",
            OverLimits,
            1,
        ),
        (
            400,
            "Code: 396. DB::Exception: Limit for result exceeded",
            OverLimits,
            1,
        ),
        (
            400,
            "Code: 161. DB::Exception: Limit for number of columns to read exceeded",
            OverLimits,
            1,
        ),
        (400, "Maximum number of partitions exceeded", OverLimits, 1),
        (400, "Maximum number of rows exceeded", OverLimits, 1),
        (400, "No peers available in pool q", Busy, 3),
        (400, "Pool name q does not exist", Busy, 3),
        (
            400,
            "CatalogError: canceling statement due to statement timeout",
            Busy,
            3,
        ),
        (400, "Database vod doesn't exist", TableMissing, 1),
        (
            400,
            "Code: 60. DB::Exception: Table _local.events does not exist",
            TableMissing,
            1,
        ),
        (403, "You do not have permission", Blocked, 1),
        (429, "", Busy, 3),
        (502, "<html>bad gateway</html>", Busy, 3),
        (500, "", ServerError, 1),
        (404, "<html>not found</html>", ServerError, 1),
    ] {
        let body = serde_json::json!({"error": said, "query": "SELECT 'hunter2'"}).to_string();
        let peer = cluster(move |_| Act::Say(status, body.clone().into()));
        let client = Client::of(&peer.base, |_| {});
        assert_eq!(client.fault().await.state(), state, "{said}");
        assert_eq!(peer.count("/query/"), tries, "{said}");
    }
}

#[tokio::test]
async fn what_passes_is_tried_again_with_longer_pauses() {
    let peer = cluster(after(2, || Act::Say(503, Vec::new()), good));
    let client = Client::of(&peer.base, |_| {});
    client.ask().await.unwrap();
    assert_eq!(client.pauses(), [1_000, 2_000]);

    let limited = || Act::With(429, "retry-after: 7\r\n", Vec::new());
    let peer = cluster(after(1, limited, good));
    let client = Client::of(&peer.base, |_| {});
    client.ask().await.unwrap();
    assert_eq!(client.pauses(), [7_000]);
}

#[tokio::test]
async fn answers_that_are_cut_are_asked_for_again() {
    let half = || Act::Truncated(ANSWER.as_bytes()[..40].to_vec());
    let peer = cluster(after(2, half, good));
    let client = Client::of(&peer.base, |_| {});
    client.ask().await.unwrap();
    assert_eq!(peer.count("/query/"), 3);

    let peer = cluster(move |_| half());
    let fault = Client::of(&peer.base, |_| {}).fault().await;
    assert!(matches!(fault, Fault::Cut { .. }), "{fault}");
    assert_eq!(fault.state(), PanelState::Offline);
}

#[tokio::test]
async fn half_open_connections_and_slow_answers_end() {
    for act in [
        || Act::Silent,
        || Act::Stalled(ANSWER.as_bytes()[..40].to_vec()),
    ] {
        let peer = cluster(move |_| act());
        let client = Client::of(&peer.base, |config| {
            config.patience.answer = Duration::from_millis(300);
        });
        let began = Instant::now();
        assert_eq!(client.fault().await, Fault::Slow);
        assert!(began.elapsed() < Duration::from_secs(20));
        assert_eq!(
            peer.count("/query/"),
            1,
            "waiting as long again helps nobody"
        );
    }
}

#[tokio::test]
async fn wrong_types_are_no_numbers() {
    for answer in [
        ANSWER.replace("\"12\"", "\"twelve\""),
        ANSWER.replace("\"12\"", "-12"),
        ANSWER.replace("\"12\"", "[12]"),
        ANSWER.replace("\"DE\"", "7"),
        ANSWER.replace("\"sessions\"", "\"visits\""),
        ANSWER.replace(",9]", "]"),
        ANSWER.replace("\"data\"", "\"rows_\""),
        ANSWER[..60].to_owned(),
        "<html>Sign in to the network</html>".to_owned(),
        String::new(),
    ] {
        let said = answer.clone();
        let peer = cluster(move |_| Act::Say(200, answer.clone().into()));
        let fault = Client::of(&peer.base, |_| {}).fault().await;
        assert!(matches!(fault, Fault::BadAnswer { .. }), "{said}: {fault}");
    }
}

#[tokio::test]
async fn an_error_half_way_is_an_error() {
    let said = "Code: 241. DB::Exception: Memory limit (for query) exceeded";
    for answer in [
        format!("{}{said}", &ANSWER[..100]),
        ANSWER.replace("\"rows\":2", &format!("\"exception\":\"{said}\"")),
    ] {
        let peer = cluster(move |_| Act::Say(200, answer.clone().into()));
        let fault = Client::of(&peer.base, |_| {}).fault().await;
        assert_eq!(fault.state(), PanelState::OverLimits, "{fault}");
    }
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[tokio::test]
async fn packed_answers_are_unpacked_within_bounds() {
    const GZIP: &str = "content-encoding: gzip\r\n";
    let peer = cluster(|_| Act::With(200, GZIP, packed(ANSWER.as_bytes())));
    Client::of(&peer.base, |_| {}).ask().await.unwrap();

    let peer = cluster(|_| {
        let mut damaged = packed(ANSWER.as_bytes());
        damaged.truncate(30);
        Act::With(200, GZIP, damaged)
    });
    let fault = Client::of(&peer.base, |_| {}).fault().await;
    assert!(matches!(fault, Fault::BadAnswer { .. }), "{fault}");

    let bomb = packed(&vec![b' '; 40 << 20]);
    let peer = cluster(move |_| Act::With(200, GZIP, bomb.clone()));
    let fault = Client::of(&peer.base, |_| {}).fault().await;
    assert_eq!(fault.state(), PanelState::OverLimits, "{fault}");
}

#[tokio::test]
async fn nobody_is_led_elsewhere() {
    let other = Peer::start(|_| good());
    let location: &'static str =
        Box::leak(format!("location: {}query/\r\n", other.base).into_boxed_str());
    let peer = cluster(move |_| Act::With(307, location, Vec::new()));
    let fault = Client::of(&peer.base, |_| {}).fault().await;
    assert!(matches!(fault, Fault::BadAnswer { .. }), "{fault}");
    assert_eq!(other.asked().len(), 0);
}

#[tokio::test]
async fn a_port_where_nothing_listens_is_offline() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let fault = Client::of(&base, |_| {}).fault().await;
    assert_eq!(fault.state(), PanelState::Offline, "{fault}");
}

/// What an allow-list does: packets to the port are dropped. On loopback that happens to those who
/// knock at a port whose queue is full.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_host_that_lets_nobody_in_is_blocked() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(connected) = tokio::time::timeout(
        Duration::from_millis(300),
        tokio::net::TcpStream::connect(address),
    )
    .await
    {
        waiting.push(connected.unwrap());
        assert!(waiting.len() < 100, "the queue has no end");
    }
    let client = Client::of(&format!("http://{address}/"), |config| {
        config.patience.connect = Duration::from_millis(300);
    });
    let fault = client.fault().await;
    assert_eq!(fault.state(), PanelState::Blocked, "{fault}");
    assert!(fault.to_string().contains("allow-list"), "{fault}");
}

#[tokio::test]
async fn versions_decide_whether_anything_is_asked() {
    let of = |version: &'static str, status| {
        Peer::start(move |asked| match asked.path() {
            "/version" => Act::Say(status, version.into()),
            _ => good(),
        })
    };
    let old = of("v4.20.1", 200);
    let fault = Client::of(&old.base, |_| {}).fault().await;
    assert_eq!(
        fault.to_string(),
        "this cluster has version 4.20.1; queries need 5.11 or later"
    );
    assert_eq!(old.count("/query/"), 0);

    let silent = of("not found", 404);
    let client = Client::of(&silent.base, |_| {});
    client.ask().await.unwrap();
    client.ask().await.unwrap();
    assert_eq!(
        silent.count("/version"),
        2,
        "what is not known is asked again"
    );
}

#[tokio::test]
async fn a_question_that_is_cancelled_ends_at_once() {
    let peer = cluster(|_| Act::Silent);
    let client = Client::of(&peer.base, |_| {});
    let cancel = CancellationToken::new();
    let began = Instant::now();
    let question = question();
    let asking = client.hydrolix.ask(&question, &cancel);
    let cancelling = async {
        while peer.count("/query/") == 0 {
            tokio::task::yield_now().await;
        }
        cancel.cancel();
    };
    let (answered, ()) = tokio::join!(asking, cancelling);
    assert!(matches!(answered, Err(AskError::Cancelled)), "{answered:?}");
    assert!(began.elapsed() < Duration::from_secs(20));
    let again = client.hydrolix.ask(&question, &cancel).await;
    assert!(matches!(again, Err(AskError::Cancelled)), "{again:?}");
}
