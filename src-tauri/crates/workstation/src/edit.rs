//! Clips as the user names them → an edit the planner can resolve.

use crate::borders::nearest;
use crate::reference::At;
use crate::remotes::{IndexFor, RemoteFlow, Remotes, WantedRange};
use crate::{Failure, Objects, Reference, Unpacked, Workspace};
use conform::{Clip, Edit, Mark, MediaIndex, Source, SourceObject, Track, Transition, split_clip};
use media::ObjectSource;
use mediatime::{RationalTime, TimeRange, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;
use tams::{Purpose, choose_flow};
use tams_model::{Flow, FlowSegment, Id};
use tokio_util::sync::CancellationToken;

/// An edit, and the objects it is made of.
#[derive(Debug)]
pub struct OpenEdit {
    /// Clips in order.
    pub edit: Edit,
    /// The objects of its sources.
    pub objects: Arc<Objects>,
    /// What the user should know: servers whose last words were taken.
    pub notes: Vec<String>,
}

/// An edit as it is asked for.
#[derive(Clone, Debug, Default)]
pub struct WantedEdit {
    /// From the bottom up.
    pub tracks: Vec<WantedTrack>,
    /// The timecode of the first frame, as the time that so many frames take.
    pub start: Option<RationalTime>,
    /// Media that are there as long as the edit is.
    pub unpacked: Vec<Unpacked>,
}

/// Clips one behind the other.
#[derive(Clone, Debug)]
pub struct WantedTrack {
    /// In order.
    pub clips: Vec<WantedClip>,
    /// Its pictures are seen.
    pub pictures: bool,
    /// Its sound is heard.
    pub sound: bool,
}

impl WantedEdit {
    /// One track, seen and heard.
    #[must_use]
    pub fn of(clips: Vec<WantedClip>) -> Self {
        Self {
            tracks: vec![WantedTrack {
                clips,
                pictures: true,
                sound: true,
            }],
            start: None,
            unpacked: Vec::new(),
        }
    }

    /// All clips, from the lowest track up.
    pub fn clips(&self) -> impl Iterator<Item = &WantedClip> {
        self.tracks.iter().flat_map(|track| &track.clips)
    }

    /// Lets another edit follow this one.
    ///
    /// # Errors
    /// One of both has more than one track.
    pub fn append(&mut self, mut other: Self) -> Result<(), Failure> {
        if self.tracks.is_empty() {
            *self = other;
            return Ok(());
        }
        self.unpacked.append(&mut other.unpacked);
        match (self.tracks.as_mut_slice(), other.tracks.as_mut_slice()) {
            ([one], [next]) if (one.pictures, one.sound) == (next.pictures, next.sound) => {
                one.clips.append(&mut next.clips);
                Ok(())
            }
            (_, []) => Ok(()),
            _ => Err(Failure::bad_input(
                "an edit of several tracks can't be joined with other clips",
                "Name it alone.",
            )),
        }
    }
}

/// A clip as it is asked for.
#[derive(Clone, Debug)]
pub struct WantedClip {
    /// How whoever asks for it calls it: every message names it.
    pub label: String,
    /// `REF`: a file, `flow:…`, `source:…` or a `tams://` link.
    pub reference: String,
    /// First frame.
    pub mark_in: Option<WantedMark>,
    /// First frame behind it.
    pub mark_out: Option<WantedMark>,
    /// What its marks count from.
    pub clock: MarkClock,
    /// Seconds of black and silence in front of it.
    pub gap: RationalTime,
    /// How long it lasts in the sequence, where the edit says so.
    pub length: Option<RationalTime>,
    /// How it begins.
    pub head: Option<Transition>,
    /// How it ends, where no clip follows.
    pub tail: Option<Transition>,
}

/// What marks that are times count from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MarkClock {
    /// The medium's first frame.
    #[default]
    Start,
    /// The medium's timecode, where it has one that the marks lie on; else its first frame.
    Timecode,
}

