//! Several strips of sound as one list of spans.
//!
//! ```text
//! strip 0  AAAAAAAAAAAA aaaa ....BBBBBBBB      a: A fades out
//! strip 1  ............ bbbb ............      b: B fades in
//! spans    AAAAAAAAAAAA|ab  |....|BBBBBBBB
//! ```

use crate::conform::shown;
use crate::plan::Seconds;
use crate::{AudioFormat, AudioSpan, Fade, SourcePiece, SpanKind};
use mediatime::RationalTime;

/// How much in front of a piece that begins in the middle of its object is decoded with it, in
/// milliseconds: codecs need up to 80 (RFC 7845 §4.2) to give the samples they would have given.
const PREROLL_MS: i128 = 100;

/// Spans one behind the other, from the output's first sample on.
#[derive(Debug)]
pub(crate) struct Strip {
    format: AudioFormat,
    spans: Vec<AudioSpan>,
    /// Where the next one begins, in samples.
    pub(crate) position: i64,
}

impl Strip {
    pub(crate) fn new(format: AudioFormat) -> Self {
        Self {
            format,
            spans: Vec::new(),
            position: 0,
        }
    }

    pub(crate) fn push(&mut self, span: AudioSpan) {
        self.position += i64::try_from(span.samples).unwrap_or(i64::MAX);
        self.spans.push(span);
    }

    /// Silence up to a sample; the result is how much.
    pub(crate) fn silence_until(&mut self, to: i64, reason: &str) -> i64 {
        let samples = to - self.position;
        if samples <= 0 {
            return 0;
        }
        let at = RationalTime::from_ticks(self.position, self.format.sample_rate);
        self.push(AudioSpan {
            kind: SpanKind::Fill,
            at: shown(at.unwrap_or(RationalTime::ZERO)),
            samples: u64::try_from(samples).unwrap_or(0),
            sources: Vec::new(),
            reason: reason.to_owned(),
            bytes: 0,
            seconds: Seconds::default(),
        });
        samples
    }

    /// All of it as long as the output: silence at its end, or less of it.
    pub(crate) fn until(mut self, end: i64) -> Vec<AudioSpan> {
        self.silence_until(end, "nothing follows: silence");
        let mut left = u64::try_from(end).unwrap_or(0);
        let mut kept = Vec::with_capacity(self.spans.len());
        for span in self.spans {
            if left == 0 {
                break;
            }
            let samples = span.samples.min(left);
            left -= samples;
            kept.push(span.part(0, samples, self.format.sample_rate));
        }
        kept
    }
}

/// Strips of the same length, each with a gain in thousandths of a decibel, as one.
pub(crate) fn mixed(mut strips: Vec<(Vec<AudioSpan>, i32)>, format: AudioFormat) -> Vec<AudioSpan> {
    if strips.len() <= 1 && strips.first().is_none_or(|(_, gain)| *gain == 0) {
        return strips.pop().map(|(spans, _)| spans).unwrap_or_default();
    }
    let mut readers: Vec<Reader> = (0_u8..)
        .zip(strips)
        .map(|(layer, (spans, gain))| Reader::new(spans, layer, gain))
        .collect();
    let mut out = Vec::new();
    let mut position = 0_i64;
    while let Some(samples) = readers.iter().filter_map(Reader::left).min() {
        let mut taken: Vec<AudioSpan> = Vec::new();
        let mut fill = None;
        for reader in &mut readers {
            match reader.take(samples, format) {
                Some(span) if span.kind == SpanKind::Fill => {
                    fill.get_or_insert(span);
                }
                Some(span) => taken.push(span),
                None => {}
            }
        }
        let at = RationalTime::from_ticks(position, format.sample_rate);
        let at = shown(at.unwrap_or(RationalTime::ZERO));
        position += i64::try_from(samples).unwrap_or(i64::MAX);
        let many = taken.len() > 1;
        let mut taken = taken.into_iter();
        let Some(mut span) = taken.next().or(fill) else {
            continue;
        };
        for other in taken {
            span.bytes += other.bytes;
            span.seconds.millis += other.seconds.millis;
            if span.reason != other.reason {
                span.reason = format!("{}; {}", span.reason, other.reason);
            }
            span.sources.extend(other.sources);
        }
        if many {
            span.kind = SpanKind::Compose;
            span.reason = format!("sounds are summed: {}", span.reason);
        }
        span.at = at;
        out.push(span);
    }
    out
}

