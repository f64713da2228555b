//! The service over real HTTP, with records in memory and a spool on disk.

mod world;

use record::{DeviceType, PlacementState, ViewEvent};
use reqwest::StatusCode;
use reqwest::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, IF_NONE_MATCH, IF_RANGE, RANGE, REFERRER_POLICY, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS,
};
use world::{PHONE, World, card_of};

#[tokio::test]
async fn a_printed_code_opens_its_page_in_any_case() {
    let world = World::start().await;
    let code = world.print("lobby", None);
    for path in [
        format!("/P/{code}"),
        format!("/p/{}", code.to_string().to_lowercase()),
        format!("/P/{}", code.grouped()),
    ] {
        let page = world.get(&path).await;
        assert_eq!(page.status(), StatusCode::OK, "{path}");
        assert!(
            page.headers()[CONTENT_SECURITY_POLICY]
                .to_str()
                .unwrap()
                .contains("script-src 'sha256-")
        );
        assert_eq!(page.headers()[REFERRER_POLICY], "no-referrer");
        assert_eq!(page.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(page.headers()[CACHE_CONTROL], "no-cache");
        assert!(!page.headers().contains_key("set-cookie"));
        let html = page.text().await.unwrap();
        assert!(html.contains("<noscript>"));
        let card = card_of(&html);
        assert_eq!(card["state"], "live");
        assert_eq!(card["title"], "Open-air weekend");
        assert_eq!(card["open"], format!("/s/{code}"));
        assert_eq!(card["code"], code.grouped());
    }
}

#[tokio::test]
async fn a_shared_link_opens_the_same_video() {
    let world = World::start().await;
    for prefix in ["/play", "/mobile/play"] {
        let page = world.get(&format!("{prefix}/{}", world.compilation)).await;
        assert_eq!(page.status(), StatusCode::OK);
        let card = card_of(&page.text().await.unwrap());
        assert_eq!(card["open"], format!("/s/c/{}", world.compilation));
        assert_eq!(card["code"], serde_json::Value::Null);
        assert_eq!(card["poster"], format!("/poster/{}.jpg", world.compilation));
    }
}

#[tokio::test]
async fn what_is_not_there_looks_the_same_everywhere() {
    let world = World::start().await;
    let never_printed = world.unprinted();
    let mut bodies = Vec::new();
    for path in [
        format!("/P/{never_printed}"),
        "/P/HELLO".to_owned(),
        format!("/play/{}", uuid::Uuid::from_u128(99)),
        "/play/1".to_owned(),
        "/".to_owned(),
        "/admin".to_owned(),
    ] {
        let page = world.get(&path).await;
        assert_eq!(page.status(), StatusCode::NOT_FOUND, "{path}");
        let html = page.text().await.unwrap();
        assert_eq!(card_of(&html)["state"], "notfound");
        bodies.push(html);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
    let (status, answer) = world.open(&format!("/s/{never_printed}")).await;
    assert_eq!(
        (status, answer["state"].as_str()),
        (StatusCode::NOT_FOUND, Some("notfound"))
    );
}

#[tokio::test]
async fn an_expired_code_says_until_when() {
    let world = World::start().await;
    let code = world.print("lobby", Some(World::NOW_S + 60));
    let (status, session) = world.open(&format!("/s/{code}")).await;
    assert_eq!(
        (status, session["state"].as_str()),
        (StatusCode::OK, Some("live"))
    );
    world.advance(60);
    let page = world.get(&format!("/P/{code}")).await;
    assert_eq!(page.status(), StatusCode::GONE);
    let card = card_of(&page.text().await.unwrap());
    assert_eq!(card["state"], "expired");
    assert_eq!(card["title"], "Open-air weekend");
    assert_eq!(card["expires"], "2026-11-22T12:00:59Z");
    let (status, answer) = world.open(&format!("/s/{code}")).await;
    assert_eq!(
        (status, answer["state"].as_str()),
        (StatusCode::GONE, Some("expired"))
    );
    assert!(answer.get("sources").is_none());
    let media = world
        .get(session["sources"][0]["url"].as_str().unwrap())
        .await;
    assert_eq!(media.status(), StatusCode::OK, "who watches may watch on");
}

#[tokio::test]
async fn a_revoked_code_stops_at_once() {
    let world = World::start().await;
    let code = world.print("lobby", None);
    let (_, session) = world.open(&format!("/s/{code}")).await;
    let media = session["sources"][0]["url"].as_str().unwrap().to_owned();
    assert_eq!(world.get(&media).await.status(), StatusCode::OK);
    world.records.set_state(&code, PlacementState::Revoked);
    assert_eq!(world.get(&media).await.status(), StatusCode::GONE);
    let page = world.get(&format!("/P/{code}")).await;
    assert_eq!(page.status(), StatusCode::GONE);
    let card = card_of(&page.text().await.unwrap());
    assert_eq!(card["state"], "revoked");
    assert_eq!(card["title"], "", "what was taken back is not named");
    let (status, answer) = world.open(&format!("/s/{code}")).await;
    assert_eq!(
        (status, answer["state"].as_str()),
        (StatusCode::GONE, Some("revoked"))
    );
    let line = world.line("ps", 0, &format!(r#"sta=s,com.stringout-code="{code}""#));
    assert_eq!(world.report(&line).await.status(), StatusCode::GONE);
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn a_session_has_what_the_page_needs() {
    let world = World::start().await;
    let code = world.print("lobby", None);
    let (_, session) = world.open(&format!("/s/{code}")).await;
    assert_eq!(session["placement"], "lobby");
    assert_eq!(session["duration_ms"], 30_000);
    assert_eq!(session["lease_s"], 600);
    assert_eq!(
        session["cmcd"],
        serde_json::json!({"url": "/cmcd", "interval": 10, "prefix": "com.stringout"})
    );
    assert_eq!(session["sources"][0]["type"], "video/mp4");
    let captions = world
        .get(session["captions"][0]["url"].as_str().unwrap())
        .await;
    assert_eq!(captions.headers()[CONTENT_TYPE], "text/vtt; charset=utf-8");
    assert!(captions.text().await.unwrap().starts_with("WEBVTT"));
    let (_, other) = world.open(&format!("/s/{code}")).await;
    assert_ne!(session["session"], other["session"]);
    let unnamed = world
        .client
        .post(world.url(&format!("/s/c/{}", world.compilation)))
        .send()
        .await
        .unwrap();
    assert_eq!(
        unnamed.json::<serde_json::Value>().await.unwrap()["state"],
        "live"
    );
    let wrong = world
        .client
        .post(world.url(&format!("/s/{code}")))
        .body(r#"{"sid":"<>"}"#)
        .send()
        .await
        .unwrap();
    assert_eq!(wrong.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn media_needs_a_session_that_lives_by_its_reports() {
    let world = World::start().await;
    let code = world.print("lobby", None);
    let (_, session) = world.open(&format!("/s/{code}")).await;
    let media = session["sources"][0]["url"].as_str().unwrap().to_owned();
    assert_eq!(
        world
            .get(&media.replace("video.mp4", "video.mov"))
            .await
            .status(),
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        world
            .get("/m/0123456789abcdef0123456789abcdef/video.mp4")
            .await
            .status(),
        StatusCode::GONE
    );
    world.advance(599);
    assert_eq!(
        world.report(&world.line("t", 1, "")).await.status(),
        StatusCode::NO_CONTENT
    );
    world.advance(599);
    assert_eq!(world.get(&media).await.status(), StatusCode::OK);
    world.advance(1);
    assert_eq!(world.get(&media).await.status(), StatusCode::GONE);
}

#[tokio::test]
async fn media_by_byte_range() {
    let world = World::start().await;
    let (_, session) = world.open(&format!("/s/c/{}", world.compilation)).await;
    let media = world.url(session["sources"][0]["url"].as_str().unwrap());
    let whole = world.client.get(&media).send().await.unwrap();
    assert_eq!(whole.headers()[ACCEPT_RANGES], "bytes");
    assert_eq!(whole.headers()[CONTENT_TYPE], "video/mp4");
    let tag = whole.headers()[ETAG].clone();
    let bytes = whole.bytes().await.unwrap();
    assert_eq!(bytes, World::media_bytes());

    let part = world
        .client
        .get(&media)
        .header(RANGE, "bytes=1000-299999")
        .send()
        .await
        .unwrap();
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(
        part.headers()[CONTENT_RANGE],
        format!("bytes 1000-299999/{}", bytes.len())
    );
    assert_eq!(part.headers()[CONTENT_LENGTH], "299000");
    assert_eq!(part.bytes().await.unwrap(), bytes[1000..300_000]);

    let tail = world
        .client
        .get(&media)
        .header(RANGE, "bytes=-5")
        .header(IF_RANGE, &tag)
        .send()
        .await
        .unwrap();
    assert_eq!(tail.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(tail.bytes().await.unwrap(), bytes[bytes.len() - 5..]);

    let other = world
        .client
        .get(&media)
        .header(RANGE, "bytes=-5")
        .header(IF_RANGE, "\"other\"")
        .send()
        .await
        .unwrap();
    assert_eq!(other.status(), StatusCode::OK);
    assert_eq!(other.bytes().await.unwrap().len(), bytes.len());

    let outside = world
        .client
        .get(&media)
        .header(RANGE, "bytes=99999999-")
        .send()
        .await
        .unwrap();
    assert_eq!(outside.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(
        outside.headers()[CONTENT_RANGE],
        format!("bytes */{}", bytes.len())
    );

    let head = world
        .client
        .head(&media)
        .header(RANGE, "bytes=0-9")
        .send()
        .await
        .unwrap();
    assert_eq!(head.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(head.headers()[CONTENT_LENGTH], "10");
    assert_eq!(head.bytes().await.unwrap().len(), 0);

    let cached = world
        .client
        .get(&media)
        .header(IF_NONE_MATCH, tag)
        .send()
        .await
        .unwrap();
    assert_eq!(cached.status(), StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn a_poster_is_a_picture() {
    let world = World::start().await;
    let poster = world
        .get(&format!("/poster/{}.jpg", world.compilation))
        .await;
    assert_eq!(poster.headers()[CONTENT_TYPE], "image/jpeg");
    assert_eq!(&poster.bytes().await.unwrap()[..2], [0xff, 0xd8]);
    for wrong in [
        "/poster/x.jpg".to_owned(),
        format!("/poster/{}.jpg", uuid::Uuid::from_u128(1)),
    ] {
        assert_eq!(world.get(&wrong).await.status(), StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn reports_become_events() {
    let world = World::start().await;
    let code = world.print("lobby", None);
    let own = format!(
        r#"com.stringout-code="{code}",com.stringout-src="qr",com.stringout-place="elsewhere""#
    );
    let body = [
        world.line("ce", 0, &format!(r#"cen="qr-scan",{own}"#)),
        world.line("ps", 1, &format!("sta=s,{own}")),
        world.line(
            "ps",
            2,
            &format!("sta=p,msd=120,com.stringout-wd=0,com.stringout-wt=0,{own}"),
        ),
        world.line(
            "t",
            3,
            &format!(
                "pt=10010,com.stringout-wd=9990,com.stringout-wt=9990,com.stringout-dur=30000,{own}"
            ),
        ),
        "garbage=".to_owned(),
        world.line("ps", 4, "sta=a").replace(
            &world.compilation.to_string(),
            &uuid::Uuid::from_u128(5).to_string(),
        ),
    ]
    .join("\n");
    assert_eq!(world.report(&body).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(
        world.report(&body).await.status(),
        StatusCode::NO_CONTENT,
        "a lost answer makes the page send again"
    );
    let events = world.events();
    assert_eq!(events.len(), 4);
    let scan = &events[0];
    assert!(scan.qr_scan);
    assert_eq!(scan.short_id, code.to_string());
    assert_eq!(
        scan.placement, "lobby",
        "the record knows better than the page"
    );
    assert_eq!(
        (scan.device_type, scan.os.as_str(), scan.browser.as_str()),
        (DeviceType::Mobile, "ios", "safari")
    );
    assert_eq!(scan.ts, World::NOW_S * 1000 + 7);
    assert_eq!(scan.recv_ts, World::NOW_S * 1000);
    let watch: Vec<_> = events
        .iter()
        .map(|event| (event.seq, event.state.as_str(), event.watch_total_ms))
        .collect();
    assert_eq!(
        watch,
        [
            (0, "", None),
            (1, "s", None),
            (2, "p", Some(0)),
            (3, "", Some(9990))
        ]
    );
    let text = std::fs::read_to_string(world.spool_files().remove(0)).unwrap();
    for private in ["Mozilla", "iPhone", "127.0.0.1", "elsewhere"] {
        assert!(!text.contains(private), "{private}");
    }
}

#[tokio::test]
async fn a_scan_counts_for_a_live_code_of_this_video_only() {
    let world = World::start().await;
    let other_video = world
        .records
        .publish(uuid::Uuid::from_u128(6), world.playable());
    let elsewhere = world.print_for(other_video, "foyer", None);
    let expired = world.print("lobby", Some(World::NOW_S));
    for own in [
        String::new(),
        format!(r#",com.stringout-code="{}""#, world.unprinted()),
        format!(r#",com.stringout-code="{elsewhere}""#),
        format!(r#",com.stringout-code="{expired}""#),
    ] {
        let line = world.line("ce", 0, &format!(r#"cen="qr-scan"{own}"#));
        assert_eq!(world.report(&line).await.status(), StatusCode::NO_CONTENT);
    }
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn only_reports_count() {
    let world = World::start().await;
    let code = world.print("lobby", None);
    let page = world.url(&format!("/P/{code}"));
    let head = world.client.head(&page).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(head.bytes().await.unwrap().len(), 0);
    world
        .client
        .get(&page)
        .header("user-agent", "WhatsApp/2.23.20.0")
        .send()
        .await
        .unwrap();
    world.open(&format!("/s/{code}")).await;
    let line = world.line(
        "ce",
        0,
        &format!(r#"cen="qr-scan",com.stringout-code="{code}""#),
    );
    let bot = world
        .post_report(
            &line,
            "application/cmcd",
            "Mozilla/5.0 (compatible; Googlebot/2.1)",
        )
        .await;
    assert_eq!(bot.status(), StatusCode::NO_CONTENT);
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn a_report_that_is_none_is_refused() {
    let world = World::start().await;
    let line = world.line("t", 0, "");
    let post = async |body: &str, kind: &str| world.post_report(body, kind, PHONE).await.status();
    assert_eq!(
        post(&line, "text/plain;charset=UTF-8").await,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        post(&line, "application/json").await,
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    assert_eq!(post("", "application/cmcd").await, StatusCode::BAD_REQUEST);
    assert_eq!(
        post("{\"e\":\"ps\"}", "application/cmcd").await,
        StatusCode::BAD_REQUEST
    );
    let many = vec![line.as_str(); 201].join("\n");
    assert_eq!(
        post(&many, "application/cmcd").await,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let long = format!("{line}\n{}", "x".repeat(70_000));
    assert_eq!(
        post(&long, "application/cmcd").await,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    assert_eq!(
        world.get("/cmcd").await.status(),
        StatusCode::METHOD_NOT_ALLOWED
    );
    assert_eq!(world.events().len(), 1);
}

#[tokio::test]
async fn one_network_cannot_flood() {
    let world = World::start().await;
    let body = (0..200)
        .map(|n| world.line("t", n, ""))
        .collect::<Vec<_>>()
        .join("\n");
    for _ in 0..3 {
        assert_eq!(world.report(&body).await.status(), StatusCode::NO_CONTENT);
    }
    let refused = world.report(&body).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers().contains_key(RETRY_AFTER));
    assert_eq!(
        world.get("/play/1").await.status(),
        StatusCode::TOO_MANY_REQUESTS
    );
    assert_eq!(world.get("/healthz").await.status(), StatusCode::OK);
    world.advance(4);
    assert_eq!(world.report(&body).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(world.events().len(), 200);
}

#[tokio::test]
async fn trouble_of_ours_is_not_taken_for_a_missing_video() {
    let world = World::start().await;
    let code = world.print("lobby", None);
    world.records.break_down(true);
    let page = world.get(&format!("/P/{code}")).await;
    assert_eq!(page.status(), StatusCode::SERVICE_UNAVAILABLE);
    let card = card_of(&page.text().await.unwrap());
    assert_eq!(
        (card["state"].as_str(), card["open"].as_str()),
        (Some("failed"), Some(format!("/s/{code}").as_str()))
    );
    assert_eq!(
        world.report(&world.line("t", 0, "")).await.status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
    world.records.break_down(false);
    std::fs::remove_file(world.media_path()).unwrap();
    let answer = world
        .client
        .post(world.url(&format!("/s/{code}")))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        !answer
            .text()
            .await
            .unwrap()
            .contains(world.media_path().to_str().unwrap())
    );
}

#[tokio::test]
async fn a_report_is_acknowledged_only_when_it_is_on_the_disk() {
    let world = World::start().await;
    std::fs::remove_dir_all(world.spool_dir()).unwrap();
    assert_eq!(
        world.report(&world.line("t", 0, "")).await.status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
    std::fs::create_dir(world.spool_dir()).unwrap();
    assert_eq!(
        world.report(&world.line("t", 0, "")).await.status(),
        StatusCode::NO_CONTENT
    );
    let events: Vec<ViewEvent> = world.events();
    assert_eq!(events.len(), 1);
}

#[tokio::test]
async fn another_site_cannot_ask() {
    let world = World::start().await;
    let asked = |host: &str| {
        world
            .client
            .get(world.url("/healthz"))
            .header("host", host)
            .send()
    };
    assert_eq!(
        asked("evil.example").await.unwrap().status(),
        StatusCode::MISDIRECTED_REQUEST
    );
    let page = world
        .client
        .post(world.url("/cmcd"))
        .header("origin", "https://evil.example")
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), StatusCode::FORBIDDEN);
}

#[test]
fn a_prefix_that_breaks_cmcd_is_refused() {
    let error = World::with_prefix("Not A Prefix").err().unwrap();
    assert!(error.to_string().contains("Not A Prefix"), "{error}");
}
