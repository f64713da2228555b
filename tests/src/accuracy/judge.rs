//! Compiles a cut and judges what came out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::check::{self, Checked, Options, Packet, check_with, packets};
use crate::media::{Container, MediaSpec, VideoCodec};
use crate::stringout::Stringout;
use serde_json::Value;

use super::cuts::Cut;
use super::material::Material;
use super::pictures::{entry_messages, picture_hashes_of};

/// A compiled cut.
#[derive(Debug)]
pub struct Compiled {
    /// The file.
    pub out: PathBuf,
    /// What the command answered.
    pub answer: Value,
    /// The report it wrote.
    pub report: Value,
    _folder: tempfile::TempDir,
}

/// Compiles clips with further arguments, in no workspace.
pub fn compile(clips: &[String], more: &[&str]) -> Compiled {
    compile_with(&Stringout::new(), clips, more)
}

/// As [`compile`], with a runner of the test's own.
pub fn compile_with(stringout: &Stringout, clips: &[String], more: &[&str]) -> Compiled {
    compile_into("out.mp4", stringout, clips, more)
}

/// As [`compile_with`], into a file of this name.
pub fn compile_into(
    name: &str,
    stringout: &Stringout,
    clips: &[String],
    more: &[&str],
) -> Compiled {
    let folder = tempfile::tempdir().unwrap();
    let (out, report) = (folder.path().join(name), folder.path().join("out.json"));
    let mut args = vec!["compile".to_owned()];
    args.extend_from_slice(clips);
    args.extend(more.iter().map(|&arg| arg.to_owned()));
    for (name, path) in [("--out", &out), ("--report", &report)] {
        args.extend([name.to_owned(), path.display().to_string()]);
    }
    let answer = stringout.json(args);
    let report = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    Compiled {
        out,
        answer,
        report,
        _folder: folder,
    }
}

impl Compiled {
    /// Looks at it, with the specifications of what is in it.
    pub fn look(&self, specs: &[&MediaSpec]) -> Checked {
        let sources = specs.iter().map(|&spec| spec.clone()).collect();
        check_with(
            &self.out,
            &Options {
                sources,
                ..Options::default()
            },
        )
    }

    /// The kinds of the plan's video spans, with their frames.
    pub fn spans(&self) -> Vec<(String, u64)> {
        let spans = self.report["plan"]["video"].as_array().unwrap();
        let span = |span: &Value| {
            let kind = span["kind"].as_str().unwrap().to_owned();
            (kind, span["frames"].as_u64().unwrap())
        };
        spans.iter().map(span).collect()
    }
}

/// Frames of a medium, counted as it shows them, in an output.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// Where they are from.
    pub material: &'a Material,
    /// The first…
    pub from: u32,
    /// …and the one behind the last.
    pub to: u32,
}

impl Part<'_> {
    fn len(&self) -> u32 {
        self.to - self.from
    }

    /// How long its first `frames` frames last, in seconds.
    fn seconds(&self, frames: u32) -> f64 {
        let first = self.from + self.material.first;
        self.material.spec.time_of(first + frames) - self.material.spec.time_of(first)
    }
}

/// How much of an output has to be copied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Copied {
    /// All that [`Material::copyable`] counts.
    WholeGops,
    /// Nothing.
    Nothing,
    /// What the plan says.
    AsPlanned,
}

/// Compiles `cut` of `material`, and says what is wrong with the outcome.
///
/// # Errors
/// What is wrong.
pub fn judge(material: &Material, cut: &Cut) -> Result<(), String> {
    let reference = material.file.display().to_string();
    let compiled = compile(&cut.arguments(&reference), &[]);
    judge_compiled(material, cut, &compiled)
}

/// What is wrong with a compiled cut, whose clips must not continue one another.
///
/// # Errors
/// What is wrong.
pub fn judge_compiled(material: &Material, cut: &Cut, compiled: &Compiled) -> Result<(), String> {
    let ranges = cut.frames(material).into_iter();
    let parts: Vec<Part<'_>> = ranges
        .map(|(from, to)| Part { material, from, to })
        .collect();
    judge_parts(&parts, Copied::WholeGops, compiled)
}

