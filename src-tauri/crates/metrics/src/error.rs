//! What can go wrong.

/// Errors of this crate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetricsError {
    /// A range that can't be read.
    #[error(
        "`{text}` is no range: write a number and m, h, d or w, such as 1h, 24h, 7d or 30d (at most {most})"
    )]
    Range {
        /// As it was given.
        text: String,
        /// The longest range.
        most: &'static str,
    },
}
