//! Who gets in, and what is answered to single requests.

use super::*;

#[tokio::test]
async fn only_the_window_gets_in() {
    let running = Running::start().await;
    for origin in ["tauri://localhost", "http://tauri.localhost"] {
        assert!(running.try_open("source", Some(origin)).await.is_ok());
    }
    for origin in ["https://evil.example", "null", "http://localhost:1420"] {
        let refused = running.try_open("source", Some(origin)).await;
        assert_eq!(refused.err(), Some(StatusCode::FORBIDDEN), "{origin}");
    }
    let refused = running.try_open("viewer", None).await;
    assert_eq!(refused.err(), Some(StatusCode::NOT_FOUND));

    let token = running.http.rsplit('/').next().unwrap();
    let place = running.http.strip_suffix(token).unwrap();
    let short = &token[1..];
    for wrong in ["0".repeat(64).as_str(), short, "", "."] {
        for rest in ["frames/source", "picture/f/0?height=90", "raise", ""] {
            let answer = reqwest::get(format!("{place}{wrong}/{rest}"))
                .await
                .unwrap();
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{wrong} {rest}");
        }
    }
    let client = reqwest::Client::new();
    let rebound = client.get(format!("{}/peaks/f?first=0&frames=1&bins=1", running.http));
    let rebound = rebound.header(HOST, "evil.example").send().await.unwrap();
    assert_eq!(rebound.status(), StatusCode::MISDIRECTED_REQUEST);
    let plain = running.get("frames/source").await;
    assert_eq!(plain.status(), StatusCode::UPGRADE_REQUIRED);
    assert_eq!(
        running.get("elsewhere").await.status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn pages_of_the_development_server_only_when_asked() {
    let running = Running::start_with(true).await;
    let origin = "http://localhost:1420";
    assert!(running.try_open("source", Some(origin)).await.is_ok());
    let client = reqwest::Client::new();
    let peaks = client.get(format!("{}/peaks/f?first=0&frames=1&bins=1", running.http));
    let peaks = peaks.header(ORIGIN, origin).send().await.unwrap();
    assert_eq!(peaks.headers()["access-control-allow-origin"], origin);
}

#[tokio::test]
async fn pictures_peaks_and_pages() {
    let running = Running::start().await;
    running.window.let_through();
    for (path, kind, body, cached) in [
        ("picture/f/7?height=90", "image/jpeg", "f 7 90", true),
        (
            "peaks/f?first=3&frames=10&bins=64",
            "application/octet-stream",
            "f 3 10 64",
            true,
        ),
        ("sheet/j/2", "image/png", "j 2", false),
    ] {
        let answer = running.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["content-type"], kind);
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        let caching = match cached {
            true => "private, max-age=31536000, immutable",
            false => "no-store",
        };
        assert_eq!(answer.headers()["cache-control"], caching);
        assert_eq!(answer.text().await.unwrap(), body);
    }
    for path in [
        "picture/f/7?height=0",
        "picture/f/7?height=2161",
        "picture/f/7",
        "picture/f/-1?height=90",
        "peaks/f?first=0&frames=1&bins=4097",
        "peaks/f?first=0&frames=1&bins=0",
        "sheet/j/first",
    ] {
        let answer = running.get(path).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        let said: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(said["error"]["code"], "bad_input");
    }
    let gone = running.get("picture/gone/0?height=90").await;
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    assert_eq!(gone.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn two_pictures_at_a_time_and_none_for_who_has_left() {
    let running = Running::start().await;
    let window = &running.window;
    let ask = |frame: u32| {
        let url = format!("{}/picture/f/{frame}?height=90", running.http);
        tokio::spawn(async move { reqwest::get(url).await.unwrap().text().await.unwrap() })
    };
    let first = [ask(0), ask(1)];
    window.until(|desk| desk.decoding == 2).await;
    let (place, token) = running.http.rsplit_once('/').unwrap();
    let place = place.strip_prefix("http://").unwrap();
    let request = format!("GET /{token}/picture/f/2?height=90 HTTP/1.1\r\nhost: {place}\r\n\r\n");
    let mut gone = TcpStream::connect(place).await.unwrap();
    gone.write_all(request.as_bytes()).await.unwrap();
    // Connections are taken in order: when another one is answered, this one waits for its turn.
    assert_eq!(
        running.get("elsewhere").await.status(),
        StatusCode::NOT_FOUND
    );
    drop(gone);
    assert_eq!(
        running.get("elsewhere").await.status(),
        StatusCode::NOT_FOUND
    );
    let last = ask(3);
    window.let_through();
    for (number, asked) in first.into_iter().enumerate() {
        assert_eq!(asked.await.unwrap(), format!("f {number} 90"));
    }
    assert_eq!(last.await.unwrap(), "f 3 90");
    let desk = window.desk.lock().unwrap();
    assert_eq!((desk.most, desk.done), (2, 3));
}

#[tokio::test]
async fn another_process_raises_the_window() {
    let mut running = Running::start().await;
    let client = reqwest::Client::new();
    let raised = client.post(format!("{}/raise", running.http)).send().await;
    assert_eq!(raised.unwrap().status(), StatusCode::NO_CONTENT);
    running.raised.recv().await.unwrap();
    // A link alone raises nothing.
    let looked = running.get("raise").await;
    assert_eq!(looked.status(), StatusCode::METHOD_NOT_ALLOWED);
}
