//! Time stamps of 33 bits that start over every 26.5 hours (ISO/IEC 13818-1 §2.4.3.7).

const PERIOD: i64 = 1 << 33;

/// The time nearest to `near` of which `raw` are the low 33 bits.
pub(super) fn unwrap(raw: u64, near: i64) -> i64 {
    let raw = (raw % PERIOD as u64) as i64;
    let behind = (raw - near).rem_euclid(PERIOD);
    let distance = if behind >= PERIOD / 2 {
        behind - PERIOD
    } else {
        behind
    };
    near.saturating_add(distance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_stay_together_across_the_wrap() {
        assert_eq!(unwrap(5, 0), 5);
        assert_eq!(unwrap(5, PERIOD - 10), PERIOD + 5);
        assert_eq!(unwrap((PERIOD - 10) as u64, 5), -10);
        assert_eq!(unwrap(0, 3 * PERIOD + 1), 3 * PERIOD);
        assert_eq!(unwrap(7, -PERIOD), -PERIOD + 7);
        for near in [-PERIOD - 3, -1, 0, 1, PERIOD / 2, PERIOD, 5 * PERIOD] {
            for offset in [-1000, -1, 0, 1, 90_000] {
                let time: i64 = near + offset;
                assert_eq!(unwrap(time.rem_euclid(PERIOD) as u64, near), time);
            }
        }
    }
}
