//! Why a sheet can't be made, read or checked.

use record::ShortId;

/// Every message names the thing and what to do about it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
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
    /// A template that can't be printed, or a file of templates that can't be read.
    #[error("the template `{name}`: {why}")]
    TemplateFile {
        /// Of the template, or of its file.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// The paper does not allow what was asked for.
    #[error("{option}: {why}")]
    Option {
        /// Which option.
        option: &'static str,
        /// As asked for, and what there is.
        why: String,
    },
    /// The colours of a code are too close.
    #[error("the colours of the code differ by {percent} %, readers need 70 % and dark on light")]
    Contrast {
        /// Difference of reflectance.
        percent: i32,
    },
    /// The code can't bear a logo.
    #[error("the code can't have a logo: {0}")]
    Logo(String),
    /// Codes that did not read back: the file must not be printed.
    #[error("{} of {codes} codes can't be read: {}", failed.len(), crate::sheet::list(failed))]
    Unverified {
        /// Every one of them.
        failed: Vec<crate::FailedCode>,
        /// Codes in the file.
        codes: usize,
    },
}
