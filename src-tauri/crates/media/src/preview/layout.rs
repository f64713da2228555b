//! A plan laid out: which access unit of which object each output frame shows.
//!
//! A span is looked into when it is first needed, so that a long sequence opens at once. What is
//! missing or damaged becomes the problem of the frames concerned, never of the others.

use crate::execute::{PieceUnits, is_mixed, layer_of, select_piece, shown_in_output, source_times};
use crate::{MediaError, MediaObject, ObjectSource};
use conform::{AccessUnit, CutPlan, Fade, FadeWay, SpanKind, VideoConfig, VideoSpan, VideoTrack};
use mediatime::{RationalTime, Timestamp};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Spans from the playhead on that are looked into when a plan gets longer.
const LOOKED_INTO: usize = 4;

/// A picture to be decoded.
#[derive(Clone, Debug)]
pub(super) struct Shot {
    pub(super) media: Arc<Media>,
    /// Index into the units of the object's video track.
    pub(super) unit: usize,
    /// It stands in a sequence of another shape: borders fill the difference.
    pub(super) bordered: bool,
    /// It is shown together with another one.
    pub(super) mixed: bool,
}

/// What an output frame shows.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// The span has not been looked into.
    Unknown(usize),
    Black,
    Shot(Shot),
    Mix(Mix),
    Problem(Arc<MediaError>),
}

/// Two pictures at once; black where one is absent.
#[derive(Clone, Debug)]
pub(super) struct Mix {
    pub(super) out: Option<Shot>,
    pub(super) into: Option<Shot>,
    /// How much is of the one that comes: so many of so many.
    pub(super) share: (u64, u64),
}

impl Content {
    /// The pictures that it takes, each with the one beside it.
    pub(super) fn shots(&self) -> impl Iterator<Item = (&Shot, Option<&Shot>)> {
        let (one, other) = match self {
            Self::Shot(shot) => (Some((shot, None)), None),
            Self::Mix(Mix { out, into, .. }) => (
                out.as_ref().map(|out| (out, into.as_ref())),
                into.as_ref().map(|into| (into, out.as_ref())),
            ),
            Self::Unknown(_) | Self::Black | Self::Problem(_) => (None, None),
        };
        one.into_iter().chain(other)
    }
}

/// An object with the order of its pictures.
#[derive(Debug)]
pub(super) struct Media {
    pub(super) object_id: Arc<str>,
    pub(super) object: MediaObject,
    /// Unit → place in presentation order.
    ranks: Vec<u64>,
    /// Place in presentation order → unit.
    order: Vec<usize>,
}

impl Media {
    fn new(object_id: &str, object: MediaObject, track: &VideoTrack) -> Self {
        let mut order: Vec<usize> = (0..track.units.len()).collect();
        order.sort_by_key(|unit| track.units.get(*unit).map(|unit| unit.pts));
        let mut ranks = vec![0; order.len()];
        for (rank, unit) in (0..).zip(&order) {
            if let Some(slot) = ranks.get_mut(*unit) {
                *slot = rank;
            }
        }
        Self {
            object_id: object_id.into(),
            object,
            ranks,
            order,
        }
    }

    pub(super) fn track(&self) -> Option<&VideoTrack> {
        self.object.index.video.as_ref()
    }

    pub(super) fn rank(&self, unit: usize) -> u64 {
        self.ranks.get(unit).copied().unwrap_or(u64::MAX)
    }

    pub(super) fn unit_of(&self, rank: u64) -> Option<usize> {
        self.order.get(usize::try_from(rank).ok()?).copied()
    }

    pub(super) fn units(&self) -> usize {
        self.ranks.len()
    }

    /// MIME name of its video without `video/`.
    pub(super) fn codec(&self) -> &str {
        self.track().map_or("", |track| &track.codec)
    }

    /// The unit that decoding has to begin with to get this one. An object that begins otherwise
    /// begins there.
    pub(super) fn entry(&self, unit: usize) -> usize {
        let entry = self.track().and_then(|track| {
            let pts = track.units.get(unit)?.pts;
            track.entry(unit, pts)
        });
        entry.unwrap_or(0)
    }

