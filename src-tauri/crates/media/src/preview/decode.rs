//! The thread that decodes: one access unit at a time, and before each it looks at what is wanted
//! most now. So the newest request wins without anything having to be taken back.

use super::board::{Board, Mode, Motion, State, key_of, look_of};
use super::cache::{Look, PictureKey};
use super::layout::{Content, Layout, Media, Shot};
use super::pixels::{Pixels, pixels, tail};
use crate::MediaError;
use crate::codec::{Keep, PictureDecoder, PictureOut, decoder_unit};
use crate::demux::{TrackKind, UnitReader};
use crate::h264;
use conform::UnitKind;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Frames kept in front of one that was gone to, for a step or two back before the rest is there. Each that
/// nothing refers to is decoded for that alone.
const BEHIND: u64 = 2;
/// A picture that is late and farther away than this gives way to the next key frame.
const FAR: usize = 8;
/// Pictures between two points of one object over which decoding just goes on.
const NEAR: usize = 4;
/// A scrub that moves on still waits this many pictures for its stand-in.
const STAND_IN_WAIT: usize = 24;
/// Files that are held open.
const READERS: usize = 4;

/// Runs until the board is closed.
pub(super) fn run(board: &Board) {
    let mut benches = <[Bench; 2]>::default();
    let mut state = board.lock();
    while !state.closed {
        match next_step(&mut state, &benches) {
            Step::Nothing => state = board.wait(state, None),
            Step::Resolve(layout, span) => {
                drop(state);
                layout.resolve(span);
                board.change(|_| ());
                state = board.lock();
            }
            Step::Decode(task) => {
                drop(state);
                let outcome = match benches.get_mut(task.bench) {
                    Some(bench) => bench.work(&task),
                    None => Outcome::default(),
                };
                board.change(|state| take(state, &task, outcome));
                state = board.lock();
            }
        }
    }
}

/// What is to be done next.
enum Step {
    Nothing,
    Resolve(Arc<Layout>, usize),
    Decode(Task),
}

/// One picture to be decoded, and what else is welcome on the way.
#[derive(Clone)]
struct Task {
    layout: Arc<Layout>,
    look: Look,
    frame: u64,
    shot: Shot,
    keep: Keep,
    scrubbing: bool,
    /// The decoder that does it.
    bench: usize,
}

/// What came of an access unit.
#[derive(Default)]
struct Outcome {
    pictures: Vec<(PictureKey, Pixels)>,
    /// The picture of the task will not come.
    failed: Option<Arc<MediaError>>,
}

fn next_step(state: &mut State, benches: &[Bench; 2]) -> Step {
    let (Some(layout), Some(look)) = (state.layout.clone(), state.look()) else {
        return Step::Nothing;
    };
    if layout.frames() == 0 {
        return Step::Nothing;
    }
    let scrubbing = matches!(state.mode, Mode::Rest(Motion::Scrub));
    let upcoming = state.upcoming(&layout, look);
    let mut missing: Option<Missing> = None;
    for frame in &upcoming {
        let content = layout.content(*frame);
        if let Content::Unknown(span) = content
            && missing.is_none()
        {
            return Step::Resolve(layout, span);
        }
        for (shot, beside) in content.shots() {
            // What is about to be shown is to stay.
            let there = state.cache.touch(&key_of(shot, look));
            let failed = (Arc::clone(&shot.media.object_id), shot.unit);
            if !there && missing.is_none() && !state.failures.contains_key(&failed) {
                missing = Some((*frame, shot.clone(), beside.cloned()));
            }
        }
    }
    let Some(missing) = missing else {
        return Step::Nothing;
    };
    let number = bench_for(benches, &missing.1, missing.2.as_ref());
    let Some(bench) = benches.get(number) else {
        return Step::Nothing;
    };
    if scrubbing
        && let Some(task) = bench.owed_stand_in(&missing.1)
        && task.look == look_of(&missing.1, look)
    {
        return Step::Decode(task.clone());
    }
    let (frame, shot, beside) = catch_up(state, &layout, look, bench, &upcoming, missing);
    Step::Decode(Task {
        keep: keep(state, &layout, look, &upcoming, frame, &shot),
        layout,
        look: look_of(&shot, look),
        frame,
        bench: bench_for(benches, &shot, beside.as_ref()),
        shot,
        scrubbing,
    })
}

