//! The forms of edits, by the names of their files.

use std::path::Path;

/// A form in which programs exchange edits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditForm {
    /// OpenTimelineIO.
    Otio,
    /// OpenTimelineIO with its media.
    Otioz,
    /// A CMX3600 edit decision list.
    Edl,
    /// Final Cut Pro's XML.
    Fcpxml,
    /// A project of ours; read only.
    Stringout,
    /// A table of clips; written only.
    Csv,
    /// Chapters in WebVTT; written only.
    Vtt,
}

impl EditForm {
    /// Names of the forms that are read.
    pub const READ: &'static str = "`.otio`, `.otioz`, `.edl`, `.fcpxml`, `.stringout`";
    /// Names of the forms that are written.
    pub const WRITTEN: &'static str = "`.otio`, `.otioz`, `.edl`, `.fcpxml`, `.csv`, `.vtt`";

    /// The form of a file, by its name.
    #[must_use]
    pub fn of(file: &Path) -> Option<Self> {
        let extension = file.extension()?.to_str()?.to_ascii_lowercase();
        [
            Self::Otio,
            Self::Otioz,
            Self::Edl,
            Self::Fcpxml,
            Self::Stringout,
            Self::Csv,
            Self::Vtt,
        ]
        .into_iter()
        .find(|form| form.name() == extension)
    }

    /// What names of its files end in, without the dot.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Otio => "otio",
            Self::Otioz => "otioz",
            Self::Edl => "edl",
            Self::Fcpxml => "fcpxml",
            Self::Stringout => "stringout",
            Self::Csv => "csv",
            Self::Vtt => "vtt",
        }
    }

    /// What people call it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Otio => "OpenTimelineIO",
            Self::Otioz => "an OpenTimelineIO bundle",
            Self::Edl => "a CMX3600 edit decision list",
            Self::Fcpxml => "FCPXML",
            Self::Stringout => "a project",
            Self::Csv => "a table of clips",
            Self::Vtt => "WebVTT chapters",
        }
    }

    /// Whether edits are read from it.
    #[must_use]
    pub const fn is_read(self) -> bool {
        !matches!(self, Self::Csv | Self::Vtt)
    }
}

/// Whether a file is an edit, by its name: `.otio`, `.otioz`, `.edl`, `.fcpxml` or `.stringout`.
#[must_use]
pub fn is_edit(file: &Path) -> bool {
    EditForm::of(file).is_some_and(EditForm::is_read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_forms() {
        let form = |name: &str| EditForm::of(Path::new(name));
        assert_eq!(form("a/b.EDL"), Some(EditForm::Edl));
        assert_eq!(form("b.fcpxml"), Some(EditForm::Fcpxml));
        assert_eq!(form("otio"), None);
        assert_eq!(form("b.mov"), None);
        assert!(is_edit(Path::new("x.otioz")) && !is_edit(Path::new("x.csv")));
    }
}
