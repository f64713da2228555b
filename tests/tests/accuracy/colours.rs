//! Pictures of other colours than the sequence's look as they did.

use std::path::{Path, PathBuf};

use tests::stringout::Stringout;
use tests::tool::{run, tool};

/// A grey of 20 frames, `level` of 255, as H.264 of a range and a matrix.
fn grey(folder: &Path, name: &str, level: u8, range: &str, matrix: &str) -> PathBuf {
    let out = folder.join(name);
    let source = format!("color=0x{level:02x}{level:02x}{level:02x}:s=320x180:r=25:d=0.8");
    let full = if range == "pc" { "full" } else { "limited" };
    let filter = format!("scale=out_range={full}:out_color_matrix={matrix},format=yuv420p");
    let mut ffmpeg = tool("ffmpeg", ["-nostdin", "-v", "error", "-f", "lavfi", "-i"]);
    ffmpeg.args([&source, "-vf", &filter, "-color_range", range]);
    ffmpeg.args(["-colorspace", matrix, "-c:v", "libx264"]);
    run(ffmpeg.arg(&out));
    out
}

/// The level of each frame's middle, as a viewer sees it.
fn levels(file: &Path) -> Vec<u8> {
    let mut ffmpeg = tool("ffmpeg", ["-nostdin", "-v", "error", "-i"]);
    ffmpeg.arg(file);
    ffmpeg.args("-f rawvideo -pix_fmt rgb24 -fps_mode passthrough -".split(' '));
    let bytes = ffmpeg.output().unwrap().stdout;
    let frames = bytes.chunks_exact(320 * 180 * 3);
    frames.map(|frame| frame[(90 * 320 + 160) * 3]).collect()
}

#[test]
fn ranges_and_matrices_may_change_from_clip_to_clip() {
    let folder = tempfile::tempdir().unwrap();
    let made = [
        ("full.mp4", 0x30, "pc", "bt709"),
        ("limited.mp4", 0xc0, "tv", "bt709"),
        ("small.mp4", 0x60, "tv", "smpte170m"),
    ];
    let files = made.map(|(name, level, range, matrix)| {
        (grey(folder.path(), name, level, range, matrix), level)
    });
    let out = folder.path().join("out.mp4");
    for order in [[0, 1, 2], [1, 0, 2], [2, 0, 1]] {
        for mode in ["auto", "render"] {
            let mut args = vec!["compile".to_owned(), "--mode".to_owned(), mode.to_owned()];
            let mut wanted = Vec::new();
            for number in order {
                let (file, level) = &files[number];
                args.extend(["--clip".to_owned(), format!("{}@0f..10f", file.display())]);
                wanted.extend([*level; 10]);
            }
            args.extend(["--overwrite".to_owned(), "--out".to_owned()]);
            args.push(out.display().to_string());
            let done = Stringout::new().json(args);
            assert_eq!(done["verified"], true);
            let found = levels(&out);
            assert_eq!(found.len(), wanted.len());
            for (number, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
                let off = found.abs_diff(*wanted);
                assert!(
                    off <= 6,
                    "{order:?} {mode} frame {number}: {found} {wanted}"
                );
            }
        }
    }
}
