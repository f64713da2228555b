//! Codes as bad photographs show them.

use std::fs;
use std::path::Path;

use sheets::{Code, read_photo};
use tests::folders;
use tests::tool::{run, tool};

use crate::jobs::item;

/// What a phone has of a code at the distance that it was made for.
const PIXELS_PER_MODULE: usize = 4;
const CODES: usize = 200;
/// Of a hundred, how many must be read by one reader or the other.
const WANTED: usize = 99;

/// A code seen from twice as far, which wear must be too much for.
const TOO_FEW: usize = 2;

/// The addresses of so many codes, and what zxing reads in their bad photographs in `worn`.
fn wear(folder: &Path, pixels: usize, codes: usize) -> (Vec<String>, Vec<Option<String>>) {
    let worn = folder.join("worn");
    fs::create_dir(&worn).unwrap();
    let urls: Vec<String> = (0..codes).map(|number| item(number).url).collect();
    let mut paths = Vec::new();
    for (number, url) in urls.iter().enumerate() {
        let path = folder.join(format!("{number:03}.png"));
        fs::write(&path, Code::new(url).unwrap().png(pixels).unwrap()).unwrap();
        paths.push(path);
    }
    let script = folders::repository().join("tests/tools/wear_codes.py");
    let python = folders::venv_program("python");
    let mut command = tool(&python.to_string_lossy(), [script]);
    let answer = run(command.arg(&worn).arg("20261201").args(&paths));
    (urls, serde_json::from_slice(&answer).unwrap())
}

#[test]
fn codes_are_read_in_bad_photographs() {
    let folder = tempfile::tempdir().unwrap();
    let (urls, by_zxing) = wear(folder.path(), PIXELS_PER_MODULE, CODES);
    let (mut zxing, mut any) = (0, 0);
    for (number, (url, read)) in urls.iter().zip(&by_zxing).enumerate() {
        assert!(
            read.as_ref().is_none_or(|read| read == url),
            "{url} reads {read:?}"
        );
        let by_us = || {
            let path = folder.path().join(format!("worn/{number:03}.jpg"));
            read_photo(&fs::read(path).unwrap()).unwrap() == [url.clone()]
        };
        zxing += usize::from(read.is_some());
        any += usize::from(read.is_some() || by_us());
    }
    println!("of {CODES} worn codes zxing reads {zxing}, one of two readers {any}");
    assert!(any * 100 >= WANTED * CODES, "{any} of {CODES}");
}

#[test]
fn the_photographs_are_bad() {
    let folder = tempfile::tempdir().unwrap();
    let (urls, by_zxing) = wear(folder.path(), TOO_FEW, 50);
    let read = by_zxing.iter().flatten().count();
    assert!(
        read * 2 < urls.len(),
        "{read} of {} codes are read from too far",
        urls.len()
    );
}
