//! The media generator and the checker, proved against each other and against damage: a checker that
//! can't fail proves nothing.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use tests::check::{self, Options, check, check_with, framemd5, packets, psnr};
use tests::media::remux::{self, derived, derived_with};
use tests::media::{
    AudioCodec, AudioSpec, Container, MediaSpec, Rate, VideoCodec, default_sets, generate,
};

fn sound(rate: u32, channels: u16, starts_ms: i32) -> Option<AudioSpec> {
    Some(AudioSpec {
        rate,
        channels,
        codec: AudioCodec::Aac,
        starts_ms,
    })
}

/// What every undamaged file of `spec` must show.
fn assert_whole(spec: &MediaSpec, path: &Path) {
    let options = Options {
        sources: vec![spec.clone()],
        ..Options::default()
    };
    let found = check_with(path, &options);
    found.assert_frames(&[(spec.clip, 0..=spec.frames - 1)]);
    found.assert_decodes_cleanly();
    if spec.durations.is_empty() {
        found.assert_even_pts(spec.rate);
    }
    if spec.audio.is_some() {
        found.assert_av_sync(1.0);
        found.assert_no_audio_breaks();
    }
}

#[test]
fn every_default_set_is_read_as_it_was_made() {
    for (name, spec) in default_sets() {
        println!("{name}");
        assert_whole(&spec, &generate(&spec));
    }
}

#[test]
fn gops_and_b_frames_are_as_specified() {
    let spec = MediaSpec {
        bframes: 3,
        gop: 48,
        ..MediaSpec::small(1)
    };
    let packets = packets(&generate(&spec), "v:0");
    let keys: Vec<usize> = (0..packets.len())
        .filter(|&index| packets[index].key)
        .collect();
    assert_eq!(keys, [0, 48, 96, 144]);
    assert!(
        packets.windows(2).any(|pair| pair[1].pts < pair[0].pts),
        "no reordering"
    );
    assert!(
        packets.windows(2).all(|pair| pair[1].dts > pair[0].dts),
        "decoding times fall"
    );
    assert_eq!(packets[0].sha256.len(), 64);
}

#[test]
fn every_container_and_codec_keeps_frames_and_sync() {
    let base = MediaSpec {
        frames: 60,
        ..MediaSpec::small(7)
    };
    let pcm = Some(AudioSpec {
        codec: AudioCodec::Pcm,
        ..AudioSpec::default()
    });
    let of = |container, codec, audio| MediaSpec {
        container,
        codec,
        audio,
        ..base.clone()
    };
    let aac = base.audio;
    for spec in [
        of(Container::Mp4FastStart, VideoCodec::H264, aac),
        of(Container::Mp4Fragmented, VideoCodec::H264, aac),
        of(Container::Ts, VideoCodec::H264, aac),
        of(Container::Mov, VideoCodec::ProRes, pcm),
        of(Container::Mxf, VideoCodec::Mpeg2, pcm),
        of(Container::Mov, VideoCodec::Dnxhd, pcm),
        of(Container::Mp4, VideoCodec::Hevc, aac),
        of(Container::Mkv, VideoCodec::Vp9, aac),
    ] {
        println!("{:?} in {:?}", spec.codec, spec.container);
        let path = generate(&spec);
        let found = check(&path);
        found.assert_frames(&[(7, 0..=59)]);
        found.assert_decodes_cleanly();
        found.assert_av_sync(1.0);
    }
}

#[test]
fn sound_of_every_kind_is_in_sync() {
    for audio in [
        sound(48_000, 1, 0),
        sound(44_100, 2, 0),
        sound(48_000, 6, 0),
        sound(48_000, 2, 700),
        sound(48_000, 2, -300),
    ] {
        let spec = MediaSpec {
            audio,
            ..MediaSpec::small(8)
        };
        println!("{audio:?}");
        let path = generate(&spec);
        let found = check(&path);
        found.assert_frames(&[(8, 0..=179)]);
        let heard = found.audio.as_ref().unwrap();
        let starts_ms = f64::from(audio.unwrap().starts_ms);
        let lead = (heard.starts - found.frames[0].at) * 1000.0;
        assert!(
            (lead - starts_ms).abs() < 25.0,
            "starts at {lead} ms instead of {starts_ms}"
        );
        // Where there is no sound yet, there is nothing to be in sync.
        let late = found.frames[0].at + starts_ms / 1000.0;
        let measured: Vec<_> = found
            .av_offsets
            .iter()
            .filter(|offset| offset.at >= late)
            .collect();
        assert!(measured.len() >= 8);
        for offset in measured {
            assert!(offset.belongs() && offset.ms.abs() <= 1.0, "{offset:?}");
        }
    }
}

