//! Captions of pictures on their way through an encoder: taken off in front of it, put into its access
//! units behind it. Not every encoder writes them, and none knows which picture is shown again.

use crate::captions::{caption_message, in_front_of_slices};
use conform::VideoCodec;
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

/// What each picture inside the encoder says, in the order in which they went in, which is that in
/// which they come out.
#[derive(Clone, Debug, Default)]
pub(super) struct Captions {
    codec: VideoCodec,
    said: Arc<Mutex<VecDeque<Option<Vec<u8>>>>>,
}

/// What a decoded picture says.
pub(crate) fn captions_of(picture: &gst::Sample) -> Option<Vec<u8>> {
    let captions = picture.buffer()?.iter_meta::<gst_video::VideoCaptionMeta>();
    let mut data = captions
        .filter(|meta| meta.caption_type() == gst_video::VideoCaptionType::Cea708Raw)
        .map(|meta| meta.data().to_vec());
    data.next()
}

impl Captions {
    /// Of pictures that are encoded to this codec.
    pub(super) fn of(codec: VideoCodec) -> Self {
        Self {
            codec,
            ..Self::default()
        }
    }

    /// Takes what a picture says. One that is shown `again` has said it already.
    pub(super) fn take_off(&self, picture: &mut gst::BufferRef, again: bool) {
        let mut said = None;
        picture.foreach_meta_mut(|mut meta| {
            let Some(meta) = meta.downcast_ref::<gst_video::VideoCaptionMeta>() else {
                return ControlFlow::Continue(gst::buffer::BufferMetaForeachAction::Keep);
            };
            if meta.caption_type() == gst_video::VideoCaptionType::Cea708Raw {
                said.get_or_insert_with(|| meta.data().to_vec());
            }
            ControlFlow::Continue(gst::buffer::BufferMetaForeachAction::Remove)
        });
        self.queue().push_back(said.filter(|_| !again));
    }

    /// Puts what the next picture says into its access unit, which has start codes.
    pub(super) fn put_into(&self, unit: Vec<u8>) -> Vec<u8> {
        let said = self.queue().pop_front().flatten();
        let said = said.as_deref();
        match said.and_then(|packets| caption_message(self.codec, packets)) {
            Some(message) => in_front_of_slices(self.codec, &unit, &message),
            None => unit,
        }
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, VecDeque<Option<Vec<u8>>>> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