    /// A picture with its parameter sets.
    pub(super) fn picture(&self, unit: usize) -> Result<(&AccessUnit, &VideoConfig), MediaError> {
        let found = self.track().and_then(|track| {
            let picture = track.units.get(unit)?;
            Some((picture, track.configs.get(usize::from(picture.config))?))
        });
        found.ok_or_else(|| MediaError::Damaged {
            object: self.object_id.to_string(),
            at: self.time(unit),
            why: "a picture has no parameter sets".to_owned(),
        })
    }

    /// When a picture is shown, on the object's own timeline.
    pub(super) fn time(&self, unit: usize) -> Option<RationalTime> {
        let track = self.track()?;
        Some(track.time(track.units.get(unit)?.pts))
    }
}

/// What the frames of a span show.
#[derive(Debug)]
struct SpanContent {
    media: Vec<Result<Arc<Media>, Arc<MediaError>>>,
    /// Of all frames.
    problem: Option<Arc<MediaError>>,
    /// One; two in a dissolve.
    layers: Vec<LayerContent>,
    /// Per frame from the span's start; only where they don't follow from the rate.
    times: Option<Vec<RationalTime>>,
}

/// What a layer of a span shows.
#[derive(Debug)]
struct LayerContent {
    /// How it comes or goes.
    fade: Option<Fade>,
    /// Per frame: which of the span's media, and which unit of it.
    frames: Vec<Slot>,
}

struct SpanPlace {
    first: u64,
    content: Mutex<Option<Arc<SpanContent>>>,
}