#[test]
fn beeps_are_on_the_second() {
    let found = check(&generate(&MediaSpec::small(1)));
    let beeps = &found.audio.as_ref().unwrap().beeps;
    assert_eq!(beeps.len(), 6, "one each second from 0 to 5: {beeps:?}");
    for (second, at) in beeps.iter().enumerate() {
        assert!(
            (at - second as f64).abs() < 0.002,
            "beep at {at} instead of {second}"
        );
    }
}

#[test]
fn variable_frame_rates_rotation_and_pixel_shape_are_made() {
    let spec = MediaSpec {
        durations: vec![3000, 3000, 6000, 1500],
        pixel_aspect: (4, 3),
        rotation: 90,
        ..MediaSpec::small(9)
    };
    let path = generate(&spec);
    assert_whole(&spec, &path);
    let found = check(&path);
    let video = found.stream("video");
    assert_eq!((video.pixel_aspect.as_str(), video.rotation), ("4:3", 90));
    let steps: Vec<i64> = found
        .frames
        .windows(2)
        .map(|pair| pair[1].pts - pair[0].pts)
        .collect();
    assert_eq!(steps[..8], [3000, 3000, 6000, 1500, 3000, 3000, 6000, 1500]);
    assert!(found.expect_even_pts(spec.rate).is_err());
}

#[test]
fn segments_cover_the_source_and_their_sound_overlaps() {
    let spec = MediaSpec {
        bframes: 3,
        ..MediaSpec::small(2)
    };
    let source = generate(&spec);
    for segments in [
        remux::ts_segments(&source, 2.0),
        remux::fmp4_segments(&source, 2.0),
    ] {
        assert_eq!(segments.len(), 3);
        for (index, segment) in (0u32..).zip(&segments) {
            let first = index * 60;
            let found = check(segment);
            found.assert_frames(&[(2, first..=first + 59)]);
            found.assert_decodes_cleanly();
            let worst = found.av_offsets.iter().filter(|offset| offset.belongs());
            assert!(worst.map(|offset| offset.ms.abs()).fold(0.0, f64::max) <= 1.0);
        }
    }
}

#[test]
fn odd_files_are_what_they_say() {
    let spec = MediaSpec {
        bframes: 2,
        ..MediaSpec::small(3)
    };
    let source = generate(&spec);

    let inside = remux::starting_inside_a_gop(&source, 1.3);
    check(&inside).assert_frames(&[(3, 39..=179)]);
    assert!(
        packets(&inside, "v:0").len() > 141,
        "nothing is hidden before the first frame"
    );

    let wrapping = remux::wrapping_timestamps(&source, 3.0);
    let found = check(&wrapping);
    found.assert_frames(&[(3, 0..=179)]);
    found.assert_even_pts(spec.rate);
    found.assert_av_sync(1.0);
    // ffmpeg shows what lies before the wrap as negative.
    let (first, last) = (found.frames[0].at, found.frames[179].at);
    assert!(
        (first + 3.0).abs() < 0.2 && last > 2.0,
        "no wrap inside: {first} to {last}"
    );

    let lost = check(&remux::without_key_frame(&source, 2));
    assert!(lost.expect_frames(&[(3, 0..=179)]).is_err());
    assert!(lost.expect_clean_decode().is_err() || lost.frames.len() < 180);

    let jumping = check(&remux::jumping_timestamps(&source, 90, 100));
    let steps = jumping
        .frames
        .windows(2)
        .filter(|pair| pair[1].at - pair[0].at > 50.0);
    assert_eq!(steps.count(), 1);

    let truncated = remux::truncated(&source, 60);
    assert!(
        std::panic::catch_unwind(|| check(&truncated)).is_err(),
        "its index is gone"
    );
    let front = generate(&MediaSpec {
        container: Container::Mp4FastStart,
        ..spec.clone()
    });
    let cut = check(&remux::truncated(&front, 60));
    assert!(
        cut.frames.len() > 60 && cut.frames.len() < 150,
        "{}",
        cut.found()
    );
    assert!(cut.expect_clean_decode().is_err());
    assert!(std::panic::catch_unwind(|| check(&remux::not_a_video())).is_err());
}

/// An edit of the source's pictures by a filter, with its sound as it is.
fn edited(source: &Path, filter: &str) -> PathBuf {
    let encode = [
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-fps_mode",
        "passthrough",
    ];
    let args = [&["-vf", filter][..], &encode, &["-c:a", "copy"]].concat();
    derived(source, "mp4", &args)
}

