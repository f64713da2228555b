//! A monitor shows the frame it says it shows: over clips whose every frame carries its number.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod hearing;
mod mixing;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use conform::{Clip, CutPlan, Edit, Mark, Options, Seconds, Source, SpanKind, VideoSpan};
use media::{
    MediaError, MediaObject, ObjectSource, PictureBox, PixelFormat, Preview, PreviewFrame,
    PreviewOptions, PreviewStatus, Sound, Stretch, index_file, peaks, thumbnail,
};
use mediatime::{RationalTime, Timestamp};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Two cores that others use as well can be slow; what hangs never comes.
const LONG: Duration = Duration::from_secs(30);

const FRAMES: u64 = 180;

/// Frame number in the upper half, clip in the lower one: eight cells each, the lowest bit first.
fn make(folder: &Path, name: &str, clip: u8, video: &[&str]) -> PathBuf {
    make_with(folder, name, clip, video, "sine=f=440:r=48000:d=6")
}

fn make_with(folder: &Path, name: &str, clip: u8, video: &[&str], tone: &str) -> PathBuf {
    let out = folder.join(name);
    let cells = format!(
        "color=s=320x180:r=30:d=6,format=gray,geq=lum='if(mod(floor(if(lt(Y,H/2),N,{clip})\
         /pow(2,floor(X*8/W))),2),235,16)',format=yuv420p"
    );
    let made = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-y"])
        .args(["-f", "lavfi", "-i", &cells, "-f", "lavfi", "-i", tone])
        .args([
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-sc_threshold",
            "0",
        ])
        .args(video)
        .args(["-c:a", "aac", "-ac", "2"])
        .arg(&out)
        .output()
        .expect("ffmpeg is needed: install it");
    let log = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "ffmpeg: {log}");
    out
}

/// Clip 1: GOPs of 60 with B-frames. Clip 2: GOPs of 12 without.
fn footage() -> &'static [MediaObject; 2] {
    static MADE: OnceLock<(TempDir, [MediaObject; 2])> = OnceLock::new();
    let (_, objects) = MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let one = make(folder.path(), "one.mp4", 1, &["-g", "60", "-bf", "3"]);
        let two = make(folder.path(), "two.mp4", 2, &["-g", "12", "-bf", "0"]);
        let objects = [one, two].map(object);
        (folder, objects)
    });
    objects
}

fn object(path: PathBuf) -> MediaObject {
    let index = index_file(&path, &CancellationToken::new(), &mut |_, _| {}).unwrap();
    MediaObject::here(path, Arc::new(index))
}

/// Objects are called `1` and `2`; everything else is not there.
struct Shelf;

impl ObjectSource for Shelf {
    fn object(&self, object_id: &str) -> Result<MediaObject, MediaError> {
        match object_id {
            "1" => Ok(footage()[0].clone()),
            "2" => Ok(footage()[1].clone()),
            _ => Err(MediaError::MissingObject {
                object: object_id.to_owned(),
            }),
        }
    }
}

/// There is one object, whatever it is called.
struct Only(MediaObject);

impl ObjectSource for Only {
    fn object(&self, _: &str) -> Result<MediaObject, MediaError> {
        Ok(self.0.clone())
    }
}

/// A plan of clips: which one, first frame, first frame behind.
fn plan(clips: &[(u8, i64, i64)]) -> CutPlan {
    plan_of(&edit(clips))
}

fn edit(clips: &[(u8, i64, i64)]) -> Edit {
    let clips = clips.iter().map(|(clip, mark_in, mark_out)| {
        let object = &footage()[usize::from(clip - 1)];
        Clip {
            label: clip.to_string(),
            source: Arc::new(Source::file(clip.to_string(), Arc::clone(&object.index))),
            mark_in: Some(Mark::Frame(*mark_in)),
            mark_out: Some(Mark::Frame(*mark_out)),
        }
    });
    Edit::of(clips)
}

fn plan_of(edit: &Edit) -> CutPlan {
    let options = Options {
        encoders: conform::Encoders::H264,
        codec: None,
        ..Options::default()
    };
    conform::conform(edit, &options).unwrap().0
}

