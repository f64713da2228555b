//! Pins: ranges of servers' flows that stay on this machine, and the rest of the media cache, which stays
//! within its budget.

use crate::reference::{At, place_and_id};
use crate::remotes::{FetchProgress, IndexFor, Place};
use crate::{Code, Failure, Workspace};
use mediatime::{Inclusivity, TimeRange, Timestamp};
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroU64;
use store::Pin;
use tams_model::Id;
use tokio_util::sync::CancellationToken;

/// Bytes of the media cache where the configuration says nothing.
const BUDGET: u64 = 100_000_000_000;
/// When it is full, so much of it is kept: what follows has room.
const KEPT_PERCENT: u64 = 90;
/// What was used within so many seconds is taken for in use.
const IN_USE: i64 = 3600;

/// A pin, and how much of it is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PinLine {
    /// The flow, `NAME/ID`.
    pub flow: String,
    /// On the flow's timeline.
    pub timerange: TimeRange,
    /// Objects in it, as far as its server listed them; `null` when it never did.
    pub objects: Option<usize>,
    /// Those that are here.
    pub here: usize,
    /// Bytes of all objects, about, where the server tells how large they are.
    pub bytes: Option<u64>,
    /// Bytes that still have to come, about.
    pub missing_bytes: Option<u64>,
}

impl PinLine {
    /// All of it is here.
    #[must_use]
    pub fn is_here(&self) -> bool {
        self.objects == Some(self.here)
    }
}

/// What was made room for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Trimmed {
    /// Objects that went.
    pub objects: u64,
    /// Bytes that went.
    pub bytes: u64,
}

