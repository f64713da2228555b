//! Signing in by the browser.

use std::time::Duration;

use serde_json::json;
use tams::{Secret, SignIn, TamsError, sign_in};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::fixture::{Reply, Server, World};

fn wanted(server: &Server) -> SignIn {
    SignIn {
        authorize_url: format!("{}/authorize?tenant=1", server.url),
        token_url: format!("{}/token", server.url),
        client_id: "desk".to_owned(),
        client_secret: None,
        scopes: vec!["openid".to_owned(), "offline_access".to_owned()],
        port: 0,
        patience: Duration::from_secs(20),
        allow_plain_http: false,
        ca_pem: None,
    }
}

fn tokens() -> Reply {
    Reply::json(&json!({"access_token": "a", "refresh_token": "r", "token_type": "Bearer"}))
}

fn param(url: &Url, name: &str) -> String {
    url.query_pairs()
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.into_owned())
        .unwrap()
}

/// The browser: one plain request over a connection of its own.
async fn visit(url: &str) -> u16 {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let url = Url::parse(url).unwrap();
    let address = (url.host_str().unwrap(), url.port().unwrap());
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let target = format!("{}?{}", url.path(), url.query().unwrap_or_default());
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: {}:{}\r\nConnection: close\r\n\r\n",
        address.0, address.1
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn only_our_own_return_is_exchanged() {
    let server = Server::start(|_| tokens()).await;
    let wanted = wanted(&server);
    let (tell, told) = oneshot::channel();
    let surroundings = World::new().surroundings();
    let cancel = CancellationToken::new();
    let signing = sign_in(&wanted, &surroundings, &cancel, |url: &Url| {
        tell.send(url.clone()).unwrap();
    });
    let browsing = async {
        let page = told.await.unwrap();
        assert_eq!(param(&page, "response_type"), "code");
        assert_eq!(param(&page, "code_challenge_method"), "S256");
        assert_eq!(param(&page, "scope"), "openid offline_access");
        assert_eq!(param(&page, "tenant"), "1");
        let back = param(&page, "redirect_uri");
        let state = param(&page, "state");
        // Another page can neither end nor hijack the sign-in.
        for foreign in [
            format!("{back}?code=stolen&state=other"),
            format!("{back}?code=stolen"),
            format!("{back}?error=access_denied&state="),
        ] {
            assert_eq!(visit(&foreign).await, 400, "{foreign}");
        }
        assert!(server.seen().is_empty());
        assert_eq!(
            visit(&format!("{back}?code=c%2F1&state={state}")).await,
            200
        );
        (page, back)
    };
    let (grant, (page, back)) = tokio::join!(signing, browsing);
    let grant = grant.unwrap();
    assert_eq!(grant.refresh.as_ref().map(Secret::expose), Some("r"));
    let asked = server.last();
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&asked.body)
        .into_owned()
        .collect();
    let value = |name: &str| &form.iter().find(|(found, _)| found == name).unwrap().1;
    assert_eq!(value("grant_type"), "authorization_code");
    assert_eq!(value("code"), "c/1");
    assert_eq!(value("redirect_uri"), &back);
    assert_eq!(value("client_id"), "desk");
    let verifier = value("code_verifier");
    assert_eq!(verifier.len(), 43);
    assert_eq!(param(&page, "code_challenge"), {
        use base64::Engine;
        use sha2::Digest;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(verifier))
    });
    assert_ne!(verifier, &param(&page, "state"));
}

#[tokio::test]
async fn a_refusal_and_a_quiet_user_end_it() {
    let server = Server::start(|_| tokens()).await;
    let mut wanted = wanted(&server);
    let surroundings = World::new().surroundings();
    let cancel = CancellationToken::new();
    let (tell, told) = oneshot::channel();
    let signing = sign_in(&wanted, &surroundings, &cancel, |url: &Url| {
        tell.send(url.clone()).unwrap();
    });
    let browsing = async {
        let page = told.await.unwrap();
        let back = param(&page, "redirect_uri");
        let state = param(&page, "state");
        visit(&format!("{back}?error=access_denied&state={state}")).await
    };
    let (refused, status) = tokio::join!(signing, browsing);
    let error = refused.unwrap_err();
    assert!(matches!(error, TamsError::SignIn { .. }), "{error}");
    assert!(error.to_string().contains("access_denied"), "{error}");
    assert_eq!(status, 400);
    wanted.patience = Duration::from_millis(20);
    let quiet = sign_in(&wanted, &surroundings, &cancel, |_: &Url| {}).await;
    assert!(matches!(quiet, Err(TamsError::SignIn { .. })));
    cancel.cancel();
    wanted.patience = Duration::from_secs(20);
    let cancelled = sign_in(&wanted, &surroundings, &cancel, |_: &Url| {}).await;
    assert!(matches!(cancelled, Err(TamsError::Cancelled)));
    assert!(server.seen().is_empty());
}
