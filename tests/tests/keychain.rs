//! Secrets in the system's keychain: kept, used and forgotten, and nowhere else. The keychain is that
//! of GNOME, on a session bus of its own.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::Command;

use tests::stringout::program;
use tests::tams_server::{Auth, Dialect, Options, TamsServer};
use tests::tool;

const SECRET: &str = "kept-in-the-drawer-7f3a";

/// Runs a script where a keychain is open; `$1` is the program, `$2` the workspace.
const STEPS: &str = r#"
set -u
printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
step() { echo "== $1"; shift; "$@" 2>&1; echo "exit $?"; }
step before "$1" -w "$2" sources --from studio
printf '%s\n' "$3" | step login "$1" -w "$2" config login tams.studio
step with "$1" -w "$2" sources --from studio
step forget "$1" -w "$2" config login tams.studio --forget
step after "$1" -w "$2" doctor
printf '%s\n' "$3" | step store-login "$1" -w "$2" config login s3.films
step store-with "$1" -w "$2" doctor
step store-forget "$1" -w "$2" config login s3.films --forget
step store-after "$1" -w "$2" doctor
step store-unknown "$1" -w "$2" config login s3.nobody
"#;

#[test]
fn a_secret_is_kept_in_the_keychain_and_nowhere_else() {
    let options = Options {
        auth: vec![Auth::Bearer(SECRET.to_owned())],
        ..Options::default()
    };
    let server = TamsServer::start_with(Dialect::Tamoss82, options);
    let folder = tempfile::tempdir().unwrap();
    let workspace = folder.path().join("workspace");
    fs::create_dir(&workspace).unwrap();
    let config = format!(
        "[tams.studio]\nurl = \"{}\"\nauth = \"bearer\"\n\n[s3.films]\nendpoint = \"http://127.0.0.1:9\"\n\
         bucket = \"films\"\naccess_key = \"editor\"\n",
        server.url()
    );
    fs::write(workspace.join("config.toml"), config).unwrap();
    let home = folder.path().join("home");
    fs::create_dir_all(&home).unwrap();

    let mut command = Command::new("timeout");
    command
        .args(["120", "dbus-run-session", "--", "sh", "-c", STEPS, "steps"])
        .arg(program())
        .arg(&workspace)
        .arg(SECRET)
        .env("HOME", &home)
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_RUNTIME_DIR", &home)
        .env_remove("DBUS_SESSION_BUS_ADDRESS");
    let said = String::from_utf8_lossy(&tool::run(&mut command)).into_owned();
    let step = |name: &str| {
        let begin = said.find(&format!("== {name}\n"));
        let rest = &said[begin.unwrap_or_else(|| panic!("no step {name}: {said}"))..];
        let end = rest[3..].find("== ").map_or(rest.len(), |end| end + 3);
        rest[..end].to_owned()
    };
    assert!(
        step("before").contains("config login tams.studio"),
        "{said}"
    );
    assert!(step("before").contains("exit 1"), "{said}");
    assert!(step("login").contains("exit 0"), "{said}");
    assert!(step("with").contains("exit 0"), "{said}");
    assert!(step("forget").contains("exit 0"), "{said}");
    let after = step("after");
    let refused = after
        .lines()
        .find(|line| line.contains("tams.studio: credentials"));
    assert!(refused.is_some_and(|line| line.starts_with('✗')), "{said}");

    // With its key a store is asked, which is not there; without, nobody is.
    let store = |name: &str| {
        let step = step(name);
        let line = step.lines().find(|line| line.contains("s3.films"));
        line.unwrap_or_else(|| panic!("no line on s3.films: {step}"))
            .to_owned()
    };
    assert!(step("store-login").contains("exit 0"), "{said}");
    assert!(!store("store-with").contains("secret key"), "{said}");
    assert!(step("store-forget").contains("exit 0"), "{said}");
    assert!(
        store("store-after").contains("config login s3.films"),
        "{said}"
    );
    assert!(step("store-unknown").contains("exit 3"), "{said}");

    assert!(!said.contains(SECRET), "it was printed: {said}");
    assert_no_file_holds(folder.path(), SECRET.as_bytes());
}

/// Looks into every file, databases and logs too.
fn assert_no_file_holds(folder: &Path, secret: &[u8]) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_no_file_holds(&path, secret);
        } else if let Ok(bytes) = fs::read(&path) {
            let holds = bytes.windows(secret.len()).any(|part| part == secret);
            assert!(!holds, "{} holds the secret", path.display());
        }
    }
}
