//! Why a sheet can't be made, read or checked.

use record::ShortId;

/// Every message names the thing and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// No template has this name.
    #[error("there is no sheet template `{name}`; there are: {known}")]
    Template {
        /// As asked for.
        name: String,
        /// The names there are, separated by commas.
        known: String,
    },
    /// A job without items, or with no copy of any.
    #[error("nothing to print: the sheet has no codes")]
    Empty,
    /// A job beyond what one file should hold.
    #[error("{codes} codes are too many for one file, at most {most}: split the sheet")]
    TooMany {
        /// Codes asked for, all copies counted.
        codes: u64,
        /// Codes that fit.
        most: u64,
    },
    /// The text can't be written as a QR code.
    #[error("`{payload}` can't be written as a QR code: {why}")]
    Payload {
        /// As asked for.
        payload: String,
        /// What is wrong with it.
        why: String,
    },
    /// The code would be printed too fine for a phone to read.
    #[error(
        "code {id} would have modules of {module_mm} mm on this template, at least {needed_mm} mm \
         are needed: shorten the play base URL or take a larger template"
    )]
    ModuleTooSmall {
        /// Which code.
        id: ShortId,
        /// Millimetres, two decimals.
        module_mm: String,
        /// Millimetres, two decimals.
        needed_mm: String,
    },
    /// A picture that can't be read.
    #[error("the picture can't be used: {0}")]
    Picture(String),
    /// The PDF writer refused the page.
    #[error("the PDF could not be written: {0}")]
    Pdf(String),
    /// The PDF reader could not open what it was given.
    #[error("the PDF could not be read back: {0}")]
    Unreadable(String),
    /// A table of placements that can't be read.
    #[error("line {line}: {why}")]
    Table {
        /// 1-based, the header being line 1.
        line: u64,
        /// Names the column and what is wrong in it.
        why: String,
    },
}
