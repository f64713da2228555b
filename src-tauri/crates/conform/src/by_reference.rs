//! The same output without moving its bytes: objects that it holds whole are reused in place.
//!
//! An object is reused when the output shows every picture of it, in order and unaltered, and lets
//! its own sound be heard with them. What is left, ragged edges of clips, dissolves and gaps, stays
//! as it was and is made into objects of its own: each such stretch is a plan by itself
//! ([`CutPlan::part`]).

use crate::{AudioSpan, CutPlan, MediaIndex, Seconds, SourcePiece, SpanKind, VideoSpan};
use mediatime::{FrameRate, RationalTime};
use std::ops::Range;
use std::sync::Arc;

/// So far sound may be off its pictures, or stand from the neighbouring object, before it is another
/// edit of it: sound in transport streams trails and leads the pictures by tens of milliseconds.
const TRAILING_MS: i128 = 100;

/// So much in front of a part of a run of sound is decoded with it: two frames and more.
const PREROLL_MS: i128 = 60;

/// So far the place of a sample may be rounded.
const ROUNDING_MS: i128 = 1;

/// Gives the index of an object of the plan.
pub type IndexOf<'a> = &'a dyn Fn(&str) -> Option<Arc<MediaIndex>>;

/// Whether an object may be reused: whoever publishes knows where it lies.
pub type Reusable<'a> = &'a dyn Fn(&str) -> bool;

/// A stretch of output that shows part of one object as it is.
struct Shown<'a> {
    piece: &'a SourcePiece,
    span: usize,
    frames: Range<u64>,
    out: mediatime::Timestamp,
}

impl CutPlan {
    /// This plan with a [`SpanKind::Reference`] span for every object of a flow that is in the output
    /// as a whole. Nothing is reused where the frame rate varies, as places could not be told exactly.
    #[must_use]
    pub fn by_reference(&self, index: IndexOf<'_>, reusable: Reusable<'_>) -> Self {
        let Some(rate) = self.frame_rate else {
            return self.clone();
        };
        let mut shown: Vec<Shown<'_>> = Vec::new();
        let mut at = 0;
        for (number, span) in self.video.iter().enumerate() {
            self.show(span, number, at, index, &mut shown);
            at += span.frames;
        }
        let mut reused: Vec<(Range<u64>, SourcePiece, String)> = Vec::new();
        let mut before: Option<(usize, u64)> = None;
        for part in &shown {
            let goes_on = before == Some((part.span, part.frames.start));
            if reusable(&part.piece.object_id) && self.is_whole(part, rate, goes_on, index) {
                before = Some((part.span, part.frames.end));
                let piece = SourcePiece {
                    mark_out: part.out,
                    preroll: false,
                    ..part.piece.clone()
                };
                let reason = format!("all of object {} is here", part.piece.object_id);
                reused.push((part.frames.clone(), piece, reason));
            }
        }
        let mut plan = self.clone();
        plan.video.clear();
        plan.audio.clear();
        let mut done = 0;
        for (frames, piece, reason) in reused {
            let gap = done..frames.start;
            plan.video.extend(self.pictures(gap.clone(), rate, index));
            plan.audio.extend(self.sound(&gap, rate));
            plan.video.push(VideoSpan {
                kind: SpanKind::Reference,
                at: rate.frame_start(signed(frames.start)).to_timestamp(),
                frames: frames.end - frames.start,
                sources: vec![piece.clone()],
                reason: reason.clone(),
                bytes: 0,
                seconds: Seconds::default(),
            });
            if let Some(samples) = self.samples(&frames, rate) {
                plan.audio.push(AudioSpan {
                    kind: SpanKind::Reference,
                    at: time_of_sample(samples.start, self.sample_rate()).to_timestamp(),
                    samples: samples.end - samples.start,
                    sources: vec![piece],
                    reason,
                    bytes: 0,
                    seconds: Seconds::default(),
                });
            }
            done = frames.end;
        }
        plan.video
            .extend(self.pictures(done..self.frames, rate, index));
        plan.audio.extend(self.sound(&(done..self.frames), rate));
        plan.hash = plan.compute_hash();
        plan
    }

