//! Signing in, limits, faults and ingest against the fake, whose database judges.

use std::time::Duration;

use metrics::hydrolix::{Auth, Fault, HydrolixConfig, PanelState, Secret, table};
use metrics::{Answer, Audience, Query, Span};
use record::ViewEvent;
use serde_json::json;
use tests::hydrolix::{PASSWORD, USER};

use crate::crowd::{DAY, DAY_MS, crowd, video};
use crate::field::{Field, local, never};

const SPAN: Span = Span {
    from_ms: DAY,
    to_ms: DAY + DAY_MS,
};

fn overview() -> Query {
    Query::Overview {
        video: video(0),
        span: SPAN,
    }
}

fn questions() -> Vec<Query> {
    let (video, span) = (video(0), SPAN);
    vec![
        overview(),
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
        Query::Placements { video, span },
        Query::Devices { video, span },
        Query::Countries { video, span },
        Query::NowPlaying {
            videos: vec![video],
            now_ms: DAY,
        },
        Query::Library {
            videos: vec![video],
            span,
        },
    ]
}

#[test]
fn whoever_may_is_answered() {
    let field = Field::new();
    let user = |password: &str| (USER.to_owned(), Secret::new(password));
    let with = |auth: Auth| field.client(|config: &mut HydrolixConfig| config.auth = auth);
    let login = |password| {
        let (user, password) = user(password);
        with(Auth::Login { user, password })
    };
    let basic = |password| {
        let (user, password) = user(password);
        with(Auth::Basic { user, password })
    };
    for client in [login(PASSWORD), basic(PASSWORD)] {
        field.ask_of(&client, &overview()).unwrap();
    }
    for client in [
        login("wrong"),
        basic("wrong"),
        with(Auth::Bearer(Secret::new("wrong"))),
        with(Auth::Bearer(Secret::new(""))),
    ] {
        let fault = field.fault(&client, &overview());
        assert_eq!(fault.state(), PanelState::SignIn, "{fault}");
    }
    // A token that the cluster has forgotten is replaced by another.
    let client = login(PASSWORD);
    field.ask_of(&client, &overview()).unwrap();
    field.fake.tell(&json!({"expire_tokens": true}));
    field.ask_of(&client, &overview()).unwrap();
}

#[test]
fn every_question_has_a_range_and_limits() {
    let field = Field::new();
    field.fake.asked();
    for query in questions() {
        field.ask(&query);
    }
    let asked = field.fake.asked();
    let queries: Vec<_> = asked.iter().filter(|a| a["path"] == "/query/").collect();
    assert_eq!(queries.len(), questions().len());
    for query in queries {
        let arguments = query["arguments"].as_object().unwrap();
        for name in [
            "timerange_required",
            "max_timerange_sec",
            "max_execution_time",
            "max_result_rows",
            "max_result_bytes",
            "max_memory_usage",
            "max_attempts",
            "comment",
        ] {
            assert!(
                arguments.contains_key(&format!("hdx_query_{name}")),
                "{query}"
            );
        }
        assert!(arguments.contains_key("param_from") && arguments.contains_key("param_to"));
    }
    let year = Query::Overview {
        video: video(0),
        span: Span {
            from_ms: DAY - 400 * DAY_MS,
            to_ms: DAY,
        },
    };
    let fault = field.fault(&field.client, &year);
    let most_seconds = Some(367 * 86_400);
    assert_eq!(fault, Fault::Range { most_seconds });
}

#[test]
fn answers_over_the_limits_are_refused() {
    let field = Field::new();
    field.ingest(&crowd(5, 60));
    let rows = field.client(|config| config.limits.result_rows = 3);
    let series = &questions()[1];
    let fault = field.fault(&rows, series);
    assert_eq!(fault.state(), PanelState::OverLimits, "{fault}");
    let bytes = field.client(|config| config.limits.result_bytes = 100);
    let fault = field.fault(&bytes, series);
    assert_eq!(fault.state(), PanelState::OverLimits, "{fault}");
}

#[test]
fn a_table_that_is_not_there_is_missing() {
    let field = Field::new();
    for name in ["vod.nothing", "nowhere.cmcd-events"] {
        let client = field.client(|config| config.table = name.parse().unwrap());
        let fault = field.fault(&client, &overview());
        assert_eq!(fault.state(), PanelState::TableMissing, "{fault}");
        assert!(fault.to_string().contains(name), "{fault}");
    }
}

#[test]
fn networks_fail_in_every_way() {
    let field = Field::new();
    field.ingest(&crowd(5, 60));
    let good = field.ask(&overview());
    let hasty = field.client(|config| config.patience.answer = Duration::from_secs(2));
    for how in ["silent", "slow"] {
        // Another client's first question: it asks for the version before.
        field.fake.fault("/query", json!({"do": how}));
        assert_eq!(field.fault(&hasty, &overview()), Fault::Slow, "{how}");
    }
    for how in ["truncate", "cut"] {
        // Once it is asked again, three times it is told.
        field.fake.fault("/query", json!({"do": how}));
        assert_eq!(field.ask(&overview()), good, "{how}");
        field.fake.fault("/query", json!({"do": how, "times": 3}));
        let fault = field.fault(&field.client, &overview());
        assert!(matches!(fault, Fault::Cut { .. }), "{how}: {fault}");
    }
    for how in ["half", "gzip-damaged"] {
        field.fake.fault("/query", json!({"do": how}));
        let fault = field.fault(&field.client, &overview());
        assert!(matches!(fault, Fault::BadAnswer { .. }), "{how}: {fault}");
    }
    field
        .fake
        .fault("/query", json!({"status": 503, "times": 2}));
    assert_eq!(field.ask(&overview()), good);
}

