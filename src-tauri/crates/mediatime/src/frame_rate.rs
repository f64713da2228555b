//! Frame rates, and the exact mapping between frame indexes and times.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::rational::{gcd, saturate};
use crate::text::{digits, excerpt};
use crate::{RationalTime, TimeError, Timestamp};

const NANOS_PER_SEC: u64 = 1_000_000_000;
/// Whole rates whose 1000/1001 variants people write as a decimal, such as 29.97.
const NTSC_FAMILY: [u64; 10] = [15, 24, 30, 48, 60, 72, 90, 96, 120, 240];
/// More decimals than this can't be put over a 32-bit denominator.
const MAX_DECIMALS: usize = 9;

/// A constant number of frames per second, a reduced fraction that is never 0.
///
/// Frame `k` starts at exactly `k / rate` seconds ([`FrameRate::frame_start`]) and lasts until frame
/// `k + 1` starts. The same arithmetic serves audio, with samples as frames.
///
/// Text is `25` or `30000/1001`; decimals are read too, those of the NTSC family as what they stand
/// for: `29.97` is 30000/1001. In JSON it has the shape of TAMS `flow-video.json`,
/// `{"numerator":30000,"denominator":1001}`; the denominator is always written, and read as 1 when it
/// is missing.
///
/// ```
/// use mediatime::FrameRate;
///
/// let rate: FrameRate = "29.97".parse()?;
/// assert_eq!(rate, FrameRate::FPS_29_97);
/// assert_eq!(rate.timestamp_of(2).to_string(), "0:66733333");
/// assert_eq!(rate.nearest_frame("0:66733333".parse::<mediatime::Timestamp>()?.into()), 2);
/// # Ok::<(), mediatime::TimeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct FrameRate {
    #[serde(rename = "numerator")]
    num: u32,
    #[serde(rename = "denominator")]
    den: u32,
}

impl FrameRate {
    /// 24000/1001, film transferred to NTSC video.
    pub const FPS_23_976: Self = Self {
        num: 24_000,
        den: 1_001,
    };
    /// 24, film.
    pub const FPS_24: Self = Self { num: 24, den: 1 };
    /// 25, PAL video.
    pub const FPS_25: Self = Self { num: 25, den: 1 };
    /// 30000/1001, NTSC video.
    pub const FPS_29_97: Self = Self {
        num: 30_000,
        den: 1_001,
    };
    /// 30.
    pub const FPS_30: Self = Self { num: 30, den: 1 };
    /// 48000/1001.
    pub const FPS_47_952: Self = Self {
        num: 48_000,
        den: 1_001,
    };
    /// 48.
    pub const FPS_48: Self = Self { num: 48, den: 1 };
    /// 50.
    pub const FPS_50: Self = Self { num: 50, den: 1 };
    /// 60000/1001.
    pub const FPS_59_94: Self = Self {
        num: 60_000,
        den: 1_001,
    };
    /// 60.
    pub const FPS_60: Self = Self { num: 60, den: 1 };

    /// `num / den` frames per second, reduced; `None` when either is 0.
    pub const fn new(num: u32, den: u32) -> Option<Self> {
        Self::reduced(num as u64, den as u64)
    }

    /// Frames per [`denominator`](Self::denominator) seconds, in lowest terms.
    pub const fn numerator(self) -> u32 {
        self.num
    }

    /// Seconds per [`numerator`](Self::numerator) frames, in lowest terms.
    pub const fn denominator(self) -> u32 {
        self.den
    }

    /// The whole number of frames timecode counts per second: the rate rounded up, 30 for 29.97.
    pub const fn nominal(self) -> u32 {
        self.num.div_ceil(self.den)
    }

    /// How long one frame is shown, exactly.
    pub fn frame_duration(self) -> RationalTime {
        self.frame_start(1)
    }

    /// When frame `frame` starts, exactly. Stops at the limits of [`Timestamp`].
    pub fn frame_start(self, frame: i64) -> RationalTime {
        RationalTime::saturating(
            i128::from(frame) * i128::from(self.den),
            u64::from(self.num),
        )
    }

    /// The timestamp of frame `frame`: its start cut to whole nanoseconds towards the origin, as
    /// `mediatimestamp` converts counts. Stops at the limits of [`Timestamp`].
    ///
    /// [`FrameRate::nearest_frame`] leads back to `frame` at rates up to 500 million per second.
    pub fn timestamp_of(self, frame: i64) -> Timestamp {
        self.timestamp_of_count(i128::from(frame))
    }

    /// The frame being shown at `time`: the last one that starts at or before it. Stops at the limits
    /// of `i64`.
    ///
    /// A timestamp cut to nanoseconds may lie just before the frame it was made from; use
    /// [`FrameRate::nearest_frame`] for those.
    pub fn frame_at(self, time: RationalTime) -> i64 {
        saturate(time.times(u64::from(self.num), self.den).floor)
    }

