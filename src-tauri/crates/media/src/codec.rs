//! Decoders and encoders: the only modules that build GStreamer pipelines beside `verify`.

mod audio;
mod captions;
mod chain;
mod coded_sound;
mod coded_video;
mod elements;
mod picture_decoder;
mod pipeline;
mod shaper;
mod video_decoder;
mod video_encoder;

pub(crate) use audio::{AudioEncoder, PcmFormat, PcmInput, decode_audio};
pub(crate) use captions::captions_of;
pub(crate) use coded_sound::{CodedFormat, is_decodable as is_decodable_sound};
pub(crate) use coded_video::{is_decodable as is_decodable_video, unit as decoder_unit};
pub use elements::{Element, doctor_elements, encoders, warm_up};
pub(crate) use elements::{
    EncoderChoice, choose_encoder, init, preload, require, use_all_cores, versions,
};
pub(crate) use picture_decoder::{
    Keep, PictureDecoder, PictureOut, TO_JPEG_INPUT, encode_jpeg, recolour,
};
pub(crate) use pipeline::{Running, RunningEvent, Stopper};
pub(crate) use shaper::PictureShaper;
pub(crate) use video_decoder::{DecodedFrame, VideoDecoder};
pub(crate) use video_encoder::{
    EncoderTask, FrameInput, ParameterSets, Splice, VideoEncoder, black_frame, colorimetry,
};
