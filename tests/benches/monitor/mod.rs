//! What benches of monitors share: the file they show, and a preview of it.

use conform::{Clip, CutPlan, Edit, Options, Source};
use media::{
    MediaError, MediaObject, ObjectSource, PictureBox, PixelFormat, Preview, PreviewOptions, Sound,
    index_file,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tests::media::{MediaSpec, Rate, generate};
use tokio_util::sync::CancellationToken;

pub(crate) const RATE: u32 = 30;
pub(crate) const GOP: u32 = 60;
pub(crate) const FRAMES: u32 = RATE * 60;
/// The size of a monitor.
pub(crate) const SHOWN: (u32, u32) = (960, 540);

/// A minute of 1080p with key frames two seconds apart and three B pictures.
pub(crate) fn file() -> PathBuf {
    generate(&MediaSpec {
        width: 1920,
        height: 1080,
        rate: Rate::new(RATE, 1),
        frames: FRAMES,
        gop: GOP,
        bframes: 3,
        ..MediaSpec::hd(2)
    })
}

/// There is one object, whatever it is called.
struct Only(MediaObject);

impl ObjectSource for Only {
    fn object(&self, _: &str) -> Result<MediaObject, MediaError> {
        Ok(self.0.clone())
    }
}

/// A monitor of a file, in RGBA.
pub(crate) fn preview(file: &Path, sound: Sound) -> Preview {
    let index = index_file(file, &CancellationToken::new(), &mut |_, _| {});
    let index = Arc::new(index.expect("the file was just made"));
    let preview = Preview::new(PreviewOptions {
        cache_bytes: 192 << 20,
        sound,
    });
    let preview = preview.expect("GStreamer is here");
    preview.show(PictureBox {
        format: PixelFormat::Rgba,
        width: SHOWN.0,
        height: SHOWN.1,
    });
    let object = MediaObject::here(file.to_owned(), Arc::clone(&index));
    preview.load(Arc::new(plan(index)), Arc::new(Only(object)), 1, 0);
    preview
}

fn plan(index: Arc<conform::MediaIndex>) -> CutPlan {
    let clip = Clip {
        label: "take".to_owned(),
        source: Arc::new(Source::file("take".to_owned(), index)),
        mark_in: None,
        mark_out: None,
    };
    let planned = conform::conform(&Edit::of([clip]), &Options::default());
    planned.expect("a clip of a file").0
}
