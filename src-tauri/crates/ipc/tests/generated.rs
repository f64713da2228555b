//! The page's types are those of this crate.

use std::path::Path;

#[test]
fn the_page_has_the_types_of_this_crate() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../ui/src/backend/generated.ts");
    let text = ipc::typescript();
    if std::env::var_os("STRINGOUT_WRITE_TYPES").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        committed, text,
        "run `STRINGOUT_WRITE_TYPES=1 cargo test -p ipc` and commit ui/src/backend/generated.ts"
    );
}