/// A mark as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WantedMark {
    /// As it is.
    Mark(Mark),
    /// A time that another program wrote down, which may count frames on a finer or coarser grid than
    /// the container's clock: where a frame begins within a millisecond, that is meant.
    Near(Mark),
}

impl WantedClip {
    /// Reads `REF[@IN..OUT]`.
    ///
    /// # Errors
    /// The marks are none.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let (reference, mark_in, mark_out) = split_clip(text)?;
        Ok(Self {
            label: text.to_owned(),
            reference: reference.to_owned(),
            mark_in: mark_in.map(WantedMark::Mark),
            mark_out: mark_out.map(WantedMark::Mark),
            clock: MarkClock::Start,
            gap: RationalTime::ZERO,
            length: None,
            head: None,
            tail: None,
        })
    }
}

impl WantedClip {
    /// What its marks have to be moved by to count from the first frame of its medium.
    fn moved(&self, source: &Source) -> RationalTime {
        self.off_timecode(source).unwrap_or(RationalTime::ZERO)
    }

    fn off_timecode(&self, source: &Source) -> Option<RationalTime> {
        let [object] = source.objects() else {
            return None;
        };
        let rate = source.frame_rate()?;
        let frame = object.index.timecode?.frame;
        let begin = rate.frame_start(i64::try_from(frame).ok()?);
        let end = begin + (source.end() - source.origin()) + rate.frame_duration();
        let on_timecode = [&self.mark_in, &self.mark_out]
            .into_iter()
            .flatten()
            .all(|mark| matches!(mark.plain(), Mark::Offset(time) if begin <= time && time <= end));
        (self.clock == MarkClock::Timecode && on_timecode).then_some(-begin)
    }
}

impl WantedTrack {
    /// Its clips with the marks of sources that are not open yet, and with what transitions reach beyond
    /// them: what is fetched for it.
    fn before_opening(&self) -> impl Iterator<Item = (&WantedClip, Option<Mark>, Option<Mark>)> {
        self.clips.iter().enumerate().map(|(place, clip)| {
            let next = self.clips.get(place + 1);
            let next = next.filter(|next| next.gap == RationalTime::ZERO);
            let before = clip.head.map(|head| -head.before);
            let behind = next.and_then(|next| next.head).or(clip.tail);
            let behind = behind.map(|tail| tail.behind);
            let reach = |mark: &Option<WantedMark>, by: Option<RationalTime>| {
                let by = by.unwrap_or(RationalTime::ZERO);
                mark.as_ref().map(|mark| match mark.plain() {
                    Mark::Offset(offset) => Mark::Offset((offset + by).max(RationalTime::ZERO)),
                    Mark::Absolute(time) => {
                        Mark::Absolute((time.to_rational() + by).to_timestamp())
                    }
                    mark => mark,
                })
            };
            (
                clip,
                reach(&clip.mark_in, before),
                reach(&clip.mark_out, behind),
            )
        })
    }
}

impl WantedMark {
    /// As the planner takes it.
    fn of(&self, source: &Source) -> Mark {
        let mark = match self {
            Self::Mark(mark) => return mark.clone(),
            Self::Near(mark) => mark,
        };
        let time = match mark {
            Mark::Offset(offset) => source.origin() + *offset,
            Mark::Absolute(time) => time.to_rational(),
            Mark::Frame(_) | Mark::Timecode(_) => return mark.clone(),
        };
        let near = nearest(source, time).filter(|border| {
            let millisecond = RationalTime::from_ticks(1, 1000).unwrap_or(RationalTime::ZERO);
            let quarter = border.off.checked_mul(4);
            border.off <= millisecond && quarter.is_some_and(|quarter| quarter < border.length)
        });
        let frame = near.and_then(|border| i64::try_from(border.index).ok());
        frame.map_or_else(|| mark.clone(), Mark::Frame)
    }

