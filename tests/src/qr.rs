//! QR codes in pictures and PDF pages, read by zxing and poppler, which the product doesn't use.

use std::fs;
use std::path::{Path, PathBuf};

use crate::folders;
use crate::tool;

/// The texts of the codes in a picture (PNG, JPEG, PGM), in reading order.
///
/// # Panics
/// When it can't be read, or the test tools are missing.
pub fn in_picture(path: &Path) -> Vec<String> {
    in_pictures(&[path.to_path_buf()]).remove(0)
}

/// The texts of the codes in each picture, in reading order.
///
/// # Panics
/// When one can't be read, or the test tools are missing.
pub fn in_pictures(paths: &[PathBuf]) -> Vec<Vec<String>> {
    let python = folders::venv_program("python");
    let script = folders::repository()
        .join("tests")
        .join("tools")
        .join("decode_qr.py");
    let mut command = tool::tool(&python.to_string_lossy(), [script]);
    let answer = tool::run(command.args(paths));
    serde_json::from_slice(&answer).expect("decode_qr.py answers with an array of arrays")
}

/// The texts of the codes on each page of a PDF, as seen at `dpi`.
///
/// # Panics
/// When it is no PDF, or the test tools are missing.
pub fn in_pdf(path: &Path, dpi: u32) -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    in_pictures(&pages(path, dpi, folder.path()))
}

/// The pages of a PDF as grey pictures at `dpi`, written to `folder`, in order.
///
/// # Panics
/// When it is no PDF, or poppler is missing.
pub fn pages(path: &Path, dpi: u32, folder: &Path) -> Vec<PathBuf> {
    let mut command = tool::tool("pdftoppm", ["-gray", "-r", &dpi.to_string()]);
    tool::run(command.arg(path).arg(folder.join("page")));
    let mut pages: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder was just written")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "pgm"))
        .collect();
    // pdftoppm pads page numbers to the same length.
    pages.sort();
    pages
}
