//! A joint does not click: where the wave of one clip would jump to that of the next, they cross-fade.

use std::path::Path;

use tests::stringout::Stringout;
use tests::tool::{run, tool};

const RATE: usize = 48_000;

/// Four seconds of a tone so low that its wave stands nearly still around a cut.
fn tone(folder: &Path, rate: u32) -> String {
    let out = folder.join(format!("{rate}.mp4"));
    let mut ffmpeg = tool("ffmpeg", ["-nostdin", "-v", "error", "-f", "lavfi", "-i"]);
    ffmpeg.args(["testsrc2=s=320x180:r=25:d=4", "-f", "lavfi", "-i"]);
    ffmpeg.arg(format!("sine=f=97:r={rate}:d=4"));
    ffmpeg.args("-c:v libx264 -g 25 -bf 0 -c:a aac -b:a 160k".split(' '));
    run(ffmpeg.arg(&out));
    out.display().to_string()
}

fn samples(file: &Path) -> Vec<f32> {
    let mut ffmpeg = tool("ffmpeg", ["-nostdin", "-v", "error", "-i"]);
    ffmpeg
        .arg(file)
        .args("-f f32le -ac 1 -ar 48000 -".split(' '));
    let bytes = run(&mut ffmpeg);
    let samples = bytes.chunks_exact(4);
    samples
        .map(|sample| f32::from_le_bytes(sample.try_into().unwrap()))
        .collect()
}

/// The sharpest bend of the wave within 12 ms of a sample: some ten-thousandths for a tone, a tenth for a
/// jump from peak to peak.
fn bend(samples: &[f32], at: usize) -> f32 {
    let around = &samples[at - RATE / 80..at + RATE / 80];
    let bends = around.windows(3).map(|w| (w[0] - 2.0 * w[1] + w[2]).abs());
    bends.fold(0.0, f32::max)
}

#[test]
fn a_cut_in_a_wave_does_not_click() {
    let folder = tempfile::tempdir().unwrap();
    // What is brought to the rate of the first must not be taken up anew within a clip.
    let tones = [48_000, 44_100].map(|rate| tone(folder.path(), rate));
    let out = folder.path().join("out.mp4");
    // 97 Hz: 3.88 waves a frame, so that what meets is another part of the wave at each joint.
    let cuts = [(0, 22), (40, 57), (13, 30), (81, 98), (0, 100)];
    let mut args = vec!["compile".to_owned(), "--out".to_owned()];
    args.push(out.display().to_string());
    for (number, (from, to)) in cuts.into_iter().enumerate() {
        let tone = &tones[number % 2];
        args.extend(["--clip".to_owned(), format!("{tone}@{from}f..{to}f")]);
    }
    let done = Stringout::new().json(args);
    assert_eq!(
        (&done["verified"], &done["frames"]),
        (&true.into(), &173.into())
    );
    let samples = samples(&out);
    let mut frame = 0;
    for (from, to) in &cuts[..cuts.len() - 1] {
        frame += to - from;
        let bend = bend(&samples, frame * RATE / 25);
        assert!(bend < 0.0025, "the joint at frame {frame} clicks: {bend}");
    }
}
