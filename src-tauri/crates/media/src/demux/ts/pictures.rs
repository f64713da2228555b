//! H.264 access units from a byte stream (ITU-T H.264 §7.4.1.2.3), wherever PES borders lie.

use std::collections::VecDeque;

use conform::{Location, UnitKind, VideoConfig};

use super::Trouble;
use super::pes::{PesStart, Places, Splitter};
use crate::demux::pictures::add_config;
use crate::error::Malformed;
use crate::h264::{self, FieldParity, ParameterSets, PictureOrder, PictureStart, SliceHead, nal};
use crate::nal_units::{find_start_code, trim_trailing_zeros};

/// Bytes that are looked through at once, at least.
const BATCH: usize = 64 << 10;
/// Bytes of a slice that hold all of its header that matters.
const SLICE_HEAD: usize = 64;
/// A parameter set or SEI message is cut off here.
const LONGEST_SET: usize = 1 << 20;

/// An access unit whose times may still be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimedUnit {
    pub(super) pts: Option<i64>,
    pub(super) dts: Option<i64>,
    pub(super) location: Location,
    pub(super) sample_size: u32,
    /// Elementary-stream position behind its last byte.
    pub(super) end: u64,
    pub(super) kind: UnitKind,
    pub(super) config: Option<u16>,
    /// Output order among the pictures since the last IDR picture, when it can be told.
    pub(super) order: Option<i64>,
}

/// The NAL unit whose end was not seen yet.
#[derive(Clone, Copy, Debug)]
struct OpenNal {
    /// Position of its start code.
    start: u64,
    /// Position of its first byte.
    body: u64,
    /// Everything that matters of it was looked at.
    done: bool,
    /// It is a part of the picture's sample.
    stays: bool,
}

/// Where the next unit begins if the next slice turns out to begin one.
#[derive(Clone, Copy, Debug)]
struct Boundary {
    start: u64,
    /// There is no doubt, unless the slice is the other field of the frame.
    certain: bool,
}

/// The access unit being put together.
#[derive(Debug)]
struct Current {
    unit: TimedUnit,
    start: u64,
    random_access: bool,
    last_slice: Option<SliceHead>,
    has_slice: bool,
    /// Both fields of the frame are here.
    complete_pair: bool,
}

/// Splits an H.264 byte stream into access units.
#[derive(Debug, Default)]
pub(super) struct PictureSplitter {
    buffer: Vec<u8>,
    buffer_at: u64,
    /// Bytes of the buffer already looked through for start codes.
    scanned: usize,
    open: Option<OpenNal>,
    starts: VecDeque<PesStart>,
    /// Position of the last PES packet's first byte: no start code reaches across it.
    last_start: u64,
    current: Option<Current>,
    boundary: Option<Boundary>,
    /// What came since the last slice.
    ahead: PictureStart,
    /// Bytes that it takes in a sample.
    ahead_size: u32,
    sets: ParameterSets,
    sets_changed: bool,
    active_pps: Option<(u32, u16)>,
    order: PictureOrder,
    pub(super) configs: Vec<VideoConfig>,
    pub(super) units: Vec<TimedUnit>,
}

/// Whether a NAL unit is a part of samples, which parameter sets and delimiters are not.
fn stays(unit: &[u8]) -> bool {
    !matches!(
        h264::nal_type(unit),
        None | Some(nal::SPS | nal::PPS | nal::AUD)
    )
}

impl PictureSplitter {
    /// With parameter sets that are in force at the start.
    ///
    /// # Errors
    /// One can't be read.
    pub(super) fn given(config: Option<&VideoConfig>) -> Result<Self, Malformed> {
        Ok(Self {
            sets: config
                .map(ParameterSets::of)
                .transpose()?
                .unwrap_or_default(),
            ..Self::default()
        })
    }

    fn position(&self, index: usize) -> u64 {
        self.buffer_at + index as u64
    }

    fn slice_of(&self, from: u64, to: u64) -> &[u8] {
        let index = |position: u64| {
            usize::try_from(position.saturating_sub(self.buffer_at)).unwrap_or(usize::MAX)
        };
        self.buffer.get(index(from)..index(to)).unwrap_or_default()
    }

    /// Looks through what has come since the last time.
    fn scan(&mut self, places: &mut Places) -> Result<(), Trouble> {
        while let Some(found) = self.buffer.get(self.scanned..).and_then(find_start_code) {
            let code = self.scanned + found;
            self.scanned = code + 3;
            // The zero byte in front belongs to this start code (B.1.2), not to the unit before.
            let zero = code > 0
                && self.buffer.get(code - 1) == Some(&0)
                && self.position(code - 1) >= self.last_start;
            let start = self.position(code - usize::from(zero));
            self.close(start, places)?;
            self.open = Some(OpenNal {
                start,
                body: self.position(code + 3),
                done: false,
                stays: false,
            });
        }
        self.scanned = self.scanned.max(self.buffer.len().saturating_sub(2));
        self.look_ahead(places)?;
        self.trim(places);
        Ok(())
    }

