//! Sample tables (ISO/IEC 14496-12 §8.6, §8.7): which bytes are sample N and when it is due.

use super::boxes::{Boxes, full_box};
use crate::demux::bits::Fields;
use crate::demux::input::most_units;
use crate::error::Malformed;

/// One sample, on the track's media timeline (no edit list applied).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) offset: u64,
    pub(super) size: u32,
    pub(super) dts: i64,
    /// Composition time − decode time.
    pub(super) composition: i32,
    /// Ticks until the next sample is decoded.
    pub(super) duration: u32,
    /// Index into the track's sample descriptions, from 0.
    pub(super) description: u32,
    pub(super) random_access: bool,
}

/// The tables of one track, unread.
#[derive(Clone, Copy)]
pub(super) struct Tables<'a>(pub(super) &'a [u8]);

impl<'a> Tables<'a> {
    /// How many samples there are.
    pub(super) fn count(&self) -> Result<u32, Malformed> {
        Ok(Sizes::of(self.0)?.map_or(0, |sizes| sizes.count()))
    }

    /// Every sample in decode order. `object_size` bounds their number.
    pub(super) fn samples(&self, object_size: u64) -> Result<Vec<Sample>, Malformed> {
        let Some(sizes) = Sizes::of(self.0)? else {
            return Ok(Vec::new());
        };
        let count = sizes.count();
        if u64::from(count) > most_units(object_size) {
            return Err(Malformed::new(format!(
                "the size table (stsz) counts {count} samples, more than the object has room for"
            )));
        }
        let mut samples = Vec::with_capacity(count as usize);
        for chunk in Chunks::of(self.0, count)? {
            let chunk = chunk?;
            let mut offset = chunk.offset;
            for _ in 0..chunk.samples {
                let size = sizes.get(samples.len())?;
                samples.push(Sample {
                    offset,
                    size,
                    dts: 0,
                    composition: 0,
                    duration: 0,
                    description: chunk.description,
                    random_access: true,
                });
                offset = offset
                    .checked_add(u64::from(size))
                    .ok_or_else(|| Malformed::new("a chunk reaches beyond all bytes"))?;
            }
        }
        if samples.len() < count as usize {
            return Err(Malformed::new(format!(
                "the chunk tables (stsc, stco) place {} of {count} samples",
                samples.len()
            )));
        }
        self.set_decode_times(&mut samples)?;
        self.set_compositions(&mut samples)?;
        self.set_random_access(&mut samples)?;
        Ok(samples)
    }

    /// Whether a table says which samples are random access points; without one all are.
    pub(super) fn marks_random_access(&self) -> bool {
        Boxes(self.0).find(b"stss").is_some()
    }

    /// Ticks the first sample lasts.
    pub(super) fn first_duration(&self) -> Result<u32, Malformed> {
        let body = Boxes(self.0).find(b"stts").unwrap_or_default();
        let first = Runs::new(body, "the time table (stts)")?.next()?;
        first.ok_or_else(|| Malformed::new("the time table (stts) is empty"))
    }

    fn set_decode_times(&self, samples: &mut [Sample]) -> Result<(), Malformed> {
        let what = "the time table (stts)";
        let body = Boxes(self.0)
            .find(b"stts")
            .ok_or_else(|| Malformed::new("the time table (stts) is missing"))?;
        let mut runs = Runs::new(body, what)?;
        let mut dts = 0i64;
        for (i, sample) in samples.iter_mut().enumerate() {
            let Some(delta) = runs.next()? else {
                return Err(Malformed::new(format!("{what} ends at sample {i}")));
            };
            if delta > i32::MAX as u32 {
                return Err(Malformed::new(format!(
                    "{what} runs backwards at sample {i}"
                )));
            }
            sample.dts = dts;
            sample.duration = delta;
            dts = dts.saturating_add(i64::from(delta));
        }
        Ok(())
    }

    fn set_compositions(&self, samples: &mut [Sample]) -> Result<(), Malformed> {
        let Some(body) = Boxes(self.0).find(b"ctts") else {
            return Ok(());
        };
        let mut runs = Runs::new(body, "the composition table (ctts)")?;
        for sample in samples {
            let Some(offset) = runs.next()? else {
                break;
            };
            // Version 0 is unsigned on paper, but files with negative offsets in it are common
            // and offsets of 2^31 are not.
            sample.composition = offset as i32;
        }
        Ok(())
    }

    fn set_random_access(&self, samples: &mut [Sample]) -> Result<(), Malformed> {
        let Some(body) = Boxes(self.0).find(b"stss") else {
            return Ok(());
        };
        for sample in samples.iter_mut() {
            sample.random_access = false;
        }
        // `stps` lists the open-GOP random access points of QuickTime.
        for body in [Some(body), Boxes(self.0).find(b"stps")]
            .into_iter()
            .flatten()
        {
            let (_, _, mut fields) = full_box(body, "the sync table (stss)")?;
            for _ in 0..fields.u32()? {
                let number = fields.u32()? as usize;
                if let Some(sample) = number.checked_sub(1).and_then(|i| samples.get_mut(i)) {
                    sample.random_access = true;
                }
            }
        }
        Ok(())
    }
}

