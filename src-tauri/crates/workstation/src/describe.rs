//! Media index → TAMS metadata: flows as they are registered, and facts for the record.

use crate::Failure;
use conform::{AudioTrack, MediaIndex, VideoTrack};
use mediatime::{RationalTime, Timestamp};
use record::MediaFacts;
use tams_model::{
    AspectRatio, AudioCodecParameters, AudioParameters, AvcParameters, ComponentType,
    ContainerMapping, Flow, FlowCollectionItem, FlowStatus, Id, InterlaceMode, MimeType, Tags,
    Technical, TrackMapping, VideoParameters,
};
use uuid::Uuid;

/// Ids of everything that is registered for one medium, derived from one name, so that doing it
/// again finds what is there instead of making a second one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ids {
    namespace: Uuid,
}

impl Ids {
    /// Ids derived from `name`.
    pub(crate) fn of(name: &str) -> Self {
        /// Namespace of all ids made here: a random constant.
        const STRINGOUT: Uuid = Uuid::from_u128(0x3f0c_52d1_7b8e_4a57_9c41_d2b6_08e3_a915);
        Self {
            namespace: Uuid::new_v5(&STRINGOUT, name.as_bytes()),
        }
    }

    pub(crate) fn id(&self, what: &str) -> Id {
        Id::from_name(self.namespace, what.as_bytes())
    }
}

/// The flows of one medium: the one that has the segments first, then those it collects.
///
/// Pictures with sound are a `multi` flow with a container that collects a video and an audio flow
/// without one (AppNotes 0001 and 0006). Pictures alone are one video flow with a container.
pub(crate) fn flows(
    index: &MediaIndex,
    sources: &Ids,
    flows: &Ids,
    label: Option<&str>,
    tags: &Tags,
) -> Result<Vec<Flow>, Failure> {
    let track = index
        .video
        .as_ref()
        .ok_or_else(|| Failure::internal("a medium without video"))?;
    let mp4 = mime("video/mp4")?;
    let video = Technical::video(
        mime(&format!("video/{}", track.codec))?,
        video_parameters(track),
    );
    let finish = |mut flow: Flow| {
        flow.label = label.map(str::to_owned);
        flow.status = Some(FlowStatus::Ingesting);
        flow.generation = Some(0);
        if !tags.is_empty() {
            flow.tags = Some(tags.clone());
        }
        flow
    };
    let Some(sound) = &index.audio else {
        let flow = Flow::new(
            flows.id("flow video"),
            sources.id("source video"),
            video.in_container(mp4),
        );
        return Ok(vec![finish(flow)]);
    };
    let audio = Technical::audio(
        mime(&format!("audio/{}", sound.codec))?,
        audio_parameters(sound),
    );
    let video = Flow::new(flows.id("flow video"), sources.id("source video"), video);
    let audio = Flow::new(flows.id("flow audio"), sources.id("source audio"), audio);
    let mut multi = Flow::new(
        flows.id("flow multi"),
        sources.id("source multi"),
        Technical::multi().in_container(mp4),
    );
    multi.flow_collection = Some(vec![
        member(video.id, "video", 1),
        member(audio.id, "audio", 2),
    ]);
    Ok(vec![finish(multi), finish(video), finish(audio)])
}

fn member(id: Id, role: &str, track_id: u32) -> FlowCollectionItem {
    let mapping = ContainerMapping {
        isobmff_container: Some(TrackMapping {
            track_id: Some(track_id),
        }),
        ..ContainerMapping::default()
    };
    FlowCollectionItem {
        role: Some(role.to_owned()),
        container_mapping: Some(mapping),
        ..FlowCollectionItem::new(id)
    }
}

pub(crate) fn mime(text: &str) -> Result<MimeType, Failure> {
    text.parse().map_err(Failure::internal)
}

fn video_parameters(track: &VideoTrack) -> VideoParameters {
    let facts = track.configs.first().map(|config| &config.facts);
    let (width, height) = facts.map_or((0, 0), |facts| (facts.width, facts.height));
    let mut video = VideoParameters::new(width, height, track.frame_rate);
    let Some(facts) = facts else {
        return video;
    };
    video.bit_depth = Some(u32::from(facts.bit_depth));
    video.component_type = Some(ComponentType::YCbCr);
    (video.horiz_chroma_subs, video.vert_chroma_subs) = match facts.chroma_format_idc {
        1 => (Some(2), Some(2)),
        2 => (Some(2), Some(1)),
        3 => (Some(1), Some(1)),
        _ => (None, None),
    };
    video.interlace_mode = (!facts.interlaced).then_some(InterlaceMode::Progressive);
    let (numerator, denominator) = track.pixel_aspect.unwrap_or(facts.pixel_aspect);
    video.pixel_aspect_ratio = Some(AspectRatio {
        numerator,
        denominator,
    });
    if track.codec == "h264" {
        video.avc_parameters = Some(AvcParameters {
            profile: facts.profile_idc,
            level: facts.level_idc,
            flags: facts.constraint_flags,
        });
    }
    video
}

fn audio_parameters(track: &AudioTrack) -> AudioParameters {
    let mut audio = AudioParameters::new(track.sample_rate, u32::from(track.channels));
    if track.codec == "aac" {
        // AudioSpecificConfig begins with five bits of audio object type; 31 is an escape.
        let object_type = track.config.first().map(|byte| u32::from(byte >> 3));
        audio.codec_parameters = Some(AudioCodecParameters {
            coded_frame_size: Some(track.samples_per_frame),
            mp4_oti: object_type.filter(|kind| *kind != 31),
        });
    }
    audio
}

/// Facts of a file for the record.
pub(crate) fn facts(index: &MediaIndex) -> Option<MediaFacts> {
    let track = index.video.as_ref()?;
    let shown = track.presented();
    let (first, last) = (shown.first()?, shown.last()?);
    let first = track.time(track.units.get(*first)?.pts);
    let last = track.units.get(*last)?;
    let end = track.time(last.pts + i64::from(last.duration));
    let config = track.configs.first();
    Some(MediaFacts {
        container: "video/mp4".to_owned(),
        size: index.size,
        frames: shown.len() as u64,
        frame_rate: track.frame_rate,
        duration: (end - first).to_timestamp(),
        width: config.map_or(0, |config| config.facts.width),
        height: config.map_or(0, |config| config.facts.height),
        video_codec: format!("video/{}", track.codec),
        audio_codec: index
            .audio
            .as_ref()
            .map(|audio| format!("audio/{}", audio.codec)),
        sample_rate: index.audio.as_ref().map(|audio| audio.sample_rate),
        channels: index.audio.as_ref().map(|audio| u32::from(audio.channels)),
    })
}

/// Average bit rate in kbit/s (AppNote 0013), rounded up.
pub(crate) fn kilobits(bytes: u64, duration: RationalTime) -> Option<u64> {
    let nanos = duration.to_timestamp().nanos();
    let bits = i128::from(bytes) * 8 * 1_000_000;
    (nanos > 0).then(|| u64::try_from((bits + nanos - 1) / nanos).unwrap_or(u64::MAX))
}

/// A length in words: `1 min 48 s`.
pub(crate) fn in_words(duration: Timestamp) -> String {
    let seconds = (duration.nanos() + 500_000_000) / 1_000_000_000;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, m, _) => format!("{h} h {m} min"),
    }
}
