//! Every boundary between two steps of remote work, with a kill in it.

use std::sync::Mutex;
use std::thread;

use crate::world::{Confirmed, World};

/// The places a film that is sent in one request comes through.
const SMALL: [&str; 16] = [
    "publish.registered",
    "publish.companions-kept",
    // The video with its poster and its record, then the flow for the server.
    "outbox.leased",
    "outbox.leased:2",
    "upload.put",
    "upload.companion",
    "upload.put:2",
    "upload.companion:2",
    "outbox.confirmed",
    "outbox.confirmed:2",
    "mirror.flow-there",
    "mirror.flow-there:3",
    "mirror.allocated",
    "mirror.object-there",
    "mirror.name-kept",
    "mirror.segment-there",
];

/// Those of one that is sent in parts.
const LARGE: [&str; 9] = [
    "upload.created",
    "upload.begun",
    "upload.part-sent",
    "upload.part-sent:3",
    "upload.part-kept:2",
    "upload.parts-there",
    "upload.completed",
    "upload.proven",
    "mirror.closed",
];

/// Kills side by side: most of the time of each is waiting.
const SIDE_BY_SIDE: usize = 4;

#[test]
fn killed_anywhere_it_comes_to_one_end() {
    let cases = SMALL
        .iter()
        .map(|place| (*place, false))
        .chain(LARGE.iter().map(|place| (*place, true)));
    let cases = Mutex::new(cases);
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                loop {
                    let next = cases.lock().unwrap().next();
                    let Some((place, large)) = next else {
                        return;
                    };
                    let world = World::new(large);
                    world.killed_at(place);
                    world.assert_sound(place);
                    world.converge();
                    world.assert_once(place);
                    world.assert_sent_once(&Confirmed::at(place), place);
                }
            });
        }
    });
}

/// Twice in a row: the second kill lies in the recovery from the first.
#[test]
fn killed_while_it_recovers_it_comes_to_the_same_end() {
    for (first, second) in [
        ("upload.part-kept", "upload.parts-there"),
        ("upload.completed", "outbox.confirmed"),
        ("mirror.object-there", "mirror.segment-there"),
    ] {
        let world = World::new(true);
        world.killed_at(first);
        world.killed_at(second);
        world.converge();
        world.assert_once(&format!("{first}, then {second}"));
    }
}
