//! `publish` to a server whose answers are lost, or whose client is killed: one result in the end.

use std::thread;

use serde_json::json;
use tests::tams_server::{Dialect, Fault, Requests};

use crate::publish::{DEFAULT, assert_there_once, publish_args};
use crate::studio::{LIMIT, Studio};

/// The writes that must not happen twice, in order.
fn points() -> [(&'static str, Requests); 3] {
    let post = || Requests::to_api().of("POST");
    [
        ("allocation", post().holding("/storage")),
        ("upload", Requests::to_media().of("PUT")),
        ("registration", post().holding("/segments")),
    ]
}

#[test]
fn lost_answers_lead_to_one_result() {
    for dialect in [
        Dialect::Tamoss82,
        Dialect::Aws81,
        Dialect::OpenTams,
        Dialect::Vasttams8,
    ] {
        for (name, requests) in points() {
            let studio = Studio::empty(dialect, DEFAULT);
            studio.server.inject(requests, 1..=1, Fault::LoseAnswer);
            let answer = studio.place.stringout.run(publish_args());
            if answer.code == Some(4) {
                // It may wait for another try, and says so.
                studio.place.stringout.json(["sync"]);
            } else {
                answer.expect_code(0);
            }
            let published = answer.document();
            assert_there_once(&studio.server, published);
            let outbox = studio.place.stringout.json(["outbox"]);
            assert_eq!(outbox, json!([]), "{dialect:?}: {name}");
        }
    }
}

/// Killed before the server did it, and after: the command, given again, comes to the same end. A
/// killed worker's lease has to run out, so these wait side by side.
#[test]
fn a_killed_publish_is_finished_by_the_next() {
    thread::scope(|scope| {
        for (name, requests) in points() {
            for fault in [Fault::Hang, Fault::LoseAnswer] {
                let requests = requests.clone();
                scope.spawn(move || {
                    let studio = Studio::empty(Dialect::Aws81, DEFAULT);
                    let (place, server) = (&studio.place, &studio.server);
                    server.inject(requests.clone(), .., fault.clone());
                    let mut running = place.stringout.start(publish_args());
                    server.wait_for(&requests, 1, LIMIT);
                    running.process().crash();
                    server.heal();
                    let answer = place.stringout.run(publish_args());
                    assert_eq!(answer.code, Some(0), "{name}, {fault:?}: {answer}");
                    assert_there_once(server, answer.document());
                    assert_eq!(place.stringout.json(["outbox"]), json!([]), "{name}");
                });
            }
        }
    });
}
