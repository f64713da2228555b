//! The whole matrix of test media, read back: every frame rate, GOP length, number of B-frames and
//! container that other tests may ask for. What the generator makes must be right everywhere, or its
//! faults would look like the product's.

use tests::check::{Options, check_with};
use tests::media::{Container, MediaSpec, Rate, generate};

const RATES: [Rate; 6] = [
    Rate::new(24_000, 1001),
    Rate::new(24, 1),
    Rate::new(25, 1),
    Rate::new(30_000, 1001),
    Rate::new(50, 1),
    Rate::new(60_000, 1001),
];

const CONTAINERS: [Container; 6] = [
    Container::Mp4,
    Container::Mp4FastStart,
    Container::Mp4Fragmented,
    Container::Mov,
    Container::Mkv,
    Container::Ts,
];

fn read_back(container: Container) {
    for rate in RATES {
        for gop in [1, 12, 48, 250] {
            for bframes in [0, 1, 3] {
                let spec = MediaSpec {
                    rate,
                    gop,
                    bframes: if gop == 1 { 0 } else { bframes },
                    frames: 120,
                    container,
                    ..MediaSpec::small(1)
                };
                println!("{rate:?}, GOP {gop}, {bframes} B-frames, {container:?}");
                let options = Options {
                    sources: vec![spec.clone()],
                    ..Options::default()
                };
                let found = check_with(&generate(&spec), &options);
                found.assert_frames(&[(1, 0..=119)]);
                found.assert_even_pts(rate);
                found.assert_av_sync(1.0);
                found.assert_no_audio_breaks();
                found.assert_decodes_cleanly();
            }
        }
    }
}

#[test]
fn mp4_is_read_as_it_was_made() {
    CONTAINERS[..3].iter().copied().for_each(read_back);
}

#[test]
fn other_containers_are_read_as_they_were_made() {
    CONTAINERS[3..].iter().copied().for_each(read_back);
}
