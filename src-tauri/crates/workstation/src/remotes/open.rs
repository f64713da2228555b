//! A flow of a server, opened to be cut: its segments, and where their objects are.

use super::{Place, Remotes};
use crate::{Code, Failure};
use mediatime::{TimeRange, Timestamp};
use std::path::Path;
use std::sync::Arc;
use tams::{Covering, FlowQuery, Purpose, SegmentQuery, choose_flow};
use tams_model::{Flow, FlowSegment, Id};
use tokio_util::sync::CancellationToken;

/// Sound may lie in the segment before or behind the pictures it belongs to. Segments that begin this
/// long before, or end this long behind what is wanted are looked at, and the nearest is taken.
const AROUND: i64 = 30;

/// A flow of a server, with the segments that are wanted.
#[derive(Clone, Debug)]
pub(crate) struct RemoteFlow {
    /// What the server says of it.
    pub(crate) flow: Flow,
    /// The flow that has the segments: itself, or the one that collects it.
    pub(crate) holder: Id,
    /// Where it begins on its own timeline.
    pub(crate) start: Timestamp,
    /// In time order.
    pub(crate) segments: Vec<FlowSegment>,
    /// kbit/s of the flow that has them, where it is told.
    bit_rate: Option<u64>,
    /// Why the server was not asked; this is what it said last.
    pub(crate) problem: Option<Failure>,
}

impl RemoteFlow {
    /// Where the objects of its segments are.
    pub(crate) fn places(&self, connection: &str) -> Vec<Place> {
        self.segments
            .iter()
            .map(|segment| Place::of(connection, self.holder, segment, self.bit_rate))
            .collect()
    }
}

/// What is wanted of a flow, told from where it begins.
pub(crate) type Wanted<'a> = &'a (dyn Fn(Timestamp) -> Vec<TimeRange> + Send + Sync);

impl Remotes {
    /// Opens a flow of a server: its segments in `wanted`, and the nearest on both sides.
    ///
    /// When the server can't be reached, what it said last is taken.
    pub(crate) async fn open_flow(
        &self,
        name: &str,
        id: Id,
        wanted: Wanted<'_>,
        cancel: &CancellationToken,
    ) -> Result<RemoteFlow, Failure> {
        match self.ask_for_flow(name, id, wanted, cancel).await {
            Err(failure) if failure.code == Code::Unreachable => {
                match self.known_flow(name, id, wanted)? {
                    Some(flow) => Ok(RemoteFlow {
                        problem: Some(failure),
                        ..flow
                    }),
                    None => Err(failure),
                }
            }
            answer => answer.map_err(|failure| self.advise(name, failure)),
        }
    }

    /// The flow of a source that serves `purpose` best.
    pub(crate) async fn best_flow(
        &self,
        name: &str,
        source: Id,
        purpose: Purpose,
        cancel: &CancellationToken,
    ) -> Result<Id, Failure> {
        let listing = self.listing(name, true, cancel).await?;
        let of_source = |flow: &&Flow| flow.source_id == source;
        let own: Vec<Flow> = listing.flows.iter().filter(of_source).cloned().collect();
        if own.is_empty() {
            if let Some(failure) = listing.problem {
                return Err(failure);
            }
            return Err(Failure::new(
                Code::NotFound,
                format!("source:{name}/{source} has no flow there"),
                format!("`stringout sources --from {name}` lists what is there."),
            ));
        }
        // A video or audio source may be carried by the flow that collects its flow.
        let carriers = own
            .iter()
            .flat_map(|flow| flow.collected_by.iter().flatten());
        let carriers: Vec<Id> = carriers.copied().collect();
        let collecting = |flow: &&Flow| carriers.contains(&flow.id);
        let mut candidates = own.clone();
        candidates.extend(listing.flows.iter().filter(collecting).cloned());
        let chosen = choose_flow(purpose, &candidates, &listing.flows, |flow| {
            flow.technical.container.is_some() && !flow.timerange.is_some_and(|r| r.is_empty())
        });
        chosen.map(|flow| flow.id).ok_or_else(|| {
            Failure::bad_input(
                format!("source:{name}/{source} has no flow with media"),
                format!("`stringout flows --source {name}/{source}` lists its flows."),
            )
        })
    }

