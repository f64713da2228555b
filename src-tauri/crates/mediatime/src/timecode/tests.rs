//! Timecode against tables and against counting label by label.

use proptest::prelude::*;

use super::*;

fn rate(text: &str) -> FrameRate {
    text.parse().unwrap()
}

const DROP_RATES: [&str; 3] = ["29.97", "59.94", "119.88"];
const RATES: [&str; 14] = [
    "23.976", "24", "25", "29.97", "30", "47.952", "48", "50", "59.94", "60", "100", "119.88",
    "120", "15",
];

#[test]
fn known_labels() {
    let table = [
        ("25", "00:00:00:00", 0),
        ("25", "00:00:01:00", 25),
        ("25", "10:00:00:00", 900_000),
        ("25", "23:59:59:24", 2_159_999),
        ("24", "01:00:00:00", 86_400),
        ("23.976", "01:00:00:00", 86_400),
        ("29.97", "01:00:00:00", 108_000),
        ("29.97", "00:00:59;29", 1_799),
        ("29.97", "00:01:00;02", 1_800),
        ("29.97", "00:02:00;02", 3_598),
        ("29.97", "00:09:59;29", 17_981),
        ("29.97", "00:10:00;00", 17_982),
        ("29.97", "01:00:00;00", 107_892),
        ("29.97", "23:59:59;29", 2_589_407),
        ("59.94", "00:00:59;59", 3_599),
        ("59.94", "00:01:00;04", 3_600),
        ("59.94", "01:00:00;00", 215_784),
        ("119.88", "00:00:59;119", 7_199),
        ("119.88", "00:01:00;008", 7_200),
        ("119.88", "01:00:00;000", 431_568),
        ("100", "00:00:00:99", 99),
        ("120", "00:00:00:005", 5),
        ("120", "00:00:01:119", 239),
    ];
    for (fps, text, frame) in table {
        let label = Timecode::parse(text, rate(fps)).unwrap();
        assert_eq!(label.to_frame(rate(fps)), Ok(frame), "{text} at {fps}");
        let drop_frame = text.contains(';');
        assert_eq!(
            Timecode::from_frame(frame, rate(fps), drop_frame)
                .unwrap()
                .to_string(),
            text,
            "{fps}"
        );
    }
}

#[test]
fn shapes_that_mean_the_same() {
    let drop_frame = Timecode::new(1, 2, 3, 4, true, FrameRate::FPS_29_97).unwrap();
    for text in [
        "01:02:03;04",
        "01:02:03.04",
        "01;02;03;04",
        "1:2:3;4",
        "01:02:03;004",
    ] {
        assert_eq!(
            Timecode::parse(text, FrameRate::FPS_29_97),
            Ok(drop_frame),
            "{text}"
        );
    }
    let fields = (
        drop_frame.hours(),
        drop_frame.minutes(),
        drop_frame.seconds(),
        drop_frame.frames(),
    );
    assert_eq!((fields, drop_frame.drop_frame()), ((1, 2, 3, 4), true));
    let plain = Timecode::parse("01:02:03:04", FrameRate::FPS_29_97).unwrap();
    assert!(!plain.drop_frame());
    assert_eq!(format!("{plain:>14}|"), "   01:02:03:04|");
}

#[test]
fn other_shapes_are_refused() {
    let texts = [
        "",
        ":",
        "00:00:00",
        "00:00:00:00:00",
        "00:00:00:",
        "00:00::00",
        "aa:00:00:00",
        "-1:00:00:00",
        "00:00:00:0000",
        "000:00:00:00",
        "00;00:00:00",
        "00:00;00;00",
        "00:00:00: 1",
        "00000000",
        "é:00:00:00",
    ];
    for text in texts {
        let error = Timecode::parse(text, FrameRate::FPS_29_97).unwrap_err();
        assert!(
            matches!(error, TimeError::Timecode { .. }),
            "{text}: {error}"
        );
    }
}

