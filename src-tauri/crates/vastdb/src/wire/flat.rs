//! Reads FlatBuffers tables, every step checked against the bytes that are there.
//!
//! The runtime's own reader of hand-made tables is not safe on unchecked bytes; this one answers
//! with an error instead, for the few tables a server sends.

use crate::error::VastError;

/// A table in an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// What is said of bytes that are no such table.
pub(crate) const BROKEN: &str = "a FlatBuffers table is broken";

impl<'a> Table<'a> {
    /// The table `bytes` begin with.
    pub(crate) fn root(bytes: &'a [u8]) -> Option<Self> {
        let at = usize::try_from(u32_at(bytes, 0)?).ok()?;
        // The offset to the table's own table.
        array_at::<4>(bytes, at)?;
        Some(Self { bytes, at })
    }

    /// Text in a slot; empty when it is absent.
    pub(crate) fn text(&self, slot: u16) -> Option<&'a str> {
        let Some(field) = self.field(slot)? else {
            return Some("");
        };
        let at = self.follow(field)?;
        let length = usize::try_from(u32_at(self.bytes, at)?).ok()?;
        let start = at.checked_add(4)?;
        let bytes = self.bytes.get(start..start.checked_add(length)?)?;
        std::str::from_utf8(bytes).ok()
    }

    /// A number in a slot; 0 when it is absent.
    pub(crate) fn i64(&self, slot: u16) -> Option<i64> {
        match self.field(slot)? {
            None => Some(0),
            Some(field) => Some(i64::from_le_bytes(array_at(self.bytes, field)?)),
        }
    }

    /// Tables in a slot, at most `limit`; none when it is absent.
    pub(crate) fn tables(&self, slot: u16, limit: usize) -> Option<Vec<Self>> {
        let Some(field) = self.field(slot)? else {
            return Some(Vec::new());
        };
        let at = self.follow(field)?;
        let count = usize::try_from(u32_at(self.bytes, at)?).ok()?;
        // Four bytes each, so that the room for them is there.
        if count > limit || count > self.bytes.len() / 4 {
            return None;
        }
        let first = at.checked_add(4)?;
        (0..count)
            .map(|index| {
                let at = self.follow(first.checked_add(index.checked_mul(4)?)?)?;
                array_at::<4>(self.bytes, at)?;
                Some(Self {
                    bytes: self.bytes,
                    at,
                })
            })
            .collect()
    }

    /// Where the value of a slot is: `Some(None)` when the slot is empty.
    #[expect(clippy::option_option, reason = "broken is not the same as absent")]
    fn field(&self, slot: u16) -> Option<Option<usize>> {
        let back = i32::from_le_bytes(array_at(self.bytes, self.at)?);
        let directory = i64::try_from(self.at).ok()?.checked_sub(i64::from(back))?;
        let directory = usize::try_from(directory).ok()?;
        let size = u16_at(self.bytes, directory)?;
        let entry = 4_u16.checked_add(slot.checked_mul(2)?)?;
        if entry.checked_add(2)? > size {
            return Some(None);
        }
        let offset = u16_at(self.bytes, directory.checked_add(usize::from(entry))?)?;
        if offset == 0 {
            return Some(None);
        }
        Some(Some(self.at.checked_add(usize::from(offset))?))
    }

    /// Where the offset at `field` leads.
    fn follow(&self, field: usize) -> Option<usize> {
        let offset = usize::try_from(u32_at(self.bytes, field)?).ok()?;
        field.checked_add(offset)
    }
}

/// `value`, or the error that says a table is broken.
pub(crate) fn whole<T>(value: Option<T>, what: &str) -> Result<T, VastError> {
    value.ok_or_else(|| VastError::protocol(what, BROKEN))
}

fn array_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(array_at(bytes, at)?))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(array_at(bytes, at)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flatbuffers::FlatBufferBuilder;
    use proptest::prelude::*;

    /// A table of a text, a number and two tables that hold a text each.
    fn sample() -> Vec<u8> {
        let mut builder = FlatBufferBuilder::new();
        let inner: Vec<_> = ["one", "two"]
            .iter()
            .map(|name| {
                let name = builder.create_string(name);
                let start = builder.start_table();
                builder.push_slot_always(4, name);
                builder.end_table(start)
            })
            .collect();
        let inner = builder.create_vector(&inner);
        let name = builder.create_string("name");
        let start = builder.start_table();
        builder.push_slot_always(4, name);
        builder.push_slot_always(6, 7_i64);
        builder.push_slot_always(8, inner);
        builder.push_slot_always(12, -1_i64);
        let root = builder.end_table(start);
        builder.finish(root, None);
        builder.finished_data().to_vec()
    }

    fn walk(bytes: &[u8]) -> Option<(String, i64, Vec<String>, i64, i64)> {
        let root = Table::root(bytes)?;
        let names: Option<Vec<String>> = root
            .tables(2, 100)?
            .iter()
            .map(|table| Some(table.text(0)?.to_owned()))
            .collect();
        Some((
            root.text(0)?.to_owned(),
            root.i64(1)?,
            names?,
            root.i64(4)?,
            root.i64(3)?,
        ))
    }

    #[test]
    fn what_is_written_is_read() {
        let expected = (
            "name".to_owned(),
            7,
            vec!["one".to_owned(), "two".to_owned()],
            -1,
            0,
        );
        assert_eq!(walk(&sample()), Some(expected));
        assert!(Table::root(&sample()).unwrap().tables(2, 1).is_none());
        assert!(walk(&[]).is_none());
    }

    proptest! {
        #[test]
        fn damage_never_panics(at in 0_usize..200, byte in any::<u8>(), cut in 0_usize..200) {
            let mut bytes = sample();
            let length = bytes.len();
            bytes[at % length] = byte;
            walk(&bytes);
            bytes.truncate(cut);
            walk(&bytes);
        }

        #[test]
        fn noise_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            walk(&bytes);
        }
    }
}
