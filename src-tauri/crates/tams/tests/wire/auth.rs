//! What is sent as credentials, and where it is never sent.

use std::sync::{Arc, Mutex};

use mediatime::Timestamp;
use serde_json::json;
use tams::{Auth, Grant, Secret, SourceQuery, TamsError};

use crate::fixture::{Reply, Server, World, source};

fn sources() -> Reply {
    Reply::json(&json!([source()]))
}

#[tokio::test]
async fn basic_and_bearer_are_headers() {
    let server = Server::tams(|_| sources()).await;
    let basic = Auth::Basic {
        user: "Aladdin".to_owned(),
        password: Secret::new("open sesame"),
    };
    for (auth, header) in [
        (basic, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        (Auth::Bearer(Secret::new("abc")), "Bearer abc"),
    ] {
        let connection = server.open(auth).await.unwrap();
        connection.sources(&SourceQuery::default()).await.unwrap();
        assert_eq!(server.last().header("authorization"), Some(header));
    }
    server.connect().await;
    assert_eq!(server.last().header("authorization"), None);
}

#[tokio::test]
async fn a_query_token_goes_with_every_page() {
    let server = Server::tams(|seen| match seen.before {
        0 => sources().with(
            "link",
            r#"</sources?page=2&access_token=stale>; rel="next""#,
        ),
        _ => sources(),
    })
    .await;
    let connection = server
        .open(Auth::QueryToken(Secret::new("t&1")))
        .await
        .unwrap();
    connection.sources(&SourceQuery::default()).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    for seen in seen {
        assert_eq!(seen.param("access_token").as_deref(), Some("t&1"));
        assert_eq!(seen.query.matches("access_token").count(), 1);
        assert_eq!(seen.header("authorization"), None);
    }
}

/// Logs in, and takes only the token of the login number `good`.
async fn login_server(good: usize) -> Server {
    let logins = Arc::new(Mutex::new(0));
    Server::start(move |seen| {
        let mut logins = logins.lock().unwrap();
        if seen.is("POST", "/auth/login") {
            assert_eq!(seen.json(), json!({"username": "ed", "password": "s3cret"}));
            *logins += 1;
            return Reply::json(&json!({
                "access_token": format!("token{logins}"), "token_type": "bearer", "role": "viewer",
            }));
        }
        let wanted = format!("Bearer token{good}");
        match seen.header("authorization") {
            Some(offered) if seen.path == "/service" || offered == wanted => match &*seen.path {
                "/service" => Reply::json(&json!({"api_version": "8.2"})),
                _ => sources(),
            },
            _ => Reply::new(
                401,
                r#"{"detail":"token token1 and password s3cret are bad"}"#,
            ),
        }
    })
    .await
}

fn login() -> Auth {
    Auth::Login {
        user: "ed".to_owned(),
        password: Secret::new("s3cret"),
    }
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let server = login_server(2).await;
    let connection = server.open(login()).await.unwrap();
    connection.sources(&SourceQuery::default()).await.unwrap();
    connection.sources(&SourceQuery::default()).await.unwrap();
    assert_eq!(server.count("POST", "/auth/login"), 2);
    assert_eq!(server.count("GET", "/sources"), 3);

    let server = login_server(9).await;
    let connection = server.open(login()).await.unwrap();
    let error = connection
        .sources(&SourceQuery::default())
        .await
        .unwrap_err();
    assert!(matches!(error, TamsError::Unauthorized { .. }), "{error}");
    assert!(!error.is_retryable());
    assert_eq!(server.count("POST", "/auth/login"), 2);
    assert_eq!(server.count("GET", "/sources"), 2);
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("s3cret"), "{shown}");
}

#[tokio::test]
async fn calls_at_the_same_time_log_in_once() {
    let server = login_server(1).await;
    let connection = server.open(login()).await.unwrap();
    let query = SourceQuery::default();
    let (one, two, three) = tokio::join!(
        connection.sources(&query),
        connection.sources(&query),
        connection.sources(&query)
    );
    for listed in [one, two, three] {
        listed.unwrap();
    }
    assert_eq!(server.count("POST", "/auth/login"), 1);
}

/// A token endpoint and an API that takes the token it gave last.
async fn oauth_server() -> (Server, Arc<Server>) {
    let given = Arc::new(Mutex::new(0));
    let taken = Arc::clone(&given);
    let tokens = Server::start(move |_| {
        let mut given = given.lock().unwrap();
        *given += 1;
        Reply::json(&json!({
            "access_token": format!("at{given}"), "token_type": "Bearer", "expires_in": 3600,
            "refresh_token": format!("rt{given}"),
        }))
    })
    .await;
    let api = Server::tams(move |seen| {
        let wanted = format!("Bearer at{}", taken.lock().unwrap());
        match seen.header("authorization") {
            Some(offered) if offered == wanted => sources(),
            _ => Reply::status(401),
        }
    })
    .await;
    (api, Arc::new(tokens))
}

