//! Where requests go, and what they carry there: TLS, redirects, links, and the store.

use std::time::Duration;

use tams::{Auth, ConnectionSettings, FlowQuery, Secret, SegmentQuery, TamsError};
use tams_model::StorageRequest;
use tests::tams_server::{Auth as Door, Dialect as Kind, Fault, Options, Port, Requests};

use crate::{Site, fetch, flow_id, location, post, quiet};

/// A server that asks for a token in every way that a request can carry one.
fn guarded(kind: Kind) -> Site {
    let options = Options {
        auth: vec![
            Door::Bearer("t0ken".to_owned()),
            Door::UrlToken("t0ken".to_owned()),
            Door::Basic {
                user: "user".to_owned(),
                password: "t0ken".to_owned(),
            },
        ],
        tls: false,
    };
    let site = Site::with(kind, options);
    site.server.add_media(crate::three_segments());
    site
}

fn ways() -> [Auth; 3] {
    let secret = || Secret::new("t0ken");
    [
        Auth::Bearer(secret()),
        Auth::QueryToken(secret()),
        Auth::Basic {
            user: "user".to_owned(),
            password: secret(),
        },
    ]
}

/// Nothing that came to this server carried the secret, in any form.
#[track_caller]
fn assert_clean(other: &Site) {
    for seen in other.server.requests() {
        assert!(!seen.has_credential(), "{seen:?}");
        let whole = format!("{:?} {:?} {:?}", seen.query, seen.fields, seen.body);
        assert!(!whole.contains("t0ken"), "{whole}");
    }
}

/// A certificate that nobody vouches for is refused; one whose authority is named is taken, by the API
/// and by the store.
#[tokio::test]
async fn tls_needs_an_authority() {
    let options = Options {
        auth: vec![Door::Bearer("t0ken".to_owned())],
        tls: true,
    };
    let site = Site::with(Kind::Tamoss82, options);
    site.server.add_media(crate::three_segments());
    let mut settings = site.settings();
    settings.auth = Auth::Bearer(Secret::new("t0ken"));
    let refused = site.open(settings.clone()).await.unwrap_err();
    assert!(matches!(refused, TamsError::Tls { .. }), "{refused:?}");
    assert!(!refused.is_retryable());
    assert_eq!(site.server.requests().len(), 0);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, site.server.certificate().unwrap()).unwrap();
    settings.ca_pem = Some(file);
    let connection = site.open(settings).await.unwrap();
    let place = location(&connection, flow_id(), 0).await;
    assert_eq!(fetch(&connection, &place).await.unwrap(), b"first");
    site.server.assert_no_credential_at_media();
}

/// `https` to a port that speaks plainly, and the other way round.
#[tokio::test]
async fn the_wrong_scheme_is_told() {
    let plain = Site::start(Kind::Tamoss82);
    let mut settings = plain.settings();
    settings.base_url = settings.base_url.replace("http://", "https://");
    // The server waits for a line's end that never comes.
    settings.timeouts.answer = Duration::from_millis(300);
    settings.limits.tries = 1;
    let refused = plain.open(settings).await.unwrap_err();
    assert!(
        matches!(refused, TamsError::Tls { .. }) || refused.is_unreachable(),
        "{refused:?}"
    );
    let options = Options {
        tls: true,
        ..Options::default()
    };
    let secure = Site::with(Kind::Tamoss82, options);
    let mut settings = secure.settings();
    settings.base_url = settings.base_url.replace("https://", "http://");
    let refused = secure.open(settings).await.unwrap_err();
    assert!(refused.is_unreachable(), "{refused:?}");
}

/// Credentials in the open go nowhere but to this computer.
#[tokio::test]
async fn plain_http_elsewhere_carries_no_credentials() {
    let site = Site::start(Kind::Tamoss82);
    for auth in ways() {
        let settings = ConnectionSettings::new("t", "http://tams.invalid/", auth);
        let refused = site.open(settings).await.unwrap_err();
        assert!(
            matches!(
                refused,
                TamsError::InvalidSettings {
                    field: "base_url",
                    ..
                }
            ),
            "{refused:?}"
        );
    }
}

/// No way of signing in reaches the store: not for reading, in pieces or whole, nor for uploads.
#[tokio::test]
async fn no_credential_reaches_the_store() {
    for kind in Kind::ALL {
        for auth in ways() {
            let site = guarded(kind);
            let connection = site.connect_as(auth).await;
            let place = location(&connection, flow_id(), 0).await;
            assert_eq!(fetch(&connection, &place).await.unwrap(), b"first");
            let mut reader = connection.open_object(&place).await.unwrap();
            assert_eq!(&reader.read(1, 3).await.unwrap().bytes[..], b"irs");
            if kind != Kind::Vasttams6 {
                let given = connection
                    .allocate(flow_id(), &StorageRequest::limit(1))
                    .await
                    .unwrap();
                let folder = tempfile::tempdir().unwrap();
                let file = folder.path().join("object");
                std::fs::write(&file, b"mine").unwrap();
                let target = &given.media_objects[0];
                connection.upload(target, &file, &quiet).await.unwrap();
            }
            let media = site.server.count(&Requests::to_media());
            assert_eq!(media, if kind == Kind::Vasttams6 { 2 } else { 3 });
            site.server.assert_no_credential_at_media();
            let seen = site.server.requests();
            let mut api = seen.iter().filter(|seen| seen.port == Port::Api);
            assert!(api.all(|seen| seen.has_credential() && seen.status != Some(401)));
        }
    }
}

