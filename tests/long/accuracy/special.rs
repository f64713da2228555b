//! Media with something out of the ordinary, cut in every way.

use std::fs;

use tests::accuracy::judge::{Copied, Part, judge_parts};
use tests::accuracy::material::{Material, in_container, reordered, silent};
use tests::media::{Container, MediaSpec, VideoCodec, remux};
use tests::stringout::Stringout;

use crate::cells::{Tally, WAYS, compiled, cuts};

#[test]
fn hevc() {
    let mut tally = Tally::of("HEVC");
    for (clip, container) in (1..).zip([
        Container::Mp4,
        Container::Mp4Fragmented,
        Container::Mov,
        Container::Mkv,
        Container::Ts,
    ]) {
        for open_gop in [false, true] {
            let material = Material::of(MediaSpec {
                codec: VideoCodec::Hevc,
                open_gop,
                ..in_container(clip, container)
            });
            let name = format!("{container:?}, open {open_gop}");
            tally.cut_in_every_way(&name, &material);
        }
    }
    tally.end();
}

#[test]
fn edit_list() {
    let mut tally = Tally::of("an edit list");
    tally.cut_in_every_way("inside a GOP", &Material::with_edit_list(1));
    tally.end();
}

#[test]
fn wrapping_time_stamps() {
    let mut tally = Tally::of("time stamps that wrap");
    // In front of the first cut, inside it, and between it and the others.
    for seconds in [0.5, 1.7, 3.1] {
        let whole = Material::of(reordered(2));
        let material = Material {
            file: remux::wrapping_timestamps(&whole.file, seconds),
            spec: in_container(2, Container::Ts),
            first: 0,
        };
        tally.cut_in_every_way(&format!("after {seconds} s"), &material);
    }
    tally.end();
}

/// A clock that is 17 or 50 parts in a million off is that of no other rate; one that wanders is that
/// of none.
#[test]
fn drifting_time_stamps() {
    let mut tally = Tally::of("time stamps that drift");
    for container in [Container::Mp4, Container::Ts] {
        for frames in [20, 6] {
            let mut durations = vec![3000; frames];
            durations[frames - 1] += 1;
            let even = in_container(3, container);
            let drifting = MediaSpec {
                durations,
                ..even.clone()
            };
            let material = Material {
                spec: even,
                ..Material::of(drifting)
            };
            let name = format!("{container:?}, a tick in {frames} frames");
            tally.cut_in_every_way(&name, &material);
        }
        let material = Material::of(MediaSpec {
            durations: [vec![3010; 60], vec![2990; 60]].concat(),
            ..in_container(4, container)
        });
        tally.cut_in_every_way(&format!("{container:?}, to and fro"), &material);
    }
    tally.end();
}

#[test]
fn variable_frame_rate() {
    let mut tally = Tally::of("a variable frame rate");
    for container in [Container::Mp4, Container::Mov, Container::Ts] {
        let material = Material::of(MediaSpec {
            durations: vec![3000, 3000, 6000, 1500],
            ..in_container(5, container)
        });
        tally.cut_in_every_way(&format!("{container:?}"), &material);
    }
    tally.end();
}

#[test]
fn pictures_alone() {
    let mut tally = Tally::of("pictures alone");
    for container in [Container::Mp4, Container::Mkv, Container::Ts] {
        let material = Material::of(MediaSpec {
            container,
            ..silent(6)
        });
        tally.cut_in_every_way(&format!("{container:?}"), &material);
    }
    tally.end();
}

/// There are no frames to cut at: each says so, and leaves nothing behind.
#[test]
fn sound_alone() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.mp4").display().to_string();
    for (container, extension) in [
        (Container::Mp4, "m4a"),
        (Container::Mp4, "mka"),
        (Container::Mp4, "ts"),
    ] {
        let whole = Material::of(in_container(7, container));
        let sound = remux::derived(&whole.file, extension, &["-vn", "-c:a", "copy"]);
        for way in WAYS {
            let clip = format!("{}@0.5s..2s", sound.display());
            let mut args = vec!["compile", "--json", "--clip", &clip, "--out", &out];
            args.extend(way.arguments());
            let answer = Stringout::new().run(args);
            assert_eq!(answer.error(3)["code"], "unsupported", "{answer}");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }
}

/// Two recordings of other parameter sets, in turn.
#[test]
fn differing_parameter_sets() {
    let mut tally = Tally::of("differing parameter sets");
    let others = [
        ("fewer references, no CABAC", "ref=1:cabac=0"),
        ("more references, 4x4", "ref=6:8x8dct=0"),
    ];
    for container in [Container::Mp4, Container::Ts] {
        for (name, x264) in others {
            let one = Material::of(in_container(8, container));
            let other = Material::of(MediaSpec {
                x264,
                ..in_container(9, container)
            });
            for (cut, ranges) in cuts(&one) {
                let both = ranges.iter().flat_map(|&(from, to)| {
                    [&one, &other].map(|material| Part { material, from, to })
                });
                let mut parts: Vec<Part<'_>> = both.collect();
                if ranges.len() > 2 {
                    let mut nth = 0;
                    // Every other of each, so that there are as many joints.
                    parts.retain(|_| {
                        nth += 1;
                        matches!(nth % 4, 1 | 0)
                    });
                }
                for way in WAYS {
                    let copied = match way.mode {
                        None => Copied::AsPlanned,
                        Some(_) => Copied::Nothing,
                    };
                    tally.judge(&format!("{container:?}, {name}, {cut}, {way:?}"), || {
                        judge_parts(&parts, copied, &compiled(&parts, way, "out.mp4"))
                    });
                }
            }
        }
    }
    tally.end();
}
