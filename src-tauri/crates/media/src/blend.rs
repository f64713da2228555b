//! Mixing two pictures, byte by byte.

/// `part` of `whole` of `to`, and the rest of `from`, rounded to the nearest. What one of both does not
/// have is left as it was.
pub(crate) fn blend(from: &[u8], to: &[u8], (part, whole): (u64, u64), into: &mut [u8]) {
    // Sixteen binary places: the error of the share stays below that of a byte.
    const ONE: u32 = 1 << 16;
    let whole = u128::from(whole.max(1));
    let share = (u128::from(part) * u128::from(ONE) + whole / 2) / whole;
    let share = u32::try_from(share).unwrap_or(ONE).min(ONE);
    for ((byte, from), to) in into.iter_mut().zip(from).zip(to) {
        let sum = u32::from(*from) * (ONE - share) + u32::from(*to) * share + ONE / 2;
        *byte = u8::try_from(sum >> 16).unwrap_or(u8::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_exact_to_the_nearest() {
        let (from, to) = ([0, 255, 16, 100, 7], [255, 0, 235, 100, 8]);
        for whole in [1, 2, 3, 13, 25, 1000] {
            for part in 0..=whole {
                let mut mixed = [0; 5];
                blend(&from, &to, (part, whole), &mut mixed);
                for (mixed, (from, to)) in mixed.iter().zip(from.iter().zip(to)) {
                    let (part, whole) = (part as i64, whole as i64);
                    let off = i64::from(*mixed) * whole
                        - i64::from(*from) * (whole - part)
                        - i64::from(to) * part;
                    assert!(
                        2 * off.abs() <= whole + whole / 50,
                        "{part} of {whole}: {off}"
                    );
                }
            }
        }
    }
}
