//! A printed code: which compilation it leads to, and where it hangs.

use crate::ShortId;
use mediatime::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One printed code. A second print of the same sheet re-uses it; another place gets its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// What is printed and scanned.
    pub id: ShortId,
    /// The compilation the code leads to.
    pub compilation_id: Uuid,
    /// Where it hangs, in the producer's words; empty when not said.
    pub placement: String,
    /// The template it was printed with.
    pub template: String,
    /// The base its printed URL has: never changes silently once printed.
    pub base_url: String,
    /// Live or revoked.
    pub state: PlacementState,
    /// After this time the page says that it ended (UTC since the Unix epoch).
    pub expires: Option<Timestamp>,
    /// UTC since the Unix epoch.
    pub created: Timestamp,
}

impl Placement {
    /// The exact payload of the printed code: `BASE/P/ID`, with scheme and host in upper case, so that
    /// the code stays in the QR alphanumeric mode and its modules stay large. A path in the base keeps
    /// its case, because servers tell the two apart; a base without one gives the smallest code.
    #[must_use]
    pub fn payload(&self) -> String {
        let base = self.base_url.trim_end_matches('/');
        let host = base.find("://").map_or(0, |scheme| scheme + 3);
        let path = base
            .split_at(host)
            .1
            .find('/')
            .map_or(base.len(), |at| host + at);
        let (origin, path) = base.split_at(path);
        format!("{}{path}/P/{}", origin.to_ascii_uppercase(), self.id)
    }
}

/// Whether a printed code still leads anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlacementState {
    /// Plays.
    Live,
    /// The producer took it back.
    Revoked,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn placement(base_url: &str) -> Placement {
        Placement {
            id: "23456789ABC7".parse().unwrap(),
            compilation_id: Uuid::from_u128(0xc0de),
            placement: "Lobby".to_owned(),
            template: "poster-a4".to_owned(),
            base_url: base_url.to_owned(),
            state: PlacementState::Live,
            expires: None,
            created: Timestamp::ZERO,
        }
    }

    #[test]
    fn the_payload_is_upper_case_where_case_does_not_matter() {
        for (base, payload) in [
            (
                "https://play.example",
                "HTTPS://PLAY.EXAMPLE/P/23456789ABC7",
            ),
            (
                "https://play.example/",
                "HTTPS://PLAY.EXAMPLE/P/23456789ABC7",
            ),
            (
                "http://192.168.1.23:8765",
                "HTTP://192.168.1.23:8765/P/23456789ABC7",
            ),
            (
                "http://[fe80::1]:80//",
                "HTTP://[FE80::1]:80/P/23456789ABC7",
            ),
            (
                "https://a.example/Kino/p",
                "HTTPS://A.EXAMPLE/Kino/p/P/23456789ABC7",
            ),
            (
                "https://straße.example",
                "HTTPS://STRAßE.EXAMPLE/P/23456789ABC7",
            ),
            ("play.example/x", "PLAY.EXAMPLE/x/P/23456789ABC7"),
            ("", "/P/23456789ABC7"),
        ] {
            assert_eq!(placement(base).payload(), payload);
        }
    }

    #[test]
    fn a_base_without_a_path_stays_in_the_alphanumeric_mode() {
        let payload = placement("https://play.example:8443").payload();
        let alphanumeric = |c: char| matches!(c, '0'..='9' | 'A'..='Z') || " $%*+-./:".contains(c);
        assert!(payload.chars().all(alphanumeric), "{payload}");
    }

    #[test]
    fn the_json_has_this_shape() {
        let mut value = json!({
            "id": "23456789ABC7",
            "compilation_id": "00000000-0000-0000-0000-00000000c0de",
            "placement": "Lobby",
            "template": "poster-a4",
            "base_url": "https://play.example",
            "state": "live",
            "expires": null,
            "created": "0:0",
        });
        let plain = placement("https://play.example");
        assert_eq!(serde_json::to_value(&plain).unwrap(), value);
        assert_eq!(
            serde_json::from_value::<Placement>(value.clone()).unwrap(),
            plain
        );

        let ended = Placement {
            state: PlacementState::Revoked,
            expires: Some("1800000000:1".parse().unwrap()),
            ..plain
        };
        value["state"] = json!("revoked");
        value["expires"] = json!("1800000000:1");
        assert_eq!(serde_json::to_value(&ended).unwrap(), value);
        assert_eq!(
            serde_json::from_value::<Placement>(value.clone()).unwrap(),
            ended
        );

        value["state"] = json!("Live");
        serde_json::from_value::<Placement>(value.clone()).unwrap_err();
        value["state"] = json!("live");
        value["id"] = json!("23456789ABC8");
        let refused = serde_json::from_value::<Placement>(value).unwrap_err();
        assert!(refused.to_string().contains("typing error"), "{refused}");
    }
}
