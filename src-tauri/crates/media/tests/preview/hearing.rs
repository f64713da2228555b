//! What is heard is what is compiled: the sound of a monitor goes into a file that keeps time, and is held
//! against the compiled one, sample by sample.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, OnceLock};

use conform::{Clip, CutPlan, Edit, Mark, Source};
use media::{CompileOptions, MediaObject, Sound, compile};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::{Monitor, Only, make_with, object, plan_of};

const RATE: usize = 48_000;
const CHANNELS: usize = 2;
/// Samples of a frame.
const FRAME: usize = RATE / 30;

/// A clip whose tone rises all the time, so that no part of it sounds like another.
fn rising() -> &'static MediaObject {
    static MADE: OnceLock<(TempDir, MediaObject)> = OnceLock::new();
    let (_, object) = MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let tone = "aevalsrc=exprs='0.5*sin(2*PI*(200*t+90*t*t))|0.5*sin(2*PI*(300*t+70*t*t))':s=48000:d=6";
        let path = make_with(folder.path(), "rising.mp4", 3, &["-g", "30", "-bf", "2"], tone);
        (folder, object(path))
    });
    object
}

fn cut(clips: &[(i64, i64)]) -> CutPlan {
    let clips = clips.iter().map(|(mark_in, mark_out)| Clip {
        label: "rising".to_owned(),
        source: Arc::new(Source::file("3".to_owned(), Arc::clone(&rising().index))),
        mark_in: Some(Mark::Frame(*mark_in)),
        mark_out: Some(Mark::Frame(*mark_out)),
    });
    plan_of(&Edit::of(clips))
}

/// A monitor whose sound goes into a file, as fast as a device would take it.
fn recorded(plan: CutPlan, file: &Path) -> Monitor {
    let place = file.display();
    let sink =
        format!("audio/x-raw,format=F32LE,rate={RATE} ! filesink sync=true location=\"{place}\"");
    let mut monitor = Monitor::with(plan.clone(), Sound::Sink(sink), 0);
    monitor
        .preview
        .load(Arc::new(plan), Arc::new(Only(rising().clone())), 8, 0);
    monitor.tells(|status| status.generation == 8 && status.buffered > 0);
    monitor
}

/// The samples in a file, frame by frame, once its writer is done with it.
fn samples(file: &Path) -> Vec<[f32; CHANNELS]> {
    let bytes = std::fs::read(file).unwrap();
    let (words, _) = bytes.as_chunks::<4>();
    let samples: Vec<f32> = words
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect();
    samples.as_chunks::<CHANNELS>().0.to_vec()
}

/// What a plan sounds like in a monitor, played to its end.
fn heard(plan: CutPlan) -> Vec<[f32; CHANNELS]> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("heard.f32");
    let mut monitor = recorded(plan, &file);
    monitor.preview.play(1);
    let status = monitor.tells(|status| status.ended);
    assert!(status.sound_problem.is_none(), "{:?}", status.sound_problem);
    // Its threads are joined, and the file is whole.
    drop(monitor);
    samples(&file)
}

/// What it sounds like compiled, decoded by ffmpeg.
fn compiled(plan: &CutPlan) -> Vec<[f32; CHANNELS]> {
    let folder = tempfile::tempdir().unwrap();
    let (out, sound) = (folder.path().join("out.mp4"), folder.path().join("out.f32"));
    let (options, cancel) = (CompileOptions::default(), CancellationToken::new());
    compile(
        plan,
        &Only(rising().clone()),
        &out,
        &options,
        &|_| {},
        &cancel,
    )
    .unwrap();
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg
        .args(["-nostdin", "-v", "error", "-y", "-i"])
        .arg(&out);
    ffmpeg.args(["-map", "0:a", "-f", "f32le"]).arg(&sound);
    assert!(ffmpeg.status().unwrap().success());
    samples(&sound)
}

/// The farthest that two sounds are apart, from one sample to another.
fn farthest(
    one: &[[f32; CHANNELS]],
    other: &[[f32; CHANNELS]],
    range: std::ops::Range<usize>,
) -> f32 {
    let pairs = one[range.clone()].iter().zip(&other[range]);
    pairs
        .flat_map(|(a, b)| a.iter().zip(b).map(|(a, b)| (a - b).abs()))
        .fold(0.0, f32::max)
}

#[test]
fn a_whole_clip_sounds_as_it_is_copied() {
    let plan = cut(&[(0, 180)]);
    let (heard, made) = (heard(plan.clone()), compiled(&plan));
    assert_eq!(heard.len(), 180 * FRAME);
    assert!(made.len() >= heard.len());
    assert!(heard.iter().flatten().any(|sample| sample.abs() > 0.4));
    // Two decoders of the same bytes.
    assert!(farthest(&heard, &made, 0..heard.len()) < 1e-4);
}

