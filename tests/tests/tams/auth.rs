//! Every way of signing in: what is sent, when it is renewed, and that no message shows it.

use std::fmt::Debug;
use std::time::Duration;

use tams::{Auth, Connection, FlowQuery, Grant, Secret, SegmentQuery, TamsError};
use tests::tams_server::{
    Auth as Door, Dialect as Kind, Fault, Options, Port, Requests, TOKEN_LIFE,
};

use crate::{OTHER, Site, flow, flow_id, seconds, timeranges};

const SECRET: &str = "s3cret/+=&";

fn guarded(kind: Kind, door: Door) -> Site {
    let options = Options {
        auth: vec![door],
        tls: false,
    };
    let site = Site::with(kind, options);
    site.server.add_media(crate::three_segments());
    site
}

fn login() -> (Door, Auth) {
    let door = Door::Login {
        username: "user".to_owned(),
        password: SECRET.to_owned(),
        role: "editor",
    };
    let auth = Auth::Login {
        user: "user".to_owned(),
        password: Secret::new(SECRET),
    };
    (door, auth)
}

/// OAuth2 client credentials at the server's own token endpoint, which is on another origin.
fn client() -> Site {
    let door = Door::ClientCredentials {
        id: "client:a".to_owned(),
        secret: SECRET.to_owned(),
    };
    guarded(Kind::Aws81, door)
}

fn credentials(site: &Site, secret: &str) -> Auth {
    Auth::ClientCredentials {
        token_url: site.server.token_url(),
        client_id: "client:a".to_owned(),
        client_secret: Secret::new(secret),
        scopes: vec!["tams-api/read".to_owned(), "tams-api/write".to_owned()],
    }
}

/// Three pages, so that a token has to last or to be renewed.
async fn list(connection: &Connection) -> Result<usize, TamsError> {
    let query = SegmentQuery {
        limit: Some(1),
        ..SegmentQuery::default()
    };
    let listed = connection.segments(flow_id(), &query).await?;
    assert_eq!(timeranges(&listed.items).len(), 3);
    Ok(listed.items.len())
}

#[track_caller]
fn assert_silent(secret: &str, shown: &impl Debug) {
    let shown = format!("{shown:?}");
    assert!(!shown.contains(secret), "{shown}");
}

fn tokens(site: &Site) -> usize {
    site.server
        .count(&Requests::to_media().of("POST").holding("/oauth2/token"))
}

#[tokio::test]
async fn basic() {
    let door = Door::Basic {
        user: "user".to_owned(),
        password: SECRET.to_owned(),
    };
    let site = guarded(Kind::Tamoss82, door);
    let auth = |password: &str| Auth::Basic {
        user: "user".to_owned(),
        password: Secret::new(password),
    };
    let connection = site.connect_as(auth(SECRET)).await;
    list(&connection).await.unwrap();
    assert_silent(SECRET, &connection);
    let mut settings = site.settings();
    settings.auth = auth("wrong");
    assert_silent("wrong", &settings);
    let asked = site.server.requests().len();
    let refused = site.open(settings).await.unwrap_err();
    assert!(
        matches!(refused, TamsError::Unauthorized { .. }),
        "{refused:?}"
    );
    // It doesn't change, so that asking again is of no use.
    assert_eq!(site.server.requests().len(), asked + 1);
    // A name with a colon would be another name (RFC 7617).
    let mut settings = site.settings();
    settings.auth = Auth::Basic {
        user: "us:er".to_owned(),
        password: Secret::new(SECRET),
    };
    let refused = site.open(settings).await.unwrap_err();
    assert!(
        matches!(refused, TamsError::InvalidSettings { .. }),
        "{refused:?}"
    );
}

/// A token in the query is on every request, those of links too, which don't repeat it; and in no
/// message.
#[tokio::test]
async fn a_token_in_the_query() {
    for kind in [Kind::Aws81, Kind::Eyevinn, Kind::OpenTams, Kind::Tamoss82] {
        let site = guarded(kind, Door::UrlToken(SECRET.to_owned()));
        let connection = site.connect_as(Auth::QueryToken(Secret::new(SECRET))).await;
        list(&connection).await.unwrap();
        let seen = site.server.requests();
        assert_eq!(seen.len(), 4, "{kind:?}");
        for seen in seen {
            let given = seen.query.iter().filter(|(name, _)| name == "access_token");
            assert_eq!(given.count(), 1, "{:?}", seen.query);
            assert_eq!(seen.query("access_token"), Some(SECRET));
            assert_eq!(seen.field("authorization"), None);
        }
        site.server.set_page_size(1);
        let all = Requests::to_api();
        site.server.inject(all, .., Fault::PageLoop);
        let refused = list(&connection).await.unwrap_err();
        assert_silent("s3cret", &refused);
        assert!(!refused.to_string().contains("s3cret"), "{refused}");
    }
}