fn boxed(format: PixelFormat, width: u32, height: u32) -> PictureBox {
    PictureBox {
        format,
        width,
        height,
    }
}

struct Monitor {
    preview: Preview,
    frames: watch::Receiver<Option<Arc<PreviewFrame>>>,
    status: watch::Receiver<PreviewStatus>,
    runtime: Runtime,
}

impl Monitor {
    fn with(plan: CutPlan, sound: Sound, frame: u64) -> Self {
        let preview = Preview::new(PreviewOptions {
            cache_bytes: 64 << 20,
            sound,
        })
        .unwrap();
        preview.show(boxed(PixelFormat::Rgba, 320, 180));
        preview.load(Arc::new(plan), Arc::new(Shelf), 7, frame);
        Self {
            frames: preview.frames(),
            status: preview.status(),
            preview,
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .build()
                .unwrap(),
        }
    }

    fn new(plan: CutPlan) -> Self {
        Self::with(plan, Sound::Clock, 0)
    }

    /// The first picture that is as wanted, and all that came before it.
    fn until(&mut self, mut wanted: impl FnMut(&PreviewFrame) -> bool) -> Vec<Arc<PreviewFrame>> {
        let frames = &mut self.frames;
        let mut seen: Vec<Arc<PreviewFrame>> = Vec::new();
        let status = self.status.clone();
        let look = async {
            loop {
                let frame = frames.borrow_and_update().clone();
                if let Some(frame) = frame
                    && seen.last().is_none_or(|last| last.seq != frame.seq)
                {
                    seen.push(Arc::clone(&frame));
                    if wanted(&frame) {
                        return;
                    }
                }
                frames.changed().await.unwrap();
            }
        };
        let found = self
            .runtime
            .block_on(async { tokio::time::timeout(LONG, look).await });
        assert!(found.is_ok(), "it never came: {:?}", status.borrow());
        seen
    }

    /// The exact picture of a frame.
    fn shows(&mut self, frame: u64) -> Arc<PreviewFrame> {
        let seen = self.until(|found| found.exact && found.frame == frame);
        Arc::clone(seen.last().unwrap())
    }

    fn tells(&mut self, wanted: impl Fn(&PreviewStatus) -> bool) -> PreviewStatus {
        let status = &mut self.status;
        let told = self.runtime.block_on(async {
            let told = tokio::time::timeout(LONG, status.wait_for(|status| wanted(status))).await;
            told.map(|status| status.unwrap().clone())
        });
        told.unwrap_or_else(|_| panic!("it was never told: {:?}", self.status.borrow()))
    }
}

/// What is written in a picture: clip and frame number.
fn read(frame: &PreviewFrame) -> (u8, u64) {
    let (width, height) = (frame.width as usize, frame.height as usize);
    let decoded;
    let (data, stride, pixel): (&[u8], usize, usize) = match frame.format {
        PixelFormat::Rgba => (&frame.data, frame.strides[0] as usize, 4),
        PixelFormat::I420 => (&frame.data, frame.strides[0] as usize, 1),
        PixelFormat::Jpeg => {
            decoded = image::load_from_memory(&frame.data).unwrap().to_luma8();
            (decoded.as_raw(), width, 1)
        }
    };
    let bits = |y: usize| {
        (0..8).fold(0_u64, |number, bit| {
            let x = (bit * 2 + 1) * width / 16;
            number | u64::from(data[y * stride + x * pixel] > 128) << bit
        })
    };
    (bits(height * 3 / 4) as u8, bits(height / 4))
}

#[test]
fn fifty_seeks_show_exactly_the_frame_asked_for() {
    let mut monitor = Monitor::new(plan(&[(1, 0, FRAMES as i64)]));
    assert_eq!(read(&monitor.shows(0)), (1, 0));
    let mut random = 12_345_u64;
    for _ in 0..50 {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let frame = (random >> 33) % FRAMES;
        monitor.preview.seek(frame);
        let shown = monitor.shows(frame);
        assert_eq!(read(&shown), (1, frame));
        assert_eq!(shown.generation, 7);
        assert!(!shown.playing);
        let begins = Timestamp::from_nanos(i128::from(frame) * 1_000_000_000 / 30).unwrap();
        assert_eq!(shown.at, begins);
    }
    monitor.preview.seek(u64::MAX);
    assert_eq!(read(&monitor.shows(FRAMES - 1)), (1, FRAMES - 1));
}

