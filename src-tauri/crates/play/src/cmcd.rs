//! One line of a CMCD event report (CTA-5004-B): a structured-field dictionary (RFC 9651).
//!
//! Unknown keys are dropped, wrong values of known ones as well; what identifies the event must be
//! there and be right, or the line is refused.

use record::{DeviceType, ShortId, ViewEvent};
use sfv::{BareItem, Dictionary, ListEntry, Parser};
use uuid::Uuid;

use crate::device::Device;

/// A phone's clock may be wrong; what it says is believed this far, in milliseconds.
const CLOCK_ERROR_MS: i64 = 5 * 60_000;

/// A week: no session is longer, and no sum of such values overflows.
const LONGEST_MS: u64 = 7 * 24 * 3_600_000;

/// Event types of CTA-5004-B.
const EVENTS: [&str; 18] = [
    "abe", "abs", "ae", "as", "b", "bc", "c", "ce", "e", "h", "m", "pc", "pe", "pr", "ps", "sk",
    "t", "um",
];
const STATES: [&str; 9] = ["a", "d", "e", "f", "k", "p", "q", "r", "s"];
const SOURCES: [&str; 3] = ["qr", "link", "embed"];

/// Why a line is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LineError {
    #[error("the line is no structured-field dictionary")]
    Syntax,
    #[error("`{0}` is missing or wrong")]
    Key(&'static str),
}

/// A line that was read. What it says of the printed code is still to be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Everything the line itself tells; `recv_ts`, the placement and the device are still empty.
    pub(crate) event: ViewEvent,
    pub(crate) compilation: Uuid,
    pub(crate) code: Option<ShortId>,
    /// The page saw a touch screen.
    pub(crate) touch: bool,
}

/// The names of our own keys: `{prefix}-wd` and so on.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    prefix: String,
}