/// Run-length coded values: `stts`, `ctts`.
struct Runs<'a> {
    fields: Fields<'a>,
    entries: u32,
    left: u32,
    value: u32,
}

impl<'a> Runs<'a> {
    fn new(body: &'a [u8], what: &'static str) -> Result<Self, Malformed> {
        let (_, _, mut fields) = full_box(body, what)?;
        let entries = fields.u32()?;
        Ok(Self {
            fields,
            entries,
            left: 0,
            value: 0,
        })
    }

    fn next(&mut self) -> Result<Option<u32>, Malformed> {
        while self.left == 0 {
            let Some(entries) = self.entries.checked_sub(1) else {
                return Ok(None);
            };
            self.entries = entries;
            self.left = self.fields.u32()?;
            self.value = self.fields.u32()?;
        }
        self.left -= 1;
        Ok(Some(self.value))
    }
}

/// `stsz` or `stz2`.
enum Sizes<'a> {
    Constant {
        size: u32,
        count: u32,
    },
    Table {
        bits: u8,
        bytes: &'a [u8],
        count: u32,
    },
}

impl<'a> Sizes<'a> {
    fn of(tables: &'a [u8]) -> Result<Option<Self>, Malformed> {
        let what = "the size table (stsz)";
        if let Some(body) = Boxes(tables).find(b"stsz") {
            let (_, _, mut fields) = full_box(body, what)?;
            let (size, count) = (fields.u32()?, fields.u32()?);
            if size > 0 {
                return Ok(Some(Self::Constant { size, count }));
            }
            return Self::table(32, count, fields).map(Some);
        }
        let Some(body) = Boxes(tables).find(b"stz2") else {
            return Ok(None);
        };
        let (_, _, mut fields) = full_box(body, what)?;
        fields.skip(3)?;
        let bits = fields.u8()?;
        if !matches!(bits, 4 | 8 | 16) {
            return Err(Malformed::new(format!("{what} has fields of {bits} bits")));
        }
        let count = fields.u32()?;
        Self::table(bits, count, fields).map(Some)
    }

    fn table(bits: u8, count: u32, mut fields: Fields<'a>) -> Result<Self, Malformed> {
        let len = (u64::from(count) * u64::from(bits)).div_ceil(8);
        let bytes = fields.take(usize::try_from(len).unwrap_or(usize::MAX))?;
        Ok(Self::Table { bits, bytes, count })
    }

    fn count(&self) -> u32 {
        match self {
            Self::Constant { count, .. } | Self::Table { count, .. } => *count,
        }
    }

    fn get(&self, sample: usize) -> Result<u32, Malformed> {
        let size = match self {
            Self::Constant { size, count } => (sample < *count as usize).then_some(*size),
            Self::Table { bits, bytes, .. } => table_entry(bytes, *bits, sample),
        };
        size.ok_or_else(|| Malformed::new("the chunk tables (stsc) place samples without a size"))
    }
}

fn table_entry(bytes: &[u8], bits: u8, entry: usize) -> Option<u32> {
    if bits == 4 {
        let pair = u32::from(*bytes.get(entry / 2)?);
        return Some(if entry.is_multiple_of(2) {
            pair >> 4
        } else {
            pair & 15
        });
    }
    let width = usize::from(bits / 8);
    let start = entry.checked_mul(width)?;
    let field = bytes.get(start..start + width)?;
    Some(
        field
            .iter()
            .fold(0, |value, byte| value << 8 | u32::from(*byte)),
    )
}

/// A run of samples that lie behind one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) offset: u64,
    pub(super) samples: u32,
    pub(super) description: u32,
}

/// The chunks of a track: `stsc` with `stco` or `co64`.
pub(super) struct Chunks<'a> {
    offsets: Fields<'a>,
    wide: bool,
    left: u32,
    number: u32,
    runs: Fields<'a>,
    runs_left: u32,
    samples: u32,
    description: u32,
    next_run: u32,
    samples_left: u32,
}

impl<'a> Chunks<'a> {
    /// Chunks that hold `samples` samples.
    pub(super) fn of(tables: &'a [u8], samples: u32) -> Result<Self, Malformed> {
        let missing = || Malformed::new("the chunk tables (stsc, stco) are missing");
        let boxes = Boxes(tables);
        let (wide, body) = match boxes.find(b"stco") {
            Some(body) => (false, body),
            None => (true, boxes.find(b"co64").ok_or_else(missing)?),
        };
        let (_, _, mut offsets) = full_box(body, "the chunk offset table (stco)")?;
        let left = offsets.u32()?;
        let body = boxes.find(b"stsc").ok_or_else(missing)?;
        let (_, _, mut runs) = full_box(body, "the chunk table (stsc)")?;
        let runs_left = runs.u32()?;
        let mut chunks = Self {
            offsets,
            wide,
            left,
            number: 1,
            runs,
            runs_left,
            samples: 0,
            description: 0,
            next_run: u32::MAX,
            samples_left: samples,
        };
        chunks.peek_run()?;
        Ok(chunks)
    }