    /// The same time, so much later.
    fn later(&self, by: RationalTime) -> Self {
        match self {
            Self::Near(Mark::Offset(time)) => Self::Near(Mark::Offset(*time + by)),
            Self::Mark(Mark::Offset(time)) => Self::Mark(Mark::Offset(*time + by)),
            mark => mark.clone(),
        }
    }

    /// As it was written.
    fn plain(&self) -> Mark {
        let (Self::Mark(mark) | Self::Near(mark)) = self;
        mark.clone()
    }
}

/// Whether an edit can be opened without any workspace: all its clips are of plain files.
///
/// # Errors
/// A reference is none.
pub fn only_files(edit: &WantedEdit) -> Result<bool, Failure> {
    for clip in edit.clips() {
        if !matches!(clip.reference.parse()?, Reference::File(_)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// How media that is at a server comes here.
#[derive(Clone, Copy)]
pub struct Fetching<'a> {
    /// Told as objects arrive: objects here, objects in all, bytes that came.
    pub progress: &'a (dyn Fn(usize, usize, u64) + Send + Sync),
    /// Ends it.
    pub cancel: &'a CancellationToken,
}

impl std::fmt::Debug for Fetching<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetching").finish_non_exhaustive()
    }
}

/// Opens an edit. Each source is read once, however many clips it has. Of a flow at a server
/// only what the clips reach is fetched, as far as their marks are times.
///
/// # Errors
/// A clip names nothing that is there, or something that is no video; a server can't be reached and
/// what it said last does not suffice.
pub fn open_edit(
    workspace: Option<&Workspace>,
    wanted: &WantedEdit,
    fetching: &Fetching<'_>,
) -> Result<OpenEdit, Failure> {
    let mut notes = Vec::new();
    let objects = workspace
        .map_or_else(Objects::files, Objects::of)
        .until(fetching.cancel)
        .holding(wanted.unpacked.clone());
    let borrowed = objects.read_ahead(wanted.clips().filter_map(
        |clip| match clip.reference.parse() {
            Ok(Reference::File(path)) => Some(path),
            _ => None,
        },
    ));
    notes.extend(borrowed);
    let mut sources: HashMap<&str, Arc<Source>> = HashMap::new();
    let mut edit = Edit {
        start: wanted.start,
        ..Edit::default()
    };
    for wanted_track in &wanted.tracks {
        let mut track = Track {
            pictures: wanted_track.pictures,
            sound: wanted_track.sound,
            ..Track::default()
        };
        for (place, clip) in wanted_track.clips.iter().enumerate() {
            let reference = clip.reference.as_str();
            let source = match sources.get(reference) {
                Some(source) => Arc::clone(source),
                None => {
                    let tracks = wanted.tracks.iter();
                    let marks: Vec<(Option<Mark>, Option<Mark>)> = tracks
                        .flat_map(WantedTrack::before_opening)
                        .filter(|(other, ..)| other.reference == reference)
                        .map(|(_, mark_in, mark_out)| (mark_in, mark_out))
                        .collect();
                    let marks: Vec<Marks<'_>> = marks
                        .iter()
                        .map(|(mark_in, mark_out)| (mark_in.as_ref(), mark_out.as_ref()))
                        .collect();
                    let source =
                        open_source(workspace, &objects, reference, &marks, fetching, &mut notes)
                            .map_err(|failure| named(clip, failure))?;
                    let source = Arc::new(source);
                    sources.insert(reference, Arc::clone(&source));
                    source
                }
            };
            let moved = clip.moved(&source);
            let mark = |mark: &Option<WantedMark>| {
                let mark = mark.as_ref().map(|mark| mark.later(moved));
                mark.map(|mark| match wanted_track.pictures {
                    true => mark.of(&source),
                    // Sound is cut at any sample.
                    false => mark.plain(),
                })
            };
            if clip.gap > RationalTime::ZERO {
                track.gaps.insert(place, clip.gap);
            }
            track
                .lengths
                .extend(clip.length.map(|length| (place, length)));
            track.heads.extend(clip.head.map(|head| (place, head)));
            track.tails.extend(clip.tail.map(|tail| (place, tail)));
            track.clips.push(Clip {
                label: clip.label.clone(),
                mark_in: mark(&clip.mark_in),
                mark_out: mark(&clip.mark_out),
                source,
            });
        }
        edit.tracks.push(track);
    }
    Ok(OpenEdit {
        edit,
        objects: Arc::new(objects),
        notes,
    })
}

