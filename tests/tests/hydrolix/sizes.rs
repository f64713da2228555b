//! Audiences of every size, and nonsense.

use metrics::{Query, Span};
use record::{DeviceType, ViewEvent};

use crate::agreement::{Both, agree};
use crate::crowd::{DAY, Dice, video};
use crate::field::{Field, local};

const HOUR: i64 = 3_600_000;

#[test]
fn one_session() {
    // Small answers come from a server that quotes, and breaks its answers.
    let mut field = Field::new();
    field
        .fake
        .tell(&serde_json::json!({"quote_64": true, "trailer": true}));
    for seed in 1..=8 {
        field = agree(field, seed, 1);
        field.empty();
    }
}

#[test]
fn a_thousand_sessions() {
    agree(Field::new(), 42, 1_000);
}

#[test]
fn nobody() {
    agree(Field::new(), 1, 0);
}

/// Reports that contradict each other, with numbers as large as the collector lets through: nobody can
/// say what is right, but both say the same.
#[test]
fn nonsense() {
    let mut dice = Dice::new(7);
    let events: Vec<ViewEvent> = (0..3_000).map(|_| senseless(&mut dice)).collect();
    let field = Field::new();
    field.ingest(&events);
    let both = Both {
        local: local(events.clone()),
        field,
        events,
    };
    let span = Span {
        from_ms: DAY,
        to_ms: DAY + HOUR,
    };
    let video = video(0);
    for query in [
        Query::Overview { video, span },
        Query::Series {
            video,
            span,
            step_ms: 60_000,
        },
        Query::Retention {
            video,
            span,
            bucket_ms: 1_000,
        },
        Query::Retention {
            video,
            span,
            bucket_ms: u64::MAX,
        },
        Query::Placements { video, span },
        Query::Devices { video, span },
        Query::Library {
            videos: vec![video],
            span,
        },
        Query::NowPlaying {
            videos: vec![video],
            now_ms: DAY + 60_000,
        },
    ] {
        both.ask(&query);
    }
}

fn senseless(dice: &mut Dice) -> ViewEvent {
    let number = |dice: &mut Dice| {
        let most = [1, 10, 20_000, 20_000_000, 1_000_000_000_000_000];
        let most = most[dice.below(5) as usize];
        dice.chance(70).then(|| dice.below(most))
    };
    let word =
        |dice: &mut Dice, words: &[&str]| words[dice.below(words.len() as u64) as usize].to_owned();
    let devices = [DeviceType::Mobile, DeviceType::Desktop, DeviceType::Unknown];
    ViewEvent {
        ts: DAY + dice.below(90_000) as i64,
        recv_ts: DAY + dice.below(90_000) as i64,
        event: word(dice, &["ps", "t", "e", "ce", "b"]),
        state: word(dice, &["s", "p", "a", "", "k", "e"]),
        session_id: format!("nonsense-{}", dice.below(150)),
        video_id: video(0).to_string(),
        seq: dice.below(9),
        pos_ms: number(dice),
        dur_ms: number(dice),
        watch_ms: number(dice),
        watch_total_ms: number(dice).filter(|n| n % 3 == 0),
        msd_ms: number(dice),
        bsd_ms: number(dice),
        short_id: word(
            dice,
            &["", "", "23456789ABC7", "33456789ABC8", "43456789ABC9"],
        ),
        placement: word(
            dice,
            &["", "Lobby", "'; DROP TABLE x --", "\u{1f3ac} {vid:String}"],
        ),
        qr_scan: dice.chance(20),
        device_type: devices[dice.below(3) as usize],
        os: word(dice, &["", "ios", "\\"]),
        browser: word(dice, &["", "safari"]),
        ..ViewEvent::default()
    }
}