/// A redirect of the API to elsewhere is not followed, with whatever status, for whatever call.
#[tokio::test]
async fn redirects_out_of_the_api_are_refused() {
    let other = Site::loaded(Kind::Tamoss82);
    for auth in ways() {
        for status in [301, 302, 303, 307, 308] {
            let site = guarded(Kind::Tamoss82);
            let connection = site.connect_as(auth.clone()).await;
            let to = format!("{}/flows", other.server.url());
            let fault = Fault::Redirect { status, to };
            site.server.inject(Requests::to_api(), .., fault);
            let refused = connection.flows(&FlowQuery::default()).await.unwrap_err();
            assert!(
                matches!(refused, TamsError::RedirectRefused { .. }),
                "{refused:?}"
            );
            let posts = [post("x", "[20:0_22:0)")];
            let refused = connection.add_segments(flow_id(), &posts).await;
            assert!(
                matches!(refused, Err(TamsError::RedirectRefused { .. })),
                "{refused:?}"
            );
        }
    }
    assert_eq!(other.server.requests().len(), 0);
}

/// A redirect within the API is followed with the credentials.
#[tokio::test]
async fn redirects_within_the_api_are_followed() {
    for auth in ways() {
        let site = guarded(Kind::OpenTams);
        let connection = site.connect_as(auth).await;
        let flows = Requests::to_api().holding("/flows");
        let to = format!("{}/flows?label=three", site.server.url());
        let fault = Fault::Redirect { status: 307, to };
        site.server.inject(flows, 1..=1, fault);
        let found = connection.flows(&FlowQuery::default()).await.unwrap();
        assert_eq!(found.items.len(), 1);
        // Out of its base path, on the same host, is elsewhere too.
        let flows = Requests::to_api().holding("/flows");
        let to = format!("{}/elsewhere", site.server.origin());
        site.server
            .inject(flows, .., Fault::Redirect { status: 302, to });
        let refused = connection.flows(&FlowQuery::default()).await.unwrap_err();
        assert!(
            matches!(refused, TamsError::RedirectRefused { .. }),
            "{refused:?}"
        );
        assert_eq!(site.asked("GET", "/elsewhere"), 0);
    }
}

/// A store may send a read elsewhere; nothing of ours goes with it. Uploads stay where they are.
#[tokio::test]
async fn redirects_of_the_store_carry_nothing() {
    let other = Site::loaded(Kind::Tamoss82);
    for auth in ways() {
        let site = guarded(Kind::Tamoss82);
        let connection = site.connect_as(auth).await;
        let place = location(&connection, flow_id(), 0).await;
        let reads = Requests::to_media().of("GET");
        let to = format!("{}/service", other.server.url());
        let fault = Fault::Redirect { status: 302, to };
        site.server.inject(reads, .., fault);
        let elsewhere = fetch(&connection, &place).await.unwrap();
        assert!(elsewhere.starts_with(b"{"), "what the other server says");

        let uploads = Requests::to_media().of("PUT");
        let to = format!("{}/upload", other.server.url());
        let fault = Fault::Redirect { status: 307, to };
        site.server.inject(uploads, .., fault);
        let given = connection
            .allocate(flow_id(), &StorageRequest::limit(1))
            .await
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("object");
        std::fs::write(&file, b"mine").unwrap();
        let refused = connection
            .upload(&given.media_objects[0], &file, &quiet)
            .await
            .unwrap_err();
        assert!(
            matches!(refused, TamsError::RedirectRefused { .. }),
            "{refused:?}"
        );
    }
    assert_eq!(other.server.requests().len(), 3);
    assert_clean(&other);
}

/// A next page on another host, on the store, or outside the base path, is not asked for.
#[tokio::test]
async fn links_to_elsewhere_are_refused() {
    let other = Site::loaded(Kind::OpenTams);
    for auth in ways() {
        let site = guarded(Kind::OpenTams);
        let connection = site.connect_as(auth).await;
        let targets = [
            format!("{}/flows?page=2", other.server.url()),
            format!("{}/tams/v1/flows?page=2", site.server.media_origin()),
            format!("//{}/tams/v1/flows", site.server.media_address()),
            "/flows?page=2".to_owned(),
            "../../flows?page=2".to_owned(),
        ];
        for target in targets {
            site.server.heal();
            let before = site.server.requests().len();
            let listing = Requests::to_api().holding("/flows");
            site.server
                .inject(listing, .., Fault::LinkTo(target.clone()));
            let refused = connection.flows(&FlowQuery::default()).await.unwrap_err();
            assert!(
                matches!(refused, TamsError::LinkRefused { .. }),
                "{target}: {refused:?}"
            );
            assert!(!refused.to_string().contains("page=2"), "{refused}");
            assert_eq!(site.server.requests().len(), before + 1, "{target}");
        }
        let query = SegmentQuery {
            limit: Some(1),
            ..SegmentQuery::default()
        };
        let listing = Requests::to_api().holding("/segments");
        let foreign = Fault::LinkTo(other.server.url());
        site.server.inject(listing, .., foreign);
        let refused = connection.segments(flow_id(), &query).await;
        assert!(
            matches!(refused, Err(TamsError::LinkRefused { .. })),
            "{refused:?}"
        );
    }
    assert_eq!(other.server.requests().len(), 0);
}
