//! Where the media of an edit lie.

use interchange::{Issue, Item, Media, Programme};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// What names of media files end in; a clip's name in a list has mostly no ending.
const MEDIA: [&str; 11] = [
    "mov", "mp4", "m4v", "mxf", "mkv", "ts", "mts", "m2ts", "webm", "wav", "aif",
];

/// Looks beside a list for the media of its clips: the file that is named, by its last part where it is
/// not where the list says, else one called like the clip or the reel. What is not found stays as it is.
pub(crate) fn find_reels(programme: &mut Programme, list: &Path, issues: &mut Vec<Issue>) {
    let folder = folder_of(list);
    let beside = Beside::of(&folder);
    for track in &mut programme.tracks {
        for item in &mut track.items {
            let Item::Clip(clip) = item else {
                continue;
            };
            match &clip.media {
                Media::Missing { name } => {
                    let found = [&clip.name, name]
                        .into_iter()
                        .find_map(|name| beside.like(name));
                    if let Some(found) = found {
                        clip.media = Media::File(found);
                    }
                }
                Media::File(path) if !folder.join(path).exists() => {
                    let last = path.rsplit(['/', '\\']).next().unwrap_or_default();
                    if beside.has(last) && last != path {
                        issues.push(Issue {
                            place: format!("clip {}", clip.name),
                            what: format!("{path} is not there: the file of that name beside the list is taken"),
                        });
                        clip.media = Media::File(last.to_owned());
                    }
                }
                _ => {}
            }
        }
    }
}

/// Lets files that are named from the folder of `from` on be found from the folder of `to` on.
pub(crate) fn rebase(programme: &mut Programme, from: &Path, to: &Path) {
    let (from, to) = (folder_of(from), folder_of(to));
    let whole = |folder: &PathBuf| std::fs::canonicalize(folder).ok();
    let (Some(from), to) = (whole(&from), whole(&to)) else {
        return;
    };
    if Some(&from) == to.as_ref() {
        return;
    }
    for item in programme
        .tracks
        .iter_mut()
        .flat_map(|track| &mut track.items)
    {
        if let Item::Clip(clip) = item
            && let Media::File(path) = &clip.media
            && Path::new(path).is_relative()
        {
            clip.media = Media::File(from.join(path).display().to_string());
        }
    }
}

/// The folder a file lies in.
pub(crate) fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The names of the files in a folder.
struct Beside {
    names: HashMap<String, Vec<String>>,
}

impl Beside {
    fn of(folder: &Path) -> Self {
        let mut names: HashMap<String, Vec<String>> = HashMap::new();
        // A folder that can't be listed has nothing that can be found.
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let stem = Path::new(&name).file_stem().and_then(|stem| stem.to_str());
            let media = Path::new(&name)
                .extension()
                .and_then(|extension| extension.to_str());
            let media =
                media.is_some_and(|media| MEDIA.contains(&media.to_ascii_lowercase().as_str()));
            if let (Some(stem), true) = (stem, media) {
                names.entry(stem.to_owned()).or_default().push(name.clone());
            }
            names.entry(name.clone()).or_default().push(name);
        }
        Self { names }
    }

    fn has(&self, name: &str) -> bool {
        self.names
            .get(name)
            .is_some_and(|names| names.iter().any(|other| other == name))
    }

    /// The file of that name, or the one medium that is called so but for its ending.
    fn like(&self, name: &str) -> Option<String> {
        if self.has(name) {
            return Some(name.to_owned());
        }
        match self.names.get(name)?.as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use interchange::{Clip, Track, TrackKind};

    fn programme(media: Vec<(&str, Media)>) -> Programme {
        let clips = media
            .into_iter()
            .map(|(name, media)| Clip::new(name, media, None).into());
        let mut programme = Programme::new("p");
        programme.tracks = vec![Track::new("V", TrackKind::Video, clips.collect())];
        programme
    }

    fn files(programme: &Programme) -> Vec<String> {
        let items = programme.tracks.iter().flat_map(|track| &track.items);
        items
            .map(|item| match item {
                Item::Clip(clip) => clip.media.reference().unwrap_or_default(),
                _ => String::new(),
            })
            .collect()
    }

    #[test]
    fn reels_are_found_beside_the_list() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["one.mov", "two.mov", "two.mp4", "TAPE.mxf", "note.txt"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let missing = |reel: &str| Media::Missing {
            name: reel.to_owned(),
        };
        let mut edit = programme(vec![
            ("one", missing("AX")),
            ("two", missing("AX")),
            ("two.mp4", missing("AX")),
            ("x", missing("TAPE")),
            ("note", missing("AX")),
            ("../one.mov", missing("AX")),
            ("y", Media::File("/gone/one.mov".to_owned())),
            ("z", Media::File("/gone/lost.mov".to_owned())),
        ]);
        let mut issues = Vec::new();
        find_reels(&mut edit, &folder.path().join("cut.edl"), &mut issues);
        let wanted = [
            "one.mov",
            "",
            "two.mp4",
            "TAPE.mxf",
            "",
            "",
            "one.mov",
            "/gone/lost.mov",
        ];
        assert_eq!(files(&edit), wanted);
        assert_eq!(issues.len(), 1);
    }

    #[test]
    fn relative_files_stay_found() {
        let folder = tempfile::tempdir().unwrap();
        let mut edit = programme(vec![
            ("a", Media::File("m/a.mov".to_owned())),
            ("b", Media::File("/b.mov".to_owned())),
        ]);
        let inside = |name: &str| folder.path().join(name);
        rebase(&mut edit, &inside("a.otio"), &inside("b.edl"));
        assert_eq!(files(&edit), ["m/a.mov", "/b.mov"]);
        std::fs::create_dir(inside("out")).unwrap();
        rebase(&mut edit, &inside("a.otio"), &inside("out/b.edl"));
        let whole = std::fs::canonicalize(folder.path())
            .unwrap()
            .join("m/a.mov");
        assert_eq!(files(&edit), [whole.to_str().unwrap(), "/b.mov"]);
    }
}
