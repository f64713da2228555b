//! Tables that are not ours: those that Hydrolix makes of CDN logs, ones with columns missing, and
//! summary tables.

use metrics::hydrolix::{Columns, Fault, Preset, Step, table};
use metrics::{Answer, Breakdown, CountryFigures, Hidden, Query, Reply, Span};
use record::{DeviceType, ViewEvent};
use serde_json::{Value, json};

use crate::crowd::{DAY, DAY_MS, crowd, video};
use crate::field::{Field, local, never};

const SPAN: Span = Span {
    from_ms: DAY,
    to_ms: DAY + DAY_MS,
};

const IPHONE: &str = "Mozilla/5.0%20(iPhone;%20CPU%20iPhone%20OS%2017_0%20like%20Mac%20OS%20X)%20Mobile/15E148%20Safari/604.1";
const WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0";
const TELEVISION: &str = "Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/538.1";
const TABLET: &str = "Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) Mobile/15E148";

/// Requests of media: (session, user agent, country, how many).
const REQUESTS: [(&str, &str, &str, u32); 4] = [
    ("phone", IPHONE, "DE", 12),
    ("desk", WINDOWS, "FR", 8),
    ("tv", TELEVISION, "DE", 5),
    ("pad", TABLET, "", 1),
];

/// A table of a CDN's logs, with three requests by each session.
fn logs(field: &Field, table: &str, ts: &str, agent: &str, country: &str) {
    field.fake.tell(&json!({"sql": format!(
        "CREATE TABLE `vod`.`{table}` (`{ts}` DateTime, `{agent}` Nullable(String), \
         `{country}` Nullable(String), cmcd_session_id Nullable(String), \
         cmcd_content_id Nullable(String), cmcd_buffer_starvation UInt8) \
         ENGINE = MergeTree ORDER BY `{ts}`")}));
    let mut rows = Vec::new();
    for (name, user_agent, place, count) in REQUESTS {
        for session in 0..count {
            for request in 0..3 {
                let at = DAY / 1000 + i64::from(session) * 3_600 + request * 4;
                rows.push(format!(
                    "({at}, '{user_agent}', nullIf('{place}', ''), '{name}-{session}', '{}', 0)",
                    video(0)
                ));
            }
        }
    }
    // Requests without CMCD, and of something else.
    rows.push(format!("({}, '', NULL, NULL, NULL, 0)", DAY / 1000));
    rows.push(format!("({}, '', NULL, 'x', 'other', 0)", DAY / 1000));
    let rows = rows.join(", ");
    field
        .fake
        .tell(&json!({"sql": format!("INSERT INTO `vod`.`{table}` VALUES {rows}")}));
}

fn lacking(reply: &Reply) -> Vec<&str> {
    reply.cannot.iter().map(|lack| lack.part).collect()
}

