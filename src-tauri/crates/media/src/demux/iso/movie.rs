//! The movie box: tracks and the defaults of their fragments (ISO/IEC 14496-12 §8.2 to §8.4, §8.8).

use std::collections::BTreeMap;

use super::boxes::{Boxes, FourCc, full_box};
use super::edits::{EditProblem, Placing};
use super::tables::Tables;
use crate::demux::input::Input;
use crate::error::{Malformed, MediaError};

/// Why a movie box can't be used.
#[derive(Debug)]
pub(super) enum Problem {
    Malformed(Malformed),
    Unsupported { what: String, hint: &'static str },
}

impl Problem {
    pub(super) fn into_error(self, input: &Input<'_>) -> MediaError {
        match self {
            Self::Malformed(error) => input.malformed(&error),
            Self::Unsupported { what, hint } => input.unsupported(what, hint),
        }
    }
}

impl From<Malformed> for Problem {
    fn from(error: Malformed) -> Self {
        Self::Malformed(error)
    }
}

/// Defaults of a track's fragments (`trex`).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FragmentDefaults {
    pub(super) description: u32,
    pub(super) duration: u32,
    pub(super) size: u32,
    pub(super) flags: u32,
}

/// The movie box, read as far as all tracks need it.
pub(super) struct Movie<'a> {
    pub(super) tracks: Vec<Track<'a>>,
    /// By track id; empty when the movie has no fragments.
    pub(super) defaults: BTreeMap<u32, FragmentDefaults>,
    pub(super) fragmented: bool,
}

/// One track. Its tables and descriptions are still unread.
pub(super) struct Track<'a> {
    pub(super) id: u32,
    /// `vide`, `soun`, …
    pub(super) handler: FourCc,
    /// Ticks per second.
    pub(super) scale: u32,
    /// Clockwise, in degrees.
    pub(super) rotation: u16,
    /// ISO 639-2, when one is said.
    pub(super) language: Option<String>,
    /// Body of `elst`, and ticks per second of the movie.
    edits: Option<(&'a [u8], u32)>,
    /// Body of `stsd`.
    pub(super) descriptions: &'a [u8],
    pub(super) tables: Tables<'a>,
}

impl<'a> Movie<'a> {
    /// Reads the body of a `moov` box.
    pub(super) fn parse(moov: &'a [u8]) -> Result<Self, Problem> {
        let mut movie = Self {
            tracks: Vec::new(),
            defaults: BTreeMap::new(),
            fragmented: false,
        };
        let mut scale = 0;
        let mut tracks = Vec::new();
        for child in Boxes(moov) {
            let (kind, body) = child?;
            match &kind.0 {
                b"mvhd" => scale = time_scale(body, "the movie header (mvhd)")?,
                b"trak" => tracks.push(body),
                b"mvex" => movie.read_defaults(body)?,
                b"cmov" => {
                    return Err(Problem::Unsupported {
                        what: "a compressed movie box (cmov)".to_owned(),
                        hint: "export the recording again with an uncompressed header",
                    });
                }
                _ => {}
            }
        }
        for body in tracks {
            movie.tracks.extend(Track::parse(body, scale)?);
        }
        Ok(movie)
    }

    fn read_defaults(&mut self, mvex: &[u8]) -> Result<(), Malformed> {
        self.fragmented = true;
        for child in Boxes(mvex) {
            let (kind, body) = child?;
            if &kind.0 != b"trex" {
                continue;
            }
            let (_, _, mut fields) = full_box(body, "the fragment defaults (trex)")?;
            let track = fields.u32()?;
            let defaults = FragmentDefaults {
                description: fields.u32()?,
                duration: fields.u32()?,
                size: fields.u32()?,
                flags: fields.u32()?,
            };
            self.defaults.insert(track, defaults);
        }
        Ok(())
    }
}

impl<'a> Track<'a> {
    /// Reads the body of a `trak` box; `None` when it holds no media.
    fn parse(trak: &'a [u8], movie_scale: u32) -> Result<Option<Self>, Malformed> {
        let boxes = Boxes::checked(trak)?;
        let (Some(header), Some(media)) = (boxes.find(b"tkhd"), boxes.find(b"mdia")) else {
            return Ok(None);
        };
        let (id, rotation) = read_track_header(header)?;
        let media = Boxes::checked(media)?;
        let (Some(media_header), Some(handler), Some(information)) = (
            media.find(b"mdhd"),
            media.find(b"hdlr"),
            media.find(b"minf"),
        ) else {
            return Ok(None);
        };
        let (_, _, mut fields) = full_box(handler, "the handler (hdlr)")?;
        fields.skip(4)?;
        let handler = FourCc(fields.fourcc()?);
        let Some(tables) = Boxes::checked(information)?.find(b"stbl") else {
            return Ok(None);
        };
        Boxes::checked(tables)?;
        let edits = boxes
            .find(b"edts")
            .and_then(|edts| Boxes(edts).find(b"elst"))
            .map(|elst| (elst, movie_scale));
        Ok(Some(Self {
            id,
            handler,
            scale: time_scale(media_header, "the media header (mdhd)")?,
            rotation,
            language: language(media_header),
            edits,
            descriptions: Boxes(tables).find(b"stsd").unwrap_or_default(),
            tables: Tables(tables),
        }))
    }