#[test]
fn stepping_goes_frame_by_frame_through_gops_both_ways() {
    let mut monitor = Monitor::new(plan(&[(1, 0, FRAMES as i64)]));
    monitor.preview.seek(64);
    assert_eq!(read(&monitor.shows(64)), (1, 64));
    for frame in (54..64).rev() {
        monitor.preview.step(-1);
        assert_eq!(read(&monitor.shows(frame)), (1, frame));
    }
    for frame in 55..66 {
        monitor.preview.step(1);
        assert_eq!(read(&monitor.shows(frame)), (1, frame));
    }
    monitor.preview.step(-1000);
    assert_eq!(read(&monitor.shows(0)), (1, 0));
}

#[test]
fn scrubbing_ends_on_the_exact_frame_and_stand_ins_say_what_they_are() {
    let mut monitor = Monitor::new(plan(&[(1, 0, FRAMES as i64)]));
    monitor.shows(0);
    for frame in (3..175).step_by(4) {
        monitor.preview.scrub(frame);
    }
    monitor.preview.scrub(175);
    let seen = monitor.until(|frame| frame.exact && frame.frame == 175);
    for frame in &seen {
        assert_eq!(read(frame), (1, frame.frame), "exact: {}", frame.exact);
        assert!(frame.exact || frame.frame % 60 == 0);
    }
    monitor.preview.scrub(58);
    let seen = monitor.until(|frame| frame.exact && frame.frame == 58);
    let stand_in = seen.iter().find(|frame| !frame.exact).unwrap();
    assert_eq!((stand_in.frame, read(stand_in)), (0, (1, 0)));
}

#[test]
fn playing_shows_frames_in_order_and_stops_on_the_last_one() {
    let mut monitor = Monitor::new(plan(&[(1, 30, 120)]));
    monitor.shows(0);
    monitor.preview.seek(20);
    monitor.shows(20);
    let begun = Instant::now();
    monitor.preview.play(1);
    let seen = monitor.until(|frame| frame.frame == 89);
    for frame in &seen {
        assert_eq!(read(frame), (1, frame.frame + 30));
    }
    let numbers: Vec<u64> = seen.iter().map(|frame| frame.frame).collect();
    assert!(
        numbers.windows(2).all(|pair| pair[0] < pair[1]),
        "{numbers:?}"
    );
    assert_eq!(numbers[0], 20);
    assert!(numbers.len() > 10, "{numbers:?}");
    assert!(
        begun.elapsed() > Duration::from_millis(2200),
        "it is played in time"
    );
    assert!(seen.iter().skip(1).rev().skip(1).all(|frame| frame.playing));
    let status = monitor.tells(|status| status.rate == 0);
    assert_eq!((status.frame, status.frames, status.ended), (89, 90, true));
    assert_eq!(status.decode, "libav → RGBA 320×180");
    assert!(status.problem.is_none(), "{status:?}");
    // From the end it begins again.
    monitor.preview.play(1);
    let seen = monitor.until(|frame| frame.frame < 80);
    assert_eq!(
        read(seen.last().unwrap()).1,
        seen.last().unwrap().frame + 30
    );
    monitor.preview.pause();
    assert!(!monitor.tells(|status| status.rate == 0).ended);
}

#[test]
fn a_joint_is_played_from_one_clip_into_the_next() {
    let mut monitor = Monitor::new(plan(&[(1, 50, 70), (2, 5, 30), (1, 100, 110)]));
    monitor.shows(0);
    monitor.preview.play(1);
    for frame in monitor.until(|frame| frame.frame == 54) {
        let wanted = match frame.frame {
            before @ 0..20 => (1, before + 50),
            second @ 20..45 => (2, second - 20 + 5),
            third => (1, third - 45 + 100),
        };
        assert_eq!(read(&frame), wanted, "frame {}", frame.frame);
    }
    for (frame, wanted) in [(19, (1, 69)), (20, (2, 5)), (44, (2, 29)), (45, (1, 100))] {
        monitor.preview.seek(frame);
        assert_eq!(read(&monitor.shows(frame)), wanted);
    }
}