    /// A stretch of the output as a plan by itself, beginning at 0. Of spans that lie in it in part only
    /// whole pieces can be taken: cut where [`CutPlan::by_reference`] does, in front of or behind a
    /// reference span. `None` where the frame rate varies.
    #[must_use]
    pub fn part(&self, frames: Range<u64>, index: IndexOf<'_>) -> Option<Self> {
        let rate = self.frame_rate?;
        let begin = rate.frame_start(signed(frames.start));
        let back = |at: mediatime::Timestamp| (at.to_rational() - begin).to_timestamp();
        let mut plan = self.clone();
        plan.frames = frames.end - frames.start;
        plan.duration = rate.frame_start(signed(plan.frames)).to_timestamp();
        plan.format.timecode = None;
        plan.video = self.pictures(frames.clone(), rate, index);
        let mut at = 0;
        for span in &mut plan.video {
            span.at = rate.frame_start(at).to_timestamp();
            at += signed(span.frames);
        }
        plan.audio = self.sound(&frames, rate);
        for span in &mut plan.audio {
            span.at = back(span.at).max(mediatime::Timestamp::ZERO);
        }
        // Of the sound of one run, taken as it is, only an edit list says where it begins, and a part in
        // the middle of it has no frames in front to begin clean with.
        let whole = frames == (0..self.frames);
        for span in plan.audio.iter_mut().filter(|_| !whole) {
            if span.kind == SpanKind::Copy {
                span.kind = SpanKind::Encode;
                "a part of a run of sound".clone_into(&mut span.reason);
            }
        }
        plan.hash = plan.compute_hash();
        Some(plan)
    }

