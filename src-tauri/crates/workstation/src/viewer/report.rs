//! Reports as the play page makes them: CMCD version 2, event mode (CTA-5004-B), each a
//! structured-field dictionary on a line (RFC 9651).
//!
//! Our own keys stand under the prefix that the session names: `-wd` milliseconds watched since the
//! last report, `-wt` in all, `-src` how the viewer came, `-code` the printed code, `-dur` the
//! video's duration, `-touch` a touch screen.

use crate::Failure;
use sfv::{BareItem, DictSerializer, Integer, Key, KeyRef, StringRef, TokenRef};
use uuid::Uuid;

/// What a session's reports have in common.
pub(super) struct Reports {
    pub(super) compilation: Uuid,
    pub(super) prefix: String,
    /// The printed code without its dashes, when one was scanned.
    pub(super) code: Option<String>,
    pub(super) duration_ms: u64,
    pub(super) touch: bool,
    session: Uuid,
    next: u64,
    /// Milliseconds that reports have told so far.
    told_ms: u64,
    state: Option<&'static str>,
}

/// What is reported.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    /// The page was opened by scanning a printed code.
    Scanned,
    /// The player's new state: CMCD `sta`.
    State(&'static str),
    /// The first picture came this many milliseconds after the tap; the player plays.
    Started(u64),
    /// Time has passed.
    Interval,
    /// The page went out of sight.
    Hidden,
}

/// When it is reported.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// Milliseconds since the Unix epoch.
    pub(super) ts_ms: i64,
    /// Milliseconds watched so far, which is where the player is: nobody seeks.
    pub(super) watched_ms: u64,
}

impl Reports {
    pub(super) fn new(session: Uuid, compilation: Uuid) -> Self {
        Self {
            compilation,
            prefix: String::new(),
            code: None,
            duration_ms: 0,
            touch: false,
            session,
            next: 0,
            told_ms: 0,
            state: None,
        }
    }

    /// The next line.
    ///
    /// # Errors
    /// The prefix can't begin keys.
    pub(super) fn line(&mut self, event: Event, moment: Moment) -> Result<String, Failure> {
        let mut line = Line(Vec::new());
        let name = match event {
            Event::Scanned => {
                line.text("cen", "qr-scan")?;
                "ce"
            }
            Event::State(state) => {
                self.state = Some(state);
                "ps"
            }
            Event::Started(delay_ms) => {
                self.state = Some("p");
                line.number("msd", delay_ms)?;
                "ps"
            }
            Event::Interval => "t",
            Event::Hidden => {
                line.put("bg", true)?;
                "b"
            }
        };
        line.token("e", name)?;
        if let Some(state) = self.state {
            line.token("sta", state)?;
        }
        line.number("v", 2)?;
        line.token("sf", "o")?;
        line.token("st", "v")?;
        line.text("cid", &self.compilation.to_string())?;
        line.text("sid", &self.session.to_string())?;
        line.number("sn", self.next)?;
        line.number("ts", u64::try_from(moment.ts_ms).unwrap_or_default())?;
        line.number("pt", moment.watched_ms)?;
        self.own_keys(&mut line, moment.watched_ms)?;
        self.next += 1;
        self.told_ms = moment.watched_ms;
        Ok(line.finish())
    }

    fn own_keys(&self, line: &mut Line, watched_ms: u64) -> Result<(), Failure> {
        let own = |key: &str| format!("{}-{key}", self.prefix);
        line.number(&own("wd"), watched_ms.saturating_sub(self.told_ms))?;
        line.number(&own("wt"), watched_ms)?;
        line.number(&own("dur"), self.duration_ms)?;
        line.text(&own("src"), if self.code.is_some() { "qr" } else { "link" })?;
        if let Some(code) = &self.code {
            line.text(&own("code"), code)?;
        }
        if self.touch {
            line.put(&own("touch"), true)?;
        }
        Ok(())
    }
}

/// A dictionary in the making.
struct Line(Vec<(Key, BareItem)>);

impl Line {
    fn put(&mut self, key: &str, value: impl Into<BareItem>) -> Result<(), Failure> {
        let key = KeyRef::from_str(key).map_err(Failure::internal)?;
        self.0.push((key.to_owned(), value.into()));
        Ok(())
    }

    fn text(&mut self, key: &str, value: &str) -> Result<(), Failure> {
        self.put(key, StringRef::from_str(value).map_err(Failure::internal)?)
    }

    fn token(&mut self, key: &str, value: &str) -> Result<(), Failure> {
        self.put(key, TokenRef::from_str(value).map_err(Failure::internal)?)
    }

    fn number(&mut self, key: &str, value: u64) -> Result<(), Failure> {
        self.put(key, Integer::try_from(value).map_err(Failure::internal)?)
    }

    /// CMCD wants its keys in order.
    fn finish(mut self) -> String {
        self.0.sort_by(|(a, _), (b, _)| a.as_str().cmp(b.as_str()));
        let mut text = DictSerializer::new();
        for (key, value) in &self.0 {
            text.bare_item(key, value);
        }
        text.finish().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_the_page() {
        let mut reports = Reports::new(Uuid::from_u128(1), Uuid::from_u128(2));
        reports.prefix = "com.example".to_owned();
        reports.code = Some("23456789ABC7".to_owned());
        reports.duration_ms = 12_000;
        reports.touch = true;
        let mut line = |event, watched_ms| {
            let ts_ms = 1_795_348_800_000;
            reports.line(event, Moment { ts_ms, watched_ms }).unwrap()
        };
        assert_eq!(
            line(Event::Scanned, 0),
            "cen=\"qr-scan\", cid=\"00000000-0000-0000-0000-000000000002\", \
             com.example-code=\"23456789ABC7\", com.example-dur=12000, com.example-src=\"qr\", \
             com.example-touch, com.example-wd=0, com.example-wt=0, e=ce, pt=0, sf=o, \
             sid=\"00000000-0000-0000-0000-000000000001\", sn=0, st=v, ts=1795348800000, v=2"
        );
        assert!(line(Event::Started(80), 0).contains(" e=ps, msd=80, pt=0, "));
        let later = line(Event::Interval, 1_000);
        assert!(
            later.contains("com.example-wd=1000, com.example-wt=1000, e=t, "),
            "{later}"
        );
        assert!(later.contains("sn=2, st=v, sta=p, "), "{later}");
        let last = line(Event::Hidden, 1_400);
        assert!(last.starts_with("bg, "), "{last}");
        assert!(
            last.contains("com.example-wd=400, com.example-wt=1400, e=b, "),
            "{last}"
        );
    }

    #[test]
    fn a_prefix_from_outside_can_begin_no_other_key() {
        let mut reports = Reports::new(Uuid::from_u128(1), Uuid::from_u128(2));
        reports.prefix = "com.example,e=ce".to_owned();
        let moment = Moment {
            ts_ms: 0,
            watched_ms: 0,
        };
        assert!(reports.line(Event::Interval, moment).is_err());
    }
}