    /// Where its edit list puts it.
    pub(super) fn placing(&self) -> Result<Placing, Problem> {
        let Some((elst, movie_scale)) = self.edits else {
            return Ok(Placing::default());
        };
        Placing::parse(elst, movie_scale, self.scale).map_err(|problem| match problem {
            EditProblem::Malformed(error) => Problem::Malformed(error),
            EditProblem::Unsupported(what) => Problem::Unsupported {
                what,
                hint: "export it again as one piece from the program that made it",
            },
        })
    }
}

/// `mvhd` and `mdhd` begin alike.
fn time_scale(body: &[u8], what: &'static str) -> Result<u32, Malformed> {
    let (version, _, mut fields) = full_box(body, what)?;
    fields.skip(if version == 1 { 16 } else { 8 })?;
    let scale = fields.u32()?;
    if scale == 0 {
        return Err(Malformed::new(format!("{what} has a time scale of 0")));
    }
    Ok(scale)
}

/// QuickTime's own numbers of languages, from 1 on (Apple, QuickTime File Format, "Language code values");
/// 0 is English, and what writers leave that say nothing.
const QUICKTIME: [&str; 33] = [
    "fra", "deu", "ita", "nld", "swe", "spa", "dan", "por", "nor", "heb", "jpn", "ara", "fin",
    "ell", "isl", "mlt", "tur", "hrv", "zho", "urd", "hin", "tha", "kor", "lit", "pol", "hun",
    "est", "lav", "sme", "fao", "fas", "rus", "zho",
];

/// Three letters of five bits each (ISO/IEC 14496-12 §8.4.2.3), or a number of QuickTime's.
fn language(media_header: &[u8]) -> Option<String> {
    let (version, _, mut fields) = full_box(media_header, "the media header (mdhd)").ok()?;
    fields.skip(if version == 1 { 28 } else { 16 }).ok()?;
    let packed = fields.u16().ok()?;
    if packed < 0x400 {
        let number = usize::from(packed).checked_sub(1)?;
        return QUICKTIME.get(number).map(|language| (*language).to_owned());
    }
    let letters = [packed >> 10, packed >> 5, packed].map(|letter| (letter & 31) as u8 + 0x60);
    let text = String::from_utf8(letters.to_vec()).ok()?;
    let spoken = letters.iter().all(u8::is_ascii_lowercase) && text != "und";
    spoken.then_some(text)
}

fn read_track_header(body: &[u8]) -> Result<(u32, u16), Malformed> {
    let (version, _, mut fields) = full_box(body, "the track header (tkhd)")?;
    fields.skip(if version == 1 { 16 } else { 8 })?;
    let id = fields.u32()?;
    fields.skip(if version == 1 { 12 } else { 8 })?;
    fields.skip(16)?;
    let [a, b, _, c, d] = [
        fields.i32()?,
        fields.i32()?,
        fields.i32()?,
        fields.i32()?,
        fields.i32()?,
    ];
    let rotation = match (a.signum(), b.signum(), c.signum(), d.signum()) {
        (0, 1, -1, 0) => 90,
        (-1, 0, 0, -1) => 180,
        (0, -1, 1, 0) => 270,
        _ => 0,
    };
    Ok((id, rotation))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(matrix: [i32; 5]) -> Vec<u8> {
        let mut body = vec![0; 12];
        body.extend_from_slice(&7u32.to_be_bytes());
        body.extend_from_slice(&[0; 24]);
        body.extend(matrix.iter().flat_map(|value| value.to_be_bytes()));
        body
    }

    #[test]
    fn matrices_turn_clockwise() {
        let one = 1 << 16;
        for (matrix, rotation) in [
            ([one, 0, 0, 0, one], 0),
            ([0, one, 0, -one, 0], 90),
            ([-one, 0, 0, 0, -one], 180),
            ([0, -one, 0, one, 0], 270),
            ([-one, 0, 0, 0, one], 0),
        ] {
            assert_eq!(read_track_header(&header(matrix)).unwrap(), (7, rotation));
        }
    }

    #[test]
    fn compressed_and_broken_movies_are_refused() {
        let cmov = [&[0, 0, 0, 8][..], b"cmov"].concat();
        assert!(matches!(
            Movie::parse(&cmov),
            Err(Problem::Unsupported { .. })
        ));
        let broken = [&[0, 0, 0, 99][..], b"trak"].concat();
        assert!(matches!(Movie::parse(&broken), Err(Problem::Malformed(_))));
        let zero = [&[0, 0, 0, 28][..], b"mvhd", &[0; 20]].concat();
        assert!(matches!(Movie::parse(&zero), Err(Problem::Malformed(_))));
    }
}
