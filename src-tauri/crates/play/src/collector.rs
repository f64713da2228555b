//! Takes CMCD reports and spools them as view events.

use std::collections::HashMap;

use bytes::Bytes;
use http::StatusCode;
use mediatime::Timestamp;
use record::{Placement, PlacementState, ShortId, ViewEvent};
use uuid::Uuid;

use crate::card::has_expired;
use crate::cmcd::{Keys, Line};
use crate::device::device;
use crate::session::Sessions;
use crate::{Placements, PlayError, PortError, Spool};

/// A report's body is no longer than this.
pub(crate) const BODY_BYTES: usize = 64 << 10;
/// Nor has it more lines.
pub(crate) const LINES: usize = 200;

/// Why a report was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("the report is no text in CMCD version 2, event mode (CTA-5004-B): {0}")]
    Malformed(&'static str),
    #[error("a report has at most {LINES} lines")]
    TooLong,
    #[error("this code was taken back; nothing more is counted for it")]
    Revoked,
    #[error("the records can't be read: {0}")]
    Records(PortError),
    #[error(transparent)]
    Spool(#[from] PlayError),
}

impl Refused {
    /// The page tries again after a 5xx, and stops for good after 410.
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Revoked => StatusCode::GONE,
            Self::Records(_) | Self::Spool(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// The lines of a body that can be read.
#[derive(Debug)]
pub(crate) struct Report {
    lines: Vec<Line>,
    /// Of the body, read or not; what the sender is charged for.
    pub(crate) cost: u32,
}

impl Report {
    /// Reads a body. Lines that can't be read are dropped, but not all of them.
    pub(crate) fn parse(body: &Bytes, keys: &Keys) -> Result<Self, Refused> {
        let text = str::from_utf8(body).map_err(|_| Refused::Malformed("it is not UTF-8"))?;
        let given: Vec<&str> = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .take(LINES + 1)
            .collect();
        if given.len() > LINES {
            return Err(Refused::TooLong);
        }
        let lines: Vec<Line> = given
            .iter()
            .filter_map(|line| keys.line(line).ok())
            .collect();
        if lines.is_empty() {
            return Err(Refused::Malformed("no line of it can be read"));
        }
        Ok(Self {
            lines,
            cost: given.len() as u32,
        })
    }
}

/// Where and when a report arrived, and from what.
pub(crate) struct Arrival<'a> {
    pub(crate) now: Timestamp,
    pub(crate) now_ms: i64,
    pub(crate) user_agent: &'a str,
}

/// Checks a report against the records, renews its sessions and writes it to the spool.
///
/// Blocks as the port and the disk do. When it returns, the events lie on the disk.
pub(crate) fn collect(
    report: Report,
    arrival: &Arrival<'_>,
    records: &dyn Placements,
    sessions: &Sessions,
    spool: &Spool,
) -> Result<(), Refused> {
    let mut known = Known {
        records,
        compilations: HashMap::new(),
        placements: HashMap::new(),
    };
    let mut events = Vec::with_capacity(report.lines.len());
    let mut revoked = false;
    for line in report.lines {
        let seen = device(arrival.user_agent, line.touch);
        if seen.robot || !known.compilation(line.compilation)? {
            continue;
        }
        let placement = known.placement(line.code.as_ref(), line.compilation)?;
        if placement
            .as_ref()
            .is_some_and(|placement| placement.state == PlacementState::Revoked)
        {
            revoked = true;
            continue;
        }
        let expired = placement
            .as_ref()
            .is_some_and(|placement| has_expired(placement, arrival.now));
        let is_scan = line.event.qr_scan;
        if is_scan && (placement.is_none() || expired) {
            continue;
        }
        if !expired {
            sessions.renew(&line.event.session_id, line.compilation, arrival.now_ms);
        }
        let mut event: ViewEvent = line.received(arrival.now_ms, seen);
        if let Some(placement) = placement {
            event.short_id = placement.id.to_string();
            event.placement = placement.placement;
        }
        events.push(event);
    }
    if revoked && events.is_empty() {
        return Err(Refused::Revoked);
    }
    Ok(spool.append(&events)?)
}

/// What was looked up for one report: its lines are about one video, mostly.
struct Known<'r> {
    records: &'r dyn Placements,
    compilations: HashMap<Uuid, bool>,
    placements: HashMap<ShortId, Option<Placement>>,
}

impl Known<'_> {
    fn compilation(&mut self, id: Uuid) -> Result<bool, Refused> {
        if let Some(known) = self.compilations.get(&id) {
            return Ok(*known);
        }
        let known = self
            .records
            .compilation(id)
            .map_err(Refused::Records)?
            .is_some();
        self.compilations.insert(id, known);
        Ok(known)
    }

    /// The printed code a line names, if it was printed for that compilation.
    fn placement(
        &mut self,
        code: Option<&ShortId>,
        compilation: Uuid,
    ) -> Result<Option<Placement>, Refused> {
        let Some(code) = code else { return Ok(None) };
        if !self.placements.contains_key(code) {
            let found = self.records.placement(code).map_err(Refused::Records)?;
            self.placements.insert(code.clone(), found);
        }
        let found = self.placements.get(code).cloned().flatten();
        Ok(found.filter(|placement| placement.compilation_id == compilation))
    }
}