    /// Handles the open NAL unit, which ends at `end`.
    fn close(&mut self, end: u64, places: &mut Places) -> Result<(), Trouble> {
        let Some(mut open) = self.open.take() else {
            return Ok(());
        };
        if !open.done {
            open.stays = stays(self.slice_of(open.body, end));
            self.nal(open, end, places)?;
        }
        if open.stays {
            self.measure(open.body, end);
        }
        Ok(())
    }

    /// Counts a NAL unit that is now handled: what came in front of the next picture's first slice is a part
    /// of that picture.
    fn measure(&mut self, body: u64, end: u64) {
        // Of a long one only the end is still here.
        let held = self.slice_of(body.max(self.buffer_at), end);
        let zeros = held.len() - trim_trailing_zeros(held).len();
        let size = (4 + end - body).saturating_sub(zeros as u64);
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        let counted = match (&self.boundary, &mut self.current) {
            (None, Some(current)) => &mut current.unit.sample_size,
            _ => &mut self.ahead_size,
        };
        *counted = counted.saturating_add(size);
    }

    /// Handles the open NAL unit early when its first bytes are all that matters.
    fn look_ahead(&mut self, places: &mut Places) -> Result<(), Trouble> {
        let Some(open) = self.open.filter(|open| !open.done) else {
            return Ok(());
        };
        let end = self.position(self.buffer.len());
        let seen = self.slice_of(open.body, end);
        let enough = match h264::nal_type(seen) {
            None => return Ok(()),
            Some(nal::SLICE | nal::PARTITION_A | nal::IDR) => SLICE_HEAD,
            Some(nal::SPS | nal::PPS | nal::SEI) => LONGEST_SET,
            Some(_) => 1,
        };
        if seen.len() < enough {
            return Ok(());
        }
        self.open = Some(OpenNal {
            done: true,
            stays: stays(seen),
            ..open
        });
        self.nal(open, open.body + enough as u64, places)
    }

    /// Drops bytes and places that nothing will ask for again.
    fn trim(&mut self, places: &mut Places) {
        let open = self.open.filter(|open| !open.done).map(|open| open.body);
        // One byte more than a start code may reach back.
        let scanned = self.position(self.scanned.saturating_sub(1));
        let keep = open.map_or(scanned, |open| open.min(scanned));
        let drop = (keep - self.buffer_at) as usize;
        self.buffer.drain(..drop.min(self.buffer.len()));
        self.buffer_at += drop as u64;
        self.scanned -= drop;
        let open = self.open.filter(|open| !open.done);
        let needed = open.map_or(keep, |open| open.start.min(keep));
        let boundary = self.boundary.map_or(needed, |boundary| boundary.start);
        places.forget_before(boundary.min(needed));
    }

