//! The resources of a file: what media there are.

use super::number::{duration_at, rate, time_at};
use super::xml::Element;
use crate::{Media, ReadError};
use mediatime::{FrameRate, RationalTime};
use std::collections::HashMap;

/// A medium.
#[derive(Clone, Debug)]
pub(super) struct Asset {
    pub(super) name: String,
    pub(super) media: Media,
    /// Where its clock begins.
    pub(super) start: RationalTime,
    /// How much there is of it.
    pub(super) duration: Option<RationalTime>,
    pub(super) rate: Option<FrameRate>,
    pub(super) has_video: bool,
    pub(super) has_audio: bool,
}

/// What clips refer to, by id.
#[derive(Debug, Default)]
pub(super) struct Resources {
    pub(super) assets: HashMap<String, Asset>,
    pub(super) rates: HashMap<String, FrameRate>,
    /// Names of effects and of compound and multicam clips.
    names: HashMap<String, String>,
}

impl Resources {
    pub(super) fn read(root: &Element) -> Result<Self, ReadError> {
        let mut resources = Self::default();
        let list = root
            .children
            .iter()
            .filter(|child| child.name == "resources");
        let list: Vec<&Element> = list.flat_map(|list| &list.children).collect();
        for format in list.iter().filter(|resource| resource.name == "format") {
            let frame = time_at(format, "frameDuration")?;
            if let (Some(id), Some(rate)) = (format.get("id"), frame.and_then(rate)) {
                resources.rates.insert(id.to_owned(), rate);
            }
        }
        for resource in list {
            let Some(id) = resource.get("id") else {
                continue;
            };
            if resource.name == "asset" {
                let asset = resources.asset(resource)?;
                resources.assets.insert(id.to_owned(), asset);
            } else if let Some(name) = resource.get("name") {
                resources.names.insert(id.to_owned(), name.to_owned());
            }
        }
        Ok(resources)
    }

    /// What a resource is called; its id when it has no name.
    pub(super) fn name(&self, id: &str) -> String {
        self.names
            .get(id)
            .map_or_else(|| id.to_owned(), String::clone)
    }

    fn asset(&self, element: &Element) -> Result<Asset, ReadError> {
        let name = element.get("name").unwrap_or_default().to_owned();
        // Since 1.9 a medium has representations, of which the original counts.
        let reps = element
            .children
            .iter()
            .filter(|child| child.name == "media-rep");
        let original =
            |rep: &&Element| rep.get("kind").unwrap_or("original-media") == "original-media";
        let rep = reps.clone().find(original).or_else(|| reps.clone().next());
        let source = rep
            .and_then(|rep| rep.get("src"))
            .or_else(|| element.get("src"));
        let media = match Media::from_url(source.unwrap_or_default()) {
            Media::Missing { .. } => Media::Missing { name: name.clone() },
            media => media,
        };
        let says = |name: &str| element.get(name) == Some("1");
        // Some writers say of neither that it is there.
        let silent = !says("hasVideo") && !says("hasAudio");
        Ok(Asset {
            name,
            media,
            start: time_at(element, "start")?.unwrap_or(RationalTime::ZERO),
            duration: duration_at(element)?.filter(|duration| *duration > RationalTime::ZERO),
            rate: element
                .get("format")
                .and_then(|id| self.rates.get(id).copied()),
            has_video: says("hasVideo") || silent,
            has_audio: says("hasAudio") || silent,
        })
    }
}