/// A failure with the clip it is of, when the clip has a name beside its reference.
fn named(clip: &WantedClip, failure: Failure) -> Failure {
    if clip.label.starts_with(&clip.reference) {
        return failure;
    }
    Failure {
        detail: format!("{}: {}", clip.label, failure.detail),
        ..failure
    }
}

/// In and out of one clip.
type Marks<'a> = (Option<&'a Mark>, Option<&'a Mark>);

fn open_source(
    workspace: Option<&Workspace>,
    objects: &Objects,
    reference: &str,
    marks: &[Marks<'_>],
    fetching: &Fetching<'_>,
    notes: &mut Vec<String>,
) -> Result<Source, Failure> {
    let need = || {
        workspace.ok_or_else(|| {
            Failure::bad_input(
                format!("{reference}: no workspace is open"),
                "Name one with `-w DIR`.",
            )
        })
    };
    match reference.parse()? {
        Reference::File(path) => {
            let (id, object) = objects.file(&path)?;
            Ok(Source::file(id, object.index))
        }
        Reference::Flow(At::Local, id) => open_flow(need()?, objects, id),
        Reference::Source(At::Local, id) => {
            let workspace = need()?;
            open_flow(workspace, objects, best_flow(workspace, id)?)
        }
        Reference::Flow(at, id) => {
            let remotes = &need()?.remotes;
            let name = remotes.name_of(&at)?;
            let wanted = |start| reach(marks, start);
            let wanted: (WantedRange<'_>, _) = (&wanted, IndexFor::Planning);
            let opened = open_remote(remotes, objects, name, id, wanted, fetching)?;
            notes.extend(opened.note);
            Ok(opened.source)
        }
        Reference::Source(at, id) => {
            let remotes = &need()?.remotes;
            let name = remotes.name_of(&at)?;
            let chosen = remotes.best_flow(name, id, Purpose::Compile, fetching.cancel);
            let flow = remotes.wait(chosen)??;
            let wanted = |start| reach(marks, start);
            let wanted: (WantedRange<'_>, _) = (&wanted, IndexFor::Planning);
            let opened = open_remote(remotes, objects, name, flow, wanted, fetching)?;
            notes.extend(opened.note);
            Ok(opened.source)
        }
    }
}

/// What clips reach on a flow that begins at `start`: all of it, as soon as one mark is no time.
fn reach(marks: &[Marks<'_>], start: Timestamp) -> Vec<TimeRange> {
    let time = |mark: &Mark| match mark {
        Mark::Absolute(time) => Some(*time),
        Mark::Offset(offset) => Some(start.saturating_add(offset.to_timestamp())),
        Mark::Frame(_) | Mark::Timecode(_) => None,
    };
    // An out point that is floored to a nanosecond still has its frame in reach.
    let nanosecond = Timestamp::from_nanos(1).unwrap_or(Timestamp::ZERO);
    let of_clip = |(mark_in, mark_out): &Marks<'_>| {
        let begin = mark_in.map_or(Some(start), time)?;
        let end = mark_out.and_then(time)?;
        // What is wrong with marks the wrong way round is said by the planner.
        (begin < end).then(|| TimeRange::new(begin, end.saturating_add(nanosecond)))
    };
    let ranges: Option<Vec<TimeRange>> = marks.iter().map(of_clip).collect();
    ranges.unwrap_or_else(|| vec![TimeRange::ETERNITY])
}

/// A flow of a server, opened.
pub(crate) struct OpenedRemote {
    /// What its server says of it.
    pub(crate) flow: Flow,
    /// What it holds, as far as it was wanted.
    pub(crate) source: Source,
    /// Its server was not reached, and why.
    pub(crate) note: Option<String>,
}

/// A flow at a server: its segments are listed, their objects fetched as far as their indexes are not
/// known.
fn open_remote(
    remotes: &Remotes,
    objects: &Objects,
    name: &str,
    id: Id,
    (wanted, wanted_for): (WantedRange<'_>, IndexFor),
    fetching: &Fetching<'_>,
) -> Result<OpenedRemote, Failure> {
    let (flow, places, indexes) = remotes.wait(async {
        let flow = remotes.open_flow(name, id, wanted, fetching.cancel).await?;
        let places = flow.places(name);
        let indexes = remotes
            .indexes(&places, wanted_for, fetching.progress, fetching.cancel)
            .await?;
        Ok::<_, Failure>((flow, places, indexes))
    })??;
    objects.know(&places, &indexes)?;
    let note = flow.problem.as_ref();
    Ok(OpenedRemote {
        note: note.map(|failure| format!("{name}: {}; what it said last is used", failure.detail)),
        flow: flow.flow.clone(),
        source: remote_source(flow, indexes),
    })
}

/// All of a flow at a server, with its media.
pub(crate) fn open_remote_whole(
    remotes: &Remotes,
    objects: &Objects,
    name: &str,
    id: Id,
    fetching: &Fetching<'_>,
) -> Result<OpenedRemote, Failure> {
    let whole = |_| vec![TimeRange::ETERNITY];
    let wanted: (WantedRange<'_>, _) = (&whole, IndexFor::Keeping);
    open_remote(remotes, objects, name, id, wanted, fetching)
}

/// All of a flow at a server as it was listed last, with its media, which are fetched as far as they are not
/// here. `None` when it was never listed.
pub(crate) fn open_remote_known(
    remotes: &Remotes,
    objects: &Objects,
    name: &str,
    id: Id,
    fetching: &Fetching<'_>,
) -> Result<Option<OpenedRemote>, Failure> {
    let whole = |_| vec![TimeRange::ETERNITY];
    let Some(flow) = remotes.known_flow(name, id, &whole)? else {
        return Ok(None);
    };
    let places = flow.places(name);
    let indexes = remotes.indexes(
        &places,
        IndexFor::Keeping,
        fetching.progress,
        fetching.cancel,
    );
    let indexes = remotes.wait(indexes)??;
    objects.know(&places, &indexes)?;
    Ok(Some(OpenedRemote {
        note: None,
        flow: flow.flow.clone(),
        source: remote_source(flow, indexes),
    }))
}

/// What the segments of a flow at a server hold, with the index of each.
pub(crate) fn remote_source(flow: RemoteFlow, indexes: Vec<Arc<MediaIndex>>) -> Source {
    let parts = flow
        .segments
        .into_iter()
        .zip(indexes)
        .map(|(segment, index)| source_object(segment, flow.holder, index));
    Source::flow(parts.collect(), flow.start)
}

/// The flow of a source to cut: of those with segments of their own the best one.
fn best_flow(workspace: &Workspace, source: Id) -> Result<Id, Failure> {
    // A source that does not exist is told apart from one without media.
    workspace.catalogue.source(source)?;
    let own = workspace.flows(Some(source))?;
    let mut candidates = own.clone();
    // A video or audio source may be carried by the flow that collects its flow.
    for id in own
        .iter()
        .flat_map(|flow| flow.collected_by.iter().flatten())
    {
        let mut carrier = workspace.catalogue.flow(*id)?;
        let covered = workspace
            .catalogue
            .flow_timerange(*id, TimeRange::ETERNITY)?;
        carrier.timerange = Some(covered);
        candidates.push(carrier);
    }
    let mut members = Vec::new();
    for item in candidates
        .iter()
        .flat_map(|flow| flow.flow_collection.iter().flatten())
    {
        members.push(workspace.catalogue.flow(item.id)?);
    }
    let chosen = choose_flow(Purpose::Compile, &candidates, &members, |_| true);
    chosen.map(|flow| flow.id).ok_or_else(|| {
        Failure::bad_input(
            format!("source:{source} has no flow with media"),
            "`stringout flows --source ID` lists its flows.",
        )
    })
}

fn open_flow(workspace: &Workspace, objects: &Objects, id: Id) -> Result<Source, Failure> {
    let (holder, segments) = segments_of(workspace, id)?;
    open_segments(objects, holder, segments)
}

/// The segments that hold a flow's media, and the flow they belong to: itself, or the one that
/// collects it.
pub(crate) fn segments_of(
    workspace: &Workspace,
    id: Id,
) -> Result<(Id, Vec<FlowSegment>), Failure> {
    let flow = workspace.catalogue.flow(id)?;
    let mut segments = workspace.segments(id, TimeRange::ETERNITY)?;
    let mut flow_id = id;
    if segments.is_empty()
        && let Some(collector) = flow.collected_by.iter().flatten().next()
    {
        flow_id = *collector;
        segments = workspace.segments(flow_id, TimeRange::ETERNITY)?;
    }
    if segments.is_empty() {
        return Err(Failure::bad_input(
            format!("flow:{id} has no segments"),
            "`stringout segments FLOW` lists them.",
        ));
    }
    Ok((flow_id, segments))
}

/// What segments hold, on their flow's timeline.
pub(crate) fn open_segments(
    objects: &Objects,
    flow_id: Id,
    segments: Vec<FlowSegment>,
) -> Result<Source, Failure> {
    let begins = segments
        .iter()
        .filter_map(|segment| segment.timerange.start());
    let start = begins.min().unwrap_or(Timestamp::ZERO);
    let mut parts = Vec::with_capacity(segments.len());
    for segment in segments {
        let index = objects.object(&segment.object_id)?.index;
        parts.push(source_object(segment, flow_id, index));
    }
    Ok(Source::flow(parts, start))
}

fn source_object(segment: FlowSegment, flow_id: Id, index: Arc<MediaIndex>) -> SourceObject {
    let range = segment.timerange.start().zip(segment.timerange.end());
    SourceObject {
        object_id: segment.object_id,
        flow_id: Some(flow_id.to_string()),
        index,
        offset: segment.ts_offset.unwrap_or(Timestamp::ZERO).to_rational(),
        range: range.map(|(begin, end)| (RationalTime::from(begin), RationalTime::from(end))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_marks_reach_is_fetched() {
        let start: Timestamp = "100:0".parse().unwrap();
        let mark = |text: &str| (!text.is_empty()).then(|| Mark::parse(text).unwrap());
        for (clips, wanted) in [
            (&[("2s", "5s")][..], "[102:0_105:1)"),
            (
                &[("2s", "5s"), ("107:0", "108:500000000")],
                "[102:0_105:1) [107:0_108:500000001)",
            ),
            (&[("", "1.5s")], "[100:0_101:500000001)"),
            (&[("2s", "")], "_"),
            (&[("2s", "5s"), ("30f", "40f")], "_"),
            (&[("00:00:01:00", "00:00:02:00")], "_"),
        ] {
            let clips: Vec<_> = clips.iter().map(|(a, b)| (mark(a), mark(b))).collect();
            let marks: Vec<Marks<'_>> = clips
                .iter()
                .map(|(a, b)| (a.as_ref(), b.as_ref()))
                .collect();
            let ranges = reach(&marks, start);
            let ranges: Vec<String> = ranges.iter().map(ToString::to_string).collect();
            assert_eq!(ranges.join(" "), wanted);
        }
    }
}
