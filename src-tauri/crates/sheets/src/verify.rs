//! The self-check: the PDF is rasterised as a printer would and every code is read back.
//!
//! Nothing of the writer is used here but the finished bytes and the list of what should be on
//! them. A code passes when its modules are large enough, its quiet zone is empty, dark and light are
//! far enough apart, and exactly its payload is read where it should stand. All pages are read at 150
//! dots per inch, one in ten at 300 as well. A code with a logo must also read with a blot on it.

use crate::SheetError;
use crate::raster::{PixelRect, Raster, rasterise};
use crate::sheet::{PrintedCode, Sheet};
use hayro::hayro_syntax::Pdf;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What a worn office printer resolves.
const COARSE: u32 = 150;
/// What a good one does.
const FINE: u32 = 300;
/// Every how many pages, from the first one on, the fine resolution is checked, too.
const FINE_EVERY: usize = 10;
/// Side of the blot that is set on a code with a logo, in modules.
const BLOT: f64 = 3.0;
/// From the edge of the quiet zone to the rows of data, in modules.
const BELOW_TIMING: f64 = 4.0 + 7.0;
/// Light modules around a code.
const QUIET_ZONE: f64 = 4.0;
/// Luma from which paper counts as empty.
const EMPTY: u8 = 216;
/// Share of the luma range that must lie between dark and light.
const CONTRAST: f64 = 0.7;
/// How many times as large a patch is read the second time.
const LARGER: usize = 2;
/// How far a measured module may be off.
const TOLERANCE: f64 = 0.06;

/// Why a code fails, in words for the producer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
enum Failure {
    #[error("the file has no page {0}")]
    NoPage(usize),
    #[error("the code or its quiet zone lies outside the page")]
    OffPage,
    #[error("the modules are {found:.2} mm, at least {needed:.2} mm are needed")]
    TooSmall { found: f64, needed: f64 },
    #[error("there is ink in the quiet zone ({side})")]
    Ink { side: &'static str },
    #[error("no code can be read at {dpi} dpi")]
    Unreadable { dpi: u32 },
    #[error("the code reads `{read}` at {dpi} dpi")]
    Other { read: String, dpi: u32 },
    #[error("more than one code stands in this place")]
    Several,
    #[error("the modules measure {found:.2} mm on the page, not {expected:.2} mm")]
    Size { found: f64, expected: f64 },
    #[error("dark and light differ by {percent} %, 70 % are needed")]
    Contrast { percent: u32 },
    #[error("with its logo, the code can't be read any more once it is a little damaged")]
    Fragile,
    #[error("the check was stopped")]
    Stopped,
}

/// How much of a file is checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// All pages at 150 dpi, one in ten at 300.
    #[default]
    Usual,
    /// All pages at both.
    Everything,
}

/// How far a check is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Codes that were read or failed.
    pub codes: usize,
    /// Those that failed.
    pub failed: usize,
    /// Codes in the file.
    pub of: usize,
}

/// Reads every code back from `sheet.pdf` and sets `verified` and `why` of each. Returns whether
/// all passed. Uses all processors.
///
/// # Errors
/// [`SheetError::Unreadable`] when the file as a whole can't be opened.
pub fn verify(sheet: &mut Sheet) -> Result<bool, SheetError> {
    verify_while(sheet, Depth::Usual, &|_| true)
}

/// As [`verify`]; `go_on` is told after every page how far it is, on any thread, and ends the check by
/// returning false. What was not checked then is not verified.
///
/// # Errors
/// As [`verify`].
pub fn verify_while(
    sheet: &mut Sheet,
    depth: Depth,
    go_on: &(dyn Fn(Checked) -> bool + Sync),
) -> Result<bool, SheetError> {
    let pdf = Pdf::new(Arc::new(sheet.pdf.clone()))
        .map_err(|error| SheetError::Unreadable(format!("{error:?}")))?;
    let results = check_pages(&pdf, sheet, depth, go_on);
    for (code, result) in sheet.codes.iter_mut().zip(results) {
        code.verified = result.is_ok();
        code.why = result.err().map(|failure| failure.to_string());
    }
    Ok(sheet.codes.iter().all(|code| code.verified))
}