#[test]
fn tables_of_cdn_logs_say_what_they_can_and_name_what_they_can_not() {
    let field = Field::new();
    for (preset, table, ts, agent, country) in [
        (Preset::Akamai, "akamai", "reqTimeSec", "UA", "country"),
        (
            Preset::CloudFront,
            "cloudfront",
            "timestamp",
            "cs_user_agent",
            "c_country",
        ),
    ] {
        logs(&field, table, ts, agent, country);
        let client = field.client(|config| {
            config.table = format!("vod.{table}").parse().unwrap();
            config.columns = Columns::preset(preset);
        });
        let ask = |query: &Query| field.ask_of(&client, query).unwrap();
        let video = video(0);

        let reply = ask(&Query::Overview { video, span: SPAN });
        let Answer::Overview(overview) = &reply.answer else {
            panic!("{reply:?}")
        };
        assert_eq!(overview.sessions, Some(26));
        assert_eq!(overview.summary.session_views, Some(26));
        assert_eq!(overview.summary.mobile_percent, Some(50.0));
        assert_eq!(
            lacking(&reply),
            [
                "plays",
                "qr_scans",
                "watch_seconds",
                "avg_watch_seconds",
                "rebuffer_percent",
                "error_percent",
                "exit_before_start_percent",
                "startup_p50_ms",
                "startup_p95_ms",
                "completion",
            ]
        );
        let shown = serde_json::to_value(overview).unwrap();
        for lack in &reply.cannot {
            assert_eq!(shown[lack.part], Value::Null, "{}", lack.part);
        }

        let reply = ask(&Query::Series {
            video,
            span: SPAN,
            step_ms: 3_600_000,
        });
        let Answer::Series(points) = &reply.answer else {
            panic!("{reply:?}")
        };
        assert_eq!(lacking(&reply), ["qr_scans", "watch_ms"]);
        let views: Vec<_> = points.iter().filter_map(|p| p.session_views).collect();
        assert_eq!(views[..13], [4, 3, 3, 3, 3, 2, 2, 2, 1, 1, 1, 1, 0]);
        assert!(
            points
                .iter()
                .all(|p| p.qr_scans.is_none() && p.watch_ms.is_none())
        );

        let reply = ask(&Query::Devices { video, span: SPAN });
        let Answer::Devices(Some(devices)) = &reply.answer else {
            panic!("{reply:?}")
        };
        let rows: Vec<_> = devices
            .rows
            .iter()
            .map(|row| (row.device_type.as_str(), row.sessions))
            .collect();
        // One tablet alone would be a person; the five televisions hide it.
        assert_eq!(rows, [("mobile", 12), ("desktop", 8)]);
        let together = Hidden {
            rows: 2,
            sessions: Some(6),
        };
        assert_eq!(devices.hidden, Some(together));

        let reply = ask(&Query::Countries { video, span: SPAN });
        let row = |country: &str, sessions| CountryFigures {
            country: country.to_owned(),
            sessions,
        };
        let expected = Breakdown {
            rows: vec![row("DE", 17)],
            hidden: Some(Hidden {
                rows: 2,
                sessions: Some(9),
            }),
        };
        assert_eq!(reply.answer, Answer::Countries(Some(expected)));

        for (query, answer) in [
            (
                Query::Retention {
                    video,
                    span: SPAN,
                    bucket_ms: 1_000,
                },
                Answer::Retention(None),
            ),
            (
                Query::Placements { video, span: SPAN },
                Answer::Placements(None),
            ),
            (
                Query::NowPlaying {
                    videos: vec![video],
                    now_ms: DAY,
                },
                Answer::NowPlaying(None),
            ),
        ] {
            let reply = ask(&query);
            assert_eq!(reply.answer, answer);
            assert_eq!(reply.cannot.len(), 1, "{reply:?}");
        }
        let Answer::Library(rows) = ask(&Query::Library {
            videos: vec![video],
            span: SPAN,
        })
        .answer
        else {
            panic!("no library")
        };
        assert_eq!((rows[0].session_views, rows[0].watch_ms), (Some(26), None));
    }
}

#[test]
fn a_column_that_is_not_there_is_named() {
    let field = Field::new();
    let client = field.client(|config| {
        config.columns.watch_ms = Some("no_such_column".parse().unwrap());
        config.columns.bsd_ms = None;
    });
    let checked = field.runtime.block_on(client.check(&never())).unwrap();
    assert_eq!(checked.missing, ["no_such_column"]);
    assert_eq!(checked.version.unwrap().to_string(), "5.12.0");
    let query = Query::Overview {
        video: video(0),
        span: SPAN,
    };
    let fault = field.fault(&client, &query);
    assert!(matches!(fault, Fault::Columns { .. }), "{fault}");
    assert!(fault.to_string().contains("no_such_column"), "{fault}");
    let ours = field
        .runtime
        .block_on(field.client.check(&never()))
        .unwrap();
    assert_eq!(ours.missing, [""; 0]);
}

