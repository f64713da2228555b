//! How far TAI is ahead of UTC.

use crate::Timestamp;

/// The first second of TAI, counted as TAMS does, at which TAI is ahead of UTC by 10 s, 11 s and so on
/// (IERS Bulletin C; 1972-01-01 to 2017-01-01). No leap second was announced since.
const AHEAD: [i64; 28] = [
    63_072_010,
    78_796_811,
    94_694_412,
    126_230_413,
    157_766_414,
    189_302_415,
    220_924_816,
    252_460_817,
    283_996_818,
    315_532_819,
    362_793_620,
    394_329_621,
    425_865_622,
    489_024_023,
    567_993_624,
    631_152_025,
    662_688_026,
    709_948_827,
    741_484_828,
    773_020_829,
    820_454_430,
    867_715_231,
    915_148_832,
    1_136_073_633,
    1_230_768_034,
    1_341_100_835,
    1_435_708_836,
    1_483_228_837,
];

/// Seconds that TAI is ahead of UTC in 1972.
const FIRST: i64 = 10;

impl Timestamp {
    /// Seconds that TAI is ahead of UTC at this time, taken as TAI since 1970-01-01, which timestamps of
    /// TAMS are by convention: what has to be taken away for UTC. During a leap second it is still the
    /// value before, so that UTC made with it reads as the second behind. `None` before 1972, when the
    /// difference was no whole number.
    #[must_use]
    pub fn tai_ahead_of_utc(self) -> Option<i64> {
        let begun =
            AHEAD.partition_point(|second| i128::from(*second) * 1_000_000_000 <= self.nanos());
        let leaps = i64::try_from(begun.checked_sub(1)?).ok()?;
        Some(FIRST + leaps)
    }
}
