//! Which server it is.

use std::fmt;

/// The oldest server that tells the ids of inserted rows.
const OLDEST: [u32; 2] = [5, 1];

/// A VAST cluster's version, from its header `Server: vast A.B.C[.D]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version([u32; 4]);

impl Version {
    /// Reads the header. `None` when it is none of VAST's, or in another form.
    pub fn from_header(header: &str) -> Option<Self> {
        let numbers = header.strip_prefix("vast ")?;
        let mut version = [0; 4];
        let mut count = 0;
        for number in numbers.split('.') {
            if !number.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            *version.get_mut(count)? = number.parse().ok()?;
            count += 1;
        }
        (count >= 3).then_some(Self(version))
    }

    /// Whether this program can speak to it: 5.1 or later.
    pub fn is_supported(self) -> bool {
        [self.0[0], self.0[1]] >= OLDEST
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = self.0;
        write!(f, "{a}.{b}.{c}")?;
        if d > 0 { write!(f, ".{d}") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_or_four_numbers() {
        for (header, shown) in [
            ("vast 5.3.1.7", Some("5.3.1.7")),
            ("vast 5.5.0", Some("5.5.0")),
            ("vast 5.5", None),
            ("vast 5.5.0.0.1", None),
            ("vast 5.x.0", None),
            ("vast 5..0", None),
            ("vast +5.1.0", None),
            ("vast 99999999999.0.0", None),
            ("vast", None),
            ("nginx/1.27", None),
            ("", None),
        ] {
            let version = Version::from_header(header).map(|v| v.to_string());
            assert_eq!(version.as_deref(), shown, "{header}");
        }
    }

    #[test]
    fn older_than_5_1_is_not_supported() {
        let supported = |text| Version::from_header(text).unwrap().is_supported();
        assert!(!supported("vast 4.7.0"));
        assert!(!supported("vast 5.0.9.9"));
        assert!(supported("vast 5.1.0"));
        assert!(supported("vast 6.0.0.1"));
    }
}