/// Takes a strip apart.
struct Reader {
    spans: std::vec::IntoIter<AudioSpan>,
    current: Option<AudioSpan>,
    /// Samples of the current span that were taken.
    taken: u64,
    layer: u8,
    gain: i32,
}

impl Reader {
    fn new(spans: Vec<AudioSpan>, layer: u8, gain: i32) -> Self {
        let mut spans = spans.into_iter();
        Self {
            current: spans.next(),
            spans,
            taken: 0,
            layer,
            gain,
        }
    }

    /// Samples up to the next border.
    fn left(&self) -> Option<u64> {
        Some(self.current.as_ref()?.samples - self.taken)
    }

    fn take(&mut self, samples: u64, format: AudioFormat) -> Option<AudioSpan> {
        let current = self.current.as_ref()?;
        let end = self.taken + samples;
        let mut span = current.part(self.taken, end, format.sample_rate);
        if end < current.samples {
            self.taken = end;
        } else {
            self.current = self.spans.next();
            self.taken = 0;
        }
        for piece in &mut span.sources {
            piece.layer = self.layer;
            piece.gain = self.gain;
        }
        if span.kind != SpanKind::Fill && self.gain != 0 {
            span.kind = SpanKind::Compose;
            span.reason = format!("{}; its loudness is changed", span.reason);
        }
        Some(span)
    }
}

impl AudioSpan {
    /// Samples `from..to` of it, counted from its beginning, with what a decoder needs in front of them.
    #[must_use]
    pub fn part(&self, from: u64, to: u64, sample_rate: u32) -> Self {
        if from == 0 && to == self.samples {
            return self.clone();
        }
        let ticks = |samples: u64| {
            let samples = i64::try_from(samples).unwrap_or(i64::MAX);
            RationalTime::from_ticks(samples, sample_rate).unwrap_or(RationalTime::ZERO)
        };
        let (begin, end) = (ticks(from), ticks(to));
        let preroll = RationalTime::new(PREROLL_MS, 1000).unwrap_or(RationalTime::ZERO);
        let mut sources = Vec::new();
        let (mut before, mut layer) = (RationalTime::ZERO, 0);
        for piece in &self.sources {
            if piece.layer != layer {
                (before, layer) = (RationalTime::ZERO, piece.layer);
            }
            if piece.preroll {
                // Not part of the span's time.
                sources.extend((from == 0).then(|| piece.clone()));
                continue;
            }
            if from > 0 {
                sources.extend(cut(piece, before, (begin - preroll, begin), from, true));
            }
            sources.extend(cut(piece, before, (begin, end), from, false));
            before += piece.mark_out.to_rational() - piece.mark_in.to_rational();
        }
        let share = |whole: u64| {
            let samples = u128::from(self.samples.max(1));
            u64::try_from(u128::from(whole) * u128::from(to - from) / samples).unwrap_or(0)
        };
        Self {
            kind: self.kind,
            at: (self.at.to_rational() + begin).to_timestamp(),
            samples: to - from,
            sources,
            reason: self.reason.clone(),
            bytes: share(self.bytes),
            seconds: Seconds {
                millis: share(self.seconds.millis),
            },
        }
    }
}

/// What of a piece lies between two times of its span, in which it begins at `before`; `skipped` samples
/// of the span are in front of what is taken.
fn cut(
    piece: &SourcePiece,
    before: RationalTime,
    (from, to): (RationalTime, RationalTime),
    skipped: u64,
    preroll: bool,
) -> Option<SourcePiece> {
    let length = piece.mark_out.to_rational() - piece.mark_in.to_rational();
    let (from, to) = (from.max(before), to.min(before + length));
    let time = |at: RationalTime| (piece.mark_in.to_rational() + (at - before)).to_timestamp();
    let fade = piece.fade.map(|fade| Fade {
        from: fade.from.saturating_add(skipped),
        ..fade
    });
    (from < to).then(|| SourcePiece {
        mark_in: if from == before {
            piece.mark_in
        } else {
            time(from)
        },
        mark_out: if to == before + length {
            piece.mark_out
        } else {
            time(to)
        },
        preroll,
        fade,
        ..piece.clone()
    })
}
