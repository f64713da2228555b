//! What holds of every index and every plan, whatever the file.

use conform::{AudioTrack, CutPlan, MediaIndex, UnitKind, VideoTrack};
use mediatime::Timestamp;

/// # Panics
/// When the index of a file of `size` bytes breaks a promise.
pub(super) fn assert_kept(index: &MediaIndex, size: u64) {
    assert_eq!(index.size, size);
    assert!(index.video.is_some() || index.audio.is_some());
    if let Some(video) = &index.video {
        assert_pictures(video, size);
    }
    if let Some(audio) = &index.audio {
        assert_sound(audio, size);
    }
}

fn assert_pictures(video: &VideoTrack, size: u64) {
    assert!(video.time_scale > 0);
    assert!(matches!(video.rotation, 0 | 90 | 180 | 270));
    assert!(video.pixel_aspect.is_none_or(|(h, v)| h > 0 && v > 0));
    assert!(!video.units.is_empty());
    assert!(video.units.iter().any(|unit| unit.kind != UnitKind::Delta));
    for (number, unit) in video.units.iter().enumerate() {
        assert!(
            usize::from(unit.config) < video.configs.len(),
            "{number}: {unit:?}"
        );
        assert!(unit.location.offset <= size, "{number}: {unit:?}");
        assert!(unit.dts <= unit.pts, "{number}: {unit:?}");
        if let Some(entry) = video.entry(number, unit.pts) {
            assert!(entry <= number);
        }
    }
    let decoded = video
        .units
        .windows(2)
        .all(|pair| pair[0].dts <= pair[1].dts);
    assert!(decoded, "units are not in decode order");
    // Every picture that is shown is there once, in order of time.
    let shown = video.presented();
    let in_order = |pair: &[usize]| video.units[pair[0]].pts <= video.units[pair[1]].pts;
    assert!(shown.windows(2).all(in_order));
    let mut numbers = shown.clone();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), shown.len());
    for pair in shown.windows(2) {
        let (unit, next) = (&video.units[pair[0]], &video.units[pair[1]]);
        let until = i128::from(next.pts) - i128::from(unit.pts);
        let until = until.min(i128::from(u32::MAX));
        assert_eq!(i128::from(unit.duration), until, "{unit:?} {next:?}");
    }
    let last = video.units.len() - 1;
    assert_eq!(video.gop_end(last), video.units.len());
}

fn assert_sound(audio: &AudioTrack, size: u64) {
    assert!(audio.time_scale > 0 && audio.sample_rate > 0);
    assert!(!audio.frames.is_empty());
    assert!(audio.presented.start <= audio.presented.end);
    assert!(
        audio
            .frames
            .iter()
            .all(|frame| frame.location.offset <= size)
    );
    let in_order = audio
        .frames
        .windows(2)
        .all(|pair| pair[0].pts <= pair[1].pts);
    assert!(in_order, "frames are not in time order");
}

/// # Panics
/// When spans leave a hole or overlap.
pub(super) fn assert_tiled(plan: &CutPlan) {
    let frames: u64 = plan.video.iter().map(|span| span.frames).sum();
    assert_eq!(frames, plan.frames);
    assert!(plan.video.windows(2).all(|pair| pair[0].at <= pair[1].at));
    assert!(
        plan.video
            .first()
            .is_none_or(|span| span.at == Timestamp::ZERO)
    );
    assert_eq!(plan.hash, plan.compute_hash());
}
