//! Files as programs write them, and as nobody should.

use super::*;
use crate::{Programme, Range, ReadError, write_otio};
use mediatime::{FrameRate, RationalTime};
use serde_json::json;

const ID: &str = "9bb414a5-862c-494f-86ce-8e2720ecc315";

fn time(value: f64, rate: f64) -> Value {
    json!({"OTIO_SCHEMA": "RationalTime.1", "rate": rate, "value": value})
}

fn span(start: f64, duration: f64, rate: f64) -> Value {
    json!({
        "OTIO_SCHEMA": "TimeRange.1",
        "duration": time(duration, rate),
        "start_time": time(start, rate),
    })
}

fn clip1(name: &str, url: &str) -> Value {
    json!({
        "OTIO_SCHEMA": "Clip.1",
        "name": name,
        "source_range": span(10.0, 20.0, 24.0),
        "media_reference": {
            "OTIO_SCHEMA": "ExternalReference.1",
            "available_range": span(5.0, 100.0, 24.0),
            "target_url": url,
        },
    })
}

fn timeline(items: Value) -> Value {
    json!({
        "OTIO_SCHEMA": "Timeline.1",
        "name": "t",
        "tracks": {
            "OTIO_SCHEMA": "Stack.1",
            "children": [{
                "OTIO_SCHEMA": "Track.1",
                "name": "V1",
                "kind": "Video",
                "children": items,
            }],
        },
    })
}

fn read(value: &Value) -> (Programme, Vec<Issue>) {
    read_otio(&value.to_string()).unwrap()
}

fn first_clip(programme: &Programme) -> &Clip {
    match &programme.tracks[0].items[0] {
        Item::Clip(clip) => clip,
        other => panic!("{other:?}"),
    }
}

fn written(programme: &Programme) -> Value {
    serde_json::from_str(&write_otio(programme)).unwrap()
}

#[test]
fn an_old_clip_is_read_and_written_as_it_was() {
    let file = timeline(json!([clip1("a", "file:///m/a%20b.mp4")]));
    let (programme, issues) = read(&file);
    assert_eq!(issues, []);
    let clip = first_clip(&programme);
    assert_eq!(clip.media, Media::File("/m/a b.mp4".to_owned()));
    assert_eq!(clip.range, Some(Range::frames(10, 20, FrameRate::FPS_24)));
    assert_eq!(
        clip.available,
        Some(Range::frames(5, 100, FrameRate::FPS_24))
    );
    assert_eq!(programme.rate(), Some(FrameRate::FPS_24));
    assert_eq!(written(&programme), file);
}

#[test]
fn what_is_changed_is_written_and_the_rest_kept() {
    let mut file = timeline(json!([clip1("a", "a.mp4")]));
    file["tracks"]["children"][0]["children"][0]["later"] = json!({"x": [1]});
    let (mut programme, _) = read(&file);
    let Item::Clip(clip) = &mut programme.tracks[0].items[0] else {
        panic!("no clip");
    };
    clip.name = "b".to_owned();
    clip.media = Media::Source {
        host: Some("a.example".to_owned()),
        source: ID.to_owned(),
    };
    clip.enabled = false;
    clip.range = None;
    let value = written(&programme);
    let new = &value["tracks"]["children"][0]["children"][0];
    assert_eq!(new["later"], json!({"x": [1]}));
    assert_eq!(new["OTIO_SCHEMA"], "Clip.1");
    assert_eq!(new["media_reference"]["OTIO_SCHEMA"], "MissingReference.1");
    assert_eq!(
        new["media_reference"]["available_range"],
        span(5.0, 100.0, 24.0)
    );
    let (again, issues) = read(&value);
    assert_eq!(issues, []);
    let (now, then) = (first_clip(&again), first_clip(&programme));
    assert_eq!(
        (&now.media, now.enabled, now.range),
        (&then.media, false, None)
    );
}

