//! The technical characteristics of a flow, which a profile can prescribe.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::essence::{
    AudioParameters, DataParameters, EssenceParameters, ImageParameters, VideoParameters,
};
use crate::tolerant::or_absent;
use crate::{ContainerMapping, ContentFormat, MimeType, ModelError};

/// What a flow's essence is and how it is coded and wrapped (`flow-technical.json` and the schema
/// of the format).
///
/// In a flow these are properties of the flow itself; in a profile they are its `flow_metadata`.
/// Every property but `container` is absent only in a flow that is being created from a profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawTechnical")]
pub struct Technical {
    /// What kind of essence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<ContentFormat>,
    /// How it is coded, `video/h264`. A multi flow has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codec: Option<MimeType>,
    /// How segments are wrapped, `video/mp4`. Absent in a flow whose essence is reached through the
    /// multi flow that collects it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<MimeType>,
    /// Average bit rate of the segments, in 1000 bits per second (AppNote 0013).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avg_bit_rate: Option<u64>,
    /// Wanted length of a segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment_duration: Option<SegmentDuration>,
    /// Where in this flow's own container the essence is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_mapping: Option<ContainerMapping>,
    /// What is known of the essence; its variant agrees with `format`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub essence_parameters: Option<EssenceParameters>,
}

/// A number of seconds as a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentDuration {
    /// Above zero.
    pub numerator: u64,
    /// Above zero; absent means 1.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub denominator: Option<u64>,
}

impl Technical {
    /// A video flow.
    pub fn video(codec: MimeType, essence: VideoParameters) -> Self {
        Self::of(
            ContentFormat::Video,
            Some(codec),
            Some(EssenceParameters::Video(essence)),
        )
    }

    /// An audio flow.
    pub fn audio(codec: MimeType, essence: AudioParameters) -> Self {
        Self::of(
            ContentFormat::Audio,
            Some(codec),
            Some(EssenceParameters::Audio(essence)),
        )
    }

    /// An image flow.
    pub fn image(codec: MimeType, essence: ImageParameters) -> Self {
        Self::of(
            ContentFormat::Image,
            Some(codec),
            Some(EssenceParameters::Image(essence)),
        )
    }

    /// A data flow.
    pub fn data(codec: MimeType, essence: DataParameters) -> Self {
        Self::of(
            ContentFormat::Data,
            Some(codec),
            Some(EssenceParameters::Data(essence)),
        )
    }

    /// A multi flow.
    pub fn multi() -> Self {
        Self::of(ContentFormat::Multi, None, None)
    }

    fn of(
        format: ContentFormat,
        codec: Option<MimeType>,
        essence_parameters: Option<EssenceParameters>,
    ) -> Self {
        Self {
            format: Some(format),
            codec,
            essence_parameters,
            ..Self::default()
        }
    }

    /// The same, wrapped in `container`.
    #[must_use]
    pub fn in_container(mut self, container: MimeType) -> Self {
        self.container = Some(container);
        self
    }

    /// Parameters of video, when this is video.
    pub const fn video_parameters(&self) -> Option<&VideoParameters> {
        match &self.essence_parameters {
            Some(EssenceParameters::Video(video)) => Some(video),
            _ => None,
        }
    }

    /// Parameters of sound, when this is sound.
    pub const fn audio_parameters(&self) -> Option<&AudioParameters> {
        match &self.essence_parameters {
            Some(EssenceParameters::Audio(audio)) => Some(audio),
            _ => None,
        }
    }

    /// Whether objects of the flow need an initialisation segment.
    pub fn init_segments(&self) -> bool {
        let flag = match &self.essence_parameters {
            Some(EssenceParameters::Video(video)) => video.init_segments,
            Some(EssenceParameters::Audio(audio)) => audio.init_segments,
            Some(EssenceParameters::Data(data)) => data.init_segments,
            Some(EssenceParameters::Multi(multi)) => multi.init_segments,
            Some(EssenceParameters::Image(_)) | None => None,
        };
        flag.unwrap_or(false)
    }

