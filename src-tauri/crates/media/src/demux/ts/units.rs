//! Video that is no H.264: every PES packet is one picture, as muxers write it.

use conform::{UnitKind, VideoConfig};

use super::Trouble;
use super::pes::{PesStart, Places, Splitter};
use super::picture_facts::{SequenceSize, picture_facts};
use super::pictures::TimedUnit;
use crate::demux::described::container_config;
use crate::demux::pictures::add_config;
use crate::error::Malformed;
use crate::hevc;
use crate::nal_units::NalUnits;

/// Bytes of a picture that tell what it is, with the parameter sets and messages in front of it.
const HEAD: usize = 16 << 10;

/// Takes PES packets as units.
#[derive(Debug)]
pub(super) struct PacketUnits {
    codec: &'static str,
    head: Vec<u8>,
    position: u64,
    open: Option<(TimedUnit, u64, bool)>,
    size: Option<SequenceSize>,
    /// Parameter sets of HEVC, and the configurations of the pictures so far.
    sets: hevc::ParameterSets,
    configs: Vec<VideoConfig>,
    current: Option<u16>,
    pub(super) units: Vec<TimedUnit>,
}

impl PacketUnits {
    /// With parameter sets that are in force at the start.
    ///
    /// # Errors
    /// One can't be read.
    pub(super) fn new(codec: &'static str, given: Option<&VideoConfig>) -> Result<Self, Malformed> {
        let given = given.filter(|_| codec == "hevc");
        Ok(Self {
            codec,
            head: Vec::new(),
            position: 0,
            open: None,
            size: None,
            sets: given
                .map(hevc::ParameterSets::of)
                .transpose()?
                .unwrap_or_default(),
            configs: Vec::new(),
            current: None,
            units: Vec::new(),
        })
    }

    /// Takes the last unit, which ends with the stream.
    ///
    /// # Errors
    /// A parameter set can't be read.
    pub(super) fn finish(&mut self) -> Result<(), Trouble> {
        let Some((mut unit, start, random_access)) = self.open.take() else {
            return Ok(());
        };
        let facts = picture_facts(self.codec, &self.head, random_access);
        self.size = self.size.or(facts.sequence);
        let head = std::mem::take(&mut self.head);
        if self.codec == "hevc" {
            self.learn(&head).map_err(|error| Trouble::Damaged {
                at: unit.dts.or(unit.pts),
                why: error.to_string(),
            })?;
            unit.config = self.current;
        }
        unit.kind = facts.kind;
        unit.end = self.position;
        if let (true, Ok(len)) = (unit.end > start, u32::try_from(unit.end - start)) {
            unit.location.len = len;
            self.units.push(unit);
        }
        Ok(())
    }

    /// Takes the parameter sets in front of a picture.
    fn learn(&mut self, head: &[u8]) -> Result<(), Malformed> {
        let mut changed = false;
        for part in NalUnits::new(head, None) {
            let part = part?;
            if hevc::is_slice(part) {
                let pps_id = hevc::pps_id_of(part).filter(|_| changed || self.current.is_none());
                let active = pps_id.and_then(|id| self.sets.active(id, None));
                if let Some(active) = active {
                    let index = add_config(&mut self.configs, active)?;
                    self.current = u16::try_from(index).ok();
                }
                break;
            }
            if hevc::is_set(part) {
                changed |= self.sets.insert(part)?;
            }
        }
        Ok(())
    }

    /// The configurations of the track. Of codecs whose parameter sets are not read it is one, with the
    /// size its own headers tell.
    pub(super) fn configs(&mut self) -> Vec<VideoConfig> {
        match self.configs.is_empty() && self.codec != "hevc" {
            true => vec![self.config()],
            false => std::mem::take(&mut self.configs),
        }
    }

    fn config(&self) -> VideoConfig {
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
        self.finish()?;
        let location = places.locate(start.position);
        places.forget_before(start.position);
        let unit = TimedUnit {
            pts: start.pts,
            dts: start.dts,
            location,
            sample_size: 0,
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
