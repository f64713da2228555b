//! The version of a cluster.

use std::fmt;

/// Queries take parameters from this version on.
const WITH_PARAMETERS: (u32, u32) = (5, 11);

/// A version, as `/version` tells it: `v5.12.0-2-gc1398c65`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Of many changes.
    pub major: u32,
    /// Of some.
    pub minor: u32,
    /// Of repairs.
    pub patch: u32,
}

impl Version {
    /// Reads the beginning of the answer; `None` when it is no version.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(body.get(..body.len().min(100))?).ok()?;
        let text = text.trim().trim_matches('"').trim_start_matches('v');
        let mut numbers = text.split(['.', '-', '+', ' ']);
        let mut next = || numbers.next()?.parse().ok();
        let (major, minor) = (next()?, next()?);
        Some(Self {
            major,
            minor,
            patch: next().unwrap_or(0),
        })
    }

    /// Its queries take parameters.
    pub(crate) fn takes_parameters(self) -> bool {
        (self.major, self.minor) >= WITH_PARAMETERS
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        let read = |text: &str| Version::read(text.as_bytes()).map(|v| v.to_string());
        assert_eq!(read("v5.12.0-2-gc1398c65\n").as_deref(), Some("5.12.0"));
        assert_eq!(read("\"5.11\"").as_deref(), Some("5.11.0"));
        assert_eq!(read("v6.0.3").as_deref(), Some("6.0.3"));
        for none in ["", "<html>", "v5", "v.1.2", "5.x"] {
            assert_eq!(read(none), None, "{none}");
        }
        let takes = |text: &str| Version::read(text.as_bytes()).unwrap().takes_parameters();
        assert!(takes("v5.11.0") && takes("v6.0.0") && !takes("v5.10.9") && !takes("v4.20.1"));
    }
}
