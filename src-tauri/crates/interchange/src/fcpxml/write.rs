//! From a programme to a file.

use super::number::text;
use super::xml::Element;
use crate::issue::{Issues, short};
use crate::laid::{self, Laid, LaidTrack, What};
use crate::programme::counts_pictures;
use crate::{Clip, Issue, Media, Programme, Range, Transition, WriteError};
use mediatime::{FrameRate, RationalTime};
use std::collections::HashMap;

/// The version that is written: the first whose representations of media all later ones have.
const VERSION: &str = "1.10";
/// The id of the sequence's format.
const FORMAT: &str = "r1";

/// Writes an `.fcpxml` file of one project: the lowest picture track is the spine, other tracks of
/// pictures lie on lanes above it, sound of its own on lanes below. The issues tell what is left out.
///
/// # Errors
/// There is no picture track, the length of a clip is not known, or it is not known at which rate frames
/// are counted.
pub fn write_fcpxml(programme: &Programme) -> Result<(String, Vec<Issue>), WriteError> {
    let mut issues = Issues::default();
    let rate = programme.rate().ok_or_else(|| {
        WriteError::at(
            "the timeline",
            "it is not known at which rate its frames are counted",
        )
    })?;
    let tracks = laid::tracks(programme, &mut issues)?;
    let start = programme
        .start
        .map_or(RationalTime::ZERO, |start| start.seconds());
    let mut writer = Writer {
        rate,
        start,
        assets: Vec::new(),
        ids: HashMap::new(),
        formats: vec![rate],
        issues,
    };
    if !programme.kept_stack.markers().is_empty() {
        let what = format!(
            "{} markers of the timeline are left out: a file has them on clips only",
            programme.kept_stack.markers().len()
        );
        writer.issues.add("the timeline", what);
    }
    let (lowest, others) = tracks.pictures.split_first().ok_or_else(|| {
        WriteError::at(
            "the timeline",
            "there is no picture track with a clip on it",
        )
    })?;
    let mut spine = writer.spine(lowest);
    for (index, track) in others.iter().enumerate() {
        writer.lane(track, index + 1, false, &mut spine);
    }
    for (index, track) in tracks.sounds.iter().enumerate() {
        writer.lane(track, index + 1, true, &mut spine);
    }
    let counting = programme.counting();
    let drop_frame = counting.is_some_and(|counting| counting.drop_frame());
    let mut sequence = Element::new("sequence")
        .with("format", FORMAT)
        .with("duration", text(spine.end()))
        .with("tcStart", text(start))
        .with("tcFormat", if drop_frame { "DF" } else { "NDF" });
    sequence.children.push(spine.element());
    let title = match programme.title.as_str() {
        "" => "Timeline",
        title => title,
    };
    let mut project = Element::new("project").with("name", title);
    project.children.push(sequence);
    let mut event = Element::new("event").with("name", title);
    event.children.push(project);
    let mut library = Element::new("library");
    library.children.push(event);
    let mut root = Element::new("fcpxml").with("version", VERSION);
    let resources = writer.resources();
    root.children = vec![resources, library];
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE fcpxml>\n\n".to_owned();
    root.write(&mut out, 0);
    Ok((out, writer.issues.into_vec()))
}

/// A medium as it is written.
struct Asset {
    name: String,
    source: String,
    start: RationalTime,
    end: RationalTime,
    rate: FrameRate,
    has_video: bool,
    has_audio: bool,
}

struct Writer {
    rate: FrameRate,
    start: RationalTime,
    assets: Vec<Asset>,
    /// By address and start of its clock.
    ids: HashMap<(String, RationalTime), usize>,
    formats: Vec<FrameRate>,
    issues: Issues,
}

/// The spine, with what each of its elements shows where it begins, and when.
struct Spine {
    elements: Vec<Element>,
    /// Index of the element, begin, end, and its own clock there.
    rooms: Vec<Room>,
    start: RationalTime,
}

struct Room {
    element: usize,
    begin: RationalTime,
    end: RationalTime,
    clock: RationalTime,
    connected: Vec<Element>,
}

impl Spine {
    fn end(&self) -> RationalTime {
        self.rooms
            .last()
            .map_or(RationalTime::ZERO, |room| room.end)
    }

    /// Connects an element that begins at `begin` to what is there; behind the end that is nothing, which
    /// is made as long as it needs.
    fn connect(&mut self, mut element: Element, begin: RationalTime, end: RationalTime) {
        if begin >= self.end() {
            let from = self.end();
            let gap = Element::new("gap")
                .with("name", "Gap")
                .with("offset", text(self.start + from))
                .with("start", text(RationalTime::ZERO))
                .with("duration", text(end - from));
            self.rooms.push(Room {
                element: self.elements.len(),
                begin: from,
                end,
                clock: RationalTime::ZERO,
                connected: Vec::new(),
            });
            self.elements.push(gap);
        }
        let at = self.rooms.partition_point(|room| room.end <= begin);
        let Some(room) = self.rooms.get_mut(at) else {
            return;
        };
        let offset = room.clock + (begin - room.begin);
        if let Some((_, value)) = element
            .attributes
            .iter_mut()
            .find(|(name, _)| name == "offset")
        {
            *value = text(offset);
        }
        room.connected.push(element);
    }