/// A plan laid out.
pub(super) struct Layout {
    pub(super) plan: Arc<CutPlan>,
    pub(super) objects: Arc<dyn ObjectSource + Send + Sync>,
    spans: Vec<SpanPlace>,
    media: Mutex<HashMap<String, Arc<Media>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Layout {
    pub(super) fn new(plan: Arc<CutPlan>, objects: Arc<dyn ObjectSource + Send + Sync>) -> Self {
        let mut next = 0;
        let spans = plan.video.iter().map(|span| {
            let first = next;
            next += span.frames;
            SpanPlace {
                first,
                content: Mutex::new(None),
            }
        });
        Self {
            spans: spans.collect(),
            plan,
            objects,
            media: Mutex::default(),
        }
    }

    /// A plan that begins like that of `before`, with what is known of that. What is new and near the
    /// playhead is looked into at once, which takes as long as its objects need.
    pub(super) fn longer(before: &Self, plan: Arc<CutPlan>, frame: u64) -> Self {
        let layout = Self::new(plan, Arc::clone(&before.objects));
        *lock(&layout.media) = lock(&before.media).clone();
        let near = layout.place(frame).map_or(0, |(index, ..)| index);
        for (index, place) in layout.spans.iter().enumerate() {
            let is_same = before.plan.video.get(index) == layout.plan.video.get(index);
            let known = before.spans.get(index).filter(|_| is_same);
            let known = known.and_then(|place| lock(&place.content).clone());
            let is_known = known.is_some();
            *lock(&place.content) = known;
            if !is_known && (near..near + LOOKED_INTO).contains(&index) {
                layout.resolve(index);
            }
        }
        layout
    }

    pub(super) fn frames(&self) -> u64 {
        self.plan.frames
    }

    /// The object whose picture a frame shows, and its time there: of two the one that is seen more.
    pub(super) fn origin(&self, frame: u64) -> Option<(Arc<str>, RationalTime)> {
        let shot = match self.content(frame) {
            Content::Shot(shot) => shot,
            Content::Mix(Mix { out, into, share }) if share.0 * 2 < share.1 => out.or(into)?,
            Content::Mix(Mix { out, into, .. }) => into.or(out)?,
            Content::Unknown(_) | Content::Black | Content::Problem(_) => return None,
        };
        Some((
            Arc::clone(&shot.media.object_id),
            shot.media.time(shot.unit)?,
        ))
    }

    pub(super) fn last(&self) -> u64 {
        self.plan.frames.saturating_sub(1)
    }

    /// Frames a second, rounded; what is usual when it varies.
    pub(super) fn nominal_rate(&self) -> u64 {
        self.plan
            .frame_rate
            .map_or(30, |rate| u64::from(rate.nominal()))
            .clamp(1, 240)
    }

    fn place(&self, frame: u64) -> Option<(usize, &SpanPlace, &VideoSpan)> {
        let index = self
            .spans
            .partition_point(|place| place.first <= frame)
            .checked_sub(1)?;
        Some((index, self.spans.get(index)?, self.plan.video.get(index)?))
    }

    /// What a frame shows, as far as it is known.
    pub(super) fn content(&self, frame: u64) -> Content {
        let Some((index, place, span)) = self.place(frame) else {
            return Content::Black;
        };
        if span.sources.is_empty() {
            return Content::Black;
        }
        let Some(content) = lock(&place.content).clone() else {
            return Content::Unknown(index);
        };
        if let Some(problem) = &content.problem {
            return Content::Problem(Arc::clone(problem));
        }
        let Ok(slot) = usize::try_from(frame - place.first) else {
            return Content::Black;
        };
        let shot = |layer: &LayerContent| {
            let (media, unit) = layer.frames.get(slot)?;
            let media = content.media.get(*media as usize)?;
            Some(media.as_ref().map_err(Arc::clone).map(|media| Shot {
                media: Arc::clone(media),
                unit: *unit as usize,
                bordered: span.kind == SpanKind::Compose,
                mixed: layer.fade.is_some(),
            }))
        };
        let mut mix = Mix {
            out: None,
            into: None,
            share: (0, 1),
        };
        for layer in &content.layers {
            let shot = match shot(layer) {
                Some(Ok(shot)) => shot,
                Some(Err(problem)) => return Content::Problem(problem),
                None => return Content::Black,
            };
            let Some(fade) = layer.fade else {
                return Content::Shot(shot);
            };
            mix.share = (fade.step(frame - place.first), fade.steps());
            match fade.way {
                FadeWay::Out => mix.out = Some(shot),
                FadeWay::In => mix.into = Some(shot),
            }
        }
        match (&mix.out, &mix.into) {
            (None, None) => Content::Black,
            _ => Content::Mix(mix),
        }
    }

    /// The output frame nearest to `near` in the same span that shows a unit of the same object.
    pub(super) fn frame_showing(&self, near: u64, media: &Media, unit: usize) -> Option<u64> {
        let (_, place, _) = self.place(near)?;
        let content = lock(&place.content).clone()?;
        let slot = usize::try_from(near - place.first).ok()?;
        let is_it = |(number, shown): &(u32, u32)| {
            *shown as usize == unit
                && content.media.get(*number as usize).is_some_and(|found| {
                    found
                        .as_ref()
                        .is_ok_and(|found| found.object_id == media.object_id)
                })
        };
        let layers = content.layers.iter();
        let mut found =
            layers.filter_map(|layer| layer.frames.get(..=slot)?.iter().rposition(is_it));
        Some(place.first + found.next()? as u64)
    }

    /// When a frame begins on the output's timeline.
    pub(super) fn time(&self, frame: u64) -> Timestamp {
        if frame >= self.plan.frames {
            return self.plan.duration;
        }
        if let Some(rate) = self.plan.frame_rate {
            return rate.timestamp_of(i64::try_from(frame).unwrap_or(i64::MAX));
        }
        let Some((_, place, span)) = self.place(frame) else {
            return Timestamp::ZERO;
        };
        let content = lock(&place.content).clone();
        let offset = content.as_ref().and_then(|content| {
            let slot = usize::try_from(frame - place.first).ok()?;
            content.times.as_ref()?.get(slot).copied()
        });
        let offset = offset.unwrap_or(RationalTime::ZERO);
        (span.at.to_rational() + offset).to_timestamp()
    }

    /// The frame that is shown at a time of the output; the last one behind the end.
    pub(super) fn frame_at(&self, time: Timestamp) -> u64 {
        let frame = match self.plan.frame_rate {
            Some(rate) => {
                // Begins of frames are floored to nanoseconds; so is the time asked for.
                let nanosecond = RationalTime::new(1, 1_000_000_000).unwrap_or(RationalTime::ZERO);
                u64::try_from(rate.frame_at(time.to_rational() + nanosecond)).unwrap_or(0)
            }
            None => self.uneven_frame_at(time),
        };
        frame.min(self.last())
    }

    fn uneven_frame_at(&self, time: Timestamp) -> u64 {
        let index = self.plan.video.partition_point(|span| span.at <= time);
        let index = index.saturating_sub(1);
        let (Some(place), Some(span)) = (self.spans.get(index), self.plan.video.get(index)) else {
            return 0;
        };
        let content = lock(&place.content).clone();
        let times = content.as_ref().and_then(|content| content.times.as_ref());
        let since = time.to_rational() - span.at.to_rational();
        let shown = times.map_or(0, |times| times.partition_point(|time| *time <= since));
        place.first + (shown as u64).saturating_sub(1)
    }

    /// Looks into a span. Takes as long as the objects need.
    pub(super) fn resolve(&self, index: usize) {
        let (Some(place), Some(span)) = (self.spans.get(index), self.plan.video.get(index)) else {
            return;
        };
        let content = self.look_into(span);
        *lock(&place.content) = Some(Arc::new(content));
    }

    /// Looks into the span of a frame again when it is next needed: what was missing may be there.
    pub(super) fn forget(&self, frame: u64) {
        if let Some((_, place, _)) = self.place(frame) {
            *lock(&place.content) = None;
        }
    }

    fn look_into(&self, span: &VideoSpan) -> SpanContent {
        let found: Vec<FoundPiece> = span
            .sources
            .iter()
            .map(|piece| {
                let units = select_piece(piece, span.kind, &*self.objects)?;
                let media = self.media(&units)?;
                Ok((units, media))
            })
            .map(|found: Result<_, MediaError>| found.map_err(Arc::new))
            .collect();
        let layers = if is_mixed(span) {
            let layers = (0..2).filter_map(|layer| self.faded(span, layer, &found));
            layers.collect::<Result<Vec<_>, _>>()
        } else {
            let frames = match span.kind {
                SpanKind::Compose if self.plan.frame_rate.is_some() => {
                    self.chosen(span, (0..).zip(&found))
                }
                _ => counted(span, &found, self.plan.frame_rate.is_some()),
            };
            frames.map(|frames| vec![LayerContent { fade: None, frames }])
        };
        let (layers, problem) = match layers {
            Ok(layers) => (layers, None),
            Err(problem) => (Vec::new(), Some(problem)),
        };
        let media = found
            .iter()
            .map(|found| found.as_ref().map(|(_, media)| Arc::clone(media)))
            .map(|found| found.map_err(Arc::clone));
        SpanContent {
            media: media.collect(),
            times: self.uneven_times(span, &found),
            layers,
            problem,
        }
    }

    /// A layer of a dissolve or fade.
    fn faded(
        &self,
        span: &VideoSpan,
        layer: u8,
        found: &[FoundPiece],
    ) -> Option<Result<LayerContent, Arc<MediaError>>> {
        let (own, fade) = layer_of(span, layer)?;
        let pieces = (0..).zip(found).zip(&span.sources);
        let own_pieces = pieces.filter(|(_, piece)| piece.layer == layer);
        let own_pieces = own_pieces.map(|(found, _)| found);
        let frames = self.chosen(&own, own_pieces).map(|mut frames| {
            let hold = usize::try_from(fade.hold).unwrap_or(0);
            let (first, last) = (frames.first().copied(), frames.last().copied());
            match fade.way {
                FadeWay::In => drop(frames.splice(..0, first.into_iter().cycle().take(hold))),
                FadeWay::Out => frames.extend(last.into_iter().cycle().take(hold)),
            }
            LayerContent {
                fade: Some(fade),
                frames,
            }
        });
        Some(frames)
    }

    fn media(&self, units: &PieceUnits) -> Result<Arc<Media>, MediaError> {
        if let Some(media) = lock(&self.media).get(&units.object_id)
            && Arc::ptr_eq(&media.object.index, &units.object.index)
        {
            return Ok(Arc::clone(media));
        }
        let track = units.track()?;
        let media = Arc::new(Media::new(&units.object_id, units.object.clone(), track));
        lock(&self.media).insert(units.object_id.clone(), Arc::clone(&media));
        Ok(media)
    }

    /// Frames that are chosen by time; each piece has its number among those of the whole span.
    fn chosen<'a>(
        &self,
        span: &VideoSpan,
        found: impl Iterator<Item = (u32, &'a FoundPiece)>,
    ) -> Result<Vec<Slot>, Arc<MediaError>> {
        let (mut pieces, mut shown): (Vec<&PieceUnits>, Vec<Slot>) = (Vec::new(), Vec::new());
        for (number, found) in found {
            let (units, _) = found.as_ref().map_err(Arc::clone)?;
            shown.extend(units.shown.iter().map(|unit| slot(number, *unit)));
            pieces.push(units);
        }
        let chosen = shown_in_output(span, &pieces, self.plan.frame_rate)?;
        let slots = chosen
            .into_iter()
            .map(|index| shown.get(index).or(shown.last()).copied().unwrap_or((0, 0)));
        Ok(slots.collect())
    }

    fn uneven_times(&self, span: &VideoSpan, found: &[FoundPiece]) -> Option<Vec<RationalTime>> {
        if self.plan.frame_rate.is_some() {
            return None;
        }
        let pieces: Option<Vec<&PieceUnits>> = found
            .iter()
            .map(|found| found.as_ref().ok().map(|(units, _)| units))
            .collect();
        source_times(span, &pieces?).ok()
    }
}

type FoundPiece = Result<(PieceUnits, Arc<Media>), Arc<MediaError>>;
/// Which object of a span, and which unit of it; the unit means nothing where the object is missing.
type Slot = (u32, u32);

fn slot(number: u32, unit: usize) -> Slot {
    (number, u32::try_from(unit).unwrap_or(u32::MAX))
}

/// Frame for frame what the pieces hold. A piece that can't be had has the frames that are left.
fn counted(
    span: &VideoSpan,
    found: &[FoundPiece],
    even: bool,
) -> Result<Vec<Slot>, Arc<MediaError>> {
    let wanted = to_len(span.frames);
    let known: usize = found
        .iter()
        .flatten()
        .map(|(units, _)| units.shown.len())
        .sum();
    let mut missing = found.iter().filter(|found| found.is_err()).count();
    let mut left = wanted.saturating_sub(known);
    if missing == 0 && known != wanted {
        return Err(Arc::new(crate::execute::count_mismatch(wanted)));
    }
    let lengths: Vec<RationalTime> = span
        .sources
        .iter()
        .map(|piece| piece.mark_out.to_rational() - piece.mark_in.to_rational())
        .collect();
    let whole: RationalTime = lengths.iter().sum();
    let mut slots = Vec::new();
    for ((number, found), length) in (0..).zip(found).zip(lengths) {
        match found {
            Ok((units, _)) => slots.extend(units.shown.iter().map(|unit| slot(number, *unit))),
            Err(_) => {
                let share = if missing == 1 || !even {
                    left
                } else {
                    share(length, whole, wanted).min(left)
                };
                missing -= 1;
                left -= share;
                slots.extend(std::iter::repeat_n(slot(number, 0), share));
            }
        }
    }
    Ok(slots)
}

/// How many of `frames` frames a part of the whole has.
fn share(part: RationalTime, whole: RationalTime, frames: usize) -> usize {
    let (part, whole) = (part.to_timestamp().nanos(), whole.to_timestamp().nanos());
    if whole <= 0 {
        return 0;
    }
    let frames = frames as i128;
    usize::try_from((part * frames + whole / 2) / whole).unwrap_or(0)
}

/// Frames of a span as a length, bounded: memory is taken for what a piece that is missing may hold.
fn to_len(frames: u64) -> usize {
    usize::try_from(frames).unwrap_or(usize::MAX).min(1 << 28)
}
