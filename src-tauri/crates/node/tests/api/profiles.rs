//! Profiles and the flows made from them.

use serde_json::{Value, json};

use crate::support::{Server, flow_id, source_id, video, with};

const PROFILE: &str = "329b98d6-adeb-418c-8eaf-eca14edc1706";

fn profile() -> Value {
    json!({
        "id": PROFILE, "label": "720p25", "tags": {"_encoder": "x"},
        "flow_metadata": {
            "format": "urn:x-nmos:format:video", "codec": "video/h264", "container": "video/mp2t",
            "avg_bit_rate": 2479, "segment_duration": {"numerator": 6, "denominator": 1},
            "essence_parameters": {
                "frame_width": 1280, "frame_height": 720,
                "frame_rate": {"numerator": 25, "denominator": 1}
            }
        }
    })
}

fn path() -> String {
    format!("/service/profiles/{PROFILE}")
}

#[tokio::test]
async fn created_once_and_never_changed() {
    let server = Server::start().await;
    server.get(&path()).await.error(404);
    let created = server.post(&path(), &profile()).await.body(201, "profile");
    assert_eq!(created["created"], "2026-05-28T20:26:40Z");
    assert_eq!(server.get(&path()).await.body(200, "profile"), created);
    server.post(&path(), &profile()).await.error(400);
    let other = "ecf7393a-f7ba-4253-9f1a-eebeace5b7b3";
    let misplaced = server
        .post(&format!("/service/profiles/{other}"), &profile())
        .await;
    assert_eq!(misplaced.error(400).1.unwrap(), "/id");
    let mut wrong = with(profile(), json!({"id": other}));
    wrong["flow_metadata"]["essence_parameters"]["frame_width"] = json!("wide");
    let answer = server
        .post(&format!("/service/profiles/{other}"), &wrong)
        .await;
    assert_eq!(
        answer.error(400).1.unwrap(),
        "/flow_metadata/essence_parameters/frame_width"
    );
}

#[tokio::test]
async fn listed_by_format_codec_and_label() {
    let server = Server::start().await;
    server.post(&path(), &profile()).await.body(201, "profile");
    for (query, count) in [
        ("", 1),
        (
            "format=urn:x-nmos:format:video&codec=video/h264&label=720p25",
            1,
        ),
        ("format=urn:x-nmos:format:audio", 0),
        ("codec=video/hevc", 0),
        ("label=other", 0),
    ] {
        let found = server
            .get(&format!("/service/profiles?{query}"))
            .await
            .items("profile");
        assert_eq!(found.len(), count, "{query}");
    }
}

#[tokio::test]
async fn flows_take_the_metadata_of_their_profile() {
    let server = Server::start().await;
    let flow =
        json!({"id": flow_id(1), "source_id": source_id(1), "profile_id": PROFILE, "label": "A"});
    let flow_path = format!("/flows/{}", flow_id(1));
    assert_eq!(
        server.put(&flow_path, &flow).await.error(400).1.unwrap(),
        "/profile_id"
    );
    server.post(&path(), &profile()).await.body(201, "profile");
    let overridden = with(flow.clone(), json!({"container": "video/mp4"}));
    assert_eq!(
        server
            .put(&flow_path, &overridden)
            .await
            .error(400)
            .1
            .unwrap(),
        "/profile_id"
    );

    let created = server.put(&flow_path, &flow).await.body(201, "flow-get");
    let metadata = profile()["flow_metadata"].clone();
    for name in [
        "format",
        "codec",
        "container",
        "avg_bit_rate",
        "essence_parameters",
    ] {
        assert_eq!(created[name], metadata[name], "{name}");
    }
    assert_eq!(created["profile_id"], PROFILE);
    assert_eq!(created["label"], "A");
    let made = server
        .get(&format!("/flows?profile_id={PROFILE}"))
        .await
        .items("flow-get");
    assert_eq!(made.len(), 1);

    server
        .put(&format!("{flow_path}/label"), &json!("B"))
        .await
        .empty(204);
    server
        .put(&format!("{flow_path}/avg_bit_rate"), &json!(1))
        .await
        .error(400);
    server
        .put(&format!("{flow_path}/max_bit_rate"), &json!(1))
        .await
        .empty(204);

    let freed = with(video(1), json!({"profile_id": "", "avg_bit_rate": 1}));
    server.put(&flow_path, &freed).await.empty(204);
    let freed = server.get(&flow_path).await.body(200, "flow-get");
    assert!(freed.get("profile_id").is_none());
    assert_eq!(
        (&freed["avg_bit_rate"], &freed["container"]),
        (&json!(1), &json!("video/mp4"))
    );
    assert!(
        server
            .get(&format!("/flows?profile_id={PROFILE}"))
            .await
            .items("flow-get")
            .is_empty()
    );
}