    /// What a span shows of objects as they are, adding to a part of the same object in front of it.
    fn show<'a>(
        &'a self,
        span: &'a VideoSpan,
        number: usize,
        at: u64,
        index: IndexOf<'_>,
        shown: &mut Vec<Shown<'a>>,
    ) {
        let plain = matches!(
            span.kind,
            SpanKind::Copy | SpanKind::Encode | SpanKind::Reference
        );
        let simple = span
            .sources
            .iter()
            .all(|piece| piece.layer == 0 && piece.fade.is_none());
        if !plain || !simple {
            return;
        }
        let mut first = at;
        for piece in span.sources.iter().filter(|piece| !piece.preroll) {
            let frames = first..first + frames_of(piece, index);
            first = frames.end;
            match shown.last_mut() {
                Some(last)
                    if last.piece.object_id == piece.object_id
                        && last.frames.end == frames.start
                        && last.out == piece.mark_in =>
                {
                    last.frames.end = frames.end;
                    last.out = piece.mark_out;
                }
                _ => shown.push(Shown {
                    piece,
                    span: number,
                    frames,
                    out: piece.mark_out,
                }),
            }
        }
    }

    /// Whether a part shows all of its object, decodable by itself or with what was reused just before,
    /// and the sound with it is its own.
    fn is_whole(
        &self,
        part: &Shown<'_>,
        rate: FrameRate,
        goes_on: bool,
        index: IndexOf<'_>,
    ) -> bool {
        let Some(index) = index(&part.piece.object_id).filter(|_| part.piece.flow_id.is_some())
        else {
            return false;
        };
        let Some(track) = &index.video else {
            return false;
        };
        let presented = track.presented();
        let all = presented.len() as u64 == part.frames.end - part.frames.start
            && presented.len() == track.units.len();
        let closed = track.units.first().is_some_and(|first| {
            track.begins_gop(first) && track.units.iter().all(|unit| unit.pts >= first.pts)
        });
        if !all || !(closed || goes_on) || index.audio.is_some() != self.format.audio.is_some() {
            return false;
        }
        let begin = rate.frame_start(signed(part.frames.start));
        let end = rate.frame_start(signed(part.frames.end));
        let shift = begin - part.piece.mark_in.to_rational();
        let mut foreign = RationalTime::ZERO;
        for span in &self.audio {
            let ends = span.at.to_rational() + time_of_sample(span.samples, self.sample_rate());
            if ends <= begin || end <= span.at.to_rational() {
                continue;
            }
            let mut at = span.at.to_rational();
            // A cross-fade at a joint is over in an instant; a mixture or another loudness is not.
            let layer = span.sources.first().map(|piece| piece.layer);
            let altered = span
                .sources
                .iter()
                .any(|piece| Some(piece.layer) != layer || piece.fade.is_some() || piece.gain != 0);
            if altered || span.sources.is_empty() {
                foreign += ends.min(end) - at.max(begin);
                continue;
            }
            for piece in span.sources.iter().filter(|piece| !piece.preroll) {
                let (from, to) = (piece.mark_in.to_rational(), piece.mark_out.to_rational());
                let until = at + (to - from);
                let common = until.min(end) - at.max(begin);
                let off = (at - from) - shift;
                if common > RationalTime::ZERO {
                    if piece.object_id != part.piece.object_id {
                        if piece.flow_id != part.piece.flow_id {
                            return false;
                        }
                        foreign += common;
                    } else if off.max(-off) > millis(ROUNDING_MS) {
                        return false;
                    }
                }
                at = until;
            }
        }
        foreign <= millis(TRAILING_MS)
    }

    /// The picture spans of a stretch; those that reach beyond it with the pieces in it.
    fn pictures(&self, wanted: Range<u64>, rate: FrameRate, index: IndexOf<'_>) -> Vec<VideoSpan> {
        let mut parts = Vec::new();
        let mut at = 0;
        for span in &self.video {
            let here = at..at + span.frames;
            at = here.end;
            let common = here.start.max(wanted.start)..here.end.min(wanted.end);
            if common.is_empty() {
                continue;
            }
            if common == here {
                parts.push(span.clone());
                continue;
            }
            let mut sources = Vec::new();
            let mut first = here.start;
            for piece in &span.sources {
                if piece.preroll {
                    sources.extend((common.start == here.start).then(|| piece.clone()));
                    continue;
                }
                let frames = first..first + frames_of(piece, index);
                first = frames.end;
                if frames.start >= common.start && frames.end <= common.end {
                    sources.push(piece.clone());
                }
            }
            let frames = common.end - common.start;
            parts.push(VideoSpan {
                at: rate.frame_start(signed(common.start)).to_timestamp(),
                frames,
                sources,
                bytes: share(span.bytes, frames, span.frames),
                seconds: Seconds {
                    millis: share(span.seconds.millis, frames, span.frames),
                },
                ..span.clone()
            });
        }
        parts
    }

    /// The sound spans of a stretch; those that reach beyond it cut to the sample.
    fn sound(&self, wanted: &Range<u64>, rate: FrameRate) -> Vec<AudioSpan> {
        let Some(wanted) = self.samples(wanted, rate) else {
            return Vec::new();
        };
        let sample_rate = self.sample_rate();
        let mut parts = Vec::new();
        let mut at = 0;
        for span in &self.audio {
            let here = at..at + span.samples;
            at = here.end;
            let common = here.start.max(wanted.start)..here.end.min(wanted.end);
            if common.is_empty() {
                continue;
            }
            if common == here {
                parts.push(span.clone());
                continue;
            }
            let cut_head = time_of_sample(common.start - here.start, sample_rate);
            let cut_tail = time_of_sample(common.end - here.start, sample_rate);
            let samples = common.end - common.start;
            parts.push(AudioSpan {
                at: time_of_sample(common.start, sample_rate).to_timestamp(),
                samples,
                sources: trimmed(&span.sources, cut_head, cut_tail, common.start - here.start),
                bytes: share(span.bytes, samples, span.samples),
                seconds: Seconds {
                    millis: share(span.seconds.millis, samples, span.samples),
                },
                ..span.clone()
            });
        }
        parts
    }

    fn samples(&self, frames: &Range<u64>, rate: FrameRate) -> Option<Range<u64>> {
        let audio = self.format.audio?;
        let sample = |frame: u64| {
            let ticks = rate
                .frame_start(signed(frame))
                .round_ticks(audio.sample_rate);
            u64::try_from(ticks).unwrap_or(0)
        };
        Some(sample(frames.start)..sample(frames.end))
    }

    fn sample_rate(&self) -> u32 {
        self.format.audio.map_or(48_000, |audio| audio.sample_rate)
    }
}

