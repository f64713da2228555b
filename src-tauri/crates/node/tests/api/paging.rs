//! Lists in tiny pages, followed by `Link` to the end.

use serde_json::{Value, json};

use crate::support::{Answer, Server, audio, flow_id, video, with};

/// The target of `rel="next"`.
fn next(answer: &Answer) -> Option<String> {
    let link = answer.header("link")?;
    let target = link.strip_prefix('<')?.split_once('>')?;
    assert_eq!(target.1, "; rel=\"next\"");
    Some(target.0.to_owned())
}

/// All items of a list, and the sizes of its pages.
async fn follow(server: &Server, path: &str, schema: &str) -> (Vec<Value>, Vec<usize>) {
    let (mut items, mut sizes) = (Vec::new(), Vec::new());
    let mut url = Some(path.to_owned());
    while let Some(page) = url {
        let answer = server.get(&page).await;
        let found = answer.items(schema);
        url = next(&answer);
        assert_eq!(url.is_some(), answer.header("x-paging-nextkey").is_some());
        if let Some(url) = &url {
            assert!(url.starts_with(&server.base), "{url}");
            let key = answer.header("x-paging-nextkey").unwrap();
            assert!(url.ends_with(&format!("page={key}")), "{url}");
        }
        sizes.push(found.len());
        items.extend(found);
        assert!(sizes.len() < 100, "a page that never ends");
    }
    (items, sizes)
}

