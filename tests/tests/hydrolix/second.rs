//! Every number a second time, from the events one by one: slow, plain, and without a line of what it
//! is compared with.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use record::{DeviceType, ViewEvent};

/// The events that are asked about, each once, by session and in order.
pub(crate) struct Second {
    pub(crate) sessions: BTreeMap<String, Vec<ViewEvent>>,
}

impl Second {
    pub(crate) fn of(events: &[ViewEvent], video: &str, from_ms: i64, to_ms: i64) -> Self {
        let mut sessions: BTreeMap<String, BTreeMap<u64, ViewEvent>> = BTreeMap::new();
        for event in events {
            if event.video_id == video && event.ts >= from_ms && event.ts < to_ms {
                let session = sessions.entry(event.session_id.clone()).or_default();
                session.insert(event.seq, event.clone());
            }
        }
        let ordered = sessions.into_iter();
        Self {
            sessions: ordered
                .map(|(id, events)| (id, events.into_values().collect()))
                .collect(),
        }
    }

    pub(crate) fn count(&self, is: impl Fn(&[ViewEvent]) -> bool) -> u64 {
        self.sessions.values().filter(|events| is(events)).count() as u64
    }

    pub(crate) fn sum(&self, of: impl Fn(&[ViewEvent]) -> u64) -> u64 {
        self.sessions.values().map(|events| of(events)).sum()
    }

    /// Sorted start delays, and the one with index ⌊n·p⌋.
    pub(crate) fn startup(&self, hundredths: usize) -> Option<u64> {
        let mut delays: Vec<u64> = self
            .sessions
            .values()
            .filter_map(|events| events.iter().filter_map(|e| e.msd_ms).min())
            .collect();
        delays.sort_unstable();
        delays.get(delays.len() * hundredths / 100).copied()
    }

    /// Sessions that got this far, in percent of the media.
    pub(crate) fn reached(&self, percent: u64) -> u64 {
        self.count(|events| {
            let far = events.iter().filter_map(|e| e.pos_ms).max().unwrap_or(0);
            let length = events.iter().filter_map(|e| e.dur_ms).max().unwrap_or(0);
            far > 0 && length > 0 && far * 100 >= length * percent
        })
    }

    /// `(views, scans, watched)` by step.
    pub(crate) fn series(&self, from_ms: i64, step_ms: i64) -> BTreeMap<i64, (u64, u64, u64)> {
        let mut steps: BTreeMap<i64, (u64, u64, u64)> = BTreeMap::new();
        for events in self.sessions.values() {
            let step = |event: &ViewEvent| (event.ts - from_ms) / step_ms;
            let first = events.iter().filter(|e| began(e)).min_by_key(|e| e.ts);
            if let Some(first) = first {
                steps.entry(step(first)).or_default().0 += 1;
            }
            for event in events {
                let counts = steps.entry(step(event)).or_default();
                counts.1 += u64::from(event.qr_scan);
                counts.2 += event.watch_ms.unwrap_or(0);
            }
        }
        steps
    }

    /// `(sessions, plays)` by bucket of the media, and how many watched anything.
    pub(crate) fn retention(&self, bucket_ms: u64) -> (u64, BTreeMap<u64, (u64, u64)>) {
        let mut buckets: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
        let mut started = 0;
        for events in self.sessions.values() {
            let mut seen = BTreeSet::new();
            let mut any = false;
            for event in events {
                let (Some(pos), Some(watched)) = (event.pos_ms, event.watch_ms) else {
                    continue;
                };
                if watched == 0 {
                    continue;
                }
                any = true;
                let from = pos.saturating_sub(watched);
                let mut bucket = from / bucket_ms;
                while bucket * bucket_ms < pos {
                    buckets.entry(bucket).or_default().1 += 1;
                    seen.insert(bucket);
                    bucket += 1;
                }
            }
            started += u64::from(any);
            for bucket in seen {
                buckets.entry(bucket).or_default().0 += 1;
            }
        }
        (started, buckets)
    }

    /// `(sessions, scans, plays, watched, scanned, scanned and played)` by printed code.
    pub(crate) fn placements(&self) -> BTreeMap<(String, String), [u64; 6]> {
        let mut rows: BTreeMap<(String, String), [u64; 6]> = BTreeMap::new();
        for events in self.sessions.values() {
            let first = &events[0];
            if first.short_id.is_empty() {
                continue;
            }
            let key = (first.short_id.clone(), first.placement.clone());
            let scans = events.iter().filter(|e| e.qr_scan).count() as u64;
            let play = u64::from(played(events));
            let scanned = u64::from(scans > 0);
            let row = rows.entry(key).or_default();
            let add = [1, scans, play, watched(events), scanned, scanned * play];
            for (sum, add) in row.iter_mut().zip(add) {
                *sum += add;
            }
        }
        rows
    }

    /// Sessions by kind of device, system and browser.
    pub(crate) fn devices(&self) -> HashMap<(String, String, String), u64> {
        let mut rows = HashMap::new();
        for events in self.sessions.values() {
            let first = &events[0];
            let kind = match first.device_type {
                DeviceType::Mobile => "mobile",
                DeviceType::Tablet => "tablet",
                DeviceType::Desktop => "desktop",
                DeviceType::Tv => "tv",
                DeviceType::Unknown => "",
            };
            let key = (kind.to_owned(), first.os.clone(), first.browser.clone());
            *rows.entry(key).or_default() += 1;
        }
        rows
    }

    /// Sessions that play at `now_ms`.
    pub(crate) fn playing(&self, now_ms: i64) -> u64 {
        self.count(|events| {
            let state = events.iter().rev().find(|e| !e.state.is_empty());
            let state = state.map_or("", |e| e.state.as_str());
            let received = events.iter().map(|e| e.recv_ts).max().unwrap_or(0);
            matches!(state, "p" | "r" | "k") && received >= now_ms - 35_000
        })
    }
}

pub(crate) fn began(event: &ViewEvent) -> bool {
    event.event == "ps" && event.state == "s"
}

pub(crate) fn watched(events: &[ViewEvent]) -> u64 {
    let total = events.iter().filter_map(|e| e.watch_total_ms).max();
    total.unwrap_or_else(|| events.iter().filter_map(|e| e.watch_ms).sum())
}

pub(crate) fn played(events: &[ViewEvent]) -> bool {
    watched(events) > 0 || events.iter().any(|e| e.msd_ms.is_some())
}

pub(crate) fn mobile(events: &[ViewEvent]) -> bool {
    matches!(
        events[0].device_type,
        DeviceType::Mobile | DeviceType::Tablet
    )
}

/// In percent, to a tenth.
pub(crate) fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (1000.0 * part as f64 / whole as f64).round() / 10.0)
}
