//! The hash of a plan: SHA-256 of its canonical JSON.
//!
//! Canonical is what `serde_json` writes without white space, with the keys of each object in order and
//! without `hash`, `bytes` and `seconds`. A plan holds no other fractions, so the text is unique. A plan of
//! 2,000 clips has five megabytes of it, so the parts of which there are thousands are written from structs
//! whose fields are in order already. Each is taken apart by name: a field that is added to the plan
//! does not compile until it is in the hash as well.

use crate::{AudioSpan, CutPlan, Fade, FadeWay, SourcePiece, SpanKind, VideoSpan};
use mediatime::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::io::{self, Write};

impl CutPlan {
    /// Computes the hash of the plan: SHA-256 over its JSON with sorted keys, no white space, and
    /// without `hash`, `bytes` and `seconds`.
    #[must_use]
    pub fn compute_hash(&self) -> String {
        let mut hasher = Hasher(Sha256::new());
        // Nothing of a plan can't be written, and a hash takes everything.
        let _ = self.write_canonical(&mut hasher);
        let digest = hasher.0.finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn write_canonical(&self, out: &mut impl Write) -> io::Result<()> {
        let Self {
            hash: _,
            frame_rate,
            frames,
            duration,
            format,
            video,
            audio,
        } = self;
        // `Value` has the keys of the few objects without lists in order.
        out.write_all(b"{\"audio\":")?;
        write_list(out, audio.iter().map(Sound::of))?;
        out.write_all(b",\"duration\":")?;
        serde_json::to_writer(&mut *out, duration)?;
        out.write_all(b",\"format\":")?;
        serde_json::to_writer(&mut *out, &sorted(serde_json::to_value(format)?))?;
        out.write_all(b",\"frame_rate\":")?;
        serde_json::to_writer(&mut *out, &sorted(serde_json::to_value(frame_rate)?))?;
        write!(out, ",\"frames\":{frames},\"video\":")?;
        write_list(out, video.iter().map(Pictures::of))?;
        out.write_all(b"}")
    }
}

struct Hasher(Sha256);

impl Write for Hasher {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.update(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes a list of thousands, one item at a time.
fn write_list<T: Serialize>(
    out: &mut impl Write,
    items: impl Iterator<Item = T>,
) -> io::Result<()> {
    let mut text = Vec::new();
    let mut sign = b"[".as_slice();
    for item in items {
        text.clear();
        text.extend_from_slice(sign);
        serde_json::to_writer(&mut text, &item)?;
        out.write_all(&text)?;
        sign = b",";
    }
    if sign == b"[" {
        out.write_all(sign)?;
    }
    out.write_all(b"]")
}

/// A value whose objects have their keys in order.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.into_iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            let entries = entries.into_iter();
            Value::Object(entries.map(|(key, value)| (key, sorted(value))).collect())
        }
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        scalar => scalar,
    }
}

#[derive(Serialize)]
struct Pictures<'a> {
    at: Timestamp,
    frames: u64,
    kind: SpanKind,
    reason: &'a str,
    sources: Vec<Piece<'a>>,
}

impl<'a> Pictures<'a> {
    fn of(span: &'a VideoSpan) -> Self {
        let VideoSpan {
            kind,
            at,
            frames,
            sources,
            reason,
            bytes: _,
            seconds: _,
        } = span;
        Self {
            at: *at,
            frames: *frames,
            kind: *kind,
            reason,
            sources: sources.iter().map(Piece::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct Sound<'a> {
    at: Timestamp,
    kind: SpanKind,
    reason: &'a str,
    samples: u64,
    sources: Vec<Piece<'a>>,
}

impl<'a> Sound<'a> {
    fn of(span: &'a AudioSpan) -> Self {
        let AudioSpan {
            kind,
            at,
            samples,
            sources,
            reason,
            bytes: _,
            seconds: _,
        } = span;
        Self {
            at: *at,
            kind: *kind,
            reason,
            samples: *samples,
            sources: sources.iter().map(Piece::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct Piece<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    fade: Option<Change>,
    flow_id: Option<&'a str>,
    gain: i32,
    r#in: Timestamp,
    #[serde(skip_serializing_if = "super::is_lowest")]
    layer: u8,
    object_id: &'a str,
    out: Timestamp,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    preroll: bool,
}

impl<'a> Piece<'a> {
    fn of(piece: &'a SourcePiece) -> Self {
        let SourcePiece {
            object_id,
            flow_id,
            mark_in,
            mark_out,
            gain,
            preroll,
            layer,
            fade,
        } = piece;
        Self {
            fade: fade.map(Change::of),
            flow_id: flow_id.as_deref(),
            gain: *gain,
            r#in: *mark_in,
            layer: *layer,
            object_id,
            out: *mark_out,
            preroll: *preroll,
        }
    }
}

#[derive(Serialize)]
struct Change {
    from: u64,
    #[serde(skip_serializing_if = "super::is_none")]
    hold: u64,
    of: u64,
    way: FadeWay,
}

impl Change {
    fn of(fade: Fade) -> Self {
        let Fade {
            way,
            from,
            of,
            hold,
        } = fade;
        Self {
            from,
            hold,
            of,
            way,
        }
    }
}
