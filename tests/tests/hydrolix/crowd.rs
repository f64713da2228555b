//! Sessions as phones report them, made from a seed: with reports that are lost, sent twice, late and
//! out of order.

use record::{DeviceType, ViewEvent};
use uuid::Uuid;

/// When the day begins that is asked about: milliseconds since the Unix epoch.
pub(crate) const DAY: i64 = 1_795_305_600_000;
/// How long it is.
pub(crate) const DAY_MS: i64 = 86_400_000;

/// The compilations: most sessions watch the first.
pub(crate) fn video(index: u128) -> Uuid {
    Uuid::from_u128(0x4000_8000_0000_0000_0000 + index)
}

/// Numbers that look random, the same for the same seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end.max(1)
    }

    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

const CODES: [(&str, &str); 6] = [
    ("23456789ABC7", "Lobby"),
    ("33456789ABC8", "Foyer \"left\""),
    ("43456789ABC9", "Kino ö 'x' \\ y"),
    ("53456789ABCA", ""),
    ("63456789ABCB", "Bar"),
    ("73456789ABCC", "Cloakroom"),
];

const DEVICES: [(DeviceType, &str, &str); 6] = [
    (DeviceType::Mobile, "ios", "safari"),
    (DeviceType::Mobile, "android", "chrome"),
    (DeviceType::Tablet, "ios", "safari"),
    (DeviceType::Desktop, "windows", "firefox"),
    (DeviceType::Tv, "", ""),
    (DeviceType::Unknown, "", ""),
];

/// The events of `sessions` sessions, in the order they arrived.
pub(crate) fn crowd(seed: u64, sessions: usize) -> Vec<ViewEvent> {
    let mut dice = Dice::new(seed);
    let mut events = Vec::new();
    for number in 0..sessions {
        session(&mut dice, seed, number, &mut events);
    }
    for index in (1..events.len()).rev() {
        let near = index.saturating_sub(dice.below(64) as usize);
        events.swap(index, near);
    }
    events
}

fn session(dice: &mut Dice, seed: u64, number: usize, events: &mut Vec<ViewEvent>) {
    let skewed = |dice: &mut Dice, length: usize| {
        // The last are rare.
        let index = dice.below(length as u64).min(dice.below(length as u64));
        if dice.chance(2) {
            length - 1
        } else {
            index as usize % length
        }
    };
    let (device_type, os, browser) = DEVICES[skewed(dice, DEVICES.len())];
    let code = dice.chance(60).then(|| CODES[skewed(dice, CODES.len())]);
    let total_known = dice.chance(80);
    let began = dice.chance(90);
    let duration = [12_000, 90_000, 605_000][dice.below(3) as usize];
    let start = DAY - 3_600_000 + dice.below(DAY_MS as u64 + 7_200_000) as i64;
    let mut session = Session {
        like: ViewEvent {
            session_id: format!("session-{seed}-{number}"),
            video_id: video(u128::from(dice.below(10) / 7)).to_string(),
            dur_ms: dice.chance(95).then_some(duration),
            src: if code.is_some() { "qr" } else { "link" }.to_owned(),
            short_id: code.map_or("", |code| code.0).to_owned(),
            placement: code.map_or("", |code| code.1).to_owned(),
            device_type,
            os: os.to_owned(),
            browser: browser.to_owned(),
            cmcd_version: 2,
            ..ViewEvent::default()
        },
        now: start,
        seq: 0,
        total: 0,
    };
    if code.is_some() && dice.chance(95) {
        let scan = session.event("ce", "");
        let scan = ViewEvent {
            qr_scan: true,
            cen: "qr-scan".to_owned(),
            ..scan
        };
        push(dice, events, scan);
    }
    if !began {
        let loaded = session.event("ps", "d");
        push(dice, events, loaded);
        return;
    }
    let begin = session.event("ps", "s");
    push(dice, events, begin);
    if dice.chance(4) {
        let failed = session.event("e", "f");
        push(
            dice,
            events,
            ViewEvent {
                error_code: "3".to_owned(),
                ..failed
            },
        );
        return;
    }
    let mut plays = session.event("ps", "p");
    plays.msd_ms = dice.chance(97).then(|| 80 + dice.below(3_000));
    push(dice, events, plays);
    let mut position = 0;
    for _ in 0..dice.below(9) {
        let watched = (1 + dice.below(10_000)).min(duration - position);
        session.now += watched as i64;
        position += watched;
        session.total += watched;
        let mut report = session.event("t", if dice.chance(50) { "p" } else { "" });
        report.pos_ms = Some(position);
        report.watch_ms = Some(watched);
        report.watch_total_ms = total_known.then_some(session.total);
        report.bsd_ms = dice.chance(6).then(|| dice.below(900));
        // Lost on the way: the running total makes up for it.
        if !dice.chance(5) {
            push(dice, events, report);
        }
        if position >= duration {
            let ended = session.event("ps", "e");
            push(dice, events, ended);
            position = 0;
        } else if dice.chance(8) {
            position = dice.below(duration);
            let sought = session.event("ps", "k");
            push(
                dice,
                events,
                ViewEvent {
                    pos_ms: Some(position),
                    ..sought
                },
            );
        }
    }
    if dice.chance(50) {
        let left = session.event("ps", if dice.chance(50) { "q" } else { "a" });
        push(dice, events, ViewEvent { bg: true, ..left });
    }
}

struct Session {
    like: ViewEvent,
    now: i64,
    seq: u64,
    total: u64,
}

impl Session {
    fn event(&mut self, event: &str, state: &str) -> ViewEvent {
        self.now += 20;
        self.seq += 1;
        ViewEvent {
            ts: self.now,
            recv_ts: self.now + 150,
            event: event.to_owned(),
            state: state.to_owned(),
            seq: self.seq - 1,
            ..self.like.clone()
        }
    }
}

/// Some events are sent twice.
fn push(dice: &mut Dice, events: &mut Vec<ViewEvent>, event: ViewEvent) {
    if dice.chance(6) {
        events.push(event.clone());
    }
    events.push(event);
}
