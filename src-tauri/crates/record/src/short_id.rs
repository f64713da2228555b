//! Short ids of printed codes: typed by hand from a poster, so they carry a check character.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// 30 characters without those that are mistaken for one another in print (0 O, 1 I L, U).
pub const ALPHABET: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";

const LENGTH: usize = 12;
const BASE: u32 = ALPHABET.len() as u32;

/// Twelve characters of [`ALPHABET`]; the last one checks the others.
///
/// The id is a lookup key and nothing else: random, never sequential, no secret.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShortId([u8; LENGTH]);

impl ShortId {
    /// Makes an id from random bytes (the caller owns the randomness). Two bytes are used for each
    /// of the eleven free characters, so that the bias is below one in two thousand.
    #[must_use]
    pub fn from_random(bytes: [u8; 22]) -> Self {
        let mut digits = [0_u32; LENGTH];
        for (digit, pair) in digits.iter_mut().zip(bytes.chunks_exact(2)) {
            *digit = u32::from(u16::from_be_bytes([pair[0], pair[1]])) % BASE;
        }
        digits[LENGTH - 1] = check_digit(&digits[..LENGTH - 1]);
        Self(digits.map(|digit| ALPHABET[digit as usize % ALPHABET.len()]))
    }

    /// The id as printed under the code, in groups of four.
    #[must_use]
    pub fn grouped(&self) -> String {
        let text = self.to_string();
        format!("{}-{}-{}", &text[..4], &text[4..8], &text[8..])
    }
}

/// Luhn mod N over the alphabet: finds every single wrong character and nearly every swap of two
/// neighbours. The weights alternate 1, 2 from the right, the check character having weight 1.
fn check_digit(digits: &[u32]) -> u32 {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, digit)| {
            let product = if i % 2 == 0 { digit * 2 } else { *digit };
            product / BASE + product % BASE
        })
        .sum();
    (BASE - sum % BASE) % BASE
}

impl fmt::Display for ShortId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|c| write!(f, "{}", char::from(*c)))
    }
}

impl fmt::Debug for ShortId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ShortId({self})")
    }
}

/// Why a typed id is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShortIdError {
    /// Too short or too long.
    #[error("a code has {LENGTH} characters, this one has {0}")]
    Length(usize),
    /// Not in the alphabet.
    #[error("`{0}` is not used in codes")]
    Character(char),
    /// A character was mistyped.
    #[error("the code has a typing error: its check character does not fit")]
    Check,
}

impl FromStr for ShortId {
    type Err = ShortIdError;

    /// Reads an id as people type it: any case, with or without dashes and spaces.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let typed: Vec<char> = text
            .chars()
            .filter(|c| !matches!(c, '-' | ' '))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let Ok(chars) = <[char; LENGTH]>::try_from(typed.as_slice()) else {
            return Err(ShortIdError::Length(typed.len()));
        };
        let mut digits = [0_u32; LENGTH];
        let mut id = [0_u8; LENGTH];
        for ((digit, byte), c) in digits.iter_mut().zip(&mut id).zip(chars) {
            let position = ALPHABET.iter().position(|a| char::from(*a) == c);
            let Some(position) = position else {
                return Err(ShortIdError::Character(c));
            };
            *digit = position as u32;
            *byte = ALPHABET[position];
        }
        if check_digit(&digits[..LENGTH - 1]) != digits[LENGTH - 1] {
            return Err(ShortIdError::Check);
        }
        Ok(Self(id))
    }
}

impl Serialize for ShortId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ShortId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_printed_can_be_typed(bytes: [u8; 22]) {
            let id = ShortId::from_random(bytes);
            prop_assert_eq!(id.to_string().parse::<ShortId>(), Ok(id.clone()));
            prop_assert_eq!(id.grouped().to_lowercase().parse::<ShortId>(), Ok(id));
        }

        #[test]
        fn one_wrong_character_is_found(bytes: [u8; 22], at in 0..LENGTH, by in 1..ALPHABET.len()) {
            let mut text = ShortId::from_random(bytes).to_string().into_bytes();
            let was = ALPHABET.iter().position(|a| *a == text[at]).unwrap();
            text[at] = ALPHABET[(was + by) % ALPHABET.len()];
            let wrong = String::from_utf8(text).unwrap();
            prop_assert_eq!(wrong.parse::<ShortId>(), Err(ShortIdError::Check));
        }
    }

    /// Codes on paper can't be changed: what was valid once must stay so. The check characters come
    /// from another implementation of Luhn mod N.
    #[test]
    fn printed_codes_stay_valid() {
        for printed in [
            "222222222222",
            "23456789ABC7",
            "ZYXWVTSRQPN8",
            "7K3M9QXA2BC8",
        ] {
            assert_eq!(printed.parse::<ShortId>().unwrap().to_string(), printed);
        }
        let bytes = std::array::from_fn(|i| u8::try_from(i).unwrap());
        assert_eq!(ShortId::from_random(bytes).to_string(), "37BFKQVZ59D3");
        assert_eq!(ShortId::from_random([0; 22]).to_string(), "222222222222");
    }

    #[test]
    fn an_id_is_read_as_people_type_it() {
        let id: ShortId = "7K3M9QXA2BC8".parse().unwrap();
        for typed in ["7k3m-9qxa-2bc8", " 7K3M 9QXA 2BC8 ", "7K3M9-QXA2-BC8"] {
            assert_eq!(typed.parse(), Ok(id.clone()), "{typed}");
        }
        assert_eq!(id.grouped(), "7K3M-9QXA-2BC8");
        assert_eq!(format!("{id:?}"), "ShortId(7K3M9QXA2BC8)");
    }

    #[test]
    fn nearly_every_swap_of_neighbours_is_found() {
        let (mut swaps, mut missed) = (0, 0);
        for n in 0..=255_u8 {
            let bytes = std::array::from_fn(|i| n.wrapping_mul(31).wrapping_add(7 * i as u8));
            let text = ShortId::from_random(bytes).to_string();
            for at in 0..LENGTH - 1 {
                let mut swapped = text.clone().into_bytes();
                swapped.swap(at, at + 1);
                let swapped = String::from_utf8(swapped).unwrap();
                if swapped != text {
                    swaps += 1;
                    missed += usize::from(swapped.parse::<ShortId>().is_ok());
                }
            }
        }
        assert!(
            swaps > 1_000 && missed * 100 < swaps,
            "{missed} of {swaps} were missed"
        );
    }

    #[test]
    fn no_text_makes_it_panic() {
        for text in [
            "",
            "----",
            "ÄÖÜäöüßÄÖÜäö",
            "２３４５６７８９ＡＢＣ７",
            "23456789ABC\u{0}",
        ] {
            text.parse::<ShortId>().unwrap_err();
        }
        let long = "2".repeat(100_000);
        assert_eq!(long.parse::<ShortId>(), Err(ShortIdError::Length(100_000)));
    }

    #[test]
    fn json_is_the_text() {
        let id: ShortId = "23456789ABC7".parse().unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"23456789ABC7\"");
        assert_eq!(
            serde_json::from_str::<ShortId>("\"2345-6789-abc7\"").unwrap(),
            id
        );
        for wrong in ["\"23456789ABC8\"", "\"\"", "7", "null"] {
            serde_json::from_str::<ShortId>(wrong).unwrap_err();
        }
    }

    #[test]
    fn characters_that_look_alike_are_named() {
        assert_eq!(
            "0".repeat(12).parse::<ShortId>(),
            Err(ShortIdError::Character('0'))
        );
        assert_eq!("ABC".parse::<ShortId>(), Err(ShortIdError::Length(3)));
    }
}
