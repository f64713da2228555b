//! Printed sheets: QR codes, posters, labels, PDF, and a self-check that reads the print back.
//!
//! A [`SheetJob`] names a [`Template`] and the codes to print; [`render`] lays them out and writes
//! a vector PDF, [`verify`] rasterises that PDF and decodes every code in it. The two are separate
//! calls, so that each can be timed and the check can run while the preview is on screen.
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
//! - All typefaces are embedded; a sheet prints the same everywhere.
//! - The same job gives the same file.

#![deny(missing_docs)]

mod code;
mod column;
mod error;
mod font;
mod geometry;
mod issue;
mod job;
mod label;
mod layout;
mod pdf;
mod photo;
mod picture;
mod poster;
mod raster;
mod sheet;
mod table;
mod template;
mod text;
mod verify;

pub use code::Code;
pub use error::SheetError;
pub use geometry::RectMm;
pub use issue::{Field, Issue, Note};
pub use job::{SheetItem, SheetJob};
pub use photo::read_photo;
pub use picture::Picture;
pub use raster::preview_png;
pub use sheet::{PrintedCode, Sheet, render};
pub use table::{PlacementRow, read_table};
pub use template::{LabelGrid, Layout, Template, template, templates};
pub use verify::verify;
