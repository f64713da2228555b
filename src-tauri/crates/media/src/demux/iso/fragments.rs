//! Movie fragments (ISO/IEC 14496-12 §8.8).

use std::collections::BTreeMap;

use mediatime::RationalTime;

use super::boxes::{BoxHead, Boxes, full_box};
use super::movie::{FragmentDefaults, Movie, Track};
use super::tables::Sample;
use crate::demux::bits::Fields;
use crate::demux::input::{Input, most_units};
use crate::error::{Malformed, MediaError};

/// A fragment's own box larger than this is none.
const LARGEST_FRAGMENT: u64 = 256 << 20;

/// The samples of all fragments, by track id.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    tracks: BTreeMap<u32, FragmentedTrack>,
    samples: u64,
}

#[derive(Debug, Default)]
struct FragmentedTrack {
    samples: Vec<Sample>,
    /// Decode time behind the last sample, for fragments that don't say theirs.
    next_dts: i64,
}

impl Fragments {
    /// Reads the fragments at these places.
    pub(super) fn read(
        input: &mut Input<'_>,
        movie: &Movie<'_>,
        places: &[BoxHead],
    ) -> Result<Self, MediaError> {
        let mut fragments = Self::default();
        for place in places {
            let len = place.end - place.body;
            if len > LARGEST_FRAGMENT {
                return Err(input.damaged(None, "a fragment (moof) claims to be above 256 MiB"));
            }
            let object_size = input.size();
            if place.end > object_size {
                return Err(fragments.cut_off(input, movie, place.start));
            }
            let bytes = input.exactly(place.body, len as usize, "a fragment (moof)")?;
            if let Err(error) = fragments.add(movie, place.start, bytes, object_size) {
                let why = format!("the fragment at byte {}: {error}", place.start);
                return Err(input.damaged(None, why));
            }
        }
        Ok(fragments)
    }

    fn cut_off(&self, input: &Input<'_>, movie: &Movie<'_>, start: u64) -> MediaError {
        let end_of = |track: &Track<'_>| {
            let end = self.tracks.get(&track.id)?.next_dts;
            let shift = track.placing().ok()?.shift;
            RationalTime::from_ticks(end.saturating_add(shift), track.scale)
        };
        let at = movie.tracks.iter().filter_map(end_of).min();
        let why = format!(
            "it is cut off inside of the fragment (moof) at byte {start}; {} samples of all tracks \
             are left",
            self.samples
        );
        input.damaged(at, why)
    }

    /// The samples of a track, in decode order.
    pub(super) fn take(&mut self, track_id: u32) -> Vec<Sample> {
        self.tracks
            .remove(&track_id)
            .map(|track| track.samples)
            .unwrap_or_default()
    }

    fn add(
        &mut self,
        movie: &Movie<'_>,
        moof_start: u64,
        moof: &[u8],
        object_size: u64,
    ) -> Result<(), Malformed> {
        // Without any other word, data of the first track counts from the fragment's start and
        // data of each further track follows that of the one before.
        let mut data_end = moof_start;
        for child in Boxes(moof) {
            let (kind, body) = child?;
            if &kind.0 == b"traf" {
                data_end = self.add_track(movie, moof_start, data_end, body, object_size)?;
            }
        }
        Ok(())
    }

    fn add_track(
        &mut self,
        movie: &Movie<'_>,
        moof_start: u64,
        data_end: u64,
        traf: &[u8],
        object_size: u64,
    ) -> Result<u64, Malformed> {
        let header = Boxes(traf)
            .find(b"tfhd")
            .ok_or_else(|| Malformed::new("a track fragment has no header (tfhd)"))?;
        let header = TrackHeader::parse(header, movie, moof_start, data_end)?;
        let track = self.tracks.entry(header.track_id).or_default();
        let mut dts = match Boxes(traf).find(b"tfdt") {
            Some(body) => read_decode_time(body)?,
            None => track.next_dts,
        };
        if track.samples.last().is_some_and(|last| dts < last.dts) {
            return Err(Malformed::new("its decode time jumps back"));
        }
        let mut offset = header.base;
        for child in Boxes(traf) {
            let (kind, body) = child?;
            if &kind.0 != b"trun" {
                continue;
            }
            let run = Run::parse(body, &header, offset)?;
            self.samples = self.samples.saturating_add(u64::from(run.count));
            if self.samples > most_units(object_size) {
                return Err(Malformed::new(
                    "it counts more samples than the object has room for",
                ));
            }
            offset = run.read(&mut dts, &mut track.samples)?;
        }
        track.next_dts = dts;
        Ok(offset)
    }
}

