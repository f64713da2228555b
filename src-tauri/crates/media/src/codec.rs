//! Decoders and encoders: GStreamer, and the only modules that touch it beside `verify`.

mod audio;
mod elements;
mod pipeline;
mod video_decoder;
mod video_encoder;

pub(crate) use audio::{AudioEncoder, CodedAudio, CodedFormat, PcmFormat, PcmInput, decode_audio};
pub use elements::{Element, doctor_elements};
pub(crate) use elements::{EncoderChoice, choose_encoder, init, require, versions};
pub(crate) use pipeline::{Running, Stopper};
pub(crate) use video_decoder::{DecodedFrame, VideoDecoder};
pub(crate) use video_encoder::{EncoderTask, FrameInput, VideoEncoder, colorimetry};