    fn nal(&mut self, open: OpenNal, end: u64, places: &mut Places) -> Result<(), Trouble> {
        let bytes = trim_trailing_zeros(self.slice_of(open.body, end)).to_vec();
        match h264::nal_type(&bytes) {
            Some(nal::SLICE | nal::PARTITION_A | nal::IDR) => self.slice(open, &bytes, places),
            Some(kind @ (nal::SPS | nal::PPS | nal::SEI | nal::AUD | 14..=18)) => {
                // Prefix NAL units (14) stand in front of every slice of layered streams.
                self.prepare(open, kind != 14, places);
                if matches!(kind, nal::SPS | nal::PPS) {
                    self.sets_changed |=
                        self.sets.insert(&bytes).map_err(|error| Trouble::Damaged {
                            at: self.units.last().and_then(|unit| unit.dts),
                            why: error.to_string(),
                        })?;
                }
                self.ahead.add(&bytes);
                Ok(())
            }
            Some(_) => {
                if self.current.is_none() {
                    self.begin_unit(open.start, places);
                }
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// A NAL unit that may only come before the first slice of an access unit.
    fn prepare(&mut self, open: OpenNal, certain: bool, places: &Places) {
        match (&self.current, &mut self.boundary) {
            (None, _) => self.begin_unit(open.start, places),
            (Some(_), Some(boundary)) => boundary.certain |= certain,
            (Some(current), None) if current.has_slice => {
                self.boundary = Some(Boundary {
                    start: open.start,
                    certain,
                });
            }
            (Some(_), None) => {}
        }
    }

    fn slice(&mut self, open: OpenNal, bytes: &[u8], places: &mut Places) -> Result<(), Trouble> {
        let head = SliceHead::parse(bytes, &self.sets);
        if self.current.is_none() {
            self.begin_unit(open.start, places);
        }
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        if current.has_slice {
            let differs = match (&current.last_slice, &head) {
                (Some(last), Some(next)) => last.differs_in_picture(next),
                // Without parameter sets only first_mb_in_slice, 0 in the first bit, can tell.
                _ => bytes.get(1).is_some_and(|byte| byte & 0x80 != 0),
            };
            let second_field = !current.complete_pair
                && matches!((&current.last_slice, &head),
                    (Some(last), Some(next)) if last.is_completed_by(next));
            let boundary = self.boundary.take();
            let certain = boundary.is_some_and(|boundary| boundary.certain);
            if second_field || !(differs || certain) {
                current.complete_pair |= second_field;
                let ahead = std::mem::take(&mut self.ahead_size);
                current.unit.sample_size = current.unit.sample_size.saturating_add(ahead);
                current.last_slice = head;
                self.ahead = PictureStart::default();
                return Ok(());
            }
            let start = boundary.map_or(open.start, |boundary| boundary.start);
            self.finish_unit(start);
            self.begin_unit(start, places);
        }
        self.first_slice(head, bytes)
    }

    fn begin_unit(&mut self, start: u64, places: &Places) {
        let mut stamp = None;
        while let Some(pes) = self.starts.front()
            && pes.position <= start
        {
            stamp = self.starts.pop_front();
        }
        self.current = Some(Current {
            unit: TimedUnit {
                pts: stamp.and_then(|stamp| stamp.pts),
                dts: stamp.and_then(|stamp| stamp.dts),
                location: places.locate(start),
                sample_size: std::mem::take(&mut self.ahead_size),
                end: start,
                kind: UnitKind::Delta,
                config: None,
                order: None,
            },
            start,
            random_access: stamp.is_some_and(|stamp| stamp.random_access),
            last_slice: None,
            has_slice: false,
            complete_pair: false,
        });
    }

    /// Tells what the picture is from its first slice.
    fn first_slice(&mut self, head: Option<SliceHead>, bytes: &[u8]) -> Result<(), Trouble> {
        let mut start = std::mem::take(&mut self.ahead);
        start.add(bytes);
        let config = match start.pps_id {
            Some(pps_id) => self.config_of(pps_id)?,
            None => None,
        };
        let order = head.as_ref().and_then(|head| {
            let (sps, _) = self.sets.syntax(head.pps_id)?;
            self.order.count(head, sps)
        });
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        // Broadcasts mark I pictures without a recovery point message.
        let marked = start.intra && (start.has_sps || current.random_access);
        current.unit.kind = start.kind(marked);
        current.unit.config = config;
        current.unit.order = order;
        current.has_slice = true;
        current.complete_pair = head.is_none_or(|head| head.parity == FieldParity::Frame);
        current.last_slice = head;
        Ok(())
    }

    fn config_of(&mut self, pps_id: u32) -> Result<Option<u16>, Trouble> {
        if !self.sets_changed
            && let Some((active, config)) = self.active_pps
            && active == pps_id
        {
            return Ok(Some(config));
        }
        let Some(config) = self.sets.active(pps_id, None) else {
            return Ok(None);
        };
        let index = add_config(&mut self.configs, config)?;
        let index = u16::try_from(index).unwrap_or(u16::MAX);
        self.sets_changed = false;
        self.active_pps = Some((pps_id, index));
        Ok(Some(index))
    }

    fn finish_unit(&mut self, end: u64) {
        let Some(mut current) = self.current.take() else {
            return;
        };
        // What has no slice is no picture; a length beyond 4 GiB no access unit.
        if let (true, Ok(len)) = (current.has_slice, u32::try_from(end - current.start)) {
            current.unit.location.len = len;
            current.unit.end = end;
            self.units.push(current.unit);
        }
    }

    /// Takes the last unit, which ends with the stream.
    pub(super) fn finish(&mut self, places: &mut Places) -> Result<(), Trouble> {
        self.scan(places)?;
        let end = self.position(self.buffer.len());
        self.close(end, places)?;
        self.finish_unit(end);
        Ok(())
    }
}

impl Splitter for PictureSplitter {
    fn begin(&mut self, start: PesStart, places: &mut Places) -> Result<(), Trouble> {
        self.scan(places)?;
        self.last_start = start.position;
        self.starts.push_back(start);
        Ok(())
    }

    fn data(&mut self, bytes: &[u8], places: &mut Places) -> Result<(), Trouble> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() - self.scanned > BATCH {
            self.scan(places)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