struct TrackHeader {
    track_id: u32,
    base: u64,
    defaults: FragmentDefaults,
}

impl TrackHeader {
    fn parse(
        body: &[u8],
        movie: &Movie<'_>,
        moof_start: u64,
        data_end: u64,
    ) -> Result<Self, Malformed> {
        let (_, flags, mut fields) = full_box(body, "the track fragment header (tfhd)")?;
        let track_id = fields.u32()?;
        let mut defaults = movie.defaults.get(&track_id).copied().unwrap_or_default();
        let base = if flags & 0x1 != 0 {
            fields.u64()?
        } else if flags & 0x2_0000 != 0 {
            moof_start
        } else {
            data_end
        };
        for (flag, field) in [
            (0x02, &mut defaults.description),
            (0x08, &mut defaults.duration),
            (0x10, &mut defaults.size),
            (0x20, &mut defaults.flags),
        ] {
            if flags & flag != 0 {
                *field = fields.u32()?;
            }
        }
        Ok(Self {
            track_id,
            base,
            defaults,
        })
    }
}

fn read_decode_time(body: &[u8]) -> Result<i64, Malformed> {
    let (version, _, mut fields) = full_box(body, "the decode time (tfdt)")?;
    let time = match version {
        1 => fields.u64()?,
        _ => u64::from(fields.u32()?),
    };
    i64::try_from(time).map_err(|_| Malformed::new("its decode time is outside of time"))
}

/// A `trun` box behind its fixed fields.
struct Run<'a> {
    fields: Fields<'a>,
    flags: u32,
    count: u32,
    offset: u64,
    first_flags: Option<u32>,
    defaults: FragmentDefaults,
}

impl<'a> Run<'a> {
    fn parse(body: &'a [u8], header: &TrackHeader, follows: u64) -> Result<Self, Malformed> {
        let (_, flags, mut fields) = full_box(body, "the track run (trun)")?;
        let count = fields.u32()?;
        let offset = if flags & 0x1 != 0 {
            header
                .base
                .checked_add_signed(i64::from(fields.i32()?))
                .ok_or_else(|| Malformed::new("a track run (trun) lies before the object"))?
        } else {
            follows
        };
        let first_flags = if flags & 0x4 != 0 {
            Some(fields.u32()?)
        } else {
            None
        };
        Ok(Self {
            fields,
            flags,
            count,
            offset,
            first_flags,
            defaults: header.defaults,
        })
    }

    fn field(&mut self, flag: u32) -> Result<Option<u32>, Malformed> {
        if self.flags & flag == 0 {
            return Ok(None);
        }
        self.fields.u32().map(Some)
    }

    /// Appends the run's samples; the result is the end of their bytes.
    fn read(mut self, dts: &mut i64, samples: &mut Vec<Sample>) -> Result<u64, Malformed> {
        let beyond = || Malformed::new("a track run (trun) reaches beyond all bytes");
        let mut offset = self.offset;
        for i in 0..self.count {
            let duration = self.field(0x100)?.unwrap_or(self.defaults.duration);
            let size = self.field(0x200)?.unwrap_or(self.defaults.size);
            let own_flags = self.field(0x400)?;
            let composition = self.field(0x800)?.unwrap_or(0) as i32;
            let first = self.first_flags.filter(|_| i == 0);
            let flags = first.or(own_flags).unwrap_or(self.defaults.flags);
            samples.push(Sample {
                offset,
                size,
                dts: *dts,
                composition,
                duration,
                description: self.defaults.description.saturating_sub(1),
                random_access: is_random_access(flags),
            });
            offset = offset.checked_add(u64::from(size)).ok_or_else(beyond)?;
            *dts = dts
                .checked_add(i64::from(duration))
                .ok_or_else(|| Malformed::new("its decode time is outside of time"))?;
        }
        Ok(offset)
    }
}

