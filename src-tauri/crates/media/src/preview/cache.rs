//! Decoded pictures, the ones used longest ago thrown away first.

use super::frame::{PictureBox, PixelFormat};
use super::pixels::Pixels;
use conform::SequenceFormat;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Size and layout of the pictures of a plan in a monitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Look {
    pub(super) format: PixelFormat,
    /// Pixels, even.
    pub(super) width: u32,
    /// Pixels, even.
    pub(super) height: u32,
}

impl Look {
    /// The largest even size that fits into the box with the shape of the sequence as it is seen.
    pub(super) fn fit(sequence: &SequenceFormat, wanted: PictureBox) -> Self {
        let (num, den) = sequence.pixel_aspect;
        let (num, den) = (u64::from(num.max(1)), u64::from(den.max(1)));
        let mut width = (u64::from(sequence.width) * num / den).max(2);
        let mut height = u64::from(sequence.height).max(2);
        if sequence.rotation % 180 == 90 {
            std::mem::swap(&mut width, &mut height);
        }
        let (box_width, box_height) = (
            u64::from(wanted.width).min(width).max(2),
            u64::from(wanted.height).min(height).max(2),
        );
        let (fit_width, fit_height) = if width * box_height <= height * box_width {
            (width * box_height / height, box_height)
        } else {
            (box_width, height * box_width / width)
        };
        let even = |pixels: u64| u32::try_from(pixels.max(2) & !1).unwrap_or(2);
        Self {
            format: wanted.format,
            width: even(fit_width),
            height: even(fit_height),
        }
    }

    /// Bytes of a picture; of a JPEG file, what it usually is at most.
    pub(super) fn bytes(self) -> usize {
        let pixels = self.width as usize * self.height as usize;
        match self.format {
            PixelFormat::Rgba => pixels * 4,
            PixelFormat::I420 => pixels * 3 / 2,
            PixelFormat::Jpeg => pixels / 3,
        }
    }
}

/// Which picture.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PictureKey {
    pub(super) object_id: Arc<str>,
    pub(super) unit: usize,
    pub(super) bordered: bool,
    pub(super) look: Look,
}

/// Decoded pictures.
#[derive(Debug)]
pub(super) struct Cache {
    limit: usize,
    bytes: usize,
    /// Rises with every use.
    tick: u64,
    pictures: HashMap<PictureKey, (u64, Pixels)>,
    by_use: BTreeMap<u64, PictureKey>,
}

impl Cache {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            bytes: 0,
            tick: 0,
            pictures: HashMap::new(),
            by_use: BTreeMap::new(),
        }
    }

    /// Pictures of that look it can hold.
    pub(super) fn room(&self, look: Look) -> usize {
        (self.limit / look.bytes().max(1)).max(4)
    }

    pub(super) fn has(&self, key: &PictureKey) -> bool {
        self.pictures.contains_key(key)
    }

    pub(super) fn get(&self, key: &PictureKey) -> Option<&Pixels> {
        self.pictures.get(key).map(|(_, pixels)| pixels)
    }

    /// Keeps a picture longer; `false` when it is not there.
    pub(super) fn touch(&mut self, key: &PictureKey) -> bool {
        let Some((used, _)) = self.pictures.get_mut(key) else {
            return false;
        };
        self.tick += 1;
        if let Some(key) = self.by_use.remove(used) {
            self.by_use.insert(self.tick, key);
        }
        *used = self.tick;
        true
    }

    pub(super) fn insert(&mut self, key: PictureKey, pixels: Pixels) {
        self.tick += 1;
        self.bytes += pixels.data.len();
        self.by_use.insert(self.tick, key.clone());
        if let Some((used, old)) = self.pictures.insert(key, (self.tick, pixels)) {
            self.by_use.remove(&used);
            self.bytes -= old.data.len();
        }
        while self.bytes > self.limit && self.pictures.len() > 1 {
            let Some((_, oldest)) = self.by_use.pop_first() else {
                return;
            };
            if let Some((_, old)) = self.pictures.remove(&oldest) {
                self.bytes -= old.data.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn sequence(
        width: u32,
        height: u32,
        pixel_aspect: (u32, u32),
        rotation: u16,
    ) -> SequenceFormat {
        SequenceFormat {
            codec: conform::VideoCodec::default(),
            bit_depth: 8,
            chroma_format_idc: 1,
            width,
            height,
            pixel_aspect,
            rotation,
            time_scale: 25,
            audio: None,
            timecode: None,
            language: None,
        }
    }

    fn boxed(width: u32, height: u32) -> PictureBox {
        PictureBox {
            format: PixelFormat::Rgba,
            width,
            height,
        }
    }

    #[test]
    fn pictures_keep_their_shape_inside_the_box() {
        let size = |sequence: SequenceFormat, wanted| {
            let look = Look::fit(&sequence, wanted);
            (look.width, look.height)
        };
        let square = (1, 1);
        assert_eq!(
            size(sequence(1920, 1080, square, 0), boxed(960, 960)),
            (960, 540)
        );
        assert_eq!(
            size(sequence(1920, 1080, square, 0), boxed(4000, 270)),
            (480, 270)
        );
        assert_eq!(
            size(sequence(640, 360, square, 0), boxed(4000, 4000)),
            (640, 360)
        );
        assert_eq!(
            size(sequence(1920, 1080, square, 90), boxed(1000, 960)),
            (540, 960)
        );
        assert_eq!(
            size(sequence(720, 576, (16, 11), 0), boxed(5000, 576)),
            (1046, 576)
        );
        assert_eq!(size(sequence(1920, 1080, square, 0), boxed(0, 0)), (2, 2));
    }

    fn key(unit: usize) -> PictureKey {
        PictureKey {
            object_id: "object".into(),
            unit,
            bordered: false,
            look: Look {
                format: PixelFormat::Rgba,
                width: 2,
                height: 2,
            },
        }
    }

    fn pixels() -> Pixels {
        Pixels {
            strides: [8, 0],
            matrix: 0,
            full_range: true,
            data: Bytes::from_static(&[0; 16]),
        }
    }

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let mut cache = Cache::new(3 * 16);
        for unit in 0..3 {
            cache.insert(key(unit), pixels());
        }
        assert!(cache.touch(&key(0)));
        cache.insert(key(3), pixels());
        let held: Vec<bool> = (0..4).map(|unit| cache.has(&key(unit))).collect();
        assert_eq!(held, [true, false, true, true]);
        assert_eq!(cache.bytes, 3 * 16);
        cache.insert(key(3), pixels());
        assert_eq!(cache.bytes, 3 * 16, "the same picture again takes no room");
        assert!(!cache.touch(&key(1)));
    }
}
