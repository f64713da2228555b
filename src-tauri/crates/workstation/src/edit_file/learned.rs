//! What the media of an edit say themselves.

use super::places::folder_of;
use crate::Objects;
use conform::Source;
use interchange::{Clip, Item, Media, Programme, Range, Time};
use mediatime::FrameRate;
use std::collections::HashMap;
use std::path::Path;

/// How the times of a programme's clips are meant where it doesn't say what there is of their media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meant {
    /// From a medium's first frame.
    FromStart,
    /// On its timecode, where it has one there.
    OnTimecode,
}

/// Asks the files that are there for their timecode and length, where the programme doesn't say at which
/// time of theirs they begin: what is written names the same frames by their timecode then.
pub(crate) fn learn_clocks(programme: &mut Programme, edit: &Path, meant: Meant) {
    let folder = folder_of(edit);
    let objects = Objects::files();
    let mut known: HashMap<String, Option<Clock>> = HashMap::new();
    for item in programme
        .tracks
        .iter_mut()
        .flat_map(|track| &mut track.items)
    {
        let Item::Clip(clip) = item else {
            continue;
        };
        let (Media::File(path), None) = (&clip.media, clip.available) else {
            continue;
        };
        let clock = known.entry(path.clone()).or_insert_with(|| {
            // A file that is missing or no video says nothing; whoever cuts it is told.
            let (id, object) = objects.file(&folder.join(path)).ok()?;
            Clock::of(&Source::file(id, object.index))
        });
        if let Some(clock) = clock {
            clock.tell(clip, meant);
        }
    }
}

/// A medium's clock: where it begins, and how much there is.
#[derive(Clone, Copy, Debug)]
struct Clock {
    begin: i64,
    frames: i64,
    rate: FrameRate,
}

impl Clock {
    fn of(source: &Source) -> Option<Self> {
        let rate = source.frame_rate()?;
        let [object] = source.objects() else {
            return None;
        };
        let begin = object.index.timecode.map_or(0, |timecode| timecode.frame);
        Some(Self {
            begin: i64::try_from(begin).ok()?,
            frames: i64::try_from(source.frames().len()).ok()?,
            rate,
        })
    }

    fn tell(self, clip: &mut Clip, meant: Meant) {
        let begin = Time::frames(self.begin, self.rate);
        let Some(range) = &mut clip.range else {
            clip.available = Some(Range::frames(self.begin, self.frames, self.rate));
            return;
        };
        let end = Time::frames(self.begin + self.frames, self.rate).seconds();
        let on_timecode = begin.seconds() <= range.start.seconds() && range.end() <= end;
        if meant == Meant::FromStart || !on_timecode {
            let moved = range.start.seconds() + begin.seconds();
            range.start = Time::new(moved, range.start.rate());
        }
        clip.available = Some(Range::frames(self.begin, self.frames, self.rate));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clips_are_told_by_timecode() {
        let rate = FrameRate::FPS_25;
        let clock = Clock {
            begin: 1000,
            frames: 100,
            rate,
        };
        let told = |first: Option<i64>, meant| {
            let range = first.map(|first| Range::frames(first, 10, rate));
            let mut clip = Clip::new("c", Media::File("c.mov".to_owned()), range);
            clock.tell(&mut clip, meant);
            assert_eq!(clip.available, Some(Range::frames(1000, 100, rate)));
            clip.range.and_then(|range| range.start.whole_frames())
        };
        assert_eq!(told(Some(1020), Meant::OnTimecode), Some(1020));
        assert_eq!(told(Some(20), Meant::OnTimecode), Some(1020));
        assert_eq!(told(Some(20), Meant::FromStart), Some(1020));
        assert_eq!(told(None, Meant::FromStart), None);
    }
}