#[test]
fn without_sequence_numbers_rows_of_the_same_time_are_one() {
    let field = Field::new();
    let event = |ts: i64, watch_ms| ViewEvent {
        ts: DAY + ts,
        session_id: "session-1".to_owned(),
        video_id: video(0).to_string(),
        watch_ms: Some(watch_ms),
        device_type: DeviceType::Mobile,
        ..ViewEvent::default()
    };
    field.ingest(&[event(1, 100), event(1, 100), event(2, 50)]);
    let client = field.client(|config| {
        config.columns.seq = None;
        config.columns.watch_total_ms = None;
    });
    let query = Query::Overview {
        video: video(0),
        span: SPAN,
    };
    let Answer::Overview(overview) = field.ask_of(&client, &query).unwrap().answer else {
        panic!("no overview")
    };
    assert_eq!(overview.summary.watch_seconds, Some(0.15));
}

#[test]
fn long_ranges_are_read_from_summary_tables() {
    let field = Field::new();
    let events = crowd(3, 400);
    field.ingest(&events);
    for (step, name) in [(Step::Hour, "hours"), (Step::Day, "days")] {
        let sql = table::summary_sql(&crate::field::TABLE.parse().unwrap(), step);
        let (select, _) = sql.split_once(" SETTINGS").unwrap();
        // What the cluster does with the statement: it keeps states instead of results.
        let states = select
            .replace("uniq(view)", "uniqState(view) AS `uniq(view)`")
            .replace("uniq(play)", "uniqState(play) AS `uniq(play)`")
            .replace("uniq(scan)", "uniqState(scan) AS `uniq(scan)`")
            .replace("sum(watch_ms)", "sumState(watch_ms) AS `sum(watch_ms)`");
        field.fake.tell(&json!({"sql": format!(
            "CREATE TABLE `vod`.`{name}` ENGINE = MergeTree ORDER BY tuple() AS {states}")}));
    }
    let client = field.client(|config| {
        config.summaries = vec![
            table::summary_table("vod.hours".parse().unwrap(), Step::Hour).unwrap(),
            table::summary_table("vod.days".parse().unwrap(), Step::Day).unwrap(),
        ];
    });
    let local = local(events);
    let video = video(0);
    let days = Span {
        from_ms: DAY,
        to_ms: DAY + 3 * DAY_MS,
    };
    let hours = Span {
        from_ms: DAY,
        to_ms: DAY + 12 * 3_600_000,
    };
    let minutes = Span {
        from_ms: DAY,
        to_ms: DAY + 2 * 3_600_000,
    };
    for (span, step_ms, table) in [
        (days, DAY_MS, "series of a summary"),
        (hours, 3_600_000, "series of a summary"),
        (minutes, 60_000, "series"),
    ] {
        let query = Query::Series {
            video,
            span,
            step_ms,
        };
        field.fake.asked();
        let there = field.ask_of(&client, &query).unwrap();
        let purpose = field.fake.asked().last().unwrap()["arguments"]["hdx_query_comment"].clone();
        assert!(purpose.as_str().unwrap().ends_with(table), "{purpose}");
        assert_eq!(there.approximate, table != "series");
        let here = field.ask_of(&local, &query).unwrap();
        let (Answer::Series(there), Answer::Series(here)) = (there.answer, here.answer) else {
            panic!("no series")
        };
        // A session is seen in every step it begins in, and `uniq` is exact for so few; times of
        // events that came twice count twice.
        for (there, here) in there.iter().zip(&here) {
            assert_eq!(there.at_ms, here.at_ms);
            assert_eq!(there.session_views, here.session_views);
            assert_eq!(there.qr_scans, here.qr_scans);
            let (there, here) = (there.watch_ms.unwrap(), here.watch_ms.unwrap());
            assert!(
                (here..=here * 5 / 4 + 10_000).contains(&there),
                "{there} {here}"
            );
        }
    }
    let library = field
        .ask_of(
            &client,
            &Query::Library {
                videos: vec![video],
                span: days,
            },
        )
        .unwrap();
    assert!(library.approximate);
    let here = field.ask_of(
        &local,
        &Query::Library {
            videos: vec![video],
            span: days,
        },
    );
    let (Answer::Library(there), Answer::Library(here)) = (library.answer, here.unwrap().answer)
    else {
        panic!("no library")
    };
    assert_eq!(there[0].session_views, here[0].session_views);
    assert_eq!(there[0].plays, here[0].plays);
    assert_eq!(there[0].qr_scans, here[0].qr_scans);
}