    fn element(mut self) -> Element {
        for mut room in self.rooms {
            if let Some(element) = self.elements.get_mut(room.element) {
                // Markers stand behind what is connected.
                room.connected.append(&mut element.children);
                element.children = room.connected;
            }
        }
        Element {
            children: self.elements,
            ..Element::new("spine")
        }
    }
}

/// What of a clip is used.
#[derive(Clone, Copy, PartialEq)]
enum Use {
    Both,
    Pictures,
    Sound,
}

impl Writer {
    fn spine(&mut self, track: &LaidTrack<'_>) -> Spine {
        let used = if track.with_sound {
            Use::Both
        } else {
            Use::Pictures
        };
        let mut spine = Spine {
            elements: Vec::new(),
            rooms: Vec::new(),
            start: self.start,
        };
        for laid in &track.items {
            let (element, clock) = self.element(laid, self.start + laid.begin, used);
            if laid.length > RationalTime::ZERO {
                spine.rooms.push(Room {
                    element: spine.elements.len(),
                    begin: laid.begin,
                    end: laid.end(),
                    clock,
                    connected: Vec::new(),
                });
            } else if !matches!(laid.what, What::Mix { .. }) {
                self.issues.add(&laid.place, "it takes no time: left out");
                continue;
            }
            spine.elements.push(element);
        }
        spine
    }

    /// A track beside the spine: what touches lies in a spine of its own, single clips by themselves.
    fn lane(&mut self, track: &LaidTrack<'_>, number: usize, sound: bool, spine: &mut Spine) {
        let used = match (sound, track.with_sound) {
            (true, _) => Use::Sound,
            (false, true) => Use::Both,
            (false, false) => Use::Pictures,
        };
        let lane = if sound {
            format!("-{number}")
        } else {
            number.to_string()
        };
        let mut run: Vec<&Laid<'_>> = Vec::new();
        let mut items = track
            .items
            .iter()
            .filter(|laid| {
                laid.length > RationalTime::ZERO || matches!(laid.what, What::Mix { .. })
            })
            .peekable();
        while let Some(laid) = items.next() {
            let is_gap = matches!(laid.what, What::Gap);
            if !is_gap {
                run.push(laid);
            }
            if (is_gap || items.peek().is_none()) && !run.is_empty() {
                self.connected(&std::mem::take(&mut run), &lane, used, spine);
            }
        }
    }

    fn connected(&mut self, run: &[&Laid<'_>], lane: &str, used: Use, spine: &mut Spine) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else {
            return;
        };
        let (begin, end) = (first.begin, last.end());
        if begin == end {
            self.issues
                .add(&first.place, "it lies over nothing: left out");
            return;
        }
        let element = match run {
            [laid] => {
                let (mut element, _) = self.element(laid, RationalTime::ZERO, used);
                element
                    .attributes
                    .insert(0, ("lane".to_owned(), lane.to_owned()));
                element
            }
            _ => {
                let mut inner = Element::new("spine")
                    .with("lane", lane)
                    .with("offset", "0s");
                let elements = run
                    .iter()
                    .map(|laid| self.element(laid, laid.begin - begin, used).0);
                inner.children = elements.collect();
                inner
            }
        };
        spine.connect(element, begin, end);
    }

    /// Something at `offset` of what it lies in, and what its clock shows there.
    fn element(
        &mut self,
        laid: &Laid<'_>,
        offset: RationalTime,
        used: Use,
    ) -> (Element, RationalTime) {
        match &laid.what {
            What::Clip(clip, range) => (
                self.clip(clip, range, laid, offset, used),
                range.start.seconds(),
            ),
            What::Gap => {
                let gap = Element::new("gap")
                    .with("name", "Gap")
                    .with("offset", text(offset))
                    .with("start", text(RationalTime::ZERO))
                    .with("duration", text(laid.length));
                (gap, RationalTime::ZERO)
            }
            What::Mix {
                transition,
                before,
                behind,
            } => {
                let element = Element::new("transition")
                    .with("name", name_of(transition))
                    .with("offset", text(offset - *before))
                    .with("duration", text(*before + *behind));
                (element, RationalTime::ZERO)
            }
        }
    }

