//! Target: edits of other programs that are no JSON: lists, Final Cut Pro's XML, bundles.

use std::io::{self, Cursor, Read};
use std::sync::LazyLock;

use interchange::{
    Bundle, Counting, Issue, Item, Programme, ReadError, read_edl, read_fcpxml, read_otio,
    write_bundle, write_chapters, write_clip_list, write_edl, write_fcpxml, write_otio,
};
use mediatime::RationalTime;

use super::mutate::{self, random::Random};

const LISTS: [&str; 3] = [
    "TITLE: A cut\nFCM: NON-DROP FRAME\n\n\
     001  TAPE1    AA/V  C        01:00:10:00 01:00:12:00 10:00:00:00 10:00:02:00\n\
     * FROM CLIP NAME: first\n* SOURCE FILE: media/a b.mov\n* LOC: 10:00:01:00 GREEN mark\n\
     002  TAPE1    AA/V  C        01:00:12:00 01:00:12:00 10:00:02:00 10:00:02:00\n\
     002  TAPE2    AA/V  D    010 00:00:00:00 00:00:01:00 10:00:02:00 10:00:03:00\n\
     * FROM CLIP NAME: first\n* TO CLIP NAME: second\n* SOURCE FILE: a.mov\n* SOURCE FILE: b.mov\n\
     003  BL       V     C        00:00:00:00 00:00:01:00 10:00:03:00 10:00:04:00\n",
    "TITLE: B\nFCM: DROP FRAME\n001 A B C 00:00:59:29 00:01:00:02 01:00:00;00 01:00:00;01\n\
     M2   A       012.5                00:00:59:29\n\
     FCM: NON-DROP FRAME\n002 B NONE C 00:00:00:00 00:00:02:00 01:00:00;01 01:00:02;01\nAUD  3    4\n",
    "001 A V K B 00:00:00:00 00:00:02:00 00:00:00:00 00:00:02:00\n\
     001 C V K 00:00:00:00 00:00:02:00 00:00:00:00 00:00:02:00\n\
     002 A V C 00:00:02:00 00:00:02:00 00:00:02:00 00:00:02:00\n\
     002 BL V W001 025 00:00:00:00 00:00:02:00 00:00:02:00 00:00:04:00\n\
     003 BL V C 00:00:00:00 00:00:00:00 00:00:04:00 00:00:04:00\n\
     003 D V D 010 23:59:59:00 00:00:01:00 00:00:04:00 00:00:06:00\n",
];

const LIST_WORDS: [&str; 24] = [
    "\n",
    " ",
    "001",
    "002",
    "V",
    "AA",
    "A2",
    "B",
    "NONE",
    "C",
    "D 010",
    "W001 005",
    "K",
    "BL",
    "00:00:02:00",
    "00:00:04:00",
    "23:59:59:24",
    "00:01:00;02",
    "FCM: DROP FRAME",
    "* ",
    "M2 A -12.5 0",
    "AUD 3 4",
    "* LOC: 00:00:01:00 RED x",
    "* SOURCE FILE: tams://local/flows/x",
];

const FILES: [&str; 2] = [
    "<?xml version=\"1.0\"?><!DOCTYPE fcpxml><fcpxml version=\"1.10\"><resources>\
     <format id=\"r1\" frameDuration=\"1001/30000s\"/>\
     <asset id=\"r2\" name=\"A\" start=\"3600s\" duration=\"60s\" hasVideo=\"1\" hasAudio=\"1\" format=\"r1\">\
     <media-rep src=\"file:///m/a%20b.mov\"/></asset>\
     <asset id=\"r3\" src=\"m.wav\" duration=\"60s\" hasAudio=\"1\"/></resources>\
     <library><event><project name=\"P\"><sequence format=\"r1\" tcStart=\"3600s\" tcFormat=\"DF\"><spine>\
     <asset-clip ref=\"r2\" name=\"a\" offset=\"3600s\" start=\"3601s\" duration=\"1001/100s\">\
     <asset-clip ref=\"r3\" lane=\"-1\" offset=\"3602s\" duration=\"2s\"/>\
     <spine lane=\"1\" offset=\"3602s\"><asset-clip ref=\"r2\" duration=\"1s\" srcEnable=\"video\"/>\
     <transition offset=\"1/2s\" duration=\"1s\"/><asset-clip ref=\"r2\" start=\"3610s\" duration=\"1s\"/></spine>\
     <marker start=\"3603s\" duration=\"1s\" value=\"m\"/></asset-clip><gap duration=\"1s\"/>\
     </spine></sequence></project></event></library></fcpxml>",
    "<fcpxml version=\"1.8\"><resources><format id=\"f\" frameDuration=\"1/25s\"/>\
     <asset id=\"a\" src=\"tams://local/flows/4f2c1a9e-1111-4222-8333-444455556666\" hasVideo=\"1\" duration=\"9s\"/>\
     </resources><project name=\"P\"><sequence format=\"f\"><spine>\
     <clip name=\"c\" start=\"5s\" duration=\"2s\"><video ref=\"a\" offset=\"4s\" start=\"1s\" duration=\"9s\"/></clip>\
     <audition><asset-clip ref=\"a\" duration=\"1s\" enabled=\"0\"/></audition><title ref=\"x\" duration=\"1s\"/>\
     <ref-clip ref=\"q\" duration=\"1s\"/><asset-clip ref=\"a\" duration=\"2s\"><timeMap>\
     <timept time=\"0s\" value=\"0s\"/><timept time=\"1s\" value=\"3s\"/></timeMap></asset-clip>\
     </spine></sequence></project></fcpxml>",
];

