//! Where in a bucket what belongs to a compilation goes.

use mediatime::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A folder with places for the date on which a compilation was first published, in UTC, and its id:
/// `compilations/{yyyy}/{mm}/{dd}/{id}/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyFolder(String);

const USUAL: &str = "compilations/{yyyy}/{mm}/{dd}/{id}/";

impl Default for KeyFolder {
    fn default() -> Self {
        Self(USUAL.to_owned())
    }
}

impl KeyFolder {
    pub(super) fn is_usual(&self) -> bool {
        self.0 == USUAL
    }

    /// The folder of a compilation, with a slash at its end.
    #[must_use]
    pub fn of(&self, id: Uuid, created: Timestamp) -> String {
        let seconds = i64::try_from(created.nanos().div_euclid(1_000_000_000)).unwrap_or(0);
        let date = jiff::Timestamp::from_second(seconds)
            .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
            .to_zoned(jiff::tz::TimeZone::UTC)
            .date();
        let folder = self
            .0
            .replace("{yyyy}", &format!("{:04}", date.year()))
            .replace("{mm}", &format!("{:02}", date.month()))
            .replace("{dd}", &format!("{:02}", date.day()))
            .replace("{id}", &id.to_string());
        format!("{}/", folder.trim_matches('/'))
    }
}

impl TryFrom<String> for KeyFolder {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut rest = text.as_str();
        while let Some(begin) = rest.find(['{', '}']) {
            let name = rest.get(begin..).unwrap_or_default();
            let known = ["{yyyy}", "{mm}", "{dd}", "{id}"];
            let Some(known) = known.iter().find(|known| name.starts_with(**known)) else {
                return Err(format!(
                    "`{text}` has a place that is none of {{yyyy}}, {{mm}}, {{dd}} and {{id}}"
                ));
            };
            rest = name.get(known.len()..).unwrap_or_default();
        }
        if !text.contains("{id}") {
            // An upload under the same key is taken for our own.
            return Err(format!(
                "`{text}` has no {{id}}: two compilations would share a folder"
            ));
        }
        Ok(Self(text))
    }
}

impl From<KeyFolder> for String {
    fn from(folder: KeyFolder) -> Self {
        folder.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_the_date_and_the_id() {
        let created = Timestamp::from_secs(1_795_348_800).unwrap();
        let id = Uuid::from_u128(7);
        assert_eq!(
            KeyFolder::default().of(id, created),
            format!("compilations/2026/11/22/{id}/")
        );
        let own = KeyFolder::try_from("/films/{id}".to_owned()).unwrap();
        assert_eq!(own.of(id, created), format!("films/{id}/"));
    }

    #[test]
    fn what_would_mix_compilations_is_refused() {
        for (text, names) in [
            ("films/{yyyy}", "{id}"),
            ("{id}/{week}", "{yyyy}"),
            ("{id}/}", "{mm}"),
        ] {
            let error = KeyFolder::try_from(text.to_owned()).unwrap_err();
            assert!(error.contains(names), "{error}");
        }
    }
}
