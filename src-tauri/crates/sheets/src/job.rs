//! What is to be printed.

use crate::{Picture, SheetError, Template};
use record::ShortId;

/// Codes in one file, all copies counted.
const MAX_CODES: u64 = 20_000;

/// A sheet to be made.
#[derive(Clone, Debug)]
pub struct SheetJob {
    /// How the pages look.
    pub template: Template,
    /// One for each code; items fill the labels of a page in order.
    pub items: Vec<SheetItem>,
    /// The codes lead to an address that only this network knows, and the print must say so.
    pub local_note: bool,
}

/// One code and what stands beside it.
#[derive(Clone, Debug)]
pub struct SheetItem {
    /// Printed for typing, in groups of four.
    pub id: ShortId,
    /// The exact payload of the code (`record::Placement::payload`).
    pub url: String,
    /// May be empty.
    pub title: String,
    /// May be empty. Line breaks are kept.
    pub description: String,
    /// Printed by posters.
    pub picture: Option<Picture>,
    /// How long the film is, in words: `1 min 48 s`; empty when unknown.
    pub duration_text: String,
    /// Until when it can be watched, in words: `31 January 2027` (the sheet adds "Until"); empty
    /// when there is no end.
    pub expires_text: String,
    /// Where it hangs; may be empty.
    pub placement: String,
    /// How often it is printed.
    pub copies: u32,
    /// From how far it is to be read, in metres; posters enlarge the code for it, and it is said
    /// when a code stays too small. `None` when that is not known.
    pub viewing_distance_m: Option<f64>,
}

impl SheetJob {
    /// Codes on paper, all copies counted.
    pub(crate) fn codes(&self) -> Result<u64, SheetError> {
        let codes: u64 = self.items.iter().map(|item| u64::from(item.copies)).sum();
        match codes {
            0 => Err(SheetError::Empty),
            codes if codes > MAX_CODES => Err(SheetError::TooMany {
                codes,
                most: MAX_CODES,
            }),
            codes => Ok(codes),
        }
    }
}

impl SheetItem {
    /// What is typed before the code, with its host in the form people know: `host.example/P/`.
    /// It stands on the print so that a code pasted over ours is seen to lead elsewhere. The
    /// scheme is left out where browsers add it by themselves.
    pub(crate) fn typed_address(&self) -> String {
        let (scheme, rest) = self.url.split_once("://").unwrap_or(("", &self.url));
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let path = path.strip_suffix(&self.id.to_string()).unwrap_or(path);
        let scheme = match scheme.to_ascii_lowercase() {
            scheme if scheme.is_empty() || scheme == "https" => String::new(),
            scheme => format!("{scheme}://"),
        };
        format!("{scheme}{}{path}", host.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template;

    fn item(url: &str, copies: u32) -> SheetItem {
        SheetItem {
            id: ShortId::from_random([7; 22]),
            url: url.to_owned(),
            title: String::new(),
            description: String::new(),
            picture: None,
            duration_text: String::new(),
            expires_text: String::new(),
            placement: String::new(),
            copies,
            viewing_distance_m: None,
        }
    }

    #[test]
    fn the_address_is_readable_and_complete() {
        let id = ShortId::from_random([7; 22]);
        let typed = |base: &str| item(&format!("{base}/P/{id}"), 1).typed_address();
        assert_eq!(
            typed("HTTPS://GO.MERIDIAN.EXAMPLE"),
            "go.meridian.example/P/"
        );
        assert_eq!(
            typed("HTTP://192.168.1.23:8765"),
            "http://192.168.1.23:8765/P/"
        );
        assert_eq!(typed("HTTPS://HOST.EXAMPLE/FILMS"), "host.example/FILMS/P/");
        assert_eq!(
            item("HTTPS://HOST.EXAMPLE", 1).typed_address(),
            "host.example"
        );
        assert_eq!(item("NO URL", 1).typed_address(), "no url");
    }

    #[test]
    fn jobs_are_bounded() {
        let job = |copies: &[u32]| SheetJob {
            template: template("poster-a4").unwrap().clone(),
            items: copies.iter().map(|n| item("X", *n)).collect(),
            local_note: false,
        };
        assert_eq!(job(&[]).codes(), Err(SheetError::Empty));
        assert_eq!(job(&[0, 0]).codes(), Err(SheetError::Empty));
        assert_eq!(job(&[3, 0, 2]).codes(), Ok(5));
        let codes = 2 * u64::from(u32::MAX);
        let too_many = SheetError::TooMany {
            codes,
            most: MAX_CODES,
        };
        assert_eq!(job(&[u32::MAX, u32::MAX]).codes(), Err(too_many));
    }
}
