//! SMPTE ST 12-1 timecode labels, drop-frame and not.

use std::fmt;

use crate::text::{digits, excerpt};
use crate::{FrameRate, TimeError};

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;
/// The highest nominal rate SMPTE ST 12-3 defines timecode for.
const MAX_NOMINAL: u32 = 120;

/// The label `HH:MM:SS:FF` of a frame index, counted from `00:00:00:00` at frame 0.
///
/// Frames are numbered up to the [nominal](FrameRate::nominal) rate, so a label is no time: at 29.97
/// `01:00:00:00` stands 3.6 s after one hour. **Drop-frame** counting, written with `;` before the
/// frames, makes up for that by leaving out labels, never frames: at 29.97 the first two of each minute
/// but every tenth, at 59.94 the first four, at 119.88 the first eight.
///
/// A label holds no rate; a value was valid at the rate it was made with, and
/// [`Timecode::to_frame`] checks it against the rate given there.
///
/// ```
/// use mediatime::{FrameRate, Timecode};
///
/// let rate = FrameRate::FPS_29_97;
/// let label = Timecode::from_frame(1800, rate, true)?;
/// assert_eq!(label.to_string(), "00:01:00;02");
/// assert_eq!(label.to_frame(rate)?, 1800);
/// # Ok::<(), mediatime::TimeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timecode {
    hours: u8,
    minutes: u8,
    seconds: u8,
    frames: u8,
    drop_frame: bool,
    /// Above 100 frames per second labels have three digits for frames.
    wide_frames: bool,
}

impl Timecode {
    /// The label with these fields.
    ///
    /// # Errors
    ///
    /// As for [`Timecode::parse`], without the errors of shape.
    pub fn new(
        hours: u8,
        minutes: u8,
        seconds: u8,
        frames: u8,
        drop_frame: bool,
        rate: FrameRate,
    ) -> Result<Self, TimeError> {
        let counting = Counting::new(rate, drop_frame)?;
        counting.label([hours, minutes, seconds, frames].map(u32::from))
    }

    /// Reads `HH:MM:SS:FF`, or drop-frame with `;` or `.` before the frames (`HH:MM:SS;FF`), or with
    /// `;` throughout. A leading zero of any field may be left out.
    ///
    /// # Errors
    ///
    /// - [`TimeError::TimecodeRate`] and [`TimeError::DropFrameRate`] when there is no such counting at
    ///   `rate`;
    /// - [`TimeError::Timecode`] when the text has another shape;
    /// - [`TimeError::TimecodeField`] when a field is too large, hours above 23 too;
    /// - [`TimeError::DroppedLabel`] for a label drop-frame counting leaves out.
    pub fn parse(text: &str, rate: FrameRate) -> Result<Self, TimeError> {
        let fail = |reason| TimeError::Timecode {
            text: excerpt(text),
            reason,
        };
        let Some(at) = text.rfind([':', ';', '.']) else {
            return Err(fail("it has no separators"));
        };
        let (clock, frames) = (
            text.get(..at).unwrap_or_default(),
            text.get(at + 1..).unwrap_or_default(),
        );
        let drop_frame = !text.get(at..).is_some_and(|rest| rest.starts_with(':'));
        let separator = if clock.contains(';') && drop_frame {
            ';'
        } else {
            ':'
        };
        let mut fields = clock.split(separator).chain([frames]);
        let mut values = [0_u32; 4];
        for (value, longest) in values.iter_mut().zip([2, 2, 2, 3]) {
            let field = fields
                .next()
                .ok_or_else(|| fail("it needs hours, minutes, seconds and frames"))?;
            let number = digits(field).filter(|_| field.len() <= longest);
            *value = number
                .and_then(|number| u32::try_from(number).ok())
                .ok_or_else(|| fail("each field is one or two digits, frames up to three"))?;
        }
        if fields.next().is_some() {
            return Err(fail("it has more than four fields"));
        }
        Counting::new(rate, drop_frame)?.label(values)
    }

    /// The label of frame `frame`.
    ///
    /// # Errors
    ///
    /// [`TimeError::TimecodeDay`] before frame 0 or after 24 hours of labels;
    /// [`TimeError::TimecodeRate`] and [`TimeError::DropFrameRate`] when there is no such counting at
    /// `rate`.
    pub fn from_frame(frame: i64, rate: FrameRate, drop_frame: bool) -> Result<Self, TimeError> {
        let counting = Counting::new(rate, drop_frame)?;
        let last = counting.frames_per_day() - 1;
        if !(0..=last).contains(&frame) {
            return Err(TimeError::TimecodeDay { frame, last, rate });
        }
        Ok(counting.label_of(frame))
    }

    /// The label of frame `frame`, starting again at `00:00:00:00` after 24 hours of labels; frames
    /// before 0 count back from the end of the day.
    ///
    /// # Errors
    ///
    /// [`TimeError::TimecodeRate`] and [`TimeError::DropFrameRate`] when there is no such counting at
    /// `rate`.
    pub fn from_frame_wrapping(
        frame: i64,
        rate: FrameRate,
        drop_frame: bool,
    ) -> Result<Self, TimeError> {
        let counting = Counting::new(rate, drop_frame)?;
        Ok(counting.label_of(frame.rem_euclid(counting.frames_per_day())))
    }

