//! The names that media have in a list.

use super::CMX;
use crate::issue::{Issues, short};
use crate::{Clip, Media};
use std::collections::{HashMap, HashSet};

/// Letters of a reel's name (CMX3600).
const LONGEST: usize = 8;
/// Names that mean something else.
const RESERVED: [&str; 4] = ["BL", "BLACK", "BARS", "AX"];

/// Reels by the media they stand for.
#[derive(Debug, Default)]
pub(super) struct Reels {
    of_media: HashMap<String, String>,
    taken: HashSet<String>,
    /// The last number that was put behind a name.
    numbers: HashMap<String, u64>,
}

impl Reels {
    /// The reel of a clip's medium: the one it had in a list it was read from, else one made of the
    /// medium's name. A name that doesn't fit is an issue.
    pub(super) fn of(&mut self, clip: &Clip, place: &str, issues: &mut Issues) -> String {
        let said = clip
            .kept
            .metadata()
            .and_then(|metadata| metadata.get(CMX)?.get("reel")?.as_str());
        let wanted = match (said, &clip.media) {
            (Some(reel), _) => reel,
            (None, Media::Missing { name }) if name.is_empty() => &clip.name,
            (None, Media::Missing { name }) => name,
            (None, Media::File(path)) => stem(path),
            (None, Media::Tams { flow: id, .. } | Media::Source { source: id, .. }) => id,
            (None, Media::Other { .. }) => &clip.name,
        };
        let key = match (&clip.media, clip.media.to_plain()) {
            (_, Some(address)) => address,
            (Media::Missing { name }, None) => format!("missing {name} {wanted}"),
            (_, None) => wanted.to_owned(),
        };
        if let Some(reel) = self.of_media.get(&key) {
            return reel.clone();
        }
        let reel = self.free(&fitting(wanted));
        if !reel.eq_ignore_ascii_case(wanted) {
            issues.add(
                place,
                format!(
                    "the reel {reel} stands for {}: a reel has eight letters or digits",
                    short(wanted)
                ),
            );
        }
        self.taken.insert(reel.clone());
        self.of_media.insert(key, reel.clone());
        reel
    }

    /// `wanted`, or with a number at its end when another medium has that name.
    fn free(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let number = self.numbers.entry(wanted.to_owned()).or_insert(1);
        while self.taken.contains(&name) || RESERVED.contains(&name.as_str()) {
            *number += 1;
            let end = number.to_string();
            let room = LONGEST.saturating_sub(end.len());
            name = wanted.chars().take(room).chain(end.chars()).collect();
        }
        name
    }
}

fn stem(path: &str) -> &str {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}

fn fitting(name: &str) -> String {
    let fits = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    let reel: String = name.chars().map(fits).take(LONGEST).collect();
    match reel.as_str() {
        "" => "REEL".to_owned(),
        _ => reel,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clip(path: &str) -> Clip {
        Clip::new("c", Media::File(path.to_owned()), None)
    }

    #[test]
    fn reels_are_short_and_of_one_medium() {
        let (mut reels, mut issues) = (Reels::default(), Issues::default());
        let mut reel = |clip: &Clip| reels.of(clip, "x", &mut issues);
        assert_eq!(reel(&clip("/x/A001C002.mov")), "A001C002");
        assert_eq!(reel(&clip("/y/a001c009.mov")), "A001C009");
        assert_eq!(reel(&clip("/z/a001c009.mov")), "A001C003");
        assert_eq!(reel(&clip("interview two.mov")), "INTERVIE");
        assert_eq!(reel(&clip("interview three.mov")), "INTERVI2");
        assert_eq!(reel(&clip("interview two.mov")), "INTERVIE");
        assert_eq!(reel(&clip("bl.mov")), "BL2");
        assert_eq!(issues.into_vec().len(), 4);
    }
}