impl Workspace {
    /// Wants a range of a flow on this machine: tells how much it is, then fetches what is not here. What is
    /// wanted stays wanted when the server can't be reached; [`keep_pins`](Self::keep_pins) brings it later.
    ///
    /// # Errors
    /// The flow is one of the local node, or unknown; `Unreachable`, with the pin kept.
    pub async fn pin(
        &self,
        flow: &str,
        range: TimeRange,
        told: &(dyn Fn(&PinLine) + Sync),
        progress: FetchProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<PinLine, Failure> {
        let (name, id) = self.remote_flow(flow)?;
        if range.is_empty() {
            return Err(Failure::bad_input(
                format!("the timerange {range} holds nothing"),
                "Name one with a length, such as `[0:0_10:0)`, or `_` for all of the flow.",
            ));
        }
        let pin = Pin {
            connection: name,
            flow_id: id,
            timerange: range,
            pinned: self.clock.now(),
        };
        let asked = self.ask(&pin, cancel).await;
        // A flow that its server does not know is no wish that could come true.
        if !matches!(&asked, Err(failure) if failure.code != Code::Unreachable) {
            self.work.pin(&pin.connection, id, range)?;
        }
        let places = asked.map_err(|failure| match failure.code {
            Code::Unreachable => Failure {
                hint: "It stays wanted: `stringout sync` brings it when the server answers."
                    .to_owned(),
                ..failure
            },
            _ => failure,
        })?;
        told(&self.line(&pin, Some(&places))?);
        self.bring(&places, progress, cancel).await?;
        self.trim_media()?;
        self.line(&pin, Some(&places))
    }

    /// No longer keeps a range of a flow; what is pinned beyond it stays. The media stay as well, until
    /// others need their room. Answers what is still pinned of the flow.
    ///
    /// # Errors
    /// The flow is one of the local node; nothing of it was pinned there.
    pub fn unpin(&self, flow: &str, range: TimeRange) -> Result<Vec<PinLine>, Failure> {
        let (at, id) = place_and_id(flow, flow.strip_prefix("flow:").unwrap_or(flow))?;
        let name = match at {
            // Also of a server that is not in the configuration any more.
            At::Named(name) => name,
            _ => self.remote_flow(flow)?.0,
        };
        let of_flow = |pin: &Pin| pin.connection == name && pin.flow_id == id;
        let found = self.work.transaction(|tx| {
            // Read here: another process may unpin beside.
            let mut found = false;
            for pin in tx.pins()?.iter().filter(|pin| of_flow(pin)) {
                if !pin.timerange.overlaps(&range) {
                    continue;
                }
                found = true;
                tx.unpin(&name, id, pin.timerange)?;
                for rest in beside(pin.timerange, range) {
                    tx.pin(&name, id, rest)?;
                }
            }
            Ok::<_, store::StoreError>(found)
        })?;
        if !found {
            return Err(Failure::new(
                Code::NotFound,
                format!("nothing of flow:{flow} is pinned in {range}"),
                "`stringout pin` lists what is.",
            ));
        }
        let left = self.work.pins()?;
        left.iter()
            .filter(|pin| of_flow(pin))
            .map(|pin| self.line(pin, None))
            .collect()
    }

    /// All pins, and how much of each is here.
    ///
    /// # Errors
    /// The workspace can't be read.
    pub fn pins(&self) -> Result<Vec<PinLine>, Failure> {
        let pins = self.work.pins()?;
        pins.iter().map(|pin| self.line(pin, None)).collect()
    }

    /// Fetches what is pinned and not here: flows may have grown, and servers may be back. Answers how many
    /// pins are whole, and why others are not.
    ///
    /// # Errors
    /// The workspace can't be read, or the user cancels.
    pub async fn keep_pins(
        &self,
        progress: FetchProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<(usize, Vec<Failure>), Failure> {
        let (mut whole, mut failures) = (0, Vec::new());
        let pins = self.work.pins()?;
        let mut away: BTreeMap<&str, Failure> = BTreeMap::new();
        for pin in &pins {
            if let Some(failure) = away.get(pin.connection.as_str()) {
                let known = self.known_places(pin)?.unwrap_or_default();
                if !known.is_empty() && known.iter().all(|place| self.remotes.is_here(place)) {
                    whole += 1;
                } else {
                    failures.push(failure.clone());
                }
                continue;
            }
            let kept = async {
                let places = self.ask(pin, cancel).await?;
                self.bring(&places, progress, cancel).await
            };
            match kept.await {
                Ok(()) => whole += 1,
                Err(failure) if failure.code == Code::Cancelled => return Err(failure),
                Err(failure) => {
                    if failure.code == Code::Unreachable {
                        away.insert(&pin.connection, failure.clone());
                    }
                    failures.push(failure);
                }
            }
        }
        self.trim_media()?;
        Ok((whole, failures))
    }

    /// Makes room in the media cache when what is not pinned is over its budget: what was not used for the
    /// longest time goes first. What goes can be fetched again.
    ///
    /// # Errors
    /// The workspace can't be read or written.
    pub fn trim_media(&self) -> Result<Trimmed, Failure> {
        let budget = self.config.media.budget.map_or(BUDGET, NonZeroU64::get);
        let library = self.remotes.library();
        let mut trimmed = Trimmed::default();
        if library.cached_bytes()? <= budget {
            return Ok(trimmed);
        }
        let pinned = self.pinned_objects()?;
        let mut objects = library.least_recently_used(usize::MAX)?;
        objects.retain(|object| {
            !pinned.contains(&(object.connection.clone(), object.object_id.clone()))
        });
        let mut bytes = objects.iter().map(|object| object.size).sum::<u64>();
        if bytes <= budget {
            return Ok(trimmed);
        }
        let goal = budget / 100 * KEPT_PERCENT;
        let in_use = Timestamp::from_secs(IN_USE).unwrap_or(Timestamp::ZERO);
        let recent = self.clock.now().saturating_sub(in_use);
        for object in objects {
            if bytes <= goal || object.used > recent {
                break;
            }
            // Forgotten first: a file that nobody knows of is only lost room.
            library.remove_object(&object.connection, &object.object_id)?;
            let again = library.objects_here(&object.connection, &[&object.object_id])?;
            if again.is_empty() {
                self.remotes.remove_file(&object.file)?;
            }
            bytes = bytes.saturating_sub(object.size);
            trimmed.objects += 1;
            trimmed.bytes += object.size;
        }
        Ok(trimmed)
    }

    /// Shelf and key of every object that is pinned.
    fn pinned_objects(&self) -> Result<HashSet<(String, String)>, Failure> {
        let mut keys = HashSet::new();
        for pin in self.work.pins()? {
            let places = self.known_places(&pin)?.unwrap_or_default();
            let shelf = self.remotes.shelf(&pin.connection);
            keys.extend(places.iter().map(|place| (shelf.clone(), place.key())));
        }
        Ok(keys)
    }

    fn remote_flow(&self, flow: &str) -> Result<(String, Id), Failure> {
        let (at, id) = place_and_id(flow, flow.strip_prefix("flow:").unwrap_or(flow))?;
        if matches!(at, At::Local) {
            self.catalogue.flow(id)?;
            return Err(Failure::bad_input(
                format!("flow:{flow} is of the local node"),
                "Its media are on this machine anyway; name a flow of a server, `NAME/ID`.",
            ));
        }
        Ok((self.remotes.name_of(&at)?.to_owned(), id))
    }

    /// What a pin takes, as its server says now.
    async fn ask(&self, pin: &Pin, cancel: &CancellationToken) -> Result<Vec<Place>, Failure> {
        let range = reached(pin.timerange);
        let wanted = move |_| vec![range];
        let opened = self
            .remotes
            .open_flow(&pin.connection, pin.flow_id, &wanted, cancel);
        let flow = match opened.await {
            // Nothing is there yet: what comes is wanted.
            Err(failure)
                if failure.code == Code::BadInput
                    && self.remotes.config(&pin.connection).is_ok() =>
            {
                return Ok(Vec::new());
            }
            opened => opened?,
        };
        let places = flow.places(&pin.connection);
        match flow.problem {
            // All that was listed may be here, which is as good.
            Some(failure) if !places.iter().all(|place| self.remotes.is_here(place)) => {
                Err(failure)
            }
            _ => Ok(places),
        }
    }

    async fn bring(
        &self,
        places: &[Place],
        progress: FetchProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<(), Failure> {
        // With their indexes: what is pinned can be cut and compiled without the server.
        let brought = self
            .remotes
            .indexes(places, IndexFor::Keeping, progress, cancel);
        brought.await.map(|_| ())
    }

    /// What a pin takes, as its server said last.
    fn known_places(&self, pin: &Pin) -> Result<Option<Vec<Place>>, Failure> {
        let range = reached(pin.timerange);
        let wanted = move |_| vec![range];
        let known = self
            .remotes
            .known_flow(&pin.connection, pin.flow_id, &wanted);
        match known {
            Ok(flow) => Ok(flow.map(|flow| flow.places(&pin.connection))),
            // Nothing is in the range.
            Err(failure) if failure.code == Code::BadInput => Ok(Some(Vec::new())),
            Err(failure) => Err(failure),
        }
    }

    fn line(&self, pin: &Pin, places: Option<&[Place]>) -> Result<PinLine, Failure> {
        let known = match places {
            Some(places) => Some(places.to_vec()),
            None => self.known_places(pin)?,
        };
        let mut line = PinLine {
            flow: format!("{}/{}", pin.connection, pin.flow_id),
            timerange: pin.timerange,
            objects: None,
            here: 0,
            bytes: None,
            missing_bytes: None,
        };
        let Some(mut places) = known else {
            return Ok(line);
        };
        places.sort_by_key(Place::key);
        places.dedup_by_key(|place| place.key());
        line.objects = Some(places.len());
        (line.bytes, line.missing_bytes) = (Some(0), Some(0));
        for place in &places {
            match self.remotes.size_here(place)? {
                Some(size) => {
                    line.here += 1;
                    line.bytes = line.bytes.map(|bytes| bytes + size);
                }
                None => {
                    let add = |bytes: Option<u64>| Some(bytes? + place.about?);
                    (line.bytes, line.missing_bytes) = (add(line.bytes), add(line.missing_bytes));
                }
            }
        }
        Ok(line)
    }
}

/// What cutting a range asks for: out points that are floored to a nanosecond still have their frame in reach.
fn reached(range: TimeRange) -> TimeRange {
    let nanosecond = Timestamp::from_nanos(1).unwrap_or(Timestamp::ZERO);
    match (range.start(), range.end()) {
        (Some(start), Some(end)) => TimeRange::new(start, end.saturating_add(nanosecond)),
        (None, Some(end)) => TimeRange::from_end(end.saturating_add(nanosecond)),
        _ => range,
    }
}

/// What of a range lies outside of another one.
fn beside(range: TimeRange, without: TimeRange) -> Vec<TimeRange> {
    let (with_start, with_end) = without.bounds_inclusive();
    let before = without.start().map(|start| {
        let inclusivity = match with_start {
            true => Inclusivity::Exclusive,
            false => Inclusivity::IncludeEnd,
        };
        TimeRange::with_inclusivity(None, Some(start), inclusivity)
    });
    let behind = without.end().map(|end| {
        let inclusivity = match with_end {
            true => Inclusivity::Exclusive,
            false => Inclusivity::IncludeStart,
        };
        TimeRange::with_inclusivity(Some(end), None, inclusivity)
    });
    let parts = before.into_iter().chain(behind);
    let rests = parts.map(|part| range.intersect(&part));
    rests.filter(|rest| !rest.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_a_pin_lies_beside_what_is_unpinned() {
        for (range, without, left) in [
            ("[0:0_10:0)", "[2:0_5:0)", &["[0:0_2:0)", "[5:0_10:0)"][..]),
            ("[0:0_10:0)", "[0:0_5:0]", &["(5:0_10:0)"]),
            ("[0:0_10:0)", "(5:0_20:0)", &["[0:0_5:0]"]),
            ("[0:0_10:0)", "_", &[]),
            ("_", "[5:0_6:0)", &["_5:0)", "[6:0_"]),
            ("[0:0_10:0)", "[0:0_10:0)", &[]),
        ] {
            let found = beside(range.parse().unwrap(), without.parse().unwrap());
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            assert_eq!(found, left, "{range} without {without}");
        }
    }
}