    /// Whether nothing is set: what a flow made from a profile must look like when it is sent.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Deserialize)]
struct RawTechnical {
    #[serde(default, deserialize_with = "or_absent")]
    format: Option<ContentFormat>,
    #[serde(default, deserialize_with = "or_absent")]
    codec: Option<MimeType>,
    #[serde(default, deserialize_with = "or_absent")]
    container: Option<MimeType>,
    #[serde(default, deserialize_with = "or_absent")]
    avg_bit_rate: Option<u64>,
    #[serde(default, deserialize_with = "or_absent")]
    segment_duration: Option<SegmentDuration>,
    #[serde(default, deserialize_with = "or_absent")]
    container_mapping: Option<ContainerMapping>,
    #[serde(default, deserialize_with = "or_absent")]
    essence_parameters: Option<Value>,
    // What vasttams 6.0 has instead of `essence_parameters`, beside the other properties.
    #[serde(default, deserialize_with = "or_absent")]
    frame_width: Option<Value>,
    #[serde(default, deserialize_with = "or_absent")]
    frame_height: Option<Value>,
    #[serde(default, deserialize_with = "or_absent")]
    frame_rate: Option<Value>,
    #[serde(default, deserialize_with = "or_absent")]
    interlace_mode: Option<Value>,
    #[serde(default, deserialize_with = "or_absent")]
    sample_rate: Option<Value>,
    #[serde(default, deserialize_with = "or_absent")]
    channels: Option<Value>,
    #[serde(default, deserialize_with = "or_absent")]
    bits_per_sample: Option<Value>,
}

impl RawTechnical {
    /// The flat properties as essence parameters; nothing when they are not enough for any.
    fn flat_essence(&self) -> Option<Value> {
        let essence = match self.format? {
            ContentFormat::Video | ContentFormat::Image => json!({
                "frame_width": self.frame_width.as_ref()?,
                "frame_height": self.frame_height.as_ref()?,
                "frame_rate": self.frame_rate,
                "interlace_mode": self.interlace_mode,
            }),
            ContentFormat::Audio => json!({
                "sample_rate": self.sample_rate.as_ref()?,
                "channels": self.channels.as_ref()?,
                "bit_depth": self.bits_per_sample,
            }),
            ContentFormat::Data | ContentFormat::Multi => return None,
        };
        Some(essence)
    }
}

impl TryFrom<RawTechnical> for Technical {
    type Error = ModelError;

    fn try_from(raw: RawTechnical) -> Result<Self, ModelError> {
        let essence_parameters = match raw.essence_parameters {
            Some(value) => Some(essence_of(raw.format, value)?),
            // They are no property of 8.2: what can't be read there is as good as absent.
            None => raw
                .flat_essence()
                .and_then(|value| essence_of(raw.format, value).ok()),
        };
        Ok(Self {
            format: raw.format,
            codec: raw.codec,
            container: raw.container,
            avg_bit_rate: raw.avg_bit_rate,
            segment_duration: raw.segment_duration,
            container_mapping: raw.container_mapping,
            essence_parameters,
        })
    }
}

fn essence_of(
    format: Option<ContentFormat>,
    value: Value,
) -> Result<EssenceParameters, ModelError> {
    use EssenceParameters as Of;
    let Some(format) = format else {
        return Err(ModelError::Essence {
            format: "a flow without format".to_owned(),
            why: "format says how to read them".to_owned(),
        });
    };
    match format {
        ContentFormat::Video => serde_json::from_value(value).map(Of::Video),
        ContentFormat::Image => serde_json::from_value(value).map(Of::Image),
        ContentFormat::Audio => serde_json::from_value(value).map(Of::Audio),
        ContentFormat::Data => serde_json::from_value(value).map(Of::Data),
        ContentFormat::Multi => serde_json::from_value(value).map(Of::Multi),
    }
    .map_err(|wrong| ModelError::Essence {
        format: format.urn().to_owned(),
        why: wrong.to_string(),
    })
}
