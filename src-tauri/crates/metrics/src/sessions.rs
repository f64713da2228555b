//! Events gathered by session: the one fold behind every number.

use std::collections::{BTreeMap, HashMap};

use record::{DeviceType, ViewEvent};

/// What one session did. Folding the same event again changes nothing, and no order matters: every
/// field is a maximum, a minimum or an "ever".
#[derive(Clone, Debug, Default)]
pub(crate) struct Session {
    /// It began to play.
    pub(crate) viewed: bool,
    /// Its first report of beginning to play.
    pub(crate) viewed_at: Option<i64>,
    /// It came from a phone or a tablet.
    pub(crate) mobile: bool,
    /// A start delay was measured.
    pub(crate) had_delay: bool,
    /// Scans by sequence number, and when.
    pub(crate) scans: BTreeMap<u64, i64>,
    /// Milliseconds watched by sequence number of the report, and when it was made.
    pub(crate) watched: BTreeMap<u64, (u64, i64)>,
    /// The largest running total.
    total_ms: Option<u64>,
    pub(crate) furthest_ms: u64,
    pub(crate) length_ms: u64,
    /// The printed code and its place, as the record said.
    pub(crate) code: Option<(String, String)>,
}

impl Session {
    fn fold(&mut self, event: &ViewEvent) {
        if event.event == "ps" && event.state == "s" {
            self.viewed = true;
            self.viewed_at = Some(self.viewed_at.map_or(event.ts, |at| at.min(event.ts)));
        }
        self.mobile |= matches!(event.device_type, DeviceType::Mobile | DeviceType::Tablet);
        self.had_delay |= event.msd_ms.is_some();
        if event.qr_scan {
            let at = self.scans.entry(event.seq).or_insert(event.ts);
            *at = (*at).min(event.ts);
        }
        if let Some(ms) = event.watch_ms {
            let (watched, at) = self.watched.entry(event.seq).or_insert((ms, event.ts));
            *watched = (*watched).max(ms);
            *at = (*at).min(event.ts);
        }
        self.total_ms = self.total_ms.max(event.watch_total_ms);
        self.furthest_ms = self.furthest_ms.max(event.pos_ms.unwrap_or(0));
        self.length_ms = self.length_ms.max(event.dur_ms.unwrap_or(0));
        if !event.short_id.is_empty() {
            let code = (event.short_id.clone(), event.placement.clone());
            self.code = self.code.take().max(Some(code));
        }
    }

    /// Milliseconds watched: the running total outlives lost reports.
    pub(crate) fn watch_ms(&self) -> u64 {
        self.total_ms
            .unwrap_or_else(|| self.watched.values().map(|(ms, _)| ms).sum())
    }

    /// Pictures moved.
    pub(crate) fn played(&self) -> bool {
        self.had_delay || self.watch_ms() > 0
    }
}

/// Sessions by their id.
pub(crate) fn sessions<'e>(
    events: impl IntoIterator<Item = &'e ViewEvent>,
) -> HashMap<&'e str, Session> {
    let mut sessions: HashMap<&str, Session> = HashMap::new();
    for event in events {
        sessions
            .entry(event.session_id.as_str())
            .or_default()
            .fold(event);
    }
    sessions
}