const FILE_WORDS: [&str; 28] = [
    "<",
    ">",
    "/>",
    "\"",
    " ",
    "=",
    "&amp;",
    "&x;",
    "<spine>",
    "</spine>",
    "<gap duration=\"1s\"/>",
    "lane=\"1\"",
    "lane=\"-9223372036854775808\"",
    "offset=\"-1s\"",
    "start=\"1/3s\"",
    "duration=\"0s\"",
    "1001/30000s",
    "170141183460469231731687303715884105727/18446744073709551615s",
    "0s",
    "r2",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?x?>",
    "enabled=\"0\"",
    "<transition duration=\"2s\"/>",
    "srcEnable=\"audio\"",
];

static BUNDLES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let text = "{\"OTIO_SCHEMA\": \"Timeline.1\", \"tracks\": {\"OTIO_SCHEMA\": \"Stack.1\", \"children\": [\
        {\"OTIO_SCHEMA\": \"Track.1\", \"kind\": \"Video\", \"children\": [{\"OTIO_SCHEMA\": \"Clip.1\", \
        \"media_reference\": {\"OTIO_SCHEMA\": \"ExternalReference.1\", \"target_url\": \"/a.mov\"}}]}]}}";
    let (programme, _) = read_otio(text).expect("a good edit");
    let bundle = |length: usize| {
        let mut open = |_: &str| -> io::Result<Option<Box<dyn Read>>> {
            Ok(Some(Box::new(Cursor::new(vec![b'x'; length]))))
        };
        let written = write_bundle(Cursor::new(Vec::new()), &programme, &mut open);
        written.expect("it can be written").0.into_inner()
    };
    vec![bundle(0), bundle(3_000)]
});

/// A text that may be an edit decision list.
pub fn list(random: &mut Random) -> Vec<u8> {
    mutate::text(random, &LISTS, &LIST_WORDS)
}

/// A text that may be Final Cut Pro's XML.
pub fn xml(random: &mut Random) -> Vec<u8> {
    mutate::text(random, &FILES, &FILE_WORDS)
}

/// Bytes that may be a bundle.
pub fn bundle(random: &mut Random) -> Vec<u8> {
    let mut data = random.pick(&BUNDLES).clone();
    for _ in 0..=random.below(3) {
        if data.is_empty() {
            break;
        }
        let at = random.below(data.len());
        match random.below(4) {
            0 => data.truncate(at),
            1 => data[at] = 0xff,
            _ => data[at] ^= 1 << random.below(8),
        }
    }
    data
}

/// Reads `data` as a list; true when it is.
///
/// # Panics
/// When what is read can't be written and read again.
pub fn read_list(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(data);
    let mut taken = false;
    for rate in ["25", "29.97df"] {
        let counting: Counting = rate.parse().expect("a rate");
        let Some(programme) = looked_at(read_edl(&text, counting)) else {
            continue;
        };
        taken = true;
        if let Ok((written, _)) = write_edl(&programme, counting) {
            let (again, _) = read_edl(&written, counting).expect("it was just written");
            let (once_more, _) = write_edl(&again, counting).expect("it was just read");
            // What goes on from the event in front of it has that one's name.
            let cut = |text: &str| {
                let lines = text
                    .lines()
                    .filter(|line| !line.starts_with("* FROM CLIP NAME:"));
                lines.map(str::to_owned).collect::<Vec<_>>()
            };
            assert_eq!(cut(&once_more), cut(&written));
        }
    }
    taken
}

/// Reads `data` as Final Cut Pro's XML; true when it is.
///
/// # Panics
/// When what is read can't be written and read again.
pub fn read_xml(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(data);
    let Some(programme) = looked_at(read_fcpxml(&text)) else {
        return false;
    };
    if let Ok((written, _)) = write_fcpxml(&programme) {
        read_fcpxml(&written).expect("it was just written");
    }
    true
}

/// Reads `data` as a bundle with all its media; true when it is whole.
///
/// # Panics
/// When more comes out than the limits allow.
pub fn read_bundle(data: &[u8]) -> bool {
    let Ok(mut bundle) = Bundle::open(Cursor::new(data)) else {
        return false;
    };
    let Ok((programme, _)) = bundle.programme() else {
        return false;
    };
    let items = programme.tracks.iter().flat_map(|track| &track.items);
    for item in items {
        let Item::Clip(clip) = item else {
            continue;
        };
        let Some(name) = bundle.entry_of(&clip.media) else {
            return false;
        };
        let mut out = Vec::new();
        if bundle.copy_media(&name, &mut out).is_err() {
            return false;
        }
        assert!(
            out.len() <= 100 * data.len() + (1 << 20),
            "{} bytes",
            out.len()
        );
    }
    true
}

/// Does with a programme what is done with one that was read.
fn looked_at(read: Result<(Programme, Vec<Issue>), ReadError>) -> Option<Programme> {
    let (programme, issues) = match read {
        Ok(read) => read,
        Err(wrong) => {
            assert!(wrong.to_string().len() < 2_000, "{wrong}");
            return None;
        }
    };
    assert!(issues.len() <= interchange::MAX_ISSUES + 1);
    if let Ok((tracks, _)) = programme.plain_tracks() {
        for clip in tracks.iter().flat_map(|track| &track.clips) {
            assert!(clip.gap >= RationalTime::ZERO, "{clip:?}");
        }
    }
    read_otio(&write_otio(&programme)).expect("it was just written");
    let _ = write_chapters(&programme);
    if let Some(counting) = programme.counting() {
        let _ = write_clip_list(&programme, counting);
    }
    Some(programme)
}
