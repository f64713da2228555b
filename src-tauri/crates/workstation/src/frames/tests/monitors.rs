//! Pictures of monitors: over the socket, and pulled.

use super::*;

#[test]
fn the_header_is_what_the_page_reads() {
    let picture = PreviewFrame {
        frame: 0x0102_0304,
        seq: 0x2122_2324,
        generation: 0x1112_1314,
        exact: false,
        playing: true,
        at: Timestamp::from_nanos(0x0102_0304_0506_0708).unwrap(),
        of: None,
        format: PixelFormat::I420,
        width: 4,
        height: 2,
        strides: [4, 2],
        matrix: 6,
        full_range: true,
        levels: Some([-123, -60]),
        data: Bytes::from_static(b"YYYYYYYYUUVV"),
    };
    let expected: [u8; 64] = [
        b'S', b'O', b'F', b'1', 1, 0, 2, 0, // magic, version, format
        4, 0, 0, 0, 2, 0, 0, 0, // width, height
        4, 0, 0, 0, 2, 0, 0, 0, // strides
        4, 3, 2, 1, 0x14, 0x13, 0x12, 0x11, // frame, generation
        0x24, 0x23, 0x22, 0x21, 3, 0, 0, 0, // seq, flags
        8, 7, 6, 5, 4, 3, 2, 1, // output time
        0x85, 0xff, 0xc4, 0xff, 6, 1, 37, 0, // levels, matrix, range
        0x00, 0x5a, 0xcb, 0x57, 0x54, 0xee, 0x7c, 0x18, // flow time
    ];
    let time = "1764547200:40000000".parse().unwrap();
    let message = header::message(&picture, Some(time));
    assert_eq!(message[..64], expected);
    assert_eq!(&message[64..], b"YYYYYYYYUUVV");

    let jpeg = PreviewFrame {
        format: PixelFormat::Jpeg,
        strides: [0, 0],
        exact: true,
        playing: false,
        levels: None,
        frame: u64::MAX,
        at: Timestamp::from_nanos(-1).unwrap(),
        ..picture
    };
    let message = header::message(&jpeg, None);
    assert_eq!(message[6..8], [3, 0]);
    assert_eq!(message[24..28], [0xff; 4]);
    assert_eq!(
        message[36..48],
        [0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255]
    );
    assert_eq!(message[48..52], [0, 0x80, 0, 0x80]);
    assert_eq!(message[54..64], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80]);
}

#[tokio::test]
async fn pictures_come_when_the_page_can_draw_them_and_the_newest_wins() {
    let running = Running::start().await;
    let pictures = &running.window.source;
    pictures.send_replace(Some(frame(0, 1)));
    let mut page = running.open("source").await;
    is_quiet(&mut page).await;

    credit(&mut page, 2).await;
    assert_eq!(number(&mut page).await, 0);
    // The same picture is not sent again.
    is_quiet(&mut page).await;
    pictures.send_replace(Some(frame(1, 2)));
    assert_eq!(number(&mut page).await, 1);

    // No credit is left: what comes meanwhile is forgotten.
    for seq in 3..100 {
        pictures.send_replace(Some(frame(u64::from(seq), seq)));
    }
    is_quiet(&mut page).await;
    credit(&mut page, 1).await;
    assert_eq!(number(&mut page).await, 99);
    is_quiet(&mut page).await;

    // The same number of another generation is another picture.
    let mut next = PreviewFrame::clone(&frame(7, 99));
    next.generation += 1;
    credit(&mut page, 1).await;
    pictures.send_replace(Some(Arc::new(next)));
    assert_eq!(number(&mut page).await, 7);
}

#[tokio::test]
async fn a_monitor_that_is_cleared_sends_nothing_until_something_is_loaded() {
    let running = Running::start().await;
    let mut page = running.open("record").await;
    credit(&mut page, 2).await;
    is_quiet(&mut page).await;
    running.window.record.send_replace(Some(frame(4, 1)));
    assert_eq!(number(&mut page).await, 4);
    running.window.record.send_replace(None);
    is_quiet(&mut page).await;
    running.window.record.send_replace(Some(frame(5, 2)));
    assert_eq!(number(&mut page).await, 5);
}

#[tokio::test]
async fn two_pages_at_one_monitor_both_get_pictures() {
    let running = Running::start().await;
    let mut one = running.open("source").await;
    let mut two = running.open("source").await;
    let mut other = running.open("record").await;
    for page in [&mut one, &mut two, &mut other] {
        credit(page, 2).await;
        is_quiet(page).await;
    }
    running.window.source.send_replace(Some(frame(12, 1)));
    assert_eq!(number(&mut one).await, 12);
    assert_eq!(number(&mut two).await, 12);
    is_quiet(&mut other).await;
    one.close(None).await.unwrap();
    running.window.source.send_replace(Some(frame(13, 2)));
    assert_eq!(number(&mut two).await, 13);
}

