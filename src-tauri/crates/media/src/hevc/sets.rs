//! Which parameter sets are in force (ITU-T H.265 §7.4.2.4.2).

use super::pps::ids;
use super::sps::Sps;
use super::{is_set, nal, nal_type};
use crate::error::Malformed;
use conform::{SequenceFacts, VideoConfig};
use std::collections::BTreeMap;

/// `vps_video_parameter_set_id`.
#[must_use]
pub(crate) fn vps_id(unit: &[u8]) -> Option<u32> {
    (nal_type(unit) == Some(nal::VPS))
        .then(|| unit.get(2).map(|byte| u32::from(byte >> 4)))
        .flatten()
}

/// The ids of all picture parameter sets of a configuration.
#[must_use]
pub(crate) fn pps_ids_of(config: &VideoConfig) -> Vec<u32> {
    let ids = config.pps.iter().filter_map(|set| ids(set));
    ids.map(|(id, _)| id).collect()
}

/// The ids of all sequence parameter sets of a configuration.
#[must_use]
pub(crate) fn sps_ids_of(config: &VideoConfig) -> Vec<u32> {
    let sets = config.sps.iter().filter_map(|set| Sps::read(set));
    sets.map(|sps| sps.id).collect()
}

/// What a sequence parameter set says, as far as planning needs it.
///
/// # Errors
/// [`Malformed`] when it can't be read.
pub(crate) fn sequence_facts(unit: &[u8]) -> Result<SequenceFacts, Malformed> {
    read(unit)?.facts()
}

fn read(unit: &[u8]) -> Result<Sps, Malformed> {
    Sps::read(unit).ok_or_else(|| Malformed::new("a sequence parameter set of HEVC"))
}

#[derive(Clone, Debug)]
struct SequenceSet {
    unit: Vec<u8>,
    vps_id: u32,
    facts: SequenceFacts,
}

#[derive(Clone, Debug)]
struct PictureSet {
    unit: Vec<u8>,
    sps_id: u32,
}

/// The parameter sets in force at one point of a stream, by id.
#[derive(Clone, Debug, Default)]
pub(crate) struct ParameterSets {
    vps: BTreeMap<u32, Vec<u8>>,
    sps: BTreeMap<u32, SequenceSet>,
    pps: BTreeMap<u32, PictureSet>,
}

impl ParameterSets {
    /// Those of a configuration.
    ///
    /// # Errors
    /// [`Malformed`] when one can't be read.
    pub(crate) fn of(config: &VideoConfig) -> Result<Self, Malformed> {
        let mut sets = Self::default();
        for unit in config.vps.iter().chain(&config.sps).chain(&config.pps) {
            sets.insert(unit)?;
        }
        Ok(sets)
    }

    /// Takes a NAL unit as it comes along; anything but a parameter set changes nothing. `true` when
    /// something changed.
    ///
    /// # Errors
    /// [`Malformed`] when the set can't be read.
    pub(crate) fn insert(&mut self, unit: &[u8]) -> Result<bool, Malformed> {
        match nal_type(unit).filter(|_| is_set(unit)) {
            Some(nal::VPS) => {
                let id = vps_id(unit).ok_or_else(|| Malformed::new("a video parameter set"))?;
                let before = self.vps.insert(id, unit.to_vec());
                Ok(before.is_none_or(|known| known != unit))
            }
            Some(nal::SPS) => {
                let sps = read(unit)?;
                if self
                    .sps
                    .get(&sps.id)
                    .is_some_and(|known| known.unit == unit)
                {
                    return Ok(false);
                }
                let entry = SequenceSet {
                    unit: unit.to_vec(),
                    vps_id: sps.vps_id,
                    facts: sps.facts()?,
                };
                // Picture parameter sets are read against their sequence parameter set.
                if self.sps.insert(sps.id, entry).is_some() {
                    self.pps.retain(|_, pps| pps.sps_id != sps.id);
                }
                Ok(true)
            }
            Some(nal::PPS) => {
                let (id, sps_id) =
                    ids(unit).ok_or_else(|| Malformed::new("a picture parameter set of HEVC"))?;
                let entry = PictureSet {
                    unit: unit.to_vec(),
                    sps_id,
                };
                let before = self.pps.insert(id, entry);
                Ok(before.is_none_or(|known| known.unit != unit))
            }
            _ => Ok(false),
        }
    }

    /// The configuration of a picture that names `pps_id`: its video and sequence parameter sets, and
    /// every picture parameter set built on those.
    #[must_use]
    pub(crate) fn active(&self, pps_id: u32, nal_length_size: Option<u8>) -> Option<VideoConfig> {
        let sps_id = self.pps.get(&pps_id)?.sps_id;
        let sps = self.sps.get(&sps_id)?;
        let pictures = self.pps.values().filter(|pps| pps.sps_id == sps_id);
        Some(VideoConfig {
            vps: self.vps.get(&sps.vps_id).cloned().into_iter().collect(),
            sps: vec![sps.unit.clone()],
            pps: pictures.map(|pps| pps.unit.clone()).collect(),
            nal_length_size,
            record: Vec::new(),
            facts: sps.facts.clone(),
        })
    }
}