/// One result for each code, in order. The pages are shared out among threads.
fn check_pages(
    pdf: &Pdf,
    sheet: &Sheet,
    depth: Depth,
    go_on: &(dyn Fn(Checked) -> bool + Sync),
) -> Vec<Result<(), Failure>> {
    let pages = by_page(&sheet.codes);
    let next = AtomicUsize::new(0);
    let (done, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let stopped = AtomicBool::new(false);
    let work = || {
        let mut found = Vec::new();
        while let Some((page, codes)) = pages.get(next.fetch_add(1, Ordering::Relaxed)) {
            if stopped.load(Ordering::Relaxed) {
                break;
            }
            let results = check_page(pdf, sheet, depth, *page, codes);
            let bad = results.iter().filter(|(_, result)| result.is_err()).count();
            let checked = Checked {
                codes: done.fetch_add(results.len(), Ordering::Relaxed) + results.len(),
                failed: failed.fetch_add(bad, Ordering::Relaxed) + bad,
                of: sheet.codes.len(),
            };
            found.extend(results);
            if !go_on(checked) {
                stopped.store(true, Ordering::Relaxed);
            }
        }
        found
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let mut results = vec![None; sheet.codes.len()];
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.min(pages.len()))
            .map(|_| scope.spawn(work))
            .collect();
        for worker in workers {
            for (at, result) in worker.join().unwrap_or_default() {
                if let Some(slot) = results.get_mut(at) {
                    *slot = Some(result);
                }
            }
        }
    });
    // A page whose thread died has no result: its codes were not read.
    let missing = if stopped.load(Ordering::Relaxed) {
        Failure::Stopped
    } else {
        Failure::Unreadable { dpi: COARSE }
    };
    results
        .into_iter()
        .map(|result| result.unwrap_or_else(|| Err(missing.clone())))
        .collect()
}

/// The codes of each page, each with its index.
fn by_page(codes: &[PrintedCode]) -> Vec<(usize, Vec<(usize, &PrintedCode)>)> {
    let mut pages: BTreeMap<usize, Vec<(usize, &PrintedCode)>> = BTreeMap::new();
    for (at, code) in codes.iter().enumerate() {
        pages.entry(code.page).or_default().push((at, code));
    }
    pages.into_iter().collect()
}

/// Checks the codes of one page; each result with the code's index.
fn check_page(
    pdf: &Pdf,
    sheet: &Sheet,
    depth: Depth,
    page: usize,
    codes: &[(usize, &PrintedCode)],
) -> Vec<(usize, Result<(), Failure>)> {
    let mut results: Vec<Result<(), Failure>> = codes
        .iter()
        .map(|(_, code)| check_declared(code, sheet.min_module_mm))
        .collect();
    let is_fine = depth == Depth::Everything || page.saturating_sub(1).is_multiple_of(FINE_EVERY);
    let resolutions: &[u32] = if is_fine { &[COARSE, FINE] } else { &[COARSE] };
    for dpi in resolutions {
        let areas: Vec<PixelRect> = codes
            .iter()
            .map(|(_, code)| PixelRect::of(&code.rect_mm, *dpi))
            .collect();
        let raster = PixelRect::around(&areas).and_then(|area| rasterise(pdf, page, *dpi, area));
        for (((_, code), area), result) in codes.iter().zip(&areas).zip(&mut results) {
            if result.is_ok() {
                *result = match &raster {
                    Some(raster) => check_code(code, raster, area, *dpi, sheet),
                    None => Err(Failure::NoPage(page)),
                };
            }
        }
    }
    codes.iter().map(|(at, _)| *at).zip(results).collect()
}

fn check_declared(code: &PrintedCode, needed: f64) -> Result<(), Failure> {
    if code.module_mm < needed * (1.0 - 1e-6) {
        return Err(Failure::TooSmall {
            found: code.module_mm,
            needed,
        });
    }
    Ok(())
}

fn check_code(
    code: &PrintedCode,
    raster: &Raster,
    area: &PixelRect,
    dpi: u32,
    sheet: &Sheet,
) -> Result<(), Failure> {
    let needed = sheet.min_module_mm;
    let patch = raster.crop(area).ok_or(Failure::OffPage)?;
    let pixels_per_mm = f64::from(dpi) / 25.4;
    check_quiet_zone(&patch, QUIET_ZONE * code.module_mm * pixels_per_mm)?;
    check_contrast(&patch)?;
    let measured = read(code, &patch, dpi)? / pixels_per_mm;
    if measured < needed * (1.0 - TOLERANCE) {
        return Err(Failure::TooSmall {
            found: measured,
            needed,
        });
    }
    if (measured - code.module_mm).abs() > code.module_mm * TOLERANCE {
        return Err(Failure::Size {
            found: measured,
            expected: code.module_mm,
        });
    }
    if sheet.has_logo && dpi == COARSE {
        check_damaged(code, patch)?;
    }
    Ok(())
}