/// What is wrong with an output that has to hold these parts, all of one rate and with sound of one
/// kind, if any.
///
/// # Errors
/// What is wrong.
pub fn judge_parts(parts: &[Part<'_>], copied: Copied, compiled: &Compiled) -> Result<(), String> {
    let spec = &parts[0].material.spec;
    let count: u32 = parts.iter().map(Part::len).sum();
    let answer = &compiled.answer;
    if answer["frames"] != count || answer["verified"] != true {
        return Err(format!("{count} frames expected: {answer}"));
    }
    let specs: Vec<&MediaSpec> = parts.iter().map(|part| &part.material.spec).collect();
    let found = compiled.look(&specs);
    let numbers = parts.iter().map(|part| {
        let first = part.material.first;
        (
            part.material.spec.clip,
            part.from + first..=part.to - 1 + first,
        )
    });
    found.expect_frames(&numbers.collect::<Vec<_>>())?;
    if spec.durations.is_empty() {
        found.expect_even_pts(spec.rate)?;
    } else {
        expect_times(parts, &found)?;
    }
    found.expect_clean_decode()?;
    let seconds = parts.iter().map(|part| part.seconds(part.len())).sum();
    let suffix = compiled.out.extension().unwrap_or_default();
    // Other containers can't say that a part of what they hold is not played.
    let trims = suffix == "mp4" || suffix == "mov";
    if trims {
        expect_length(&found, seconds)?;
    }
    expect_sound(spec, seconds, trims, &found)?;
    expect_copies(parts, copied, compiled)
}

/// Where frames last differently long, each lasts as long as in its source.
fn expect_times(parts: &[Part<'_>], found: &Checked) -> Result<(), String> {
    let (mut frames, mut begins) = (found.frames.iter(), found.frames[0].at);
    for part in parts {
        for (number, frame) in (0..part.len()).zip(&mut frames) {
            let off = frame.at - begins - part.seconds(number);
            if off.abs() > 2e-5 {
                let number = part.from + number;
                return Err(format!("frame {number} of its source is {off:+.6} s off"));
            }
        }
        begins += part.seconds(part.len());
    }
    Ok(())
}

/// The file, its pictures and its sound are as long as the frames.
///
/// # Errors
/// What is longer or shorter.
pub fn expect_length(found: &Checked, seconds: f64) -> Result<(), String> {
    let near = |what: &str, length: Option<f64>, more: f64| match length {
        Some(length) if (-0.0011..more).contains(&(length - seconds)) => Ok(()),
        length => Err(format!("{what} lasts {length:?} s instead of {seconds} s")),
    };
    near("the file", found.duration, 0.0011)?;
    near("the picture", found.stream("video").seconds(), 1e-4)?;
    let Some(heard) = &found.audio else {
        return Ok(());
    };
    near("the sound", found.stream("audio").seconds(), 0.0011)?;
    // ffmpeg plays the last coded frame to its end, whatever the edit list says.
    near(
        "what is heard",
        Some(heard.seconds),
        0.0011 + 1024.0 / f64::from(heard.rate),
    )
}

fn expect_sound(
    spec: &MediaSpec,
    seconds: f64,
    trims: bool,
    found: &Checked,
) -> Result<(), String> {
    let Some(wanted) = &spec.audio else {
        return match found.audio {
            None => Ok(()),
            Some(_) => Err("there is sound where the source has none".to_owned()),
        };
    };
    let Some(heard) = &found.audio else {
        return Err("the sound is gone".to_owned());
    };
    let stream = found.stream("audio");
    if stream.codec != "aac" || stream.sound != (wanted.rate, u32::from(wanted.channels)) {
        return Err(format!("sound of another kind: {:?}", stream.sound));
    }
    if trims && heard.starts.abs() > 0.001 {
        return Err(format!("the sound starts at {} s", heard.starts));
    }
    // A few frames are too short to tell where their sound comes from.
    if seconds > 0.2 && found.runs.iter().any(|run| run.frames > 1) {
        found.expect_av_sync(10.0)?;
    }
    let joints: Vec<f64> = found.runs.iter().skip(1).map(|run| run.at).collect();
    found.expect_audio_breaks_only_at(&joints, 0.03)
}

/// Copied frames are the source's own, byte for byte, and none else is.
fn expect_copies(parts: &[Part<'_>], copied: Copied, compiled: &Compiled) -> Result<(), String> {
    let whole = |part: &Part<'_>| part.material.copyable(part.from, part.to);
    let spans = compiled.spans();
    let planned: u64 = spans
        .iter()
        .filter(|(kind, _)| kind == "copy")
        .map(|(_, frames)| frames)
        .sum();
    let wanted = match copied {
        Copied::WholeGops => parts.iter().map(whole).sum::<u32>().into(),
        Copied::Nothing => 0,
        Copied::AsPlanned => planned,
    };
    if planned != wanted {
        return Err(format!("{wanted} frames were to be copied: {spans:?}"));
    }
    // Pictures of another codec can't be those of the output.
    let codec = match compiled.report["plan"]["format"]["codec"].as_str() {
        Some("hevc") => VideoCodec::Hevc,
        _ => VideoCodec::H264,
    };
    let other = |part: &Part<'_>| part.material.spec.codec != codec;
    if planned == 0 && parts.iter().all(other) {
        return Ok(());
    }
    // A transport stream has start codes and delimiters where MP4 has lengths, and HEVC may begin anew: there
    // the pictures are compared, elsewhere all that is stored of them.
    let stream = compiled
        .out
        .extension()
        .is_some_and(|suffix| suffix == "ts");
    let mut containers = parts.iter().map(|part| part.material.spec.container);
    let by_picture = stream
        || codec == VideoCodec::Hevc
        || containers.any(|container| container == Container::Ts);
    // What any of the files says of all its pictures is no part of a picture.
    let mut told = BTreeSet::new();
    if by_picture && codec == VideoCodec::Hevc {
        let same = parts.iter().filter(|part| !other(part));
        let sources = same.map(|part| &part.material.file);
        let files: BTreeSet<&PathBuf> = sources.chain([&compiled.out]).collect();
        told.extend(files.into_iter().flat_map(|file| entry_messages(file)));
    }
    let hashes = |path: &Path| match by_picture {
        true => picture_hashes_of(path, codec, &told),
        false => shown_hashes(path),
    };
    let mut own: Vec<String> = Vec::new();
    for part in parts {
        if other(part) {
            let none = std::iter::repeat_n("of another codec".to_owned(), part.len() as usize);
            own.extend(none);
            continue;
        }
        let source = of_source(&part.material.file, (by_picture, told.clone()), hashes);
        own.extend_from_slice(&source[part.from as usize..part.to as usize]);
    }
    let output = hashes(&compiled.out);
    let mut at = 0;
    for (kind, count) in spans {
        let next = at + usize::try_from(count).unwrap();
        for place in at..next {
            let same = output[place] == own[place];
            if same != (kind == "copy") {
                let what = if same { "is" } else { "is not" };
                return Err(format!("frame {place} ({kind}) {what} the source's own"));
            }
        }
        at = next;
    }
    Ok(())
}

/// What is worked out of a source, once for all that is cut from it.
fn of_source(
    file: &Path,
    way: (bool, BTreeSet<Vec<u8>>),
    hashes: impl FnOnce(&Path) -> Vec<String>,
) -> Arc<Vec<String>> {
    type Known = BTreeMap<(PathBuf, (bool, BTreeSet<Vec<u8>>)), Arc<Vec<String>>>;
    static KNOWN: Mutex<Known> = Mutex::new(BTreeMap::new());
    let key = (file.to_owned(), way);
    let known = KNOWN
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .get(&key)
        .cloned();
    if let Some(known) = known {
        return known;
    }
    let found = Arc::new(hashes(file));
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.insert(key, Arc::clone(&found));
    found
}

/// The hash of each shown picture's packet, in the order in which they are shown.
pub fn shown_hashes(path: &Path) -> Vec<String> {
    let mut shown: Vec<Packet> = packets(path, "v:0");
    shown.retain(|packet| !packet.discarded);
    shown.sort_by_key(|packet| packet.pts);
    shown.into_iter().map(|packet| packet.sha256).collect()
}

/// The sound of `out` is a stretch of the coded sound of `source`, byte for byte.
///
/// # Errors
/// How much of it is.
pub fn expect_copied_sound(out: &Path, source: &Path) -> Result<(), String> {
    let hashes = |path: &Path| -> Vec<String> {
        let packets = check::packets(path, "a:0").into_iter();
        packets.map(|packet| packet.sha256).collect()
    };
    let (output, source) = (hashes(out), hashes(source));
    if source
        .windows(output.len())
        .any(|stretch| stretch == output)
    {
        return Ok(());
    }
    let own = output.iter().filter(|hash| source.contains(hash)).count();
    Err(format!(
        "{own} of {} coded sound frames are the source's own",
        output.len()
    ))
}

/// Judges every cut, and fails with all that is wrong.
#[track_caller]
pub fn judge_all(material: &Material, cuts: &[Cut]) {
    let mut wrong = Vec::new();
    for cut in cuts {
        let judged = std::panic::catch_unwind(|| judge(material, cut));
        let problem = match judged {
            Ok(Ok(())) => continue,
            Ok(Err(problem)) => problem,
            Err(panic) => panic
                .downcast_ref::<String>()
                .cloned()
                .unwrap_or_else(|| "panicked".to_owned()),
        };
        let marks = cut.arguments("").join(" ");
        wrong.push(format!("{} ({marks}): {problem}", cut.name));
    }
    assert!(
        wrong.is_empty(),
        "{} of {} cuts of {} are wrong\n\n{}",
        wrong.len(),
        cuts.len(),
        material.file.display(),
        wrong.join("\n\n")
    );
}