    /// Notes at which chunk the next run begins.
    fn peek_run(&mut self) -> Result<(), Malformed> {
        self.next_run = if self.runs_left == 0 {
            u32::MAX
        } else {
            let mut ahead = self.runs;
            ahead.u32()?
        };
        Ok(())
    }

    fn read(&mut self) -> Result<Chunk, Malformed> {
        while self.next_run <= self.number {
            self.runs.u32()?;
            self.samples = self.runs.u32()?;
            self.description = self.runs.u32()?.saturating_sub(1);
            self.runs_left = self.runs_left.saturating_sub(1);
            self.peek_run()?;
        }
        let offset = if self.wide {
            self.offsets.u64()?
        } else {
            u64::from(self.offsets.u32()?)
        };
        let samples = self.samples.min(self.samples_left);
        self.samples_left -= samples;
        self.number = self.number.saturating_add(1);
        self.left -= 1;
        Ok(Chunk {
            offset,
            samples,
            description: self.description,
        })
    }
}

impl Iterator for Chunks<'_> {
    type Item = Result<Chunk, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 || self.samples_left == 0 {
            return None;
        }
        let chunk = self.read();
        if chunk.is_err() {
            self.left = 0;
        }
        Some(chunk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(kind: &[u8; 4], words: &[u32]) -> Vec<u8> {
        let size = 12 + 4 * words.len() as u32;
        let mut bytes = size.to_be_bytes().to_vec();
        bytes.extend_from_slice(kind);
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend(words.iter().flat_map(|word| word.to_be_bytes()));
        bytes
    }

    fn tables() -> Vec<u8> {
        [
            full(b"stts", &[2, 3, 512, 2, 256]),
            full(b"ctts", &[2, 1, 1024, 1, (-5i32) as u32]),
            full(b"stss", &[2, 1, 4]),
            full(b"stsz", &[0, 5, 10, 20, 30, 40, 50]),
            full(b"stsc", &[2, 1, 2, 1, 2, 3, 2]),
            full(b"stco", &[2, 100, 1000]),
        ]
        .concat()
    }

    #[test]
    fn tables_meet_in_samples() {
        let samples = Tables(&tables()).samples(1 << 20).unwrap();
        let places: Vec<(u64, u32)> = samples.iter().map(|s| (s.offset, s.size)).collect();
        assert_eq!(
            places,
            [(100, 10), (110, 20), (1000, 30), (1030, 40), (1070, 50)]
        );
        let times: Vec<(i64, i32)> = samples.iter().map(|s| (s.dts, s.composition)).collect();
        assert_eq!(
            times,
            [(0, 1024), (512, -5), (1024, 0), (1536, 0), (1792, 0)]
        );
        let access: Vec<bool> = samples.iter().map(|s| s.random_access).collect();
        assert_eq!(access, [true, false, false, true, false]);
        assert_eq!(samples[4].description, 1);
        assert_eq!(samples[4].duration, 256);
    }

    #[test]
    fn compact_sizes_of_four_bits() {
        let mut stz2 = full(b"stz2", &[4, 3]);
        stz2.extend_from_slice(&[0x12, 0x30]);
        stz2[3] += 2;
        let sizes = Sizes::of(&stz2).unwrap().unwrap();
        let all: Vec<u32> = (0..3).map(|i| sizes.get(i).unwrap()).collect();
        assert_eq!(all, [1, 2, 3]);
    }

    #[test]
    fn tables_that_contradict_one_another_are_refused() {
        let swap = |from: &[u8], to: Vec<u8>| {
            let mut bytes = tables();
            let at = bytes.windows(4).position(|w| w == from).unwrap() - 4;
            let len = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
            bytes.splice(at..at + len, to);
            Tables(&bytes).samples(1 << 20)
        };
        assert!(swap(b"stts", full(b"stts", &[1, 3, 512])).is_err());
        assert!(swap(b"stts", full(b"free", &[])).is_err());
        assert!(swap(b"stts", full(b"stts", &[1, 5, u32::MAX])).is_err());
        assert!(swap(b"stco", full(b"stco", &[1, 100])).is_err());
        assert!(swap(b"stco", full(b"stco", &[9, 100])).is_err());
        assert!(swap(b"stsz", full(b"stsz", &[0, 5, 1])).is_err());
        assert!(swap(b"stsz", full(b"stsz", &[1, u32::MAX])).is_err());
        // As many samples of a byte as the object has bytes would take memory without bound.
        assert!(swap(b"stsz", full(b"stsz", &[1, 1 << 20])).is_err());
        assert!(swap(b"stsc", full(b"stsc", &[1, 1, 0, 1])).is_err());
    }
}
