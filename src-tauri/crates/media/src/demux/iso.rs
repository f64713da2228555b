//! ISO base media files and QuickTime movies, plain and fragmented (ISO/IEC 14496-12, -14, -15;
//! QuickTime File Format).

mod boxes;
mod description;
mod edits;
mod fragments;
mod movie;
mod picture_track;
mod sound_track;
mod tables;
mod timecode;
mod track;

use conform::{Container, MediaIndex};

use super::input::Input;
use crate::error::MediaError;
use boxes::{BoxHead, FourCc, read_head};
use fragments::Fragments;
use movie::Movie;

/// A movie box larger than this holds more than weeks of media.
const LARGEST_MOVIE: u64 = 1 << 30;

/// Whether the first bytes are those of a box that may open such a file.
pub(super) fn recognises(head: &[u8]) -> bool {
    let Some((size, kind)) = head.get(..8).and_then(|head| head.split_at_checked(4)) else {
        return false;
    };
    let size = size
        .iter()
        .fold(0u32, |value, byte| value << 8 | u32::from(*byte));
    let plausible = size == 0 || size == 1 || size >= 8;
    plausible
        && matches!(
            kind,
            b"ftyp"
                | b"styp"
                | b"moov"
                | b"moof"
                | b"mdat"
                | b"free"
                | b"skip"
                | b"wide"
                | b"pnot"
                | b"sidx"
                | b"emsg"
                | b"prft"
                | b"uuid"
        )
}

/// Indexes the file.
pub(super) fn index(input: &mut Input<'_>) -> Result<MediaIndex, MediaError> {
    let layout = walk(input)?;
    let container = if layout.quicktime {
        Container::Mov
    } else {
        Container::Mp4
    };
    let Some(movie) = layout.movie else {
        return Err(without_movie(input, &layout));
    };
    let movie_bytes = read_movie(input, movie)?;
    let movie = Movie::parse(&movie_bytes).map_err(|problem| problem.into_error(input))?;
    let fragments = Fragments::read(input, &movie, &layout.fragments)?;
    // From here on it jumps from key frame to key frame.
    input.set_read_ahead(4 << 10);
    let (video, audio, unused_tracks) = track::assemble(input, &movie, fragments)?;
    let timecode = timecode::read(input, &movie, video.as_ref())?;
    Ok(MediaIndex {
        container,
        size: input.size(),
        video,
        audio,
        unused_tracks,
        timecode,
    })
}

/// The boxes of the file that matter.
struct Layout {
    quicktime: bool,
    movie: Option<BoxHead>,
    fragments: Vec<BoxHead>,
    has_data: bool,
    /// The last box says that it is longer than the file.
    cut_off: Option<FourCc>,
}

fn walk(input: &mut Input<'_>) -> Result<Layout, MediaError> {
    input.set_read_ahead(4 << 10);
    let mut layout = Layout {
        quicktime: true,
        movie: None,
        fragments: Vec::new(),
        has_data: false,
        cut_off: None,
    };
    let mut at = 0;
    while at < input.size() {
        let Some(head) = read_head(input, at)? else {
            // What follows the last whole box of a movie is no concern of ours.
            break;
        };
        match &head.kind.0 {
            b"ftyp" => {
                layout.quicktime = input.peek(head.body, 4)? == b"qt  ";
            }
            b"styp" => layout.quicktime = false,
            b"moov" => take_movie(input, &mut layout, head)?,
            b"moof" => layout.fragments.push(head),
            b"mdat" => layout.has_data = true,
            _ => {}
        }
        if head.end > input.size() {
            layout.cut_off = Some(head.kind);
        }
        at = head.end;
    }
    Ok(layout)
}

/// Self-contained segments strung together repeat the same movie box; two different ones can't
/// both be right.
fn take_movie(input: &mut Input<'_>, layout: &mut Layout, head: BoxHead) -> Result<(), MediaError> {
    let Some(first) = layout.movie else {
        layout.movie = Some(head);
        return Ok(());
    };
    let first = read_movie(input, first)?;
    if read_movie(input, head)? == first {
        return Ok(());
    }
    Err(input.unsupported(
        "a file made of several movies",
        "use the files it was strung together from",
    ))
}

fn read_movie(input: &mut Input<'_>, head: BoxHead) -> Result<Vec<u8>, MediaError> {
    let len = head.end - head.body;
    if len > LARGEST_MOVIE {
        return Err(input.unsupported("a movie box above 1 GiB", "split the recording"));
    }
    let bytes = input.exactly(head.body, len as usize, "the movie box (moov)")?;
    Ok(bytes.to_vec())
}

fn without_movie(input: &Input<'_>, layout: &Layout) -> MediaError {
    if !layout.fragments.is_empty() {
        return input.unsupported(
            "a media segment without its initialisation (moov)",
            "put the initialisation segment in front of it",
        );
    }
    if layout.has_data || layout.cut_off.is_some() {
        let what = match layout.cut_off {
            Some(kind) => format!("its last box ({kind}) is cut off"),
            None => "it ends without one".to_owned(),
        };
        return input.damaged(
            None,
            format!(
                "the movie box (moov) is missing, {what}: the recording was not finished or not \
                 copied whole, and nothing is left that can be used"
            ),
        );
    }
    input.not_media("it has no movie box (moov)")
}
