//! From frames to tracks.

use conform::{AccessUnit, AudioFrame, AudioTrack, UnitKind, VideoCodec, VideoTrack};

use super::blocks::Frame;
use super::tracks::{Track, opus_samples};
use super::{Ticks, times};
use crate::demux::described::starts_clean;
use crate::demux::finish::{reconstruct_dts, set_durations};
use crate::demux::input::Input;
use crate::demux::pictures::Pictures;
use crate::error::{Malformed, MediaError};

/// The index of a video track.
pub(super) fn video_track(
    input: &mut Input<'_>,
    track: Track,
    frames: Vec<Frame>,
    time: Ticks,
) -> Result<VideoTrack, MediaError> {
    input.set_read_ahead(16 << 10);
    let malformed = |input: &Input<'_>, error: &Malformed| {
        input.damaged(None, format!("video track {}: {error}", track.number))
    };
    let (config, length_size) = track
        .video_config()
        .map_err(|error| malformed(input, &error))?;
    let declared = track.pixel_aspect();
    let raw: Vec<i64> = frames.iter().map(|frame| frame.ticks).collect();
    let snapped = times::snap_video(&raw, time.per_second, track.default_duration);
    let mut pictures = Pictures::new(
        config.into_iter().collect(),
        length_size.unwrap_or(4),
        &track.codec,
    )
    .map_err(|error| malformed(input, &error))?;
    let mut units = Vec::with_capacity(frames.len());
    for (frame, pts) in frames.iter().zip(&snapped.pts) {
        let location = frame.location;
        let kind = match (frame.key, track.codec.as_str(), length_size) {
            (false, ..) => UnitKind::Delta,
            (true, "h264", _) | (true, "hevc", Some(_)) => {
                pictures.examine(input, location.offset, location.len, true)?
            }
            (true, codec, _) if starts_clean(codec) => UnitKind::Idr,
            _ => UnitKind::Recovery,
        };
        let duration = frame
            .duration
            .map(|ticks| times::rescale(ticks, time.per_second, snapped.time_scale))
            .or(snapped.frame_ticks)
            .unwrap_or(0);
        units.push(AccessUnit {
            pts: *pts,
            dts: *pts,
            duration: u32::try_from(duration).unwrap_or(0),
            location,
            sample_size: location.len,
            kind,
            config: pictures.current(),
            presented: true,
        });
    }
    let Some(first) = pictures.configs.first() else {
        let error = Malformed::new("there are no parameter sets, so nothing can be decoded");
        return Err(malformed(input, &error));
    };
    let coded = VideoCodec::of(&track.codec).map(|_| first.facts.pixel_aspect);
    reconstruct_dts(&mut units);
    let frame_rate = set_durations(&mut units, snapped.time_scale, 0);
    Ok(VideoTrack {
        track_id: track.number,
        time_scale: snapped.time_scale,
        configs: pictures.configs,
        rotation: 0,
        pixel_aspect: declared.or(coded),
        frame_rate,
        units,
        codec: track.codec,
    })
}

/// The index of an audio track.
pub(super) fn audio_track(
    input: &mut Input<'_>,
    track: Track,
    frames: Vec<Frame>,
    time: Ticks,
) -> Result<AudioTrack, MediaError> {
    let sound = track.sound();
    let per_frame = match (sound.samples_per_frame, frames.first()) {
        (Some(samples), _) => samples,
        (None, Some(first)) if track.codec == "opus" => {
            opus_samples(input.peek(first.location.offset, 2)?).unwrap_or(0)
        }
        _ => 0,
    };
    let samples: Vec<u32> = frames
        .iter()
        .map(|frame| match sound.bytes_per_sample {
            Some(bytes) => frame.location.len / bytes,
            None => per_frame,
        })
        .collect();
    let laced: Vec<(i64, u32)> = frames
        .iter()
        .map(|frame| (frame.ticks, frame.lace))
        .collect();
    let snapped = times::snap_audio(&laced, time.per_second, sound.sample_rate, &samples)
        .unwrap_or_else(|| {
            let step = track
                .default_duration
                .and_then(|ns| i64::try_from(ns).ok())
                .map_or_else(
                    || times::rescale(i64::from(per_frame), sound.sample_rate, time.per_second),
                    |ns| time.ticks_in(ns),
                );
            times::unsnapped_audio(&laced, time.per_second, step)
        });
    // RFC 9559 §5.1.4.1.25: the delay is taken off every time stamp.
    let delay = times::rescale(
        i64::try_from(track.codec_delay).unwrap_or(0),
        1_000_000_000,
        snapped.time_scale,
    );
    let mut audio_frames: Vec<AudioFrame> = frames
        .iter()
        .zip(&snapped.pts)
        .map(|(frame, pts)| AudioFrame {
            pts: pts.saturating_sub(delay),
            duration: 0,
            location: frame.location,
        })
        .collect();
    let discard = frames.last().map_or(0, |frame| {
        times::rescale(frame.discard, 1_000_000_000, snapped.time_scale).max(0)
    });
    let counted = samples
        .last()
        .filter(|_| snapped.time_scale == sound.sample_rate);
    let last_duration = match counted {
        Some(samples) if *samples > 0 => Some(i64::from(*samples)),
        _ => frames.last().and_then(|frame| frame.duration).map(|ticks| {
            times::rescale(ticks, time.per_second, snapped.time_scale).saturating_add(discard)
        }),
    };
    audio_frames.sort_by_key(|frame| frame.pts);
    set_audio_durations(&mut audio_frames, snapped.frame_ticks, last_duration);
    let first = audio_frames.first().map_or(0, |frame| frame.pts);
    let end = audio_frames.last().map_or(0, |frame| {
        frame.pts.saturating_add(i64::from(frame.duration))
    });
    let start = first.saturating_add(delay);
    let samples_per_frame = if per_frame > 0 {
        per_frame
    } else {
        let ticks = audio_frames
            .first()
            .map_or(0, |frame| i64::from(frame.duration));
        let samples = times::rescale(ticks, snapped.time_scale, sound.sample_rate);
        u32::try_from(samples).unwrap_or(0)
    };
    Ok(AudioTrack {
        track_id: track.number,
        codec: track.codec,
        time_scale: snapped.time_scale,
        sample_rate: sound.sample_rate,
        channels: sound.channels,
        config: sound.config,
        samples_per_frame,
        frames: audio_frames,
        presented: start..end.saturating_sub(discard).max(start),
        language: track.language,
    })
}

/// `fixed` is what every frame lasts, when the codec says so; else a frame lasts until the next, and
/// the last one as long as its block or the one before.
fn set_audio_durations(frames: &mut [AudioFrame], fixed: Option<i64>, last: Option<i64>) {
    let starts: Vec<i64> = frames.iter().skip(1).map(|frame| frame.pts).collect();
    let mut step = 0;
    for (i, frame) in frames.iter_mut().enumerate() {
        let next = starts.get(i).map(|next| next.saturating_sub(frame.pts));
        step = fixed.or(next).or(last).unwrap_or(step);
        frame.duration = u32::try_from(step).unwrap_or(0);
    }
}
