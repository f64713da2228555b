//! The panel's first numbers.

use mediatime::Timestamp;
use record::ViewEvent;
use serde::Serialize;

use crate::tally::Tally;

/// The numbers of one compilation over one range. `None` is unknown.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Sessions that began to play.
    pub session_views: Option<u64>,
    /// Sessions from phones and tablets in percent of all sessions, to a tenth; `None` without
    /// sessions.
    pub mobile_percent: Option<f64>,
    /// Scans of printed codes.
    pub qr_scans: Option<u64>,
    /// Seconds of moving pictures before viewers, to the millisecond.
    pub watch_seconds: Option<f64>,
    /// Until when the events are known: RFC 3339, UTC.
    pub as_of: Option<String>,
    /// Sessions in which pictures moved.
    pub plays: Option<u64>,
    /// Watch time per play in seconds, to a tenth; `None` without plays.
    pub avg_watch_seconds: Option<f64>,
    /// How far sessions got.
    pub completion: Option<Completion>,
}

/// Sessions by the furthest position they reached, of those whose video's duration is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Completion {
    /// Past the first picture.
    pub started: u64,
    /// A quarter or more.
    pub quarter: u64,
    /// Half or more.
    pub half: u64,
    /// Three quarters or more.
    pub three_quarters: u64,
    /// 95 percent or more.
    pub complete: u64,
}

impl Summary {
    /// The events could not be read: nothing is known.
    #[must_use]
    pub fn unknown() -> Self {
        Self::default()
    }
}

/// Sums events up, as they were known at `as_of`.
#[must_use]
pub fn summarise(events: &[ViewEvent], as_of: Timestamp) -> Summary {
    Tally::of(events).overview(as_of).summary
}

