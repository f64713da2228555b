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
    /// A name of a column, table or project that no query may hold.
    #[error(
        "`{text}` is no name of a column, table or project: it begins with a letter and holds letters, digits and _ . : - ( )"
    )]
    Name {
        /// As it was given.
        text: String,
    },
    /// A table without its project.
    #[error("`{text}` is no table: write project.table")]
    Table {
        /// As it was given.
        text: String,
    },
    /// An address that can't be used.
    #[error("`{text}` is no address of Hydrolix: {why}")]
    Address {
        /// As it was given, without user and query.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Certificate authorities that can't be used.
    #[error("the certificate authorities in {path} can't be used: {why}")]
    Authorities {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
}
