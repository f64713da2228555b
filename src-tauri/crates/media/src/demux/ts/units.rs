//! Video that is no H.264: every PES packet is one picture, as muxers write it.

use conform::{UnitKind, VideoConfig};

use super::Trouble;
use super::pes::{PesStart, Places, Splitter};
use super::picture_facts::{SequenceSize, picture_facts};
use super::pictures::TimedUnit;
use crate::demux::described::container_config;

/// Bytes of a picture that tell what it is.
const HEAD: usize = 4096;

/// Takes PES packets as units.
#[derive(Debug)]
pub(super) struct PacketUnits {
    codec: &'static str,
    head: Vec<u8>,
    position: u64,
    open: Option<(TimedUnit, u64, bool)>,
    size: Option<SequenceSize>,
    pub(super) units: Vec<TimedUnit>,
}

impl PacketUnits {
    pub(super) fn new(codec: &'static str) -> Self {
        Self {
            codec,
            head: Vec::new(),
            position: 0,
            open: None,
            size: None,
            units: Vec::new(),
        }
    }

    /// Takes the last unit, which ends with the stream.
    pub(super) fn finish(&mut self) {
        let Some((mut unit, start, random_access)) = self.open.take() else {
            return;
        };
        let facts = picture_facts(self.codec, &self.head, random_access);
        self.size = self.size.or(facts.sequence);
        self.head.clear();
        unit.kind = facts.kind;
        unit.end = self.position;
        if let (true, Ok(len)) = (unit.end > start, u32::try_from(unit.end - start)) {
            unit.location.len = len;
            self.units.push(unit);
        }
    }

    /// The one configuration of the track, with the size its own headers tell.
    pub(super) fn config(&self) -> VideoConfig {
        let size = self.size.map_or((0, 0), |size| (size.width, size.height));
        let mut config = container_config(self.codec, size, None, None);
        if let Some(size) = self.size {
            config.facts.chroma_format_idc = size.chroma_format_idc;
            config.facts.bit_depth = size.bit_depth;
        }
        config
    }
}

impl Splitter for PacketUnits {
    fn begin(&mut self, start: PesStart, places: &mut Places) -> Result<(), Trouble> {
        self.finish();
        let location = places.locate(start.position);
        places.forget_before(start.position);
        let unit = TimedUnit {
            pts: start.pts,
            dts: start.dts,
            location,
            end: start.position,
            kind: UnitKind::Delta,
            config: Some(0),
            order: None,
        };
        self.open = Some((unit, start.position, start.random_access));
        Ok(())
    }

    fn data(&mut self, bytes: &[u8], places: &mut Places) -> Result<(), Trouble> {
        let room = HEAD - self.head.len().min(HEAD);
        self.head
            .extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or(bytes));
        self.position += bytes.len() as u64;
        places.forget_before(self.position);
        Ok(())
    }
}