    /// The frame that starts nearest to `time`, halfway away from the origin, as `mediatimestamp`
    /// converts timestamps to counts. Stops at the limits of `i64`.
    ///
    /// `mediatimestamp` cuts half a frame to whole nanoseconds first, so where half a frame is no whole
    /// number of nanoseconds, up to one nanosecond past the middle still counts as the nearer side.
    pub fn nearest_frame(self, time: RationalTime) -> i64 {
        saturate(self.nearest_count(time))
    }

    /// The first frame that starts at or after `time`. Stops at the limits of `i64`.
    pub fn first_frame_from(self, time: RationalTime) -> i64 {
        saturate(time.times(u64::from(self.num), self.den).ceil())
    }

    pub(crate) fn timestamp_of_count(self, count: i128) -> Timestamp {
        let nanos_per_num = i128::from(self.den) * i128::from(NANOS_PER_SEC);
        Timestamp::saturating_from_nanos(count.saturating_mul(nanos_per_num) / i128::from(self.num))
    }

    pub(crate) fn nearest_count(self, time: RationalTime) -> i128 {
        let (num, den) = (u128::from(self.num), u128::from(self.den));
        let second = u128::from(NANOS_PER_SEC);
        let half_nanos = second * den / (2 * num);
        // What a part of a frame must reach to round up, over `second * den`.
        let threshold = second * den - half_nanos * num;
        let scaled = time.abs().times(u64::from(self.num), self.den);
        let up = scaled.rest * second >= threshold * u128::from(time.den());
        (scaled.floor + i128::from(up)) * time.signum()
    }

    /// True when the rate is a whole number, or a whole number times 1000/1001.
    pub(crate) fn counts_whole_frames(self) -> bool {
        self.den == 1 || self.is_ntsc()
    }

    /// True when the rate is a whole number times 1000/1001.
    pub(crate) fn is_ntsc(self) -> bool {
        u64::from(self.num) * 1_001 == u64::from(self.nominal()) * 1_000 * u64::from(self.den)
    }

    const fn reduced(num: u64, den: u64) -> Option<Self> {
        if num == 0 || den == 0 {
            return None;
        }
        let common = gcd(num, den);
        let (num, den) = (num / common, den / common);
        if num > u32::MAX as u64 || den > u32::MAX as u64 {
            return None;
        }
        Some(Self {
            num: num as u32,
            den: den as u32,
        })
    }
}

/// The rate a decimal number stands for.
fn from_decimal(whole: u64, decimals: &str) -> Option<FrameRate> {
    let decimals = decimals.trim_end_matches('0');
    if decimals.is_empty() {
        return FrameRate::reduced(whole, 1);
    }
    let scale = 10_u64.checked_pow(u32::try_from(decimals.len()).ok()?)?;
    let value = whole
        .checked_mul(scale)?
        .checked_add(u64::try_from(digits(decimals)?).ok()?)?;
    let ntsc = NTSC_FAMILY.into_iter().find(|nominal| {
        let exact = nominal * 1_000 * scale;
        let (cut, rest) = (exact / 1_001, exact % 1_001);
        decimals.len() >= 2 && (value == cut || (value == cut + 1 && 2 * rest >= 1_001))
    });
    match ntsc {
        Some(nominal) => FrameRate::reduced(nominal * 1_000, 1_001),
        None => FrameRate::reduced(value, scale),
    }
}

impl fmt::Display for FrameRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.den == 1 {
            f.pad(&self.num.to_string())
        } else {
            f.pad(&format!("{}/{}", self.num, self.den))
        }
    }
}

impl fmt::Debug for FrameRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for FrameRate {
    type Err = TimeError;

    /// Reads a whole number, a fraction `num/den` or a decimal number with up to nine decimals.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let fail = |reason| TimeError::FrameRate {
            text: excerpt(text),
            reason,
        };
        let number = |part: &str| {
            let value = digits(part).ok_or_else(|| fail("it must be made of digits"))?;
            u64::try_from(value).map_err(|_| fail("its numbers are too large"))
        };
        let rate = if let Some((num, den)) = text.split_once('/') {
            Self::reduced(number(num)?, number(den)?)
        } else if let Some((whole, decimals)) = text.split_once('.') {
            number(decimals)?;
            if decimals.len() > MAX_DECIMALS {
                return Err(fail("it has more than nine decimals"));
            }
            from_decimal(number(whole)?, decimals)
        } else {
            Self::reduced(number(text)?, 1)
        };
        rate.ok_or_else(|| fail("it is 0 or does not fit 32-bit numbers"))
    }
}

impl<'de> Deserialize<'de> for FrameRate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields {
            numerator: u64,
            #[serde(default = "one")]
            denominator: u64,
        }
        fn one() -> u64 {
            1
        }
        let Fields {
            numerator,
            denominator,
        } = Fields::deserialize(deserializer)?;
        Self::reduced(numerator, denominator).ok_or_else(|| {
            serde::de::Error::custom(TimeError::FrameRate {
                text: format!("{numerator}/{denominator}"),
                reason: "it is 0 or does not fit 32-bit numbers",
            })
        })
    }
}

#[cfg(test)]
mod tests;