/// To the second.
pub(crate) fn rfc3339(time: Timestamp) -> Option<String> {
    let seconds = i64::try_from(time.nanos().div_euclid(1_000_000_000)).ok()?;
    jiff::Timestamp::from_second(seconds)
        .ok()
        .map(|moment| moment.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use record::DeviceType;

    const NOW: i64 = 1_795_348_800;

    fn now() -> Timestamp {
        Timestamp::from_secs(NOW).unwrap()
    }

    fn event(session: &str, seq: u64, event: &str, state: &str) -> ViewEvent {
        ViewEvent {
            event: event.to_owned(),
            state: state.to_owned(),
            session_id: session.to_owned(),
            seq,
            ..ViewEvent::default()
        }
    }

    #[test]
    fn numbers_of_a_small_audience() {
        let phone = |seq, kind, state, watch: u64, total: u64| ViewEvent {
            device_type: DeviceType::Mobile,
            watch_ms: Some(watch),
            watch_total_ms: Some(total),
            pos_ms: Some(total),
            dur_ms: Some(12_000),
            ..event("phone", seq, kind, state)
        };
        let scan = ViewEvent {
            qr_scan: true,
            ..phone(0, "ce", "", 0, 0)
        };
        let tablet = ViewEvent {
            device_type: DeviceType::Tablet,
            ..event("tablet", 0, "ps", "d")
        };
        let desktop = ViewEvent {
            device_type: DeviceType::Desktop,
            ..event("desktop", 0, "ps", "s")
        };
        let desktop_watch = |seq, ms| ViewEvent {
            watch_ms: Some(ms),
            ..event("desktop", seq, "t", "")
        };
        // The report with sequence number 3 was lost; the running total makes up for it.
        let events = [
            scan,
            phone(1, "ps", "s", 0, 0),
            phone(2, "t", "", 4_000, 4_000),
            phone(4, "ps", "a", 3_500, 11_477),
            tablet,
            desktop,
            desktop_watch(1, 1_000),
            desktop_watch(2, 500),
        ];
        let expected = Summary {
            session_views: Some(2),
            mobile_percent: Some(66.7),
            qr_scans: Some(1),
            watch_seconds: Some(12.977),
            as_of: Some("2026-11-22T12:00:00Z".to_owned()),
            plays: Some(2),
            avg_watch_seconds: Some(6.5),
            completion: Some(Completion {
                started: 1,
                quarter: 1,
                half: 1,
                three_quarters: 1,
                complete: 1,
            }),
        };
        assert_eq!(summarise(&events, now()), expected);
    }

    #[test]
    fn nothing_happened_is_not_the_same_as_nothing_is_known() {
        let json = |summary: &Summary| serde_json::to_value(summary).unwrap();
        let quiet = json(&summarise(&[], now()));
        assert_eq!(quiet["session_views"], 0);
        assert_eq!(quiet["qr_scans"], 0);
        assert_eq!(quiet["watch_seconds"], 0.0);
        assert_eq!(quiet["mobile_percent"], serde_json::Value::Null);
        assert_eq!(quiet["avg_watch_seconds"], serde_json::Value::Null);
        assert_eq!(quiet["as_of"], "2026-11-22T12:00:00Z");
        let unknown = json(&Summary::unknown());
        assert!(
            unknown
                .as_object()
                .unwrap()
                .values()
                .all(serde_json::Value::is_null)
        );
    }

    fn events() -> impl Strategy<Value = Vec<ViewEvent>> {
        let kind = prop_oneof![
            Just(("ps", "s")),
            Just(("ps", "p")),
            Just(("t", "")),
            Just(("ce", "")),
            Just(("ps", "d"))
        ];
        let device = prop_oneof![
            Just(DeviceType::Mobile),
            Just(DeviceType::Desktop),
            Just(DeviceType::Unknown)
        ];
        let optional = || proptest::option::of(0_u64..20_000);
        let one = (
            0..4_u8,
            0..6_u64,
            kind,
            device,
            optional(),
            optional(),
            optional(),
            any::<bool>(),
            0_i64..9,
        )
            .prop_map(
                |(
                    session,
                    seq,
                    (kind, state),
                    device_type,
                    watch_ms,
                    watch_total_ms,
                    pos_ms,
                    qr_scan,
                    ts,
                )| ViewEvent {
                    ts,
                    device_type,
                    watch_ms,
                    watch_total_ms,
                    pos_ms,
                    dur_ms: Some(10_000),
                    qr_scan,
                    short_id: if qr_scan {
                        format!("CODE{session}")
                    } else {
                        String::new()
                    },
                    ..event(&format!("session-{session}"), seq, kind, state)
                },
            );
        proptest::collection::vec(one, 0..40)
    }

    proptest! {
        #[test]
        fn order_and_repetition_change_nothing(
            events in events(),
            again in proptest::collection::vec(any::<prop::sample::Index>(), 0..40),
            seed: u64,
        ) {
            let mut mixed = events.clone();
            if !events.is_empty() {
                mixed.extend(again.iter().map(|index| index.get(&events).clone()));
            }
            let mut state = seed | 1;
            mixed.sort_by_cached_key(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                state >> 33
            });
            prop_assert_eq!(summarise(&mixed, now()), summarise(&events, now()));
            prop_assert_eq!(crate::by_placement(&mixed), crate::by_placement(&events));
            prop_assert_eq!(crate::series(&mixed, 0, 9, 2), crate::series(&events, 0, 9, 2));
        }

        #[test]
        fn the_numbers_agree_with_each_other(events in events()) {
            let summary = summarise(&events, now());
            let completion = summary.completion.unwrap();
            prop_assert!(completion.started >= completion.quarter && completion.quarter >= completion.half);
            prop_assert!(completion.half >= completion.three_quarters && completion.three_quarters >= completion.complete);
            prop_assert!(summary.mobile_percent.is_none_or(|percent| (0.0..=100.0).contains(&percent)));
            prop_assert_eq!(summary.mobile_percent.is_none(), events.is_empty());
            prop_assert_eq!(summary.avg_watch_seconds.is_none(), summary.plays == Some(0));
            let views: u64 = crate::series(&events, 0, 9, 2).iter().map(|point| point.session_views).sum();
            prop_assert_eq!(Some(views), summary.session_views);
            let scans: u64 = crate::series(&events, 0, 9, 2).iter().map(|point| point.qr_scans).sum();
            prop_assert_eq!(Some(scans), summary.qr_scans);
        }
    }
}
