//! Who asks.

use mediatime::Timestamp;
use metrics::hydrolix::{Auth, PanelState, Secret};

use crate::field::{Client, NOW, cluster, good};
use crate::peer::{Act, Peer};

fn login(config: &mut metrics::hydrolix::HydrolixConfig) {
    config.auth = Auth::Login {
        user: "u".to_owned(),
        password: Secret::new("hunter2"),
    };
}

/// Gives out the tokens `token-1`, `token-2`, …, and takes those that `takes` does.
fn with_tokens(takes: impl Fn(&str) -> bool + Send + Sync + 'static) -> Peer {
    let given = std::sync::Mutex::new(0);
    cluster(move |asked| {
        if asked.path() == "/config/v1/login/" {
            let mut given = given.lock().unwrap();
            *given += 1;
            let token = serde_json::json!({
                "orgs": [{"uuid": "o"}],
                "auth_token": {"access_token": format!("token-{given}"), "expires_in": 1000},
            });
            return Act::Say(200, token.to_string().into());
        }
        if takes(&asked.fields["authorization"]) {
            good()
        } else {
            Act::Say(
                400,
                b"Code: 516. DB::Exception: AUTHENTICATION_FAILED".to_vec(),
            )
        }
    })
}

#[tokio::test]
async fn a_password_may_go_with_every_request() {
    let peer = cluster(|_| good());
    let client = Client::of(&peer.base, |config| {
        config.auth = Auth::Basic {
            user: "u".to_owned(),
            password: Secret::new("p"),
        };
    });
    client.ask().await.unwrap();
    assert_eq!(peer.asked()[1].fields["authorization"], "Basic dTpw");
    assert_eq!(peer.asked()[0].fields.get("authorization"), None);
}

#[tokio::test]
async fn a_user_is_signed_in_once_and_again_in_time() {
    let peer = with_tokens(|_| true);
    let client = Client::of(&peer.base, login);
    client.ask().await.unwrap();
    client.ask().await.unwrap();
    assert_eq!(peer.count("/config/v1/login/"), 1);
    client.clock.set(Timestamp::from_secs(NOW + 949).unwrap());
    client.ask().await.unwrap();
    assert_eq!(peer.count("/config/v1/login/"), 1);
    client.clock.set(Timestamp::from_secs(NOW + 950).unwrap());
    client.ask().await.unwrap();
    assert_eq!(peer.count("/config/v1/login/"), 2);
    assert_eq!(
        peer.asked().last().unwrap().fields["authorization"],
        "Bearer token-2"
    );
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once() {
    let peer = with_tokens(|token| token == "Bearer token-2");
    Client::of(&peer.base, login).ask().await.unwrap();
    assert_eq!(peer.count("/query/"), 2);

    let peer = with_tokens(|_| false);
    let fault = Client::of(&peer.base, login).fault().await;
    assert_eq!(fault.state(), PanelState::SignIn);
    assert_eq!(peer.count("/config/v1/login/"), 2);
    assert_eq!(peer.count("/query/"), 2);
}

#[tokio::test]
async fn a_wrong_password_is_not_tried_again() {
    let peer = cluster(|_| Act::Say(400, br#"{"detail":"Unable to log in."}"#.to_vec()));
    let fault = Client::of(&peer.base, login).fault().await;
    assert_eq!(fault.state(), PanelState::SignIn);
    assert_eq!(peer.count("/config/v1/login/"), 1);

    let peer = cluster(|_| Act::Say(200, b"{}".to_vec()));
    let fault = Client::of(&peer.base, login).fault().await;
    assert_eq!(fault.state(), PanelState::ServerError, "{fault}");
}

#[tokio::test]
async fn a_token_that_no_header_can_hold_is_not_sent() {
    let peer = cluster(|_| good());
    let client = Client::of(&peer.base, |config| {
        config.auth = Auth::Bearer(Secret::new("hunter2\r\nx: y"));
    });
    assert_eq!(client.fault().await.state(), PanelState::SignIn);
    assert_eq!(peer.count("/query/"), 0);
}