/// Reads the code with a blot in its data, above the middle and below the timing pattern.
fn check_damaged(code: &PrintedCode, mut patch: Raster) -> Result<(), Failure> {
    let module = patch.width as f64 * code.module_mm / code.rect_mm.width;
    let side = (BLOT * module) as usize;
    let left = patch.width.saturating_sub(side) / 2;
    let top = (BELOW_TIMING * module) as usize;
    let rows = patch
        .luma
        .chunks_mut(patch.width.max(1))
        .skip(top)
        .take(side);
    for pixel in rows.flat_map(|row| row.iter_mut().skip(left).take(side)) {
        *pixel = 255 - *pixel;
    }
    match read(code, &patch, COARSE) {
        Ok(_) => Ok(()),
        Err(_) => Err(Failure::Fragile),
    }
}

/// Every pixel that lies wholly in the frame of `frame` pixels must be empty paper. One pixel at
/// either edge may be shared with what lies beside it.
fn check_quiet_zone(patch: &Raster, frame: f64) -> Result<(), Failure> {
    let frame = (frame - 1.0).max(0.0) as usize;
    let (right, bottom) = (
        patch.width.saturating_sub(frame),
        patch.height.saturating_sub(frame),
    );
    for y in 1..patch.height.saturating_sub(1) {
        for x in 1..patch.width.saturating_sub(1) {
            let side = if y < frame {
                "above"
            } else if y >= bottom {
                "below"
            } else if x < frame {
                "left"
            } else if x >= right {
                "right"
            } else {
                continue;
            };
            if patch.luma_at(x, y) < EMPTY {
                return Err(Failure::Ink { side });
            }
        }
    }
    Ok(())
}

/// Compares the luma that a tenth of the pixels stays below with the one that a tenth exceeds.
fn check_contrast(patch: &Raster) -> Result<(), Failure> {
    let mut counts = [0_usize; 256];
    for luma in &patch.luma {
        counts[usize::from(*luma)] += 1;
    }
    let tenth = patch.luma.len() / 10;
    let dark = level_beyond(counts.iter(), tenth);
    let light = 255 - level_beyond(counts.iter().rev(), tenth);
    let share = light.saturating_sub(dark) as f64 / 255.0;
    if share < CONTRAST {
        return Err(Failure::Contrast {
            percent: (share * 100.0) as u32,
        });
    }
    Ok(())
}

/// The first level at which more than `pixels` pixels have been counted.
fn level_beyond<'a>(counts: impl Iterator<Item = &'a usize>, pixels: usize) -> usize {
    let mut seen = 0;
    counts
        .take_while(|count| {
            seen += **count;
            seen <= pixels
        })
        .count()
}

/// Reads the code of the patch; returns the pixels of one module as measured.
///
/// At three pixels for a module the reader now and then misses a corner by where the pixels fall,
/// which no camera does that sees the code from ever new places. So it gets the patch twice as large
/// before a code is called unreadable.
fn read(code: &PrintedCode, patch: &Raster, dpi: u32) -> Result<f64, Failure> {
    let plain = |x: usize, y: usize| patch.luma_at(x, y);
    let mut found = found_in(patch.width, patch.height, plain);
    if found.is_empty() {
        let larger = |x: usize, y: usize| patch.luma_between(x, y, LARGER);
        found = found_in(patch.width * LARGER, patch.height * LARGER, larger);
        for (_, module) in &mut found {
            *module /= LARGER as f64;
        }
    }
    let (text, module) = match found.as_slice() {
        [] => return Err(Failure::Unreadable { dpi }),
        [one] => one,
        _ => return Err(Failure::Several),
    };
    if *text != code.url {
        return Err(Failure::Other {
            read: text.clone(),
            dpi,
        });
    }
    Ok(*module)
}

/// The texts of the codes in a picture, each with the pixels of one module.
fn found_in(width: usize, height: usize, luma: impl Fn(usize, usize) -> u8) -> Vec<(String, f64)> {
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, luma);
    let mut found = Vec::new();
    for grid in image.detect_grids() {
        if let Ok((meta, text)) = grid.decode() {
            let modules = 17 + 4 * meta.version.0;
            found.push((text, side(&grid.bounds) / modules as f64));
        }
    }
    found
}

/// Mean length of the four sides of a quadrangle.
fn side(corners: &[rqrr::Point; 4]) -> f64 {
    let next = corners.iter().cycle().skip(1);
    let lengths = corners
        .iter()
        .zip(next)
        .map(|(a, b)| f64::from(a.x - b.x).hypot(f64::from(a.y - b.y)));
    lengths.sum::<f64>() / 4.0
}
