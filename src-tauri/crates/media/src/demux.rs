//! Reads containers by hand: ISO base media, Matroska and MPEG-2 transport streams.
//!
//! One pass over an object yields its [`MediaIndex`]: raw time stamps, byte positions and parameter
//! sets of every access unit, which no framework hands out unchanged. [`UnitReader`] then fetches
//! the bytes of single units.
//!
//! All input is hostile: every length is checked against what holds it, every table against the
//! size of the object, and no allocation is larger than the object gives cause for.

pub(crate) mod bits;
mod described;
mod finish;
mod input;
mod iso;
mod matroska;
mod pictures;
mod reader;
mod ts;

use std::fs::File;
use std::path::Path;

use conform::{AccessUnit, MediaIndex, UnitKind, VideoTrack};
use tokio_util::sync::CancellationToken;

use crate::error::MediaError;
use input::Input;

pub use input::ReadSeek;
pub use reader::{TrackKind, UnitReader};

/// Indexes one object.
///
/// The container is told by content, never by name; `name` only serves messages. `progress` is
/// called now and then with bytes looked at and bytes in all.
///
/// # Errors
/// [`MediaError::NotMedia`] when no container is recognised or it holds no pictures and no sound,
/// [`MediaError::Damaged`] when it is cut off or inconsistent, [`MediaError::NoParameterSets`] when it is a
/// segment whose parameter sets stand in the one before it, [`MediaError::Unsupported`] for features that are
/// known but not handled, [`MediaError::Io`] and [`MediaError::Cancelled`].
pub fn index(
    source: &mut dyn ReadSeek,
    name: &str,
    cancel: &CancellationToken,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<MediaIndex, MediaError> {
    index_input(&mut Input::new(source, name, cancel, progress)?, None)
}

fn index_input(
    input: &mut Input<'_>,
    given: Option<&VideoTrack>,
) -> Result<MediaIndex, MediaError> {
    let index = match sniff(input)? {
        Sniffed::Iso => iso::index(input),
        Sniffed::Matroska => matroska::index(input),
        Sniffed::Ts(framing) => ts::index(input, framing, given),
    }?;
    if index.video.is_none() && index.audio.is_none() {
        return Err(input.not_media("it holds no pictures and no sound"));
    }
    if let Some(video) = &index.video
        && video.units.iter().all(|unit| unit.kind == UnitKind::Delta)
    {
        let at = video.units.first().map(|unit| video.time(unit.pts));
        return Err(input.damaged(at, "there is no key frame, so nothing can be decoded"));
    }
    if !finish::is_within_time(&index) {
        return Err(input.damaged(None, "its time stamps reach outside of time"));
    }
    input.report_done();
    Ok(index)
}

/// Whether an object that begins with these bytes is indexed from small parts of it: tables that tell
/// where everything is, and the heads of its key frames. Others are read from end to end.
#[must_use]
pub fn is_indexed_by_parts(head: &[u8]) -> bool {
    iso::recognises(head)
}

/// Indexes a file; see [`index`].
///
/// # Errors
/// As [`index`].
pub fn index_file(
    path: &Path,
    cancel: &CancellationToken,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<MediaIndex, MediaError> {
    let (mut file, name) = open(path)?;
    index(&mut file, &name, cancel, progress)
}

/// Indexes a file that is the segment behind another one. Packagers leave out parameter sets in front of
/// pictures that are no IDR pictures: then those of the segment before are in force.
///
/// # Errors
/// As [`index`]; [`MediaError::NoParameterSets`] when it does not go on where the other one ends.
pub fn index_file_behind(
    before: &MediaIndex,
    path: &Path,
    cancel: &CancellationToken,
) -> Result<MediaIndex, MediaError> {
    let (mut file, name) = open(path)?;
    let mut progress = |_, _| {};
    let mut input = Input::new(&mut file, &name, cancel, &mut progress)?;
    let index = index_input(&mut input, before.video.as_ref())?;
    match (&before.video, &index.video) {
        (Some(one), Some(next)) if goes_on(one, next) => Ok(index),
        _ => Err(MediaError::NoParameterSets {
            object: name.clone(),
        }),
    }
}

/// The pictures of a transport stream go on within half a frame, on the same clock.
fn goes_on(one: &VideoTrack, next: &VideoTrack) -> bool {
    let ends = |unit: &AccessUnit| unit.pts.saturating_add(i64::from(unit.duration));
    let last = one.units.iter().max_by_key(|unit| unit.pts);
    let first = next.units.iter().map(|unit| unit.pts).min();
    let (Some(last), Some(first)) = (last, first) else {
        return false;
    };
    let apart = first.saturating_sub(ends(last)).rem_euclid(ts::WRAP);
    let apart = apart.min(ts::WRAP - apart);
    one.track_id == next.track_id
        && one.time_scale == next.time_scale
        && 2 * apart <= i64::from(last.duration)
}

fn open(path: &Path) -> Result<(File, String), MediaError> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(MediaError::io(&name))?;
    Ok((file, name))
}

enum Sniffed {
    Iso,
    Matroska,
    Ts(ts::Framing),
}

fn sniff(input: &mut Input<'_>) -> Result<Sniffed, MediaError> {
    if input.size() == 0 {
        return Err(input.not_media("it is empty"));
    }
    let head = input.peek(0, ts::SNIFF_LEN)?;
    if iso::recognises(head) {
        return Ok(Sniffed::Iso);
    }
    if matroska::recognises(head) {
        return Ok(Sniffed::Matroska);
    }
    match ts::Framing::detect(head) {
        Some(framing) => Ok(Sniffed::Ts(framing)),
        None => Err(input.not_media("it is neither MP4, MOV, Matroska nor MPEG-TS")),
    }
}