#[test]
fn a_dropped_frame_is_found() {
    let source = generate(&MediaSpec::small(1));
    let hole = check(&edited(&source, "select=not(eq(n\\,100))"));
    let problem = hole.expect_frames(&[(1, 0..=179)]).unwrap_err();
    assert!(problem.contains("missing: 1:100"), "{problem}");
    assert!(
        problem.contains("the first difference is frame 100"),
        "{problem}"
    );
    let problem = hole.expect_even_pts(Rate::new(30, 1)).unwrap_err();
    assert!(problem.contains("frame 100"), "{problem}");

    let closed = check(&edited(&source, "select=not(eq(n\\,100)),setpts=N/30/TB"));
    closed.assert_even_pts(Rate::new(30, 1));
    assert!(closed.expect_frames(&[(1, 0..=179)]).is_err());
    // What follows is one frame early, so its sound is one frame late.
    let problem = closed.expect_av_sync(10.0).unwrap_err();
    assert!(problem.contains("+33."), "{problem}");
}

#[test]
fn a_repeated_frame_is_found() {
    let source = generate(&MediaSpec::small(1));
    let twice = "split[a][b];[a]trim=end_frame=71[c];[b]trim=start_frame=70,setpts=PTS-STARTPTS[d];[c][d]concat";
    let found = check(&edited(&source, twice));
    let problem = found.expect_frames(&[(1, 0..=179)]).unwrap_err();
    assert!(problem.contains("too many: 1:70"), "{problem}");
    assert!(problem.contains("1:0-70 @0.000, 1:70-179"), "{problem}");
}

#[test]
fn black_and_blended_frames_are_found() {
    let source = generate(&MediaSpec::small(1));
    let black = check(&edited(&source, "drawbox=c=black:t=fill:enable=eq(n\\,30)"));
    let problem = black.expect_frames(&[(1, 0..=179)]).unwrap_err();
    assert!(problem.contains("1 black @1.000"), "{problem}");
    let blended = check(&edited(&source, "tmix=frames=2"));
    assert!(
        blended
            .frames
            .iter()
            .filter(|frame| frame.code.is_none())
            .count()
            > 150
    );
}

#[test]
fn frames_of_the_wrong_clip_are_found() {
    let found = check(&generate(&MediaSpec::small(1)));
    assert!(found.expect_frames(&[(2, 0..=179)]).is_err());
    assert!(found.expect_frames(&[(1, 0..=178)]).is_err());
    assert!(found.expect_frames(&[(1, 0..=180)]).is_err());
}

#[test]
fn shifted_sound_is_found_to_the_millisecond() {
    let source = generate(&MediaSpec::small(1));
    for (offset, ms) in [("0.040", 40.0), ("-0.040", -40.0), ("0.012", 12.0)] {
        let path = source.to_string_lossy();
        let args = [
            "-itsoffset",
            offset,
            "-i",
            &path,
            "-map",
            "0:v",
            "-map",
            "1:a",
            "-c",
            "copy",
        ];
        let found = check(&derived(&source, "mkv", &args));
        let measured: Vec<f64> = found.av_offsets[1..]
            .iter()
            .map(|offset| offset.ms)
            .collect();
        assert!(measured.len() >= 8);
        assert!(
            measured.iter().all(|found| (found - ms).abs() < 1.5),
            "{offset}: {measured:?}"
        );
        assert!(found.expect_av_sync(10.0).is_err());
        found.assert_av_sync(42.0);
    }
}

#[test]
fn sound_of_another_clip_is_found() {
    let (one, two) = (
        generate(&MediaSpec::small(1)),
        generate(&MediaSpec::small(2)),
    );
    let two = two.to_string_lossy();
    let args = ["-i", &two, "-map", "0:v", "-map", "1:a", "-c", "copy"];
    let problem = check(&derived(&one, "mp4", &args))
        .expect_av_sync(40.0)
        .unwrap_err();
    assert!(problem.contains("the sound is not of clip 1"), "{problem}");
}

#[test]
fn breaks_of_the_tone_are_found() {
    let source = generate(&MediaSpec::small(1));
    for filter in [
        // 20 ms of silence, a lost AAC frame, a repeated one.
        "volume=0:enable=between(t\\,2.3\\,2.32)",
        "aselect=not(between(t\\,2.3\\,2.32)),asetpts=N/SR/TB",
        "asplit[a][b];[a]atrim=end=2.3[c];[b]atrim=start=2.279,asetpts=PTS-STARTPTS[d];[c][d]concat=v=0:a=1",
    ] {
        let found = check(&derived(
            &source,
            "mkv",
            &["-c:v", "copy", "-af", filter, "-c:a", "pcm_s16le"],
        ));
        let breaks = &found.audio.as_ref().unwrap().breaks;
        assert_eq!(breaks.len(), 1, "{filter}: {breaks:?}");
        assert!((breaks[0] - 2.3).abs() < 0.03, "{filter}: {breaks:?}");
        assert!(found.expect_no_audio_breaks().is_err());
        found.expect_audio_breaks_only_at(&[2.3], 0.05).unwrap();
    }
}