#[test]
fn playing_backwards_goes_to_the_first_frame() {
    let mut monitor = Monitor::with(plan(&[(1, 40, 130)]), Sound::Clock, 85);
    monitor.shows(85);
    monitor.preview.play(-1);
    let seen = monitor.until(|frame| frame.frame == 0);
    let numbers: Vec<u64> = seen.iter().map(|frame| frame.frame).collect();
    assert!(
        numbers.windows(2).all(|pair| pair[0] > pair[1]),
        "{numbers:?}"
    );
    assert!(numbers.len() > 10, "{numbers:?}");
    for frame in &seen {
        assert_eq!(read(frame), (1, frame.frame + 40));
    }
    let status = monitor.tells(|status| status.rate == 0);
    assert_eq!((status.frame, status.ended), (0, false));
}

#[test]
fn fast_playing_leaves_frames_out_but_never_misnumbers_one() {
    for rate in [8, -8] {
        let (from, to) = if rate > 0 { (0, 179) } else { (179, 0) };
        let mut monitor = Monitor::with(plan(&[(1, 0, FRAMES as i64)]), Sound::Clock, from);
        monitor.shows(from);
        monitor.preview.play(rate);
        for frame in monitor.until(|frame| frame.frame == to) {
            assert_eq!(read(&frame), (1, frame.frame), "rate {rate}");
        }
        monitor.tells(|status| status.rate == 0);
    }
}

#[test]
fn another_size_or_format_brings_the_frame_again() {
    let mut monitor = Monitor::with(plan(&[(2, 0, 60)]), Sound::Clock, 33);
    monitor.shows(33);
    for (format, wanted, size) in [
        (PixelFormat::I420, (320, 180), (320, 180)),
        (PixelFormat::Jpeg, (320, 180), (320, 180)),
        (PixelFormat::Rgba, (160, 400), (160, 90)),
        (PixelFormat::Jpeg, (400, 120), (212, 120)),
        (PixelFormat::I420, (5000, 5000), (320, 180)),
    ] {
        monitor.preview.show(boxed(format, wanted.0, wanted.1));
        let seen = monitor.until(|frame| {
            frame.format == format && (frame.width, frame.height) == size && frame.exact
        });
        let frame = seen.last().unwrap();
        assert_eq!(
            (frame.frame, read(frame)),
            (33, (2, 33)),
            "{format:?} {size:?}"
        );
        let bytes = (frame.width * frame.height) as usize;
        match format {
            PixelFormat::Rgba => assert_eq!(frame.data.len(), bytes * 4),
            PixelFormat::I420 => assert_eq!(frame.data.len(), bytes * 3 / 2),
            PixelFormat::Jpeg => assert!(frame.data.starts_with(&[0xff, 0xd8])),
        }
    }
}

