//! What another reader finds on the pages of a file, at an office printer's resolutions.

use std::collections::BTreeSet;
use std::fs;

use tests::qr;

use crate::jobs::Printed;

/// Rasterises the file by poppler and reads every page by zxing, at 150 and 300 dpi; every page must
/// bear exactly the codes that were said.
pub(crate) fn assert_read(printed: &Printed) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sheet.pdf");
    fs::write(&path, &printed.sheet.pdf).unwrap();
    for dpi in [150, 300] {
        let pages = qr::in_pdf(&path, dpi);
        assert_eq!(pages.len(), printed.sheet.pages, "{}", printed.name);
        for (at, found) in pages.iter().enumerate() {
            let said = printed
                .sheet
                .codes
                .iter()
                .filter(|code| code.page == at + 1);
            let said: BTreeSet<&str> = said.map(|code| code.url.as_str()).collect();
            let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
            assert_eq!(found, said, "{} page {} at {dpi} dpi", printed.name, at + 1);
        }
    }
}
