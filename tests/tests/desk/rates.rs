//! Clips of another rate than the first: timeline, plan and file agree frame for frame.

use ipc::{JobResult, JobState, SequenceEdit};
use tests::check::{Options, check_with};
use tests::media::{MediaSpec, Rate};

use crate::bench::Bench;

fn spec(clip: u8, rate: Rate, frames: u32) -> MediaSpec {
    MediaSpec {
        rate,
        frames,
        gop: 25,
        ..MediaSpec::small(clip)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clips_of_other_rates_are_counted_in_frames_of_the_sequence() {
    let mut bench = Bench::start().await;
    let specs = [
        spec(52, Rate::new(25, 2), 50),
        spec(53, Rate::new(25, 1), 132),
        spec(54, Rate::new(50, 1), 100),
    ];
    let slow = bench.ingest(&specs[0]).await;
    let pal = bench.ingest(&specs[1]).await;
    let fast = bench.ingest(&specs[2]).await;
    bench.append(&slow, 0, 50).await;
    bench.append(&pal, 0, 132).await;
    let sequence = bench.append(&fast, 8, 88).await;
    let clips: Vec<_> = sequence.clips.iter().collect();
    let lengths: Vec<_> = clips.iter().map(|c| (c.at, c.frames)).collect();
    assert_eq!(lengths, [(0, 50), (50, 66), (116, 20)]);
    let taken: Vec<_> = clips.iter().map(|c| c.source_frames).collect();
    assert_eq!(taken, [50, 132, 80]);
    let rates: Vec<_> = clips.iter().map(|c| c.source_frame_rate.unwrap()).collect();
    let rates = rates.iter().map(|r| (r.numerator, r.denominator));
    assert_eq!(rates.collect::<Vec<_>>(), [(25, 2), (25, 1), (50, 1)]);

    let plan = bench.plan(sequence.revision).await;
    assert_eq!((plan.frames, sequence.frames), (136, 136));
    for (span, clip) in plan.spans.iter().rev().zip(clips.iter().rev()).take(2) {
        assert_eq!((span.at, span.frames), (clip.at, clip.frames));
        assert_eq!(span.clip_id.as_ref(), Some(&clip.id));
    }

    let (file, job) = bench.compile().await;
    let JobState::Done {
        result: JobResult::Compiled {
            frames, verified, ..
        },
    } = job.state
    else {
        panic!("{job:?}")
    };
    assert_eq!(frames, sequence.frames);
    assert!(verified.is_some_and(|verified| verified.ok));
    let seen = check_with(
        &file,
        &Options {
            sources: specs.to_vec(),
            ..Options::default()
        },
    );
    let expected: Vec<(u8, u32)> = (0..50)
        .map(|k| (52, k))
        .chain((0..66).map(|k| (53, 2 * k)))
        .chain((0..20).map(|k| (54, 8 + 4 * k)))
        .collect();
    let codes = seen.frames.iter().map(|frame| frame.code.unwrap());
    let frames: Vec<(u8, u32)> = codes.map(|code| (code.clip, code.number)).collect();
    assert_eq!(frames, expected);

    // With the clip of 25 frames a second in front, all lengths are counted in those.
    let first = SequenceEdit::Move {
        clip: sequence.clips[1].id.clone(),
        to: 0,
    };
    let moved = bench.edit(first).await;
    let lengths: Vec<_> = moved.clips.iter().map(|c| (c.at, c.frames)).collect();
    assert_eq!(lengths, [(0, 132), (132, 100), (232, 40)]);
    let plan = bench.plan(moved.revision).await;
    assert_eq!(plan.frames, moved.frames);

    // A split of the clip of 50 frames a second begins with the frame that is shown there.
    let split = bench.edit(SequenceEdit::Split { at: 245 }).await;
    let parts: Vec<_> = split.clips[2..]
        .iter()
        .map(|c| (c.at, c.frames, c.source_first, c.source_frames))
        .collect();
    assert_eq!(parts, [(232, 13, 8, 26), (245, 27, 34, 54)]);
    let plan = bench.plan(split.revision).await;
    assert_eq!(plan.frames, split.frames);
}