#[test]
fn cuts_sound_as_they_are_compiled() {
    let clips = [(13, 70), (20, 82), (100, 131)];
    let plan = cut(&clips);
    let frames: i64 = clips.iter().map(|(from, to)| to - from).sum();
    let (heard, made) = (heard(plan.clone()), compiled(&plan));
    assert_eq!(heard.len(), frames as usize * FRAME);
    // Compiled sound is encoded again around the joints, which costs a little; a sample late would cost more
    // than this anywhere: the tones rise by some hundred hertz.
    let noise = |late: usize| {
        let pairs = heard
            .iter()
            .zip(made.iter().skip(late))
            .take(heard.len() - 2 * FRAME);
        let apart: f64 = pairs.map(|(a, b)| f64::from(a[0] - b[0]).powi(2)).sum();
        let loud: f64 = heard.iter().map(|a| f64::from(a[0]).powi(2)).sum();
        10.0 * (apart / loud).log10()
    };
    let exact = noise(0);
    assert!(exact < -30.0, "{exact} dB");
    assert!(
        noise(1) > exact + 3.0,
        "{exact} dB, a sample late {} dB",
        noise(1)
    );
}

#[test]
fn a_plan_that_gets_longer_sounds_as_if_it_had_been_so_from_the_start() {
    let (short, longer, whole) = (cut(&[(0, 60)]), cut(&[(0, 120)]), cut(&[(0, 150)]));
    let wanted = heard(whole.clone());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("grown.f32");
    let mut monitor = recorded(short.clone(), &file);
    // It is known to grow before it is played.
    monitor.preview.extend(Arc::new(short), 8, true);
    monitor.preview.play(1);
    monitor.tells(|status| status.frame >= 20);
    monitor.preview.extend(Arc::new(longer), 8, true);
    monitor.tells(|status| status.frame >= 80);
    monitor.preview.extend(Arc::new(whole), 8, false);
    let status = monitor.tells(|status| status.ended);
    assert_eq!((status.frame, status.dropped), (149, 0));
    drop(monitor);
    let grown = samples(&file);
    assert_eq!(grown.len(), wanted.len());
    assert!(farthest(&grown, &wanted, 0..wanted.len()) < 1e-4);
}

/// The end of a recording that may go on is played as far as it is there, and what comes late is heard.
#[test]
fn an_open_end_is_no_stop_and_late_parts_are_heard() {
    let (short, longer) = (cut(&[(0, 60)]), cut(&[(0, 120)]));
    let folder = tempfile::tempdir().unwrap();
    let mut monitor = recorded(short.clone(), &folder.path().join("late.f32"));
    monitor.preview.extend(Arc::new(short), 8, true);
    let begun = std::time::Instant::now();
    monitor.preview.play(1);
    let status = monitor.tells(|status| status.ended);
    assert_eq!((status.frame, status.dropped), (59, 0));
    // Two seconds, and what it takes to begin; not the second and a half that a stalled device is given.
    let took = begun.elapsed();
    assert!(took.as_secs_f64() < 3.2, "{took:?}");
    monitor.preview.extend(Arc::new(longer), 8, false);
    monitor.preview.play(1);
    let status = monitor.tells(|status| status.ended);
    assert_eq!((status.frame, status.dropped), (119, 0));
    assert!(status.sound_problem.is_none() && status.loudness.is_some());
}

#[test]
fn loudness_is_told_while_it_plays() {
    let folder = tempfile::tempdir().unwrap();
    let mut monitor = recorded(cut(&[(0, 150)]), &folder.path().join("loud.f32"));
    assert_eq!(monitor.status.borrow().loudness, None);
    monitor.preview.play(1);
    let status = monitor.tells(|status| status.ended);
    let loudness = status.loudness.expect("sound was played");
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-nostdin", "-hide_banner", "-nostats", "-t", "5", "-i"]);
    ffmpeg
        .arg(rising().path().unwrap())
        .args(["-af", "ebur128=peak=true", "-f", "null", "-"]);
    let said = String::from_utf8(ffmpeg.output().unwrap().stderr).unwrap();
    let said = said.split("Summary:").nth(1).expect("a summary");
    let value = |name: &str| -> f64 {
        let (_, value) = said.split_once(name).unwrap();
        value.split_whitespace().next().unwrap().parse().unwrap()
    };
    for (found, name) in [(loudness.integrated, "I:"), (loudness.true_peak, "Peak:")] {
        let found = f64::from(found.unwrap()) / 10.0;
        assert!((found - value(name)).abs() < 0.15, "{found} {said}");
    }
    assert!(loudness.momentary.is_some() && loudness.short_term.is_some());
}
