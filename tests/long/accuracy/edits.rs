//! Edits at random over media of one rate. The seed is printed, and of an edit that fails its number and
//! what was asked for; `STRINGOUT_FUZZ_SEED` sets the seed, to make the same edits again.

use tests::accuracy::judge::{Copied, Part, judge_parts};
use tests::accuracy::material::{Material, in_container, reordered, small};
use tests::fuzz::mutate::random::Random;
use tests::fuzz::seed;
use tests::media::{Container, MediaSpec, VideoCodec};

use crate::cells::{Tally, WAYS, Way, clips, compiled};

const EDITS: u64 = 200;
/// What is heard of fewer frames can't be told apart, and isn't judged.
const TELLING: usize = 7;
const OUTPUTS: [&str; 4] = ["out.mp4", "out.mov", "out.mkv", "out.ts"];

fn media() -> Vec<Material> {
    vec![
        Material::of(small(31)),
        Material::of(reordered(32)),
        Material::of(in_container(33, Container::Ts)),
        Material::of(in_container(34, Container::Mkv)),
        Material::of(in_container(35, Container::Mov)),
        Material::of(in_container(36, Container::Mp4Fragmented)),
        Material::of(MediaSpec {
            open_gop: true,
            ..reordered(37)
        }),
        Material::of(MediaSpec {
            x264: "ref=1:cabac=0",
            ..reordered(38)
        }),
        Material::with_edit_list(39),
        Material::of(MediaSpec {
            codec: VideoCodec::Hevc,
            open_gop: true,
            ..reordered(40)
        }),
        Material::of(MediaSpec {
            codec: VideoCodec::Hevc,
            ..in_container(41, Container::Ts)
        }),
    ]
}

/// From one clip to twelve. Borders lie at key frames and beside them more often than chance has it.
fn edit<'a>(media: &'a [Material], random: &mut Random) -> Vec<Part<'a>> {
    let count = 1 + random.below(12);
    let part = |_| {
        let material = &media[random.below(media.len())];
        let (frames, gop) = (material.frames() as usize, material.spec.gop as usize);
        let mut border = |last: usize| {
            let any = random.below(last + 1);
            match random.below(4) {
                0 => any / gop * gop,
                1 => (any / gop * gop + 1).min(last),
                2 => (any / gop * gop).saturating_sub(1),
                _ => any,
            }
        };
        let (one, other) = (border(frames), border(frames));
        let (mut from, mut to) = (one.min(other), one.max(other));
        if to - from < TELLING && random.one_in(2) {
            from = from.min(frames - TELLING);
            to = from + TELLING;
        } else if to - from < TELLING {
            from = from.min(frames - 1);
            to = from + 1;
        }
        Part {
            material,
            from: u32::try_from(from).unwrap(),
            to: u32::try_from(to).unwrap(),
        }
    };
    (0..count).map(part).collect()
}

#[test]
fn at_random() {
    let seed = seed();
    println!("edits: seed {seed}");
    let media = media();
    let mut tally = Tally::of(format!("edits of STRINGOUT_FUZZ_SEED={seed}"));
    for number in 0..EDITS {
        let mut random = Random::of(seed, number);
        let parts = edit(&media, &mut random);
        let way = WAYS[random.below(WAYS.len())];
        let out = OUTPUTS[random.below(OUTPUTS.len())];
        let way = match random.one_in(4) {
            true => Way {
                encoder: "x265enc",
                ..way
            },
            false => way,
        };
        let copied = match way.mode {
            Some("render") => Copied::Nothing,
            // Which of several parameter sets are copied is the plan's choice.
            _ => Copied::AsPlanned,
        };
        let asked = clips(&parts).join(" ");
        let name = format!("edit {number} into {out}, {way:?}, {asked}");
        tally.judge(&name, || {
            judge_parts(&parts, copied, &compiled(&parts, way, out))
        });
    }
    tally.end();
}