/// A session that ends between two pages is begun again, once, and the list goes on.
#[tokio::test]
async fn a_login_that_is_forgotten_is_made_again() {
    let (door, auth) = login();
    let site = guarded(Kind::Vasttams8, door);
    let connection = site.connect_as(auth).await;
    list(&connection).await.unwrap();
    assert_eq!(site.asked("POST", "/auth/login"), 1);
    site.server.revoke_tokens();
    list(&connection).await.unwrap();
    assert_eq!(site.asked("POST", "/auth/login"), 2);
    let second = Requests::to_api().holding("offset=1");
    let body = r#"{"detail":"expired"}"#;
    site.server
        .inject(second, 1..=1, Fault::Answer { status: 401, body });
    list(&connection).await.unwrap();
    assert_eq!(site.asked("POST", "/auth/login"), 3);
    // A write that was refused never took effect, and may be sent again too.
    site.server.revoke_tokens();
    connection.put_flow(&flow(OTHER)).await.unwrap();
    assert_eq!(site.asked("POST", "/auth/login"), 4);
    // Always refused, it ends.
    let body = r#"{"detail":"no"}"#;
    let gets = Requests::to_api().of("GET");
    site.server
        .inject(gets, .., Fault::Answer { status: 401, body });
    let refused = list(&connection).await.unwrap_err();
    assert!(
        matches!(refused, TamsError::Unauthorized { .. }),
        "{refused:?}"
    );
    assert_eq!(site.asked("POST", "/auth/login"), 5);
    assert!(!refused.is_retryable());
    site.server.assert_no_credential_at_media();
}

#[tokio::test]
async fn a_wrong_login_is_told() {
    let (door, _) = login();
    let site = guarded(Kind::Vasttams8, door);
    let mut settings = site.settings();
    settings.auth = Auth::Login {
        user: "user".to_owned(),
        password: Secret::new("wr0ng"),
    };
    let refused = site.open(settings).await.unwrap_err();
    assert!(
        matches!(refused, TamsError::Unauthorized { .. }),
        "{refused:?}"
    );
    let told = refused.to_string();
    assert!(told.contains("Incorrect username or password"), "{told}");
    assert_silent("wr0ng", &refused);
}

/// A login's body is a secret: it is not sent on to where the server would have it.
#[tokio::test]
async fn a_login_is_not_redirected() {
    let (door, auth) = login();
    let site = guarded(Kind::Vasttams8, door);
    let other = Site::start(Kind::Vasttams8);
    let logins = Requests::to_api().holding("/auth/login");
    let to = format!("{}/auth/login", other.server.url());
    site.server
        .inject(logins, .., Fault::Redirect { status: 307, to });
    let mut settings = site.settings();
    settings.auth = auth;
    let refused = site.open(settings).await.unwrap_err();
    assert!(
        matches!(refused, TamsError::RedirectRefused { .. }),
        "{refused:?}"
    );
    assert_eq!(other.server.requests().len(), 0);
}

/// One token for many calls, asked for anew before it ends, and after it was refused.
#[tokio::test]
async fn client_credentials() {
    let site = client();
    let connection = site.connect_as(credentials(&site, SECRET)).await;
    list(&connection).await.unwrap();
    list(&connection).await.unwrap();
    assert_eq!(tokens(&site), 1);
    // Both clocks go on; nothing is refused for it.
    site.server
        .advance_clock(Duration::from_secs(TOKEN_LIFE.unsigned_abs() + 1));
    site.clock.advance(seconds(TOKEN_LIFE + 1));
    list(&connection).await.unwrap();
    assert_eq!(tokens(&site), 2);
    let refusals = |site: &Site| {
        let seen = site.server.requests();
        seen.iter().filter(|seen| seen.status == Some(401)).count()
    };
    assert_eq!(refusals(&site), 0);
    // A server that forgot them refuses once.
    site.server.revoke_tokens();
    list(&connection).await.unwrap();
    assert_eq!((tokens(&site), refusals(&site)), (3, 1));
    // Our clock stands still, the server's doesn't.
    site.server
        .advance_clock(Duration::from_secs(TOKEN_LIFE.unsigned_abs() + 1));
    list(&connection).await.unwrap();
    assert_eq!((tokens(&site), refusals(&site)), (4, 2));
    // The client's secret goes to the token endpoint and nowhere else; the token to the API only.
    for seen in site.server.requests() {
        let given = seen.field("authorization").unwrap();
        if seen.port == Port::Media {
            assert!(given.starts_with("Basic ") && seen.path == "/oauth2/token");
        } else {
            assert!(given.starts_with("Bearer "), "{seen:?}");
        }
    }
}