/// A picture to be decoded, the frame that shows it, and the picture it is shown with.
type Missing = (u64, Shot, Option<Shot>);

/// The decoder for a picture: the one that leads to it. In a dissolve both sides go on side by side.
fn bench_for(benches: &[Bench; 2], shot: &Shot, beside: Option<&Shot>) -> usize {
    let leading = benches.iter().position(|bench| bench.leads_to(shot));
    let free = || {
        let beside = beside?;
        benches.iter().position(|bench| !bench.leads_to(beside))
    };
    leading.or_else(free).unwrap_or(0)
}

/// When the picture that is due now is far away, the next key frame is decoded instead.
fn catch_up(
    state: &State,
    layout: &Layout,
    look: Look,
    bench: &Bench,
    upcoming: &[u64],
    missing: Missing,
) -> Missing {
    let Mode::Play(playing) = &state.mode else {
        return missing;
    };
    let late = playing.is_running() && playing.rate > 0 && upcoming.first() == Some(&missing.0);
    if !late || bench.distance(&missing.1) <= FAR {
        return missing;
    }
    let entry = missing.1.media.entry(missing.1.unit);
    let later = upcoming.iter().find_map(|frame| {
        let content = layout.content(*frame);
        let mut shots = content.shots();
        let (shot, beside) = shots.find(|(shot, _)| {
            let elsewhere = shot.media.object_id != missing.1.media.object_id
                || shot.media.entry(shot.unit) != entry;
            elsewhere && !state.cache.has(&key_of(shot, look))
        })?;
        Some((*frame, shot.clone(), beside.cloned()))
    });
    later.unwrap_or(missing)
}

/// The pictures of the same object that are welcome beside the one of the task.
fn keep(
    state: &State,
    layout: &Layout,
    look: Look,
    upcoming: &[u64],
    frame: u64,
    shot: &Shot,
) -> Keep {
    let whole = state.cache.room(look) as u64 / 2;
    let (behind, all) = match &state.mode {
        Mode::Rest(Motion::Seek) => (BEHIND, false),
        Mode::Rest(Motion::Scrub) => (0, false),
        Mode::Rest(Motion::Back) => (whole, false),
        Mode::Play(playing) if playing.rate < 0 => (whole, false),
        Mode::Play(playing) => (0, playing.is_starving()),
    };
    // What was gone to comes first: a step back is prepared when it is there, though that decodes its GOP
    // again.
    let urgent = frame == state.frame && matches!(state.mode, Mode::Rest(Motion::Seek));
    let upcoming = upcoming.iter().copied();
    let upcoming = upcoming.filter(|other| !urgent || *other > frame);
    let frames = (frame.saturating_sub(behind)..=frame).chain(upcoming);
    let mut ranks = BTreeSet::new();
    for frame in frames {
        let content = layout.content(frame);
        let of_object = content.shots().filter(|(other, _)| {
            other.media.object_id == shot.media.object_id && other.mixed == shot.mixed
        });
        ranks.extend(of_object.map(|(other, _)| shot.media.rank(other.unit)));
    }
    ranks.insert(shot.media.rank(shot.unit));
    if matches!(state.mode, Mode::Rest(Motion::Scrub)) {
        ranks.insert(shot.media.rank(shot.media.entry(shot.unit)));
    }
    Keep { all, ranks }
}

/// Puts what was decoded where it can be shown.
fn take(state: &mut State, task: &Task, outcome: Outcome) {
    let media = &task.shot.media;
    let entry = media.entry(task.shot.unit);
    for (key, pixels) in outcome.pictures {
        if task.scrubbing && key.unit == entry {
            let frame = task.layout.frame_showing(task.frame, media, entry);
            state.stand_in = Some((key.clone(), frame.unwrap_or(task.frame)));
        }
        state.cache.insert(key, pixels);
    }
    let current = state
        .layout
        .as_ref()
        .is_some_and(|layout| Arc::ptr_eq(layout, &task.layout));
    if let Some(error) = outcome.failed
        && current
    {
        let key = (Arc::clone(&media.object_id), task.shot.unit);
        state.failures.insert(key, error);
    }
}

