//! Compiles a cut and judges what came out.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tests::check::{self, Checked, Options, Packet, check_with, packets};
use tests::media::{Container, MediaSpec};
use tests::stringout::Stringout;

use crate::cuts::Cut;
use crate::material::Material;
use crate::pictures::picture_hashes;

/// A compiled cut.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) out: PathBuf,
    /// What the command answered.
    pub(crate) answer: Value,
    /// The report it wrote.
    pub(crate) report: Value,
    _folder: tempfile::TempDir,
}

/// Compiles clips with further arguments, in no workspace.
pub(crate) fn compile(clips: &[String], more: &[&str]) -> Compiled {
    compile_with(&Stringout::new(), clips, more)
}

/// As [`compile`], with a runner of the test's own.
pub(crate) fn compile_with(stringout: &Stringout, clips: &[String], more: &[&str]) -> Compiled {
    compile_into("out.mp4", stringout, clips, more)
}

/// As [`compile_with`], into a file of this name.
pub(crate) fn compile_into(
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
    pub(crate) fn look(&self, specs: &[&MediaSpec]) -> Checked {
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
    pub(crate) fn spans(&self) -> Vec<(String, u64)> {
        let spans = self.report["plan"]["video"].as_array().unwrap();
        let span = |span: &Value| {
            let kind = span["kind"].as_str().unwrap().to_owned();
            (kind, span["frames"].as_u64().unwrap())
        };
        spans.iter().map(span).collect()
    }
}

/// Compiles `cut` of `material`, and says what is wrong with the outcome.
pub(crate) fn judge(material: &Material, cut: &Cut) -> Result<(), String> {
    let reference = material.file.display().to_string();
    let compiled = compile(&cut.arguments(&reference), &[]);
    judge_compiled(material, cut, &compiled)
}

/// What is wrong with a compiled cut.
pub(crate) fn judge_compiled(
    material: &Material,
    cut: &Cut,
    compiled: &Compiled,
) -> Result<(), String> {
    let spec = &material.spec;
    let ranges = cut.frames(material);
    let count: u32 = ranges.iter().map(|(from, to)| to - from).sum();
    let answer = &compiled.answer;
    if answer["frames"] != count || answer["verified"] != true {
        return Err(format!("{count} frames expected: {answer}"));
    }
    let found = compiled.look(&[spec]);
    let expected: Vec<_> = ranges
        .iter()
        .map(|(from, to)| (spec.clip, from + material.first..=to - 1 + material.first))
        .collect();
    found.expect_frames(&expected)?;
    found.expect_even_pts(spec.rate)?;
    found.expect_clean_decode()?;
    expect_length(&found, f64::from(count) / spec.rate.hertz())?;
    expect_sound(spec, cut, count, &found)?;
    expect_copies(material, &ranges, compiled)
}

/// The file, its pictures and its sound are as long as the frames.
pub(crate) fn expect_length(found: &Checked, seconds: f64) -> Result<(), String> {
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

fn expect_sound(spec: &MediaSpec, cut: &Cut, count: u32, found: &Checked) -> Result<(), String> {
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
    if heard.starts.abs() > 0.001 {
        return Err(format!("the sound starts at {} s", heard.starts));
    }
    // A few frames are too short to tell where their sound comes from.
    if f64::from(count) / spec.rate.hertz() > 0.2 {
        found.expect_av_sync(10.0)?;
    }
    let joints: Vec<f64> = found.runs.iter().skip(1).map(|run| run.at).collect();
    assert_eq!(
        joints.len() + 1,
        cut.clips.len(),
        "clips that continue one another"
    );
    found.expect_audio_breaks_only_at(&joints, 0.03)
}

/// Copied frames are the source's own, byte for byte; whole GOPs are copied.
fn expect_copies(
    material: &Material,
    ranges: &[(u32, u32)],
    compiled: &Compiled,
) -> Result<(), String> {
    let whole: u32 = ranges
        .iter()
        .map(|&(from, to)| material.in_whole_gops(from, to))
        .sum();
    let spans = compiled.spans();
    let copied: u64 = spans
        .iter()
        .filter(|(kind, _)| kind == "copy")
        .map(|(_, frames)| frames)
        .sum();
    if copied != u64::from(whole) {
        return Err(format!("{whole} frames are in whole GOPs: {spans:?}"));
    }
    // A transport stream has start codes and delimiters where MP4 has lengths: there the pictures
    // are compared, elsewhere all that is stored of them.
    let hashes = match material.spec.container {
        Container::Ts => picture_hashes,
        _ => shown_hashes,
    };
    let (source, output) = (hashes(&material.file), hashes(&compiled.out));
    let frames: Vec<u32> = ranges.iter().flat_map(|&(from, to)| from..to).collect();
    let mut at = 0;
    for (kind, count) in spans {
        let next = at + usize::try_from(count).unwrap();
        for place in at..next {
            let same = output[place] == source[frames[place] as usize];
            if same != (kind == "copy") {
                let what = if same { "is" } else { "is not" };
                return Err(format!("frame {place} ({kind}) {what} the source's own"));
            }
        }
        at = next;
    }
    Ok(())
}

/// The hash of each shown picture's packet, in the order in which they are shown.
pub(crate) fn shown_hashes(path: &Path) -> Vec<String> {
    let mut shown: Vec<Packet> = packets(path, "v:0");
    shown.retain(|packet| !packet.discarded);
    shown.sort_by_key(|packet| packet.pts);
    shown.into_iter().map(|packet| packet.sha256).collect()
}

/// The sound of `out` is a stretch of the coded sound of `source`, byte for byte.
pub(crate) fn expect_copied_sound(out: &Path, source: &Path) -> Result<(), String> {
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
pub(crate) fn judge_all(material: &Material, cuts: &[Cut]) {
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