/// Pieces of sound from `head` to `tail` of their span, layer by layer; fades keep their place. What is
/// in front of a new beginning is decoded with it where there is any, as a decoder's first frame is not
/// clean.
fn trimmed(
    pieces: &[SourcePiece],
    head: RationalTime,
    tail: RationalTime,
    skipped: u64,
) -> Vec<SourcePiece> {
    let mut kept: Vec<SourcePiece> = Vec::new();
    let mut layer = None;
    let mut at = RationalTime::ZERO;
    for (number, piece) in pieces.iter().enumerate() {
        if layer != Some(piece.layer) {
            layer = Some(piece.layer);
            at = RationalTime::ZERO;
        }
        if piece.preroll {
            kept.extend((skipped == 0).then(|| piece.clone()));
            continue;
        }
        let (from, to) = (piece.mark_in.to_rational(), piece.mark_out.to_rational());
        let begin = at;
        at += to - from;
        let (first, last) = (begin.max(head), at.min(tail));
        if first >= last {
            continue;
        }
        let mut part = piece.clone();
        if first > begin {
            part.mark_in = (from + (first - begin)).to_timestamp();
        }
        if last < at {
            part.mark_out = (from + (last - begin)).to_timestamp();
        }
        if let Some(fade) = &mut part.fade {
            fade.from = fade.from.saturating_add(skipped);
        }
        let in_front = pieces[..number]
            .last()
            .filter(|_| first == begin && skipped > 0);
        if skipped > 0 && first == head {
            let lead = if first > begin { Some(piece) } else { in_front };
            kept.extend(lead.filter(|lead| lead.layer == piece.layer).map(|lead| {
                let end = if first > begin {
                    part.mark_in
                } else {
                    lead.mark_out
                };
                let start = (end.to_rational() - millis(PREROLL_MS)).to_timestamp();
                SourcePiece {
                    mark_in: start.max(lead.mark_in),
                    mark_out: end,
                    preroll: true,
                    fade: None,
                    ..lead.clone()
                }
            }));
        }
        kept.push(part);
    }
    kept
}

/// Presented frames in a piece.
fn frames_of(piece: &SourcePiece, index: IndexOf<'_>) -> u64 {
    let index = index(&piece.object_id);
    let track = index.as_ref().and_then(|index| index.video.as_ref());
    track.map_or(0, |track| {
        let ticks = |time: mediatime::Timestamp| time.to_rational().ceil_ticks(track.time_scale);
        let taken = ticks(piece.mark_in)..ticks(piece.mark_out);
        let inside = track
            .units
            .iter()
            .filter(|unit| unit.presented && taken.contains(&unit.pts));
        inside.count() as u64
    })
}

fn time_of_sample(sample: u64, rate: u32) -> RationalTime {
    let ticks = i64::try_from(sample).unwrap_or(i64::MAX);
    RationalTime::from_ticks(ticks, rate).unwrap_or(RationalTime::ZERO)
}

fn millis(count: i128) -> RationalTime {
    RationalTime::new(count, 1000).unwrap_or(RationalTime::ZERO)
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn share(all: u64, part: u64, of: u64) -> u64 {
    let share = u128::from(all) * u128::from(part) / u128::from(of.max(1));
    u64::try_from(share).unwrap_or(u64::MAX)
}
