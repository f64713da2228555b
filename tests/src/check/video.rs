//! The pictures of a file: decoded by ffmpeg, which also tells their times; only the code strip
//! crosses the pipe.

use std::path::Path;

use super::Options;
use super::probe::{complaints, field};
use crate::media::Code;
use crate::media::code::{self, COLUMNS, ROWS};
use crate::tool;

/// One picture that is shown.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FrameSeen {
    /// What its strip says; nothing if the reader isn't sure (black, a blend, another picture).
    pub code: Option<Code>,
    /// When it is shown, in ticks of [`super::Checked::time_base`].
    pub pts: i64,
    /// The same in seconds.
    pub at: f64,
    /// The least difference between a cell and its inverse, of 255: falls during a dissolve.
    pub contrast: u8,
    /// Mean brightness of the strip, of 255.
    pub luma: u8,
}

/// A stretch of one clip in which every frame follows the one before.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Run {
    /// Its first frame.
    pub first: Code,
    /// The number of its last frame, included.
    pub last: u32,
    /// Its first frame's place among all that are shown, counted from 0.
    pub start: usize,
    /// How many frames it has.
    pub frames: usize,
    /// When its first frame is shown, in seconds.
    pub at: f64,
}

/// What was seen.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) frames: Vec<FrameSeen>,
    pub(super) time_base: (i64, i64),
}

impl Default for Seen {
    fn default() -> Self {
        Self {
            frames: Vec::new(),
            time_base: (1, 1),
        }
    }
}

/// Samples of the strip for each cell, in each direction; the middle ones count.
const OVERSAMPLING: usize = 4;
const WIDTH: usize = COLUMNS * OVERSAMPLING;
const HEIGHT: usize = ROWS * OVERSAMPLING;

/// Decodes the first video stream of `path` and reads every strip.
pub(super) fn read(path: &Path, options: &Options, errors: &mut Vec<String>) -> Seen {
    let mut command = tool::tool("ffmpeg", ["-hide_banner", "-nostdin", "-nostats"]);
    command
        .args(["-loglevel", "level+info", "-noautorotate", "-copyts", "-i"])
        .arg(path);
    command.args([
        "-map",
        "0:v:0",
        "-vf",
        &filter(options),
        "-fps_mode",
        "passthrough",
    ]);
    command.args(["-f", "rawvideo", "-"]);
    let output = tool::output(&mut command);
    let log = String::from_utf8_lossy(&output.stderr);
    errors.extend(complaints(&log));

    let mut seen = Seen::default();
    let mut pictures = output.stdout.chunks_exact(WIDTH * HEIGHT);
    for line in log.lines().filter(|line| line.contains("showinfo")) {
        if line.contains("config in")
            && let Some(base) = field(line, "time_base:")
        {
            let (num, den) = base
                .trim_end_matches(',')
                .split_once('/')
                .expect("a fraction");
            seen.time_base = (
                num.parse().expect("a number"),
                den.parse().expect("a number"),
            );
        }
        let Some(pts) = field(line, "pts:") else {
            continue;
        };
        let pts: i64 = pts.parse().unwrap_or_else(|_| {
            panic!("{}: a picture without a time: {line}", path.display());
        });
        let picture = pictures.next().unwrap_or_else(|| {
            panic!(
                "{}: ffmpeg told of more pictures than it gave",
                path.display()
            );
        });
        let reading = code::read(&cells(picture));
        seen.frames.push(FrameSeen {
            code: reading.code,
            pts,
            at: pts as f64 * seen.time_base.0 as f64 / seen.time_base.1 as f64,
            contrast: reading.contrast,
            luma: reading.luma,
        });
    }
    assert!(
        pictures.next().is_none(),
        "{}: ffmpeg gave more pictures than it told of",
        path.display()
    );
    if seen.frames.is_empty() && !output.status.success() {
        errors.push(format!("no picture could be decoded: {}", log.trim()));
    }
    seen
}

fn filter(options: &Options) -> String {
    let turn = match options.turn {
        0 => "",
        90 => "transpose=clock,",
        180 => "hflip,vflip,",
        270 => "transpose=cclock,",
        other => panic!("a picture can be turned by 0, 90, 180 or 270 degrees, not {other}"),
    };
    let window = options
        .window
        .map_or(String::new(), |(x, y, width, height)| {
            format!("crop={width}:{height}:{x}:{y},")
        });
    // The strip's height is even, as the painter makes it.
    format!(
        "{turn}{window}crop=iw:2*trunc(ih/15):0:0,scale={WIDTH}:{HEIGHT}:flags=area+accurate_rnd,\
         format=gray,showinfo"
    )
}

/// The mean of the middle of each cell.
fn cells(picture: &[u8]) -> [[u8; COLUMNS]; ROWS] {
    let at = |x: usize, y: usize| u32::from(picture[y * WIDTH + x]);
    std::array::from_fn(|row| {
        std::array::from_fn(|column| {
            let (x, y) = (column * OVERSAMPLING + 1, row * OVERSAMPLING + 1);
            ((at(x, y) + at(x + 1, y) + at(x, y + 1) + at(x + 1, y + 1)) / 4) as u8
        })
    })
}

/// The runs among `frames`.
pub(super) fn runs(frames: &[FrameSeen]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut previous: Option<Code> = None;
    for (start, frame) in frames.iter().enumerate() {
        if let Some(code) = frame.code {
            let follows =
                previous.is_some_and(|p| p.clip == code.clip && p.number + 1 == code.number);
            match runs.last_mut() {
                Some(run) if follows => {
                    run.last = code.number;
                    run.frames += 1;
                }
                _ => runs.push(Run {
                    first: code,
                    last: code.number,
                    start,
                    frames: 1,
                    at: frame.at,
                }),
            }
        }
        previous = frame.code;
    }
    runs
}