#[test]
fn fields_out_of_range_are_named() {
    let table = [
        ("24:00:00:00", "hours", 23),
        ("00:60:00:00", "minutes", 59),
        ("00:00:60:00", "seconds", 59),
        ("00:00:00:25", "frames", 24),
        ("00:00:00:999", "frames", 24),
    ];
    for (text, name, most) in table {
        match Timecode::parse(text, FrameRate::FPS_25) {
            Err(TimeError::TimecodeField { field, largest, .. }) => {
                assert_eq!((field, largest), (name, most), "{text}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    let at_25 = Timecode::parse("00:00:00:24", FrameRate::FPS_25).unwrap();
    assert!(at_25.to_frame(FrameRate::FPS_24).is_err());
}

#[test]
fn dropped_labels_lead_to_the_next() {
    let table = [
        ("29.97", "00:01:00;00", "00:01:00;02"),
        ("29.97", "23:59:00;01", "23:59:00;02"),
        ("59.94", "00:01:00;03", "00:01:00;04"),
        ("119.88", "00:11:00;007", "00:11:00;008"),
    ];
    for (fps, text, expected) in table {
        match Timecode::parse(text, rate(fps)) {
            Err(TimeError::DroppedLabel { label, next, .. }) => {
                assert_eq!((label.as_str(), next.as_str()), (text, expected));
                assert!(Timecode::parse(&next, rate(fps)).is_ok());
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    assert!(Timecode::parse("00:10:00;00", FrameRate::FPS_29_97).is_ok());
}

#[test]
fn counting_exists_only_where_smpte_defines_it() {
    for fps in [
        "23.976", "24", "25", "30", "47.952", "50", "60", "120", "14.985",
    ] {
        let error = Timecode::parse("00:00:10;00", rate(fps)).unwrap_err();
        assert_eq!(error, TimeError::DropFrameRate { rate: rate(fps) });
    }
    for fps in ["12.5", "121", "240", "240000/1001", "1/10", "30000/1000001"] {
        let error = Timecode::from_frame(0, rate(fps), false).unwrap_err();
        assert_eq!(error, TimeError::TimecodeRate { rate: rate(fps) });
    }
    for fps in RATES {
        assert!(Timecode::from_frame(0, rate(fps), false).is_ok(), "{fps}");
    }
}

#[test]
fn a_day_ends_or_wraps() {
    let fps = FrameRate::FPS_29_97;
    assert_eq!(
        Timecode::from_frame(2_589_408, fps, true),
        Err(TimeError::TimecodeDay {
            frame: 2_589_408,
            last: 2_589_407,
            rate: fps
        })
    );
    assert!(Timecode::from_frame(-1, fps, false).is_err());
    let wrapped = |frame| {
        Timecode::from_frame_wrapping(frame, fps, true)
            .unwrap()
            .to_string()
    };
    assert_eq!(wrapped(2_589_408), "00:00:00;00");
    assert_eq!(wrapped(-1), "23:59:59;29");
    assert_eq!(wrapped(2_589_408 * 1_000_000 + 1_800), "00:01:00;02");
    assert!(Timecode::from_frame_wrapping(i64::MIN, fps, false).is_ok());
}

/// Counts labels the way a deck does, one after the other, to check the arithmetic. At the higher
/// rates only labels at the ends of each second are compared; between them labels count up by one.
#[test]
fn drop_frame_is_a_bijection_over_a_day() {
    for fps in DROP_RATES {
        let rate = rate(fps);
        let (nominal, dropped) = (rate.nominal() as u8, (rate.nominal() / 15) as u8);
        let mut fields = [0_u8; 4];
        let mut frame = 0;
        loop {
            let [hours, minutes, seconds, frames] = fields;
            if nominal == 30 || frames <= dropped || frames + 1 == nominal {
                let label = Timecode::from_frame(frame, rate, true).unwrap();
                assert_eq!(
                    (label.hours, label.minutes),
                    (hours, minutes),
                    "{frame} at {fps}"
                );
                assert_eq!(
                    (label.seconds, label.frames),
                    (seconds, frames),
                    "{frame} at {fps}"
                );
                assert_eq!(label.to_frame(rate), Ok(frame), "{label} at {fps}");
            }
            frame += 1;
            if !advance(&mut fields, nominal, dropped) {
                break;
            }
        }
        assert!(
            Timecode::from_frame(frame, rate, true).is_err(),
            "{frame} frames at {fps}"
        );
    }
}

/// Moves to the next label; false at the end of the day.
fn advance(fields: &mut [u8; 4], nominal: u8, dropped: u8) -> bool {
    let limits = [24, 60, 60, nominal];
    let mut carried_minute = false;
    for place in (0..4).rev() {
        fields[place] += 1;
        if fields[place] < limits[place] {
            carried_minute = place <= 1;
            break;
        }
        fields[place] = 0;
        if place == 0 {
            return false;
        }
    }
    if carried_minute && !fields[1].is_multiple_of(10) {
        fields[3] = dropped;
    }
    true
}

proptest! {
    #[test]
    fn labels_round_trip(fps in prop::sample::select(RATES.to_vec()), frame in 0_i64..15 * 86_400) {
        let rate = rate(fps);
        let label = Timecode::from_frame(frame, rate, false).unwrap();
        prop_assert_eq!(label.to_frame(rate), Ok(frame));
        prop_assert_eq!(Timecode::parse(&label.to_string(), rate), Ok(label));
    }

    #[test]
    fn drop_frame_stays_with_the_clock(fps in prop::sample::select(DROP_RATES.to_vec()), part in 0.0..1.0) {
        let rate = rate(fps);
        let frame = (part * 23.9 * 3_600.0 * f64::from(rate.nominal())) as i64;
        let label = Timecode::from_frame(frame, rate, true).unwrap();
        prop_assert_eq!(Timecode::parse(&label.to_string(), rate), Ok(label));
        let (minutes, seconds) = (i64::from(label.minutes()), i64::from(label.seconds()));
        let shown = (i64::from(label.hours()) * 60 + minutes) * 60 + seconds;
        let passed = rate.frame_start(frame).floor_ticks(1);
        prop_assert!((shown - passed).abs() <= 1, "{} shows {} s after {} s", label, shown, passed);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[0-9:;.]{0,14}", fps in prop::sample::select(RATES.to_vec())) {
        if let Ok(label) = Timecode::parse(&text, rate(fps)) {
            prop_assert_eq!(Timecode::parse(&label.to_string(), rate(fps)), Ok(label));
        }
    }
}
