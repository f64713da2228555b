//! Codes as bad photographs show them.

use std::fs;

use sheets::{Code, read_photo};
use tests::folders;
use tests::tool::{run, tool};

use crate::jobs::item;

/// What a phone has of a code at the distance that it was made for.
const PIXELS_PER_MODULE: usize = 4;
const CODES: usize = 200;
/// Of a hundred, how many must be read by one reader or the other.
const WANTED: usize = 99;

#[test]
fn codes_are_read_in_bad_photographs() {
    let folder = tempfile::tempdir().unwrap();
    let worn = folder.path().join("worn");
    fs::create_dir(&worn).unwrap();
    let urls: Vec<String> = (0..CODES).map(|number| item(number).url).collect();
    let mut paths = Vec::new();
    for (number, url) in urls.iter().enumerate() {
        let path = folder.path().join(format!("{number:03}.png"));
        fs::write(
            &path,
            Code::new(url).unwrap().png(PIXELS_PER_MODULE).unwrap(),
        )
        .unwrap();
        paths.push(path);
    }
    let script = folders::repository().join("tests/tools/wear_codes.py");
    let python = folders::venv_program("python");
    let mut command = tool(&python.to_string_lossy(), [script]);
    let answer = run(command.arg(&worn).arg("20261201").args(&paths));
    let by_zxing: Vec<Option<String>> = serde_json::from_slice(&answer).unwrap();
    let (mut zxing, mut any) = (0, 0);
    for (number, (url, read)) in urls.iter().zip(&by_zxing).enumerate() {
        assert!(
            read.as_ref().is_none_or(|read| read == url),
            "{url} reads {read:?}"
        );
        let by_us = || {
            let photo = fs::read(worn.join(format!("{number:03}.jpg"))).unwrap();
            read_photo(&photo).unwrap() == [url.clone()]
        };
        zxing += usize::from(read.is_some());
        any += usize::from(read.is_some() || by_us());
    }
    println!("of {CODES} worn codes zxing reads {zxing}, one of two readers {any}");
    assert!(any * 100 >= WANTED * CODES, "{any} of {CODES}");
}