#[test]
fn a_hole_in_the_sounds_times_is_found() {
    let source = generate(&MediaSpec::small(1));
    let args = [
        "-c",
        "copy",
        "-bsf:a",
        "setts=pts=PTS+gt(N\\,100)*4800:dts=DTS+gt(N\\,100)*4800",
    ];
    let found = check(&derived(&source, "mp4", &args));
    let holes = &found.audio.as_ref().unwrap().holes;
    assert_eq!(holes.len(), 1, "{holes:?}");
    assert!((holes[0].ms - 100.0).abs() < 2.0, "{holes:?}");
}

#[test]
fn damaged_packets_are_reported_by_the_decoder() {
    let spec = MediaSpec {
        container: Container::Ts,
        ..MediaSpec::small(1)
    };
    let source = generate(&spec);
    let found = check(&derived(
        &source,
        "ts",
        &["-c", "copy", "-bsf:v", "noise=amount=4000"],
    ));
    assert!(found.expect_clean_decode().is_err());
}

#[test]
fn a_joint_of_two_clips_breaks_the_tone_only_there() {
    let (one, two) = (
        generate(&MediaSpec::small(1)),
        generate(&MediaSpec::small(2)),
    );
    let two = two.to_string_lossy();
    let graph = "[0:v]trim=start_frame=7:end_frame=61,setpts=PTS-STARTPTS[a];\
                 [1:v]trim=start_frame=101:end_frame=173,setpts=PTS-STARTPTS[b];\
                 [0:a]atrim=start=0.23333333:end=2.03333333,asetpts=PTS-STARTPTS[c];\
                 [1:a]atrim=start=3.36666667:end=5.76666667,asetpts=PTS-STARTPTS[d];\
                 [a][c][b][d]concat=a=1";
    let encode = [
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-c:a",
        "pcm_s16le",
    ];
    let args = [&["-i", two.as_ref(), "-filter_complex", graph][..], &encode].concat();
    let found = check(&derived(&one, "mkv", &args));
    found.assert_frames(&[(1, 7..=60), (2, 101..=172)]);
    found.assert_av_sync(1.0);
    found.assert_audio_breaks_only_at_joints();
    assert!(found.expect_no_audio_breaks().is_err());
}

#[test]
fn turned_and_boxed_pictures_are_read_when_asked() {
    let source = generate(&MediaSpec::small(4));
    let turned = edited(&source, "transpose=clock,pad=640:640:140:0");
    assert!(
        check(&turned)
            .frames
            .iter()
            .all(|frame| frame.code.is_none())
    );
    let options = Options {
        turn: 270,
        window: Some((0, 140, 640, 360)),
        ..Options::default()
    };
    check_with(&turned, &options).assert_frames(&[(4, 0..=179)]);
    let smaller = edited(&source, "scale=320:180");
    check(&smaller).assert_frames(&[(4, 0..=179)]);
}

#[test]
fn copies_are_told_from_encodes() {
    let source = generate(&MediaSpec::small(1));
    let copy = derived(&source, "mov", &["-c", "copy"]);
    let hashes = |path: &Path| -> Vec<String> {
        check::packets(path, "v:0")
            .into_iter()
            .map(|packet| packet.sha256)
            .collect()
    };
    assert_eq!(hashes(&source), hashes(&copy));
    assert_eq!(
        framemd5(&source)
            .iter()
            .map(|hash| &hash.md5)
            .collect::<Vec<_>>(),
        framemd5(&copy)
            .iter()
            .map(|hash| &hash.md5)
            .collect::<Vec<_>>()
    );
    let again = edited(&source, "null");
    assert_ne!(hashes(&source), hashes(&again));
    assert!(
        psnr(&copy, 10, &source, 10, 20)
            .iter()
            .all(|decibel| decibel.is_infinite())
    );
    let quality = psnr(&again, 10, &source, 10, 20);
    assert!(
        quality.iter().all(|decibel| (30.0..60.0).contains(decibel)),
        "{quality:?}"
    );
    assert!(
        psnr(&again, 11, &source, 10, 20)
            .iter()
            .all(|decibel| *decibel < 30.0)
    );
}

#[test]
fn equal_specifications_are_made_once() {
    let spec = MediaSpec {
        frames: 31,
        ..MediaSpec::small(60)
    };
    let paths: Vec<PathBuf> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| generate(&spec))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(paths.iter().all(|path| *path == paths[0]));
    check(&paths[0]).assert_frames(&[(60, 0..=30)]);
    let other = MediaSpec { frames: 32, ..spec };
    assert_ne!(generate(&other), paths[0]);
    let cut = derived_with(&["-ss", "0.5"], &paths[0], "mp4", &["-c:v", "libx264"]);
    check(&cut).assert_frames(&[(60, 15..=30)]);
}