#[test]
fn the_active_reference_counts() {
    let mut clip = clip1("a", "");
    let proxy = json!({"OTIO_SCHEMA": "ExternalReference.1", "target_url": "p.mp4"});
    let full = json!({"OTIO_SCHEMA": "ExternalReference.1", "target_url": "f.mov"});
    clip["OTIO_SCHEMA"] = json!("Clip.2");
    clip.as_object_mut().unwrap().remove("media_reference");
    clip["media_references"] = json!({"proxy": proxy, "full": full});
    clip["active_media_reference_key"] = json!("full");
    let file = timeline(json!([clip]));
    let (mut programme, issues) = read(&file);
    assert_eq!(issues, []);
    assert_eq!(
        first_clip(&programme).media,
        Media::File("f.mov".to_owned())
    );
    let Item::Clip(clip) = &mut programme.tracks[0].items[0] else {
        panic!("no clip");
    };
    clip.media = Media::File("g.mov".to_owned());
    let value = written(&programme);
    let references = &value["tracks"]["children"][0]["children"][0]["media_references"];
    assert_eq!(references["full"]["target_url"], "g.mov");
    assert_eq!(references["proxy"]["target_url"], "p.mp4");

    let mut file = file;
    file["tracks"]["children"][0]["children"][0]["active_media_reference_key"] = json!("x");
    let (programme, issues) = read(&file);
    assert_eq!(
        issues[0].to_string(),
        "track V1, item 1, clip a: its active media reference `x` does not exist"
    );
    assert_eq!(written(&programme), file);
}

#[test]
fn tams_metadata_is_read() {
    let exact = "[1723124225:433333333_1723124227:653333333)";
    let tams =
        |id: &str| json!({"bbc.github.io/tams": {id: ID, "hint_url": "https://a.example/v5/"}});
    let clip = |metadata: Value, reference: Value| {
        json!({
            "OTIO_SCHEMA": "Clip.2",
            "metadata": {"bbc.github.io/tams": metadata},
            "name": "c",
            "source_range": {
                "OTIO_SCHEMA": "TimeRange.1",
                "duration": time(111.0, 50.0),
                "start_time": time(1_723_124_225_433_333_333.0, 1e9),
            },
            "media_references": {"DEFAULT_MEDIA": reference},
            "active_media_reference_key": "DEFAULT_MEDIA",
        })
    };
    let missing = |id: &str| json!({"OTIO_SCHEMA": "MissingReference.1", "metadata": tams(id)});
    let mut file = timeline(json!([
        clip(json!({"timerange": exact}), missing("source_id")),
        clip(json!({"timerange": "[5:0_6:0)"}), missing("flow_id")),
        clip(json!({"timerange": 5}), missing("other_id")),
    ]));
    file["metadata"] = json!({"bbc.github.io/tams": {"rendered_source_id": ID}});
    let (programme, issues) = read(&file);
    assert_eq!(programme.rendered_source.as_deref(), Some(ID));
    let host = Some("a.example".to_owned());
    let first = first_clip(&programme);
    assert_eq!(first.timerange, Some(exact.parse().unwrap()));
    assert_eq!(
        first.media,
        Media::Source {
            host: host.clone(),
            source: ID.to_owned()
        }
    );
    let Item::Clip(second) = &programme.tracks[0].items[1] else {
        panic!("no clip");
    };
    assert_eq!(second.timerange, None);
    assert_eq!(
        second.media,
        Media::Tams {
            host,
            flow: ID.to_owned()
        }
    );
    assert_eq!(issues.len(), 1);
    assert!(issues[0].what.contains("[5:0_6:0)"), "{}", issues[0]);
    assert_eq!(written(&programme), file);
}

#[test]
fn what_is_not_understood_is_kept_and_said() {
    let bad_rate =
        json!({"OTIO_SCHEMA": "Clip.2", "name": "r", "source_range": span(0.0, 1.0, 0.0)});
    let negative = json!({"OTIO_SCHEMA": "Gap.1", "source_range": span(0.0, -1.0, 24.0)});
    let bad_offset = json!({"OTIO_SCHEMA": "Transition.1", "in_offset": 3, "out_offset": null});
    let mut bad_available = clip1("v", "a.mp4");
    bad_available["media_reference"]["available_range"] = json!("x");
    let items = json!([
        {"OTIO_SCHEMA": "Foo.7", "x": 1},
        {"OTIO_SCHEMA": "Clip.3", "name": "new"},
        {"OTIO_SCHEMA": "Stack.1", "children": [], "name": "s"},
        {"no": "schema"},
        null,
        [1],
        "text",
        bad_rate,
        negative,
        bad_offset,
        bad_available,
    ]);
    let mut file = timeline(items.clone());
    file["global_start_time"] = json!({"value": 1, "rate": "x"});
    let children = file["tracks"]["children"].as_array_mut().unwrap();
    children.push(clip1("loose", "a.mp4"));
    children.push(json!({"OTIO_SCHEMA": "Track.1", "children": 5, "kind": "Subtitle"}));
    let (programme, issues) = read(&file);
    // One each, the start, the loose clip, and the last track's children.
    assert_eq!(
        issues.len(),
        items.as_array().unwrap().len() + 3,
        "{issues:#?}"
    );
    assert!(
        programme.tracks[0]
            .items
            .iter()
            .all(|item| matches!(item, Item::Other(_)))
    );
    let text = issues[8].to_string();
    assert_eq!(
        text,
        "track V1, item 8, clip r: its source_range is the rate 0.0 can't be told exactly: kept as it is"
    );
    let mut value = written(&programme);
    // The one thing that is left out, as it said.
    value["tracks"]["children"][2]["children"] = json!(5);
    assert_eq!(value, file);
}