impl Keys {
    /// `None` when CMCD keys can't begin so.
    pub(crate) fn new(prefix: &str) -> Option<Self> {
        let starts = prefix.starts_with(|c: char| c.is_ascii_lowercase());
        let plain = prefix
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.');
        (starts && plain && prefix.len() <= 48).then(|| Self {
            prefix: prefix.to_owned(),
        })
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Reads one line.
    pub(crate) fn line(&self, text: &str) -> Result<Line, LineError> {
        let dictionary = Parser::new(text)
            .parse::<Dictionary>()
            .map_err(|_| LineError::Syntax)?;
        let get = |key: &str| Value(dictionary.get(key));
        let own = |key: &str| Value(dictionary.get(format!("{}-{key}", self.prefix).as_str()));

        let event = one_of(get("e").name(), &EVENTS).ok_or(LineError::Key("e"))?;
        let session_id = get("sid")
            .text(64)
            .filter(|sid| is_session_id(sid))
            .ok_or(LineError::Key("sid"))?;
        let compilation = get("cid")
            .text(128)
            .and_then(|cid| Uuid::try_parse(&cid).ok())
            .ok_or(LineError::Key("cid"))?;
        let ts = get("ts").integer().ok_or(LineError::Key("ts"))?;
        if get("v").integer() != Some(2) {
            return Err(LineError::Key("v"));
        }
        let state = one_of(get("sta").name(), &STATES).unwrap_or_default();
        if event == "ps" && state.is_empty() {
            return Err(LineError::Key("sta"));
        }
        let cen = get("cen").text(64).unwrap_or_default();
        let millis = |value: Value<'_>| value.millis();
        Ok(Line {
            compilation,
            code: own("code").text(16).and_then(|code| code.parse().ok()),
            touch: own("touch").flag(),
            event: ViewEvent {
                ts,
                recv_ts: 0,
                qr_scan: event == "ce" && cen == "qr-scan",
                event: event.to_owned(),
                state: state.to_owned(),
                cen,
                session_id,
                video_id: compilation.to_string(),
                // Without a sequence number two events of one millisecond are one.
                seq: get("sn").unsigned().unwrap_or(ts.unsigned_abs()),
                pos_ms: millis(get("pt")),
                dur_ms: millis(own("dur")),
                watch_ms: millis(own("wd")),
                watch_total_ms: millis(own("wt")),
                msd_ms: millis(get("msd")),
                bsd_ms: millis(get("bsd")),
                bg: get("bg").flag(),
                error_code: get("ec").text(64).unwrap_or_default(),
                src: one_of(own("src").name(), &SOURCES)
                    .unwrap_or_default()
                    .to_owned(),
                short_id: String::new(),
                placement: String::new(),
                device_type: DeviceType::Unknown,
                os: String::new(),
                browser: String::new(),
                cmcd_version: 2,
            },
        })
    }
}

impl Line {
    /// The event as it is stored, received at `recv_ms`.
    pub(crate) fn received(self, recv_ms: i64, device: Device) -> ViewEvent {
        ViewEvent {
            ts: self.event.ts.clamp(
                recv_ms.saturating_sub(CLOCK_ERROR_MS),
                recv_ms.saturating_add(CLOCK_ERROR_MS),
            ),
            recv_ts: recv_ms,
            device_type: device.kind,
            os: device.os.to_owned(),
            browser: device.browser.to_owned(),
            ..self.event
        }
    }
}

pub(crate) fn is_session_id(sid: &str) -> bool {
    (8..=64).contains(&sid.len())
        && sid
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn one_of(name: Option<&str>, names: &[&'static str]) -> Option<&'static str> {
    names.iter().find(|known| Some(**known) == name).copied()
}

/// A member of the dictionary, read as what the key should hold.
#[derive(Clone, Copy)]
struct Value<'d>(Option<&'d ListEntry>);

impl<'d> Value<'d> {
    /// The item, or the first of an inner list.
    fn item(self) -> Option<&'d BareItem> {
        match self.0? {
            ListEntry::Item(item) => Some(&item.bare_item),
            ListEntry::InnerList(list) => list.items.first().map(|item| &item.bare_item),
        }
    }

    /// A number, also one in quotes: not every sender writes numbers into keys of its own.
    fn integer(self) -> Option<i64> {
        let item = self.item()?;
        item.as_integer()
            .map(i64::from)
            .or_else(|| item.as_string()?.as_str().parse().ok())
    }

    fn unsigned(self) -> Option<u64> {
        u64::try_from(self.integer()?).ok()
    }

    /// A duration in milliseconds; an inner list (`bsd`) counts in all.
    fn millis(self) -> Option<u64> {
        let total = match self.0? {
            ListEntry::Item(_) => self.unsigned()?,
            ListEntry::InnerList(list) => list.items.iter().try_fold(0_u64, |sum, item| {
                let each = u64::try_from(i64::from(item.bare_item.as_integer()?)).ok()?;
                sum.checked_add(each)
            })?,
        };
        (total <= LONGEST_MS).then_some(total)
    }

    /// A token or a string, as senders differ.
    fn name(self) -> Option<&'d str> {
        let item = self.item()?;
        item.as_token()
            .map(|token| token.as_str())
            .or_else(|| item.as_string().map(|text| text.as_str()))
    }

    fn text(self, longest: usize) -> Option<String> {
        self.name()
            .filter(|text| !text.is_empty() && text.len() <= longest)
            .map(str::to_owned)
    }

    fn flag(self) -> bool {
        self.item().and_then(BareItem::as_boolean) == Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CID: &str = "5b2f3c04-4b39-5a0e-9f0d-1d7c6a1f2e33";

    fn keys() -> Keys {
        Keys::new("com.stringout").unwrap()
    }

    fn read(line: &str) -> Result<Line, LineError> {
        keys().line(&line.replace("CID", CID))
    }

    #[test]
    fn a_report_of_the_page() {
        let line = read(
            r#"bg,bsd=(300 40;v),cid="CID",com.stringout-code="2222-2222-2222",com.stringout-dur=12000,com.stringout-src="qr",com.stringout-touch,com.stringout-wd=577,com.stringout-wt=6577,e=ps,msd=15,pt=6801,sf=o,sid="9b7f4a56-aa",sn=7,st=v,sta=p,ts=1795363908680,v=2"#,
        )
        .unwrap();
        assert_eq!(line.compilation.to_string(), CID);
        assert_eq!(
            line.code.as_ref().map(ToString::to_string).as_deref(),
            Some("222222222222")
        );
        assert!(line.touch);
        let phone = Device {
            kind: DeviceType::Mobile,
            os: "ios",
            browser: "safari",
            robot: false,
        };
        assert_eq!(
            line.received(1_795_363_908_700, phone),
            ViewEvent {
                ts: 1_795_363_908_680,
                recv_ts: 1_795_363_908_700,
                event: "ps".to_owned(),
                state: "p".to_owned(),
                session_id: "9b7f4a56-aa".to_owned(),
                video_id: CID.to_owned(),
                seq: 7,
                pos_ms: Some(6801),
                dur_ms: Some(12_000),
                watch_ms: Some(577),
                watch_total_ms: Some(6577),
                msd_ms: Some(15),
                bsd_ms: Some(340),
                bg: true,
                src: "qr".to_owned(),
                device_type: DeviceType::Mobile,
                os: "ios".to_owned(),
                browser: "safari".to_owned(),
                cmcd_version: 2,
                ..ViewEvent::default()
            }
        );
    }

    #[test]
    fn numbers_may_stand_in_quotes() {
        let line =
            read(r#"cid="CID",com.stringout-wt="6577",e=t,sid="abcdefgh",sn=1,ts=1,v=2"#).unwrap();
        assert_eq!(line.event.watch_total_ms, Some(6577));
    }

    #[test]
    fn a_scan_is_one_custom_event() {
        let scan = r#"cen="qr-scan",cid="CID",e=ce,sid="abcdefgh",sn=0,ts=1,v=2"#;
        assert!(read(scan).unwrap().event.qr_scan);
        assert!(
            !read(&scan.replace("qr-scan", "qr-scam"))
                .unwrap()
                .event
                .qr_scan
        );
        assert!(!read(&scan.replace("e=ce", "e=t")).unwrap().event.qr_scan);
    }

    #[test]
    fn what_identifies_an_event_must_be_right() {
        let good = r#"cid="CID",e=ps,sid="abcdefgh",sn=1,sta=s,ts=1,v=2"#;
        assert!(read(good).is_ok());
        for (from, to, error) in [
            ("e=ps", "e=zz", LineError::Key("e")),
            ("e=ps,", "", LineError::Key("e")),
            ("sta=s", "sta=x", LineError::Key("sta")),
            ("v=2", "v=1", LineError::Key("v")),
            ("ts=1", "ts=1.5", LineError::Key("ts")),
            ("CID", "not-an-id", LineError::Key("cid")),
            ("abcdefgh", "short", LineError::Key("sid")),
            ("abcdefgh", "<script>alert(1)", LineError::Key("sid")),
            ("abcdefgh", &"a".repeat(65), LineError::Key("sid")),
            ("e=ps", "E=ps", LineError::Syntax),
            ("v=2", "v=2,,", LineError::Syntax),
            ("v=2", "v=\"", LineError::Syntax),
        ] {
            assert_eq!(read(&good.replace(from, to)), Err(error), "{from} -> {to}");
        }
        assert_eq!(keys().line("{\"e\":\"ps\"}"), Err(LineError::Syntax));
    }

    #[test]
    fn unknown_keys_and_wrong_values_of_known_ones_are_dropped() {
        let line = read(
            r#"br=(3200;v),cid="CID",com.other-wt=9,com.stringout-src="mars",com.stringout-wd=-5,com.stringout-wt=999999999999,e=t,pt="x",sid="abcdefgh",ts=44,v=2,x=1"#,
        )
        .unwrap();
        let expected = ViewEvent {
            ts: 44,
            event: "t".to_owned(),
            session_id: "abcdefgh".to_owned(),
            video_id: CID.to_owned(),
            seq: 44,
            cmcd_version: 2,
            ..ViewEvent::default()
        };
        assert_eq!(line.event, expected);
    }

    #[test]
    fn a_wrong_clock_is_brought_near_ours() {
        let recv = 1_795_363_908_000;
        for (ts, kept) in [
            (0, recv - 300_000),
            (recv - 1, recv - 1),
            (recv + 900_000, recv + 300_000),
        ] {
            let line = read(&format!(r#"cid="CID",e=t,sid="abcdefgh",sn=1,ts={ts},v=2"#)).unwrap();
            assert_eq!(line.received(recv, Device::default()).ts, kept);
        }
    }

    #[test]
    fn a_prefix_must_begin_keys() {
        assert!(Keys::new("com.example").is_some());
        for wrong in [
            "",
            "Com.example",
            "com.example-",
            ".com",
            "com example",
            "9.com",
            &"a".repeat(49),
        ] {
            assert!(Keys::new(wrong).is_none(), "{wrong}");
        }
    }
}
