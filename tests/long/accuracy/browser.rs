//! Outputs of a sample of cells, played from the first frame to the last in Chromium.

use std::collections::HashMap;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tests::accuracy::judge::{Part, compile_into};
use tests::accuracy::material::{Material, at_rate, in_container, reordered};
use tests::chromium;
use tests::media::{Container, MediaSpec, read_rgba};
use tests::stringout::Stringout;

use crate::cells::{Tally, WAYS, clips, compiled, cuts};

/// The longest output plays for twelve seconds; a busy machine takes its time to start the browser.
const LIMIT: Duration = Duration::from_secs(90);

/// Takes the first picture before anything plays, plays, takes the last one, and tells how it went.
const PAGE: &str = r#"<!doctype html><meta charset=utf-8><video muted></video><script>
const video = document.querySelector('video');
const send = (path, body) => fetch(path, { method: 'POST', body });
const end = (told) => send('/end', JSON.stringify(told));
const picture = () => {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0);
  return context.getImageData(0, 0, canvas.width, canvas.height).data;
};
video.onerror = () => end({ error: video.error.message });
video.onended = async () => {
  await send('/last', picture());
  const { totalVideoFrames, corruptedVideoFrames } = video.getVideoPlaybackQuality();
  await end({
    frames: totalVideoFrames,
    corrupted: corruptedVideoFrames,
    time: video.currentTime,
    duration: video.duration,
    size: [video.videoWidth, video.videoHeight],
  });
};
video.requestVideoFrameCallback(async () => {
  await send('/first', picture());
  video.play().catch((error) => end({ error: String(error) }));
});
video.src = '/video';
</script>"#;

/// What the page sent, by the path it sent it to.
type Sent = (String, Vec<u8>);

/// Answers one request: the page, a range of the video, or thanks for what was sent.
fn answer(stream: TcpStream, video: &[u8], sent: &Sender<Sent>) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut fields = HashMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        fields.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let mut out = stream;
    let mut reply = |status: &str, fields: &str, body: &[u8]| {
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{fields}\r\n"
        );
        out.write_all(head.as_bytes())?;
        out.write_all(body)
    };
    match path.as_str() {
        "/" => reply("200 OK", "content-type: text/html\r\n", PAGE.as_bytes()),
        "/video" => {
            let range = fields.get("range").map_or("bytes=0-", String::as_str);
            let (from, to) = range.trim_start_matches("bytes=").split_once('-').unwrap();
            let (from, total) = (from.parse().unwrap_or(0), video.len());
            let to = to
                .parse()
                .map_or(total, |last: usize| (last + 1).min(total));
            let part = format!(
                "content-type: video/mp4\r\naccept-ranges: bytes\r\ncontent-range: bytes {from}-{}/{total}\r\n",
                to - 1
            );
            reply("206 Partial Content", &part, &video[from..to])
        }
        "/favicon.ico" => reply("404 Not Found", "", b""),
        _ => {
            let length = fields
                .get("content-length")
                .and_then(|text| text.parse().ok());
            let mut body = vec![0; length.unwrap_or(0)];
            reader.read_exact(&mut body)?;
            // Nobody listens any more once the end was told.
            let _ = sent.send((path, body));
            reply("204 No Content", "", b"")
        }
    }
}

/// A browser, ended when dropped.
struct Browser(Child);

impl Browser {
    fn open(address: &str, profile: &Path) -> Self {
        let mut command = Command::new(chromium::find());
        command.args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--mute-audio",
            "--no-first-run",
            "--no-proxy-server",
            "--autoplay-policy=no-user-gesture-required",
        ]);
        command.arg(format!("--user-data-dir={}", profile.display()));
        let quiet = command
            .arg(address)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        Self(quiet.stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Plays a file; the answer is what the page sent, by its name.
fn play(file: &Path) -> Result<HashMap<String, Vec<u8>>, String> {
    let video = fs::read(file).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let (sender, sent) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let (video, sender) = (video.clone(), sender.clone());
            // A browser that is ended breaks connections off.
            thread::spawn(move || answer(stream, &video, &sender));
        }
    });
    let profile = tempfile::tempdir().unwrap();
    let _browser = Browser::open(&address, profile.path());
    let mut told = HashMap::new();
    while !told.contains_key("/end") {
        let (path, body) = sent
            .recv_timeout(LIMIT)
            .map_err(|_| format!("Chromium said nothing for {LIMIT:?} but {:?}", told.keys()))?;
        told.insert(path, body);
    }
    Ok(told)
}

/// What is wrong with an output of these parts when Chromium plays it.
fn judge(parts: &[Part<'_>], file: &Path) -> Result<(), String> {
    let told = play(file)?;
    let end: Value = serde_json::from_slice(&told["/end"]).unwrap();
    let count: u32 = parts.iter().map(|part| part.to - part.from).sum();
    let at = |key: &str| end[key].as_f64().unwrap_or(f64::NAN);
    let whole = (at("time") - at("duration")).abs() < 0.05;
    if end["frames"] != count || end["corrupted"] != 0 || !whole {
        return Err(format!("{count} frames to play: {end}"));
    }
    let size = |nth: usize| u32::try_from(end["size"][nth].as_u64().unwrap()).unwrap();
    let (first, last) = (parts[0], parts[parts.len() - 1]);
    for (path, part, number) in [("/first", first, first.from), ("/last", last, last.to - 1)] {
        let code = told
            .get(path)
            .and_then(|rgba| read_rgba(rgba, size(0), size(1)));
        let wanted = (part.material.spec.clip, number + part.material.first);
        let found = code.map(|code| (code.clip, code.number));
        if found != Some(wanted) {
            return Err(format!("{path} shows {found:?} instead of {wanted:?}"));
        }
    }
    Ok(())
}

#[test]
fn outputs_play_to_their_end() {
    let media = [
        Material::of(reordered(41)),
        Material::of(in_container(42, Container::Ts)),
        Material::of(in_container(43, Container::Mp4Fragmented)),
        Material::of(at_rate(44, 30_000, 1001)),
        Material::of(at_rate(45, 50, 1)),
        Material::of(MediaSpec {
            durations: vec![3000, 3000, 6000, 1500],
            ..reordered(46)
        }),
        Material::with_edit_list(47),
    ];
    let mut tally = Tally::of("in Chromium");
    for (nth, material) in media.iter().enumerate() {
        let cuts = cuts(material);
        for (other, way) in WAYS.into_iter().enumerate() {
            // Each medium in every way, each way with every cut.
            let (name, ranges) = &cuts[(nth + other) % cuts.len()];
            let ranges = ranges.iter();
            let parts: Vec<Part<'_>> = ranges
                .map(|&(from, to)| Part { material, from, to })
                .collect();
            let name = format!("{}, {name}, {way:?}", material.file.display());
            tally.judge(&name, || {
                judge(&parts, &compiled(&parts, way, "out.mp4").out)
            });
        }
        // In fragments, too.
        let (name, ranges) = &cuts[nth % cuts.len()];
        let ranges = ranges.iter();
        let parts: Vec<Part<'_>> = ranges
            .map(|&(from, to)| Part { material, from, to })
            .collect();
        let name = format!("{}, {name}, in fragments", material.file.display());
        tally.judge(&name, || {
            let arguments = ["--encoder", "x264enc", "--format", "fmp4"];
            let made = compile_into("out.mp4", &Stringout::new(), &clips(&parts), &arguments);
            judge(&parts, &made.out)
        });
    }
    tally.end();
}
