//! How fast this machine makes pictures, learned from what compiles took.

use crate::{Failure, Workspace};
use conform::{CutPlan, Pace, Seconds, SpanKind};
use media::{Report, SpanReport};

/// Where it is kept.
const SETTING: &str = "pace";

/// What takes less than this says nothing.
const TELLS_MILLIS: u64 = 50;

/// The bounds of a pace: a machine a hundred times slower or faster than the model is a mistake of the clock.
const BOUNDS: (u64, u64) = (10, 100_000);

impl Workspace {
    /// How fast this machine is, as far as compiles of this workspace have shown.
    ///
    /// # Errors
    /// The workspace can't be read.
    pub fn pace(&self) -> Result<Pace, Failure> {
        let kept = self.work.setting(SETTING)?;
        // One that can't be read is learned anew.
        let pace = kept.and_then(|text| serde_json::from_str(&text).ok());
        Ok(pace.unwrap_or_default())
    }

    /// Takes note of how long the parts of a compile took.
    pub(crate) fn learn_pace(&self, report: &Report) -> Result<(), Failure> {
        let before = self.pace()?;
        let learned = learned(before, report);
        if learned == before {
            return Ok(());
        }
        let text = serde_json::to_string(&learned).map_err(Failure::internal)?;
        Ok(self.work.set_setting(SETTING, &text)?)
    }
}

/// What a plan is estimated to take for its pictures.
#[must_use]
pub fn estimated(plan: &CutPlan) -> Seconds {
    let millis = plan.video.iter().map(|span| span.seconds.millis).sum();
    Seconds { millis }
}

/// What its pictures took.
#[must_use]
pub fn taken(report: &Report) -> Seconds {
    let millis = report.spans.iter().map(|span| span.seconds.millis).sum();
    Seconds { millis }
}

/// A quarter of the way from what was known to what the report shows.
fn learned(before: Pace, report: &Report) -> Pace {
    let sums = |copies: bool| {
        let both = report.plan.video.iter().zip(&report.spans);
        let of_kind = both.filter(|(span, _)| (span.kind == SpanKind::Copy) == copies);
        of_kind.fold((0, 0), |(planned, took), (span, made): (_, &SpanReport)| {
            (planned + span.seconds.millis, took + made.seconds.millis)
        })
    };
    let next = |pace: u32, (planned, took): (u64, u64)| {
        if planned < TELLS_MILLIS || took < TELLS_MILLIS {
            return pace;
        }
        let shown = u64::from(pace).saturating_mul(took) / planned;
        let next = (3 * u64::from(pace) + shown) / 4;
        u32::try_from(next.clamp(BOUNDS.0, BOUNDS.1)).unwrap_or(pace)
    };
    Pace {
        copy: next(before.copy, sums(true)),
        encode: next(before.encode, sums(false)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A report of spans, each with its kind, what was estimated and what it took, in milliseconds.
    fn report(spans: &[(&str, u64, u64)]) -> Report {
        let seconds = |millis: u64| millis as f64 / 1000.0;
        let planned = spans.iter().map(|(kind, estimated, _)| {
            json!({
                "kind": kind, "at": "0:0", "frames": 1, "sources": [], "reason": "",
                "bytes": 0, "seconds": seconds(*estimated),
            })
        });
        let made = spans.iter().map(|(kind, _, took)| {
            json!({
                "kind": kind, "first_frame": 0, "frames": 1, "bytes": 0, "seconds": seconds(*took),
                "signatures": [],
            })
        });
        let report = json!({
            "plan": {
                "hash": "", "frame_rate": null, "frames": 1, "duration": "1:0",
                "format": {
                    "codec": "h264", "bit_depth": 8, "chroma_format_idc": 1, "width": 2, "height": 2,
                    "pixel_aspect": [1, 1], "rotation": 0, "time_scale": 25, "audio": null,
                },
                "video": planned.collect::<Vec<_>>(), "audio": [],
            },
            "out": "out.mp4", "sha256": "", "size": 0, "frames": 1, "copied_bytes": 0,
            "copied_frames": 0, "encoded_frames": 0, "encoder": null, "time_scale": 25,
            "presentation": {"even": 1}, "spans": made.collect::<Vec<_>>(), "audio": null,
            "tool_versions": {}, "verification": null,
        });
        serde_json::from_value(report).unwrap()
    }

    #[test]
    fn each_kind_is_learned_by_itself_and_slowly() {
        let before = Pace::default();
        let twice = report(&[
            ("copy", 100, 100),
            ("encode", 300, 700),
            ("compose", 100, 100),
        ]);
        let after = learned(before, &twice);
        assert_eq!(
            after,
            Pace {
                copy: 1000,
                encode: 1250
            }
        );
        // What is estimated with it comes near, and stays.
        let mut pace = before;
        for _ in 0..40 {
            let estimate = 400 * u64::from(pace.encode) / 1000;
            pace = learned(pace, &report(&[("encode", estimate, 800)]));
        }
        assert!((1980..=2000).contains(&pace.encode), "{pace:?}");
        let short = report(&[("copy", 1, 40), ("encode", 40, 400)]);
        assert_eq!(learned(before, &short), before);
        let mad = report(&[("encode", 50, u64::MAX / 2000)]);
        assert_eq!(learned(before, &mad).encode, 100_000);
    }
}