#[test]
fn clips_of_another_shape_get_borders() {
    let folder = tempfile::tempdir().unwrap();
    let tall = make(
        folder.path(),
        "tall.mp4",
        3,
        &["-g", "12", "-vf", "scale=180:320,setsar=1"],
    );
    let tall = object(tall);
    let source = Arc::new(Source::file("tall".to_owned(), Arc::clone(&tall.index)));
    let wide = Arc::new(Source::file(
        "1".to_owned(),
        Arc::clone(&footage()[0].index),
    ));
    let clip = |source: &Arc<Source>| Clip {
        label: "clip".to_owned(),
        source: Arc::clone(source),
        mark_in: Some(Mark::Frame(20)),
        mark_out: Some(Mark::Frame(40)),
    };
    let edit = Edit::of([clip(&wide), clip(&source)]);
    let (plan, _) = conform::conform(&edit, &Options::default()).unwrap();
    struct Tall(MediaObject);
    impl ObjectSource for Tall {
        fn object(&self, object_id: &str) -> Result<MediaObject, MediaError> {
            match object_id {
                "tall" => Ok(self.0.clone()),
                other => Shelf.object(other),
            }
        }
    }
    let mut monitor = Monitor::new(plan.clone());
    monitor
        .preview
        .load(Arc::new(plan), Arc::new(Tall(tall)), 8, 30);
    let seen = monitor.until(|frame| frame.generation == 8 && frame.exact);
    let frame = seen.last().unwrap();
    assert_eq!((frame.width, frame.height), (320, 180));
    // Its picture is 101 wide in the middle; number 30 has the bits 1 to 4.
    let red = |x: usize| frame.data[45 * frame.strides[0] as usize + x * 4];
    assert!(red(20) < 8 && red(300) < 8);
    assert!(red(110 + 12 + 6) > 200, "bit 1 of frame 30");
    assert!(red(110 + 6) < 40, "bit 0 of frame 30");
}

#[test]
fn where_a_plan_has_no_pictures_it_is_black() {
    let mut plan = plan(&[(1, 0, 10)]);
    plan.frames += 5;
    plan.duration = Timestamp::from_nanos(500_000_000).unwrap();
    plan.video.push(VideoSpan {
        kind: SpanKind::Fill,
        at: Timestamp::from_nanos(333_333_333).unwrap(),
        frames: 5,
        sources: Vec::new(),
        reason: String::new(),
        bytes: 0,
        seconds: Seconds::default(),
    });
    let mut monitor = Monitor::new(plan);
    monitor.shows(0);
    monitor.preview.seek(12);
    let frame = monitor.shows(12);
    assert_eq!(frame.data.len(), 320 * 180 * 4);
    assert!(frame.data.chunks(4).all(|pixel| pixel == [0, 0, 0, 255]));
    for format in [PixelFormat::I420, PixelFormat::Jpeg] {
        monitor.preview.show(boxed(format, 320, 180));
        let seen = monitor.until(|frame| frame.format == format);
        assert_eq!(read(seen.last().unwrap()), (0, 0));
    }
    monitor.preview.play(-1);
    monitor.preview.show(boxed(PixelFormat::Rgba, 320, 180));
    let seen = monitor.until(|frame| frame.frame == 0 && frame.exact);
    assert_eq!(read(seen.last().unwrap()), (1, 0));
}

#[test]
fn what_is_missing_is_a_problem_of_its_frames_only() {
    let mut plan = plan(&[(1, 0, 30), (2, 0, 24), (1, 60, 90)]);
    for span in &mut plan.video {
        for piece in &mut span.sources {
            if piece.object_id == "2" {
                "gone".clone_into(&mut piece.object_id);
            }
        }
    }
    let mut monitor = Monitor::with(plan, Sound::Clock, 10);
    monitor.shows(10);
    monitor.preview.seek(40);
    let status = monitor.tells(|status| status.problem.is_some());
    assert_eq!(status.frame, 40);
    assert!(status.problem.unwrap().to_string().contains("gone"));
    monitor.preview.seek(60);
    assert_eq!(read(&monitor.shows(60)), (1, 66));
    assert!(monitor.tells(|status| status.frame == 60).problem.is_none());
    monitor.preview.seek(15);
    monitor.shows(15);
    monitor.preview.play(1);
    let status = monitor.tells(|status| status.rate == 0 && status.problem.is_some());
    assert_eq!((status.frame, status.ended), (30, false));
}

#[test]
fn a_file_that_is_cut_off_under_us_is_named_with_the_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("short.mp4");
    std::fs::copy(footage()[1].path().unwrap(), &path).unwrap();
    let short = object(path.clone());
    std::fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .and_then(|file| file.set_len(40_000))
        .unwrap();
    let mut monitor = Monitor::new(plan(&[(2, 0, 150)]));
    monitor.shows(0);
    monitor.preview.load(
        Arc::new(plan(&[(1, 0, 150)])),
        Arc::new(Only(short)),
        9,
        100,
    );
    let status = monitor.tells(|status| status.generation == 9 && status.problem.is_some());
    let problem = status.problem.unwrap().to_string();
    assert!(
        problem.contains('1') && problem.contains("at 3."),
        "{problem}"
    );
}

