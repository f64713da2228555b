//! When each picture of an output is shown, and when it is decoded.

use super::objects::ObjectSource;
use super::selection::{PieceUnits, count_mismatch, select, source_times};
use crate::MediaError;
use crate::report::Presentation;
use conform::{CutPlan, SpanKind, VideoSpan};

/// When each output frame is shown.
pub(super) struct FrameClock {
    scale: u32,
    /// Ticks of one frame when the rate is constant.
    even: Option<i64>,
    next: i64,
    listed: Vec<i64>,
}

impl FrameClock {
    pub(super) fn new(plan: &CutPlan, scale: u32) -> Self {
        let even = plan
            .frame_rate
            .map(|rate| i64::from(rate.denominator()) * i64::from(scale / rate.numerator().max(1)));
        Self {
            scale,
            even,
            next: 0,
            listed: Vec::new(),
        }
    }

    /// Output times of a span's frames, in ticks and presentation order.
    pub(super) fn span(
        &mut self,
        span: &VideoSpan,
        pieces: &[PieceUnits],
    ) -> Result<Vec<i64>, MediaError> {
        let frames = i64::try_from(span.frames).unwrap_or(i64::MAX);
        if let Some(ticks) = self.even {
            let first = self.next;
            self.next += frames;
            return Ok((first..self.next).map(|frame| frame * ticks).collect());
        }
        let base = span.at.to_rational();
        let times: Vec<i64> = source_times(span, pieces)?
            .into_iter()
            .map(|time| (base + time).round_ticks(self.scale))
            .collect();
        self.listed.extend(&times);
        Ok(times)
    }

    pub(super) fn end(&self, plan: &CutPlan) -> i64 {
        match self.even {
            Some(ticks) => self.next * ticks,
            None => plan.duration.to_rational().round_ticks(self.scale),
        }
    }

    pub(super) fn presentation(mut self, plan: &CutPlan) -> Presentation {
        let end = self.end(plan);
        match self.even {
            Some(ticks) => Presentation::Even(ticks),
            None => {
                self.listed.push(end);
                Presentation::Listed(self.listed)
            }
        }
    }
}

/// How long pictures are decoded before they are shown, in ticks: frames of reordering in the copies,
/// each as long as frames are on average. Nothing is reordered in encoded parts.
pub(super) fn reordering(
    plan: &CutPlan,
    objects: &dyn ObjectSource,
    scale: u32,
) -> Result<i64, MediaError> {
    let mut frames = 0;
    for span in plan.video.iter().filter(|span| span.kind == SpanKind::Copy) {
        for piece in select(span, objects)? {
            for (place, rank) in in_decode_order(&piece).into_iter().enumerate() {
                frames = frames.max(place.saturating_sub(rank));
            }
        }
    }
    let clock = FrameClock::new(plan, scale);
    let average = clock.end(plan) / i64::try_from(plan.frames.max(1)).unwrap_or(i64::MAX);
    let frame = clock.even.unwrap_or(average).max(1);
    Ok(frame.saturating_mul(i64::try_from(frames).unwrap_or(i64::MAX)))
}

/// The slots of copied pictures in decode order: each is `delay` behind its decode time, which is never
/// behind the time that it, or any picture decoded after it, is shown.
pub(super) fn decode_slots(pts: &[i64], starts: &[i64], delay: i64) -> Vec<i64> {
    let mut slots = starts.to_vec();
    let (mut earliest, mut next) = (i64::MAX, i64::MAX);
    for (slot, pts) in slots.iter_mut().zip(pts).rev() {
        earliest = earliest.min(*pts);
        *slot = (*slot)
            .min(earliest.saturating_add(delay))
            .min(next.saturating_sub(1));
        next = *slot;
    }
    slots
}

/// When the pictures of a copy are shown, in decode order.
pub(super) fn decode_order(pieces: &[PieceUnits], starts: &[i64]) -> Result<Vec<i64>, MediaError> {
    let mut times = Vec::with_capacity(starts.len());
    let mut before = 0;
    for piece in pieces {
        for rank in in_decode_order(piece) {
            let time = starts.get(before + rank);
            times.push(*time.ok_or_else(|| count_mismatch(starts.len()))?);
        }
        before += piece.shown.len();
    }
    Ok(times)
}

/// Places of a piece's pictures in presentation order, in decode order.
fn in_decode_order(piece: &PieceUnits) -> Vec<usize> {
    let mut decoded: Vec<(usize, usize)> = piece.shown.iter().copied().zip(0..).collect();
    decoded.sort_unstable();
    decoded.into_iter().map(|(_, rank)| rank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_decoded_in_order_and_in_time() {
        // I P B b b, evenly: two frames of reordering.
        let starts = [0, 10, 20, 30, 40];
        let pts = [0, 40, 20, 10, 30];
        assert_eq!(decode_slots(&pts, &starts, 20), starts);
        // The same across a hole of 1000.
        let starts = [0, 10, 20, 1030, 1040];
        let pts = [0, 1040, 20, 10, 1030];
        let slots = decode_slots(&pts, &starts, 20);
        assert_eq!(slots, [0, 10, 20, 30, 1040]);
        for (slot, pts) in slots.iter().zip(pts) {
            assert!(slot - 20 <= pts);
        }
        // No room at all: they still follow one another.
        assert_eq!(decode_slots(&[2, 1, 0], &[0, 1, 2], 0), [-2, -1, 0]);
    }
}