fn column(items: &[Value], name: &str) -> Vec<String> {
    items
        .iter()
        .map(|item| item[name].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test]
async fn segments() {
    let server = Server::start().await;
    server.put_flow(&video(1)).await;
    let expected: Vec<String> = (0..11)
        .map(|n| format!("[{}:0_{}:0)", n * 2, n * 2 + 2))
        .collect();
    for (n, timerange) in expected.iter().enumerate() {
        server
            .add(&flow_id(1), &format!("object {n}"), timerange)
            .await;
    }
    let path = format!("/flows/{}/segments", flow_id(1));
    for (limit, pages) in [(1, 11), (2, 6), (5, 3), (11, 1), (12, 1)] {
        let (items, sizes) =
            follow(&server, &format!("{path}?limit={limit}"), "flow-segment").await;
        assert_eq!(column(&items, "timerange"), expected, "limit {limit}");
        assert_eq!(sizes.len(), pages, "limit {limit}");
        let backwards = format!("{path}?reverse_order=true&limit={limit}&access_token=kept");
        let (items, _) = follow(&server, &backwards, "flow-segment").await;
        let mut found = column(&items, "timerange");
        found.reverse();
        assert_eq!(found, expected, "limit {limit} backwards");
    }
    let (items, sizes) = follow(
        &server,
        &format!("{path}?limit=2&timerange=[5:0_13:0)"),
        "flow-segment",
    )
    .await;
    assert_eq!(column(&items, "timerange"), expected[2..7]);
    assert_eq!(sizes, [2, 2, 1]);
    let reverse = format!("{path}?limit=2&timerange=[5:0_13:0)&reverse_order=true");
    let (items, _) = follow(&server, &reverse, "flow-segment").await;
    assert_eq!(
        column(&items, "timerange"),
        expected[2..7].iter().rev().cloned().collect::<Vec<_>>()
    );
    let (items, _) = follow(
        &server,
        &format!("{path}?limit=1&object_id=object%203"),
        "flow-segment",
    )
    .await;
    assert_eq!(column(&items, "timerange"), expected[3..4]);

    let first = server.get(&format!("{path}?limit=3")).await;
    assert_eq!(first.header("x-paging-limit"), Some("3"));
    assert_eq!(first.header("x-paging-count"), Some("3"));
    assert_eq!(first.header("x-paging-timerange"), Some("[0:0_6:0)"));
    assert_eq!(first.header("x-paging-reverse-order"), Some("false"));
    let everything = server.get(&path).await;
    assert_eq!(everything.header("x-paging-limit"), Some("100"));
    assert_eq!(
        server
            .get(&format!("{path}?limit=5000"))
            .await
            .header("x-paging-limit"),
        Some("1000")
    );
    let foreign = server.get("/flows?limit=1").await;
    let key = foreign
        .header("x-paging-nextkey")
        .unwrap_or("5b315d")
        .to_owned();
    server.get(&format!("{path}?page={key}")).await.error(400);
}

#[tokio::test]
async fn a_list_that_grows_while_it_is_read() {
    let server = Server::start().await;
    server.put_flow(&video(1)).await;
    for n in [0, 2, 6] {
        server
            .add(
                &flow_id(1),
                &format!("{n}"),
                &format!("[{n}:0_{}:0)", n + 2),
            )
            .await;
    }
    let first = server
        .get(&format!("/flows/{}/segments?limit=2", flow_id(1)))
        .await;
    assert_eq!(
        column(&first.items("flow-segment"), "object_id"),
        ["0", "2"]
    );
    server.add(&flow_id(1), "4", "[4:0_6:0)").await;
    server.add(&flow_id(1), "before", "[-2:0_0:0)").await;
    let (rest, _) = follow(&server, &next(&first).unwrap(), "flow-segment").await;
    assert_eq!(column(&rest, "object_id"), ["4", "6"]);
}

#[tokio::test]
async fn flows_and_sources_in_every_order() {
    let server = Server::start().await;
    for n in 1..=7 {
        let labels = [
            json!("b"),
            json!("a"),
            Value::Null,
            json!("b"),
            Value::Null,
            json!(""),
            json!("c"),
        ];
        let flow = if n % 2 == 0 { audio(n) } else { video(n) };
        server
            .put_flow(&with(flow, json!({"label": labels[usize::from(n) - 1]})))
            .await;
        // Two by two they are of the same instant, which the identifier then decides.
        if n % 2 == 0 {
            server.wait(1);
        }
    }
    for (path, schema) in [("/flows", "flow-get"), ("/sources", "source")] {
        for sort in ["created", "label"] {
            for reverse in [false, true] {
                let list = format!("{path}?sort_by={sort}&reverse_order={reverse}");
                let whole = server.get(&list).await.items(schema);
                assert_eq!(whole.len(), 7);
                let (items, sizes) = follow(&server, &format!("{list}&limit=2"), schema).await;
                assert_eq!(items, whole, "{list}");
                assert_eq!(sizes, [2, 2, 2, 1]);
            }
        }
    }
    let (labelled, _) = follow(&server, "/flows?sort_by=label&limit=3", "flow-get").await;
    assert_eq!(column(&labelled, "label"), ["", "a", "b", "b", "c", "", ""]);
    assert!(labelled[5].get("label").is_none() && labelled[0].get("label").is_some());
}

#[tokio::test]
async fn the_flows_of_an_object() {
    let server = Server::start().await;
    for n in 1..=5 {
        let tags = json!({"tags": {"odd": if n % 2 == 1 { "yes" } else { "no" }}});
        server.put_flow(&with(video(n), tags)).await;
    }
    server.add(&flow_id(1), "a", "[0:0_2:0)").await;
    for n in 2..=5 {
        let segment = json!({"object_id": "a", "timerange": "[0:0_2:0)"});
        server.register(&flow_id(n), &segment).await.empty(201);
    }
    let (mut found, mut url) = (Vec::new(), Some("/objects/a?limit=2".to_owned()));
    while let Some(page) = url {
        let answer = server.get(&page).await;
        let object = answer.body(200, "object");
        found.extend(object["referenced_by_flows"].as_array().unwrap().clone());
        url = next(&answer);
    }
    assert_eq!(
        found,
        (1..=5).map(|n| json!(flow_id(n))).collect::<Vec<_>>()
    );
    let odd = server
        .get("/objects/a?flow_tag.odd=yes")
        .await
        .body(200, "object");
    assert_eq!(
        odd["referenced_by_flows"],
        json!([flow_id(1), flow_id(3), flow_id(5)])
    );
}