    /// The frame index this label names at `rate`, from 0.
    ///
    /// # Errors
    ///
    /// As for [`Timecode::parse`], when the label does not exist at `rate`.
    pub fn to_frame(self, rate: FrameRate) -> Result<i64, TimeError> {
        let counting = Counting::new(rate, self.drop_frame)?;
        let fields = [self.hours, self.minutes, self.seconds, self.frames];
        counting.label(fields.map(u32::from))?;
        Ok(counting.frame_of(fields.map(i64::from)))
    }

    /// Hours, 0 to 23.
    pub const fn hours(self) -> u8 {
        self.hours
    }

    /// Minutes, 0 to 59.
    pub const fn minutes(self) -> u8 {
        self.minutes
    }

    /// Seconds, 0 to 59.
    pub const fn seconds(self) -> u8 {
        self.seconds
    }

    /// Frames within the second, below the nominal rate.
    pub const fn frames(self) -> u8 {
        self.frames
    }

    /// True for drop-frame counting.
    pub const fn drop_frame(self) -> bool {
        self.drop_frame
    }
}

impl fmt::Display for Timecode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            hours,
            minutes,
            seconds,
            frames,
            ..
        } = self;
        let separator = if self.drop_frame { ';' } else { ':' };
        let width = if self.wide_frames { 3 } else { 2 };
        f.pad(&format!(
            "{hours:02}:{minutes:02}:{seconds:02}{separator}{frames:0width$}"
        ))
    }
}

impl fmt::Debug for Timecode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How labels are counted at one rate.
struct Counting {
    rate: FrameRate,
    nominal: u32,
    /// Labels left out per minute that is not a tenth; 0 when not counting drop-frame.
    dropped: u32,
}

impl Counting {
    fn new(rate: FrameRate, drop_frame: bool) -> Result<Self, TimeError> {
        let nominal = rate.nominal();
        if nominal > MAX_NOMINAL || !rate.counts_whole_frames() {
            return Err(TimeError::TimecodeRate { rate });
        }
        if !drop_frame {
            return Ok(Self {
                rate,
                nominal,
                dropped: 0,
            });
        }
        if !rate.is_ntsc() || !matches!(nominal, 30 | 60 | 120) {
            return Err(TimeError::DropFrameRate { rate });
        }
        Ok(Self {
            rate,
            nominal,
            dropped: nominal / 15,
        })
    }

    fn frames_per_ten_minutes(&self) -> i64 {
        600 * i64::from(self.nominal) - 9 * i64::from(self.dropped)
    }

    fn frames_per_day(&self) -> i64 {
        SECONDS_PER_DAY / 600 * self.frames_per_ten_minutes()
    }

    /// Checks hours, minutes, seconds and frames.
    fn label(&self, fields: [u32; 4]) -> Result<Timecode, TimeError> {
        let largest = [23, 59, 59, self.nominal - 1];
        let names = ["hours", "minutes", "seconds", "frames"];
        for ((value, largest), field) in fields.into_iter().zip(largest).zip(names) {
            if value > largest {
                return Err(TimeError::TimecodeField {
                    field,
                    value,
                    largest,
                    rate: self.rate,
                });
            }
        }
        let [_, minutes, seconds, frames] = fields;
        let label = self.unchecked(fields);
        if seconds == 0 && minutes % 10 != 0 && frames < self.dropped {
            let next = Timecode {
                frames: self.dropped as u8,
                ..label
            };
            return Err(TimeError::DroppedLabel {
                label: label.to_string(),
                next: next.to_string(),
                rate: self.rate,
            });
        }
        Ok(label)
    }

    /// The index of a valid label.
    fn frame_of(&self, [hours, minutes, seconds, frames]: [i64; 4]) -> i64 {
        let minutes = 60 * hours + minutes;
        let skipped = i64::from(self.dropped) * (minutes - minutes / 10);
        (60 * minutes + seconds) * i64::from(self.nominal) + frames - skipped
    }

    /// The label of a frame of the day.
    fn label_of(&self, frame: i64) -> Timecode {
        let (nominal, dropped) = (i64::from(self.nominal), i64::from(self.dropped));
        let tens = frame / self.frames_per_ten_minutes();
        let within = frame % self.frames_per_ten_minutes();
        // Only the first minute of ten is a full one.
        let later_minutes = (within - dropped).max(0) / (60 * nominal - dropped);
        let counted = frame + dropped * (9 * tens + later_minutes);
        let (secs, frames) = (counted / nominal, counted % nominal);
        self.unchecked([secs / 3_600, secs / 60 % 60, secs % 60, frames].map(|field| field as u32))
    }

    /// A label from fields known to be in range.
    fn unchecked(&self, fields: [u32; 4]) -> Timecode {
        let [hours, minutes, seconds, frames] = fields.map(|field| field as u8);
        Timecode {
            hours,
            minutes,
            seconds,
            frames,
            drop_frame: self.dropped > 0,
            wide_frames: self.nominal > 100,
        }
    }
}

#[cfg(test)]
mod tests;