#[tokio::test]
async fn wrong_client_credentials_are_told() {
    let site = client();
    let mut settings = site.settings();
    settings.auth = credentials(&site, "wr0ng");
    let refused = site.open(settings.clone()).await.unwrap_err();
    assert!(
        matches!(refused, TamsError::Unauthorized { .. }),
        "{refused:?}"
    );
    assert!(refused.to_string().contains("invalid_client"), "{refused}");
    assert_silent("wr0ng", &refused);
    let at_api = site.server.count(&Requests::to_api());
    assert_eq!(at_api, 0);
    // An endpoint that doesn't answer is unreachable, not a wrong secret.
    settings.auth = credentials(&site, SECRET);
    settings.timeouts.answer = Duration::from_millis(200);
    settings.limits.tries = 1;
    site.server.inject(Requests::to_media(), .., Fault::Hang);
    let refused = site.open(settings).await.unwrap_err();
    assert!(matches!(refused, TamsError::Timeout { .. }), "{refused:?}");
}

/// Many calls that find no token wait for one of them to bring it.
#[tokio::test]
async fn calls_at_once_ask_for_one_token() {
    let site = client();
    let connection = site.connect_as(credentials(&site, SECRET)).await;
    site.clock.advance(seconds(TOKEN_LIFE + 1));
    let before = tokens(&site);
    let (one, two, three) = tokio::join!(list(&connection), list(&connection), list(&connection));
    assert_eq!((one.unwrap(), two.unwrap(), three.unwrap()), (3, 3, 3));
    assert_eq!(tokens(&site) - before, 1);
}

/// What a sign-in brought is used as long as it lasts; when it has ended and can't be renewed, that is
/// told without asking.
#[tokio::test]
async fn a_sign_in_that_has_ended() {
    let site = guarded(Kind::Tamoss82, Door::Bearer(SECRET.to_owned()));
    let auth = Auth::SignedIn {
        token_url: site.server.token_url(),
        client_id: "desk".to_owned(),
        client_secret: None,
        grant: Grant {
            access: Some(Secret::new(SECRET)),
            ends: Some(seconds(1_800_000_100)),
            refresh: None,
        },
    };
    let connection = site.connect_as(auth).await;
    connection.flows(&FlowQuery::default()).await.unwrap();
    assert!(
        connection
            .grant()
            .is_some_and(|grant| grant.access.is_some())
    );
    site.clock.advance(seconds(200));
    let asked = site.server.requests().len();
    let refused = connection.flows(&FlowQuery::default()).await.unwrap_err();
    assert!(
        matches!(refused, TamsError::Unauthorized { .. }),
        "{refused:?}"
    );
    assert!(refused.hint().contains("Sign in again"));
    assert_eq!(site.server.requests().len(), asked);
}

/// An error that quotes the credentials is shown without them.
#[tokio::test]
async fn what_a_server_says_of_secrets_is_cut_out() {
    let site = guarded(Kind::Tamoss82, Door::Bearer("t0ken-of-mine".to_owned()));
    let connection = site
        .connect_as(Auth::Bearer(Secret::new("t0ken-of-mine")))
        .await;
    let body = r#"{"summary":"bad token t0ken-of-mine at https://h/a?X-Amz-Signature=5ecret"}"#;
    let all = Requests::to_api();
    site.server
        .inject(all, .., Fault::Answer { status: 400, body });
    let refused = connection.flows(&FlowQuery::default()).await.unwrap_err();
    let shown = format!("{refused} {refused:?}");
    assert!(shown.contains("bad token"), "{shown}");
    for secret in ["t0ken-of-mine", "5ecret"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