/// Where the decoder stands.
#[derive(Clone)]
struct Position {
    media: Arc<Media>,
    /// The unit it began with.
    first: usize,
    /// The next unit to be pushed.
    next: usize,
    /// The end of the stream was announced.
    drained: bool,
    /// Units left out because nothing refers to them and nobody wanted them.
    skipped: BTreeSet<usize>,
}

/// A decoder with its files. It goes on from where it stands whenever it can.
#[derive(Default)]
struct Bench {
    decoder: Option<((String, String), PictureDecoder)>,
    position: Option<Position>,
    readers: Vec<(Arc<str>, UnitReader)>,
    /// The scrub whose stand-in has not come yet.
    owed: Option<Task>,
    bytes: Vec<u8>,
}

impl Bench {
    /// The scrub to be gone on with before another is begun.
    fn owed_stand_in(&self, wanted: &Shot) -> Option<&Task> {
        let task = self.owed.as_ref()?;
        (!self.leads_to(wanted)).then_some(task)
    }

    /// The picture comes when decoding just goes on.
    fn leads_to(&self, shot: &Shot) -> bool {
        let (Some(position), Some((_, decoder))) = (&self.position, &self.decoder) else {
            return false;
        };
        let entry = shot.media.entry(shot.unit);
        let ahead = decoder
            .newest()
            .is_none_or(|newest| newest < shot.media.rank(shot.unit));
        position.media.object_id == shot.media.object_id
            && !position.drained
            && !position.skipped.contains(&shot.unit)
            && position.first <= entry
            && entry <= position.next + NEAR
            && ahead
    }

    /// Units to be decoded to get a picture.
    fn distance(&self, shot: &Shot) -> usize {
        let from = match &self.position {
            Some(position) if self.leads_to(shot) => position.next,
            _ => shot.media.entry(shot.unit),
        };
        (shot.unit + 1).saturating_sub(from)
    }

    /// Decodes one access unit towards the picture of the task.
    fn work(&mut self, task: &Task) -> Outcome {
        let unit = task.shot.unit;
        let media = &task.shot.media;
        match self.advance(task) {
            Ok(pictures) => {
                let rank = media.rank(unit);
                let came = pictures.iter().any(|(key, _)| key.unit == unit);
                let passed = self
                    .decoder
                    .as_ref()
                    .and_then(|(_, decoder)| decoder.newest())
                    .is_some_and(|newest| newest >= rank);
                let drained = self.position.as_ref().is_none_or(|place| place.drained);
                let failed = (!came && (passed || drained)).then(|| {
                    Arc::new(MediaError::Damaged {
                        object: media.object_id.to_string(),
                        at: media.time(unit),
                        why: "the picture can't be decoded".to_owned(),
                    })
                });
                let entry = media.entry(unit);
                let stood_in = pictures.iter().any(|(key, _)| key.unit == entry);
                if came || stood_in || failed.is_some() || self.waited() > STAND_IN_WAIT {
                    self.owed = None;
                }
                Outcome { pictures, failed }
            }
            Err(error) => {
                self.position = None;
                self.decoder = None;
                self.owed = None;
                self.readers.retain(|(id, _)| *id != media.object_id);
                Outcome {
                    pictures: Vec::new(),
                    failed: Some(Arc::new(in_place(error, media, unit))),
                }
            }
        }
    }

    /// Units pushed since decoding began anew.
    fn waited(&self) -> usize {
        self.position
            .as_ref()
            .map_or(0, |position| position.next - position.first)
    }

