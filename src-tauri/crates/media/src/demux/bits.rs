//! Bounded readers over bytes from outside: whole big-endian fields, and single bits.

use crate::error::Malformed;
use std::ops::Range;

/// Reads big-endian fields from a slice; every read is checked against its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Fields<'a> {
    /// Fields of the structure named `what`, which errors will name.
    pub(crate) fn new(bytes: &'a [u8], what: &'static str) -> Self {
        Self { rest: bytes, what }
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let Some((head, rest)) = self.rest.split_at_checked(len) else {
            return Err(Malformed::new(format!("{} ends too early", self.what)));
        };
        self.rest = rest;
        Ok(head)
    }

    pub(crate) fn skip(&mut self, len: usize) -> Result<(), Malformed> {
        self.take(len).map(|_| ())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Malformed> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Malformed> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    pub(crate) fn u24(&mut self) -> Result<u32, Malformed> {
        let [a, b, c] = self.array()?;
        Ok(u32::from_be_bytes([0, a, b, c]))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Malformed> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    pub(crate) fn i32(&mut self) -> Result<i32, Malformed> {
        Ok(i32::from_be_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Malformed> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    pub(crate) fn i64(&mut self) -> Result<i64, Malformed> {
        Ok(i64::from_be_bytes(self.array()?))
    }

    pub(crate) fn fourcc(&mut self) -> Result<[u8; 4], Malformed> {
        self.array()
    }
}

/// Reads bits, most significant first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(crate) fn left(&self) -> usize {
        (self.bytes.len() * 8).saturating_sub(self.at)
    }

    /// Bits that were read.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    pub(crate) fn bit(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    /// An unsigned value of `count` ≤ 32 bits.
    pub(crate) fn bits(&mut self, count: u32) -> Option<u32> {
        let mut value = 0u32;
        for _ in 0..count {
            value = value << 1 | u32::from(self.bit()?);
        }
        Some(value)
    }

    pub(crate) fn skip(&mut self, count: usize) -> Option<()> {
        if count > self.left() {
            return None;
        }
        self.at += count;
        Some(())
    }

    pub(crate) fn align(&mut self) {
        self.at = self.at.div_ceil(8) * 8;
    }

    /// An Exp-Golomb code, ITU-T H.264 §9.1.
    pub(crate) fn ue(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.bit()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        let rest = self.bits(zeros)?;
        u32::try_from((1u64 << zeros) - 1 + u64::from(rest)).ok()
    }

    /// A signed Exp-Golomb code, ITU-T H.264 §9.1.1.
    pub(crate) fn se(&mut self) -> Option<i32> {
        let code = i64::from(self.ue()?);
        let magnitude = (code + 1) / 2;
        i32::try_from(if code % 2 == 1 { magnitude } else { -magnitude }).ok()
    }
}

/// Writes bits, most significant first.
#[derive(Clone, Debug, Default)]
pub(crate) struct BitString {
    bytes: Vec<u8>,
    used: usize,
}

impl BitString {
    /// The lowest `count` ≤ 32 bits of a value.
    pub(crate) fn push(&mut self, value: u32, count: usize) {
        for shift in (0..count).rev() {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= ((value >> shift & 1) as u8) << (7 - self.used % 8);
            }
            self.used += 1;
        }
    }

    /// An Exp-Golomb code, ITU-T H.264 §9.1. `value` is less than 2³¹.
    pub(crate) fn push_ue(&mut self, value: u32) {
        let code = value.saturating_add(1);
        let bits = (u32::BITS - code.leading_zeros()) as usize;
        self.push(0, bits - 1);
        self.push(code, bits);
    }

    /// Bits of other bytes, up to their end.
    pub(crate) fn copy(&mut self, bytes: &[u8], bits: Range<usize>) {
        let mut from = Bits {
            bytes,
            at: bits.start,
        };
        // Bit by bit up to a whole byte of what is written, then byte by byte.
        while from.at < bits.end && !self.used.is_multiple_of(8) {
            let Some(bit) = from.bit() else {
                return;
            };
            self.push(u32::from(bit), 1);
        }
        let shift = from.at % 8;
        while from.at + 8 <= bits.end {
            let Some(high) = bytes.get(from.at / 8) else {
                return;
            };
            let low = bytes.get(from.at / 8 + 1).copied().unwrap_or(0);
            let both = u16::from(*high) << 8 | u16::from(low);
            self.bytes.push((both << shift >> 8) as u8);
            self.used += 8;
            from.at += 8;
        }
        while from.at < bits.end {
            let Some(bit) = from.bit() else {
                return;
            };
            self.push(u32::from(bit), 1);
        }
    }

    /// Fills the last byte with ones or zeros.
    pub(crate) fn align(&mut self, ones: bool) {
        while !self.used.is_multiple_of(8) {
            self.push(u32::from(ones), 1);
        }
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_big_endian_and_end_with_an_error() {
        let mut fields = Fields::new(&[1, 0, 2, 0, 0, 3, 0xff, 0xff, 0xff, 0xff], "sample");
        assert_eq!(fields.u8().unwrap(), 1);
        assert_eq!(fields.u16().unwrap(), 2);
        assert_eq!(fields.u24().unwrap(), 3);
        assert_eq!(fields.i32().unwrap(), -1);
        assert!(fields.is_empty());
        assert_eq!(
            fields.u8().unwrap_err().to_string(),
            "sample ends too early"
        );
    }

    #[test]
    fn exp_golomb_follows_table_9_2() {
        // 1 010 011 00100 00101 → 0 1 2 3 4, then the same read as signed: 0 1 -1 2 -2.
        let bytes = [0b1010_0110, 0b0100_0010, 0b1000_0000];
        let mut bits = Bits::new(&bytes);
        let unsigned: Vec<u32> = (0..5).map(|_| bits.ue().unwrap()).collect();
        assert_eq!(unsigned, [0, 1, 2, 3, 4]);
        let mut bits = Bits::new(&bytes);
        let signed: Vec<i32> = (0..5).map(|_| bits.se().unwrap()).collect();
        assert_eq!(signed, [0, 1, -1, 2, -2]);
        assert_eq!(Bits::new(&[0; 16]).ue(), None);
        assert_eq!(Bits::new(&[]).bit(), None);
    }

    #[test]
    fn what_is_written_reads_back() {
        let mut written = BitString::default();
        for value in [0, 1, 2, 3, 62, 63, 64, 1 << 20] {
            written.push_ue(value);
        }
        let bytes = written.into_bytes();
        let mut bits = Bits::new(&bytes);
        for value in [0, 1, 2, 3, 62, 63, 64, 1 << 20] {
            assert_eq!(bits.ue(), Some(value));
        }
    }

    #[test]
    fn bits_are_copied_from_any_place_to_any_place() {
        let bytes: Vec<u8> = (0..40_u32).map(|n| (n * 73 % 251) as u8).collect();
        for (in_front, from, to) in [
            (0, 0, 320),
            (3, 0, 320),
            (0, 5, 300),
            (7, 5, 6),
            (2, 9, 318),
            (4, 310, 320),
        ] {
            let mut written = BitString::default();
            written.push(0b101_1010, in_front);
            written.copy(&bytes, from..to);
            written.align(true);
            let copy = written.into_bytes();
            let (mut original, mut copied) = (Bits::new(&bytes), Bits::new(&copy));
            original.skip(from).unwrap();
            copied.skip(in_front).unwrap();
            for bit in from..to {
                assert_eq!(
                    original.bit(),
                    copied.bit(),
                    "{in_front} {from}..{to}: {bit}"
                );
            }
            assert!((0..copied.left()).all(|_| copied.bit() == Some(true)));
        }
        let mut written = BitString::default();
        written.copy(&[0xff], 4..100);
        assert_eq!(written.into_bytes(), [0xf0]);
    }
}