#[test]
fn sound_is_measured_and_times_the_pictures() {
    let mut monitor = Monitor::with(plan(&[(1, 10, 40), (2, 10, 40)]), Sound::Device, 0);
    monitor.shows(0);
    let begun = Instant::now();
    monitor.preview.play(1);
    let seen = monitor.until(|frame| frame.frame == 59);
    assert!(begun.elapsed() > Duration::from_millis(1800));
    let levels: Vec<[i16; 2]> = seen.iter().filter_map(|frame| frame.levels).collect();
    assert!(levels.len() > 5, "{levels:?}");
    // A tone of an eighth of full scale.
    for level in levels.get(2..levels.len() - 2).unwrap().iter().flatten() {
        assert!((-260..-180).contains(level), "{levels:?}");
    }
    assert!(monitor.tells(|status| status.rate == 0).problem.is_none());
}

#[test]
fn sound_is_that_of_the_pictures_from_wherever_play_begins() {
    let folder = tempfile::tempdir().unwrap();
    let tone = "aevalsrc='if(gte(t,3),0.5*sin(2*PI*440*t),0)':s=48000:d=6";
    let late = make_with(folder.path(), "late.mp4", 4, &["-g", "30"], tone);
    let late = object(late);
    let source = Arc::new(Source::file("late".to_owned(), Arc::clone(&late.index)));
    let edit = Edit::of([Clip {
        label: "late".to_owned(),
        source,
        mark_in: Some(Mark::Frame(60)),
        mark_out: Some(Mark::Frame(120)),
    }]);
    let (plan, _) = conform::conform(&edit, &Options::default()).unwrap();
    let mut monitor = Monitor::with(plan.clone(), Sound::Device, 0);
    monitor
        .preview
        .load(Arc::new(plan), Arc::new(Only(late)), 8, 17);
    monitor.until(|frame| frame.generation == 8 && frame.exact);
    monitor.preview.play(1);
    let seen = monitor.until(|frame| frame.frame >= 45);
    // The tone begins with frame 30; AAC smears it by less than a frame.
    let (mut silent, mut loud) = (0, 0);
    for frame in &seen {
        let Some(levels) = frame.levels else { continue };
        match frame.frame {
            ..28 => {
                silent += 1;
                assert!(levels.iter().all(|level| *level < -400), "{levels:?}");
            }
            32.. => {
                loud += 1;
                assert!(levels.iter().all(|level| *level > -120), "{levels:?}");
            }
            _ => {}
        }
    }
    assert!(silent > 2 && loud > 2, "{silent} silent, {loud} loud");
}

#[test]
fn a_monitor_can_be_dropped_at_any_time() {
    for pause in [0, 1, 20, 200] {
        let mut monitor = Monitor::with(plan(&[(1, 0, 180)]), Sound::Device, 0);
        if pause > 1 {
            monitor.shows(0);
        }
        monitor.preview.play(1);
        let until = Instant::now() + Duration::from_millis(pause);
        monitor.until_time(until);
        let begun = Instant::now();
        drop(monitor);
        assert!(begun.elapsed() < Duration::from_secs(5), "after {pause} ms");
    }
    let monitor = Monitor::new(plan(&[(1, 0, 180)]));
    monitor.preview.clear(8);
    assert!(monitor.preview.frames().borrow().is_none());
}

impl Monitor {
    /// Takes pictures until a time.
    fn until_time(&mut self, until: Instant) {
        let frames = &mut self.frames;
        self.runtime.block_on(async {
            while tokio::time::timeout_at(until.into(), frames.changed())
                .await
                .is_ok()
            {}
        });
    }
}

