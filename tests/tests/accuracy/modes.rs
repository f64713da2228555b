//! The modes, the encoders, and `--compat`.

use tests::stringout::Stringout;

use crate::cuts::{Cut, Mark, every_way};
use crate::judge::{Compiled, compile, judge_compiled, shown_hashes};
use crate::material::{Material, reordered, small};

fn cut(material: &Material, from: u32, to: u32) -> Cut {
    let mut cut = every_way(material).remove(0);
    cut.clips = vec![(Mark::Frame(from), Mark::Frame(to))];
    cut
}

fn compiled(material: &Material, cut: &Cut, more: &[&str]) -> Compiled {
    compile(&cut.arguments(&material.file.display().to_string()), more)
}

#[test]
fn copy_copies_or_says_where_it_could() {
    let material = Material::of(reordered(52));
    let whole = cut(&material, 30, 90);
    let copied = compiled(&material, &whole, &["--mode", "copy"]);
    judge_compiled(&material, &whole, &copied).unwrap();
    assert_eq!(copied.spans(), [("copy".to_owned(), 60)]);
    assert_eq!(copied.answer["encoded_frames"], 0);
    let source = shown_hashes(&material.file);
    assert_eq!(shown_hashes(&copied.out), source[30..90]);

    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.mp4");
    for (from, to, near) in [
        (31, 90, "30f or 60f"),
        (30, 88, "85f or 89f"),
        (40, 50, "30f or 60f"),
    ] {
        let broken = cut(&material, from, to);
        let clip = broken.arguments(&material.file.display().to_string());
        let mut args = vec![
            "compile",
            "--mode",
            "copy",
            "--json",
            "--out",
            out.to_str().unwrap(),
        ];
        args.extend(clip.iter().map(String::as_str));
        let answer = Stringout::new().run(args);
        let error = answer.error(3);
        let detail = error["detail"].as_str().unwrap();
        assert_eq!(error["code"], "bad_input", "{error}");
        assert!(
            detail.contains(&clip[1]) && detail.contains(near),
            "{detail}"
        );
        assert!(
            error["hint"].as_str().unwrap().contains("--mode auto"),
            "{error}"
        );
        assert_eq!(
            folder.path().read_dir().unwrap().count(),
            0,
            "something was left behind"
        );
    }
}

#[test]
fn render_copies_nothing() {
    let material = Material::of(reordered(53));
    let ranges = [(0, 120), (30, 90), (7, 41)];
    for (from, to) in ranges {
        let rendered = compiled(&material, &cut(&material, from, to), &["--mode", "render"]);
        assert_eq!(
            rendered.spans(),
            [("encode".to_owned(), u64::from(to - from))]
        );
        assert_eq!(rendered.answer["copied_bytes"], 0);
        assert_eq!(rendered.answer["encoded_frames"], to - from);
        let found = rendered.look(&[&material.spec]);
        found.assert_frames(&[(53, from..=to - 1)]);
        found.assert_even_pts(material.spec.rate);
        found.assert_decodes_cleanly();
        found.assert_av_sync(10.0);
        found.assert_no_audio_breaks();
        let source = shown_hashes(&material.file);
        assert!(
            shown_hashes(&rendered.out)
                .iter()
                .all(|hash| !source.contains(hash))
        );
    }
}

#[test]
fn smart_splices_or_refuses() {
    let material = Material::of(reordered(54));
    let broken = cut(&material, 7, 101);
    let spliced = compiled(&material, &broken, &["--mode", "smart"]);
    judge_compiled(&material, &broken, &spliced).unwrap();
    let kinds: Vec<_> = spliced.spans().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["encode", "copy", "encode"]);
}

#[test]
fn one_parameter_set_is_enough_when_asked_for() {
    let material = Material::of(small(55));
    for (from, to, kind) in [(30, 90, "copy"), (7, 101, "encode")] {
        let single = compiled(
            &material,
            &cut(&material, from, to),
            &["--compat", "single"],
        );
        assert_eq!(single.spans(), [(kind.to_owned(), u64::from(to - from))]);
        single
            .look(&[&material.spec])
            .assert_frames(&[(55, from..=to - 1)]);
        assert_eq!(parameter_sets(&single), 1);
    }
    // Without it, encoded parts stand between copies with a set of their own.
    let mixed = compiled(&material, &cut(&material, 7, 101), &[]);
    assert_eq!(parameter_sets(&mixed), 2);
}

/// How many sequence parameter sets the file's `avcC` has (ISO/IEC 14496-15 §5.3.3.1).
fn parameter_sets(compiled: &Compiled) -> u8 {
    let bytes = std::fs::read(&compiled.out).unwrap();
    let at = bytes.windows(4).position(|name| name == b"avcC").unwrap();
    bytes[at + 9] & 0x1F
}

#[test]
fn openh264_renders_too() {
    let material = Material::of(reordered(56));
    let more = ["--encoder", "openh264enc", "--mode", "render"];
    let encoded = compiled(&material, &cut(&material, 20, 80), &more);
    assert_eq!(encoded.answer["encoder"], "openh264enc");
    let found = encoded.look(&[&material.spec]);
    found.assert_frames(&[(56, 20..=79)]);
    found.assert_even_pts(material.spec.rate);
    found.assert_decodes_cleanly();
    found.assert_av_sync(10.0);
}

#[test]
fn an_encoder_that_is_not_there_is_named() {
    let material = Material::of(reordered(56));
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.mp4");
    let clip = format!("{}@7f..50f", material.file.display());
    let args = [
        "compile",
        "--clip",
        &clip,
        "--encoder",
        "nosuchenc",
        "--json",
        "--out",
    ];
    let answer = Stringout::new().run(args.into_iter().chain([out.to_str().unwrap()]));
    let error = answer.error(1);
    assert_eq!(error["code"], "missing_element", "{error}");
    assert!(
        error["detail"].as_str().unwrap().contains("nosuchenc"),
        "{error}"
    );
    assert!(
        error["hint"].as_str().unwrap().contains("doctor"),
        "{error}"
    );
    assert!(!out.exists());
}