    fn advance(&mut self, task: &Task) -> Result<Vec<(PictureKey, Pixels)>, MediaError> {
        let shot = &task.shot;
        self.prepare(task)?;
        if !self.leads_to(shot) {
            self.jump(task);
        }
        let (Some(position), Some((_, decoder))) = (&mut self.position, &mut self.decoder) else {
            return Ok(Vec::new());
        };
        decoder.keep(task.keep.clone());
        let media = Arc::clone(&position.media);
        let out = if position.next < media.units() {
            let unit = position.next;
            position.next += 1;
            let reader = reader(&mut self.readers, &media)?;
            let data = read(reader, &media, unit, &mut self.bytes)?;
            if unit != shot.unit
                && !task.keep.keeps(media.rank(unit))
                && media.codec() == "h264"
                && h264::is_disposable(&data)
            {
                position.skipped.insert(unit);
                return Ok(Vec::new());
            }
            push(decoder, &media, unit, data)?
        } else {
            // Whatever is still inside is close to what was asked for.
            decoder.keep(Keep {
                all: true,
                ..Keep::default()
            });
            position.drained = true;
            decoder.drain()
        };
        Ok(out
            .into_iter()
            .filter_map(|picture| {
                let key = PictureKey {
                    object_id: Arc::clone(&media.object_id),
                    unit: media.unit_of(picture.rank)?,
                    bordered: shot.bordered,
                    look: task.look,
                };
                Some((key, pixels(&picture, task.look)?))
            })
            .collect())
    }

    /// Has a decoder that makes pictures of the look that is wanted.
    fn prepare(&mut self, task: &Task) -> Result<(), MediaError> {
        let codec = task.shot.media.codec().to_owned();
        let wanted = (codec, tail(&task.shot, task.look)?);
        if self
            .decoder
            .as_ref()
            .is_none_or(|(made, _)| *made != wanted)
        {
            // The old one goes first: two decoders hold twice the memory.
            self.decoder = None;
            self.position = None;
            let decoder = PictureDecoder::start(&wanted.0, &wanted.1)?;
            self.decoder = Some((wanted, decoder));
        }
        Ok(())
    }

    /// Begins anew at the key frame in front of the picture.
    fn jump(&mut self, task: &Task) {
        if let Some((_, decoder)) = &mut self.decoder {
            decoder.flush();
        }
        let entry = task.shot.media.entry(task.shot.unit);
        self.position = Some(Position {
            media: Arc::clone(&task.shot.media),
            first: entry,
            next: entry,
            drained: false,
            skipped: BTreeSet::new(),
        });
        self.owed = task.scrubbing.then(|| task.clone());
    }
}

fn reader<'a>(
    readers: &'a mut Vec<(Arc<str>, UnitReader)>,
    media: &Media,
) -> Result<&'a mut UnitReader, MediaError> {
    let found = readers.iter().position(|(id, _)| *id == media.object_id);
    let entry = match found {
        Some(index) => readers.remove(index),
        None => {
            let reader = media.object.reader()?;
            (Arc::clone(&media.object_id), reader)
        }
    };
    readers.insert(0, entry);
    readers.truncate(READERS);
    readers
        .first_mut()
        .map(|(_, reader)| reader)
        .ok_or_else(|| MediaError::MissingObject {
            object: media.object_id.to_string(),
        })
}

/// Reads a unit as the decoder takes it.
fn read(
    reader: &mut UnitReader,
    media: &Media,
    unit: usize,
    bytes: &mut Vec<u8>,
) -> Result<Vec<u8>, MediaError> {
    let (picture, config) = media.picture(unit)?;
    reader.read(TrackKind::Video, &picture.location, bytes)?;
    let mut data = Vec::with_capacity(bytes.len() + 16);
    decoder_unit(media.codec(), bytes, config, &mut data)
        .map_err(|error| MediaError::damaged(&media.object_id, media.time(unit), &error))?;
    Ok(data)
}

fn push(
    decoder: &mut PictureDecoder,
    media: &Media,
    unit: usize,
    data: Vec<u8>,
) -> Result<Vec<PictureOut>, MediaError> {
    let (picture, config) = media.picture(unit)?;
    let key = picture.kind != UnitKind::Delta;
    decoder.push(config, data, media.rank(unit), unit as u64, key)
}

/// The same error with the object as users know it, and with the time.
fn in_place(error: MediaError, media: &Media, unit: usize) -> MediaError {
    match error {
        MediaError::Io { source, .. } => MediaError::Damaged {
            object: media.object_id.to_string(),
            at: media.time(unit),
            why: format!("it can't be read: {source}"),
        },
        MediaError::Damaged { at, why, .. } => MediaError::Damaged {
            object: media.object_id.to_string(),
            at: at.or_else(|| media.time(unit)),
            why,
        },
        error => error.of(&media.object_id),
    }
}