#[test]
fn a_thumbnail_is_the_frame_of_its_time() {
    let cancel = CancellationToken::new();
    for frame in [0, 59, 60, 101, 179] {
        let time = RationalTime::new(frame, 30).unwrap();
        let jpeg = thumbnail(&footage()[0], "one", time, 90, &cancel).unwrap();
        let picture = image::load_from_memory(&jpeg).unwrap().to_luma8();
        assert_eq!(picture.dimensions(), (160, 90));
        let shown = (0..8).fold(0, |number, bit| {
            number | i128::from(picture.get_pixel(bit * 20 + 10, 22).0[0] > 128) << bit
        });
        assert_eq!(shown, frame);
    }
}

#[test]
fn peaks_are_those_of_the_whole_sound() {
    let cancel = CancellationToken::new();
    let peaks = peaks(&footage()[0], "one", &cancel).unwrap();
    assert_eq!((peaks.sample_rate, peaks.samples_per_bin), (48_000, 480));
    assert_eq!(peaks.channels.len(), 2);
    for channel in &peaks.channels {
        assert!((595..=610).contains(&channel.len()), "{}", channel.len());
        let middle = channel.get(10..590).unwrap();
        assert!(
            middle.iter().all(|peak| (18..28).contains(peak)),
            "{middle:?}"
        );
    }
    let stopped = CancellationToken::new();
    stopped.cancel();
    let result = media::peaks(&footage()[0], "one", &stopped);
    assert!(matches!(result, Err(MediaError::Cancelled)));
}

#[test]
fn a_stretch_is_played_once_or_again_and_again() {
    let mut monitor = Monitor::new(plan(&[(1, 50, 70), (2, 5, 30)]));
    monitor.shows(0);
    let stretch = |repeat, rest| Stretch {
        first: 12,
        end: 24,
        repeat,
        rest,
    };
    // Around the joint, and back to where it was.
    monitor.preview.play_between(stretch(false, Some(20)));
    let seen = monitor.until(|frame| frame.frame == 20 && !frame.playing);
    let played = seen.iter().filter(|frame| frame.playing);
    let played: Vec<u64> = played.map(|frame| frame.frame).collect();
    assert_eq!(played.first(), Some(&12));
    assert!(
        played.iter().all(|frame| (12..24).contains(frame)),
        "{played:?}"
    );
    assert!(
        played.windows(2).all(|pair| pair[0] < pair[1]),
        "{played:?}"
    );
    let status = monitor.tells(|status| status.rate == 0);
    assert_eq!((status.frame, status.ended), (20, false));

    monitor.preview.play_between(stretch(true, None));
    assert!(monitor.tells(|status| status.rate == 1).repeats);
    let mut wraps = 0;
    let mut before = 0;
    monitor.until(|frame| {
        assert!(
            !frame.playing || (12..24).contains(&frame.frame),
            "{}",
            frame.frame
        );
        wraps += u32::from(frame.frame < before);
        before = frame.frame;
        wraps == 3
    });
    // Normal speed goes on from there, behind the end.
    monitor.preview.play(1);
    assert!(!monitor.tells(|status| status.rate == 1).repeats);
    monitor.until(|frame| frame.frame > 30);
    // Nothing is played of nothing.
    monitor.preview.pause();
    monitor.preview.play_between(Stretch {
        first: 45,
        end: 99,
        repeat: true,
        rest: None,
    });
    assert_eq!(monitor.tells(|status| status.rate == 0).rate, 0);
}

#[test]
fn sound_at_twice_the_speed_times_the_pictures() {
    let mut monitor = Monitor::with(plan(&[(1, 0, 150)]), Sound::Device, 0);
    monitor.shows(0);
    monitor.preview.play(2);
    let mut begun = None;
    let seen = monitor.until(|frame| {
        if frame.playing {
            begun.get_or_insert_with(Instant::now);
        }
        frame.frame == 149
    });
    let took = begun.unwrap().elapsed();
    assert!(
        (Duration::from_millis(2100)..Duration::from_millis(3600)).contains(&took),
        "{took:?}"
    );
    let levels = seen.iter().filter_map(|frame| frame.levels).count();
    assert!(levels > 5, "{levels}");
    let status = monitor.tells(|status| status.rate == 0);
    assert!(
        status.problem.is_none() && status.sound_problem.is_none(),
        "{status:?}"
    );
}
