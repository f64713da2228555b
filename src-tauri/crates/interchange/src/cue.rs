//! Tables and chapters: what of a programme spreadsheets and players take. They are written only.

use crate::issue::Issues;
use crate::laid::{self, What};
use crate::{Counting, Issue, Programme, WriteError};
use mediatime::RationalTime;
use std::fmt::Write;

/// The first line of a clip list.
const HEAD: &str = "track,number,name,reference,in,out,record_in,record_out\r\n";

/// Writes the clips as CSV (RFC 4180): a line for each, with track, number, name, reference, and its in
/// and out points on the medium and in the programme, as timecode of `counting`. Transitions, gaps and
/// clips that are switched off have no line.
///
/// # Errors
/// There is no picture track, or the length of a clip is not known.
pub fn write_clip_list(
    programme: &Programme,
    counting: Counting,
) -> Result<(String, Vec<Issue>), WriteError> {
    let mut issues = Issues::default();
    let tracks = laid::tracks(programme, &mut issues)?;
    let start = programme
        .start
        .map_or(RationalTime::ZERO, |start| start.seconds());
    let rate = counting.rate();
    // What has no label, as flows that count from 1970, is told in seconds.
    let point = |time: RationalTime| match counting.label(rate.nearest_frame(time)) {
        Ok(label)
            if rate.frame_start(rate.nearest_frame(time)).to_timestamp() == time.to_timestamp() =>
        {
            label.to_string()
        }
        _ => time.to_timestamp().to_string(),
    };
    let mut text = HEAD.to_owned();
    for track in tracks.pictures.iter().chain(&tracks.sounds) {
        let mut number = 0;
        for laid in &track.items {
            let What::Clip(clip, range) = &laid.what else {
                continue;
            };
            if !clip.enabled {
                continue;
            }
            number += 1;
            let cells = [
                track
                    .place
                    .strip_prefix("track ")
                    .unwrap_or(&track.place)
                    .to_owned(),
                number.to_string(),
                clip.name.clone(),
                clip.media.to_plain().unwrap_or_default(),
                point(range.start.seconds()),
                point(range.end()),
                point(start + laid.begin),
                point(start + laid.end()),
            ];
            let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
            text.push_str(&cells.join(","));
            text.push_str("\r\n");
        }
    }
    Ok((text, issues.into_vec()))
}

/// A cell as RFC 4180 has it.
fn quoted(cell: &str) -> String {
    match cell.contains(['"', ',', '\r', '\n']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    }
}

/// Writes the markers as chapters in WebVTT: those of the whole, and those of clips on the lowest picture
/// track. A chapter lasts until the next begins, the last one to the end; times count from the first frame.
///
/// # Errors
/// There is no picture track, or the length of a clip is not known.
pub fn write_chapters(programme: &Programme) -> Result<(String, Vec<Issue>), WriteError> {
    let mut issues = Issues::default();
    let tracks = laid::tracks(programme, &mut issues)?;
    let pictures = tracks.pictures.iter();
    let end = pictures
        .filter_map(|track| track.items.last())
        .map(|last| last.end())
        .max();
    let end = end.unwrap_or(RationalTime::ZERO);
    let mut chapters: Vec<(RationalTime, String)> = Vec::new();
    for marker in programme.kept_stack.told_markers() {
        chapters.push((marker.range.start.seconds(), marker.name));
    }
    for laid in tracks
        .pictures
        .first()
        .into_iter()
        .flat_map(|track| &track.items)
    {
        let What::Clip(clip, range) = &laid.what else {
            continue;
        };
        for marker in clip.kept.told_markers() {
            let at = marker.range.start.seconds() - range.start.seconds();
            match at >= RationalTime::ZERO && at < laid.length {
                true => chapters.push((laid.begin + at, marker.name)),
                false => issues.add(&laid.place, "a marker outside of what it shows is left out"),
            }
        }
    }
    chapters.retain(|(at, name)| {
        let inside = *at >= RationalTime::ZERO && *at < end;
        if !inside {
            issues.add(
                "the timeline",
                format!(
                    "the marker {} lies outside of it: left out",
                    crate::issue::short(name)
                ),
            );
        }
        inside
    });
    if chapters.is_empty() {
        issues.add(
            "the timeline",
            "it has no markers, so there are no chapters",
        );
    }
    chapters.sort_by_key(|(at, _)| *at);
    let mut text = "WEBVTT\n".to_owned();
    let ends = chapters.iter().skip(1).map(|(at, _)| *at).chain([end]);
    for (index, ((at, name), until)) in std::iter::zip(&chapters, ends).enumerate() {
        if *at == until {
            issues.add(
                "the timeline",
                "of markers at one time the last is a chapter",
            );
            continue;
        }
        // Writing to a string can't fail.
        let _ = write!(
            text,
            "\n{}\n{} --> {}\n{}\n",
            index + 1,
            clock(*at),
            clock(until),
            cue_text(name)
        );
    }
    Ok((text, issues.into_vec()))
}

/// WebVTT's time, to the millisecond at which a player shows the frame.
fn clock(time: RationalTime) -> String {
    let millis = time.ceil_ticks(1000).max(0);
    let (seconds, millis) = (millis / 1000, millis % 1000);
    format!(
        "{:02}:{:02}:{:02}.{millis:03}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// A title on one line, with what WebVTT reads as markup escaped.
fn cue_text(name: &str) -> String {
    let line: String = name
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let line = line
        .trim()
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    match line.as_str() {
        "" => "Chapter".to_owned(),
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clip, Gap, Marker, Media, Range, Time, Track, TrackKind};
    use mediatime::FrameRate;

    fn marker(name: &str, at: i64) -> Marker {
        Marker {
            name: name.to_owned(),
            range: Range::frames(at, 1, FrameRate::FPS_25),
            colour: String::new(),
            comment: String::new(),
        }
    }

    fn example() -> Programme {
        let rate = FrameRate::FPS_25;
        let mut clip = Clip::new(
            "a \"b\", c",
            Media::File("/m/a.mov".to_owned()),
            Some(Range::frames(25, 50, rate)),
        );
        clip.kept.add_marker(&marker("in <clip>", 30));
        clip.kept.add_marker(&marker("outside", 90));
        let mut programme = Programme::new("p");
        programme.start = Some(Time::frames(90_000, rate));
        programme.kept_stack.add_marker(&marker("late", 70));
        programme.tracks = vec![Track::new(
            "V1",
            TrackKind::Video,
            vec![
                clip.into(),
                crate::Item::Gap(Gap::new(Time::frames(25, rate))),
            ],
        )];
        programme
    }

    #[test]
    fn clips_are_listed() {
        let (text, issues) = write_clip_list(&example(), "25".parse().unwrap()).unwrap();
        assert_eq!(issues, []);
        let line =
            "V1,1,\"a \"\"b\"\", c\",/m/a.mov,00:00:01:00,00:00:03:00,01:00:00:00,01:00:02:00\r\n";
        assert_eq!(text, format!("{HEAD}{line}"));
    }

    #[test]
    fn markers_are_chapters() {
        let (text, issues) = write_chapters(&example()).unwrap();
        assert_eq!(issues.len(), 1, "{issues:?}");
        assert_eq!(
            text,
            "WEBVTT\n\n1\n00:00:00.200 --> 00:00:02.800\nin &lt;clip&gt;\n\n2\n00:00:02.800 --> 00:00:03.000\nlate\n"
        );
    }
}
