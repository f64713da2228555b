//! Scanning of decimal digits, and serde through a type's text form.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Deserializer, Error, Visitor};

/// Input quoted in errors is cut to this many characters.
const EXCERPT_CHARS: usize = 60;

/// Shortens `text` for quoting in an error.
pub(crate) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT_CHARS) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Reads a non-empty run of ASCII digits, saturating; `None` for anything else.
///
/// Rust's own integer parsing also takes a leading `+`, which no text form here allows.
pub(crate) fn digits(text: &str) -> Option<u128> {
    if text.is_empty() {
        return None;
    }
    if text.len() <= FIT {
        return few_digits(text).map(u128::from);
    }
    text.bytes().try_fold(0_u128, |value, byte| {
        byte.is_ascii_digit().then(|| {
            value
                .saturating_mul(10)
                .saturating_add(u128::from(byte - b'0'))
        })
    })
}

/// So many digits always fit into 64 bits.
const FIT: usize = 19;

/// At most [`FIT`] digits, in the arithmetic that processors have: every time is read by this.
fn few_digits(text: &str) -> Option<u64> {
    text.bytes().try_fold(0_u64, |value, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit <= 9).then(|| value.wrapping_mul(10).wrapping_add(u64::from(digit)))
    })
}

/// Reads the number that `bytes` begin with, of at most `most` digits and without a zero in front, and
/// answers with what is behind it. `None` for everything else: whoever has the time says why.
pub(crate) fn leading_number(bytes: &[u8], most: usize) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    let mut rest = bytes;
    while let [byte, behind @ ..] = rest
        && byte.is_ascii_digit()
    {
        value = value.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
        rest = behind;
    }
    let count = bytes.len() - rest.len();
    let zero_in_front = count > 1 && bytes.first() == Some(&b'0');
    // A longer number has wrapped, and is not looked at.
    ((1..=most.min(FIT)).contains(&count) && !zero_in_front).then_some((value, rest))
}

/// True for digits with a zero in front that is not the whole number.
pub(crate) fn has_leading_zero(digits: &str) -> bool {
    digits.len() > 1 && digits.starts_with('0')
}

/// Deserializes a type from its text form, borrowing the text where the format allows.
pub(crate) fn deserialize<'de, T, D>(
    deserializer: D,
    expecting: &'static str,
) -> Result<T, D::Error>
where
    T: FromStr<Err = crate::TimeError>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_str(TextVisitor::<T> {
        expecting,
        target: PhantomData,
    })
}

struct TextVisitor<T> {
    expecting: &'static str,
    target: PhantomData<T>,
}

impl<T: FromStr<Err = crate::TimeError>> Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.expecting)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}