    async fn ask_for_flow(
        &self,
        name: &str,
        id: Id,
        wanted: Wanted<'_>,
        cancel: &CancellationToken,
    ) -> Result<RemoteFlow, Failure> {
        let connection = self.connection(name, cancel).await?;
        let mut flow = connection.flow(id, &Covering::Whole).await?;
        let mut holder = id;
        let mut start = flow.timerange.and_then(|range| range.start());
        let mut bit_rate = flow.technical.avg_bit_rate;
        if flow.timerange.is_some_and(|range| range.is_empty())
            || super::listing::is_collected(&flow)
        {
            let collectors = flow.collected_by.clone().unwrap_or_default();
            let collector = match collectors.first() {
                Some(collector) => Some(*collector),
                // Not every server tells who collects a flow.
                None => self.collector_of(&connection, id).await?,
            };
            if let Some(collector) = collector {
                holder = collector;
                // Kept with the flow: offline nobody can be asked.
                flow.collected_by = Some(vec![collector]);
                let carrier = connection.flow(collector, &Covering::Whole).await?;
                start = carrier.timerange.and_then(|range| range.start());
                flow.timerange = carrier.timerange;
                bit_rate = carrier.technical.avg_bit_rate;
            }
        }
        // Where a server does not tell where a flow begins, its first segment does.
        let asked = start.map_or(TimeRange::ETERNITY, |start| around(hull(&wanted(start))));
        let query = SegmentQuery {
            timerange: (asked != TimeRange::ETERNITY).then_some(asked),
            object_timerange: true,
            ..SegmentQuery::default()
        };
        let listed = connection.segments(holder, &query).await?;
        for issue in &listed.issues {
            tracing::warn!("{name}: {issue}");
        }
        let segments = listed.items;
        let start = start.or_else(|| segments.first().and_then(|first| first.timerange.start()));
        let library = Arc::clone(&self.inner.library);
        let (shelf, flow_kept) = (self.shelf(name), flow.clone());
        let kept = tokio::task::spawn_blocking(move || {
            library.put_flow(&shelf, &flow_kept)?;
            library.put_segments(&shelf, holder, asked, &segments)?;
            Ok::<_, Failure>(segments)
        });
        let segments = kept.await.map_err(Failure::internal)??;
        let opened = finished(name, flow, holder, start, segments, wanted)?;
        Ok(RemoteFlow { bit_rate, ..opened })
    }

    /// The segments of a flow that overlap `range`, and what the user should know about them. When the
    /// server can't be reached, what it said last is taken.
    pub(crate) async fn segments(
        &self,
        name: &str,
        id: Id,
        range: TimeRange,
        cancel: &CancellationToken,
    ) -> Result<(Vec<FlowSegment>, Vec<String>), Failure> {
        let asked = async {
            let connection = self.connection(name, cancel).await?;
            // An unknown flow has no segments in TAMS; a person who names one wants to know.
            connection.flow(id, &Covering::Untold).await?;
            let query = SegmentQuery {
                timerange: (range != TimeRange::ETERNITY).then_some(range),
                ..SegmentQuery::default()
            };
            Ok::<_, Failure>(connection.segments(id, &query).await?)
        };
        match asked.await {
            Ok(mut listed) => {
                // Some servers give addresses out unasked: they are secrets, and no part of a listing.
                for segment in &mut listed.items {
                    segment.get_urls = None;
                    if let Some(init) = &mut segment.init_object {
                        init.get_urls = None;
                    }
                }
                self.inner
                    .library
                    .put_segments(&self.shelf(name), id, range, &listed.items)?;
                let notes = listed.issues.iter().map(ToString::to_string).collect();
                Ok((listed.items, notes))
            }
            Err(failure) if failure.code == Code::Unreachable => {
                match self.inner.library.segments(&self.shelf(name), id, range)? {
                    Some(known) => {
                        let as_of = crate::records::date_words(known.seen);
                        let note = format!("{name}: {}; this is as of {as_of}", failure.detail);
                        Ok((known.value, vec![note]))
                    }
                    None => Err(failure),
                }
            }
            Err(failure) => Err(self.advise(name, failure)),
        }
    }

    async fn collector_of(
        &self,
        connection: &tams::Connection,
        id: Id,
    ) -> Result<Option<Id>, Failure> {
        let flows = connection.flows(&FlowQuery::default()).await?;
        Ok(flows.items.into_iter().find_map(|flow| {
            let collects = flow
                .flow_collection
                .as_ref()
                .is_some_and(|items| items.iter().any(|item| item.id == id));
            collects.then_some(flow.id)
        }))
    }

    /// Asks for the segments that a flow got behind `end`, and keeps them. Whether there are any. `holder` is
    /// the flow that has them: itself, or the one that collects it.
    pub(crate) async fn segments_came(
        &self,
        name: &str,
        (id, holder): (Id, Id),
        end: Timestamp,
        cancel: &CancellationToken,
    ) -> Result<bool, Failure> {
        let connection = self.connection(name, cancel).await?;
        let asked = TimeRange::from_start(end);
        let query = SegmentQuery {
            timerange: Some(asked),
            object_timerange: true,
            ..SegmentQuery::default()
        };
        let listed = connection.segments(holder, &query).await?;
        let behind =
            |segment: &FlowSegment| segment.timerange.start().is_some_and(|start| start >= end);
        let last = listed.items.iter().filter(|segment| behind(segment));
        let Some(last) = last.filter_map(|segment| segment.timerange.end()).max() else {
            return Ok(false);
        };
        let (library, shelf) = (Arc::clone(&self.inner.library), self.shelf(name));
        let kept = tokio::task::spawn_blocking(move || {
            library.put_segments(&shelf, holder, asked, &listed.items)?;
            if let Some(mut flow) = library.flow(&shelf, id)?.map(|dated| dated.value) {
                let begins = flow.timerange.and_then(|range| range.start());
                flow.timerange = begins.map(|begins| TimeRange::new(begins, last));
                library.put_flow(&shelf, &flow)?;
            }
            Ok::<_, Failure>(())
        });
        kept.await.map_err(Failure::internal)??;
        Ok(true)
    }