#[test]
fn events_that_arrive_twice_count_once() {
    let field = Field::new();
    let events = crowd(11, 80);
    let mut refused = std::collections::BTreeSet::new();
    for event in &events {
        if event.session_id.ends_with('7') {
            refused.insert(event.session_id.clone());
        }
    }
    assert!(refused.len() > 3);
    field.fake.tell(&json!({"refuse": refused}));
    let good: Vec<ViewEvent> = events
        .iter()
        .filter(|event| !refused.contains(&event.session_id))
        .cloned()
        .collect();
    let bad = events.iter().find(|e| refused.contains(&e.session_id));
    let mut batch = good.clone();
    batch.insert(50, bad.unwrap().clone());
    let deliver = |batch: &[ViewEvent]| {
        field
            .runtime
            .block_on(field.client.deliver(batch, &never()))
    };
    let delivered = deliver(&batch);
    assert_eq!(delivered.stopped, None);
    assert_eq!(delivered.taken, good.len());
    let indexes: Vec<usize> = delivered.refused.iter().map(|r| r.index).collect();
    assert_eq!(indexes, [50]);
    // The answer was lost, so all is sent again.
    field.fake.fault("/ingest", json!({"do": "cut"}));
    let lost = deliver(&good);
    assert!(matches!(lost.stopped, Some(Fault::Cut { .. })), "{lost:?}");
    assert_eq!(deliver(&good).settled(), good.len());
    let stored = field.fake.rows("SELECT count() FROM `vod`.`cmcd-events`");
    let stored = stored[0][0].as_u64().unwrap();
    assert!(stored >= 3 * good.len() as u64, "{stored}");
    let local = local(good);
    for query in questions() {
        let here = field.ask_of(&local, &query).unwrap();
        assert_eq!(field.ask(&query), here, "{query:?}");
    }
}

#[test]
fn the_table_is_made_once_or_what_to_paste_is_told() {
    let field = Field::new();
    let create = |client: &metrics::hydrolix::Hydrolix| {
        field.runtime.block_on(client.create_table(&never()))
    };
    let again = create(&field.client).unwrap();
    assert!(!again.project && !again.table && !again.transform);
    field.fake.tell(&json!({"forbid_config": true}));
    let other = field.client(|config| {
        config.table = "vod.other".parse().unwrap();
        config.auth = Auth::Login {
            user: USER.to_owned(),
            password: Secret::new(PASSWORD),
        };
    });
    let fault = create(&other).unwrap_err();
    assert!(matches!(fault, Fault::Forbidden { .. }), "{fault}");
    let text = table::to_paste(&"vod.other".parse().unwrap(), None);
    assert!(text.contains("\"primary\": true"), "{text}");
}

#[test]
fn placements_and_countries_of_few_are_not_shown() {
    let field = Field::new();
    let events = crowd(2, 40);
    field.ingest(&events);
    let project_and_table = "`vod`.`cmcd-events`";
    // Somebody else fills in the country: the collector of this program does not know it.
    field.fake.tell(&json!({"sql": format!(
        "ALTER TABLE {project_and_table} UPDATE country = \
         multiIf(cityHash64(session_id) % 10 < 6, 'DE', cityHash64(session_id) % 10 < 7, 'LI', '') \
         WHERE 1 SETTINGS mutations_sync = 2")}));
    let counts = field.fake.rows(&format!(
        "SELECT country, toUInt32(uniqExact(session_id)) FROM {project_and_table} \
         WHERE video_id = '{}' AND toUnixTimestamp64Milli(ts) >= {} \
         AND toUnixTimestamp64Milli(ts) < {} GROUP BY country",
        video(0),
        SPAN.from_ms,
        SPAN.to_ms
    ));
    let total: u64 = counts.iter().map(|row| row[1].as_u64().unwrap()).sum();
    let few = counts
        .iter()
        .find(|row| row[0] == "LI")
        .expect("some of LI");
    assert!((1..5).contains(&few[1].as_u64().unwrap()), "{counts:?}");
    let query = Query::Countries {
        video: video(0),
        span: SPAN,
    };
    let reply = field.ask(&query);
    assert_eq!(reply.cannot, []);
    let Answer::Countries(Some(countries)) = reply.answer else {
        panic!("no countries")
    };
    assert!(countries.rows.iter().all(|row| row.country != "LI"));
    let shown: u64 = countries.rows.iter().map(|row| row.sessions).sum();
    let hidden = countries.hidden.unwrap();
    assert_eq!(shown + hidden.sessions.unwrap(), total);
    assert!(
        hidden.rows >= 2,
        "one row alone could be had by subtraction"
    );

    // Somebody else's collector says so where it does not know the device.
    let more = crowd(6, 300);
    field.ingest(&more);
    field.fake.tell(&json!({"sql": format!(
        "ALTER TABLE {project_and_table} UPDATE device_type = 'unknown' \
         WHERE device_type IS NULL SETTINGS mutations_sync = 2")}));
    let query = Query::Devices {
        video: video(0),
        span: SPAN,
    };
    let local = local([events, more].concat());
    let here = field.ask_of(&local, &query).unwrap();
    assert_eq!(field.ask(&query), here);
}

#[test]
fn a_question_is_dropped_when_its_asker_is() {
    let field = Field::new();
    field.ask(&overview());
    field.fake.fault("/query", json!({"do": "silent"}));
    let query = overview();
    let never = never();
    let asking = field.client.ask(&query, &never);
    let ended = field
        .runtime
        .block_on(async { tokio::time::timeout(Duration::from_millis(300), asking).await });
    ended.unwrap_err();
    field.ask(&overview());
}