#[tokio::test]
async fn the_page_says_what_pictures_should_be_like() {
    let mut running = Running::start().await;
    let mut page = running.open("source").await;
    for (format, width, height, expected) in [
        ("rgba", 960, 540, (PixelFormat::Rgba, 960, 540)),
        ("i420", 0, 0, (PixelFormat::I420, 2, 2)),
        ("jpeg", u32::MAX, u32::MAX, (PixelFormat::Jpeg, 4096, 2160)),
    ] {
        let wanted = json!({
            "type": "configure", "format": format, "width": width, "height": height,
        });
        say(&mut page, wanted).await;
        let shown = running.shown.recv().await.unwrap();
        assert_eq!((shown.format, shown.width, shown.height), expected);
    }
}

#[tokio::test]
async fn garbage_is_answered_politely() {
    let running = Running::start().await;
    let text = |text: &str| Message::text(text.to_owned());
    for (garbage, code) in [
        (text("hello"), CloseCode::Policy),
        (text("{}"), CloseCode::Policy),
        (
            text(r#"{"type":"configure","format":"gif","width":1,"height":1}"#),
            CloseCode::Policy,
        ),
        (text(r#"{"type":"credit","count":-1}"#), CloseCode::Policy),
        (Message::binary(vec![0; 16]), CloseCode::Unsupported),
        (text(&"x".repeat(2_000)), CloseCode::Size),
    ] {
        let mut page = running.open("source").await;
        page.send(garbage).await.unwrap();
        is_closed(&mut page, code).await;
    }
    // It serves on.
    let mut page = running.open("source").await;
    is_quiet(&mut page).await;
}

#[tokio::test]
async fn endless_credit_is_not_remembered() {
    let running = Running::start().await;
    let mut page = running.open("source").await;
    credit(&mut page, u32::MAX).await;
    credit(&mut page, u32::MAX).await;
    is_quiet(&mut page).await;
    for seq in 1..=16 {
        running
            .window
            .source
            .send_replace(Some(frame(u64::from(seq), seq)));
        assert_eq!(number(&mut page).await, seq);
    }
    running.window.source.send_replace(Some(frame(17, 17)));
    is_quiet(&mut page).await;
}

#[tokio::test]
async fn eight_sockets_and_no_more_until_one_is_closed() {
    let running = Running::start().await;
    let mut pages = Vec::new();
    for _ in 0..8 {
        pages.push(running.open("source").await);
    }
    let refused = running.try_open("source", None).await;
    assert_eq!(refused.err(), Some(StatusCode::SERVICE_UNAVAILABLE));
    let mut page = pages.pop().unwrap();
    page.close(None).await.unwrap();
    while tokio::time::timeout(LIMIT, page.next())
        .await
        .unwrap()
        .is_some()
    {}
    // The connection is over before its place is free.
    let again = async {
        while running.try_open("source", None).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, again).await.unwrap();
}

#[tokio::test]
async fn a_page_without_a_socket_pulls() {
    let mut running = Running::start().await;
    let wanted = PictureBox {
        format: PixelFormat::Jpeg,
        width: 640,
        height: 100_000,
    };
    let window = Arc::clone(&running.window);
    let feed = || window.monitor(MonitorName::Source).unwrap();
    assert_eq!(pull(feed(), 0, wanted).await, None);
    let shown = running.shown.recv().await.unwrap();
    assert_eq!(
        shown,
        PictureBox {
            height: 2160,
            ..wanted
        }
    );

    running.window.source.send_replace(Some(frame(5, 1)));
    let first = pull(feed(), 0, wanted).await.unwrap();
    assert_eq!(first, header::message(&frame(5, 1), None));
    let (next, ()) = tokio::join!(biased; pull(feed(), 1, wanted), async {
        running.window.source.send_replace(Some(frame(6, 2)));
    });
    assert_eq!(next.unwrap(), header::message(&frame(6, 2), None));
}

#[tokio::test]
async fn it_all_ends_with_the_window() {
    let running = Running::start().await;
    let mut page = running.open("source").await;
    let mut silent = running.open("record").await;
    is_quiet(&mut page).await;
    is_quiet(&mut silent).await;
    running.shutdown.cancel();
    is_closed(&mut page, CloseCode::Away).await;
    // The other one never answers.
    tokio::time::timeout(LIMIT, running.served)
        .await
        .unwrap()
        .unwrap();
    let after = reqwest::get(running.http).await;
    assert!(after.unwrap_err().is_connect());
}
