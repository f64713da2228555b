//! Printed sheets: QR codes, posters, labels, PDF, and a self-check that reads the print back.
//!
//! A [`SheetJob`] names a [`Template`] and the codes to print, [`PrintOptions`] how they are put on
//! paper; [`render_with`] lays them out and writes a vector PDF, [`verify`] rasterises that PDF and
//! decodes every code in it, and [`Sheet::export`] gives the file out when all were read. The steps
//! are separate calls, so that each can be timed and the check can run while the preview is on screen.
//!
//! Terminology
//! - **module**: one square of a QR code.
//! - **quiet zone**: the four modules of empty paper that must surround a code.
//! - **typed address**: the same address in readable form, for phones that can't scan and for
//!   people who want to see where a code leads.
//!
//! Invariants
//! - Nothing is drawn in a code's quiet zone; the layout keeps it free and `verify` proves it.
//! - The modules of a code are at least as large as its template asks for, or there is no sheet.
//! - Text is never clipped and never overlaps: it wraps, shrinks, and as the last resort is cut
//!   with an ellipsis, which is reported. Characters without a glyph are reported.
//!   A script that no font has is named.
//! - All typefaces are embedded; a sheet prints the same everywhere.
//! - The same job gives the same file, with the same [`FontSource`].

#![deny(missing_docs)]

mod code;
mod code_picture;
mod column;
mod contact;
mod distance;
mod error;
mod font;
mod font_source;
mod geometry;
mod issue;
mod job;
mod label;
mod layout;
mod logo;
mod marks;
mod options;
mod paper;
mod pdf;
mod photo;
mod picture;
mod poster;
mod raster;
mod script;
mod sheet;
mod table;
mod template;
mod template_file;
mod test_page;
mod text;
mod verify;

pub use code::{Code, Level};
pub use code_picture::{CodeLook, contrast_percent, contrast_ratio};
pub use distance::{distance_for_side, side_for_distance};
pub use error::SheetError;
pub use font_source::{BundledFonts, FontFile, FontSource, SystemFonts, WantedFont};
pub use geometry::RectMm;
pub use issue::{Field, Issue, Note};
pub use job::{SheetItem, SheetJob};
pub use logo::Logo;
pub use options::{Brand, PrintOptions, Profile, Wording};
pub use photo::read_photo;
pub use picture::Picture;
pub use raster::preview_png;
pub use sheet::{FailedCode, PrintedCode, Sheet, render, render_with};
pub use table::{BadRow, ColumnMap, PlacementRow, Table, cell_text, read_rows, read_table};
pub use template::{
    ContactGrid, LabelGrid, Layout, Template, TemplateShelf, find_template, template, templates,
    templates_with,
};
pub use test_page::test_page;
pub use verify::{Checked, Depth, verify, verify_while};