    /// Some segment of a flow that uses an object, at whatever server it was listed.
    pub(crate) fn segment_of(&self, flow: Id, object_id: &str) -> Option<FlowSegment> {
        self.names().find_map(|name| {
            let found = self
                .inner
                .library
                .segment_of(&self.shelf(name), flow, object_id);
            found.ok().flatten()
        })
    }

    /// A flow as the server described it last.
    pub(crate) fn known_flow(
        &self,
        name: &str,
        id: Id,
        wanted: Wanted<'_>,
    ) -> Result<Option<RemoteFlow>, Failure> {
        let library = &self.inner.library;
        let shelf = self.shelf(name);
        let Some(flow) = library.flow(&shelf, id)?.map(|dated| dated.value) else {
            return Ok(None);
        };
        let collectors = flow.collected_by.clone().unwrap_or_default();
        let range = match flow.timerange {
            Some(range) => {
                let asked = range.start().map(wanted);
                let asked = asked.map_or(TimeRange::ETERNITY, |asked| hull(&asked));
                around(asked).intersect(&range)
            }
            None => TimeRange::ETERNITY,
        };
        for holder in std::iter::once(id).chain(collectors) {
            let Some(segments) = library.segments(&shelf, holder, range)? else {
                continue;
            };
            let segments = segments.value;
            if segments.is_empty() {
                continue;
            }
            let start = flow.timerange.and_then(|range| range.start());
            let start = start.or_else(|| segments.first()?.timerange.start());
            return finished(name, flow, holder, start, segments, wanted).map(Some);
        }
        Ok(None)
    }
}

fn finished(
    name: &str,
    flow: Flow,
    holder: Id,
    start: Option<Timestamp>,
    segments: Vec<FlowSegment>,
    wanted: Wanted<'_>,
) -> Result<RemoteFlow, Failure> {
    let nothing = || {
        Failure::bad_input(
            format!("flow:{name}/{} has no segments there", flow.id),
            format!("`stringout segments {name}/{}` lists them.", flow.id),
        )
    };
    let start = start.ok_or_else(nothing)?;
    let segments = nearest(segments, &wanted(start));
    if segments.is_empty() {
        return Err(nothing());
    }
    // An absolute path is a plain file to the planner, and no server names one of those.
    let is_path = |id: &str| Path::new(id).is_absolute();
    if let Some(odd) = segments.iter().find(|segment| is_path(&segment.object_id)) {
        return Err(Failure::new(
            Code::Refused,
            format!(
                "flow:{name}/{}: the server calls an object {}",
                flow.id, odd.object_id
            ),
            "Tell the server's operator; objects are not called like files.",
        ));
    }
    Ok(RemoteFlow {
        flow,
        holder,
        start,
        segments,
        bit_rate: None,
        problem: None,
    })
}

/// `wanted`, and what may reach into it from both sides.
fn around(wanted: TimeRange) -> TimeRange {
    let margin = Timestamp::from_secs(AROUND).unwrap_or(Timestamp::ZERO);
    match (wanted.start(), wanted.end()) {
        (Some(start), Some(end)) => {
            TimeRange::new(start.saturating_sub(margin), end.saturating_add(margin))
        }
        (Some(start), None) => TimeRange::from_start(start.saturating_sub(margin)),
        (None, Some(end)) => TimeRange::from_end(end.saturating_add(margin)),
        (None, None) => TimeRange::ETERNITY,
    }
}

/// From the first to the last of what is wanted.
fn hull(wanted: &[TimeRange]) -> TimeRange {
    let ranges = wanted.iter().copied();
    ranges
        .reduce(|all, range| all.extend_to_encompass(&range))
        .unwrap_or(TimeRange::NEVER)
}

/// Of segments in time order those that overlap something that is wanted, and the nearest on both
/// sides of each.
fn nearest(segments: Vec<FlowSegment>, wanted: &[TimeRange]) -> Vec<FlowSegment> {
    let mut taken = vec![false; segments.len()];
    for range in wanted {
        let inside = |segment: &FlowSegment| segment.timerange.overlaps(range);
        let first = segments.iter().position(inside);
        let last = segments.iter().rposition(inside);
        let (Some(first), Some(last)) = (first, last) else {
            continue;
        };
        let around = taken
            .iter_mut()
            .take(last + 2)
            .skip(first.saturating_sub(1));
        around.for_each(|taken| *taken = true);
    }
    let kept = segments.into_iter().zip(taken);
    kept.filter_map(|(segment, taken)| taken.then_some(segment))
        .collect()
}