#[test]
fn the_first_timeline_of_a_collection_is_read() {
    let mut second = timeline(json!([]));
    second["name"] = json!("second");
    let collection =
        |children: Value| json!({"OTIO_SCHEMA": "SerializableCollection.1", "children": children});
    let inner = collection(json!([clip1("a", "a"), timeline(json!([])), 3]));
    let (programme, issues) = read(&collection(json!([inner, second])));
    assert_eq!(programme.title, "t");
    assert_eq!(
        issues[0].to_string(),
        "the file: it holds 2 timelines; only the first is read"
    );
}

#[test]
fn other_files_are_refused() {
    let of = |value: Value| read_otio(&value.to_string()).unwrap_err();
    for value in [
        json!({}),
        json!([]),
        json!(1),
        json!({"OTIO_SCHEMA": 1}),
        json!({"OTIO_SCHEMA": "Timeline"}),
    ] {
        assert_eq!(of(value), ReadError::NotOtio);
    }
    assert!(matches!(of(clip1("a", "a")), ReadError::NoTimeline { schema } if schema == "Clip.1"));
    let newer = json!({"OTIO_SCHEMA": "Timeline.2"});
    assert!(matches!(of(newer), ReadError::UnknownSchema { .. }));
    for tracks in [json!([]), json!({"OTIO_SCHEMA": "Track.1"}), json!({})] {
        let file = json!({"OTIO_SCHEMA": "Timeline.1", "tracks": tracks});
        assert!(matches!(of(file), ReadError::UnknownSchema { .. }));
    }
    assert!(matches!(read_otio("{"), Err(ReadError::Json { .. })));
    assert!(matches!(read_otio(""), Err(ReadError::Json { .. })));
    assert!(matches!(
        read_otio(r#"{"a": NaN}"#),
        Err(ReadError::NotANumber { line: 1, .. })
    ));
    let (empty, issues) = read(&json!({"OTIO_SCHEMA": "Timeline.1", "tracks": null}));
    assert_eq!((empty.tracks.len(), issues.len()), (0, 0));
}

#[test]
fn nesting_up_to_the_limit_is_read() {
    let mut value = json!({"OTIO_SCHEMA": "Track.1", "children": [clip1("a", "a.mp4")]});
    for _ in 0..50 {
        value = json!({"OTIO_SCHEMA": "Stack.1", "children": [value]});
    }
    let file = timeline(json!([value]));
    let (programme, issues) = read(&file);
    assert_eq!(issues, []);
    assert_eq!(written(&programme), file);
    assert!(programme.plain_tracks().is_ok());
    let deeper = timeline(json!([{"OTIO_SCHEMA": "Stack.1", "children": [value]}, 1]));
    let mut deepest = deeper;
    for _ in 0..10 {
        deepest = json!({"OTIO_SCHEMA": "SerializableCollection.1", "children": [deepest]});
    }
    assert!(matches!(
        read_otio(&deepest.to_string()),
        Err(ReadError::TooDeep { .. })
    ));
}

#[test]
fn issues_do_not_grow_without_end() {
    let items: Vec<Value> = (0..20_000).map(|_| json!(1)).collect();
    let (programme, issues) = read(&timeline(json!(items)));
    assert_eq!(issues.len(), crate::MAX_ISSUES + 1);
    assert_eq!(programme.tracks[0].items.len(), 20_000);
}

#[test]
fn floats_that_are_moved_are_said() {
    let mut clip = clip1("a", "a.mp4");
    clip["source_range"]["duration"] = time(1.000_000_000_000_000_2, 23.976);
    let (programme, issues) = read(&timeline(json!([clip])));
    let duration = first_clip(&programme).range.unwrap().duration;
    assert_eq!(duration.seconds(), RationalTime::new(1001, 24_000).unwrap());
    assert!(issues[0].what.ends_with("is taken for 1"), "{}", issues[0]);
}
