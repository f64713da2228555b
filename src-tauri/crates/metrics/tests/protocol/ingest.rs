//! Events are sent, all of them, whatever the cluster does.

use std::collections::BTreeSet;
use std::io::Read;
use std::sync::{Arc, Mutex};

use flate2::read::GzDecoder;
use metrics::ViewsError;
use metrics::hydrolix::ingest::{Ingested, Refused};
use metrics::hydrolix::{DrainError, Fault, PanelState, Secret, Waiting};
use record::ViewEvent;
use serde_json::Value;

use crate::field::{Client, cluster, never};
use crate::peer::{Act, Asked, Peer};

fn events(count: u64) -> Vec<ViewEvent> {
    let event = |seq| ViewEvent {
        session_id: "session-1".to_owned(),
        seq,
        ..ViewEvent::default()
    };
    (0..count).map(event).collect()
}

fn rows(asked: &Asked) -> Vec<Value> {
    let mut text = String::new();
    GzDecoder::new(&*asked.body)
        .read_to_string(&mut text)
        .unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn seqs(asked: &Asked) -> Vec<u64> {
    let rows = rows(asked);
    rows.iter()
        .map(|row| row["seq"].as_u64().unwrap())
        .collect()
}

/// Takes events but those that `refuses` does not like, and keeps what it took.
fn taking(
    refuses: impl Fn(u64) -> bool + Send + Sync + 'static,
) -> (Peer, Arc<Mutex<BTreeSet<u64>>>) {
    let taken = Arc::new(Mutex::new(BTreeSet::new()));
    let kept = taken.clone();
    let peer = cluster(move |asked| {
        let (bad, good): (Vec<u64>, Vec<u64>) = seqs(asked).into_iter().partition(|n| refuses(*n));
        let status = match (bad.is_empty(), good.is_empty()) {
            (true, _) => 200,
            (false, false) => 207,
            (false, true) => 400,
        };
        kept.lock().unwrap().extend(good);
        Act::Say(status, br#"{"message":"some were rejected"}"#.to_vec())
    });
    (peer, taken)
}

#[tokio::test]
async fn a_batch_is_packed_and_addressed() {
    let (peer, _) = taking(|_| false);
    let client = Client::of(&peer.base, |config| {
        config.ingest.table_token = Some(Secret::new("table-token"));
    });
    let sent = client.hydrolix.ingest(&events(3), &never()).await;
    assert_eq!(sent, Ok(Ingested::All));
    let asked = &peer.asked()[0];
    assert_eq!(asked.target, "/ingest/event?table=vod.events&transform=t");
    assert_eq!(asked.fields["content-encoding"], "gzip");
    assert_eq!(asked.fields["content-type"], "application/json");
    assert_eq!(asked.fields["x-hdx-token"], "table-token");
    assert_eq!(asked.fields["authorization"], "Bearer hunter2");
    assert_eq!(seqs(asked), [0, 1, 2]);
    assert_eq!(rows(asked)[0]["qr_scan"], 0);
}

#[tokio::test]
async fn only_what_is_refused_is_left_out() {
    let (peer, taken) = taking(|seq| seq == 3 || seq == 777);
    let client = Client::of(&peer.base, |_| {});
    let delivered = client.hydrolix.deliver(&events(1_000), &never()).await;
    assert_eq!(delivered.stopped, None);
    let refused: Vec<usize> = delivered.refused.iter().map(|r| r.index).collect();
    assert_eq!((delivered.taken, refused), (998, vec![3, 777]));
    assert_eq!(taken.lock().unwrap().len(), 998);
    assert!(peer.count("/ingest/event") < 60);

    let (peer, _) = taking(|_| true);
    let client = Client::of(&peer.base, |_| {});
    let delivered = client.hydrolix.deliver(&events(1_000), &never()).await;
    let fault = &delivered.stopped;
    assert!(matches!(fault, Some(Fault::Refused { .. })), "{fault:?}");
    assert_eq!(peer.count("/ingest/event"), 3, "the transform is wrong");

    let alone = client.hydrolix.deliver(&events(1), &never()).await;
    let refused = Refused {
        index: 0,
        detail: "some were rejected".to_owned(),
    };
    assert_eq!(alone.refused, [refused]);
}

#[tokio::test]
async fn too_much_refused_is_something_else() {
    let (peer, taken) = taking(|seq| seq % 2 == 1);
    let client = Client::of(&peer.base, |_| {});
    let delivered = client.hydrolix.deliver(&events(1_000), &never()).await;
    let fault = &delivered.stopped;
    assert!(matches!(fault, Some(Fault::Refused { .. })), "{fault:?}");
    assert!(peer.count("/ingest/event") <= 210);
    assert!(taken.lock().unwrap().len() <= 500);
}

#[tokio::test]
async fn what_is_too_large_is_sent_in_parts() {
    let peer = cluster(|asked| {
        let status = if seqs(asked).len() > 100 { 413 } else { 200 };
        Act::Say(status, Vec::new())
    });
    let client = Client::of(&peer.base, |_| {});
    let delivered = client.hydrolix.deliver(&events(1_000), &never()).await;
    assert_eq!(delivered.stopped, None);
    assert_eq!((delivered.taken, delivered.refused), (1_000, vec![]));
}

#[tokio::test]
async fn when_to_try_again_is_for_the_caller() {
    for (act, state) in [
        (429, PanelState::Busy),
        (502, PanelState::Busy),
        (503, PanelState::Busy),
        (403, PanelState::Blocked),
        (500, PanelState::ServerError),
    ] {
        let peer = cluster(move |_| Act::Say(act, Vec::new()));
        let client = Client::of(&peer.base, |_| {});
        let delivered = client.hydrolix.deliver(&events(3), &never()).await;
        let fault = delivered.stopped.unwrap();
        assert_eq!(fault.state(), state);
        assert_eq!(
            (peer.count("/ingest/event"), client.pauses()),
            (1, vec![]),
            "{act}"
        );
    }
    // It was taken, and the answer was lost: nobody knows, so it is sent again.
    let peer = cluster(|_| Act::Truncated(Vec::new()));
    let client = Client::of(&peer.base, |_| {});
    let delivered = client.hydrolix.deliver(&events(3), &never()).await;
    let fault = delivered.stopped.unwrap();
    assert!(matches!(fault, Fault::Cut { .. }), "{fault}");
}

/// Events in memory that wait, and whose acknowledgements fail every now and then.
struct Queue {
    events: Mutex<Vec<ViewEvent>>,
    fails: Mutex<u32>,
}

impl Waiting for Queue {
    fn next(&self, most: usize) -> Result<Vec<ViewEvent>, ViewsError> {
        // Small, so that there are many.
        let events = self.events.lock().unwrap();
        Ok(events.iter().take(most.min(40)).cloned().collect())
    }

    fn acknowledge(&self, count: usize, _: &[Refused]) -> Result<(), ViewsError> {
        let mut fails = self.fails.lock().unwrap();
        *fails += 1;
        if fails.is_multiple_of(4) {
            return Err("the disk is full".into());
        }
        self.events.lock().unwrap().drain(..count);
        Ok(())
    }
}

#[tokio::test]
async fn nothing_that_waits_is_lost() {
    let taken = Arc::new(Mutex::new(BTreeSet::new()));
    let (kept, made) = (taken.clone(), Mutex::new(0));
    let peer = cluster(move |asked| {
        let mut made = made.lock().unwrap();
        *made += 1;
        let say = |status| Act::Say(status, Vec::new());
        match *made % 23 {
            7 => say(503),
            // Taken, and the answer is lost.
            19 => {
                kept.lock().unwrap().extend(seqs(asked));
                Act::Truncated(Vec::new())
            }
            _ => {
                let (bad, good): (Vec<u64>, Vec<u64>) =
                    seqs(asked).into_iter().partition(|seq| *seq == 123);
                let status = match (bad.is_empty(), good.is_empty()) {
                    (true, _) => 200,
                    (false, false) => 207,
                    (false, true) => 400,
                };
                kept.lock().unwrap().extend(good);
                say(status)
            }
        }
    });
    let client = Client::of(&peer.base, |_| {});
    let queue = Arc::new(Queue {
        events: Mutex::new(events(1_000)),
        fails: Mutex::new(0),
    });
    let mut refused = 0;
    for tries in 0.. {
        assert!(tries < 1_000, "it never ends");
        let waits = |queue: &Queue| -> BTreeSet<u64> {
            let events = queue.events.lock().unwrap();
            events.iter().map(|event| event.seq).collect()
        };
        let drained = client.hydrolix.drain(queue.clone(), &never()).await;
        let (taken, waiting) = (taken.lock().unwrap().clone(), waits(&queue));
        let lost = (0..1_000).filter(|seq| !taken.contains(seq) && !waiting.contains(seq));
        assert!(lost.eq((!waiting.contains(&123)).then_some(123)));
        match drained {
            Ok(drained) => {
                refused += drained.refused;
                assert!(waiting.is_empty());
                break;
            }
            Err(DrainError::Hydrolix(fault)) => assert!(fault.passes(), "{fault}"),
            Err(DrainError::Store(error)) => assert_eq!(error.to_string(), "the disk is full"),
            Err(other) => panic!("{other}"),
        }
    }
    assert!(refused <= 1);
}

#[tokio::test]
async fn draining_ends_when_it_is_cancelled() {
    let (peer, taken) = taking(|_| false);
    let client = Client::of(&peer.base, |_| {});
    let queue = Arc::new(Queue {
        events: Mutex::new(events(10)),
        fails: Mutex::new(0),
    });
    let cancel = never();
    cancel.cancel();
    let ended = client.hydrolix.drain(queue.clone(), &cancel).await;
    assert!(
        matches!(ended, Err(DrainError::Hydrolix(Fault::Cancelled))),
        "{ended:?}"
    );
    assert_eq!(queue.events.lock().unwrap().len(), 10);
    assert!(taken.lock().unwrap().is_empty());
}
