//! `Content-Range` (RFC 9110 §14.4).

/// What part of an object an answer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ContentRange {
    /// First and last byte; absent in an answer that holds nothing (`bytes */100`).
    pub(crate) span: Option<(u64, u64)>,
    /// Bytes of the whole object, where it is known.
    pub(crate) total: Option<u64>,
}

/// Reads `bytes 0-9/100`, `bytes 0-9/*` or `bytes */100`; nothing else, and nothing that contradicts
/// itself.
pub(crate) fn parse_content_range(text: &str) -> Option<ContentRange> {
    let (unit, rest) = text.trim().split_once(' ')?;
    if !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (span, total) = rest.trim().split_once('/')?;
    let total = match total {
        "*" => None,
        digits => Some(number(digits)?),
    };
    if span == "*" {
        return Some(ContentRange { span: None, total });
    }
    let (first, last) = span.split_once('-')?;
    let (first, last) = (number(first)?, number(last)?);
    if first > last || total.is_some_and(|total| last >= total) {
        return None;
    }
    Some(ContentRange {
        span: Some((first, last)),
        total,
    })
}

fn number(digits: &str) -> Option<u64> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_strictly() {
        let range = |span, total| Some(ContentRange { span, total });
        for (text, read) in [
            ("bytes 0-9/100", range(Some((0, 9)), Some(100))),
            ("Bytes 5-5/6", range(Some((5, 5)), Some(6))),
            ("bytes 0-9/*", range(Some((0, 9)), None)),
            ("bytes */100", range(None, Some(100))),
            ("bytes 9-0/100", None),
            ("bytes 0-100/100", None),
            ("bytes 0-9", None),
            ("bytes -9/100", None),
            ("bytes +0-9/100", None),
            ("bytes 0-9/99999999999999999999999", None),
            ("items 0-9/100", None),
            ("", None),
        ] {
            assert_eq!(parse_content_range(text), read, "{text}");
        }
    }
}
