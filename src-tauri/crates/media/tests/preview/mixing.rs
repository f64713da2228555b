//! A monitor mixes what compile would mix.

use std::sync::Arc;

use conform::{CutPlan, Transition};
use media::{PixelFormat, PreviewFrame};
use mediatime::FrameRate;

use crate::{Monitor, boxed, edit, plan, plan_of};

/// Frames of a transition before and behind its cut.
fn lasting(before: i64, behind: i64) -> Transition {
    Transition {
        before: FrameRate::FPS_30.frame_start(before),
        behind: FrameRate::FPS_30.frame_start(behind),
    }
}

/// A fade in of 10 frames, clip 1 from 50, a dissolve of 12 around frame 40, clip 2 from 30, a fade out
/// of 8.
fn mixed_plan() -> CutPlan {
    let mut edit = edit(&[(1, 50, 90), (2, 30, 60)]);
    let track = &mut edit.tracks[0];
    track.heads.insert(0, lasting(0, 10));
    track.heads.insert(1, lasting(5, 7));
    track.tails.insert(1, lasting(8, 0));
    plan_of(&edit)
}

/// What goes, what comes, and how much of it: clip and frame, none for black.
type Wanted = (Option<(u8, u64)>, Option<(u8, u64)>, f64);

fn wanted(frame: u64) -> Wanted {
    let share = |first: u64, of: u64| (frame - first + 1) as f64 / (of + 1) as f64;
    let (one, two) = ((1, frame + 50), (2, (frame + 30).saturating_sub(40)));
    match frame {
        0..10 => (None, Some(one), share(0, 10)),
        10..35 => (Some(one), Some(one), 0.0),
        35..47 => (Some(one), Some(two), share(35, 12)),
        47..62 => (Some(two), Some(two), 0.0),
        _ => (Some(two), None, share(62, 8)),
    }
}

/// Pictures of both clips as they are, by the frames of the clips.
struct Plain([Monitor; 2]);

impl Plain {
    fn of(format: PixelFormat) -> Self {
        Self([1, 2].map(|clip| {
            let monitor = Monitor::new(plan(&[(clip, 0, 180)]));
            monitor.preview.show(boxed(format, 320, 180));
            monitor
        }))
    }

    /// Its bytes; those of black like `found` for none.
    fn bytes(&mut self, picture: Option<(u8, u64)>, found: &PreviewFrame) -> Vec<u8> {
        let Some((clip, frame)) = picture else {
            let luma = found.data.len() * 2 / 3;
            return match found.format {
                PixelFormat::Rgba => [0, 0, 0, 255].repeat(found.data.len() / 4),
                _ => (0..found.data.len())
                    .map(|place| if place < luma { 16 } else { 128 })
                    .collect(),
            };
        };
        let monitor = &mut self.0[usize::from(clip - 1)];
        monitor.preview.seek(frame);
        let format = found.format;
        let seen = monitor.until(|seen| seen.exact && seen.frame == frame && seen.format == format);
        seen.last().unwrap().data.to_vec()
    }
}

#[track_caller]
fn assert_mixed(found: &PreviewFrame, plain: &mut Plain) {
    let (out, into, share) = wanted(found.frame);
    let (out, into) = (plain.bytes(out, found), plain.bytes(into, found));
    assert_eq!(found.data.len(), out.len());
    let worst = found
        .data
        .iter()
        .zip(out.iter().zip(&into))
        .map(|(found, (out, into))| {
            let mixed = f64::from(*out) * (1.0 - share) + f64::from(*into) * share;
            (f64::from(*found) - mixed).abs()
        });
    let worst = worst.fold(0.0, f64::max);
    assert!(worst < 1.0, "frame {}: {worst} off", found.frame);
}

#[test]
fn dissolves_and_fades_are_shown_as_they_are_compiled() {
    for format in [PixelFormat::Rgba, PixelFormat::I420] {
        let mut monitor = Monitor::new(mixed_plan());
        monitor.preview.show(boxed(format, 320, 180));
        let mut plain = Plain::of(format);
        // Jumps first, then step by step into the dissolve and through it, both ways.
        for frame in [41, 0, 69, 9, 34, 62, 35, 46, 47, 10] {
            monitor.preview.seek(frame);
            let found = monitor
                .until(|found| found.exact && found.frame == frame && found.format == format);
            assert_mixed(found.last().unwrap(), &mut plain);
        }
        monitor.preview.seek(33);
        monitor.shows(33);
        for frame in 34..48 {
            monitor.preview.step(1);
            assert_mixed(&monitor.shows(frame), &mut plain);
        }
        for frame in (30..47).rev() {
            monitor.preview.step(-1);
            assert_mixed(&monitor.shows(frame), &mut plain);
        }
    }
}

#[test]
fn a_picture_file_is_mixed_too() {
    let mut monitor = Monitor::new(mixed_plan());
    let mut luma = |format: PixelFormat| {
        monitor.preview.show(boxed(format, 320, 180));
        monitor.preview.seek(40);
        let found =
            monitor.until(|found| found.exact && found.frame == 40 && found.format == format);
        Arc::clone(found.last().unwrap())
    };
    let (planes, file) = (luma(PixelFormat::I420), luma(PixelFormat::Jpeg));
    let file = image::load_from_memory(&file.data).unwrap().to_luma8();
    assert_eq!((file.width(), file.height()), (320, 180));
    // Half of white is grey in both; a file has full range.
    for (x, y) in [(20, 45), (60, 45), (100, 135), (300, 135)] {
        let plane = f64::from(planes.data[y * 320 + x]);
        let full = match planes.full_range {
            true => plane,
            false => (plane - 16.0) * 255.0 / 219.0,
        };
        let told = f64::from(file.get_pixel(x as u32, y as u32).0[0]);
        assert!((full - told).abs() < 8.0, "{x},{y}: {full} {told}");
    }
}

#[test]
fn a_dissolve_is_played_through() {
    let mut monitor = Monitor::new(mixed_plan());
    let mut plain = Plain::of(PixelFormat::Rgba);
    monitor.shows(0);
    monitor.preview.play(1);
    let seen = monitor.until(|frame| frame.frame == 69);
    assert!(seen.len() > 20, "{}", seen.len());
    for found in seen.iter().step_by(3) {
        assert_mixed(found, &mut plain);
    }
}
