//! What holds for every plan that reuses objects in place.

use std::ops::Range;
use std::sync::Arc;

use conform::{CutPlan, MediaIndex, Mode, Source, SpanKind, conform};
use proptest::prelude::*;

use crate::properties::{clips_of, medium_and_cuts, options};
use crate::synthetic::{Picture, Spec, edit, nanos, taken};

fn index_of(source: &Source, id: &str) -> Option<Arc<MediaIndex>> {
    let object = source
        .objects()
        .iter()
        .find(|object| object.object_id == id)?;
    Some(Arc::clone(&object.index))
}

/// The pictures of a stretch of output.
fn pictures(plan: &CutPlan, frames: Range<u64>, source: &Arc<Source>) -> Vec<Picture> {
    let all = taken(&without_preroll(plan), std::slice::from_ref(source));
    let at = |frame: u64| usize::try_from(frame).unwrap();
    all[at(frames.start)..at(frames.end)].to_vec()
}

fn without_preroll(plan: &CutPlan) -> CutPlan {
    let mut plan = plan.clone();
    for span in &mut plan.video {
        span.sources.retain(|piece| !piece.preroll);
    }
    plan
}

proptest! {
    #[test]
    fn the_output_stays_the_same(
        (spec, cuts) in medium_and_cuts(false), length in 1..3_usize, shift in 0..3_i64,
    ) {
        let spec = Spec { hidden: 0, ..spec };
        let cuts: Vec<_> = cuts.into_iter().map(|(a, b)| (a, b.min(spec.shown()))).collect();
        let cuts: Vec<_> = cuts.into_iter().filter(|(a, b)| a < b).collect();
        prop_assume!(!cuts.is_empty());
        let source = Arc::new(Source::flow(spec.segments(length, shift), nanos(0)));
        let (plan, _) = conform(&edit(clips_of(&source, &cuts)), &options(Mode::Auto)).unwrap();
        let index = |id: &str| index_of(&source, id);
        let reused = plan.by_reference(&index, &|_| true);
        prop_assert_eq!(&reused.hash, &reused.compute_hash());
        let whole = 0..plan.frames;
        prop_assert_eq!(
            pictures(&reused, whole.clone(), &source),
            pictures(&plan, whole, &source)
        );
        let count = |plan: &CutPlan| -> u64 { plan.video.iter().map(|span| span.frames).sum() };
        let samples = |plan: &CutPlan| -> u64 { plan.audio.iter().map(|span| span.samples).sum() };
        prop_assert_eq!(count(&reused), plan.frames);
        prop_assert_eq!(samples(&reused), samples(&plan));
        let mut at = 0;
        for span in &reused.video {
            let frames = at..at + span.frames;
            at = frames.end;
            if span.kind == SpanKind::Reference {
                let id = &span.sources[0].object_id;
                let index = index_of(&source, id).unwrap();
                prop_assert_eq!(index.video.as_ref().unwrap().units.len() as u64, span.frames);
                continue;
            }
            // What is left is a plan by itself, and shows the same.
            let part = reused.part(frames.clone(), &index).unwrap();
            prop_assert_eq!(part.frames, span.frames);
            prop_assert_eq!(
                pictures(&part, 0..span.frames, &source),
                pictures(&plan, frames, &source)
            );
        }
        // Nothing is reused that may not be.
        let untouched = plan.by_reference(&index, &|_| false);
        prop_assert!(untouched.video.iter().all(|span| span.kind != SpanKind::Reference));
    }
}

#[test]
fn a_clip_of_a_whole_flow_is_all_references() {
    let spec = Spec::plain(&[25, 25, 50]);
    let source = Arc::new(Source::flow(spec.segments(1, 0), nanos(0)));
    let clips = clips_of(&source, &[(0, 100), (25, 50)]);
    let (plan, _) = conform(&edit(clips), &options(Mode::Auto)).unwrap();
    let reused = plan.by_reference(&|id| index_of(&source, id), &|_| true);
    let spans: Vec<(SpanKind, u64)> = reused
        .video
        .iter()
        .map(|span| (span.kind, span.frames))
        .collect();
    let whole = |frames| (SpanKind::Reference, frames);
    assert_eq!(spans, [whole(25), whole(25), whole(50), whole(25)]);
    assert!(
        reused
            .audio
            .iter()
            .all(|span| span.kind == SpanKind::Reference)
    );
}
