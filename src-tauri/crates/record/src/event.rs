//! View events: what a player page reported, one per CMCD event.
//!
//! The field names are the columns of the collector's table (CTA-5004-B event mode, decoded). No
//! user agent, address or other personal datum is kept; see `DeviceType`.

use serde::{Deserialize, Serialize};

/// One event of one playback session, as the collector stores it (one JSON object a line).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ViewEvent {
    /// When it happened: milliseconds since the Unix epoch by the phone's clock, clamped to
    /// `recv_ts` ± 5 minutes.
    pub ts: i64,
    /// When the collector received it: milliseconds since the Unix epoch by our clock.
    pub recv_ts: i64,
    /// CMCD `e`: `ps`, `t`, `e`, `ce`, `b`, …
    pub event: String,
    /// CMCD `sta`: `s p k r a e f q d`; empty when absent.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub state: String,
    /// CMCD `cen`, the custom event's name; empty when absent.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cen: String,
    /// CMCD `sid`: random per playback, never stored on the device.
    pub session_id: String,
    /// CMCD `cid`: the compilation's id.
    pub video_id: String,
    /// CMCD `sn`: sequence number within the session; with `session_id` it identifies the event.
    pub seq: u64,
    /// CMCD `pt`: playhead in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pos_ms: Option<u64>,
    /// Duration of the media in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dur_ms: Option<u64>,
    /// Milliseconds watched since the session's last report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watch_ms: Option<u64>,
    /// Milliseconds watched in the session so far: loss-proof, as its maximum is the total.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watch_total_ms: Option<u64>,
    /// CMCD `msd`: media start delay in milliseconds, once per session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub msd_ms: Option<u64>,
    /// CMCD `bsd`: buffer starvation in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bsd_ms: Option<u64>,
    /// CMCD `bg`: the page was in the background.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub bg: bool,
    /// CMCD `ec`: the first error code; empty when absent.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub error_code: String,
    /// How the viewer came: `qr`, `link` or `embed`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub src: String,
    /// The printed code's short id when `src` is `qr`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub short_id: String,
    /// Where the code hangs (`Placement::placement`); empty when unknown.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub placement: String,
    /// The page was opened by scanning a printed code (`cen="qr-scan"`).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub qr_scan: bool,
    /// Derived from the user agent, which is then dropped.
    pub device_type: DeviceType,
    /// Operating system family, for example `ios`; empty when unknown.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub os: String,
    /// Browser family, for example `safari`; empty when unknown.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub browser: String,
    /// CMCD `v`.
    pub cmcd_version: u8,
}

/// What kind of device the viewer used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceType {
    /// A phone.
    Mobile,
    /// A tablet.
    Tablet,
    /// A computer.
    Desktop,
    /// A television or a box beside one.
    Tv,
    /// The user agent did not tell.
    #[default]
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_full_event_has_these_columns() {
        let event = ViewEvent {
            ts: 1_800_000_000_000,
            recv_ts: 1_800_000_000_250,
            event: "ps".to_owned(),
            state: "p".to_owned(),
            cen: "qr-scan".to_owned(),
            session_id: "s1".to_owned(),
            video_id: "v1".to_owned(),
            seq: 7,
            pos_ms: Some(1_500),
            dur_ms: Some(10_000),
            watch_ms: Some(1_000),
            watch_total_ms: Some(1_400),
            msd_ms: Some(320),
            bsd_ms: Some(40),
            bg: true,
            error_code: "3".to_owned(),
            src: "qr".to_owned(),
            short_id: "23456789ABC7".to_owned(),
            placement: "Lobby".to_owned(),
            qr_scan: true,
            device_type: DeviceType::Mobile,
            os: "ios".to_owned(),
            browser: "safari".to_owned(),
            cmcd_version: 2,
        };
        let value = json!({
            "ts": 1_800_000_000_000_i64,
            "recv_ts": 1_800_000_000_250_i64,
            "event": "ps",
            "state": "p",
            "cen": "qr-scan",
            "session_id": "s1",
            "video_id": "v1",
            "seq": 7,
            "pos_ms": 1500,
            "dur_ms": 10000,
            "watch_ms": 1000,
            "watch_total_ms": 1400,
            "msd_ms": 320,
            "bsd_ms": 40,
            "bg": true,
            "error_code": "3",
            "src": "qr",
            "short_id": "23456789ABC7",
            "placement": "Lobby",
            "qr_scan": true,
            "device_type": "mobile",
            "os": "ios",
            "browser": "safari",
            "cmcd_version": 2,
        });
        assert_eq!(serde_json::to_value(&event).unwrap(), value);
        assert_eq!(serde_json::from_value::<ViewEvent>(value).unwrap(), event);
    }

    #[test]
    fn what_an_event_lacks_is_left_out() {
        let event = ViewEvent {
            ts: -1,
            recv_ts: 0,
            event: "t".to_owned(),
            session_id: "s1".to_owned(),
            video_id: "v1".to_owned(),
            pos_ms: Some(0),
            cmcd_version: 2,
            ..ViewEvent::default()
        };
        let value = json!({
            "ts": -1,
            "recv_ts": 0,
            "event": "t",
            "session_id": "s1",
            "video_id": "v1",
            "seq": 0,
            "pos_ms": 0,
            "device_type": "unknown",
            "cmcd_version": 2,
        });
        assert_eq!(
            serde_json::to_value(&event).unwrap(),
            value,
            "0 is a value, absent is none"
        );
        assert_eq!(serde_json::from_value::<ViewEvent>(value).unwrap(), event);
    }

    #[test]
    fn a_line_of_another_version_is_still_read() {
        let read: ViewEvent = serde_json::from_str(r#"{"event":"e","new_column":[1]}"#).unwrap();
        assert_eq!(
            read,
            ViewEvent {
                event: "e".to_owned(),
                ..ViewEvent::default()
            }
        );
    }

    #[test]
    fn an_event_is_one_line() {
        let event = ViewEvent {
            placement: "Lobby\nleft".to_owned(),
            ..ViewEvent::default()
        };
        assert!(!serde_json::to_string(&event).unwrap().contains('\n'));
    }

    #[test]
    fn device_types_are_lower_case_words() {
        let types = [
            (DeviceType::Mobile, "mobile"),
            (DeviceType::Tablet, "tablet"),
            (DeviceType::Desktop, "desktop"),
            (DeviceType::Tv, "tv"),
            (DeviceType::Unknown, "unknown"),
        ];
        for (device, word) in types {
            assert_eq!(serde_json::to_value(device).unwrap(), json!(word));
            assert_eq!(
                serde_json::from_value::<DeviceType>(json!(word)).unwrap(),
                device
            );
        }
    }
}
