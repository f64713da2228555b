//! Ways of signing in, and TLS.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::json;
use tests::tams_server::{Auth, Dialect, Options, TOKEN_LIFE, TamsServer};

use crate::Api;

/// `user` and `secret` as Basic.
const BASIC: &str = "Basic dXNlcjpzZWNyZXQ=";

fn status(api: &Api, authorization: &str) -> u16 {
    let url = api.url("/flows");
    api.client
        .get(&url, &[("authorization", authorization)])
        .status
}

fn login(role: &'static str) -> Auth {
    Auth::Login {
        username: "user".to_owned(),
        password: "secret".to_owned(),
        role,
    }
}

#[test]
fn basic_bearer_and_the_query_let_in() {
    let ways = vec![
        Auth::Basic {
            user: "user".to_owned(),
            password: "secret".to_owned(),
        },
        Auth::Bearer("fixed".to_owned()),
        Auth::UrlToken("in/url".to_owned()),
    ];
    let api = Api::with(Dialect::Tamoss82, ways);
    let refused = api.get("/flows");
    assert_eq!(refused.status, 401);
    assert_eq!(
        refused.field("www-authenticate"),
        Some("Basic realm=\"tams\"")
    );
    assert_eq!(status(&api, BASIC), 200);
    assert_eq!(status(&api, "Bearer fixed"), 200);
    assert_eq!(status(&api, "Bearer other"), 401);
    assert_eq!(api.get("/flows?access_token=in%2Furl").status, 200);
    assert_eq!(api.get("/flows?access_token=other").status, 401);
}

#[test]
fn the_next_page_does_not_repeat_a_token() {
    let api = Api::with(Dialect::Tamoss82, vec![Auth::UrlToken("t".to_owned())]);
    for (n, id) in [crate::FLOW, crate::OTHER].into_iter().enumerate() {
        let media = tests::tams_server::AddMedia::video(crate::SOURCE, id, &format!("{n}"));
        api.server.add_media(media);
    }
    let first = api.get("/flows?access_token=t&limit=1");
    let link = first.field("link").unwrap();
    assert!(!link.contains("access_token"), "{link}");
}

#[test]
fn a_login_gives_a_token_that_ends() {
    // 8.0 (10)
    let api = Api::with(Dialect::Vasttams8, vec![login("editor")]);
    assert_eq!(api.get("/flows").status, 401);
    let wrong = json!({ "username": "user", "password": "x" });
    assert_eq!(api.post("/auth/login", &wrong).status, 401);
    let right = json!({ "username": "user", "password": "secret" });
    let given = api.post("/auth/login", &right).json(200);
    assert_eq!(given["token_type"], "bearer");
    assert_eq!(given["role"], "editor");
    let bearer = format!("Bearer {}", given["access_token"].as_str().unwrap());
    assert_eq!(status(&api, &bearer), 200);
    api.server
        .advance_clock(Duration::from_secs(TOKEN_LIFE.unsigned_abs()));
    assert_eq!(status(&api, &bearer), 401);
}

#[test]
fn a_viewer_may_not_write() {
    let api = Api::with(Dialect::Vasttams8, vec![login("viewer")]);
    let right = json!({ "username": "user", "password": "secret" });
    let given = api.post("/auth/login", &right).json(200);
    let bearer = format!("Bearer {}", given["access_token"].as_str().unwrap());
    assert_eq!(status(&api, &bearer), 200);
    let url = api.url("/flows");
    let answer = api.client.post(&url, &[("authorization", &bearer)], "{}");
    assert_eq!(answer.status, 403);
}

#[test]
fn client_credentials_give_a_token_with_scopes() {
    let way = Auth::ClientCredentials {
        id: "user".to_owned(),
        secret: "secret".to_owned(),
    };
    let api = Api::with(Dialect::Aws81, vec![way]);
    let form = ("content-type", "application/x-www-form-urlencoded");
    let ask = |authorization: &str, body: &str| {
        let url = api.server.token_url();
        let fields = [form, ("authorization", authorization)];
        api.client.post(&url, &fields, body)
    };
    let grant = "grant_type=client_credentials&scope=tams-api%2Fread";
    assert_eq!(
        ask("Basic eA==", grant).json(401)["error"],
        "invalid_client"
    );
    let wrong = ask(BASIC, "grant_type=password").json(400);
    assert_eq!(wrong["error"], "unsupported_grant_type");
    let given = ask(BASIC, grant).json(200);
    assert_eq!(given["expires_in"], TOKEN_LIFE);
    assert_eq!(given["scope"], "tams-api/read");
    let bearer = format!("Bearer {}", given["access_token"].as_str().unwrap());
    assert_eq!(status(&api, &bearer), 200);
    let answer = api.client.post(
        &api.url(&format!("/flows/{}/storage", crate::FLOW)),
        &[("authorization", &bearer)],
        "{}",
    );
    assert_eq!(answer.status, 403);
    // The endpoint is on the media port's origin, and no leak.
    api.server.assert_no_credential_at_media();
    api.server.revoke_tokens();
    assert_eq!(status(&api, &bearer), 401);
}

#[test]
fn tls_is_spoken_with_a_certificate_of_its_own() {
    let server = TamsServer::start_with(
        Dialect::Tamoss82,
        Options {
            tls: true,
            ..Options::default()
        },
    );
    let address = server.url().strip_prefix("https://").unwrap().to_owned();
    let get = |roots: RootCertStore| {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut stream = StreamOwned::new(connection, TcpStream::connect(&address).unwrap());
        let head = format!("GET /service HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes())?;
        let mut text = vec![0; 15];
        stream.read_exact(&mut text)?;
        Ok::<_, std::io::Error>(String::from_utf8(text).unwrap())
    };
    let mut roots = RootCertStore::empty();
    assert!(get(roots.clone()).is_err(), "a stranger was believed");
    let pem = server.certificate().unwrap();
    roots
        .add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap())
        .unwrap();
    assert_eq!(get(roots).unwrap(), "HTTP/1.1 200 OK");
}