/// Neither `sample_is_non_sync_sample` nor "depends on others".
fn is_random_access(flags: u32) -> bool {
    flags & (0x1_0000 | 0x100_0000) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
        let body = parts.concat();
        [&(8 + body.len() as u32).to_be_bytes()[..], kind, &body].concat()
    }

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    fn movie() -> Movie<'static> {
        let defaults = FragmentDefaults {
            description: 1,
            duration: 512,
            size: 7,
            flags: 0x101_0000,
        };
        Movie {
            tracks: Vec::new(),
            defaults: BTreeMap::from([(1, defaults)]),
            fragmented: true,
        }
    }

    fn add(fragments: &mut Fragments, at: u64, traf: &[Vec<u8>]) -> Result<(), Malformed> {
        let traf = boxed(b"traf", &traf.iter().map(Vec::as_slice).collect::<Vec<_>>());
        fragments.add(&movie(), at, &traf, 1000)
    }

    #[test]
    fn defaults_and_overrides() {
        let mut fragments = Fragments::default();
        let tfhd = boxed(b"tfhd", &[&words(&[0x2_0000, 1])]);
        let tfdt = boxed(b"tfdt", &[&words(&[0x100_0000, 1, 5])]);
        // Data offset, first sample's flags, a size for each.
        let trun = boxed(b"trun", &[&words(&[0x205, 3, 50, 0x200_0000, 10, 20, 30])]);
        // No data offset: follows the run before.
        let next = boxed(b"trun", &[&words(&[0xa00, 1, 40, (-512i32) as u32])]);
        add(&mut fragments, 100, &[tfhd, tfdt, trun, next]).unwrap();
        let samples = fragments.take(1);
        let places: Vec<(u64, u32)> = samples.iter().map(|s| (s.offset, s.size)).collect();
        assert_eq!(places, [(150, 10), (160, 20), (180, 30), (210, 40)]);
        let start = (1i64 << 32) + 5;
        let times: Vec<i64> = samples.iter().map(|s| s.dts - start).collect();
        assert_eq!(times, [0, 512, 1024, 1536]);
        assert!(samples[0].random_access && !samples[1].random_access);
        assert_eq!(samples[3].composition, -512);
    }

    #[test]
    fn a_fragment_without_time_continues_and_never_goes_back() {
        let mut fragments = Fragments::default();
        let tfhd = boxed(b"tfhd", &[&words(&[0x2_0000, 1])]);
        let trun = boxed(b"trun", &[&words(&[0x1, 2, 0])]);
        add(&mut fragments, 0, &[tfhd.clone(), trun.clone()]).unwrap();
        add(&mut fragments, 500, &[tfhd.clone(), trun.clone()]).unwrap();
        let back = boxed(b"tfdt", &[&words(&[0, 3])]);
        assert!(add(&mut fragments, 600, &[tfhd, back, trun]).is_err());
        let dts: Vec<i64> = fragments.take(1).iter().map(|s| s.dts).collect();
        assert_eq!(dts, [0, 512, 1024, 1536]);
    }

    #[test]
    fn runs_that_can_not_be_are_refused() {
        let tfhd = boxed(b"tfhd", &[&words(&[0x2_0000, 1])]);
        for trun in [
            words(&[0, u32::MAX]),
            words(&[0x200, 3, 1]),
            words(&[0x1, 1, (-999i32) as u32]),
            words(&[0]),
        ] {
            let trun = boxed(b"trun", &[&trun]);
            let mut fragments = Fragments::default();
            assert!(add(&mut fragments, 100, &[tfhd.clone(), trun]).is_err());
        }
        assert!(add(&mut Fragments::default(), 0, &[]).is_err());
    }
}
