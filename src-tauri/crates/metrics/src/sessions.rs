//! Events gathered by session: the one fold behind every number.

use std::collections::{BTreeMap, HashMap};

use record::{DeviceType, ViewEvent};

/// What one session did. Folding the same event again changes nothing, and no order matters: every
/// field is a maximum, a minimum or an "ever".
#[derive(Clone, Debug, Default)]
pub(crate) struct Session<'e> {
    /// What was reported, by sequence number.
    pub(crate) reports: BTreeMap<u64, Report>,
    /// The largest running total.
    total_ms: Option<u64>,
    /// The furthest position.
    pub(crate) furthest_ms: u64,
    /// The media's duration.
    pub(crate) length_ms: u64,
    /// How long the media took to start.
    pub(crate) delay_ms: Option<u64>,
    /// The printed code and its place, as the record said.
    pub(crate) code: Option<(&'e str, &'e str)>,
    /// Kind of device, system and browser; empty when unknown.
    pub(crate) device: (&'e str, &'e str, &'e str),
}

/// What the events with one sequence number say: an event that came twice is one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    /// When it was made.
    pub(crate) at: i64,
    /// The session began to play.
    pub(crate) began: bool,
    /// The player failed.
    pub(crate) failed: bool,
    /// A printed code was scanned.
    pub(crate) scan: bool,
    /// Milliseconds watched since the report before.
    pub(crate) watch_ms: Option<u64>,
    /// The playhead.
    pub(crate) pos_ms: Option<u64>,
    /// Milliseconds of starvation.
    pub(crate) stalled_ms: u64,
}

impl<'e> Session<'e> {
    fn fold(&mut self, event: &'e ViewEvent) {
        let report = self.reports.entry(event.seq).or_insert_with(|| Report {
            at: event.ts,
            ..Report::default()
        });
        report.at = report.at.min(event.ts);
        report.began |= event.event == "ps" && event.state == "s";
        report.failed |= event.event == "e";
        report.scan |= event.qr_scan;
        report.watch_ms = report.watch_ms.max(event.watch_ms);
        report.pos_ms = report.pos_ms.max(event.pos_ms);
        report.stalled_ms = report.stalled_ms.max(event.bsd_ms.unwrap_or(0));
        self.total_ms = self.total_ms.max(event.watch_total_ms);
        self.furthest_ms = self.furthest_ms.max(event.pos_ms.unwrap_or(0));
        self.length_ms = self.length_ms.max(event.dur_ms.unwrap_or(0));
        self.delay_ms = match (self.delay_ms, event.msd_ms) {
            (Some(known), Some(new)) => Some(known.min(new)),
            (known, new) => known.or(new),
        };
        if !event.short_id.is_empty() {
            let code = (event.short_id.as_str(), event.placement.as_str());
            self.code = self.code.max(Some(code));
        }
        let device = (word(event.device_type), &*event.os, &*event.browser);
        self.device = self.device.max(device);
    }

    /// When it first began to play; `None` when it never did.
    pub(crate) fn viewed_at(&self) -> Option<i64> {
        let began = self.reports.values().filter(|report| report.began);
        began.map(|report| report.at).min()
    }

    /// It began to play.
    pub(crate) fn viewed(&self) -> bool {
        self.reports.values().any(|report| report.began)
    }

    /// Milliseconds watched: the running total outlives lost reports.
    pub(crate) fn watch_ms(&self) -> u64 {
        let reported = || {
            let watched = self.reports.values().filter_map(|report| report.watch_ms);
            watched.fold(0, u64::saturating_add)
        };
        self.total_ms.unwrap_or_else(reported)
    }

    /// Pictures moved.
    pub(crate) fn played(&self) -> bool {
        self.delay_ms.is_some() || self.watch_ms() > 0
    }

    /// It came from a phone or a tablet.
    pub(crate) fn mobile(&self) -> bool {
        matches!(self.device.0, "mobile" | "tablet")
    }

    /// The player failed.
    pub(crate) fn failed(&self) -> bool {
        self.reports.values().any(|report| report.failed)
    }

    /// How often a printed code was scanned.
    pub(crate) fn scans(&self) -> u64 {
        self.reports.values().filter(|report| report.scan).count() as u64
    }

    /// Milliseconds of starvation.
    pub(crate) fn stalled_ms(&self) -> u64 {
        let stalls = self.reports.values().map(|report| report.stalled_ms);
        stalls.fold(0, u64::saturating_add)
    }
}

/// As the column says it; empty when unknown.
const fn word(device: DeviceType) -> &'static str {
    match device {
        DeviceType::Mobile => "mobile",
        DeviceType::Tablet => "tablet",
        DeviceType::Desktop => "desktop",
        DeviceType::Tv => "tv",
        DeviceType::Unknown => "",
    }
}

/// Sessions by their id.
pub(crate) fn sessions<'e>(
    events: impl IntoIterator<Item = &'e ViewEvent>,
) -> HashMap<&'e str, Session<'e>> {
    let mut sessions: HashMap<&str, Session<'e>> = HashMap::new();
    for event in events {
        sessions
            .entry(event.session_id.as_str())
            .or_default()
            .fold(event);
    }
    sessions
}
