//! How frames are counted in timecode.

use mediatime::{FrameRate, TimeError, Timecode};
use serde_json::json;
use std::fmt;
use std::str::FromStr;

use crate::Programme;

/// The key of what this program keeps in metadata of its own.
const OURS: &str = "stringout";
/// Whether labels are counted drop-frame, in [`OURS`].
const DROP_FRAME: &str = "drop_frame";

/// A rate, and whether timecode at it is counted drop-frame (SMPTE ST 12-1).
///
/// Its text is the rate's, with `df` behind it for drop-frame: `25`, `29.97`, `29.97df`, `30000/1001df`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counting {
    rate: FrameRate,
    drop_frame: bool,
}

impl Counting {
    /// Frames at `rate`.
    ///
    /// # Errors
    /// There is no such timecode: a rate that is neither whole nor NTSC, or drop-frame where it isn't
    /// defined.
    pub fn new(rate: FrameRate, drop_frame: bool) -> Result<Self, TimeError> {
        Timecode::from_frame(0, rate, drop_frame)?;
        Ok(Self { rate, drop_frame })
    }

    /// The rate.
    pub const fn rate(self) -> FrameRate {
        self.rate
    }

    /// True where labels are left out to keep up with the clock.
    pub const fn drop_frame(self) -> bool {
        self.drop_frame
    }

    /// The label of a frame, counted from `00:00:00:00`.
    pub(crate) fn label(self, frame: i64) -> Result<Timecode, TimeError> {
        Timecode::from_frame(frame, self.rate, self.drop_frame)
    }

    /// Frames in a day of labels.
    pub(crate) fn day(self) -> i64 {
        let last = Timecode::new(
            23,
            59,
            59,
            u8::try_from(self.rate.nominal() - 1).unwrap_or(u8::MAX),
            self.drop_frame,
            self.rate,
        );
        let last = last.and_then(|label| label.to_frame(self.rate));
        last.map_or(i64::MAX, |last| last.saturating_add(1))
    }
}

impl FromStr for Counting {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let lower = text.trim().to_ascii_lowercase();
        let (rate, drop_frame) = match lower.strip_suffix("ndf") {
            Some(rate) => (rate, false),
            None => match lower.strip_suffix("df") {
                Some(rate) => (rate, true),
                None => (lower.as_str(), false),
            },
        };
        Self::new(rate.trim_end().parse()?, drop_frame)
    }
}

impl fmt::Display for Counting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suffix = if self.drop_frame { "df" } else { "" };
        write!(f, "{}{suffix}", self.rate)
    }
}

impl Programme {
    /// How its timecode is counted: at its rate, drop-frame where that is how it was read, or where it
    /// doesn't say and drop-frame is defined for its rate. `None` when it has no rate that timecode is
    /// defined for.
    pub fn counting(&self) -> Option<Counting> {
        let rate = self.rate()?;
        let counting = Counting::new(rate, self.drop_frame() != Some(false));
        counting.or_else(|_| Counting::new(rate, false)).ok()
    }

    /// Whether its timecode is drop-frame, where it says so.
    pub fn drop_frame(&self) -> Option<bool> {
        self.kept.metadata()?.get(OURS)?.get(DROP_FRAME)?.as_bool()
    }

    /// Keeps how its timecode is counted, where its rate leaves a choice: the times alone don't say.
    pub(crate) fn set_counting(&mut self, rate: FrameRate, drop_frame: bool) {
        let choice = Counting::new(rate, true).is_ok();
        let value = choice.then(|| json!({DROP_FRAME: drop_frame}));
        self.kept.set_metadata(OURS, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countings_are_read_and_written() {
        for (text, rate, drop_frame) in [
            ("25", FrameRate::FPS_25, false),
            ("29.97", FrameRate::FPS_29_97, false),
            ("29.97df", FrameRate::FPS_29_97, true),
            ("29.97 DF", FrameRate::FPS_29_97, true),
            ("29.97ndf", FrameRate::FPS_29_97, false),
            ("30000/1001df", FrameRate::FPS_29_97, true),
            ("59.94df", FrameRate::FPS_59_94, true),
            ("23.976", FrameRate::FPS_23_976, false),
            ("23.98", FrameRate::FPS_23_976, false),
            ("50", FrameRate::FPS_50, false),
        ] {
            let counting: Counting = text.parse().unwrap();
            assert_eq!((counting.rate, counting.drop_frame), (rate, drop_frame));
            assert_eq!(counting.to_string().parse(), Ok(counting), "{text}");
        }
        for text in [
            "", "df", "25df", "30df", "23.976df", "12.5", "0", "-25", "25 fps",
        ] {
            assert!(text.parse::<Counting>().is_err(), "{text}");
        }
    }

    #[test]
    fn days_have_as_many_frames_as_labels() {
        let day = |text: &str| text.parse::<Counting>().unwrap().day();
        assert_eq!(day("25"), 25 * 86_400);
        assert_eq!(day("29.97"), 30 * 86_400);
        assert_eq!(day("29.97df"), 2_589_408);
        assert_eq!(day("59.94df"), 5_178_816);
    }
}
