//! Byte ranges of `GET` (RFC 9110 §14).

/// What part of a representation to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// From the first to the last byte, both included.
    Bytes {
        /// First byte.
        first: u64,
        /// Last byte.
        last: u64,
    },
    /// Nothing: the range lies outside.
    Unsatisfiable,
}

/// The part a `Range` header asks for. A header that makes no sense, or asks for several ranges,
/// gets the whole, as the RFC allows.
pub(super) fn requested(header: Option<&str>, size: u64) -> Part {
    match header.and_then(|header| parse(header, size)) {
        Some(part) => part,
        None => Part::Whole,
    }
}

fn parse(header: &str, size: u64) -> Option<Part> {
    let (unit, range) = header.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = range.trim().split_once('-')?;
    let end = size.checked_sub(1);
    match (number(first), number(last)) {
        (None, Some(suffix)) if first.is_empty() => Some(match end {
            Some(end) if suffix > 0 => Part::Bytes {
                first: size.saturating_sub(suffix),
                last: end,
            },
            _ => Part::Unsatisfiable,
        }),
        (Some(first), None) if last.is_empty() => Some(match end {
            Some(end) if first <= end => Part::Bytes { first, last: end },
            _ => Part::Unsatisfiable,
        }),
        (Some(first), Some(last)) if first <= last => Some(match end {
            Some(end) if first <= end => Part::Bytes {
                first,
                last: last.min(end),
            },
            _ => Part::Unsatisfiable,
        }),
        _ => None,
    }
}

fn number(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_a_range() {
        let bytes = |first, last| Part::Bytes { first, last };
        for (header, size, part) in [
            ("bytes=0-3", 10, bytes(0, 3)),
            ("Bytes = 2-2", 10, bytes(2, 2)),
            ("bytes=5-", 10, bytes(5, 9)),
            ("bytes=5-99999999999999999999999", 10, bytes(5, 9)),
            ("bytes=-3", 10, bytes(7, 9)),
            ("bytes=-30", 10, bytes(0, 9)),
            ("bytes=10-", 10, Part::Unsatisfiable),
            ("bytes=-0", 10, Part::Unsatisfiable),
            ("bytes=0-", 0, Part::Unsatisfiable),
            ("bytes=-1", 0, Part::Unsatisfiable),
            ("bytes=3-2", 10, Part::Whole),
            ("bytes=0-1,4-5", 10, Part::Whole),
            ("bytes=a-b", 10, Part::Whole),
            ("bytes=-", 10, Part::Whole),
            ("bytes=+1-2", 10, Part::Whole),
            ("frames=0-1", 10, Part::Whole),
            ("", 10, Part::Whole),
        ] {
            assert_eq!(requested(Some(header), size), part, "{header}");
        }
        assert_eq!(requested(None, 10), Part::Whole);
    }
}