    fn clip(
        &mut self,
        clip: &Clip,
        range: &Range,
        laid: &Laid<'_>,
        offset: RationalTime,
        used: Use,
    ) -> Element {
        let id = self.asset(clip, range, &laid.place, used);
        let mut element = Element::new("asset-clip")
            .with("ref", id)
            .with("offset", text(offset))
            .with("name", clip.name.as_str())
            .with("start", text(range.start.seconds()))
            .with("duration", text(range.duration.seconds()));
        match used {
            Use::Both => {}
            Use::Pictures => element.set("srcEnable", "video"),
            Use::Sound => element.set("srcEnable", "audio"),
        }
        if !clip.enabled {
            element.set("enabled", "0");
        }
        let told = clip.kept.told_markers();
        if told.len() < clip.kept.markers().len() {
            self.issues
                .add(&laid.place, "a marker without a place is left out");
        }
        for marker in told {
            let length = marker
                .range
                .duration
                .seconds()
                .max(self.rate.frame_duration());
            let mut child = Element::new("marker")
                .with("start", text(marker.range.start.seconds()))
                .with("duration", text(length))
                .with("value", marker.name.as_str());
            match marker.colour.as_str() {
                "GREEN" => child.set("completed", "1"),
                "RED" => child.set("completed", "0"),
                _ => {}
            }
            if !marker.comment.is_empty() {
                child.set("note", marker.comment.as_str());
            }
            element.children.push(child);
        }
        element
    }

    fn asset(&mut self, clip: &Clip, range: &Range, place: &str, used: Use) -> String {
        let source = clip
            .media
            .to_url()
            .or_else(|| clip.media.to_plain())
            .unwrap_or_default();
        let name = match &clip.media {
            Media::Missing { name } if !name.is_empty() => name.clone(),
            Media::File(path) => path
                .rsplit(['/', '\\'])
                .next()
                .unwrap_or_default()
                .to_owned(),
            _ => clip.name.clone(),
        };
        let available = clip.available.filter(|_| !clip.media.is_tams());
        let start = available.map_or(RationalTime::ZERO, |available| available.start.seconds());
        let start = if clip.media.is_tams() {
            RationalTime::ZERO
        } else {
            start
        };
        let key = match source.as_str() {
            "" => format!("missing {name}"),
            source => source.to_owned(),
        };
        let end = range
            .end()
            .max(available.map_or(start, |available| available.end()));
        let next = self.assets.len();
        let index = *self.ids.entry((key, start)).or_insert(next);
        if index == next {
            match &clip.media {
                Media::File(_) => {}
                Media::Tams { .. } | Media::Source { .. } => {
                    self.issues.add(place, "its medium is in TAMS, which only this program finds by the address that is written");
                }
                Media::Missing { .. } => self
                    .issues
                    .add(place, format!("its medium {} is missing", short(&name))),
                Media::Other { schema, .. } => self.issues.add(
                    place,
                    format!(
                        "its medium is {}: only its address is written",
                        short(schema)
                    ),
                ),
            }
            let rate = [range.start.rate(), range.duration.rate()];
            let rate = rate
                .into_iter()
                .find(|rate| counts_pictures(*rate))
                .unwrap_or(self.rate);
            if !self.formats.contains(&rate) {
                self.formats.push(rate);
            }
            self.assets.push(Asset {
                name,
                source,
                start,
                end,
                rate,
                has_video: false,
                has_audio: false,
            });
        }
        if let Some(asset) = self.assets.get_mut(index) {
            asset.end = asset.end.max(end);
            asset.has_video |= used != Use::Sound;
            asset.has_audio |= used != Use::Pictures;
        }
        format!("a{}", index + 1)
    }

    fn resources(&self) -> Element {
        let id = |rate: FrameRate| {
            let at = self.formats.iter().position(|other| *other == rate);
            format!("r{}", at.unwrap_or(0) + 1)
        };
        let formats = self.formats.iter().map(|rate| {
            Element::new("format")
                .with("id", id(*rate))
                .with("frameDuration", text(rate.frame_duration()))
        });
        let flag = |is: bool| if is { "1" } else { "0" };
        let assets = self.assets.iter().enumerate().map(|(index, asset)| {
            let mut element = Element::new("asset")
                .with("id", format!("a{}", index + 1))
                .with("name", asset.name.as_str())
                .with("start", text(asset.start))
                .with("duration", text(asset.end - asset.start))
                .with("hasVideo", flag(asset.has_video))
                .with("format", id(asset.rate))
                .with("hasAudio", flag(asset.has_audio));
            let rep = Element::new("media-rep")
                .with("kind", "original-media")
                .with("src", asset.source.as_str());
            element.children.push(rep);
            element
        });
        Element {
            children: formats.chain(assets).collect(),
            ..Element::new("resources")
        }
    }
}

fn name_of(transition: &Transition) -> &str {
    match (transition.kind.as_str(), transition.name.as_str()) {
        ("" | "SMPTE_Dissolve", _) => "Cross Dissolve",
        (kind, _) => kind,
    }
}
