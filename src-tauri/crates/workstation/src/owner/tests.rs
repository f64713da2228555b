//! One owner for a workspace, whoever dies or lies.

use super::{ANNOUNCEMENT, LOCK, OtherOwner, Owner, Taken};
use crate::Code;
use loopback::Token;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;

/// Names the workspace that a process started by a test takes.
const CHILD_TAKES: &str = "STRINGOUT_TEST_OWNER_TAKES";

fn owned(dir: &Path) -> Owner {
    match Owner::take(dir).unwrap() {
        Taken::Owner(owner) => owner,
        Taken::Other(other) => panic!("{other:?}"),
    }
}

fn other(dir: &Path) -> OtherOwner {
    match Owner::take(dir).unwrap() {
        Taken::Other(other) => other,
        Taken::Owner(owner) => panic!("{owner:?}"),
    }
}

/// Answers one request with a status, and tells its first line.
fn answer_once(status: &'static str) -> (SocketAddr, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        stream.write_all(answer.as_bytes()).unwrap();
        first
    });
    (address, served)
}

/// A process of its own that owns a workspace until it is ended.
fn child_that_takes(dir: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "owner::tests::a_killed_owner_is_taken_over_at_once",
        ])
        .arg("--nocapture")
        .env(CHILD_TAKES, dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    let owns = said.map(Result::unwrap).any(|line| line.ends_with("owned"));
    assert!(owns, "the child ended without the workspace");
    child
}

#[test]
fn a_killed_owner_is_taken_over_at_once() {
    if let Some(dir) = std::env::var_os(CHILD_TAKES) {
        let owner = owned(Path::new(&dir));
        let token = Token::random();
        owner
            .announce("127.0.0.1:9".parse().unwrap(), &token)
            .unwrap();
        println!("owned");
        // Until it is killed, or the test is gone.
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut child = child_that_takes(dir.path());
    let seen = other(dir.path());
    assert_eq!(seen.announcement().unwrap().pid, child.id());

    child.kill().unwrap();
    child.wait().unwrap();
    assert!(
        dir.path().join(ANNOUNCEMENT).exists(),
        "it could not tidy up"
    );
    let owner = owned(dir.path());
    // What the dead owner said is gone with it.
    let said = seen.announcement().unwrap();
    assert_eq!(said.pid, std::process::id());
    assert!(said.server.is_none());
    drop(owner);
}

#[test]
fn of_many_that_start_together_exactly_one_owns() {
    for _ in 0..20 {
        let dir = tempfile::tempdir().unwrap();
        let start = Barrier::new(8);
        let taken: Vec<Taken> = std::thread::scope(|scope| {
            let take = || {
                start.wait();
                Owner::take(dir.path()).unwrap()
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(take)).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        let owners = taken
            .iter()
            .filter(|taken| matches!(taken, Taken::Owner(_)));
        assert_eq!(owners.count(), 1);
    }
}

#[test]
fn an_owner_that_leaves_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("new/workspace");
    let owner = owned(&folder);
    drop(other(&folder));
    drop(owner);
    let left: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, [LOCK]);
    drop(owned(&folder));
}

#[test]
fn a_stale_announcement_or_garbage_keeps_nobody_out() {
    for left in ["", "{", "[]", "\u{0}\u{1}", r#"{"pid":1,"started":"then"}"#] {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(LOCK), left).unwrap();
        std::fs::write(dir.path().join(ANNOUNCEMENT), left).unwrap();
        let owner = owned(dir.path());
        let said = other(dir.path()).announcement().unwrap();
        assert_eq!(said.pid, std::process::id(), "{left}");
        drop(owner);
    }
}

#[cfg(unix)]
#[test]
fn only_this_user_can_read_the_token() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let owner = owned(dir.path());
    let token = Token::random();
    owner
        .announce("127.0.0.1:9".parse().unwrap(), &token)
        .unwrap();
    for name in [LOCK, ANNOUNCEMENT] {
        let facts = std::fs::metadata(dir.path().join(name)).unwrap();
        assert_eq!(facts.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn the_owner_is_asked_to_show_its_window() {
    let dir = tempfile::tempdir().unwrap();
    let owner = owned(dir.path());
    let token = Token::random();
    let (address, served) = answer_once("204 No Content");
    owner.announce(address, &token).unwrap();
    other(dir.path()).raise().await.unwrap();
    let asked = format!("POST /{}/raise HTTP/1.1", token.expose());
    assert_eq!(served.join().unwrap(), asked);
}

#[tokio::test]
async fn an_owner_that_is_just_starting_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let owner = owned(dir.path());
    let asking = other(dir.path());
    let (address, served) = answer_once("204 No Content");
    let announcing = async {
        // Runs once the other has found nothing announced.
        owner.announce(address, &Token::random()).unwrap();
    };
    let (raised, ()) = tokio::join!(biased; asking.raise(), announcing);
    raised.unwrap();
    assert!(served.join().unwrap().starts_with("POST "));
}

#[tokio::test]
async fn an_owner_that_does_not_answer_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let owner = owned(dir.path());
    // It accepts, and says nothing.
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    owner
        .announce(mute.local_addr().unwrap(), &Token::random())
        .unwrap();
    let failure = other(dir.path()).raise().await.unwrap_err();
    assert_eq!(failure.code, Code::Busy);
    assert!(failure.retryable);
    let pid = format!("process {}", std::process::id());
    assert!(failure.detail.contains(&pid), "{failure}");
    assert!(failure.hint.contains(&pid), "{failure}");
}

#[tokio::test]
async fn a_token_never_leaves_this_machine() {
    let dir = tempfile::tempdir().unwrap();
    let _owner = owned(dir.path());
    let asking = other(dir.path());
    for (address, token) in [
        ("192.0.2.7:80", "0123456789abcdef"),
        ("127.0.0.1:80", "../../elsewhere"),
        ("127.0.0.1:80", ""),
    ] {
        let said =
            format!(r#"{{"pid":7,"started":"then","address":"{address}","token":"{token}"}}"#);
        std::fs::write(dir.path().join(ANNOUNCEMENT), said).unwrap();
        let said = asking.announcement().unwrap();
        assert_eq!(
            (said.pid, said.server.is_none()),
            (7, true),
            "{address} {token}"
        );
    }
}