#[tokio::test]
async fn client_credentials_last_until_shortly_before_their_end() {
    let (api, tokens) = oauth_server().await;
    let auth = Auth::ClientCredentials {
        token_url: format!("{}/oauth2/token", tokens.url),
        client_id: "stringout".to_owned(),
        client_secret: Secret::new("hush"),
        scopes: vec!["tams-api/read".to_owned(), "tams-api/write".to_owned()],
    };
    let world = World::new();
    let connection = world.open(api.settings(auth)).await.unwrap();
    let query = SourceQuery::default();
    connection.sources(&query).await.unwrap();
    assert_eq!(tokens.seen().len(), 1);
    let asked = tokens.last();
    assert_eq!(
        asked.body,
        "grant_type=client_credentials&scope=tams-api%2Fread+tams-api%2Fwrite".as_bytes()
    );
    // stringout:hush
    assert_eq!(
        asked.header("authorization"),
        Some("Basic c3RyaW5nb3V0Omh1c2g=")
    );
    let advance = |secs| world.clock.advance(Timestamp::from_secs(secs).unwrap());
    advance(3539);
    connection.sources(&query).await.unwrap();
    assert_eq!(tokens.seen().len(), 1);
    advance(2);
    connection.sources(&query).await.unwrap();
    assert_eq!(tokens.seen().len(), 2);
    assert_eq!(connection.grant(), None);
}

#[tokio::test]
async fn a_sign_in_is_refreshed_and_told() {
    let (api, tokens) = oauth_server().await;
    let auth = Auth::SignedIn {
        token_url: format!("{}/token", tokens.url),
        client_id: "desk".to_owned(),
        client_secret: None,
        grant: Grant {
            access: Some(Secret::new("at0")),
            ends: None,
            refresh: Some(Secret::new("rt0")),
        },
    };
    let connection = api.open(auth).await.unwrap();
    connection.sources(&SourceQuery::default()).await.unwrap();
    // The first token is good for the server that gave none yet.
    assert!(tokens.seen().is_empty());
    let refused = Server::tams(|seen| match seen.header("authorization") {
        Some("Bearer at1") => sources(),
        _ => Reply::status(401),
    })
    .await;
    let auth = Auth::SignedIn {
        token_url: format!("{}/token", tokens.url),
        client_id: "desk".to_owned(),
        client_secret: None,
        grant: Grant {
            access: Some(Secret::new("old")),
            ends: None,
            refresh: Some(Secret::new("rt0")),
        },
    };
    let connection = refused.open(auth).await.unwrap();
    connection.sources(&SourceQuery::default()).await.unwrap();
    assert_eq!(
        tokens.last().body,
        "grant_type=refresh_token&refresh_token=rt0&client_id=desk".as_bytes()
    );
    let grant = connection.grant().unwrap();
    assert_eq!(grant.refresh.as_ref().unwrap().expose(), "rt1");
    assert!(!format!("{grant:?}").contains("rt1"));
}

#[tokio::test]
async fn a_wrong_client_is_refused_without_its_secret() {
    let tokens = Server::start(|_| {
        Reply::new(
            400,
            r#"{"error":"invalid_client","error_description":"hush is wrong"}"#,
        )
    })
    .await;
    let api = Server::tams(|_| sources()).await;
    let auth = Auth::ClientCredentials {
        token_url: tokens.url.clone(),
        client_id: "c".to_owned(),
        client_secret: Secret::new("hush"),
        scopes: Vec::new(),
    };
    let error = api.open(auth).await.unwrap_err();
    assert!(matches!(error, TamsError::Unauthorized { .. }), "{error}");
    assert_eq!(tokens.seen().len(), 1);
    assert!(api.seen().is_empty());
}

#[tokio::test]
async fn credentials_never_cross_a_redirect() {
    let thief = Server::start(|_| sources()).await;
    let to = format!("{}/sources", thief.url);
    for status in [301, 302, 303, 307, 308] {
        let to = to.clone();
        let server = Server::tams(move |_| Reply::status(status).with("location", &to)).await;
        let connection = server.open(Auth::Bearer(Secret::new("t"))).await.unwrap();
        let error = connection
            .sources(&SourceQuery::default())
            .await
            .unwrap_err();
        assert!(
            matches!(error, TamsError::RedirectRefused { .. }),
            "{error}"
        );
    }
    assert!(thief.seen().is_empty());
}

#[tokio::test]
async fn redirects_inside_the_base_are_followed_and_not_below_it() {
    let server = Server::start(|seen| match &*seen.path {
        "/tams/service" => Reply::json(&json!({"api_version": "8.2"})),
        "/tams/sources" => Reply::status(307).with("location", "/tams/sources/"),
        "/tams/sources/" => sources(),
        "/tams/flows" => Reply::status(307).with("location", "/other/flows"),
        _ => Reply::status(307).with("location", &seen.path),
    })
    .await;
    let mut settings = server.settings(Auth::Bearer(Secret::new("t")));
    settings.base_url = format!("{}/tams/", server.url);
    let connection = crate::fixture::open(settings).await.unwrap();
    let listed = connection.sources(&SourceQuery::default()).await.unwrap();
    assert_eq!(listed.items.len(), 1);
    let error = connection.flows(&tams::FlowQuery::default()).await;
    assert!(matches!(error, Err(TamsError::RedirectRefused { .. })));
    assert_eq!(server.count("GET", "/other/flows"), 0);
    let error = connection.source(crate::fixture::source_id()).await;
    assert!(matches!(error, Err(TamsError::RedirectRefused { .. })));
}

#[tokio::test]
async fn a_login_is_found_below_the_base() {
    let server = Server::start(|seen| match &*seen.path {
        "/api/tams/latest/auth/login" => Reply::json(&json!({"access_token": "x"})),
        "/api/tams/latest/service" => Reply::json(&json!({"api_version": "8.0.0"})),
        _ => Reply::status(404),
    })
    .await;
    let connection = server.open(login()).await.unwrap();
    assert_eq!(connection.dialect(), tams::Dialect::Vasttams8);
    assert_eq!(server.last().header("authorization"), Some("Bearer x"));
}
